"""The warm sandboxes of a pool: starts, leases, replaces and ends them.

``LeaseTable`` makes the decisions, under one lock. Background threads do the resulting work outside
the lock; the thread of a caller only waits for a sandbox.

    caller ── claim, end ──► LeaseTable ──► PendingWork ──► crew: start with backoff, destroy
                                 ▲                 │
                                 └ started, lost ◄─┴── watcher: the stream of a worker has ended

A ``KeyboardInterrupt`` may hit a caller anywhere, so its thread does little: it changes the table,
and has the crew reconcile. The locks on its way are plain ones: the methods of a ``Condition`` are
written in Python, and an interrupt within them can leave the lock taken for ever.

No object here refers to the ``Pool`` that callers hold, so a pool that is dropped can be collected
although its threads live.
"""

import functools
import logging
import random
import threading
import time
from collections.abc import Callable

from runner.backends.base import Backend
from runner.config import PoolConfig
from runner.errors import (
    BackendError,
    EngineUnavailableError,
    PoolClosedError,
    RunnerError,
    WrongWorkerError,
    with_remedy,
)
from runner.logs import event
from runner.models import Cause
from runner.pool.leases import Lease, LeaseTable
from runner.pool.metrics import Metrics
from runner.pool.retry import backoff_s
from runner.pool.threads import HangupWatcher, ThreadCrew
from runner.sandbox.sandbox import Sandbox

_LOG = logging.getLogger(__name__)

#: More starts at once only compete for the CPUs.
_MOST_STARTS = 8
#: Timeout of the clean-up after the last lease, in seconds; the reaper removes the rest.
_CLEANUP_S = 10.0
#: Seconds of age up to which the death of an unused sandbox may be a failed start.
_INFANCY_S = 10.0
#: Error of callers that wait for a start.
_WHILE_STARTING = "was shut down while it started"


