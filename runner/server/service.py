"""The life of the service: pool, sockets, signals, and notification of systemd."""

import asyncio
import contextlib
import logging
import signal
import socket
import threading
from collections.abc import Iterator
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from runner.config import PoolConfig
from runner.errors import ConfigurationError
from runner.logs import event
from runner.pool import Pool
from runner.server.bodies import Bodies
from runner.server.connections import AT_ONCE, bounded, most_connections
from runner.server.fair_queue import FairQueue
from runner.server.gate import AccessRules, Gate, Routes
from runner.server.listeners import BACKLOG, accepted_hosts, is_tcp, listening
from runner.server.monitoring import Monitoring
from runner.server.native import Native
from runner.server.open_instruct import OpenInstruct
from runner.server.sandbox_fusion import SandboxFusion
from runner.server.served_pool import ServedPool
from runner.server.settings import ServiceConfig
from runner.server.systemd import tell
from runner.server.tokens import TokenFile

_LOG = logging.getLogger(__name__)

#: Seconds that the pool may take to end after the last request.
_SHUTDOWN_S = 10.0


class Service:
    """A pool behind HTTP.

    Args:
        pool_config: Settings of the pool.
        config: Settings of the service.

    Raises:
        ConfigurationError: The token file is not valid.
    """

    def __init__(self, pool_config: PoolConfig, config: ServiceConfig) -> None:
        self.config = config
        self._tokens = None if config.token_file is None else TokenFile(config.token_file)
        self._pool = Pool(pool_config)
        queue = FairQueue(
            pool_config.workers,
            most_waiting=config.max_queue,
            most_bytes=config.max_held_bytes,
        )
        self._served = ServedPool(self._pool, queue)
        self._server: _Server | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_outdated = False

    def run(self, started: threading.Event | None = None) -> None:
        """Serve until ``stop``, ``SIGTERM`` or ``SIGINT``; blocks until then.

        Args:
            started: Set when the service listens and its pool is warm.

        Raises:
            RunnerError: The pool cannot be started, or the address is not available.
        """
        with self._signals(), listening(self.config.listen) as sockets:
            if is_tcp(sockets) and self._tokens is None:
                raise ConfigurationError("token_file: needed for a TCP socket, also of systemd")
            try:
                self._pool.start()
                asyncio.run(self._serve(sockets, started))
            finally:
                self._pool.shutdown(_SHUTDOWN_S)

    def stop(self) -> None:
        """Refuse new requests, and finish the accepted ones. Any thread may call this."""
        self._served.draining = True
        if self._server is not None:
            self._server.should_exit = True

    def reload(self) -> None:
        """Read the token file again; if it is not valid, the old tokens stay."""
        if self._tokens is None:
            return
        tell("RELOADING=1")
        try:
            event(_LOG, logging.INFO, "tokens_reloaded", count=self._tokens.reload())
        except ConfigurationError as error:
            event(_LOG, logging.ERROR, "tokens_unchanged", error=error)
        tell("READY=1")

    async def _serve(self, sockets: list[socket.socket], started: threading.Event | None) -> None:
        self._server = _Server(self._uvicorn_config(sockets), started)
        self._loop = asyncio.get_running_loop()
        if self._is_outdated:
            self.reload()
        sweeping = asyncio.create_task(_sweep(self._server, self.config.body_timeout_s))
        try:
            if not self._served.draining:
                await self._server.serve(sockets)
        finally:
            self._served.draining = True
            self._loop = None
            tell("STOPPING=1")
            sweeping.cancel()

    def _uvicorn_config(self, sockets: list[socket.socket]) -> uvicorn.Config:
        hosts = accepted_hosts(sockets, self.config.allow_hosts)
        rules = AccessRules(self._tokens, hosts, self.config.body_timeout_s)
        return uvicorn.Config(
            Gate(self._app(), rules, self._served.queue),
            http=bounded(most_connections(self._served.queue.workers)),
            backlog=AT_ONCE,
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            timeout_keep_alive=int(self.config.body_timeout_s) + 1,
            timeout_graceful_shutdown=int(self.config.drain_s) + 1,
            ssl_certfile=self.config.certfile,
            ssl_keyfile=self.config.keyfile,
        )

    def _app(self) -> ASGIApp:
        bodies = Bodies(self._served.queue, self.config.body_timeout_s)
        handlers = (
            Native(self._served, bodies, self.config),
            SandboxFusion(self._served, bodies, self.config),
            OpenInstruct(self._served, bodies, self.config),
            Monitoring(self._served),
        )
        routes = [route for each in handlers for route in each.routes()]
        return Routes(routes)

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield  # in a test, or in a program with its own signal handlers
            return
        # Not those of the event loop, without which a signal would end the process at once.
        numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
        before = {number: signal.signal(number, self._handle) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _handle(self, number: int, _: object) -> None:
        """Handle a signal; while the pool starts, ``SIGTERM`` and ``SIGINT`` end this at once.

        Raises:
            SystemExit: It was ``SIGTERM``.
            KeyboardInterrupt: It was ``SIGINT``.
        """
        if self._loop is not None:
            action = self.reload if number == signal.SIGHUP else self.stop
            self._loop.call_soon_threadsafe(action)
        elif number == signal.SIGHUP:
            self._is_outdated = True
        elif not self._served.draining:
            raise SystemExit(0) if number == signal.SIGTERM else KeyboardInterrupt


class _Server(uvicorn.Server):
    """A server without signal handlers, which reports when it listens."""

    def __init__(self, config: uvicorn.Config, listens: threading.Event | None) -> None:
        super().__init__(config)
        self._listens = listens

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture no signals."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and report that."""
        await super().startup(sockets)
        for each in sockets or ():
            each.listen(BACKLOG)  # for asyncio, one number is both
        tell("READY=1")
        event(_LOG, logging.INFO, "serving", sockets=len(sockets or ()))
        if self._listens is not None:
            self._listens.set()


async def _sweep(server: uvicorn.Server, longest_s: float) -> None:
    """Close connections that have been as they are for a while.

    These have no request, even if they slowly send or read data, or they do not read at all.
    """
    before: dict[Any, object] = {}
    while True:
        await asyncio.sleep(longest_s)
        now: dict[Any, object] = {
            each: _state(each) for each in list(server.server_state.connections)
        }
        for connection, state in now.items():
            if state is not None and before.get(connection) == state:
                # Closing would wait until the client has read what is left of its answer.
                connection.transport.abort()
        before = now


def _state(connection: Any) -> tuple[object, int] | None:
    """Return what may not stay as it is; None during a request whose answer is being read."""
    cycle, unread = connection.cycle, connection.transport.get_write_buffer_size()
    if cycle is None or cycle.response_complete or connection.transport.is_closing():
        return cycle, 0
    return (cycle, unread) if unread else None
