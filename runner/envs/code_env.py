"""The environment of miners, and the adapter through which validators use it."""

import dataclasses
import logging
import math
from collections.abc import Mapping
from typing import Any

from runner import grail
from runner.envs.completion import Completion
from runner.envs.messages import ChatMessage, Observation, text_of
from runner.envs.sources import check_split, find_source
from runner.envs.tasks import Task, as_seed, as_task
from runner.errors import ConfigurationError
from runner.grail.result_dicts import are_tests_broken, is_conclusive
from runner.models import Blame, Evidence

_LOG = logging.getLogger(__name__)

WEIGHTS = {"correctness": 0.7, "syntax": 0.1, "format": 0.1, "thinking": 0.1}

#: Seconds per test.
_TIMEOUT_S = 5.0

#: Reasons of inconclusive results, for messages.
_REASONS = {"infrastructure": "infrastructure failed", "tests": "the task's tests are broken"}

_NOT_EXECUTED: Mapping[str, Any] = {"status": "no_code"}


class PythonCodeEnv:
    """One problem, one answer, one reward.

    The reward is the sum of ``0.7 * correctness`` (the share of tests that pass), ``0.1 * syntax``
    (the verdict is not ``syntax_error``; nothing is compiled here), ``0.1 * format`` (there is a
    ``<SOLUTION>`` block with fewer than 50 characters after it) and ``0.1 * thinking`` (there is a
    complete thinking block, anywhere). See ``runner.envs.completion`` for the tags.

    Not thread-safe; environments are cheap, and share data and pool.

    Args:
        dataset: ``mbpp`` or ``humaneval``.
        split: ``train`` (default) or ``validation`` of MBPP, ``test`` of HumanEval.
        task_source: Another source of tasks: a path, a list of rows, or a ``TaskSource``.
        pool: The pool that executes; the global pool if omitted.

    Raises:
        ConfigurationError: There is no such data set or split.
        DatasetError: The data is missing or not valid; the message tells what to do.
    """

    def __init__(
        self,
        dataset: str = "mbpp",
        split: str | None = None,
        task_source: Any = None,
        pool: Any = None,
    ) -> None:
        split = check_split(dataset, split)
        self._source = find_source(dataset, split, task_source)
        self._pool = pool
        self._task: Task | None = None

    @property
    def task(self) -> Task | None:
        """The current task, with tests and reference; must not be shown to the model."""
        return self._task

    def reset(self, seed: int | None = None, *, task_id: str | None = None) -> Observation:
        """Choose the task of the seed, and return the question for the model.

        Raises:
            DatasetError: The source returned something that is not a task.
        """
        found = self._source.next(seed=seed, task_id=task_id)
        self._task = as_task(found, "task_source")
        return self._observe(self._task)

    def step(self, message: Any) -> tuple[Observation, float | None, bool, bool, dict[str, Any]]:
        """Execute the solution in a completion against the tests, once; blocks until then.

        No content of a completion raises an error.

        Args:
            message: A ``ChatMessage``, a mapping with ``content``, or the text.

        Returns:
            Observation, reward, terminated (always True), truncated (always False), and a dict of
            ``success, tests_passed, tests_total, test_results, has_code, syntax_valid,
            reward_components, evidence``. If the infrastructure failed in all attempts, or the
            task's tests are broken, the reward is None and the dict has ``inconclusive: True`` and
            ``blame`` (``infrastructure`` or ``tests``).

        Raises:
            ConfigurationError: There was no ``reset``.
        """
        if self._task is None:
            raise ConfigurationError("step: call reset(seed) first")
        text = text_of(message)
        completion = Completion.parse(text)
        result = self._execute(completion.code, self._task)
        info = _info(completion, result)
        observation = self._observe(self._task, text)
        if not is_conclusive(result):
            blame = Blame.TESTS if are_tests_broken(result) else Blame.INFRASTRUCTURE
            info |= {"inconclusive": True, "blame": str(blame)}
            return observation, None, True, False, info
        # Exact sum, so that the full reward is 1.0 and not slightly less.
        components = info["reward_components"]
        reward = math.fsum(weight * components[name] for name, weight in WEIGHTS.items())
        return observation, reward, True, False, info

    def _execute(self, code: str, task: Task) -> Any:
        if not code:
            return _NOT_EXECUTED
        tests = list(task.tests)
        if self._pool is None:
            return grail.check_code_executes_fast(code, tests, timeout=_TIMEOUT_S)
        return grail.execute_on(self._pool, code, tests, timeout=_TIMEOUT_S)

    def _observe(self, task: Task, answer: str | None = None) -> Observation:
        messages = [ChatMessage("user", task.question)]
        if answer is not None:
            messages.append(ChatMessage("assistant", answer))
        meta = {**task.metadata, "task_id": task.id}
        return Observation(messages, [], len(messages) - 1, meta)


