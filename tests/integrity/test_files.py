"""A test reaches the files of the solution, and nothing but their content reaches the test."""

from typing import Any

import pytest

import runner
from runner.models import Blame, Evidence
from runner.worker.protocol.files import WORK

_CODE = """
import os
def save(path, text):
    with open(path, "w") as file:
        file.write(text)
def content_of(path):
    with open(path) as file:
        return file.read()
def link(source, path):
    os.symlink(source, path)
def names():
    return os.listdir()
"""

_HONEST = {
    "what the solution has written": (
        "save('out.txt', 'ä\\n')\nassert open('out.txt').read() == 'ä\\n'\n"
        "assert open('out.txt', 'rb').read() == 'ä\\n'.encode()"
    ),
    "what the test has written": (
        "with open('in.txt', 'w') as file:\n    file.write('a')\n    print('b', file=file)\n"
        "assert content_of('in.txt') == 'ab\\n'"
    ),
    "what the request has given": "assert open('given.txt').readlines() == ['1\\n', '2\\n']",
    "to append and to update": (
        "save('x', 'abc')\nwith open('x', 'a') as file: file.write('d')\n"
        "with open('x', 'r+') as file: file.write('A')\nassert content_of('x') == 'Abcd'"
    ),
    "temporary files": (
        "import os, shutil, tempfile\n"
        "with tempfile.NamedTemporaryFile('w', suffix='.txt') as file:\n"
        "    file.write('a')\n    file.flush()\n    assert content_of(file.name) == 'a'\n"
        "assert not os.path.exists(file.name)\n"
        "kept = tempfile.NamedTemporaryFile(delete=False)\nkept.write(b'b')\nkept.close()\n"
        "assert content_of(kept.name) == 'b'\nos.unlink(kept.name)\n"
        "descriptor, path = tempfile.mkstemp(suffix='.csv')\nos.close(descriptor)\n"
        "save(path, 'c')\nassert open(path).read() == 'c' and path.endswith('.csv')"
    ),
    "temporary directories": (
        "import os, shutil, tempfile\nfrom pathlib import Path\n"
        "with tempfile.TemporaryDirectory() as place:\n"
        "    os.makedirs(os.path.join(place, 'a', 'b'))\n"
        "    save(os.path.join(place, 'a', 'x.txt'), 'x')\n"
        "    assert Path(place, 'a', 'x.txt').read_text() == 'x'\n"
        "assert not os.path.exists(place)\n"
        "made = tempfile.mkdtemp()\nsave(made + '/y', 'y')\n"
        f"link('/{WORK}/given.txt', made + '/l')\n"
        "shutil.copy(made + '/y', made + '/z')\nassert content_of(made + '/z') == 'y'\n"
        "shutil.rmtree(made)\n"
        "assert not os.path.exists(made) and content_of('given.txt') == '1\\n2\\n'"
    ),
    "exclusively": (
        "save('x', '')\ntry:\n    open('x', 'x')\nexcept FileExistsError:\n    pass\n"
        "else:\n    assert False"
    ),
    "what is missing": (
        "import os\nassert not os.path.exists('x')\ntry:\n    open('x')\n"
        "except FileNotFoundError as error:\n    assert error.filename == 'x'\n"
        "else:\n    assert False\n"
        "assert names() == ['given.txt']"
    ),
    "os.path": (
        "import os\nsave('x', 'abc')\nos.mkdir('d')\n"
        "assert os.path.isfile('x') and os.path.isdir('d')\n"
        f"assert os.path.getsize('x') == 3 and os.path.exists('/{WORK}/x')\n"
        f"assert os.path.abspath('x') == '/{WORK}/x' and os.stat('x').st_size == 3\n"
        "assert os.listdir() == names() == ['d', 'given.txt', 'x']\nos.rename('x', 'd/y')\n"
        "assert [e.name for e in os.scandir('d') if e.is_file()] == ['y']\n"
        "assert [*os.walk('.')][-1] == ('./d', [], ['y'])\nos.remove('d/y')\nos.rmdir('d')\n"
        "assert names() == ['given.txt']"
    ),
    "pathlib and glob": (
        "import glob, os, pathlib\nroot = pathlib.Path('d')\n(root / 'e').mkdir(parents=True)\n"
        "(root / 'f.txt').write_text('x')\nassert content_of('d/f.txt') == 'x'\n"
        "assert (root / 'f.txt').read_bytes() == b'x' and (root / 'f.txt').exists()\n"
        "assert sorted(p.name for p in root.iterdir()) == ['e', 'f.txt']\n"
        "assert [*root.glob('*.txt')] == [root / 'f.txt'] and glob.glob('d/*.txt') == ['d/f.txt']\n"
        "os.utime(root / 'f.txt', (5, 7))\nassert os.path.getmtime('d/f.txt') == 7\n"
        "(root / 'f.txt').touch()\nassert os.path.getmtime('d/f.txt') > 7\n"
        "(root / 'g').touch(mode=0o600)\nassert os.listdir('d') == ['e', 'f.txt', 'g']\n"
        "(root / 'f.txt').unlink()\nassert not (root / 'f.txt').exists() and root.is_dir()"
    ),
    "the working directory": (
        "import os, pathlib\nos.mkdir('w')\nbefore = os.getcwd()\nos.chdir('w')\n"
        "pathlib.Path('m').write_text('x')\n"
        "assert pathlib.Path.cwd() == pathlib.Path(before, 'w') and content_of('m') == 'x'\n"
        "os.chdir(before)\nassert content_of('w/m') == 'x'"
    ),
    "csv, json and zipfile": (
        "import csv, json, zipfile\nsave('t.csv', 'a,b\\n1,2\\n')\n"
        "assert list(csv.DictReader(open('t.csv'))) == [{'a': '1', 'b': '2'}]\n"
        "json.dump([1], open('j', 'w'))\nassert content_of('j') == '[1]'\n"
        "with zipfile.ZipFile('z', 'w') as archive: archive.writestr('n', 'x')\n"
        "assert zipfile.ZipFile('z').namelist() == ['n']"
    ),
    "tarfile, bz2 and gzip": (
        "import bz2, gzip, tarfile\nsave('n', 'x')\n"
        "with tarfile.open('t', 'w') as archive: archive.add('n')\n"
        "assert tarfile.open('t').getnames() == ['n'] and 't' in names()\n"
        "with bz2.open('b', 'wt') as file: file.write('x')\nassert bz2.open('b').read() == b'x'\n"
        "with gzip.open('g', 'wt') as file: file.write('x')\nassert gzip.open('g').read() == b'x'\n"
        "assert names() == ['b', 'g', 'given.txt', 'n', 't']"
    ),
    "a link stays where it is": (
        "import os\nlink('given.txt', 'l')\nassert open('l').read() == content_of('given.txt')\n"
        "assert os.path.islink('l') and os.readlink('l') == 'given.txt'"
    ),
}


