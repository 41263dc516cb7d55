"""The warm sandboxes of a pool: starts them, lends them, replaces them, ends them.

Decisions are made by ``LeaseTable`` under the one lock; what they ask for is done outside it, by
background threads and never by the caller's: a caller only ever waits for a sandbox.

    caller ── lend ──► LeaseTable ──► PendingWork ──► crew: start with backoff, destroy
                         ▲                     │
                         └── started, lost ◄───┴── watch: a worker's stream has ended

A caller may be interrupted anywhere, which is why it does so little: it changes the books, and has
the crew look into them for what is owed. Its locks are plain ones, since an interrupt within the
methods of a ``Condition``, which are written in Python, can leave that held for ever.

No object here refers to the ``Pool`` that callers hold, so that a forgotten one can be collected
although its threads live.
"""

import functools
import logging
import random
import threading
import time
from collections.abc import Callable, Collection
from typing import TypeVar, cast

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
from runner.pool.threads import HangupWatcher, ThreadCrew, Watched
from runner.sandbox.sandbox import Sandbox

_LOG = logging.getLogger(__name__)

#: More at once only take each other's processor.
_MOST_STARTS = 8
#: How many dead sandboxes one caller looks at before it says that something is wrong.
_MOST_DEAD = 10
#: What an orderly end may take after the last lease, before the rest is left to the reaper.
_CLEANUP_S = 10.0
#: A sandbox that dies unused before it is this old may have been dead on arrival.
_INFANCY_S = 10.0
#: What those are told who wait for a start.
_WHILE_STARTING = "was shut down while it started"

T = TypeVar("T")


