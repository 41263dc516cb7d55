"""Other ways to execute three asserts, for comparison with this library."""

import concurrent.futures
import contextlib
import multiprocessing
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

from runner import engine, images
from runner.bench import floor
from runner.bench.latency import SOLUTION, TESTS
from runner.bench.process_pool import run

_PROGRAM = "\n".join((SOLUTION, *TESTS))
_PYTHON = "/usr/bin/python3.13"

Contender = Callable[[], object]


def lean_floor_ms(repetitions: int) -> list[float]:
    """Return durations of executions in forks of the leanest warm interpreter, in milliseconds."""
    # By path: the module's name would import this library.
    command = [sys.executable, "-I", "-S", floor.__file__, str(repetitions), "lean"]
    run = subprocess.run(command, input=_PROGRAM, capture_output=True, text=True, check=True)
    return [float(line) for line in run.stdout.split()]


@contextlib.contextmanager
def process_pool() -> Iterator[Contender]:
    """Yield a warm process pool without isolation between executions."""
    spawn = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=spawn) as pool:

        def execute() -> None:
            assert pool.submit(run, SOLUTION, list(TESTS)).result() == len(TESTS)

        execute()
        yield execute


def spawn_per_test() -> None:
    """Start an interpreter for each test, one after another."""
    for test in TESTS:
        subprocess.run([sys.executable, "-I", "-c", f"{SOLUTION}\n{test}"], check=True)


@contextlib.contextmanager
def docker_exec() -> Iterator[Contender]:
    """Yield a running container in which each execution is an ``exec``."""
    client: Any = engine.connect()
    with contextlib.closing(client):
        container = _create(client, "import time; time.sleep(3600)")
        try:
            client.start(container)

            def execute() -> None:
                job = client.exec_create(container, [_PYTHON, "-I", "-S", "-c", _PROGRAM])
                client.exec_start(job)
                assert client.exec_inspect(job)["ExitCode"] == 0

            yield execute
        finally:
            client.remove_container(container, force=True)


@contextlib.contextmanager
def docker_run() -> Iterator[Contender]:
    """Yield a client that starts a container for each execution."""
    client: Any = engine.connect()

    def execute() -> None:
        container = _create(client, _PROGRAM)
        try:
            client.start(container)
            assert client.wait(container)["StatusCode"] == 0
        finally:
            client.remove_container(container, force=True)

    with contextlib.closing(client):
        yield execute


def _create(client: Any, program: str) -> str:
    settings = client.create_host_config(network_mode="none", cap_drop=["ALL"])
    command = [_PYTHON, "-I", "-S", "-c", program]
    image = images.image_reference()
    created = client.create_container(image, entrypoint=command, host_config=settings)
    return str(created["Id"])
