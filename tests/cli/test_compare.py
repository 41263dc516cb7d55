"""Two files of results, and what is said of them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runner.cli import main
from runner.models import ExecutionResult

_TEST = {"index": 0, "status": "passed", "passed": True, "budget_used": 0.1}


def result(name: str, **changes: Any) -> dict[str, Any]:
    fields = {
        "status": "all_passed",
        "passed": 1,
        "total": 1,
        "error": None,
        "tests": [_TEST],
        "blame": "none",
        "cause": None,
        "conclusive": True,
        "attempts": 1,
        "history": [],
        "cpu_s": 0.1,
        "wall_s": 0.1,
        "queue_s": 0.0,
        "memory_peak_bytes": 1,
        "stdout": "",
        "stderr": "",
        "stdout_truncated": False,
        "stderr_truncated": False,
        "backend": "docker",
        "sandbox_id": "x",
        "fingerprint": "0" * 64,
        "digest": "d",
        "request_digest": "q",
        "request_id": name,
        **changes,
    }
    return ExecutionResult.model_validate(fields).model_dump(mode="json")


def broken(name: str) -> dict[str, Any]:
    fields = {"status": "runtime_error", "digest": "b", "blame": "tests", "conclusive": False}
    return result(name, **fields, error="test 0 is broken, whatever the solution is: no")


Compare = Callable[..., tuple[int, list[dict[str, Any]], str]]


@pytest.fixture
def compare(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Compare:
    """Compare two lists of results; return exit status, differences, and the text for people."""

    def run(one: list[Any], two: list[Any]) -> tuple[int, list[dict[str, Any]], str]:
        (tmp_path / "a").write_text("\n".join(map(json.dumps, one)))
        (tmp_path / "b").write_text(json.dumps({"results": two, "summary": {}}))
        files = [str(tmp_path / "a"), str(tmp_path / "b")]
        status = main(["compare", *files])
        text = capsys.readouterr().out
        assert main(["compare", *files, "--json"]) == status
        return status, json.loads(capsys.readouterr().out)["differences"], text

    return run


def test_equal_results_are_equal_in_any_order(compare: Compare) -> None:
    one = [result("x"), result("y", wall_s=9.0, sandbox_id="other", stdout="hello")]
    assert compare(one, one[::-1]) == (0, [], "2 results compared, 0 differences\n")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"request_digest": "r"}, "the request differs"),
        ({"status": "some_failed", "passed": 0}, "status all_passed and some_failed"),
        (
            {"tests": [{**_TEST, "status": "timeout", "passed": False, "budget_used": 1.0}]},
            "test 0 is passed and timeout (close",
        ),
        ({"conclusive": False, "blame": "infrastructure"}, "B is inconclusive"),
    ],
)
def test_a_difference_is_explained(compare: Compare, changes: dict[str, Any], words: str) -> None:
    status, found, text = compare([result("x")], [result("x", digest="e", **changes)])
    assert status == 1
    assert [(each["kind"], each["request_id"]) for each in found] == [("digest", "x")]
    assert words in found[0]["detail"]
    assert words in text


def test_a_missing_result_is_named(compare: Compare) -> None:
    _, found, _ = compare([result("x"), result("x"), result("z")], [result("x"), result("y")])
    missing = [(each["request_id"], each["detail"]) for each in found]
    assert missing == [("x", "it is not in B"), ("z", "it is not in B"), ("y", "it is not in A")]


def test_the_part_of_a_fingerprint_that_differs_is_named(compare: Compare) -> None:
    other = "0" * 16 + "1" * 8 + "0" * 40
    status, found, _ = compare([result("x")], [result("x", fingerprint=other)])
    assert (status, found[0]["kind"]) == (1, "fingerprint")
    assert "different: stdlib" in found[0]["detail"]


_DEEP = "[" * 100_000


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "a: there is no result in it; give the output of `runner eval --json`"),
        ("{", "a:1: not JSON"),
        (_DEEP, "a:1: not JSON"),
        ('{"results": [1]}', "a: result 1: result: Input should be"),
        ('{"request_id": "x"}', "a: result 1: result status: is missing"),
        ("[1]\n[2]", "a:1: result: Input should be"),
        ("\udcff", "a: not UTF-8"),
    ],
    ids=lambda text: text[:20],
)
def test_a_file_without_results_is_bad_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, words: str
) -> None:
    (tmp_path / "a").write_text(text, errors="surrogateescape")
    assert main(["compare", str(tmp_path / "a"), str(tmp_path / "a")]) == 2
    assert f"{tmp_path}/{words}" in capsys.readouterr().err


def test_a_side_whose_tests_are_broken_is_not_to_be_run_again(compare: Compare) -> None:
    _, (difference,), _ = compare([result("a")], [broken("a")])
    assert "B is inconclusive: test 0 is broken" in difference["detail"]
    assert "run it again" not in difference["detail"]
