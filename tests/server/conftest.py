"""Services in this process, on sockets of their own."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.server.served import Served


@pytest.fixture(scope="session")
def served(backend: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service that tests share; a test that breaks services brings its own."""
    with Served.start(tmp_path_factory.mktemp("served"), backend) as shared:
        yield shared


@pytest.fixture
def http(served: Served) -> Iterator[httpx.Client]:
    """Calls the shared service."""
    with served.http() as client:
        yield client


@pytest.fixture
def serve(backend: str, tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Start a service of the test's own, with these settings."""
    with contextlib.ExitStack() as stack:

        def start(**settings: Any) -> Served:
            return stack.enter_context(Served.start(tmp_path, backend, **settings))

        yield start
