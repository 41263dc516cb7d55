"""Frames over a byte stream, with absolute monotonic deadlines.

A ``Transport`` belongs to the holder of its sandbox, one thread at a time; only ``abort`` may come
from another. There is no thread and no timer here: each wait is one ``poll`` that ends with bytes,
with the end of the stream, or at the deadline. A caller that waits for many transports at once uses
``put``, ``exchange`` and ``take``, which never wait. It reads while it sends: otherwise both sides
could wait for each other with full buffers.

Untrusted: frames (``runner.sandbox.replies``), the number of unrequested frames, and standard
error, of which the last few KiB are kept for messages and never parsed.
"""

import contextlib
import math
import os
import select
import socket
import ssl
import time
import weakref
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from runner.errors import TransportError, TransportTimeout
from runner.sandbox.multiplex import Demultiplexer, Tail
from runner.sandbox.replies import NOTHING, AfterList, Expected, ReplyReader
from runner.worker.protocol.frames import FrameError, FrameType, encode_frame

#: More than one TLS record, so that no decrypted byte stays behind where ``poll`` cannot see it.
#: Buffers of 128 KiB and more are mapped and unmapped each time, which costs 20 us.
_RECEIVE_BYTES = 64 * 1024

Frame = tuple[FrameType, dict[str, Any]]

#: Error for a worker that sends nothing.
SILENT = "the worker sent nothing before the deadline"

#: A worker sends at most three kinds of frames per request, one of them once a second.
_MAX_UNREAD_FRAMES = 256

#: Most reads of an idle worker's standard error.
_MOST_LOOKS = 16

_HUNG_UP = select.POLLHUP | select.POLLERR | select.POLLNVAL | getattr(select, "POLLRDHUP", 0)
#: Events for ``poll`` that report only the end of a stream.
HANG_UP_EVENTS = getattr(select, "POLLRDHUP", 0)


class TransportClosed(TransportError):
    """The stream ended: the worker, its container, or the engine is gone."""


class ByteStream(Protocol):
    """A connection as a transport uses it. No method blocks."""

    def fileno(self) -> int:
        """Return the descriptor to poll."""
        ...

    def send(self, data: memoryview) -> int:
        """Send a part of ``data`` and return its length, 0 when there is no room."""
        ...

    def recv(self) -> bytes | None:
        """Return the bytes that have arrived, ``b""`` if there are none yet, None at the end."""
        ...

    def stderr_tail(self) -> str:
        """Return the end of the worker's standard error."""
        ...

    def abort(self) -> None:
        """End the conversation in both directions; any thread may call this."""
        ...

    def close(self) -> None:
        """Abort and free the descriptors."""
        ...


class Transport:
    """Frames to and from one worker.

    Args:
        stream: Belongs to the transport from now on.
        expected: The frames that may come, until ``expect`` names others.
    """

    def __init__(self, stream: ByteStream, expected: Expected = NOTHING) -> None:
        self._stream = stream
        self._reader = ReplyReader(expected)
        self._unread: deque[Frame] = deque()
        self._unsent: memoryview | None = None
        self._poll = select.poll()
        self._poll.register(stream.fileno(), select.POLLIN)

    def fileno(self) -> int:
        """Return the descriptor to poll."""
        return self._stream.fileno()

    def expect(self, expected: Expected, after_list: AfterList | None = None) -> None:
        """Set the frames that may come from now on; any other raises ``TransportError``.

        Args:
            expected: The frames.
            after_list: Returns the frames that may come after the list of the tests in suites. It
                is called as soon as that is read: the report may arrive together with it.
        """
        self._reader.expected, self._reader.after_list = expected, after_list

    def send(self, kind: FrameType, payload: dict[str, Any], deadline: float) -> None:
        """Send one frame, however slowly the worker reads.

        Raises:
            FrameError: The payload is too large for a frame; nothing was sent.
            TransportTimeout: The worker did not take all of it before the deadline.
            TransportError: The stream ended, or an invalid frame came.
        """
        self.put(kind, payload)
        while self.sending:
            self.wait(deadline)
            self.exchange()

    def receive(self, deadline: float) -> Frame:
        """Return the next frame.

        Raises:
            TransportTimeout: None was complete before the deadline.
            TransportError: The stream ended, or is not made of frames.
        """
        while not self._unread:
            self.wait(deadline)
            self.exchange()
        return self._unread.popleft()

    def put(self, kind: FrameType, payload: dict[str, Any]) -> None:
        """Begin to send one frame; ``exchange`` goes on while there is something to send.

        Raises:
            FrameError: The payload is too large for a frame; nothing was sent.
            TransportError: The stream ended.
        """
        self._unsent = memoryview(encode_frame(kind, payload))
        self._flush()

    @property
    def sending(self) -> bool:
        """Whether a part of a frame waits for room in the stream."""
        return self._unsent is not None

    def exchange(self) -> None:
        """Send and receive as much as possible without waiting.

        Raises:
            TransportError: The stream ended, or an invalid frame came.
        """
        self._fill()
        if self._unsent is not None:
            self._flush()

    def take(self) -> Frame | None:
        """Return the next received frame; None if there is none."""
        return self._unread.popleft() if self._unread else None

    def wait(self, deadline: float) -> None:
        """Wait until ``exchange`` has something to do.

        Raises:
            TransportTimeout: It had nothing before the deadline.
        """
        poll = self._poll
        if self._unsent is not None:
            poll = select.poll()
            poll.register(self._stream.fileno(), select.POLLIN | select.POLLOUT)
        left_s = deadline - time.monotonic()
        if not poll.poll(max(0, math.ceil(left_s * 1000))):
            raise TransportTimeout(SILENT)

    def at_eof(self) -> bool:
        """Return True if an idle worker is unusable: gone, or sending frames without a request."""
        try:
            for _ in range(_MOST_LOOKS):
                if self._is_talking() or not self._poll.poll(0):
                    return self._is_talking()
                before = self.stderr_tail()
                self._fill()
                if before == self.stderr_tail():
                    return True
        except TransportError:
            return True
        return True  # it never stops writing to standard error

    def _is_talking(self) -> bool:
        return bool(self._unread) or self.mid_frame

    @property
    def mid_frame(self) -> bool:
        """Whether a frame has arrived in part only."""
        return self._reader.pending

    def hung_up(self) -> bool:
        """Return True if the stream has ended, without reading from it; any thread may ask."""
        return hung_up(self.fileno())

    def stderr_tail(self) -> str:
        """Return the end of the worker's standard error."""
        return self._stream.stderr_tail()

    def abort(self) -> None:
        """End the conversation; a thread in ``receive`` or ``send`` sees the end at once."""
        self._stream.abort()

    def close(self) -> None:
        """Free the descriptors. Idempotent."""
        self._stream.close()

    def _flush(self) -> None:
        data = self._unsent
        assert data is not None
        while (sent := self._stream.send(data)) < len(data):
            data = data[sent:]
            if not sent:
                self._unsent = data
                return
        self._unsent = None

    def _fill(self) -> None:
        data = self._stream.recv()
        if data is None:
            raise TransportClosed("the stream to the worker ended")
        try:
            self._unread.extend(self._reader.feed(data))
        except FrameError as error:
            raise TransportError(f"the worker sent no valid frame: {error}") from error
        if len(self._unread) > _MAX_UNREAD_FRAMES:
            raise TransportError("the worker sends frames without a request")


