"""Crowds and floods against a service of its own: others are answered, and memory stays flat."""

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from runner.client import Client
from tests.server.served import PASSES, TOKEN, slow

pytestmark = pytest.mark.slow

_MIB = 1024 * 1024
#: What allocators and caches may keep.
_SLACK = 96 * _MIB


class Apart:
    """A service in a process of its own."""

    def __init__(self, place: Path, backend: str, *options: str) -> None:
        self.path = place / "s"
        command = ["serve", "--backend", backend, "--workers", "2", "--body-timeout-s", "3"]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "runner", *command, "--listen", f"unix:{self.path}", *options],
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 60
        while not self.path.exists():  # connections wait from then on
            assert time.monotonic() < deadline
            assert self._process.poll() is None
            threading.Event().wait(0.05)
        with Client(self.address, TOKEN, patience_s=60):
            pass

    @property
    def address(self) -> str:
        return f"unix:{self.path}"

    def rss(self) -> int:
        pages = int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGESIZE")

    def descriptors(self) -> int:
        return len(list(Path(f"/proc/{self._process.pid}/fd").iterdir()))

    def connect(self) -> socket.socket:
        raw = socket.socket(socket.AF_UNIX)
        raw.settimeout(30)
        raw.connect(str(self.path))
        return raw

    def post(self, content: bytes, token: str = TOKEN) -> httpx.Response:
        transport = httpx.HTTPTransport(uds=str(self.path))
        headers = {"authorization": f"Bearer {token}"}
        with httpx.Client(transport=transport, timeout=60, headers=headers) as http:
            return http.post("http://runner/v1/execute", content=content)

    def end(self) -> int:
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(60)


@pytest.fixture
def apart(backend: str, tmp_path: Path) -> Iterator[Apart]:
    (tmp_path / "tokens").write_text(f"one {TOKEN}\n")
    service = Apart(tmp_path, backend, "--token-file", str(tmp_path / "tokens"))
    yield service
    assert service.end() == 0


@pytest.fixture
def many_descriptors() -> Iterator[int]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 12_000 if hard == resource.RLIM_INFINITY else min(12_000, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    yield max(soft, wanted)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def ok(service: Apart) -> bool:
    return bool(service.post(json.dumps(PASSES).encode()).json()["status"] == "all_passed")


def test_ten_thousand_connections(
    many_descriptors: int, apart: Apart, eventually: Callable[..., None]
) -> None:
    count = min(10_000, many_descriptors - 500)
    before, idle = apart.rss(), apart.descriptors()
    crowd = []
    for number in range(count):
        raw = apart.connect()
        raw.sendall(b"POST /v1/execute HTTP/1.1\r\nHost: x\r\n"[: number % 40])
        crowd.append(raw)
        if number % 2000 == 0:
            assert ok(apart)
    assert ok(apart)
    eventually(lambda: apart.descriptors() < idle + 50, 60)
    for raw in crowd:
        raw.close()
    assert ok(apart)
    assert apart.rss() - before < 10_000 * 20 * 1024 + _SLACK


def test_huge_and_nested_bodies_leave_memory_flat(apart: Apart) -> None:
    bodies = [
        b"[" * 8_000_000,
        b'{"code": "", "tests": [' + b"[]," * 1_500_000 + b"[]]}",
        json.dumps({**PASSES, "setup": "#" * 20_000_000}).encode(),
        b'{"code": "", "tests": ' + b'{"a":' * 50_000,
        b"x" * 40_000_000,
        b'{"code": "x", "tests": [], "timeout": 1' + b"0" * 1_000_000 + b"}",
    ]
    figures = []
    for _ in range(4):
        for body in bodies:
            assert apart.post(body).status_code in (200, 400, 413, 422)
        assert ok(apart)
        figures.append(apart.rss())
    assert figures[-1] - figures[1] < _SLACK, [figure // _MIB for figure in figures]


def test_wrong_tokens_are_cheap(apart: Apart) -> None:
    with ThreadPoolExecutor(8) as threads:
        guesses = list(threads.map(lambda n: apart.post(b"x", f"{n:020}"), range(400)))
    assert {answer.status_code for answer in guesses} == {401}
    assert ok(apart)


def test_clients_come_and_go_while_sandboxes_are_killed(apart: Apart, backend: str) -> None:
    over = threading.Event()
    body = json.dumps(slow(0.02)).encode()
    head = f"POST /v1/execute HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n"
    message = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body

    def vanish() -> None:
        for number in iter(lambda: 0 if over.is_set() else 1, 0):
            raw = apart.connect()
            raw.sendall(message[: len(message) - number % 2 * 3])
            over.wait(0.01)
            raw.close()

    dies: dict[str, Any] = {"code": "import os\ndef f(): os.abort()", "tests": ["f()"]}
    with ThreadPoolExecutor(3) as threads, Client(apart.address, TOKEN) as client:
        work = [threads.submit(vanish) for _ in range(3)]
        began = time.monotonic()
        statuses = []
        while time.monotonic() - began < 10:
            results = client.execute_batch([PASSES, dies, slow(0.01)])
            statuses.append(tuple(result.status.value for result in results))
        over.set()
        for each in work:
            each.result()
    assert set(statuses) == {("all_passed", "process_error", "all_passed")}
    assert ok(apart)
