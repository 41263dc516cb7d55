"""The solution is executed once before each test, whether or not it binds the same as before."""

import pytest

from runner import ExecutionResult, Pool
from runner.models import TestStatus

#: Counts its executions, which a solution can do, and prints the same at each.
_COUNT = """
import math
math.loaded = nth = getattr(math, "loaded", 0) + 1
print("load")
del nth
def nth(): return math.loaded
"""

_PLAIN = [f"assert f({number}) == {number}" for number in range(5)]


def _statuses(result: ExecutionResult) -> list[TestStatus]:
    return [test.status for test in result.tests]


def _printed(result: ExecutionResult) -> list[str]:
    return [test.stdout for test in result.tests]


@pytest.mark.parametrize(
    "rest",
    [
        pytest.param("def f(x): return x", id="the same functions"),
        pytest.param("def f(x): return x\nSIZE = 3\nNAMES = 'a'", id="constants"),
        pytest.param("def f(x): return x\nNAMES = ['a', 'b']\nAGES = {'a': 1}", id="lists"),
        pytest.param("def f(x): return x\nLARGE = list(range(1000))", id="large constants"),
        pytest.param("def f(x): return x\nclass Point: pass\nzero = Point()", id="classes"),
        pytest.param("from typing import List\ndef f(x): return x\nnan = float('nan')", id="nan"),
        pytest.param("NOW = nth()\ndef f(x): return x", id="another constant each time"),
        pytest.param("print(nth())\ndef f(x): return x", id="another text each time"),
        pytest.param("if nth() == 3:\n    MORE = 1\ndef f(x): return x", id="one name more"),
        pytest.param(
            "def g(x): return -x\ndef f(x): return x\n"
            "if nth() % 2:\n    del f\n    def f(x): return x",
            id="functions in another order",
        ),
        pytest.param(
            "if nth() < 3:\n    def f(x): return x\nelse:\n    from operator import pos as f",
            id="imported later",
        ),
    ],
)
def test_each_test_has_one_load(pool: Pool, rest: str) -> None:
    result = pool.execute(_COUNT + rest, _PLAIN)
    assert _statuses(result) == [TestStatus.PASSED] * 5
    texts = [f"{number}\n" if "print" in rest else "" for number in range(1, 6)]
    assert _printed(result) == [f"load\n{text}" for text in texts]


def test_a_load_that_raises_fails_its_own_test_only(pool: Pool) -> None:
    code = f"{_COUNT}\nif nth() == 3: raise KeyError(nth())\ndef f(x): return x"
    result = pool.execute(code, _PLAIN)
    assert (
        _statuses(result) == [TestStatus.PASSED] * 2 + [TestStatus.ERROR] + [TestStatus.PASSED] * 2
    )
    assert "KeyError: 3" in result.tests[2].message
    assert _printed(result) == ["load\n"] * 5


def test_a_name_that_is_missing_once_fails_its_own_test_only(pool: Pool) -> None:
    code = f"{_COUNT}\nif nth() != 3:\n    def f(x): return x"
    result = pool.execute(code, _PLAIN)
    assert [test.status is TestStatus.PASSED for test in result.tests] == [True] * 2 + [False] + [
        True
    ] * 2
    assert "NameError" in result.tests[2].message
    assert _printed(result) == ["load\n"] * 5


def test_a_load_that_ends_its_process_fails_its_own_test(pool: Pool) -> None:
    code = f"import os\n{_COUNT}\nif nth() == 3: os._exit(3)\ndef f(x): return x"
    result = pool.execute(code, _PLAIN)
    assert _statuses(result)[:3] == [TestStatus.PASSED] * 2 + [TestStatus.CRASHED]


def test_a_test_without_a_call_has_a_load_as_well(pool: Pool) -> None:
    tests = ["assert f(1) == 1", "assert True or f(2) == 3", "assert True or f(2)", "assert f(3)"]
    code = f"{_COUNT}\nif nth() == 3: raise KeyError(nth())\ndef f(x): return x"
    result = pool.execute(code, tests)
    expected = [TestStatus.PASSED, TestStatus.PASSED, TestStatus.ERROR, TestStatus.PASSED]
    assert _statuses(result) == expected
    assert _printed(result) == ["load\n"] * 4


@pytest.mark.parametrize(
    ("test", "printed"),
    [
        ("assert print('once') is None and f(2) == 2", "load\nonce\n"),
        ("assert exec('try: f(2)\\nexcept BaseException: print(1)') is None", "load\n"),
    ],
)
def test_nothing_of_a_test_happens_twice(pool: Pool, test: str, printed: str) -> None:
    """What a test does before its first call may print, and catch anything."""
    code = f"{_COUNT}\nif nth() == 3: MORE = 1\ndef f(x): return x"
    result = pool.execute(code, [*_PLAIN[:2], test])
    assert _statuses(result) == [TestStatus.PASSED] * 3
    assert _printed(result) == ["load\n", "load\n", printed]


def test_state_in_the_solution_does_not_last(pool: Pool) -> None:
    code = (
        "kept = []\ndef f(x, seen=[]):\n    kept.append(x); seen.append(x)\n    return kept + seen"
    )
    result = pool.execute(code, [f"assert f({number}) == [{number}] * 2" for number in range(4)])
    assert result.passed == 4


def test_what_is_called_is_the_new_function(pool: Pool) -> None:
    """A function of an earlier load would count on."""
    code = "calls = iter(range(9))\ndef f(x): return next(calls)\ndef g(x): return f(x)"
    result = pool.execute(code, ["assert g(0) == 0", "assert g(0) == 0", "assert f(0) == 0"])
    assert result.passed == 3
