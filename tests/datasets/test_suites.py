"""Readers of rows and directories whose tests are files of unittest or pytest."""

import json
from pathlib import Path
from typing import Any

import pytest

import runner
from runner.datasets import load
from runner.datasets.suites import is_suite
from runner.errors import DatasetError
from runner.models import AssertTest, SuiteTest

_TESTS = "from solution import add\n\ndef test_add():\n    assert add(1, 2) == 3\n"
_CASES = (
    "import unittest\n\nclass AddTest(unittest.TestCase):\n"
    "    def test_add(self):\n        self.assertEqual(Adder().add(1, 2), 3)\n"
)
_ADDER = "class Adder:\n    def add(self, a, b):\n        return a + b\n"

_ROWS: dict[str, dict[str, Any]] = {
    "KodCode": {"question_id": "k", "solution": "def add(a, b): return a + b", "test": _TESTS},
    "KodCode's demo": {"response": "def add(a, b): return a + b", "test_code": _TESTS},
    "ClassEval": {
        "task_id": "ClassEval_0",
        "class_name": "Adder",
        "import_statement": "['import datetime']",
        "solution_code": _ADDER,
        "test": f"{_CASES}        self.assertTrue(datetime)\n",
    },
    "BigCodeBench": {
        "task_id": "BigCodeBench/0",
        "entry_point": "task_func",
        "code_prompt": "import math\ndef task_func(n):\n",
        "canonical_solution": "    return math.sqrt(n)\n",
        "test": (
            "import unittest\nclass TestCases(unittest.TestCase):\n"
            "    def test_case_1(self):\n        self.assertEqual(task_func(4), 2)\n"
        ),
    },
    "CRUXEval": {
        "id": "sample_0",
        "code": "def f(a):\n    return a[::-1]",
        "input": "'ab'",
        "output": "'ba'",
    },
}


@pytest.mark.parametrize("name", _ROWS)
def test_the_reference_passes_and_nothing_does_not(
    pool: runner.Pool, tmp_path: Path, name: str
) -> None:
    path = tmp_path / "rows.json"
    path.write_text(json.dumps([_ROWS[name]]))
    (problem,) = load(path)
    result = pool.execute(problem.request())
    assert (result.status, result.evidence) == ("all_passed", "values"), result.error
    nothing = "def add(*_): pass\ntask_func = f = add\nclass Adder:\n    add = add"
    wrong = pool.execute(problem.request(nothing))
    assert (wrong.passed, wrong.blame) == (0, "code")


def test_rows_of_bigcodebench_have_a_work_directory(tmp_path: Path) -> None:
    """They name the libraries that they need, and write files with these."""
    row = {**_ROWS["BigCodeBench"], "libs": "['math']"}
    (tmp_path / "rows.jsonl").write_text(json.dumps(row))
    (problem,) = load(tmp_path / "rows.jsonl")
    assert problem.request().files == {}


_FILES = {
    "solution.py": "def add(a, b): return a + b\n",
    "test_it.py": _TESTS,
    "more_test.py": "import solution\ndef test_zero(): assert solution.add(0, 0) == 0\n",
}
_EXERCISE = {
    "two-fer/two_fer.py": "def add(a, b): pass\n",
    "two-fer/two_fer_test.py": _TESTS.replace("solution", "two_fer"),
    "two-fer/.meta/example.py": "def add(a, b): return a + b\n",
    "nothing/readme.md": "no test",
}


def _write(place: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return place


@pytest.mark.parametrize(("files", "task"), [(_FILES, "place"), (_EXERCISE, "two-fer")])
def test_a_directory_is_a_problem(
    pool: runner.Pool, tmp_path: Path, files: dict[str, str], task: str
) -> None:
    (problem,) = load(_write(tmp_path / "place", files))
    assert problem.task_id == task
    assert pool.execute(problem.request()).status == "all_passed"
    assert pool.execute(problem.request("def add(a, b): pass")).passed == 0


_DATA = {
    "sums/solution.py": "def total(name): return sum(map(int, open(name)))\n",
    "sums/test_total.py": "from solution import total\n"
    "def test_total(): assert total('numbers.txt') == 6 and total('more/n.txt') == 9\n",
    "sums/numbers.txt": "1\n2\n3\n",
    "sums/more/n.txt": "9\n",
    "sums/more/code.py": "no data",
    "sums/.hidden": "no data",
    "sums/.git/config": "no data",
    "sums/other/test_it.py": "def test(): pass",
    "sums/other/of_another.txt": "no data",
}


def test_data_files_beside_the_tests_are_files_of_the_request(
    with_files: runner.Pool, tmp_path: Path
) -> None:
    """Control: without them the reference fails. A link is left out, for it may lead anywhere."""
    place = _write(tmp_path, _DATA) / "sums"
    (tmp_path / "secret").write_text("secret")
    (place / "link.txt").symlink_to(tmp_path / "secret")
    (place / "links").symlink_to(tmp_path)
    (problem,) = (each for each in load(place) if each.task_id == "sums")
    assert problem.files == {"numbers.txt": b"1\n2\n3\n", "more/n.txt": b"9\n"}
    assert with_files.execute(problem.request()).status == "all_passed"
    without = problem.model_copy(update={"files": None})
    assert with_files.execute(without.request()).passed == 0


@pytest.mark.parametrize(("count", "length"), [(1001, 0), (2, 33 * 1024 * 1024)])
def test_too_many_data_files_are_an_error(tmp_path: Path, count: int, length: int) -> None:
    _write(tmp_path, _FILES)
    for number in range(count):
        with (tmp_path / f"{number}.bin").open("wb") as file:
            file.truncate(length)
    with pytest.raises(DatasetError, match="move what the tests do not need elsewhere"):
        list(load(tmp_path))


def test_a_directory_without_data_files_asks_for_no_work_directory(tmp_path: Path) -> None:
    (problem,) = load(_write(tmp_path / "place", _FILES))
    assert problem.request().files is None


def test_a_directory_without_tests_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"no test file \(test_\*\.py or \*_test\.py\)"):
        list(load(_write(tmp_path, {"solution.py": ""})))


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (_TESTS, True),
        (_CASES, True),
        ("import solution\nassert solution.f(1)", True),
        ("if True:\n    def test_f(): pass", True),
        ("assert f(1) == 2", False),
        ("def check(candidate): pass", False),
        ("import solutions", False),
        ("def test(", False),
    ],
)
def test_suites_are_told_by_what_they_define_and_import(code: str, *, expected: bool) -> None:
    assert is_suite(code) is expected


def test_other_code_stays_a_snippet(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    rows = [{"test": "assert f(1)"}, {"test": _TESTS}]
    path.write_text(
        "".join(f"{json.dumps({'task_id': str(n), **row})}\n" for n, row in enumerate(rows))
    )
    kinds = [type(problem.tests[0]) for problem in load(path)]
    assert kinds == [AssertTest, SuiteTest]
