"""Messages over a socket between two processes of the worker: four bytes of length, then bytes."""

import socket
import struct

_LENGTH = struct.Struct("<I")


class ChannelClosed(BaseException):  # an end; must pass any ``except Exception``
    """The other side is gone."""


class Channel:
    """Blocking messages over a stream socket; the length is checked before anything is read."""

    def __init__(self, sock: socket.socket, max_bytes: int) -> None:
        self._sock = sock
        self._max = max_bytes
        self._held = b""
        #: Whether the end was seen once; it stays true.
        self.closed = False

    def limit(self, max_bytes: int) -> None:
        """Change the longest message that is accepted."""
        self._max = max_bytes

    def hold(self, message: bytes) -> None:
        """Let a message that nobody waits for go out with the next one: each wakes the reader."""
        self._held = _LENGTH.pack(len(message)) + message

    def send(self, message: bytes) -> None:
        """Send one message, and before it what is held; raises ``ChannelClosed``."""
        held, self._held = self._held, b""
        try:
            self._sock.sendall(held + _LENGTH.pack(len(message)) + message)
        except OSError as error:
            raise self._end(str(error)) from error

    def receive(self) -> bytes:
        """Wait for one message; raises ``ChannelClosed`` at the end, or for a forged length."""
        (length,) = _LENGTH.unpack(self._exactly(4))
        if length > self._max:
            raise self._end(f"message of {length} bytes exceeds {self._max}")
        return self._exactly(length)

    def _exactly(self, count: int) -> bytes:
        try:
            data = self._sock.recv(count)
            if len(data) == count:
                return data
            return self._rest(data, count)
        except OSError as error:
            raise self._end(str(error)) from error

    def _rest(self, start: bytes, count: int) -> bytes:
        buffer = bytearray(start)
        while len(buffer) < count:
            data = self._sock.recv(min(count - len(buffer), 1 << 20))
            if not data:
                raise self._end("end of stream")
            buffer += data
        return bytes(buffer)

    def _end(self, reason: str) -> ChannelClosed:
        self.closed = True
        return ChannelClosed(reason)
