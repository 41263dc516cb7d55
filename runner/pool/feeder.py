"""Executes many requests at the same time in one thread: the first attempt of each.

A thread per request would be woken for each of its few steps, and would wait for the interpreter's
lock each time, which costs more than the steps. So one thread takes all of them. It waits only for
sandboxes, for all of them at once. Work that has to wait in another way, such as the repetition of
an attempt, is handed over to another thread.

    submit ──► Source ── take ──► ask for a lease ──► begin ──► proceed … ──► deliver
                                                                        └───► hand over
"""

import collections
import contextlib
import functools
import logging
import math
import select
import threading
import time
from collections.abc import Callable

from runner.config import PoolConfig
from runner.errors import PoolClosedError, PoolError, RunnerError
from runner.models import ExecutionResult
from runner.pool.attempts import Attempts
from runner.pool.batch import Source, Work
from runner.pool.lease_group import MOST_DEAD, too_many_dead
from runner.pool.leases import Lease
from runner.pool.manager import SandboxManager
from runner.pool.metrics import Metrics
from runner.pool.threads import WakePipe, join_thread, start_thread
from runner.sandbox.loss import Loss
from runner.sandbox.sandbox import Sandbox
from runner.worker.protocol.report import Report

_LOG = logging.getLogger(__name__)

#: Period of the check for silent workers, in seconds; also the feeder's longest sleep.
_LOOK_S = 1.0


HandOver = Callable[[Work, Attempts], None]


class _Run:
    """One piece of work under way."""

    def __init__(self, work: Work, attempts: Attempts, lease: Lease) -> None:
        self.work = work
        self.attempts = attempts
        self.lease = lease
        self.sandbox: Sandbox | None = None
        self.dead = 0


class _FeedersLease(Lease):
    """A lease whose caller waits for several leases at once."""

    __slots__ = ("_decide",)

    def __init__(self, decide: Callable[["_FeedersLease"], None]) -> None:
        super().__init__()
        self._decide = decide

    def wake(self) -> None:
        """Wake the feeder. Idempotent."""
        self._decide(self)


