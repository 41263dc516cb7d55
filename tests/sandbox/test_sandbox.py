"""A worker is believed as long as it keeps to the protocol, and no longer."""

import time
from typing import Any

import pytest

from runner.errors import ConfigurationError, HandshakeError, WeakIsolationError, WrongWorkerError
from runner.models import Cause
from runner.sandbox.loss import Loss
from runner.sandbox.progress import SILENCE_S, longest_s
from runner.sandbox.sandbox import Sandbox, SandboxState
from runner.sandbox.transport import Transport
from runner.worker.protocol import frames
from runner.worker.protocol.frames import FrameType, encode_frame
from tests.fakes import EOF, ScriptedStream, inert_sandbox, ready, report

PAYLOAD: dict[str, Any] = {
    "code": "",
    "tests": [{}],
    "timeout_s": 1.0,
    "limits": {"output_bytes": 0},
}
STARTED = encode_frame(FrameType.STARTED, {"id": "1"})


def sandbox(*script: object) -> Sandbox:
    return Sandbox(
        "test-1",
        Transport(ScriptedStream(script)),
        describe=lambda: "exit code 7",
        destroy=lambda: None,
    )


def greeting(kind: FrameType = FrameType.READY, **changes: Any) -> Sandbox:
    return sandbox(encode_frame(kind, ready(**changes)))


def greet(greeted: Sandbox, *, expect: str | None = None) -> None:
    greeted.greet({"policy": "strict"}, time.monotonic() + 0.05, expect=expect)


def execute(*script: object) -> Any:
    return sandbox(*script).execute(PAYLOAD)


def test_a_worker_of_this_source_is_accepted() -> None:
    greeted = greeting()
    greet(greeted, expect="fake")
    assert greeted.fingerprint == "fake"


@pytest.mark.parametrize(
    ("greeted", "words"),
    [
        (greeting(protocol=99), "protocol.*runner image build"),
        (greeting(worker_digest="0" * 64), "runner image build"),
        (greeting(worker_digest=None), "runner image build"),
        (greeting(fingerprint="other"), "change expect_fingerprint"),
    ],
)
@pytest.mark.fault("wrong fingerprint, protocol or source; a worker that refuses")
def test_another_worker_is_refused_for_good(greeted: Sandbox, words: str) -> None:
    with pytest.raises(WrongWorkerError, match=words) as refusal:
        greet(greeted, expect="fake")
    assert not refusal.value.retriable


@pytest.mark.parametrize(
    ("greeted", "words"),
    [
        (sandbox(b"Fatal Python error"), "no valid frame"),
        (greeting(FrameType.STARTED), "unexpected STARTED frame"),
        (sandbox(EOF), "exit code 7; stderr: last words"),
        (sandbox(), "deadline"),
    ],
)
def test_no_greeting_may_be_bad_luck(greeted: Sandbox, words: str) -> None:
    with pytest.raises(HandshakeError, match=words) as refusal:
        greet(greeted)
    assert refusal.value.retriable


def test_a_worker_that_refuses_to_serve_says_why() -> None:
    refusing = sandbox(encode_frame(FrameType.REFUSED, {"reason": "no seccomp filter"}))
    with pytest.raises(WeakIsolationError, match="no seccomp filter"):
        greet(refusing)


def test_a_report_comes_back() -> None:
    progress = encode_frame(FrameType.PROGRESS, {"id": "1", "charged_s": 0.9})
    expected = report("passed")
    assert execute(STARTED, progress, encode_frame(FrameType.REPORT, expected)) == expected | {
        "places": None
    }


def test_a_report_that_comes_too_early_is_not_kept_for_the_next_request() -> None:
    reports = [encode_frame(FrameType.REPORT, report("passed", id=number)) for number in "12"]
    used = sandbox(STARTED + b"".join(reports))
    assert used.execute(PAYLOAD) == report("passed") | {"places": None}
    assert used.at_eof()


def test_a_report_on_what_was_not_read_is_no_report() -> None:
    stream = ScriptedStream([encode_frame(FrameType.REPORT, report("passed"))], room=10)
    lost = Sandbox("test", Transport(stream), destroy=lambda: None).execute(PAYLOAD)
    assert isinstance(lost, Loss)
    assert (lost.cause, "not read" in lost.detail) == (Cause.PROTOCOL, True)


