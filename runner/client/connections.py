"""Connections to one service: HTTP over TCP, TLS or a Unix socket, by the standard library."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any, NamedTuple
from urllib.parse import SplitResult, quote, urlsplit

from runner.errors import ConfigurationError

_CONNECT_S = 5.0
#: Longest wait for a part of an answer, in seconds; the service limits budgets and queues.
_ANSWER_S = 6 * 3600.0
#: Most idle connections that are kept.
_MOST_IDLE = 128
#: A body of this length or more is sent on its own, in bytes: joining would copy it.
_JOINED_BYTES = 64 * 1024
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
    """Address of a service.

    Attributes:
        url: URL of the service, without a slash at the end.
        socket_path: Path of its Unix socket; None for TCP.
    """

    url: str
    socket_path: str | None

    @classmethod
    def parse(cls, text: object) -> "Address":
        """Read ``unix:PATH``, ``HOST:PORT`` or a URL.

        Raises:
            ConfigurationError: It has another form.
        """
        if isinstance(text, str):
            if text.startswith("unix:") and len(text) > len("unix:"):
                return cls("http://runner", text.removeprefix("unix:"))
            url = text if "://" in text else f"http://{text}"
            if _is_of_a_service(url, needs_port=url != text):
                return cls(url.rstrip("/"), None)
        raise ConfigurationError(
            f"address: must be unix:PATH, HOST:PORT or a URL (got {text!r:.80})"
        )

    def __str__(self) -> str:
        return f"unix:{self.socket_path}" if self.socket_path else self.url


def _is_of_a_service(url: str, *, needs_port: bool) -> bool:
    try:
        parts = urlsplit(url)
        if parts.port is None and needs_port:
            return False
    except ValueError:
        return False
    extras = parts.username, parts.password, parts.query, parts.fragment
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not any(extras)


class _Connection(HTTPConnection):
    """Sends the head of a request and a short body at once, so that the service wakes up once."""

    _parts: list[bytes] | None = None

    def request(self, *args: Any, **options: Any) -> None:
        parts: list[bytes] = []
        self._parts = parts
        try:
            super().request(*args, **options)
        finally:
            self._parts = None
        if parts:
            self.send(b"".join(parts))

    def send(self, data: Any) -> None:
        if self._parts is not None and len(data) < _JOINED_BYTES:
            self._parts.append(data)
            return
        if self._parts:
            super().send(b"".join(self._parts))
            self._parts.clear()
        super().send(data)


class _TlsConnection(_Connection, HTTPSConnection):
    """The same over TLS."""


class Connections:
    """The connections of one process to one service. Thread-safe: each has one request at a time.

    Args:
        address: Where the service listens.
        headers: Headers of every request.
        cafile: CA certificates in PEM for TLS; None for those of the machine.
    """

    def __init__(self, address: Address, headers: Mapping[str, str], cafile: str | None) -> None:
        self._socket_path = address.socket_path
        self._url: SplitResult = urlsplit(address.url)
        self._prefix = quote(self._url.path, safe="/%:@!$&'()*+,;=~")
        self._headers = dict(headers)
        # Only for TLS: reading certificates takes 30 ms of CPU time.
        tls = self._url.scheme == "https"
        self._tls = ssl.create_default_context(cafile=cafile) if tls else None
        self._idle: list[HTTPConnection] = []
        self._lock = threading.Lock()
        self._closed = False

    @contextlib.contextmanager
    def answer(
        self,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout_s: float = _ANSWER_S,
    ) -> Iterator[HTTPResponse]:
        """Yield an answer whose body is not read yet.

        Args:
            path: Path below the service's URL.
            body: Body of a POST; None for a GET.
            headers: Additional headers.
            timeout_s: Longest wait for a part of the answer, in seconds.

        Raises:
            OSError: The service cannot be reached, or the connection broke; also raised by reading.
            HTTPException: The answer is not valid HTTP; also raised by reading.
        """
        sent = {**self._headers, **(headers or {})}
        connection, answer = self._answered(path, body, sent, timeout_s)
        try:
            yield answer
        finally:
            self._take_back(connection, read=answer.isclosed())
            answer.close()  # it alone holds the socket if the service closes it after the answer

    def _answered(
        self, path: str, body: bytes | None, headers: dict[str, str], timeout_s: float
    ) -> tuple[HTTPConnection, HTTPResponse]:
        method = "GET" if body is None else "POST"
        while True:
            connection = self._lent()
            used = connection.sock is not None
            try:
                if not used:
                    self._connect(connection)
                connection.sock.settimeout(timeout_s)
                connection.request(method, self._prefix + path, body, headers)
                return connection, connection.getresponse()
            except BaseException as error:
                connection.close()
                # The service may have closed this idle connection, and all others.
                if not (used and isinstance(error, (ConnectionError, HTTPException))):
                    raise
                self._close_idle()

    def _lent(self) -> HTTPConnection:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        host, port = self._url.hostname or "", self._url.port
        if self._tls is not None:
            return _TlsConnection(host, port, timeout=_CONNECT_S, context=self._tls)
        return _Connection(host, port, timeout=_CONNECT_S)

    def _connect(self, connection: HTTPConnection) -> None:
        if self._socket_path is None:
            connection.connect()
            for option in _KEEP_ALIVE:
                connection.sock.setsockopt(*option)
            return
        connection.sock = raw = socket.socket(socket.AF_UNIX)
        raw.settimeout(_CONNECT_S)
        raw.connect(self._socket_path)

    def _take_back(self, connection: HTTPConnection, *, read: bool) -> None:
        """Keep a connection whose answer was read, unless the service has closed it."""
        with self._lock:
            if read and connection.sock and len(self._idle) < _MOST_IDLE and not self._closed:
                self._idle.append(connection)
                return
        connection.close()

    def _close_idle(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def close(self) -> None:
        """Close all connections; one that is in use is closed when it is given back."""
        self._closed = True
        self._close_idle()
