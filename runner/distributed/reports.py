"""Merges the reports of all nodes."""

import bisect
from collections.abc import Mapping, Sequence
from typing import Any

from runner.distributed.models import RayHealthReport, RayPoolStats
from runner.models import HealthReport, PoolStats, StageTimes
from runner.pool.metrics import Metrics

Buckets = tuple[tuple[float, int], ...]

_GAUGES = (
    "workers",
    "idle",
    "leased",
    "starting",
    "waiting",
    "pool_worker_replacement_count",
    "start_failures",
)


def merged_stats(
    nodes: Mapping[str, PoolStats], troubles: Mapping[str, str], metrics: Metrics, *, waiting: int
) -> RayPoolStats:
    """Return the statistics of a client.

    Args:
        nodes: Statistics of the nodes.
        troubles: Why other nodes do not serve.
        metrics: Counters of the client.
        waiting: Requests that wait at the client.
    """
    sums: dict[str, Any] = {
        name: sum(getattr(stats, name) for stats in nodes.values()) for name in _GAUGES
    }
    # Gauges of the nodes, which may have other clients; counters of this client alone.
    counted = {name: n for name, n in metrics.counters().items() if name not in _GAUGES}
    stages = merged_stages([stats.stages for stats in nodes.values()])
    own = metrics.stages()
    fields = {**sums, **counted, "waiting": sums["waiting"] + waiting}
    return RayPoolStats(
        **fields,
        stages={**stages, "queue": own["queue"]},
        nodes=dict(nodes),
        troubles=dict(troubles),
    )


def merged_health(
    nodes: Mapping[str, HealthReport],
    troubles: Mapping[str, str],
    *,
    started: bool,
    duration_s: float,
) -> RayHealthReport:
    """Return the health of a cluster from that of its nodes.

    Args:
        nodes: Reports of the nodes.
        troubles: Why other nodes do not serve or did not answer.
        started: Whether the pool has been started and not shut down.
        duration_s: Duration of the check, in seconds.
    """
    told = {node: report.error for node, report in nodes.items() if report.error} | dict(troubles)
    error = "; ".join(f"node {node}: {why}" if node else why for node, why in told.items())
    return RayHealthReport(
        healthy=not told and bool(nodes),
        started=started,
        workers=sum(report.workers for report in nodes.values()),
        workers_responsive=sum(report.workers_responsive for report in nodes.values()),
        workers_correct=sum(report.workers_correct for report in nodes.values()),
        error=error or (None if nodes else "no node serves"),
        check_duration_ms=duration_s * 1000,
        nodes=dict(nodes),
        troubles=dict(troubles),
    )


def merged_stages(pools: Sequence[Mapping[str, StageTimes]]) -> dict[str, StageTimes]:
    """Return the times of each stage in all pools; a pool of another version may lack a stage."""
    names = sorted({name for stages in pools for name in stages})
    return {name: _merged([each[name] for each in pools if name in each]) for name in names}


def _merged(times: Sequence[StageTimes]) -> StageTimes:
    """Add counts, totals and buckets; quantiles are those of the slowest pool, an upper bound."""
    return StageTimes(
        count=sum(each.count for each in times),
        total_s=sum(each.total_s for each in times),
        p50_s=max(each.p50_s for each in times),
        p95_s=max(each.p95_s for each in times),
        p99_s=max(each.p99_s for each in times),
        buckets=_merged_buckets([each.buckets for each in times]),
    )


def _merged_buckets(histograms: Sequence[Buckets]) -> Buckets:
    """Add up histograms of any bounds: nodes of another version may have others.

    If a histogram lacks a bound, its count up to the next lower bound is used.
    """
    sums: dict[float, int] = {bound: 0 for buckets in histograms for bound, _ in buckets}
    for buckets in histograms:
        bounds = [bound for bound, _ in buckets]
        for bound in sums:
            below = bisect.bisect_right(bounds, bound)
            sums[bound] += buckets[below - 1][1] if below else 0
    return tuple(sorted(sums.items()))
