"""Counters and stage times of a pool, cheap enough for every request."""

import bisect
import itertools
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Literal, get_args

from runner.models import StageTimes

CounterName = Literal[
    "requests",
    "attempts",
    "process_error_retry_count",
    "process_error_final_failure_count",
    "pool_worker_replacement_count",
    "start_failures",
]
StageName = Literal["queue", "lease", "transport", "run"]

COUNTERS: tuple[CounterName, ...] = get_args(CounterName)
STAGES: tuple[StageName, ...] = get_args(StageName)

#: Ten microseconds to over an hour, twelve buckets per decade: quantiles are exact to 21%.
_BOUNDS_S = tuple(1e-5 * 10 ** (step / 12) for step in range(12 * 9))
#: Reported histograms are coarser, to keep metrics of many pools small.
_BUCKETS_PER_SHOWN = 4


class Metrics:
    """Counters and histograms; any thread may use them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counters: Counter[str] = Counter()
        self._stages = {stage: _Histogram() for stage in STAGES}

    def count(self, name: CounterName, by: int = 1) -> None:
        """Add to a counter."""
        with self._lock:
            self._counters[name] += by

    def observe(self, **stages_s: float) -> None:
        """Add one duration, in seconds, to each stage that is named."""
        with self._lock:
            for stage, seconds in stages_s.items():
                self._stages[stage].add(seconds)  # type: ignore[index]

    def counters(self) -> dict[str, int]:
        """Return all counters."""
        with self._lock:
            return {name: self._counters[name] for name in COUNTERS}

    def stages(self) -> dict[str, StageTimes]:
        """Return all histograms."""
        with self._lock:
            return {stage: histogram.times() for stage, histogram in self._stages.items()}


class _Histogram:
    def __init__(self) -> None:
        self._buckets = [0] * (len(_BOUNDS_S) + 1)
        self._count = 0
        self._total_s = 0.0

    def add(self, seconds: float) -> None:
        self._buckets[bisect.bisect_left(_BOUNDS_S, seconds)] += 1
        self._count += 1
        self._total_s += seconds

    def times(self) -> StageTimes:
        return StageTimes(
            count=self._count,
            total_s=self._total_s,
            p50_s=self._quantile(0.50),
            p95_s=self._quantile(0.95),
            p99_s=self._quantile(0.99),
            buckets=tuple(self._cumulative())[::_BUCKETS_PER_SHOWN],
        )

    def _cumulative(self) -> Iterator[tuple[float, int]]:
        counts = itertools.accumulate(self._buckets)
        return zip(_BOUNDS_S, counts, strict=False)  # the last bucket has no bound

    def _quantile(self, share: float) -> float:
        """Return the upper bound, in seconds, of the bucket that holds this quantile."""
        if not self._count:
            return 0.0
        seen = 0
        for bound, count in zip(_BOUNDS_S, self._buckets, strict=False):
            seen += count
            if seen >= share * self._count:
                return bound
        return _BOUNDS_S[-1]
