"""What programs come to, on whichever backend the suite runs."""

from typing import Any

import pytest

import runner
from runner.models import Blame, Cause, ExecutionStatus, TestStatus

_ADD = "def add(a, b):\n    return a + b\n"

_ENDS: dict[str, tuple[str, list[Any], str, list[str]]] = {
    "all pass": (_ADD, ["assert add(1, 2) == 3"] * 3, "all_passed", ["passed"] * 3),
    "no tests": (_ADD, [], "all_passed", []),
    "one fails": (
        _ADD,
        ["assert add(1, 2) == 3", "assert add(1, 2) == 4"],
        "some_failed",
        ["passed", "failed"],
    ),
    "all fail": (_ADD, ["assert add(1, 2) == 4"], "some_failed", ["failed"]),
    "all raise": ("def f(): raise KeyError('x')", ["f()", "f()"], "runtime_error", ["error"] * 2),
    "load raises": ("1 / 0", ["pass"], "runtime_error", ["error"]),
    "no such name": (_ADD, ["assert sub(1, 2) == 3"], "runtime_error", ["error"]),
    "refused import": ("import numpy", ["pass"], "runtime_error", ["error"]),
    "sys.exit": ("import sys\nsys.exit(0)", ["pass"], "runtime_error", ["error"]),
    "fails and raises": (
        "def f(): return 1\ndef g(): raise ValueError",
        ["assert f() == 2", "g()"],
        "some_failed",
        ["failed", "error"],
    ),
    "does not compile": ("def f(:", ["f()"], "syntax_error", []),
    "spins": ("while True: pass", ["pass"], "timeout", ["timeout"]),
    "sleeps": ("import time\ntime.sleep(100)", ["pass"], "timeout", ["timeout"]),
    "spins in C": ("x = sum(range(10 ** 12))", ["pass"], "timeout", ["timeout"]),
    "catches everything": (
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
        ["pass"],
        "timeout",
        ["timeout"],
    ),
    "times out once": (
        "def f(): return 1\ndef g():\n    while True: pass",
        ["assert f() == 1", "g()", "assert f() == 1"],
        "some_failed",
        ["passed", "timeout", "passed"],
    ),
    "too much memory": ("x = [0] * 10 ** 10", ["pass"], "runtime_error", ["memory_limit"]),
    "too much output": ("print('x' * 10 ** 7)", ["pass"], "runtime_error", ["output_limit"]),
    "endless output": (
        "while True: print('x' * 1000)",
        ["pass"],
        "runtime_error",
        ["output_limit"],
    ),
    "os._exit": ("import os\nos._exit(0)", ["pass"], "process_error", ["crashed"]),
    "kills itself": (
        "import os\nos.kill(os.getpid(), 9)",
        ["pass"],
        "process_error",
        ["crashed"],
    ),
    "crashes once": (
        "import os\ndef f(): return 1\ndef g(): os._exit(3)",
        ["assert f() == 1", "g()", "assert f() == 1"],
        "process_error",
        ["passed", "crashed", "passed"],
    ),
}


@pytest.mark.parametrize(("code", "tests", "status", "each"), _ENDS.values(), ids=_ENDS)
def test_every_end_has_its_status(
    pool: runner.Pool, code: str, tests: list[Any], status: str, each: list[str]
) -> None:
    """Status of the execution and of each test; whatever the code does is conclusive."""
    result = pool.execute(code, tests, timeout=0.5)
    assert result.status == status
    assert [test.status for test in result.tests] == each
    assert result.blame == (Blame.NONE if status == "all_passed" else Blame.CODE)
    assert result.conclusive


@pytest.mark.parametrize(
    "code",
    [
        "x = '\0'",
        "\ud800 = 1",
        "(" * 100_000,
        "x = " + "-" * 200_000 + "1",
        "x = " + "[" * 5000 + "]" * 5000,
        "x = " + "(lambda: " * 2000 + "0" + ")" * 2000,
        "if 1:\n" + "".join(" " * n + "if 1:\n" for n in range(1, 2000)),
        "# " + "x" * 2_000_000,
        "def f():\n return 1\n  return 2",
        "\N{FULLWIDTH SEMICOLON}",
    ],
    ids=["nul", "surrogate", "parens", "minus", "lists", "lambdas", "ifs", "long", "indent", "odd"],
)
def test_no_text_raises_in_the_caller(pool: runner.Pool, code: str) -> None:
    """Whatever a miner sends as code is a verdict."""
    result = pool.execute(code, ["assert True"])
    assert result.status is ExecutionStatus.SYNTAX_ERROR
    assert result.error
    assert (result.passed, result.total, result.attempts) == (0, 1, 1)


