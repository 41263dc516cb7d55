"""Reads a message with a parser that does not recurse and can only build values."""

import cmath
import math
import struct
import types
from collections.abc import Callable, Iterable
from itertools import accumulate, chain
from typing import Any

from . import runs, value_types
from .format import (
    C128,
    COMPOUND,
    EMPTY_CONTAINER,
    EXPORT,
    F64,
    FILL,
    HEAD,
    I64,
    LEAVES,
    NEW_RUN,
    RECEIVER_OBJECT,
    RUN,
    SHARED,
    SHARED_GLOBAL,
    TUPLES,
    U32,
    Bounds,
    Containers,
    Export,
    MalformedError,
    Peer,
    Shell,
)

_INT, _NONE, _OWN, _TEXT = b"inOs"
_unpack_int, _unpack_u32 = I64.unpack_from, U32.unpack_from
_FORM_MASK = (1 << runs.FORM_BITS) - 1


#: The items of a message; whether all are builtin values, without NaN (its hash is its address);
#: and how many objects had a cost of reading.
Decoded = tuple[list[Any], bool, int]


def decode(peer: Peer, containers: Containers, bounds: Bounds, data: bytes) -> Decoded:
    """Return what a message holds; new content of shared containers has then been filled in.

    Raises:
        MalformedError: The bytes are not a message, or exceed a bound.
    """
    if len(data) > bounds.size_bytes:
        raise MalformedError("message too large")
    decoder = _Decoder(peer, containers, bounds, data)
    try:
        items = decoder.message()
    except MalformedError:
        raise
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, struct.error) as error:
        raise MalformedError(f"not a value: {type(error).__name__}: {error}"[:200]) from error
    except (ArithmeticError, AttributeError, UnicodeError, RecursionError) as error:
        raise MalformedError(f"not a value: {type(error).__name__}") from error
    return items, decoder.plain, bounds.nodes - decoder.left - decoder.costless


