"""Messages over a socket between two processes of the worker: four bytes of length, then bytes."""

import socket
import struct

_LENGTH = struct.Struct("<I")

#: Size of the first read of a message, in bytes; most messages fit.
_AT_ONCE = 1 << 14

#: Messages that begin a session. ``AGAIN`` also repeats the first request of the previous session.
#: The next request counts only if the answer to that is the same bytes as before.
BEGIN, AGAIN = b"", b"\0"


class ChannelClosed(BaseException):  # must pass any ``except Exception`` of a test
    """The other side is gone."""


class Channel:
    """Blocking messages over a stream socket; the length is checked before anything is read."""

    def __init__(self, sock: socket.socket, max_bytes: int) -> None:
        self._sock = sock
        self._max = max_bytes
        #: Whether messages are buffered; they are sent before the next wait at the latest.
        self.holds = False
        self._held = b""
        #: The received beginning of the next message.
        self._early = b""
        #: Whether the channel has ended; it stays True.
        self.closed = False

    def limit(self, max_bytes: int) -> None:
        """Set the longest message that is accepted, in bytes."""
        self._max = max_bytes

    def replay(self, data: bytes) -> None:
        """Send recorded messages, lengths included, and drop the answer."""
        self._sock.sendall(data)
        self.receive()

    def send(self, message: bytes) -> None:
        """Send the buffered messages and this one; raises ``ChannelClosed``."""
        self._held += _LENGTH.pack(len(message)) + message
        if not self.holds:
            self.flush()

    def flush(self) -> None:
        """Send the buffered messages; each call wakes the reader."""
        held, self._held = self._held, b""
        try:
            self._transmit(held)
        except OSError as error:
            raise self._end(str(error)) from error

    def _transmit(self, data: bytes) -> None:
        self._sock.sendall(data)

    def receive(self) -> bytes:
        """Wait for one message; raises ``ChannelClosed`` at the end, or for a forged length."""
        if self._held and not self._early:
            self.flush()
        try:
            data = self._early or self._sock.recv(_AT_ONCE)
            while len(data) < _LENGTH.size:
                data += self._some(_AT_ONCE)
            (length,) = _LENGTH.unpack_from(data)
            end = _LENGTH.size + length
            if length > self._max:
                raise self._end(f"message of {length} bytes exceeds {self._max}")
            if len(data) < end:
                data = self._rest(data, end)
        except OSError as error:
            raise self._end(str(error)) from error
        self._early = data[end:]
        return data[_LENGTH.size : end]

    def _some(self, most: int) -> bytes:
        data = self._sock.recv(most)
        if not data:
            raise self._end("end of stream")
        return data

    def _rest(self, start: bytes, count: int) -> bytes:
        pieces, left = [start], count - len(start)
        while left:
            pieces.append(self._some(min(left, 1 << 20)))
            left -= len(pieces[-1])
        return b"".join(pieces)

    def _end(self, reason: str) -> ChannelClosed:
        self.closed = True
        return ChannelClosed(reason)


def framed(message: bytes) -> bytes:
    """Return a message with its length before it."""
    return _LENGTH.pack(len(message)) + message
