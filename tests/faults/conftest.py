"""Pools and engines that may be harmed."""

import contextlib
import gc
import os
from collections.abc import Iterator

import pytest

from runner import engine
from runner.pool import Pool
from tests.faults.harm import Eventually, PrivateEngine, Shooter


@pytest.fixture
def shooter(backend: str) -> Iterator[Shooter]:
    """Aims at the sandboxes of the backend under test."""
    if backend == "local":
        yield Shooter(None)
        return
    with contextlib.closing(engine.connect()) as client:
        yield Shooter(client)


@pytest.fixture
def fresh(backend: str, eventually: Eventually) -> Iterator[Pool]:
    """A pool of its own for a test that harms it: two workers and a spare, all warm."""
    with Pool(name="faults", workers=2, spares=1, backend=backend) as made:
        eventually(lambda: made.stats().idle == 3, timeout_s=60.0)
        yield made


@pytest.fixture(scope="module")
def _private(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateEngine]:
    if os.geteuid() != 0:
        pytest.skip("only root can start an engine of the test's own")
    made = PrivateEngine(tmp_path_factory.mktemp("engine"))
    try:
        made.start()
        made.load_image()
        yield made
    finally:
        made.close()


@pytest.fixture
def private(_private: PrivateEngine, monkeypatch: pytest.MonkeyPatch) -> Iterator[PrivateEngine]:
    """An engine that only this test uses, and that pools find; it runs again afterwards."""
    monkeypatch.setenv("DOCKER_HOST", _private.url)
    yield _private
    gc.collect()  # now, while it is known whose sockets the SDK has dropped
    _private.ensure()
    assert not _private.containers(), "the test has left containers behind"
