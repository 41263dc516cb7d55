"""The digest of the worker depends on names and bytes, and on nothing else."""

from pathlib import Path

import pytest

from runner import fingerprint
from runner.worker.protocol.digest import digest_of_directory


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_equal_content_at_another_place_has_the_same_digest(tmp_path: Path) -> None:
    one = write(tmp_path / "one", {"a.py": "1", "data/b.json": "2"})
    two = write(tmp_path / "two", {"data/b.json": "2", "a.py": "1"})
    assert digest_of_directory(one) == digest_of_directory(two)


def test_compiled_files_do_not_count(tmp_path: Path) -> None:
    root = write(tmp_path, {"a.py": "1"})
    before = digest_of_directory(root)
    write(root, {"__pycache__/a.pyc": "x", "data/__pycache__/b.pyc": "y"})
    assert digest_of_directory(root) == before


@pytest.mark.parametrize(
    "files",
    [
        {"a.py": "1 "},
        {"b.py": "1"},
        {"a.py": "1", "b.py": ""},
        {"a/py": "1"},
        {"a.p": "y1"},
    ],
)
def test_every_other_difference_counts(tmp_path: Path, files: dict[str, str]) -> None:
    original = write(tmp_path / "original", {"a.py": "1"})
    changed = write(tmp_path / "changed", files)
    assert digest_of_directory(original) != digest_of_directory(changed)


def test_a_directory_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        digest_of_directory(tmp_path / "missing")


def test_the_workers_digest_is_that_of_its_directory() -> None:
    assert fingerprint.worker_digest() == digest_of_directory(fingerprint.WORKER_DIRECTORY)


def test_the_digest_of_json_ignores_the_order_of_keys() -> None:
    assert fingerprint.digest_of_json({"a": 1, "b": 2}) == fingerprint.digest_of_json(
        {"b": 2, "a": 1}
    )