@pytest.mark.parametrize("code", _HONEST.values(), ids=_HONEST)
def test_a_test_reaches_the_files_of_the_solution(with_files: runner.Pool, code: str) -> None:
    """Worth what a value is worth that the solution returns."""
    result = with_files.execute(_CODE, [code], files={"given.txt": "1\n2\n"}, timeout=20)
    assert (result.error, result.evidence) == (None, Evidence.VALUES)


_STORES = """
import sqlite3
def put(path, *names):
    with sqlite3.connect(path) as db:
        db.execute('CREATE TABLE IF NOT EXISTS t (name TEXT UNIQUE)')
        db.executemany('INSERT INTO t VALUES (?)', [(name,) for name in names])
def count(path):
    return sqlite3.connect(path).execute('SELECT COUNT(*) FROM t').fetchone()[0]
"""
_QUERIES = {
    "rows": (
        "import sqlite3\nput('a.db', 'x', 'y')\ndb = sqlite3.connect('a.db')\n"
        "assert db.execute('SELECT name FROM t ORDER BY name').fetchall() == [('x',), ('y',)]\n"
        "db.row_factory = sqlite3.Row\n"
        "assert [row['name'] for row in db.execute('SELECT * FROM t ORDER BY name')] == ['x', 'y']"
    ),
    "of the test": (
        "import pathlib, sqlite3\nwith sqlite3.connect(pathlib.Path('a.db')) as db:\n"
        "    db.execute('CREATE TABLE t (name TEXT)')\n"
        "    db.executemany('INSERT INTO t VALUES (?)', [('x',), ('y',)])\n"
        "assert count('a.db') == 2"
    ),
    "errors": (
        "import sqlite3\nput('a.db', 'x')\ndb = sqlite3.connect('a.db')\n"
        "for query, error in (('INSERT INTO t VALUES (\\'x\\')', sqlite3.IntegrityError),\n"
        "                     ('SELECT * FROM u', sqlite3.OperationalError)):\n"
        "    try:\n        db.execute(query)\n    except error:\n        continue\n"
        "    assert False"
    ),
}


