"""``runner eval`` and the files that people have: rows that cannot be used, fences, limits."""

import gzip
import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runner.cli import render

_ADD = "def add(a, b):\n    return a + b\n"
_PROMPT = 'def add(a, b):\n    """Add."""\n'
_PROBLEM = {"prompt": _PROMPT, "tests": ["assert add(1, 2) == 3"], "entry_point": "add"}
_PROBLEM |= {"code": _ADD}
_GOOD, _WRONG = "    return a + b\n", "    return a - b\n"


def _write(path: Path, *rows: dict[str, Any] | str) -> Path:
    path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows))
    return path


def _problems(tmp_path: Path, *names: str) -> Path:
    return _write(tmp_path / "p.jsonl", *({"task_id": name, **_PROBLEM} for name in names))


def _samples(tmp_path: Path, *pairs: tuple[str, str]) -> Path:
    rows = ({"task_id": name, "completion": text} for name, text in pairs)
    return _write(tmp_path / "s.jsonl", *rows)


@pytest.fixture
def evaluated(
    command: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> Callable[..., dict[str, Any]]:
    """Run an evaluation that ends well; return its summary, with what went to standard error."""

    def run(*arguments: str | Path) -> dict[str, Any]:
        assert command("eval", *arguments, "--json") == 0
        out, err = capsys.readouterr()
        return {**json.loads(out)["summary"], "err": err}

    return run


_BAD_LINES = {
    "not JSON": '{"task_id": "a", ',
    "not an object": '["a"]',
    "without a test": '{"task_id": "c"}',
    "twice": json.dumps({"task_id": "a", **_PROBLEM}),
}


@pytest.mark.parametrize("line", _BAD_LINES.values(), ids=_BAD_LINES)
def test_a_bad_problem_is_named_with_the_option_that_passes_over_it(
    refused: Callable[..., str],
    tmp_path: Path,
    evaluated: Callable[..., dict[str, Any]],
    line: str,
) -> None:
    """Once, although the file is read twice; the others are evaluated."""
    problems = _problems(tmp_path, "a", "b")
    _write(problems, problems.read_text(), line)
    message = refused("eval", str(problems))
    assert f"{problems}:3: " in message
    assert "--skip-bad-rows passes over such rows" in message
    summary = evaluated(problems, "--skip-bad-rows")
    assert (summary["executions"], summary["skipped_rows"]) == (2, 1)
    assert summary["err"].count(f"passed over: {problems}:3: ") == 1


_BAD_SAMPLES = {
    "not JSON": '{"task_id": "a", "completion": "   re',
    "not an object": "3",
    "without a solution": '{"task_id": "a"}',
    "without a task": '{"completion": "x"}',
    "of an unknown task": '{"task_id": "nobody", "completion": "x"}',
}


@pytest.mark.parametrize("line", _BAD_SAMPLES.values(), ids=_BAD_SAMPLES)
def test_a_bad_sample_is_named_with_the_option_that_passes_over_it(
    refused: Callable[..., str],
    tmp_path: Path,
    evaluated: Callable[..., dict[str, Any]],
    line: str,
) -> None:
    problems = _problems(tmp_path, "a")
    samples = _write(tmp_path / "s.jsonl", json.dumps({"task_id": "a", "completion": _GOOD}), line)
    message = refused("eval", str(problems), "--samples", str(samples))
    assert f"{samples}:2: " in message
    assert "--skip-bad-rows passes over such rows" in message
    summary = evaluated(problems, "--samples", samples, "--skip-bad-rows")
    assert (summary["executions"], summary["skipped_rows"]) == (1, 1)
    assert f"passed over: {samples}:2: " in summary["err"]


def test_samples_of_a_problem_that_is_passed_over_are_passed_over(
    tmp_path: Path, evaluated: Callable[..., dict[str, Any]]
) -> None:
    problems = _problems(tmp_path, "a")
    _write(problems, '{"task_id": "b"}', problems.read_text())
    samples = _samples(tmp_path, ("b", _GOOD), ("a", _GOOD))
    summary = evaluated(problems, "--samples", samples, "--skip-bad-rows")
    assert (summary["executions"], summary["skipped_rows"]) == (1, 2)


@pytest.mark.parametrize("option", [[], ["--skip-bad-rows"]])
def test_nothing_to_execute_is_bad_input(
    refused: Callable[..., str], tmp_path: Path, option: list[str]
) -> None:
    empty = str(_write(tmp_path / "empty.jsonl", "", "\n"))
    full = str(_problems(tmp_path, "a"))
    assert f"{empty}: there is no problem" in refused("eval", empty, *option)
    assert f"{empty}: there is no problem" in refused("eval", empty, "--samples", full, *option)
    assert f"{empty}: there is no sample" in refused("eval", full, "--samples", empty, *option)


def test_all_rows_passed_over_is_bad_input(
    files: Path, tmp_path: Path, command: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    bad = _write(tmp_path / "bad.jsonl", "x", "y")
    assert command("eval", bad, "--skip-bad-rows") == 2
    assert "there is no problem in it that can be executed; 2 rows" in capsys.readouterr().err


_FENCED = f"Here you are:\n```python\n{_ADD}```\n"


def test_a_fence_is_pointed_out_and_taken_off_when_asked(
    tmp_path: Path,
    command: Callable[..., int],
    evaluated: Callable[..., dict[str, Any]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Completions that repeat the prompt, and such that continue it."""
    files = (
        _problems(tmp_path, "a"),
        "--samples",
        _samples(tmp_path, ("a", _FENCED), ("a", f"```\n{_GOOD}```"), ("a", _GOOD)),
    )
    assert command("eval", *files) == 0
    out = capsys.readouterr().out
    assert "2 do not compile and have a Markdown fence: --extract-code" in out
    summary = evaluated(*files)
    assert (summary["fenced"], summary["statuses"]) == (2, {"all_passed": 1, "syntax_error": 2})
    summary = evaluated(*files, "--extract-code")
    assert (summary["fenced"], summary["statuses"]) == (0, {"all_passed": 3})


def test_references_may_be_fenced_too(
    tmp_path: Path, evaluated: Callable[..., dict[str, Any]]
) -> None:
    problems = _write(tmp_path / "p.jsonl", {**_PROBLEM, "code": _FENCED})
    assert evaluated(problems)["statuses"] == {"syntax_error": 1}
    assert evaluated(problems, "--extract-code")["statuses"] == {"all_passed": 1}


def test_samples_of_a_task_are_told_apart_in_all_reports(
    tmp_path: Path,
    command: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(render, "HAS_RICH", False)
    pairs = (("a", _GOOD), ("b", _WRONG), ("a", _WRONG), ("a", _WRONG))
    files = (_problems(tmp_path, "a", "b"), "--samples", _samples(tmp_path, *pairs))
    reports = ("--junit", tmp_path / "r.xml", "--html", tmp_path / "r.html")
    assert command("eval", *files, *reports) == 0
    out = capsys.readouterr().out
    assert [line.split()[0] for line in out.splitlines() if "  some_failed  Passed" in line] == [
        "b#1",
        "a#2",
        "a#3",
    ]
    (suite,) = ET.parse(tmp_path / "r.xml").getroot()
    assert [case.get("name") for case in suite] == ["a#1", "b#1", "a#2", "a#3"]
    page = (tmp_path / "r.html").read_text()
    _, _, data = page.partition('id="data">')
    listed = json.loads(data.partition("</script>")[0])
    failed = {each["task"]: [one["sample"] for one in each["failures"]] for each in listed}
    assert failed == {"a": [2, 3], "b": [1]}


def test_every_k_that_the_samples_allow_is_told(
    tmp_path: Path,
    command: Callable[..., int],
    evaluated: Callable[..., dict[str, Any]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    pairs = [("a", _GOOD), ("a", _WRONG), ("a", _WRONG), *[("b", _GOOD)] * 4]
    files = (_problems(tmp_path, "a", "b"), "--samples", _samples(tmp_path, *pairs))
    summary = evaluated(*files)
    assert summary["pass_at_k"] == pytest.approx({"1": 2 / 3, "2": 5 / 6, "3": 1.0})
    assert summary["fewest_samples"] == 3
    assert evaluated(*files, "--k", "3,1")["pass_at_k"] == pytest.approx({"1": 2 / 3, "3": 1.0})
    assert evaluated(*files, "--k", "2,4")["pass_at_k"]["4"] is None
    assert command("eval", *files, "--k", "2,4") == 0
    out = capsys.readouterr().out
    assert "pass@2: 0.8333  pass@4: unknown, a has 3 samples with a verdict" in out
    assert command("eval", *files) == 0
    assert "pass@1: 0.6667  pass@2: 0.8333  pass@3: 1.0000" in capsys.readouterr().out


@pytest.mark.parametrize("value", ["0", "-1", "x", "1,,2", ""])
def test_a_k_is_a_positive_number(command: Callable[..., int], files: Path, value: str) -> None:
    with pytest.raises(SystemExit) as caught:
        command("eval", files / "mbpp.jsonl", f"--k={value}")
    assert caught.value.code == 2


def test_tasks_without_a_sample_are_named(
    tmp_path: Path, command: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """They count for no rate. With a limit that is not known, so it is not said."""
    files = (_problems(tmp_path, *"abc"), "--samples", _samples(tmp_path, ("b", _GOOD)))
    assert command("eval", *files) == 0
    out = capsys.readouterr().out
    assert "2 tasks have no sample and are not counted in any rate: a, c" in out
    assert "pass@1: 1.0000" in out
    assert command("eval", *files, "--limit", "1") == 0
    assert "no sample" not in capsys.readouterr().out


_LIMITS = {
    "samples": (["--limit", "2"], ["a", "a"]),
    "more than there are": (["--limit", "9"], ["a", "a", "b", "c", "b"]),
    "tasks": (["--limit-tasks", "2"], ["a", "a", "b", "b"]),
    "tasks and samples": (["--limit-tasks", "2", "--limit", "3"], ["a", "a", "b"]),
}


@pytest.mark.parametrize(("options", "expected"), _LIMITS.values(), ids=_LIMITS)
def test_limits_count_samples_or_tasks(
    tmp_path: Path,
    command: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    expected: list[str],
) -> None:
    pairs = [(name, _GOOD) for name in "aabcb"]
    files = (_problems(tmp_path, *"abc"), "--samples", _samples(tmp_path, *pairs))
    assert command("eval", *files, *options, "--json") == 0
    results = json.loads(capsys.readouterr().out)["results"]
    assert [result["request_id"] for result in results] == expected


@pytest.mark.parametrize("option", ["--limit", "--limit-tasks"])
def test_limits_of_problems_count_those_that_are_executed(
    tmp_path: Path, evaluated: Callable[..., dict[str, Any]], option: str
) -> None:
    """What is passed over does not count, and what lies behind is not read."""
    problems = _problems(tmp_path, "a", "b")
    unsolved = {"task_id": "u", "tests": ["assert x"]}
    _write(problems, "{", unsolved, problems.read_text(), "{")
    summary = evaluated(problems, option, "2", "--skip-bad-rows")
    assert (summary["executions"], summary["skipped_rows"]) == (2, 2)


@pytest.mark.parametrize("option", ["--limit", "--limit-tasks"])
def test_limits_are_positive(refused: Callable[..., str], option: str) -> None:
    assert f"{option} must be 1 or more" in refused("eval", "mbpp.jsonl", option, "0")


@pytest.mark.parametrize("name", ["7", "MBPP/7", "Mbpp/7", "mbpp/7"])
def test_tasks_of_mbpp_are_found_by_number(
    tmp_path: Path, evaluated: Callable[..., dict[str, Any]], name: str
) -> None:
    problems = _write(
        tmp_path / "p.jsonl", {"task_id": 7, "test_list": ["assert add(1, 2) == 3"], "code": "x"}
    )
    samples = _write(tmp_path / "s.jsonl", {"task_id": name, "solution": _ADD})
    assert evaluated(problems, "--samples", samples)["pass_at_1"] == 1.0


def test_files_may_be_packed_marked_and_have_other_line_ends(
    tmp_path: Path, evaluated: Callable[..., dict[str, Any]]
) -> None:
    problems, samples = _problems(tmp_path, "a"), _samples(tmp_path, ("a", _GOOD), ("a", _WRONG))
    problems.write_bytes(gzip.compress(b"\xef\xbb\xbf" + problems.read_bytes() + b"\r\n\r\n"))
    samples.write_bytes(b"\xef\xbb\xbf" + samples.read_bytes().replace(b"\n", b"\r\n"))
    assert evaluated(problems, "--samples", samples)["pass_at_1"] == 0.5


def test_rows_of_a_pipe_that_are_passed_over_are_named(tmp_path: Path, backend: str) -> None:
    """A pipe is read once, and so its rows are named while others are executed."""
    problems = _problems(tmp_path, "a")
    options = ["--backend", backend, "--skip-bad-rows"]
    done = subprocess.run(
        [sys.executable, "-m", "runner", "eval", "/dev/stdin", *options],
        input=f"{{\n{problems.read_text()}\n",
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stderr.count("passed over: /dev/stdin:1: not JSON") == 1
    assert "1 rows were passed over" in done.stdout
