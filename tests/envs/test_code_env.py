"""Rewards: what they are made of, when there is none, and that both roles get the same."""

import builtins
import logging
from pathlib import Path
from typing import Any

import pytest

from runner import grail
from runner.envs import ChatMessage, PythonCodeEnv, PythonCodeEnvAdapter, create_env
from runner.errors import ConfigurationError
from runner.grail import CodeExecutionPool
from tests.envs.conftest import ROW, Counting, answer

_INFO = {
    "success",
    "tests_passed",
    "tests_total",
    "test_results",
    "has_code",
    "syntax_valid",
    "reward_components",
    "evidence",
}

TWO_OF_THREE = "def add(a, b):\n    return a + b if a < 2 else 0"
WRONG = "def add(a, b):\n    return -1"

#: Completion, reward, correctness, has code, its syntax is valid.
_REWARDS: dict[str, tuple[str, float, float, bool, bool]] = {
    "all": (answer(), 1.0, 1.0, True, True),
    "two of three": (answer(TWO_OF_THREE), 0.3 + 0.7 * 2 / 3, 2 / 3, True, True),
    "wrong": (answer(WRONG), 0.3, 0.0, True, True),
    "does not compile": (answer("def add(:"), 0.2, 0.0, True, False),
    "a code fence": (answer("```python\nx = 1\n```"), 0.2, 0.0, True, False),
    "a NUL": (answer("x = '\x00'"), 0.2, 0.0, True, False),
    "a lone surrogate": (answer("x = '\ud800'"), 0.2, 0.0, True, False),
    "crashes": (answer("import sys\nsys.modules['posix']._exit(0)"), 0.3, 0.0, True, True),
    "never ends": (answer("import time\ntime.sleep(99)"), 0.3, 0.0, True, True),
    "no thoughts": ("<SOLUTION>def add(a, b): return a + b</SOLUTION>", 0.9, 1.0, True, True),
    "talk at the end": (answer() + "." * 80, 0.9, 1.0, True, True),
    "only thoughts": ("<think>hm</think>", 0.1, 0.0, False, False),
    "an empty solution": (answer(""), 0.2, 0.0, False, False),
    "an open solution": ("<SOLUTION>def add(a, b): return a + b", 0.0, 0.0, False, False),
    "nothing": ("", 0.0, 0.0, False, False),
}


@pytest.fixture
def env(pool: CodeExecutionPool, monkeypatch: pytest.MonkeyPatch) -> PythonCodeEnv:
    """An environment with one task, on the global pool."""
    monkeypatch.setattr("runner.envs.code_env._TIMEOUT_S", 0.5)
    grail.set_global_execution_pool(pool)
    made = PythonCodeEnv(task_source=[ROW])
    made.reset(0)
    return made


@pytest.mark.parametrize("name", _REWARDS)
def test_a_reward_has_four_parts(env: PythonCodeEnv, name: str) -> None:
    text, expected, correctness, has_code, syntax_valid = _REWARDS[name]
    observation, reward, terminated, truncated, info = env.step(ChatMessage("assistant", text))
    assert reward == pytest.approx(expected)
    assert (terminated, truncated) == (True, False)
    assert set(info) == _INFO
    assert info["reward_components"]["correctness"] == correctness
    assert set(info["reward_components"]) == {"correctness", "syntax", "format", "thinking"}
    assert (info["has_code"], info["syntax_valid"]) == (has_code, syntax_valid)
    assert info["success"] is (correctness == 1.0)
    assert (info["tests_passed"], info["tests_total"]) == (
        round(correctness * 3),
        3 if has_code else 0,
    )
    assert [message.role for message in observation.messages] == ["user", "assistant"]
    assert (observation.messages[1].content, observation.turn_index) == (text, 1)


def test_a_full_reward_is_exactly_one(env: PythonCodeEnv) -> None:
    assert env.step(answer())[1] == 1.0


def test_each_test_is_told(env: PythonCodeEnv) -> None:
    results = env.step(answer(TWO_OF_THREE))[4]["test_results"]
    assert [result["passed"] for result in results] == [True, True, False]
    assert results[2] == {"test_idx": 2, "passed": False, "error": "AssertionError: "}


def test_five_steps_are_identical(env: PythonCodeEnv) -> None:
    first = env.step(answer(TWO_OF_THREE))
    assert [env.step(answer(TWO_OF_THREE)) for _ in range(4)] == [first] * 4


def test_tests_are_executed_once_per_step() -> None:
    counting = Counting()
    env = PythonCodeEnv(task_source=[ROW], pool=counting)
    env.reset(0)
    env.step(answer("x = 1"))
    assert counting.calls == [("x = 1", ROW["test_list"])]
    grail.set_global_execution_pool(Counting())
    env.step(answer("x = 2"))
    assert len(counting.calls) == 2, "its own pool goes before the global one"


def test_nothing_is_executed_where_there_is_no_code() -> None:
    counting = Counting()
    env = PythonCodeEnv(task_source=[ROW], pool=counting)
    env.reset(0)
    env.step("no solution here")
    assert not counting.calls


class Odd:
    """Neither a message nor a text."""


class Subclass(str):
    __slots__ = ()


@pytest.mark.parametrize(
    ("message", "reward"),
    [
        (answer(), 1.0),
        (Subclass(answer()), 1.0),
        ({"role": "assistant", "content": answer()}, 1.0),
        (ChatMessage("assistant", answer(), {"tokens": 12}), 1.0),
        (None, 0.0),
        (3, 0.0),
        (Odd(), 0.0),
        ({}, 0.0),
        (b"<SOLUTION>x = 1</SOLUTION>", 0.0),
        (ChatMessage("assistant", None), 0.0),  # type: ignore[arg-type]
        (ChatMessage("assistant", ["x"]), 0.0),  # type: ignore[arg-type]
        ("<SOLUTION>" * 100_000, 0.0),
    ],
)
def test_any_message_is_one(message: Any, reward: float) -> None:
    env = PythonCodeEnv(task_source=[ROW], pool=Counting())
    env.reset(0)
    assert env.step(message)[1] == reward


