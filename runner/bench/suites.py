"""What a suite costs beside the same tests as asserts: latency of one execution."""

import statistics
from collections.abc import Iterator, Sequence

from runner.bench.latency import execution_ms
from runner.models import SuiteTest
from runner.models.signatures import TestLike
from runner.pool import Pool

_COUNT = 10
_TESTS: dict[str, Sequence[TestLike]] = {
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


def suites(turns: int) -> Iterator[tuple[str, dict[str, float]]]:
    """Yield the median of each kind of test, and its ratio to the asserts.

    Args:
        turns: How often the kinds take turns, ten executions each time.
    """
    series: dict[str, list[float]] = {name: [] for name in _TESTS}
    with Pool(workers=2, max_uses=100_000) as pool:
        for _ in range(turns):
            for name, tests in _TESTS.items():
                series[name] += execution_ms(pool, 10, tests)
    medians = {name: statistics.median(values) for name, values in series.items()}
    base = medians[f"{_COUNT} asserts"]
    for name, median in medians.items():
        yield name, {"ms": median, "to the asserts": median / base}
