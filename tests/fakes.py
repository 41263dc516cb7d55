"""Stand-ins at the seams: a stream with a script, a worker in a thread's absence, a backend.

Nothing here sleeps, and nothing needs an engine. A fake worker answers in the moment in which it is
spoken to, in the thread of the speaker.
"""

import contextlib
import os
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from runner.errors import BackendError, RunnerError
from runner.fingerprint import worker_digest
from runner.models import Cause
from runner.sandbox.loss import Loss
from runner.sandbox.sandbox import Sandbox
from runner.sandbox.transport import SocketStream, Transport
from runner.worker.protocol.frames import PROTOCOL, FrameReader, FrameType, encode_frame

EOF = object()

Frame = tuple[FrameType, dict[str, Any]]
#: What a fake worker does with a frame: it returns the bytes to send back, or None to hang up.
Answer = Callable[[FrameType, dict[str, Any]], bytes | None]


class ScriptedStream:
    """A stream that plays a script of bytes, and keeps what is sent to it.

    Args:
        script: Chunks in the order in which they arrive; ``EOF`` ends the stream.
        room: How many bytes may be sent; None for any number.
    """

    def __init__(self, script: Iterable[object] = (), *, room: int | None = None) -> None:
        self._script = deque(script)
        self._room = room
        self.sent = b""
        self.aborted = False
        self.closed = False
        # Ready to read for as long as there is script, so that a real poll works on it.
        self._ready, self._bell = os.pipe()
        if self._script:
            os.write(self._bell, b"x")

    def __del__(self) -> None:
        ScriptedStream.close(self)

    def fileno(self) -> int:
        return self._ready

    def send(self, data: memoryview) -> int:
        taken = len(data) if self._room is None else min(len(data), self._room)
        self.sent += bytes(data[:taken])
        if self._room is not None:
            self._room -= taken
        return taken

    def recv(self) -> bytes | None:
        chunk = self._script.popleft()
        if not self._script:
            os.read(self._ready, 1)
        if chunk is EOF:
            return None
        assert isinstance(chunk, bytes)
        return chunk

    def stderr_tail(self) -> str:
        return "last words"

    def abort(self) -> None:
        self.aborted = True

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            os.close(self._ready)
            os.close(self._bell)


def ready(**changes: Any) -> dict[str, Any]:
    """Return the greeting of a worker of this source."""
    return {
        "protocol": PROTOCOL,
        "worker_digest": worker_digest(),
        "fingerprint": "fake",
        "parts": {},
        "python": "3.13",
        "checks": [],
        "no_files": None,
        **changes,
    }


def row(index: int = 0, status: str = "passed", **changes: Any) -> dict[str, Any]:
    """Return what a worker reports of one test."""
    return {
        "index": index,
        "status": status,
        "message": "" if status == "passed" else f"it is {status}",
        "cpu_s": 0.001,
        "wall_s": 0.002,
        "budget_used": 0.001,
        "timeout_kind": "cpu" if status == "timeout" else None,
        "exit_code": None,
        "stdout": "",
        "stderr": "",
        "stdout_truncated": False,
        "stderr_truncated": False,
        "expected": None,
        "actual": None,
        "cause": "exit" if status == "crashed" else None,
        "evidence": "values" if status == "passed" else "none",
        "broken": False,
        "name": None,
        **changes,
    }


def report(*statuses: str, **changes: Any) -> dict[str, Any]:
    """Return a worker's report on tests with these statuses."""
    return {
        "id": "1",
        "syntax_error": None,
        "tests": [row(index, status) for index, status in enumerate(statuses)],
        "cpu_s": 0.001,
        "wall_s": 0.002,
        "memory_peak_bytes": 1024,
        "clean": True,
        **changes,
    }


def obedient(kind: FrameType, payload: dict[str, Any]) -> bytes | None:
    """Answer like a worker for whom a test passes unless it contains the word ``False``."""
    match kind:
        case FrameType.HELLO:
            return encode_frame(FrameType.READY, ready())
        case _:
            return _verdict(payload)


def on_run(answer: Callable[[dict[str, Any]], bytes | None]) -> Answer:
    """Answer a request by its payload, and any other frame like an obedient worker."""
    return lambda kind, payload: (
        answer(payload) if kind is FrameType.RUN else obedient(kind, payload)
    )


