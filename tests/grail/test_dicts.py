"""Typed results in the words of the replaced pool."""

from typing import Any

import pytest

from runner.grail.result_dicts import as_dict, failure, is_conclusive, read_item, read_request
from runner.models import Cause, ExecutionRequest, ExecutionResult
from runner.pool.inputs import as_request
from runner.verdicts import Context, classify_attempt, combine_attempts
from tests.fakes import loss, report, row

_CONTEXT = Context(
    backend="fake", fingerprint="fake", determinism={}, queue_s=0.0, others_lived=False
)


def typed(seen: Any, count: int) -> ExecutionResult:
    request = as_request({"code": "x = 1", "tests": ["pass"] * count})
    return combine_attempts(request, [classify_attempt(request, seen, "fake")], _CONTEXT)


def told(*rows: dict[str, Any], **changes: Any) -> dict[str, Any]:
    numbered = [{**test, "index": index} for index, test in enumerate(rows)]
    return as_dict(typed(report(tests=numbered, **changes), len(rows)))


@pytest.mark.parametrize(
    ("statuses", "status", "error"),
    [
        ([], "all_passed", None),
        (["passed", "passed"], "all_passed", None),
        (["passed", "failed"], "some_failed", "Passed 1/2 tests"),
        (["passed", "timeout", "error"], "some_failed", "Passed 1/3 tests"),
        (["failed", "failed"], "error", "Passed 0/2 tests"),
        (["error", "error"], "error", "Passed 0/2 tests"),
        (["failed", "error"], "error", "Passed 0/2 tests"),
        (["timeout", "error"], "error", "Passed 0/2 tests"),
        (["memory_limit"], "error", "Passed 0/1 tests"),
        (["timeout", "timeout"], "timeout", "Passed 0/2 tests"),
    ],
)
def test_nothing_passed_is_a_timeout_or_an_error(
    statuses: list[str], status: str, error: str | None
) -> None:
    result = told(*(row(status=each) for each in statuses))
    passed = statuses.count("passed")
    assert (result["status"], result["error"]) == (status, error)
    assert (result["passed"], result["total"]) == (passed, len(statuses))
    assert set(result) == {"passed", "total", "status", "error", "test_results"}


@pytest.mark.parametrize(
    ("status", "message", "error"),
    [
        ("passed", "", None),
        ("timeout", "cpu time exceeded 1 s", "Timeout"),
        ("failed", "AssertionError: no", "AssertionError: no"),
        ("failed", "AssertionError", "AssertionError: "),
        ("error", "KeyError: 'x'", "KeyError: 'x'"),
        ("error", "ValueError", "ValueError: "),
        ("memory_limit", "MemoryError", "MemoryError: "),
        ("output_limit", "printed more", "OutputLimitError: printed more"),
        ("crashed", "killed by signal 11", "ProcessError: killed by signal 11"),
        ("skipped", "no time left", "Skipped: no time left"),
    ],
)
def test_an_error_is_a_type_and_a_message(status: str, message: str, error: str | None) -> None:
    result = told(row(), row(status=status, message=message))
    assert result["test_results"] == [
        {"test_idx": 0, "passed": True, "error": None},
        {"test_idx": 1, "passed": status == "passed", "error": error},
    ]


def test_a_syntax_error_has_its_message_and_no_test_results() -> None:
    seen = report(syntax_error="SyntaxError: invalid syntax", tests=[])
    result = as_dict(typed(seen, 2))
    assert result == {
        "passed": 0,
        "total": 2,
        "status": "syntax_error",
        "error": "SyntaxError: invalid syntax",
        "test_results": [],
    }


def test_a_crash_is_conclusive_and_a_lost_container_is_not() -> None:
    crashed = as_dict(typed(report("passed", "crashed"), 2))
    assert (crashed["status"], is_conclusive(crashed)) == ("process_error", True)
    lost = as_dict(typed(loss(Cause.CONTAINER_LOST), 2))
    assert (lost["status"], is_conclusive(lost)) == ("process_error", False)
    assert lost["error"] == "sandbox lost: gone"


