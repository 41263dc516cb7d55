"""The services of one client: which is asked next, and the connections to it.

Everything here belongs to one process: a forked child makes its own, and leaves its parent's alone.
"""

import copy
import socket
import ssl
import threading
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from runner.errors import ConfigurationError

try:
    import httpx
except ImportError as error:
    raise ConfigurationError(
        "runner.client needs an extra: pip install 'sandbox-runner[client]'"
    ) from error

#: What a service says of its load, as ``requests/workers``.
_LOAD = "x-load"
#: How long that is believed, in seconds.
_LOAD_HOLDS_S = 5.0
#: How long a service that did not answer is passed over if there is another one, in seconds.
_PASSED_OVER_S = 1.0
_CONNECT_S = 5.0
#: Longest wait for a single answer, in seconds: budgets and queues are limited by the service.
_ANSWER_S = 6 * 3600.0
#: An idle connection is probed after 30 s, so that a dead machine is noticed within two minutes.
_KEEP_ALIVE = [
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    *(
        (socket.IPPROTO_TCP, getattr(socket, name), value)
        for name, value in (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 6))
        if hasattr(socket, name)
    ),
]


class Address(NamedTuple):
    """Where a service listens.

    Attributes:
        url: Of the service, without a slash at the end.
        socket_path: Of its Unix socket; None for TCP.
    """

    url: str
    socket_path: str | None

    @classmethod
    def parse(cls, text: object) -> "Address":
        """Read ``unix:PATH``, ``HOST:PORT`` or a URL.

        Raises:
            ConfigurationError: It is none of these.
        """
        if isinstance(text, str):
            if text.startswith("unix:") and len(text) > len("unix:"):
                return cls("http://runner", text.removeprefix("unix:"))
            if text.startswith(("http://", "https://")):
                return cls(text.rstrip("/"), None)
            host, _, port = text.rpartition(":")
            if host and port.isdecimal():
                return cls(f"http://{text}", None)
        raise ConfigurationError(
            f"address: must be unix:PATH, HOST:PORT or a URL (got {text!r:.80})"
        )

    def __str__(self) -> str:
        return f"unix:{self.socket_path}" if self.socket_path else self.url


class Server:
    """One service, as this process sees it.

    Args:
        address: Where it listens.
        headers: Of every request.
        cafile: Certificates that vouch for it; None for the usual ones.
    """

    def __init__(
        self, address: Address, headers: Mapping[str, str], cafile: str | None = None
    ) -> None:
        self.address = address
        self.passed_over_until = 0.0
        self.in_flight = 0
        self._others = 0
        self._others_until = 0.0
        self._workers = 1
        # To read the usual certificates takes 30 ms of CPU time, which only TLS needs.
        tls = address.url.startswith("https:")
        verify = tls if cafile is None else ssl.create_default_context(cafile=cafile)
        timeout = httpx.Timeout(_ANSWER_S, connect=_CONNECT_S)
        self._headers = dict(headers)
        self._extensions = {"timeout": timeout.as_dict()}
        self._transport = httpx.HTTPTransport(
            verify=verify,
            uds=address.socket_path,
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=128),
            socket_options=None if address.socket_path else _KEEP_ALIVE,
        )
        self.http = httpx.Client(
            headers=self._headers, timeout=timeout, trust_env=False, transport=self._transport
        )
        self._urls: dict[str, httpx.URL] = {}

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> httpx.Response:
        """Return the whole answer to one request; raises ``httpx.TransportError``.

        Past the client of httpx, whose cookies, redirects and hooks take as long as the rest.
        """
        request = httpx.Request(
            "POST",
            self.url(path),
            headers={**self._headers, **headers},
            content=body,
            extensions=self._extensions,
        )
        answer = self._transport.handle_request(request)
        try:
            answer.read()
        finally:
            answer.close()
        return answer

    def url(self, path: str) -> httpx.URL:
        """Return the URL of a path, which is parsed once."""
        found = self._urls.get(path)
        if found is None:
            found = self._urls[path] = httpx.URL(self.address.url + path)
        return found

    @property
    def busy(self) -> float:
        """Requests per worker, as far as is known."""
        others = self._others if time.monotonic() < self._others_until else 0
        return (others + self.in_flight) / self._workers

    def hear(self, headers: Mapping[str, str]) -> None:
        """Note what an answer says of the load."""
        requests, _, workers = headers.get(_LOAD, "").partition("/")
        if requests.isdecimal() and workers.isdecimal() and int(workers):
            self._workers = int(workers)
            # The answered request is not among them any more, but still in flight here.
            self._others = max(0, int(requests) - (self.in_flight - 1))
            self._others_until = time.monotonic() + _LOAD_HOLDS_S

    def pass_over(self, seconds: float = _PASSED_OVER_S) -> None:
        """Have others asked for a while."""
        self.passed_over_until = time.monotonic() + seconds


class Servers:
    """All services of a client, in one process.

    Args:
        addresses: Where they listen.
        token: For all of them; None if they need none.
        cafile: Certificates that vouch for them; None for the usual ones.
    """

    def __init__(self, addresses: Sequence[Address], token: str | None, cafile: str | None) -> None:
        # All requests of this process share a turn at the service.
        headers = {"x-client-id": uuid.uuid4().hex, "accept-encoding": "identity"}
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        self.all = [Server(address, headers, cafile) for address in addresses]
        self._lock = threading.Lock()

    def alone(self, server: Server) -> "Servers":
        """Return one of them, as if there were no other."""
        alone = copy.copy(self)
        alone.all = [server]
        return alone

    @contextmanager
    def least_busy(self) -> Iterator[Server]:
        """Lend the service that has least to do, for one request."""
        with self._lock:
            now = time.monotonic()
            there = [server for server in self.all if server.passed_over_until <= now]
            chosen = min(there or self.all, key=lambda server: server.busy)
            chosen.in_flight += 1
        try:
            yield chosen
        finally:
            with self._lock:
                chosen.in_flight -= 1

    def wait_s(self) -> float:
        """Return how long it takes until one of them is not passed over, in seconds."""
        first = min(server.passed_over_until for server in self.all)
        return max(0.0, first - time.monotonic())

    def close(self) -> None:
        """Close all connections."""
        for server in self.all:
            server.http.close()
