"""Lists of parts as bytes: tagged one by one, or packed where all of them are of one type.

A list is its length and form in one number, then its content. What is packed costs a fraction of
what is tagged, and is read with a few calls whatever its length; the reader checks sizes before it
builds anything, and builds exact ints, floats and strings only.
"""

import array
import itertools
import math
import struct
import sys
from collections.abc import Callable, Sequence
from typing import Any

from .format import U32, MalformedError

#: Forms of a list: any parts with a tag each; 64-bit integers; floats; strings; numbers of nodes;
#: a list for each type, and which of them each part is taken from; truth values; only None.
TAGGED, INTS, FLOATS, TEXTS, REFERENCES, MIXED, TRUTHS, NOTHING = range(8)
FORM_BITS = 3

#: Fewer parts are not worth a look at their types.
LEAST = 8
#: Most bytes that joined strings may take in memory, if that is more than twice their bytes in the
#: message: the widest character decides the size of all, until the strings are cut apart.
_JOINED_MAX = 1 << 22
#: Most bytes or characters of a string that is read as the literals of code are.
_LITERAL_MAX = 1 << 10

Pack = tuple[int, Any]


def packed(kind: type, parts: Sequence[Any]) -> Pack | None:
    """Return form and content of parts of one type; None if they have to be tagged."""
    packer = _PACKERS.get(kind)
    return packer(parts) if packer is not None else None


def _ints(parts: Sequence[Any]) -> Pack | None:
    try:
        return INTS, array.array("q", parts)
    except OverflowError:
        return None


def _floats(parts: Sequence[Any]) -> Pack:
    return FLOATS, array.array("d", parts)


def _texts(parts: Sequence[Any]) -> Pack | None:
    text = "".join(parts)
    raw = text.encode("utf-8", "surrogatepass")
    if sys.getsizeof(text) > max(_JOINED_MAX, 2 * len(raw)):
        return None
    return TEXTS, b"".join((array.array("I", map(len, parts)), U32.pack(len(raw)), raw))


_PACKERS: dict[type, Callable[[Sequence[Any]], Pack | None]] = {
    type(None): lambda parts: (NOTHING, bytes(len(parts))),  # the size bounds them
    bool: lambda parts: (TRUTHS, bytes(parts)),
    int: _ints,
    float: _floats,
    str: _texts,
}


def read_numbers(data: bytes, at: int, count: int, code: str) -> list[Any]:
    """Return numbers of a struct code; raises ``MalformedError`` if there are too few bytes."""
    end = at + count * struct.calcsize(code)
    if end > len(data):
        raise MalformedError("cut short")
    view: Any = memoryview(data)[at:end]
    numbers: list[Any] = view.cast(code).tolist()
    return numbers


def any_nan(numbers: Sequence[float]) -> bool:
    """Return True if one of the numbers is NaN."""
    return math.isnan(sum(numbers)) and any(map(math.isnan, numbers))


def read_text(raw: bytes) -> str:
    """Return a string."""
    return _interned(str(raw, "utf-8", "surrogatepass"))


def _interned(text: str) -> str:
    """Return a short string as the object of a literal, so that ``x is "add"`` is true.

    Python keeps one object for equal literals that are identifiers.
    """
    return sys.intern(text) if len(text) <= _LITERAL_MAX else text


def read_texts(data: bytes, at: int, count: int) -> tuple[list[str], int]:
    """Return strings, and where they end."""
    lengths = read_numbers(data, at, count, "I")
    at += 4 * count
    (size,) = U32.unpack_from(data, at)
    at += 4
    raw = data[at : at + size]
    if len(raw) != size:
        raise MalformedError("cut short")
    text = str(raw, "utf-8", "surrogatepass")
    ends = list(itertools.accumulate(lengths))
    if (ends[-1] if ends else 0) != len(text):
        raise MalformedError("strings of other lengths")
    starts = itertools.chain((0,), ends)
    texts = [_interned(text[start:end]) for start, end in zip(starts, ends, strict=False)]
    return texts, at + size
