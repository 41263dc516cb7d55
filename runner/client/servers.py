"""The services of one client: which is asked next, and the connections to it.

All objects here belong to one process: a forked child creates its own.
"""

import copy
import threading
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from runner.client.connections import Address, Connections

#: Seconds for which a service's report of its load is used.
_LOAD_HOLDS_S = 5.0
#: Seconds for which a service that did not answer is passed over if there is another one.
_BACK_OFF_S = 1.0


class Server:
    """One service, as this process sees it.

    Args:
        address: Its address.
        headers: Headers of every request.
        cafile: CA certificates for TLS; None for those of the machine.
    """

    def __init__(
        self, address: Address, headers: Mapping[str, str], cafile: str | None = None
    ) -> None:
        self.address = address
        self.backed_off_until = 0.0
        self.in_flight = 0
        self._others = 0
        self._others_until = 0.0
        self._workers = 1
        self.connections = Connections(address, headers, cafile)

    @property
    def busy(self) -> float:
        """Requests per worker, as far as is known."""
        others = self._others if time.monotonic() < self._others_until else 0
        return (others + self.in_flight) / self._workers

    def note_load(self, load: str) -> None:
        """Record the load that an answer reports as ``requests/workers``, if it does."""
        requests, _, workers = load.partition("/")
        if _is_count(requests) and _is_count(workers) and int(workers):
            self._workers = int(workers)
            # The service no longer counts the answered request, but it is still in flight here.
            self._others = max(0, int(requests) - (self.in_flight - 1))
            self._others_until = time.monotonic() + _LOAD_HOLDS_S

    def back_off(self, seconds: float = _BACK_OFF_S) -> None:
        """Prefer other services for a while."""
        self.backed_off_until = time.monotonic() + seconds


class Servers:
    """All services of a client, in one process.

    Args:
        addresses: Their addresses.
        token: Token for all of them; None if they need none.
        cafile: CA certificates for TLS; None for those of the machine.
    """

    def __init__(self, addresses: Sequence[Address], token: str | None, cafile: str | None) -> None:
        # One id per process: all its requests share a turn at the service.
        headers = {"x-client-id": uuid.uuid4().hex, "accept-encoding": "identity"}
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        self.all = [Server(address, headers, cafile) for address in addresses]
        self._lock = threading.Lock()

    def alone(self, server: Server) -> "Servers":
        """Return a ``Servers`` with only one of them."""
        alone = copy.copy(self)
        alone.all = [server]
        return alone

    @contextmanager
    def least_busy(self) -> Iterator[Server]:
        """Yield the least busy service, for one request."""
        with self._lock:
            now = time.monotonic()
            there = [server for server in self.all if server.backed_off_until <= now]
            chosen = min(there or self.all, key=lambda server: server.busy)
            chosen.in_flight += 1
        try:
            yield chosen
        finally:
            with self._lock:
                chosen.in_flight -= 1

    def wait_s(self) -> float:
        """Return the seconds until a service is no longer passed over."""
        first = min(server.backed_off_until for server in self.all)
        return max(0.0, first - time.monotonic())

    def close(self) -> None:
        """Close all connections."""
        for server in self.all:
            server.connections.close()


def _is_count(text: str) -> bool:
    return text.isdecimal() and len(text) < 10
