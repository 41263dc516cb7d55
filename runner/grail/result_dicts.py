"""Conversion between the dicts of the replaced pool and typed requests and results."""

import re
from collections.abc import Mapping
from typing import Any

from runner.errors import ConfigurationError
from runner.models import (
    Blame,
    Evidence,
    ExecutionRequest,
    ExecutionResult,
    ExecutionStatus,
    TestResult,
    TestStatus,
)
from runner.pool.inputs import as_request

#: Place of an exception in the solution, which the replaced system did not report.
_PLACE = re.compile(r" \(solution, line \d+, in [^()]*\)$")

_PREFIXES = {
    TestStatus.CRASHED: "ProcessError",
    TestStatus.OUTPUT_LIMIT: "OutputLimitError",
    TestStatus.SKIPPED: "Skipped",
}


class ResultDict(dict[str, Any]):
    """The dict that ``execute`` returns, with additional facts as attributes.

    The keys are ``passed, total, status, error, test_results`` and no others.

    Attributes:
        conclusive: False if the infrastructure, the tests or the caller are to blame: then it must
            not lead to a reward.
        evidence: Weakest evidence of the passed tests; ``none`` without a passed test.
        typed: The ``ExecutionResult``; None if nothing was executed.
    """

    def __init__(
        self,
        fields: Mapping[str, Any],
        *,
        conclusive: bool = True,
        typed: ExecutionResult | None = None,
    ) -> None:
        super().__init__(fields)
        self.conclusive = conclusive
        self.evidence = Evidence.NONE if typed is None else typed.evidence
        self.typed = typed


def is_conclusive(result: Mapping[str, Any]) -> bool:
    """Return True if a reward may be computed from the dict of any pool."""
    return bool(getattr(result, "conclusive", result.get("status") != "process_error"))


def typed_result(result: object) -> ExecutionResult | None:
    """Return the typed result behind the dict of any pool; None if it has none."""
    typed = getattr(result, "typed", None)
    return typed if isinstance(typed, ExecutionResult) else None


def are_tests_broken(result: object) -> bool:
    """Return True if the tests are to blame, so that a repetition has the same result."""
    typed = typed_result(result)
    return typed is not None and typed.blame is Blame.TESTS


def as_dict(result: ExecutionResult) -> ResultDict:
    """Return the dict of the replaced pool for a typed result."""
    status = result.status.value
    if status not in ("all_passed", "timeout", "syntax_error", "process_error"):
        status = "some_failed" if result.passed else "error"
    told = (
        result.status in (ExecutionStatus.SYNTAX_ERROR, ExecutionStatus.PROCESS_ERROR)
        or result.blame is Blame.TESTS
    )
    summary = f"Passed {result.passed}/{result.total} tests"
    fields = {
        "passed": result.passed,
        "total": result.total,
        "status": status,
        "error": None if status == "all_passed" else result.error if told else summary,
        "test_results": [
            {"test_idx": test.index, "passed": test.passed, "error": _test_error(test)}
            for test in result.tests
        ],
    }
    return ResultDict(fields, conclusive=result.conclusive, typed=result)


def _test_error(test: TestResult) -> str | None:
    if test.passed:
        return None
    if test.status is TestStatus.TIMEOUT:
        return "Timeout"
    if (prefix := _PREFIXES.get(test.status)) is not None:
        return f"{prefix}: {test.message}"
    message = _PLACE.sub("", test.message)
    # An exception without arguments is shown by its name alone.
    return f"{message}: " if message.isidentifier() else message


def read_item(item: object, timeout: float) -> ExecutionRequest | ResultDict:
    """Return the request of one item of a batch, or the dict of its error."""
    match item:
        case ExecutionRequest():
            return item
        case {"code": code, "tests": tests, **others} if not others.keys() - {"timeout"}:
            return read_request(code, tests, others.get("timeout", timeout))
        case [code, tests]:
            return read_request(code, tests, timeout)
        case _:
            message = f"TypeError: an item is (code, tests) or code and tests by name: {item!r:.60}"
            return failure("error", message, (), conclusive=False)


def read_request(code: object, tests: Any, timeout: object) -> ExecutionRequest | ResultDict:
    """Return the request, or the dict of its error.

    If the code is not a string, the code is to blame. All other errors are the caller's and not
    conclusive.
    """
    if not isinstance(code, str):
        message = f"TypeError: code must be a string, not {type(code).__name__}"
        return failure("error", message, tests)
    try:
        if not isinstance(tests, str | bytes | Mapping):
            tests = [str.__str__(test) if isinstance(test, str) else test for test in tests]
        # Subclasses of str, which some libraries return, are accepted.
        return as_request({"code": str.__str__(code), "tests": tests, "timeout": timeout})
    except (TypeError, ConfigurationError) as error:
        message = f"{type(error).__name__}: {error}"
        return failure("error", message, tests, conclusive=False)


def failure(
    status: str, error: str, tests: object, *, conclusive: bool | None = None
) -> ResultDict:
    """Return the dict for a request that was not executed.

    Args:
        status: Its status.
        error: The reason.
        tests: The tests, for their number.
        conclusive: Whether the code is to blame; if omitted, True unless ``process_error``.
    """
    fields = {
        "passed": 0,
        "total": count(tests),
        "status": status,
        "error": error,
        "test_results": [],
    }
    if conclusive is None:
        conclusive = status != "process_error"
    return ResultDict(fields, conclusive=conclusive)


def count(tests: object) -> int:
    """Return the number of tests; 0 if the argument is not a list of tests."""
    return len(tests) if isinstance(tests, list | tuple) else 0
