"""The threads that perform what threads of a test request, each of them for one.

So a call may wait in the solution for what another thread of the test does (``queue.get``), and
the solution sees threads as the test has them: ``threading.local``, locks that belong to a thread,
names. What the test's main thread requests is performed by the main thread.
"""

import _thread
import os
import queue
import threading
from collections.abc import Callable
from typing import Any

from ..boundary.channel import ChannelClosed
from ..boundary.opcodes import MAIN_THREAD, Absent, Op

#: Time that the judge waits for an answer before others of its threads may ask, in seconds. Longer
#: than nearly all calls: a call that is interrupted costs two more messages.
_TURN_S = 0.005

#: Most of these threads at a time: the test's own count against the limit of the sandbox, too.
_MOST = 48

#: The test may replace these in this process.
_Thread, _Queue = threading.Thread, queue.SimpleQueue
_get_ident, _start = threading.get_ident, _thread.start_new_thread
_new_lock: Callable[[], Any] = _thread.allocate_lock

#: What performs a request.
Perform = Callable[[Any, list[Any]], Any]


class _Request:
    """A request, and what it is answered as soon as that is known."""

    def __init__(self, perform: Perform, op: Any, items: list[Any]) -> None:
        self._perform, self._op, self._items = perform, op, items
        #: Locked as long as there is no answer.
        self._unanswered = _new_lock()
        self._unanswered.acquire()
        self._answer: Any = None
        self._error: BaseException | None = None

    def perform(self) -> None:
        """Do what is requested."""
        try:
            items, self._items = self._items, []
            self._answer = self._perform(self._op, items)
        except BaseException as error:  # whatever is raised is the answer
            self._error = error
        self._unanswered.release()

    def answer(self, timeout_s: float) -> Any:
        """Return or raise the answer; ``ABSENT`` if there is none in time."""
        if not self._unanswered.acquire(timeout=timeout_s):
            return Absent.ABSENT
        (answer, error), self._answer, self._error = (self._answer, self._error), None, None
        if error is not None:
            raise error
        return answer


def _perform_all(requests: Any) -> None:
    """Perform one request after the other, until the end."""
    while (request := requests.get()) is not None:
        request.perform()
        del request  # and what it holds


class PeerThreads:
    """The threads of one session. They exist if the test has several threads.

    Args:
        perform: Performs a request.
    """

    def __init__(self, perform: Perform) -> None:
        self._perform = perform
        #: The requests of the test's main thread.
        self._main: Any = _Queue()
        #: The requests of each thread of the test, by its number.
        self._requests = {MAIN_THREAD: self._main}
        #: The last one of each.
        self._under_way: dict[int, _Request] = {}
        self._reader: int | None = None
        self._last = b""

    def begin(self, number: int, name: str, *ended: int) -> None:
        """Have a thread for one of the test, and none for those that have ended.

        If there cannot be more threads, the one before performs what is requested. The main thread
        is kept free for what it may have to do meanwhile.
        """
        for each in ended:
            self._end(self._requests.pop(each))
            self._under_way.pop(each, None)
        if number != MAIN_THREAD:
            self._requests[number] = self._started(name) or [*self._requests.values()][-1]

    def _started(self, name: str) -> Any:
        """Return the requests of a new thread, or None if there cannot be more."""
        if len(self._requests) > _MOST:
            return None
        requests: Any = _Queue()
        try:
            _Thread(target=_perform_all, args=(requests,), name=name, daemon=True).start()
        except RuntimeError:
            return None
        return requests

    def _end(self, requests: Any) -> None:
        """Let a thread end, if it is not the main thread and performs for no other one."""
        others = self._main, *self._requests.values()
        if not any(requests is each for each in others):
            requests.put(None)

    def read(self, read: Callable[[], bytes]) -> bytes:
        """Let another thread read the judge's requests, and perform those of its main thread.

        Args:
            read: Serves the requests of the session; returns the message that ends it.
        """
        _start(self._read, (read,))
        _perform_all(self._main)
        while self._requests:
            self._end(self._requests.popitem()[1])
        return self._last

    def _read(self, read: Callable[[], bytes]) -> None:
        self._reader = _get_ident()
        try:
            self._last = read()
        except ChannelClosed:
            os._exit(0)
        except BaseException:  # the main thread may be waiting in the solution
            os._exit(1)
        self._main.put(None)

    def is_reader(self) -> bool:
        """Return True in the thread that reads the judge's requests."""
        return self._reader == _get_ident()

    def serve(self, op: Any, items: list[Any]) -> Any:
        """Have the thread to which a request belongs perform it.

        Returns:
            The answer; ``ABSENT`` if there is none yet. Then the judge asks again, with the number
            of the thread alone.
        """
        if op != Op.TURN:
            return self._begin(MAIN_THREAD, op, items).answer(-1)
        number, *request = items
        if request:
            op, *items = request
            return self._begin(number, op, items).answer(_TURN_S)
        return self._under_way[number].answer(0.0)

    def _begin(self, number: int, op: Any, items: list[Any]) -> _Request:
        request = self._under_way[number] = _Request(self._perform, op, items)
        self._requests[number].put(request)
        return request
