"""Reads a message with a parser that does not recurse and can only build values."""

import cmath
import math
import struct
from typing import Any

from . import value_types
from .format import (
    C128,
    COMPOUND,
    EMPTY_CONTAINER,
    EXPORT,
    F64,
    I64,
    RECEIVER_OBJECT,
    SHARED,
    SHARED_GLOBAL,
    U32,
    Bounds,
    Containers,
    Export,
    MalformedError,
    Peer,
    Shell,
)


class Decoder:
    """Reads one message. Whatever the bytes are, it ends in items or in ``MalformedError``."""

    def __init__(self, peer: Peer, containers: Containers, bounds: Bounds, data: bytes) -> None:
        self._peer = peer
        self._containers = containers
        self._bounds = bounds
        self._data = data
        self._at = 0
        self._left = bounds.nodes
        self._built: list[Any] = []
        self._depth: list[int] = []
        self._deepest = 0
        #: Whether nothing but builtin values was built, and none whose hash is its address: NaN.
        self.plain = True

    def decode(self) -> list[Any]:
        """Return the items; new content of shared containers has then been filled in.

        Raises:
            MalformedError: The bytes are not a message, or exceed a bound.
        """
        if len(self._data) > self._bounds.size_bytes:
            raise MalformedError("message too large")
        try:
            for _ in range(self._u32()):
                self._node()
            for number, parts in [self._fill() for _ in range(self._u32())]:
                self._containers.fill(number, parts)
            items = self._read_all()
        except MalformedError:
            raise
        except (ValueError, TypeError, KeyError, IndexError, OverflowError, struct.error) as error:
            raise MalformedError(f"not a value: {type(error).__name__}") from error
        except (ArithmeticError, AttributeError, UnicodeError, RecursionError) as error:
            raise MalformedError(f"not a value: {type(error).__name__}") from error
        if self._at != len(self._data):
            raise MalformedError("bytes after the message")
        return items

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

    def _fill(self) -> tuple[int, list[Any]]:
        return self._u32(), self._read_all()

    def _read_all(self) -> list[Any]:
        count = self._u32()
        self._left -= count
        if self._left < 0 or count > len(self._data) - self._at:
            raise MalformedError("more objects than allowed")
        values = []
        for _ in range(count):
            tag = self._data[self._at]
            self._at += 1
            values.append(_READERS[tag](self))
        return values

    def _node(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise MalformedError("more objects than allowed")
        self._deepest = 0
        self._built.append(_NODES[self._byte()](self))
        if self._deepest >= self._bounds.depth:
            raise MalformedError("nested too deeply")
        self._depth.append(self._deepest + 1)

    def _reference(self) -> Any:
        index = self._u32()
        value = self._built[index]
        if index < len(self._depth):
            self._deepest = max(self._deepest, self._depth[index])
        return value

    def _compound(self) -> Any:
        code = self._byte()
        self.plain = self.plain and code in value_types.BUILTIN_COMPOUNDS
        entry = value_types.COMPOUNDS[code]
        parts = self._read_all()
        accepts = entry.accepts
        wanted = accepts[:1] * len(parts) if accepts[-1] is ... else accepts
        if len(wanted) != len(parts):
            raise MalformedError("wrong number of parts")
        if any(w is not None and type(p) is not w for w, p in zip(wanted, parts, strict=True)):
            raise MalformedError("part of the wrong type")
        return entry.build(*parts)

    def _shell(self) -> Any:
        code = self._byte()
        self.plain = self.plain and code in value_types.BUILTIN_CONTAINERS
        return self._containers.adopt(Shell(code, self._u32(), tuple(self._read_all())))

    def _export(self) -> Any:
        kind = self._byte()
        return self._peer.import_(Export(kind, self._u32(), tuple(self._read_all())))

    def _global(self) -> Any:
        name = _READERS[self._byte()](self)
        if type(name) is not str:
            raise MalformedError("global without a name")
        return self._peer.resolve(name)

    def _int(self) -> int:
        number: int = I64.unpack_from(self._data, self._at)[0]
        self._at += 8
        return number

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
    ord("n"): lambda _: None,
    ord("T"): lambda _: True,
    ord("F"): lambda _: False,
    ord("i"): Decoder._int,
    ord("I"): lambda self: int.from_bytes(self._raw(), "little", signed=True),
    ord("f"): Decoder._float,
    ord("c"): Decoder._complex,
    ord("s"): lambda self: str(self._raw(), "utf-8", "surrogatepass"),
    ord("b"): Decoder._raw,
    ord("R"): Decoder._reference,
}

_NODES: dict[int, Any] = {
    COMPOUND: Decoder._compound,
    EMPTY_CONTAINER: Decoder._shell,
    SHARED: lambda self: self._containers.shared(self._u32()),
    EXPORT: Decoder._export,
    RECEIVER_OBJECT: lambda self: self._peer.own(self._u32()),
    SHARED_GLOBAL: Decoder._global,
}
