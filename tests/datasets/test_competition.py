"""Rows of competition data sets become calls and programs."""

import base64
import json
import pickle  # noqa: TID251 - what must not be loaded has to be made
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest

from runner import datasets
from runner.errors import DatasetError
from runner.models import CallTest, StdioTest
from tests.datasets.rows import read_problem

_APPS_CALLS = {
    "problem_id": 1,
    "solutions": json.dumps(["class Solution:\n    def two(self, n):\n        return [2 * n]"]),
    "input_output": json.dumps(
        {"fn_name": "two", "inputs": [[1], [{"1": 2}]], "outputs": [[2], [4]]}
    ),
}
_APPS_PROGRAMS = {
    "problem_id": 2,
    "solutions": json.dumps(["print(input())"]),
    "input_output": json.dumps({"inputs": ["a\n", ["b", "c"]], "outputs": ["a\n", ["b"]]}),
}
_CASES = [{"input": "[1, 2]\n3", "output": "[2]", "testtype": "functional"}]
_LIVE = {
    "question_id": "live/1",
    "public_test_cases": json.dumps(_CASES),
    "private_test_cases": base64.b64encode(
        zlib.compress(pickle.dumps(json.dumps(_CASES)))
    ).decode(),
    "metadata": '{"func_name": "take"}',
}
_OPEN = {
    "problem_id": "o1",
    "gold_standard_solution": "Here:\n```python\nprint(input())\n```",
    "verification_info": {
        "language": "python",
        "test_cases": [
            {"type": "stdin_stdout", "input": "1", "output": "1", "fn_name": None},
            {"type": "function_call", "input": [[1], 2], "output": [3], "fn_name": "f"},
        ],
    },
}


def test_apps_calls_have_lists_of_arguments(tmp_path: Path) -> None:
    """Integer keys are what JSON made texts of; a wrapped output accepts what is inside."""
    problem = read_problem(tmp_path, _APPS_CALLS)
    first, second = problem.tests
    assert isinstance(first, CallTest)
    assert isinstance(second, CallTest)
    assert (first.function, first.args, first.expected) == ("Solution.two", [1], [2])
    assert (second.args, first.checker) == ([{1: 2}], "wrapped")
    assert (problem.task_id, problem.entry_point) == ("1", "two")
    assert problem.reference is not None
    assert problem.reference.startswith("class Solution")


def test_apps_programs_read_and_print_lines(tmp_path: Path) -> None:
    problem = read_problem(tmp_path, _APPS_PROGRAMS)
    first, second = problem.tests
    assert isinstance(first, StdioTest)
    assert isinstance(second, StdioTest)
    assert (first.stdin, second.stdin, second.stdout) == ("a\n", "b\nc", "b")


def test_prime_rows_hold_the_tests_in_the_ground_truth(tmp_path: Path) -> None:
    truth = json.dumps({"inputs": ["1\n2"], "outputs": ["3"], "fn_name": "add"})
    row = {"reward_model": {"ground_truth": truth, "style": "rule"}, "ability": "code"}
    problem = read_problem(tmp_path, {**row, "extra_info": {"split": "train", "index": 4}})
    (test,) = problem.tests
    assert isinstance(test, CallTest)
    assert (test.args, test.expected, problem.task_id) == ([1, 2], 3, "train/4")
    assert problem.reference is None
    with pytest.raises(DatasetError, match="--samples"):
        problem.request()


def test_livecodebench_has_public_and_private_cases(tmp_path: Path) -> None:
    """One JSON value per line is one argument."""
    problem = read_problem(tmp_path, _LIVE)
    assert len(problem.tests) == 2
    for test in problem.tests:
        assert isinstance(test, CallTest)
        assert (test.function, test.args, test.expected) == ("Solution.take", [[1, 2], 3], [2])


class _Payload:
    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (Path("touched"),)


@pytest.mark.parametrize("packed", [_Payload(), ["a list"], b"bytes"])
def test_a_pickle_of_anything_but_a_string_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packed: object
) -> None:
    """Control: unpickling it does what it says."""
    monkeypatch.chdir(tmp_path)
    data = pickle.dumps(packed)
    text = base64.b64encode(zlib.compress(data)).decode()
    with pytest.raises(DatasetError, match=r"p\.jsonl:1: .*a pickle of more than a string"):
        read_problem(tmp_path, {**_LIVE, "private_test_cases": text})
    assert not Path("touched").exists()
    pickle.loads(data)
    assert Path("touched").exists() is isinstance(packed, _Payload)


def test_open_r1_mixes_programs_and_calls(tmp_path: Path) -> None:
    problem = read_problem(tmp_path, _OPEN)
    program, call = problem.tests
    assert isinstance(program, StdioTest)
    assert isinstance(call, CallTest)
    assert (call.function, call.args) == ("Solution.f", [[1], 2])
    assert problem.reference == "print(input())\n"