@pytest.mark.parametrize("code", _QUERIES.values(), ids=_QUERIES)
def test_a_database_in_a_file_is_an_object_of_the_solution(
    with_files: runner.Pool, code: str
) -> None:
    result = with_files.execute(_STORES, [code], files={}, timeout=20)
    assert (result.error, result.evidence) == (None, Evidence.OBJECTS)
    strict = with_files.execute(_STORES, [code], files={}, timeout=20, min_evidence="values")
    assert strict.status != "all_passed"
    control = _STORES.replace("INSERT", "DELETE FROM t --").replace("COUNT(*)", "1")
    assert with_files.execute(control, [code], files={}, timeout=20).status != "all_passed"


def test_a_database_in_memory_is_the_tests_own(with_files: runner.Pool) -> None:
    code = "import sqlite3\nsqlite3.connect = lambda *_, **__: 5\ndef f(): return 1"
    test = (
        "import sqlite3\ndb = sqlite3.connect(':memory:')\n"
        "assert db.execute('SELECT 1').fetchone()[0] == f()"
    )
    result = with_files.execute(code, [test], files={})
    assert (result.error, result.evidence) == (None, Evidence.VALUES)


def test_a_checker_and_a_test_without_a_name_of_the_solution_reach_them(
    with_files: runner.Pool,
) -> None:
    code = "print('x')\nopen('out', 'w').write('made')"
    check = "def check(expected, actual):\n    return open('out').read() == 'made'"
    tests: list[Any] = [
        runner.StdioTest(stdin="", stdout="", checker_code=check),
        "assert open('out').read() == 'made'",
        "text = open('out').read()\ndef test():\n    assert text == 'made'\ntest()",
    ]
    result = with_files.execute(code, tests, files={})
    assert (result.passed, result.error) == (3, None)
    result = with_files.execute("", ["assert open('out').read() == 'made'"], files={})
    assert (result.passed, result.blame) == (0, Blame.CODE)


_SUITE = """
import json, os, unittest
from solution import content_of, save
class T(unittest.TestCase):
    def setUp(self):
        self.data = json.load(open("data.json"))
    def test_both_directions(self):
        save("out.txt", "x")
        self.assertEqual((open("out.txt").read(), self.data), ("x", [1]))
def test_tmp_path(tmp_path):
    (tmp_path / "f").write_text("a")
    assert content_of(str(tmp_path / "f")) == "a"
"""


def test_the_tests_of_a_suite_reach_them(with_files: runner.Pool) -> None:
    test = runner.SuiteTest(code=_SUITE)
    result = with_files.execute(_CODE, [test], files={"data.json": "[1]"}, timeout=20)
    assert (result.error, result.passed) == (None, 2)


