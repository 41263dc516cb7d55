"""How results are compared with expectations; only the judge's own exact values come here."""

import math
from typing import Any

_EXCERPT = 200


def same_output(expected: str, actual: str, checker: str) -> bool:
    """Compare the output of a program: ``exact``, or ``lines`` without trailing white space."""
    if checker == "exact":
        return expected == actual
    return _lines(expected) == _lines(actual)


def _lines(text: str) -> list[str]:
    lines = [line.rstrip() for line in text.split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def same_value(expected: Any, actual: Any, atol: float, rtol: float) -> bool:
    """Compare a result with an expectation that may have come through JSON.

    A list in the expectation also accepts a tuple, and numbers compare by value; with a tolerance,
    floats compare by ``math.isclose``. NaN equals NaN and nothing else.
    """
    todo = [(expected, actual)]
    while todo:
        want, have = todo.pop()
        if isinstance(want, list | tuple):
            if not _sequence_fits(want, have):
                return False
            todo += zip(want, have, strict=True)
        elif isinstance(want, dict):
            if not isinstance(have, dict) or len(want) != len(have):
                return False
            if any(key not in have for key in want):
                return False
            todo += [(value, have[key]) for key, value in want.items()]
        elif not _same_leaf(want, have, atol, rtol):
            return False
    return True


def _sequence_fits(want: Any, have: Any) -> bool:
    kinds = (list, tuple) if isinstance(want, list) else (tuple,)
    return isinstance(have, kinds) and len(want) == len(have)


def _same_leaf(want: Any, have: Any, atol: float, rtol: float) -> bool:
    if isinstance(want, bool) or isinstance(have, bool):
        return type(want) is type(have) and bool(want == have)
    numbers = isinstance(want, int | float) and isinstance(have, int | float)
    if numbers and (isinstance(want, float) or isinstance(have, float)):
        if math.isnan(want) or math.isnan(have):
            return math.isnan(want) and math.isnan(have)
        return math.isclose(want, have, rel_tol=rtol, abs_tol=atol)
    return bool(want == have)


def excerpt(value: Any) -> str:
    """Return a short text of a value, for people."""
    try:
        text = repr(value)
    except Exception as error:  # a repr may fail in many ways; it is only a message
        return f"<{type(value).__name__}: {type(error).__name__}>"
    return text if len(text) <= _EXCERPT else text[: _EXCERPT - 3] + "..."
