"""What the supervisor reports of one execution: the payload of a REPORT frame.

Plain typed dicts, because they are JSON on the wire; the host turns them into models.
"""

from typing import Literal, NotRequired, TypedDict

from .cases import MOST_LIST_BYTES, NAME_MAX
from .files import MOST_NAME_BYTES

#: How a process died, as far as the supervisor can tell; ``None`` for an ordinary end.
Death = Literal["signal", "exit", "oom", "protocol", "budget"]

#: The evidence for a pass, weakest first.
Evidence = Literal["none", "objects", "values"]
EVIDENCE: tuple[Evidence, ...] = ("none", "objects", "values")

#: Longest excerpt of an expected or actual value, in characters.
EXCERPT_MAX = 1000

#: Longest message of a test, and longest message of the compiler, in characters.
MESSAGE_MAX = 2000
SYNTAX_ERROR_MAX = 10_000

#: The absolute end of a test, in budgets and seconds. Three budgets are what it can use within the
#: rules: its CPU time, as much again for values and calls that cross, and its blocked time.
_MOST_BUDGETS, _MOST_BUDGETS_PLUS_S = 4, 1.0

#: Most output of all tests in a report, in limits of one test: the supervisor holds all of it.
_OUTPUTS = 2
_LEAST_OUTPUT, _MOST_OUTPUT = 1024 * 1024, 16 * 1024 * 1024

#: Size of one test's report without its texts, or of all around the tests, in bytes of JSON.
_FRAME_BYTES = 2000
#: The longest JSON escape of one character: two surrogates.
_ESCAPED_BYTES = 12
#: What is around name and content of a file, in bytes of JSON.
_FILE_FRAME_BYTES = 30


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
    exit_code: int | None  # of a program, or of a process that died: negative for a signal
    expected: str | None  # an excerpt
    actual: str | None  # an excerpt
    evidence: str  # what a pass rests on: values, objects or none
    broken: bool  # the test itself is broken, whatever the solution is
    name: str | None  # of a test in a suite


class FileReport(TypedDict):
    """One file that a program has left: its path, and its content in Base64."""

    name: str
    data: str


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
    files: NotRequired[list[FileReport]]  # of a program with a directory: new or changed
    files_truncated: NotRequired[bool]  # some are missing


def blank_test(index: int, status: str, message: str, name: str | None = None) -> TestReport:
    """Return a test's report without figures or output."""
    return TestReport(
        index=index,
        status=status,
        message=message[:MESSAGE_MAX],
        cpu_s=0.0,
        wall_s=0.0,
        budget_used=0.0,
        timeout_kind=None,
        stdout="",
        stderr="",
        stdout_truncated=False,
        stderr_truncated=False,
        cause=None,
        exit_code=None,
        expected=None,
        actual=None,
        evidence="none",
        broken=False,
        name=name,
    )


def longest_test_s(budget_s: float) -> float:
    """Return the elapsed time after which every test is ended, in seconds.

    Args:
        budget_s: The budget of the test, in seconds.
    """
    return _MOST_BUDGETS * budget_s + _MOST_BUDGETS_PLUS_S


def output_room(output_bytes: int) -> int:
    """Return how many characters of output a request may report, over all of its tests.

    Args:
        output_bytes: The request's limit for each stream of a test.
    """
    return min(max(_OUTPUTS * output_bytes, _LEAST_OUTPUT), _MOST_OUTPUT)


def most_bytes(tests: int, output_bytes: int) -> int:
    """Return the largest size of a report as JSON, without files.

    Args:
        tests: How many tests the request has.
        output_bytes: The request's limit for each stream of a test.
    """
    return _most_bytes(tests, output_room(output_bytes))


def most_file_bytes(count: int, size: int) -> int:
    """Return the largest size of the files in a report as JSON.

    Args:
        count: How many there may be.
        size: Of all contents, in bytes.
    """
    base64 = (size + 2 * count) // 3 * 4 + 4
    return base64 + _ESCAPED_BYTES * MOST_NAME_BYTES + _FILE_FRAME_BYTES * (count + 1)


def most_event_bytes(tests: int, output_bytes: int) -> int:
    """Return the largest size of one message of the judge as JSON, in bytes.

    Args:
        tests: How many tests the request has.
        output_bytes: The request's limit for each stream of a test.
    """
    return _most_bytes(tests, output_bytes) + MOST_LIST_BYTES


def _most_bytes(tests: int, output: int) -> int:
    texts = tests * (MESSAGE_MAX + 2 * EXCERPT_MAX + NAME_MAX) + SYNTAX_ERROR_MAX + output
    return _FRAME_BYTES * (tests + 1) + _ESCAPED_BYTES * texts


def most_file_marks(count: int) -> int:
    """Return how many brackets, commas and colons the files in a report as JSON have at most."""
    return (2 * len(FileReport.__annotations__) + 2) * count + 2


def most_marks(tests: int) -> int:
    """Return how many brackets, commas and colons a report as JSON has at most, without files."""
    of_a_test = 2 * len(TestReport.__annotations__) + 2
    return 2 * len(Report.__annotations__) + 4 + tests * of_a_test
