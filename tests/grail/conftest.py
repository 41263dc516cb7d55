"""A pool of the replaced interface that tests share, and ways to harm one."""

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator

import pytest

from runner import engine, grail
from runner.grail import CodeExecutionPool
from runner.sandbox.sandbox import Sandbox


@pytest.fixture(scope="session")
def pool(backend: str) -> Iterator[CodeExecutionPool]:
    """A pool that is never harmed."""
    with CodeExecutionPool(num_workers=2, backend=backend, name="grail") as shared:
        yield shared


@pytest.fixture(autouse=True)
def _own_globals(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Begin without a global pool, and name the backend of throw-away sandboxes."""
    monkeypatch.setenv("RUNNER_BACKEND", request.config.getoption("--backend"))
    grail.set_global_execution_pool(None)
    yield
    grail.set_global_execution_pool(None)


def leased(pool: CodeExecutionPool) -> set[Sandbox]:
    """Return the sandboxes in use."""
    inside = pool._pool._sandboxes
    return set(inside._leases.leased) if inside else set()


@pytest.fixture
def kill(backend: str) -> Iterator[Callable[[Sandbox], None]]:
    """End a sandbox from outside with SIGKILL."""
    if backend == "local":
        yield lambda sandbox: os.kill(int(sandbox.sandbox_id.split("-")[1]), signal.SIGKILL)
        return
    with contextlib.closing(engine.connect()) as client:
        yield lambda sandbox: client.kill(f"sandbox-runner-{sandbox.sandbox_id}", signal="SIGKILL")


@pytest.fixture
def kill_next(kill: Callable[[Sandbox], None]) -> Iterator[Callable[..., threading.Thread]]:
    """Have the next sandboxes that are leased killed while their code runs."""
    threads = []
    over = threading.Event()

    def hunt(pool: CodeExecutionPool, times: int) -> None:
        dead: set[str] = set()
        while len(dead) < times and not over.wait(0.01):
            for sandbox in leased(pool):
                if sandbox.sandbox_id not in dead and not over.wait(0.3):  # let the code begin
                    dead.add(sandbox.sandbox_id)
                    kill(sandbox)

    def begin(pool: CodeExecutionPool, times: int = 1) -> threading.Thread:
        thread = threading.Thread(target=hunt, args=(pool, times), daemon=True)
        threads.append(thread)
        thread.start()
        return thread

    yield begin
    over.set()
    for thread in threads:
        thread.join(10)