def test_source_limit_can_be_set(pool: runner.Pool) -> None:
    """A longer solution than allowed is a syntax error that says so."""
    limits = runner.Limits(source_bytes=10)
    result = pool.execute("x = 1  # more than ten bytes", ["pass"], limits=limits)
    assert result.status is ExecutionStatus.SYNTAX_ERROR
    assert "10" in (result.error or "")


def test_crash_is_told_with_its_cause(pool: runner.Pool) -> None:
    """Exit and signal are told apart, and all attempts are in the history."""
    result = pool.execute("import os\nos._exit(0)", ["pass"], max_retries=2)
    assert (result.cause, result.attempts) == (Cause.EXIT, 2)
    assert [attempt.status for attempt in result.history] == [ExecutionStatus.PROCESS_ERROR] * 2
    killed = pool.execute("import os\nos.kill(os.getpid(), 11)", ["pass"], max_retries=1)
    assert killed.cause is Cause.SIGNAL
    assert "SIGSEGV" in killed.tests[0].message


def test_the_shortest_timeout_is_one_of_the_code(pool: runner.Pool) -> None:
    """The solution computes for longer than a coarse CPU clock's step of 10 ms."""
    result = pool.execute("def f(): return sum(range(3_000_000))", ["f()"], timeout=5e-324)
    assert (result.status, result.blame, result.attempts) == ("timeout", "code", 1)
    assert result.tests[0].budget_used > 1


def test_timeout_counts_fractions_and_says_which_budget(pool: runner.Pool) -> None:
    """CPU time and blocked time are budgets of their own."""
    spin = pool.execute("while True: pass", ["pass"], timeout=0.25).tests[0]
    nap = pool.execute("import time\ntime.sleep(9)", ["pass"], timeout=0.25).tests[0]
    assert (spin.timeout_kind, nap.timeout_kind) == ("cpu", "blocked")
    assert 0.25 <= spin.cpu_s < 0.5
    assert spin.budget_used >= 1
    assert nap.cpu_s < 0.2


def test_total_budget_skips_the_rest(pool: runner.Pool) -> None:
    """``Limits.total_s`` is the caller's own ceiling over all tests."""
    result = pool.execute(
        "def f():\n    while True: pass",
        ["assert True", "f()", "assert True"],
        timeout=5,
        limits=runner.Limits(total_s=0.5),
    )
    assert [test.status for test in result.tests] == ["passed", "timeout", "skipped"]
    assert result.tests[1].timeout_kind == "total"


_KINDS: dict[str, tuple[str, dict[str, Any], bool]] = {
    "check": (_ADD, {"code": "def check(c):\n assert c(1, 2) == 3", "entry_point": "add"}, True),
    "check fails": (
        _ADD,
        {"code": "def check(c):\n assert c(1, 2) == 4", "entry_point": "add"},
        False,
    ),
    "check is the test's own": (
        "def add(a, b): return 0\ndef check(c): pass",
        {"code": "def check(c):\n assert c(1, 2) == 3", "entry_point": "add"},
        False,
    ),
    "test without check": (
        "def add(a, b): return 0\ndef check(c): pass",
        {"code": "x = 1", "entry_point": "add"},
        False,
    ),
    "call": (_ADD, {"function": "add", "args": [[1], [2]], "expected": (1, 2)}, False),
    "call with a list": (_ADD, {"function": "add", "args": [(1,), (2,)], "expected": [1, 2]}, True),
    "call by name": (_ADD, {"function": "add", "kwargs": {"a": 1, "b": 2}, "expected": 3}, True),
    "call with tolerance": (
        _ADD,
        {"function": "add", "args": [0.1, 0.2], "expected": 0.3, "atol": 1e-9},
        True,
    ),
    "call without": (_ADD, {"function": "add", "args": [0.1, 0.2], "expected": 0.3}, False),
    "method": (
        "class Solution:\n    def twice(self, x): return 2 * x",
        {"function": "Solution.twice", "args": [4], "expected": 8},
        True,
    ),
    "stdio": ("print(int(input()) + 1)", {"stdin": "3\n", "stdout": "4\n"}, True),
    "stdio wrong": ("print(int(input()) + 1)", {"stdin": "3\n", "stdout": "5\n"}, False),
    "stdio large": (
        "import sys\nprint(len(sys.stdin.read()))",
        {"stdin": "x" * 500_000, "stdout": "500000"},
        True,
    ),
    "stdio unread": ("print(1)", {"stdin": "x" * 500_000, "stdout": "1"}, True),
    "stdio by descriptor": (
        "import os\nos.write(1, os.read(0, 100).upper())",
        {"stdin": "abc", "stdout": "ABC"},
        True,
    ),
    "stdio as main": (
        "if __name__ == '__main__': print('main')",
        {"stdin": "", "stdout": "main"},
        True,
    ),
    "stdio exit status": ("print(1)\nexit(3)", {"stdin": "", "stdout": "1"}, False),
    "stdio exception": ("print(1)\n1/0", {"stdin": "", "stdout": "1"}, False),
    "stdio exact": ("print(1)", {"stdin": "", "stdout": "1", "checker": "exact"}, False),
}


