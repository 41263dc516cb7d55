"""A program with a work directory has that directory, as much of it as it may, and nothing else."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import runner
from runner.models import RunStatus
from runner.worker.kernel.syscall_numbers import NUMBERS
from runner.worker.protocol.files import WORK

from .file_probes import FILE_PROBES, WITHIN
from .harness import in_a_weak_container
from .probes import PROBES, Probe, program

_SECRET = "SECRET-OF-THE-TESTS"
_ALL = [*PROBES, *FILE_PROBES]


@pytest.fixture(scope="module", autouse=True)
def _has_directories(no_files: str) -> None:
    if no_files:
        pytest.skip(no_files)


@pytest.fixture(scope="module")
def small(backend: str) -> Any:
    with runner.Pool(name="files", workers=1, spares=0, backend=backend) as pool:
        yield pool


@pytest.fixture(scope="module")
def outcomes(pool: runner.Pool) -> dict[str, str]:
    tests = [
        runner.CallTest(function="outcome", args=[probe.name], expected=_SECRET) for probe in _ALL
    ]
    result = pool.execute(program(NUMBERS, _ALL), tests, timeout=10, files={"given": "x"})
    assert len(result.tests) == len(_ALL), result.error
    return {probe.name: test.message for probe, test in zip(_ALL, result.tests, strict=True)}


@pytest.fixture(scope="module")
def control() -> dict[str, str]:
    """Never on this machine: some of them would change it."""
    return in_a_weak_container(FILE_PROBES)


@pytest.mark.parametrize("probe", _ALL, ids=[probe.name for probe in _ALL])
def test_no_probe_gets_out_of_the_directory(outcomes: dict[str, str], probe: Probe) -> None:
    through = "THROUGH" in outcomes[probe.name]
    if probe.name in WITHIN:
        assert through, outcomes[probe.name]
    else:
        assert through <= bool(probe.waived), outcomes[probe.name]


@pytest.mark.engine
@pytest.mark.parametrize("probe", FILE_PROBES, ids=[probe.name for probe in FILE_PROBES])
def test_each_probe_gets_through_where_nothing_protects(
    control: dict[str, str], probe: Probe
) -> None:
    assert "THROUGH" in control[probe.name] or probe.never, control[probe.name]


#: Programs that leave as much trouble as they can; each ends with exit code 0.
TROUBLE = {
    "deep tree": (
        "import os\ntry:\n    while True:\n"
        "        os.mkdir('d' * 200)\n        os.chdir('d' * 200)\n"
        "except OSError:\n    pass"
    ),
    "many files": (
        "try:\n    for n in range(10 ** 6): open(f'{n}', 'w').close()\nexcept OSError: pass"
    ),
    "many links": (
        "import os\nopen('f', 'w').close()\n"
        "try:\n    for n in range(10 ** 6): os.link('f', f'{n}')\n"
        "except OSError: pass"
    ),
    "names of any bytes": (
        "for n in range(1, 256):\n    if n not in b'./': open(bytes([n]), 'w').close()\n"
        "open(b'\\xff' * 255, 'w').close()"
    ),
    "names that clean-up could use": (
        "import os\nfor n in range(50): os.makedirs(f'{n}/{n}/root/ballast/work')"
    ),
    "nothing may be entered": (
        "import os\nos.makedirs('a/b')\nopen('a/b/c', 'w').write('x')\n"
        "for path in ('a/b/c', 'a/b', 'a', '.', '/tmp'): os.chmod(path, 0)"
    ),
    "loops of links": (
        "import os\nos.symlink('.', 'here')\nos.symlink('b', 'a')\nos.symlink('a', 'b')\n"
        "os.mkdir('d')\nos.symlink('../d', 'd/d')"
    ),
    "full": (
        "try:\n    with open('/tmp/f', 'wb') as f:\n        while True: f.write(bytes(1 << 20))\n"
        "except OSError: pass"
    ),
    "sparse": "f = open('s', 'wb')\nf.truncate(16 << 20)\nf.seek(15 << 20)\nf.write(b'x')",
    "open and removed": (
        "import os\nfor n in range(30):\n    f = os.open('f', os.O_CREAT | os.O_RDWR)\n"
        "    os.write(f, bytes(100000))\n    os.unlink('f')"
    ),
    "without a name": "import os\nos.write(os.open('.', os.O_TMPFILE | os.O_RDWR), bytes(1 << 20))",
    "locks": (
        "import fcntl, os\nf = os.open('f', os.O_CREAT | os.O_RDWR)\n"
        "fcntl.flock(f, fcntl.LOCK_EX)\n"
        "for n in range(1000): fcntl.lockf(f, fcntl.LOCK_EX, 1, 2 * n)"
    ),
    "written until the end": (
        "import os, threading\ndef write(n):\n    while True:\n"
        "        open(f'{n}', 'w').write('x' * 1000)\n        os.replace(f'{n}', f'{n}.old')\n"
        "for n in range(4): threading.Thread(target=write, args=(n,), daemon=True).start()\n"
        "import time\ntime.sleep(0.1)\nos._exit(0)"
    ),
    "files in place of directories": (
        "import os, shutil\nos.chdir('/tmp')\nos.symlink('/work', 'w')\n"
        "shutil.rmtree('/work', ignore_errors=True)"
    ),
}


@pytest.mark.parametrize("code", TROUBLE.values(), ids=TROUBLE)
def test_nothing_remains_of_what_a_program_does(small: runner.Pool, code: str) -> None:
    """In the same sandbox, which would be thrown away if anything remained."""
    before = small.stats().pool_worker_replacement_count
    result = small.run(code, files={"given": "x"})
    assert (result.status, result.exit_code) == (RunStatus.FINISHED, 0), result.stderr
    look = (
        "import os, shutil\nprint(os.listdir('/'), os.listdir('.'), os.listdir('/tmp'))\n"
        "print(shutil.disk_usage('.').free)"
    )
    seen = small.run(look)
    assert seen.stdout == f"['tmp', 'work'] [] []\n{16 << 20}\n"
    assert small.stats().pool_worker_replacement_count == before


_FILL = """
import os
size = count = 0
try:
    with open("f", "wb", buffering=0) as f:
        while True: size += f.write(bytes(4096))
