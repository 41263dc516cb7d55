"""What the README shows, works."""

import re
from pathlib import Path

import pytest

import runner

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


def test_every_status_is_explained() -> None:
    """The verdict table is complete."""
    for status in (*runner.ExecutionStatus, *runner.TestStatus):
        assert f"`{status}`" in _TEXT
