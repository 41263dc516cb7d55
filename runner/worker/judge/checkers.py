"""Compares results with expectations; both are the judge's own values of exact types."""

import functools
import itertools
import math
import operator
import re
from collections import Counter, deque
from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

#: Types whose equal values fit; for all but floats, unequal values do not.
_PLAINLY_EQUAL = frozenset({int, float, str, bytes, type(None)})
_TOKEN = re.compile(r"\S+")
_INTEGER = re.compile(r"[+-]?[0-9]+")
_FINITE = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,9})?")
_NOT_FINITE = re.compile(r"[+-]?(inf|nan)", re.IGNORECASE)


def same_output(
    expected: str, actual: str, checker: str, atol: float = 0.0, rtol: float = 0.0
) -> bool:
    """Compare the output of a program in one of the ways of ``runner.models.Checker``."""
    if expected == actual:
        return True
    if checker == "floats":
        return _all_fit(_tokens, expected, actual, lambda want, have: _fits(want, have, atol, rtol))
    return _COMPARISONS[checker](expected, actual)


def _split_lines(text: str) -> Iterator[str]:
    """Yield the lines of a text; a list of them takes ten times the memory of the text."""
    start = 0
    while (end := text.find("\n", start)) >= 0:
        yield text[start:end]
        start = end + 1
    yield text[start:]


def _lines(text: str) -> Iterator[str]:
    """Yield the lines without white space at their ends, and without empty ones at the end."""
    blank = 0
    for line in map(str.rstrip, _split_lines(text)):
        if line:
            yield from itertools.repeat("", blank)
            yield line
        blank = 0 if line else blank + 1


def _tokens(text: str) -> Iterator[str]:
    return (found.group() for found in _TOKEN.finditer(text))


def _all_fit(
    parts: Callable[[str], Iterator[str]],
    expected: str,
    actual: str,
    fits: Callable[[str, str], bool] = str.__eq__,
) -> bool:
    """Return True if two texts have equally many parts, each of which fits the other's."""
    pairs = itertools.zip_longest(parts(expected), parts(actual))
    return all(want is not None and have is not None and fits(want, have) for want, have in pairs)


def _same_decimals(want: str, have: str) -> bool:
    """Compare two lines: numbers by their values, anything else without white space around it."""
    want, have = want.strip(), have.strip()
    return want == have or (bool(want and have) and _all_fit(_tokens, want, have, _equal_numbers))


def _equal_numbers(want: str, have: str) -> bool:
    if not (_FINITE.fullmatch(want) and _FINITE.fullmatch(have)):
        return False
    try:
        return Decimal(want) == Decimal(have)
    except InvalidOperation:
        return False


_COMPARISONS: dict[str, Callable[[str, str], bool]] = {
    "exact": str.__eq__,
    "lines": functools.partial(_all_fit, _lines),
    "tokens": functools.partial(_all_fit, _tokens),
    "unordered": lambda want, have: Counter(_lines(want)) == Counter(_lines(have)),
    "decimals": lambda want, have: _all_fit(
        _split_lines, want.strip(), have.strip(), _same_decimals
    ),
}


def _fits(want: str, have: str, atol: float, rtol: float) -> bool:
    return want == have or _close(want, have, atol, rtol)


def _close(want: str, have: str, atol: float, rtol: float) -> bool:
    """Return True if two tokens are numbers that are close to each other."""
    if _INTEGER.fullmatch(want) and _INTEGER.fullmatch(have):
        # As integers, since large ones that differ may be equal as floats.
        return _close_integers(int(want), int(have), atol, rtol)
    one, other = _float(want), _float(have)
    return one is not None and other is not None and _same_floats(one, other, atol, rtol)


def _float(token: str) -> float | None:
    """Return a token as a number; None for a word, or if it is too large for a float."""
    if _NOT_FINITE.fullmatch(token):
        return float(token)
    number = float(token) if _FINITE.fullmatch(token) else math.inf
    return None if math.isinf(number) else number


def _close_integers(one: int, other: int, atol: float, rtol: float) -> bool:
    difference = abs(one - other)
    try:
        return difference <= max(atol, rtol * max(abs(one), abs(other)))
    except OverflowError:  # too large for a float
        return difference == 0


