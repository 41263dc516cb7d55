"""A judge and a subject as the supervisor sees them: two pids, and its ends of their pipes."""

import contextlib
import os
import socket
from typing import Any, NamedTuple

from ..protocol.frames import FrameReader, FrameType, encode_frame
from ..protocol.report import most_event_bytes
from ..zygote.orders import JUDGE, RING, SUBJECT
from .work_directory import WorkDirectory
from .zygote_client import Zygote


class Ending(NamedTuple):
    """How a pair ended.

    Attributes:
        status: The subject's wait status; None when we had to kill it.
        memory_peak_bytes: The subject's.
        reaped: Whether both processes are reaped.
    """

    status: int | None
    memory_peak_bytes: int
    reaped: bool


class Outbox:
    """A buffer for writes to a non-blocking descriptor."""

    def __init__(self, fd: int, data: bytes = b"") -> None:
        os.set_blocking(fd, False)
        self.fd = fd
        self._data = memoryview(data)

    def __bool__(self) -> bool:
        return len(self._data) > 0

    def put(self, data: bytes) -> None:
        """Append bytes."""
        self._data = memoryview(bytes(self._data) + data)

    def flush(self) -> bool:
        """Write what fits; return True if nothing is left. For a closed reader, drop the rest."""
        try:
            while self._data:
                self._data = self._data[os.write(self.fd, self._data) :]
        except BlockingIOError:
            return False
        except OSError:
            self._data = memoryview(b"")
        return True


class JudgeHandle:
    """A judge, which may serve several pairs as long as all their tests are plain.

    Args:
        zygote: Forks it.
        uid: Its user id; -1 for ours.
        fds: What it gets of its first pair: its end of the channel, and both outputs.
    """

    def __init__(self, zygote: Zygote, uid: int, fds: list[int]) -> None:
        self._socket, theirs = socket.socketpair()
        channel, *outputs = fds
        self.child = zygote.spawn(JUDGE, uid, [channel, theirs.fileno(), *outputs])
        theirs.close()
        self._reader = FrameReader()
        self.control = Outbox(self._socket.fileno())
        #: How many pairs it has been given.
        self.pairs = 1

    def meet(self, fds: list[int]) -> None:
        """Give it the descriptors of another pair, when it is done with the last one."""
        self.pairs += 1
        with contextlib.suppress(OSError):  # it is dead, which the next request detects
            socket.send_fds(self._socket, [RING], fds)

    def begin(self, run: dict[str, Any]) -> None:
        """Send a request, and limit the judge's messages to what the request can produce."""
        tests = len(run["tests"]) + len(run["others"])
        self._reader.most = most_event_bytes(tests, run["limits"]["output_bytes"])
        self.tell(run)

    def tell(self, payload: dict[str, Any]) -> None:
        """Queue a message."""
        self.control.put(encode_frame(FrameType.EVENT, payload))
        self.control.flush()

    def events(self) -> list[dict[str, Any]] | None:
        """Return the messages that have arrived; None if the judge has ended."""
        try:
            data = os.read(self.control.fd, 1 << 16)
        except BlockingIOError:
            return []
        except OSError:
            return None
        return [payload for _, payload in self._reader.feed(data)] if data else None

    def destroy(self) -> bool:
        """Kill and reap it; return whether that was possible."""
        self.child.kill()
        self._socket.close()
        return self.child.reap() is not None


class Pair:
    """A judge and a subject, the latter forked ahead of time and used for one group of tests.

    Args:
        zygote: Forks them.
        uids: User ids of subject and judge; -1 for ours.
        judge: One that is done with its last pair; a fresh one if omitted.
        directory: The work directory, which is the subject's root; none if omitted.
        libraries: The packages whose libraries the subject loads, as a bit mask.
    """

    def __init__(
        self,
        zygote: Zygote,
        uids: tuple[int, int],
        judge: JudgeHandle | None = None,
        directory: WorkDirectory | None = None,
        libraries: int = 0,
    ) -> None:
        stdin_read, self.stdin = os.pipe()
        self.stdout, stdout_write = os.pipe()
        self.stderr, stderr_write = os.pipe()
        subject_end, judge_end = socket.socketpair()
        outputs = [stdout_write, stderr_write]
        given, most_bytes = [stdin_read, *outputs, subject_end.fileno()], 0
        root = None if directory is None else directory.open_root()
        if directory is not None and root is not None:
            given, most_bytes = [*given, root], directory.most_bytes
        self.subject = zygote.spawn(SUBJECT, uids[SUBJECT], given, most_bytes, libraries)
        if root is not None:
            os.close(root)
        fds = [judge_end.fileno(), *outputs]
        if judge is None:
            judge = JudgeHandle(zygote, uids[JUDGE], fds)
        else:
            judge.meet(fds)
        self.judge = judge
        self._judge_goes_on = False
        for fd in (stdin_read, *outputs):
            os.close(fd)
        for end in (subject_end, judge_end):
            end.close()
        for fd in (self.stdout, self.stderr):
            os.set_blocking(fd, False)
        self.input: Outbox | None = None

    def begin(self, run: dict[str, Any], stdin: str) -> None:
        """Hand the request to the judge, and its input to the subject."""
        self.judge.begin(run)
        data = stdin.encode("utf-8", "surrogatepass")
        self.input = Outbox(self.stdin, data)
        self.feed()

    def feed(self) -> None:
        """Write more of the subject's input; close the pipe when all is written."""
        if self.input is not None and self.input.flush():
            os.close(self.stdin)
            self.input = None

    def peak_bytes(self) -> int:
        """Return the most memory that the subject has had so far; 0 when it has ended."""
        try:
            fd = os.open(f"/proc/{self.subject.pid}/status", os.O_RDONLY)
        except OSError:
            return 0
        try:
            status = os.read(fd, 4096)
        finally:
            os.close(fd)
        # Only at the start of a line: the first line has a name that the subject can choose, and
        # the kernel escapes a newline in it.
        _, _, rest = status.partition(b"\nVmHWM:")
        return int(rest.split(maxsplit=1)[0]) * 1024 if rest else 0

    def release_judge(self) -> JudgeHandle:
        """Return the judge for another pair; the end of this pair no longer ends it."""
        self._judge_goes_on = True
        return self.judge

    def kill(self) -> None:
        """Kill both if they still run; ``destroy`` reaps them."""
        self.subject.kill()
        if not self._judge_goes_on:
            self.judge.child.kill()

    def destroy(self, *, subject_ended: bool) -> Ending:
        """Kill what is left, reap both, close everything; return how the subject ended."""
        self.kill()
        reaped = self.subject.reap()
        status, peak_bytes = reaped or (None, 0)
        judge_reaped = self._judge_goes_on or self.judge.destroy()
        self._close()
        status = status if subject_ended else None
        return Ending(status, peak_bytes, reaped is not None and judge_reaped)

    def _close(self) -> None:
        if self.input is not None:
            os.close(self.stdin)
        os.close(self.stdout)
        os.close(self.stderr)
