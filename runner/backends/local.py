"""Sandboxes as child processes, without a container around them; Linux only.

The same worker with the same filter and limits on the subject. For machines without an engine and
for fast tests; used only if it is named, never as a silent replacement for containers.
"""

import contextlib
import logging
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil

from runner.backends import base, fork_guard
from runner.config import PoolConfig
from runner.errors import BackendError, ConfigurationError
from runner.fingerprint import WORKER_DIRECTORY
from runner.sandbox.sandbox import Sandbox
from runner.sandbox.transport import SocketStream, Transport

_LOG = logging.getLogger(__name__)

_END_S = 5.0


class LocalBackend:
    """Sandboxes as child processes."""

    name = "local"

    def __init__(self, config: PoolConfig) -> None:
        self._config = config

    def check(self) -> None:
        """Raise unless this is Linux, which the worker needs."""
        if sys.platform != "linux":
            raise ConfigurationError(
                f"the local backend needs Linux, this is {sys.platform}: use backend='docker'"
                " (on Windows, inside WSL 2)"
            )
        if not sys.executable:
            raise ConfigurationError(
                "the local backend starts sys.executable, which is empty in this program: run it"
                " with a Python interpreter, or use backend='docker'"
            )

    def start(self, deadline: float) -> Sandbox:
        """Return a sandbox that has greeted, or leave nothing behind."""
        self.check()
        return fork_guard.undisturbed(lambda: self._start(deadline))

    def _start(self, deadline: float) -> Sandbox:
        watch = fork_guard.ForkDetector()
        stream, process = _connected_process(watch)
        sandbox = Sandbox(
            base.next_sandbox_id(self.name, process.pid),
            Transport(stream),
            describe=lambda: _describe(process),
            destroy=lambda: _end(process),
        )
        try:
            watch.check()  # a child forked meanwhile would hold the worker's end open
            # Without root there is no other user to become.
            uid_base = base.uid_range() if os.geteuid() == 0 else None
            hello = base.hello(self._config, uid_base=uid_base, container=None)
            sandbox.greet(hello, deadline, expect=self._config.expect_fingerprint)
        except BaseException:
            sandbox.close()
            raise
        return sandbox

    def reap(self) -> int:
        """End workers whose parent has died: they should have ended with their input."""
        if os.getpid() == 1:
            return 0  # they would be our own children
        left = list(filter(_is_orphan, psutil.process_iter(["cmdline", "ppid"])))
        for process in left:
            _kill_all([process, *_descendants(process.pid)])
        return len(left)

    def close(self) -> None:
        """Do nothing: this backend holds only its sandboxes."""


def _command() -> list[str]:
    return [sys.executable, "-I", "-S", "-B", str(WORKER_DIRECTORY / "__main__.py")]


def _connected_process(
    watch: fork_guard.ForkDetector,
) -> "tuple[SocketStream, subprocess.Popen[bytes]]":
    """Return a new worker process and the stream to it."""
    ours, theirs = socket.socketpair()
    errors, errors_in = os.pipe()
    stream = SocketStream(ours, stderr=errors)
    try:
        watch.check()  # before there is a worker that could be left behind
        # The worker must not block on its standard error, which is read late.
        os.set_blocking(errors_in, False)
        return stream, _spawn(theirs, errors_in)
    except BaseException:
        stream.close()
        raise
    finally:
        theirs.close()
        os.close(errors_in)


def _spawn(conversation: socket.socket, errors: int) -> "subprocess.Popen[bytes]":
    try:
        return subprocess.Popen(
            _command(),
            stdin=conversation.fileno(),
            stdout=conversation.fileno(),
            stderr=errors,
            cwd="/",
            env={},
            close_fds=True,
            start_new_session=True,
        )
    except OSError as error:
        raise BackendError(f"cannot start a worker process: {error}") from error


def _describe(process: "subprocess.Popen[bytes]") -> str:
    """Return how a worker ended, for messages; best effort."""
    try:
        code = process.wait(timeout=1)
    except subprocess.TimeoutExpired:
        return "the worker process still runs"
    return f"killed by signal {-code}" if code < 0 else f"exit code {code}"


def _end(process: "subprocess.Popen[bytes]") -> None:
    # Listed before the kill: afterwards they are no longer children of the worker.
    processes = _descendants(process.pid) if process.poll() is None else []
    process.kill()
    try:
        process.wait(_END_S)
    except subprocess.TimeoutExpired:
        _LOG.warning("worker process %d has not ended after SIGKILL", process.pid)
    _kill_all(processes)


def _descendants(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.Error:
        return []


def _kill_all(processes: list[psutil.Process]) -> None:
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.send_signal(signal.SIGKILL)


def _is_orphan(process: psutil.Process) -> bool:
    # Not if process 1 is a Python program: in a container it could be the live owner.
    command = process.info["cmdline"] or []
    if process.info["ppid"] != 1 or command[-4:] != _command()[-4:]:
        return False
    with contextlib.suppress(psutil.Error):
        return "python" not in Path(psutil.Process(1).name()).name
    return False
