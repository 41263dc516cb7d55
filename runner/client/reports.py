"""Merges the reports of several services."""

from collections.abc import Mapping, Sequence

from runner.distributed.reports import merged_stages
from runner.models import HealthReport, PoolStats


def unreachable(error: Exception) -> HealthReport:
    """Return the report for a service that does not answer."""
    return HealthReport(
        healthy=False,
        started=False,
        workers=0,
        workers_responsive=0,
        workers_correct=0,
        error=f"it does not answer: {str(error) or type(error).__name__}",
        check_duration_ms=0.0,
    )


def merged_health(found: Mapping[str, HealthReport]) -> HealthReport:
    """Return one health report for all services.

    Args:
        found: Reports by address.
    """
    reports = list(found.values())
    errors = {where: report.error for where, report in found.items() if report.error}
    return HealthReport(
        healthy=all(report.healthy for report in reports),
        started=all(report.started for report in reports),
        workers=sum(report.workers for report in reports),
        workers_responsive=sum(report.workers_responsive for report in reports),
        workers_correct=sum(report.workers_correct for report in reports),
        error="; ".join(f"{where}: {error}" for where, error in errors.items()) or None,
        check_duration_ms=max(report.check_duration_ms for report in reports),
    )


def merged_stats(found: Sequence[PoolStats]) -> PoolStats:
    """Return the sum of all services' statistics."""
    if len(found) == 1:
        return found[0]
    counts = {
        name: sum(getattr(stats, name) for stats in found)
        for name in PoolStats.model_fields
        if name != "stages"
    }
    return PoolStats(**counts, stages=merged_stages([stats.stages for stats in found]))