def same_call(
    expected: Any, actual: Any, checker: str, atol: float = 0.0, rtol: float = 0.0
) -> bool:
    """Compare the value of a call in one of the ways of ``runner.models.CallChecker``."""
    if checker == "exact":
        return _same_types(expected, actual) and same_value(expected, actual, atol, rtol)
    if checker == "unordered":
        return _same_items(expected, actual, atol, rtol)
    if same_value(expected, actual, atol, rtol):
        return True
    if checker != "wrapped" or not isinstance(expected, list) or not expected:
        return False
    return same_value(expected[0], actual, atol, rtol)


def _same_types(expected: Any, actual: Any) -> bool:
    """Return True if two values of equal shape have equal types everywhere."""
    todo = [(expected, actual)]
    while todo:
        want, have = todo.pop()
        if type(want) is not type(have):
            return False
        if isinstance(want, list | tuple | deque):
            if len(want) != len(have):
                return False
            todo += zip(want, have, strict=True)
        elif isinstance(want, dict | set | frozenset):
            equal = {key: key for key in have}
            if len(want) != len(have) or any(key not in equal for key in want):
                return False
            todo += [(key, equal[key]) for key in want]
            todo += [(want[key], have[key]) for key in want] if isinstance(want, dict) else ()
    return True


def _same_items(expected: Any, actual: Any, atol: float, rtol: float) -> bool:
    """Compare two sequences regardless of the order of their items."""
    kinds = (list, tuple, set, frozenset)
    if not isinstance(expected, kinds) or not isinstance(actual, kinds):
        return same_value(expected, actual, atol, rtol)
    if len(expected) != len(actual):
        return False
    try:
        if same_value(sorted(expected), sorted(actual), atol, rtol):
            return True
    except TypeError:  # there is no order
        pass
    return _each_finds_one(list(expected), list(actual), atol, rtol)


def _each_finds_one(expected: list[Any], left: list[Any], atol: float, rtol: float) -> bool:
    """Give each expected item the first fitting one that is left.

    With tolerances that overlap, the order of the expectation decides.
    """
    for want in expected:
        found = next((n for n, have in enumerate(left) if same_value(want, have, atol, rtol)), None)
        if found is None:
            return False
        del left[found]
    return True


def same_value(expected: Any, actual: Any, atol: float, rtol: float) -> bool:
    """Compare a result with an expectation that may have come through JSON.

    A list in the expectation also accepts a tuple, and numbers compare by value; with a tolerance,
    floats compare by ``math.isclose``. NaN equals NaN and nothing else.
    """
    todo = [(expected, actual)]
    while todo:
        want, have = todo.pop()
        if isinstance(want, list | tuple):
            fits = _sequence_fits(want, have)
            if fits is False:
                return False
            todo += zip(want, have, strict=True) if fits is None else ()
        elif isinstance(want, dict):
            if not isinstance(have, dict) or len(want) != len(have):
                return False
            if any(key not in have for key in want):
                return False
            todo += [(value, have[key]) for key, value in want.items()]
        elif not _same_leaf(want, have, atol, rtol):
            return False
    return True


def _sequence_fits(want: Any, have: Any) -> bool | None:
    """Return True if all items fit, False if they do not; None if each must be compared."""
    kinds = (list, tuple) if isinstance(want, list) else (tuple,)
    if not isinstance(have, kinds) or len(want) != len(have):
        return False
    items = set(map(type, itertools.chain(want, have)))
    if not items <= _PLAINLY_EQUAL:
        return None
    equal = all(map(operator.eq, want, have))
    return equal if equal or float not in items else None


def _same_leaf(want: Any, have: Any, atol: float, rtol: float) -> bool:
    if isinstance(want, bool) or isinstance(have, bool):
        return type(want) is type(have) and bool(want == have)
    numbers = isinstance(want, int | float) and isinstance(have, int | float)
    if numbers and (isinstance(want, float) or isinstance(have, float)):
        try:
            return _same_floats(want, have, atol, rtol)
        except OverflowError:  # an integer too large for a float
            return False
    answer: Any = want == have
    # An index of pandas has an answer for each of its items.
    return not hasattr(answer, "__len__") and bool(answer)


def _same_floats(want: float, have: float, atol: float, rtol: float) -> bool:
    if math.isnan(want) or math.isnan(have):
        return math.isnan(want) and math.isnan(have)
    return math.isclose(want, have, rel_tol=rtol, abs_tol=atol)
