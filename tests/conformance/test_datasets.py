"""Rows of every format on real sandboxes: their references pass, and what is wrong fails."""

import json
from pathlib import Path
from typing import Any

import pytest

import runner
from runner import datasets
from runner.datasets import Problem
from tests.datasets.rows import ROWS


def _read(tmp_path: Path, row: dict[str, Any]) -> Problem:
    path = tmp_path / "p.jsonl"
    path.write_text(json.dumps(row) + "\n")
    (problem,) = datasets.load(path)
    return problem


_EVALPLUS = {
    "task_id": "HumanEval/4",
    "prompt": "def mean(xs):\n",
    "canonical_solution": "    return sum(xs) / len(xs)\n",
    "entry_point": "mean",
    "base_input": [[[1.0, 2.0]], [[0.1, 0.2]]],
    "plus_input": [[[3, 3, 4]]],
    "atol": 1e-6,
}
_FIND_ZERO = {
    **_EVALPLUS,
    "prompt": "def find_zero(xs):\n",
    "canonical_solution": "    return -xs[0] / xs[1]\n",
    "entry_point": "find_zero",
    "base_input": [[[1, 2]]],
    "plus_input": [],
    "atol": 1e-4,
}
_TUPLES = {
    **_EVALPLUS,
    "task_id": "Mbpp/2",
    "prompt": '"""Common items."""\n',
    "canonical_solution": "def similar_elements(a, b):\n    return tuple({*a} & {*b})\n",
    "entry_point": "similar_elements",
    "base_input": [[[1, 2, 3], [2, 3]]],
    "plus_input": [],
    "atol": 0,
}
_LEETCODE = {
    "question_id": "l1",
    "public_test_cases": [
        {"input": "[3, 1]\n1", "output": "[1]", "testtype": "functional"},
        {"input": "[]\n0", "output": "[]", "testtype": "functional"},
    ],
    "metadata": {"func_name": "gcd"},
}
_PROGRAM = {"inputs": ["1 2.0\n"], "outputs": ["1 2\n"], "task_id": "p"}


@pytest.mark.parametrize(
    ("row", "code", "passes"),
    [
        (_EVALPLUS, None, True),
        (_EVALPLUS, "def mean(xs):\n    return sum(xs) / len(xs) + 1e-9", True),
        (_EVALPLUS, "def mean(xs):\n    return sum(xs) / len(xs) + 1e-3", False),
        (_EVALPLUS, "def mean(xs):\n    import sys\n    return sys.modules['tests']", False),
        (_FIND_ZERO, None, True),
        (_FIND_ZERO, "def find_zero(xs):\n    return -0.50001", True),
        (_FIND_ZERO, "def find_zero(xs):\n    return -0.6", False),
        (_TUPLES, None, True),
        (_TUPLES, "def similar_elements(a, b):\n    return (a + b)[:2]", False),
        (_TUPLES, "def similar_elements(a, b):\n    return (b + a)[:2][::-1]", True),
        (
            _LEETCODE,
            "class Solution:\n  def gcd(self, a: List[int], k): return heapq.nsmallest(k, a)",
            True,
        ),
        (_LEETCODE, "def gcd(a: Optional[List[int]], k):\n    return sorted(a)[:k]", True),
        (_LEETCODE, "def gcd(a, k):\n    return a", False),
        (_LEETCODE, "", False),
        (_PROGRAM, "print(*map(float, input().split()))", True),
        (
            _PROGRAM,
            "n, m = map(float, sys.stdin.readline().split())\nprint(pow(n, 1, None), m)",
            True,
        ),
        (_PROGRAM, "print(1, 3)", False),
    ],
)
def test_solutions_are_judged(
    pool: runner.Pool,
    tmp_path: Path,
    row: dict[str, Any],
    code: str | None,
    passes: bool,
) -> None:
    result = pool.execute(_read(tmp_path, row).request(code))
    assert result.conclusive
    assert (result.status == "all_passed") is passes, result.error


@pytest.mark.parametrize(("row", "_kinds"), ROWS.values(), ids=ROWS)
def test_rows_of_published_data_sets_tell_right_from_wrong(
    pool: runner.Pool, tmp_path: Path, row: dict[str, Any], _kinds: list[str]
) -> None:
    """Wrong: the same solution, with another sign or another answer."""
    problem = _read(tmp_path, row)
    result = pool.execute(problem.request())
    assert (result.status, result.evidence) == ("all_passed", "values"), result.error
    assert problem.reference is not None
    wrong = problem.reference.replace("a + b", "a - b").replace("[0, 1]", "[1]")
    wrong = wrong.replace("sum(map", "-sum(map")
    assert wrong != problem.reference
    result = pool.execute(problem.request(wrong))
    assert result.conclusive
    assert result.status != "all_passed"


@pytest.mark.parametrize("passes", [True, False])
def test_long_integers_are_compared(pool: runner.Pool, tmp_path: Path, passes: bool) -> None:
    digits = "7" * 5000
    path = tmp_path / "p.jsonl"
    path.write_text(f'{{"fn_name": "f", "inputs": [[{digits}]], "outputs": [{digits}]}}')
    (problem,) = datasets.load(path)
    result = pool.execute(problem.request(f"def f(n): return n + {int(not passes)}"))
    assert (result.status == "all_passed") is passes, result.error


def test_the_prelude_needs_nothing_that_strict_refuses(backend: str, tmp_path: Path) -> None:
    problem = _read(tmp_path, _LEETCODE)
    code = "class Solution:\n    def gcd(self, a: List[int], k: int): return sorted(a)[:k]"
    with runner.Pool(workers=1, spares=0, backend=backend, policy="strict") as pool:
        assert pool.execute(problem.request(code)).status == "all_passed"


def test_the_prelude_is_not_the_solution(pool: runner.Pool, tmp_path: Path) -> None:
    """``gcd`` is in ``math``, which every solution gets; ``re`` is a module of that name."""
    for name, args in (("gcd", "4\n6"), ("add", "1\n1"), ("copy", "2"), ("random", "1")):
        row = {"inputs": [args], "outputs": ["2"], "fn_name": name}
        result = pool.execute(_read(tmp_path, row).request(""))
        assert (result.passed, result.status) == (0, "runtime_error")
