"""A solution cannot turn its own failure into trouble of the infrastructure."""

import pytest

import runner
from runner.models import Blame, ExecutionStatus

#: Each is called as ``f(0)`` in the first test and as ``f(1)`` in the second.
_OFFENDERS = {
    "exits, then is killed": """
import os
def f(n):
    os.kill(os.getpid(), 9) if n else os._exit(3)
""",
    "segfaults, then exits": """
import ctypes, os
def f(n):
    os._exit(0) if n else ctypes.string_at(0)
""",
    "crashes in the second test only": """
import os
def f(n):
    return os.abort() if n else 0
""",
    "crashes while loading": "import os\nos._exit(1)\ndef f(n): return 0",
    "floods standard output": "def f(n):\n    while True:\n        print('x' * 10000)",
    "floods standard error": (
        "import sys\ndef f(n):\n    while True:\n        print('x' * 10000, file=sys.stderr)"
    ),
    "exhausts memory": "def f(n): return [0] * 10 ** 11",
    "exhausts memory slowly": (
        "def f(n):\n    kept = []\n    while True:\n        kept.append(bytearray(1 << 24))"
    ),
    "returns more than can cross": "def f(n): return ['x' * 1000] * 4_000_000",
    "returns keys that all collide": "def f(n): return {k * (2 ** 61 - 1) for k in range(60000)}",
    "sends garbage": "import os\ndef f(n):\n    os.write(3, os.urandom(4096))\n    return 0",
    "closes its channel": "import os\ndef f(n):\n    os.close(3)\n    return 0",
    "garbage, then a crash": (
        "import os\ndef f(n):\n    os._exit(1) if n else os.write(3, b'\\xff' * 64)\n    return 0"
    ),
    "stops itself": "import os, signal\ndef f(n): os.kill(os.getpid(), signal.SIGSTOP)",
    "sleeps": "import time\ndef f(n): time.sleep(60)",
    "never ends": "def f(n):\n    while True: pass",
    "recurses without end": "import sys\nsys.setrecursionlimit(10 ** 9)\ndef f(n): return f(n) + 1",
    "takes every descriptor": """
import socket
def f(n):
    kept = []
    while True:
        kept.extend(socket.socketpair())
""",
}


@pytest.mark.parametrize("code", _OFFENDERS.values(), ids=_OFFENDERS)
def test_the_code_is_to_blame(pool: runner.Pool, code: str) -> None:
    """However its attempts differ, the verdict is conclusive and no pass."""
    result = pool.execute(code, ["assert f(0) == 5", "assert f(1) == 5"], timeout=0.5)
    assert result.status is not ExecutionStatus.ALL_PASSED
    assert result.passed == 0
    assert result.blame is Blame.CODE
    assert result.conclusive


def test_a_crash_costs_only_its_own_test(pool: runner.Pool) -> None:
    """Tests beside the one that crashes keep their results."""
    code = "import os\ndef f(n):\n    return os._exit(0) if n == 2 else n"
    result = pool.execute(code, [f"assert f({n}) == {n}" for n in (1, 2, 3)])
    assert [test.passed for test in result.tests] == [True, False, True]
    assert result.status is ExecutionStatus.PROCESS_ERROR
    assert result.blame is Blame.CODE


@pytest.mark.parametrize("limits", [{"value_nodes": 20}, {"value_depth": 3}, {"value_bytes": 1024}])
def test_the_least_limits_of_values_blame_no_honest_solution(
    pool: runner.Pool, limits: dict[str, int]
) -> None:
    honest = {"code": "def f(x):\n    return x or [x][1]", "tests": ["assert f(1) == 1", "f(0)"]}
    result = pool.execute({**honest, "limits": limits})
    assert [test.status for test in result.tests] == ["passed", "error"]
    assert result.tests[1].message.startswith("IndexError")


@pytest.mark.parametrize("end", ["os._exit(0)", "os.kill(os.getpid(), 9)", "os.abort()"])
def test_a_death_that_was_seen_costs_no_sandbox(backend: str, end: str) -> None:
    """Its attempts repeat at once, where the first one was."""
    code = f"import os\ndef f(n):\n    {end}"
    with runner.Pool(name="deaths", workers=1, spares=0, backend=backend) as pool:
        died = pool.execute(code, ["assert f(0) == 5"])
        after = pool.execute("def f(n): return 5", ["assert f(0) == 5"])
        replaced = pool.stats().pool_worker_replacement_count
    assert (died.status, died.attempts) == (ExecutionStatus.PROCESS_ERROR, 3)
    assert (died.blame, died.conclusive) == (Blame.CODE, True)
    assert after.status is ExecutionStatus.ALL_PASSED
    assert {each.sandbox_id for each in (*died.history, *after.history)} == {after.sandbox_id}
    assert replaced == 0


#: It reaches the solution after a while, which a dry run of the test takes as well.
_SLOW_TEST = """\
import time
def check():
    return f(1)
time.sleep(0.1)
assert check() == 1"""

_BURNS_TIME = {
    "exits": "import os\ndef f(n): os._exit(0)",
    "sends garbage": "import os\ndef f(n):\n    os.write(3, os.urandom(4096))\n    return 0",
    "sleeps, then exits": "import os, time\ndef f(n):\n    time.sleep(0.4)\n    os._exit(0)",
}


@pytest.mark.parametrize("files", [None, {"a": ""}], ids=["no files", "files"])
@pytest.mark.parametrize("code", _BURNS_TIME.values(), ids=_BURNS_TIME)
def test_time_that_the_solution_burns_breaks_no_test(
    pool: runner.Pool,
    code: str,
    files: dict[str, str | bytes] | None,
    request: pytest.FixtureRequest,
) -> None:
    """The total budget ends while the tests that are left are prepared for another process."""
    if files:
        request.getfixturevalue("_work_directories")
    tests = [_SLOW_TEST] * 8
    took_s = pool.execute("def f(n): return n", tests, files=files).wall_s
    for part in (1.0, 1.3, 1.6, 1.9):  # of what a right solution takes; half of it, dry runs
        limits = runner.Limits(total_s=part * took_s)
        result = pool.execute(code, tests, limits=limits, files=files, max_retries=1)
        assert result.blame is Blame.CODE, result.tests
        assert result.conclusive
        assert result.passed == 0
