"""Programs that read standard input and print do here what they do under plain Python."""

import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

import runner
from runner.models import Blame, Checker, ExecutionStatus, TestStatus
from tests.integrity.programs import AMPLE_S


class Program(NamedTuple):
    """A program and its input; plain Python says what it prints, and whether it succeeds."""

    code: str
    stdin: str = ""


#: As pasted in contests: standard streams by their descriptors, kept in memory.
_FAST = """\
import io, os, sys

class Fast(io.IOBase):
    def __init__(self, file):
        self.fd = file.fileno()
        self.kept = io.BytesIO()
        self.writes = 'x' in file.mode or 'r' not in file.mode
        self.rows = 0

    def readline(self):
        while not self.rows:
            data = os.read(self.fd, max(os.fstat(self.fd).st_size, 8192))
            self.rows = data.count(b'\\n') + (not data)
            at = self.kept.tell()
            self.kept.seek(0, 2), self.kept.write(data), self.kept.seek(at)
        self.rows -= 1
        return self.kept.readline().decode()

    def write(self, text):
        return self.kept.write(text.encode())

    def flush(self):
        if self.writes:
            os.write(self.fd, self.kept.getvalue())
            self.kept.truncate(0), self.kept.seek(0)

sys.stdin, sys.stdout = Fast(sys.stdin), Fast(sys.stdout)
input = lambda: sys.stdin.readline().rstrip('\\r\\n')
"""

_STREAMS = {
    "attributes": Program(
        "import sys\n"
        "for s in (sys.stdin, sys.stdout, sys.stderr):\n"
        "    print(s.mode, s.name, s.encoding, s.errors, s.fileno(), s.isatty(), s.closed)\n"
        "    print(s.buffer.name, s.buffer.mode, type(s.buffer), s.buffer.raw.name)\n"
        "    print(s.buffer.raw.mode, s.readable(), s.writable(), s.line_buffering)\n"
    ),
    "a lone carriage return": Program("print(repr(input()), repr(input()))", "a\rb\r\nc"),
    "all lines": Program("import sys\nprint(sys.stdin.readlines())", "a\rb\r\nc\n\n"),
    "a break in what is printed": Program("print('a\\r\\nb', end='\\r')"),
    "descriptor 0": Program("print(open(0).read().split())", "1 2\n3"),
    "descriptor 0 as bytes": Program("print(open(0, 'rb').read())", "1\r2"),
    "the path of standard input": Program("print(sum(map(int, open('/dev/stdin'))))", "1\n2\n"),
    "the path of its descriptor": Program("print(open('/dev/fd/0').read())", "x"),
    "the path of standard output": Program("with open('/dev/stdout', 'w') as f: f.write('x')"),
    "descriptor 1": Program("with open(1, 'w', closefd=False) as f: f.write('x')\nprint('y')"),
    "descriptor 1, never closed": Program("out = open(1, 'w')\nout.write('x')"),
    "fdopen": Program("import os\nout = os.fdopen(1, 'wb')\nout.write(b'x')\nout.flush()"),
    "pathlib": Program(
        "import pathlib\nprint(pathlib.Path('/dev/stdin').open().read())", "some text"
    ),
    "nothing": Program(
        "import os, sys\nsys.stderr = open(os.devnull, 'w')\nprint('x', file=sys.stderr)\n"
        "print(open('/dev/null').read() == '', open('/dev/null', 'rb').read())"
    ),
    "standard output closed": Program("import sys\nprint(1)\nsys.stdout.close()"),
    "all streams closed": Program(
        "import sys\nprint(input())\nsys.stdin.close()\nsys.stdout.close()\nsys.stderr.close()", "7"
    ),
    "standard output gone": Program("import sys\nprint(1)\nsys.stdout = None\nprint(2)"),
    "standard output deleted": Program("import sys\nprint(1)\ndel sys.stdout"),
    "descriptor 1 closed": Program("import os\nprint(1, flush=True)\nos.close(1)"),
    "wrapped again": Program(
        "import io, sys\n"
        "sys.stdin = io.TextIOWrapper(sys.stdin.buffer, 'utf-8')\n"
        "sys.stdout = io.TextIOWrapper(sys.stdout.buffer, 'utf-8')\nprint(input())",
        "ü\n",
    ),
    "fast": Program(_FAST + "print(int(input()) + 1)\nsys.stdout.flush()", "4\r\n"),
    "fast, flushed by an exit handler": Program(
        _FAST + "import atexit\natexit.register(sys.stdout.flush)\nprint(input())", "4\n"
    ),
    "print by write": Program("import sys\nprint = sys.stdout.write\nprint('a')\nprint('b\\n')"),
    "reconfigured": Program(
        "import sys\nsys.stdout.reconfigure(line_buffering=True)\nprint(1)\n"
        "sys.stdin.reconfigure(newline=None)\nprint(repr(input()))",
        "a\r\n",
    ),
}

