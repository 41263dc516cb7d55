"""The pool of a service: set before use, missed with a warning, cleaned up in order."""

import logging
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from runner import engine, services
from runner.errors import ConfigurationError
from runner.grail import (
    CodeExecutionPool,
    check_code_executes_fast,
    get_global_execution_pool,
    set_global_execution_pool,
)
from runner.services import miner_pool, validator_pool

Eventually = Callable[[Callable[[], object]], None]

GOOD = ("def f(x):\n    return x + 1", ["assert f(1) == 2"])


@pytest.fixture(autouse=True)
def _own_globals(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("RUNNER_BACKEND", request.config.getoption("--backend"))
    set_global_execution_pool(None)
    yield
    set_global_execution_pool(None)


@pytest.fixture
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNNER_BACKEND", "docker")
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")


@pytest.mark.parametrize(("begin", "workers"), [(validator_pool, 8), (miner_pool, 4)])
def test_a_role_has_its_pool(
    backend: str,
    begin: Callable[..., services.ServicePool],
    workers: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    with begin(spares=0) as service:
        assert get_global_execution_pool() is service.pool
        assert isinstance(service.pool, CodeExecutionPool)
        assert (service.num_workers, service.pool.num_workers) == (workers, workers)
        assert service.pool.max_tasks_per_child == 1000
        assert f"Fast code execution pool initialized: {workers} workers" in caplog.messages
        assert service.health_check(30.0)["healthy"]
        assert check_code_executes_fast(*GOOD) == service.execute(*GOOD)
        assert not service.degraded
    assert get_global_execution_pool() is None
    assert service.pool is None


def test_cleanup_clears_then_shuts_down_then_drops(
    backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = miner_pool(workers=1, spares=0)
    pool = service.pool
    assert pool is not None
    seen: list[Any] = []
    shut_down = pool.shutdown

    def watched(timeout: float | None = None) -> None:
        seen.append(get_global_execution_pool())
        shut_down(timeout)

    monkeypatch.setattr(pool, "shutdown", watched)
    callbacks: list[Callable[[], None]] = [service.cleanup, service]
    for callback in callbacks:
        callback()
    assert seen[0] is None
    assert service.pool is None
    assert pool.health_check()["started"] is False
    assert service.start().degraded, "what is over stays over"


def test_a_pool_of_another_owner_stays(backend: str) -> None:
    other = object()
    with miner_pool(workers=1, spares=0):
        set_global_execution_pool(other)
    assert get_global_execution_pool() is other


def test_two_threads_start_one_service(backend: str) -> None:
    service = services.ServicePool(1, spares=0)
    threads = [threading.Thread(target=service.start) for _ in range(2)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert service.pool is not None
        assert service.pool._pool.stats().idle == 1
    finally:
        service.cleanup()


def test_settings_are_checked_at_once() -> None:
    with pytest.raises(ConfigurationError):
        validator_pool(workers=0)


def test_without_an_engine_a_service_is_degraded(
    no_engine: None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    with validator_pool() as service:
        assert service.degraded
        assert service.pool is None
        assert get_global_execution_pool() is None
        assert not service.health_check()["healthy"]
        assert "degraded" in caplog.text
        assert "make engine" in caplog.text
        result = check_code_executes_fast(*GOOD)
        assert result["status"] == "process_error"
        assert result == service.execute(*GOOD)
    service.cleanup()


@pytest.mark.engine
def test_the_pool_comes_when_the_engine_does(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The engine's socket appears where there was none."""
    endpoints = engine.endpoints(os.environ, Path.home())
    sockets = (Path(endpoint.url.removeprefix("unix://")) for endpoint in endpoints)
    real = next(path for path in sockets if path.exists())
    monkeypatch.setenv("RUNNER_BACKEND", "docker")
    late = tmp_path / "docker.sock"
    monkeypatch.setenv("DOCKER_HOST", f"unix://{late}")
    monkeypatch.setattr(services, "backoff_s", _soon)
    caplog.set_level(logging.INFO)
    with miner_pool(workers=1, spares=0) as service:
        assert service.degraded
        late.symlink_to(real)
        assert service.wait(30)
        assert get_global_execution_pool() is service.pool
        assert check_code_executes_fast(*GOOD)["status"] == "all_passed"


def _soon(failures: int, **_: float) -> float:
    return 0.05


def test_a_service_that_ends_while_it_waits_leaves_no_thread(no_engine: None) -> None:
    """The fixture that watches over leftovers sees it, were there one."""
    service = miner_pool()
    service.cleanup()
    assert not service.wait(0)


def test_a_pool_that_judges_wrongly_is_not_used(
    backend: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    wrong = {"healthy": False, "workers_responsive": 1, "workers_correct": 0, "error": "wrong"}
    monkeypatch.setattr(CodeExecutionPool, "health_check", lambda self, timeout: wrong)
    with miner_pool(workers=1, spares=0) as service:
        assert service.degraded
        assert get_global_execution_pool() is None
        assert "not healthy: wrong" in caplog.text


def test_a_pool_that_is_not_complete_is_used(
    backend: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    half = {"healthy": False, "workers_responsive": 1, "workers_correct": 1, "error": "half"}
    monkeypatch.setattr(CodeExecutionPool, "health_check", lambda self, timeout: half)
    with miner_pool(workers=1, spares=0) as service:
        assert get_global_execution_pool() is service.pool is not None
        assert "workers_missing" in caplog.text
        assert "initialized" not in caplog.text
