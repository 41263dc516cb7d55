"""``runner eval``: counts, pass@1, and the failures by name."""

import array
import contextlib
import gc
import json
import os
import signal
import subprocess
import sys
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import runner
from runner.cli import evaluate, main, render
from runner.cli.evaluation import inputs, report_rows
from runner.pool import Pool
from tests.fakes import FakeBackend


def test_eval_shows_table_and_pass_rate(
    files: Path, command: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """Counts by status, pass@1, and progress on standard error only."""
    assert command("eval", files / "mbpp.jsonl") == 0
    out, err = capsys.readouterr()
    assert "all_passed" in out
    assert "pass@1: 1.0000" in out
    assert "evaluating: 1/1" in err
    assert "evaluating" not in out


def test_failures_are_named_and_no_bad_exit_status(
    files: Path,
    command: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Several samples per task; also without the extra that draws tables."""
    monkeypatch.setattr(render, "HAS_RICH", False)
    assert command("eval", files / "mbpp.jsonl", "--samples", files / "samples.jsonl") == 0
    out = capsys.readouterr().out
    assert "pass@1: 0.5000" in out
    assert "MBPP/1#1  runtime_error  " in out


def test_json_has_summary_and_results(
    files: Path, command: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """Results read back as models, in the order of the samples; progress goes elsewhere."""
    arguments = ("eval", files / "mbpp.jsonl", "--samples", files / "samples.jsonl", "--json")
    assert command(*arguments) == 0
    out, err = capsys.readouterr()
    printed = json.loads(out)
    assert list(printed) == ["results", "summary"]
    assert printed["summary"]["pass_at_1"] == 0.5
    assert [failure["task_id"] for failure in printed["summary"]["failures"]] == ["MBPP/1"]
    results = [runner.ExecutionResult.model_validate(row) for row in printed["results"]]
    assert [result.status for result in results] == ["runtime_error", "all_passed"]
    assert {result.request_id for result in results} == {"MBPP/1"}
    assert "evaluating: 2/2" in err


_BROKEN = {"task_id": "odd", "code": "x = 1", "tests": ["assert x == 1", "def verify_x(): pass"]}


def test_broken_tests_are_told_apart_from_lost_sandboxes(
    files: Path, command: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit status 3, the task by its name, and no advice to run it again."""
    (files / "odd.jsonl").write_text(json.dumps(_BROKEN))
    arguments = ("eval", files / "odd.jsonl", "--junit", files / "r.xml")
    assert command(*arguments) == 3
    out = " ".join(capsys.readouterr().out.split())
    assert "1 inconclusive: their tests are broken; repair the tests of odd" in out
    assert "infrastructure" not in out
    assert 'type="broken_tests"' in (files / "r.xml").read_text()
    assert command(*arguments, "--json") == 3
    summary = json.loads(capsys.readouterr().out)["summary"]
    assert (summary["inconclusive"], summary["broken_tasks"]) == (1, ["odd"])


def test_passes_on_less_than_is_asked_for_are_failures(
    files: Path, command: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    code = "class Box:\n    def __eq__(self, other): return True\ndef make(): return Box()"
    rows: list[dict[str, Any]] = [
        {"task_id": "weak", "code": code, "tests": ["assert make() == make()"]},
        {"task_id": "strong", "code": "def f(): return 1", "tests": ["assert f() == 1"]},
    ]
    (files / "two.jsonl").write_text("\n".join(map(json.dumps, rows)))
    expected = {
        "none": {"values": 1, "objects": 1, "none": 0},
        "objects": {"values": 1, "objects": 1, "none": 0},
        "values": {"values": 1, "objects": 0, "none": 0},
    }
    for level, counts in expected.items():
        arguments = ("eval", files / "two.jsonl", "--min-evidence", level)
        assert command(*arguments, "--json") == 0
        summary = json.loads(capsys.readouterr().out)["summary"]
        assert summary["evidence"] == summary["evidence_of_tests"] == counts
    assert command("eval", files / "two.jsonl") == 0
    assert "what passes rest on" in capsys.readouterr().out


def test_limit_counts_executions(
    files: Path, command: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """What lies behind it is not even read."""
    samples = files / "samples.jsonl"
    samples.write_text(samples.read_text() + "\n{")
    arguments = ("eval", files / "mbpp.jsonl", "--samples", samples, "--limit", "1", "--json")
    assert command(*arguments) == 0
    assert json.loads(capsys.readouterr().out)["summary"]["executions"] == 1


def test_problems_may_come_through_a_pipe(files: Path, backend: str) -> None:
    """Read once, as it comes."""
    arguments = [sys.executable, "-m", "runner", "eval", "/dev/stdin", "--backend", backend]
    done = subprocess.run(
        arguments,
        input=(files / "mbpp.jsonl").read_text(),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert "pass@1: 1.0000" in done.stdout


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_soon_and_shows_what_there_is(
    files: Path, backend: str, number: signal.Signals, status: int
) -> None:
    """The results so far, although another one would still take long."""
    quick = {"task_id": 1, "solution": "def add(a, b): return a + b"}
    slow = {"task_id": 1, "solution": "while True: pass"}
    rows = [quick] * 100 + [slow] * 5
    (files / "s.jsonl").write_text("\n".join(map(json.dumps, rows)))
    arguments = ["eval", str(files / "mbpp.jsonl"), "--samples", str(files / "s.jsonl")]
    # A background process may ignore it, and so would its child.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(
        [sys.executable, "-m", "runner", *arguments, "--timeout", "60", "--backend", backend],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    signal.signal(signal.SIGINT, before)
    try:
        assert process.stderr is not None
        assert "100/105" in process.stderr.readline()
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == status
    assert "pass@1: 1.0000" in out
    assert "Traceback" not in err


def test_an_interrupted_evaluation_goes_on_where_it_was(files: Path, backend: str) -> None:
    """Nothing that has been evaluated is lost or repeated."""
    mark = files / "resumed.jsonl"
    codes = [f"def add(a, b): return a + b + {n} - {n}" for n in range(60)]
    slow = "def add(a, b):\n    while True: pass"
    rows = [{"task_id": 1, "solution": code} for code in [*codes, slow, slow, slow]]
    (files / "s.jsonl").write_text("\n".join(map(json.dumps, rows)))
    arguments = [str(files / "mbpp.jsonl"), "--samples", str(files / "s.jsonl")]
    options = ["--resume", str(mark), "--backend", backend]
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(
        [sys.executable, "-m", "runner", "eval", *arguments, "--timeout", "0.5", *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    signal.signal(signal.SIGINT, before)
    try:
        pause = threading.Event()
        while process.poll() is None and (not mark.exists() or mark.read_text().count("\n") < 30):
            pause.wait(0.01)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 130
    finally:
        process.kill()
        process.wait()
    first = mark.read_text().splitlines()
    assert 30 <= len(first) < 63
    assert main(["eval", *arguments, "--timeout", "0.5", *options]) == 0
    lines = mark.read_text().splitlines()
    assert lines[: len(first)] == first
    assert {json.loads(line)["index"] for line in lines} == set(range(63))
    assert len(lines) <= 64  # one may be there twice, if the interrupt struck just then


def test_a_resumed_evaluation_reports_the_whole(
    files: Path, command: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """All reports, from what is there already; nothing is executed again."""
    arguments = ("eval", files / "mbpp.jsonl", "--samples", files / "samples.jsonl")
    resume = ("--resume", files / "r.jsonl")
    assert command(*arguments, *resume, "--json") == 0
    first = json.loads(capsys.readouterr().out)
    reports = ("--html", files / "r.html", "--junit", files / "r.xml")
    assert command(*arguments, *resume, *reports, "--json") == 0
    again = json.loads(capsys.readouterr().out)
    assert again["results"] == first["results"]
    assert again["summary"]["resumed"] == again["summary"]["executions"] == 2
    assert again["summary"]["statuses"] == {"all_passed": 1, "runtime_error": 1}
    assert 'tests="2" failures="1" errors="0"' in (files / "r.xml").read_text()
    assert "MBPP/1" in (files / "r.html").read_text()


def test_a_file_of_other_results_is_not_resumed(
    files: Path, command: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """The timeout is part of the question."""
    resume = ("--resume", files / "r.jsonl")
    assert command("eval", files / "mbpp.jsonl", *resume) == 0
    assert command("eval", files / "mbpp.jsonl", *resume, "--timeout", "3") == 2
    assert "belongs to another input" in capsys.readouterr().err


def test_bad_rows_can_be_passed_over(
    files: Path, command: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """They are named, and the rest is evaluated."""
    path = files / "mbpp.jsonl"
    unsolved = '{"task_id": 6, "tests": ["assert True"]}'
    path.write_text(f'{{"task_id": 5}}\n{unsolved}\n{path.read_text()}')
    assert command("eval", path, "--skip-bad-rows") == 0
    out, err = capsys.readouterr()
    assert "passed over:" in err
    assert "mbpp.jsonl:1: unknown kind of row" in err
    assert "mbpp.jsonl:2: 6: the data set has no solution" in err
    assert "pass@1: 1.0000" in out


@pytest.mark.slow
def test_memory_does_not_grow_with_the_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All reports and the file of results on, with workers that answer at once."""
    row = {**json.loads('{"code": "x = 1", "tests": ["assert x"]}'), "prompt": "p" * 1000}
    measured: list[int] = []
    fake = FakeBackend()

    class Sized(Pool):
        def submit(self, *arguments: Any, **fields: Any) -> Any:
            numbers.append(1)
            for worker in [*fake.workers.values()]:  # a copy: another thread replaces them
                worker.received.clear()  # the fake itself forgets nothing
            if len(numbers) % 1500 == 0:
                gc.collect()
                measured.append(tracemalloc.get_traced_memory()[0])
            return super().submit(*arguments, **fields)

    @contextlib.contextmanager
    def open_fake(_: object) -> Iterator[Pool]:
        with Sized(backend=fake, workers=2, spares=0) as pool:
            yield pool

    numbers = array.array("b")
    monkeypatch.setattr(evaluate, "open_pool", open_fake)
    monkeypatch.setattr(report_rows, "PROBLEMS_MAX", 100)
    monkeypatch.setattr(inputs, "_NAMES_MAX", 100)
    path = tmp_path / "p.jsonl"
    with path.open("w") as file:
        file.writelines(json.dumps({**row, "task_id": n}) + "\n" for n in range(6100))
    tracemalloc.start()
    options = [f"--{name}={tmp_path / name}" for name in ("resume", "html", "junit")]
    assert main(["eval", str(path), *options]) == 0
    tracemalloc.stop()
    assert measured[3] - measured[1] < 2_000_000, measured  # requests under way come and go


_BAD: dict[str, tuple[list[str], str]] = {
    "missing": (["none.jsonl"], "cannot read none.jsonl: No such file"),
    "a directory": (["."], ".: no test file"),
    "not json": (["bad.jsonl"], "bad.jsonl:1: not JSON"),
    "unknown rows": (["stranger.jsonl"], "stranger.jsonl:1: unknown kind of row"),
    "empty": (["empty.jsonl"], "there is no problem"),
    "twice": (["twice.jsonl"], "appears twice"),
    "limit": (["mbpp.jsonl", "--limit", "0"], "--limit"),
    "timeout": (["mbpp.jsonl", "--timeout", "0"], "timeout"),
    "html": (["mbpp.jsonl", "--html", "nowhere/r.html"], "cannot write nowhere"),
    "junit": (["mbpp.jsonl", "--junit", "."], "is a directory"),
    "no reference": (["plain.jsonl"], "--samples"),
    "image": (["mbpp.jsonl", "--image", ""], "image"),
    "workers": (["mbpp.jsonl", "--workers", "0"], "workers"),
    "no samples": (["mbpp.jsonl", "--samples", "none.jsonl"], "cannot read none.jsonl"),
    "empty samples": (["mbpp.jsonl", "--samples", "empty.jsonl"], "there is no sample"),
    "stranger": (["mbpp.jsonl", "--samples", "stranger.jsonl"], "'nobody'"),
    "a long name": (["n" * 300], "File name too long: check the path"),
    "both": (["mbpp.jsonl", "--samples", "both.jsonl"], "both.jsonl:1: sample"),
}


@pytest.mark.parametrize(("arguments", "words"), _BAD.values(), ids=_BAD)
def test_bad_input_ends_with_2_and_a_reason(
    refused: Callable[..., str], arguments: list[str], words: str
) -> None:
    """Before any sandbox is started."""
    assert words in refused("eval", *arguments)


@pytest.mark.parametrize("option", ["--html", "--junit", "--resume"])
def test_an_output_that_may_not_be_written_is_told_before_the_work(
    files: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    option: str,
) -> None:
    """Not when the hours that it took are lost."""
    monkeypatch.chdir(files)
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write anywhere
    assert main(["eval", "mbpp.jsonl", option, "out"]) == 2
    assert capsys.readouterr().err == (
        "runner: cannot write out: Permission denied: change its permissions, or run this as a user"
        " who has them\n"
    )
    assert not (files / "out").exists()
