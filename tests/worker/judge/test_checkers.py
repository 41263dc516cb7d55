"""How outputs and values are compared."""

import math
import sys
from collections import deque
from collections.abc import Iterator
from typing import Any

import pytest

from runner.worker.judge.checkers import same_call, same_output, same_value
from runner.worker.judge.excerpts import excerpt, excerpts_of_texts


@pytest.fixture(autouse=True)
def _no_digit_limit() -> Iterator[None]:
    """A judge has none."""
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    yield
    sys.set_int_max_str_digits(limit)


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
        ("1 2\n3", "1\n2 3\n", "tokens", True),
        ("1 2", "12", "tokens", False),
        ("a\nb\nb\n", "b\na \nb", "unordered", True),
        ("a\nb\nb\n", "a\na\nb", "unordered", False),
        ("1.50\n", " 1.5", "decimals", True),
        ("1 2\n", "1\n2\n", "decimals", False),
        ("yes 1.0", "yes 1", "decimals", False),
        ("0.3", "0.30000000000000004", "decimals", False),
        ("1_0", "10", "decimals", False),
    ],
)
def test_output(expected: str, actual: str, checker: str, same: bool) -> None:
    """Trailing white space is forgiven by ``lines`` and by nothing else."""
    assert same_output(expected, actual, checker) is same


@pytest.mark.parametrize(
    ("expected", "actual", "same"),
    [
        ("0.333333 x\n", "0.3333333 x", True),
        ("0.333333", "0.34", False),
        ("1e6", "1000000.5", True),
        ("nan inf -inf", "NaN inf -inf", True),
        ("inf", "1e308", False),
        ("5", "nan", False),
        ("x", "0", False),
        ("10", "1_0", False),
        ("1 2", "1", False),
        ("9007199254740993", "9007199254740992", True),
        ("1" * 5000, "1" * 5000, True),
        ("1" * 5000, "2" * 5000, False),
        ("1" * 400, "1" * 399 + "2", False),
    ],
)
def test_floats(expected: str, actual: str, same: bool) -> None:
    """Numbers may differ by the tolerance, words may not."""
    assert same_output(expected, actual, "floats", 1e-6, 1e-6) is same


def test_big_integers_differ_without_a_tolerance() -> None:
    """As floats they would be equal."""
    assert not same_output("9007199254740993", "9007199254740992", "floats")


@pytest.mark.parametrize(
    ("expected", "actual", "checker", "same"),
    [
        ([1, 2], (1, 2), "exact", False),
        ([1, [2.0]], [1, [2]], "exact", False),
        ([1, {"a": (2,)}], [1, {"a": (2,)}], "exact", True),
        ({1, (2, "a")}, {1, (2, "a")}, "exact", True),
        ({1, 2}, {1, 2.0}, "exact", False),
        ({(1,)}, {(True,)}, "exact", False),
        (frozenset({1}), frozenset({True}), "exact", False),
        ({1: "a"}, {1: "a"}, "exact", True),
        ({1: "a"}, {1.0: "a"}, "exact", False),
        ({1: "a"}, {True: "a"}, "value", True),
        (deque([1]), deque([1.0]), "exact", False),
        ([3, 1, 2], [1, 2, 3], "unordered", True),
        ([1, 1, 2], [1, 2, 2], "unordered", False),
        ([[1], "a"], ("a", [1]), "unordered", True),
        ([[2, 1]], [[1, 2]], "unordered", False),
        ([1, 2], {1, 2}, "unordered", True),
        ([5], 5, "wrapped", True),
        ([5], [5], "wrapped", True),
        ([[1, 2]], (1, 2), "wrapped", True),
        ([5, 6], 6, "wrapped", False),
        ([], None, "wrapped", False),
        (10**400, 1.0, "value", False),
    ],
)
def test_calls(expected: Any, actual: Any, checker: str, same: bool) -> None:
    """The ways to compare the value of a call."""
    assert same_call(expected, actual, checker) is same


def test_long_sequences_in_any_order_are_compared_quickly() -> None:
    """A pair for each item would be 10 thousand million comparisons."""
    items = list(range(100_000))
    assert same_call(items, items[::-1], "unordered")


class _Each:
    """Compares as an index of pandas does: there is an answer for each of its items."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, *items: int) -> None:
        self.items = items

    def __eq__(self, other: object) -> Any:
        return [item == other for item in self.items]


@pytest.mark.parametrize(
    ("expected", "actual", "same"),
    [
        (5, _Each(5), False),
        (5.0, _Each(5), False),
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
    """A ``repr`` that fails is a message, not an exception."""
    sys.set_int_max_str_digits(4300)
    assert "ValueError" in excerpt(1 << 100_000)
    assert len(excerpt("x" * 10_000)) == 200


def test_excerpts_are_bounded_whatever_the_value() -> None:
    """A huge value is not spelled out to be cut afterwards."""
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    for value in ([0] * 10_000_000, {"a": "x" * 10_000_000}, deep, {n: n for n in range(10**6)}):
        assert len(excerpt(value)) <= 200
    assert excerpt([1, ("a",), {"k": {2}}, set()]) == "[1, ('a',), {'k': {2}}, set()]"


def test_excerpts_of_long_texts_show_where_they_differ() -> None:
    """The beginning would be the same on both sides."""
    lines = [f"line {n}" for n in range(10_000)]
    expected, actual = excerpts_of_texts("\n".join(lines), "\n".join([*lines[:5000], "oops"]))
    assert "line 5000" in expected
    assert "oops" in actual
    assert max(len(expected), len(actual)) <= 1000
