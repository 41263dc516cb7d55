"""A thread that runs one task after another, so that their shared state needs no lock."""

import logging
import queue
import threading
import time
from collections.abc import Callable

_LOG = logging.getLogger(__name__)

Task = Callable[[], None]

#: Between two ticks, in seconds.
_PERIOD_S = 0.1


class SerialExecutor:
    """Runs tasks from any thread in the order in which they came, in one thread.

    Args:
        name: The thread's name.
        tick: Called between tasks, some ten times a second; ends the thread by returning False.
    """

    def __init__(self, name: str, tick: Callable[[], bool]) -> None:
        self._tick = tick
        self._tasks: queue.SimpleQueue[Task] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def post(self, task: Task) -> None:
        """Run a task in the thread; after the end of the thread it is dropped."""
        self._tasks.put(task)

    def join(self, timeout_s: float) -> None:
        """Wait for the thread to end."""
        self._thread.join(timeout_s)

    def _run(self) -> None:
        due = 0.0
        going = True
        while going:
            self._do_next()
            if time.monotonic() >= due:
                going = self._guarded_tick()
                due = time.monotonic() + _PERIOD_S

    def _do_next(self) -> None:
        try:
            task = self._tasks.get(timeout=_PERIOD_S)
        except queue.Empty:
            return
        try:
            task()
        except Exception:  # noqa: BLE001  # a bug must not end all other requests
            _LOG.exception("a task failed")

    def _guarded_tick(self) -> bool:
        try:
            return self._tick()
        except Exception:  # noqa: BLE001  # as above
            _LOG.exception("a tick failed")
            return True