def _info(completion: Completion, result: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts about a step, with the parts of its reward."""
    valid = bool(completion.code) and is_conclusive(result) and result["status"] != "syntax_error"
    passed, total = result.get("passed", 0), result.get("total", 0)
    return {
        "success": result["status"] == "all_passed" and total > 0,
        "tests_passed": passed,
        "tests_total": total,
        "test_results": result.get("test_results", []),
        "has_code": bool(completion.code),
        "syntax_valid": valid,
        "reward_components": {
            "correctness": passed / total if total else 0.0,
            "syntax": float(valid),
            "format": float(completion.well_formed),
            "thinking": float(completion.has_thinking),
        },
        "evidence": str(getattr(result, "evidence", Evidence.NONE)),
    }


_DATASETS = {"mbpp": "mbpp", "python_code": "mbpp", "humaneval": "humaneval"}


def create_env(
    env_id: str = "mbpp",
    *,
    split: str | None = None,
    task_source: Any = None,
    pool: Any = None,
    env_params: Mapping[str, Any] | None = None,
) -> PythonCodeEnv:
    """Return the environment with this name: ``mbpp``, ``python_code`` (the same), ``humaneval``.

    Args:
        env_id: Its name.
        split: See ``PythonCodeEnv``.
        task_source: See ``PythonCodeEnv``.
        pool: See ``PythonCodeEnv``.
        env_params: Parameters of a checkpoint: its ``split`` has priority; the rest is ignored.

    Raises:
        ConfigurationError: There is no such environment or split.
        DatasetError: The data is missing or not valid; the message tells what to do.
    """
    dataset = _DATASETS.get(env_id)
    if dataset is None:
        known = ", ".join(_DATASETS)
        raise ConfigurationError(f"env_id: must be one of {known} (got {env_id!r:.60})")
    return PythonCodeEnv(dataset, (env_params or {}).get("split", split), task_source, pool)


@dataclasses.dataclass(frozen=True)
class PythonCodeEnvAdapter:
    """The validator's interface: from a seed and a completion to a dict with a float.

    It uses the miner's environment and pool, by ``create_env``.

    Attributes:
        dataset: ``mbpp`` or ``humaneval``.
        split: See ``PythonCodeEnv``.
        task_source: See ``PythonCodeEnv``.
        pool: See ``PythonCodeEnv``.
    """

    dataset: str = "mbpp"
    split: str | None = None
    task_source: Any = None
    pool: Any = None

    def evaluate_completion(
        self,
        seed: int,
        completion_text: str,
        tokenizer: Any = None,  # noqa: ARG002  # part of the replaced interface
        env_params: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Return ``success, reward, tests_passed, tests_total, syntax_valid, has_code``.

        The reward is always a float. If the infrastructure failed in all attempts, or the task's
        tests are broken, there is no verdict: then it is 0.0, a warning is logged, and the dict
        also has ``inconclusive: True`` and ``blame``. Check these before you use the reward: skip
        such a completion, or try again later (but not with broken tests).

        Args:
            seed: Seed that selects the task.
            completion_text: The model's completion.
            tokenizer: Not used.
            env_params: See ``create_env``.
        """
        env = create_env(
            self.dataset,
            split=self.split,
            task_source=self.task_source,
            pool=self.pool,
            env_params=env_params,
        )
        env.reset(as_seed(seed))
        _, reward, _, _, info = env.step(ChatMessage("assistant", completion_text))
        keys = ("success", "tests_passed", "tests_total", "syntax_valid", "has_code")
        result = {key: info[key] for key in keys}
        if reward is None:
            _LOG.warning(
                "inconclusive (%s), no reward for seed %s: do not count this as a 0",
                _REASONS[info["blame"]],
                seed,
            )
            return {**result, "reward": 0.0, "inconclusive": True, "blame": info["blame"]}
        return {**result, "reward": reward}
