"""What the README shows, works."""

import re
from pathlib import Path

import pytest

import runner
from runner.cli import main

_README = Path(__file__).parents[2] / "README.md"
_TEXT = _README.read_text()
_ALL_SNIPPETS = re.findall(r"```python\n(.*?)```", _TEXT, re.DOTALL)
#: Those that need Ray are run by tests/distributed.
_SNIPPETS = [snippet for snippet in _ALL_SNIPPETS if "RayPool" not in snippet]


@pytest.mark.parametrize("snippet", _SNIPPETS)
def test_snippets_run(snippet: str, backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every Python block, with its own assertions."""
    monkeypatch.setenv("RUNNER_BACKEND", backend)
    exec(compile(snippet, "README.md", "exec"), {})


def test_there_are_snippets() -> None:
    """The test above has something to run."""
    assert _SNIPPETS


@pytest.mark.parametrize("command", sorted(set(re.findall(r"^runner (\w+)", _TEXT, re.MULTILINE))))
def test_commands_exist(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Every command of the README has a help page."""
    with pytest.raises(SystemExit) as ending:
        main([command, "--help"])
    assert ending.value.code == 0
    assert command in capsys.readouterr().out


@pytest.mark.parametrize("target", sorted(set(re.findall(r"^make (\w+)", _TEXT, re.MULTILINE))))
def test_make_targets_exist(target: str) -> None:
    """Every target of the README is in the Makefile."""
    assert re.search(rf"^{target}:", (_README.parent / "Makefile").read_text(), re.MULTILINE)


def test_every_status_is_explained() -> None:
    """The verdict table is complete."""
    for status in (*runner.ExecutionStatus, *runner.TestStatus):
        assert f"`{status}`" in _TEXT
