"""Who tries again, how often, and what is logged of it."""

import logging
from typing import Any

import pytest

from runner import grail
from runner.grail import (
    check_code_executes_fast,
    execute_on,
    is_conclusive,
    set_global_execution_pool,
)
from runner.grail.result_dicts import as_dict
from runner.pool.inputs import as_request
from runner.verdicts import Context, classify_attempt, combine_attempts
from tests import fakes

CODE, TESTS = "x = 1", ["assert x", "assert x == 1"]
PROCESS_ERROR = {
    "passed": 0,
    "total": 2,
    "status": "process_error",
    "error": "the worker died",
    "test_results": [],
}
PASSED = {"passed": 2, "total": 2, "status": "all_passed", "error": None, "test_results": []}


class Scripted:
    """A foreign pool that returns, or raises, one thing after another."""

    def __init__(self, *outcomes: Any) -> None:
        self._outcomes = list(outcomes)
        self.calls: list[tuple[Any, ...]] = []

    def execute(self, code: str, tests: list[str], timeout: float = 5.0) -> Any:
        self.calls.append((code, tests, timeout))
        outcome = self._outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runner.grail.grail.backoff_s", lambda failures: 0.0)


def test_the_global_pool_is_called_as_before() -> None:
    scripted = Scripted(PASSED)
    set_global_execution_pool(scripted)
    assert check_code_executes_fast(CODE, TESTS, 2.5) is PASSED
    assert scripted.calls == [(CODE, TESTS, 2.5)]


def test_a_process_error_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    scripted = Scripted(PROCESS_ERROR, PROCESS_ERROR, PASSED)
    set_global_execution_pool(scripted)
    assert check_code_executes_fast(CODE, TESTS) == PASSED
    assert len(scripted.calls) == 3
    assert [record.levelname for record in caplog.records] == ["INFO", "INFO"]
    assert "attempt=1 of=3" in caplog.text


@pytest.mark.parametrize("attempts", [1, 2, 3, 5])
def test_max_retries_is_the_number_of_attempts(
    attempts: int, caplog: pytest.LogCaptureFixture
) -> None:
    scripted = Scripted(*[PROCESS_ERROR] * 10)
    set_global_execution_pool(scripted)
    caplog.set_level(logging.WARNING)
    result = check_code_executes_fast(CODE, TESTS, max_retries=attempts)
    assert result["status"] == "process_error"
    assert len(scripted.calls) == attempts
    (record,) = caplog.records
    assert "process_error" in record.getMessage()
    assert f"attempts={attempts}" in record.getMessage()
    assert "the worker died" in record.getMessage()


@pytest.mark.parametrize(
    "status", ["all_passed", "some_failed", "timeout", "syntax_error", "error"]
)
def test_nothing_else_is_tried_again(status: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    scripted = Scripted({**PASSED, "status": status})
    set_global_execution_pool(scripted)
    assert check_code_executes_fast(CODE, TESTS)["status"] == status
    assert len(scripted.calls) == 1
    assert not caplog.records


@pytest.mark.parametrize("outcome", [RuntimeError("broken"), None, {}, 3])
def test_a_pool_that_raises_or_returns_nonsense_is_a_process_error(outcome: Any) -> None:
    scripted = Scripted(outcome, PASSED)
    set_global_execution_pool(scripted)
    assert check_code_executes_fast(CODE, TESTS) == PASSED
    scripted = Scripted(*[outcome] * 3)
    set_global_execution_pool(scripted)
    result = check_code_executes_fast(CODE, TESTS)
    assert (result["status"], result["passed"], result["total"]) == ("process_error", 0, 2)
    assert len(scripted.calls) == 3


@pytest.mark.parametrize("attempts", [0, -1, 1.5, "3", None, 1000])
def test_attempts_that_are_no_number_are_an_error(attempts: Any) -> None:
    scripted = Scripted()
    set_global_execution_pool(scripted)
    result = check_code_executes_fast(CODE, TESTS, max_retries=attempts)
    assert (result["status"], result["total"]) == ("error", 2)
    assert "max_retries" in result["error"]
    assert not scripted.calls


def test_a_crash_that_was_seen_outlives_later_losses() -> None:
    """Code that dies in two ways gets no inconclusive verdict for it."""
    crashed = grail.ResultDict(PROCESS_ERROR, conclusive=True)
    lost = grail.ResultDict(PROCESS_ERROR, conclusive=False)
    result = execute_on(Scripted(lost, crashed, lost), CODE, TESTS)
    assert result is crashed
    assert execute_on(Scripted(lost, lost, lost), CODE, TESTS) is lost


def _typed(seen: Any) -> grail.ResultDict:
    request = as_request((CODE, TESTS))
    verdict = classify_attempt(request, seen, "box")
    context = Context("fake", "print", {}, 0.0, others_lived=False)
    return as_dict(combine_attempts(request, [verdict], context))


def test_code_that_is_cut_off_in_every_attempt_is_to_blame() -> None:
    cut, lost = _typed(fakes.loss(mid_frame=True)), _typed(fakes.loss())
    assert is_conclusive(execute_on(Scripted(cut, cut, cut), CODE, TESTS))
    assert not is_conclusive(execute_on(Scripted(cut, lost, cut), CODE, TESTS))
    assert not is_conclusive(execute_on(Scripted(cut, PROCESS_ERROR, cut), CODE, TESTS))
    assert not is_conclusive(execute_on(Scripted(cut), CODE, TESTS, max_retries=1))


def test_broken_tests_are_not_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    """Even where the code crashes in another test."""
    caplog.set_level(logging.INFO)
    seen = fakes.report("crashed", "error")
    seen["tests"][1]["broken"] = True
    result = _typed(seen)
    assert result["status"] == "process_error"
    scripted = Scripted(result)
    assert execute_on(scripted, CODE, TESTS) is result
    assert not is_conclusive(result)
    assert not caplog.records


def test_without_a_pool_the_slow_way_is_taken_as_often(monkeypatch: pytest.MonkeyPatch) -> None:
    scripted = Scripted(PROCESS_ERROR, PASSED)
    monkeypatch.setattr("runner.grail.grail._throw_away", scripted.execute)
    assert check_code_executes_fast(CODE, TESTS, timeout=2.0) == PASSED
    assert scripted.calls == [(CODE, TESTS, 2.0)] * 2


def test_the_global_pool_can_be_set_and_cleared() -> None:
    assert grail.get_global_execution_pool() is None
    scripted = Scripted()
    set_global_execution_pool(scripted)
    assert grail.get_global_execution_pool() is scripted
    set_global_execution_pool(None)
    assert grail.get_global_execution_pool() is None