def after(wait: Callable[[], object]) -> Answer:
    """Answer a request like an obedient worker, but only after a wait."""
    return on_run(lambda payload: (wait(), obedient(FrameType.RUN, payload))[1])


def _verdict(payload: dict[str, Any]) -> bytes:
    statuses = ["failed" if "3" in test.get("code", "") else "passed" for test in payload["tests"]]
    started = encode_frame(FrameType.STARTED, {"id": payload["id"]})
    return started + encode_frame(FrameType.REPORT, report(*statuses, id=payload["id"]))


class FakeWorker:
    """The far end of a stream, which answers as soon as it is sent something.

    Args:
        answer: What it does with a frame.
    """

    def __init__(self, answer: Answer = obedient) -> None:
        self.answer = answer
        self.received: list[Frame] = []
        ours, self._theirs = socket.socketpair()
        self._reader = FrameReader()
        self.stream = _Answering(ours, self)

    def take(self, data: bytes) -> None:
        """Answer every frame that is complete with these bytes."""
        for kind, payload in self._reader.feed(data):
            self.received.append((kind, payload))
            answer = self.answer(kind, payload)
            if answer is None:
                self.die()
            else:
                self.say(answer)

    def say(self, data: bytes) -> None:
        """Send bytes without having been asked; the dead say nothing."""
        with contextlib.suppress(OSError):
            self._theirs.sendall(data)

    def die(self) -> None:
        """Hang up."""
        self._theirs.close()


class _Answering(SocketStream):
    """A real socket whose far end answers within ``send``."""

    def __init__(self, sock: socket.socket, worker: FakeWorker) -> None:
        super().__init__(sock)
        self._worker = worker

    def send(self, data: memoryview) -> int:
        self._worker.take(bytes(data))
        return len(data)

    def close(self) -> None:
        super().close()
        self._worker.die()


class FakeBackend:
    """A backend whose sandboxes are fake workers.

    Args:
        fail_first: How many starts fail before one succeeds.
        error: What they fail with.
        answer: What the workers do with a frame.
    """

    name = "fake"

    def __init__(
        self,
        *,
        fail_first: int = 0,
        error: RunnerError | None = None,
        answer: Answer = obedient,
    ) -> None:
        self.failures_left = fail_first
        self.error = error or BackendError("the engine is away")
        self.answer = answer
        self.workers: dict[str, FakeWorker] = {}
        self.started: list[Sandbox] = []
        self.destroyed: list[str] = []
        self.closed = False
        self.removals_fail = False
        #: Starts wait here; clear it to hold them.
        self.may_start = threading.Event()
        self.may_start.set()
        self._lock = threading.Lock()

    def check(self) -> None:
        pass

    def start(self, deadline: float) -> Sandbox:
        self.may_start.wait(10)
        with self._lock:
            if self.failures_left:
                self.failures_left -= 1
                raise self.error
            name = f"fake-{len(self.started)}"
            worker = FakeWorker(self._answer)
            sandbox = Sandbox(name, Transport(worker.stream), destroy=lambda: self._destroy(name))
            self.workers[name] = worker
            self.started.append(sandbox)
        try:
            sandbox.greet({}, deadline)
        except BaseException:
            sandbox.close()
            raise
        return sandbox

    def _answer(self, kind: FrameType, payload: dict[str, Any]) -> bytes | None:
        return self.answer(kind, payload)  # whichever it is by now

    def _destroy(self, name: str) -> None:
        if self.removals_fail:
            raise self.error
        self.destroyed.append(name)

    def reap(self) -> int:
        return 0

    def close(self) -> None:
        self.closed = True

    @property
    def alive(self) -> set[str]:
        """Names of the sandboxes that were started and not destroyed."""
        return {sandbox.sandbox_id for sandbox in self.started} - set(self.destroyed)


class _NoStream(ScriptedStream):
    """Holds no descriptor, so that thousands may wait for the garbage collector."""

    def __init__(self) -> None:
        self.closed = True

    def fileno(self) -> int:
        return 0


def inert_sandbox(name: str) -> Sandbox:
    """Return a sandbox without a worker, for decisions that need none."""
    return Sandbox(name, Transport(_NoStream()), destroy=lambda: None)


def loss(cause: Cause = Cause.CONTAINER_LOST, **changes: Any) -> Loss:
    """Return a loss."""
    return Loss(**{"cause": cause, "detail": "gone", "wall_s": 0.1, **changes})
