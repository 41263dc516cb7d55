"""Rewards for trainers: completions in, numbers out, None where there is no verdict.

reward = CodeReward(pool)                         # or a Client
trainer = GRPOTrainer(reward_funcs=reward, ...)   # the data set has a column "tests"
"""

import asyncio
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from runner.datasets.fences import without_fence
from runner.errors import ConfigurationError, RunnerError
from runner.logs import event
from runner.models import ExecutionRequest, ExecutionResult, ordered_items
from runner.pool.calls import PoolCalls
from runner.pool.inputs import as_request
from runner.scoring import Scoring, check_result, score

_LOG = logging.getLogger(__name__)

Extract = Callable[[str, str | None], str]
Outcome = ExecutionResult | BaseException


def _fence(text: str, entry_point: str | None) -> str:
    return without_fence(text, entry_point) or text


def _whole(text: str, _: str | None) -> str:
    return text


_EXTRACTS: Mapping[str, Extract] = {"fence": _fence, "whole": _whole}


class CodeReward:
    """Executes completions against tests; called as TRL calls reward functions. Thread-safe.

    A completion is a text, or a list of messages, of which the last one counts. Its tests are
    those of its row: a list of tests, or a text of JSON that holds one, or one snippet.

    The reward is None where there is no verdict on the code: the infrastructure failed, or the
    tests of the row are broken or missing. TRL 1.6 and later leave out a completion with no other
    reward; the page of clients tells what becomes of it otherwise.

    Args:
        pool: A ``Pool`` or a ``Client``.
        mode: ``pass_fail``, or ``partial`` for the share of tests that pass.
        tests: Name of the column with the tests.
        extract: ``fence`` takes the code out of its Markdown fence if there is one; ``whole`` takes
            the text; or a function of text and entry point.
        columns: Names of columns that are fields of a request, such as ``entry_point``, ``setup``
            or ``timeout``; used where a row has a value.
        fields: Fields of all requests, such as ``timeout=10``.

    Raises:
        ConfigurationError: An argument is not valid.
    """

    def __init__(
        self,
        pool: PoolCalls,
        *,
        mode: Scoring | str = Scoring.PASS_FAIL,
        tests: str = "tests",
        extract: str | Extract = "fence",
        columns: Sequence[str] = ("entry_point",),
        **fields: Any,
    ) -> None:
        if not isinstance(pool, PoolCalls):
            raise ConfigurationError(f"pool: must be a Pool or a Client, not {type(pool).__name__}")
        if mode not in (Scoring.PASS_FAIL, Scoring.PARTIAL):
            raise ConfigurationError(f"mode: must be pass_fail or partial (got {mode!r:.60})")
        unknown = {*columns, *fields} - ExecutionRequest.model_fields.keys()
        if unknown:
            names = ", ".join(sorted(unknown))
            raise ConfigurationError(f"columns, fields: a request has no field {names}")
        self._pool = pool
        self._mode = mode
        self._tests = tests
        self._extract = _extractor(extract)
        self._columns = tuple(columns)
        self._fields = fields
        self.__name__ = "code_reward"  # trainers name their metrics after it

    def __call__(
        self, prompts: Any = None, completions: Sequence[Any] = (), **columns: Any
    ) -> list[float | None]:
        """Return the reward of each completion; blocks until all are executed.

        Raises:
            ConfigurationError: The column of tests is missing, or has another length.
        """
        del prompts
        requests = self._requests(completions, columns)
        good = [each for each in requests if isinstance(each, ExecutionRequest)]
        try:
            found: Sequence[Outcome] = self._pool.execute_batch(good, return_exceptions=True)
        except RunnerError as error:
            found = [error] * len(good)
        return self._rewards(requests, found)

    def as_async(self) -> Callable[..., Any]:
        """Return the same as a coroutine function, for trainers that await their rewards."""

        async def code_reward(
            prompts: Any = None, completions: Sequence[Any] = (), **columns: Any
        ) -> list[float | None]:
            del prompts
            requests = self._requests(completions, columns)
            running = [
                self._pool.aexecute(each) for each in requests if isinstance(each, ExecutionRequest)
            ]
            found = await asyncio.gather(*running, return_exceptions=True)
            return self._rewards(requests, found)

        code_reward.__name__ = self.__name__
        return code_reward

    def _requests(
        self, completions: Sequence[Any], columns: Mapping[str, Any]
    ) -> list[ExecutionRequest | ConfigurationError]:
        if self._tests not in columns:
            raise ConfigurationError(
                f"tests: the rows have no column {self._tests!r}; they have {', '.join(columns)}"
            )
        wanted = (self._tests, *self._columns)
        used = {name: columns[name] for name in wanted if columns.get(name) is not None}
        for name, column in used.items():
            if len(column) != len(completions):
                lengths = f"{len(column)} values for {len(completions)} completions"
                raise ConfigurationError(f"column {name!r}: has {lengths}")
        return [
            self._request(each, {name: column[row] for name, column in used.items()})
            for row, each in enumerate(completions)
        ]

    def _request(
        self, completion: Any, row: dict[str, Any]
    ) -> ExecutionRequest | ConfigurationError:
        tests = row.pop(self._tests, None)
        given = {name: value for name, value in row.items() if value is not None}
        try:
            code = self._extract(text_of(completion), given.get("entry_point"))
            request = as_request({**self._fields, **given, "code": code, "tests": _tests(tests)})
        except ConfigurationError as error:
            return error
        return request if request.tests else ConfigurationError("tests: the row has none")

    def _rewards(
        self,
        requests: Sequence[ExecutionRequest | ConfigurationError],
        found: Sequence[Outcome],
    ) -> list[float | None]:
        outcomes = iter(found)
        rewards = [
            self._reward(next(outcomes) if isinstance(each, ExecutionRequest) else each)
            for each in requests
        ]
        missing = sum(reward is None for reward in rewards)
        if missing:
            event(_LOG, logging.WARNING, "rewards_missing", missing=missing, of=len(rewards))
        return rewards

    def _reward(self, outcome: Outcome) -> float | None:
        if isinstance(outcome, ExecutionResult):
            if not outcome.conclusive:
                blame = outcome.blame.value
                event(_LOG, logging.INFO, "no_reward", blame=blame, error=outcome.error)
            return score(outcome, self._mode)
        if not isinstance(outcome, RunnerError):
            raise outcome  # a cancellation, or a mistake
        event(_LOG, logging.INFO, "no_reward", error=outcome)
        return None


