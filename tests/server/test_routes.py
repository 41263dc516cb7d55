"""Each route answers what its clients expect, on a real pool."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

import runner
from runner.models import ExecutionResult, HealthReport, PoolStats, RunResult
from tests.server.served import LOOPS, PASSES, Served

Serve = Callable[..., Served]


def test_execute_answers_with_a_result(http: httpx.Client) -> None:
    answer = http.post("/v1/execute", json=PASSES)
    assert answer.status_code == 200
    assert ExecutionResult.from_json(answer.content).status == "all_passed"


def test_batch_answers_in_the_order_of_completion(http: httpx.Client) -> None:
    slow = {"code": "import time; time.sleep(1)", "tests": ["pass"]}
    lines = "\n".join(map(json.dumps, [slow, PASSES, {**PASSES, "index": 7}]))
    with http.stream("POST", "/v1/batch", content=lines) as answer:
        found = [json.loads(line) for line in answer.iter_lines()]
    assert [each["index"] for each in found][-1] == 0
    assert {each["index"] for each in found} == {0, 1, 7}
    assert {each["result"]["status"] for each in found} == {"all_passed"}


def test_an_item_that_is_no_request_fails_alone(http: httpx.Client) -> None:
    lines = "\n".join(("{", "[]", json.dumps({"code": 1, "tests": []}), json.dumps(PASSES)))
    answers = http.post("/v1/batch", content=lines).text.splitlines()
    found = {each["index"]: each for each in map(json.loads, answers)}
    assert [found[index]["error"]["status"] for index in range(3)] == [400, 400, 422]
    assert found[2]["error"]["fields"] == ["code"]
    assert found[3]["result"]["status"] == "all_passed"


@pytest.mark.parametrize(
    ("rest", "status"),
    [
        ('"code": ', 400),
        ('"code": [' + "[" * 100_000, 400),
        ('"code": 1}', 422),
        ('"code": "", "tests": [' + ", ".join(['"pass"'] * 10_001) + "]}", 422),
        ('"code": "", "setup": "' + "x" * 1_000_000 + '", "tests": []}', 413),
    ],
    ids=["no JSON", "nested", "invalid", "tests", "long"],
)
def test_an_item_that_is_refused_keeps_its_index(serve: Serve, rest: str, status: int) -> None:
    """Or else another item gets its error."""
    with serve(max_body_bytes=500_000).http() as http:
        (answer,) = http.post("/v1/batch", content='{ "index":7, ' + rest).text.splitlines()
    found = json.loads(answer)
    assert (found["index"], found["error"]["status"]) == (7, status)


def test_an_empty_batch_has_an_empty_answer(http: httpx.Client) -> None:
    answer = http.post("/v1/batch", content="\n\n")
    assert (answer.status_code, answer.content) == (200, b"")


def test_run_answers_with_what_a_program_printed(http: httpx.Client) -> None:
    answer = http.post("/v1/run", json={"code": "print(input())", "stdin": "hello"})
    assert RunResult.from_json(answer.content).stdout == "hello\n"


def test_health_stats_and_settings_are_those_of_the_pool(http: httpx.Client) -> None:
    assert HealthReport.from_json(http.get("/v1/health?timeout=20").content).healthy
    assert PoolStats.from_json(http.get("/v1/stats").content).workers == 2
    assert runner.PoolConfig.from_json(http.get("/v1/config").content).name == "served"


def test_metrics_can_be_parsed(http: httpx.Client) -> None:
    text = http.get("/metrics").text
    names = {family.name for family in text_string_to_metric_families(text)}
    assert {"sandbox_runner_requests", "sandbox_runner_service_waiting"} <= names


def test_the_schema_describes_every_route(http: httpx.Client) -> None:
    schema = http.get("/openapi.json").json()
    for path, operations in schema["paths"].items():
        for method in operations:
            assert http.request(method.upper(), path, content=b"").status_code != 404, path
    text = json.dumps(schema)
    names = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert names
    assert names <= schema["components"]["schemas"].keys()


RUNS = [
    ("print(int(input()) * 2)", "Success", "Finished", 0, "42\n"),
    ("print('half'); 1 / 0", "Failed", "Finished", 1, "half\n"),
    ("print(", "Failed", "Finished", 1, ""),
    ("while True: pass", "Failed", "TimeLimitExceeded", None, ""),
    ("import os; os.abort()", "Failed", "Finished", -6, ""),
    ("import sys; sys.exit(3)", "Failed", "Finished", 3, ""),
]


@pytest.mark.parametrize(("code", "status", "run_status", "exit_code", "stdout"), RUNS)
def test_run_code_has_the_words_of_sandbox_fusion(
    http: httpx.Client, code: str, status: str, run_status: str, exit_code: int | None, stdout: str
) -> None:
    asked = {"code": code, "stdin": "21", "language": "python", "run_timeout": 1, "files": {}}
    answer = http.post("/run_code", json={**asked, "compile_timeout": 1, "fetch_files": []}).json()
    ran = answer["run_result"]
    assert (answer["status"], ran["status"]) == (status, run_status)
    assert (ran["return_code"], ran["stdout"]) == (exit_code, stdout)
    assert answer["compile_result"] is None


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"language": "cpp"}, "language"), ({"files": {"a": "eA=="}}, "files"),
     ({"fetch_files": ["a"]}, "fetch_files")],
)  # fmt: skip
def test_what_run_code_cannot_do_is_named(
    http: httpx.Client, changed: dict[str, Any], field: str
) -> None:
    answer = http.post("/run_code", json={"code": "print(1)", **changed})
    assert answer.status_code == 400
    assert answer.json()["error"]["fields"] == [field]


def test_a_memory_limit_of_run_code_holds(http: httpx.Client) -> None:
    hungry = "x = bytearray(100 * 2**20)\nprint(len(x))"
    for limit, status in ((-1, "Success"), (1024, "Success"), (64, "Failed")):
        asked = {"code": hungry, "memory_limit_MB": limit}
        assert http.post("/run_code", json=asked).json()["status"] == status, limit


def test_programs_are_tested_as_open_instruct_does(http: httpx.Client) -> None:
    tests = ["assert add(1, 2) == 3", "assert add(0, 0) == 1", "while True: add(0, 0)"]
    asked = {"program": "def add(a, b): return a + b", "tests": tests, "max_execution_time": 0.5}
    answer = http.post("/test_program", json=asked).json()
    assert answer["results"] == [1, 0, 0]
    assert len(answer["runtimes"]) == 3
    asked["tests"] = json.dumps(tests)
    assert http.post("/test_program", json=asked).json()["results"] == [1, 0, 0]


def test_programs_are_run_as_open_instruct_does(http: httpx.Client) -> None:
    tests = [{"input": "1\n", "output": "2"}, {"input": "5\n", "output": "7\n"}]
    asked = {"program": "print(int(input()) + 1)", "tests": tests, "max_execution_time": 1.0}
    assert http.post("/test_program_stdio", json=asked).json()["results"] == [1, 0]


def test_pickled_tests_are_refused(http: httpx.Client) -> None:
    answer = http.post("/test_program", json={"program": "x = 1", "tests": "eJxrYJmqxQAAA"})
    assert answer.status_code == 400
    assert "pickled" in answer.json()["error"]["message"]


def test_broken_tests_are_no_zeros(http: httpx.Client) -> None:
    answer = http.post("/test_program", json={"program": "x = 1", "tests": ["assert ("]})
    assert answer.status_code == 422
    assert answer.json()["error"]["fields"] == ["tests"]


@pytest.mark.parametrize(
    ("path", "body", "status", "named"),
    [
        ("/v1/execute", b"", 400, "JSON"),
        ("/v1/execute", b"\xff", 400, "JSON"),
        ("/v1/execute", b"[1]", 400, "object"),
        ("/v1/execute", b"[" * 100_000, 400, "nested"),
        ("/v1/execute", b'{"code": ' + b'{"a":' * 100_000, 400, "nested"),
        ("/v1/execute", b'{"code": "x"}', 422, "tests"),
        ("/v1/execute", b'{"code": "x", "tests": "assert"}', 422, "tests"),
        ("/v1/execute", b'{"code": "x", "tests": [], "timeout": -1}', 422, "timeout"),
        ("/v1/execute", b'{"code": "x", "tests": [{"kind": "no"}]}', 422, "tests"),
        ("/v1/execute", b'{"code": "x", "tests": [{"kind": "program", "args": 1}]}', 422, "args"),
        (
            "/v1/execute",
            b'{"code": "", "tests": [{"function": "f", "values": "!"}]}',
            422,
            "values",
        ),
        ("/v1/execute?max_retries=0", b'{"code": "x", "tests": []}', 422, "max_retries"),
        ("/v1/execute?max_retries=x", b'{"code": "x", "tests": []}', 422, "max_retries"),
        ("/v1/run", b'{"stdin": ""}', 422, "code"),
        ("/run_code", b"{}", 422, "code"),
        ("/run_code", b'{"code": "", "run_timeout": 0}', 422, "run_timeout"),
        ("/test_program", b'{"program": ""}', 422, "tests"),
        ("/test_program", b'{"program": "", "tests": [1]}', 422, "tests.0"),
        ("/test_program_stdio", b'{"program": "", "tests": ["x"]}', 422, "tests.0"),
    ],
)
def test_what_is_wrong_is_named(
    http: httpx.Client, path: str, body: bytes, status: int, named: str
) -> None:
    answer = http.post(path, content=body)
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert named in error["message"] or named in str(error["fields"])
    assert error["request_id"] == answer.headers["x-request-id"]
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(("method", "path"), [("GET", "/nothing"), ("GET", "/t/x"), ("PUT", "/")])
def test_there_is_nothing_else(http: httpx.Client, method: str, path: str) -> None:
    assert http.request(method, path).status_code == 404


def test_a_timeout_is_a_verdict(http: httpx.Client) -> None:
    result = http.post("/v1/execute", json={**LOOPS, "timeout": 0.3}).json()
    assert (result["status"], result["blame"]) == ("timeout", "code")
