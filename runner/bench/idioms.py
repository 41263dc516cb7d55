"""Typical programs of problem solvers, in a sandbox and in plain Python without isolation."""

import os
import subprocess
import sys

from runner.models import StdioTest
from runner.pool import Pool

_TURNS = 3

_COUNT = "def f(n): return 0 if n == 0 else 1 + f(n - 1)\n"
_LIMIT = "import sys, threading\nsys.setrecursionlimit(10**6)\n"
_THREAD = "threading.stack_size(2**28)\nt = threading.Thread(target=main)\nt.start()\nt.join()\n"

PROGRAMS = {
    "nothing": "pass\n",
    "a thread of 256 MiB": (
        f"{_LIMIT}{_COUNT}def main(): print(sum(f(100_000) for _ in range(5)))\n{_THREAD}"
    ),
    "no limit of the stack": (
        "import resource as r\nr.setrlimit(r.RLIMIT_STACK, (r.RLIM_INFINITY, r.RLIM_INFINITY))\n"
        f"{_LIMIT}{_COUNT}print(sum(f(100_000) for _ in range(5)))\n"
    ),
    "a cache, 5,000 deep": (
        f"from functools import cache\n{_LIMIT}f = cache(lambda n: 0 if n == 0 else 1 + f(n - 1))\n"
        "print(sum((f.cache_clear(), f(5000))[1] for _ in range(50)))\n"
    ),
    "an exception, 100,000 deep": (
        f"{_LIMIT}def f(n): return f(n + 1) if n < 100_000 else 1 / 0\nf(0)\n"
    ),
}


def idioms() -> dict[str, dict[str, float]]:
    """Measure programs with deep stacks, in CPU time, beside plain Python."""
    least: dict[tuple[str, bool], float] = {}
    with Pool(workers=1, max_uses=100_000) as pool:
        for _ in range(_TURNS):
            for name, code in PROGRAMS.items():
                used_ms = {True: _here_ms(pool, code), False: _plainly_ms(code)}
                for here, ms in used_ms.items():
                    least[name, here] = min(ms, least.get((name, here), ms))
    return {
        name: {
            "ms": least[name, True],
            "ms in plain Python": least[name, False],
            "ratio": least[name, True] / least[name, False],
        }
        for name in PROGRAMS
    }


def _here_ms(pool: Pool, code: str) -> float:
    test = StdioTest(stdin="", stdout="")
    return pool.execute(code, [test], timeout=60).tests[0].cpu_s * 1000


def _plainly_ms(code: str) -> float:
    """Return the CPU time of a fresh interpreter of this Python."""
    with subprocess.Popen(
        [sys.executable, "-I", "-c", code], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        assert process.stderr is not None
        process.stderr.read()
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0
    return (usage.ru_utime + usage.ru_stime) * 1000
