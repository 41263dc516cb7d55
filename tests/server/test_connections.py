"""Requests as bytes on a connection: divided in any way, early, and too long."""

import json
import re
import socket

import pytest

from tests.server.served import PASSES, Served, slow

#: Longest head, in bytes.
_LONGEST = 64 * 1024


def answers(connection: socket.socket, count: int) -> list[tuple[int, bytes]]:
    """Return status and body of so many answers with a length."""
    received, found = b"", list[tuple[int, bytes]]()
    while len(found) < count:
        head, end, rest = received.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: ([0-9]+)", head)
        if not end or length is None or len(rest) < int(length[1]):
            part = connection.recv(1 << 16)
            assert part, f"closed after {len(found)} answers"
            received += part
            continue
        found.append((int(head.split()[1]), rest[: int(length[1])]))
        received = rest[int(length[1]) :]
    return found


def bare(fields: dict[str, object]) -> bytes:
    body = json.dumps(fields).encode()
    head = f"POST /v1/execute HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def test_requests_may_come_before_the_answers_to_earlier_ones(served: Served) -> None:
    """Answers come in the order of the requests, however the bytes are divided."""
    one, two = bare(slow(0.05)), bare({**PASSES, "tests": ["assert f(1) == 3"]})
    wrong = bare({"code": 1})
    expected = [b"all_passed", b"some_failed", b"ConfigurationError", b"all_passed"]
    for parts in (
        [one, two, wrong, one],
        [one + two, wrong + one],
        [one, two + wrong + one],
        [one[:40], one[40:] + two[:-1], two[-1:], wrong + one[:9], one[9:]],
    ):
        connection = served.connect()
        for part in parts:
            connection.sendall(part)
        found = answers(connection, 4)
        connection.close()
        assert [status for status, _ in found] == [200, 200, 422, 200]
        assert all(word in body for word, (_, body) in zip(expected, found, strict=True))


def test_a_body_may_come_in_many_chunks(served: Served) -> None:
    body = json.dumps(PASSES).encode() + b" " * 2 * _LONGEST
    chunks = b"".join(b"8\r\n%b\r\n" % body[at : at + 8] for at in range(0, len(body) - 7, 8))
    head = b"POST /v1/execute HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    connection = served.connect()
    connection.sendall(head + chunks + b"0\r\n\r\n")
    ((status, answer),) = answers(connection, 1)
    connection.close()
    assert status == 200
    assert b"all_passed" in answer


_POST = b"POST /v1/execute HTTP/1.1\r\nHost: x\r\n"
_CHUNK = _POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"


@pytest.mark.parametrize(
    ("start", "part"),
    [
        (b"POST /", b"a" * 1000),
        (_POST, b"X: " + b"x" * 1000 + b"\r\n"),
        (_POST + b"X: ", b"x" * 1000),
        (_CHUNK + b"1;", b"x" * 1000),
        (_CHUNK + b"0\r\n", b"X: " + b"x" * 1000 + b"\r\n"),
    ],
    ids=["path", "headers", "header", "extension", "trailers"],
)
def test_what_stands_outside_a_body_is_bounded(served: Served, start: bytes, part: bytes) -> None:
    connection = served.connect()
    connection.sendall(start)
    sent = 0
    try:
        while sent < 100 * _LONGEST:
            connection.sendall(part * 10)
            sent += len(part) * 10
    except (BrokenPipeError, ConnectionResetError):
        pass
    connection.close()
    assert sent < 100 * _LONGEST


def test_a_long_head_within_the_bound_is_read(served: Served) -> None:
    body = json.dumps(PASSES).encode()
    long = b"X-Long: " + b"x" * (_LONGEST - 1000) + b"\r\n"
    connection = served.connect()
    connection.sendall(_POST + long + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    ((status, _),) = answers(connection, 1)
    connection.close()
    assert status == 200