class _Decoder:
    """Reads one message."""

    #: Objects that cost nothing to read.
    costless = 0
    _deepest = 0
    _inside = False
    plain = True

    def __init__(self, peer: Peer, containers: Containers, bounds: Bounds, data: bytes) -> None:
        self._peer = peer
        self._containers = containers
        self._bounds = bounds
        self._data = data
        self._at = HEAD.size
        #: How many objects may still come.
        self.left = bounds.nodes
        self._built: list[Any] = []
        self._depth: list[int] = []
        #: The classes and functions of both sides that the message names, by ``id``.
        self._callables: set[int] = set()

    def message(self) -> list[Any]:
        """Return the items; raises many exceptions."""
        nodes, fills = HEAD.unpack_from(self._data)
        if nodes:
            while len(self._built) < nodes:
                self._node()
            if len(self._built) > nodes:
                raise MalformedError("more objects than announced")
        if fills:
            self._fill_all(fills)
        items = self._read_all()
        self._note_callables(items)
        if self._at != len(self._data):
            raise MalformedError("bytes after the message")
        return items

    def _fill_all(self, fills: int) -> None:
        """Fill containers when all are read: what is put into a set is hashed."""
        for numbers, parts in [self._fill() for _ in range(fills)]:
            for number, content in zip(numbers, parts, strict=True):
                self._note_callables(self._containers.fill(number, content))

    def _note_callables(self, parts: Iterable[Any]) -> None:
        """Note a class or function that the receiver gets as a value, not as an object's type."""
        if self._callables and not self._callables.isdisjoint(map(id, parts)):
            self._peer.note_callable()

    def _u32(self) -> int:
        number: int = U32.unpack_from(self._data, self._at)[0]
        self._at += 4
        return number

    def _byte(self) -> int:
        self._at += 1
        return self._data[self._at - 1]

    def _raw(self) -> bytes:
        size = self._u32()
        start = self._at
        self._at = end = start + size
        if end > len(self._data):
            raise MalformedError("cut short")
        return self._data[start:end]

    def _numbers(self, count: int, code: str) -> list[Any]:
        numbers = runs.read_numbers(self._data, self._at, count, code)
        self._at += count * struct.calcsize(code)
        return numbers

    def _fill(self) -> tuple[range, list[list[Any]]]:
        first, count = FILL.unpack_from(self._data, self._at)
        self._at += FILL.size
        step = self._containers.step
        numbers = range(first, first + count * step, step)
        return numbers, [self._read_all()] if count == 1 else self._groups(count)

    def _groups(self, count: int) -> list[list[Any]]:
        """Read the parts of several objects; return them by object."""
        lengths = self._numbers(count, "I")
        parts = self._read_all()
        ends = [*accumulate(lengths)]
        if (ends[-1] if ends else 0) != len(parts):
            raise MalformedError("objects of other lengths")
        starts = chain((0,), ends)
        return [parts[start:end] for start, end in zip(starts, ends, strict=False)]

    def _read_all(self) -> list[Any]:
        (head,) = _unpack_u32(self._data, self._at)
        self._at += 4
        count, form = head >> runs.FORM_BITS, head & _FORM_MASK
        self.left -= count
        if self.left < 0 or count > len(self._data) - self._at:
            raise MalformedError("more objects than allowed")
        return _FORMS[form](self, count)

    def _tagged(self, count: int) -> list[Any]:
        values: list[Any] = []
        data, at = self._data, self._at
        for _ in range(count):
            tag = data[at]
            if tag == _INT:
                values += _unpack_int(data, at + 1)
                at += 9
            elif tag == _NONE:
                values.append(None)
                at += 1
            elif tag == _TEXT:
                start = at + 5
                at = start + _unpack_u32(data, at + 1)[0]
                if at > len(data):
                    raise MalformedError("cut short")
                values.append(runs.read_text(data[start:at]))
            elif tag == _OWN:
                values.append(self._peer.own(*_unpack_u32(data, at + 1)))
                at += 5
            else:
                self._at = at + 1
                values.append(_READERS[tag](self))
                at = self._at
        self._at = at
        return values

    def _floats(self, count: int) -> list[float]:
        numbers: list[float] = self._numbers(count, "d")
        self.plain = self.plain and not runs.any_nan(numbers)
        return numbers

    def _texts(self, count: int) -> list[str]:
        texts, self._at = runs.read_texts(self._data, self._at, count)
        return texts

    def _nothing(self, count: int) -> list[None]:
        self._at += count
        if self._at > len(self._data):
            raise MalformedError("cut short")
        self.costless += count
        return [None] * count

    def _references(self, count: int) -> list[Any]:
        indices = self._numbers(count, "I")
        built, depths = self._built, self._depth
        values = [built[index] for index in indices]
        self._deepest = max(self._deepest, max(map(depths.__getitem__, indices), default=0))
        return values

    def _mixed(self, count: int) -> list[Any]:
        sources = self._data[self._at : self._at + count]
        self._at += count
        self.left += count  # they count in the lists that they come from
        columns = [self._column() for _ in range(self._byte())]
        if [len(column) for column in columns] != [
            sources.count(number) for number in range(len(columns))
        ] or sum(map(len, columns)) != count:
            raise MalformedError("a list of other parts")
        taken = [iter(column) for column in columns]
        return [*map(next, map(taken.__getitem__, sources))]

    def _column(self) -> list[Any]:
        (head,) = U32.unpack_from(self._data, self._at)
        if head & _FORM_MASK == runs.MIXED:
            raise MalformedError("a list nested without an object")
        return self._read_all()

    def _node(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise MalformedError("more objects than allowed")
        self._deepest = 0
        tag = self._byte()
        if tag in _RUNS:
            _RUNS[tag](self)
            return
        self._built.append(_NODES[tag](self))
        if self._deepest >= self._bounds.depth:
            raise MalformedError("nested too deeply")
        self._depth.append(self._deepest + 1)

    def _count_run(self, count: int) -> None:
        """Count the objects of a run: for each there is a length in the message."""
        self.left -= count
        if self.left < 0 or count > (len(self._data) - self._at) // 4:
            raise MalformedError("more objects than allowed")

    def _new_run(self) -> None:
        code, first, count = RUN.unpack_from(self._data, self._at)
        self._at += RUN.size
        self._count_run(count)
        if code not in value_types.RUN_TYPES:
            raise MalformedError("a run of what has traits")
        self._built += self._containers.adopt_run(code, first, count)
        self._depth += [1] * count

    def _tuples(self) -> None:
        count = self._u32()
        self._count_run(count)
        groups = self._groups(count)
        if self._deepest >= self._bounds.depth:
            raise MalformedError("nested too deeply")
        for parts in groups if self._callables else ():
            self._note_callables(parts)
        self._built += map(tuple, groups)
        self._depth += [self._deepest + 1] * count

    def _reference(self) -> Any:
        index = self._u32()
        value = self._built[index]
        if index < len(self._depth):
            self._deepest = max(self._deepest, self._depth[index])
        return value

    def _compound(self) -> Any:
        code = self._byte()
        self.plain = self.plain and code in value_types.BUILTIN_COMPOUNDS
        parts = self._read_all()
        self._note_callables(parts)
        return value_types.build(code, parts)

    def _shell(self) -> Any:
        code = self._byte()
        self.plain = self.plain and code in value_types.BUILTIN_CONTAINERS
        return self._containers.adopt(Shell(code, self._u32(), tuple(self._read_all())))

    def _leaves(self) -> list[Any]:
        """Read a list of leaves and bare proxies; anything else is malformed."""
        if self._inside:
            raise MalformedError("a list nested without an object")
        self._inside = True
        parts = self._read_all()
        self._inside = False
        kinds = {*map(type, parts)}
        if not kinds <= LEAVES and any(kind not in self._peer.bare for kind in kinds - LEAVES):
            raise MalformedError("an object among leaves")
        return parts

    def _container_of_leaves(self) -> Any:
        code, number = self._byte(), self._u32()
        if code not in value_types.RUN_TYPES:
            raise MalformedError("a container with traits")
        (made,) = self._containers.adopt_run(code, number, 1)
        self._containers.fill(number, self._leaves())
        return made

    def _export(self) -> Any:
        kind = self._byte()
        return self._peer.import_(Export(kind, self._u32(), tuple(self._read_all())))

    def _export_of_leaves(self) -> Any:
        kind, number = self._byte(), self._u32()
        inside, self._inside = self._inside, False
        parts = self._leaves()
        self._inside = inside
        return self._peer.import_(Export(kind, number, tuple(parts)))

    def _global(self) -> Any:
        name = _READERS[self._byte()](self)
        if type(name) is not str:
            raise MalformedError("global without a name")
        found = self._peer.resolve(name)
        if isinstance(found, type | types.BuiltinFunctionType):
            self._callables.add(id(found))
        return found

    def _float(self) -> float:
        (number,) = F64.unpack_from(self._data, self._at)
        self._at += 8
        self.plain = self.plain and not math.isnan(number)
        return float(number)

    def _complex(self) -> complex:
        real, imag = C128.unpack_from(self._data, self._at)
        self._at += 16
        self.plain = self.plain and not cmath.isnan(complex(real, imag))
        return complex(real, imag)


_READERS: dict[int, Any] = {
    ord("S"): lambda self: self._containers.shared(self._u32()),
    ord("N"): _Decoder._container_of_leaves,
    ord("t"): lambda self: tuple(self._leaves()),
    ord("X"): _Decoder._export_of_leaves,
    ord("T"): lambda _: True,
    ord("F"): lambda _: False,
    ord("I"): lambda self: int.from_bytes(self._raw(), "little", signed=True),
    ord("f"): _Decoder._float,
    ord("c"): _Decoder._complex,
    ord("s"): lambda self: runs.read_text(self._raw()),
    ord("b"): _Decoder._raw,
    ord("R"): _Decoder._reference,
}

_FORMS: dict[int, Callable[[_Decoder, int], list[Any]]] = {
    runs.TAGGED: _Decoder._tagged,
    runs.INTS: lambda self, count: self._numbers(count, "q"),
    runs.FLOATS: _Decoder._floats,
    runs.TEXTS: _Decoder._texts,
    runs.REFERENCES: _Decoder._references,
    runs.MIXED: _Decoder._mixed,
    runs.NOTHING: _Decoder._nothing,
    runs.TRUTHS: lambda self, count: [*map(bool, self._numbers(count, "B"))],
}

_RUNS: dict[int, Callable[[_Decoder], None]] = {
    NEW_RUN: _Decoder._new_run,
    TUPLES: _Decoder._tuples,
}

_NODES: dict[int, Any] = {
    COMPOUND: _Decoder._compound,
    EMPTY_CONTAINER: _Decoder._shell,
    SHARED: lambda self: self._containers.shared(self._u32()),
    EXPORT: _Decoder._export,
    RECEIVER_OBJECT: lambda self: self._peer.own(self._u32()),
    SHARED_GLOBAL: _Decoder._global,
}
