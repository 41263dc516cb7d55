"""Rewards, and the codes of other systems; fixed results in, fixed numbers out."""

from typing import Any

import pytest

import runner
from runner.adapters import to_lcb, to_open_instruct, to_verl
from runner.models import Cause, ExecutionResult
from runner.pool.inputs import as_request
from runner.sandbox.loss import Loss
from runner.verdicts import Context, classify_attempt, combine_attempts
from tests import fakes

_CONTEXT = Context("fake", "f", {}, 0.0, others_lived=False)


def _result(*statuses: str, **changes: Any) -> ExecutionResult:
    request = as_request(("x", ["a"] * max(len(statuses), changes.pop("total", 0))))
    verdict = classify_attempt(request, fakes.report(*statuses, **changes), "s")
    return combine_attempts(request, [verdict], _CONTEXT)


def _lost() -> ExecutionResult:
    request = as_request(("x", ["a", "b"]))
    return combine_attempts(
        request, [classify_attempt(request, Loss(Cause.NET, "", 0.0), "s")], _CONTEXT
    )


def _broken() -> ExecutionResult:
    rows = [fakes.row(0), fakes.row(1, "error", broken=True)]
    return _result(total=2, tests=rows)


def _unreadable() -> ExecutionResult:
    return _result(total=2, syntax_error="no")


@pytest.mark.parametrize(
    ("statuses", "pass_fail", "partial", "weighted"),
    [
        (("passed", "passed"), 1.0, 1.0, 1.0),
        (("passed", "failed"), 0.0, 0.5, 0.75),
        (("timeout", "passed"), 0.0, 0.5, 0.25),
        (("failed", "failed"), 0.0, 0.0, 0.0),
        (("passed", "crashed"), 0.0, 0.5, 0.75),
    ],
)
def test_scores(
    statuses: tuple[str, ...], pass_fail: float, partial: float, weighted: float
) -> None:
    result = _result(*statuses)
    assert runner.score(result) == pass_fail
    assert runner.score(result, "partial") == partial
    assert runner.score(result, runner.Scoring.WEIGHTED, [3, 1]) == weighted


def test_what_is_inconclusive_has_no_score() -> None:
    for mode, weights in (("pass_fail", None), ("partial", None), ("weighted", [1, 1])):
        assert runner.score(_lost(), mode, weights) is None
        assert runner.score(_broken(), mode, weights) is None


def test_what_does_not_compile_scores_nothing_and_an_empty_list_passes() -> None:
    assert runner.score(_unreadable(), "partial") == 0.0
    assert runner.score(_unreadable(), "weighted", [1, 2]) == 0.0
    assert runner.score(_result(), "partial") == 1.0


@pytest.mark.parametrize(
    ("mode", "weights"),
    [
        ("best", None),
        ("weighted", None),
        ("partial", [1, 1]),
        ("weighted", [1]),
        ("weighted", [-1, 2]),
        ("weighted", [0, 0]),
        ("weighted", [float("nan"), 1]),
        ("weighted", ["x", 1]),
    ],
)
def test_modes_and_weights_that_do_not_fit_are_refused(mode: str, weights: Any) -> None:
    with pytest.raises(runner.ConfigurationError):
        runner.score(_lost(), mode, weights)


def test_every_status_has_a_code_everywhere() -> None:
    """One case of each; the collisions are where they belong."""
    codes = {
        "passed": (True, True),
        "failed": (False, -2),
        "error": (-2, -4),
        "memory_limit": (-2, -4),
        "output_limit": (-2, -4),
        "crashed": (-2, -4),
        "timeout": (-3, -3),
        "skipped": (-3, -1),
    }
    assert set(codes) == set(runner.TestStatus)
    for status, (verl, lcb) in codes.items():
        result = _result(status)
        assert to_verl(result)["results"] == [verl]
        found = to_lcb(result)
        assert found is not None
        assert found[0] == [lcb]


def test_verl_has_a_code_for_compilers_and_one_for_infrastructure() -> None:
    assert to_verl(_unreadable())["results"] == [-4, -4]
    lost = to_verl(_lost())
    assert (lost["results"], lost["score"]) == ([-1, -1], None)
    assert [case["status"] for case in lost["metadata"]] == ["sandbox_error"] * 2
    broken = to_verl(_broken())
    assert (broken["results"], broken["score"]) == ([-1, -1], None)
    assert [case["status"] for case in broken["metadata"]] == ["broken_tests"] * 2
    half = to_verl(_result("passed", "failed"))
    assert (half["score"], half["metadata"][1]["status"]) == (0.5, "wrong_answer")
    assert to_verl(_result("passed", "failed"), "pass_fail")["score"] == 0.0


def test_livecodebench_stops_at_the_first_failure() -> None:
    found = to_lcb(_result("passed", "failed", "timeout"))
    assert found is not None
    assert found[0] == [True, -2]
    assert (found[1]["error_code"], found[1]["error"]) == (-2, "it is failed")
    assert to_lcb(_lost()) is None
    assert to_lcb(_broken()) is None
    unreadable = to_lcb(_unreadable())
    assert unreadable is not None
    assert (unreadable[0], unreadable[1]["error_message"]) == ([-4], "Compilation Error")


def test_open_instruct_has_ones_and_runtimes() -> None:
    assert to_open_instruct(_result("passed", "failed", "skipped")) == {
        "results": [1, 0, 0],
        "runtimes": [0.002, 0.002, -1.0],
    }
    assert to_open_instruct(_unreadable()) == {"results": [0, 0], "runtimes": [-1.0, -1.0]}
    assert to_open_instruct(_lost()) is None
    assert to_open_instruct(_broken()) is None
