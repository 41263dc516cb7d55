"""A worker that answers at once, so that only the host's side of an execution is left.

Run as a program of its own, with a bare interpreter: it serves every connection to a Unix socket
with prepared bytes, and ends at the end of its standard input.
"""

import json
import os
import select
import socket
import struct
import sys

_HEADER = struct.Struct(">BI")
_HELLO, _STARTED, _REPORT = 1, 5, 7


class _Connection:
    """Answers the frames of one host."""

    def __init__(self, sock: socket.socket, greeting: bytes, report: bytes) -> None:
        self._sock = sock
        self._greeting = greeting
        self._report = report
        self._held = b""

    def serve(self) -> bool:
        """Answer the received frames; return False if the host has closed the connection."""
        data = self._sock.recv(1 << 20)
        self._held += data
        while len(self._held) >= _HEADER.size:
            kind, length = _HEADER.unpack_from(self._held)
            end = _HEADER.size + length
            if len(self._held) < end:
                break
            body, self._held = self._held[_HEADER.size : end], self._held[end:]
            self._sock.sendall(self._greeting if kind == _HELLO else self._answer(body))
        return bool(data)

    def _answer(self, body: bytes) -> bytes:
        # The id stands first in a request, and first in what is answered.
        field = body[: body.index(b",")]
        started, report = field + b"}", field + self._report
        return b"".join(
            (
                _HEADER.pack(_STARTED, len(started)),
                started,
                _HEADER.pack(_REPORT, len(report)),
                report,
            )
        )


def serve(path: str, greeting: bytes, report: bytes) -> None:
    """Serve connections until standard input ends.

    Args:
        path: Of the socket to listen at.
        greeting: The frame that answers HELLO.
        report: A report as JSON without its brace and its id, from the comma on.
    """
    with socket.socket(socket.AF_UNIX) as listener, select.epoll() as poll:
        listener.bind(path)
        listener.listen(1024)
        connections: dict[int, tuple[socket.socket, _Connection]] = {}
        poll.register(listener, select.EPOLLIN)
        poll.register(0, select.EPOLLIN)
        os.write(1, b"ready\n")
        while True:
            for descriptor, _ in poll.poll():
                if descriptor == 0:
                    return
                if descriptor == listener.fileno():
                    sock, _ = listener.accept()
                    connections[sock.fileno()] = sock, _Connection(sock, greeting, report)
                    poll.register(sock, select.EPOLLIN)
                elif not connections[descriptor][1].serve():
                    connections.pop(descriptor)[0].close()


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    serve(given["path"], given["greeting"].encode("latin-1"), given["report"].encode("ascii"))
