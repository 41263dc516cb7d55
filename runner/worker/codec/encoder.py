"""Writes a message: the nodes of what has identity, the content of containers, the items."""

import struct
import types
from array import array
from collections import deque
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

from . import value_types
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
from .runs import FORM_BITS, LEAST, MIXED, REFERENCES, TAGGED, packed

#: Items of a message that are written without a look at their types; how one begins.
_FEW = 32
_NO_NODES = [HEAD.pack(0, 0) + U32.pack(count << FORM_BITS | TAGGED) for count in range(_FEW)]
_LEAST_INT, _LARGEST_INT = -(1 << 63), (1 << 63) - 1
_INT, _OWN, _KNOWN, _NEW, _TUPLE, _EXPORT = b"iOSNtX"
_pack_int, _pack_number = struct.Struct("<Bq").pack, struct.Struct("<BI").pack
_pack_new = struct.Struct("<BBI").pack
_FUNCTION = types.FunctionType
_LEAVES_AND_FUNCTIONS = LEAVES | {_FUNCTION}
#: Parts of a tuple that are written without a look at what they have in common.
_FEW_PARTS = 96
#: Types of what lies at one level, whatever it holds: containers are filled later.
_FLAT = LEAVES | value_types.RUN_CODES.keys()
_LEAF_TYPES = tuple(sorted(LEAVES, key=lambda kind: kind.__name__))
_IN_RUNS = value_types.RUN_CODES.keys() | {tuple}


def encode(
    peer: Peer, containers: Containers, bounds: Bounds, items: Sequence[Any]
) -> tuple[bytes, int]:
    """Return the message for ``items``, with what has changed of shared containers.

    Returns:
        The message, and how many objects are in it.

    Raises:
        MalformedError: It would exceed the bounds.
    """
    changed = containers.changed()
    first = containers.next_number
    message, objects = None if changed else _without_nodes(peer, containers, items), len(items)
    if message is None:
        containers.forget_new(first)
        encoder = _Encoder(peer, containers, bounds)
        message, objects = encoder.encode(items, changed), encoder.objects
    if len(message) > bounds.size_bytes:
        raise MalformedError(f"value of {len(message)} bytes, limit {bounds.size_bytes}")
    return message, objects


def _without_nodes(peer: Peer, containers: Containers, items: Sequence[Any]) -> bytes | None:
    """Return the message of a few leaves, proxies and flat values; None for any other."""
    if len(items) >= _FEW:
        return None
    out = bytearray(_NO_NODES[len(items)])
    for item in items:
        kind = type(item)
        if kind is int and _LEAST_INT <= item <= _LARGEST_INT:
            out += _pack_int(_INT, item)
        elif item is None:
            out += b"n"
        elif kind in _WRITERS:
            _WRITERS[kind](out, item)
        elif kind in peer.bare and type(number := peer.represent(item)) is int:
            out += _pack_number(_OWN, number)
        elif not _write_other(out, peer, containers, item):
            return None
    return bytes(out)


def _write_other(out: bytearray, peer: Peer, containers: Containers, item: Any) -> bool:
    """Write a function, or a flat value; or return False."""
    kind = type(item)
    if kind is _FUNCTION:
        return _write_function(out, peer, item)
    if kind is tuple:
        return _write_tuple(out, peer, item)
    return kind in _IN_RUNS and _write_flat(out, containers, kind, item)


def _write_function(out: bytearray, peer: Peer, item: Any) -> bool:
    """Write a function of ours with the texts that describe it; or return False."""
    form = peer.represent(item)
    if type(form) is not Export:
        return False
    kind, number, parts = form
    out += _pack_new(_EXPORT, kind, number)
    out += U32.pack(len(parts) << FORM_BITS | TAGGED)
    for part in parts:
        _WRITERS[type(part)](out, part)
    return True


def _write_flat(out: bytearray, containers: Containers, kind: type, item: Any) -> bool:
    """Write a list, dict or set of a few leaves, or one that is known; or return False."""
    known = containers.known(item)
    if known is None and len(item) > _FEW:
        return False
    if known is not None:
        out += _pack_number(_KNOWN, known)
        return True
    parts = (*chain.from_iterable(item.items()),) if kind is dict else (*item,)
    if len(parts) > _FEW or not LEAVES.issuperset(map(type, parts)):
        return False
    code = value_types.RUN_CODES[kind]
    number = containers.share_run(code, (item,))
    out += _pack_new(_NEW, code, number)
    containers.content(number)  # is sent now
    out += U32.pack(len(parts) << FORM_BITS | TAGGED)
    for part in parts:
        _WRITERS[type(part)](out, part)
    return True


