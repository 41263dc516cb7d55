"""Rows are known by their fields, whatever else they hold."""

from pathlib import Path
from typing import Any

import pytest

from runner import datasets
from runner.datasets.formats import FORMATS
from runner.errors import DatasetError
from runner.models import CallTest, CheckTest, SuiteTest
from tests.datasets.rows import ADD, CHECK, HUMANEVAL, LEETCODE, ROWS, SUITES, read_problem


@pytest.mark.parametrize(("row", "kinds"), ROWS.values(), ids=ROWS)
def test_rows_of_published_data_sets_are_read(
    tmp_path: Path, row: dict[str, Any], kinds: list[str]
) -> None:
    problem = read_problem(tmp_path, row)
    assert [test.kind for test in problem.tests] == kinds
    assert problem.reference is not None
    assert problem.where == f"{tmp_path}/p.jsonl:1"


@pytest.mark.parametrize(("row", "kinds"), ROWS.values(), ids=ROWS)
def test_fields_that_say_nothing_do_not_count(
    tmp_path: Path, row: dict[str, Any], kinds: list[str]
) -> None:
    """A table of several data sets has all columns in each row."""
    nothing = {name: None for each in FORMATS for names in each.known_by for name in names}
    problem = read_problem(tmp_path, {**nothing, "metadata": None, **row})
    assert [test.kind for test in problem.tests] == kinds


@pytest.mark.parametrize("row", SUITES.values(), ids=SUITES)
def test_suites_are_tests_as_they_stand(tmp_path: Path, row: dict[str, Any]) -> None:
    problem = read_problem(tmp_path, row)
    assert problem.tests == (SuiteTest(code=row["test"]),)
    assert problem.reference == row.get("complete_prompt", "") + (
        row.get("canonical_solution") or row["solution"]
    )


def test_a_row_of_leetcode_is_checked_and_its_prompt_is_setup(tmp_path: Path) -> None:
    """It also has inputs and outputs, which say less."""
    problem = read_problem(tmp_path, LEETCODE)
    assert problem.tests == (
        CheckTest(code=str(LEETCODE["test"]), entry_point="Solution().twoSum"),
    )
    assert (problem.prompt, problem.setup) == ("", LEETCODE["prompt"])
    assert (problem.subject, problem.classes) == ("Solution", ("Solution",))
    problem = read_problem(
        tmp_path, {**LEETCODE, "test": "", "input_output": LEETCODE["input_output"]}
    )
    (test,) = problem.tests
    assert isinstance(test, CallTest)
    assert (test.function, test.kwargs, test.expected) == (
        "Solution.twoSum",
        {"nums": [3, 3], "target": 6},
        [0, 1],
    )


@pytest.mark.parametrize("input_output", [{"inputs": ["1"], "outputs": ["2"]}, '{"inputs": []}'])
def test_code_of_tests_goes_before_inputs_and_outputs(tmp_path: Path, input_output: object) -> None:
    problem = read_problem(tmp_path, {**HUMANEVAL, "input_output": input_output})
    assert problem.tests == (CheckTest(code=CHECK, entry_point="add"),)


@pytest.mark.parametrize(
    ("fields", "beginning", "setup"),
    [
        ({}, HUMANEVAL["prompt"], ""),
        ({"prompt": "Add two numbers."}, "", ""),
        ({"prompt": "add"}, "", ""),
        ({"prompt": "import math\n"}, "", "import math\n"),
        ({"prompt": "class Node:\n    x = 1\n"}, "", "class Node:\n    x = 1\n"),
        ({"prompt": "def add(a, b):\n"}, "def add(a, b):\n", ""),
        ({"prompt": None}, "", ""),
    ],
)
def test_a_prompt_begins_the_solution_or_prepares_it_or_is_words(
    tmp_path: Path, fields: dict[str, Any], beginning: str, setup: str
) -> None:
    row = {**HUMANEVAL, "canonical_solution": None, "solution": ADD, **fields}
    problem = read_problem(tmp_path, row)
    assert (problem.prompt, problem.setup) == (beginning, setup)
    assert problem.reference == ADD


