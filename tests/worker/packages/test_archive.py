"""The archive of packages gives back every file of its tree, and nothing else."""

import contextlib
import os
from pathlib import Path

import pytest

from runner.worker.packages.archive import PackageArchive, build
from runner.worker.packages.installed import ROOT


def _content(archive: PackageArchive, name: str) -> bytes:
    entry = archive.find(f"{ROOT}/{name}")
    assert entry is not None
    return archive.read(entry)


def _files(tree: Path) -> list[Path]:
    return [path for path in tree.rglob("*") if path.is_file() and "__pycache__" not in path.parts]


def test_every_file_has_its_content(tree: Path, archive: PackageArchive) -> None:
    for path in _files(tree):
        relative = path.relative_to(tree)
        if "tests" in relative.parts or ".so" in path.name:
            continue
        assert _content(archive, str(relative)) == path.read_bytes()


def test_a_directory_lists_what_is_in_it(tree: Path, archive: PackageArchive) -> None:
    for path in (tree, *(each for each in tree.rglob("*") if each.is_dir())):
        relative = path.relative_to(tree)
        if not {"tests", "__pycache__", "fast_pkg.libs"}.isdisjoint(relative.parts):
            continue
        names = sorted({each.name for each in path.iterdir()} - {"__pycache__"})
        found = archive.list(os.path.normpath(f"{ROOT}/{relative}"))
        assert [each.name for each in found] == names
        assert [each.is_directory for each in found] == [(path / name).is_dir() for name in names]


def test_tests_are_left_out_but_for_what_packages_import(archive: PackageArchive) -> None:
    names = [each.name for each in archive.list(f"{ROOT}/plain_pkg/tests")]
    assert names == ["__init__.py", "_kept.py"]


@pytest.mark.parametrize(
    "path",
    [
        "absent", "plain_pkg/absent", "plain_pkg/part.py/x", "plain", "plain_pk", "..", "../etc/x",
        "plain_pkg/../../packages.bin", "plain_pkg\0part.py", "plain_pkg/\0", "zzz", "",
    ],
)  # fmt: skip
def test_what_is_not_there_is_not_found(archive: PackageArchive, path: str) -> None:
    entry = archive.find(f"{ROOT}/{path}")
    assert entry is None or (path == "" and entry.is_directory)
    assert archive.find(f"/elsewhere/{path}") is None
    assert archive.find(f"{ROOT}2/{path}") is None


@pytest.mark.parametrize(
    "path",
    ["plain_pkg/part.py", "plain_pkg/./part.py", "plain_pkg//part.py", "x/../plain_pkg/part.py"],
)
def test_a_path_may_be_spelled_in_several_ways(archive: PackageArchive, path: str) -> None:
    assert _content(archive, path) == b"VALUE = 'part'\n"


def test_shared_objects_are_named_without_what_comes_with_a_wheel(archive: PackageArchive) -> None:
    names = archive.libraries()
    assert [name.partition(".")[0] for name in names] == ["fast_pkg/_core", "other_pkg"]


def test_the_same_tree_gives_the_same_bytes(tree: Path, tmp_path: Path) -> None:
    made = [tmp_path / name for name in ("one", "two")]
    for target in made:
        build(str(tree), str(target))
        os.utime(tree / "single_pkg.py", (1, 1))
        (tree / "plain_pkg").rename(tree / "moved")  # and in another order on the disk
        (tree / "moved").rename(tree / "plain_pkg")
    assert made[0].read_bytes() == made[1].read_bytes()


def test_a_module_is_compiled_by_the_image_or_not_at_all(tree: Path, tmp_path: Path) -> None:
    cache = next((tree / "__pycache__").glob("single_pkg.*"))
    for content in (None, b"of another Python, and long enough to have a header"):
        cache.unlink()
        if content is not None:
            cache.write_bytes(content)
        build(str(tree), str(tmp_path / "packages.bin"))
        with contextlib.closing(PackageArchive(str(tmp_path / "packages.bin"), ROOT)) as archive:
            entry = archive.find(f"{ROOT}/single_pkg.py")
            assert entry is not None
            assert archive.code(entry) is None
        cache.touch()


def test_another_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other"
    path.write_bytes(b"something else altogether, of some length")
    with pytest.raises(OSError, match="rebuild the image"):
        PackageArchive(str(path), ROOT)
