"""The judge's end of the channel, which need not wait for an answer that it knows.

Before each test the solution is executed anew, and nearly always it binds the same as before. So
the request to execute it goes out with the first request that relies on it, and is presumed to be
answered as the last time. The subject leaves the other request alone if that is not so.
"""

import socket

from ...boundary.channel import AGAIN, BEGIN, Channel, framed


class OtherAnswer(BaseException):  # must pass any ``except Exception`` of a test
    """An answer is not the one that was presumed, and what relied on it has not been done.

    Attributes:
        message: The answer.
    """

    def __init__(self, message: bytes) -> None:
        super().__init__("which was presumed to be another")
        self.message = message


class PresumingChannel(Channel):
    """A channel on which the answer to the first request of a session can be presumed.

    Attributes:
        answer: The last message that was received.
    """

    def __init__(self, sock: socket.socket, max_bytes: int) -> None:
        super().__init__(sock, max_bytes)
        self.answer = b""
        self._presumed: bytes | None = None
        #: The answer to a request that the subject has had.
        self._given: bytes | None = None

    def begin(self) -> None:
        """Let the subject begin a session with the next request."""
        self._held, self._presumed = framed(BEGIN), None

    def presume(self, answer: bytes) -> None:
        """Let it begin one with the first request of the last session, and presume the answer."""
        self._held, self._presumed = framed(AGAIN), answer

    def repeat(self, answer: bytes) -> None:
        """Take this for the answer to the next request, which the subject has had."""
        self._held, self.holds, self._given = b"", True, answer

    def settle(self) -> None:
        """Have the answer if it is still presumed; raises ``OtherAnswer``."""
        if self._presumed is not None:
            self.send(BEGIN)  # which is left alone where it counts
            self._compare(self._presumed)

    def receive(self) -> bytes:
        """Wait for one message; raises ``ChannelClosed``, and ``OtherAnswer`` before it."""
        if self._presumed is not None:
            self._compare(self._presumed)
        if self._given is not None:
            self.answer, self._given = self._given, None
            self._held, self.holds = b"", False
        else:
            self.answer = super().receive()
        return self.answer

    def _compare(self, presumed: bytes) -> None:
        self._presumed = None
        answer = super().receive()
        if answer != presumed:
            raise OtherAnswer(answer)


class RecordingChannel(PresumingChannel):
    """A channel that keeps what it sends, for ``replay``."""

    def __init__(self, sock: socket.socket, max_bytes: int) -> None:
        super().__init__(sock, max_bytes)
        self.all_sent: list[bytes] = []

    def _transmit(self, data: bytes) -> None:
        self.all_sent.append(data)
        super()._transmit(data)
