"""A judge and a subject as the supervisor sees them: two pids, and its ends of their pipes."""

import contextlib
import os
import select
import signal
import socket
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

from .frames import FrameReader, Kind, encode_frame
from .zygote import FORKED_BYTES, JUDGE, MISSING, ORDER, ROLES, SUBJECT

_RING = b"!"

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


class Zygote:
    """The zygote's two processes, in a conversation in which requests overtake answers.

    Args:
        pid: The one that is our child.
        bells: Where to ask for a subject, and for a judge.
        orders: Where the forked find what to do.
    """

    def __init__(
        self, pid: int, bells: Sequence[socket.socket], orders: Sequence[socket.socket]
    ) -> None:
        self._bells = bells
        self._orders = orders
        self._children = {pid}
        #: The pair whose pids are the next answer.
        self._awaited: Pair | None = None

    def greeting(self) -> str:
        """Wait until both are ready; return whether addresses are "fixed" or "random".

        Raises:
            LookupError: The policy names what does not exist here; the text says what.
            RuntimeError: They will never be ready.
        """
        addresses, _, rest = self._bells[JUDGE].recv(1 << 16).decode().partition(" ")
        if addresses == MISSING:
            raise LookupError(rest)
        if not rest:
            raise RuntimeError("the zygote did not start")
        self._children.add(int(rest))
        return addresses

    def spawn(self, pair: "Pair", uids: tuple[int, int], fds: tuple[list[int], list[int]]) -> None:
        """Have subject and judge forked; the pair is told the pids when somebody asks for them."""
        self.settle()
        for role in ROLES:
            self._bells[role].send(_RING)
            socket.send_fds(self._orders[role], [ORDER.pack(uids[role])], fds[role])
        self._awaited = pair

    def settle(self) -> None:
        """Wait for the pids of the pair that is being forked, if there is one."""
        pair, self._awaited = self._awaited, None
        if pair is not None:
            pair.pids = self._pid(SUBJECT), self._pid(JUDGE)
            self._children |= {*pair.pids}

    def children(self) -> set[int]:
        """Return the pids of the zygote and of all that it has forked and nobody has reaped."""
        self.settle()
        return self._children

    def reap(self, pair: "Pair") -> tuple[int, int]:
        """Wait for a killed pair; return the subject's wait status and peak memory in bytes."""
        subject, judge = pair.pids
        _, status, usage = os.wait4(subject, 0)
        os.waitpid(judge, 0)
        self._children -= {subject, judge}
        return status, usage.ru_maxrss * 1024

    def _pid(self, role: int) -> int:
        answer = self._bells[role].recv(FORKED_BYTES)
        pid = int.from_bytes(answer, sys.byteorder, signed=True)
        if pid <= 0:
            raise RuntimeError("the zygote could not fork" if answer else "the zygote is gone")
        return pid


class Pair:
    """One judge and one subject, forked ahead of time and used for one group of tests."""

    def __init__(self, zygote: Zygote, uids: tuple[int, int]) -> None:
        self._zygote = zygote
        stdin_read, self.stdin = os.pipe()
        self.stdout, stdout_write = os.pipe()
        self.stderr, stderr_write = os.pipe()
        subject_end, judge_end = socket.socketpair()
        self._control, judge_control = socket.socketpair()
        theirs = [stdin_read, stdout_write, stderr_write]
        sockets = [subject_end, judge_end, judge_control]
        ends = [end.fileno() for end in sockets]
        zygote.spawn(self, uids, ([*theirs, ends[0]], [*ends[1:], stdout_write, stderr_write]))
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
        """Pids of subject and judge; waits until they are forked."""
        if self._pids is None:
            self._zygote.settle()
        assert self._pids is not None
        return self._pids

    @pids.setter
    def pids(self, pids: tuple[int, int]) -> None:
        self._pids = pids

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

    def peak_bytes(self) -> int:
        """Return the most memory that the subject has had so far; 0 when it has ended."""
        try:
            fd = os.open(f"/proc/{self.pids[0]}/status", os.O_RDONLY)
        except OSError:
            return 0
        try:
            status = os.read(fd, 4096)
        finally:
            os.close(fd)
        _, _, rest = status.partition(b"VmHWM:")
        return int(rest.split(maxsplit=1)[0]) * 1024 if rest else 0

    def kill(self) -> None:
        """Kill what is left of both; they go on to be reaped."""
        for pid in self.pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def destroy(self, *, subject_ended: bool) -> Ending:
        """Kill what is left, reap both, close everything; return how the subject ended."""
        self.kill()
        status, peak_bytes = self._zygote.reap(self)
        self._close()
        return Ending(status if subject_ended else None, peak_bytes)

    def _close(self) -> None:
        if self.input is not None:
            os.close(self.stdin)
        os.close(self.stdout)
        os.close(self.stderr)
        self._control.close()