except OSError as error:
    print(error.errno)
os.remove("f")
try:
    while True:
        os.mkdir(str(count))
        count += 1
except OSError as error:
    print(error.errno)
print(size, count)
"""


@pytest.mark.parametrize(
    ("size", "count"), [(0, 1), (8192, 3), (1 << 20, 1000), (5 << 20, 999), (64 << 20, 10)]
)
def test_both_limits_are_those_of_the_kernel(small: runner.Pool, size: int, count: int) -> None:
    """To the page and to the file, and the program is told by an error that it can handle."""
    limits = runner.Limits(files_bytes=size, files_count=count)
    result = small.run(_FILL, limits=limits, timeout=20)
    *errors, sizes = result.stdout.splitlines()
    assert sizes == f"{size} {count}", result
    assert set(errors) <= {"27", "28"}  # EFBIG where one file is as large as all may be


def test_each_test_begins_with_the_files_as_they_were_given(pool: runner.Pool) -> None:
    """Whatever the tests before it have done, and those of another request."""
    code = (
        "import os\ndef f():\n    text = open('a').read(), open('d/b', 'rb').read(), os.listdir()\n"
        "    open('a', 'w').write('changed')\n    open('new', 'w').write('x')\n    return text\n"
    )
    tests = ["assert f() == ('ä', b'\\xff\\0', ['a', 'd'])"] * 3
    for _ in range(2):
        result = pool.execute(code, tests, files={"d/b": b"\xff\0", "a": "ä"})
        assert result.passed == 3, result.error


def test_without_files_nothing_can_be_opened(pool: runner.Pool) -> None:
    """Beside requests that have a directory, also with an empty one."""
    code = f"def f():\n    open('/{WORK}/a', 'w').write('x')\n    return True"
    for files, passed in (({}, 1), (None, 0), ({"a": ""}, 1), (None, 0)):
        assert pool.execute(code, ["assert f()"], files=files).passed == passed


def test_files_are_listed_in_the_order_of_their_names(pool: runner.Pool) -> None:
    """Kernels differ in theirs; so do digests that depend on it."""
    code = (
        "import glob, os, pathlib\ndef f():\n    for name in 'zbya': open(name, 'w').close()\n"
        "    return [os.listdir(), [e.name for e in os.scandir()], glob.glob('*'),\n"
        "            [p.name for p in pathlib.Path().iterdir()], [f for *_, f in os.walk('.')][0]]"
    )
    wanted = ["a", "b", "c", "m", "y", "z"]
    result = pool.execute(code, [f"assert f() == {[wanted] * 5}"], files={"m": "", "c": ""})
    assert result.passed == 1, result.error


def test_a_program_leaves_files_that_are_new_or_changed(pool: runner.Pool) -> None:
    """Regular files, however it ends."""
    code = (
        "import os\nopen('new', 'wb').write(b'\\0\\xff')\nopen('changed', 'a').write('!')\n"
        "os.remove('gone')\nos.makedirs('d/e')\nopen('d/e/f', 'w').write('f')\n"
        "os.symlink('/etc/passwd', 'link')\n"
        "left = open('unwritten', 'w')\nleft.write('end')\nraise SystemExit(3)"
    )
    files = {"changed": "a", "same": "b", "gone": "c"}
    result = pool.run(code, files=files)
    assert (result.exit_code, result.files_truncated) == (3, False)
    assert result.files == {
        "new": b"\0\xff",
        "changed": b"a!",
        "d/e/f": b"f",
        "unwritten": b"end",
    }
    assert runner.RunResult.from_json(result.to_json()) == result
    assert pool.run("while True: open('x', 'w').write('x')", timeout=0.3).files.keys() <= {"x"}


def test_what_exceeds_the_limit_is_left_out(pool: runner.Pool) -> None:
    """A sparse file is as large as it says. So are names that are no text."""
    code = (
        "open('small', 'w').write('x')\nfor name in ('big', 'c'):\n"
        "    f = open(name, 'wb')\n    f.truncate(5000)"
    )
    result = pool.run(code, limits=runner.Limits(files_bytes=8192))
    assert (result.files_truncated, {*result.files}) == (True, {"small", "big"})
    result = pool.run("open(b'\\xff', 'w').close()\nopen('a', 'w').close()")
    assert (result.files_truncated, result.files) == (True, {"a": b""})


def test_files_of_a_plain_machine_behave_as_they_do_there(
    pool: runner.Pool, tmp_path: Path
) -> None:
    """What a program of csv, sqlite3, zipfile, shutil, tempfile and pathlib prints."""
    code = """
