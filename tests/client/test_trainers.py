"""Packages of trainers, unmodified, against a service; `make test-trainers` installs them."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.docs.pages import PAGES, REPOSITORY, examples
from tests.server.served import TOKEN, Served, free_port

pytestmark = pytest.mark.trainers

_PYTHON = REPOSITORY / ".venv-trainers" / "bin" / "python"
_DEFAULT = "unix:/run/runner.sock"

_PROGRAMS = {
    "right": ("print(int(input()) * 2)", True),
    "wrong": ("print(int(input()) * 3)", False),
    "crashing": ("1 / 0", -2),
    "aborting": ("import os; os.abort()", -2),
    "broken": ("print(", -2),
    "slow": ("while True: pass", -3),
}

#: The package itself imports torch; its client is one file that needs only `requests`.
_VERL = """
import importlib.metadata, importlib.util, json, sys
url, programs = sys.argv[1], json.loads(sys.argv[2])
name = "verl/utils/reward_score/sandbox_fusion/utils.py"
(path,) = [f for f in importlib.metadata.files("verl") if str(f) == name]
spec = importlib.util.spec_from_file_location("fusion", path.locate())
fusion = importlib.util.module_from_spec(spec)
spec.loader.exec_module(fusion)
cases = {"inputs": ["1", "21"], "outputs": ["2\\n", "42"]}
found = {n: fusion.check_correctness(url, cases, p, timeout=2)[0] for n, p in programs.items()}
calls = {"inputs": ["1\\n2", "[1]\\n[2]"], "outputs": ["3", "[1, 2]"], "fn_name": "add"}
code = "def add(a, b): return a + b"
found["function"] = fusion.check_correctness(url, calls, code, timeout=2)[0]
found["language"] = fusion.check_correctness(url, cases, "int main;", timeout=2, language="cpp")[0]
print(json.dumps(found))
"""

_VERIFIERS = """
import asyncio
def judge(text, tests):
    state = vf.State(input={"prompt": [], "example_id": 0, "task": "t", "info": {"tests": tests}},
                     completion=[{"role": "assistant", "content": text}], prompt=[], task="t",
                     answer="", info={"tests": tests}, timing={"scoring_ms": 0.0, "total_ms": 0.0})
    asyncio.run(rubric.score_rollout(state))
    return type(state["error"]).__name__ if state.get("error") else state["reward"]
tests = ["assert f(1) == 2", "assert f(2) == 3"]
for text in ("def f(x): return x + 1", "def f(x): return 2", "1 / 0", "import os; os.abort()"):
    print(judge(text, tests))
print(judge("x = 1", ["assert ("]))
"""

_INSPECT = """
import asyncio, tempfile
from inspect_ai import Task, eval as evaluate
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ModelOutput, ModelUsage, get_model
texts = ["```python\\ndef f(x): return x + 1\\n```", "def f(x): return 2", "import os; os.abort()"]
samples = [Sample(input="Write f.", metadata={"tests": ["assert f(1) == 2", "assert f(2) == 3"]})
           for _ in texts]
outputs = [ModelOutput.from_content("mockllm/model", text) for text in texts]
for output in outputs:  # or else it fetches a tokenizer to count
    output.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
model = get_model("mockllm/model", custom_outputs=outputs)
task = Task(dataset=MemoryDataset(samples), scorer=passes_tests())
with tempfile.TemporaryDirectory() as place:
    (log,) = evaluate(task, model=model, log_dir=place, display="none", max_samples=1)
    assert log.status == "success", log.error
    print(sorted(next(iter(sample.scores.values())).value for sample in log.samples))
"""


def run(code: str, *arguments: str) -> str:
    assert _PYTHON.exists(), "`make test-trainers` installs what this needs"
    done = subprocess.run(
        [_PYTHON, "-c", code, *arguments],
        check=False,
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def example(served: Served, package: str) -> str:
    """Return the example of the page that imports a package, for this service."""
    page = PAGES["runner/client/README.md"]
    (found,) = [code for code, _ in examples(page) if f" {package}" in code and "client" in code]
    assert _DEFAULT in found
    return found.replace(_DEFAULT, served.address)


def test_verl_s_client_works_unmodified(backend: str, tmp_path: Path) -> None:
    (tmp_path / "tokens").write_text(f"verl {TOKEN}\n")
    port = free_port()
    settings: dict[str, Any] = {"token_file": tmp_path / "tokens", "listen": f"127.0.0.1:{port}"}
    with Served.start(tmp_path, backend, **settings):
        programs = json.dumps({name: code for name, (code, _) in _PROGRAMS.items()})
        url = f"http://127.0.0.1:{port}/t/{TOKEN}/run_code"
        found = json.loads(run(_VERL, url, programs))
    expected: dict[str, Any] = {name: [code, code] for name, (_, code) in _PROGRAMS.items()}
    assert found == {**expected, "function": [True, True], "language": [-1, -1]}


def test_a_rubric_of_verifiers(served: Served) -> None:
    assert run(example(served, "verifiers") + _VERIFIERS).split() == [
        "1.0", "0.5", "0.0", "0.0", "InfraError",
    ]  # fmt: skip


def test_a_scorer_of_inspect_ai(served: Served) -> None:
    assert run(example(served, "inspect_ai") + _INSPECT).strip() == "[0.0, 0.0, 1.0]"
