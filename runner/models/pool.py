"""What a pool tells of itself."""

from runner.models.base import Model


class PoolStats(Model):
    """Counters since start, gauges of now, and stage times in seconds.

    Attributes:
        workers: Sandboxes the pool may lease at the same time.
        idle: Warm sandboxes that are not in use.
        leased: Sandboxes in use.
        starting: Sandboxes on their way.
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
        count: How many there were.
        total_s: Their sum.
        p50_s: Half of them were no longer; like the other quantiles, exact to 21%.
        p95_s: 95% of them were no longer.
        p99_s: 99% of them were no longer.
        buckets: The histogram: upper bounds in seconds, three to a power of ten, and how many of
            all were no longer than that.
    """

    count: int
    total_s: float
    p50_s: float
    p95_s: float
    p99_s: float
    buckets: tuple[tuple[float, int], ...] = ()


class HealthReport(Model):
    """What ``health_check`` saw.

    Attributes:
        healthy: Whether every worker that should be there answered correctly.
        started: Whether the pool has been started and not shut down.
        workers: Sandboxes the pool should have.
        workers_responsive: Sandboxes that answered.
        workers_correct: Sandboxes whose verdicts on a known pass and a known failure were right.
        error: What is wrong, for people; None when healthy.
        check_duration_ms: Duration of the check in milliseconds.
    """

    healthy: bool
    started: bool
    workers: int
    workers_responsive: int
    workers_correct: int
    error: str | None
    check_duration_ms: float
