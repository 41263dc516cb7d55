"""Latency of one execution, and cost of tests, calls and values."""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from runner.models import ExecutionStatus, SuiteTest
from runner.models.signatures import TestLike
from runner.pool import Pool
from runner.pool.calls import PoolCalls

SOLUTION = "def add(a, b):\n    return a + b\n"
TESTS = ("assert add(1, 2) == 3", "assert add(-1, 1) == 0", "assert add('a', 'b') == 'ab'")

_CALLS = 1000
#: Prints the median duration of a call with a text of that many characters, in microseconds.
_CROSSING = """
import time
text, durations = 'x' * {size}, []
for _ in range({calls}):
    began = time.perf_counter()
    add(text, '')
    durations.append(time.perf_counter() - began)
durations.sort()
print(durations[len(durations) // 2] * 1e6)
"""

#: Tests of each kind, and how often the kinds take turns, ten executions each time.
_COUNT, _TURNS = 10, 10
_SUITES: dict[str, Sequence[TestLike]] = {
    f"{_COUNT} asserts": [f"assert add({n}, 1) == {n + 1}" for n in range(_COUNT)],
    f"{_COUNT} functions": [
        SuiteTest(
            code="from solution import add\n"
            + "".join(
                f"def test_{n}():\n    assert add({n}, 1) == {n + 1}\n" for n in range(_COUNT)
            )
        )
    ],
    f"{_COUNT} methods of unittest": [
        SuiteTest(
            code="import unittest\nfrom solution import add\nclass TestAdd(unittest.TestCase):\n"
            + "".join(
                f"    def test_{n}(self):\n        self.assertEqual(add({n}, 1), {n + 1})\n"
                for n in range(_COUNT)
            )
        )
    ],
}


class Spread(NamedTuple):
    """Median and 99th percentile of a series, in the series' own unit."""

    median: float
    p99: float

    @classmethod
    def of(cls, series: Sequence[float]) -> "Spread":
        """Summarise a series of at least two."""
        return cls(statistics.median(series), statistics.quantiles(series, n=100)[-1])


def timed_ms(action: Callable[[], object]) -> float:
    """Return how long an action takes, in milliseconds."""
    began_s = time.perf_counter()
    action()
    return (time.perf_counter() - began_s) * 1000


def floor_ms(repetitions: int) -> list[float]:
    """Return durations of executions in a fork without further isolation, in milliseconds."""
    with floor_process(repetitions) as process:
        output, _ = process.communicate("\n".join((SOLUTION, *TESTS)))
    return [float(line) for line in output.split()]


def floor_process(repetitions: int) -> "subprocess.Popen[str]":
    """Start the program of the floor, which reads its work from standard input."""
    command = [sys.executable, "-m", "runner.bench.floor", str(repetitions)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def execution_ms(
    pool: PoolCalls, repetitions: int, tests: Sequence[TestLike] = TESTS
) -> list[float]:
    """Return durations of ``pool.execute`` on an idle pool, in milliseconds."""
    durations = []
    for _ in range(repetitions):
        began_s = time.perf_counter()
        result = pool.execute(SOLUTION, tests)
        durations.append((time.perf_counter() - began_s) * 1000)
        assert result.status is ExecutionStatus.ALL_PASSED, result.error
    return durations


def crossing_us(pool: Pool, size: int = 1) -> float:
    """Return the median duration of a call from judge to subject and back, in microseconds.

    Args:
        pool: The pool to measure.
        size: Characters of the argument, and of the result.
    """
    test = _CROSSING.format(size=size, calls=max(20, _CALLS // (1 + size // 1024)))
    return float(pool.execute(SOLUTION, [test], timeout=60).stdout)


def suites() -> Iterator[tuple[str, dict[str, float]]]:
    """Measure a suite of ten tests beside ten asserts, in milliseconds."""
    series: dict[str, list[float]] = {name: [] for name in _SUITES}
    with Pool(workers=2, max_uses=100_000) as pool:
        for _ in range(_TURNS):
            for name, tests in _SUITES.items():
                series[name] += execution_ms(pool, 10, tests)
    medians = {name: statistics.median(values) for name, values in series.items()}
    base = medians[f"{_COUNT} asserts"]
    for name, median in medians.items():
        yield name, {"ms": median, "to the asserts": median / base}
