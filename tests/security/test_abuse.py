"""Abuse is contained and cheap: a named status inside its budget, and the pool goes on."""

import json
import os
import time
from collections.abc import Iterator
from typing import NamedTuple

import pytest

import runner
from runner.backends import seccomp_profiles
from runner.models import Blame, ExecutionStatus, TestStatus, TimeoutKind
from tests.integrity.programs import AMPLE_S


class Abuse(NamedTuple):
    """A program that takes what it can.

    Attributes:
        code: Run as a program that prints nothing.
        statuses: Of the test; which one it is may depend on how fast the machine is.
        timeout_s: CPU time or blocked time.
    """

    code: str
    statuses: set[TestStatus]
    timeout_s: float = 0.5


_TIMEOUT, _MEMORY = {TestStatus.TIMEOUT}, {TestStatus.MEMORY_LIMIT, TestStatus.ERROR}
_ERROR, _PASSED = {TestStatus.ERROR}, {TestStatus.PASSED}
_CRASHED, _OUTPUT = {TestStatus.CRASHED}, {TestStatus.OUTPUT_LIMIT}

ABUSES: dict[str, Abuse] = {
    "memory in one piece": Abuse("x = b'x' * (3 << 30)", _MEMORY),
    "memory in many pieces": Abuse(
        "x = []\nwhile True: x.append('x' * 100000 + str(len(x)))", _MEMORY, 20
    ),
    "memory by mmap": Abuse(
        "import mmap\nx = [mmap.mmap(-1, 1 << 28) for _ in range(1000)]", {*_MEMORY, *_ERROR}
    ),
    "memory that swallows": Abuse(
        "x = []\nwhile True:\n    try: x.append(bytes(1 << 24))\n    except MemoryError: x.append(1)",
        {*_TIMEOUT, *_MEMORY, *_CRASHED},
    ),
    "fork bomb": Abuse("import os\nwhile True: os.fork()", _ERROR),
    "fork bomb that insists": Abuse(
        "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass", _TIMEOUT
    ),
    "thread bomb": Abuse(
        "import threading, time\nwhile True: threading.Thread(target=time.sleep, args=(60,)).start()",
        {*_ERROR, *_TIMEOUT, *_MEMORY},
    ),
    "thread bomb that insists": Abuse(
        "import threading, time\nwhile True:\n"
        "    try: threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
        "    except BaseException: pass",
        {*_TIMEOUT, *_MEMORY, *_CRASHED},
    ),
    "cpu spin": Abuse("while True: pass", _TIMEOUT),
    "cpu spin that swallows": Abuse(
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass", _TIMEOUT
    ),
    "cpu spin of threads": Abuse(
        "import threading\ndef spin():\n    while True: pass\n"
        "for _ in range(8): threading.Thread(target=spin).start()",
        _TIMEOUT,
    ),
    "c loop": Abuse("import itertools\nsum(itertools.repeat(1))", _TIMEOUT),
    "c loop without end": Abuse(
        "import itertools, collections\ncollections.deque(itertools.count(), 0)", _TIMEOUT
    ),
    "regex catastrophe": Abuse("import re\nre.match('(a+)+$', 'a' * 60 + 'b')", _TIMEOUT),
    "huge power": Abuse("x = 7 ** (10 ** 9)", {*_TIMEOUT, *_MEMORY}),
    "huge int as text": Abuse(
        "import sys\nsys.set_int_max_str_digits(0)\nlen(str(1 << (10 ** 8)))", {*_TIMEOUT, *_MEMORY}
    ),
    "huge text": Abuse("x = 'x'\nwhile True: x += x", _MEMORY, 20),
    "recursion": Abuse("def f(): f()\nf()", _ERROR),
    "recursion without limit": Abuse(
        "import sys\nsys.setrecursionlimit(10 ** 9)\nclass A:\n    def __repr__(self): return repr([self])\nrepr(A())",
        {*_ERROR, *_CRASHED, *_MEMORY},
        20,
    ),
    "recursion of the compiler": Abuse("eval('(' * 100000)", {*_ERROR, *_MEMORY, *_CRASHED}),
    "output flood": Abuse(
        "import os\nb = b'x' * 65536\nfor _ in range(16384): os.write(1, b)", _OUTPUT
    ),
    "flood of errors": Abuse(
        "import os\nb = b'x' * 65536\nfor _ in range(16384): os.write(2, b)", _OUTPUT
    ),
    "flood of lines": Abuse("while True: print('x' * 1000)", _OUTPUT, 20),
    "descriptors": Abuse("import os\nwhile True: os.dup(1)", _ERROR),
    "pipes": Abuse("import os\nwhile True: os.pipe()", _ERROR),
    "disk": Abuse(
        "with open('/tmp/fill', 'wb') as f:\n    while True: f.write(bytes(1 << 20))", _ERROR
    ),
    "temporary files": Abuse(
        "import tempfile\nf = tempfile.TemporaryFile()\nwhile True: f.write(bytes(1 << 24))",
        _MEMORY,
        20,
    ),
    "signals ignored": Abuse(
        "import signal\nfor n in range(1, 65):\n    try: signal.signal(n, signal.SIG_IGN)\n"
        "    except (OSError, ValueError): pass\nwhile True: pass",
        _TIMEOUT,
    ),
    "signals blocked": Abuse(
        "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\nwhile True: pass",
        _TIMEOUT,
    ),
    "sleep": Abuse("import time\ntime.sleep(10 ** 6)", _TIMEOUT),
    "wait for a lock": Abuse(
        "import threading\nthreading.Lock().acquire()\nx = threading.Lock()\nx.acquire()\nx.acquire()",
        _TIMEOUT,
    ),
    "wait for itself": Abuse("import signal\nsignal.pause()", _TIMEOUT),
    "exit handlers": Abuse(
        "import atexit\n@atexit.register\ndef spin():\n    while True: pass", _TIMEOUT
    ),
    "hooks": Abuse(
        "import sys\ndef hook(*_):\n    while True: pass\nsys.excepthook = hook\n1 / 0", _TIMEOUT
    ),
    "everything closed": Abuse("import os\nos.closerange(0, 1 << 20)", {*_PASSED, *_ERROR}),
    "judge's channel shut": Abuse("import socket\nsocket.socket(fileno=3).shutdown(2)", _CRASHED),
    "judge's channel flooded": Abuse(
        "import socket\ns = socket.socket(fileno=3)\nwhile True: s.send(b'x' * 65536)",
        {*_CRASHED, *_ERROR, *_TIMEOUT, TestStatus.FAILED},
    ),
    "killed by itself": Abuse("import os\nos.kill(os.getpid(), 9)", _CRASHED),
    "aborted": Abuse("import os\nos.abort()", _CRASHED),
    "segmentation fault": Abuse("import ctypes\nctypes.string_at(0)", _CRASHED),
    "exit": Abuse("import os\nos._exit(0)", _PASSED),
    "kills itself": Abuse("import os\nos.kill(os.getpid(), 9)", _CRASHED),
    "exit below Python": Abuse("import ctypes\nctypes.CDLL(None)._exit(0)", _CRASHED),
    "stopped": Abuse("import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)", _TIMEOUT),
    "memory of shared maps": Abuse(
        "import mmap\nx = []\nwhile True:\n    x.append(mmap.mmap(-1, 1 << 24))\n    x[-1].write(b'x' * (1 << 24))",
        {*_MEMORY, *_CRASHED, *_TIMEOUT},
    ),
    "memory of the kernel": Abuse(
        "import os\nwhile True:\n    _, w = os.pipe()\n    os.set_blocking(w, False)\n"
        "    try:\n        while True: os.write(w, b'x' * 65536)\n    except BlockingIOError: pass",
        _ERROR,
    ),
    "comparison without end": Abuse(
        "class A:\n    def __lt__(self, other):\n        while True: pass\nsorted([A(), A()])",
        _TIMEOUT,
    ),
    "destructor that comes again": Abuse(
        "class A:\n    def __del__(self): A()\nA()\nwhile True: pass", _TIMEOUT
    ),
    "storm of timers": Abuse(
        "import signal\nsignal.signal(14, lambda *_: None)\nsignal.setitimer(0, 1e-6, 1e-6)\nwhile True: pass",
        _TIMEOUT,
    ),
    "descriptors without end": Abuse(
        "import select\nx = []\nwhile True: x.append(select.epoll())", _ERROR
    ),
    "judge's channel read": Abuse("import os\nwhile True: os.read(3, 1)", _TIMEOUT),
    "limits taken from itself": Abuse(
        "import resource\nresource.setrlimit(resource.RLIMIT_CPU, (0, 0))\nwhile True: pass",
        _CRASHED,
    ),
    "stopped by a thread": Abuse(
        "import os, signal, threading\n"
        "threading.Thread(target=os.kill, args=(os.getpid(), signal.SIGSTOP)).start()\nwhile True: pass",
        _TIMEOUT,
    ),
    "exit of a thread": Abuse(
        "import os, threading\nthreading.Thread(target=os._exit, args=(0,)).start()\nwhile True: pass",
        _PASSED,
    ),
    "children that never were": Abuse("import subprocess\nsubprocess.run(['/bin/sh'])", _ERROR),
}

