"""A pool of real sandboxes outlives what happens to them and to its own process."""

import asyncio
import contextlib
import functools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any, cast

import docker
import pytest

from runner import engine
from runner.backends import create_backend
from runner.backends.owner import LABEL_POOL, Owner
from runner.config import PoolConfig
from runner.errors import PoolClosedError
from runner.models import Blame, Cause, ExecutionResult, ExecutionStatus
from runner.pool import Pool
from tests.faults.harm import (
    GOOD,
    MINUTE,
    SECOND,
    Eventually,
    Shooter,
    begin,
    check_works,
    container,
    sandboxes,
)

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("the shared engine")]


@pytest.mark.fault("container killed while leased")
def test_a_sandbox_killed_while_leased_costs_one_attempt(
    fresh: Pool, shooter: Shooter, eventually: Eventually
) -> None:
    future, victim = begin(fresh, SECOND)
    shooter.kill(victim)
    result = future.result(20)
    assert (result.status, result.attempts) == (ExecutionStatus.ALL_PASSED, 2)
    assert (result.history[0].cause, result.history[0].sandbox_id) == (
        Cause.CONTAINER_LOST,
        victim,
    )
    check_works(fresh, eventually)


@pytest.mark.fault("container killed while idle")
def test_a_sandbox_killed_while_idle_costs_no_request_anything(
    fresh: Pool, shooter: Shooter, eventually: Eventually
) -> None:
    victim = sandboxes(fresh)[0].sandbox_id
    shooter.kill(victim)
    eventually(lambda: fresh.stats().pool_worker_replacement_count == 1)
    assert victim not in {sandbox.sandbox_id for sandbox in sandboxes(fresh)}
    assert fresh.execute(*GOOD).attempts == 1
    check_works(fresh, eventually)


@pytest.mark.fault("all containers killed at once")
def test_all_sandboxes_killed_at_once_lose_no_request(
    fresh: Pool, shooter: Shooter, eventually: Eventually
) -> None:
    futures = [fresh.submit(*SECOND, timeout=10.0) for _ in range(6)]
    eventually(lambda: fresh.stats().leased == 2)
    for sandbox in sandboxes(fresh):
        shooter.kill(sandbox.sandbox_id)
    results = [future.result(60) for future in futures]
    assert {result.status for result in results} == {ExecutionStatus.ALL_PASSED}
    check_works(fresh, eventually)


@pytest.mark.fault("killed by the same program every time")
def test_a_request_that_loses_every_sandbox_is_to_blame_and_harms_no_other(
    fresh: Pool, shooter: Shooter, eventually: Eventually
) -> None:
    survivor = sandboxes(fresh)[-1].sandbox_id  # the last one to be lent
    future = fresh.submit(*MINUTE, timeout=90.0, max_retries=2)
    killed: list[str] = []
    pause = threading.Event()
    while not future.done():
        leased = fresh._sandboxes._leases.leased if fresh._sandboxes else set()
        for sandbox in list(leased):
            if sandbox.sandbox_id not in killed:
                pause.wait(0.3)
                shooter.kill(sandbox.sandbox_id)
                killed.append(sandbox.sandbox_id)
        pause.wait(0.01)
    result = future.result()
    assert (result.status, result.attempts) == (ExecutionStatus.PROCESS_ERROR, 2)
    assert (result.blame, result.cause) == (Blame.CODE, Cause.CONTAINER_LOST)
    assert survivor not in killed
    check_works(fresh, eventually)


