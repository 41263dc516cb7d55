"""A judge and a subject as the supervisor sees them: two pids, and its ends of their pipes."""

import contextlib
import os
import resource
import select
import signal
import socket
from typing import Any, NamedTuple

from .frames import FrameReader, Kind, encode_frame
from .zygote import SPAWN, SPAWNED

#: How long a process whose socket is closed may take to be reaped, in milliseconds.
_EXIT_GRACE_MS = 500


class Ending(NamedTuple):
    """How a process ended: wait status (None when we had to kill it) and peak memory in bytes."""

    status: int | None
    memory_peak_bytes: int


class Outbox:
    """Bytes on their way to a descriptor that may not take them all at once."""

    def __init__(self, fd: int, data: bytes = b"") -> None:
        os.set_blocking(fd, False)
        self.fd = fd
        self._data = memoryview(data)

    def __bool__(self) -> bool:
        return len(self._data) > 0

    def put(self, data: bytes) -> None:
        """Add bytes behind those that wait."""
        self._data = memoryview(bytes(self._data) + data)

    def flush(self) -> bool:
        """Write what goes; return whether everything is gone. A closed reader swallows the rest."""
        try:
            while self._data:
                self._data = self._data[os.write(self.fd, self._data) :]
        except BlockingIOError:
            return False
        except OSError:
            self._data = memoryview(b"")
        return True


class Pair:
    """One judge and one subject, forked ahead of time and used for one group of tests."""

    def __init__(self, zygote: socket.socket, subject_uid: int, judge_uid: int) -> None:
        self._zygote = zygote
        stdin_read, self.stdin = os.pipe()
        self.stdout, stdout_write = os.pipe()
        self.stderr, stderr_write = os.pipe()
        subject_end, judge_end = socket.socketpair()
        self._control, judge_control = socket.socketpair()
        theirs = [stdin_read, stdout_write, stderr_write]
        sockets = [subject_end, judge_end, judge_control]
        fds = theirs + [end.fileno() for end in sockets]
        socket.send_fds(zygote, [SPAWN.pack(subject_uid, judge_uid)], fds)
        for fd in theirs:
            os.close(fd)
        for end in sockets:
            end.close()
        for fd in (self.stdout, self.stderr):
            os.set_blocking(fd, False)
        self.control = Outbox(self._control.fileno())
        self._reader = FrameReader()
        self._pids: tuple[int, int] | None = None
        self.input: Outbox | None = None

    @property
    def pids(self) -> tuple[int, int]:
        """Pids of subject and judge; waits until the zygote has forked them."""
        if self._pids is None:
            answer = self._zygote.recv(64)
            if not answer:
                raise RuntimeError("the zygote is gone")
            self._pids = SPAWNED.unpack(answer)
            if not all(self._pids):
                raise RuntimeError("the zygote could not fork")
        return self._pids

    def begin(self, run: dict[str, Any], stdin: str) -> None:
        """Hand the request to the judge, and its input to the subject."""
        self.tell(run)
        data = stdin.encode("utf-8", "surrogatepass")
        self.input = Outbox(self.stdin, data)
        self.feed()

    def feed(self) -> None:
        """Write more of the subject's input; the end of the input closes it."""
        if self.input is not None and self.input.flush():
            os.close(self.stdin)
            self.input = None

    def tell(self, payload: dict[str, Any]) -> None:
        """Queue a message for the judge."""
        self.control.put(encode_frame(Kind.EVENT, payload))
        self.control.flush()

    def events(self) -> list[dict[str, Any]] | None:
        """Return what the judge has said meanwhile; None when it is gone."""
        try:
            data = os.read(self.control.fd, 1 << 16)
        except BlockingIOError:
            return []
        except OSError:
            return None
        return [payload for _, payload in self._reader.feed(data)] if data else None

    def ended_by_itself(self, pid: int) -> bool:
        """Wait a moment for a process that seems to be gone; tell whether it is."""
        try:
            watch = os.pidfd_open(pid)
        except OSError:
            return False
        try:
            poll = select.poll()
            poll.register(watch, select.POLLIN)
            return bool(poll.poll(_EXIT_GRACE_MS))
        finally:
            os.close(watch)

    def destroy(self, *, subject_ended: bool) -> Ending:
        """Kill what is left, reap both, close everything; return how the subject ended."""
        subject_pid, judge_pid = self.pids
        for pid in (subject_pid, judge_pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        status, usage = _reap(subject_pid)
        _reap(judge_pid)
        self._close()
        peak = usage.ru_maxrss * 1024 if usage is not None else 0
        return Ending(status if subject_ended else None, peak)

    def _close(self) -> None:
        if self.input is not None:
            os.close(self.stdin)
        os.close(self.stdout)
        os.close(self.stderr)
        self._control.close()


def _reap(pid: int) -> tuple[int | None, resource.struct_rusage | None]:
    try:
        _, status, usage = os.wait4(pid, 0)
    except ChildProcessError:
        return None, None
    return status, usage
