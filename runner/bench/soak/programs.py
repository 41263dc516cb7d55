"""Programs of the soak, each with its only right verdict."""

import random
from collections.abc import Callable
from typing import NamedTuple

from runner.models import ExecutionRequest, ExecutionStatus, Limits


class SoakProgram(NamedTuple):
    """A request, and its only right verdict.

    Attributes:
        kind: Name of its kind.
        request: What to execute.
        status: The only right status.
        passed: The only right number of passed tests.
    """

    kind: str
    request: ExecutionRequest
    status: ExecutionStatus
    passed: int


def draw(chance: random.Random) -> SoakProgram:
    """Return a random program with random numbers, which reveal a mix-up of requests."""
    weights = [weight for weight, _ in _MIX]
    _, make = chance.choices(_MIX, weights)[0]
    return make(chance.randrange(10**9))


def _program(
    kind: str,
    code: str,
    tests: list[str],
    status: ExecutionStatus,
    passed: int = 0,
    timeout: float = 5.0,
) -> SoakProgram:
    limits = Limits(output_bytes=10_000)
    request = ExecutionRequest.model_validate(
        {"code": code, "tests": tests, "timeout": timeout, "limits": limits}
    )
    return SoakProgram(kind, request, status, passed)


def _honest(secret: int) -> SoakProgram:
    code = f"STATE = {secret}\ndef f(x):\n    return x + STATE\n"
    tests = [f"assert f({n}) == {secret + n}" for n in range(3)]
    return _program("honest", code, tests, ExecutionStatus.ALL_PASSED, 3)


def _heavy(secret: int) -> SoakProgram:
    code = "def f(n):\n    return sorted(str(i * n % 99991) for i in range(30_000))\n"
    tests = [f"assert f({secret}) == sorted(str(i * {secret} % 99991) for i in range(30_000))"]
    return _program("heavy", code, tests, ExecutionStatus.ALL_PASSED, 1)


def _wrong(secret: int) -> SoakProgram:
    code = f"def f(x):\n    return {secret}\n"
    tests = [f"assert f(1) == {secret}", f"assert f(1) == {secret + 1}"]
    return _program("wrong", code, tests, ExecutionStatus.SOME_FAILED, 1)


def _raises(secret: int) -> SoakProgram:
    code = f"def f(x):\n    raise KeyError({secret})\n"
    return _program("raises", code, ["f(1)"] * 2, ExecutionStatus.RUNTIME_ERROR)


def _unreadable(secret: int) -> SoakProgram:
    return _program("unreadable", f"def f({secret}):", ["f(1)"], ExecutionStatus.SYNTAX_ERROR)


def _spins(secret: int) -> SoakProgram:
    code = f"def f():\n    while {secret} >= 0:\n        pass\n"
    return _program("spins", code, ["f()"], ExecutionStatus.TIMEOUT, timeout=0.3)


def _sleeps(secret: int) -> SoakProgram:
    code = f"import time\ndef f():\n    time.sleep({1000 + secret})\n"
    return _program("sleeps", code, ["f()"], ExecutionStatus.TIMEOUT, timeout=0.3)


def _exits(secret: int) -> SoakProgram:
    code = f"import os\ndef f():\n    os._exit({secret % 200})\n"
    return _program("exits", code, ["f()"], ExecutionStatus.PROCESS_ERROR)


def _segfaults(secret: int) -> SoakProgram:
    code = f"import ctypes\ndef f():\n    ctypes.string_at({secret % 4096})\n"
    return _program("segfaults", code, ["f()"], ExecutionStatus.PROCESS_ERROR)


def _hogs(secret: int) -> SoakProgram:
    code = f"def f():\n    kept = [{secret}]\n    while True:\n        kept += kept\n"
    return _program("hogs", code, ["f()"], ExecutionStatus.RUNTIME_ERROR)


def _floods(secret: int) -> SoakProgram:
    code = f"def f():\n    while True:\n        print({secret})\n"
    return _program("floods", code, ["f()"], ExecutionStatus.RUNTIME_ERROR)


def _lies(secret: int) -> SoakProgram:
    code = f"""class Liar:
    state = {secret}
    def __eq__(self, other):
        return True
    __ne__ = __lt__ = __gt__ = __contains__ = __eq__
def f(x):
    return Liar()
"""
    return _program("lies", code, [f"assert f(1) == {secret}"] * 2, ExecutionStatus.SOME_FAILED)


def _signals(secret: int) -> SoakProgram:
    code = f"""import os, signal
def f(x):
    for pid in (1, os.getppid(), -1, {secret % 1000 + 2}):
        try:
            pid == os.getpid() or os.kill(pid, signal.SIGKILL)
        except OSError:
            pass
    return {secret}
"""
    return _program("signals", code, [f"assert f(1) == {secret}"], ExecutionStatus.ALL_PASSED, 1)


def _remembers(secret: int) -> SoakProgram:
    """Leave state for the next execution; passes only if no earlier execution has left any."""
    code = f"""import builtins, json
found = getattr(builtins, "left", None) or getattr(json, "left", None)
builtins.left = json.left = {secret}
def f():
    return found
"""
    return _program("remembers", code, ["assert f() is None"], ExecutionStatus.ALL_PASSED, 1)


_THREADS = """import queue, threading
class Worker(threading.Thread):
    def __init__(self):
        super().__init__(daemon=True)
        self.jobs, self.done = queue.Queue(), []
    def add(self, n):
        return n + STATE
    def run(self):
        while (job := self.jobs.get()) is not None:
            self.done.append(job())
    def stop(self):
        self.jobs.put(None)
        self.join()
def spread(call, count):
    found = {}
    threads = [
        threading.Thread(target=lambda n=n: found.update({n: call(n)})) for n in range(count)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [found[n] for n in range(count)]
def pester(call):
    def work():
        while True:
            call()
    threading.Thread(target=work, daemon=True).start()
"""


def _threads(secret: int) -> SoakProgram:
    """Call the test from threads: during its calls, between them, and when it is over."""
    between = """worker = Worker()
worker.start()
for n in range(10):
    worker.jobs.put(lambda n=n: worker.add(n))
    assert worker.add(0) == SECRET
worker.stop()
assert worker.done == list(range(SECRET, SECRET + 10))
"""
    during = """inner = Worker()
assert spread(lambda n: inner.add(n) * 2, 5) == [2 * (SECRET + n) for n in range(5)]
"""
    endless = """calls = []
pester(lambda: calls.append(len(calls)))
for n in range(5):
    assert spread(lambda m: m + n, 2) == [n, n + 1]
assert calls == list(range(len(calls)))
"""
    tests = [each.replace("SECRET", str(secret)) for each in (between, endless, during, between)]
    code = f"STATE = {secret}\n{_THREADS}"
    return _program("threads", code, tests, ExecutionStatus.ALL_PASSED, 4)


_MIX: list[tuple[int, Callable[[int], SoakProgram]]] = [
    (40, _honest),
    (5, _heavy),
    (12, _wrong),
    (6, _raises),
    (3, _unreadable),
    (3, _spins),
    (3, _sleeps),
    (2, _exits),
    (2, _segfaults),
    (3, _hogs),
    (3, _floods),
    (6, _lies),
    (6, _signals),
    (6, _remembers),
    (8, _threads),
]
