"""Families: for a plain value, a list of values in which the value cannot be told apart.

Every member of a family has the same family, in the same order. A solution that receives a family
learns which family it is, but not the member for which it was made.
"""

import collections
import datetime
import decimal
import fractions
import math
import string
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ....boundary.special_methods import fresh

#: Number of members of a family, if the type has that many values.
SIZE = 256

#: Only these digits of a number vary, so that an honest equality with a tolerance is accepted.
_LEADING_DIGITS = 3

_ALPHABETS = (string.digits, string.ascii_lowercase, string.ascii_uppercase)
_LETTERS = frozenset("".join(_ALPHABETS))
_SIGNS = " " + string.punctuation
_SHORT = ("", *"".join(_ALPHABETS), *_SIGNS)

#: Members, and the place of the value among them.
Decoys = tuple[list[Any], int]


def decoys_for(value: Any) -> Decoys:
    """Return the family of a value and its place in it; all containers in it are new.

    A value of an unknown type is the only member.
    """
    make = _MAKERS.get(type(value))
    return make(value) if make is not None else ([fresh(value)], 0)


def _block(number: int, size: int = SIZE) -> range:
    start = number // size * size
    return range(start, start + size)


def _select(candidates: Iterable[Any], value: Any, key: Callable[[Any], Any]) -> Decoys:
    """Keep the candidates with the value's key; they must depend only on that key."""
    wanted = key(value)
    kept = [item for item in candidates if key(item) == wanted]
    return kept, kept.index(value)


def _of_bool(value: Any) -> Decoys:
    return [False, True], int(value)


def _of_int(value: int) -> Decoys:
    return [*_block(value)], value % SIZE


class _Digits:
    """A decimal number, split into leading digits, which vary, and fixed parts."""

    def __init__(self, value: Any) -> None:
        text = repr(value) if type(value) is float else value
        self.sign, digits, exponent = decimal.Decimal(text).as_tuple()
        self.exponent = int(exponent)
        number = int("".join(map(str, digits)))
        self.unit = 10 ** max(0, len(str(number)) - _LEADING_DIGITS)
        self.leading, self.rest = divmod(number, self.unit)

    def key(self) -> tuple[int, ...]:
        """Return what all members of the family have in common."""
        return self.sign, self.exponent, self.unit, self.rest, self.leading // SIZE

    def with_leading(self, leading: int) -> str:
        """Return the number with other leading digits, as text."""
        sign = "-" if self.sign else ""
        return f"{sign}{leading * self.unit + self.rest}E{self.exponent}"


def _of_decimal(value: Any) -> Decoys:
    if not _is_finite(value):
        return [value], 0
    digits = _Digits(value)
    texts = (digits.with_leading(leading) for leading in _block(digits.leading))
    found = [item for item in map(type(value), texts) if _is_finite(item)]
    # near the smallest float, several texts mean the same one
    return _select([*dict.fromkeys(found)], value, lambda item: _Digits(item).key())


def _is_finite(value: Any) -> bool:
    return value.is_finite() if type(value) is decimal.Decimal else math.isfinite(value)


def _of_fraction(value: fractions.Fraction) -> Decoys:
    bottom = value.denominator
    found = (fractions.Fraction(top, bottom) for top in _block(value.numerator))
    return _select(found, value, lambda item: item.denominator)


def _of_complex(value: complex) -> Decoys:
    reals, at = _of_decimal(value.real)
    return [complex(real, value.imag) for real in reals], at


def _of_date(value: datetime.date) -> Decoys:
    last = datetime.date.max.toordinal()
    days = [day for day in _block(value.toordinal()) if 1 <= day <= last]
    return [datetime.date.fromordinal(day) for day in days], days.index(value.toordinal())


def _of_datetime(value: datetime.datetime) -> Decoys:
    days, at = _of_date(value.date())
    return [datetime.datetime.combine(day, value.timetz()) for day in days], at


def _of_duration(value: datetime.timedelta) -> Decoys:
    last = datetime.timedelta.max.days
    days = [day for day in _block(value.days) if -last <= day <= last]
    return [value + datetime.timedelta(day - value.days) for day in days], days.index(value.days)


