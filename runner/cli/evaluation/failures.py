"""Details of executions that did not pass, with texts of bounded length."""

import re
from typing import Any, NamedTuple

from runner.cli.render import one_line
from runner.models import (
    AssertTest,
    CallTest,
    CheckTest,
    ExecutionRequest,
    ExecutionResult,
    StdioTest,
    SuiteTest,
    TestResult,
    brief,
)

_EXAMPLES = 3
_CODE_MAX, _TEXT_MAX, _OUTPUT_MAX = 2000, 1000, 500
_DETAIL = re.compile(r"'[^']*'|\"[^\"]*\"|0x[0-9a-fA-F]+|-?\d+(\.\d+)?([eE][+-]?\d+)?")


def label(task_id: str, sample: int | None) -> str:
    """Return the name of an execution: its task, and the number of its sample if it has one."""
    return task_id if sample is None else f"{task_id}#{sample}"


class Failure(NamedTuple):
    """One execution that did not pass."""

    task_id: str
    sample: int | None
    status: str
    error: str


class Group:
    """Failures with the same message: their number, and examples of different tasks."""

    __slots__ = ("count", "examples", "tasks")

    def __init__(self) -> None:
        self.count = 0
        self.tasks: list[str] = []
        self.examples: list[str] = []

    def add(self, task_id: str, sample: int | None) -> None:
        """Count one."""
        self.count += 1
        if len(self.tasks) < _EXAMPLES and task_id not in self.tasks:
            self.tasks.append(task_id)
            self.examples.append(label(task_id, sample))


def kind_of_failure(result: ExecutionResult) -> tuple[str, str]:
    """Return the status and the message without names and numbers, for grouping."""
    first = _first_failure(result)
    text = (first.message if first else result.error) or ""
    if first is not None and not text:
        text = f"test {first.status.value}"
    return result.status.value, _DETAIL.sub("…", one_line(text, 300))[:150]


def _first_failure(result: ExecutionResult) -> TestResult | None:
    """Return the test that explains the result: the first broken one, or the first failure."""
    broken = next((test for test in result.tests if test.broken), None)
    return broken or next((test for test in result.tests if not test.passed), None)


def details(request: ExecutionRequest, result: ExecutionResult) -> dict[str, Any]:
    """Return the details of a failure for a report."""
    first = _first_failure(result)
    found: dict[str, Any] = {
        "blame": result.blame.value,
        "error": (result.error or "")[:_TEXT_MAX],
        "code": request.code[:_CODE_MAX],
    }
    if first is not None:
        found |= {
            "index": first.index,
            "status": first.status.value,
            "message": first.message[:_TEXT_MAX],
            "expected": first.expected,
            "actual": first.actual,
            "stdout": first.stdout[-_OUTPUT_MAX:],
            "stderr": first.stderr[-_OUTPUT_MAX:],
        }
        found["test"] = _text_of_test(request, first)
    return found


def _text_of_test(request: ExecutionRequest, result: TestResult) -> str:
    match request.tests[result.index if result.test is None else result.test]:
        case SuiteTest():
            return str(result.name)
        case StdioTest(stdin=text) | AssertTest(code=text) | CheckTest(code=text):
            return text[:_TEXT_MAX]
        case CallTest(function=function, args=args, kwargs=kwargs):
            named = f", **{brief(kwargs, 300)}" if kwargs else ""
            return f"{function}(*{brief(args, 500)}{named})"[:_TEXT_MAX]
