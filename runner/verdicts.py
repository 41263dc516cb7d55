"""Turns reports and losses into verdicts; the only module that does. Pure functions.

``classify_attempt`` looks at one attempt, ``combine_attempts`` at all attempts of a request.

The status is decided in a fixed order: syntax error, abnormal death, everything passed, everything
timed out, everything raised, the rest. The blame depends on the source of the report. A death that
the supervisor reports was caused by the code, since nothing else runs in those processes. A lost
sandbox is blamed on the infrastructure, unless every sandbox that took this request was lost while
the rest of the pool lived, or was lost in the middle of its report. Tests that are broken for every
solution are blamed on the tests: the worker finds that out from the request, before the solution
runs.

A report is data from a process next to hostile code. It counts only if it has each declared test
exactly once and in order, in known words and with finite numbers; otherwise the attempt ends as a
broken protocol.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeVar

from runner.digests import Digests
from runner.models import (
    Attempt,
    Blame,
    Cause,
    Evidence,
    ExecutionRequest,
    ExecutionResult,
    ExecutionStatus,
    ProgramTest,
    SuiteTest,
    TestResult,
    TestStatus,
)
from runner.sandbox.left_files import NOTHING_LEFT, LeftFiles, read_left
from runner.sandbox.loss import Loss, is_loss_by_code
from runner.sandbox.report_reader import MAX_MESSAGE_CHARS, BadReport, count, seconds, tests_in
from runner.worker.protocol.cases import places

#: How many broken tests an error names by their index.
_BROKEN_SHOWN = 10

#: Statuses that count as an exception in the code, other than a failed assertion.
_EXCEPTIONS = (TestStatus.ERROR, TestStatus.MEMORY_LIMIT, TestStatus.OUTPUT_LIMIT)

_CAUSE_WORDS = {
    Cause.SIGNAL: "killed by a signal",
    Cause.EXIT: "exited on its own",
    Cause.OOM: "out of memory",
    Cause.PROTOCOL: "broken protocol",
    Cause.BUDGET: "budget exceeded",
    Cause.CONTAINER_LOST: "sandbox lost",
    Cause.ENGINE: "no sandbox could be started",
    Cause.NET: "sandbox went silent",
    Cause.SHUTDOWN: "pool shut down",
}


@dataclasses.dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of one attempt."""

    status: ExecutionStatus
    blame: Blame
    cause: Cause | None
    error: str | None
    wall_s: float
    sandbox_id: str
    tests: tuple[TestResult, ...] = ()
    #: Number of tests, with those found in suites; None for the number in the request.
    total: int | None = None
    cpu_s: float = 0.0
    memory_peak_bytes: int = 0
    mid_frame: bool = False
    #: Whether a program was run: then only a lost sandbox is repeated, not a death.
    is_run: bool = False
    #: Files that the program left in its work directory.
    left: LeftFiles = NOTHING_LEFT

    @property
    def lost(self) -> bool:
        """Whether there is no valid report: the sandbox must not be used again."""
        return self.blame is Blame.INFRASTRUCTURE

    @property
    def retriable(self) -> bool:
        """Whether the attempt may be repeated."""
        return may_be_repeated(self, is_run=self.is_run)


class _Ended(Protocol):
    """How one attempt ended, or all attempts on one node."""

    @property
    def status(self) -> ExecutionStatus: ...

    @property
    def blame(self) -> Blame: ...

    @property
    def cause(self) -> Cause | None: ...


E = TypeVar("E", bound=_Ended)


def may_be_repeated(ended: _Ended, *, is_run: bool) -> bool:
    """Return True if an attempt may end differently in another sandbox.

    Broken tests are broken in every sandbox, and the death of a program is its result.
    """
    if ended.status is not ExecutionStatus.PROCESS_ERROR or ended.cause is Cause.SHUTDOWN:
        return False
    return ended.blame is Blame.INFRASTRUCTURE or (ended.blame is Blame.CODE and not is_run)


def attempt_that_counts(attempts: Sequence[E]) -> E:
    """Return the attempt that counts: the last one, or the last crash that was reported.

    A reported crash counts even if the next sandbox was lost; otherwise code could obtain an
    inconclusive verdict by dying in two ways.
    """
    last = attempts[-1]
    if last.status is not ExecutionStatus.PROCESS_ERROR or last.blame is Blame.TESTS:
        return last
    return next((each for each in reversed(attempts) if each.blame is Blame.CODE), last)


