"""What a service does for and against its clients: turns, limits, and those who are gone."""

import json
import logging
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.server.served import PASSES, Served, slow

Serve = Callable[..., Served]
Eventually = Callable[[Callable[[], object]], None]


def idle(served: Served) -> bool:
    with served.http() as http:
        stats = http.get("/v1/stats").json()
    return bool(stats["waiting"] == stats["leased"] == 0)


def waiting(served: Served) -> int:
    return served.service._served.queue.waiting


def running(served: Served) -> int:
    return served.service._served.queue.running


def post(served: Served, body: object, path: str = "/v1/execute") -> httpx.Response:
    with served.http() as http:
        return http.post(path, json=body)


def test_a_single_request_passes_a_long_batch(serve: Serve) -> None:
    served = serve(workers=1)
    lines = "\n".join([json.dumps(slow(0.05))] * 100)
    with served.http() as batch, batch.stream("POST", "/v1/batch", content=lines) as answer:
        parts = answer.iter_lines()
        next(parts)
        began = time.monotonic()
        assert post(served, PASSES).json()["status"] == "all_passed"
        waited = time.monotonic() - began
        assert sum(1 for _ in parts) == 99
    assert waited < 100 * 0.05 / 2, "the batch alone takes twice as long"


def test_a_full_queue_answers_429(serve: Serve, eventually: Eventually) -> None:
    served = serve(workers=1, max_queue=1)
    with ThreadPoolExecutor(3) as threads:
        running = [threads.submit(post, served, slow(1)) for _ in range(3)]
        eventually(lambda: waiting(served) == 1)
        refused = post(served, PASSES)
        gateway = post(served, {"code": "print(1)"}, "/run_code")
        assert all(each.result().status_code == 200 for each in running)
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert gateway.status_code == 504, "the one status after which verl's client asks again"
    assert post(served, PASSES).status_code == 200


def test_the_work_of_a_vanished_client_is_cancelled(serve: Serve, eventually: Eventually) -> None:
    served = serve(workers=1)
    body = json.dumps(slow(1)).encode()
    head = f"POST /v1/execute HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
    connections = [served.connect() for _ in range(20)]
    for connection in connections:
        connection.sendall(head.encode() + body)
    eventually(lambda: waiting(served) == 18)
    for connection in connections:
        connection.close()
    eventually(lambda: waiting(served) == 0)
    eventually(lambda: idle(served) and running(served) == 0)
    with served.http() as http:
        stats = http.get("/v1/stats").json()
    assert stats["requests"] <= 3, "what had not begun never did"
    assert stats["pool_worker_replacement_count"] == 0, "sandboxes are kept"


def test_a_batch_of_a_vanished_client_ends(serve: Serve, eventually: Eventually) -> None:
    served = serve(workers=1)
    lines = "\n".join([json.dumps(slow(0.2))] * 1000)
    with served.http() as http, http.stream("POST", "/v1/batch", content=lines) as answer:
        next(answer.iter_lines())
    eventually(lambda: waiting(served) == 0 and running(served) == 0)
    with served.http() as http:
        assert http.get("/v1/stats").json()["requests"] < 20


def test_a_slow_sender_costs_others_nothing(serve: Serve) -> None:
    served = serve(body_timeout_s=0.5)
    slow_ones = [served.connect() for _ in range(50)]
    for connection in slow_ones:
        connection.sendall(b"POST /v1/execute HTTP/1.1\r\nHost: x\r\nContent-Length: 999\r\n\r\n{")
    assert post(served, PASSES).status_code == 200
    for connection in slow_ones:
        assert b" 408 " in connection.recv(4096).split(b"\r\n")[0]
        connection.close()


def test_a_connection_on_which_no_request_begins_is_closed(serve: Serve) -> None:
    served = serve(body_timeout_s=0.3)
    for start in (b"", b"POST /v1/exe", b"GET /health HTTP/1.1\r\nHost: x\r\n"):
        connection = served.connect()
        connection.sendall(start)
        assert connection.recv(4096) == b"", start
        connection.close()


def test_a_client_that_does_not_read_is_given_up(serve: Serve, eventually: Eventually) -> None:
    served = serve(workers=2, body_timeout_s=1.0)
    loud = {"code": "print('x' * 500_000)", "tests": [{"stdin": "", "stdout": "x"}]}
    body = "\n".join([json.dumps(loud)] * 200).encode()
    connection = served.connect()
    connection.sendall(
        f"POST /v1/batch HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
    )
    eventually(lambda: running(served) > 0)
    eventually(lambda: running(served) == 0 and waiting(served) == 0)
    with served.http() as http:
        assert http.get("/v1/stats").json()["requests"] < 150
    connection.close()


def test_headers_are_bounded(served: Served) -> None:
    connection = served.connect()
    connection.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\nX: ")
    with pytest.raises(OSError, match=r"reset|pipe"):
        connection.sendall(b"x" * 10_000_000)
    connection.close()


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_is_bounded_before_it_is_read(serve: Serve, *, announced: bool) -> None:
    served = serve(max_body_bytes=10_000)
    body = json.dumps({**PASSES, "setup": "#" * 20_000}).encode()
    connection = served.connect()
    length = f"Content-Length: {10**12}" if announced else "Transfer-Encoding: chunked"
    connection.sendall(f"POST /v1/execute HTTP/1.1\r\nHost: x\r\n{length}\r\n\r\n".encode())
    if not announced:
        connection.sendall(b"%x\r\n%s\r\n" % (len(body), body))
    assert b" 413 " in connection.recv(4096).split(b"\r\n")[0]
    connection.close()
    assert post(served, PASSES).status_code == 200