class SandboxManager:
    """The warm sandboxes of one pool."""

    def __init__(self, config: PoolConfig, backend: Backend, metrics: Metrics) -> None:
        self.backend = backend
        self.stop = threading.Event()
        self.fingerprint = ""
        self._config = config
        self._metrics = metrics
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._leases = LeaseTable(workers=config.workers, spares=config.spares)
        self._crew = ThreadCrew(f"{config.name}-upkeep", min(self._leases.capacity, _MOST_STARTS))
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
        """Return how many are idle, leased and starting, and how many callers wait."""
        leases = self._leases
        with self._lock:
            return len(leases.idle), len(leases.leased), leases.starting, len(leases.waiting)

    def start(self) -> None:
        """Start all sandboxes in parallel, and wait until the workers are warm.

        Waits ``engine_wait_s`` for an engine that does not answer. Returns as soon as at least one
        serves and each of the others has been tried once; what is missing then is started in the
        background. Fails with the first one that tells that none ever will.

        Raises:
            RunnerError: None could be started. Close this object then.
        """
        self._await_engine()
        self._watch.start()
        self._crew.submit(self._reap)
        self._call_crew()
        with self._lock:
            # A little longer than any single start, whose own error tells more than silence.
            self._changed.wait_for(self._is_warm, self._config.start_timeout_s + 1)
            live, closing, error = self._leases.live, self._leases.closing, self._last_error
        if closing:
            raise PoolClosedError.of(self._config.name, _WHILE_STARTING)
        if not live:
            raise error or BackendError(
                f"pool {self._config.name!r}: no sandbox started within"
                f" {self._config.start_timeout_s:g} s"
            )
        event(_LOG, logging.INFO, "pool_started", pool=self._config.name, sandboxes=live)

    def lend(self, deadline: float | None, use: Callable[[Callable[[], Sandbox]], T]) -> T:
        """Call ``use`` with a function that leases one sandbox; any thread may.

        All that ``use`` has leased is given back when it returns, or given up if it raises or
        anything speaks against another use. That function raises:

        * ``PoolTimeoutError``: None became free before the deadline.
        * ``PoolClosedError``: The pool is shut down, or was while this waited.
        * ``BackendError``: There is no sandbox, and none can be started.
        """
        held: list[Lease] = []
        try:
            try:
                outcome = use(functools.partial(self._lease, held, deadline))
                for lease in held:
                    lease.keep = self._may_be_kept(lease.sandbox)
                return outcome
            finally:
                self._end(held)
        finally:
            self._end(held)  # the first time may have been interrupted before it was done

    def is_another_warm(self, tried: Collection[str]) -> bool:
        """Tell whether a sandbox that is none of those named could be had without waiting."""
        with self._lock:
            return any(sandbox.sandbox_id not in tried for sandbox in self._leases.idle)

    def any_outlived(self, moment: float) -> bool:
        """Tell whether a sandbox that lives was there at that moment already."""
        with self._lock:
            live = [*self._leases.idle, *self._leases.leased]
        return any(sandbox.born < moment and not sandbox.hung_up() for sandbox in live)

    def close(self, deadline: float) -> None:
        """End everything; leases may be finished until the deadline, and are cut off then.

        Idempotent. Bounded by the deadline and some seconds of cleaning up.
        """
        self.stop.set()
        with self._lock:
            self._leases.close(PoolClosedError.of(self._config.name))
        self._call_crew()
        self._crew.run_delayed_now()  # starts that wait for their turn see that it is over
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
            self._event(logging.WARNING, "sandboxes_left", health=repr(self))
        self._crew.stop()
        self._watch.stop(deadline)
        self._crew.join(deadline if done else time.monotonic())
        self.backend.close()
        self._event(logging.INFO, "pool_closed")

    def _event(self, level: int, name: str, **fields: object) -> None:
        event(_LOG, level, name, pool=self._config.name, **fields)

    def _await_engine(self) -> None:
        """Have the backend checked, again and again for a while if its engine does not answer."""
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
                self._event(logging.WARNING, "engine_awaited", next_s=delay_s, error=error)
                if self.stop.wait(delay_s):
                    raise PoolClosedError.of(
                        self._config.name, "was shut down while it started"
                    ) from error
            else:
                return

    def _is_warm(self) -> bool:
        leases = self._leases
        tried = self._started + self._failures >= leases.capacity
        return leases.closing or leases.live >= leases.workers or tried or leases.is_down

    def _is_empty(self) -> bool:
        leases = self._leases
        return not (leases.leased or leases.starting or leases.to_destroy or self._ending)

    def _lease(self, held: list[Lease], deadline: float | None) -> Sandbox:
        for looked in range(_MOST_DEAD):
            lease = Lease()
            held.append(lease)
            sandbox = self._claim(lease, deadline, first=looked > 0)
            # It may have died a moment ago; looking costs a microsecond.
            if sandbox.reusable and not sandbox.at_eof():
                return sandbox
            self._event(logging.WARNING, "idle_sandbox_lost", sandbox=sandbox.sandbox_id)
            self._note_death(sandbox)
            self._end([lease])
        raise BackendError(f"pool {self._config.name!r}: sandboxes die as soon as they are idle")

    def _claim(self, lease: Lease, deadline: float | None, *, first: bool) -> Sandbox:
        with self._lock:
            if self._leases.closing:
                raise PoolClosedError.of(self._config.name)
            self._leases.ask(lease, first=first)
        if not lease.decided and not lease.wait(deadline):
            with self._lock:
                self._leases.leave(lease)
                is_busy = self._leases.live > 0
            if not is_busy and lease.sandbox is None:
                raise self._none_lives() from lease.error
        if lease.error is not None:
            raise lease.error
        assert lease.sandbox is not None
        return lease.sandbox

    def _none_lives(self) -> BackendError:
        """Return what to say to those whom other callers do not keep waiting, but the engine."""
        reason = self._last_error or "starts are under way (see `runner doctor` if they never end)"
        return BackendError(f"pool {self._config.name!r}: no sandbox lives: {reason}")

    def _may_be_kept(self, sandbox: Sandbox | None) -> bool:
        if sandbox is None or not sandbox.reusable:
            return False
        self._early_deaths = 0
        # Or all sandboxes of a pool, used evenly, would retire in the same second.
        return sandbox.uses < self._config.max_uses * random.uniform(0.95, 1.0)

    def _end(self, held: list[Lease]) -> None:
        for lease in held:
            if not lease.over:
                with self._lock:
                    self._leases.end(lease)
                    has_work = self._leases.has_work
                    if self._leases.closing:
                        self._changed.notify_all()
                if has_work:
                    self._call_crew()
                lease.over = True

    def _note_death(self, sandbox: Sandbox) -> None:
        if sandbox.uses == 0 and time.monotonic() - sandbox.born < _INFANCY_S:
            self._early_deaths += 1

    def _call_crew(self) -> None:
        if not self._crew.submit(self._reconcile):
            self._reconcile()  # after the last lease of a pool that could not wait for it

    def _reconcile(self) -> None:
        """Do what the books say is owed."""
        with self._lock:
            work = self._leases.pending_work()
            self._ending += len(work.destroy)
        # All of a young pool may be killed at once; if their successors die as well, it is no luck.
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
        except Exception as error:  # noqa: BLE001  # the slot must not be lost, whatever it was
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
            raise PoolClosedError.of(self._config.name)
        sandbox = self.backend.start(time.monotonic() + self._config.start_timeout_s)
        with self._lock:
            self.fingerprint = self.fingerprint or sandbox.fingerprint
        if sandbox.fingerprint != self.fingerprint:
            sandbox.close()
            raise WrongWorkerError(
                f"{sandbox!r} has the fingerprint {sandbox.fingerprint}, others of this pool have"
                f" {self.fingerprint}: was the image replaced? A new pool takes the new one"
            )
        return sandbox

    def _start_failed(self, error: RunnerError, failures: int) -> None:
        # What is wrong with the machine is never the mistake of a caller, who has a pool already.
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
        if not failures & (failures - 1):  # the first, the second, the fourth: an outage is long
            facts = {"failures": failures, "next_s": delay_s, "error": error}
            self._event(logging.WARNING, "sandbox_start_failed", **facts)
        self._crew.submit(functools.partial(self._start_one, failures), delay_s=delay_s)

    def _destroy(self, sandbox: Sandbox, failures: int = 0) -> None:
        try:
            sandbox.close()
        except Exception as error:  # noqa: BLE001  # or close would wait for it in vain
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
            self._event(logging.WARNING, "leftovers_unknown", error=error)
            return
        if count:
            self._event(logging.WARNING, "leftovers_removed", count=count)

    def _on_end(self, watched: Watched) -> None:
        sandbox = cast(Sandbox, watched)  # nothing else is ever watched
        with self._lock:
            if sandbox in self._leases.leased:
                sandbox.suspect("its stream ended")
                return
            lost = self._leases.lose(sandbox)
        if lost:
            self._event(logging.WARNING, "idle_sandbox_lost", sandbox=sandbox.sandbox_id)
            self._note_death(sandbox)
            self._call_crew()


def _left_s(deadline: float) -> float:
    return max(0.0, deadline - time.monotonic())
