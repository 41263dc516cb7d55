"""Writes a message: the nodes of what has identity, the content of containers, the items."""

from array import array
from collections import deque
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

from . import value_types
from .format import (
    COMPOUND,
    EMPTY_CONTAINER,
    EXPORT,
    FILL,
    HEAD,
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
from .leaves import WRITERS, write_text
from .runs import FORM_BITS, LEAST, MIXED, REFERENCES, TAGGED, packed
from .small_messages import without_nodes

#: Types that add no level of nesting: leaves, and containers, which are filled later.
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
    message, objects = None if changed else without_nodes(peer, containers, items), len(items)
    if message is None:
        containers.forget_new(first)
        encoder = _Encoder(peer, containers, bounds)
        message, objects = encoder.encode(items, changed), encoder.objects
    if len(message) > bounds.size_bytes:
        raise MalformedError(f"value of {len(message)} bytes, limit {bounds.size_bytes}")
    return message, objects


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
        """Emit one node for all new objects of a type."""
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
        """Emit one node for all tuples, if they hold only leaves and flat containers."""
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
        code = value_types.compound_code(obj)
        if code is not None:
            return bytes((COMPOUND, code)), value_types.COMPOUNDS[code].parts(obj)
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
                write_text(out, name)
            case bytes():
                out += form
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
            writer = WRITERS.get(type(part))
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
