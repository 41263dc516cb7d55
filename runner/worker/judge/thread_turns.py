"""Requests of a test with several threads: each thread asks a thread of the solution's process.

One request at a time is under way, so the two processes stay in step. A request that has to wait in
the solution is answered by "not yet": then other threads of the test may ask, and this one asks
again after a pause. So it may wait for what the others do.
"""

import sys
import threading
from collections.abc import Callable
from typing import Any

from ..boundary.opcodes import MAIN_THREAD, Absent, Op
from ..boundary.session import until_answered

#: Seconds that a request of a thread may take beyond the end of the test.
_LAST_REQUEST_S = 1.0

#: The test may replace these.
_active_count, _current, _main = (
    threading.active_count,
    threading.current_thread,
    threading.main_thread,
)
_get_ident = threading.get_ident


class _Number(threading.local):
    """The number of a thread; None if the solution's process has no thread for it yet."""

    number: int | None = None


class ThreadTurns:
    """Sends the requests of one session.

    Args:
        ask: Sends a request, and returns the answer.
        lock: Is held during a request.

    Attributes:
        count_threads: Returns how many threads the test has.
    """

    def __init__(self, ask: Callable[..., Any], lock: Any) -> None:
        self._ask = ask
        self._lock = lock
        self.count_threads = _active_count
        self._has_ended = False
        #: The thread whose request is under way.
        self._asking = 0
        #: The threads that wait for an answer.
        self._waiting: set[int] = set()
        self._own = _Number()
        self._begun: dict[int, threading.Thread] = {}
        self._last = MAIN_THREAD

    def request(self, op: Op, *items: Any) -> Any:
        """Send a request of this thread and return its answer; its exception is raised here."""
        thread = _get_ident()
        # What is asked within another request is answered before that: there are no turns then.
        if self.count_threads() == 1 or self._asking == thread:
            return self._in_turn(thread, op, *items)
        if op == Op.METHOD:
            return Absent.ABSENT  # which would be taken for "not yet"
        self._waiting.add(thread)
        try:
            return self._in_turns(thread, op, *items)
        finally:
            self._waiting.discard(thread)

    def end(self) -> bool:
        """Let threads send no more requests; return False if one is under way for too long."""
        has_lock = self._lock.acquire(timeout=_LAST_REQUEST_S)
        self._has_ended = True
        if has_lock:
            self._lock.release()
        return bool(has_lock)

    def has_waiting(self) -> bool:
        """Return True if a thread waits for an answer."""
        return bool(self._waiting)

    def _in_turns(self, thread: int, op: Op, *items: Any) -> Any:
        number = self._number(thread)
        answer = self._in_turn(thread, Op.TURN, number, int(op), *items)
        return until_answered(answer, lambda: self._in_turn(thread, Op.TURN, number), self._waiting)

    def _in_turn(self, thread: int, op: Op, *items: Any) -> Any:
        with self._lock:
            if self._has_ended and _current() is not _main():
                sys.exit()  # the thread ends after its test
            before, self._asking = self._asking, thread
            try:
                return self._ask(op, *items)
            finally:
                self._asking = before

    def _number(self, thread: int) -> int:
        """Return the number of this thread; the first time, let the other process have one too."""
        if self._own.number is None:
            with self._lock:
                self._own.number = self._begin(thread, _current())
        return self._own.number

    def _begin(self, thread: int, current: threading.Thread) -> int:
        number = MAIN_THREAD
        if current is not _main():
            number = self._last = self._last + 1
        ended = [each for each, known in self._begun.items() if not known.is_alive()]
        self._begun = {n: known for n, known in self._begun.items() if n not in ended}
        self._begun[number] = current
        self._in_turn(thread, Op.THREAD, number, str(current.name), *ended)
        return number
