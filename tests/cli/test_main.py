"""What all commands share: errors, ends, and how they write."""

import subprocess
import sys
from pathlib import Path

import pytest

from runner import cli
from runner.cli import compare, main, render
from runner.cli.exits import TerminatedError
from runner.cli.render import one_line
from runner.errors import BackendError, ConfigurationError

pytestmark = pytest.mark.user


def test_what_a_solution_says_cannot_steer_the_terminal() -> None:
    """Escape sequences, line ends and surrogates are shown, not obeyed."""
    shown = one_line("a\x1b[2J\nb\ud800" + "x" * 500, 40)
    assert shown.startswith("a\\x1b[2J\\nb\\ud800")
    assert len(shown) == 40


@pytest.mark.parametrize("has_rich", [True, False])
def test_tables_need_no_extra(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], has_rich: bool
) -> None:
    """Every cell is there, and markup is text; in a drawn table, numbers stand to the right."""
    monkeypatch.setattr(render, "HAS_RICH", has_rich)
    render.table("title", ("name", "n"), [("[red]a", 1), ("b", 100)])
    out = capsys.readouterr().out
    assert "title" in out
    assert "[red]a" in out
    assert "   1" in out or not has_rich


def test_module_and_version() -> None:
    """``python -m runner`` is the same command."""
    command = [sys.executable, "-m", "runner", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.startswith("sandbox-runner ")


def test_a_reader_that_leaves_is_no_crash(tmp_path: Path) -> None:
    """``runner ... | head -1`` ends quietly, although the rest cannot be written."""
    reader = subprocess.Popen(["true"], stdin=subprocess.PIPE)
    reader.wait(timeout=10)
    assert reader.stdin is not None
    with reader.stdin as pipe:
        done = subprocess.run(
            [sys.executable, "-m", "runner", "image", "name"],
            stdout=pipe,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    assert (done.returncode, done.stderr) == (1, "")


@pytest.fixture(autouse=True)
def buffered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the interpreter that runs the tests buffers its output is no matter here."""
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)


_WITHOUT = (">&-", "2>&-", "<&- >&- 2>&-", "2>/dev/full")


@pytest.mark.parametrize("streams", _WITHOUT)
def test_missing_streams_are_no_crash(streams: str) -> None:
    """A service may be started without them; who closes an output does not want to read it."""
    assert _shell(f"image name {streams}") == (0, "")


@pytest.mark.parametrize("streams", _WITHOUT)
def test_bad_input_is_status_2_with_any_streams(streams: str) -> None:
    status, said = _shell(f"compare nowhere nowhere {streams}")
    assert status == 2
    assert said in ("", "runner: cannot read nowhere: No such file or directory: check the path\n")


@pytest.mark.parametrize("command", ["image name", "--help", "image --help"])
def test_an_output_that_cannot_be_written_is_status_2(command: str) -> None:
    status, said = _shell(f"{command} >/dev/full")
    assert status == 2
    assert said.startswith("runner: cannot write the output: No space left on device: free")


def test_a_wrong_option_is_status_2_without_standard_error() -> None:
    assert _shell("nonsense 2>/dev/full") == (2, "")


def _shell(command: str) -> tuple[int, str]:
    """Return the exit status of a command line, and what it said on standard error."""
    done = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m runner {command}"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (KeyboardInterrupt(), 130, "interrupted"),
        (TerminatedError(), 143, "terminated"),
        (PermissionError(13, "Permission denied", "x.jsonl"), 2, "cannot use x.jsonl: Permission"),
        (OSError(28, "No space left on device"), 2, "cannot write the output: No space left"),
        (ConfigurationError("wrong"), 2, "wrong"),
        (BackendError("away"), 3, "away"),
    ],
)
def test_each_end_has_a_status_and_a_sentence(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    status: int,
    words: str,
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(compare, "read", fail)
    assert main(["compare", "a", "b"]) == status
    assert capsys.readouterr().err.startswith(f"runner: {words}")


def test_an_interrupt_before_a_command_has_begun_is_no_crash(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "_parser", interrupt)
    assert main(["image", "name"]) == 130
    assert capsys.readouterr().err == "runner: interrupted\n"


def test_a_narrow_encoding_is_no_crash(files: Path) -> None:
    """What a terminal cannot show is escaped."""
    (files / "t.py").write_text("assert add(1, 1) == '\u2603', '\u2603'\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "runner", "run", "solution.py", "--tests", "t.py"],
        cwd=files,
        env={"RUNNER_BACKEND": "local", "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert "some_failed" in done.stdout


def test_a_missing_command_is_bad_input() -> None:
    """Status 2, like all bad input."""
    with pytest.raises(SystemExit) as ending:
        main([])
    assert ending.value.code == 2
