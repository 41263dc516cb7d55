"""Work of callers: single requests as futures, and batches, one item at a time.

A batch hands out one item at a time and then queues again, so that a long batch does not delay the
others.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError

from runner.models import ExecutionRequest, ExecutionResult


class Job:
    """One request on its way to a future.

    Args:
        request: What to execute.
        max_retries: Most attempts.
        received_at: When the request was received.
        owner: Object that is kept alive until the future is finished.
    """

    has_more = False

    def __init__(
        self,
        request: ExecutionRequest,
        max_retries: int,
        received_at: float,
        owner: object = None,
    ) -> None:
        self.future: Future[ExecutionResult] = Future()
        self.max_retries = max_retries
        self.received_at = received_at
        self._request = request
        self._owner = owner

    def take(self) -> "Job | None":
        """Return this job, or None if its future was cancelled."""
        return self if self.future.set_running_or_notify_cancel() else None

    def request(self) -> ExecutionRequest:
        """Return the request."""
        return self._request

    def deliver(self, result: ExecutionResult) -> None:
        """Finish the future."""
        self.future.set_result(result)

    def fail(self, error: Exception) -> None:
        """Finish the future with an error."""
        self.future.set_exception(error)

    def refuse(self, error: Exception) -> None:
        """End the job with an error, without running it."""
        with contextlib.suppress(InvalidStateError):  # cancelled meanwhile
            self.future.set_exception(error)


class Batch:
    """A list of items that are executed in order, several at the same time.

    Args:
        items: What to execute.
        as_request: Turns an item into a request.
        max_retries: Most attempts of each.
    """

    def __init__(
        self,
        items: Sequence[object],
        as_request: Callable[[object], ExecutionRequest],
        max_retries: int,
    ) -> None:
        self.max_retries = max_retries
        self._items = items
        self._as_request = as_request
        self._results: list[ExecutionResult | None] = [None] * len(items)
        self._errors: dict[int, Exception] = {}
        self._lock = threading.Lock()
        self._next = 0
        self._left = len(items)
        self._done = threading.Event()

    @property
    def has_more(self) -> bool:
        """Whether items have not begun."""
        return self._next < len(self._items)

    def complete(self, submit: Callable[["Batch"], bool], closed: Callable[[], Exception]) -> None:
        """Run all items, and wait for them.

        If the waiting thread is interrupted, no further item is begun.

        Args:
            submit: Queues the batch; returns False if the pool takes no more work.
            closed: Returns the error of all items in that case.
        """
        try:
            if not self._items:
                return
            if not submit(self):
                self.refuse(closed())
            self._done.wait()
        except BaseException:
            with self._lock:
                self._next = len(self._items)
            raise

    def outcomes(self) -> list[ExecutionResult | Exception]:
        """Return the result of each item, or its error, in the order of the items."""
        return [
            self._errors[index] if result is None else result
            for index, result in enumerate(self._results)
        ]

    def take(self) -> "_Item | None":
        """Return the next item; None if all have been taken."""
        with self._lock:
            index, self._next = self._next, self._next + 1
        return _Item(self, index) if index < len(self._items) else None

    def request(self, index: int) -> ExecutionRequest:
        """Return the request that an item is; raises ``ConfigurationError``."""
        return self._as_request(self._items[index])

    def end(self, index: int, outcome: ExecutionResult | Exception) -> None:
        """Record the outcome of an item."""
        if isinstance(outcome, Exception):
            self._errors[index] = outcome
        else:
            self._results[index] = outcome
        self._count(1)

    def refuse(self, error: Exception) -> None:
        """End all items that have not begun with this error."""
        with self._lock:
            begun, self._next = min(self._next, len(self._items)), len(self._items)
            self._errors.update((index, error) for index in range(begun, len(self._items)))
        self._count(len(self._items) - begun)

    def _count(self, count: int) -> None:
        with self._lock:
            self._left -= count
            if self._left <= 0:
                self._done.set()


class _Item:
    """One item of a batch."""

    def __init__(self, batch: Batch, index: int) -> None:
        self.max_retries = batch.max_retries
        self.received_at = time.monotonic()
        self._batch = batch
        self._index = index

    def request(self) -> ExecutionRequest:
        return self._batch.request(self._index)

    def deliver(self, result: ExecutionResult) -> None:
        self._batch.end(self._index, result)

    def fail(self, error: Exception) -> None:
        self._batch.end(self._index, error)


#: One request whose result is awaited.
Work = Job | _Item
#: Where work comes from.
Source = Job | Batch
