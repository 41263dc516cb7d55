"""Streams results for a possibly infinite sequence of requests, with back-pressure.

A request is taken from its producer only when there is room, and there is room again only when the
consumer asks for the next result. So neither an infinite producer nor a slow consumer fills memory.
"""

import asyncio
import contextlib
import queue
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Generator, Iterable, Iterator
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

from runner.errors import ConfigurationError, RunnerError
from runner.models import ExecutionResult, ordered_items

Item = TypeVar("Item")
#: A result, or an error in its place.
Result = TypeVar("Result")
Submit = Callable[[Item], "Future[ExecutionResult]"]


def check_ahead(value: object) -> int:
    """Return a valid ``ahead``: an integer of 1 or more.

    Raises:
        ConfigurationError: It is not valid.
    """
    if type(value) is not int or value < 1:
        raise ConfigurationError(f"ahead: must be an integer of 1 or more (got {value!r:.60})")
    return value


def in_order(items: Iterable[Item], submit: Submit[Item], ahead: int) -> Iterator[Any]:
    """Yield the results of items in their order.

    Args:
        items: May be infinite.
        submit: Starts one of them.
        ahead: Items that are under way or not yet taken, at most.
    """
    pending: deque[Future[Any]] = deque()
    try:
        for item in items:
            pending.append(submit(item))
            if len(pending) >= ahead:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        for future in pending:
            future.cancel()


class ResultStream(Generic[Result]):
    """Results of requests as they finish: for ``async for`` or ``for``, once.

    For an asynchronous consumer, a producer that waits (on a network, say) must be an asynchronous
    iterable: an ordinary one would block the event loop.

    Args:
        requests: Requests, mappings with their fields, or pairs of code and tests; may be infinite.
        submit: Starts one of them.
        ahead: Requests that are under way or wait for the consumer, at most.
        return_exceptions: Yield the error of a request that has no result instead of raising it.
    """

    def __init__(
        self,
        requests: Iterable[Any] | AsyncIterable[Any],
        submit: Submit[Any],
        *,
        ahead: int,
        return_exceptions: bool,
    ) -> None:
        self._requests = ordered_items("requests", requests)
        self._submit = submit
        self._ahead = check_ahead(ahead)
        self._return_exceptions = return_exceptions

    async def __aiter__(self) -> AsyncGenerator[Result, None]:
        done = acompleted(self._requests, self._submit, self._ahead)
        async with contextlib.aclosing(done):
            async for future in done:
                yield self._outcome(future)

    def __iter__(self) -> Generator[Result, None, None]:
        if isinstance(self._requests, AsyncIterable):
            raise ConfigurationError("requests: asynchronous ones need `async for`")
        with contextlib.closing(completed(self._requests, self._submit, self._ahead)) as done:
            for future in done:
                yield self._outcome(future)

    def _outcome(self, future: "Future[Any]") -> Any:
        error = future.exception()
        return error if error is not None and self._return_exceptions else future.result()


def completed(
    items: Iterable[Item], submit: Submit[Item], ahead: int
) -> "Generator[Future[ExecutionResult], None, None]":
    """Yield the future of each item, as they finish.

    Closing the generator cancels items that have not begun.

    Args:
        items: What to submit; may be infinite.
        submit: Starts one of them.
        ahead: Items that are under way or not yet taken, at most.
    """
    done: queue.SimpleQueue[Future[ExecutionResult]] = queue.SimpleQueue()
    running: set[Future[ExecutionResult]] = set()
    source, exhausted, due = iter(items), False, True
    try:
        while running or not exhausted:
            # One new item for each delivered one keeps the workers busy. Beyond that, finished
            # items are delivered first, since the producer may be slow.
            if not exhausted and len(running) < ahead and (due or done.empty()):
                due = False
                try:
                    item = next(source)
                except StopIteration:
                    exhausted = True
                    continue
                future = submitted(submit, item)
                running.add(future)
                future.add_done_callback(done.put)
            else:
                future, due = done.get(), True
                yield future
                running.remove(future)
    finally:
        _cancel(running)


async def acompleted(
    items: Iterable[Item] | AsyncIterable[Item], submit: Submit[Item], ahead: int
) -> "AsyncGenerator[Future[ExecutionResult], None]":
    """Like ``completed``, for asyncio."""
    loop = asyncio.get_running_loop()
    done: asyncio.Queue[Future[ExecutionResult] | None] = asyncio.Queue()
    running: set[Future[ExecutionResult]] = set()
    room = asyncio.Semaphore(ahead)

    def tell(future: "Future[ExecutionResult]") -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed, so there is no consumer
            loop.call_soon_threadsafe(done.put_nowait, future)

    async def feed() -> None:
        try:
            async with contextlib.aclosing(_each(items)) as source:
                while await room.acquire():
                    item = await anext(source)
                    future = submitted(submit, item)
                    running.add(future)
                    future.add_done_callback(tell)
        except StopAsyncIteration:
            pass
        finally:
            done.put_nowait(None)

    feeding = asyncio.create_task(feed())
    try:
        while running or not feeding.done():
            future = await done.get()
            if future is not None:
                yield future
                running.remove(future)
                room.release()
        await feeding  # raises what the producer raised
    finally:
        feeding.cancel()
        await asyncio.gather(feeding, return_exceptions=True)
        _cancel(running)


async def _each(items: Iterable[Item] | AsyncIterable[Item]) -> "AsyncGenerator[Item, None]":
    if isinstance(items, AsyncIterable):
        async for item in items:
            yield item
    else:
        for item in items:
            yield item


def submitted(
    submit: Submit[Item], item: Item, errors: type[RunnerError] = ConfigurationError
) -> "Future[ExecutionResult]":
    """Submit an item, which fails alone: one of these errors becomes a failed future in its place.

    Args:
        submit: Starts the item.
        item: The item.
        errors: Errors of this item; any other ends the stream or the batch.
    """
    try:
        return submit(item)
    except errors as error:
        failed: Future[ExecutionResult] = Future()
        failed.set_exception(error)
        return failed


def _cancel(futures: Iterable["Future[ExecutionResult]"]) -> None:
    for future in list(futures):
        future.cancel()
