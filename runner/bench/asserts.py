"""Cost of each further assert of a request, by process, compared with one process.

The cost of a request with few asserts is subtracted from that with many, to remove the fixed cost.
Each figure is the minimum of several turns.
"""

import contextlib
import time
from typing import NamedTuple

from runner.bench.latency import SOLUTION
from runner.bench.victims import victims
from runner.config import default_backend
from runner.pool import Pool

_FEW = 3
_TURNS = 15
#: Numbers of asserts of a request.
_COUNTS = (1, _FEW, 50, 200)


class Used(NamedTuple):
    """Seconds that one request took: on the wall clock, and of CPU time by process."""

    wall_s: float
    pair_s: float
    supervisor_s: float
    host_s: float


def asserts() -> dict[str, dict[str, float]]:
    """Measure each further assert of a request, in microseconds, beside one process."""
    least: dict[int, Used] = {}
    plain = Used(*[float("inf")] * len(Used._fields))
    with Pool(workers=1, spares=0, max_uses=100_000) as pool, victims(default_backend()) as running:
        pool.execute_batch([(SOLUTION, _tests(_FEW))] * 20)
        (supervisor,) = map(running.pid, running.all())
        for _ in range(_TURNS):
            for count in _COUNTS:
                used = _execute(pool, count, supervisor)
                least[count] = _least(used, least.get(count, used))
            plain = _least(plain, _in_one_process(_COUNTS[-1]))
    further = _each_further(least[_FEW], least[_COUNTS[-1]], _COUNTS[-1] - _FEW)
    rows = {f"{count} asserts": _row(used) for count, used in least.items()}
    each, own = _row(further), _row(plain)
    rows |= {"each further assert": each, "an assert in one process": own}
    rows["ratio"] = {
        "time": each["time"] / own["time"],
        "judge and subject": each["judge and subject"] / own["judge and subject"],
    }
    return rows


def _tests(count: int) -> list[str]:
    """Return this number of asserts with different texts."""
    return [f"assert add({number}, 2) == {number + 2}" for number in range(1000, 1000 + count)]


def _execute(pool: Pool, count: int, supervisor: int | None) -> Used:
    tests = _tests(count)
    supervisor_s, host_s, began_s = _cpu_s(supervisor), time.process_time(), time.perf_counter()
    result = pool.execute(SOLUTION, tests, timeout=60)
    wall_s = time.perf_counter() - began_s
    assert result.passed == count, result.error
    host_s = time.process_time() - host_s
    return Used(wall_s, result.cpu_s, _cpu_s(supervisor) - supervisor_s, host_s)


def _cpu_s(pid: int | None) -> float:
    """Return CPU seconds of a process; NaN for one that is not visible from here."""
    with contextlib.suppress(OSError):
        if pid is not None:
            return time.clock_gettime((~pid << 3) | 2)
    return float("nan")


def _in_one_process(count: int) -> Used:
    """Compile and run asserts one by one, and return what each took."""
    space: dict[str, object] = {}
    exec(SOLUTION, space)  # noqa: S102 - our own
    tests = _tests(count)
    cpu_s, began_s = time.thread_time(), time.perf_counter()
    for test in tests:
        exec(compile(test, "<test>", "exec", dont_inherit=True), space)  # noqa: S102 - our own
    wall_s = time.perf_counter() - began_s
    return Used(wall_s / count, (time.thread_time() - cpu_s) / count, 0.0, 0.0)


def _least(one: Used, other: Used) -> Used:
    return Used(*map(min, one, other))


def _each_further(few: Used, many: Used, count: int) -> Used:
    return Used(*((more - less) / count for less, more in zip(few, many, strict=True)))


def _row(used: Used) -> dict[str, float]:
    names = ("time", "judge and subject", "supervisor", "host")
    return {name: seconds * 1e6 for name, seconds in zip(names, used, strict=True)}