@dataclasses.dataclass(frozen=True, slots=True)
class Context:
    """Facts of the pool that go into a result.

    Attributes:
        backend: Its backend's name.
        fingerprint: Its fingerprint.
        determinism: The settings that make executions repeatable.
        queue_s: Seconds the request waited for sandboxes.
        others_lived: Whether another sandbox of the pool stayed alive during all attempts.
    """

    backend: str
    fingerprint: str
    determinism: Mapping[str, str]
    queue_s: float
    others_lived: bool


def classify_attempt(
    request: ExecutionRequest, outcome: Mapping[str, Any] | Loss, sandbox_id: str
) -> Verdict:
    """Return the verdict on one attempt from a worker's report, or from a loss."""
    if isinstance(outcome, Loss):
        return _lost(outcome, sandbox_id)
    try:
        return _reported(request, outcome, sandbox_id)
    except (BadReport, ValueError, KeyError, TypeError) as error:
        detail = f"the report is not valid: {type(error).__name__}: {str(error)[:300]}"
        return _lost(Loss(Cause.PROTOCOL, detail, 0.0), sandbox_id)


def combine_attempts(
    request: ExecutionRequest, verdicts: Sequence[Verdict], context: Context
) -> ExecutionResult:
    """Return the result of a request from the verdicts on its attempts, at least one."""
    final = _final(verdicts, context)
    digests = Digests(request, context.determinism)
    return ExecutionResult.of_checked(
        {
            "status": final.status,
            "passed": sum(test.passed for test in final.tests),
            "total": len(request.tests) if final.total is None else final.total,
            "error": final.error,
            "tests": final.tests,
            "blame": final.blame,
            "cause": final.cause,
            "conclusive": final.blame in (Blame.CODE, Blame.NONE),
            "attempts": len(verdicts),
            "history": tuple(map(_attempt, verdicts)),
            "cpu_s": final.cpu_s,
            "wall_s": final.wall_s,
            "queue_s": context.queue_s,
            "memory_peak_bytes": final.memory_peak_bytes,
            **_printed(final.tests, request.limits.output_bytes),
            "backend": context.backend,
            "sandbox_id": final.sandbox_id,
            "fingerprint": context.fingerprint,
            "digest": digests.of_result(final.status, final.tests),
            "request_digest": digests.of_request(),
            "request_id": request.request_id,
            "node": None,
            "evidence": _weakest(final.tests),
            "files": dict(final.left.contents),
            "files_truncated": final.left.truncated,
        }
    )


def _attempt(verdict: Verdict) -> Attempt:
    return Attempt.of_checked(
        {
            "sandbox_id": verdict.sandbox_id,
            "status": verdict.status,
            "cause": verdict.cause,
            "wall_s": verdict.wall_s,
            "mid_frame": verdict.mid_frame,
        }
    )


def _weakest(tests: Sequence[TestResult]) -> Evidence:
    """Return the weakest evidence of the tests that have passed."""
    passed = {test.evidence for test in tests if test.passed}
    return min(passed, key=lambda evidence: evidence.rank, default=Evidence.NONE)


def _lost(loss: Loss, sandbox_id: str) -> Verdict:
    return Verdict(
        status=ExecutionStatus.PROCESS_ERROR,
        blame=Blame.INFRASTRUCTURE,
        cause=loss.cause,
        error=f"{_CAUSE_WORDS[loss.cause]}: {loss.detail}"[:MAX_MESSAGE_CHARS],
        wall_s=loss.wall_s,
        sandbox_id=sandbox_id,
        mid_frame=loss.mid_frame,
    )


def _reported(request: ExecutionRequest, report: Mapping[str, Any], sandbox_id: str) -> Verdict:
    syntax_error = report["syntax_error"]
    rows = report["tests"]
    listed = report.get("places")
    tests = tests_in(listed or places(len(request.tests), {}), rows) if syntax_error is None else ()
    if not listed and _has_run_a_suite(request, tests):
        raise BadReport("a suite has a result, but its tests were not listed")
    status = _status(syntax_error, tests)
    crashed = status is ExecutionStatus.PROCESS_ERROR
    return Verdict(
        status=status,
        blame=_blame(status, tests),
        cause=_cause_of_crash(rows) if crashed else None,
        error=_error(status, syntax_error, tests),
        wall_s=seconds(report["wall_s"]),
        sandbox_id=sandbox_id,
        tests=tests,
        total=len(listed or request.tests),
        cpu_s=seconds(report["cpu_s"]),
        memory_peak_bytes=count(report["memory_peak_bytes"]),
        is_run=is_run(request),
        left=read_left(request, report) if "files" in report else NOTHING_LEFT,
    )