def test_bodies_in_memory_are_bounded(serve: Serve) -> None:
    served = serve(max_held_bytes=5000, max_body_bytes=4000)
    first = served.connect()
    first.sendall(b"POST /v1/execute HTTP/1.1\r\nHost: x\r\nContent-Length: 3999\r\n\r\n")
    answer = None
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        answer = post(served, {**PASSES, "setup": "#" * 3000})
        if answer.status_code == 429:
            break
    first.close()
    assert answer is not None
    assert answer.status_code == 429


def test_too_many_lists_are_refused_before_they_are_made(served: Served) -> None:
    body = b'{"code": "", "tests": [' + b"[]," * 2_000_000 + b"[]]}"
    with served.http() as http:
        answer = http.post("/v1/execute", content=body)
    assert answer.status_code == 400
    assert "lists" in answer.json()["error"]["message"]


def test_too_many_tests_and_mistakes_are_not_looked_at_one_by_one(served: Served) -> None:
    crowd = post(served, {"code": "", "tests": [[]] * 10_001})
    assert (crowd.status_code, crowd.json()["error"]["fields"]) == (422, ["tests"])
    mistakes = post(served, {"code": "", "args": [1] * 1000}, "/v1/run")
    assert mistakes.status_code == 422
    assert "1000 mistakes" in mistakes.json()["error"]["message"]


def test_the_same_request_asked_again_is_executed_once(serve: Serve) -> None:
    served = serve(workers=2)
    headers = {"x-request-id": "the-same"}

    def ask(body: object) -> httpx.Response:
        with served.http() as http:
            return http.post("/v1/execute", json=body, headers=headers)

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(ask, [slow(0.3)] * 8))
    later = ask(slow(0.3))
    other = ask(PASSES)
    assert len({answer.text for answer in [*answers, later]}) == 1
    assert later.headers["x-request-id"] == "the-same"
    assert other.text != later.text, "another body is another request"
    with served.http() as http:
        assert http.get("/v1/stats").json()["requests"] == 2


def test_a_repetition_outlives_the_connection_that_asked_first(
    serve: Serve, eventually: Eventually
) -> None:
    served = serve(workers=1)
    body = json.dumps(slow(1)).encode()
    head = "POST /v1/execute HTTP/1.1\r\nHost: x\r\nX-Request-Id: again\r\n"
    first = served.connect()
    first.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    eventually(lambda: running(served) == 1)
    with served.http() as http, ThreadPoolExecutor(1) as threads:
        second = threads.submit(
            http.post, "/v1/execute", content=body, headers={"x-request-id": "again"}
        )
        threading.Event().wait(0.2)
        first.close()
        assert second.result().json()["status"] == "all_passed"
        assert http.get("/v1/stats").json()["requests"] == 1


def test_a_service_that_ends_finishes_what_it_accepted(
    serve: Serve, eventually: Eventually
) -> None:
    served = serve(workers=1)
    with ThreadPoolExecutor(3) as threads:
        accepted = [threads.submit(post, served, slow(0.5)) for _ in range(3)]
        eventually(lambda: waiting(served) + running(served) == 3)
        served.service.stop()
        assert [each.result().json()["status"] for each in accepted] == ["all_passed"] * 3
    served.thread.join(30)
    assert not served.thread.is_alive()


def test_a_batch_gives_back_what_it_has_not_begun(serve: Serve) -> None:
    served = serve(workers=1)
    lines = "\n".join(json.dumps({**slow(0.2), "index": index}) for index in range(500, 600))
    with served.http() as http, http.stream("POST", "/v1/batch", content=lines) as answer:
        found = []
        for line in answer.iter_lines():
            found.append(json.loads(line))
            served.service.stop()
    assert {each["index"] for each in found} == set(range(500, 600))
    unfinished = [each["error"] for each in found if "error" in each]
    assert 80 < len(unfinished) < 100
    assert {error["type"] for error in unfinished} == {"PoolClosedError"}
    assert {error["status"] for error in unfinished} == {503}


def test_the_log_has_neither_code_nor_output(
    serve: Serve, caplog: pytest.LogCaptureFixture, eventually: Eventually
) -> None:
    served = serve()
    caplog.set_level(logging.DEBUG, "runner.server")
    secret = {"code": "print('0utput')", "tests": ["'se' + 'cret'"], "setup": "'c0de' # !"}
    assert post(served, {**secret, "request_id": "mine"}).status_code == 200
    assert post(served, {**secret, "tests": [1]}).status_code == 422
    eventually(lambda: "path=/v1/execute status=422" in caplog.text)
    for word in ("0utput", "se' + 'cret", "c0de"):
        assert word not in caplog.text


def test_a_failure_of_the_service_tells_clients_nothing(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    served = serve()

    def fail(*_: object, **__: object) -> None:
        raise KeyError("/etc/secret")

    monkeypatch.setattr(served.service._pool, "submit", fail)
    answer = post(served, PASSES)
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "KeyError" not in answer.text
    assert "secret" in caplog.text, "the log has it"
    monkeypatch.undo()
    assert post(served, PASSES).status_code == 200
    assert running(served) == 0


def test_clients_that_are_killed_at_any_moment_leave_nothing(
    serve: Serve, eventually: Eventually
) -> None:
    served = serve(workers=2)
    body = json.dumps(slow(0.02)).encode()
    request = f"POST /v1/execute HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
    message = request.encode() + body

    def client(number: int) -> None:
        connection = served.connect()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.sendall(message[: number * 7 % len(message) + 1])
        threading.Event().wait(number % 10 / 100)
        connection.close()

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(client, range(300)))
    eventually(lambda: waiting(served) == 0 and running(served) == 0)
    assert post(served, PASSES).json()["status"] == "all_passed"
    eventually(lambda: idle(served))
