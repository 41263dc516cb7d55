"""How outputs and values are compared."""

import math
from typing import Any

import pytest

from runner.worker.checks import excerpt, same_output, same_value


@pytest.mark.parametrize(
    ("expected", "actual", "checker", "same"),
    [
        ("4\n", "4", "lines", True),
        ("4\n", "4  \n\n", "lines", True),
        ("4\n5\n", "4 5", "lines", False),
        ("4\n", " 4\n", "lines", False),
        ("", "\n\n", "lines", True),
        ("a\r\nb", "a\nb\n", "lines", True),
        ("4\n", "4", "exact", False),
        ("4\n", "4\n", "exact", True),
        ("36\n", "36 936", "lines", False),
    ],
)
def test_output(expected: str, actual: str, checker: str, same: bool) -> None:
    """Trailing white space is forgiven by ``lines`` and by nothing else."""
    assert same_output(expected, actual, checker) is same


@pytest.mark.parametrize(
    ("expected", "actual", "same"),
    [
        ([1, 2], (1, 2), True),
        ((1, 2), [1, 2], False),
        ([1, [2, 3]], (1, (2, 3)), True),
        (3, 3.0, True),
        (3.0, 3, True),
        (1, True, False),
        (False, 0, False),
        (None, None, True),
        (None, 0, False),
        ({"a": [1]}, {"a": (1,)}, True),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ("1", 1, False),
        (5.0, math.nan, False),
        (math.nan, math.nan, True),
        (0.1 + 0.2, 0.3, False),
        ([1, 2], [2, 1], False),
    ],
)
def test_value(expected: Any, actual: Any, same: bool) -> None:
    """JSON's leniency goes one way: from the expectation to the result."""
    assert same_value(expected, actual, 0.0, 0.0) is same


def test_tolerance_applies_to_floats_at_any_depth() -> None:
    """A tolerance reaches into containers, and does not make NaN close to anything."""
    assert same_value([0.3, {"x": 1.0}], [0.1 + 0.2, {"x": 1.0000001}], 1e-6, 0.0)
    assert not same_value([0.3], [math.nan], 1e9, 0.0)


def test_excerpt_survives_what_has_no_text() -> None:
    """Digits beyond the interpreter's limit are a message, not an exception."""
    assert "ValueError" in excerpt(1 << 100_000)
    assert len(excerpt("x" * 10_000)) == 200
