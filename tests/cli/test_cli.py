"""The command line: what it prints where, and its exit statuses."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import runner
from runner.cli import main
from runner.cli.exits import InputError
from runner.cli.render import one_line
from runner.cli.run import read_tests

_SOLUTION = "def add(a, b):\n    return a + b\n"
_ROW = {"task_id": 1, "code": _SOLUTION, "test_list": ["assert add(1, 2) == 3"]}


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A solution, and tests that it passes and fails."""
    (tmp_path / "solution.py").write_text(_SOLUTION)
    (tmp_path / "tests.txt").write_text("assert add(1, 2) == 3\nassert add(0, 0) == 0\n")
    (tmp_path / "wrong.txt").write_text("assert add(1, 2) == 3\nassert add(1, 2) == 4\n")
    (tmp_path / "mbpp.jsonl").write_text(json.dumps(_ROW) + "\n")
    return tmp_path


def _run(backend: str, *arguments: str | Path) -> int:
    return main([*map(str, arguments), "--backend", backend])


def test_a_solution_that_passes_ends_with_0(
    files: Path, backend: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A table, and one line with the verdict."""
    assert _run(backend, "run", files / "solution.py", "--tests", files / "tests.txt") == 0
    assert "all_passed: 2 of 2 passed" in capsys.readouterr().out


def test_a_solution_that_fails_ends_with_1(
    files: Path, backend: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """``--json`` prints the result, which reads back."""
    status = _run(backend, "run", files / "solution.py", "--tests", files / "wrong.txt", "--json")
    result = runner.ExecutionResult.from_json(capsys.readouterr().out)
    assert (status, result.status, result.passed) == (1, "some_failed", 1)


def test_bytes_that_are_no_text_are_a_verdict(
    files: Path, backend: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A solution may be any file."""
    (files / "bad.py").write_bytes(b"\xff\xfe = 1")
    assert _run(backend, "run", files / "bad.py", "--tests", files / "tests.txt") == 1
    assert "syntax_error" in capsys.readouterr().out


def test_tests_may_be_json_lines(files: Path, backend: str) -> None:
    """One test of any kind per line."""
    rows: list[dict[str, Any]] = [
        {"code": "assert add(1, 2) == 3"},
        {"function": "add", "args": [1, 2], "expected": 3},
    ]
    (files / "tests.jsonl").write_text("\n".join(map(json.dumps, rows)))
    assert _run(backend, "run", files / "solution.py", "--tests", files / "tests.jsonl") == 0


def test_eval_shows_table_and_pass_rate(
    files: Path, backend: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Counts by status, pass@1, and progress on standard error only."""
    assert _run(backend, "eval", files / "mbpp.jsonl") == 0
    out, err = capsys.readouterr()
    assert "all_passed" in out
    assert "pass@1: 1.0000" in out
    assert "evaluating" in err
    assert "evaluating" not in out


def test_eval_of_samples_names_the_failures(
    files: Path, backend: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Several samples per task; ``--json`` has summary and results."""
    samples = [{"task_id": 1, "solution": _SOLUTION}, {"task_id": 1, "solution": "x = 1"}]
    (files / "s.jsonl").write_text("\n".join(map(json.dumps, samples)))
    arguments = ("eval", files / "mbpp.jsonl", "--samples", files / "s.jsonl", "--json")
    assert _run(backend, *arguments) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["summary"]["pass_at_1"] == 0.5
    assert [failure["task_id"] for failure in printed["summary"]["failures"]] == ["MBPP/1"]
    assert [row["status"] for row in printed["results"]] == ["all_passed", "runtime_error"]


_BAD: dict[str, tuple[list[str], str]] = {
    "no solution": (["run", "none.py", "--tests", "tests.txt"], "cannot read none.py"),
    "no tests": (["run", "solution.py", "--tests", "none.txt"], "cannot read none.txt"),
    "a directory": (["run", ".", "--tests", "tests.txt"], "cannot read ."),
    "bad tests": (["run", "solution.py", "--tests", "bad.txt"], "bad.txt:1: the tests are not"),
    "empty tests": (["run", "solution.py", "--tests", "empty.txt"], "there is no test"),
    "bad line": (["run", "solution.py", "--tests", "bad.jsonl"], "bad.jsonl:1: not JSON"),
    "bad test": (["run", "solution.py", "--tests", "odd.jsonl"], "tests.0"),
    "timeout": (["run", "solution.py", "--tests", "tests.txt", "--timeout", "-1"], "timeout"),
    "policy": (["run", "solution.py", "--tests", "tests.txt", "--policy", "x"], "policy"),
    "workers": (["run", "solution.py", "--tests", "tests.txt", "--workers", "0"], "workers"),
    "no problems": (["eval", "none.jsonl"], "cannot read none.jsonl"),
    "empty problems": (["eval", "empty.jsonl"], "there is no problem"),
    "twice": (["eval", "twice.jsonl"], "appears twice"),
    "limit": (["eval", "mbpp.jsonl", "--limit", "0"], "--limit"),
    "stranger": (["eval", "mbpp.jsonl", "--samples", "stranger.jsonl"], "'nobody'"),
}


@pytest.mark.parametrize(("arguments", "words"), _BAD.values(), ids=_BAD)
def test_bad_input_ends_with_2_and_a_reason(
    files: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    words: str,
) -> None:
    """Name, line, reason; no traceback."""
    (files / "bad.txt").write_text("assert (")
    (files / "empty.txt").write_text("import math\n")
    (files / "bad.jsonl").write_text("{\n")
    (files / "odd.jsonl").write_text('{"cod": "x"}\n')
    (files / "empty.jsonl").write_text("\n")
    (files / "twice.jsonl").write_text(f"{json.dumps(_ROW)}\n" * 2)
    (files / "stranger.jsonl").write_text('{"task_id": "nobody", "solution": "x"}\n')
    monkeypatch.chdir(files)
    monkeypatch.setenv("RUNNER_BACKEND", "local")
    assert main(arguments) == 2
    assert words in capsys.readouterr().err


def test_an_unknown_backend_is_named(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the ones that there are."""
    assert _run("podman", "run", files / "solution.py", "--tests", files / "tests.txt") == 2
    assert "'docker' or 'local'" in capsys.readouterr().err


def test_without_an_engine_nothing_is_concluded(
    files: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The exit status says so, and the message how to get one."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{files}/none.sock")
    assert _run("docker", "run", files / "solution.py", "--tests", files / "tests.txt") == 3
    assert "make engine" in capsys.readouterr().err


def test_statements_are_tests_and_definitions_prepare(files: Path) -> None:
    """Imports, functions, classes and assignments are not tests."""
    path = files / "t.py"
    path.write_text(
        "import math\nLIMIT = 3\n\ndef near(a, b):\n    return abs(a - b) < LIMIT\n"
        "assert near(add(1, 2), 3)\nfor n in range(3):\n    assert add(n, 0) == n\n"
    )
    tests, setup = read_tests(path)
    assert len(tests) == 2
    assert "import math" in setup
    assert "def near" in setup


def test_a_file_without_tests_is_refused(files: Path) -> None:
    """It would pass whatever the solution does."""
    (files / "none.py").write_text("x = 1\n")
    with pytest.raises(InputError):
        read_tests(files / "none.py")


def test_what_a_solution_says_cannot_steer_the_terminal() -> None:
    """Escape sequences, line ends and surrogates are shown, not obeyed."""
    shown = one_line("a\x1b[2J\nb\ud800" + "x" * 500, 40)
    assert shown.startswith("a\\x1b[2J\\nb\\ud800")
    assert len(shown) == 40


def test_module_and_version() -> None:
    """``python -m runner`` is the same command."""
    command = [sys.executable, "-m", "runner", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.startswith("sandbox-runner ")


@pytest.mark.engine
def test_doctor_finds_this_machine_well(capsys: pytest.CaptureFixture[str]) -> None:
    """One line per check; the limits as the kernel sees them are among them."""
    assert main(["doctor"]) == 0
    out = capsys.readouterr().out
    assert "ok   docker backend" in out
    assert "docker: NoNewPrivs: 1" in out
    assert f"docker: memory: {512 * 1024 * 1024}" in out


def test_doctor_names_the_missing_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A failed check has a remedy and a bad exit status."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    assert main(["doctor", "--json"]) == 1
    checks = {check["name"]: check for check in json.loads(capsys.readouterr().out)}
    assert checks["engine"]["ok"] is False
    assert "make engine" in checks["engine"]["detail"]


@pytest.mark.engine
def test_image_is_built_and_named(capsys: pytest.CaptureFixture[str]) -> None:
    """Building again does nothing and says so."""
    assert main(["image", "build"]) == 0
    assert main(["image", "name"]) == 0
    build, name = capsys.readouterr().out.splitlines()
    assert build.startswith(name)
    assert name.startswith("sandbox-runner:")


def test_reap_says_how_many(backend: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is left over here."""
    assert main(["reap", "--backend", backend]) == 0
    assert "left-over" in capsys.readouterr().out
