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

#: Completions and their rewards. No verdict: the service refuses a request that is too long.
_COMPLETIONS: dict[str, tuple[str, float | None]] = {
    "right": ("```python\ndef f(x): return x + 1\n```", 1.0),
    "half": ("def f(x): return 2", 0.5),
    "wrong": ("def f(x): return x", 0.0),
    "slow": ("import time\ndef f(x): time.sleep(60)", 0.0),
    "crashing": ("import os; os.abort()", 0.0),
    "refused": ("def f(x): return x + 1 #" + 20_000 * "x", None),
}

#: Each completion is one token, so a model that knows nothing writes all of them.
_TRL = """
import json, sys, torch
from datasets import Dataset
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast, set_seed
texts, place = json.loads(sys.argv[1]), sys.argv[2]
words = ["<pad>", "<eos>", "good", "broken", *texts]
split = Tokenizer(models.WordLevel({word: i for i, word in enumerate(words)}, "<pad>"))
split.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
tokenizer = PreTrainedTokenizerFast(
    tokenizer_object=split, pad_token="<pad>", eos_token="<eos>", unk_token="<pad>")
reward = CodeReward(client, mode="partial", timeout=0.3)
rows = Dataset.from_list([
    {"prompt": "good", "tests": ["assert f(1) == 2", "assert f(2) == 3"]},
    {"prompt": "broken", "tests": ["assert ("]}])

def constant(completions, **columns):
    return [1.0] * len(completions)

def steps(rewards, **options):
    set_seed(0)
    model = GPT2LMHeadModel(GPT2Config(
        vocab_size=len(words), n_positions=8, n_embd=8, n_layer=1, n_head=1, eos_token_id=1))
    before = [each.detach().clone() for each in model.parameters()]
    trained = trainer(model, tokenizer, rows, rewards, output_dir=place, max_steps=1, use_cpu=True,
        bf16=False, per_device_train_batch_size=96, num_generations=48, max_completion_length=1,
        generation_kwargs={"suppress_tokens": [0, 1, 2, 3]}, report_to="none", logging_steps=1,
        save_strategy="no", shuffle_dataset=False, **options)
    trained.train()
    assert any((one != two).any() for one, two in zip(before, model.parameters()))
    logs = trained._logs
    found = {}
    rewards = logs["rewards"]["code_reward"]
    columns = (logs["prompt"], logs["completion"], rewards, logs["advantages"])
    for prompt, text, reward, advantage in zip(*columns, strict=True):
        each = (None if reward != reward else reward, round(advantage, 2))
        assert found.setdefault(f"{prompt} {texts[text]}", each) == each
    return found

results = {"alone": steps(reward), "summed": steps([reward.as_async(), constant]),
    "normalized": steps([reward, constant], multi_objective_aggregation="normalize_then_sum")}
print(json.dumps(results))
"""


def run(code: str, *arguments: str, environment: str = "trainers") -> str:
    python = REPOSITORY / f".venv-{environment}" / "bin" / "python"
    assert python.exists(), "`make test-trainers` installs what this needs"
    done = subprocess.run(
        [python, "-c", code, *arguments],
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


@pytest.mark.timeout(300)  # importing TRL takes as long as its steps
def test_steps_of_trl(backend: str, tmp_path: Path) -> None:
    """A completion without a verdict, and all of a row with a broken test, teach nothing."""
    with Served.start(tmp_path, backend, max_body_bytes=10_000) as served:
        texts = {text: name for name, (text, _) in _COMPLETIONS.items()}
        program = example(served, "trl") + _TRL
        answer = run(program, json.dumps(texts), str(tmp_path), environment="trl")
    found = json.loads(answer.splitlines()[-1])
    rewards = {f"good {name}": reward for name, (_, reward) in _COMPLETIONS.items()}
    rewards |= {f"broken {name}": None for name in _COMPLETIONS}
    advantages = {}
    for name, rows in found.items():
        assert {row: reward for row, (reward, _) in rows.items()} == rewards
        advantages[name] = {row: advantage for row, (_, advantage) in rows.items()}
    for name in ("alone", "normalized"):
        told = advantages[name]
        assert told["good wrong"] == told["good slow"] == told["good crashing"] < 0
        assert told["good wrong"] < told["good half"] < told["good right"]
        assert {told[row] for row, reward in rewards.items() if reward is None} == {0}
    # Control, and what the page warns of: in a sum with another reward, None is worth 0.
    assert advantages["summed"]["good refused"] == advantages["summed"]["good wrong"] < 0
