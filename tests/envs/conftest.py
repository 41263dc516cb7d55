"""Tasks, completions, and pools for environments."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runner import grail
from runner.grail import CodeExecutionPool

REFERENCE = "def add(a, b):\n    return a + b"
ROW: dict[str, Any] = {
    "task_id": 7,
    "text": "Write a function to add.",
    "code": REFERENCE,
    "test_list": ["assert add(1, 2) == 3", "assert add(0, 0) == 0", "assert add(2, 2) == 4"],
    "test_setup_code": "",
    "challenge_test_list": ["assert add('a', 'b') == 'ab'"],
}


def answer(code: str = REFERENCE, thoughts: str = "Add them.") -> str:
    """Return a completion as the models are asked for."""
    return f"<start_working_out>{thoughts}</end_working_out>\n<SOLUTION>\n{code}\n</SOLUTION>"


@pytest.fixture(scope="session")
def pool(backend: str) -> Iterator[CodeExecutionPool]:
    """A pool that is never harmed."""
    with CodeExecutionPool(num_workers=2, backend=backend, name="envs") as shared:
        yield shared


@pytest.fixture(autouse=True)
def _own_globals() -> Iterator[None]:
    grail.set_global_execution_pool(None)
    yield
    grail.set_global_execution_pool(None)


@pytest.fixture(scope="session")
def all_of_mbpp(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a row for each of MBPP's numbers, in reverse."""
    path = tmp_path_factory.mktemp("mbpp") / "mbpp.jsonl"
    rows = [{**ROW, "task_id": number} for number in range(974, 0, -1)]
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


class Counting:
    """A pool that counts its executions and always comes to the same."""

    def __init__(self, **changes: Any) -> None:
        self.calls: list[tuple[str, list[str]]] = []
        self._result = {
            "passed": 3,
            "total": 3,
            "status": "all_passed",
            "error": None,
            "test_results": [],
            **changes,
        }

    def execute(self, code: str, tests: list[str], timeout: float = 5.0) -> dict[str, Any]:
        self.calls.append((code, tests))
        return self._result
