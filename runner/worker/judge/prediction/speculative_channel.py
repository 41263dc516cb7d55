"""The judge's end of the channel, which does not wait for an answer that it can predict.

Before each test the solution is executed anew, and nearly always it binds the same as before. So
the request to execute it goes out together with the first request that relies on it, and the last
answer is taken for the next one. If it differs, the subject does not carry out the second request.
"""

import socket

from ...boundary.channel import AGAIN, BEGIN, Channel, framed


class Mispredicted(BaseException):  # must pass any ``except Exception`` of a test
    """An answer differs from the predicted one; requests that relied on it were not executed.

    Attributes:
        message: The answer.
    """

    def __init__(self, message: bytes) -> None:
        super().__init__("the answer differs from the predicted one")
        self.message = message


class SpeculativeChannel(Channel):
    """A channel on which the answer to the first request of a session can be predicted.

    Attributes:
        answer: The last message that was received.
    """

    def __init__(self, sock: socket.socket, max_bytes: int) -> None:
        super().__init__(sock, max_bytes)
        self.answer = b""
        self._predicted: bytes | None = None
        #: The answer to a request that the subject has already received.
        self._given: bytes | None = None

    def begin(self) -> None:
        """Let the subject begin a session with the next request."""
        self._held, self._predicted = framed(BEGIN), None

    def predict(self, answer: bytes) -> None:
        """Let it begin one with the first request of the last session, and predict the answer."""
        self._held, self._predicted = framed(AGAIN), answer

    def repeat(self, answer: bytes) -> None:
        """Use this answer for the next request, which the subject has already received."""
        self._held, self.holds, self._given = b"", True, answer

    def settle(self) -> None:
        """Wait for an answer that is only predicted so far; raises ``Mispredicted``."""
        if self._predicted is not None:
            self.send(BEGIN)  # after a misprediction, the subject skips it
            self._compare(self._predicted)

    def receive(self) -> bytes:
        """Wait for one message; raises ``ChannelClosed``, and ``Mispredicted`` before it."""
        if self._predicted is not None:
            self._compare(self._predicted)
        if self._given is not None:
            self.answer, self._given = self._given, None
            self._held, self.holds = b"", False
        else:
            self.answer = super().receive()
        return self.answer

    def _compare(self, predicted: bytes) -> None:
        self._predicted = None
        answer = super().receive()
        if answer != predicted:
            raise Mispredicted(answer)


class RecordingChannel(SpeculativeChannel):
    """A channel that keeps what it sends, for ``replay``."""

    def __init__(self, sock: socket.socket, max_bytes: int) -> None:
        super().__init__(sock, max_bytes)
        self.all_sent: list[bytes] = []

    def _transmit(self, data: bytes) -> None:
        self.all_sent.append(data)
        super()._transmit(data)
