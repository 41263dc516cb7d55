"""Makes all attempts of one request: leases, executes, classifies, and retries."""

import time
from typing import Any

from runner.config import PoolConfig
from runner.errors import BackendError, PoolClosedError, PoolTimeoutError
from runner.models import Cause, ExecutionRequest, ExecutionResult, ExecutionStatus
from runner.pool.lease_group import LeaseGroup
from runner.pool.manager import SandboxManager
from runner.pool.metrics import Metrics
from runner.pool.retry import Retry
from runner.sandbox.loss import Loss, had_died
from runner.sandbox.run_payload import run_payload, too_long
from runner.sandbox.sandbox import Sandbox
from runner.verdicts import Context, Verdict, classify_attempt, combine_attempts
from runner.worker.protocol.report import Report

#: How many leased sandboxes may be dead from the start before one counts as an attempt.
_MOST_FALSE_STARTS = 3


class Attempts:
    """The attempts of one request: ``run`` makes them in one thread, and waits.

    A feeder, which must not wait, makes the first one itself: ``prepare``, then ``begin`` in a
    sandbox, then ``end`` with the report or the loss. If another attempt is needed, ``resume``
    makes it, in a thread that may wait.

    Args:
        request: What to execute.
        max_retries: Most attempts.
        received_at: When the request was received.
        sandboxes: The sandboxes of the pool.
        config: Settings of the pool.
        metrics: Counters of the pool.
    """

    def __init__(
        self,
        request: ExecutionRequest,
        *,
        max_retries: int,
        received_at: float,
        sandboxes: SandboxManager,
        config: PoolConfig,
        metrics: Metrics,
    ) -> None:
        self._request = request
        self._max_retries = max_retries
        self._received_at = received_at
        self._sandboxes = sandboxes
        self._leases = LeaseGroup(sandboxes)
        self._config = config
        self._metrics = metrics
        self._verdicts: list[Verdict] = []
        self._payload: dict[str, Any] = {}
        self._begun_at = self._leased_at = received_at
        self._queue_s = 0.0
        self._false_starts = 0

    def run(self) -> ExecutionResult:
        """Return the result of the request.

        Raises:
            ConfigurationError: A test holds a value that cannot cross, or the request is too large.
            PoolClosedError: The pool was shut down before the request got a sandbox.
            PoolTimeoutError: No sandbox became free for it in time.
        """
        return self.prepare() or self.resume()

    def prepare(self) -> ExecutionResult | None:
        """Prepare the first attempt; return a result if none is needed.

        Raises:
            ConfigurationError: A test holds a value that cannot cross.
        """
        self._metrics.count("requests")
        if (message := too_long(self._request)) is not None:
            return self._conclude([classify_attempt(self._request, _unread(message), "")])
        self._payload = run_payload(self._request)
        self._begun_at = time.monotonic()
        return None

    def resume(self) -> ExecutionResult:
        """Make the remaining attempts, and return the result; raises what ``run`` does."""
        try:
            first = self._verdicts[-1] if self._verdicts else self._attempt()
            if first.retriable:
                self._repeat(first)
        finally:
            self._leases.close()
        return self.result()

    def result(self) -> ExecutionResult:
        """Return the result of the attempts made so far, at least one."""
        lost = self._verdicts[-1].cause is Cause.CONTAINER_LOST
        return self._conclude(
            self._verdicts, others_lived=lost and self._sandboxes.any_outlived(self._begun_at)
        )

    @property
    def made(self) -> int:
        """Number of attempts made so far."""
        return len(self._verdicts)

    @property
    def lease_deadline(self) -> float | None:
        """Deadline of the first attempt's wait for a sandbox (monotonic); None for none."""
        return self._deadline(self._received_at)

    def begin(self, sandbox: Sandbox) -> Loss | None:
        """Begin the first attempt in a sandbox, without waiting.

        Raises:
            ConfigurationError: The request is too large.
        """
        self._note_lease(self._received_at)
        return sandbox.begin(self._payload)

    def end(self, outcome: Report | Loss, sandbox: Sandbox) -> ExecutionResult | None:
        """End the first attempt; return the result, or None if another attempt is needed."""
        self._observe(outcome, self._received_at)
        self._received_at = time.monotonic()  # a later wait is measured from here
        if self._is_false_start(outcome):
            return None
        return self._unless_retriable(self._classify(outcome, sandbox))

    def end_without_sandbox(self, error: Exception) -> ExecutionResult | None:
        """End a first attempt that got no sandbox; returns what ``end`` does.

        Raises:
            PoolError: The pool was shut down, or no sandbox became free in time.
        """
        outcome = self._loss_by(error, self._received_at)
        return self._unless_retriable(self._classify(outcome, None))

    def closed_error(self) -> PoolClosedError:
        """Return the error of a request that was not attempted before the pool's shutdown."""
        return PoolClosedError.of(self._config.name)

    def _unless_retriable(self, verdict: Verdict) -> ExecutionResult | None:
        return None if verdict.retriable else self.result()

    def _repeat(self, first: Verdict) -> None:
        retry = Retry(
            attempts=self._max_retries,
            stop=self._sandboxes.stop,
            needs_no_wait=self._needs_no_wait,
            on_retry=lambda: self._metrics.count("process_error_retry_count"),
            describe=self._describe,
            total_s=self._config.retry_total_s - (time.monotonic() - self._begun_at),
            wait_initial_s=self._config.retry_wait_initial_s,
            wait_max_s=self._config.retry_wait_max_s,
        )
        retry(self._attempt, first)

    def _needs_no_wait(self, attempts: int) -> bool:
        """Return True if the next attempt may begin at once, after this number of them."""
        if not self._verdicts[-1].lost:
            return True  # its sandbox is clean, and may be used again
        return attempts == 1 and self._sandboxes.is_one_warm()

    def _attempt(self) -> Verdict:
        asked_at = self._received_at if not self._verdicts else time.monotonic()
        try:
            outcome, sandbox = self._execute(asked_at)
        except (PoolClosedError, BackendError, PoolTimeoutError) as error:
            if isinstance(error, PoolClosedError) and self._verdicts:
                return self._verdicts[-1]  # it has run, and keeps its last result
            return self._classify(self._loss_by(error, asked_at), None)
        return self._classify(outcome, sandbox)

    def _loss_by(self, error: Exception, asked_at: float) -> Loss:
        """Return the loss of an attempt without a sandbox, or raise the error of the request."""
        is_late_repetition = isinstance(error, PoolTimeoutError) and self._verdicts
        if not is_late_repetition and not isinstance(error, BackendError):
            raise error
        waited_s = time.monotonic() - asked_at
        self._queue_s += waited_s
        return Loss(Cause.ENGINE, str(error), waited_s)

    def _classify(self, outcome: Report | Loss, sandbox: Sandbox | None) -> Verdict:
        verdict = classify_attempt(self._request, outcome, sandbox.sandbox_id if sandbox else "")
        if sandbox is not None and verdict.lost:
            sandbox.suspect(str(verdict.error))  # also if its report was not valid
        self._verdicts.append(verdict)
        return verdict

    def _execute(self, asked_at: float) -> tuple[Report | Loss, Sandbox]:
        self._false_starts = 0
        while True:
            outcome, sandbox = self._execute_once(asked_at)
            if not self._is_false_start(outcome):
                return outcome, sandbox
            asked_at = time.monotonic()

    def _is_false_start(self, outcome: Report | Loss) -> bool:
        """Return True if the sandbox was dead from the start, which is no attempt."""
        if not had_died(outcome) or self._false_starts >= _MOST_FALSE_STARTS:
            return False
        self._false_starts += 1
        return True

    def _execute_once(self, asked_at: float) -> tuple[Report | Loss, Sandbox]:
        with self._leases.lease(self._deadline(asked_at)) as sandbox:
            self._note_lease(asked_at)
            outcome = sandbox.execute(self._payload)
            self._observe(outcome, asked_at)
            return outcome, sandbox

    def _note_lease(self, asked_at: float) -> None:
        self._leased_at = time.monotonic()
        self._queue_s += self._leased_at - asked_at

    def _deadline(self, asked_at: float) -> float | None:
        timeout_s = self._config.lease_timeout_s
        return None if timeout_s is None else asked_at + timeout_s - self._queue_s

    def _observe(self, outcome: Report | Loss, asked_at: float) -> None:
        self._metrics.count("attempts")
        held_s = time.monotonic() - self._leased_at
        run_s: object = None if isinstance(outcome, Loss) else outcome.get("wall_s")
        if isinstance(run_s, float) and 0 <= run_s <= held_s:
            self._metrics.observe(run=run_s, transport=held_s - run_s)
        self._metrics.observe(queue=self._leased_at - asked_at, lease=held_s)

    def _conclude(self, verdicts: list[Verdict], *, others_lived: bool = False) -> ExecutionResult:
        context = Context(
            backend=self._sandboxes.backend.name,
            fingerprint=self._sandboxes.fingerprint,
            determinism=self._config.determinism,
            queue_s=self._queue_s,
            others_lived=others_lived,
        )
        result = combine_attempts(self._request, verdicts, context)
        if result.status is ExecutionStatus.PROCESS_ERROR:
            self._metrics.count("process_error_final_failure_count")
        return result

    def _describe(self) -> dict[str, object]:
        last = self._verdicts[-1]
        return {
            "request": self._request.request_id,
            "cause": last.cause,
            "blame": last.blame,
            "sandbox": last.sandbox_id or None,
            "pool": self._config.name,
            "health": repr(self._sandboxes),
        }


def _unread(message: str) -> dict[str, Any]:
    """Return the report on a solution that is too long to be sent to a worker."""
    return {
        "syntax_error": message,
        "tests": [],
        "cpu_s": 0.0,
        "wall_s": 0.0,
        "memory_peak_bytes": 0,
    }