#: Waits in the kernel uninterruptibly, again and again: MEMBARRIER_CMD_GLOBAL.
_UNINTERRUPTIBLE = """
import ctypes, os, threading
number = 324 if os.uname().machine == "x86_64" else 283
membarrier = ctypes.CDLL(None).syscall
def wait():
    while True: membarrier(number, 1, 0, 0)
for _ in range(8): threading.Thread(target=wait, daemon=True).start()
wait()
"""

_HONEST = "import threading\nxs = []\nt = threading.Thread(target=xs.append, args=(45,))\nt.start()\nt.join()\nprint(xs[0])"


@pytest.fixture(scope="module")
def small(backend: str) -> Iterator[runner.Pool]:
    with runner.Pool(name="abused", workers=1, spares=0, backend=backend) as pool:
        yield pool


@pytest.mark.parametrize("abuse", ABUSES.values(), ids=ABUSES)
def test_abuse_ends_with_a_name_and_the_pool_goes_on(small: runner.Pool, abuse: Abuse) -> None:
    """On one sandbox: whatever happened to it, the next execution passes."""
    began_s = time.monotonic()
    limits = runner.Limits(memory_bytes=128 * 1024 * 1024)
    result = small.execute(
        abuse.code,
        [runner.StdioTest(stdin="", stdout="")],
        timeout=abuse.timeout_s,
        limits=limits,
        max_retries=1,
    )
    (test,) = result.tests
    assert test.status in abuse.statuses, (test.status, result.error)
    assert test.cpu_s <= abuse.timeout_s + 1
    assert time.monotonic() - began_s < 100
    if result.status is not ExecutionStatus.ALL_PASSED:
        assert result.blame is Blame.CODE, result.error
        assert len(test.stdout) + len(test.stderr) <= 3 * limits.output_bytes
    after = small.execute(_HONEST, [runner.StdioTest(stdin="", stdout="45")])
    assert after.status is ExecutionStatus.ALL_PASSED, after.error
    # The supervisor outlives everything that a subject can do.
    assert after.sandbox_id == result.sandbox_id


