"""A process pool without isolation, like the replaced one: the old side.

Run as a program of its own, which needs the standard library only, so that its workers hold nothing
else: it reads work as JSON from standard input and prints its figures as JSON.
"""

import concurrent.futures
import contextlib
import io
import json
import multiprocessing
import os
import signal
import statistics
import sys
import time
from pathlib import Path
from typing import Any

_TIMEOUT_S = 5


def run(code: str, tests: list[str]) -> int:
    """Execute code and tests in this very process; return how many tests passed."""
    return sum(_passes(f"{code}\n\n{test}") for test in tests)


def _passes(program: str) -> bool:
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.alarm(_TIMEOUT_S)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            exec(program, {"__name__": "solution"})  # noqa: S102  # executing it is the purpose
    except (Exception, KeyboardInterrupt):  # noqa: BLE001  # any exception is a failure
        return False
    finally:
        signal.alarm(0)
    return True


def measure(work: dict[str, Any]) -> dict[str, Any]:
    """Return start in seconds, executions in milliseconds, memory in bytes, problems passed."""
    spawn = multiprocessing.get_context("spawn")
    code, tests = work["code"], work["tests"]
    begun_s = time.perf_counter()
    with concurrent.futures.ProcessPoolExecutor(work["workers"], mp_context=spawn) as pool:
        pids = {future.result() for future in [pool.submit(os.getpid) for _ in range(200)]}
        start_s = time.perf_counter() - begun_s
        warm_ms = [
            _timed_ms(lambda: pool.submit(run, code, tests).result()) for _ in range(work["warm"])
        ]
        accepted = [pool.submit(run, *problem) for problem in work["problems"]]
        passed = sum(
            future.result() == len(problem[1])
            for future, problem in zip(accepted, work["problems"], strict=True)
        )
        memory = statistics.median(_resident_bytes(pid) for pid in pids)
    slow_ms = [_timed_ms(lambda: _spawned(spawn, code, tests)) for _ in range(work["slow"])]
    return {
        "start_s": [start_s],
        "warm_ms": warm_ms,
        "slow_ms": slow_ms,
        "memory_bytes": [memory],
        "passed": passed,
    }


def _spawned(spawn: Any, code: str, tests: list[str]) -> None:
    """Execute without a pool: a new process for each test, all at the same time."""
    processes = [spawn.Process(target=run, args=(code, [test])) for test in tests]
    for process in processes:
        process.start()
    for process in processes:
        process.join()


def _timed_ms(action: Any) -> float:
    begun_s = time.perf_counter()
    action()
    return (time.perf_counter() - begun_s) * 1000


def _resident_bytes(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    json.dump(measure(json.load(sys.stdin)), sys.stdout)