def test_plain_rows_hold_code_and_tests_of_any_kind(tmp_path: Path) -> None:
    tests = ["assert f(1) == 1", {"stdin": "", "stdout": ""}, {"input": "1", "output": "1"}]
    problem = read_problem(tmp_path, {"code": "def f(x): return x", "tests": tests})
    assert [test.kind for test in problem.tests] == ["assert", "stdio", "stdio"]
    assert problem.task_id == "row/1"


def test_the_prelude_is_one_line_and_not_before_future_imports(tmp_path: Path) -> None:
    problem = read_problem(tmp_path, _APPS_PROGRAMS)
    code = problem.request("x = 1\n").code
    assert code.splitlines()[1:] == ["x = 1"]
    future = "# first\nfrom __future__ import annotations\n"
    assert problem.request(future).code == future


def test_a_list_in_a_json_file_is_read_with_line_numbers(tmp_path: Path) -> None:
    path = tmp_path / "sanitized.json"
    row = {"task_id": 2, "code": "x = 1", "test_list": ["assert x"]}
    path.write_text(json.dumps([row, row], indent=1))
    assert len(list(datasets.load(path))) == 2
    path.write_text(f"[\n{json.dumps(row)},\n{json.dumps({**row, 'code': 1})},\n")
    problems = datasets.load(path)
    next(problems)
    with pytest.raises(DatasetError, match=r"sanitized\.json:3: the field 'code'"):
        next(problems)
    path.write_text(f"[{json.dumps(row)},\n{{")
    with pytest.raises(DatasetError, match=r"sanitized\.json:2: not JSON"):
        list(datasets.load(path))


def test_solutions_that_are_no_json_are_one_solution(tmp_path: Path) -> None:
    """However hard they are to read."""
    text = "[" * 100_000
    assert read_problem(tmp_path, {**_APPS_CALLS, "solutions": text}).reference == text


def test_bad_rows_can_be_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text(f"{json.dumps({**_APPS_CALLS, 'input_output': ''})}\n{json.dumps(_LIVE)}\n")
    errors: list[DatasetError] = []
    assert [problem.task_id for problem in datasets.load(path, skip=errors.append)] == ["live/1"]
    assert "p.jsonl:1" in str(errors[0])


def _nested(depth: int) -> object:
    return [_nested(depth - 1)] if depth else 1


_CALL = {"fn_name": "f", "inputs": ["1"], "outputs": ["1"]}


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"input_output": "{"}, "'input_output' is not JSON"),
        ({"input_output": "[]"}, "there is no test"),
        ({"input_output": "3"}, "must be an object or a list"),
        ({"input_output": {"in": [1]}}, "'inputs' and 'outputs' are needed"),
        ({"input_output": {"inputs": [], "outputs": []}}, "not empty"),
        ({"input_output": {"inputs": ["1"], "outputs": []}}, "1 inputs, but 0 outputs"),
        ({"input_output": {**_CALL, "inputs": ["x"]}}, "input 0: 'x' is not one JSON value"),
        ({"input_output": {**_CALL, "inputs": [3]}}, "arguments must be a list"),
        ({"input_output": {**_CALL, "fn_name": "a.b"}}, "'fn_name' must be the name"),
        ({"inputs": [{}], "outputs": ["1"]}, "must be texts or lists of lines"),
        ({"reward_model": {}}, "'ground_truth' is missing"),
        ({**_LIVE, "private_test_cases": "!"}, "neither JSON nor packed"),
        ({"public_test_cases": "[]"}, "there is no test"),
        ({"public_test_cases": "[1]"}, "case 0: an object is needed"),
        ({"public_test_cases": '{"a": 1}'}, "must be a list of cases"),
        ({"verification_info": {}}, "'test_cases' is missing"),
        ({"test_cases": [{"input": "1"}]}, "needs 'input' and 'output'"),
        ({"test_cases": [{"input": "", "output": "", "type": "x"}]}, "unknown type 'x'"),
        ({"test_cases": [{"input": [], "output": "", "type": "call"}]}, "needs a 'fn_name'"),
        ({"tests": []}, "not empty"),
        ({"tests": [{"kind": "other"}]}, "test 0: test: a test is"),
        ({"tests": [{"kind": "check", "code": "x"}]}, "test 0 needs an 'entry_point'"),
        ({"tests": ["x"], "code": 1}, "the field 'code'"),
        ({"tests": [3]}, "test 0"),
        pytest.param(
            {"inputs": [_nested(400)], "outputs": ["1"]},
            "no problem can be made of it: maximum",
            marks=pytest.mark.skipif(sys.version_info >= (3, 14), reason="it takes any depth"),
        ),
    ],
    ids=lambda value: str(value)[:60],
)
def test_bad_rows_are_named(tmp_path: Path, row: dict[str, Any], words: str) -> None:
    with pytest.raises(DatasetError, match=r"p\.jsonl:1: ") as caught:
        read_problem(tmp_path, row)
    assert words in str(caught.value)
