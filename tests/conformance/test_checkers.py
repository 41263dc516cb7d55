"""Checkers and excerpts on real sandboxes."""

from typing import Any

import pytest

import runner
from runner import Blame, CallTest, StdioTest, TestResult, TestStatus
from tests.integrity.programs import AMPLE_S

_ECHO = "print(input())"


def _one(pool: runner.Pool, code: str, test: Any, **fields: Any) -> TestResult:
    result = pool.execute(code, [test], **fields)
    assert result.conclusive
    return result.tests[0]


@pytest.mark.parametrize(
    ("checker", "stdin", "stdout", "passes"),
    [
        ("exact", "4", "4\n", True),
        ("exact", "4 ", "4\n", False),
        ("lines", "4 ", "4", True),
        ("tokens", "1  2", "1\n2", True),
        ("floats", "0.3333333", "0.33333333", True),
        ("floats", "0.34", "0.33333333", False),
        ("decimals", "1.50", "1.5", True),
    ],
)
def test_output_checkers(
    pool: runner.Pool, checker: str, stdin: str, stdout: str, passes: bool
) -> None:
    test = _one(pool, _ECHO, {"stdin": stdin, "stdout": stdout, "checker": checker})
    assert test.passed is passes
    assert (test.expected, test.actual) == (stdout, f"{stdin}\n")


def test_lines_in_any_order(pool: runner.Pool) -> None:
    test = StdioTest(stdin="", stdout="a\nb", checker=runner.Checker.UNORDERED)
    assert _one(pool, "print('b\\na')", test).passed


def test_tolerances_of_outputs_are_the_tests_own(pool: runner.Pool) -> None:
    test = {"stdin": "1.2", "stdout": "1.0", "checker": "floats", "rtol": 0.5}
    assert _one(pool, _ECHO, test).passed
    assert not _one(pool, _ECHO, {**test, "rtol": 0.0, "atol": 0.1}).passed


_DIVISOR = """
def check(expected, actual, stdin):
    return int(stdin) % int(actual) == 0 and 1 < int(actual) < int(stdin)
"""


@pytest.mark.parametrize(
    ("code", "status", "words"),
    [
        ("print(3)", "passed", ""),
        ("print(4)", "failed", "the checker returned False"),
        ("print('x')", "failed", "the checker raised ValueError"),
        ("print(0)", "failed", "the checker raised ZeroDivisionError"),
    ],
)
def test_a_checker_of_ones_own_sees_output_and_input(
    pool: runner.Pool, code: str, status: str, words: str
) -> None:
    """What it raises about an output is the output's fault."""
    test = _one(pool, code, StdioTest(stdin="15", stdout="5", checker_code=_DIVISOR))
    assert (test.status, words in test.message) == (status, True)


def test_a_checker_of_calls_sees_the_arguments_as_they_were(pool: runner.Pool) -> None:
    checker = (
        "def check(expected, actual, args):\n"
        "    return sorted(args[0]) == actual and args[0] == [3, 1, 2]\n"
    )
    test = CallTest(function="f", args=[[3, 1, 2]], checker_code=checker)
    assert _one(pool, "def f(xs):\n    xs.sort()\n    return xs", test).passed
    assert not _one(pool, "def f(xs):\n    return xs", test).passed


def test_checkers_may_use_judge_setup(pool: runner.Pool) -> None:
    """Helpers of many tests are written once."""
    checker = "def check(expected, actual):\n    return near(float(expected), float(actual))"
    setup = "def near(a, b):\n    return abs(a - b) < 1"
    for test in (
        StdioTest(stdin="1.5", stdout="1", checker_code=checker),
        CallTest(function="f", expected=1, checker_code=checker),
    ):
        code = "def f():\n    return 1.5\nif __name__ == '__main__':\n    print(input())"
        assert _one(pool, code, test, judge_setup=setup).passed


def test_a_checker_that_does_not_end_is_a_timeout(pool: runner.Pool) -> None:
    """The judge's time counts, as that of any test."""
    loop = "def check(expected, actual):\n    while True: pass"
    test = StdioTest(stdin="", stdout="", checker_code=loop)
    assert _one(pool, "", test, timeout=0.3).status is TestStatus.TIMEOUT


@pytest.mark.parametrize(
    ("checker", "words"),
    [
        ("def check(expected, actual):\n    return 1", "returned 1"),
        ("import sys\ndef check(a, b):\n    sys.exit(0)", "SystemExit"),
    ],
)
def test_a_checker_that_is_none_passes_nothing(pool: runner.Pool, checker: str, words: str) -> None:
    test = _one(pool, "", StdioTest(stdin="", stdout="", checker_code=checker))
    assert test.status is TestStatus.ERROR
    assert words in test.message


@pytest.mark.parametrize(
    ("checker", "words"),
    [("x = 1", "does not define check"), ("def check(", "SyntaxError")],
)
def test_a_broken_checker_says_nothing_about_the_code(
    pool: runner.Pool, checker: str, words: str
) -> None:
    result = pool.execute("", [StdioTest(stdin="", stdout="", checker_code=checker)])
    assert (result.blame, result.conclusive) == (Blame.TESTS, False)
    assert words in result.tests[0].message


