"""Writes a message: the nodes of what has identity, the content of containers, the items."""

from collections import deque
from collections.abc import Iterable, Sequence
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

_LEAVES = frozenset({type(None), bool, int, float, complex, str, bytes})


class Encoder:
    """Writes one message."""

    def __init__(self, peer: Peer, containers: Containers, bounds: Bounds) -> None:
        self._peer = peer
        self._containers = containers
        self._bounds = bounds
        self._nodes = bytearray()
        self._count = 0
        self._index: dict[int, int] = {}
        self._taken: dict[int, tuple[Any, Any, tuple[Any, ...]]] = {}
        self._new: list[int] = []
        self._items = 0

    def encode(self, items: Iterable[Any]) -> bytes:
        """Return the message for ``items``.

        Raises:
            MalformedError: It would exceed the bounds.
        """
        items = list(items)
        self._place_all(items)
        fills, count = self._fills()
        body = bytearray()
        self._write_all(body, items)
        message = b"".join((U32.pack(self._count), self._nodes, U32.pack(count), fills, body))
        if len(message) > self._bounds.size_bytes:
            raise MalformedError(f"value of {len(message)} bytes, limit {self._bounds.size_bytes}")
        return message

    def _fills(self) -> tuple[bytearray, int]:
        fills = bytearray()
        todo = deque(self._containers.changed())
        self._keep = [*todo]
        count = 0
        while todo or self._new:
            if self._new:
                number = self._new.pop()
                parts = self._containers.content(number)
                self._keep.append((number, parts))
            else:
                number, parts = todo.popleft()
            self._place_all(parts)
            fills += U32.pack(number)
            self._write_all(fills, parts)
            count += 1
        return fills, count

    def _place_all(self, roots: Iterable[Any]) -> None:
        for root in roots:
            if type(root) not in _LEAVES and id(root) not in self._index:
                self._place(root)

    def _place(self, root: Any) -> None:
        """Emit nodes for ``root`` and what it is built from, parts first, without recursion."""
        stack = [root]
        while stack:
            obj = stack[-1]
            if id(obj) in self._index:
                stack.pop()
                continue
            form, parts = self._take(obj)
            missing = [
                part for part in parts if type(part) not in _LEAVES and id(part) not in self._index
            ]
            if missing:
                if len(stack) > self._bounds.nodes:
                    raise MalformedError("value with too many objects")
                stack += missing
                continue
            stack.pop()
            self._emit(obj, form, parts)

    def _take(self, obj: Any) -> tuple[Any, tuple[Any, ...]]:
        """Decide once how an object crosses; the entry keeps it and its parts alive."""
        taken = self._taken.get(id(obj))
        if taken is None:
            taken = self._taken[id(obj)] = (obj, *self._form(obj))
        return taken[1], taken[2]

    def _form(self, obj: Any) -> tuple[Any, tuple[Any, ...]]:
        code = value_types.COMPOUND_CODES.get(type(obj))
        if code is not None:
            return code, value_types.COMPOUNDS[code].parts(obj)
        shared = self._containers.share(obj)
        if shared is not None:
            return shared, shared.traits if isinstance(shared, Shell) else ()
        form = self._peer.represent(obj)
        return (form, form.parts) if isinstance(form, Export) else ((form,), ())

    def _emit(self, obj: Any, form: Any, parts: tuple[Any, ...]) -> None:
        out = self._nodes
        match form:
            case Shell(code, number):
                out += bytes((EMPTY_CONTAINER, code)) + U32.pack(number)
                self._write_all(out, parts)
                self._new.append(number)
            case Export(kind, number):
                out += bytes((EXPORT, kind)) + U32.pack(number)
                self._write_all(out, parts)
            case (int() as number,):
                out += bytes((RECEIVER_OBJECT,)) + U32.pack(number)
            case (str() as name,):
                out.append(SHARED_GLOBAL)
                _write_text(out, name)
            case int() if type(obj) in value_types.COMPOUND_CODES:
                out += bytes((COMPOUND, form))
                self._write_all(out, parts)
            case _:
                out += bytes((SHARED,)) + U32.pack(form)
        self._index[id(obj)] = self._count
        self._count += 1

    def _write_all(self, out: bytearray, parts: Sequence[Any]) -> None:
        self._items += len(parts)
        if self._items > self._bounds.nodes:
            raise MalformedError("value too large")
        out += U32.pack(len(parts))
        for part in parts:
            if len(out) > self._bounds.size_bytes:
                raise MalformedError("value too large")
            writer = _WRITERS.get(type(part))
            if writer is not None:
                writer(out, part)
            else:
                out += b"R" + U32.pack(self._index[id(part)])


def _write_int(out: bytearray, obj: int) -> None:
    if -(1 << 63) <= obj < 1 << 63:
        out += b"i" + I64.pack(obj)
        return
    raw = obj.to_bytes(obj.bit_length() // 8 + 1, "little", signed=True)
    out += b"I" + U32.pack(len(raw)) + raw


def _write_text(out: bytearray, obj: str) -> None:
    raw = obj.encode("utf-8", "surrogatepass")
    out += b"s" + U32.pack(len(raw)) + raw


def _write_bytes(out: bytearray, obj: bytes) -> None:
    out += b"b" + U32.pack(len(obj)) + obj


def _write_complex(out: bytearray, obj: complex) -> None:
    out += b"c" + C128.pack(obj.real, obj.imag)


def _write_float(out: bytearray, obj: float) -> None:
    out += b"f" + F64.pack(obj)


_WRITERS: dict[type, Any] = {
    type(None): lambda out, _: out.append(0x6E),
    bool: lambda out, obj: out.append(0x54 if obj else 0x46),
    int: _write_int,
    float: _write_float,
    complex: _write_complex,
    str: _write_text,
    bytes: _write_bytes,
}
