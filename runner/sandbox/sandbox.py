"""One worker behind a transport: greeting, executions, and how it ends.

A sandbox is used by one thread at a time, which holds its lease; ``abort`` and ``hung_up`` may
come from any thread. A worker that breaks the rules costs its sandbox: after a ``Loss`` or an
unclean report, ``reusable`` is False for good.
"""

import enum
import itertools
import logging
import time
from collections.abc import Callable
from typing import Any, cast

from runner.errors import (
    ConfigurationError,
    HandshakeError,
    TransportError,
    TransportTimeout,
    WeakIsolationError,
    WrongWorkerError,
)
from runner.fingerprint import explain_difference, worker_digest
from runner.logs import event
from runner.models import Cause
from runner.sandbox.greeting import Protection, read_greeting
from runner.sandbox.loss import Loss
from runner.sandbox.progress import Progress
from runner.sandbox.replies import GREETING, NOTHING, replies_to
from runner.sandbox.transport import SILENT, Transport, TransportClosed
from runner.worker.protocol.frames import PROTOCOL, FrameError, FrameType
from runner.worker.protocol.report import Report

_LOG = logging.getLogger(__name__)

#: Largest frame over the slowest pipe worth having.
_SEND_S = 60.0


class SandboxState(enum.Enum):
    """Where a sandbox is in its life."""

    STARTING = "starting"
    IDLE = "idle"
    LEASED = "leased"
    CLOSED = "closed"


_MOVES = {
    SandboxState.STARTING: {SandboxState.IDLE, SandboxState.CLOSED},
    # Also to themselves: a pool that was interrupted repeats the move.
    SandboxState.IDLE: {SandboxState.IDLE, SandboxState.LEASED, SandboxState.CLOSED},
    SandboxState.LEASED: {SandboxState.IDLE, SandboxState.LEASED, SandboxState.CLOSED},
    SandboxState.CLOSED: set(),
}