@pytest.mark.fault("a worker that reports progress without end")
def test_progress_does_not_renew_a_request_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the bound the script runs to its end, which is another cause."""
    progress = encode_frame(FrameType.PROGRESS, {"id": "1", "charged_s": 0.0})
    script = [STARTED, *[progress] * 5, EOF]
    lost = execute(*script)
    assert lost.cause is Cause.CONTAINER_LOST
    monkeypatch.setattr("runner.sandbox.progress.longest_s", lambda *_: 0.0)
    lost = execute(*script)
    assert lost.cause is Cause.NET
    assert "the request has run for more than" in lost.detail


def test_how_long_a_request_may_run_follows_from_its_tests() -> None:
    """And from its total budget, if that is less. A worker may run it twice."""
    run: dict[str, Any] = {"tests": [{}] * 9, "timeout_s": 1.0, "limits": {"total_s": None}}
    assert longest_s(run, 9) == SILENCE_S + 2 * 10 * 10 * 5.0
    run["limits"]["total_s"] = 60.0
    assert longest_s(run, 9) == SILENCE_S + 2 * 60


def test_an_unclean_worker_is_not_used_again() -> None:
    unclean = report("passed", clean=False, detail="a process is left")
    used = sandbox(STARTED + encode_frame(FrameType.REPORT, unclean))
    used.execute(PAYLOAD)
    assert not used.reusable
    assert "a process is left" in str(used.doubt)


@pytest.mark.parametrize(
    ("script", "cause", "started"),
    [
        ([EOF], Cause.CONTAINER_LOST, False),
        ([STARTED, EOF], Cause.CONTAINER_LOST, True),
        ([STARTED, b"garbage"], Cause.PROTOCOL, True),
        ([encode_frame(FrameType.REPORT, report(id="2"))], Cause.PROTOCOL, False),
        ([encode_frame(FrameType.READY, {"id": "1"})], Cause.PROTOCOL, False),
        ([encode_frame(FrameType.PROGRESS, {"id": "1", "charged_s": "9"})], Cause.PROTOCOL, False),
        ([encode_frame(FrameType.PROGRESS, {"id": "1", "charged_s": 99})], Cause.NET, False),
        (
            [encode_frame(FrameType.PROGRESS, {"id": "1", "charged_s": float("nan")})],
            Cause.PROTOCOL,
            False,
        ),
    ],
)
def test_a_worker_that_breaks_off_is_a_loss(
    script: list[object], cause: Cause, *, started: bool
) -> None:
    lost = execute(*script)
    assert isinstance(lost, Loss)
    assert (lost.cause, lost.started) == (cause, started)
    assert "last words" in lost.detail


@pytest.mark.parametrize(
    ("script", "mid_frame"),
    [
        ([EOF], False),
        ([STARTED, EOF], False),
        ([STARTED[:-1], EOF], True),
        ([STARTED, encode_frame(FrameType.REPORT, report())[:6], EOF], True),
        ([STARTED, encode_frame(FrameType.REPORT, report())[:3], EOF], True),
    ],
)
def test_a_loss_says_whether_something_was_being_sent(
    script: list[object], *, mid_frame: bool
) -> None:
    lost = execute(*script)
    assert (lost.cause, lost.mid_frame) == (Cause.CONTAINER_LOST, mid_frame)


def test_what_was_aborted_was_not_sending() -> None:
    ending = sandbox(STARTED[:-1], EOF)
    ending.abort(Cause.SHUTDOWN)
    lost = ending.execute(PAYLOAD)
    assert isinstance(lost, Loss)
    assert not lost.mid_frame


def test_silence_is_a_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runner.sandbox.progress.SILENCE_S", -1.0)
    lost = execute(STARTED)
    assert lost.cause is Cause.NET


def test_what_was_aborted_says_for_what_reason() -> None:
    ending = sandbox(EOF)
    ending.abort(Cause.SHUTDOWN)
    lost = ending.execute(PAYLOAD)
    assert isinstance(lost, Loss)
    assert lost.cause is Cause.SHUTDOWN
    assert not ending.reusable


def test_a_request_that_fits_no_frame_is_the_callers_mistake(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(frames, "MAX_PAYLOAD_BYTES", 10_000)
    with pytest.raises(ConfigurationError, match="too large"):
        sandbox().execute({**PAYLOAD, "setup": "x" * 10_001})


def test_the_stream_is_closed_before_the_container_is_removed() -> None:
    stream = ScriptedStream()
    order: list[bool] = []
    Sandbox("x", Transport(stream), destroy=lambda: order.append(stream.closed)).close()
    assert order == [True]


def test_the_container_is_removed_even_if_the_stream_cannot_be_closed() -> None:
    class Broken(ScriptedStream):
        def close(self) -> None:
            super().close()
            raise OSError("no")

    removed: list[bool] = []
    broken = Sandbox("x", Transport(Broken()), destroy=lambda: removed.append(True))
    with pytest.raises(OSError, match="no"):
        broken.close()
    assert removed == [True]


def test_a_closed_sandbox_stays_closed() -> None:
    closed = inert_sandbox("x")
    closed.move(SandboxState.CLOSED)
    for state in SandboxState:
        with pytest.raises(AssertionError):
            closed.move(state)
