"""Assigns sandboxes to callers: the decisions of the pool, without I/O, threads or waiting.

``LeaseTable`` has no lock of its own: its owner calls it under the one lock of the pool, and does
the ``pending_work`` outside it. Every arrival, return, loss, start, failure and close ends in
``_grant``, the one function that gives sandboxes to callers.

Invariants: no caller waits while a sandbox is idle that may be leased; at most ``workers`` are
leased; idle, leased and starting ones are at most ``workers + spares``; after close all of them are
given up.

A ``KeyboardInterrupt`` may come between any two lines here. So nothing is taken from one place
before it is in the next, ``leased`` is right where two places disagree, every method begins with
``_tidy``, and a caller ends its lease in every case.
"""

import copy
import dataclasses
import threading
import time
from collections import deque

from runner.errors import PoolTimeoutError
from runner.sandbox.sandbox import Sandbox, SandboxState


class Lease:
    """A caller's claim to one sandbox: it waits, is granted one or refused, and ends.

    It exists before anything is asked for, so a sandbox that was granted is found here even if the
    caller was interrupted before it saw it.

    Attributes:
        sandbox: The sandbox that was granted; None before that.
        error: The error of a refused claim.
        keep: Whether the sandbox may be leased again afterwards.
    """

    __slots__ = ("_wakeup", "error", "keep", "sandbox")

    def __init__(self) -> None:
        self.sandbox: Sandbox | None = None
        self.error: BaseException | None = None
        self.keep = False
        # Not a Condition, whose methods are written in Python: an interrupt within them can leave
        # its lock held for ever.
        self._wakeup = threading.Lock()
        self._wakeup.acquire()

    @property
    def decided(self) -> bool:
        """Whether the claim was granted or refused."""
        return self.sandbox is not None or self.error is not None

    def wait(self, deadline: float | None) -> bool:
        """Wait until the claim is decided; return False if the deadline passes first."""
        if deadline is None:
            return self._wakeup.acquire()
        left_s = max(0.0, deadline - time.monotonic())
        return self._wakeup.acquire(timeout=min(left_s, threading.TIMEOUT_MAX))

    def wake(self) -> None:
        """Wake the caller; does nothing if it is awake."""
        if self._wakeup.locked():
            self._wakeup.release()

    def refuse(self, error: BaseException) -> None:
        """Refuse the claim with an error."""
        # A copy for each: raising one object in several threads tangles its traceback.
        self.error = copy.copy(error)
        self.wake()


@dataclasses.dataclass
class PendingWork:
    """Work that is to be done outside the lock.

    Attributes:
        start: How many sandboxes to start.
        destroy: Sandboxes that were given up.
    """

    start: int = 0
    destroy: list[Sandbox] = dataclasses.field(default_factory=list)