@pytest.mark.skipif(os.cpu_count() == 1, reason="membarrier does not wait on one processor")
def test_a_wait_that_is_no_sleep_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a filter that lets one through; ``blocked`` is what its CPU time does not show."""
    subject, container = seccomp_profiles.subject(), json.loads(seccomp_profiles.container())
    allowed = [{"names": ["membarrier"], "action": "SCMP_ACT_ALLOW"}]
    subject = {**subject, "syscalls": allowed + subject["syscalls"]}
    container = {**container, "syscalls": allowed + container["syscalls"]}
    monkeypatch.setattr(seccomp_profiles, "subject", lambda: subject)
    monkeypatch.setattr(seccomp_profiles, "container", lambda: json.dumps(container))
    program = [runner.StdioTest(stdin="", stdout="")]
    with runner.Pool(name="uninterruptible", workers=1, spares=0, backend="local") as pool:
        result = pool.execute(_UNINTERRUPTIBLE, program, timeout=0.3)
        after = pool.execute(_HONEST, [runner.StdioTest(stdin="", stdout="45")])
    assert result.status is ExecutionStatus.TIMEOUT, result.error
    assert result.tests[0].timeout_kind is TimeoutKind.BLOCKED
    assert after.status is ExecutionStatus.ALL_PASSED, after.error


#: Takes memory that RLIMIT_DATA does not count: shared, or read-only again. Stops at a GiB.
_UNCOUNTED = """
import ctypes, os
arm = os.uname().machine == "aarch64"
libc = ctypes.CDLL(None)
libc.syscall.restype = ctypes.c_long
def call(number, *args): return libc.syscall(*map(ctypes.c_long, (number, *args)))
size, held, protect = 16 << 20, 0, {protect}
while held < 1 << 30:
    place = call(222 if arm else 9, 0, size, 3, {flags}, -1, 0)
    if place < 0: break
    ctypes.memset(place, 1, size)
    held += size
    if protect is not None: call(226 if arm else 10, place, size, protect)