def test_broken_tests_have_their_own_words_and_are_not_conclusive() -> None:
    """Under the replaced pool's keys and statuses."""
    odd = row(status="error", message="SyntaxError: no", broken=True)
    for rows, status in (([odd], "error"), ([row(), odd], "some_failed")):
        result = as_dict(
            typed(report(tests=[{**r, "index": n} for n, r in enumerate(rows)]), len(rows))
        )
        assert set(result) == {"passed", "total", "status", "error", "test_results"}
        assert (result["status"], is_conclusive(result)) == (status, False)
        number = len(rows) - 1
        assert result["error"] == (
            f"test {number} is broken, whatever the solution is: SyntaxError: no"
        )
        assert result["test_results"][number]["error"] == "SyntaxError: no"


@pytest.mark.parametrize(
    ("found", "evidence"),
    [(["values"], "values"), (["values", "objects"], "objects"), (["none", "values"], "none")],
)
def test_evidence_is_an_attribute_and_no_key(found: list[str], evidence: str) -> None:
    rows = [row(index, evidence=each) for index, each in enumerate(found)]
    result = as_dict(typed(report(tests=rows), len(rows)))
    assert result.evidence.value == evidence
    assert "evidence" not in result


def test_what_was_not_executed_has_no_evidence() -> None:
    assert failure("error", "no", ["pass"]).evidence.value == "none"


def test_dicts_of_other_pools_are_judged_by_their_status() -> None:
    assert is_conclusive({"status": "timeout"})
    assert not is_conclusive({"status": "process_error"})


class Text(str):
    __slots__ = ()


def test_subclasses_of_strings_are_strings() -> None:
    request = read_request(Text("x = 1"), [Text("assert x")], 1)
    assert isinstance(request, ExecutionRequest)
    assert type(request.code) is str


@pytest.mark.parametrize("code", [None, b"x", 3, ["x"], {"code": "x"}])
def test_code_that_is_no_string_is_the_codes_fault(code: Any) -> None:
    result = read_request(code, ["pass"], 1)
    assert isinstance(result, dict)
    assert (result["status"], result["total"], is_conclusive(result)) == ("error", 1, True)
    assert result["error"].startswith("TypeError: code must be a string")


@pytest.mark.parametrize(
    ("tests", "timeout"),
    [
        (None, 1.0),
        (3, 1.0),
        ("assert x", 1.0),
        (b"assert x", 1.0),
        ({"assert x": 1}, 1.0),
        ([None], 1.0),
        ([b"assert x"], 1.0),
        (["assert x"], None),
        (["assert x"], "soon"),
        (["assert x"], 0),
        (["assert x"], -1),
        (["assert x"], float("nan")),
        (["assert x"], float("inf")),
        (["assert x"], 1e9),
    ],
)
def test_other_mistakes_say_nothing_about_the_code(tests: Any, timeout: Any) -> None:
    result = read_request("x = 1", tests, timeout)
    assert isinstance(result, dict)
    assert (result["status"], is_conclusive(result)) == ("error", False)


@pytest.mark.parametrize("tests", [["pass"], ("pass",), iter(["pass"])])
def test_tests_are_any_iterable(tests: Any) -> None:
    assert isinstance(read_request("x = 1", tests, 1), ExecutionRequest)


@pytest.mark.parametrize(
    "item", [("x", []), ["x", []], {"code": "x", "tests": []}, ExecutionRequest(code="x", tests=())]
)
def test_items_come_in_several_shapes(item: Any) -> None:
    request = read_item(item, 2.0)
    assert isinstance(request, ExecutionRequest)
    assert request.code == "x"


def test_an_item_may_have_a_timeout_of_its_own() -> None:
    request = read_item({"code": "x", "tests": [], "timeout": 0.5}, 2.0)
    assert isinstance(request, ExecutionRequest)
    assert request.timeout == 0.5


@pytest.mark.parametrize(
    "item",
    [None, 3, "ab", ("x",), ("x", [], 1, 2), {"code": "x"}, {"code": "x", "tests": [], "y": 1}],
)
def test_anything_else_is_no_item(item: Any) -> None:
    result = read_item(item, 2.0)
    assert isinstance(result, dict)
    assert (result["status"], is_conclusive(result)) == ("error", False)
