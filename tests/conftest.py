"""Chooses the backend, lends pools, and sees that no test leaves anything behind."""

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest

import runner
from runner import engine
from runner.backends.engine_facts import is_podman
from runner.backends.owner import LABEL_POOL, Owner

_PATIENCE_S = 10.0

# No property is about how fast the machine is.
hypothesis.settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("any machine")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--backend",
        choices=("docker", "local"),
        default="docker",
        help="backend of the tests that run real sandboxes",
    )
    parser.addoption("--image", help="image of the pool that tests share; it must be there")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what runs on the backend under test: its fixtures tell."""
    for item in items:
        if "backend" in getattr(item, "fixturenames", ()):
            item.add_marker("backend")
            if config.getoption("--backend") == "docker":
                item.add_marker("engine")


@pytest.fixture(scope="session")
def backend(request: pytest.FixtureRequest) -> str:
    """Name of the backend under test."""
    return str(request.config.getoption("--backend"))


@pytest.fixture(scope="session")
def pool(backend: str, request: pytest.FixtureRequest) -> Iterator[runner.Pool]:
    """A pool that all tests share; a test that breaks pools brings its own."""
    image = request.config.getoption("--image")
    with runner.Pool(name="shared", workers=2, spares=1, backend=backend, image=image) as shared:
        yield shared


@pytest.fixture(scope="session")
def no_files(backend: str) -> str:
    """Why requests can have no files here; empty if they can."""
    if backend == "local":
        reason = "an ordinary user has no work directories: test_local.py has the refusal"
        return "" if os.geteuid() == 0 else reason
    with contextlib.closing(engine.connect(timeout_s=60)) as client:
        podman = is_podman(client.version())
    return "Podman has no work directories: test_doctor.py has the refusal" if podman else ""


@pytest.fixture
def _work_directories(no_files: str) -> None:
    if no_files:
        pytest.skip(no_files)


@pytest.fixture
def with_files(_work_directories: None, pool: runner.Pool) -> runner.Pool:
    """The shared pool, where requests can have files."""
    return pool


@pytest.fixture
def eventually() -> Callable[[Callable[[], object]], None]:
    """Wait until something becomes true, and fail if it does not within a minute."""

    def wait(condition: Callable[[], object], timeout_s: float = 60.0) -> None:
        deadline = time.monotonic() + timeout_s
        pause = threading.Event()
        while not condition():
            assert time.monotonic() < deadline, "it did not come true"
            pause.wait(0.005)

    return wait


@pytest.fixture(autouse=True)
def _coverage_goes_on() -> Iterator[None]:
    """Put a tracer back: where the stack ends, it raises itself, and the interpreter drops it."""
    tracer = sys.gettrace()
    yield
    if sys.gettrace() is not tracer:
        sys.settrace(tracer)


@pytest.fixture(autouse=True)
def _no_leftovers(request: pytest.FixtureRequest) -> Iterator[None]:
    """Compare threads, descriptors, child processes and containers before and after a test."""
    if {"pool", "served"} & {*request.fixturenames}:
        yield  # a shared pool may be replacing a sandbox at any time
        return
    counts = _counts(containers=request.node.get_closest_marker("engine") is not None)
    before = counts()
    yield
    deadline = time.monotonic() + _PATIENCE_S
    pause = threading.Event()
    while (after := counts()) != before and time.monotonic() < deadline:
        pause.wait(0.01)
    grown = {name: more - before[name] for name, more in after.items() if more > before[name]}
    assert not grown, f"left behind: {grown}; threads: {threading.enumerate()}"


def _counts(*, containers: bool) -> Callable[[], dict[str, int]]:
    def count() -> dict[str, int]:
        found = {
            "threads": threading.active_count(),
            "descriptors": len(list(Path("/proc/self/fd").glob("*"))),
            "children": _count_children(),
        }
        return {**found, "containers": _count_containers()} if containers else found

    return count


def _count_children() -> int:
    count = 0
    for children in Path("/proc/self/task").glob("*/children"):
        with contextlib.suppress(OSError):  # a thread that ended meanwhile has none
            count += len(children.read_text("ascii").split())
    return count


def _count_containers() -> int:
    with contextlib.closing(engine.connect(timeout_s=60)) as client:
        found = client.containers(all=True, filters={"label": LABEL_POOL})
    owners = [Owner.from_labels(container["Labels"]) for container in found]
    return owners.count(Owner.current())