def hung_up(descriptor: int) -> bool:
    """Return True if the peer of a descriptor is gone, without reading from it."""
    if descriptor < 0:
        return True
    poll = select.poll()
    poll.register(descriptor, HANG_UP_EVENTS)
    return any(events & _HUNG_UP for _, events in poll.poll(0))


def _nothing() -> None:
    """Do nothing: the default of ``on_close``."""


#: Streams of this process, so that a forked child can let go of them.
_open_streams: "weakref.WeakSet[SocketStream]" = weakref.WeakSet()


class SocketStream:
    """A connected socket, or a TLS socket, as a stream.

    Args:
        sock: Belongs to the stream from now on.
        multiplexed: Whether it is an attach stream of the engine.
        stderr: Descriptor of a pipe with the worker's standard error, belongs to the stream too.
        on_close: Closes the owner of the socket, before the socket itself is closed.
    """

    def __init__(
        self,
        sock: socket.socket,
        *,
        multiplexed: bool = False,
        stderr: int | None = None,
        on_close: Callable[[], None] | None = None,
    ) -> None:
        sock.settimeout(0)
        if stderr is not None:
            os.set_blocking(stderr, False)
        self._sock = sock
        self._stderr = stderr
        self._on_close = on_close or _nothing
        self._tail = Tail()
        self._demultiplex = Demultiplexer(self._tail.add).feed if multiplexed else bytes
        _open_streams.add(self)

    def fileno(self) -> int:
        """Return the descriptor to poll, -1 once closed."""
        return self._sock.fileno()

    def send(self, data: memoryview) -> int:
        """Send a part of ``data`` and return its length, 0 when there is no room."""
        try:
            return self._sock.send(data)
        except (BlockingIOError, InterruptedError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
            return 0
        except OSError as error:
            raise TransportClosed(f"the stream to the worker is broken: {error}") from error

    def recv(self) -> bytes | None:
        """Return the bytes that have arrived, ``b""`` if there are none yet, None at the end."""
        try:
            data = self._sock.recv(_RECEIVE_BYTES)
        except (BlockingIOError, InterruptedError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return b""
        except OSError as error:
            raise TransportClosed(f"the stream from the worker is broken: {error}") from error
        return self._demultiplex(data) if data else None

    def stderr_tail(self) -> str:
        """Return the end of the worker's standard error."""
        if self._stderr is not None:
            with contextlib.suppress(BlockingIOError):
                while data := os.read(self._stderr, 65_536):
                    self._tail.add(data)
        return self._tail.text()

    def abort(self) -> None:
        """End the conversation in both directions; any thread may call this."""
        # Not close(): a thread may be polling this very descriptor, and its number could by then
        # belong to another thread. An error means that it has ended already.
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Abort and free the descriptors."""
        _open_streams.discard(self)
        self.abort()
        on_close, self._on_close = self._on_close, _nothing
        try:
            on_close()
        finally:
            self._sock.close()
            if self._stderr is not None:
                self.stderr_tail()
                os.close(self._stderr)
                self._stderr = None

    def forget(self) -> None:
        """Close the descriptors in a forked child, without ending the parent's connection."""
        descriptors = [self._sock.detach(), -1 if self._stderr is None else self._stderr]
        self._stderr = None
        for descriptor in descriptors:
            if descriptor >= 0:
                with contextlib.suppress(OSError):
                    os.close(descriptor)


def _forget_streams() -> None:
    """Close the parent's streams: with a copy here, workers would not notice its death."""
    for stream in list(_open_streams):
        stream.forget()
    _open_streams.clear()


os.register_at_fork(after_in_child=_forget_streams)
