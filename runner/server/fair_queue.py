"""Decides about fairness and back-pressure between clients.

Tenants (one for each token) take turns, and within a tenant its flows do: a batch is one flow, and
so are all single requests of one client. So a batch of 10,000 delays a single request by one
execution. The pool gets only as many requests as keep its workers busy, because it executes in the
order of arrival.

Everything here belongs to the thread of the event loop.
"""

import asyncio
import math
from collections import deque
from collections.abc import Hashable, Iterator
from contextlib import contextmanager

from runner.errors import PoolError

#: Longest and shortest ``Retry-After`` of a refused client, in seconds.
_MOST_WAIT_S = 60
_LEAST_WAIT_S = 1
#: Weight of the newest execution in the moving mean of durations.
_NEWEST = 0.1


class OverloadedError(PoolError):
    """The queue is full.

    Attributes:
        retry_after_s: Whole seconds after which to try again.
    """

    def __init__(self, what: str, retry_after_s: int) -> None:
        super().__init__(f"{what}; try again in {retry_after_s} s")
        self.retry_after_s = retry_after_s


class Tenant:
    """Clients that share a token, one turn and one limit.

    Args:
        name: Name in logs and metrics.
        concurrency: Requests that it may have in the pool at the same time; None for no limit.

    Attributes:
        alone: Whether there is no other tenant, for which it must leave room.
    """

    def __init__(self, name: str, concurrency: int | None = None) -> None:
        self.name = name
        self.concurrency = concurrency
        self.alone = True
        self.running = 0
        self.waiting = 0
        self.bytes = 0
        self.flows: dict[Hashable, deque[Ticket]] = {}

    @property
    def has_turn(self) -> bool:
        """Whether it has a waiting request and is below its limit."""
        return bool(self.flows) and (self.concurrency is None or self.running < self.concurrency)

    def take(self) -> "Ticket":
        """Return the first ticket of the flow whose turn it is."""
        name, flow = next(iter(self.flows.items()))
        ticket = flow.popleft()
        del self.flows[name]
        if flow:
            self.flows[name] = flow  # at the end of the queue
        return ticket


class Ticket:
    """A place in the queue; ``granted`` is done when the request may go to the pool."""

    __slots__ = ("flow", "granted", "tenant")

    def __init__(self, tenant: Tenant, flow: Hashable) -> None:
        self.tenant = tenant
        self.flow = flow
        self.granted: asyncio.Future[None] = asyncio.get_running_loop().create_future()


class FairQueue:
    """A queue that is fair between tenants, and bounded in requests and bytes.

    Args:
        workers: Number of workers of the pool.
        most_waiting: Requests that may wait; more are refused.
        most_bytes: Bytes of requests that may be in memory; more are refused.
    """

    def __init__(self, workers: int, *, most_waiting: int, most_bytes: int) -> None:
        self.workers = workers
        self._most_waiting = most_waiting
        self._most_bytes = most_bytes
        # More than the number of workers, so that the next request is ready when one is finished.
        self._most_running = workers + 1 + workers // 4
        self._tenants: deque[Tenant] = deque()
        self._bytes = 0
        self._mean_s = 0.0
        self.waiting = 0
        self.running = 0
        self.refused = 0

    def check_room(self, tenant: Tenant) -> None:
        """Raise if the queue has no room for another request of a tenant.

        Raises:
            OverloadedError: It has none.
        """
        if not _has_room(tenant, tenant.waiting, 1, self._most_waiting - self.waiting):
            raise self._overloaded(
                f"{self.waiting} requests wait, {tenant.waiting} of them with this token, and the"
                f" limit is {self._most_waiting} (max_queue)"
            )

    @contextmanager
    def bytes_held(self, tenant: Tenant, count: int) -> Iterator[None]:
        """Count the bytes of a request for as long as it is in memory.

        Raises:
            OverloadedError: The limit is reached.
        """
        left = self._most_bytes - self._bytes
        if self._bytes and not _has_room(tenant, tenant.bytes, count, left):
            raise self._overloaded(
                f"{self._bytes} bytes of requests are held, {tenant.bytes} of them with this token,"
                f" and the limit is {self._most_bytes} (max_held_bytes)"
            )
        self._bytes += count
        tenant.bytes += count
        try:
            yield
        finally:
            self._bytes -= count
            tenant.bytes -= count

    def enter(self, tenant: Tenant, flow: Hashable) -> Ticket:
        """Return a place at the end of the tenant's flow; call ``leave`` with it in every case."""
        ticket = Ticket(tenant, flow)
        if not tenant.flows:
            self._tenants.append(tenant)
        tenant.flows.setdefault(flow, deque()).append(ticket)
        self._count_waiting(tenant, 1)
        self._grant()
        return ticket

    def leave(self, ticket: Ticket, *, took_s: float | None = None) -> None:
        """Give up a place: its wait was cancelled, or the pool has finished the request.

        Args:
            ticket: The place.
            took_s: Duration of the execution, in seconds; None without one.
        """
        if ticket.granted.done() and not ticket.granted.cancelled():
            self.running -= 1
            ticket.tenant.running -= 1
        else:
            self._give_up(ticket)
        if took_s is not None:
            self._mean_s += _NEWEST * (took_s - self._mean_s)
        self._grant()

    def _give_up(self, ticket: Ticket) -> None:
        tenant, flow = ticket.tenant, ticket.tenant.flows.get(ticket.flow)
        if flow is None or ticket not in flow:
            return  # race: it was granted after its cancellation
        flow.remove(ticket)
        self._count_waiting(tenant, -1)
        if not flow:
            del tenant.flows[ticket.flow]
        if not tenant.flows:
            self._tenants.remove(tenant)

    def _grant(self) -> None:
        while self.running < self._most_running and (ticket := self._next()) is not None:
            self._count_waiting(ticket.tenant, -1)
            if not ticket.granted.cancelled():
                self.running += 1
                ticket.tenant.running += 1
                ticket.granted.set_result(None)

    def _count_waiting(self, tenant: Tenant, change: int) -> None:
        self.waiting += change
        tenant.waiting += change

    def _next(self) -> Ticket | None:
        for _ in range(len(self._tenants)):
            tenant = self._tenants.popleft()
            ticket = tenant.take() if tenant.has_turn else None
            if tenant.flows:
                self._tenants.append(tenant)
            if ticket is not None:
                return ticket
        return None

    def _overloaded(self, what: str) -> OverloadedError:
        self.refused += 1
        expected_s = math.ceil(self.waiting * self._mean_s / self.workers)
        return OverloadedError(what, min(_MOST_WAIT_S, max(_LEAST_WAIT_S, expected_s)))


def _has_room(tenant: Tenant, used: int, more: int, left: int) -> bool:
    """Return True if a tenant may take more of what is left.

    A tenant that uses some room may not use more than it finds free. So one tenant fills about half
    of the room, the next one half of the rest, and so on.
    """
    return more <= left and (tenant.alone or not used or used + more <= left)