def _write_tuple(out: bytearray, peer: Peer, parts: tuple[Any, ...]) -> bool:
    """Write a tuple of a few leaves and functions; or return False."""
    if len(parts) > _FEW_PARTS or not _LEAVES_AND_FUNCTIONS.issuperset(map(type, parts)):
        return False
    out.append(_TUPLE)
    out += U32.pack(len(parts) << FORM_BITS | TAGGED)
    for part in parts:
        kind = type(part)
        if kind is not _FUNCTION:
            _WRITERS[kind](out, part)
        elif not _write_function(out, peer, part):
            return False
    return True


class _Encoder:
    """Writes one message."""

    def __init__(self, peer: Peer, containers: Containers, bounds: Bounds) -> None:
        self._peer = peer
        self._containers = containers
        self._bounds = bounds
        self._nodes = bytearray()
        self._count = 0
        self._index: dict[int, int] = {}
        #: Numbers of the receiver's objects, by ``id`` of their proxies.
        self._bare: dict[int, int] = {}
        self._taken: dict[int, tuple[Any, Any, tuple[Any, ...]]] = {}
        #: New containers without content: number of the first, and how many.
        self._new: deque[tuple[int, int]] = deque()
        #: How many parts were written: of nodes and containers, and the items.
        self.objects = 0

    def encode(self, items: Sequence[Any], changed: Iterable[tuple[int, list[Any]]]) -> bytes:
        """Return the message."""
        kinds = self._place_all(items)
        fills, count = self._fills(changed)
        body = bytearray()
        self._write_all(body, items, kinds)
        return b"".join((HEAD.pack(self._count, count), self._nodes, fills, body))

    def _fills(self, changed: Iterable[tuple[int, list[Any]]]) -> tuple[bytearray, int]:
        fills = bytearray()
        todo = deque(changed)
        keep: list[Any] = [*todo]
        count = 0
        while todo or self._new:
            if self._new:
                first, of_run = self._new.popleft()
                parts, lengths = self._contents(first, of_run)
                keep.append(parts)
            else:
                first, parts = todo.popleft()
                of_run, lengths = 1, None
            kinds = self._place_all(parts)
            fills += FILL.pack(first, of_run)
            if lengths is not None:
                fills += lengths
            self._write_all(fills, parts, kinds)
            count += 1
        return fills, count

    def _contents(self, first: int, count: int) -> tuple[list[Any], "array[int] | None"]:
        """Return the content of containers, one after the other, and the length of each."""
        content = self._containers.content
        if count == 1:
            return content(first), None
        step = self._containers.step
        each = [content(number) for number in range(first, first + count * step, step)]
        return [*chain.from_iterable(each)], array("I", map(len, each))

    def _place_all(self, roots: Sequence[Any]) -> set[type]:
        """Emit nodes for all that need one; return the types of all."""
        kinds = set(map(type, roots))
        if kinds <= LEAVES:
            return kinds
        if len(roots) >= LEAST:
            for kind in kinds & _IN_RUNS:
                self._place_run(kind, roots)
        index = self._index
        for root in roots:
            if type(root) not in LEAVES and id(root) not in index and self._is_missing(root):
                self._place(root)
        return kinds

    def _is_missing(self, obj: Any) -> bool:
        """Return True if an object needs a node; one that needs none is noted."""
        if type(obj) in self._peer.bare:
            number = self._peer.represent(obj)
            if type(number) is int:
                self._bare[id(obj)] = number
                return False
        return True

    def _place_run(self, kind: type, roots: Sequence[Any]) -> None:
        """Emit one node for all of a type that are new."""
        index = self._index
        new = {id(obj): obj for obj in roots if type(obj) is kind and id(obj) not in index}
        if kind is tuple:
            self._place_tuples(new)
            return
        known = self._containers.known
        new = {key: obj for key, obj in new.items() if known(obj) is None}
        if len(new) < LEAST:
            return
        code = value_types.RUN_CODES[kind]
        first = self._containers.share_run(code, new.values())
        self._nodes.append(NEW_RUN)
        self._nodes += RUN.pack(code, first, len(new))
        self._enter(new)
        self._new.append((first, len(new)))

    def _place_tuples(self, new: dict[int, Any]) -> None:
        """Emit one node for tuples, if they are not built from what is itself built."""
        parts = [*chain.from_iterable(new.values())]
        if len(new) < LEAST or not set(map(type, parts)) <= _FLAT:
            return
        kinds = self._place_all(parts)
        self._nodes.append(TUPLES)
        self._nodes += U32.pack(len(new))
        self._nodes += array("I", map(len, new.values()))
        self._write_all(self._nodes, parts, kinds)
        self._enter(new)

    def _enter(self, new: dict[int, Any]) -> None:
        self._index.update(zip(new, range(self._count, self._count + len(new)), strict=True))
        self._count += len(new)

    def _place(self, root: Any) -> None:
        """Emit nodes for ``root`` and what it is built from, parts first, without recursion."""
        stack, index = [root], self._index
        while stack:
            obj = stack[-1]
            if id(obj) in index:
                stack.pop()
                continue
            form, parts = self._take(obj)
            missing = [
                part
                for part in parts
                if type(part) not in LEAVES and id(part) not in index and self._is_missing(part)
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
                self._write_all(out, parts, set(map(type, parts)))
                self._new.append((number, 1))
            case Export(kind, number):
                out += bytes((EXPORT, kind)) + U32.pack(number)
                self._write_all(out, parts, set(map(type, parts)))
            case (int() as number,):
                out += bytes((RECEIVER_OBJECT,)) + U32.pack(number)
            case (str() as name,):
                out.append(SHARED_GLOBAL)
                _write_text(out, name)
            case int() if type(obj) in value_types.COMPOUND_CODES:
                out += bytes((COMPOUND, form))
                self._write_all(out, parts, set(map(type, parts)))
            case _:
                out += bytes((SHARED,)) + U32.pack(form)
        self._index[id(obj)] = self._count
        self._count += 1

    def _write_all(self, out: bytearray, parts: Sequence[Any], kinds: set[type]) -> None:
        """Write parts of these types, packed if that can be done."""
        count = len(parts)
        self.objects += count
        if self.objects > self._bounds.nodes or len(out) > self._bounds.size_bytes:
            raise MalformedError("value too large")
        if count >= LEAST:
            if len(kinds) > 1 and self._write_mixed(out, parts, kinds):
                return
            if len(kinds) == 1 and self._write_packed(out, parts, *kinds):
                return
        self._write_tagged(out, parts)

    def _write_tagged(self, out: bytearray, parts: Sequence[Any]) -> None:
        out += U32.pack(len(parts) << FORM_BITS | TAGGED)
        for part in parts:
            writer = _WRITERS.get(type(part))
            if writer is not None:
                writer(out, part)
            elif id(part) in self._bare:
                out += b"O" + U32.pack(self._bare[id(part)])
            else:
                out += b"R" + U32.pack(self._index[id(part)])
            if len(out) > self._bounds.size_bytes:
                raise MalformedError("value too large")

    def _write_packed(self, out: bytearray, parts: Sequence[Any], kind: type) -> bool:
        content = packed(kind, parts) if kind in LEAVES else self._references(parts)
        if content is None:
            return False
        out += U32.pack(len(parts) << FORM_BITS | content[0])
        out += content[1]
        return True

    def _write_mixed(self, out: bytearray, parts: Sequence[Any], kinds: set[type]) -> bool:
        """Write a list for each type, and one for all that has a node."""
        leaves = [kind for kind in _LEAF_TYPES if kind in kinds]
        columns = dict.fromkeys(kinds, len(leaves)) | {kind: n for n, kind in enumerate(leaves)}
        count = 1 + max(columns.values())
        if len(parts) < LEAST * count:
            return False
        out += U32.pack(len(parts) << FORM_BITS | MIXED)
        out += bytes(map(columns.__getitem__, map(type, parts)))
        out.append(count)
        for kind in leaves:
            self._write_column(out, [part for part in parts if type(part) is kind], kind)
        if count > len(leaves):
            rest = [part for part in parts if type(part) not in LEAVES]
            self._write_column(out, rest, object)
        return True

    def _write_column(self, out: bytearray, parts: Sequence[Any], kind: type) -> None:
        if not self._write_packed(out, parts, kind):
            self._write_tagged(out, parts)

    def _references(self, parts: Sequence[Any]) -> tuple[int, Any] | None:
        index = self._index
        try:
            return REFERENCES, array("I", [index[id(part)] for part in parts])
        except KeyError:
            return None  # some are the receiver's own


def _write_int(out: bytearray, obj: int) -> None:
    if _LEAST_INT <= obj <= _LARGEST_INT:
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
