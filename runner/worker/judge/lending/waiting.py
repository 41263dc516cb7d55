"""What a test waits by: ``time.sleep``, and events, queues and the like of ``threading``.

A thread of the solution can call the test only while the judge listens (``Timer(0.1, callback)``).
So a test that waits asks the solution's process to wait, in short turns, and answers such calls
meanwhile. A test with threads of its own waits as usual: their calls of the solution must not wait
for these turns.

A call of the solution that would have to wait (``get`` of the test's empty queue) is refused for
now, and the solution's process makes it again later: the test could not go on meanwhile.
"""

import contextlib
import sys
import threading
import time
import types
from typing import Any

from ...boundary.ambient_state import FILES_OF_TESTS
from ...boundary.opcodes import Absent, Op
from ...determinism import fixed_clock
from ..judge_session import JudgeSession
from ..trust import callbacks
from .replacing import replaced

#: The names by which a test is recognised that may wait for the solution.
NAMES = frozenset({"sleep", "threading", "queue", "Event", "Condition", "Queue"})

#: Seconds for which the judge listens at a time.
_TURN_S = 0.02
#: Seconds of the first wait for a lock, in which most are released.
_SOON_S = 0.001
#: Seconds until a solution without threads is asked again whether it has some.
_LATER_S = 0.1

#: The real clock: a pool may have a fixed one, and a test may replace it.
_monotonic = time.monotonic
_real_lock: Any = vars(threading)["_allocate_lock"]


def lent(session: JudgeSession) -> contextlib.AbstractContextManager[None]:
    """Return a context manager in which the solution's threads call a test while it waits."""
    real_sleep = vars(time)["sleep"]  # of the fixed clock, if the pool has one

    def sleep(seconds: float, /) -> None:
        end = _monotonic() + seconds
        while (left := end - _monotonic()) > 0 and _listens(session, left):
            pass
        fixed_clock.move(max(seconds - max(left, 0.0), 0.0))
        real_sleep(max(left, 0.0) if seconds >= 0 else seconds)

    def allocate_lock() -> _Lock:
        return _Lock(session, calls)

    calls = _Calls()
    return replaced(
        (time, "sleep", sleep),
        (threading, "_allocate_lock", allocate_lock),
        (session, "perform", calls.perform),
    )


class _Later(BaseException):
    """A call of the solution would have to wait."""


class _Calls:
    """The calls of the solution that the test's objects answer, each within the one before."""

    def __init__(self) -> None:
        #: Thread, object and the object's attributes before the call.
        self._running: list[tuple[int, Any, dict[str, Any]]] = []

    def perform(self, op: Any, items: list[Any]) -> Any:
        """Do what the solution asks, or return ``ABSENT`` if that would have to wait."""
        owner = _library_object(op, items)
        self._running.append((threading.get_ident(), owner, {**getattr(owner, "__dict__", {})}))
        try:
            return callbacks.perform(op, items)
        except _Later:
            return Absent.ABSENT
        finally:
            self._running.pop()

    def can_be_repeated(self, waiting: dict[str, Any]) -> bool:
        """Return True if a call waits that has changed nothing yet.

        The condition has to be the called object's own, so that the call has done nothing else
        (``Thread.start`` waits by a part of it), and what the object has must be what it had.

        Args:
            waiting: The variables of the method that waits.
        """
        thread, owner, before = self._running[-1] if self._running else (0, None, {})
        if thread != threading.get_ident():
            return False
        had = [*map(id, before.values())]
        return id(waiting.get("self")) in had and had == [*map(id, vars(owner).values())]


def _library_object(op: Any, items: list[Any]) -> Any:
    """Return the object of a method that a library defines in Python, None for anything else."""
    owner, function = None, None
    if op == Op.APPLY:  # ``with``
        owner, function = items[1], getattr(type(items[1]), items[0], None)
    elif op == Op.CALL and type(items[0]) is types.MethodType:
        owner, function = items[0].__self__, items[0].__func__
    if type(function) is not types.FunctionType:
        return None
    return None if function.__code__.co_filename in FILES_OF_TESTS else owner


def _listens(session: JudgeSession, left_s: float) -> bool:
    """Listen for one turn; return False if the solution has no threads, or the test has some."""
    if threading.active_count() > 1:
        return False
    turn, began = min(left_s, _TURN_S), _monotonic()
    with session.ledger.learning_nothing():
        has_threads = session.request_if_free(Op.WAIT, turn) is True
    # An answer that comes early counts as none, so it cannot make the test ask all the time.
    return has_threads and _monotonic() - began >= turn


class _Lock:
    """The lock with which ``Condition.wait`` waits."""

    def __init__(self, session: JudgeSession, calls: _Calls) -> None:
        self._session = session
        self._calls = calls
        self._lock = _real_lock()
        self.release = self._lock.release

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:  # noqa: FBT001, FBT002 - as the real one
        """Acquire the lock, and listen to the solution meanwhile."""
        if not blocking:
            return bool(self._lock.acquire(blocking))
        end = None if timeout < 0 else _monotonic() + timeout
        step = _SOON_S
        while True:
            left = threading.TIMEOUT_MAX if end is None else max(end - _monotonic(), 0.0)
            if self._lock.acquire(timeout=min(left, step)):
                return True
            if left <= step:
                return False
            if end is None and self._calls.can_be_repeated(sys._getframe(1).f_locals):
                raise _Later
            step = _SOON_S if _listens(self._session, left) else _LATER_S
