"""Pools begin, end, are harmed, and are done without."""

import logging
import multiprocessing
import threading
from collections.abc import Callable
from typing import Any

import pytest

from runner import grail
from runner.errors import ConfigurationError, RunnerError
from runner.grail import (
    CodeExecutionPool,
    check_code_executes,
    check_code_executes_fast,
    execute_code,
    is_conclusive,
    set_global_execution_pool,
)
from runner.images import recipe
from tests.grail.conftest import leased

Eventually = Callable[[Callable[[], object]], None]

GOOD = ("def f(x):\n    return x + 1", ["assert f(1) == 2"])
SECOND = ("import time\ndef f():\n    time.sleep(1)\n    return 1", ["assert f() == 1"])
MINUTE = ("import time\ndef f():\n    time.sleep(60)", ["f()"])


def test_the_constructor_starts_nothing() -> None:
    pool = CodeExecutionPool()
    assert (pool.num_workers, pool.max_tasks_per_child) == (8, 50)
    report = pool.health_check()
    assert (report["healthy"], report["started"], report["num_workers"]) == (False, False, 8)
    assert report["error"] == "Pool not started"
    pool.shutdown()
    pool.shutdown(timeout=1)


@pytest.mark.parametrize("settings", [{"num_workers": 0}, {"max_tasks_per_child": 0}, {"polcy": 1}])
def test_settings_are_checked_at_once(settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        CodeExecutionPool(**settings)


def test_no_limit_of_tasks_is_none() -> None:
    assert CodeExecutionPool(1, None).max_tasks_per_child is None


def test_two_threads_start_one_pool(backend: str) -> None:
    pool = CodeExecutionPool(2, 50, backend=backend, spares=0)
    try:
        threads = [threading.Thread(target=pool.start) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        pool.start()
        assert pool._pool.stats().idle == 2
        assert pool.health_check(30.0)["healthy"]
    finally:
        pool.shutdown()


def test_a_pool_starts_when_it_is_used_and_again_after_its_end(backend: str) -> None:
    pool = CodeExecutionPool(1, 50, backend=backend, spares=0)
    try:
        assert pool.execute(*GOOD)["status"] == "all_passed"
        assert pool.health_check(30.0)["started"]
        pool.shutdown()
        pool.shutdown()
        result = pool.execute(*GOOD)
        assert (result["status"], is_conclusive(result)) == ("process_error", False)
        assert "shut down" in result["error"]
        assert [r["status"] for r in pool.execute_batch([GOOD] * 2)] == ["process_error"] * 2
        assert pool.health_check()["started"] is False
        pool.start()
        assert pool.execute(*GOOD)["status"] == "all_passed"
    finally:
        pool.shutdown()


def test_containers_are_recycled_after_their_tasks(backend: str) -> None:
    with CodeExecutionPool(1, max_tasks_per_child=2, backend=backend, spares=1) as pool:
        used = [result.typed.sandbox_id for _ in range(5) if (result := pool.execute(*GOOD)).typed]
    assert len(used) == 5
    assert max(used.count(sandbox) for sandbox in used) <= 2


def test_a_forked_child_is_told_and_may_shut_down(backend: str) -> None:
    with CodeExecutionPool(1, 50, backend=backend, spares=0) as pool:
        context = multiprocessing.get_context("fork")
        ours, theirs = context.Pipe()

        def child() -> None:
            theirs.send(pool.execute(*GOOD)["error"])
            pool.shutdown()
            theirs.send("still here")

        process = context.Process(target=child)
        process.start()
        assert "its child" in ours.recv()
        assert ours.recv() == "still here"
        process.join()
        process.close()
        for end in (ours, theirs):
            end.close()
        assert pool.execute(*GOOD)["status"] == "all_passed"


def test_shutdown_ends_what_is_running(backend: str, eventually: Eventually) -> None:
    pool = CodeExecutionPool(1, 50, backend=backend, spares=0)
    pool.start()
    results: list[Any] = []
    threads = [
        threading.Thread(target=lambda: results.append(pool.execute(*MINUTE, timeout=90.0)))
        for _ in range(3)  # one runs, two wait
    ]
    for thread in threads:
        thread.start()
    eventually(lambda: leased(pool) and pool._pool.stats().waiting == 2)
    pool.shutdown(timeout=0.1)
    for thread in threads:
        thread.join(10)
    assert [result["status"] for result in results] == ["process_error"] * 3
    assert not any(map(is_conclusive, results))


def test_a_container_killed_in_mid_execution_costs_an_attempt(
    backend: str, kill_next: Callable[..., threading.Thread]
) -> None:
    with CodeExecutionPool(2, 50, backend=backend) as pool:
        kill_next(pool)
        result = pool.execute(*SECOND)
        assert (result["status"], is_conclusive(result)) == ("process_error", False)
        set_global_execution_pool(pool)
        kill_next(pool)
        assert check_code_executes_fast(*SECOND)["status"] == "all_passed"
        assert pool.health_check(30.0)["healthy"]
        set_global_execution_pool(None)


def test_code_that_loses_every_container_is_to_blame(
    backend: str, kill_next: Callable[..., threading.Thread], eventually: Eventually
) -> None:
    with CodeExecutionPool(1, 50, backend=backend, spares=2) as pool:
        eventually(lambda: pool._pool.stats().idle == 3)  # one will see the others die
        kill_next(pool, times=2)
        result = grail.execute_on(pool, *SECOND, max_retries=2)
        assert (result["status"], is_conclusive(result)) == ("process_error", True)


def test_without_a_pool_the_verdict_is_the_same(
    pool: CodeExecutionPool, backend: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    code, tests = GOOD[0], [*GOOD[1], "assert f(1) == 3", "import time\ntime.sleep(60)"]
    slow = check_code_executes(code, tests, timeout=0.5)
    assert "degraded" in caplog.text
    assert slow == pool.execute(code, tests, timeout=0.5)
    assert slow.typed is not None
    assert slow.typed.backend == backend
    assert execute_code("import os")["status"] == "runtime_error"


def test_a_pool_that_is_set_is_used_and_that_is_said_once(
    pool: CodeExecutionPool, caplog: pytest.LogCaptureFixture
) -> None:
    grail.grail._warn_once.cache_clear()
    caplog.set_level(logging.WARNING)
    set_global_execution_pool(pool)
    try:
        found = [check_code_executes(*GOOD)["status"] for _ in range(3)]
    finally:
        set_global_execution_pool(None)
    assert found == ["all_passed"] * 3
    (record,) = caplog.records
    assert "check_code_executes_fast" in record.getMessage()


def test_a_callers_mistake_costs_no_container(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    assert check_code_executes(None, ["pass"])["status"] == "error"  # type: ignore[arg-type]
    assert check_code_executes("x = 1", None)["status"] == "error"  # type: ignore[arg-type]
    assert not caplog.records


def test_degraded_is_not_weaker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an engine there is no verdict, and nothing runs without a container instead."""
    monkeypatch.delenv("RUNNER_BACKEND")
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    for result in (
        check_code_executes(*GOOD),
        check_code_executes_fast(*GOOD),
        execute_code(GOOD[0]),
    ):
        assert result["status"] == "process_error"
        assert "make engine" in result["error"]
    assert not is_conclusive(check_code_executes(*GOOD))


def test_a_backend_that_does_not_exist_is_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNNER_BACKEND", "podman")
    result = check_code_executes_fast(*GOOD)
    assert (result["status"], is_conclusive(result)) == ("process_error", False)
    assert "podman" in result["error"]


@pytest.mark.engine
def test_without_the_image_the_command_that_builds_it_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RUNNER_BACKEND", "docker")
    monkeypatch.setattr(recipe, "image_reference", lambda *_: "sandbox-runner:nowhere")
    result = check_code_executes(*GOOD)
    assert result["status"] == "process_error"
    assert "runner image build" in result["error"]


def test_a_start_that_fails_raises_and_may_be_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    pool = CodeExecutionPool(1, backend="docker", engine_wait_s=0.0)
    for _ in range(2):
        with pytest.raises(RunnerError, match="make engine"):
            pool.start()
    assert pool.execute(*GOOD)["status"] == "process_error"
    assert pool.health_check()["started"] is False
    pool.shutdown()
