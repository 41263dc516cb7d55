"""The bytes that values cross in: an encoder, and a decoder that can only build values.

A message is a list of *nodes* (what has identity: compounds, new containers, handles), then a list
of *fills* (the content of containers, new or changed), then the items of the message itself. Nodes
refer to earlier nodes only; containers are empty when they appear and are filled at the end, so
that any cycle can be expressed and nothing recurses.

What is not a value is left to a *peer*: it represents such objects as handles, and turns handles
back into objects. Containers that have crossed once are shared: both sides know them by a number,
and each message carries the content of those that changed since the last one.
"""

import struct
from collections.abc import Iterable
from typing import Any, NamedTuple, Protocol

from . import kinds

_U32 = struct.Struct("<I")
_I64 = struct.Struct("<q")
_F64 = struct.Struct("<d")
_C128 = struct.Struct("<dd")

_LEAVES = frozenset({type(None), bool, int, float, complex, str, bytes})

# Node tags.
_COMPOUND, _SHELL, _SHARED, _EXPORT, _YOURS, _GLOBAL = range(6)


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
    """A new shared container: how to make it empty."""

    code: int
    number: int
    traits: tuple[Any, ...]


class Peer(Protocol):
    """What encoder and decoder need to know of the two sides."""

    def share(self, obj: Any) -> "int | Shell | None":
        """Return the number of a shared container, or its shell; None for anything else."""

    def represent(self, obj: Any) -> "Export | int | str":
        """Return an export, the number of the receiver's own object, or a global name."""

    def changed(self) -> Iterable[tuple[int, list[Any]]]:
        """Return number and content of each shared container that changed."""

    def content(self, number: int) -> list[Any]:
        """Return the content of a shared container, and remember it as sent."""

    def adopt(self, shell: Shell) -> Any:
        """Make and register a container that the sender shares."""

    def shared(self, number: int) -> Any:
        """Return a shared container."""

    def fill(self, number: int, parts: list[Any]) -> None:
        """Replace the content of a shared container."""

    def import_(self, export: Export, /) -> Any:
        """Return a stand-in for the sender's object."""

    def own(self, number: int, /) -> Any:
        """Return the receiver's object that the sender means."""

    def resolve(self, name: str, /) -> Any:
        """Return the object of a global name."""


class Encoder:
    """Writes one message."""

    def __init__(self, peer: Peer, bounds: Bounds) -> None:
        self._peer = peer
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
        for item in items:
            self._place(item)
        fills, count = self._fills()
        body = bytearray(_U32.pack(len(items)))
        for item in items:
            self._write(body, item)
        message = b"".join((_U32.pack(self._count), self._nodes, _U32.pack(count), fills, body))
        if len(message) > self._bounds.size_bytes:
            raise MalformedError(f"value of {len(message)} bytes, limit {self._bounds.size_bytes}")
        return message

    def _fills(self) -> tuple[bytearray, int]:
        fills = bytearray()
        todo = [*self._peer.changed()]
        self._keep = todo
        count = 0
        while todo or self._new:
            if self._new:
                number = self._new.pop()
                parts = self._peer.content(number)
                self._keep.append((number, parts))
            else:
                number, parts = todo.pop(0)
            for part in parts:
                self._place(part)
            fills += _U32.pack(number) + _U32.pack(len(parts))
            for part in parts:
                self._write(fills, part)
            count += 1
        return fills, count

    def _place(self, root: Any) -> None:
        """Emit nodes for ``root`` and what it is built from, parts first, without recursion."""
        if type(root) in _LEAVES or id(root) in self._index:
            return
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
        code = kinds.COMPOUND_CODES.get(type(obj))
        if code is not None:
            return code, kinds.COMPOUNDS[code].parts(obj)
        shared = self._peer.share(obj)
        if shared is not None:
            return shared, shared.traits if isinstance(shared, Shell) else ()
        form = self._peer.represent(obj)
        return (form, form.parts) if isinstance(form, Export) else ((form,), ())

    def _emit(self, obj: Any, form: Any, parts: tuple[Any, ...]) -> None:
        out = self._nodes
        match form:
            case Shell(code, number):
                out += bytes((_SHELL, code)) + _U32.pack(number)
                self._write_all(out, parts)
                self._new.append(number)
            case Export(kind, number):
                out += bytes((_EXPORT, kind)) + _U32.pack(number)
                self._write_all(out, parts)
            case (int() as number,):
                out += bytes((_YOURS,)) + _U32.pack(number)
            case (str() as name,):
                out.append(_GLOBAL)
                self._write(out, name)
            case int() if type(obj) in kinds.COMPOUND_CODES:
                out += bytes((_COMPOUND, form))
                self._write_all(out, parts)
            case _:
                out += bytes((_SHARED,)) + _U32.pack(form)
        self._index[id(obj)] = self._count
        self._count += 1

    def _write_all(self, out: bytearray, parts: tuple[Any, ...]) -> None:
        out += _U32.pack(len(parts))
        for part in parts:
            self._write(out, part)

    def _write(self, out: bytearray, obj: Any) -> None:
        self._items += 1
        if self._items > self._bounds.nodes or len(out) > self._bounds.size_bytes:
            raise MalformedError("value too large")
        writer = _WRITERS.get(type(obj))
        if writer is not None:
            writer(out, obj)
        else:
            out += b"R" + _U32.pack(self._index[id(obj)])


