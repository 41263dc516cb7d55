"""Answers that are not those of a service: the error names the address."""

import contextlib
import http.server
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from runner.client import Client
from runner.errors import BackendError
from tests.server.served import PASSES, Served

_ERROR: dict[str, Any] = {"type": [], "message": {}, "status": None}


@contextlib.contextmanager
def answering(body: bytes, **headers: str) -> Iterator[str]:
    """Yield the address of a program that answers every request with this body."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            self.send_response(200)
            for name, value in {"content-length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815  # its name there

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@contextlib.contextmanager
def not_started(address: str) -> Iterator[Client]:
    """Yield a client that does not begin with a check of the service."""
    client = Client(address)
    try:
        yield client
    finally:
        client.shutdown()


@pytest.mark.parametrize(
    "body",
    [
        b"<html>It works!</html>",
        b"\xff",
        b"[]",
        b"7",
        b'{"workers": "many"}',
        b"[" * 100_000,
        b'{"index": 0}',
        b'{"index": [], "result": {}}',
        b'{"index": 0, "result": {"status": "all_passed"}}',
        json.dumps({"index": 0, "error": _ERROR}).encode(),
        b"9" * 5000,
    ],
)
@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.execute(PASSES),
        lambda client: client.submit(PASSES).result(),
        lambda client: client.run("print(1)"),
        lambda client: client.stats(),
        lambda client: client.start(),
    ],
    ids=["execute", "submit", "run", "stats", "start"],
)
def test_the_error_names_the_address(call: Callable[[Client], Any], body: bytes) -> None:
    with (
        answering(body) as address,
        not_started(address) as client,
        pytest.raises(BackendError, match=f"{address} is not one of `runner serve`"),
    ):
        call(client)


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"index": 0}', b'{"index": [], "result": 1}'])
def test_every_item_of_a_batch_gets_the_error(body: bytes) -> None:
    with answering(body) as address, not_started(address) as client:
        found = client.execute_batch([PASSES] * 3, return_exceptions=True)
    assert [type(each) for each in found] == [BackendError] * 3


def test_a_load_that_is_none_is_ignored(served: Served) -> None:
    with served.client() as real:
        answer = real.execute(PASSES).model_dump(mode="json")
    body = json.dumps(answer).encode()
    for load in ("9" * 5000 + "/1", "1/" + "9" * 5000, "x", "/", "1/0"):
        with answering(body, **{"x-load": load}) as address, not_started(address) as client:
            assert client.execute(PASSES).status == "all_passed"
