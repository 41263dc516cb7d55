"""A program that is run instead of tested: its request and its result."""

import enum
from typing import TYPE_CHECKING, Literal, Self, Unpack, cast

from pydantic import Field

from runner.models.base import Input, Model, Text
from runner.models.files import Files
from runner.models.requests import ExecutionRequest, Limits, Test, random_id
from runner.models.results import (
    Attempt,
    Blame,
    Cause,
    ExecutionResult,
    ExecutionStatus,
    TestStatus,
    TimeoutKind,
)

if TYPE_CHECKING:
    from runner.models.signatures import WholeRun


class ProgramTest(Input):
    """The only test of a run: it passes with exit code 0. Not part of the public interface."""

    __test__ = False

    kind: Literal["program"] = "program"
    stdin: Text = ""
    args: tuple[Text, ...] = ()


class RunRequest(Input):
    """A program and its inputs.

    Attributes:
        code: The untrusted program, run as ``__main__``.
        stdin: Its standard input.
        args: Its command line, without the name of the program.
        setup: Trusted code that is executed before it, in its namespace.
        timeout: Seconds of CPU time, and separately of blocked time. Fractions count.
        limits: Its limits. More than ``memory_bytes`` is a ``MemoryError`` in the program;
            ``output_bytes`` bounds each of stdout and stderr.
        files: Files in its current directory, as in ``ExecutionRequest``; ``{}`` for an empty
            directory (or none, if the sandbox does not support files: Podman, gVisor, and the local
            backend of an ordinary user), None for no directory.
        request_id: Returned in the result; random if omitted.
    """

    code: Text
    stdin: Text = ""
    args: tuple[Text, ...] = ()
    setup: Text = ""
    timeout: float = Field(default=5.0, gt=0, le=3600, allow_inf_nan=False)
    limits: Limits = Limits()
    files: Files | None = Field(default_factory=dict)
    request_id: Text = Field(default_factory=random_id)

    if TYPE_CHECKING:

        def __init__(self, **fields: Unpack["WholeRun"]) -> None: ...

    def as_execution(self) -> ExecutionRequest:
        """Return the request with the program as its only test."""
        made = ExecutionRequest(
            code=self.code,
            tests=(),
            setup=self.setup,
            timeout=self.timeout,
            limits=self.limits,
            files=self.files,
            request_id=self.request_id,
        )
        test = cast(Test, ProgramTest(stdin=self.stdin, args=self.args))
        return made.model_copy(update={"tests": (test,)})


class RunStatus(enum.StrEnum):
    """How a run ended.

    ``finished``: by itself, with an exit code. ``killed``: by a signal, whose negative number is
    the exit code. ``timeout`` and ``output_limit``: by the sandbox. ``process_error``: its sandbox
    was lost in every attempt. ``setup_error``: the setup fails.
    """

    FINISHED = "finished"
    KILLED = "killed"
    TIMEOUT = "timeout"
    OUTPUT_LIMIT = "output_limit"
    PROCESS_ERROR = "process_error"
    SETUP_ERROR = "setup_error"


class RunResult(Model):
    """The result of a run.

    Attributes:
        status: How it ended.
        exit_code: As in ``subprocess``: 1 after an uncaught exception, negative for a signal; None
            if there is none.
        stdout: What the program printed, capped at ``Limits.output_bytes``.
        stderr: The same for standard error, with the traceback.
        stdout_truncated: Whether more was printed than is kept.
        stderr_truncated: The same for standard error.
        files: New or changed regular files in its directory: contents in bytes, by path.
        files_truncated: Whether some files are missing: their total exceeds ``Limits.files_bytes``,
            or a name is too long or not UTF-8.
        error: Reason of the program's end, in one line; None for exit code 0.
        timeout_kind: Which budget ran out, for a ``timeout``.
        cpu_s: Seconds of CPU time.
        wall_s: Seconds from start to end.
        queue_s: Seconds of waiting for a sandbox.
        memory_peak_bytes: Peak memory of the program, in bytes; 0 if not measured.
        budget_used: Used share of the timeout; 1.0 is all of it.
        blame: ``none`` for exit code 0; ``tests`` for a broken setup.
        cause: How a process or sandbox ended abnormally.
        conclusive: False when the infrastructure or the setup is to blame.
        attempts: Number of attempts. Only the loss of a sandbox is repeated.
        history: The attempts.
        backend: Name of the backend.
        sandbox_id: Id of the sandbox that ran the program.
        fingerprint: Fingerprint of the pool.
        digest: Digest over request and status.
        request_id: Id of the request.
    """

    status: RunStatus
    exit_code: int | None
    stdout: Text
    stderr: Text
    stdout_truncated: bool
    stderr_truncated: bool
    files: Files
    files_truncated: bool
    error: Text | None
    timeout_kind: TimeoutKind | None
    cpu_s: float
    wall_s: float
    queue_s: float
    memory_peak_bytes: int
    budget_used: float
    blame: Blame
    cause: Cause | None
    conclusive: bool
    attempts: int
    history: tuple[Attempt, ...]
    backend: str
    sandbox_id: str
    fingerprint: str
    digest: str
    request_id: Text

    @classmethod
    def of_execution(cls, result: ExecutionResult) -> Self:
        """Return the result of a run, from that of its ``RunRequest.as_execution``."""
        test = result.tests[0] if result.tests else None
        same = cls.model_fields.keys() & ExecutionResult.model_fields.keys()
        fields = {name: getattr(result, name) for name in same}
        fields |= {
            "status": _status(result),
            "exit_code": _exit_code(result),
            "timeout_kind": None if test is None else test.timeout_kind,
            "budget_used": 0.0 if test is None else test.budget_used,
        }
        if test is None:  # a program too long to be executed has printed nothing
            fields["stderr"] = f"{result.error}\n" if result.error else ""
        elif not test.passed:
            fields["error"] = test.message
        return cls(**fields)


_STATUSES = {TestStatus.TIMEOUT: RunStatus.TIMEOUT, TestStatus.OUTPUT_LIMIT: RunStatus.OUTPUT_LIMIT}


def _status(result: ExecutionResult) -> RunStatus:
    if result.blame is Blame.TESTS:
        return RunStatus.SETUP_ERROR
    if result.blame is Blame.INFRASTRUCTURE:
        return RunStatus.PROCESS_ERROR
    if not result.tests:
        return RunStatus.FINISHED
    (test,) = result.tests
    killed = test.exit_code is None or test.exit_code < 0
    return _STATUSES.get(test.status, RunStatus.KILLED if killed else RunStatus.FINISHED)


def _exit_code(result: ExecutionResult) -> int | None:
    if result.status is ExecutionStatus.SYNTAX_ERROR:
        return 1
    return result.tests[0].exit_code if result.tests else None