"""
_WAYS = {"shared": (0x21, None), "read only": (0x22, 1), "without access": (0x22, 0)}


@pytest.mark.parametrize("filtered", [True, False], ids=["filtered", "control"])
@pytest.mark.parametrize("way", _WAYS)
def test_all_memory_of_a_solution_counts(
    monkeypatch: pytest.MonkeyPatch, way: str, *, filtered: bool
) -> None:
    """On the local backend, where no container counts it once more."""
    if not filtered:
        subject = seccomp_profiles.subject()
        allowed = [{"names": ["mmap", "mprotect"], "action": "SCMP_ACT_ALLOW"}]
        subject = {**subject, "syscalls": allowed + subject["syscalls"]}
        monkeypatch.setattr(seccomp_profiles, "subject", lambda: subject)
    flags, protect = _WAYS[way]
    code = _UNCOUNTED.format(flags=flags, protect=protect)
    limits = runner.Limits(memory_bytes=128 << 20)
    with runner.Pool(name="uncounted", workers=1, spares=0, backend="local") as pool:
        program = [runner.StdioTest(stdin="", stdout="")]
        # Where pages are slow, a GiB of them takes longer than a test has by default.
        result = pool.execute(code, program, limits=limits, timeout=AMPLE_S)
    assert result.status is ExecutionStatus.ALL_PASSED, result.error
    # What the interpreter has, and the large stack of a thread, come on top.
    assert (result.memory_peak_bytes < 2 * limits.memory_bytes) is filtered


def test_maps_without_a_file_are_private_and_work(pool: runner.Pool) -> None:
    code = (
        "import mmap\n"
        "def f(**how):\n"
        "    m = mmap.mmap(-1, 4096, **how)\n"
        "    try: m[:2] = b'ab'\n"
        "    except TypeError: return 'read-only'\n"
        "    m.resize(8192)\n"
        "    return m[:2], len(m), type(m) is mmap.mmap, repr(type(m))\n"
        "def g(how): return f(**{k: getattr(mmap, v) for k, v in how.items()})\n"
    )
    works = (b"ab", 8192, True, "<class 'mmap.mmap'>")
    tests = [f"assert g({how}) == {works}" for how in _KINDS_OF_MAPS]
    tests += ["assert g({'access': 'ACCESS_READ'}) == 'read-only'"]
    result = pool.execute(code, tests)
    assert result.status is ExecutionStatus.ALL_PASSED, result.error


_KINDS_OF_MAPS = [
    {},
    {"flags": "MAP_SHARED"},
    {"flags": "MAP_PRIVATE"},
    {"access": "ACCESS_WRITE"},
    {"access": "ACCESS_DEFAULT"},
]

#: Gives the process a name, in which the supervisor could take a part for a figure of the kernel's.
_NAMED = "import ctypes\nctypes.CDLL(None).prctl(15, {name!r}, 0, 0, 0)"


@pytest.mark.parametrize(
    "name",
    [b"VmHWM:x", b"VmHWM: 99999999", b"\nVmHWM: 99999", b") R 1 (", b"\nVmHWM:", b"\xff\\n)"],
)
def test_the_name_of_a_process_is_no_figure(small: runner.Pool, name: bytes) -> None:
    plain = small.execute("pass", [runner.StdioTest(stdin="", stdout="")])
    named = small.execute(_NAMED.format(name=name), [runner.StdioTest(stdin="", stdout="")])
    assert named.status is ExecutionStatus.ALL_PASSED, named.error
    assert named.sandbox_id == plain.sandbox_id
    assert named.memory_peak_bytes < 2 * plain.memory_peak_bytes


def test_what_a_request_reports_is_bounded_whatever_its_tests_print(pool: runner.Pool) -> None:
    """Each test prints just less than it may, in bytes that become six in the report."""
    limits = runner.Limits(output_bytes=1 << 20)
    code = "import os\ndef f(n):\n    os.write(1, b'\\xff' * (n - 10))\n    return n"
    tests = [f"assert f({limits.output_bytes}) == {limits.output_bytes}"] * 20
    result = pool.execute(code, tests, limits=limits, timeout=20.0)
    assert result.status is ExecutionStatus.ALL_PASSED, result.error
    assert sum(len(test.stdout) for test in result.tests) <= 2 * limits.output_bytes
    assert [test.stdout_truncated for test in result.tests] == [False] * 2 + [True] * 18
