"""The pool as the service uses it: by its public calls, behind the queue, and cancellable."""

import asyncio
import contextlib
import threading
import time
from collections.abc import Awaitable, Hashable
from concurrent.futures import Future
from typing import NamedTuple, TypeVar

from starlette.requests import Request

from runner.errors import PoolClosedError, PoolTimeoutError
from runner.models import ExecutionRequest, ExecutionResult, HealthReport
from runner.pool import Pool
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
        self._checks: dict[float, asyncio.Task[HealthReport]] = {}

    async def execute(
        self,
        request: ExecutionRequest,
        caller: Caller,
        max_retries: int | None,
        *,
        of_batch: bool = False,
    ) -> ExecutionResult:
        """Execute a request in its turn.

        If this is cancelled, a request that has not begun never does, and one that has begun is
        finished in the background, so that its sandbox is kept.

        Args:
            request: The request.
            caller: Its client.
            max_retries: As for ``Pool.submit``.
            of_batch: Whether it is part of a batch, which was admitted as a whole.

        Raises:
            OverloadedError: The queue has become full since the request was read.
            RunnerError: Any other error of ``Pool.submit`` or of its future.
        """
        received_at = time.monotonic()
        if not of_batch:
            self.queue.check_room(caller.tenant)
        ticket = self.queue.enter(caller.tenant, caller.flow)
        try:
            await ticket.granted
            waited_s = time.monotonic() - received_at
            future = self.pool.submit(request, max_retries=max_retries)
        except BaseException:
            self.queue.leave(ticket)
            raise
        result = await self._finished(future, ticket)
        return result.model_copy(update={"queue_s": result.queue_s + waited_s})

    async def _finished(self, future: "Future[ExecutionResult]", ticket: Ticket) -> ExecutionResult:
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[None] = loop.create_future()
        began_at = time.monotonic()

        def end() -> None:
            self.queue.leave(ticket, took_s=time.monotonic() - began_at)
            if not ended.done():
                ended.set_result(None)

        def tell(_: "Future[ExecutionResult]") -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: the service has ended
                loop.call_soon_threadsafe(end)

        future.add_done_callback(tell)
        try:
            await ended
        except asyncio.CancelledError:
            future.cancel()
            raise
        return future.result()

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
    # In this task: another one for the work would take 15 us more.
    task = asyncio.current_task()
    assert task is not None, "called in a coroutine"
    working, cancelled = True, False

    def cancel(watching: "asyncio.Task[None]") -> None:
        nonlocal cancelled
        if working and not watching.cancelled():
            cancelled = task.cancel()

    gone = asyncio.create_task(_disconnected(request))
    gone.add_done_callback(cancel)
    try:
        return await work
    except asyncio.CancelledError:
        if not cancelled:
            raise
        task.uncancel()
        raise GoneError from None
    finally:
        working = False
        gone.cancel()


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