_ENDS = {
    f"exit: {how}": Program(f"import sys\nprint(1)\n{how}")
    for how in (
        *("sys.exit()", "sys.exit(0)", "sys.exit(False)", "exit()", "quit(0)", "raise SystemExit"),
        *("sys.exit('x')", "sys.exit(True)", "sys.exit(-1)", "sys.exit((1, 2))", "sys.exit(256)"),
        *("sys.exit(2**70)", "raise SystemExit(3)", "1 / 0", "raise KeyboardInterrupt"),
        "import threading; threading.Thread(target=sys.exit, args=(3,)).start()",
        "import atexit; atexit.register(print, 'bye')",
        "import enum; sys.exit(enum.IntEnum('E', 'A').A)",
        "class E(Exception):\n    def __str__(self): 1 / 0\nsys.exit(E())",
    )
}
_ENDS |= {
    "leaves early": Program("import os\nprint('a', flush=True)\nprint('b')\nos._exit(0)"),
    "leaves early with a status": Program("import os\nprint('a', flush=True)\nos._exit(3)"),
    "leaves early in a thread": Program(
        "import os, threading\nprint('a', flush=True)\n"
        "t = threading.Thread(target=os._exit, args=(0,))\nt.start()\nt.join()\nprint('b')"
    ),
    "a thread goes on": Program(
        "import threading, time\n"
        "threading.Thread(target=lambda: (time.sleep(0.05), print('late'))).start()"
    ),
}

_DEEP = "import sys, threading\nsys.setrecursionlimit(10**6)\n{}\n"
_COUNT = "def f(n): return 0 if n == 0 else 1 + f(n - 1)\n"
_IN_THREAD = (
    "import threading, sys\nthreading.stack_size({})\nsys.setrecursionlimit(10**7)\n{}"
    "t = threading.Thread(target=lambda: print(f({})))\nt.start()\nt.join()"
)

_RECURSION = {
    **{
        f"a thread with a stack of 2**{power}": Program(
            _IN_THREAD.format(2**power, _COUNT, 100_000)
        )
        for power in (26, 27, 28, 29)
    },
    "two threads with large stacks": Program(
        "import threading\nthreading.stack_size(2**28)\n"
        "ts = [threading.Thread(target=print, args=(n,)) for n in (1, 1)]\n"
        "[t.start() for t in ts], [t.join() for t in ts]\nprint(threading.stack_size())"
    ),
    "no limit of the stack": Program(
        "import resource as r, sys\n"
        "r.setrlimit(r.RLIMIT_STACK, (r.RLIM_INFINITY, r.RLIM_INFINITY))\n"
        "r.setrlimit(r.RLIMIT_STACK, [0x10000000, r.RLIM_INFINITY])\n"
        "sys.setrecursionlimit(2**31 - 1)\nprint(r.getrlimit(r.RLIMIT_STACK)[0])\n"
    ),
    "the hard limit of the stack": Program(
        "import resource as r\nmost = r.getrlimit(r.RLIMIT_STACK)[1]\n"
        "r.setrlimit(r.RLIMIT_STACK, (most, most))\nprint(1)\n"
    ),
}

#: Through C at each level: how deep plain Python gets depends on its version and on the stack.
_THROUGH_C = {
    "lru_cache": "from functools import lru_cache\n@lru_cache(None)\n" + _COUNT + "print(f(20000))",
    "cache of two": (
        "from functools import cache\n@cache\n"
        "def f(n, m): return m if n == 0 else 1 + f(n - 1, m)\nprint(f(20000, 0))"
    ),
    "map": "def f(n): return 0 if n == 0 else 1 + next(map(f, [n - 1]))\nprint(f(20000))",
    "partial": (
        "from functools import partial\n"
        "def f(n): return 0 if n == 0 else 1 + partial(f, n - 1)()\nprint(f(20000))"
    ),
    "a missing key": (
        "class D(dict):\n    def __missing__(self, n):\n"
        "        return 0 if n == 0 else 1 + self[n - 1]\nprint(D()[20000])"
    ),
    "an attribute": (
        "class A:\n    def __getattr__(self, name):\n        n = int(name[1:])\n"
        "        return 0 if n == 0 else 1 + getattr(self, f'a{n - 1}')\nprint(A().a20000)"
    ),
    "sorted": (
        "def f(n):\n    if n: sorted([n - 1], key=f)\n    return n\nprint(20000 * bool(f(5000)))"
    ),
}

