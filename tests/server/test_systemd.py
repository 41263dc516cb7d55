"""The command ``runner serve`` as systemd and compose start it, and its files on the page."""

import configparser
import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from runner.cli import _parser
from runner.errors import BackendError
from tests.docs.pages import PAGES, blocks
from tests.server.served import OTHER_TOKEN, PASSES, TOKEN, free_port, slow

_PAGE = PAGES["runner/server/README.md"]
#: Makes descriptor 3 of an inherited one, names it as systemd does, and becomes the service.
_ACTIVATE = """
import os, sys
os.dup2(int(sys.argv[1]), 3, inheritable=True)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1")
os.execv(sys.executable, [sys.executable, "-m", "runner", *sys.argv[2:]])
"""

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def notified(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(str(tmp_path / "notify"))
        notify.settimeout(60)
        yield notify


@pytest.fixture
def start(backend: str, tmp_path: Path) -> Iterator[Start]:
    """Start ``runner serve``, by itself or with a listening socket as systemd passes it."""
    with contextlib.ExitStack() as stack:

        def run(*options: str, listener: socket.socket | None = None) -> "subprocess.Popen[str]":
            command = ["serve", "--workers", "1", "--backend", backend, "--set", "spares=0"]
            passed = [] if listener is None else [listener.fileno()]
            before = ["-c", _ACTIVATE, *map(str, passed)] if passed else ["-m", "runner"]
            process = subprocess.Popen(
                [sys.executable, *before, *command, *options],
                env={**os.environ, "NOTIFY_SOCKET": str(tmp_path / "notify")},
                pass_fds=passed,
                stderr=subprocess.PIPE,
                text=True,
            )
            stack.callback(_end, process)
            return process

        yield run


def _end(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.communicate()


def until(notified: socket.socket, state: bytes) -> None:
    while notified.recv(4096) != state:
        pass


def ask(path: Path, body: object = PASSES) -> Any:
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(path)), timeout=60) as http:
        return http.post("http://runner/v1/execute", json=body).json()


def test_it_says_when_it_is_ready_and_when_it_ends(
    start: Start, notified: socket.socket, tmp_path: Path
) -> None:
    path = tmp_path / "s"
    process = start("--listen", f"unix:{path}")
    until(notified, b"READY=1")
    assert ask(path)["status"] == "all_passed"
    process.send_signal(signal.SIGTERM)
    until(notified, b"STOPPING=1")
    _, log = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "answered" in log
    assert not path.exists()


def begun(path: Path, eventually: Callable[[Callable[[], object]], None]) -> None:
    """Wait until a service has its socket: its pool is about to start."""
    eventually(path.exists)


def test_tokens_may_be_read_again_at_any_moment(
    start: Start,
    notified: socket.socket,
    tmp_path: Path,
    eventually: Callable[[Callable[[], object]], None],
) -> None:
    """Also while the pool starts and while it ends: a signal would end the process otherwise."""
    path, tokens = tmp_path / "s", tmp_path / "tokens"
    tokens.write_text(f"one {TOKEN}\n")
    process = start("--listen", f"unix:{path}", "--token-file", str(tokens))
    begun(path, eventually)
    tokens.write_text(f"one {OTHER_TOKEN}\n")
    process.send_signal(signal.SIGHUP)
    until(notified, b"READY=1")
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(path))) as http:
        for token, status in ((TOKEN, 401), (OTHER_TOKEN, 200)):
            headers = {"authorization": f"Bearer {token}"}
            assert http.get("http://runner/v1/stats", headers=headers).status_code == status
    process.send_signal(signal.SIGTERM)
    until(notified, b"STOPPING=1")
    process.send_signal(signal.SIGHUP)
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0


def test_it_ends_also_while_its_pool_starts(
    start: Start, tmp_path: Path, eventually: Callable[[Callable[[], object]], None]
) -> None:
    path = tmp_path / "s"
    process = start("--listen", f"unix:{path}")
    begun(path, eventually)
    process.send_signal(signal.SIGTERM)
    _, log = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "Traceback" not in log
    assert not path.exists()


def test_it_takes_the_socket_of_systemd_and_loses_nothing_when_restarted(
    start: Start, notified: socket.socket, tmp_path: Path
) -> None:
    path = tmp_path / "s"
    found: list[Any] = []
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(64)
        first = start(listener=listener)
        until(notified, b"READY=1")
        accepted = threading.Thread(target=lambda: found.append(ask(path, slow(1))))
        accepted.start()
        while "leased" not in _stats(path) or not _stats(path)["leased"]:
            pass
        first.send_signal(signal.SIGTERM)
        until(notified, b"STOPPING=1")
        waits = threading.Thread(target=lambda: found.append(ask(path)))
        waits.start()
        second = start(listener=listener)
        until(notified, b"READY=1")
        for thread in (accepted, waits):
            thread.join(60)
        assert [each["status"] for each in found] == ["all_passed"] * 2
        assert path.exists(), "it is systemd's"
        second.send_signal(signal.SIGTERM)
        assert second.wait(60) == 0
    assert first.wait(60) == 0


