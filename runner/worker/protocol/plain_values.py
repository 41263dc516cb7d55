"""Plain values as bytes: what the host sends to the judge as arguments and expectations."""

from collections.abc import Iterable, Sequence
from typing import Any

from ..codec import value_types
from ..codec.decoder import decode
from ..codec.encoder import encode
from ..codec.format import Bounds, Export, MalformedError, Shell


class PlainContainers:
    """The containers of one message of values; there are no proxies."""

    step = 1

    def __init__(self) -> None:
        self._objects: list[Any] = []
        self._numbers: dict[int, int] = {}

    @property
    def next_number(self) -> int:
        """The number that the next container gets."""
        return len(self._objects)

    def forget_new(self, first: int) -> None:
        """Forget what was numbered from a number on."""
        for obj in self._objects[first:]:
            del self._numbers[id(obj)]
        del self._objects[first:]

    def known(self, obj: Any) -> int | None:
        """Return the number of a container that has appeared before."""
        return self._numbers.get(id(obj))

    def share_run(self, _code: int, objs: Iterable[Any]) -> int:
        """Number containers that have not appeared yet; return the number of the first."""
        first = len(self._objects)
        self._objects += objs
        self._numbers.update(
            (id(obj), number) for number, obj in enumerate(self._objects[first:], first)
        )
        return first

    def adopt_run(self, code: int, first: int, count: int) -> list[Any]:
        """Make empty containers."""
        if first != len(self._objects):
            raise MalformedError("containers out of order")
        make: Any = value_types.RUN_TYPES[code]
        made = [make() for _ in range(count)]
        self._objects += made
        return made

    def share(self, obj: Any) -> "int | Shell | None":
        """Number containers in the order in which they appear."""
        code = value_types.CONTAINER_CODES.get(type(obj))
        if code is None:
            return None
        known = self.known(obj)
        if known is not None:
            return known
        number = self.share_run(code, (obj,))
        return Shell(code, number, value_types.CONTAINERS[code].traits(obj))

    def changed(self) -> Sequence[tuple[int, list[Any]]]:
        """Return nothing: a plain message is sent once."""
        return ()

    def content(self, number: int) -> list[Any]:
        """Return the content of a container."""
        obj = self._objects[number]
        return value_types.CONTAINERS[value_types.CONTAINER_CODES[type(obj)]].parts(obj)

    def adopt(self, shell: Shell) -> Any:
        """Make an empty container."""
        if shell.number != len(self._objects):
            raise MalformedError("containers out of order")
        obj = value_types.CONTAINERS[shell.code].make(*shell.traits)
        self._objects.append(obj)
        return obj

    def shared(self, number: int) -> Any:
        """Return a container made before."""
        return self._objects[number]

    def fill(self, number: int, parts: list[Any]) -> list[Any]:
        """Fill a container made before."""
        obj = self._objects[number]
        value_types.CONTAINERS[value_types.CONTAINER_CODES[type(obj)]].fill(obj, parts)
        return parts


class NoPeer:
    """There is no other side that could hold an object: only values cross."""

    bare: frozenset[type] = frozenset()

    def represent(self, obj: Any) -> "Export | int | str":
        """Refuse."""
        raise MalformedError(f"an instance of {type(obj).__name__!r} is not a plain value")

    def import_(self, _export: Export) -> Any:
        """Refuse."""
        raise MalformedError("an object in a plain value")

    def own(self, _number: int) -> Any:
        """Refuse."""
        raise MalformedError("an object in a plain value")

    def resolve(self, _name: str) -> Any:
        """Refuse."""
        raise MalformedError("a global name in a plain value")

    def note_callable(self) -> None:
        """Do nothing: there is none."""


_DEFAULTS = Bounds()


def encode_plain(value: object, bounds: Bounds = _DEFAULTS) -> bytes:
    """Return the bytes of a plain value; raises ``MalformedError`` for anything else."""
    return encode(NoPeer(), PlainContainers(), bounds, [value])[0]


def decode_plain(data: bytes, bounds: Bounds = _DEFAULTS) -> Any:
    """Return the value that ``encode_plain`` wrote; raises ``MalformedError``."""
    values, _, _ = decode(NoPeer(), PlainContainers(), bounds, data)
    if len(values) != 1:
        raise MalformedError("not one value")
    return values[0]