def is_run(request: ExecutionRequest) -> bool:
    """Return True if a request runs a program instead of testing a solution."""
    return any(isinstance(test, ProgramTest) for test in request.tests)


def _has_run_a_suite(request: ExecutionRequest, tests: Sequence[TestResult]) -> bool:
    """Return True if a suite has run: one of its results is neither broken nor skipped."""
    return any(
        isinstance(test, SuiteTest) and not result.broken and result.status != TestStatus.SKIPPED
        for test, result in zip(request.tests, tests, strict=False)
    )


def _blame(status: ExecutionStatus, tests: Sequence[TestResult]) -> Blame:
    if any(test.broken for test in tests):
        return Blame.TESTS
    return Blame.NONE if status is ExecutionStatus.ALL_PASSED else Blame.CODE


def _status(syntax_error: object, tests: Sequence[TestResult]) -> ExecutionStatus:
    """Return the first status that applies, in the order of this module's docstring."""
    if syntax_error is not None:
        return ExecutionStatus.SYNTAX_ERROR
    statuses = [test.status for test in tests]
    if TestStatus.CRASHED in statuses:
        return ExecutionStatus.PROCESS_ERROR
    if statuses.count(TestStatus.PASSED) == len(statuses):
        return ExecutionStatus.ALL_PASSED
    if statuses.count(TestStatus.TIMEOUT) == len(statuses):
        return ExecutionStatus.TIMEOUT
    if all(status in _EXCEPTIONS for status in statuses):
        return ExecutionStatus.RUNTIME_ERROR
    return ExecutionStatus.SOME_FAILED


def _cause_of_crash(rows: Sequence[Mapping[str, Any]]) -> Cause:
    first = next(row for row in rows if row["status"] == TestStatus.CRASHED)
    try:
        return Cause(first["cause"])
    except ValueError:
        raise BadReport(f"unknown cause {first['cause']!r:.60} of a crash") from None


def _error(
    status: ExecutionStatus, syntax_error: object, tests: Sequence[TestResult]
) -> str | None:
    if status is ExecutionStatus.ALL_PASSED:
        return None
    if syntax_error is not None:
        if not isinstance(syntax_error, str):
            raise BadReport("the syntax error is not a string")
        return syntax_error[:MAX_MESSAGE_CHARS]
    if broken := [test for test in tests if test.broken]:
        return _broken_tests(broken)
    worst = TestStatus.CRASHED if status is ExecutionStatus.PROCESS_ERROR else None
    first = next(t for t in tests if (t.status is worst if worst else not t.passed))
    passed = sum(test.passed for test in tests)
    which = first.index if first.name is None else f"{first.index} ({first.name})"
    summary = f"Passed {passed}/{len(tests)} tests; test {which}: {first.status}"
    return f"{summary}: {first.message}" if first.message else summary


def _broken_tests(broken: Sequence[TestResult]) -> str:
    """Return which tests are broken, and the message of the first."""
    shown = ", ".join(str(test.index) for test in broken[:_BROKEN_SHOWN])
    more = f" and {len(broken) - _BROKEN_SHOWN} more" if len(broken) > _BROKEN_SHOWN else ""
    which = f"test {shown} is" if len(broken) == 1 else f"tests {shown}{more} are"
    return f"{which} broken, whatever the solution is: {broken[0].message}"


def _final(verdicts: Sequence[Verdict], context: Context) -> Verdict:
    """Return the attempt that counts, with the blame that follows from all attempts."""
    final = attempt_that_counts(verdicts)
    if final.lost and is_loss_by_code(verdicts, others_lived=context.others_lived):
        return dataclasses.replace(final, blame=Blame.CODE)
    return final


def _printed(tests: Sequence[TestResult], limit: int) -> dict[str, object]:
    """Return what the tests printed, one after another, no longer than one test may print."""
    stdout = "".join([test.stdout for test in tests])
    stderr = "".join([test.stderr for test in tests])
    return {
        "stdout": stdout[:limit],
        "stderr": stderr[:limit],
        "stdout_truncated": len(stdout) > limit or any(test.stdout_truncated for test in tests),
        "stderr_truncated": len(stderr) > limit or any(test.stderr_truncated for test in tests),
    }