_LIBRARY = {
    "pickles a class of its own": Program(
        "import pickle\nclass P:\n    x = 3\nprint(pickle.loads(pickle.dumps(P())).x)"
    ),
    "imports itself": Program("import __main__\nx = 5\nprint(__main__.x)"),
    "has a file": Program("import os\nprint(os.path.basename(__file__))"),
    "chooses how to start processes": Program(
        "import multiprocessing as m\nm.set_start_method('spawn')\nprint(m.get_start_method())"
    ),
    "a pool of threads": Program(
        "from multiprocessing.pool import ThreadPool\n"
        "with ThreadPool(3) as pool: print(pool.map(abs, [-1, 2]))"
    ),
    "a dummy pool": Program(
        "from multiprocessing.dummy import Pool\npool = Pool(3)\nprint(pool.map(abs, [-1, 2]))\n"
        "pool.close()\npool.join()"
    ),
    "locks and memory of multiprocessing": Program(
        "import multiprocessing as m\nq = m.Queue()\nq.put(1)\nprint(q.get())\n"
        "l, r, s = m.Lock(), m.RLock(), m.BoundedSemaphore(2)\n"
        "with l: print(l.acquire(False))\nwith r, r: print(r.acquire(False))\n"
        "s.acquire(); s.release()\ntry: s.release()\nexcept ValueError: print('too often')\n"
        "try: m.RLock().release()\nexcept AssertionError: print('not mine')\n"
        "v = m.Value('i', 3)\nwith v.get_lock(): v.value += 1\nprint(v.value, m.Array('d', 2)[:])\n"
        "e = m.Event(); e.set(); print(e.wait(1))"
    ),
    "fault handler": Program("import faulthandler\nfaulthandler.enable()\nprint(1)"),
    **{
        f"imports {name}": Program(f"import {name}\nprint({name}.__name__)")
        for name in "doctest readline optparse pdb cmd code fcntl termios tarfile pwd".split()
    },
    "doctest": Program(
        "import doctest\ndef f():\n    '''\n    >>> f()\n    1\n    '''\n    return 1\n"
        "print(doctest.testmod())"
    ),
    "integers of many digits": Program("n = int(input())\nprint(n * n)", "9" * 5000),
}

_DELETED = "class A:\n    def __del__(self): print('deleted', LAST)\nLAST, a = 5, A()\n"

#: Programs whose objects have the last word.
_LEFT = {
    "at the end": Program(_DELETED + "print('end')"),
    "after an exit": Program(_DELETED + "raise SystemExit(0)"),
    "after an exception": Program(_DELETED + "1 / 0"),
    "after another standard output": Program(
        _DELETED + "import io, sys\nprint(1)\nsys.stdout = io.StringIO()"
    ),
    "a generator": Program(
        "def f():\n    try: yield\n    finally: print('closed')\nf = f()\nnext(f)\nprint('end')"
    ),
}

_PLAIN = {**_STREAMS, **_ENDS, **_RECURSION, **_LIBRARY, **_LEFT}


def _run_plainly(program: Program, directory: Path) -> tuple[int, str]:
    (directory / "solution.py").write_text(program.code)
    done = subprocess.run(
        [sys.executable, "-X", "int_max_str_digits=0", "solution.py"],
        input=program.stdin.encode(),
        capture_output=True,
        cwd=directory,
        env={"LANG": "C.UTF-8"},
        check=False,
    )
    return done.returncode, done.stdout.decode()


def _run(pool: runner.Pool, program: Program, stdout: str) -> runner.TestResult:
    test = runner.StdioTest(stdin=program.stdin, stdout=stdout, checker=Checker.EXACT)
    return pool.execute(program.code, [test], timeout=AMPLE_S).tests[0]


@pytest.mark.parametrize("program", _PLAIN.values(), ids=_PLAIN)
def test_as_plain_python(pool: runner.Pool, program: Program, tmp_path: Path) -> None:
    """The same output and exit status; what plain Python refuses is refused."""
    status, stdout = _run_plainly(program, tmp_path)
    result = _run(pool, program, stdout)
    assert result.status is (TestStatus.PASSED if status == 0 else TestStatus.ERROR), result
    assert result.stdout == stdout


def test_a_deep_recursion_through_c_in_a_thread(pool: runner.Pool) -> None:
    """Plain Python 3.12 and 3.13 refuse it: see ``runner.worker.kernel.stack``."""
    cached = "from functools import cache\n@cache\n" + _COUNT
    program = Program(_IN_THREAD.format(2**28, cached, 20_000))
    result = _run(pool, program, "20000\n")
    assert result.passed, result.message


