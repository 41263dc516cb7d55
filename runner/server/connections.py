"""Connections of clients: bounded in number and in the length of a head, noticed when they end."""

import resource
from collections.abc import Callable
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

#: Key of the scope: the ``Connection``.
CONNECTION = "runner.connection"

#: Connections that are accepted at once. They count only when they have a protocol, some turns of
#: the event loop later. Without descriptors, asyncio logs an error for each attempt to accept one.
AT_ONCE = 16
#: Descriptors that are left to the pool: some for all of it, and so many for each worker.
_FOR_THE_POOL, _FOR_A_WORKER = 64 + 4 * AT_ONCE, 8
#: Connections that are possible with any limit of descriptors.
_LEAST = 16

#: Most bytes of a head, or of what follows a body.
_LONGEST_HEAD = 64 * 1024


def most_connections(workers: int) -> int:
    """Return the number of connections that the limit of descriptors allows (``ulimit -n``)."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY:
        limit = 1 << 20
    return max(_LEAST, limit - _FOR_THE_POOL - _FOR_A_WORKER * workers)


class Connection(HttpToolsProtocol):
    """uvicorn's protocol with a parser in C, which itself bounds no head.

    Attributes:
        most: Most connections of the service. A new one takes the place of one on which no request
            is being answered. If there is none, the new one is closed.
    """

    most: int
    _is_lost = False
    _when_lost: Callable[[], object] | None = None
    _unparsed = 0

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.app = self._known_to(self.app)

    def _known_to(self, app: ASGIApp) -> ASGIApp:
        """Return the application, which finds this connection in the scope."""

        def called(scope: Scope, receive: Receive, send: Send) -> Any:
            scope[CONNECTION] = self
            return app(scope, receive, send)

        return called

    def watch(self, when_lost: Callable[[], object]) -> None:
        """Have something called when the client has closed the connection, or if it has."""
        self._when_lost = when_lost
        self.flow.resume_reading()  # otherwise the end is not noticed
        if self._is_lost:
            when_lost()

    def unwatch(self) -> None:
        """Have nothing called any more."""
        self._when_lost = None

    @property
    def is_blocked(self) -> bool:
        """Whether the client does not read what was sent, so that sending has to wait."""
        return bool(self.flow.write_paused)

    def connection_made(self, transport: Any) -> None:
        """Count a new connection, and make room for it."""
        super().connection_made(transport)
        if len(self.connections) > self.most:
            spare = next((each for each in self.connections if _is_idle(each, self)), self)
            spare.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that the connection has ended."""
        super().connection_lost(exc)
        self._is_lost = True
        if self._when_lost is not None:
            self._when_lost()

    def data_received(self, data: bytes) -> None:
        """Read a part of a request, unless its head is too long."""
        self._unparsed += len(data)
        super().data_received(data)
        if self._unparsed > _LONGEST_HEAD and not self.transport.is_closing():
            self.send_400_response(f"The head of a request has at most {_LONGEST_HEAD} bytes.")

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self._unparsed = 0

    def on_headers_complete(self) -> None:
        """Note the end of a head."""
        super().on_headers_complete()
        self._unparsed = 0

    def on_body(self, body: bytes) -> None:
        """Take a part of a body."""
        super().on_body(body)
        self._unparsed = 0

    def on_message_complete(self) -> None:
        """Note the end of a request."""
        super().on_message_complete()
        self._unparsed = 0


def bounded(most: int) -> type[Connection]:
    """Return the protocol with at most so many connections."""
    return type("Bounded", (Connection,), {"most": most})


def _is_idle(connection: Any, newest: object) -> bool:
    """Return True for another connection without a request; one that is closing makes no room."""
    cycle = connection.cycle
    return (
        connection is not newest
        and (cycle is None or cycle.response_complete)
        and not connection.transport.is_closing()
    )