def _stats(path: Path) -> Any:
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(path)), timeout=60) as http:
        return http.get("http://runner/v1/stats").json()


def test_a_hangup_has_it_read_its_tokens_again(
    start: Start, notified: socket.socket, tmp_path: Path
) -> None:
    tokens = tmp_path / "tokens"
    tokens.write_text(f"one {TOKEN}\n")
    address = f"127.0.0.1:{free_port()}"
    process = start("--listen", address, "--token-file", str(tokens))
    until(notified, b"READY=1")

    def status(token: str) -> int:
        headers = {"authorization": f"Bearer {token}"}
        return httpx.get(f"http://{address}/v1/stats", headers=headers).status_code

    assert (status(TOKEN), status(OTHER_TOKEN)) == (200, 401)
    tokens.write_text(f"two {OTHER_TOKEN}\n")
    process.send_signal(signal.SIGHUP)
    until(notified, b"READY=1")
    assert (status(TOKEN), status(OTHER_TOKEN)) == (401, 200)
    tokens.write_text("broken\n")
    process.send_signal(signal.SIGHUP)
    until(notified, b"READY=1")
    assert (status(TOKEN), status(OTHER_TOKEN)) == (401, 200)


def test_it_speaks_tls(start: Start, notified: socket.socket, tmp_path: Path) -> None:
    cert, key, tokens = (tmp_path / name for name in ("cert.pem", "key.pem", "tokens"))
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
         "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", cert],
        check=True, capture_output=True,
    )  # fmt: skip
    tokens.write_text(f"one {TOKEN}\n")
    port = free_port()
    tls = ("--certfile", str(cert), "--keyfile", str(key), "--token-file", str(tokens))
    start("--listen", f"127.0.0.1:{port}", *tls)
    until(notified, b"READY=1")
    from runner.client import Client

    with Client(f"https://localhost:{port}", TOKEN, cafile=str(cert)) as client:
        assert client.execute("x = 1", ["assert x == 1"]).status == "all_passed"
    stranger = Client(f"https://localhost:{port}", TOKEN, patience_s=0.1)
    with pytest.raises(BackendError, match="certificate"):
        stranger.start()


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--listen", "127.0.0.1:0"], "token_file"),
        (["--listen", "127.0.0.1:0", "--token-file", "/nowhere"], "/nowhere"),
        (["--set", "spares"], "NAME=VALUE"),
        (["--set", "no_such=1"], "no_such"),
        (["--max-queue", "0"], "max_queue"),
    ],
)
def test_it_refuses_to_start_with_what_is_wrong(options: list[str], reason: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "runner", "serve", *options],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert reason in done.stderr
    assert "Traceback" not in done.stderr


def test_the_units_on_the_page_fit_together() -> None:
    units = [_unit(text) for text in blocks(_PAGE, "ini")]
    listening, service = units
    assert listening["Socket"]["ListenStream"] == "/run/runner.sock"
    assert service["Service"]["Type"] == "notify"
    assert "HUP" in service["Service"]["ExecReload"]
    options = _parser().parse_args(service["Service"]["ExecStart"].split()[1:])
    assert options.listen == f"unix:{listening['Socket']['ListenStream']}"


def test_the_compose_file_on_the_page_starts_the_service(
    start: Start, notified: socket.socket, tmp_path: Path
) -> None:
    (text,) = blocks(_PAGE, "yaml")
    composed = yaml.safe_load(text)
    service = composed["services"]["runner"]
    assert set(service["secrets"]) <= composed["secrets"].keys()
    assert set(service["networks"]) <= composed["networks"].keys()
    command = service["command"]
    tokens = tmp_path / "tokens"
    tokens.write_text(f"one {TOKEN}\n")
    port = free_port()
    places = {"0.0.0.0:8080": f"127.0.0.1:{port}", "/run/secrets/tokens": str(tokens), "8": "1"}
    start(*[places.get(word, word) for word in command])
    until(notified, b"READY=1")
    headers = {"authorization": f"Bearer {TOKEN}", "host": "runner:8080"}
    answer = httpx.post(f"http://127.0.0.1:{port}/v1/execute", json=PASSES, headers=headers)
    assert answer.json()["status"] == "all_passed"


def _unit(text: str) -> configparser.ConfigParser:
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(text)
    return unit
