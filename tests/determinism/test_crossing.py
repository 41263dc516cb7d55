"""What crossing costs is not charged to the solution; what the solution computes is."""

from typing import Any

import pytest

import runner
from runner.models import CallTest, TestStatus
from tests.determinism.programs import BURN
from tests.integrity.programs import AMPLE_S

_NUMBERS = """
class Numbers:
    def __init__(self):
        self.kept = set()
    def add(self, number):
        self.kept.add(number)
    def find(self, number):
        return number in self.kept
"""

_HONEST: dict[str, tuple[str, Any]] = {
    "pairs of method calls": (
        _NUMBERS,
        "b = Numbers()\nfor i in range(20_000):\n    b.add(i)\n    assert b.find(i)",
    ),
    "callbacks": (
        "def f(callback):\n    return sum(callback(n) for n in range(20_000))",
        "assert f(lambda n: n % 2) == 10_000",
    ),
    "a million numbers": (
        "def f(a):\n    return sorted(a)",
        CallTest(function="f", args=[list(range(10**6))], expected=list(range(10**6))),
    ),
    "many small objects": (
        "def f(a):\n    return [tuple(each) for each in a]",
        "a = [[n, str(n)] for n in range(50_000)]\nassert f(a) == [tuple(each) for each in a]",
    ),
    "a literal of a megabyte": (
        "def f(a):\n    return a[::-1]",
        f"assert f({list(range(150_000))}) == {list(range(149_999, -1, -1))}",
    ),
    "a string of a megabyte": ("def f(a):\n    return a", f"assert f({'x' * 10**6!r})"),
}


@pytest.mark.parametrize("name", _HONEST)
def test_what_crosses_a_lot_passes_with_the_default_budget(pool: runner.Pool, name: str) -> None:
    """The same in one process takes a small part of a second."""
    code, test = _HONEST[name]
    result = pool.execute(code, [test])
    assert result.passed == 1, result.error


_TIGHT_S = 0.3
_CALLS = 4000


def test_most_of_what_calls_cost_is_not_charged(pool: runner.Pool) -> None:
    """Both numbers are of one run: a slow moment of the machine is in both of them."""
    code = "def f(x):\n    return x"
    test = f"for i in range({_CALLS}):\n    assert f(i) == i"
    (seen,) = pool.execute(code, [test], timeout=AMPLE_S).tests
    assert seen.status is TestStatus.PASSED, seen
    assert seen.budget_used * AMPLE_S < 0.7 * seen.cpu_s


_ENDLESS = {
    "computes in each call": (
        BURN + "def f(x):\n    burn(0.001)",
        f"for i in range({_CALLS}):\n    f(i)",
    ),
    "computes in each method call": (
        BURN + "class A:\n    def f(self, x):\n        burn(0.001)",
        f"a = A()\nfor i in range({_CALLS}):\n    a.f(i)",
    ),
    "calls back without end": (
        "def f(callback):\n    while True:\n        callback(1)",
        "f(lambda n: n)",
    ),
    "sends what no message has asked for": (
        "def f(x):\n    return [*range(200_000)]",
        "while True:\n    f(1)",
    ),
    "sends many objects": (
        "def f(x):\n    return [{n: [n]} for n in range(20_000)]",
        "while True:\n    f(1)",
    ),
    "is called without end": ("def f(x):\n    return x", "while True:\n    f(1)"),
}


@pytest.mark.parametrize("name", _ENDLESS)
def test_credit_has_an_end(pool: runner.Pool, name: str) -> None:
    """The most that a test can use is twice its budget."""
    code, test = _ENDLESS[name]
    (seen,) = pool.execute(code, [test], timeout=_TIGHT_S).tests
    assert seen.status is TestStatus.TIMEOUT, seen
    assert seen.cpu_s < 2 * _TIGHT_S + 1
