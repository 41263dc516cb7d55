"""``Pool.run`` says of a program what plain Python says of it."""

import asyncio
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import runner
from runner.models import Blame, Cause, RunStatus, TimeoutKind
from tests.integrity.programs import AMPLE_S

_PROGRAMS = {
    "output and input": "print(input(), input())\nimport sys\nprint('err', file=sys.stderr)",
    "no output": "",
    "arguments": "import sys\nprint(sys.argv)",
    "exit with a number": "raise SystemExit(3)",
    "exit with a large number": "import sys\nsys.exit(256 + 7)",
    "exit with a text": "import sys\nsys.exit('why')",
    "exit with None": "import sys\nsys.exit(None)",
    "exit past everything": "import os\nprint('lost', end='')\nos._exit(4)",
    "exit in a thread": (
        "import os, threading\n"
        "threading.Thread(target=os._exit, args=(9,)).start()\n"
        "threading.Event().wait(60)"
    ),
    "exception": "def f():\n    return 1 / 0\n\nf()",
    "exception with a cause": (
        "try:\n    {}[1]\nexcept KeyError as e:\n    raise OSError('b') from e"
    ),
    "exception of its own": "class E(Exception):\n    pass\nraise E('x', 2)",
    "group of exceptions": "raise ExceptionGroup('g', [ValueError(1), TypeError(2)])",
    "failed assertion": "assert 1 == 2, 'no'",
    "no syntax": "x = (\n",
    "no indentation": "def f():\nreturn 1",
    "abort": "import os\nos.abort()",
    "killed": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
    "main": "if __name__ == '__main__':\n    print(__name__)",
    "exit handlers": "import atexit\natexit.register(print, 'bye')\nprint('hello')",
}


def _like_ours(stderr: str, directory: Path) -> str:
    """Return what Python prints without what names the file and marks columns."""
    return _unmarked(stderr.replace(str(directory / "solution.py"), "<solution>"))


def _unmarked(stderr: str) -> str:
    """Versions of Python mark other columns of a line."""
    return re.sub(r"^[ ~^|]+\n", "", stderr, flags=re.MULTILINE)


@pytest.mark.parametrize("code", _PROGRAMS.values(), ids=_PROGRAMS)
def test_as_plain_python(pool: runner.Pool, code: str, tmp_path: Path) -> None:
    """The same output, traceback and exit code."""
    (tmp_path / "solution.py").write_text(code)
    stdin, args = "one\ntwo\n", ["a", "b c"]
    done = subprocess.run(
        [sys.executable, tmp_path / "solution.py", *args],
        input=stdin,
        capture_output=True,
        text=True,
        env={"LANG": "C.UTF-8"},
        check=False,
    )
    result = pool.run(code, stdin, args=args, timeout=AMPLE_S)
    assert result.exit_code == done.returncode
    assert result.stdout == done.stdout.replace(str(tmp_path / "solution.py"), "solution.py")
    assert _unmarked(result.stderr) == _like_ours(done.stderr, tmp_path)
    assert result.status is (RunStatus.KILLED if done.returncode < 0 else RunStatus.FINISHED)
    assert result.blame is (Blame.CODE if done.returncode else Blame.NONE)
    assert (result.attempts, result.conclusive) == (1, True)
    assert (result.error is None) is (done.returncode == 0)


def test_limits_end_a_run(pool: runner.Pool) -> None:
    """What it has printed until then is there."""
    late = pool.run("print('so far', flush=True)\nwhile True: pass", timeout=0.2)
    assert (late.status, late.exit_code, late.stdout) == (RunStatus.TIMEOUT, None, "so far\n")
    assert late.timeout_kind is TimeoutKind.CPU
    limits = runner.Limits(output_bytes=1000)
    loud = pool.run("while True: print('x' * 100)", limits=limits)
    assert (loud.status, loud.stdout_truncated) == (RunStatus.OUTPUT_LIMIT, True)
    assert len(loud.stdout) == 1000
    large = pool.run("x = bytes(1 << 30)", limits=runner.Limits(memory_bytes=64 << 20))
    assert (large.exit_code, large.stderr.splitlines()[-1]) == (1, "MemoryError")
    long = pool.run("x = 1\n" * 1000, limits=runner.Limits(source_bytes=100))
    assert (long.status, long.exit_code) == (RunStatus.FINISHED, 1)
    assert "more than 100 bytes (Limits.source_bytes)" in long.stderr


def test_a_signal_is_the_result_and_not_repeated(pool: runner.Pool) -> None:
    result = pool.run("import ctypes\nctypes.string_at(0)")
    assert (result.status, result.exit_code) == (RunStatus.KILLED, -signal.SIGSEGV)
    assert (result.cause, result.attempts) == (Cause.SIGNAL, 1)


def test_a_broken_setup_is_no_result(pool: runner.Pool) -> None:
    result = pool.run("print(1)", setup="x = y")
    assert (result.status, result.blame) == (RunStatus.SETUP_ERROR, Blame.TESTS)
    assert not result.conclusive
    assert pool.run("print(x)", setup="x = 5").stdout == "5\n"


def test_runs_in_a_batch_and_in_an_event_loop(pool: runner.Pool) -> None:
    requests = [f"print({n})" for n in range(5)]
    assert [each.stdout for each in pool.run_batch(requests)] == [f"{n}\n" for n in range(5)]
    mixed = pool.run_batch([runner.RunRequest(code="print(input())", stdin="x", request_id="r")])
    assert [(each.stdout, each.request_id) for each in mixed] == [("x\n", "r")]
    assert asyncio.run(pool.arun("print(7)")).stdout == "7\n"


def test_the_digest_is_over_what_was_asked_and_the_status(pool: runner.Pool) -> None:
    first = pool.run("print(input())", "a")
    assert first.digest == pool.run("print(input())", "a").digest
    assert first.digest != pool.run("print(input())", "b").digest
    assert first.digest != pool.run("print(input())", "a", args=["x"]).digest


def test_results_read_back(pool: runner.Pool) -> None:
    result = pool.run("print('\\ud800')\n")
    assert runner.RunResult.from_json(result.to_json()) == result


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"code": 5}, "a program is its text, or a RunRequest, not int"),
        ({"code": "", "stdin": 5}, "stdin"),
        ({"code": "", "args": "abc"}, "args"),
        ({"code": "", "tests": ["x"]}, "tests"),
        (
            {"code": runner.RunRequest(code="", request_id="r"), "timeout": 3},
            "timeout: set these fields in",
        ),
    ],
    ids=str,
)
def test_wrong_arguments_are_named(arguments: dict[str, object], words: str) -> None:
    with pytest.raises(runner.ConfigurationError, match=words):
        runner.Pool().run(**arguments)  # type: ignore[arg-type]
