"""A broken test has the blame ``tests``, which is decided without the solution."""

from typing import Any

import pytest

import runner
from runner.models import Blame, ExecutionResult, ExecutionStatus, TestStatus

_CODE = "print('the solution has run')\ndef f(x): return x\nclass Solution:\n    def f(self, x): return x"
_CLASS = "class Verification:\n    def verify(self):\n        assert f(1) == 2\n"

_BROKEN: dict[str, dict[str, Any]] = {
    "does not compile": {"tests": ["assert f(1) = 1"]},
    "does not compile beside one that does": {"tests": ["assert f(1) == 1", "assert ("]},
    "setup does not compile": {"tests": ["assert f(1) == 1"], "setup": "x ="},
    "setup raises": {"tests": ["assert f(1) == 1"], "setup": "1 // 0"},
    "judge_setup raises": {"tests": ["assert f(1) == 1"], "judge_setup": "1 // 0"},
    "judge_setup reads the solution": {
        "tests": ["assert f(1) == g(1)"],
        "judge_setup": "def g(x): return f(x)",
    },
    "import of what is absent": {"tests": ["import absent\nassert f(1) == 1"]},
    "forgotten import": {"tests": ["assert pd.DataFrame(f(1)) is not None"]},
    "method of a test case without one": {"tests": ["self.assertEqual(f(1), 1)"]},
    "assertion of a test case without one": {"tests": ["assertEqual(f(1), 1)"]},
    "forgotten import of a function": {"tests": ["assert_frame_equal(f(1), 1)"]},
    "fails before it reaches the solution": {"tests": ["import math\n1 // 0\nassert f(1) == 1"]},
    "only defines functions": {"tests": ["def verify_f():\n    assert f(1) == 2"]},
    "only defines a class": {"tests": [_CLASS]},
    "only runs as a program": {
        "tests": [_CLASS + "if __name__ == '__main__':\n    Verification().verify()"]
    },
    "only defines check": {"tests": ["def check(candidate):\n    assert candidate(1) == 2"]},
    "reaches only judge_setup": {
        "tests": ["assert g(3) == 9"],
        "judge_setup": "def g(n): return n * n",
    },
    "check is not defined": {"tests": [runner.CheckTest(code="x = 1", entry_point="f")]},
    "reference is not defined": {
        "tests": [runner.CallTest(function="f", args=[1], expected_from="absent")]
    },
    "reference raises": {
        "tests": [runner.CallTest(function="f", args=[1], expected_from="g")],
        "judge_setup": "def g(x): return x // 0",
    },
    "reference of a later test raises": {
        "tests": [
            runner.CallTest(function="f", args=[1], expected_from="g"),
            runner.CallTest(function="f", args=[0], expected_from="g"),
        ],
        "judge_setup": "def g(x): return x // x",
    },
    "reference of a later test never ends": {
        "tests": [
            runner.CallTest(function="f", args=[1], expected_from="g"),
            runner.CallTest(function="f", args=[2], expected_from="g"),
        ],
        "judge_setup": "def g(x):\n    while x > 1: pass\n    return x",
    },
    "checker does not define check": {
        "tests": [runner.StdioTest(stdin="", stdout="", checker_code="x = 1")]
    },
    "checker does not compile": {
        "tests": [runner.CallTest(function="f", args=[1], expected=1, checker_code="def check(")]
    },
    "setup never ends": {"tests": ["import math\nassert f(1) == 1"], "setup": "while True: pass"},
}


@pytest.mark.parametrize("fields", _BROKEN.values(), ids=_BROKEN)
def test_a_broken_test_is_not_the_codes_fault(pool: runner.Pool, fields: dict[str, Any]) -> None:
    result = pool.execute(_CODE, timeout=1.0, **fields)
    assert result.status is not ExecutionStatus.ALL_PASSED
    assert result.blame is Blame.TESTS
    assert not result.conclusive
    assert result.attempts == 1
    assert result.stdout == ""
    errors = [test for test in result.tests if test.status is TestStatus.ERROR]
    assert errors
    assert all(test.message for test in errors)


