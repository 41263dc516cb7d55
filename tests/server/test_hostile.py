"""What hostile clients send: it is refused quickly, and costs other clients nothing."""

import asyncio
import gc
import json
import logging
import resource
import socket
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from runner.models import ExecutionRequest, HealthReport
from runner.request_json import as_execution
from runner.server import listeners, native, service
from runner.server.answers import RefusedError
from runner.server.connections import most_connections
from runner.server.fair_queue import FairQueue
from runner.server.gate import AccessRules, Gate
from tests.server.served import OTHER_TOKEN, PASSES, TOKEN, Served, free_port, slow

Serve = Callable[..., Served]
Eventually = Callable[[Callable[[], object]], None]

_MANY = 200_000
_KEYS = {f"{number:x}": 1 for number in range(_MANY)}


def connections(served: Served) -> int:
    server = served.service._server
    assert server is not None
    return len(server.server_state.connections)


def loud(output_bytes: int) -> dict[str, Any]:
    """Return a request with so large an answer."""
    code = f"def f():\n    print('x' * {output_bytes})\n    return 1\n"
    limits = {"output_bytes": output_bytes + 100}
    return {"code": code, "tests": ["assert f() == 1"], "limits": limits}


def message(body: bytes, *headers: str, path: str = "/v1/execute") -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", *headers, f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/execute", {**PASSES, **_KEYS}),
        ("/v1/execute", {**PASSES, "classes": [1] * _MANY}),
        ("/v1/execute", {**PASSES, "limits": _KEYS}),
        ("/v1/execute", {"code": "", "tests": [{"code": "", **_KEYS}]}),
        ("/v1/execute", {"code": "", "tests": [{"kind": "program", "args": [1] * _MANY}]}),
        ("/v1/run", {"code": "", "args": [1] * _MANY}),
        ("/run_code", {"code": "", "fetch_files": [1] * _MANY}),
        ("/test_program", {"program": "", "tests": json.dumps([1] * _MANY)}),
        ("/test_program_stdio", {"program": "", "tests": json.dumps([{"input": "", **_KEYS}])}),
    ],
)
def test_mistakes_are_not_collected_by_the_million(
    http: httpx.Client, path: str, body: dict[str, Any]
) -> None:
    answer = http.post(path, json=body)
    assert answer.status_code == 422
    assert "more than" in answer.json()["error"]["message"]


def test_values_of_a_test_may_be_long(http: httpx.Client) -> None:
    numbers = list(range(_MANY))
    test = {"function": "f", "args": [numbers], "expected": numbers}
    answer = http.post("/v1/execute", json={"code": "def f(x): return x", "tests": [test]})
    assert answer.json()["status"] == "all_passed"