def to_verl_score(
    result: ExecutionResult, mode: Scoring | str = Scoring.PASS_FAIL
) -> dict[str, float | int | bool | str]:
    """Return a result in the form of verl's ``compute_score``: only scalars, so that batches stack.

    The score of an inconclusive result is 0.0, since verl does not accept None; ``conclusive``
    distinguishes it from a failure of the code: mask such a sample.

    Args:
        result: The result.
        mode: ``pass_fail`` or ``partial``.

    Raises:
        ConfigurationError: The mode is unknown, or ``result`` has the wrong type.
    """
    check_result(result)
    worth = score(result, mode)
    return {
        "score": worth or 0.0,
        "acc": float(result.conclusive and result.total > 0 and result.passed == result.total),
        "passed": result.passed,
        "total": result.total,
        "conclusive": result.conclusive,
        "status": result.status.value,
    }


def text_of(completion: Any) -> str:
    """Return the text of a completion: itself, or the content of its last message.

    Raises:
        ConfigurationError: The completion has another type.
    """
    if isinstance(completion, str):
        return str.__str__(completion)
    match completion:
        case [*_, {"content": str(content)}]:
            return content
        case [*_, {"content": [*parts]}]:
            return "".join(part.get("text", "") for part in parts if isinstance(part, Mapping))
        case _:
            kind = type(completion).__name__
            raise ConfigurationError(
                f"completion: must be a text or a list of messages, not {kind}"
            )


def _tests(value: Any) -> Any:
    """Return the tests of a row: a list, or a text of JSON that holds one, or one snippet."""
    if isinstance(value, str):
        try:
            read = json.loads(value)
        except (ValueError, RecursionError):
            return [value]
        return read if isinstance(read, list) else [value]
    return value if value is None else list(ordered_items("tests", value))


def _extractor(extract: str | Extract) -> Extract:
    if callable(extract):
        return extract
    if extract not in _EXTRACTS:
        known = ", ".join(_EXTRACTS)
        raise ConfigurationError(f"extract: must be {known} or a function (got {extract!r:.60})")
    return _EXTRACTS[extract]
