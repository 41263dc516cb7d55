"""Arithmetic of the solution's objects that gives plain values: ``Money(5) + 3 == 8``.

An operator that sees its operand could judge it: an ``f(3) - 9`` that is always 0 says that 9 is
right. So a plain answer is believed only if the object computes as one plain value does. The
object shows this value by its answer to an operand that tells nothing (``x + 0``, ``x * 1``). This
value must then give its answers to the test's operand and to all decoys. So the object says no
more than a function that returns this value.
"""

import datetime
import decimal
import math
from collections.abc import Callable
from typing import Any

from ....boundary.special_methods import BINARY, ON_COPY
from .cross_examination import Ask, OrderingRecord, believed
from .decoys import SIZE, decoys_for

_EMPTY_SHOWS = {f"__{name}__" for name in "add radd sub or ror xor rxor lshift rshift".split()}
_ONE_SHOWS = {f"__{name}__" for name in "mul rmul truediv pow".split()}
#: Operators to whose operand the object answers with its value only after a computation.
_COMPUTED: dict[str, tuple[int, Callable[[Any], Any]]] = {
    "__rsub__": (0, lambda answer: -answer),
    "__rtruediv__": (1, lambda answer: 1 / answer),
    "__rpow__": (2, math.log2),
    "__floordiv__": (1, lambda answer: answer),
    "__divmod__": (1, lambda answer: answer[0]),
    "__mod__": (1 << 62, lambda answer: answer),
    "__and__": (-1, lambda answer: answer),
    "__rand__": (-1, lambda answer: answer),
}
_NUMBERS = frozenset({int, float})
_LEAVES = _NUMBERS | {
    *(bool, complex, str, bytes, type(None)),
    *(datetime.timedelta, datetime.date, datetime.datetime),
}
_CONTAINERS = frozenset({list, tuple, set, frozenset, dict})
#: Types of operands that have an empty value.
_WITH_EMPTY = frozenset(
    {int, float, complex, str, bytes, list, tuple, set, frozenset, dict, datetime.timedelta}
)
#: Operators whose result grows fast; bounds of operands, and of the bits of a whole number.
_GROWING = frozenset(f"__{name}__" for name in "mul rmul pow rpow lshift".split())
_LARGEST, _MOST_BITS = 1 << 10, 64
#: By how much floats may differ, in relation to their operands.
_ROUNDING = 1e-9
#: Fewer decoys would be too easy to guess among.
_FEWEST = 64
#: The most bits of a whole number that has decoys.
_MOST_BITS_OF_OPERAND = 4096


def on_copy(name: str) -> str:
    """Return the name by which a copy of the object performs an operator."""
    return ON_COPY + name


def showing(name: str, other: Any) -> Any:
    """Return the operand to which the answer shows the object's value; None if there is none.

    It depends on the type of the test's operand only.
    """
    kind = type(other)
    if name in _COMPUTED:
        return kind(_COMPUTED[name][0]) if kind in _NUMBERS else None
    if name in _ONE_SHOWS:
        return kind(1) if kind in _NUMBERS else None
    return kind() if name in _EMPTY_SHOWS and kind in _WITH_EMPTY else None


def is_plain(answer: Any) -> bool:
    """Return True for a builtin value that holds no object of the solution."""
    kind = type(answer)
    if kind is dict:
        return all(map(is_plain, (*answer.keys(), *answer.values())))
    return kind in _LEAVES or (kind in _CONTAINERS and all(map(is_plain, answer)))


def compute(name: str, other: Any, ask: Ask, record: OrderingRecord) -> tuple[Any, bool]:
    """Return the result of arithmetic with a plain value, and whether it is plain and believed.

    Args:
        name: The operator's special method; ``showing`` has an operand for it.
        other: The test's own value.
        ask: Requests the results, all in one message.
        record: The values that the object has shown.

    Raises:
        BaseException: What the object's own method raises for the test's value.
    """
    members, place = _spread_decoys(other)
    shown, *answers = ask((on_copy(name),), [showing(name, other), *members])
    found = believed(answers[place])
    if not is_plain(found) or not is_plain(shown) or len(members) < _FEWEST:
        return found, False
    try:
        value = _shown(name, shown)
        answered = zip(members, answers, strict=True)
        is_same = all(_gives(name, value, operand, answer) for operand, answer in answered)
        agrees = all(_agree(value, each, _size(value)) for each in record.shown)
    except (ArithmeticError, TypeError, ValueError):
        return found, False
    record.shown.append(value)
    return found, is_same and agrees


def _shown(name: str, answer: Any) -> Any:
    if name not in _COMPUTED:
        return answer
    value = _COMPUTED[name][1](answer)
    if type(value) not in _NUMBERS:
        raise TypeError(f"{name} of another value than a number")
    return value


def _spread_decoys(value: Any) -> tuple[list[Any], int]:
    """Vary the leading digits of a large number, since a difference may only have to be small."""
    if type(value) is not int or abs(value) < SIZE:
        return decoys_for(value)
    if value.bit_length() > _MOST_BITS_OF_OPERAND:
        return [value], 0
    members, place = decoys_for(decimal.Decimal(value))
    return [int(member) for member in members], place


def _gives(name: str, value: Any, operand: Any, answer: Any) -> bool:
    try:
        found = _compute(name, value, operand)
    except ArithmeticError as error:
        return type(answer) is type(error)
    return is_plain(answer) and _agree(found, answer, _size(value) + _size(operand))


def _compute(name: str, value: Any, operand: Any) -> Any:
    """Compute with a value; with each number of nested sequences, if the operand is a number.

    Without a number in it, a sequence would be nothing, whatever the operand is.
    """
    if type(value) in (list, tuple) and type(operand) in _NUMBERS:
        if not value:
            raise TypeError(f"{name} of a sequence without a number")
        return type(value)(_compute(name, item, operand) for item in value)
    if name in _GROWING and float not in (type(value), type(operand)):
        is_small = type(value) is int and value.bit_length() <= _MOST_BITS
        if not is_small or abs(operand) > _LARGEST:
            raise ValueError(f"{name} may have a large result")
    return BINARY[name](value, operand)


def _size(value: Any) -> float:
    return abs(value) if type(value) in _NUMBERS else 0.0


def _agree(one: Any, other: Any, size: float) -> bool:
    """Return True for equal values of one type; floats may differ by rounding.

    Args:
        one: A value.
        other: A value.
        size: The size of the numbers of which they were computed.
    """
    kinds = {type(one), type(other)}
    if kinds <= _NUMBERS and float in kinds:
        return math.isclose(one, other, rel_tol=_ROUNDING, abs_tol=_ROUNDING * min(size, 1.0))
    if len(kinds) > 1:
        return False
    if type(one) in (list, tuple):
        parts = zip(one, other, strict=False)
        return len(one) == len(other) and all(_agree(*each, size) for each in parts)
    return bool(one == other)
