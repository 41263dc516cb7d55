"""Work that a crew does for callers: single requests as futures, and batches, one item at a time.

A batch puts itself back at the end of the crew's queue after each item, so that a long one does not
make everybody else wait for its end, and no more threads than the crew has are ever needed.
"""

import contextlib
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError

from runner.errors import BatchError
from runner.models import ExecutionResult


class Job:
    """One request on its way to a future."""

    def __init__(self, run: Callable[[], ExecutionResult]) -> None:
        self.future: Future[ExecutionResult] = Future()
        self._run = run

    def __call__(self) -> None:
        """Run it, unless the future was cancelled."""
        if not self.future.set_running_or_notify_cancel():
            return
        try:
            result = self._run()
        except BaseException as error:  # noqa: BLE001  # whoever waits for the future gets it
            self.future.set_exception(error)
        else:
            self.future.set_result(result)

    def refuse(self, error: Exception) -> None:
        """End it without running it."""
        with contextlib.suppress(InvalidStateError):  # cancelled meanwhile
            self.future.set_exception(error)


class Batch:
    """A list of items that several threads of a crew work off.

    Args:
        items: What to run.
        run: Runs one item.
        submit: Puts a task into the crew's queue; False if the crew has stopped.
        closed: What happens to items that the crew does not take any more.
    """

    def __init__(
        self,
        items: Sequence[object],
        run: Callable[[object], ExecutionResult],
        submit: Callable[["Batch"], bool],
        closed: Callable[[], Exception],
    ) -> None:
        self._items = items
        self._run = run
        self._submit = submit
        self._closed = closed
        self._results: list[ExecutionResult | None] = [None] * len(items)
        self._errors: dict[int, Exception] = {}
        self._lock = threading.Lock()
        self._next = 0
        self._left = len(items)
        self._done = threading.Event()

    def complete(self, threads: int) -> None:
        """Run all items, as many at the same time as there are threads, and wait for them.

        If the waiting thread is interrupted, no further item is begun.
        """
        try:
            for _ in range(min(threads, len(self._items))):
                if not self._submit(self):
                    self.refuse(self._closed())
            if self._items:
                self._done.wait()
        except BaseException:
            with self._lock:
                self._next = len(self._items)
            raise

    def results(self) -> list[ExecutionResult]:
        """Return the results in the order of the items.

        Raises:
            BatchError: Some items have none; it holds the others.
        """
        if self._errors:
            raise BatchError(self._results, self._errors)
        return [result for result in self._results if result is not None]

    def results_and_errors(self) -> list[ExecutionResult | Exception]:
        """Return results in the order of the items, and errors in the place of what has none."""
        return [
            self._errors[index] if result is None else result
            for index, result in enumerate(self._results)
        ]

    def __call__(self) -> None:
        """Run the next item, and queue up again for the one after it."""
        with self._lock:
            index, self._next = self._next, self._next + 1
        if index >= len(self._items):
            return
        try:
            self._results[index] = self._run(self._items[index])
        except Exception as error:  # noqa: BLE001  # an item fails alone
            self._errors[index] = error
        self._finish(1)
        if self._next < len(self._items) and not self._submit(self):
            self.refuse(self._closed())

    def refuse(self, error: Exception) -> None:
        """Give up all items that have not begun."""
        with self._lock:
            begun, self._next = min(self._next, len(self._items)), len(self._items)
            self._errors.update((index, error) for index in range(begun, len(self._items)))
        self._finish(len(self._items) - begun)

    def _finish(self, count: int) -> None:
        with self._lock:
            self._left -= count
            if self._left <= 0:
                self._done.set()