def test_the_other_tests_of_the_request_say_why_they_were_not_run(pool: runner.Pool) -> None:
    result = pool.execute(_CODE, ["assert f(1) == 1", "assert ("])
    assert [test.status for test in result.tests] == [TestStatus.SKIPPED, TestStatus.ERROR]
    assert "another test of this request is broken" in result.tests[0].message


_WHOLE: dict[str, dict[str, Any]] = {
    "asserts": {"tests": ["assert f(1) == 1"]},
    "never touches the solution": {"tests": ["pass"]},
    "runs what it defines": {"tests": ["def test_f():\n    assert f(1) == 1\ntest_f()"]},
    "runs a test case": {
        "tests": [
            "import unittest\nclass T(unittest.TestCase):\n    def test_f(self):\n"
            "        self.assertEqual(f(1), 1)\n"
            "assert unittest.defaultTestLoader.loadTestsFromTestCase(T).run("
            "unittest.TestResult()).wasSuccessful()"
        ]
    },
    "makes a process": {
        "tests": [
            "import os\npid = os.fork()\nif not pid:\n    assert f(1) == 1\n    os._exit(0)\n"
            "assert os.waitpid(pid, 0)[1] == 0 and f(2) == 2"
        ]
    },
    "calls check": {"tests": ["def check(c):\n    assert c(1) == 1\ncheck(f)"]},
    "derives from the solution": {
        "tests": ["class Mine(Solution):\n    pass\nassert Mine().f(1) == 1"]
    },
    "reads the solution in a class body": {"tests": ["class T:\n    it = f(1)\nassert T.it == 1"]},
    "asserts about its own helper": {
        "tests": ["def twice(x):\n    return 2 * x\nassert twice(2) == 4"]
    },
    "forgets an import that the judge has": {"tests": ["assert isclose(f(3), 3)"]},
    "setup uses the solution in a function": {
        "tests": ["assert twice(2) == 4"],
        "setup": "def twice(x): return 2 * f(x)",
    },
}


@pytest.mark.parametrize("fields", _WHOLE.values(), ids=_WHOLE)
def test_a_test_that_runs_is_whole(pool: runner.Pool, fields: dict[str, Any]) -> None:
    result = pool.execute(_CODE, **fields)
    assert result.status is ExecutionStatus.ALL_PASSED, result.error


_OF_THE_CODE: dict[str, tuple[str, dict[str, Any]]] = {
    "does not define the function": ("x = 1", {"tests": ["assert add(1, 2) == 3"]}),
    "does not define the entry point": (
        "x = 1",
        {"tests": [runner.CallTest(function="f", args=[1], expected=1)]},
    ),
    "raises while it loads": (
        "raise NameError('pd')",
        {"tests": ["import math\nassert f(1) == 1"]},
    ),
    "raises what a broken test raises": (
        "def f(x): raise SyntaxError('<test>')",
        {"tests": ["import math\nassert f(1) == 1"]},
    ),
    "breaks the setup": (
        "import builtins\ndef f(x): return x",
        {"tests": ["assert f(1) == 2"], "setup": "def g(): return 1"},
    ),
    "removes what the checker needs": (
        "import builtins\ndel builtins.len\ndef f(x): return x",
        {
            "tests": [
                runner.CallTest(
                    function="f",
                    args=[1],
                    expected=2,
                    checker_code="def check(e, a): return len([a]) == e",
                )
            ]
        },
    ),
}


@pytest.mark.parametrize(("code", "fields"), _OF_THE_CODE.values(), ids=_OF_THE_CODE)
def test_nothing_that_the_solution_does_leads_there(
    pool: runner.Pool, code: str, fields: dict[str, Any]
) -> None:
    result: ExecutionResult = pool.execute(code, **fields)
    assert result.status is not ExecutionStatus.ALL_PASSED
    assert result.blame is Blame.CODE
    assert result.conclusive