def _write_int(out: bytearray, obj: int) -> None:
    if -(1 << 63) <= obj < 1 << 63:
        out += b"i" + _I64.pack(obj)
        return
    raw = obj.to_bytes(obj.bit_length() // 8 + 1, "little", signed=True)
    out += b"I" + _U32.pack(len(raw)) + raw


def _write_text(out: bytearray, obj: str) -> None:
    raw = obj.encode("utf-8", "surrogatepass")
    out += b"s" + _U32.pack(len(raw)) + raw


def _write_bytes(out: bytearray, obj: bytes) -> None:
    out += b"b" + _U32.pack(len(obj)) + obj


def _write_complex(out: bytearray, obj: complex) -> None:
    out += b"c" + _C128.pack(obj.real, obj.imag)


def _write_float(out: bytearray, obj: float) -> None:
    out += b"f" + _F64.pack(obj)


_WRITERS: dict[type, Any] = {
    type(None): lambda out, _: out.append(0x6E),
    bool: lambda out, obj: out.append(0x54 if obj else 0x46),
    int: _write_int,
    float: _write_float,
    complex: _write_complex,
    str: _write_text,
    bytes: _write_bytes,
}


class Decoder:
    """Reads one message. Whatever the bytes are, it ends in items or in ``MalformedError``."""

    def __init__(self, peer: Peer, bounds: Bounds, data: bytes) -> None:
        self._peer = peer
        self._bounds = bounds
        self._data = data
        self._at = 0
        self._left = bounds.nodes
        self._built: list[Any] = []
        self._depth: list[int] = []

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
                self._peer.fill(number, parts)
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
        (number,) = _U32.unpack_from(self._data, self._at)
        self._at += 4
        return int(number)

    def _byte(self) -> int:
        self._at += 1
        return self._data[self._at - 1]

    def _raw(self) -> bytes:
        size = self._u32()
        start, self._at = self._at, self._at + size
        if self._at > len(self._data):
            raise MalformedError("cut short")
        return self._data[start : self._at]

    def _fill(self) -> tuple[int, list[Any]]:
        return self._u32(), self._read_all()

    def _read_all(self) -> list[Any]:
        count = self._u32()
        self._left -= count
        if self._left < 0 or count > len(self._data) - self._at:
            raise MalformedError("more objects than allowed")
        return [self._read() for _ in range(count)]

    def _read(self) -> Any:
        return _READERS[self._byte()](self)

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
            self._deepest = max(getattr(self, "_deepest", 0), self._depth[index])
        return value

    def _compound(self) -> Any:
        entry = kinds.COMPOUNDS[self._byte()]
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
        return self._peer.adopt(Shell(code, self._u32(), tuple(self._read_all())))

    def _export(self) -> Any:
        kind = self._byte()
        return self._peer.import_(Export(kind, self._u32(), tuple(self._read_all())))

    def _global(self) -> Any:
        name = self._read()
        if type(name) is not str:
            raise MalformedError("global without a name")
        return self._peer.resolve(name)

    def _int(self) -> int:
        (number,) = _I64.unpack_from(self._data, self._at)
        self._at += 8
        return int(number)

    def _float(self) -> float:
        (number,) = _F64.unpack_from(self._data, self._at)
        self._at += 8
        return float(number)

    def _complex(self) -> complex:
        real, imag = _C128.unpack_from(self._data, self._at)
        self._at += 16
        return complex(real, imag)


_READERS: dict[int, Any] = {
    ord("n"): lambda _: None,
    ord("T"): lambda _: True,
    ord("F"): lambda _: False,
    ord("i"): Decoder._int,
    ord("I"): lambda self: int.from_bytes(self._raw(), "little", signed=True),
    ord("f"): Decoder._float,
    ord("c"): Decoder._complex,
    ord("s"): lambda self: self._raw().decode("utf-8", "surrogatepass"),
    ord("b"): Decoder._raw,
    ord("R"): Decoder._reference,
}

_NODES: dict[int, Any] = {
    _COMPOUND: Decoder._compound,
    _SHELL: Decoder._shell,
    _SHARED: lambda self: self._peer.shared(self._u32()),
    _EXPORT: Decoder._export,
    _YOURS: lambda self: self._peer.own(self._u32()),
    _GLOBAL: Decoder._global,
}


class PlainPeer:
    """A peer for values alone, without handles: what the host sends as arguments of a call test."""

    def __init__(self) -> None:
        self._objects: list[Any] = []
        self._numbers: dict[int, int] = {}

    def share(self, obj: Any) -> "int | Shell | None":
        """Number containers in the order in which they appear."""
        code = kinds.CONTAINER_CODES.get(type(obj))
        if code is None:
            return None
        known = self._numbers.get(id(obj))
        if known is not None:
            return known
        self._numbers[id(obj)] = number = len(self._objects)
        self._objects.append(obj)
        return Shell(code, number, kinds.CONTAINERS[code].traits(obj))

    def represent(self, obj: Any) -> "Export | int | str":
        """Refuse: there is nobody to hold a handle."""
        raise MalformedError(f"a {type(obj).__name__} is not a plain value")

    def changed(self) -> Iterable[tuple[int, list[Any]]]:
        """Return nothing: a plain message is sent once."""
        return ()

    def content(self, number: int) -> list[Any]:
        """Return the content of a container."""
        obj = self._objects[number]
        return kinds.CONTAINERS[kinds.CONTAINER_CODES[type(obj)]].parts(obj)

    def adopt(self, shell: Shell) -> Any:
        """Make an empty container."""
        if shell.number != len(self._objects):
            raise MalformedError("containers out of order")
        obj = kinds.CONTAINERS[shell.code].make(*shell.traits)
        self._objects.append(obj)
        return obj

    def shared(self, number: int) -> Any:
        """Return a container made before."""
        return self._objects[number]

    def fill(self, number: int, parts: list[Any]) -> None:
        """Fill a container made before."""
        obj = self._objects[number]
        kinds.CONTAINERS[kinds.CONTAINER_CODES[type(obj)]].fill(obj, parts)

    def import_(self, _export: Export) -> Any:
        """Refuse: there is nobody behind a handle."""
        raise MalformedError("a handle in a plain value")

    def own(self, _number: int) -> Any:
        """Refuse, likewise."""
        raise MalformedError("a handle in a plain value")

    def resolve(self, _name: str) -> Any:
        """Refuse, likewise."""
        raise MalformedError("a global name in a plain value")


_DEFAULTS = Bounds()


def encode_plain(value: object, bounds: Bounds = _DEFAULTS) -> bytes:
    """Return the bytes of a plain value; raises ``MalformedError`` for anything else."""
    return Encoder(PlainPeer(), bounds).encode([value])


def decode_plain(data: bytes, bounds: Bounds = _DEFAULTS) -> Any:
    """Return the value that ``encode_plain`` wrote; raises ``MalformedError``."""
    (value,) = Decoder(PlainPeer(), bounds, data).decode()
    return value