def test_problems_need_no_solution_of_their_own(tmp_path: Path) -> None:
    row = {name: value for name, value in HUMANEVAL.items() if name != "canonical_solution"}
    assert read_problem(tmp_path, row).reference is None
    assert read_problem(tmp_path, {"task_id": 3, "test_list": ["assert x"]}).reference is None


def test_names_of_mbpp_are_numbers_or_whole_names(tmp_path: Path) -> None:
    row = {"test_list": ["assert x"], "code": "x = 1"}
    names = [
        read_problem(tmp_path, {**row, "task_id": name}).task_id for name in (2, "2", "Mbpp/2")
    ]
    assert names == ["MBPP/2", "MBPP/2", "Mbpp/2"]


def test_long_integers_of_a_row_are_read(tmp_path: Path) -> None:
    """As JSON numbers, as keys, in JSON texts and in literals."""
    digits, number = "7" * 5000, 7 * (10**5000 - 1) // 9
    path = tmp_path / "p.jsonl"
    outputs = f'"outputs": [{digits}, 1], "fn_name": "f"'
    lines = [
        f'{{"inputs": [[{digits}], [{{"{digits}": 1}}]], {outputs}}}',
        f'{{"inputs": ["{digits}", "n = ({digits},)"], {outputs}}}',
        f'{{"inputs": [{digits}], "outputs": [{digits}]}}',
    ]
    path.write_text("\n".join(lines))
    calls, texts, program = (problem.tests for problem in datasets.load(path))
    assert [getattr(test, "args", None) for test in calls] == [[number], [{number: 1}]]
    assert [getattr(test, "expected", None) for test in (*calls, *texts)] == [number, 1] * 2
    assert [(test.args, test.kwargs) for test in texts if isinstance(test, CallTest)] == [
        ([number], {}),
        ([], {"n": (number,)}),
    ]
    assert [getattr(test, "stdin", None) for test in program] == [digits]


def test_an_unknown_row_is_told_what_was_seen_and_what_is_needed(tmp_path: Path) -> None:
    with pytest.raises(DatasetError) as caught:
        read_problem(tmp_path, {"question": "Add.", "answer": "3", "inputs": ["1"]})
    message = str(caught.value)
    assert (
        "p.jsonl:1: unknown kind of row with the fields ['answer', 'inputs', 'question']" in message
    )
    for each in FORMATS:
        assert f"{each.needed()} ({each.name})" in message
    assert "inputs, outputs (inputs and outputs)" in message


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({**HUMANEVAL, "entry_point": None}, "so the field 'entry_point' is needed"),
        ({**HUMANEVAL, "entry_point": "a b"}, "like Solution().name, not 'a b'"),
        ({**HUMANEVAL, "test": {"a": 1}}, "the field 'test' must be a string"),
        ({**HUMANEVAL, "test": [1]}, "the field 'test' must be a list of strings"),
        ({"public_tests": {"input": ["1"]}}, "'inputs' and 'outputs' are needed"),
        ({"public_tests": {"input": ["1"], "output": []}}, "public_tests: 1 inputs, but 0 outputs"),
        ({"public_tests": {"input": [], "output": []}}, "there is no test"),
        ({"base_input": [[1]]}, "the field 'prompt' must be a string"),
    ],
    ids=range(8),
)
def test_bad_rows_are_named(tmp_path: Path, row: dict[str, Any], words: str) -> None:
    with pytest.raises(DatasetError, match=r"p\.jsonl:1") as caught:
        read_problem(tmp_path, row)
    assert words in str(caught.value)


def test_a_name_of_too_many_digits_is_named(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text(f'{{"task_id": {"9" * 5000}, "tests": ["assert x"]}}')
    with pytest.raises(DatasetError, match="'task_id' must be a name, not <integer of"):
        list(datasets.load(path))