class LeaseTable:
    """The assignment of sandboxes to callers."""

    def __init__(self, *, workers: int, spares: int) -> None:
        self.workers = workers
        self.capacity = workers + spares
        # Least recently used first, which is leased first: it has had the most time to fork the
        # next pair of processes, so that back-to-back callers do not wait for that.
        self.idle: deque[Sandbox] = deque()
        self.leased: dict[Sandbox, Lease] = {}
        self.waiting: deque[Lease] = deque()
        #: Given up, and not yet handed over for destruction.
        self.to_destroy: deque[Sandbox] = deque()
        self.starting = 0
        #: Starts that have failed since the last one that succeeded.
        self.failures = 0
        #: Whether the last start failed in a way that a repetition cannot mend.
        self.hopeless = False
        self.closing = False

    @property
    def live(self) -> int:
        """Number of sandboxes that have started and are not given up."""
        return len(self.idle) + len(self.leased)

    @property
    def is_down(self) -> bool:
        """Whether no sandbox lives and none can be started."""
        return self.live == 0 and (self.hopeless or self.failures >= self.capacity)

    @property
    def has_work(self) -> bool:
        """Whether there is pending work."""
        return bool(self.to_destroy) or self._missing > 0

    def pending_work(self) -> PendingWork:
        """Return and clear the pending work; only for background threads: no interrupts there."""
        self._tidy()
        work = PendingWork(self._missing, list(self.to_destroy))
        self.starting += work.start
        self.to_destroy.clear()
        for sandbox in work.destroy:
            sandbox.move(SandboxState.CLOSED)
        return work

    def ask(self, lease: Lease, *, first: bool = False) -> None:
        """Join the queue; ``first`` is for a caller whose previous sandbox was dead."""
        self._tidy()
        if first:
            self.waiting.appendleft(lease)
        else:
            self.waiting.append(lease)
        self._grant()

    def leave(self, lease: Lease) -> None:
        """Refuse a lease whose deadline has passed, unless it was granted meanwhile."""
        self._tidy()
        if not lease.decided:
            lease.error = PoolTimeoutError(
                "no sandbox became free in time: raise lease_timeout_s, or the number of workers"
            )
            self._forget(lease)

    def end(self, lease: Lease) -> None:
        """End a lease in any state. Idempotent."""
        self._tidy()
        sandbox = lease.sandbox
        if sandbox is None:
            self._forget(lease)
        elif self.leased.get(sandbox) is lease:
            kept = lease.keep and not self.closing
            (self.idle if kept else self.to_destroy).append(sandbox)
            del self.leased[sandbox]
            if kept:
                sandbox.move(SandboxState.IDLE)
        self._grant()

    def lose(self, sandbox: Sandbox) -> bool:
        """Give up a sandbox that died while idle; return False for any other, as a leased one."""
        self._tidy()
        if sandbox not in self.idle:
            return False
        self.idle.remove(sandbox)
        self.to_destroy.append(sandbox)
        return True

    def started(self, sandbox: Sandbox) -> None:
        """Add a sandbox that has started."""
        self._tidy()
        self.starting -= 1
        self.failures, self.hopeless = 0, False
        if self.closing:
            self.to_destroy.append(sandbox)
            return
        sandbox.move(SandboxState.IDLE)
        self.idle.append(sandbox)
        self._grant()

    def not_started(self, error: BaseException, *, hopeless: bool = False) -> bool:
        """Record a failed start; return True if it is to be repeated and still counts as starting.

        If no sandbox is left, waiting callers are refused with the error, so that they do not wait
        for a lost engine. A single start may fail by accident, so this takes as many failures as
        there may be sandboxes, or a hopeless one.
        """
        self._tidy()
        if self.closing:
            self.starting -= 1
            return False
        self.failures += 1
        self.hopeless = hopeless
        if self.is_down:
            self._refuse_all(error)
        return True

    def close(self, error: BaseException) -> None:
        """Refuse all waiters and give up all idle sandboxes, for good."""
        self._tidy()
        self.closing = True
        self._refuse_all(error)
        while self.idle:
            self.to_destroy.append(self.idle[0])
            self.idle.popleft()

    @property
    def _missing(self) -> int:
        return 0 if self.closing else max(0, self.capacity - self.live - self.starting)

    def _grant(self) -> None:
        while self.waiting and self.idle and len(self.leased) < self.workers:
            lease, sandbox = self.waiting[0], self.idle[0]
            # One statement without a call: no interrupt can come in between.
            lease.sandbox, self.leased[sandbox] = sandbox, lease
            sandbox.move(SandboxState.LEASED)
            self.idle.popleft()
            lease.wake()
            self.waiting.popleft()

    def _tidy(self) -> None:
        """Finish the one step that an interrupt may have cut short, in ``_grant`` or elsewhere."""
        if self.idle and self.idle[0] in self.leased:
            self.idle.popleft()
        if self.idle and self.idle[-1] in self.leased:
            self.idle.pop()
        if self.to_destroy and self.to_destroy[-1] in self.leased:
            self.to_destroy.pop()
        if self.idle and self.to_destroy and self.idle[0] is self.to_destroy[-1]:
            self.idle.popleft()
        if self.waiting and self.waiting[0].decided:
            self.waiting[0].wake()
            self.waiting.popleft()

    def _forget(self, lease: Lease) -> None:
        if lease in self.waiting:
            self.waiting.remove(lease)

    def _refuse_all(self, error: BaseException) -> None:
        while self.waiting:
            self.waiting[0].refuse(error)
            self.waiting.popleft()
