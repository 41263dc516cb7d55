"""Files that the commands read."""

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import runner
from runner.cli import evaluate, main, run

_SOLUTION = "def add(a, b):\n    return a + b\n"
_ROW = {"task_id": 1, "code": _SOLUTION, "test_list": ["assert add(1, 2) == 3"]}


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A solution, tests that it passes and fails, problems with samples, and files that are bad."""
    found = {
        "solution.py": _SOLUTION,
        "tests.txt": "assert add(1, 2) == 3\nassert add(0, 0) == 0\n",
        "wrong.txt": "assert add(1, 2) == 3\nassert add(1, 2) == 4\n",
        "mbpp.jsonl": f"{json.dumps(_ROW)}\n",
        "samples.jsonl": '{"task_id": 1, "solution": "x = 1"}\n'
        + json.dumps({"task_id": 1, "solution": _SOLUTION}),
        "bad.txt": "x = 1\nassert (\n",
        "deep.txt": f"assert {'-' * 50_000}1\n",
        "empty.txt": "import math\n",
        "bad.jsonl": "{\n",
        "odd.jsonl": '"assert True"\n{"cod": "x"}\n',
        "check.jsonl": '{"kind": "check", "code": "def check(c): pass"}\n',
        "plain.jsonl": '{"tests": ["assert f() == 1"]}\n',
        "empty.jsonl": "\n",
        "twice.jsonl": f"{json.dumps(_ROW)}\n" * 2,
        "stranger.jsonl": '{"task_id": "nobody", "solution": "x"}\n',
        "both.jsonl": '{"task_id": 1, "solution": "x", "completion": "y"}\n',
    }
    for name, text in found.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "bytes.txt").write_bytes(b"assert \xff\n")
    return tmp_path


@pytest.fixture
def command(backend: str, pool: runner.Pool, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Run a command on the shared pool instead of one of its own; return its exit status."""

    @contextlib.contextmanager
    def lend(_: object) -> Iterator[runner.Pool]:
        yield pool

    for module in (evaluate, run):
        monkeypatch.setattr(module, "open_pool", lend)

    def execute(*arguments: str | Path) -> int:
        return main([*map(str, arguments), "--backend", backend])

    return execute


@pytest.fixture
def refused(
    files: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """Run a command that must end as bad input where no engine can be had; return what it says."""
    monkeypatch.chdir(files)
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")

    def refuse(*arguments: str) -> str:
        assert main(arguments) == 2
        out, err = capsys.readouterr()
        assert not out
        return err

    return refuse
