"""What the page of `runner.distributed` shows, and the example, each in its own process."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.ray, pytest.mark.timeout(300)]

_PAGE = (Path(__file__).parents[2] / "runner/distributed/README.md").read_text("utf-8")
_SNIPPETS = re.findall(r"```python\n(.*?)```", _PAGE, re.DOTALL)


def _run(*arguments: str, backend: str) -> str:
    # A Ray of its own, whatever else runs on this machine.
    environment = {**os.environ, "RUNNER_BACKEND": backend, "RAY_ADDRESS": "local"}
    done = subprocess.run(
        [sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("snippet", _SNIPPETS)
def test_snippets_run(snippet: str, backend: str) -> None:
    _run("-c", snippet, backend=backend)


def test_there_are_snippets() -> None:
    assert _SNIPPETS


def test_the_example_pays_what_it_should(backend: str) -> None:
    told = _run("-m", "runner.distributed.example", backend=backend)
    assert told.count("rewards: [1.0, 0.5, 0.0, 0.0]") == 2
