"""A worker lists the tests in suites once; what it reports is checked against that."""

from typing import Any

import pytest

from runner.models import Blame, Cause, ExecutionRequest, SuiteTest
from runner.sandbox.loss import Loss
from runner.sandbox.sandbox import Sandbox
from runner.sandbox.transport import Transport
from runner.verdicts import classify_attempt
from runner.worker.protocol.cases import MOST_CASES, NAME_MAX
from runner.worker.protocol.frames import FrameType, encode_frame
from tests.fakes import ScriptedStream, report

_RUN: dict[str, Any] = {
    "tests": [{"kind": "assert"}, {"kind": "suite"}],
    "timeout_s": 1.0,
    "limits": {"output_bytes": 1000, "total_s": None},
}
_STARTED = encode_frame(FrameType.STARTED, {"id": "1"})


def _list(*suites: Any) -> bytes:
    return encode_frame(FrameType.COLLECTED, {"id": "1", "suites": [*suites]})


def _execute(*parts: bytes) -> Any:
    stream = ScriptedStream([b"".join((_STARTED, *parts))])
    sandbox = Sandbox("test-1", Transport(stream), describe=lambda: "", destroy=lambda: None)
    return sandbox.execute(_RUN)


@pytest.mark.parametrize("count", [1, 30, MOST_CASES])
def test_the_report_may_come_with_the_list(count: int) -> None:
    """Its bounds follow from the list, also where both are read at once."""
    names = [f"test_{number}" for number in range(count)]
    rows = encode_frame(FrameType.REPORT, report(*["passed"] * (count + 1)))
    seen = _execute(_list([1, names]), rows)
    assert not isinstance(seen, Loss), seen
    assert seen["places"] == [(0, None), *((1, name) for name in names)]


_MALFORMED: dict[str, bytes] = {
    "twice": _list([1, ["a"]]) * 2,
    "nothing": _list(),
    "no pair": _list([1]),
    "no list": encode_frame(FrameType.COLLECTED, {"id": "1", "suites": {"1": ["a"]}}),
    "no suites": encode_frame(FrameType.COLLECTED, {"id": "1"}),
    "an unknown suite": _list([2, ["a"]]),
    "a negative suite": _list([-1, ["a"]]),
    "a truth value": _list([True, ["a"]]),
    "a suite twice": _list([1, ["a"]], [1, ["b"]]),
    "no names": _list([1, []]),
    "a name twice": _list([1, ["a", "a"]]),
    "no name": _list([1, [1]]),
    "a name that is not ASCII": _list([1, ["\udcff"]]),
    "a long name": _list([1, ["a" * (NAME_MAX + 1)]]),
    "many names": _list([1, [str(number) for number in range(MOST_CASES + 1)]]),
    "a script of a snippet": _list([0, None], [1, ["a"]]),
    "a suite left out": _list([0, ["a"]]),
    "another request": encode_frame(FrameType.COLLECTED, {"id": "2", "suites": [[1, ["a"]]]}),
}


@pytest.mark.parametrize("name", _MALFORMED)
def test_a_malformed_list_is_a_broken_protocol(name: str) -> None:
    seen = _execute(_MALFORMED[name], encode_frame(FrameType.REPORT, report("passed", "passed")))
    assert isinstance(seen, Loss)
    assert seen.cause is Cause.PROTOCOL


def test_without_a_list_a_report_has_no_more_than_the_request() -> None:
    seen = _execute(encode_frame(FrameType.REPORT, report(*["passed"] * 30)))
    assert isinstance(seen, Loss)


def test_places_in_a_report_are_not_believed() -> None:
    """Only the list tells them."""
    forged = report("passed", "passed") | {"places": 5}
    assert _execute(encode_frame(FrameType.REPORT, forged))["places"] is None


def test_a_suite_without_a_list_has_no_result() -> None:
    """It may be broken, or not run."""
    request = ExecutionRequest(code="", tests=[SuiteTest(code="")])
    verdict = classify_attempt(request, report("passed"), "test-1")
    assert verdict.cause is Cause.PROTOCOL
    broken = report("error")
    broken["tests"][0]["broken"] = True
    assert classify_attempt(request, broken, "test-1").blame is Blame.TESTS
