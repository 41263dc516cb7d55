"""All attempts of one request: leases, executes, classifies, and tries again where it must."""

import time
from typing import Any

from runner.config import PoolConfig
from runner.errors import BackendError, PoolClosedError, PoolTimeoutError
from runner.models import Cause, ExecutionRequest, ExecutionResult, ExecutionStatus
from runner.pool.lease_group import LeaseGroup
from runner.pool.manager import SandboxManager
from runner.pool.metrics import Metrics
from runner.pool.retry import Retry
from runner.sandbox.loss import Loss
from runner.sandbox.run_payload import run_payload, too_long
from runner.sandbox.sandbox import Sandbox
from runner.verdicts import Context, Verdict, classify_attempt, combine_attempts
from runner.worker.protocol.report import Report

#: How often a sandbox may be found dead by its lessee before that counts as an attempt.
_MOST_FALSE_STARTS = 3


class Attempts:
    """The attempts of one request, made by one thread.

    Args:
        request: What to execute.
        received_at: When the request was received.
        sandboxes: Where to execute it.
        config: Settings of the pool.
        metrics: Where to count.
    """

    def __init__(
        self,
        request: ExecutionRequest,
        *,
        received_at: float,
        sandboxes: SandboxManager,
        config: PoolConfig,
        metrics: Metrics,
    ) -> None:
        self._request = request
        self._received_at = received_at
        self._sandboxes = sandboxes
        self._leases = LeaseGroup(sandboxes)
        self._config = config
        self._metrics = metrics
        self._verdicts: list[Verdict] = []
        self._payload: dict[str, Any] = {}
        self._queue_s = 0.0

    def run(self, max_retries: int) -> ExecutionResult:
        """Return the result of the request.

        Raises:
            ConfigurationError: A test holds a value that cannot cross, or the request is too large.
            PoolClosedError: The pool was shut down before the request got a sandbox.
            PoolTimeoutError: No sandbox became free for it in time.
        """
        self._metrics.count("requests")
        if (message := too_long(self._request)) is not None:
            return self._conclude([classify_attempt(self._request, _unread(message), "")])
        self._payload = run_payload(self._request)
        begun_at = time.monotonic()
        try:
            self._retry(max_retries)
        finally:
            self._leases.close()
        lost = self._verdicts[-1].cause is Cause.CONTAINER_LOST
        return self._conclude(
            self._verdicts, others_lived=lost and self._sandboxes.any_outlived(begun_at)
        )

    def _retry(self, max_retries: int) -> None:
        retry = Retry(
            attempts=max_retries,
            stop=self._sandboxes.stop,
            needs_no_wait=self._needs_no_wait,
            on_retry=lambda: self._metrics.count("process_error_retry_count"),
            describe=self._describe,
            total_s=self._config.retry_total_s,
            wait_initial_s=self._config.retry_wait_initial_s,
            wait_max_s=self._config.retry_wait_max_s,
        )
        retry(self._attempt)

    def _needs_no_wait(self, attempts: int) -> bool:
        """Return True if the next attempt may begin at once, after so many."""
        if not self._verdicts[-1].lost:
            return True  # its sandbox has cleaned up, and is as good as before
        return attempts == 1 and self._sandboxes.is_one_warm()

    def _attempt(self) -> Verdict:
        asked_at = self._received_at if not self._verdicts else time.monotonic()
        try:
            seen, sandbox = self._execute(asked_at)
        except PoolClosedError:
            if not self._verdicts:
                raise
            return self._verdicts[-1]  # it was running, and gets the result that there is
        except (BackendError, PoolTimeoutError) as error:
            if isinstance(error, PoolTimeoutError) and not self._verdicts:
                raise
            waited_s = time.monotonic() - asked_at
            self._queue_s += waited_s
            seen, sandbox = Loss(Cause.ENGINE, str(error), waited_s), None
        verdict = classify_attempt(self._request, seen, sandbox.sandbox_id if sandbox else "")
        if sandbox is not None and verdict.lost:
            sandbox.suspect(str(verdict.error))  # also if its report was not valid
        self._verdicts.append(verdict)
        return verdict

    def _execute(self, asked_at: float) -> tuple[Report | Loss, Sandbox]:
        for _ in range(_MOST_FALSE_STARTS):
            seen, sandbox = self._execute_once(asked_at)
            if not _never_began(seen):
                return seen, sandbox
            asked_at = time.monotonic()
        return self._execute_once(asked_at)

    def _execute_once(self, asked_at: float) -> tuple[Report | Loss, Sandbox]:
        with self._leases.lease(self._deadline(asked_at)) as sandbox:
            leased_at = time.monotonic()
            self._queue_s += leased_at - asked_at
            seen = sandbox.execute(self._payload)
            self._observe(seen, asked_at, leased_at)
            return seen, sandbox

    def _deadline(self, asked_at: float) -> float | None:
        timeout_s = self._config.lease_timeout_s
        return None if timeout_s is None else asked_at + timeout_s - self._queue_s

    def _observe(self, seen: Report | Loss, asked_at: float, leased_at: float) -> None:
        now = time.monotonic()
        self._metrics.count("attempts")
        held_s = now - leased_at
        run_s: object = None if isinstance(seen, Loss) else seen.get("wall_s")
        if isinstance(run_s, float) and 0 <= run_s <= held_s:
            self._metrics.observe(run=run_s, transport=held_s - run_s)
        self._metrics.observe(queue=leased_at - asked_at, lease=held_s)

    def _conclude(self, verdicts: list[Verdict], *, others_lived: bool = False) -> ExecutionResult:
        context = Context(
            backend=self._sandboxes.backend.name,
            fingerprint=self._sandboxes.fingerprint,
            determinism={"entropy": self._config.entropy, "clock": self._config.clock},
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


def _never_began(seen: Report | Loss) -> bool:
    return isinstance(seen, Loss) and not seen.started and seen.cause is Cause.CONTAINER_LOST


def _unread(message: str) -> dict[str, Any]:
    """Return the report of a worker on a solution that is too long to be read."""
    return {
        "syntax_error": message,
        "tests": [],
        "cpu_s": 0.0,
        "wall_s": 0.0,
        "memory_peak_bytes": 0,
        "clean": True,
    }
