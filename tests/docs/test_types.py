"""Type checkers accept the calls that pages show, know what they return, and refuse mistakes."""

import re
import subprocess
import sys
from pathlib import Path
from typing import get_type_hints

import pytest

from runner.config import PoolConfig, PoolSettings
from runner.models import CallTest, ExecutionRequest, RunRequest, StdioTest
from runner.models.signatures import CallFields, StdioFields, WholeRequest, WholeRun

_README = Path(__file__).parents[2] / "README.md"

_CALLS = """
from collections.abc import Iterable
from concurrent.futures import Future
from typing import assert_type

import runner
from runner import CallTest, ExecutionRequest, ExecutionResult, StdioTest, SuiteTest


def calls(pool: runner.Pool, endless: Iterable[ExecutionRequest]) -> None:
    request = ExecutionRequest(code="x", tests=["assert x"], min_evidence="values", classes=["A"])
    assert_type(pool.execute(request), ExecutionResult)
    tests = [StdioTest(stdin="1", stdout="1", checker="tokens"), SuiteTest(code="")]
    pool.execute("x", tests, timeout=1.0, files={"a.csv": b"1"}, limits=runner.Limits())
    pool.execute("x", [CallTest(function="f", args=[1], expected=[2], checker="unordered")])
    batch = pool.execute_batch([request, ("x", ["assert x"]), {"code": "x", "tests": []}])
    assert_type(batch, list[ExecutionResult])
    outcomes = pool.execute_batch([request], return_exceptions=True)
    assert_type(outcomes, list[ExecutionResult | Exception])
    assert_type(pool.submit(request), Future[ExecutionResult])
    for result in pool.stream(endless):
        assert_type(result, ExecutionResult)
    for outcome in pool.stream(endless, return_exceptions=True):
        assert_type(outcome, ExecutionResult | Exception)
    for result in pool.map(endless):
        assert_type(result, ExecutionResult)
    run = pool.run("print(1)", "in", args=["-v"], files={"in.txt": "text"}, timeout=2.0)
    assert_type(run, runner.RunResult)


async def asynchronous(endless: Iterable[ExecutionRequest]) -> None:
    async with runner.Pool(workers=2, backend="local", policy="strict") as pool:
        assert_type(await pool.aexecute("x", ["assert x"]), ExecutionResult)
        async for result in pool.stream(endless):
            assert_type(result, ExecutionResult)
"""

_MISTAKES = {
    "an unknown field": 'pool.execute("x", [], time_out=3)',
    "an unknown setting": "runner.Pool(worker=3)",
    "an unknown checker": 'runner.StdioTest(stdin="", stdout="", checker="token")',
    "a missing field": 'runner.StdioTest(stdin="")',
    "a wrong type": 'pool.execute("x", [], timeout="3")',
    "no tests": 'pool.execute_batch([("x", 3)])',
}


def _checked(checker: str, place: Path, text: str) -> subprocess.CompletedProcess[str]:
    path = place / "snippet.py"
    path.write_text(text)
    options = {
        "mypy": ["-m", "mypy", "--strict", "--cache-dir", str(place / "cache")],
        "pyright": ["-m", "basedpyright", "--level", "error", "--pythonpath", sys.executable],
    }
    command = [sys.executable, *options[checker], str(path)]
    return subprocess.run(
        command, cwd=place, capture_output=True, text=True, timeout=110, check=False
    )


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_documented_calls_have_types(tmp_path: Path, checker: str) -> None:
    snippets = re.findall(r"```python\n(.*?)```", _README.read_text("utf-8"), re.DOTALL)
    assert snippets
    for text in (*snippets, _CALLS):
        said = _checked(checker, tmp_path, text)
        assert said.returncode == 0, said.stdout


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_mistakes_are_refused(tmp_path: Path, checker: str) -> None:
    head = "import runner\n\n\ndef mistakes(pool: runner.Pool) -> None:\n"
    text = head + "".join(f"    {line}\n" for line in _MISTAKES.values())
    said = _checked(checker, tmp_path, text).stdout
    lines = {int(number) for number in re.findall(r"snippet\.py:(\d+):", said)}
    first = head.count("\n") + 1
    assert lines == {*range(first, first + len(_MISTAKES))}, said


@pytest.mark.parametrize(
    ("keywords", "model", "apart"),
    [
        (WholeRequest, ExecutionRequest, set()),
        (WholeRun, RunRequest, set()),
        (StdioFields, StdioTest, set()),
        (CallFields, CallTest, set()),
        (PoolSettings, PoolConfig, {"backend"}),
    ],
)
def test_keywords_are_the_fields_of_the_models(
    keywords: type, model: type, apart: set[str]
) -> None:
    fields: dict[str, object] = getattr(model, "model_fields")  # noqa: B009  # of a pydantic model
    assert {*get_type_hints(keywords)} == fields.keys() - apart
