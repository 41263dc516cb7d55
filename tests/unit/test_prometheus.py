"""What a pool counts can be scraped, by the names that dashboards know."""

import socket
import urllib.request
from collections.abc import Iterator

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from runner.errors import ConfigurationError
from runner.pool import Pool
from runner.pool.metrics import COUNTERS, STAGES
from runner.prometheus import CONTENT_TYPE, PoolCollector, exposition, serve
from tests.fakes import FakeBackend

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture
def used() -> Iterator[Pool]:
    with Pool(backend=FakeBackend(), name="used", workers=2, spares=0) as pool:
        for _ in range(3):
            pool.execute("def f(): pass", ["f()"])
        yield pool


def scrape(text: str) -> Samples:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def of(samples: Samples, name: str, **labels: str) -> float:
    return samples[f"sandbox_runner_{name}", frozenset({"pool": "used", **labels}.items())]


def test_metrics_are_served_where_prometheus_looks(used: Pool) -> None:
    with (
        serve(0, used) as port,
        urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer,
    ):
        assert answer.headers["Content-Type"].startswith("text/plain")
        samples = scrape(answer.read().decode())
    assert of(samples, "requests_total") == of(samples, "attempts_total") == 3


def test_all_counters_are_there(used: Pool) -> None:
    samples = scrape(exposition(used).decode())
    for name in COUNTERS:
        assert of(samples, f"{name}_total") >= 0
    assert of(samples, "workers") == 2
    assert of(samples, "sandboxes", state="idle") == 2
    assert "text/plain" in CONTENT_TYPE


def test_stages_are_histograms(used: Pool) -> None:
    samples = scrape(exposition(used).decode())
    for stage in STAGES:
        times = used.stats().stages[stage]
        counts = [
            (float(dict(labels)["le"]), value)
            for (name, labels), value in samples.items()
            if name == "sandbox_runner_stage_seconds_bucket" and ("stage", stage) in labels
        ]
        assert sorted(value for _, value in sorted(counts)) == [v for _, v in sorted(counts)]
        assert max(counts) == (float("inf"), times.count)
        assert of(samples, "stage_seconds_count", stage=stage) == times.count
        assert of(samples, "stage_seconds_sum", stage=stage) == pytest.approx(times.total_s)


def test_pools_are_told_apart_in_a_foreign_registry(used: Pool) -> None:
    registry = CollectorRegistry()
    new = Pool(backend=FakeBackend(), name="new")
    registry.register(PoolCollector(used, new))
    name = "sandbox_runner_requests_total"
    assert registry.get_sample_value(name, {"pool": "used"}) == 3
    assert registry.get_sample_value(name, {"pool": "new"}) == 0


def test_a_port_that_is_taken_is_told(used: Pool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(ConfigurationError, match=rf"port {port} .* in use: choose another"),
            serve(port, used),
        ):
            pass


def test_pools_of_one_name_are_refused(used: Pool) -> None:
    """The figures of one of them would be missing."""
    with pytest.raises(ConfigurationError, match=r"used, used must differ.*Pool\(name="):
        PoolCollector(used, used)


def test_what_is_no_pool_is_refused(used: Pool) -> None:
    with pytest.raises(ConfigurationError, match="each must be a Pool by itself, not list"):
        exposition([used])  # type: ignore[arg-type]
