"""Bounds the open connections, so that a crowd leaves descriptors to the pool."""

import resource
from typing import Any

import uvicorn.protocols.http.h11_impl as h11

#: Connections that are accepted at once. They count only when they have a protocol, some turns of
#: the event loop later. Without descriptors, asyncio logs an error for each attempt to accept one.
AT_ONCE = 16
#: Descriptors that are left to the pool: some for all of it, and so many for each worker.
_FOR_THE_POOL, _FOR_A_WORKER = 64 + 4 * AT_ONCE, 8
#: Connections that are possible with any limit of descriptors.
_LEAST = 16


def most_connections(workers: int) -> int:
    """Return the number of connections that the limit of descriptors allows (``ulimit -n``)."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY:
        limit = 1 << 20
    return max(_LEAST, limit - _FOR_THE_POOL - _FOR_A_WORKER * workers)


def bounded(most: int) -> type[h11.H11Protocol]:
    """Return uvicorn's protocol, with at most so many connections.

    A new connection takes the place of one on which no request is being answered. If there is none,
    the new one is closed.
    """

    class Bounded(h11.H11Protocol):
        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            if len(self.connections) > most:
                spare = next((each for each in self.connections if _is_idle(each, self)), self)
                spare.transport.abort()

    return Bounded


def _is_idle(connection: Any, newest: object) -> bool:
    """Return True for another connection without a request; one that is closing makes no room."""
    cycle = connection.cycle
    return (
        connection is not newest
        and (cycle is None or cycle.response_complete)
        and not connection.transport.is_closing()
    )
