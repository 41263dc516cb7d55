"""Requests say clearly what is wrong with them, and results survive their trip as JSON."""

from typing import Any

import pytest
from pydantic import ValidationError

from runner.models import (
    AssertTest,
    CallTest,
    CheckTest,
    ExecutionRequest,
    Limits,
    StdioTest,
    Test,
    canonical_json,
)

STDIO = {"stdin": "1", "stdout": "2"}
CALL = {"function": "f", "args": [1]}


def request(**fields: Any) -> ExecutionRequest:
    return ExecutionRequest.model_validate({"code": "x = 1", "tests": [], **fields})


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("assert x", AssertTest(code="assert x")),
        ({"code": "assert x"}, AssertTest(code="assert x")),
        ({"kind": "check", "code": "c", "entry_point": "f"}, CheckTest(code="c", entry_point="f")),
        ({"code": "c", "entry_point": "f"}, CheckTest(code="c", entry_point="f")),
        (STDIO, StdioTest(stdin="1", stdout="2")),
        (CALL, CallTest(function="f", args=[1])),
        (AssertTest(code="x"), AssertTest(code="x")),
    ],
)
def test_tests_come_in_several_shapes(given: object, meant: Test) -> None:
    assert request(tests=[given]).tests == (meant,)


@pytest.mark.parametrize(
    "fields",
    [
        {"code": None},
        {"code": b"x"},
        {"tests": "assert x"},
        {"tests": None},
        {"tests": [None]},
        {"tests": [{"kind": "riddle", "code": "x"}]},
        {"tests": [{"code": "x", "colour": "red"}]},
        {"tests": [{"kind": "check", "code": "x"}]},
        {"tests": [{**CALL, "atol": -1}]},
        {"tests": [{**CALL, "rtol": float("nan")}]},
        {"timeout": 0},
        {"timeout": "soon"},
        {"timeout": float("inf")},
        {"limits": {"total_s": 0}},
        {"colour": "red"},
    ],
)
def test_what_is_no_request_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        request(**fields)


def test_any_text_is_code() -> None:
    for code in ("", "\x00", "\ud800", "é" * 10):
        assert request(code=code).code == code


def test_a_check_finds_the_requests_entry_point() -> None:
    assert request(tests=[{"kind": "check", "code": "c"}], entry_point="f").entry_point == "f"


def test_requests_have_names_of_their_own() -> None:
    assert request().request_id != request().request_id
    assert request(request_id=None).request_id
    assert request(request_id="mine").request_id == "mine"


def test_models_do_not_change() -> None:
    with pytest.raises(ValidationError):
        request().code = "y"  # type: ignore[misc]


def test_json_is_ascii_and_comes_back_equal() -> None:
    sent = request(code="\ud800é\x00", tests=["assert 'ü'", STDIO, CALL], limits=Limits(total_s=1))
    text = sent.to_json()
    assert text.isascii()
    assert ExecutionRequest.from_json(text) == sent
    assert ExecutionRequest.model_validate_json(sent.model_dump_json()) == sent


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([1], (1,)),
        ({1: 2}, {"1": 2}),
        (1, True),
        (1, 1.0),
        (b"x", "x"),
        (b"x", bytearray(b"x")),
        ({1}, frozenset({1})),
        (None, "None"),
        (1j, "1j"),
    ],
)
def test_different_values_have_different_spellings(one: object, other: object) -> None:
    assert canonical_json(one) != canonical_json(other)


def test_equal_values_have_one_spelling() -> None:
    assert canonical_json({"a": 1, "b": {2, 3}}) == canonical_json({"b": {3, 2}, "a": 1})