def test_a_huge_solution_does_not_compile(env: PythonCodeEnv) -> None:
    assert env.step(answer("x = 1\n" * 500_000))[4]["syntax_valid"] is False


def test_the_host_compiles_nothing(env: PythonCodeEnv, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: Any, **keywords: Any) -> None:
        raise AssertionError("compiled in the host")

    monkeypatch.setattr(builtins, "compile", refuse)
    assert env.step(answer())[4]["syntax_valid"] is True
    assert env.step(answer("def f(:"))[4]["syntax_valid"] is False


def test_a_step_needs_a_reset() -> None:
    with pytest.raises(ConfigurationError, match="reset"):
        PythonCodeEnv(task_source=[ROW]).step("")


def test_no_tests_are_no_success() -> None:
    env = PythonCodeEnv(task_source=[{**ROW, "test_list": []}], pool=Counting(passed=0, total=0))
    env.reset(0)
    _, reward, _, _, info = env.step(answer())
    assert reward == pytest.approx(0.3)
    assert info["success"] is False


@pytest.fixture
def no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every execution end without a verdict."""
    monkeypatch.setattr("runner.grail.grail.backoff_s", lambda failures: 0.0)
    failing = Counting(passed=0, status="process_error", error="the engine is away")
    grail.set_global_execution_pool(failing)


def test_without_a_verdict_there_is_no_reward(no_verdict: None) -> None:
    env = create_env("mbpp", task_source=[ROW])
    env.reset(0)
    _, reward, terminated, truncated, info = env.step(answer())
    assert (reward, terminated, truncated) == (None, True, False)
    assert set(info) == _INFO | {"inconclusive", "blame"}
    assert (info["blame"], info["evidence"]) == ("infrastructure", "none")
    assert (info["inconclusive"], info["success"], info["syntax_valid"]) == (True, False, False)


def test_the_float_of_no_verdict_is_marked(
    no_verdict: None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, logger="runner.envs")
    result = PythonCodeEnvAdapter(task_source=[ROW]).evaluate_completion(0, answer())
    assert (result["reward"], result["success"], result["inconclusive"]) == (0.0, False, True)
    assert result["blame"] == "infrastructure"
    assert "inconclusive (infrastructure failed)" in caplog.text


def test_broken_tests_give_no_reward_and_say_so(
    pool: CodeExecutionPool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, logger="runner.envs")
    row = {**ROW, "test_list": [*ROW["test_list"], "assert add(1,"]}
    env = PythonCodeEnv(task_source=[row], pool=pool)
    env.reset(0)
    _, reward, _, _, info = env.step(answer())
    assert (reward, info["inconclusive"], info["blame"]) == (None, True, "tests")
    result = PythonCodeEnvAdapter(task_source=[row], pool=pool).evaluate_completion(0, answer())
    assert (result["reward"], result["inconclusive"], result["blame"]) == (0.0, True, "tests")
    assert "inconclusive (the task's tests are broken)" in caplog.text


def test_a_step_tells_what_its_passes_rest_on(env: PythonCodeEnv) -> None:
    assert env.step(answer())[4]["evidence"] == "values"
    assert env.step(answer(TWO_OF_THREE))[4]["evidence"] == "values"
    assert env.step(answer(WRONG))[4]["evidence"] == "none"
    assert env.step("no solution here")[4]["evidence"] == "none"


def test_the_adapter_has_six_keys(pool: CodeExecutionPool) -> None:
    grail.set_global_execution_pool(pool)
    adapter = PythonCodeEnvAdapter("mbpp", "train", [ROW])
    assert adapter.evaluate_completion(1, answer(TWO_OF_THREE), None, None) == {
        "success": False,
        "reward": pytest.approx(0.3 + 0.7 * 2 / 3),
        "tests_passed": 2,
        "tests_total": 3,
        "syntax_valid": True,
        "has_code": True,
    }
    named = adapter.evaluate_completion(
        seed=1, completion_text=answer(), tokenizer=object(), env_params={"split": "validation"}
    )
    assert named["reward"] == 1.0


@pytest.mark.parametrize("text", [None, 3, "", "\x00\ud800", "<SOLUTION>"])
def test_the_adapter_takes_any_completion(text: Any) -> None:
    result = PythonCodeEnvAdapter(task_source=[ROW]).evaluate_completion(0, text)
    assert (result["reward"], result["has_code"]) == (0.0, False)


def test_miner_and_validator_agree(backend: str, all_of_mbpp: Path) -> None:
    """2 workers, 4 workers; through the environment, and through the adapter."""
    completions = [answer(), answer(TWO_OF_THREE), answer(WRONG), answer("def f(:"), "talk"]
    rewards: dict[int, list[Any]] = {2: [], 4: []}
    for workers, seen in rewards.items():
        with CodeExecutionPool(workers, backend=backend, spares=0) as pool:
            grail.set_global_execution_pool(pool)
            for seed, text in enumerate(completions * 2):
                env = create_env("mbpp", split="train", task_source=all_of_mbpp)
                env.reset(seed)
                mined = env.step(ChatMessage("assistant", text))[1]
                adapter = PythonCodeEnvAdapter("mbpp", "train", all_of_mbpp)
                checked = adapter.evaluate_completion(seed, text)["reward"]
                assert mined == checked
                seen.append(checked)
            grail.set_global_execution_pool(None)
    assert rewards[2] == rewards[4]
    assert len(set(rewards[2])) == 5
