"""Requests say clearly what is wrong with them, and results survive their trip as JSON."""

import contextlib
import posixpath
from pathlib import PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from runner.errors import ConfigurationError
from runner.models import (
    AssertTest,
    CallTest,
    CheckTest,
    Evidence,
    ExecutionRequest,
    Limits,
    RunRequest,
    StdioTest,
    Test,
    canonical_json,
)
from runner.worker.protocol.files import WORK

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
        {"classes": {"Box"}},
        {"classes": [""]},
        {"classes": [3]},
        {"min_evidence": "proof", "tests": ["assert x"]},
        {"min_evidence": None, "tests": ["assert x"]},
    ],
)
def test_what_is_no_request_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        request(**fields)


def test_classes_and_evidence_are_declared() -> None:
    made = request(tests=["assert x"], classes=["A", "B"], min_evidence="objects")
    assert (made.classes, made.min_evidence) == (("A", "B"), Evidence.OBJECTS)
    assert (request().classes, request().min_evidence) == ((), Evidence.NONE)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"min_evidence": "values"}, "min_evidence='values' needs tests, and there are none"),
        ({"min_evidence": "objects"}, "min_evidence='objects' needs tests"),
        ({"classes": "Box"}, r"classes must be a list of classes, not one str; write \[class\]"),
        ({"classes": ["a b"]}, "'a b' is not the name of a class"),
        (
            {"judge_setup": "def f(): ...", "entry_point": "f"},
            "judge_setup defines 'f', which the solution has to define",
        ),
        ({"judge_setup": "class A: ...", "classes": ["A"]}, "judge_setup defines 'A'"),
        ({"judge_setup": "async def f(): ...", "tests": [CALL]}, "judge_setup defines 'f'"),
        (
            {"judge_setup": "class S: ...", "tests": [{**CALL, "function": "S.f"}]},
            "judge_setup defines 'S'",
        ),
        (
            {
                "judge_setup": "def f(): ...",
                "tests": [{"kind": "check", "code": "c", "entry_point": "f"}],
            },
            "judge_setup defines 'f'",
        ),
    ],
)
def test_a_request_that_cannot_be_meant_says_why(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        ExecutionRequest(**{"code": "x = 1", "tests": [], **fields})


def test_judge_setup_may_define_other_names() -> None:
    for judge_setup in ("def g(): ...", "import f", "def f(:", "\0", "x = 1"):
        assert request(judge_setup=judge_setup, entry_point="f").judge_setup == judge_setup


def test_levels_of_evidence_have_an_order() -> None:
    ordered = sorted(Evidence, key=lambda level: level.rank)
    assert [level.value for level in ordered] == ["none", "objects", "values"]


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
    more = {"classes": ["Bäx"], "min_evidence": "values", "limits": Limits(total_s=1)}
    sent = request(code="\ud800é\x00", tests=["assert 'ü'", STDIO, CALL], **more)
    text = sent.to_json()
    assert text.isascii()
    assert ExecutionRequest.from_json(text) == sent
    assert ExecutionRequest.model_validate_json(sent.model_dump_json()) == sent


def test_files_are_bytes_or_text_also_in_json() -> None:
    files = {"a.bin": b"\0\xff", "d/é": "ä\ud800", "empty": b"", "text": ""}
    sent = request(files=files)
    text = sent.to_json()
    assert text.isascii()
    assert '"a.bin": {"base64": "AP8="}' in text
    assert ExecutionRequest.from_json(text).files == files
    various = {"x": bytearray(b"x"), "y": memoryview(b"y"), "z": {"base64": "eg=="}}
    assert request(files=various).files == {"x": b"x", "y": b"y", "z": b"z"}
    assert (request().files, RunRequest(code="").files) == (None, {})
    assert RunRequest(code="", files=None).as_execution().files is None


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ([("a", "b")], "files: must be a mapping of names to contents, not list"),
        ({1: "x"}, "files: the name 1 must be a string"),
        ({"a": 1}, "files: the content of 'a' must be a string or bytes .* not int"),
        ({"a": {"base64": "%"}}, "files: the content of 'a' is not Base64"),
        ({"a": {"base64": "", "b": ""}}, "files: the content of 'a' must be a string or bytes"),
        ({"/etc/x": ""}, "files: the name '/etc/x' must be relative"),
        ({"a/../b": ""}, r"files: the name 'a/\.\./b' must not contain the parts"),
        ({"..": ""}, r"files: the name '\.\.' must not contain"),
        ({"./a": ""}, "files: the name './a' must not contain"),
        ({"a//b": ""}, "files: the name 'a//b' is empty, or has an empty part"),
        ({"a/": ""}, "files: the name 'a/' is empty"),
        ({"": ""}, "files: the name '' is empty"),
        ({"a\0": ""}, "must not contain NUL"),
        ({"\udc80": ""}, "must not contain a lone surrogate"),
        ({"é" * 128: ""}, "has a part of more than 255 bytes"),
        ({"a/" * 500 + "b": ""}, "is longer than 1000 bytes"),
        ({"a": "", "a/b": ""}, "files: 'a' cannot be a file and a directory"),
        ({"a": b"x" * (16 << 20), "b": "x"}, "more than limits.files_bytes=16777216"),
        ({f"d{n}/f": "" for n in range(501)}, "1002 files and directories, more than"),
    ],
)
def test_files_that_cannot_be_are_refused_by_name(files: Any, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        ExecutionRequest(code="", tests=(), files=files)
    with pytest.raises(ConfigurationError, match=words):
        RunRequest(code="", files=files).as_execution()


@given(st.text(st.characters() | st.sampled_from("./\0\\é"), max_size=12))
def test_a_name_that_is_accepted_leads_below_the_directory(name: str) -> None:
    """And is one that every file system has in just this form."""
    with contextlib.suppress(ValidationError):
        request(files={name: ""})
        path = f"/{WORK}/{name}"
        assert str(PurePosixPath("/", WORK, name)) == posixpath.normpath(path) == path
        assert "\0" not in name
        assert len(name.encode()) < 256


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


@given(
    st.text(st.characters(exclude_categories=())),
    st.lists(st.text(st.characters(exclude_categories=())), max_size=3),
)
def test_a_request_of_asserts_is_what_the_constructor_makes(code: str, tests: list[str]) -> None:
    made = ExecutionRequest.of_asserts(code, tests)
    other = ExecutionRequest.of_asserts(code, tests)
    validated = ExecutionRequest(code=code, tests=tests, request_id=made.request_id)
    assert made == validated
    assert list(vars(made)) == list(vars(validated))
    assert made.to_json() == validated.to_json()
    assert made.model_fields_set | {"request_id"} == validated.model_fields_set
    for one, another in zip(made.tests, validated.tests, strict=True):
        assert (one, one.model_fields_set) == (another, another.model_fields_set)
    assert other.request_id != made.request_id
