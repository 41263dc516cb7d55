"""The pool as the service uses it: by its public calls, behind the queue, and cancellable."""

import asyncio
import contextlib
import functools
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable, Hashable
from concurrent.futures import Future
from typing import Generic, NamedTuple, TypeVar

from starlette.requests import Request

from runner.errors import PoolClosedError, PoolTimeoutError
from runner.models import ExecutionRequest, ExecutionResult, HealthReport
from runner.pool import Pool
from runner.server.connections import CONNECTION, Connection
from runner.server.fair_queue import FairQueue, Tenant, Ticket

T = TypeVar("T")

#: Most health checks at the same time: each has a thread, and takes turns of all workers.
_MOST_CHECKS = 8


class Caller(NamedTuple):
    """The client of a request.

    Attributes:
        tenant: Tenant of its token.
        flow: Name of the flow that shares its turn.
        request_id: Id of the request in the log.
        repeatable: Whether the client chose the id, so that it may repeat the request.
    """

    tenant: Tenant
    flow: Hashable
    request_id: str
    repeatable: bool


class GoneError(Exception):
    """The client has closed its connection."""


class ServedPool:
    """Executes requests of callers in their turn. Belongs to the thread of the event loop.

    Args:
        pool: Executes the requests.
        queue: Decides the order.
    """

    def __init__(self, pool: Pool, queue: FairQueue) -> None:
        self.pool = pool
        self.queue = queue
        self.draining = False
        self._ended = _Ended()
        self._checks: dict[float, asyncio.Task[HealthReport]] = {}

    async def execute(
        self, request: ExecutionRequest, caller: Caller, max_retries: int | None
    ) -> ExecutionResult:
        """Execute a request as ``begin`` does, and return its result."""
        return await self.begin(request, caller, max_retries, lambda result: result)

    def begin(
        self,
        request: ExecutionRequest,
        caller: Caller,
        max_retries: int | None,
        spell: Callable[[ExecutionResult], T],
        *,
        of_batch: bool = False,
    ) -> "asyncio.Future[T]":
        """Execute a request in its turn, and return the future of its spelled result.

        If that is cancelled, a request that has not begun never does, and one that has begun is
        finished in the background, so that its sandbox is kept.

        Args:
            request: The request.
            caller: Its client.
            max_retries: As for ``Pool.submit``.
            spell: Makes the outcome of the result.
            of_batch: Whether it is part of a batch, which was admitted as a whole.

        Raises:
            OverloadedError: The queue has become full since the request was read.
        """
        if not of_batch:
            self.queue.check_room(caller.tenant)
        ticket = self.queue.enter(caller.tenant, caller.flow)
        submit = functools.partial(self.pool.submit, request, max_retries=max_retries)
        return _Turn(ticket, self.queue, submit, self._ended, spell).outcome

    def check_not_draining(self) -> None:
        """Raise if the service is shutting down.

        Raises:
            PoolClosedError: It is shutting down.
        """
        if self.draining:
            raise PoolClosedError("the service is about to end: ask again, it may be restarted")

    async def health(self, timeout_s: float) -> HealthReport:
        """Check the pool's health; concurrent callers with the same timeout get the same report.

        Raises:
            PoolTimeoutError: Too many other checks are under way.
        """
        check = self._checks.get(timeout_s)
        if check is None:
            if len(self._checks) >= _MOST_CHECKS:
                raise PoolTimeoutError(f"{_MOST_CHECKS} other health checks are under way")
            check = asyncio.create_task(_in_thread(self.pool, timeout_s))
            self._checks[timeout_s] = check
            check.add_done_callback(lambda _: self._checks.pop(timeout_s))
        return await asyncio.shield(check)