@pytest.mark.parametrize(("code", "test", "passes"), _KINDS.values(), ids=_KINDS)
def test_every_kind_of_test(
    pool: runner.Pool, code: str, test: dict[str, Any], passes: bool
) -> None:
    """Check functions, calls and programs, right and wrong."""
    result = pool.execute(code, [test])
    assert (result.status is ExecutionStatus.ALL_PASSED) is passes
    assert passes or result.tests[0].message


def test_output_belongs_to_its_test(pool: runner.Pool) -> None:
    """What solution and test print is kept per test."""
    code = "import sys\ndef f(n):\n    print('out', n)\n    print('err', n, file=sys.stderr)"
    result = pool.execute(code, ["f(1)", "f(2); print('test')"])
    assert [test.stdout for test in result.tests] == ["out 1\n", "out 2\ntest\n"]
    assert [test.stderr for test in result.tests] == ["err 1\n", "err 2\n"]
    assert result.stdout == "out 1\nout 2\ntest\n"


def test_output_before_a_timeout_is_kept(pool: runner.Pool) -> None:
    """What a program said before it was killed helps to understand why."""
    code = "print('so far', flush=True)\nwhile True: pass"
    (test,) = pool.execute(code, ["pass"], timeout=0.3).tests
    assert test.stdout == "so far\n"


def test_each_test_starts_anew(pool: runner.Pool) -> None:
    """Module state of one test does not reach the next, nor the next execution."""
    code = "seen = []\ndef f():\n    seen.append(1)\n    return len(seen)"
    for _ in range(2):
        result = pool.execute(code, ["assert f() == 1"] * 3)
        assert result.status is ExecutionStatus.ALL_PASSED


def test_setup_is_shared_and_judge_setup_is_not(pool: runner.Pool) -> None:
    """The solution can use the setup, and knows nothing of the judge's."""
    code = "def f(): return HELP + 1\ndef g(): return 'SECRET' in globals()"
    tests = ["assert f() == SECRET", "assert not g()"]
    result = pool.execute(code, tests, setup="HELP = 1", judge_setup="SECRET = 2")
    assert result.status is ExecutionStatus.ALL_PASSED


def test_setup_that_does_not_compile_is_told(pool: runner.Pool) -> None:
    """A mistake of the caller is named as what it is."""
    result = pool.execute(_ADD, ["assert add(1, 2) == 3"], setup="def")
    assert result.tests[0].status is TestStatus.ERROR
    assert "<setup>" in result.tests[0].message


def test_result_tells_where_it_comes_from(pool: runner.Pool) -> None:
    """Backend, sandbox, fingerprint and digest are in every result."""
    one, two = (pool.execute(_ADD, ["assert add(1, 2) == 3"], request_id="r") for _ in range(2))
    assert one.backend == pool.config.backend
    assert one.sandbox_id
    assert one.request_id == "r"
    assert (one.fingerprint, one.digest) == (two.fingerprint, two.digest)
    assert one.memory_peak_bytes > 1_000_000


def test_results_survive_json(pool: runner.Pool) -> None:
    """Surrogates and NULs come back from ASCII JSON as they were."""
    code = "def f(): raise ValueError('\\ud800\\x00')"
    result = pool.execute(code, ["f()"])
    text = result.model_dump_json()
    assert text.isascii()
    assert runner.ExecutionResult.model_validate_json(text) == result
