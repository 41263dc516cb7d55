"""Cost of the host's side of an execution, in pools whose workers answer at once.

The workers are another process that answers with prepared bytes, so the CPU time of this process is
the host's alone. All of the host's code is used: requests, leases, sockets, frames, checks of
reports, verdicts, digests.
"""

import asyncio
import contextlib
import json
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from runner.bench.ceiling import instant_worker
from runner.bench.latency import SOLUTION, TESTS
from runner.fingerprint import worker_digest
from runner.models import ExecutionResult, ExecutionStatus
from runner.pool import Pool
from runner.sandbox.sandbox import Sandbox
from runner.sandbox.transport import SocketStream, Transport
from runner.worker.protocol.frames import PROTOCOL, FrameType, encode_frame
from runner.worker.protocol.report import blank_test

_REQUEST = (SOLUTION, TESTS)
#: Requests of ``aexecute`` that are awaited at the same time, for each worker.
_AHEAD = 4

Figures = dict[str, float]
_Way = Callable[[Pool, int], int]


def host_ceiling(workers: int, seconds: float) -> dict[str, Figures]:
    """Return CPU milliseconds of the host for each execution and executions per second, by way.

    Args:
        workers: Number of workers of the pool.
        seconds: Approximate duration for each way.
    """
    with (
        instant_backend() as backend,
        Pool(backend=backend, workers=workers, spares=0, max_uses=10**9) as pool,
    ):
        return {name: _measured(way, pool, seconds) for name, way in _WAYS.items()}


def _measured(way: _Way, pool: Pool, seconds: float) -> Figures:
    """Repeat one way for that long, in rounds; the best round of CPU time is the least disturbed.

    Rounds take some tenths of a second, so that other load does not disturb all of them.
    """
    count = max(64, 4 * pool.config.workers)
    way(pool, count)
    rounds: list[Figures] = []
    ends_s = time.perf_counter() + seconds
    while not rounds or time.perf_counter() < ends_s:
        began_s, began_cpu_s, done = time.perf_counter(), time.process_time(), 0
        while time.perf_counter() - began_s < min(0.3, seconds):
            done += way(pool, count)
        cpu_s, took_s = time.process_time() - began_cpu_s, time.perf_counter() - began_s
        rounds.append({"host CPU ms": cpu_s * 1000 / done, "per second": done / took_s})
    return {
        "host CPU ms": min(each["host CPU ms"] for each in rounds),
        "per second": max(each["per second"] for each in rounds),
    }


def _execute(pool: Pool, count: int) -> int:
    return sum(_passed(pool.execute(*_REQUEST)) for _ in range(count))


def _batch(pool: Pool, count: int) -> int:
    return sum(map(_passed, pool.execute_batch([_REQUEST] * 8 * count)))


def _stream(pool: Pool, count: int) -> int:
    return sum(map(_passed, pool.stream(_REQUEST for _ in range(8 * count))))


def _asynchronous(pool: Pool, count: int) -> int:
    async def client(requests: Iterator[int]) -> int:
        return sum([_passed(await pool.aexecute(*_REQUEST)) for _ in requests])

    async def main() -> int:
        left = iter(range(8 * count))  # shared: each client takes the next one
        return sum(await asyncio.gather(*(client(left) for _ in range(ahead))))

    ahead = _AHEAD * pool.config.workers
    return asyncio.run(main())


def _passed(result: ExecutionResult) -> int:
    assert result.status is ExecutionStatus.ALL_PASSED, result.error
    return 1


_WAYS: dict[str, _Way] = {
    "execute": _execute,
    "execute_batch": _batch,
    "stream": _stream,
    "aexecute": _asynchronous,
}


class InstantBackend:
    """A backend whose sandboxes are connections to one process that answers at once.

    Args:
        path: Path of the socket on which that process listens.
    """

    name = "instant"

    def __init__(self, path: str) -> None:
        self._path = path

    def check(self) -> None:
        """Do nothing: nothing can be missing."""

    def start(self, deadline: float) -> Sandbox:
        """Return a sandbox that has greeted."""
        sock = socket.socket(socket.AF_UNIX)
        sock.connect(self._path)
        number = sock.fileno()
        sandbox = Sandbox(f"instant-{number}", Transport(SocketStream(sock)), destroy=lambda: None)
        sandbox.greet({}, deadline)
        return sandbox

    def reap(self) -> int:
        """Do nothing: nothing is left behind."""
        return 0

    def close(self) -> None:
        """Do nothing: no resources are held."""


@contextlib.contextmanager
def instant_backend() -> Iterator[InstantBackend]:
    """Yield a backend whose workers report three passed tests at once."""
    with tempfile.TemporaryDirectory() as directory:
        path = str(Path(directory) / "socket")
        given = {"path": path, "greeting": _greeting(), "report": _report()}
        command = [sys.executable, "-I", "-S", instant_worker.__file__, json.dumps(given)]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdout.readline()
            yield InstantBackend(path)
            process.stdin.close()


def _greeting() -> str:
    ready: dict[str, Any] = {
        "protocol": PROTOCOL,
        "worker_digest": worker_digest(),
        "fingerprint": "instant",
        "parts": {},
        "python": "",
        "checks": [],
        "no_files": None,
    }
    return encode_frame(FrameType.READY, ready).decode("latin-1")


def _report() -> str:
    """Return a report on three tests that passed, with figures as long as real ones."""
    figures = {
        "cpu_s": 0.000950112999999999,
        "wall_s": 0.0012304560004849918,
        "budget_used": 0.00012918459999999979,
        "evidence": "values",
    }
    report = {
        "syntax_error": None,
        "tests": [{**blank_test(index, "passed", ""), **figures} for index in range(len(TESTS))],
        "cpu_s": 0.011456802,
        "wall_s": 0.00002063799889409,
        "memory_peak_bytes": 38821888,
        "clean": True,
    }
    return "," + json.dumps(report, separators=(",", ":"))[1:]