@pytest.mark.fault("paused")
def test_a_frozen_sandbox_is_given_up(
    fresh: Pool,
    shooter: Shooter,
    eventually: Eventually,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("runner.sandbox.progress.SILENCE_S", 3.0)
    future, victim = begin(fresh, SECOND)
    shooter.freeze(victim)
    result = future.result(30)
    assert (result.status, result.attempts) == (ExecutionStatus.ALL_PASSED, 2)
    assert result.history[0].cause is Cause.NET
    eventually(lambda: not shooter.running(victim))
    check_works(fresh, eventually)


@pytest.mark.fault("killed by the same program every time")
def test_code_that_kills_itself_every_time_is_to_blame(fresh: Pool, eventually: Eventually) -> None:
    result = fresh.execute("import os\ndef f():\n    os._exit(7)", ["f()"])
    assert (result.status, result.blame) == (ExecutionStatus.PROCESS_ERROR, Blame.CODE)
    assert (result.attempts, result.conclusive) == (3, True)
    check_works(fresh, eventually)


@pytest.mark.fault(
    "shutdown while leased, waiting, starting, twice, from several threads, in a callback"
)
def test_shutdown_ends_what_runs_in_time(backend: str) -> None:
    pool = Pool(name="faults", workers=1, spares=0, backend=backend)
    future, _ = begin(pool, MINUTE)
    waiting = pool.submit(*GOOD)
    begun_at = time.monotonic()
    pool.shutdown(timeout=0.5)
    assert time.monotonic() - begun_at < 5
    assert future.result(1).cause is Cause.SHUTDOWN
    with pytest.raises(PoolClosedError):
        waiting.result(1)


@pytest.mark.fault("asyncio cancellation at every await")
def test_a_cancelled_task_leaves_the_pool_whole(fresh: Pool, eventually: Eventually) -> None:
    async def cancelled() -> None:
        tasks = [asyncio.ensure_future(fresh.aexecute(*SECOND)) for _ in range(8)]
        await asyncio.to_thread(eventually, lambda: fresh.stats().leased == 2)
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert {type(result) for result in results} == {asyncio.CancelledError}

    asyncio.run(cancelled())
    check_works(fresh, eventually)


@pytest.mark.fault("many threads on one worker, evenly used")
def test_many_callers_of_two_workers_are_all_served(fresh: Pool, eventually: Eventually) -> None:
    results: list[ExecutionResult] = []
    threads = [
        threading.Thread(target=lambda: results.append(fresh.execute(*GOOD))) for _ in range(40)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [result.status for result in results] == [ExecutionStatus.ALL_PASSED] * 40
    check_works(fresh, eventually)


HOST = """
import os, sys, threading, runner
{first}
pool = runner.Pool(name="victim", workers=2, spares=0, backend=sys.argv[1])
pool.start()
for sandbox in pool._sandboxes._leases.idle:
    print(sandbox.sandbox_id, flush=True)
{then}
"""
WAIT = "print('ready', flush=True); threading.Event().wait()"
FORK = """
if os.fork():
    print('ready', flush=True)
    threading.Event().wait()
else:
    os.close(1)
    threading.Event().wait(20)
"""


@contextlib.contextmanager
def host(
    backend: str, then: str, first: str = ""
) -> Iterator[tuple["subprocess.Popen[str]", list[str]]]:
    """Run another process with a pool, and tell what sandboxes it has."""
    command = [sys.executable, "-c", HOST.format(first=first, then=then), backend]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        try:
            lines: list[str] = []
            for line in process.stdout:
                if line == "ready\n":
                    break
                lines.append(line.strip())
            yield process, lines
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


@pytest.mark.parametrize("then", [WAIT, FORK], ids=["alone", "with a forked child"])
@pytest.mark.fault("host killed with -9, alone or with a forked child")
def test_the_sandboxes_of_a_killed_host_end_by_themselves(
    backend: str, shooter: Shooter, eventually: Eventually, then: str
) -> None:
    with host(backend, then) as (process, victims):
        assert len(victims) == 2
        assert all(map(shooter.running, victims))
        process.kill()
        begun_at = time.monotonic()
        eventually(lambda: not any(map(shooter.running, victims)))
        assert time.monotonic() - begun_at < 5  # mostly in 0.1: see runner/bench/README.md
    reaping = create_backend(PoolConfig.build(None, {"backend": backend}))
    assert reaping.reap() == (2 if backend == "docker" else 0)
    reaping.close()


#: Forks once, after a function has returned: its descriptor exists, and no object knows it.
FORK_AFTER = """
def forking(function):
    left = [True]
    def called(*args, **settings):
        outcome = function(*args, **settings)
        if left and left.pop() and not os.fork():
            os.close(1)
            threading.Event().wait(60)
            os._exit(0)
        return outcome
    return called

import docker, runner.backends.local as local
if sys.argv[1] == "docker":
    client = docker.APIClient
    client._get_raw_response_socket = forking(client._get_raw_response_socket)
else:
    local.{function} = forking(local.{function})
"""
PAIR = FORK_AFTER.format(function="socket.socketpair")
SPAWN = FORK_AFTER.format(function="_spawn")
UNWATCHED = "import runner.backends.fork_guard as it; it.ForkDetector.check = lambda self: None"


@pytest.mark.fault("host forks while a sandbox starts, and is killed with -9")
def test_a_fork_while_a_sandbox_starts_keeps_none_alive(
    backend: str, shooter: Shooter, eventually: Eventually
) -> None:
    with host(backend, WAIT, PAIR) as (process, victims):
        process.kill()
        eventually(lambda: not any(map(shooter.running, victims)))
    with host(backend, WAIT, PAIR + UNWATCHED) as (process, victims):
        process.kill()
        # Of one sandbox, or of both: their starts overlap.
        threading.Event().wait(3.0)
        assert any(map(shooter.running, victims)), "the child holds nothing: no test"
    create_backend(PoolConfig.build(None, {"backend": backend})).reap()


NOTICES = """
import signal, time
for sandbox in list(pool._sandboxes._leases.idle):
    os.kill(int(sandbox.sandbox_id.split("-")[1]), signal.SIGKILL)
def wait_for(count, patience_s):
    pause, deadline = threading.Event(), time.monotonic() + patience_s
    while pool.stats().pool_worker_replacement_count < count and time.monotonic() < deadline:
        pause.wait(0.01)
wait_for(1, 20)
wait_for(2, PATIENCE_S)
print(pool.stats().pool_worker_replacement_count, flush=True)
"""


@pytest.mark.parametrize(
    ("watched", "noticed"),
    [("PATIENCE_S = 20", "2"), (f"PATIENCE_S = 2; {UNWATCHED}", "1")],
    ids=["watched", "not watched"],
)
@pytest.mark.fault("host forks while a sandbox starts, and is killed with -9")
def test_a_fork_while_a_process_starts_hides_no_death(
    backend: str, watched: str, noticed: str
) -> None:
    if backend != "local":
        pytest.skip("the other end of a container's stream is the engine's")
    with host(backend, NOTICES, SPAWN + watched) as (_, lines):
        assert lines[-1] == noticed


@pytest.mark.fault("reaping beside another live pool")
def test_reaping_leaves_live_pools_alone(fresh: Pool, backend: str, shooter: Shooter) -> None:
    with host(backend, WAIT) as (_, others):
        reaping = create_backend(fresh.config)
        assert reaping.reap() == 0
        reaping.close()
        mine = [sandbox.sandbox_id for sandbox in sandboxes(fresh)]
        assert all(map(shooter.running, [*mine, *others]))


@pytest.mark.fault("interpreter exit without shutdown, pool dropped")
def test_an_interpreter_that_exits_without_shutdown_leaves_nothing(
    backend: str, shooter: Shooter, eventually: Eventually
) -> None:
    begun_at = time.monotonic()
    with host(backend, "") as (process, victims):
        assert process.wait(20) == 0
    assert time.monotonic() - begun_at < 20
    eventually(lambda: not any(map(shooter.running, victims)))


@pytest.mark.fault("host killed with -9, alone or with a forked child")
def test_no_container_of_the_dead_is_left_after_the_next_start(
    backend: str, eventually: Eventually
) -> None:
    if backend != "docker":
        pytest.skip("processes leave nothing behind when they end")
    with host(backend, WAIT) as (process, victims):
        process.kill()
        process.wait()
    with Pool(name="faults", workers=1, spares=0, backend=backend), _engine() as client:
        eventually(functools.partial(_none_left, client, victims))


@contextlib.contextmanager
def _engine() -> Iterator[docker.APIClient]:
    with contextlib.closing(engine.connect()) as client:
        yield client


def _none_left(client: docker.APIClient, victims: list[str]) -> bool:
    found: Any = client.containers(all=True, filters={"label": LABEL_POOL})
    names = {name for each in found for name in cast("list[str]", each["Names"])}
    return not names & {f"/{container(victim)}" for victim in victims}


@pytest.mark.fault("container removed by another program")
def test_containers_that_another_program_removes_are_replaced_without_complaint(
    fresh: Pool, backend: str, eventually: Eventually, caplog: pytest.LogCaptureFixture
) -> None:
    if backend != "docker":
        pytest.skip("processes are not removed")
    victims = [sandbox.sandbox_id for sandbox in sandboxes(fresh)]
    with _engine() as client:
        for victim in victims:
            client.remove_container(container(victim), force=True)
    eventually(lambda: fresh.stats().pool_worker_replacement_count == 3, timeout_s=60.0)
    check_works(fresh, eventually)
    assert "sandbox_not_removed" not in caplog.text


def test_containers_carry_their_owner(fresh: Pool, backend: str) -> None:
    if backend != "docker":
        pytest.skip("processes have parents instead of labels")
    with _engine() as client:
        found: Any = client.containers(filters={"label": LABEL_POOL})
    owners = [Owner.from_labels(each["Labels"]) for each in found]
    assert owners.count(Owner.current()) >= len(sandboxes(fresh))