def _of_time(value: datetime.time) -> Decoys:
    """Vary hours, and minutes by five: round times are many in each family of round times."""
    minutes = value.hour * 60 + value.minute
    found = range(minutes % 5, 24 * 60, 5)
    return [value.replace(hour=n // 60, minute=n % 60) for n in found], minutes // 5


def _of_range(value: range) -> Decoys:
    """Vary the length: most starts are 0, and ranges of one length may be equal, as empty ones."""
    if not value:
        return [value], 0
    length = -((value.start - value.stop) // value.step)
    stops = (value.stop + (n + 1 - length) * value.step for n in _block(length - 1))
    return [range(value.start, stop, value.step) for stop in stops], (length - 1) % SIZE


def _of_text(value: str) -> Decoys:
    if value in _SHORT:
        return [*_SHORT], _SHORT.index(value)
    # letters and digits first: an honest equality may ignore white space and signs
    places = sorted(range(len(value)), key=lambda at: (value[at] not in _LETTERS, -at))
    return _combine(value, places, _of_character, "".join)


def _of_character(char: str) -> Decoys:
    for alphabet in (*_ALPHABETS, _SIGNS):
        if char in alphabet:
            return [*alphabet], alphabet.index(char)
    others = [each for each in map(chr, _block(ord(char))) if each not in _SHORT]
    return others, others.index(char)


def _of_bytes(value: bytes) -> Decoys:
    every = [*range(SIZE)]
    if len(value) < 2:
        return [b"", *(bytes([byte]) for byte in every)], 1 + value[0] if value else 0
    return _combine(value, _backwards(value), lambda byte: (every, byte), bytes)


def _of_sequence(value: Any) -> Decoys:
    kind = type(value)
    if not value or (len(value) == 1 and _is_small(value[0])):
        return [kind(), *(kind([n]) for n in range(SIZE))], 1 + value[0] if value else 0
    return _combine(value, _backwards(value), decoys_for, kind)


def _of_set(value: Any) -> Decoys:
    """Vary the greatest item among values that stay the greatest; the other items are fixed."""
    kind = type(value)
    if not value or (len(value) == 1 and _is_small(*value)):
        return [kind(), *(kind([n]) for n in range(SIZE))], 1 + max(value, default=-1)
    shape, *shapes = {*map(_shape, value)}
    if shape is None or shapes:
        return [fresh(value)], 0
    *others, last = sorted(value)
    found, _ = decoys_for(last)
    found = [item for item in found if not others or item > others[-1]]
    return [kind([*others, item]) for item in found], found.index(last)


def _shape(item: Any) -> Any:
    """Return what all members of an item's family have in common; None if it has no order."""
    if type(item) is not tuple:
        return type(item) if type(item) in _ORDERED else None
    shapes = (*map(_shape, item),)
    return None if not item or None in shapes else shapes


_ORDERED = (int, str, bytes, datetime.date)


def _is_small(item: Any) -> bool:
    return type(item) is int and item in range(SIZE)


def _of_dict(value: dict[Any, Any]) -> Decoys:
    keys = [*value]
    if not keys or (len(keys) == 1 and _is_small(keys[0]) and value[keys[0]] is None):
        return [{}, *({n: None} for n in range(SIZE))], 1 + max(keys, default=-1)

    def build(items: list[Any]) -> dict[Any, Any]:
        return dict(zip(keys, items, strict=True))

    return _combine([*value.values()], _backwards(keys), decoys_for, build)


def _of_deque(value: collections.deque[Any]) -> Decoys:
    if value.maxlen == 0:
        return [fresh(value)], 0
    return _by(value, list, lambda items: collections.deque(items, value.maxlen))


def _of_defaultdict(value: collections.defaultdict[Any, Any]) -> Decoys:
    factory = value.default_factory
    return _by(value, dict, lambda items: collections.defaultdict(factory, items))


def _by(value: Any, take: Callable[[Any], Any], make: Callable[[Any], Any]) -> Decoys:
    """Return the family of a value that is made of another one."""
    members, place = decoys_for(take(value))
    return [make(member) for member in members], place


def _backwards(parts: Sequence[Any]) -> range:
    return range(len(parts) - 1, -1, -1)


def _combine(
    parts: Sequence[Any],
    places: Iterable[int],
    options: Callable[[Any], Decoys],
    build: Callable[[list[Any]], Any],
) -> Decoys:
    """Vary parts in the order of ``places`` until there are enough members."""
    varied: list[tuple[int, list[Any]]] = []
    size, index = 1, 0
    for place in places:
        found, at = options(parts[place])
        varied.append((place, found))
        size, index = size * len(found), index + size * at
        if size >= SIZE:
            break
    block = [number for number in _block(index) if number < size]
    return [build(_chosen(parts, varied, number)) for number in block], block.index(index)


def _chosen(parts: Sequence[Any], varied: list[tuple[int, list[Any]]], number: int) -> list[Any]:
    """Return the parts, of which the digits of ``number`` select the varied ones."""
    made = [fresh(part) for part in parts]
    for place, found in varied:
        number, at = divmod(number, len(found))
        made[place] = fresh(found[at])
    return made


_MAKERS: dict[type, Callable[[Any], Decoys]] = {
    bool: _of_bool,
    int: _of_int,
    float: _of_decimal,
    decimal.Decimal: _of_decimal,
    fractions.Fraction: _of_fraction,
    complex: _of_complex,
    datetime.date: _of_date,
    datetime.datetime: _of_datetime,
    datetime.time: _of_time,
    datetime.timedelta: _of_duration,
    range: _of_range,
    str: _of_text,
    bytes: _of_bytes,
    list: _of_sequence,
    tuple: _of_sequence,
    dict: _of_dict,
    set: _of_set,
    frozenset: _of_set,
    bytearray: lambda value: _by(value, bytes, bytearray),
    collections.deque: _of_deque,
    collections.OrderedDict: lambda value: _by(value, dict, collections.OrderedDict),
    collections.Counter: lambda value: _by(value, dict, collections.Counter),
    collections.defaultdict: _of_defaultdict,
}