def test_others_are_answered_while_a_long_request_is_parsed(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    served, began, go_on = serve(workers=1), threading.Event(), threading.Event()

    def wait(fields: dict[str, Any]) -> ExecutionRequest:
        began.set()
        assert go_on.wait(30)
        return as_execution(fields)

    monkeypatch.setattr(native, "as_execution", wait)
    body = json.dumps({**PASSES, "setup": "#" * 100_000}).encode()
    with served.http() as http, ThreadPoolExecutor(2) as threads:
        long = [
            threads.submit(http.post, path, content=body) for path in ("/v1/execute", "/v1/batch")
        ]
        assert began.wait(30)
        assert http.get("/health").status_code == 200
        go_on.set()
        assert all(b"all_passed" in each.result().content for each in long)


@pytest.mark.parametrize("end", [b"\n", b"\r"])
def test_lines_of_a_batch_are_bounded(http: httpx.Client, end: bytes) -> None:
    answer = http.post("/v1/batch", content=end * 1_000_001)
    assert answer.status_code == 413
    assert "lines" in answer.json()["error"]["message"]


def test_a_length_that_does_not_count_is_refused(served: Served) -> None:
    """The body would be chunked, and only the announced bytes would count as held."""
    connection = served.connect()
    connection.sendall(message(b"", "Transfer-Encoding: chunked"))
    assert b" 400 " in connection.recv(4096).split(b"\r\n")[0]
    connection.close()


def test_an_id_means_another_request_on_another_route(http: httpx.Client) -> None:
    headers = {"x-request-id": "on-two-routes"}
    body = json.dumps(PASSES)
    for _ in range(2):
        alone = http.post("/v1/execute", content=body, headers=headers).json()
        line = http.post("/v1/batch", content=body, headers=headers).json()
        assert alone["status"] == line["result"]["status"] == "all_passed"
        assert line["index"] == 0


def test_a_client_that_never_reads_a_large_answer_is_disconnected(
    serve: Serve, eventually: Eventually
) -> None:
    served = serve(body_timeout_s=0.5)
    connection = served.connect()
    connection.sendall(message(json.dumps(loud(8_000_000)).encode()))
    eventually(lambda: served.service._pool.stats().requests == 1)
    eventually(lambda: connections(served) == 0)
    connection.close()


def test_a_client_that_never_reads_a_small_answer_is_disconnected(
    serve: Serve, eventually: Eventually
) -> None:
    """The answer fits in one part, and not in the buffer of the socket."""
    served = serve(body_timeout_s=0.5)
    connection = served.connect()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    for _ in range(30):  # pipelined: no answer is read, so the later ones stay in the service
        connection.sendall(message(json.dumps(loud(200_000)).encode()))
    eventually(lambda: served.service._pool.stats().requests > 0)
    eventually(lambda: connections(served) == 0)
    connection.close()


def test_a_client_that_reads_slowly_gets_its_whole_answer(serve: Serve) -> None:
    served = serve(body_timeout_s=1.0)
    connection = served.connect()
    connection.sendall(message(json.dumps(loud(8_000_000)).encode(), "Connection: close"))
    received = 0
    while part := connection.recv(1 << 18):
        received += len(part)
        threading.Event().wait(0.08)  # for all parts together longer than the timeout
    assert received > 8_000_000
    connection.close()


def test_one_token_cannot_fill_the_room_for_bodies(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "tokens").write_text(f"one {TOKEN}\ntwo {OTHER_TOKEN}\n")
    served = serve(
        listen=f"127.0.0.1:{free_port()}",
        token_file=tmp_path / "tokens",
        max_held_bytes=100_000,
        max_body_bytes=20_000,
    )
    announced = message(b"x" * 20_000, f"Authorization: Bearer {TOKEN}")[:-20_000]
    crowd = [served.connect() for _ in range(10)]
    for connection in crowd:
        connection.sendall(announced)
    with served.http() as http:
        answers = [
            http.post("/v1/execute", json=PASSES, headers={"authorization": f"Bearer {token}"})
            for token in (TOKEN, OTHER_TOKEN)
        ]
    assert [answer.status_code for answer in answers] == [429, 200]
    assert "with this token" in answers[0].json()["error"]["message"]
    for connection in crowd:
        connection.close()


def test_a_health_check_has_its_own_timeout(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, eventually: Eventually
) -> None:
    """A check with a timeout of 0 fails on a busy pool, and tells nothing about longer ones."""
    served = serve(workers=1)
    check, asked, go_on = served.service._pool.health_check, list[float](), threading.Event()

    def wait_and_check(timeout: float) -> HealthReport:
        asked.append(timeout)
        go_on.wait(30)
        return check(timeout)

    monkeypatch.setattr(served.service._pool, "health_check", wait_and_check)
    with served.http() as http, ThreadPoolExecutor(16) as threads:
        ask = [threads.submit(http.get, f"/v1/health?timeout={each}") for each in [*range(8), 1, 2]]
        eventually(lambda: len(asked) == 8)
        refused = http.get("/v1/health?timeout=9")
        go_on.set()
        assert {each.result().status_code for each in ask} <= {200, 503}
        assert http.get("/v1/health").status_code == 200
    assert refused.status_code == 503
    assert "other health checks" in refused.json()["error"]["message"]
    assert sorted(asked) == [*range(8), 30]


def test_a_crowd_of_connections_leaves_room_for_others(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, eventually: Eventually
) -> None:
    monkeypatch.setattr(service, "most_connections", lambda _: 10)
    served = serve(workers=1)
    busy = served.connect()
    busy.sendall(message(json.dumps(slow(3)).encode(), "Connection: close"))
    eventually(lambda: served.service._served.queue.running == 1)
    crowd = [served.connect() for _ in range(50)]
    eventually(lambda: connections(served) == 10)
    with served.http() as http:
        assert http.get("/v1/stats").status_code == 200
    assert b" 200 " in busy.recv(4096).split(b"\r\n")[0], "a request is not given up for them"
    for connection in [busy, *crowd]:
        connection.close()


def test_connections_leave_descriptors_to_the_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = {100: 16, 1024: 1024 - 160, resource.RLIM_INFINITY: (1 << 20) - 160}
    for limit, most in limits.items():
        monkeypatch.setattr(resource, "getrlimit", lambda _, limit=limit: (limit, limit))
        assert most_connections(4) == most


@pytest.mark.parametrize("method", ["PUT", "OPTIONS", "TRACE", "GET"])
def test_a_method_that_a_route_lacks_has_an_error_of_its_own(
    http: httpx.Client, method: str
) -> None:
    answer = http.request(method, "/v1/execute")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert answer.json()["error"]["message"] == "Method Not Allowed"


def test_a_request_that_outlives_the_service_may_be_sent_again(
    serve: Serve, eventually: Eventually
) -> None:
    served = serve(workers=1, drain_s=0)
    connection = served.connect()
    connection.sendall(message(json.dumps(slow(8)).encode()))
    eventually(lambda: served.service._served.queue.running == 1)
    served.service.stop()
    received = b""
    while part := connection.recv(1 << 16):
        received += part
    assert b" 503 " in received.split(b"\r\n")[0]
    assert b"PoolClosedError" in received
    connection.close()


def test_a_unix_socket_beside_one_of_tcp_asks_for_no_host(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tokens").write_text(f"one {TOKEN}\n")
    local = socket.socket(socket.AF_UNIX)
    local.bind(str(tmp_path / "both"))
    local.listen()
    tcp = socket.create_server(("127.0.0.1", 0))
    monkeypatch.setattr(listeners, "passed_sockets", lambda: [local, tcp])
    served = serve(token_file=tmp_path / "tokens")
    headers = {"authorization": f"Bearer {TOKEN}", "host": "anything"}
    transport = httpx.HTTPTransport(uds=str(tmp_path / "both"))
    with httpx.Client(transport=transport, base_url="http://x", headers=headers) as http:
        assert http.get("/v1/stats").status_code == 200
    with httpx.Client(base_url=f"http://127.0.0.1:{tcp.getsockname()[1]}", headers=headers) as http:
        assert http.get("/v1/stats").status_code == 403
    assert served.thread.is_alive()


def test_a_vanished_batch_leaves_no_error_in_the_log(
    serve: Serve, caplog: pytest.LogCaptureFixture, eventually: Eventually
) -> None:
    served = serve(workers=1)
    lines = "\n".join([json.dumps(slow(0.05))] * 100)
    with served.http() as http, http.stream("POST", "/v1/batch", content=lines) as answer:
        next(answer.iter_lines())
    eventually(lambda: connections(served) == 0)
    eventually(lambda: served.service._served.queue.running == 0)
    gc.collect()
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


class _Big:
    pass


def test_a_refused_request_is_freed_at_once() -> None:
    found: list[weakref.ref[_Big]] = []

    async def app(*_: object) -> None:
        body = _Big()
        found.append(weakref.ref(body))
        error = RefusedError(422, "no")  # a cycle: its traceback has this frame
        raise error

    async def send(_: object) -> None:
        pass

    scope = {"type": "http", "method": "POST", "path": "/", "headers": []}
    gate = Gate(
        app, AccessRules(None, frozenset(), 1.0), FairQueue(1, most_waiting=1, most_bytes=1)
    )
    gc.disable()
    try:
        asyncio.run(gate(scope, None, send))  # type: ignore[arg-type]
        assert found[0]() is None
    finally:
        gc.enable()
