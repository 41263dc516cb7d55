"""``pytest.approx``: equality up to a tolerance, for numbers and containers of numbers."""

import cmath
import decimal
import fractions
import math
from collections.abc import Mapping, Sequence
from typing import Any

from ...boundary.proxy_methods import ProxyMeta

#: As pytest has them.
_RELATIVE, _ABSOLUTE = 1e-6, 1e-12
_NUMBERS = (int, float, complex, decimal.Decimal)


class Approx:
    """What ``approx`` returns; it is compared with ``==``.

    Args:
        expected: A number, or a sequence, mapping or array of numbers.
        rel: Relative tolerance.
        abs: Absolute tolerance.
        nan_ok: Whether NaN equals NaN.
    """

    __array_ufunc__ = None
    __array_priority__ = 100

    def __init__(self, expected: Any, rel: Any, abs: Any, nan_ok: bool) -> None:
        for name, tolerance in (("relative", rel), ("absolute", abs)):
            if tolerance is not None and not tolerance >= 0:
                raise ValueError(f"{name} tolerance can't be negative: {tolerance}")
        self.expected, self.rel, self.abs = expected, rel, abs
        self.nan_ok = nan_ok

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"approx({self.expected!r})"

    def __bool__(self) -> bool:
        raise AssertionError("approx() is not supported in a boolean context: use `a == approx(b)`")

    def __eq__(self, actual: object) -> bool:
        return self._equal(self.expected, actual)

    def __ne__(self, actual: object) -> bool:
        return not self == actual

    def _equal(self, expected: Any, actual: Any) -> bool:
        if _is_array(expected) or _is_array(actual):
            return self._equal_arrays(expected, actual)
        if isinstance(expected, Mapping):
            if not isinstance(actual, Mapping) or set(actual) != set(expected):
                return False
            return all(self._equal_leaves(item, actual[key]) for key, item in expected.items())
        if isinstance(expected, Sequence) and not isinstance(expected, str | bytes):
            if not isinstance(actual, Sequence):
                return False
            # Copied, since a class of the solution may report a wrong length.
            items = [*actual]
            same = len(items) == len(expected)
            return same and all(map(self._equal_leaves, expected, items))
        if isinstance(expected, set | frozenset):
            raise TypeError(f"pytest.approx() does not support sets: {expected!r}")
        return self._equal_leaves(expected, actual)

    def _equal_arrays(self, expected: Any, actual: Any) -> bool:
        if isinstance(expected, _NUMBERS):
            items = actual.ravel().tolist()
            return bool(items) and all(self._equal_leaves(expected, each) for each in items)
        one, other = (each.tolist() if _is_array(each) else each for each in (expected, actual))
        return self._equal_nested(one, other)

    def _equal_nested(self, expected: Any, actual: Any) -> bool:
        if not isinstance(expected, list | tuple):
            return self._equal_leaves(expected, actual)
        if not isinstance(actual, list | tuple) or len(actual) != len(expected):
            return False
        return all(map(self._equal_nested, expected, actual))

    def _equal_leaves(self, expected: Any, actual: Any) -> bool:
        if isinstance(expected, Approx):
            return bool(expected == actual)
        if isinstance(expected, Mapping | list | tuple):
            raise TypeError("pytest.approx() does not support nested data structures")
        # Both are values of the tests or the judge: ``==`` calls no code of the solution.
        if actual == expected:
            return True
        return _is_number(expected) and _is_number(actual) and self._is_near(expected, actual)

    def _is_near(self, expected: Any, actual: Any) -> bool:
        if _is_nan(expected):
            return self.nan_ok and _is_nan(actual)
        if _is_infinite(expected) or _is_nan(actual):
            return False
        return bool(abs(expected - actual) <= self._tolerance(expected))

    def _tolerance(self, expected: Any) -> Any:
        kind = decimal.Decimal if isinstance(expected, decimal.Decimal) else float
        given = self.abs if self.abs is not None else kind(str(_ABSOLUTE))
        if self.rel is None and self.abs is not None:
            return kind(given)
        relative = self.rel if self.rel is not None else kind(str(_RELATIVE))
        return max(kind(relative) * abs(expected), kind(given))


def approx(expected: Any, rel: Any = None, abs: Any = None, nan_ok: bool = False) -> Approx:
    """Return an object that equals numbers up to a tolerance."""
    return Approx(expected, rel, abs, nan_ok)


def _is_number(value: Any) -> bool:
    # By the exact type: a class of the solution may be registered as one of fractions.
    kind = type(value)
    return kind is fractions.Fraction or (isinstance(value, _NUMBERS) and kind is not bool)


def _is_array(value: Any) -> bool:
    if isinstance(type(value), ProxyMeta):
        return False  # a class of the solution may claim any module
    return type(value).__module__ == "numpy" and hasattr(value, "tolist") and bool(value.ndim)


def _is_nan(value: Any) -> bool:
    return cmath.isnan(value) if isinstance(value, complex) else math.isnan(value)


def _is_infinite(value: Any) -> bool:
    return cmath.isinf(value) if isinstance(value, complex) else math.isinf(value)
