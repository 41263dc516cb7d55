"""Samples of attacks and honest programs that others have written, where they are at hand."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

import runner
from runner.errors import ConfigurationError
from runner.models import Blame, Evidence, ExecutionStatus
from tests.integrity.programs import AMPLE_S

_FOLDER = Path(os.environ.get("RUNNER_SAMPLES") or Path(__file__).parents[3] / "shared" / "corpora")
#: Tests that no solution could fail by its own doing.
_BROKEN = ("vacuous_", "forgotten_import_", "same_name_")


def _rows(name: str) -> list[Any]:
    path = _FOLDER / name
    if not path.exists():
        reason = "the samples are not here; RUNNER_SAMPLES names their folder"
        return [pytest.param({}, id=name, marks=pytest.mark.skip(reason))]
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return [pytest.param(row, id=row["id"]) for row in rows if not row.get("heavy")]


def _tests(row: dict[str, Any]) -> list[Any]:
    return [_test(row, test) for test in row["tests"]]


def _test(row: dict[str, Any], test: Any) -> Any:
    kind = row["kind"]
    if isinstance(test, dict) and "gen" in test:
        return eval(test["gen"])
    if isinstance(test, dict) and "kind" in test:  # as the library itself reads it
        return test
    if kind == "check" and "seen" in row:  # of the second set, whose checks are called from outside
        return runner.CheckTest(code=test, entry_point=row.get("entry", "f"))
    if kind == "stdio":
        return runner.StdioTest(stdin=test["stdin"], stdout=test["stdout"])
    if kind != "call":
        return test
    fields = {"function" if key == "fn" else key: value for key, value in test.items()}
    if "alias" in row:
        fields["expected"] = fields["args"][0]
    return runner.CallTest(**fields)


def _execute(pool: runner.Pool, row: dict[str, Any], **fields: Any) -> runner.ExecutionResult:
    return pool.execute(
        row["code"],
        _tests(row),
        setup=row.get("setup", ""),
        judge_setup=row.get("judge_setup", ""),
        **fields,
    )


@pytest.mark.parametrize("row", _rows("forge_sample.jsonl") + _rows("forge2_sample.jsonl"))
def test_no_attack_passes_on_values(pool: runner.Pool, row: dict[str, Any]) -> None:
    """What passes all the same is a test that asks the solution's own class on purpose."""
    try:
        result = _execute(pool, row, timeout=row.get("timeout", 2.0))
    except ConfigurationError:
        assert row["id"].startswith("same_name_")
        return
    passed = result.status is ExecutionStatus.ALL_PASSED
    if row.get("severity") == "inherent":
        assert not (passed and result.evidence is Evidence.VALUES)
        return
    assert not passed
    broken = row["id"].startswith(_BROKEN) and result.blame is Blame.TESTS
    assert broken or (result.blame is Blame.CODE and result.conclusive)


#: Honest programs that a rule forbids, and what they are told.
_FORBIDDEN = {
    "r_tempfile": "refused by the sandbox: no files",
}


@pytest.mark.parametrize("row", _rows("honest_sample.jsonl") + _rows("honest2_sample.jsonl"))
def test_honest_programs_pass(pool: runner.Pool, row: dict[str, Any]) -> None:
    result = _execute(pool, row, timeout=AMPLE_S)
    if row["id"] in _FORBIDDEN:
        assert _FORBIDDEN[row["id"]] in str(result.error)
        return
    assert result.status is ExecutionStatus.ALL_PASSED, result.error


@pytest.mark.parametrize("row", _rows("cases_sample.jsonl"))
def test_cases_end_as_expected(pool: runner.Pool, row: dict[str, Any]) -> None:
    if "script" in row:
        *statements, last = row["script"].split(";")
        names = {"pool": pool, "runner": runner}
        exec(";".join(statements), names)
        result = eval(last, names)
    else:
        result = _execute(pool, row)
    expected = row["expected"].split()[0].rstrip(",")
    if expected == "not":
        assert result.blame is Blame.TESTS
    else:
        assert result.status == expected, result.error
