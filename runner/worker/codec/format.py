"""What a message of values is made of, and what its two ends know of each other.

A message is a list of *nodes* (what has identity: compounds, new containers, handles), then a list
of *fills* (the content of containers, new or changed), then the items of the message itself. Nodes
refer to earlier nodes only; containers are empty when they appear and are filled at the end, so
that any cycle can be expressed and nothing recurses. Tuples, and new lists, dicts and sets, that
appear side by side are written as one *run*: one node and one fill for all of them.

What is not a value is left to a *peer*: it represents such objects as handles, and turns handles
back into objects. Containers that have crossed once are shared: both sides know them by a number,
and each message carries the content of those that changed since the last one.
"""

import struct
from collections.abc import Container, Iterable, Sequence
from typing import Any, NamedTuple, Protocol

U32 = struct.Struct("<I")
I64 = struct.Struct("<q")
F64 = struct.Struct("<d")
C128 = struct.Struct("<dd")

#: How many nodes and fills follow.
HEAD = struct.Struct("<II")
#: Number of the first container that is filled, and how many are.
FILL = struct.Struct("<II")
#: Code, number of the first, and how many there are.
RUN = struct.Struct("<BII")

#: Tags of nodes.
COMPOUND, EMPTY_CONTAINER, SHARED, EXPORT, RECEIVER_OBJECT, SHARED_GLOBAL = range(6)
NEW_RUN, TUPLES = range(6, 8)

#: Types of what needs no node.
LEAVES = frozenset({type(None), bool, int, float, complex, str, bytes})


class MalformedError(ValueError):
    """The bytes are not a message, or exceed a bound."""


class Bounds(NamedTuple):
    """What a message may hold: bytes, objects, and levels of nested compounds."""

    size_bytes: int = 64 * 1024 * 1024
    nodes: int = 5_000_000
    depth: int = 10_000


class Export(NamedTuple):
    """An object that stays with its owner: what kind it is, its number, and what describes it."""

    kind: int
    number: int
    parts: tuple[Any, ...]


class Shell(NamedTuple):
    """A new shared container without its content: type code, number, and traits."""

    code: int
    number: int
    traits: tuple[Any, ...]


class Containers(Protocol):
    """The containers that both sides know by number."""

    #: How far apart the numbers of one side are.
    step: int

    @property
    def next_number(self) -> int:
        """The number that the next container of this side gets."""

    def known(self, obj: Any) -> int | None:
        """Return the number of a shared container, None for anything else."""

    def share_run(self, code: int, objs: Iterable[Any]) -> int:
        """Share new containers of a builtin type; return the number of the first."""

    def forget_new(self, first: int) -> None:
        """Forget what was shared from a number on."""

    def adopt_run(self, code: int, first: int, count: int) -> list[Any]:
        """Make and register containers that the sender shares."""

    def share(self, obj: Any) -> "int | Shell | None":
        """Return the number of a shared container, the shell of a new one, or None."""

    def changed(self) -> Sequence[tuple[int, list[Any]]]:
        """Return number and content of each shared container that changed."""

    def content(self, number: int) -> list[Any]:
        """Return the content of a shared container, and mark it as sent."""

    def adopt(self, shell: Shell) -> Any:
        """Make and register a container that the sender shares."""

    def shared(self, number: int) -> Any:
        """Return a shared container."""

    def fill(self, number: int, parts: list[Any]) -> Sequence[Any]:
        """Replace the content of a shared container.

        Returns:
            What it holds now: not the factory of a defaultdict.
        """


class Peer(Protocol):
    """Decides how objects that are no values cross, and what represents them."""

    @property
    def bare(self) -> Container[type]:
        """Types of proxies that cross as a number alone."""

    def represent(self, obj: Any) -> "Export | int | str":
        """Return an export, the number of the receiver's own object, or a global name."""

    def import_(self, export: Export, /) -> Any:
        """Return a proxy for the sender's object."""

    def own(self, number: int, /) -> Any:
        """Return the receiver's object that the sender means."""

    def resolve(self, name: str, /) -> Any:
        """Return the object of a global name."""

    def note_callable(self) -> None:
        """Note that a class or function of both sides is a value, or a part of one."""
