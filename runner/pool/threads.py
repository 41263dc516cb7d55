"""Background threads: a crew that runs tasks, and a watcher that notices streams that end.

Both are independent of the pool. The threads are daemons, start when there is something to do, and
refer only to what their tasks refer to.
"""

import contextlib
import heapq
import itertools
import logging
import os
import select
import threading
import time
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from runner.errors import PoolError, with_remedy
from runner.sandbox.transport import HANG_UP_EVENTS

_LOG = logging.getLogger(__name__)

Task = TypeVar("Task", bound=Callable[[], None])


class ThreadCrew(Generic[Task]):
    """A bounded number of daemon threads that run tasks in order, at once or after a delay.

    ``submit`` may be interrupted at any point, and may then be repeated.

    Args:
        name: Prefix of the threads' names.
        size: Most threads at the same time.
    """

    def __init__(self, name: str, size: int) -> None:
        self._name = name
        self._size = size
        # Taken directly: an interrupt in a method of Condition could leave it held for ever.
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._tasks: list[tuple[float, int, Task]] = []
        self._serial = itertools.count()
        self._threads: list[threading.Thread] = []
        self._waiting = 0
        self._stopped = False

    @property
    def pending(self) -> int:
        """Number of tasks that have not begun."""
        return len(self._tasks)

    def submit(self, task: Task, *, delay_s: float = 0.0) -> bool:
        """Queue a task and return True; return False if the crew has stopped.

        Raises:
            PoolError: The crew has no thread, and none can be started.
        """
        # Not a due time: a coarse clock could reorder tasks without a delay.
        due = time.monotonic() + delay_s if delay_s > 0 else 0.0
        with self._lock:
            if self._stopped:
                return False
            heapq.heappush(self._tasks, (due, next(self._serial), task))
            if self._waiting:
                self._changed.notify()
            if len(self._tasks) > self._waiting:
                self._add_thread()
            return True

    def run_delayed_now(self) -> None:
        """Run the tasks that wait for their delay without further delay."""
        with self._lock:
            self._tasks = [(0.0, serial, task) for _, serial, task in self._tasks]
            heapq.heapify(self._tasks)
            self._changed.notify_all()

    def stop(self) -> list[Task]:
        """Take no more tasks, and return those that have not begun. Does not wait."""
        with self._lock:
            self._stopped = True
            left = [task for _, _, task in sorted(self._tasks)]
            self._tasks.clear()
            self._changed.notify_all()
            return left

    def join(self, deadline: float) -> bool:
        """Wait for the threads after ``stop``; return True if all ended before the deadline."""
        for thread in list(self._threads):
            join_thread(thread, deadline)
        return not any(thread.is_alive() for thread in self._threads)

    def _add_thread(self) -> None:
        """Start another thread, unless there are enough."""
        if self._threads and not self._threads[-1].is_alive():
            self._threads.pop()  # an interrupt came before it was started
        if len(self._threads) < self._size:
            name = f"{self._name}-{len(self._threads)}"
            thread = threading.Thread(target=self._work, name=name, daemon=True)
            self._threads.append(thread)
            try:
                start_thread(thread)
            except PoolError:
                if len(self._threads) == 1:
                    raise
                # The other threads do its work; the next call removes it.

    def _work(self) -> None:
        with self._lock:
            if threading.current_thread() not in self._threads:
                return  # another thread has replaced it
        while (task := self._next()) is not None:
            try:
                task()
            except Exception:  # noqa: BLE001
                # A failed task must not end the thread. Tasks handle their own errors, so this is a
                # bug in this library.
                _LOG.exception("a background task failed")
            del task  # frees its objects before the next task comes

    def _next(self) -> Task | None:
        with self._lock:
            while not self._stopped:
                left_s = self._tasks[0][0] - time.monotonic() if self._tasks else None
                if left_s is not None and left_s <= 0:
                    return heapq.heappop(self._tasks)[2]
                self._waiting += 1
                try:
                    self._changed.wait(left_s)
                finally:
                    self._waiting -= 1
            return None


def start_thread(thread: threading.Thread) -> None:
    """Start a thread.

    Raises:
        PoolError: The machine has no thread for it; the message gives the remedy.
    """
    try:
        thread.start()
    except RuntimeError as error:
        raise PoolError(f"cannot start {thread.name}: {with_remedy(error)}") from error


def join_thread(thread: threading.Thread, deadline: float) -> None:
    """Wait for another thread until the deadline, unless it was never started."""
    if thread is not threading.current_thread() and thread.is_alive():
        thread.join(max(0.0, deadline - time.monotonic()))


class WakePipe:
    """Wakes a thread that waits in ``poll``, and that has the pipe open by a ``with`` block."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._out = self._in = -1

    def __enter__(self) -> None:
        with self._lock:
            self._out, self._in = os.pipe()
            os.set_blocking(self._in, False)

    def __exit__(self, *_: object) -> None:
        with self._lock:
            os.close(self._out)
            os.close(self._in)
            self._in = -1

    def fileno(self) -> int:
        """Return the descriptor to poll."""
        return self._out

    def wake(self) -> None:
        """Wake the thread; does nothing if the pipe is not open. Any thread may call this."""
        with self._lock, contextlib.suppress(BlockingIOError):  # a full pipe wakes as well
            if self._in >= 0:
                os.write(self._in, b"x")

    def drain(self) -> None:
        """Read what has woken the thread."""
        os.read(self._out, 4096)


class Watched(Protocol):
    """Something with a stream that may end."""

    def fileno(self) -> int:
        """Return the descriptor, -1 when closed."""
        ...

    def hung_up(self) -> bool:
        """Return True if the stream has ended."""
        ...


W = TypeVar("W", bound=Watched)


class HangupWatcher(Generic[W]):
    """One thread that waits for the end of any of its streams, without reading from them.

    Streams may be closed without notice: closing shuts them down first, which is noticed here.

    Args:
        name: The thread's name.
        on_end: Called in the thread with each stream that has ended, once.
    """

    def __init__(self, name: str, on_end: Callable[[W], None]) -> None:
        self._on_end = on_end
        self._lock = threading.Lock()
        self._watched: dict[int, W] = {}
        self._stopped = False
        self._pipe = WakePipe()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Start the thread; ``stop`` ends it even if this was interrupted.

        Raises:
            PoolError: The machine has no thread for it.
        """
        start_thread(self._thread)

    def add(self, watched: W) -> None:
        """Begin to watch a stream."""
        descriptor = watched.fileno()
        if descriptor < 0:
            return  # it was closed meanwhile
        with self._lock:
            self._watched[descriptor] = watched
        self._pipe.wake()

    def stop(self, deadline: float) -> None:
        """End the thread and free the descriptors."""
        self._stopped = True
        self._pipe.wake()
        join_thread(self._thread, deadline)

    def _run(self) -> None:
        with self._pipe:
            while not self._stopped:
                for watched in self._ended():
                    self._on_end(watched)

    def _ended(self) -> list[W]:
        poll = select.poll()
        poll.register(self._pipe, select.POLLIN)
        with self._lock:
            for descriptor in self._watched:
                poll.register(descriptor, HANG_UP_EVENTS)
        ready = {descriptor for descriptor, _ in poll.poll()}
        if self._pipe.fileno() in ready:
            self._pipe.drain()
        with self._lock:
            # Check again: the descriptor may have been reused by a newer stream, which is intact.
            gone = {
                descriptor: watched
                for descriptor, watched in self._watched.items()
                if watched.fileno() != descriptor or (descriptor in ready and watched.hung_up())
            }
            for descriptor in gone:
                del self._watched[descriptor]
        return list(gone.values())
