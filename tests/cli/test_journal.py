"""The file of finished executions: nothing in it is lost, repeated or mistaken."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.cli.exits import InputError
from runner.cli.journal import LOOK_AHEAD, Journal
from runner.models import ExecutionRequest, ExecutionResult
from tests.cli.results import broken, inconclusive, pair


def test_results_are_found_again_in_whatever_order_they_ended(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    pairs = [pair(f"t{n}", "passed" if n % 2 else "failed") for n in range(5)]
    with Journal(path) as journal:
        for n in (2, 0, 4):
            journal.add(n, *pairs[n])
    with Journal(path) as journal:
        found = [journal.find(n, pairs[n][0]) for n in range(5)]
        assert found == [pairs[0][1], None, pairs[2][1], None, pairs[4][1]]
        journal.add(1, *pairs[1])
        journal.add(3, *pairs[3])
    with Journal(path) as journal:
        assert [journal.find(n, pairs[n][0]) for n in range(5)] == [result for _, result in pairs]


def test_a_line_that_was_not_finished_is_cut_off(tmp_path: Path) -> None:
    """The writer was killed; what it had finished is kept."""
    path = tmp_path / "r.jsonl"
    first, second = pair("a"), pair("b", stdout="x" * 200_000)
    with Journal(path) as journal:
        journal.add(0, *first)
        size = path.stat().st_size
        journal.add(1, *second)
    os.truncate(path, path.stat().st_size - 10)
    with Journal(path) as journal:
        assert path.stat().st_size == size
        assert journal.find(0, first[0]) == first[1]
        assert journal.find(1, second[0]) is None
        journal.add(1, *second)
    with Journal(path) as journal:
        assert journal.find(1, second[0]) == second[1]


@pytest.mark.parametrize("make", [inconclusive, broken])
def test_what_is_inconclusive_is_run_again(
    tmp_path: Path, make: Callable[[str], tuple[ExecutionRequest, ExecutionResult]]
) -> None:
    """Broken tests too: after they are mended, they are another input."""
    request, result = make("a")
    with Journal(tmp_path / "r.jsonl") as journal:
        journal.add(0, request, result)
    with Journal(tmp_path / "r.jsonl") as journal:
        assert journal.find(0, request) is None


def test_another_input_is_noticed(tmp_path: Path) -> None:
    """The same task with another code is another question."""
    path = tmp_path / "r.jsonl"
    with Journal(path) as journal:
        journal.add(0, *pair("a"))
    with Journal(path) as journal, pytest.raises(InputError, match=r"r\.jsonl:1: .*another input"):
        journal.find(0, pair("a", code="x = 2")[0])


@pytest.mark.parametrize("line", ['{"index": 0}', '{"index": "0", "question": ""}'])
def test_lines_that_only_begin_alike_are_refused(tmp_path: Path, line: str) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text(f"{line}\n")
    with Journal(path) as journal, pytest.raises(InputError, match=r"r\.jsonl:1: not a line"):
        journal.find(0, pair("a")[0])


@pytest.mark.parametrize("text", ["[]\n", "x = 1", "x = 1\ny = 2", '{"task_id": 1}\n{"ta'])
def test_another_file_is_refused_and_left_as_it_is(tmp_path: Path, text: str) -> None:
    """Also its last line, which has no end, as a line has that was being written."""
    path = tmp_path / "r.jsonl"
    path.write_text(text)
    with pytest.raises(InputError, match=r"r\.jsonl:1: not a line"):
        Journal(path)
    assert path.read_text() == text


def test_the_first_line_may_be_a_torn_one(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text('{"ind')
    with Journal(path):
        assert path.read_text() == ""


def test_a_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot use .*give the path of a file"):
        Journal(tmp_path)


def test_what_is_missing_is_not_searched_for_to_the_end(tmp_path: Path) -> None:
    """Memory is bounded by how far from its place a line may stand."""
    path = tmp_path / "r.jsonl"
    entry = pair("a")
    with Journal(path) as journal:
        journal.add(1, *entry)
    line = path.read_text().replace('"index": 1', '"index": N')
    path.write_text("".join(line.replace("N", str(n)) for n in range(1, LOOK_AHEAD + 100)))
    with Journal(path) as journal:
        assert journal.find(0, entry[0]) is None
        assert journal.find(1, entry[0]) == entry[1]
        assert len(journal._places) <= LOOK_AHEAD
