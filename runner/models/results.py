"""Results: the verdict on an execution and on each of its tests."""

import enum

from pydantic import Field

from runner.models.base import Evidence, Model, Text
from runner.models.files import Files

#: Share of a budget above which a verdict is close: the CPU speed of two machines, or of one
#: machine at two times, differs by a factor of up to two.
CLOSE = 0.5


class ExecutionStatus(enum.StrEnum):
    """Verdict on one execution."""

    ALL_PASSED = "all_passed"
    SOME_FAILED = "some_failed"
    RUNTIME_ERROR = "runtime_error"
    SYNTAX_ERROR = "syntax_error"
    TIMEOUT = "timeout"
    PROCESS_ERROR = "process_error"


class TestStatus(enum.StrEnum):
    """Verdict on one test."""

    __test__ = False  # pytest must not collect it

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    TIMEOUT = "timeout"
    MEMORY_LIMIT = "memory_limit"
    OUTPUT_LIMIT = "output_limit"
    CRASHED = "crashed"
    SKIPPED = "skipped"


class Blame(enum.StrEnum):
    """What caused a non-pass.

    ``tests``: a test, setup, checker or reference is broken for every solution.
    """

    CODE = "code"
    INFRASTRUCTURE = "infrastructure"
    TESTS = "tests"
    NONE = "none"


class Cause(enum.StrEnum):
    """How a process, a sandbox or an attempt ended abnormally."""

    SIGNAL = "signal"
    EXIT = "exit"
    OOM = "oom"
    PROTOCOL = "protocol"
    BUDGET = "budget"
    CONTAINER_LOST = "container_lost"
    ENGINE = "engine"
    NET = "net"
    SHUTDOWN = "shutdown"


class TimeoutKind(enum.StrEnum):
    """Which budget ran out."""

    CPU = "cpu"
    BLOCKED = "blocked"
    TOTAL = "total"


class Attempt(Model):
    """One lease and execution.

    Attributes:
        sandbox_id: Id of the sandbox; empty if there was none.
        status: The verdict on this attempt.
        cause: How a process or the sandbox ended abnormally; None if none did.
        wall_s: Seconds from the beginning to the report or the loss.
        mid_frame: Whether the sandbox was lost while it was sending, such as a report.
    """

    sandbox_id: str
    status: ExecutionStatus
    cause: Cause | None
    wall_s: float
    mid_frame: bool = False


class TestResult(Model):
    """The outcome of one test.

    Attributes:
        index: Position among the results, from 0. It is that in the request's tests, unless there
            are suites, of which each test counts.
        test: Position in the request's tests, of the test or of the suite in which it stands.
        name: Name of a test in a suite; None for any other test.
        status: The verdict.
        passed: Whether the status is ``passed``.
        message: Readable reason of a non-pass; empty for a pass.
        cpu_s: CPU seconds of subject and judge.
        wall_s: Seconds from start to end.
        timeout_kind: Which budget ran out, for a ``timeout``.
        budget_used: Used share of the budget (1.0 is all of it): the larger of CPU time and blocked
            time.
        stdout: What the test printed, capped at ``Limits.output_bytes``.
        stderr: The same for standard error.
        stdout_truncated: Whether more was printed than is kept.
        stderr_truncated: The same for standard error.
        expected: Beginning of the expected value, for calls, outputs, and the comparison in a
            failed assert. Never shown to the solution.
        actual: Beginning of the value that it got instead, in the same cases.
        evidence: What the verdict rests on: ``values`` if the test learned only values, output and
            exception types from the solution, and the judge alone compared them.
        exit_code: Exit code of a program, or of a process that died: negative for a signal.
        broken: Whether the test is broken for every solution: then the result's ``blame`` is
            ``tests``, and the message names the mistake.
    """

    __test__ = False

    index: int
    status: TestStatus
    passed: bool
    message: Text = ""
    cpu_s: float = 0.0
    wall_s: float = 0.0
    timeout_kind: TimeoutKind | None = None
    budget_used: float = 0.0
    stdout: Text = ""
    stderr: Text = ""
    stdout_truncated: bool = False
    stderr_truncated: bool = False
    expected: Text | None = None
    actual: Text | None = None
    evidence: Evidence = Evidence.NONE
    broken: bool = False
    exit_code: int | None = None
    test: int | None = None
    name: Text | None = None

    @property
    def close(self) -> bool:
        """Whether a machine half as fast could give another verdict."""
        return self.budget_used >= CLOSE and self.status is not TestStatus.SKIPPED


class ExecutionResult(Model):
    """The verdict on one request, and how it was reached.

    Attributes:
        status: The verdict.
        passed: Number of tests that passed.
        total: Number of tests, with those found in suites.
        error: Reason of a non-pass; None if all tests passed.
        tests: Results of the tests; empty after a syntax error or a lost sandbox.
        blame: What caused a non-pass.
        cause: How a process or a sandbox ended abnormally; None if none did.
        conclusive: False when the infrastructure or the tests are to blame: never compute a reward
            from that.
        attempts: Number of attempts.
        history: The attempts, the first one first.
        cpu_s: CPU seconds of subject and judge in the attempt that counts.
        wall_s: Seconds from its start to its end.
        queue_s: Seconds of waiting for sandboxes, in all attempts.
        memory_peak_bytes: Peak memory of a process of the solution, in bytes; 0 if not measured.
        stdout: What the tests printed, one after another, capped at ``Limits.output_bytes``.
        stderr: The same for standard error.
        stdout_truncated: Whether more was printed than is kept.
        stderr_truncated: The same for standard error.
        backend: Name of the backend.
        sandbox_id: Id of the sandbox in the attempt that counts.
        fingerprint: Fingerprint of the pool.
        digest: Digest over request and statuses.
        request_digest: Digest over the request alone: if the digests of two parties differ, it
            shows whether they asked the same.
        request_id: Id of the request.
        node: Id of the cluster node that gave the verdict; None for a local pool.
        evidence: The weakest of the passed tests; ``none`` if none has passed.
        files: Files that a program has left (``RunResult.files``); empty for all other requests.
        files_truncated: Whether some of them are missing.
    """

    status: ExecutionStatus
    passed: int
    total: int
    error: Text | None
    tests: tuple[TestResult, ...]
    blame: Blame
    cause: Cause | None
    conclusive: bool
    attempts: int
    history: tuple[Attempt, ...]
    cpu_s: float
    wall_s: float
    queue_s: float
    memory_peak_bytes: int
    stdout: Text
    stderr: Text
    stdout_truncated: bool
    stderr_truncated: bool
    backend: str
    sandbox_id: str
    fingerprint: str
    digest: str
    request_digest: str = ""
    request_id: Text
    node: str | None = None
    evidence: Evidence = Evidence.NONE
    files: Files = Field(default_factory=dict)
    files_truncated: bool = False

    @property
    def close(self) -> bool:
        """Whether a test used more than half of its budget, so that CPU speed could decide."""
        return any(test.close for test in self.tests)
