"""The paths of ``tmpdir`` behave as in pytest, and a pass with them cannot be forged."""

import subprocess
import sys
from pathlib import Path

import pytest

import runner
from runner import SuiteTest
from runner.models import Evidence

_CODE = """
import os
def names(directory):
    return sorted(os.listdir(directory))
def below(directory, name):
    return os.path.join(directory, name)
def same(path):
    return path
def texts(path):
    return str(path), f"{path}", (path / "a").basename, path.join("b.c").ext
def save(path):
    path.join("made").ensure("x.txt").write(3)
"""

_SUITE = """
import os, pathlib, pytest
from solution import below, names, same, save, texts

def test_crosses(tmpdir):
    assert same(tmpdir) == tmpdir and hash(same(tmpdir)) == hash(tmpdir)
    assert below(tmpdir, "x") == os.path.join(tmpdir, "x") == tmpdir.join("x") == tmpdir / "x"
    assert texts(tmpdir) == (str(tmpdir), str(tmpdir), "a", ".c")
    assert [same(tmpdir)] == [str(tmpdir)] and tmpdir != 3 and tmpdir < tmpdir.join("x")
    assert repr(tmpdir) == f"local({str(tmpdir)!r})"

def test_parts(tmpdir):
    path = tmpdir.join("a", "b.txt")
    assert (path.basename, path.purebasename, path.ext) == ("b.txt", "b", ".txt")
    assert path.dirname == tmpdir.join("a") == path.dirpath() and path.strpath == str(path)
    assert path.relto(tmpdir) == "a/b.txt" and tmpdir.relto(path) == ""
    assert path.dirpath("c") == tmpdir / "a" / "c" and tmpdir + "x" == str(tmpdir) + "x"

def test_contents(tmpdir):
    path = tmpdir.mkdir("sub").join("hello.txt")
    path.write("content")
    assert path.read() == same(path).read() == "content" and path.read_binary() == b"content"
    path.write("a\\nb\\n", mode="a")
    assert path.readlines() == ["contenta\\n", "b\\n"] and path.size() == 11
    path.write_text("ä", encoding="latin-1")
    assert path.read_text(encoding="latin-1") == "ä" and path.read("rb") == b"\\xe4"
    path.write_binary(b"\\x00")
    with path.open("rb") as file:
        assert file.read() == b"\\x00"
    tmpdir.join("new", "deep").write("", ensure=True)
    assert names(tmpdir) == ["new", "sub"] and names(tmpdir / "sub") == ["hello.txt"]

def test_questions(tmpdir):
    assert tmpdir.check() and tmpdir.check(dir=1) and tmpdir.check(file=0) and tmpdir.isdir()
    assert not tmpdir.join("x").exists() and tmpdir.join("x").check(exists=0)
    save(tmpdir)
    assert tmpdir.join("made", "x.txt").read() == "3" and tmpdir.join("made", "x.txt").isfile()
    assert tmpdir.listdir() == [tmpdir.join("made")]
    assert [each.basename for each in tmpdir.visit("*.txt")] == ["x.txt"]
    assert tmpdir.join("made").mtime() == os.stat(tmpdir.join("made")).st_mtime

def test_changes(tmpdir):
    first = tmpdir.ensure("a", "b")
    tmpdir.ensure("c", dir=True)
    first.copy(tmpdir.join("d"))
    tmpdir.join("d").rename(tmpdir.join("e"))
    tmpdir.join("l").mksymlinkto(tmpdir.join("e"))
    assert names(tmpdir) == ["a", "c", "e", "l"] and tmpdir.join("l").check(link=1)
    tmpdir.join("a").remove()
    tmpdir.join("l").remove()
    with tmpdir.as_cwd():
        assert names(".") == ["c", "e"]
    before = tmpdir.chdir()
    assert os.getcwd() == tmpdir
    before.chdir()

@pytest.fixture(scope="module")
def shared(tmpdir_factory):
    made = tmpdir_factory.mktemp("data")
    made.join("f").write("x")
    return made

def test_factory(shared, tmpdir_factory, tmp_path, tmpdir):
    assert names(shared) == ["f"] and names(str(shared)) == ["f"] and str(tmp_path) == tmpdir
    assert shared.dirpath() == tmpdir_factory.getbasetemp() and pathlib.Path(shared).is_dir()
"""

_LIAR = """
class Path:
    def __fspath__(self): return "/"
    def __eq__(self, other): return True
    def __lt__(self, other): return True
    __gt__ = __lt__
    def __hash__(self): return 1
class Text(str):
    def __eq__(self, other): return True
    __hash__ = str.__hash__
def same(path): return Path()
def below(path, name): return Text("/lie")
def other(path): return type(path)("/lie")
def derived(path):
    class Derived(type(path)):
        __slots__ = ()
        def __eq__(self, other): return True
        __hash__ = None
    return Derived("/lie")
def patched(path):
    type(path).__eq__ = lambda self, other: True
    type(path).__fspath__ = lambda self: "/lie"
    return path.join("x")
def shown(path):
    type(path).__str__ = lambda self: None
    return path
"""

_LIES = {
    "an object that equals everything": "same(tmpdir) == tmpdir",
    "a path that is asked": "tmpdir == same(tmpdir)",
    "an order": "tmpdir < same(tmpdir)",
    "a member": "same(tmpdir) in [tmpdir]",
    "a text that equals everything": "tmpdir == below(tmpdir, 'x')",
    "another path": "other(tmpdir) == tmpdir",
    "a derived path": "derived(tmpdir) == tmpdir",
    "a patched class": "patched(tmpdir) == tmpdir",
    "a path without a text": "shown(tmpdir) == tmpdir",
}


def test_the_suite_passes_in_pytest(tmp_path: Path) -> None:
    (tmp_path / "solution.py").write_text(_CODE)
    (tmp_path / "test_it.py").write_text(_SUITE)
    options = ["-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path)]
    command = [sys.executable, "-m", "pytest", *options, "test_it.py"]
    subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=60, check=True)


def test_the_suite_passes(with_files: runner.Pool) -> None:
    result = with_files.execute(_CODE, [SuiteTest(code=_SUITE)], files={})
    assert result.status == "all_passed", result.error
    assert result.evidence is Evidence.VALUES


@pytest.mark.parametrize("lie", _LIES.values(), ids=_LIES)
def test_a_solution_that_lies_about_a_path_fails(with_files: runner.Pool, lie: str) -> None:
    suite = f"from solution import *\ndef test(tmpdir):\n    assert {lie}"
    result = with_files.execute(_LIAR, [SuiteTest(code=suite)], files={})
    assert result.passed == 0
    assert result.conclusive
