"""Results in the forms and with the integer codes of other systems.

Their codes collide: -2 is a runtime error to verl and a wrong answer to LiveCodeBench, -4 a compile
error to verl and a runtime error to LiveCodeBench. So only this module makes such numbers, and
nothing in this library reads them. An inconclusive result never gets a number that means a failure
of the code: see each function.
"""

from collections.abc import Mapping
from typing import Any

from runner.models import Blame, ExecutionResult, ExecutionStatus, TestResult, TestStatus
from runner.scoring import Scoring, check_result, score

_VERL: Mapping[TestStatus, tuple[bool | int, str]] = {
    TestStatus.PASSED: (True, "success"),
    TestStatus.FAILED: (False, "wrong_answer"),
    TestStatus.ERROR: (-2, "runtime_error"),
    TestStatus.MEMORY_LIMIT: (-2, "runtime_error"),
    TestStatus.OUTPUT_LIMIT: (-2, "runtime_error"),
    TestStatus.CRASHED: (-2, "runtime_error"),
    TestStatus.TIMEOUT: (-3, "timeout"),
    TestStatus.SKIPPED: (-3, "timeout"),
}
_VERL_COMPILE = (-4, "compile_error")
_VERL_LOST = (-2, "runtime_error")
_VERL_INFRASTRUCTURE = (-1, "sandbox_error")
_VERL_TESTS = (-1, "broken_tests")

_LCB: Mapping[TestStatus, tuple[bool | int, str]] = {
    TestStatus.PASSED: (True, ""),
    TestStatus.FAILED: (-2, "Wrong Answer"),
    TestStatus.ERROR: (-4, "Runtime Error"),
    TestStatus.MEMORY_LIMIT: (-4, "Runtime Error"),
    TestStatus.OUTPUT_LIMIT: (-4, "Runtime Error"),
    TestStatus.CRASHED: (-4, "Runtime Error"),
    TestStatus.TIMEOUT: (-3, "Time Limit Exceeded"),
    TestStatus.SKIPPED: (-1, "Global Timeout"),
}


def to_verl(result: ExecutionResult, mode: Scoring | str = Scoring.PARTIAL) -> dict[str, Any]:
    """Return ``{"score", "results", "metadata"}`` as verl's sandbox rewards have them.

    A case is True, False (wrong answer), -1 (infrastructure or broken tests), -2 (runtime error),
    -3 (timeout) or -4 (compile error). verl itself counts -1 as 0; here the score of an
    inconclusive result is None, so that a trainer can mask it.

    Args:
        result: The result.
        mode: ``partial``, verl's own, or ``pass_fail``.

    Raises:
        ConfigurationError: The mode is unknown, or ``result`` has the wrong type.
    """
    check_result(result)
    cases = [_verl_case(result, index) for index in range(result.total)]
    return {
        "score": score(result, mode),
        "results": [code for code, _ in cases],
        "metadata": [_verl_metadata(result, *case) for case in enumerate(cases)],
    }


def _verl_case(result: ExecutionResult, index: int) -> tuple[bool | int, str]:
    if not result.conclusive:
        return _VERL_TESTS if result.blame is Blame.TESTS else _VERL_INFRASTRUCTURE
    if result.status is ExecutionStatus.SYNTAX_ERROR:
        return _VERL_COMPILE
    return _VERL[result.tests[index].status] if result.tests else _VERL_LOST


def _verl_metadata(
    result: ExecutionResult, index: int, case: tuple[bool | int, str]
) -> dict[str, Any]:
    test = result.tests[index] if index < len(result.tests) else None
    return {
        "case_index": index,
        "status": case[1],
        "stdout": test.stdout if test else "",
        "stderr": test.stderr if test else result.error,
        "expected_output": test.expected if test else None,
        "duration": test.wall_s if test else None,
    }


def to_lcb(result: ExecutionResult) -> tuple[list[bool | int], dict[str, Any]] | None:
    """Return results and metadata as LiveCodeBench's ``run_test`` does; None if inconclusive.

    The list ends at the first case that did not pass: -1 (budget of the whole request), -2 (wrong
    answer), -3 (time limit) or -4 (runtime or compile error).
    """
    check_result(result)
    if not result.conclusive:
        return None
    if result.status is ExecutionStatus.ALL_PASSED:
        times = {"execution time": sum(test.wall_s for test in result.tests)}
        return [True] * result.total, times
    if not result.tests:
        compiles = result.status is not ExecutionStatus.SYNTAX_ERROR
        message = "Runtime Error" if compiles else "Compilation Error"
        return [-4], {"error_code": -4, "error_message": message, "error": result.error}
    first = next(test for test in result.tests if not test.passed)
    passed: list[bool | int] = [True] * first.index
    return [*passed, _LCB[first.status][0]], _lcb_metadata(first)


def _lcb_metadata(test: TestResult) -> dict[str, Any]:
    code, message = _LCB[test.status]
    return {
        "error_code": code,
        "error_message": message,
        "error": test.message,
        "expected": test.expected,
        "output": test.actual,
    }


def to_open_instruct(result: ExecutionResult) -> dict[str, list[Any]] | None:
    """Return ``{"results", "runtimes"}`` as open-instruct's code API does; None if inconclusive.

    A result is 1 or 0, a runtime in seconds, -1.0 where the test was not run.
    """
    check_result(result)
    if not result.conclusive:
        return None
    tests = {test.index: test for test in result.tests if test.status is not TestStatus.SKIPPED}
    return {
        "results": [int(n in tests and tests[n].passed) for n in range(result.total)],
        "runtimes": [tests[n].wall_s if n in tests else -1.0 for n in range(result.total)],
    }
