"""Statistics and health of a pool."""

from runner.models.base import Model


class PoolStats(Model):
    """Counters since the start, current gauges, and stage times in seconds.

    Attributes:
        workers: Sandboxes the pool may lease at the same time.
        idle: Warm sandboxes that are not in use.
        leased: Sandboxes in use.
        starting: Sandboxes that are starting.
        waiting: Callers in the queue.
        requests: Requests taken.
        attempts: Leases that led to an execution.
        process_error_retry_count: Attempts repeated after a ``process_error``.
        process_error_final_failure_count: Requests that ended as ``process_error``.
        pool_worker_replacement_count: Sandboxes started in place of another one.
        start_failures: Starts of a sandbox that failed.
        stages: Name of the stage to its histogram.
    """

    workers: int
    idle: int
    leased: int
    starting: int
    waiting: int
    requests: int
    attempts: int
    process_error_retry_count: int
    process_error_final_failure_count: int
    pool_worker_replacement_count: int
    start_failures: int
    stages: dict[str, "StageTimes"]


class StageTimes(Model):
    """Distribution of one stage's duration, in seconds.

    Attributes:
        count: Number of durations.
        total_s: Their sum.
        p50_s: The median; like the other quantiles, exact to 21%.
        p95_s: The 95th percentile.
        p99_s: The 99th percentile.
        buckets: The cumulative histogram: upper bounds in seconds, three per decade, and the number
            of durations up to each.
    """

    count: int
    total_s: float
    p50_s: float
    p95_s: float
    p99_s: float
    buckets: tuple[tuple[float, int], ...] = ()


class HealthReport(Model):
    """Result of ``health_check``.

    Attributes:
        healthy: Whether every configured worker answered correctly.
        started: Whether the pool has been started and not shut down.
        workers: Configured number of sandboxes.
        workers_responsive: Sandboxes that answered.
        workers_correct: Sandboxes whose verdicts on a known pass and a known failure were right.
        error: Description of the failure; None when healthy.
        check_duration_ms: Duration of the check in milliseconds.
    """

    healthy: bool
    started: bool
    workers: int
    workers_responsive: int
    workers_correct: int
    error: str | None
    check_duration_ms: float