_LIAR = """
class Liar:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __lt__(self, other): return True
    __gt__ = __le__ = __ge__ = __lt__
    def __sub__(self, other): return 0
    __rsub__ = __add__ = __radd__ = __sub__
    def __abs__(self): return 0
    def __hash__(self): return hash(5)
    def __len__(self): return 1
    def __iter__(self): return iter([self])
def f(): return Liar()
"""


@pytest.mark.parametrize(
    "checker",
    [
        {"checker": "value"},
        {"checker": "exact"},
        {"checker": "unordered"},
        {"checker": "wrapped"},
        {"checker_code": "def check(expected, actual):\n    return expected == actual"},
        {"checker_code": "def check(expected, actual):\n    return abs(actual - expected[0]) < 1"},
        {"checker_code": "def check(expected, actual):\n    return actual in expected"},
    ],
    ids=str,
)
def test_an_object_that_lies_passes_no_checker(pool: runner.Pool, checker: dict[str, str]) -> None:
    honest = "def f(): return [5]" if "in exp" not in str(checker) else "def f(): return 5"
    honest = "def f(): return 5" if "abs" in str(checker) else honest
    test = CallTest.model_validate({"function": "f", "expected": [5], **checker})
    assert _one(pool, honest, test).passed
    assert not _one(pool, _LIAR, test).passed


def test_expected_values_may_come_from_the_reference(pool: runner.Pool) -> None:
    """It gets arguments of its own, and the solution never sees it."""
    test = CallTest(function="f", args=[[2, 1]], expected_from="reference")
    setup = "def reference(xs):\n    xs.append(0)\n    return sorted(xs)"
    passed = _one(pool, "def f(xs): return sorted([*xs, 0])", test, judge_setup=setup)
    assert (passed.status, passed.expected) == ("passed", "[0, 1, 2]")
    peek = "def f(xs):\n    import sys\n    return sys.modules['tests'].reference(xs)"
    assert not _one(pool, peek, test, judge_setup=setup).passed


@pytest.mark.parametrize(
    "code",
    [
        "class Solution:\n    def two(self, n):\n        return 2 * n",
        "def two(n):\n    return 2 * n",
        "def two(n):\n    return 0\nclass Solution:\n    def two(self, n):\n        return 2 * n",
    ],
)
def test_a_method_may_be_a_function_where_there_is_no_class(pool: runner.Pool, code: str) -> None:
    test = CallTest(function="Solution.two", args=[4], expected=8)
    assert _one(pool, code, test).passed


@pytest.mark.parametrize(
    ("test", "expected", "actual"),
    [
        ("assert f(2) == 5", "5", "4"),
        ("assert 5 == f(2)", "5", "4"),
        ("assert f(2) > 10, 'too small'", "> 10", "4"),
        ("assert f(2) in (1, 2)", "in (1, 2)", "4"),
        ("assert not f(2)", "a false value", "4"),
        ("assert f(0)", "a true value", "0"),
        ("assert (\n    f(2)\n    == [1]\n)", "[1]", "4"),
        ("for n in (0, 1, 2):\n    assert f(n) == n * 2 % 3", "1", "4"),
        ("def check(g):\n    assert g(1) == 2\n    assert g(3) == 7\ncheck(f)", "7", "6"),
        ("x = 3\nassert f(1) == 2\nassert f(x) == x", "3", "6"),
        ("assert f(1) == 2\nraise AssertionError('no')", None, None),
        ("f(1)\nassert f(1) == 2; assert f(1) == 3", None, None),
    ],
)
def test_a_failed_assert_shows_what_it_compared(
    pool: runner.Pool, test: str, expected: str | None, actual: str | None
) -> None:
    seen = _one(pool, "def f(n):\n    return 2 * n", test)
    assert (seen.status, seen.expected, seen.actual) == ("failed", expected, actual)


def test_an_assert_of_the_solution_is_not_the_tests(pool: runner.Pool) -> None:
    """The last comparison of the test is not what failed."""
    test = _one(pool, "def f(n):\n    assert n < 2\n    return n", "assert f(1) == 1\nf(2)")
    assert (test.status, test.expected, test.actual) == ("failed", None, None)


def test_excerpts_are_capped_and_no_object_is_asked_for_its_text(pool: runner.Pool) -> None:
    long = _one(pool, "def f(): return [0] * 1_000_000", "assert f() == [1]", timeout=AMPLE_S)
    assert long.actual is not None
    assert len(long.actual) == 1000
    shown = "class A:\n    def __repr__(self): return 'expected'\ndef f(): return A()"
    assert _one(pool, shown, "assert f() == 1").actual == "<A object of the solution>"


def test_excerpts_and_messages_are_not_in_the_digest(pool: runner.Pool) -> None:
    """Two wrong answers are one verdict; two checkers are two questions."""
    call = CallTest(function="f", expected=1)
    code = "import time\ndef f(): return time.perf_counter_ns()"
    one, other = (pool.execute(code, [call]) for _ in range(2))
    assert one.tests[0].actual != other.tests[0].actual
    assert one.digest == other.digest
    exact = call.model_copy(update={"checker": runner.CallChecker.EXACT})
    assert pool.execute(code, [exact]).digest != one.digest
