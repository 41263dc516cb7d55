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

#: The test may replace these in this process.
_Thread, _Queue = threading.Thread, queue.SimpleQueue
_get_ident, _start = threading.get_ident, _thread.start_new_thread
_new_lock: Callable[[], Any] = _thread.allocate_lock

#: What performs a request.
Perform = Callable[[Any, list[Any]], Any]


class _Peer:
    """One of these threads: performs one request after the other."""

    def __init__(self, perform: Perform) -> None:
        self._perform = perform
        self._requests: Any = _Queue()
        #: Locked as long as there is no answer.
        self._unanswered = _new_lock()
        self._unanswered.acquire()
        self._answer: Any = None
        self._error: BaseException | None = None

    def run(self) -> None:
        """Perform requests until the end."""
        while (request := self._requests.get()) is not None:
            self._do(request)

    def _do(self, request: list[Any]) -> None:
        op, *items = request
        try:
            self._answer, self._error = self._perform(op, items), None
        except BaseException as error:  # whatever is raised is the answer
            self._answer, self._error = None, error
        self._unanswered.release()

    def begin(self, request: list[Any]) -> None:
        """Let the thread begin a request."""
        self._requests.put(request)

    def end(self) -> None:
        """Let the thread end."""
        self._requests.put(None)

    def answer(self, timeout_s: float) -> Any:
        """Return or raise the answer; ``ABSENT`` if there is none in time."""
        if not self._unanswered.acquire(timeout=timeout_s):
            return Absent.ABSENT
        error, self._error = self._error, None
        if error is not None:
            raise error
        return self._answer


class _WithoutThread(_Peer):
    """Stands for one where there can be no more threads; nothing else is answered meanwhile."""

    def begin(self, request: list[Any]) -> None:
        """Perform a request."""
        self._do(request)


class PeerThreads:
    """The threads of one session. They exist if the test has several threads.

    Args:
        perform: Performs a request.
    """

    def __init__(self, perform: Perform) -> None:
        self._perform = perform
        self._main = _Peer(perform)
        self._peers = {MAIN_THREAD: self._main}
        self._reader: int | None = None
        self._last = b""

    def begin(self, number: int, name: str, *ended: int) -> None:
        """Have a thread for one of the test, and none for those that have ended."""
        for each in ended:
            self._peers.pop(each).end()
        if number == MAIN_THREAD:
            return
        peer = _Peer(self._perform)
        try:
            _Thread(target=peer.run, name=name, daemon=True).start()
        except RuntimeError:  # the limit of threads
            peer = _WithoutThread(self._perform)
        self._peers[number] = peer

    def read(self, read: Callable[[], bytes]) -> bytes:
        """Let another thread read the judge's requests, and perform those of its main thread.

        Args:
            read: Serves the requests of the session; returns the message that ends it.
        """
        _start(self._read, (read,))
        self._main.run()
        for peer in self._peers.values():
            peer.end()
        return self._last

    def _read(self, read: Callable[[], bytes]) -> None:
        self._reader = _get_ident()
        try:
            self._last = read()
        except ChannelClosed:
            os._exit(0)
        except BaseException:  # the main thread may be waiting in the solution
            os._exit(1)
        self._main.end()

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
            self._main.begin([op, *items])
            return self._main.answer(-1)
        number, *request = items
        peer = self._peers[number]
        if request:
            peer.begin(request)
        return peer.answer(_TURN_S if request else 0.0)