import csv, gzip, os, pathlib, shutil, sqlite3, tarfile, tempfile, zipfile
print(os.path.basename(__file__), open("data.csv").read(), list(csv.reader(open("data.csv"))))
with sqlite3.connect("db") as base:
    base.execute("create table t (x)")
    base.execute("insert into t values (1)")
print(base.execute("select * from t").fetchall())
with zipfile.ZipFile("z.zip", "w") as archive:
    archive.write("data.csv")
print(zipfile.ZipFile("z.zip").read("data.csv"))
with tarfile.open("t.tar", "w") as archive:
    archive.add("data.csv")
tarfile.open("t.tar").extractall("out", filter="data")
gzip.open("g", "wt").write("zipped")
print(gzip.open("g", "rt").read(), sorted(pathlib.Path("out").rglob("*")))
shutil.copy2("data.csv", "copy")
shutil.copytree("out", "tree")
shutil.move("tree/data.csv", "moved")
shutil.rmtree("tree")
with tempfile.TemporaryDirectory() as directory, tempfile.NamedTemporaryFile(dir=directory) as file:
    print(os.path.dirname(file.name) == directory, len(os.listdir(directory)))
print(os.path.exists(directory), sorted(os.listdir()), os.stat("copy").st_size)
with open("log", "a+") as log:
    log.write("one\\n")
    log.seek(0)
    print(log.readlines(), log.tell(), os.path.getsize("log"))
os.truncate("log", 2)
print(pathlib.Path("log").read_text(), os.access("log", os.W_OK), pathlib.Path("no").exists())
try:
    open("missing")
except FileNotFoundError as error:
    print(error)
"""
    (tmp_path / "data.csv").write_text("a,b\n")
    (tmp_path / "solution.py").write_text(code)
    done = subprocess.run(
        [sys.executable, "solution.py"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    result = pool.run(code, files={"data.csv": "a,b\n", "solution.py": code})
    assert (result.stdout, result.stderr) == (done.stdout, "")


def test_an_error_shows_no_frame_of_ours(pool: runner.Pool) -> None:
    stderr = pool.run("open('missing')").stderr
    assert "No such file or directory: 'missing'" in stderr
    assert "runner" not in stderr
