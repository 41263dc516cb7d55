"""A request reaches the worker whole, and what cannot reach it is told beforehand."""

import base64
import json
from typing import Any

import pytest

from runner.errors import ConfigurationError
from runner.models import CallTest, ExecutionRequest, Limits, StdioTest
from runner.sandbox.run_payload import run_payload, too_long
from runner.worker.protocol.plain_values import decode_plain, encode_plain


def request(**fields: Any) -> ExecutionRequest:
    return ExecutionRequest.model_validate({"code": "x = 1", "tests": [], **fields})


def test_a_payload_has_all_that_a_worker_needs() -> None:
    payload = run_payload(request(tests=["assert x"], timeout=0.5, entry_point="f"))
    assert payload["tests"] == [{"kind": "assert", "code": "assert x"}]
    assert (payload["timeout_s"], payload["entry_point"]) == (0.5, "f")
    assert payload["limits"] == Limits().model_dump()
    assert (payload["classes"], payload["min_evidence"]) == ([], "none")
    json.dumps(payload)


def test_classes_and_evidence_are_plain_words() -> None:
    payload = run_payload(request(tests=["assert x"], classes=["A", "B"], min_evidence="values"))
    assert payload["classes"] == ["A", "B"]
    assert (payload["min_evidence"], type(payload["min_evidence"])) == ("values", str)


def test_a_checker_is_a_plain_word() -> None:
    payload = run_payload(request(tests=[StdioTest(stdin="", stdout="")]))
    assert type(payload["tests"][0]["checker"]) is str


def test_values_of_a_call_keep_their_types() -> None:
    call = CallTest(function="f", args=[(1,), {2}], kwargs={"k": b"x"}, expected=1.5, atol=0.1)
    test = run_payload(request(tests=[call]))["tests"][0]
    assert base64.b64decode(test["call"]) == encode_plain([[(1,), {2}], {"k": b"x"}])
    assert base64.b64decode(test["expected"]) == encode_plain([1.5])
    assert test["function"] == "f"
    assert (test["kind"], test["atol"], test["rtol"]) == ("call", 0.1, 0.0)


def test_arguments_and_expectation_share_no_object() -> None:
    """A solution that changes its argument would change what is expected, too."""
    shared = [3, 1, 2]
    call = CallTest(function="f", args=[shared], expected=shared)
    test = run_payload(request(tests=[call]))["tests"][0]
    (args, _), (expected,) = (
        decode_plain(base64.b64decode(test[name])) for name in ("call", "expected")
    )
    assert args == [expected] == [shared]
    assert args[0] is not expected


def deep(levels: int) -> object:
    value: object = None
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize("value", [object(), len, deep(100_000)], ids=["object", "call", "deep"])
def test_a_value_that_cannot_cross_is_the_callers_mistake(value: object) -> None:
    wanted = request(
        tests=[
            "assert x",
            CallTest.model_construct(
                kind="call",
                function="f",
                args=[value],
                kwargs={},
                expected=None,
                atol=0.0,
                rtol=0.0,
            ),
        ]
    )
    with pytest.raises(ConfigurationError, match=r"tests\[1\].args\[0\] cannot be sent"):
        run_payload(wanted)


def test_ordinary_code_is_not_too_long() -> None:
    assert too_long(request(code="x" * 1_000_000)) is None


@pytest.mark.parametrize(
    ("code", "limit"),
    [("x" * 11, 10), ("\x00" * 64 * 1024 * 1024, 64 * 1024 * 1024)],
    ids=["by limit", "by its escapes"],
)
def test_what_fits_no_frame_is_too_long(code: str, limit: int) -> None:
    message = too_long(request(code=code, limits=Limits(source_bytes=limit)))
    assert message is not None
    assert message.startswith("SyntaxError: ")
