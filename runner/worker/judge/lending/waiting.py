"""What a test waits by: ``time.sleep``, and events, queues and the like of ``threading``.

A thread of the solution can call the test only while the judge listens (``Timer(0.1, callback)``).
So a test that waits asks the solution's process to wait, in short turns, and answers such calls
meanwhile. A test with threads of its own waits as usual: their calls of the solution must not wait
for these turns.
"""

import contextlib
import threading
import time
from typing import Any

from ...boundary.opcodes import Op
from ...determinism import fixed_clock
from ..judge_session import JudgeSession
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
        return _Lock(session)

    return replaced((time, "sleep", sleep), (threading, "_allocate_lock", allocate_lock))


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

    def __init__(self, session: JudgeSession) -> None:
        self._session = session
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
            step = _SOON_S if _listens(self._session, left) else _LATER_S
