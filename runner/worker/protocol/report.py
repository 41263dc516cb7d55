"""What the supervisor reports of one execution: the payload of a REPORT frame.

Plain typed dicts, because they are JSON on the wire; the host turns them into models.
"""

from typing import Literal, NotRequired, TypedDict

#: How a process died, as far as the supervisor can tell; ``None`` for an ordinary end.
Death = Literal["signal", "exit", "oom", "protocol", "budget"]

#: What a pass rests on, from the weakest on.
Evidence = Literal["none", "objects", "values"]
EVIDENCE: tuple[Evidence, ...] = ("none", "objects", "values")

#: Longest excerpt of an expected or actual value, in characters.
EXCERPT_MAX = 1000


class TestReport(TypedDict):
    """One test, by its index in the request (from 0). Times are in seconds."""

    index: int
    status: str  # one of runner.models.TestStatus
    message: str
    cpu_s: float
    wall_s: float
    budget_used: float
    timeout_kind: str | None
    stdout: str
    stderr: str
    stdout_truncated: bool
    stderr_truncated: bool
    cause: Death | None
    expected: str | None  # an excerpt
    actual: str | None  # likewise
    evidence: str  # what a pass rests on: values, objects or none
    broken: bool  # the test itself is broken, whatever the solution is


class Report(TypedDict):
    """One execution: every declared test exactly once, in order."""

    id: str
    syntax_error: str | None  # the compiler's message; then ``tests`` is empty
    tests: list[TestReport]
    cpu_s: float
    wall_s: float
    memory_peak_bytes: int
    clean: bool  # nothing is left behind; otherwise the host must retire the sandbox
    detail: NotRequired[str]  # what was left, for the log


def blank_test(index: int, status: str, message: str) -> TestReport:
    """Return a test's report without figures or output."""
    return TestReport(
        index=index,
        status=status,
        message=message,
        cpu_s=0.0,
        wall_s=0.0,
        budget_used=0.0,
        timeout_kind=None,
        stdout="",
        stderr="",
        stdout_truncated=False,
        stderr_truncated=False,
        cause=None,
        expected=None,
        actual=None,
        evidence="none",
        broken=False,
    )
