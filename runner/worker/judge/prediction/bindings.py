"""What a load of the solution binds, and the prediction that the next load binds the same."""

from typing import Any, NamedTuple

from ...boundary.opcodes import ExportKind
from ...codec.decoder import decode
from ...codec.format import LEAVES, Bounds, Export, MalformedError
from ..judge_session import JudgeSession
from ..outcomes import Outcome
from .speculative_channel import SpeculativeChannel

#: The placeholder for an object of the solution that is fetched when it is needed.
LATER = object()


class Bindings(dict[str, tuple[str | None, Any]]):
    """The names that the solution binds: where each was imported from, and the object.

    Attributes:
        meanings: A cache of the providers of names, see ``TestRun._meanings``.
        hold_callables: Whether some value among the objects holds a class or function of both
            sides.
    """

    hold_callables = False

    def __init__(self) -> None:
        super().__init__()
        self.meanings: dict[tuple[frozenset[str], bool], list[tuple[str, str, Any]]] = {}

    def replace(self, anew: "Bindings") -> None:
        """Bind something else from now on."""
        self.clear()
        self.update(anew)
        self.hold_callables = anew.hold_callables
        self.meanings = {}


class Prediction(NamedTuple):
    """What the next load of the solution is predicted to bind.

    Attributes:
        found: What the solution binds, with a description in the place of each function.
        answer: The subject's answer to the last load.
        cost_ns: CPU time of that request and its answer, in nanoseconds.
    """

    found: Bindings
    answer: bytes
    cost_ns: int


class _Descriptions:
    """A peer that leaves functions as descriptions, and lets nothing else cross."""

    bare = frozenset({Export})

    @staticmethod
    def import_(export: Export) -> Export:
        """Return the description of a function."""
        if export.kind != ExportKind.FUNCTION:
            raise MalformedError("no function")
        return export


def prediction(
    channel: SpeculativeChannel, session: JudgeSession, bounds: Bounds
) -> Prediction | None:
    """Return the prediction after a load that binds only functions and leaves, else None.

    Any other object belongs to its session.
    """
    peer: Any = _Descriptions
    nothing: Any = None
    try:
        items, _, _ = decode(peer, nothing, bounds, channel.answer)
    except MalformedError:
        return None
    found = read(items[2])
    kept = [obj for _, obj in found.values() if obj is not LATER]
    if any(type(obj) not in LEAVES and type(obj) is not Export for obj in kept):
        return None
    return Prediction(found, channel.answer, session.crossing.ns)


def read(found: Any) -> Bindings:
    """Read the bindings that the subject has sent; raises ``Outcome`` if they have another form."""
    if type(found) is not tuple or len(found) % 3 or not {str}.issuperset(map(type, found[::3])):
        raise Outcome("failed", "the solution's process sent no list of names")
    entries = Bindings()
    for name, origin, obj in zip(found[::3], found[1::3], found[2::3], strict=True):
        entries[name] = (
            origin if type(origin) is str else None,
            obj if origin is None else LATER,
        )
    return entries