class SandboxManager:
    """The warm sandboxes of one pool."""

    def __init__(self, config: PoolConfig, backend: Backend, metrics: Metrics) -> None:
        self.backend = backend
        self.name = config.name
        self.stop = threading.Event()
        self.fingerprint = ""
        self._config = config
        self._metrics = metrics
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._leases = LeaseTable(workers=config.workers, spares=config.spares)
        threads = min(self._leases.capacity, _MOST_STARTS)
        self._crew = ThreadCrew[Callable[[], None]](f"{config.name}-upkeep", threads)
        self._watch = HangupWatcher(f"{config.name}-watch", self._on_end)
        self._started = 0
        self._failures = 0
        self._ending = 0
        self._early_deaths = 0
        self._last_error: BaseException | None = None
        self._down_since: float | None = None

    def __repr__(self) -> str:
        idle, leased, starting, waiting = self.gauges()
        return f"{idle} idle, {leased} leased, {starting} starting | {waiting} waiting"

    def gauges(self) -> tuple[int, int, int, int]:
        """Return the numbers of idle, leased and starting sandboxes, and of waiting callers."""
        leases = self._leases
        with self._lock:
            return len(leases.idle), len(leases.leased), leases.starting, len(leases.waiting)

    def start(self) -> None:
        """Start all sandboxes in parallel, and wait until the workers are warm.

        Waits ``engine_wait_s`` for an engine that does not answer. Returns as soon as at least one
        serves and each of the others has been tried once; what is missing then is started in the
        background. Fails at once with an error that rules out all further starts.

        Raises:
            RunnerError: None could be started. Close this object then.
        """
        self._await_engine()
        self._watch.start()
        self._crew.submit(self._reap)
        self._call_crew()
        with self._lock:
            # A little longer than any single start, whose own error is more specific.
            self._changed.wait_for(self._is_warm, self._config.start_timeout_s + 1)
            live, closing, error = self._leases.live, self._leases.closing, self._last_error
        if closing:
            raise PoolClosedError.of(self.name, _WHILE_STARTING)
        if not live:
            raise error or BackendError(
                f"pool {self.name!r}: no sandbox started within {self._config.start_timeout_s:g} s"
            )
        event(_LOG, logging.INFO, "pool_started", pool=self.name, sandboxes=live)

    def claim(self, lease: Lease, deadline: float | None, *, first: bool = False) -> Sandbox:
        """Wait until the lease has a sandbox, and return that; any thread may.

        Args:
            lease: A new one. Call ``end`` with it in every case.
            deadline: When to give up; None for never.
            first: Put the lease at the head of the queue: the caller's previous sandbox was dead.

        Raises:
            PoolTimeoutError: None became free before the deadline.
            PoolClosedError: The pool is shut down, or was while this waited.
            BackendError: There is no sandbox, and none can be started.
        """
        self.ask(lease, first=first)
        if not lease.decided and not lease.wait(deadline):
            self.give_up(lease)
        return self.sandbox_of(lease)

    def ask(self, lease: Lease, *, first: bool = False) -> None:
        """Queue a lease without waiting: it is decided at once, or wakes its caller later.

        Raises:
            PoolClosedError: The pool is shut down.
        """
        with self._lock:
            if self._leases.closing:
                raise PoolClosedError.of(self.name)
            self._leases.ask(lease, first=first)

    def give_up(self, lease: Lease) -> None:
        """Refuse a lease whose deadline has passed, unless it was granted meanwhile."""
        with self._lock:
            self._leases.leave(lease)
            is_busy = self._leases.live > 0
        if not is_busy and lease.sandbox is None:
            cause, lease.error = lease.error, self._none_lives()
            lease.error.__cause__ = cause

    def sandbox_of(self, lease: Lease) -> Sandbox:
        """Return the sandbox of a lease that is decided; raises what ``claim`` does."""
        if lease.error is not None:
            raise lease.error
        assert lease.sandbox is not None
        return lease.sandbox

    def may_be_kept(self, sandbox: Sandbox) -> bool:
        """Return True if a sandbox that has just been used may be leased again."""
        if not sandbox.reusable:
            return False
        self._early_deaths = 0
        # Spread: otherwise all sandboxes of an evenly used pool would retire at the same time.
        return sandbox.uses < self._config.max_uses * random.uniform(0.95, 1.0)

    def end(self, lease: Lease) -> None:
        """End a lease in any state. Idempotent."""
        with self._lock:
            self._leases.end(lease)
            has_work = self._leases.has_work
            if self._leases.closing:
                self._changed.notify_all()
        if has_work:
            self._call_crew()

    def note_death(self, sandbox: Sandbox) -> None:
        """Log that an idle sandbox died, and count it if it was young."""
        self._event(logging.WARNING, "idle_sandbox_lost", sandbox=sandbox.sandbox_id)
        if sandbox.uses == 0 and time.monotonic() - sandbox.born < _INFANCY_S:
            self._early_deaths += 1

    def is_one_warm(self) -> bool:
        """Return True if a sandbox could be had without waiting."""
        with self._lock:
            return bool(self._leases.idle)

    def any_outlived(self, moment: float) -> bool:
        """Return True if a sandbox that is alive now was alive at that moment."""
        with self._lock:
            live = [*self._leases.idle, *self._leases.leased]
        return any(sandbox.born < moment and not sandbox.hung_up() for sandbox in live)

    def close(self, deadline: float) -> None:
        """End all sandboxes; leases may be finished until the deadline, and are cut off then.

        Idempotent. Returns at the latest some seconds after the deadline.
        """
        self.stop.set()
        with self._lock:
            self._leases.close(PoolClosedError.of(self.name))
        self._call_crew()
        self._crew.run_delayed_now()  # starts that wait for their turn end here
        with self._lock:
            self._changed.wait_for(lambda: not self._leases.leased, _left_s(deadline))
            overdue = list(self._leases.leased)
        for sandbox in overdue:
            sandbox.abort(Cause.SHUTDOWN)
        self._clean_up(max(deadline, time.monotonic()) + _CLEANUP_S)

    def _clean_up(self, deadline: float) -> None:
        with self._lock:
            done = self._changed.wait_for(self._is_empty, _left_s(deadline))
        if not done:
            self._event(logging.WARNING, "sandboxes_not_removed", health=repr(self))
        self._crew.stop()
        self._watch.stop(deadline)
        self._crew.join(deadline if done else time.monotonic())
        self.backend.close()
        self._event(logging.INFO, "pool_closed")

    def _event(self, level: int, name: str, **fields: object) -> None:
        event(_LOG, level, name, pool=self.name, **fields)

    def _await_engine(self) -> None:
        """Check the backend; repeat it for ``engine_wait_s`` if its engine does not answer."""
        deadline = time.monotonic() + self._config.engine_wait_s
        failures = 0
        while True:
            try:
                self.backend.check()
            except EngineUnavailableError as error:
                failures += 1
                delay_s = min(backoff_s(failures), _left_s(deadline))
                if not delay_s:
                    raise
                self._event(logging.WARNING, "engine_unavailable", next_s=delay_s, error=error)
                if self.stop.wait(delay_s):
                    raise PoolClosedError.of(self.name, _WHILE_STARTING) from error
            else:
                return

    def _is_warm(self) -> bool:
        leases = self._leases
        tried = self._started + self._failures >= leases.capacity
        return leases.closing or leases.live >= leases.workers or tried or leases.is_down

    def _is_empty(self) -> bool:
        leases = self._leases
        return not (leases.leased or leases.starting or leases.to_destroy or self._ending)

    def _none_lives(self) -> BackendError:
        """Return the error of a wait that ended because no sandbox lives."""
        reason = self._last_error or "starts are under way (see `runner doctor` if they never end)"
        return BackendError(f"pool {self.name!r}: no sandbox lives: {reason}")

    def _call_crew(self) -> None:
        if not self._crew.submit(self._reconcile):
            self._reconcile()  # the crew has stopped before the last lease ended

    def _reconcile(self) -> None:
        """Start what is missing, and destroy what was given up."""
        with self._lock:
            work = self._leases.pending_work()
            self._ending += len(work.destroy)
        # All sandboxes may be killed once by accident; if the next ones die too, delay.
        too_many = self._early_deaths - self._leases.capacity
        delay_s = backoff_s(too_many) if too_many > 0 else 0.0
        for _ in range(work.start):
            self._crew.submit(functools.partial(self._start_one, 0), delay_s=delay_s)
        for sandbox in work.destroy:
            destroy = functools.partial(self._destroy, sandbox)
            if not self._crew.submit(destroy):
                destroy()

    def _start_one(self, failures: int) -> None:
        try:
            sandbox = self._start_fresh()
        except RunnerError as error:
            self._start_failed(error, failures + 1)
            return
        except Exception as error:  # noqa: BLE001  # the slot must not be lost
            _LOG.exception("sandbox_start_broken")
            said = f"cannot start a sandbox: {with_remedy(repr(error))}"
            self._start_failed(BackendError(said), failures + 1)
            return
        with self._lock:
            self._started += 1
            self._last_error = None
            down_since, self._down_since = self._down_since, None
            replacement = self._started > self._leases.capacity
            self._leases.started(sandbox)
            closing = self._leases.closing
            self._changed.notify_all()
        if replacement:
            self._metrics.count("pool_worker_replacement_count")
        if down_since is not None:
            self._event(logging.INFO, "pool_recovered", down_s=time.monotonic() - down_since)
        if closing:
            self._call_crew()
        else:
            self._watch.add(sandbox)

    def _start_fresh(self) -> Sandbox:
        if self._leases.closing:
            raise PoolClosedError.of(self.name)
        sandbox = self.backend.start(time.monotonic() + self._config.start_timeout_s)
        with self._lock:
            self.fingerprint = self.fingerprint or sandbox.fingerprint
        if sandbox.fingerprint != self.fingerprint:
            sandbox.close()
            raise WrongWorkerError(
                f"{sandbox!r} has the fingerprint {sandbox.fingerprint}, others of this pool have"
                f" {self.fingerprint}: was the image replaced? Create a new pool to use it"
            )
        return sandbox

    def _start_failed(self, error: RunnerError, failures: int) -> None:
        # For callers of a started pool it is a fault of the machine, not of their arguments.
        refusal = error if isinstance(error, BackendError) else BackendError(str(error))
        with self._lock:
            self._failures += 1
            self._last_error = error
            again = self._leases.not_started(refusal, hopeless=not error.retriable)
            goes_down = again and self._leases.is_down and self._down_since is None
            if goes_down:
                self._down_since = time.monotonic()
            self._changed.notify_all()
        if not again:
            return
        if goes_down:
            self._event(logging.WARNING, "pool_down", error=error)
        self._metrics.count("start_failures")
        delay_s = backoff_s(failures)
        if not failures & (failures - 1):  # 1, 2, 4, 8, ...: bounds the log of an outage
            facts = {"failures": failures, "next_s": delay_s, "error": error}
            self._event(logging.WARNING, "sandbox_start_failed", **facts)
        self._crew.submit(functools.partial(self._start_one, failures), delay_s=delay_s)

    def _destroy(self, sandbox: Sandbox, failures: int = 0) -> None:
        try:
            sandbox.close()
        except Exception as error:  # noqa: BLE001  # close waits for it
            # Its stream is closed, so the worker ends. The container stays until the engine is
            # back; if the pool ends before that, the reaper of the next one finds it.
            facts = {"sandbox": sandbox.sandbox_id, "error": error}
            self._event(logging.WARNING, "sandbox_not_removed", **facts)
            again = functools.partial(self._destroy, sandbox, failures + 1)
            delay_s = backoff_s(failures + 1)
            if not self._leases.closing and self._crew.submit(again, delay_s=delay_s):
                return
        with self._lock:
            self._ending -= 1
            self._changed.notify_all()

    def _reap(self) -> None:
        try:
            count = self.backend.reap()
        except RunnerError as error:
            self._event(logging.WARNING, "leftovers_not_listed", error=error)
            return
        if count:
            self._event(logging.WARNING, "leftovers_removed", count=count)

    def _on_end(self, sandbox: Sandbox) -> None:
        with self._lock:
            if sandbox in self._leases.leased:
                sandbox.suspect("its stream ended")
                return
            lost = self._leases.lose(sandbox)
        if lost:
            self.note_death(sandbox)
            self._call_crew()


def _left_s(deadline: float) -> float:
    return max(0.0, deadline - time.monotonic())
