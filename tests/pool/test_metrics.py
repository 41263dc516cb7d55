"""Counters count, and quantiles are near the truth."""

import threading

import pytest

from runner.pool.metrics import COUNTERS, STAGES, Metrics


def test_everything_starts_at_zero() -> None:
    metrics = Metrics()
    assert metrics.counters() == dict.fromkeys(COUNTERS, 0)
    assert set(metrics.stages()) == set(STAGES)
    assert metrics.stages()["run"].p99_s == 0


def test_counters_count() -> None:
    metrics = Metrics()
    metrics.count("requests")
    metrics.count("requests", 2)
    assert metrics.counters()["requests"] == 3


def test_quantiles_are_near_the_truth() -> None:
    metrics = Metrics()
    for index in range(1, 1001):
        metrics.observe(run=index / 1000)
    times = metrics.stages()["run"]
    assert times.count == 1000
    assert times.total_s == pytest.approx(500.5)
    assert times.p50_s == pytest.approx(0.5, rel=0.22)
    assert times.p95_s == pytest.approx(0.95, rel=0.22)
    assert times.p99_s == pytest.approx(0.99, rel=0.22)


@pytest.mark.parametrize("seconds", [0.0, 1e-9, 1e9])
def test_nothing_falls_outside_the_histogram(seconds: float) -> None:
    metrics = Metrics()
    metrics.observe(queue=seconds)
    assert metrics.stages()["queue"].count == 1
    assert metrics.stages()["queue"].p50_s > 0


def test_several_stages_are_observed_at_once() -> None:
    metrics = Metrics()
    metrics.observe(run=1.0, transport=0.1)
    assert [stage for stage in STAGES if metrics.stages()[stage].count] == ["transport", "run"]


def test_threads_lose_nothing() -> None:
    metrics = Metrics()

    def work() -> None:
        for _ in range(1000):
            metrics.count("attempts")
            metrics.observe(lease=0.001)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert metrics.counters()["attempts"] == metrics.stages()["lease"].count == 4000


def test_buckets_count_what_was_no_longer() -> None:
    metrics = Metrics()
    for seconds in (0.0005, 0.002, 0.002, 0.05):
        metrics.observe(run=seconds)
    buckets = dict(metrics.stages()["run"].buckets)
    bounds = sorted(buckets)
    assert len(bounds) == 27
    assert [buckets[bound] for bound in bounds if 0.9e-3 < bound < 1.1e-2] == [1, 3, 3, 3]
    assert buckets[bounds[-1]] == 4
