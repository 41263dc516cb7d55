"""Latency of one execution, and of one call between judge and subject."""

import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import NamedTuple

from runner.pool import Pool

SOLUTION = "def add(a, b):\n    return a + b\n"
TESTS = ("assert add(1, 2) == 3", "assert add(-1, 1) == 0", "assert add('a', 'b') == 'ab'")

_CALLS = 2000
_CROSSING = f"""
import time
durations = []
for _ in range({_CALLS}):
    began = time.perf_counter()
    add(1, 2)
    durations.append(time.perf_counter() - began)
durations.sort()
print(durations[len(durations) // 2] * 1e6)
"""


class Spread(NamedTuple):
    """Median and 99th percentile of a series, in the series' own unit."""

    median: float
    p99: float

    @classmethod
    def of(cls, series: Sequence[float]) -> "Spread":
        """Summarise a series of at least two."""
        return cls(statistics.median(series), statistics.quantiles(series, n=100)[-1])


def floor_ms(repetitions: int) -> list[float]:
    """Return durations of executions that isolate nothing but the process, in milliseconds."""
    command = [sys.executable, "-m", "runner.bench.floor", str(repetitions)]
    program = "\n".join((SOLUTION, *TESTS))
    done = subprocess.run(command, input=program, capture_output=True, text=True, check=True)
    return [float(line) for line in done.stdout.split()]


def execution_ms(pool: Pool, repetitions: int) -> list[float]:
    """Return durations of ``pool.execute`` on an idle pool, in milliseconds."""
    durations = []
    for _ in range(repetitions):
        began_s = time.perf_counter()
        result = pool.execute(SOLUTION, TESTS)
        durations.append((time.perf_counter() - began_s) * 1000)
        assert result.passed == len(TESTS), result.error
    return durations


def crossing_us(pool: Pool) -> float:
    """Return the median duration of a call from judge to subject and back, in microseconds."""
    result = pool.execute(SOLUTION, [_CROSSING], timeout=60)
    return float(result.stdout)
