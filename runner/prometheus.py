"""Metrics of pools in the format of Prometheus; needs the extra ``prometheus``.

collector = PoolCollector(pool)
prometheus_client.REGISTRY.register(collector)     # beside the program's own metrics, or
with serve(9101, pool): ...                        # on a port of their own, at /metrics
"""

import contextlib
from collections.abc import Iterator
from typing import Any

from runner.errors import ConfigurationError, with_remedy
from runner.models import PoolStats, StageTimes
from runner.pool import Pool
from runner.pool.metrics import COUNTERS

try:
    import prometheus_client
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
    from prometheus_client.registry import Collector
except ImportError as error:
    raise ConfigurationError(
        "runner.prometheus needs an extra: pip install 'sandbox-runner[prometheus]'"
    ) from error

#: Content type for the result of ``exposition``.
CONTENT_TYPE = prometheus_client.CONTENT_TYPE_LATEST

_PREFIX = "sandbox_runner"
_STATES = ("idle", "leased", "starting")
_GAUGES = {
    "workers": "Sandboxes that may be in use at the same time.",
    "waiting": "Requests that wait for a sandbox.",
}

Family = CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily


class PoolCollector(Collector):
    """Reads the pools at each scrape; the label ``pool`` tells them apart.

    Args:
        pools: Their names must differ.

    Raises:
        ConfigurationError: Two have the same name, or an argument is not a ``Pool``.
    """

    def __init__(self, *pools: Pool) -> None:
        for pool in pools:
            if not isinstance(pool, Pool):
                kind = type(pool).__name__
                raise ConfigurationError(f"pools: each must be a Pool by itself, not {kind}")
        names = [pool.config.name for pool in pools]
        if len({*names}) < len(names):
            raise ConfigurationError(
                f"pools: the names {', '.join(names)} must differ, or figures are lost: give each"
                " its own, as in Pool(name='judges')"
            )
        self._pools = pools

    def collect(self) -> Iterator[Family]:
        """Yield all metrics; never blocks on an engine."""
        figures = {pool.config.name: pool.stats() for pool in self._pools}
        for counter in COUNTERS:
            about = f"{counter.replace('_', ' ').capitalize()}."
            yield _figure(CounterMetricFamily, counter, about, figures)
        for name, about in _GAUGES.items():
            yield _figure(GaugeMetricFamily, name, about, figures)
        yield _sandboxes(figures)
        yield _stages(figures)


def exposition(*pools: Pool) -> bytes:
    """Return the metrics of pools as the body of a response to ``GET /metrics``."""
    return bytes(prometheus_client.generate_latest(_registry(pools)))


@contextlib.contextmanager
def serve(port: int, *pools: Pool, address: str = "127.0.0.1") -> Iterator[int]:
    """Serve the metrics of pools over HTTP at ``/metrics``, for the length of a ``with`` block.

    Args:
        port: 0 for any that is free.
        pools: The pools to read.
        address: Address to listen on; the default can be reached from this machine only.

    Yields:
        The port.

    Raises:
        ConfigurationError: The address or port is not available, or an argument is not a ``Pool``.
    """
    registry = _registry(pools)
    try:
        server, thread = prometheus_client.start_http_server(port, address, registry)
    except (OSError, OverflowError) as error:
        place = f"port {port!r} of {address!r}"
        raise ConfigurationError(f"cannot serve at {place}: {with_remedy(error)}") from error
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _registry(pools: tuple[Pool, ...]) -> prometheus_client.CollectorRegistry:
    registry = prometheus_client.CollectorRegistry()
    registry.register(PoolCollector(*pools))
    return registry


def _figure(kind: Any, name: str, about: str, figures: dict[str, PoolStats]) -> Any:
    """Return the family of a field of the statistics."""
    family = kind(f"{_PREFIX}_{name}", about, labels=["pool"])
    for pool, stats in figures.items():
        family.add_metric([pool], getattr(stats, name))
    return family


def _sandboxes(figures: dict[str, PoolStats]) -> GaugeMetricFamily:
    about = "Sandboxes by state."
    family = GaugeMetricFamily(f"{_PREFIX}_sandboxes", about, labels=["pool", "state"])
    for pool, stats in figures.items():
        for state in _STATES:
            family.add_metric([pool, state], getattr(stats, state))
    return family


def _stages(figures: dict[str, PoolStats]) -> HistogramMetricFamily:
    about = "Duration of the stages of an attempt."
    family = HistogramMetricFamily(f"{_PREFIX}_stage_seconds", about, labels=["pool", "stage"])
    for pool, stats in figures.items():
        for stage, times in stats.stages.items():
            family.add_metric([pool, stage], _buckets(times), times.total_s)
    return family


def _buckets(times: StageTimes) -> list[tuple[str, float]]:
    bounded: list[tuple[str, float]] = [(f"{bound:.3g}", count) for bound, count in times.buckets]
    return [*bounded, ("+Inf", times.count)]
