"""Files of packages are found by functions that take paths, in a process without files."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from runner.worker.packages import views
from runner.worker.packages.archive import PackageArchive
from runner.worker.packages.installed import ROOT


@pytest.fixture
def shown(archive: PackageArchive, monkeypatch: pytest.MonkeyPatch) -> PackageArchive:
    monkeypatch.setattr(views, "_archive", None)
    views.show(archive)
    return archive


@pytest.mark.usefixtures("shown")
class TestFiles:
    def test_reading(self) -> None:
        path = f"{ROOT}/plain_pkg/data.txt"
        with views.open_file(path, "rb") as file:
            assert (file.name, file.read(4), file.writable()) == (path, b"line", False)
        with views.open_file(Path(path), "r", "utf-8", None, None) as file:
            assert [*file] == ["line one\n", "line two\n"]

    def test_nothing_is_written(self) -> None:
        for mode in ("w", "a", "x", "r+", "rb+", "wb"):
            for name in ("plain_pkg/data.txt", "plain_pkg/new.txt"):
                with pytest.raises(OSError, match="Read-only"):
                    views.open_file(f"{ROOT}/{name}", mode)

    def test_what_cannot_be_opened(self) -> None:
        with pytest.raises(FileNotFoundError):
            views.open_file(f"{ROOT}/absent", "r")
        with pytest.raises(IsADirectoryError):
            views.open_file(f"{ROOT}/plain_pkg", "r")
        library = next(each for each in views.names_in(f"{ROOT}/fast_pkg") or () if "_core" in each)
        with pytest.raises(PermissionError):
            views.open_file(f"{ROOT}/fast_pkg/{library}", "rb")

    @pytest.mark.parametrize(
        "path",
        ["/etc/passwd", f"{ROOT}/../../etc/passwd", f"{ROOT}2/x", "data.txt", b"/etc/passwd", 0],
    )
    def test_all_else_is_not_answered(self, path: object) -> None:
        answers = (
            lambda: views.open_file(path, "r"),
            lambda: views.stat_of(path),
            lambda: views.names_in(path),
            lambda: views.scan(path),
        )
        for answer in answers:
            try:
                assert answer() is None
            except FileNotFoundError:
                assert ".." in str(path)

    def test_directories(self) -> None:
        names = views.names_in(f"{ROOT}/plain_pkg")
        assert names == ["__init__.py", "data.txt", "part.py", "sub", "tests"]
        assert views.names_in(os.fsencode(f"{ROOT}/plain_pkg/sub")) == [b"__init__.py"]
        entries = views.scan(f"{ROOT}/plain_pkg")
        assert entries is not None
        found = {each.name: (each.is_dir(), each.is_file(), each.path) for each in entries}
        assert [*found] == names
        assert found["sub"] == (True, False, f"{ROOT}/plain_pkg/sub")
        assert found["part.py"] == (False, True, f"{ROOT}/plain_pkg/part.py")
        with pytest.raises(NotADirectoryError):
            views.names_in(f"{ROOT}/single_pkg.py")

    def test_facts(self) -> None:
        found = views.stat_of(f"{ROOT}/plain_pkg/data.txt")
        assert found is not None
        assert (found.st_size, found.st_mode & 0o777) == (18, 0o444)
        assert views.may(f"{ROOT}/plain_pkg/data.txt", os.R_OK) is True
        assert views.may(f"{ROOT}/plain_pkg/data.txt", os.W_OK) is False
        assert views.may(f"{ROOT}/plain_pkg", os.R_OK | os.X_OK) is True
        assert views.may(f"{ROOT}/absent", os.F_OK) is False
        assert views.may("/etc/passwd", os.R_OK) is None


#: In a process of its own: what it replaces stays replaced.
_PROGRAM = f"""
import bz2, glob, importlib.metadata, importlib.resources, linecache, os, pathlib, sys, tokenize
from runner.worker.packages import importer, views
from runner.worker.packages.archive import PackageArchive
from runner.worker.subject import files

archive = PackageArchive(sys.argv[1], {ROOT!r})
importer.install(archive)
views.show(archive)
files.install()
root = pathlib.Path({ROOT!r})
import plain_pkg
assert open(plain_pkg.__file__).read().startswith("from .part")
assert (root / "plain_pkg/data.txt").read_text().splitlines() == ["line one", "line two"]
assert os.path.isdir(root / "plain_pkg") and os.path.isfile(plain_pkg.__file__)
assert not os.path.exists(root / "absent") and os.path.exists(sys.argv[1])
assert sorted(each.name for each in root.glob("plain_pkg/*.py")) == ["__init__.py", "part.py"]
assert len(glob.glob({ROOT!r} + "/**/*.py", recursive=True)) == 8
assert [names for _, _, names in os.walk(root / "space_pkg")] == [["inside.py"]]
assert os.path.realpath(root / "plain_pkg") == str(root / "plain_pkg")
assert linecache.getline(plain_pkg.__file__, 1) == "from .part import VALUE\\n"
assert importlib.metadata.version("plain-pkg") == "1.5"
assert importlib.resources.files("plain_pkg").joinpath("data.txt").read_bytes()[:4] == b"line"
assert os.stat in os.supports_follow_symlinks and os.access(root, os.R_OK)
for mode, error in (("r", FileNotFoundError), ("w", PermissionError)):
    try:
        open(sys.argv[1], mode)
    except error:
        continue
    raise AssertionError(mode)
print("done")
"""


@pytest.mark.usefixtures("archive")
def test_programs_find_files_where_they_look_for_them(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(tmp_path / "packages.bin")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("done\n", "")
