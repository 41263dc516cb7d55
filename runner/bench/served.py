"""Services to measure: in a process of their own or in this one, and clients that vanish."""

import contextlib
import multiprocessing
import random
import socket
import tempfile
import threading
from collections.abc import Iterator

from runner.client import Client
from runner.config import PoolConfig
from runner.models import ExecutionRequest
from runner.server.service import Service
from runner.server.settings import ServiceConfig

_START_S = 120.0
#: The service and its clients are separate processes, so that they do not share an interpreter.
_SPAWN = multiprocessing.get_context("spawn")


@contextlib.contextmanager
def served(config: PoolConfig) -> Iterator[str]:
    """Yield the address of a service in a process of its own."""
    with _address() as address:
        process = _SPAWN.Process(target=_serve, args=(address, config))
        process.start()
        try:
            _await(address)
            yield address
        finally:
            process.terminate()
            process.join()


@contextlib.contextmanager
def served_here(config: PoolConfig) -> Iterator[str]:
    """Yield the address of a service in a thread of this process, which so owns the workers."""
    with _address() as address:
        service = Service(config, ServiceConfig(listen=address))
        thread = threading.Thread(target=service.run, name="bench-service")
        thread.start()
        try:
            _await(address)
            yield address
        finally:
            service.stop()
            thread.join()


def vanish(address: str, request: ExecutionRequest, chance: random.Random) -> None:
    """Send a request or a part of it, and close the connection before the answer comes.

    Args:
        address: That of a service here.
        request: Sent as the only item of a batch, or alone.
        chance: Decides how, and how much is sent.
    """
    body = request.to_json().encode("ascii")
    route = chance.choice(("execute", "batch"))
    head = f"POST /v1/{route} HTTP/1.1\r\nHost: runner\r\nContent-Length: {len(body)}\r\n\r\n"
    text = head.encode("ascii") + body
    length = chance.choice((len(text), chance.randrange(len(text))))
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(address.removeprefix("unix:"))
        connection.sendall(text[:length])
        threading.Event().wait(chance.expovariate(20.0))


@contextlib.contextmanager
def _address() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as place:
        yield f"unix:{place}/runner.sock"


def _await(address: str) -> None:
    with Client(address, patience_s=_START_S) as client:
        client.start()


def _serve(address: str, config: PoolConfig) -> None:
    Service(config, ServiceConfig(listen=address)).run()
