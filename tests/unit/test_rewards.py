"""Completions become rewards, and what has no verdict becomes None."""

import asyncio
import math
import subprocess
import sys
from typing import Any

import pytest

import runner
from runner.errors import ConfigurationError
from runner.rewards import CodeReward, to_verl_score

GOOD = "```python\ndef f(x):\n    return x + 1\n```"
HALF = "def f(x):\n    return 2\n"
TESTS = ["assert f(1) == 2", "assert f(2) == 3"]


@pytest.fixture
def reward(pool: runner.Pool) -> CodeReward:
    return CodeReward(pool)


def test_it_is_called_as_trl_calls_it(reward: CodeReward) -> None:
    completions: list[Any] = [GOOD, HALF, "no code", [{"role": "assistant", "content": GOOD}]]
    columns = {"tests": [TESTS] * 4, "completion_ids": [[1]] * 4, "trainer_state": object()}
    assert reward(prompts=["p"] * 4, completions=completions, **columns) == [1.0, 0.0, 0.0, 1.0]
    assert reward.__name__ == "code_reward"


def test_partial_rewards(pool: runner.Pool) -> None:
    partial = CodeReward(pool, mode="partial", timeout=0.5)
    slow = "def f(x):\n    while x == 2: pass\n    return x + 1"
    found = partial(None, [GOOD, HALF, slow, "import os; os.abort()"], tests=[TESTS] * 4)
    assert found == [1.0, 0.5, 0.5, 0.0]


def test_what_has_no_verdict_is_none(reward: CodeReward) -> None:
    tests: list[Any] = [["assert ("], [], None, [1], TESTS, "assert f(1) == 2"]
    assert reward(None, [GOOD] * 6, tests=tests) == [None, None, None, None, 1.0, 1.0]
    assert reward(None, [5], tests=[TESTS]) == [None]


def test_a_pool_that_is_shut_down_gives_none() -> None:
    pool = runner.Pool(workers=1)
    pool.shutdown()
    assert CodeReward(pool)(None, [GOOD, GOOD], tests=[TESTS] * 2) == [None, None]


def test_tests_may_be_json_and_columns_may_be_fields(pool: runner.Pool) -> None:
    reward = CodeReward(pool, tests="checks", columns=("entry_point", "timeout"))
    check = '["def check(c):\\n    assert c(1) == 2\\ncheck(f)"]'
    row = {"checks": [check], "entry_point": ["f"], "timeout": [2.0]}
    assert reward(None, ["```\nx\n```\n" + GOOD], **row) == [1.0]


def test_it_can_be_awaited(reward: CodeReward) -> None:
    rewards = reward.as_async()
    assert asyncio.iscoroutinefunction(rewards)
    found = asyncio.run(rewards(prompts=None, completions=[GOOD, HALF], tests=[TESTS] * 2))
    assert found == [1.0, 0.0]


def test_an_own_extractor(pool: runner.Pool) -> None:
    reward = CodeReward(pool, extract=lambda text, _: text.removeprefix("answer: "))
    assert reward(None, ["answer: def f(x): return x + 1"], tests=[TESTS]) == [1.0]
    whole = CodeReward(pool, extract="whole")
    assert whole(None, [GOOD], tests=[TESTS]) == [0.0]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"mode": "weighted"}, "mode"),
        ({"extract": "no"}, "extract"),
        ({"columns": ("no",)}, "no field no"),
        ({"no": 1}, "no field no"),
        ({"pool": None}, "pool"),
    ],
)
def test_a_wrong_argument_is_named(arguments: dict[str, Any], named: str) -> None:
    pool = arguments.pop("pool", runner.Pool(workers=1))
    with pytest.raises(ConfigurationError, match=named):
        CodeReward(pool, **arguments)


def test_wrong_columns_are_named(reward: CodeReward) -> None:
    with pytest.raises(ConfigurationError, match="'tests'"):
        reward(None, [GOOD])
    with pytest.raises(ConfigurationError, match="1 values for 2"):
        reward(None, [GOOD] * 2, tests=[TESTS])


@pytest.fixture
def results(pool: runner.Pool) -> list[runner.ExecutionResult]:
    codes = ["def f(x): return x + 1", HALF, "def f(", "import os; os.abort()"]
    return [
        *(pool.execute(code, TESTS) for code in codes),
        pool.execute("x = 1", ["assert ("]),
        pool.execute("x = 1", []),
    ]


def test_verl_gets_scalars_only(results: list[runner.ExecutionResult]) -> None:
    scores = [to_verl_score(result, "partial") for result in results]
    assert [each["score"] for each in scores[:5]] == [1.0, 0.5, 0.0, 0.0, 0.0]
    assert [each["conclusive"] for each in scores] == [True, True, True, True, False, True]
    assert len({tuple(each) for each in scores}) == 1, "the same keys in all of them"
    for each in scores:
        assert all(type(value) in (float, int, bool, str) for value in each.values())
        assert all(math.isfinite(value) for value in each.values() if isinstance(value, float))


def test_no_trainer_is_imported() -> None:
    code = "import sys, runner.rewards; print({'torch', 'trl', 'numpy'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
