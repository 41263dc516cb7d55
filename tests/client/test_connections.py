"""Connections are kept while the service keeps them, and replaced when it does not."""

import contextlib
import socket
import threading
from collections.abc import Iterator, Sequence
from http.client import HTTPException
from pathlib import Path

import pytest

from runner.client.connections import Address, Connections

_ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
_CUT_OFF = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n5\r\nno"


class Listener:
    """A service that gives prepared answers: one list for each connection, which it then closes."""

    def __init__(self, place: Path, connections: Sequence[Sequence[bytes]]) -> None:
        self.address = Address.parse(f"unix:{place}/s")
        self.accepted = 0
        self._connections = connections
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(self.address.socket_path))
        self._socket.listen()
        self._thread = threading.Thread(target=self._serve)

    def _serve(self) -> None:
        for answers in self._connections:
            connection, _ = self._socket.accept()
            with connection:
                self.accepted += 1
                for answer in answers:
                    received = b""
                    while b"\r\n\r\n" not in received:
                        received += connection.recv(1 << 16)
                    connection.sendall(answer)

    @contextlib.contextmanager
    def serving(self) -> Iterator[Connections]:
        self._thread.start()
        connections = Connections(self.address, {}, None)
        try:
            yield connections
        finally:
            connections.close()
            self._thread.join(30)
            self._socket.close()


def _read(connections: Connections) -> bytes:
    with connections.answer("/") as answer:
        return answer.read()


def test_a_connection_is_used_again(tmp_path: Path) -> None:
    listener = Listener(tmp_path, [[_ANSWER] * 3])
    with listener.serving() as connections:
        assert [_read(connections) for _ in range(3)] == [b"ok"] * 3
    assert listener.accepted == 1


def test_an_idle_connection_that_the_service_has_closed_is_replaced(tmp_path: Path) -> None:
    listener = Listener(tmp_path, [[_ANSWER], [_ANSWER]])
    with listener.serving() as connections:
        assert [_read(connections) for _ in range(2)] == [b"ok"] * 2
    assert listener.accepted == 2


def test_a_fresh_connection_that_breaks_is_an_error(tmp_path: Path) -> None:
    """Control: only what was idle is replaced."""
    listener = Listener(tmp_path, [[b""]])
    with (
        listener.serving() as connections,
        pytest.raises((ConnectionError, HTTPException)),
    ):
        _read(connections)
    assert listener.accepted == 1


@pytest.mark.parametrize("answer", [_CUT_OFF, _ANSWER[:-1], b"SMTP\r\n\r\n"])
def test_an_answer_that_is_cut_off_is_an_error(tmp_path: Path, answer: bytes) -> None:
    """Its connection is not used again."""
    listener = Listener(tmp_path, [[answer], [_ANSWER]])
    with listener.serving() as connections:
        with pytest.raises((ConnectionError, HTTPException)):
            _read(connections)
        assert _read(connections) == b"ok"


def test_an_answer_that_is_not_read_is_not_mistaken_for_the_next(tmp_path: Path) -> None:
    listener = Listener(tmp_path, [[_ANSWER], [_ANSWER]])
    with listener.serving() as connections:
        with connections.answer("/"):
            pass
        assert _read(connections) == b"ok"
    assert listener.accepted == 2
