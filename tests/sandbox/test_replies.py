"""Bytes of a worker become a report, a loss or a protocol error, whatever they are."""

import json
import struct
import time
import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.errors import HandshakeError, WeakIsolationError, WrongWorkerError
from runner.models import AssertTest, Cause, ExecutionRequest, ExecutionStatus, Limits
from runner.sandbox.loss import Loss
from runner.sandbox.replies import parse, parse_any, parse_flat, replies_to
from runner.sandbox.run_payload import run_payload
from runner.sandbox.sandbox import Sandbox
from runner.sandbox.transport import Transport
from runner.verdicts import Context, classify_attempt, combine_attempts
from runner.worker.protocol import report as wire
from runner.worker.protocol.frames import FrameError, FrameType, encode_frame
from tests.fakes import EOF, ScriptedStream, ready, report, row

REQUEST = ExecutionRequest(
    code="x = 1",
    tests=(AssertTest(code="assert x"), AssertTest(code="assert not x")),
    limits=Limits(output_bytes=1000),
    timeout=1.0,
)
RUN = run_payload(REQUEST)
CONTEXT = Context("fake", "", {}, 0.0, others_lived=False)

#: What may stand in the place of any value, or replace the text of it in a payload.
ODD_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**19, -1, 2**63])
    | st.floats()
    | st.text(st.characters(exclude_categories=()), max_size=10)
    | st.sampled_from(["passed", "crashed", "x" * 20_000, "\ud800"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
ODD_TEXTS = [b"NaN", b"-Infinity", b"1e999", b"9" * 5000, b"[" * 2000, b'{"a":1,"a":2}', b"\xff"]


def sandbox(data: bytes) -> Sandbox:
    return Sandbox("test", Transport(ScriptedStream([data, EOF])), destroy=lambda: None)


def outcome(data: bytes) -> ExecutionStatus:
    """Return what the pool makes of a worker's answer to ``REQUEST``."""
    seen = sandbox(data).execute(RUN)
    verdict = classify_attempt(REQUEST, seen, "test")
    return combine_attempts(REQUEST, [verdict], CONTEXT).status


def frame(kind: int, body: bytes) -> bytes:
    return struct.pack(">BI", kind, len(body)) + body


@st.composite
def mutated(draw: st.DrawFn, whole: dict[str, Any]) -> bytes:
    """Return a payload in which one value is replaced, missing, or spelled in another way."""
    copy = json.loads(json.dumps(whole))
    place: Any = copy
    while True:
        key = draw(st.sampled_from(sorted(place)) if isinstance(place, dict) else st.just(0))
        if not isinstance(place[key], dict | list) or not place[key] or draw(st.booleans()):
            break
        place = place[key]
    how = draw(st.sampled_from(["value", "text", "missing", "twice"]))
    if how == "missing":
        del place[key]
    elif how == "value":
        place[key] = draw(ODD_VALUES)
    elif how == "twice" and isinstance(place, list):
        place.append(place[0])
    else:
        place[key] = "<here>"
    odd = draw(st.sampled_from(ODD_TEXTS))
    return json.dumps(copy).encode().replace(b'"<here>"', odd)


def test_the_control_is_believed() -> None:
    answer = encode_frame(FrameType.REPORT, report("passed", "failed"))
    assert outcome(answer) is ExecutionStatus.SOME_FAILED


@settings(max_examples=300)
@given(mutated(report("passed", "crashed")))
def test_a_mutated_report_is_a_result(body: bytes) -> None:
    """Of whatever status: an exception would reach the caller of ``Pool.execute``."""
    outcome(frame(FrameType.REPORT, body))


@given(st.sampled_from(FrameType), mutated({"id": "1", "charged_s": 0.5}))
def test_other_mutated_frames_are_a_result(kind: FrameType, body: bytes) -> None:
    assert outcome(frame(kind, body)) is ExecutionStatus.PROCESS_ERROR


@given(st.binary(max_size=200), st.sampled_from([b"", b"\x07\0\0\0\x60", b"\x06\0\0\0\x20"]))
def test_arbitrary_bytes_are_a_result(data: bytes, head: bytes) -> None:
    assert outcome(head + data) is ExecutionStatus.PROCESS_ERROR


@pytest.mark.parametrize("body", ODD_TEXTS)
@pytest.mark.fault("garbage, forged length")
def test_values_that_a_worker_cannot_write_break_the_protocol(body: bytes) -> None:
    payload = json.dumps(report("passed", "passed", wall_s="<here>")).encode()
    seen = sandbox(frame(FrameType.REPORT, payload.replace(b'"<here>"', body))).execute(RUN)
    assert isinstance(seen, Loss)
    assert seen.cause is Cause.PROTOCOL


CHECK = {"name": "pid", "ok": True, "value": "1", "fix": ""}


@settings(max_examples=200)
@given(mutated(ready(parts={"worker": "x"}, checks=[CHECK])))
def test_a_mutated_greeting_is_a_greeting_or_a_refusal(body: bytes) -> None:
    greeted = sandbox(frame(FrameType.READY, body))
    try:
        greeted.greet({}, time.monotonic() + 5)
    except (HandshakeError, WrongWorkerError):
        return
    words = [greeted.fingerprint, greeted.python, *greeted.parts.values()]
    words += [text for check in greeted.checks for text in (check.name, check.value, check.fix)]
    assert "".join(words).encode() is not None
    assert {type(check.ok) for check in greeted.checks} <= {bool, type(None)}


@pytest.mark.parametrize("field", ["fingerprint", "parts", "python", "checks"])
@pytest.mark.parametrize("value", [5, None, [5], {"name": 5}, "\ud800"])
def test_a_greeting_with_a_field_of_another_type_is_refused(field: str, value: object) -> None:
    """Control: with the right types it is accepted."""
    control = sandbox(encode_frame(FrameType.READY, ready(checks=[CHECK])))
    control.greet({}, time.monotonic() + 5)
    assert control.checks[0].value == "1"
    greeted = sandbox(encode_frame(FrameType.READY, ready(**{field: value})))
    with pytest.raises(HandshakeError, match=field):
        greeted.greet({}, time.monotonic() + 5)


def test_the_reason_of_a_refusal_may_be_anything() -> None:
    refusing = sandbox(encode_frame(FrameType.REFUSED, {"reason": [["x" * 100_000]]}))
    with pytest.raises(WeakIsolationError) as refusal:
        refusing.greet({}, time.monotonic() + 5)
    assert len(str(refusal.value)) < 6000
    refusing.close()  # the traceback keeps it


# -- bounds ---------------------------------------------------------------------------------------


def largest(tests: int, output_bytes: int, character: str) -> dict[str, Any]:
    """Return a report in which every text is as long as a worker makes it."""
    long = {
        "message": character * wire.MESSAGE_MAX,
        "expected": character * wire.EXCERPT_MAX,
        "actual": character * wire.EXCERPT_MAX,
        "cpu_s": 0.1 + 0.2,
        "timeout_kind": "wall",
    }
    rows = [row(index, "crashed", **long) for index in range(tests)]
    if rows:
        rows[0]["stdout"] = character * wire.output_room(output_bytes)
    syntax_error = character * wire.SYNTAX_ERROR_MAX
    return report(tests=rows, syntax_error=syntax_error, detail="x" * 200, cpu_s=0.1 + 0.2)


@pytest.mark.parametrize("tests", [0, 1, 2, 50])
@pytest.mark.parametrize("output_bytes", [0, 1000, 1 << 20])
@pytest.mark.parametrize("character", ["x", '"', "\\", ",", "{", "\0", "\ud800", "\U0001f600"])
def test_the_largest_report_of_a_request_is_accepted(
    tests: int, output_bytes: int, character: str
) -> None:
    run = {"tests": [{}] * tests, "limits": {"output_bytes": output_bytes}}
    expected = replies_to(run)
    answer = largest(tests, output_bytes, character)
    stream = ScriptedStream([encode_frame(FrameType.REPORT, answer)])
    received = Transport(stream, expected).receive(time.monotonic() + 60)
    assert received == (FrameType.REPORT, answer)


def test_a_report_that_is_larger_than_its_request_can_produce_is_refused_by_its_header() -> None:
    most = replies_to(RUN)[FrameType.REPORT].payload_bytes
    assert most < 20 << 20
    seen = sandbox(struct.pack(">BI", FrameType.REPORT, most + 1)).execute(RUN)
    assert isinstance(seen, Loss)
    assert seen.cause is Cause.PROTOCOL
    assert f"exceeds {most}" in seen.detail


@pytest.mark.parametrize(
    "item", [b"{}", b"[]", b"0", b'""', b'"\\""', b'{"a":0}', b'"",,', b'"a""b"', b'"\\\\"']
)
def test_many_small_values_are_refused_before_they_take_memory(item: bytes) -> None:
    """Control: a string of the same size is accepted."""
    most = replies_to(RUN)[FrameType.REPORT].marks
    control = parse(b'{"a":"' + b"x" * 4_000_000 + b'"}', most)
    assert len(control["a"]) == 4_000_000
    body = b'{"a":[' + b",".join([item] * (4_000_000 // len(item))) + b"]}"
    tracemalloc.start()
    try:
        with pytest.raises(FrameError, match=r"more (values|strings) than the request can produce"):
            parse(body, most)
        assert tracemalloc.get_traced_memory()[1] < 5 * len(body)
    finally:
        tracemalloc.stop()


@given(ODD_VALUES)
def test_marks_bound_the_values(value: object) -> None:
    """What is within the bounds is read as ever; what json reads has no more values than marks."""
    body = json.dumps({"a": value}, allow_nan=True).encode()
    marks = sum(body.count(mark) for mark in (b"{", b"}", b"[", b"]", b",", b":"))
    try:
        read = parse(body, marks)
    except FrameError:
        return
    assert read == json.loads(body)
    assert _count(read) <= marks


#: What the two parsers could read in different ways, as a value or in the place of a text.
FLAT_VALUES = ODD_VALUES | st.sampled_from(["a:b", "{", "\\", '"', "\x7f", 10**20, 10**21, -0.0])
FLAT_TEXTS = [*ODD_TEXTS, b"1E5", b"1e+400", b"-0", b"01", b"1.", b"1" * 20, b"1" * 21, b"0.1e-999"]


@settings(max_examples=500)
@given(mutated(report("passed", "failed")), st.sampled_from(FLAT_TEXTS), FLAT_VALUES, st.data())
def test_what_the_quick_parser_takes_the_strict_one_reads_alike(
    body: bytes, text: bytes, value: object, data: st.DataObject
) -> None:
    spelled = data.draw(st.sampled_from([text, json.dumps(value).encode()]))
    for each in (body, body.replace(b"0.001", spelled, 1), body.replace(b'"values"', spelled, 1)):
        flat = parse_flat(each, 100)
        if flat is not None:
            assert repr(flat) == repr(parse_any(each, 100))


@pytest.mark.parametrize("statuses", [[], ["passed"], ["passed", "failed", "timeout"]])
def test_the_quick_parser_takes_what_workers_send(statuses: list[str]) -> None:
    body = json.dumps(report(*statuses), separators=(",", ":")).encode()
    bounds = replies_to({"tests": statuses, "limits": {"output_bytes": 0}})[FrameType.REPORT]
    assert parse_flat(body, bounds.marks) == json.loads(body)
    assert parse_flat(body.replace(b"passed", b"p:ssed"), bounds.marks) is None or not statuses


def _count(value: object) -> int:
    if isinstance(value, dict):
        return 1 + len(value) + sum(map(_count, value.values()))
    return 1 + sum(map(_count, value)) if isinstance(value, list) else 1