class Feeder:
    """One thread that executes the work of its sources, one piece of each source in turn.

    Args:
        sandboxes: The sandboxes of the pool.
        config: Settings of the pool.
        metrics: Counters of the pool.
        hand_over: Continues work that needs another attempt; must not wait.
    """

    def __init__(
        self,
        sandboxes: SandboxManager,
        config: PoolConfig,
        metrics: Metrics,
        hand_over: HandOver,
    ) -> None:
        self.name = config.name
        self._sandboxes = sandboxes
        self._config = config
        self._metrics = metrics
        self._hand_over = hand_over
        self._lock = threading.Lock()
        self._pipe = WakePipe()
        self._sources: collections.deque[Source] = collections.deque()
        self._decided: collections.deque[Lease] = collections.deque()
        self._waiting: dict[Lease, _Run] = {}
        self._running: dict[int, _Run] = {}
        self._stopped = False
        self._thread: threading.Thread | None = None
        self._poll = select.poll()
        self._asleep = False
        self._look_at = 0.0

    @property
    def pending(self) -> int:
        """Number of sources that wait for their turn."""
        return len(self._sources)

    def submit(self, source: Source) -> bool:
        """Queue a source and return True; return False if the feeder has stopped.

        Raises:
            PoolError: No thread can be started.
        """
        with self._lock:
            if self._stopped:
                return False
            if self._thread is None or not self._thread.is_alive():
                self._start()
            self._sources.append(source)
        self._wake()
        return True

    def stop(self) -> list[Source]:
        """Take no more work, and return the sources that wait. Does not wait.

        Running requests are finished, or end when the pool closes their sandboxes.
        """
        with self._lock:
            self._stopped = True
            left = list(self._sources)
            self._sources.clear()
        self._wake()
        return left

    def join(self, deadline: float) -> None:
        """Wait for the thread after ``stop``."""
        if (thread := self._thread) is not None:
            join_thread(thread, deadline)

    def _start(self) -> None:
        # Race: after an interrupt before this thread runs, another replaces it, and it returns.
        name = f"{self.name}-feeder"
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        start_thread(self._thread)

    # -- any thread: what wakes the feeder --------------------------------------------------------

    def _decide(self, lease: Lease) -> None:
        self._decided.append(lease)
        self._wake()

    def _wake(self) -> None:
        # Only the feeder clears ``_asleep``, so an interrupt here can only cause a delay.
        if self._asleep:
            self._pipe.wake()

    # -- the feeder's thread ----------------------------------------------------------------------

    def _work(self) -> None:
        with self._lock:
            if threading.current_thread() is not self._thread:
                return
        with self._pipe:
            self._poll.register(self._pipe, select.POLLIN)
            while not self._stopped or self._waiting or self._running:
                try:
                    self._step()
                except BaseException:  # noqa: BLE001  # a callback of a future may raise anything
                    # This thread must go on, for the sake of the other requests.
                    _LOG.exception("a step of the feeder failed")

    def _step(self) -> None:
        """Take all possible steps, then wait. Holds no reference to work while it waits."""
        self._begin_what_can()
        for descriptor in self._await():
            self._guarded(self._running[descriptor], self._proceed)
            # Here as well, so that no worker stays idle.
            self._begin_what_can()
        if time.monotonic() > self._look_at:
            self._look_at = time.monotonic() + _LOOK_S
            self._look_for_overdue()

    def _begin_what_can(self) -> None:
        while True:
            while self._decided:
                # A lease may be here twice: after an interrupt it is woken again.
                if (run := self._waiting.pop(self._decided.popleft(), None)) is not None:
                    self._guarded(run, self._begin)
            if not self._has_room():
                return
            self._take()

    def _guarded(self, run: _Run, step: Callable[[_Run], None]) -> None:
        """Take a step of one run; an exception ends only that run."""
        try:
            step(run)
        except Exception as error:  # noqa: BLE001  # it is the outcome of this work
            self._waiting.pop(run.lease, None)
            if run.sandbox is not None:
                run.sandbox.suspect(f"an execution was given up: {error!r:.200}")
                self._forget(run.sandbox)
            with contextlib.suppress(PoolError):  # no thread to replace the sandbox
                self._sandboxes.end(run.lease)
            run.work.fail(error)

    def _forget(self, sandbox: Sandbox) -> None:
        if self._running.pop(sandbox.fileno(), None) is not None:
            self._poll.unregister(sandbox.fileno())

    def _has_room(self) -> bool:
        under_way = len(self._waiting) + len(self._running)
        return bool(self._sources) and under_way < self._config.workers

    def _await(self) -> list[int]:
        """Wait for an event, and return the descriptors of sandboxes that have sent data."""
        self._asleep = True
        wait_s = 0.0 if self._decided or self._has_room() else self._longest_wait_s()
        ready = self._poll.poll(math.ceil(wait_s * 1000))
        self._asleep = False
        descriptors = [descriptor for descriptor, _ in ready]
        if self._pipe.fileno() in descriptors:
            descriptors.remove(self._pipe.fileno())
            self._pipe.drain()
        return descriptors

    def _longest_wait_s(self) -> float:
        # Bounded: a thread may have been interrupted before it woke this one.
        if self._config.lease_timeout_s is None or not self._waiting:
            return _LOOK_S
        deadlines = (run.attempts.lease_deadline for run in self._waiting.values())
        first = min(deadline for deadline in deadlines if deadline is not None)
        self._look_at = min(self._look_at, first)
        return max(0.0, min(_LOOK_S, first - time.monotonic()))

    def _look_for_overdue(self) -> None:
        for run in list(self._running.values()):
            if run.sandbox is not None and run.sandbox.overdue:
                self._guarded(run, self._proceed)
        now = time.monotonic()
        for lease, run in self._waiting.items():
            deadline = run.attempts.lease_deadline
            if deadline is not None and deadline <= now:
                self._sandboxes.give_up(lease)
                self._decided.append(lease)

    def _take(self) -> None:
        """Take one piece of work, and put its source at the end of the queue."""
        with self._lock:
            source = self._sources.popleft() if self._sources else None
        if source is None:
            return  # stopped meanwhile
        work = source.take()
        if source.has_more:
            with self._lock:
                stopped = self._stopped
                if not stopped:
                    self._sources.append(source)
            if stopped:
                source.refuse(PoolClosedError.of(self.name))
        if work is not None:
            self._prepare(work)

    def _prepare(self, work: Work) -> None:
        try:
            attempts = Attempts(
                work.request(),
                max_retries=work.max_retries,
                received_at=work.received_at,
                sandboxes=self._sandboxes,
                config=self._config,
                metrics=self._metrics,
            )
            result = attempts.prepare()
        except Exception as error:  # noqa: BLE001  # it is the outcome of this work
            work.fail(error)
            return
        if result is None:
            self._guarded(_Run(work, attempts, _FeedersLease(self._decide)), self._ask)
        else:
            work.deliver(result)

    def _ask(self, run: _Run) -> None:
        self._waiting[run.lease] = run
        self._sandboxes.ask(run.lease, first=run.dead > 0)

    def _begin(self, run: _Run) -> None:
        """Begin a run whose lease has been decided."""
        try:
            sandbox = self._sandboxes.sandbox_of(run.lease)
        except RunnerError as error:
            self._finish(run, functools.partial(run.attempts.end_without_sandbox, error))
            return
        if not sandbox.reusable or sandbox.at_eof():
            self._pass_over(run, sandbox)
            return
        run.sandbox = sandbox
        loss = run.attempts.begin(sandbox)
        if loss is not None:
            self._end(run, sandbox, loss)
            return
        self._running[sandbox.fileno()] = run
        writable = select.POLLOUT if sandbox.sending else 0
        self._poll.register(sandbox.fileno(), select.POLLIN | writable)

    def _pass_over(self, run: _Run, sandbox: Sandbox) -> None:
        """Ask for another sandbox in place of a dead one."""
        self._sandboxes.note_death(sandbox)
        self._sandboxes.end(run.lease)
        run.dead += 1
        run.lease = _FeedersLease(self._decide)
        if run.dead < MOST_DEAD:
            self._ask(run)
        else:
            error = too_many_dead(self.name)
            self._finish(run, functools.partial(run.attempts.end_without_sandbox, error))

    def _proceed(self, run: _Run) -> None:
        sandbox = run.sandbox
        assert sandbox is not None, "it is running"
        outcome = sandbox.proceed()
        if outcome is not None:
            self._forget(sandbox)
            self._end(run, sandbox, outcome)
        elif not sandbox.sending:
            self._poll.modify(sandbox.fileno(), select.POLLIN)

    def _end(self, run: _Run, sandbox: Sandbox, outcome: Report | Loss) -> None:
        run.lease.keep = self._sandboxes.may_be_kept(sandbox)
        self._finish(run, functools.partial(run.attempts.end, outcome, sandbox))

    def _finish(self, run: _Run, end: Callable[[], ExecutionResult | None]) -> None:
        """End the lease and the first attempt, and deliver the result if there is one."""
        self._sandboxes.end(run.lease)
        run.sandbox = None
        result = end()
        if result is None:
            self._hand_over(run.work, run.attempts)
        else:
            run.work.deliver(result)
