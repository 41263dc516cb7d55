"""Writes messages that consist of a few leaves, functions and flat values: most of them."""

import struct
import types
from collections.abc import Sequence
from itertools import chain
from typing import Any

from . import value_types
from .format import HEAD, LEAVES, U32, Containers, Export, Peer
from .leaves import LARGEST_INT, LEAST_INT, WRITERS
from .runs import FORM_BITS, TAGGED

#: Messages with fewer items take this fast path; the head of each, by number of items.
_FEW = 32
_NO_NODES = [HEAD.pack(0, 0) + U32.pack(count << FORM_BITS | TAGGED) for count in range(_FEW)]
_INT, _OWN, _KNOWN, _NEW, _TUPLE, _EXPORT = b"iOSNtX"
_pack_int, _pack_number = struct.Struct("<Bq").pack, struct.Struct("<BI").pack
_pack_new = struct.Struct("<BBI").pack
_FUNCTION = types.FunctionType
_LEAVES_AND_FUNCTIONS = LEAVES | {_FUNCTION}
#: Most parts of a tuple that takes this fast path.
_FEW_PARTS = 96


def without_nodes(peer: Peer, containers: Containers, items: Sequence[Any]) -> bytes | None:
    """Return the message of a few leaves, proxies and flat values; None for any other."""
    if len(items) >= _FEW:
        return None
    out = bytearray(_NO_NODES[len(items)])
    for item in items:
        kind = type(item)
        if kind is int and LEAST_INT <= item <= LARGEST_INT:
            out += _pack_int(_INT, item)
        elif item is None:
            out += b"n"
        elif kind in WRITERS:
            WRITERS[kind](out, item)
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
    return kind in value_types.RUN_CODES and _write_flat(out, containers, kind, item)


def _write_function(out: bytearray, peer: Peer, item: Any) -> bool:
    """Write a function of ours with the texts that describe it; or return False."""
    form = peer.represent(item)
    if type(form) is not Export:
        return False
    kind, number, parts = form
    out += _pack_new(_EXPORT, kind, number)
    out += U32.pack(len(parts) << FORM_BITS | TAGGED)
    for part in parts:
        WRITERS[type(part)](out, part)
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
    containers.content(number)  # marks it as sent
    out += U32.pack(len(parts) << FORM_BITS | TAGGED)
    for part in parts:
        WRITERS[type(part)](out, part)
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
            WRITERS[kind](out, part)
        elif not _write_function(out, peer, part):
            return False
    return True
