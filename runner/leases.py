"""Who has which sandbox: all decisions of the pool, without I/O, threads or waiting.

``Leases`` is not locked: its owner calls it under the one lock of the pool and then does, outside
the lock, what the returned ``Chores`` say. Every arrival, return, loss, start, failure and close
ends in ``_settle``, the one function that matches callers with sandboxes and sees what is missing.

Kept at all times: nobody waits beside a sandbox that may be leased; at most ``workers`` are leased;
idle, leased and starting ones are at most ``workers + spares``; after close all are let go.
"""

import copy
import dataclasses
import threading
import time
from collections import deque

from runner.errors import PoolTimeoutError
from runner.sandbox import Sandbox, SandboxState


class Waiter:
    """A caller in the queue.

    It is served or refused, or it leaves; whoever takes its lock first decides which. The giver
    learns whether the gift was taken, so that no sandbox goes to somebody who has just left.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition(threading.Lock())
        self._sandbox: Sandbox | None = None
        self._error: BaseException | None = None

    def offer(self, sandbox: Sandbox) -> bool:
        """Hand a sandbox over, and tell whether the caller was still there to take it."""
        with self._changed:
            if self._decided:
                return False
            self._sandbox = sandbox
            self._changed.notify()
            return True

    def refuse(self, error: BaseException) -> bool:
        """Send the caller away, and tell whether it was still there."""
        with self._changed:
            if self._decided:
                return False
            self._error = error
            self._changed.notify()
            return True

    def wait(self, deadline: float | None) -> Sandbox:
        """Wait for a sandbox.

        Raises:
            PoolTimeoutError: None came before the deadline.
            RunnerError: Whatever the pool refused with.
        """
        with self._changed:
            while not self._decided:
                left_s = None if deadline is None else deadline - time.monotonic()
                if left_s is not None and left_s <= 0:
                    self._error = PoolTimeoutError("no sandbox became free in time")
                    break
                self._changed.wait(left_s)
        if self._error is not None:
            raise self._error
        assert self._sandbox is not None
        return self._sandbox

    def leave(self) -> Sandbox | None:
        """Stop waiting; returns the sandbox that was handed over meanwhile, if one was."""
        with self._changed:
            if not self._decided:
                self._error = PoolTimeoutError("the caller left the queue")
            return self._sandbox

    @property
    def _decided(self) -> bool:
        return self._sandbox is not None or self._error is not None


@dataclasses.dataclass
class Chores:
    """What is to be done outside the lock.

    Attributes:
        start: How many sandboxes to start.
        destroy: Sandboxes that belong to nobody any more.
    """

    start: int = 0
    destroy: list[Sandbox] = dataclasses.field(default_factory=list)


class Leases:
    """Who has which sandbox."""

    def __init__(self, *, workers: int, spares: int) -> None:
        self.workers = workers
        self.capacity = workers + spares
        # Least recently used first, which is the first to go out: it has had the most time to fork
        # the next pair of processes, so that back-to-back callers do not wait for that.
        self.idle: deque[Sandbox] = deque()
        self.leased: set[Sandbox] = set()
        self.waiters: deque[Waiter] = deque()
        self.starting = 0
        #: Starts that have failed since the last one that succeeded.
        self.failures = 0
        self.closing = False

    @property
    def live(self) -> int:
        """How many sandboxes have greeted and are not given up."""
        return len(self.idle) + len(self.leased)

    @property
    def is_down(self) -> bool:
        """Whether nothing lives, and nothing can be started either."""
        return self.live == 0 and self.failures >= self.capacity

    def grow(self) -> Chores:
        """Begin to fill the pool."""
        return self._settle()

    def take(self) -> Sandbox | None:
        """Lease a sandbox at once, or None if there is none for a newcomer."""
        if self.waiters or not self._may_lease:
            return None
        return self._lease_idle()

    def wait(self, waiter: Waiter, *, first: bool = False) -> Chores:
        """Join the queue; ``first`` is for a caller who had been served with a dead sandbox."""
        if first:
            self.waiters.appendleft(waiter)
        else:
            self.waiters.append(waiter)
        return self._settle()

    def forget(self, waiter: Waiter) -> None:
        """Take a caller who has left out of the queue."""
        if waiter in self.waiters:
            self.waiters.remove(waiter)

    def give_back(self, sandbox: Sandbox, *, keep: bool) -> Chores:
        """End a lease; a sandbox about which there is any doubt is not kept."""
        self.leased.remove(sandbox)
        if keep and not self.closing:
            sandbox.move(SandboxState.IDLE)
            self.idle.append(sandbox)
            return self._settle()
        sandbox.move(SandboxState.CLOSED)
        return self._settle(destroy=[sandbox])

    def lose(self, sandbox: Sandbox) -> Chores:
        """Drop a sandbox that died while idle; a leased one is its holder's to give back."""
        if sandbox not in self.idle:
            return Chores()
        self.idle.remove(sandbox)
        sandbox.move(SandboxState.CLOSED)
        return self._settle(destroy=[sandbox])

    def started(self, sandbox: Sandbox) -> Chores:
        """Take in a sandbox that has greeted."""
        self.starting -= 1
        self.failures = 0
        if self.closing:
            sandbox.move(SandboxState.CLOSED)
            return Chores(destroy=[sandbox])
        sandbox.move(SandboxState.IDLE)
        self.idle.append(sandbox)
        return self._settle()

    def not_started(self, error: BaseException) -> bool:
        """Note a failed start, and tell whether to try it again (it still counts as starting).

        Callers who wait are sent away with the error if there is nobody left to serve them: an
        engine that is gone must not become a queue that never moves. A single start may also fail
        by accident, so all must have had their turn.
        """
        if self.closing:
            self.starting -= 1
            return False
        self.failures += 1
        if self.is_down:
            self._refuse_all(error)
        return True

    def close(self, error: BaseException) -> Chores:
        """Send all waiters away and let go of everything that is idle; no way back."""
        self.closing = True
        self._refuse_all(error)
        destroy = list(self.idle)
        self.idle.clear()
        for sandbox in destroy:
            sandbox.move(SandboxState.CLOSED)
        return Chores(destroy=destroy)

    @property
    def _may_lease(self) -> bool:
        return bool(self.idle) and len(self.leased) < self.workers

    def _lease_idle(self) -> Sandbox:
        sandbox = self.idle.popleft()
        self._lease(sandbox)
        return sandbox

    def _lease(self, sandbox: Sandbox) -> None:
        sandbox.move(SandboxState.LEASED)
        self.leased.add(sandbox)

    def _settle(self, destroy: list[Sandbox] | None = None) -> Chores:
        chores = Chores(destroy=destroy or [])
        if self.closing:
            return chores
        while self.waiters and self._may_lease:
            if self.waiters.popleft().offer(self.idle[0]):
                self._lease_idle()
        chores.start = max(0, self.capacity - self.live - self.starting)
        self.starting += chores.start
        return chores

    def _refuse_all(self, error: BaseException) -> None:
        while self.waiters:
            # A copy for each: raising one object in several threads tangles its traceback.
            self.waiters.popleft().refuse(copy.copy(error))
