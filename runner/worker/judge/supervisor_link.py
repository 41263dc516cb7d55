"""Messages between judge and supervisor: JSON in the same frames as on the way to the host."""

import fcntl
import os
import socket
import struct
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NoReturn, TypeVar

from ..kernel.cpu_accounting import cpu_seconds
from ..protocol.frames import FrameReader, FrameType, encode_frame

#: The ioctl for the number of bytes in a pipe, at either end; ``termios`` has it, with much else.
_FIONREAD = 0x541B

#: Excerpts of what a test expected and got, for people.
Excerpts = tuple[str | None, str | None]
_NO_EXCERPTS: Excerpts = None, None

#: Seconds after which the supervisor is told, and starts a new budget: each test has its own.
_TELL_S = 0.02

Item = TypeVar("Item")

# Bound at import: the fixed clock may replace the functions of ``time`` later.
_now_s = time.monotonic


class SupervisorLink:
    """The judge's end.

    Args:
        sock: Leads to the supervisor.
        outputs: Descriptors of the pipes that the subject prints to.
    """

    def __init__(self, sock: socket.socket, outputs: Sequence[int] = ()) -> None:
        self._sock = sock
        self._outputs = outputs
        self._reader = FrameReader()
        self._subject_pid = 0
        self._left = 0
        #: The last message, which is sent with "done": each write wakes the supervisor.
        self._held = b""

    def request(self) -> dict[str, Any]:
        """Wait for the request; ends the process when there will be none."""
        request = self._receive()
        self._subject_pid = request["subject_pid"]
        self._left = len(request["tests"])
        return request

    def _stamp(self) -> list[float] | None:
        """Return the time and the pair's CPU time, because the supervisor reads this later."""
        try:
            return [_now_s(), cpu_seconds(0) + cpu_seconds(self._subject_pid)]
        except OSError:
            return None

    def _receive(self) -> dict[str, Any]:
        while True:
            data = self._sock.recv(1 << 16)
            if not data:
                os._exit(0)
            for _, payload in self._reader.feed(data):
                return payload

    def _tell(self, **event: Any) -> None:
        held, self._held = self._held, b""
        self._sock.sendall(held + encode_frame(FrameType.EVENT, event))

    def collected(self, found: dict[int, list[str] | None]) -> None:
        """Report which tests the suites have, before the solution is loaded."""
        self._left += sum(len(names or "1") - 1 for names in found.values())
        self._tell(event="collected", suites=[*found.items()])

    def compiled(self) -> None:
        """Report that the solution compiles: from here on its own code runs."""
        self._tell(event="compiled", stamp=self._stamp())

    def syntax_error(self, message: str) -> None:
        """Report that the solution does not compile."""
        self._tell(event="syntax_error", message=message)

    def checking(self) -> None:
        """Report that code of the tests runs now, before the solution is loaded."""
        self._tell(event="checking", stamp=self._stamp())

    def checked(self) -> None:
        """Report that this code of the tests has ended."""
        self._tell(event="checked", stamp=self._stamp())

    def broken(self, tests: list[tuple[int, str]]) -> None:
        """Report which tests are broken, and why; then no test is run."""
        self._tell(event="broken", tests=tests)

    def crossed(self, seconds: float) -> None:
        """Report the counted cost of crossing in this test so far, in seconds."""
        self._tell(event="crossed", crossing_s=seconds)

    def ended(self, index: int, *, excerpts: Excerpts, broken: bool, **facts: Any) -> None:
        """Report how a test ended, and whether this pair is spent.

        Args:
            index: Of the test.
            excerpts: Of what it expected and of what it got.
            broken: Whether the subject cannot be trusted with another test.
            facts: Status, message, output, evidence, exit code, and what crossing has cost.
        """
        event: dict[str, Any] = {"index": index, "stamp": self._stamp()}
        # To the supervisor, a missing text is empty, and a missing excerpt is None.
        event |= {name: fact for name, fact in facts.items() if fact != ""}
        event |= {"broken": True} if broken else {}
        if excerpts != _NO_EXCERPTS:
            event |= {"expected": excerpts[0], "actual": excerpts[1]}
        self._left -= 1
        if self._left == 0:
            self._held = encode_frame(FrameType.EVENT, {"event": "ended", **event})
            return
        # If the supervisor is behind, it would take the next test's output for this one's.
        waits = any(map(_waiting_bytes, self._outputs))
        self._tell(event="ended", **event, waits=waits)
        if waits:
            self._receive()

    def output(self) -> str:
        """Return what the subject has written to its standard output during this test."""
        self._tell(event="output")
        return str(self._receive()["stdout"])

    def done(self, *, plain: bool) -> None:
        """Report that every test has been run, and whether all of them were plain."""
        self._tell(event="done", plain=plain)

    def stale(self) -> NoReturn:
        """Report that this request needs a fresh judge, and wait for the end."""
        self._tell(event="stale")
        self.await_end()

    def next_channel(self) -> socket.socket:
        """Wait for another subject: return the socket to it, and watch its outputs from now on.

        If no other subject comes, this waits until the process is killed.
        """
        message, fds, _, _ = socket.recv_fds(self._sock, 1, len(self._outputs) + 1)
        if not message:
            os._exit(0)
        for fd in self._outputs:
            os.close(fd)
        channel, *self._outputs = fds
        return socket.socket(fileno=channel)

    def subject_gone(self) -> NoReturn:
        """Report that the subject hung up, and wait for the end."""
        self._tell(event="subject_gone")
        self.await_end()

    def await_end(self) -> NoReturn:
        """Wait to be killed.

        Two processes that end by themselves keep two processors busy for a millisecond or two, and
        the supervisor would have to wait for one before it can report.
        """
        while self._sock.recv(1 << 16):
            continue
        os._exit(0)


def each_in_time(items: Iterable[Item], tell: Callable[[], None]) -> Iterator[Item]:
    """Yield tests that are checked before the solution is loaded, each with a budget of its own.

    Args:
        items: The tests.
        tell: ``checking`` or ``checked`` of the link; called only if the last call is long ago.
    """
    told_s = _now_s()
    for item in items:
        yield item
        if _now_s() - told_s > _TELL_S:
            tell()
            told_s = _now_s()


def _waiting_bytes(pipe: int) -> int:
    (count,) = struct.unpack("i", fcntl.ioctl(pipe, _FIONREAD, bytes(4)))
    return int(count)


class Silence(SupervisorLink):
    """The link of a judge that only rehearses: it sends nothing."""

    def __init__(self) -> None:
        nowhere: Any = None
        super().__init__(nowhere)

    def _tell(self, **event: Any) -> None:
        del event

    def output(self) -> str:
        """Return an empty text."""
        return ""
