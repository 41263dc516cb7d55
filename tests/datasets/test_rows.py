"""Lines that are not rows: each is named, and the others are read."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from runner import datasets
from runner.errors import DatasetError

_PROBLEM = {"task_id": "a", "tests": ["assert x"], "code": "x = 1"}
_SAMPLE = {"task_id": "a", "solution": "x = 1"}

#: A bad line, and what is said of it.
_BAD = {
    "not JSON": (b"{'task_id': 1}", "not JSON"),
    "text": (b"# comment", "not JSON"),
    "a list": (b"[1]", "an object is needed, not list"),
    "a number": (b"3", "an object is needed, not int"),
    "null": (b"null", "an object is needed, not NoneType"),
    "not UTF-8": (b'{"task_id": "\xff"}', "; save the file as UTF-8"),
    "zeros": (b"\0\0", "not JSON"),
    "deep": (b"[" * 100_000, "not JSON"),
    "other fields": (b'{"id": 3}', "s"),
    "cut off": (json.dumps(_PROBLEM).encode()[:-5], "not JSON"),
}


def _read(kind: str, path: Path, skip: Any) -> list[str]:
    if kind == "problems":
        return [problem.task_id for problem in datasets.load(path, skip=skip)]
    return [sample.task_id for sample in datasets.read_samples(path, skip=skip)]


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("kind", ["problems", "samples"])
@pytest.mark.parametrize(("line", "words"), _BAD.values(), ids=_BAD)
def test_a_bad_line_is_named_and_the_others_are_read(
    tmp_path: Path, kind: str, line: bytes, words: str, place: int
) -> None:
    """First, in between, and last without a line end, in plain and gzipped files."""
    good = json.dumps(_PROBLEM if kind == "problems" else _SAMPLE).encode()
    lines = [good, b"", good]
    lines.insert(place, line)
    for name, pack in (("p.jsonl", bytes), ("p.jsonl.gz", gzip.compress)):
        path = tmp_path / name
        path.write_bytes(pack(b"\r\n".join(lines)))
        errors: list[DatasetError] = []
        assert _read(kind, path, errors.append) == ["a", "a"]
        (error,) = errors
        assert f"{name}:{place + 1}: " in str(error)
        assert words in str(error)
        with pytest.raises(DatasetError, match=f"{name}:{place + 1}: "):
            _read(kind, path, _raise)


def _raise(error: DatasetError) -> None:
    raise error


def test_a_list_ends_where_it_cannot_be_read_on(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    path.write_text(f"[\n{json.dumps(_PROBLEM)},\n3,\n{{,\n{json.dumps(_PROBLEM)}]")
    errors: list[DatasetError] = []
    assert _read("problems", path, errors.append) == ["a"]
    assert [str(error).removeprefix(f"{path}:")[:2] for error in errors] == ["3:", "4:"]
    assert "what follows in the list cannot be read" in str(errors[1])


@pytest.mark.parametrize(
    ("name", "pack"), [("p.jsonl", gzip.compress), ("p.json.gz", gzip.compress), ("p.json", bytes)]
)
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_files_are_read_as_what_they_are(tmp_path: Path, name: str, pack: Any, mark: bytes) -> None:
    """A gzipped file may lack its suffix; ``.json`` holds a list or lines, gzipped or not."""
    path = tmp_path / name
    lines = f"{json.dumps(_PROBLEM)}\n{json.dumps(_PROBLEM)}\n"
    texts = [lines] if "jsonl" in name else [lines, json.dumps([_PROBLEM, _PROBLEM])]
    for text in texts:
        path.write_bytes(pack(mark + text.encode()))
        assert _read("problems", path, _raise) == ["a", "a"]


def test_a_list_in_a_file_of_lines_is_told_where_it_belongs(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text(json.dumps([_PROBLEM], indent=1))
    with pytest.raises(DatasetError, match=r"a list in a file whose name ends in \.json"):
        _read("problems", path, _raise)


@pytest.mark.parametrize("kind", ["problems", "samples"])
def test_a_file_that_cannot_be_read_is_not_a_bad_row(tmp_path: Path, kind: str) -> None:
    short = tmp_path / "short.jsonl.gz"
    short.write_bytes(gzip.compress(json.dumps(_SAMPLE).encode())[:-20])
    for path in (tmp_path / "none.jsonl", *([tmp_path] if kind == "samples" else []), short):
        with pytest.raises(DatasetError, match="cannot read"):
            _read(kind, path, lambda _: None)


def test_a_file_that_is_not_gzipped_is_told_what_is_needed(tmp_path: Path) -> None:
    (path := tmp_path / "plain.jsonl.gz").write_text("plain")
    with pytest.raises(DatasetError, match="a file of JSON lines is needed, plain or gzipped"):
        _read("problems", path, _raise)
