"""A service in a thread of this process."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, Self

import httpx

from runner.client import Client
from runner.config import PoolConfig
from runner.server.service import Service
from runner.server.settings import ServiceConfig

TOKEN = "a-token-of-the-tests"
OTHER_TOKEN = "another-token-of-the-tests"
PASSES = {"code": "def f(x):\n    return x + 1\n", "tests": ["assert f(1) == 2"]}
LOOPS = {"code": "while True: pass", "tests": ["pass"]}


def slow(seconds: float) -> dict[str, Any]:
    """Return a request that takes some seconds, and passes."""
    code = f"import time\ndef f():\n    time.sleep({seconds})\n    return 1\n"
    return {"code": code, "tests": ["assert f() == 1"], "timeout": seconds + 10}


class Served(NamedTuple):
    """A service that listens."""

    address: str
    service: Service
    thread: threading.Thread

    @classmethod
    @contextlib.contextmanager
    def start(
        cls, place: Path, backend: str, *, workers: int = 2, **settings: Any
    ) -> Iterator[Self]:
        """Start one; on a Unix socket unless the settings say otherwise."""
        settings.setdefault("listen", f"unix:{place}/runner-{len(list(place.iterdir()))}.sock")
        pool = PoolConfig(backend=backend, workers=workers, spares=0, name="served")  # type: ignore[arg-type]
        service = Service(pool, ServiceConfig(**settings))
        started = threading.Event()
        problems: list[BaseException] = []

        def run() -> None:
            try:
                service.run(started)
            except Exception as error:  # noqa: BLE001  # the starter raises it
                problems.append(error)
                started.set()

        thread = threading.Thread(target=run, name="service")
        thread.start()
        try:
            assert started.wait(60)
            if problems:
                raise problems[0]
            yield cls(settings["listen"], service, thread)
        finally:
            service.stop()
            thread.join(60)
            assert not thread.is_alive()

    def http(self, **options: Any) -> httpx.Client:
        """Return a plain client."""
        if not self.address.startswith("unix:"):
            return httpx.Client(base_url=f"http://{self.address}", timeout=60, **options)
        transport = httpx.HTTPTransport(uds=self.address.removeprefix("unix:"))
        return httpx.Client(transport=transport, base_url="http://runner", timeout=60, **options)

    def client(self, **options: Any) -> Client:
        """Return a client of this library."""
        return Client(self.address, **options)

    def connect(self) -> socket.socket:
        """Return a raw connection."""
        if self.address.startswith("unix:"):
            raw = socket.socket(socket.AF_UNIX)
            raw.settimeout(30)
            raw.connect(self.address.removeprefix("unix:"))
            return raw
        host, _, port = self.address.rpartition(":")
        return socket.create_connection((host, int(port)), timeout=30)


def free_port() -> int:
    """Return a port of loopback that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as trial:
        return int(trial.getsockname()[1])