class Sandbox:
    """One worker, and the container or process around it.

    Args:
        sandbox_id: Name for messages and logs.
        transport: Belongs to the sandbox from now on.
        describe: Returns how the container or process ended, once the worker is gone.
        destroy: Removes the container or process; called once, after the transport is closed.
    """

    def __init__(
        self,
        sandbox_id: str,
        transport: Transport,
        *,
        describe: Callable[[], str] = str,
        destroy: Callable[[], None],
    ) -> None:
        self.sandbox_id = sandbox_id
        self.fingerprint = ""
        #: Readable value of each part of the fingerprint, by name.
        self.parts: dict[str, str] = {}
        #: From the handshake: the worker's Python, and the protections that it found.
        self.python = ""
        self.checks: list[Protection] = []
        #: Why no request can have files here; None if requests can.
        self.no_files: str | None = None
        #: The reason against another execution here; None if there is none.
        self.doubt: str | None = None
        self.uses = 0
        self.born = time.monotonic()
        self._transport = transport
        self._describe = describe
        self._destroy = destroy
        self._state = SandboxState.STARTING
        self._serial = itertools.count(1)
        self._aborted: Cause | None = None
        self._begun_at = 0.0
        self._progress: Progress | None = None

    def __repr__(self) -> str:
        return f"<Sandbox {self.sandbox_id} {self._state.value}, {self.uses} uses>"

    @property
    def state(self) -> SandboxState:
        """Where the sandbox is in its life."""
        return self._state

    @property
    def reusable(self) -> bool:
        """Whether another execution may run here."""
        return self.doubt is None and self._aborted is None

    def move(self, state: SandboxState) -> None:
        """Change the state; the pool does this, under its lock."""
        assert state in _MOVES[self._state], f"{self!r} cannot become {state.value}"
        self._state = state

    def fileno(self) -> int:
        """Return the descriptor that signals the end of the worker; -1 when closed."""
        return self._transport.fileno()

    def hung_up(self) -> bool:
        """Return True if the worker is gone; any thread may ask."""
        return self._transport.hung_up()

    def at_eof(self) -> bool:
        """Return True if the idle worker is gone or sends data without a request."""
        return self._transport.at_eof()

    def greet(self, hello: dict[str, Any], deadline: float, *, expect: str | None = None) -> None:
        """Shake hands with a worker that has just started.

        Args:
            hello: Settings for the worker.
            deadline: When to give up.
            expect: The only acceptable fingerprint; None for any.

        Raises:
            HandshakeError: It gave no greeting.
            WrongWorkerError: Its source, protocol or fingerprint is not the expected one.
            WeakIsolationError: It refuses to serve because a limit is missing.
            ConfigurationError: It refuses to serve with these settings.
        """
        self._transport.expect(GREETING)
        try:
            self._transport.send(FrameType.HELLO, {"protocol": PROTOCOL, **hello}, deadline)
            kind, payload = self._transport.receive(deadline)
        except TransportError as error:
            reason = f"sandbox {self.sandbox_id} gave no greeting: {error}"
            raise HandshakeError(self._with_last_words(reason)) from error
        if kind is FrameType.REFUSED:
            reason = f"sandbox {self.sandbox_id} refuses to serve: {payload.get('reason')!s:.5000}"
            if payload.get("settings"):
                raise ConfigurationError(reason)
            raise WeakIsolationError(self._with_last_words(reason))
        self._check_source(payload)
        self._accept(payload, expect)
        self._transport.expect(NOTHING)

    def execute(self, payload: dict[str, Any]) -> Report | Loss:
        """Run one request and return its report, or the loss of this sandbox.

        Args:
            payload: Of the RUN frame, but for its ``id``.

        Raises:
            ConfigurationError: The request is too large for a frame.
        """
        outcome: Report | Loss | None = self.begin(payload)
        while outcome is None:
            outcome = self.proceed(wait=True)
        return outcome

    def begin(self, payload: dict[str, Any]) -> Loss | None:
        """Begin to run one request, without waiting; then call ``proceed`` until it returns.

        Args:
            payload: Of the RUN frame, but for its ``id``.

        Raises:
            ConfigurationError: The request is too large for a frame, or has files, which this
                sandbox does not support.
        """
        if self.no_files is not None and payload.get("files") is not None:
            payload = self._without_directory(payload, self.no_files)
        self.uses += 1
        self._begun_at = time.monotonic()
        self._progress = Progress(str(next(self._serial)), payload)
        self._progress.deadline = self._begun_at + _SEND_S
        self._transport.expect(replies_to(payload), self._progress.collect)
        try:
            self._transport.put(FrameType.RUN, {"id": self._progress.run_id, **payload})
        except FrameError as error:
            raise ConfigurationError(f"the request is too large: {error}") from error
        except TransportError as error:
            return self._lose(error)
        self._note_sent()
        return None

    @staticmethod
    def _without_directory(payload: dict[str, Any], reason: str) -> dict[str, Any]:
        """Return the request without a work directory, if it is a program without files."""
        if payload["files"] or any(test["kind"] != "program" for test in payload["tests"]):
            raise ConfigurationError(f"files: not supported in this sandbox: {reason}")
        return {**payload, "files": None}

    @property
    def sending(self) -> bool:
        """Whether a part of the request waits for room in the stream."""
        return self._transport.sending

    @property
    def overdue(self) -> bool:
        """Whether the worker has passed the deadline of its next frame."""
        return self._progress is not None and time.monotonic() > self._progress.deadline

    def proceed(self, *, wait: bool = False) -> Report | Loss | None:
        """Read what the worker has sent; return its report, a loss, or None if neither has come.

        Args:
            wait: Whether to wait for data first; without it, check the deadline by ``overdue``.
        """
        progress = self._progress
        assert progress is not None, "call begin first"
        try:
            if wait:
                self._transport.wait(progress.deadline)
            report = self._read(progress)
            if report is None and not wait and self.overdue:
                raise TransportTimeout(SILENT)
        except TransportError as error:
            return self._lose(error)
        if report is None:
            return None
        if report.get("clean") is not True:
            self.doubt = f"the worker is not clean: {str(report.get('detail', ''))[:200]}"
        return cast(Report, report)  # checked by classify_attempt, which knows the request

    def suspect(self, reason: str) -> None:
        """Forbid another execution here; any thread may call this."""
        self.doubt = reason

    def abort(self, cause: Cause) -> None:
        """End the worker now; a thread that waits for its report gets a loss with this cause."""
        self._aborted = cause
        self._transport.abort()

    def close(self) -> None:
        """Close the stream, then remove the container or process; blocks as long as that takes."""
        # In this order: an engine cannot kill or remove a container while an attached client does
        # not read (moby issue 41827).
        try:
            self._transport.close()
        finally:
            self._destroy()

    def _check_source(self, ready: dict[str, Any]) -> None:
        """Raise if the worker is not made from this source."""
        if ready.get("protocol") != PROTOCOL:
            raise WrongWorkerError(
                f"sandbox {self.sandbox_id} speaks another protocol (this is {PROTOCOL}):"
                f" {ready.get('protocol')!r:.20}; rebuild with `runner image build`"
            )
        if ready.get("worker_digest") != worker_digest():
            raise WrongWorkerError(
                f"sandbox {self.sandbox_id} runs worker {ready.get('worker_digest')!r:.20}, this"
                f" source has {worker_digest()!r:.20}: rebuild with `runner image build`"
            )

    def _accept(self, ready: dict[str, Any], expect: str | None) -> None:
        """Take over the facts of a greeting; raise if its fingerprint is not the expected one."""
        try:
            greeting = read_greeting(ready)
        except HandshakeError as error:
            raise HandshakeError(f"sandbox {self.sandbox_id} cannot be used: {error}") from error
        self.fingerprint, self.python = greeting.fingerprint, greeting.python
        self.no_files = greeting.no_files
        self.parts, self.checks = greeting.parts, greeting.checks
        for check in self.checks:
            if check.ok is False:
                _LOG.warning(
                    "%s: %s is %s: %s", self.sandbox_id, check.name, check.value, check.fix
                )
        if expect is not None and self.fingerprint != expect:
            raise WrongWorkerError(
                f"sandbox {self.sandbox_id} has the fingerprint {self.fingerprint}, not {expect}:"
                " its verdicts could differ from those of the other parties; different:"
                f" {explain_difference(self.fingerprint, expect, self.parts)}; use the same"
                " version, image and settings as they do, or change expect_fingerprint"
            )

    def _read(self, progress: Progress) -> dict[str, Any] | None:
        """Return the report, or None if it is not complete yet."""
        was_sending = self._transport.sending
        self._transport.exchange()
        if was_sending:
            self._note_sent()
        while (frame := self._transport.take()) is not None:
            kind, payload = frame
            if payload.get("id") != progress.run_id:
                raise TransportError(f"the worker sent a {kind.name} for another request")
            if kind is FrameType.REPORT:
                if self._transport.sending:
                    raise TransportError("the worker reports on a request that it has not read")
                self._transport.expect(NOTHING)
                return payload | {"places": progress.places}
            if kind is FrameType.STARTED:
                progress.started = True
            elif kind is FrameType.PROGRESS:
                progress.advance(payload.get("charged_s"))
        return None

    def _note_sent(self) -> None:
        if self._progress is not None and not self._transport.sending:
            self._progress.sent()

    def _lose(self, error: TransportError) -> Loss:
        assert self._progress is not None, "call begin first"
        cause = self._aborted or _cause(error)
        self.doubt = str(error)
        detail = self._with_last_words(str(error)) if self._aborted is None else str(error)
        facts = {"sandbox": self.sandbox_id, "uses": self.uses, "cause": cause, "detail": detail}
        event(_LOG, logging.WARNING, "sandbox_lost", **facts)
        mid_frame = cause is Cause.CONTAINER_LOST and self._transport.mid_frame
        wall_s = time.monotonic() - self._begun_at
        return Loss(cause, detail, wall_s, self._progress.started, mid_frame)

    def _with_last_words(self, reason: str) -> str:
        words = [reason, self._describe()]
        if tail := self._transport.stderr_tail():
            words.append(f"stderr: {tail}")
        return "; ".join(filter(None, words))


def _cause(error: TransportError) -> Cause:
    match error:
        case TransportTimeout():
            return Cause.NET
        case TransportClosed():
            return Cause.CONTAINER_LOST
        case _:
            return Cause.PROTOCOL