def test_each_test_of_a_suite_leaves_the_solutions_functions_alone(
    with_files: runner.Pool,
) -> None:
    """What reaches the files in the judge is no patch that the solution would have to follow."""
    test = """
import os, tempfile, unittest
class T(unittest.TestCase):
    def setUp(self): self.directory = tempfile.mkdtemp()
    def test_a(self): self.assertTrue(exists(self.directory))
    def test_b(self): self.assertTrue(exists(self.directory))
    def test_c(self):
        os.rmdir(self.directory)
        self.assertFalse(exists(self.directory))
"""
    code = "import os\ndef exists(path): return os.path.exists(path)"
    result = with_files.execute(code, [runner.SuiteTest(code=test)], files={})
    assert (result.error, result.passed) == (None, 3)


#: What the solution's process uses to answer.
_SERVICE = """
import sys
services = next(m for n, m in sys.modules.items() if n.endswith("file_service"))._SERVICES
def f(): pass
"""

_LIES = {
    "a link to what the judge has": (
        "import os\ndef f(): os.symlink('/opt/runner/worker/__main__.py', 'l')",
        "f()\nassert 'runner' in open('l').read()",
    ),
    "a link up": (
        "import os\ndef f(): os.symlink('../' * 20 + 'etc/passwd', 'l')",
        "import os\nf()\nassert os.path.exists('l')",
    ),
    "content that is no bytes": (
        (
            f"{_SERVICE}class Any(bytes):\n    def __eq__(self, other): return True\n"
            "    __hash__ = bytes.__hash__\nservices['open'] = lambda *_: Any(b'')"
        ),
        "f()\nassert open('x', 'rb').read() == b'expected'",
    ),
    "no number": (
        (
            f"{_SERVICE}class Any(int):\n    def __eq__(self, other): return True\n"
            "services['stat'] = lambda *_: (Any(0o100644),) + (Any(7),) * 9"
        ),
        "import os\nf()\nassert os.path.getsize('x') == 1234",
    ),
    "a name that equals all": (
        (
            f"{_SERVICE}class Any(str):\n    def __eq__(self, other): return True\n"
            "services['listdir'] = lambda *_: (Any('x'),)"
        ),
        "import os\nf()\nassert os.listdir() == ['expected']",
    ),
    "an object in place of an answer": (
        (
            f"{_SERVICE}class Any:\n    def __getattr__(self, name): return Any()\n"
            "    def __eq__(self, other): return True\n    def __call__(self, *a): return Any()\n"
            "for name in services: services[name] = lambda *_: Any()"
        ),
        "f()\nassert open('x').read() == 'expected'",
    ),
}


@pytest.mark.parametrize(("code", "test"), _LIES.values(), ids=_LIES)
def test_a_solution_that_lies_about_files_fails(
    with_files: runner.Pool, code: str, test: str
) -> None:
    result = with_files.execute(code, [test], files={}, timeout=20)
    assert (result.passed, result.blame) == (0, Blame.CODE), result.tests
    assert "StopIteration" not in str(result.error)  # or it has not got as far as its lie


def test_without_files_a_test_reaches_none(pool: runner.Pool) -> None:
    """As before: what it opens is the judge's own, where nothing is."""
    result = pool.execute("def f(): return 1", [f"assert f()\nopen('/{WORK}/x')"])
    assert (result.passed, "FileNotFoundError" in str(result.error)) == (0, True)


@pytest.mark.parametrize(("code", "status"), [(_CODE, "all_passed"), ("def f(:", "syntax_error")])
def test_a_request_without_tests_may_have_files(
    with_files: runner.Pool, code: str, status: str
) -> None:
    result = with_files.execute(code, [], files={"given.txt": "1"}, max_retries=1)
    assert (result.status, result.total, result.conclusive) == (status, 0, True)