@pytest.mark.parametrize("code", _THROUGH_C.values(), ids=_THROUGH_C)
def test_a_deep_recursion_through_c(pool: runner.Pool, code: str) -> None:
    program = Program(_DEEP.format(code))
    result = _run(pool, program, "20000\n")
    assert result.passed, result.message


@pytest.mark.parametrize(
    "code",
    [
        "import sys\nclass W: write = sys.__stdout__.write\nsys.stdout = W()\nprint(1)",
        "import sys\nprint(1, flush=True)\nsys.stdout.detach()",
    ],
)
def test_a_last_flush_that_fails_is_passed_over(pool: runner.Pool, code: str) -> None:
    """Plain Python prints the same, and ends with status 120."""
    assert _run(pool, Program(code), "1\n").passed


@pytest.mark.parametrize("depth", [1000, 100_000])
def test_an_exception_from_a_deep_stack(pool: runner.Pool, depth: int) -> None:
    """It is told in short: printing each frame would cost seconds."""
    deep = _DEEP.format(f"def f(n): return f(n + 1) if n < {depth} else 1 / 0\nf(0)")
    result = _run(pool, Program(deep), "")
    assert result.status is TestStatus.ERROR
    assert result.message == "ZeroDivisionError: division by zero"
    assert result.stderr.endswith("ZeroDivisionError: division by zero\n")
    assert result.budget_used < 0.2


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (
            "open('data.txt')",
            "FileNotFoundError: [Errno 2] No such file or directory (no files here",
        ),
        ("import io; io.FileIO('data.txt')", "FileNotFoundError: [Errno 2] No such file"),
        ("import os; os.listdir('.')", "FileNotFoundError: [Errno 2] No such file"),
        ("open('out.txt', 'w')", "PermissionError: [Errno 13] Permission denied (no files here"),
        ("import os; os.mkdir('x')", "refused by the sandbox"),
        ("import os; os.fork()", "refused by the sandbox"),
        ("import subprocess; subprocess.run(['ls'])", "refused by the sandbox"),
        ("import socket; socket.socket()", "refused by the sandbox"),
        ("import absent", "absent is not in this image"),
        ("import turtle", "import of 'turtle' is not allowed by policy 'standard"),
    ],
)
def test_what_is_refused_is_told_in_words(pool: runner.Pool, code: str, words: str) -> None:
    """In a program and in a function."""
    assert words in _run(pool, Program(code), "").message
    called = pool.execute(f"def f():\n    {code.replace('; ', chr(10) + '    ')}", ["f()"])
    assert words in called.tests[0].message
    assert called.blame is Blame.CODE


def test_output_may_be_as_long_as_expected_and_more(pool: runner.Pool) -> None:
    """The limit counts from what a correct program prints; beyond it, the program is to blame."""
    long = "\n".join(map(str, range(300_000))) + "\n"
    code = "n = int(input())\nprint(*range(n), sep='\\n')"
    for checker in Checker:
        test = runner.StdioTest(stdin="300000", stdout=long, checker=checker)
        assert pool.execute(code, [test], timeout=AMPLE_S).tests[0].passed, checker
    test = runner.StdioTest(stdin="600000", stdout=long)
    result = pool.execute(code, [test], timeout=AMPLE_S)
    assert result.tests[0].status is TestStatus.OUTPUT_LIMIT
    assert result.status is ExecutionStatus.RUNTIME_ERROR
    assert result.blame is Blame.CODE


def test_a_checker_has_room_for_what_is_expected(pool: runner.Pool) -> None:
    """It may hold lists of all words of both texts."""
    checker = (
        "def check(expected, actual):\n"
        "    return sorted(expected.split()) == sorted(actual.split())"
    )
    long = " ".join(map(str, range(600_000)))
    test = runner.StdioTest(stdin="", stdout=long, checker_code=checker)
    result = pool.execute("print(*range(600_000)[::-1])", [test], timeout=AMPLE_S)
    assert result.tests[0].passed, result.error


def test_integers_of_many_digits_cross(pool: runner.Pool) -> None:
    value = 10**5000 + 7
    test = runner.CallTest(function="f", args=[value], expected=value + 1)
    result = pool.execute(
        "def f(n): return n + 1", [test, "assert f(10**5000) == 10**5000 + 1", "print(f(10**5000))"]
    )
    assert result.status is ExecutionStatus.ALL_PASSED, result.error