class _Turn(Generic[T]):
    """A request on its way through queue and pool.

    Args:
        ticket: Its place in the queue.
        queue: The queue.
        submit: Gives it to the pool.
        ended: Gets this when the pool has finished.
        spell: Makes the outcome of the result.

    Attributes:
        outcome: Its spelled result; it is cancelled when it is not awaited any more.
    """

    def __init__(
        self,
        ticket: Ticket,
        queue: FairQueue,
        submit: "Callable[[], Future[ExecutionResult]]",
        ended: "_Ended",
        spell: Callable[[ExecutionResult], T],
    ) -> None:
        self._ticket = ticket
        self._queue = queue
        self._submit = submit
        self._ended = ended
        self._spell = spell
        self._future: Future[ExecutionResult] | None = None
        self._since = time.monotonic()
        self._waited_s = 0.0
        self._loop = asyncio.get_running_loop()
        self.outcome: asyncio.Future[T] = self._loop.create_future()
        self.outcome.add_done_callback(self._give_up_if_cancelled)
        if ticket.granted.done():
            self._begin(ticket.granted)
        else:
            ticket.granted.add_done_callback(self._begin)

    def _begin(self, _: "asyncio.Future[None]") -> None:
        if self.outcome.done():
            return  # it was cancelled
        now = time.monotonic()
        self._since, self._waited_s = now, now - self._since
        try:
            self._future = self._submit()
        except Exception as error:  # noqa: BLE001  # it is the outcome
            self._queue.leave(self._ticket)
            self.outcome.set_exception(error)
        else:
            self._future.add_done_callback(lambda _: self._ended.tell(self._loop, self.end))

    def end(self) -> None:
        """Give up the place, and set the outcome."""
        self._queue.leave(self._ticket, took_s=time.monotonic() - self._since)
        future = self._future
        assert future is not None, "it has ended"
        if self.outcome.done():
            return
        try:
            result = future.result()
            waited_s = result.queue_s + self._waited_s
            self.outcome.set_result(self._spell(result.model_copy(update={"queue_s": waited_s})))
        except Exception as error:  # noqa: BLE001  # it is the outcome
            self.outcome.set_exception(error)

    def _give_up_if_cancelled(self, outcome: "asyncio.Future[T]") -> None:
        if not outcome.cancelled():
            outcome.exception()  # seen, also if its waiter was cancelled at the same time
        elif self._future is not None:
            self._future.cancel()
        else:
            self._ticket.granted.cancel()
            self._queue.leave(self._ticket)


class _Ended:
    """Wakes the event loop for what ends in other threads: once for all that ends meanwhile."""

    def __init__(self) -> None:
        self._calls: deque[Callable[[], None]] = deque()
        self._is_told = False

    def tell(self, loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> None:
        """Have something called in the loop. Any thread may call this."""
        self._calls.append(call)
        if self._is_told:
            return
        self._is_told = True
        with contextlib.suppress(RuntimeError):  # the loop is closed: the service has ended
            loop.call_soon_threadsafe(self._call, loop)

    def _call(self, loop: asyncio.AbstractEventLoop) -> None:
        self._is_told = False  # first: what is told from now on comes again
        while self._calls:
            # Each by itself: an exception in one must not keep the others from their turn.
            loop.call_soon(self._calls.popleft())


async def _in_thread(pool: Pool, timeout_s: float) -> HealthReport:
    """Check in a daemon thread: it may take long, and must not delay the service's end."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[HealthReport] = loop.create_future()

    def tell(report: HealthReport) -> None:
        if not done.done():
            done.set_result(report)

    def check() -> None:
        report = pool.health_check(timeout_s)
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(tell, report)

    threading.Thread(target=check, name="runner-health", daemon=True).start()
    return await done


async def while_connected(request: Request, work: Awaitable[T]) -> T:
    """Await work; cancel it if the client closes its connection.

    Raises:
        GoneError: The client closed it.
    """
    connection: Connection = request.scope[CONNECTION]
    task = asyncio.current_task()
    assert task is not None, "called in a coroutine"
    cancelled = False

    def cancel() -> None:
        nonlocal cancelled
        cancelled = task.cancel()

    connection.watch(cancel)
    try:
        return await work
    except asyncio.CancelledError:
        if not cancelled:
            raise
        task.uncancel()
        raise GoneError from None
    finally:
        connection.unwatch()
