"""``Client`` gives what ``Pool`` gives: the same results, errors and digests, from anywhere."""

import asyncio
import gc
import json
import multiprocessing
import pickle
import ssl
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import runner
from runner.client import Client
from runner.client.batches import BatchCall
from runner.client.connections import Address
from runner.client.servers import Servers
from runner.envs import PythonCodeEnv
from runner.errors import (
    BackendError,
    BatchError,
    ConfigurationError,
    PoolClosedError,
    PoolTimeoutError,
    RunnerError,
)
from runner.grail import check_code_executes_fast, execute_on, set_global_execution_pool
from runner.models import Evidence
from tests.server.served import PASSES, Served, slow

Serve = Callable[..., Served]
Eventually = Callable[[Callable[[], object]], None]

GOOD, BAD = "def f(x): return x + 1", "def f(x): return x"
TESTS = ["assert f(1) == 2"]


@pytest.fixture
def client(served: Served) -> Iterator[Client]:
    with served.client() as lent:
        yield lent


_ANY_VALUE = ((1, 2), {3}, b"\0", 2**70, float("inf"), None)
REQUESTS: list[dict[str, Any]] = [
    {"code": GOOD, "tests": TESTS},
    {"code": "print(input())", "tests": [runner.StdioTest(stdin="a", stdout="a")]},
    {
        "code": "def f(*a, **k): return a, k",
        "tests": [
            runner.CallTest(
                function="f",
                args=list(_ANY_VALUE),
                kwargs={"k": {(1,): "\ud800"}},
                expected=(_ANY_VALUE, {"k": {(1,): "\ud800"}}),
            )
        ],
    },
    {
        "code": "def f(x): return x",
        "tests": [runner.CheckTest(code="def check(c): assert c(1) == 1")],
        "entry_point": "f",
        "setup": "import math",
        "judge_setup": "two = 2",
        "min_evidence": Evidence.VALUES,
        "timeout": 2.5,
        "limits": runner.Limits(output_bytes=100),
        "request_id": "\ud800 mine",
    },
    {"code": "\ud800 = (", "tests": ["f()"]},
    {"code": "import os; os.abort()", "tests": ["f()"]},
    {"code": "x = 1", "tests": ["assert ("]},
]


@pytest.mark.parametrize("fields", REQUESTS, ids=map(str, range(len(REQUESTS))))
def test_results_and_digests_are_those_of_a_pool(
    client: Client, pool: runner.Pool, fields: dict[str, Any]
) -> None:
    request = runner.ExecutionRequest(**fields)
    here, there = pool.execute(request), client.execute(request)
    same = ("status", "passed", "digest", "request_digest", "request_id", "blame", "evidence")
    assert [getattr(there, name) for name in same] == [getattr(here, name) for name in same]
    assert there.fingerprint == here.fingerprint
    assert [test.status for test in there.tests] == [test.status for test in here.tests]


def test_every_call_of_a_pool_is_there(client: Client) -> None:
    pairs = [(GOOD, TESTS), (BAD, TESTS)]
    assert client.execute(GOOD, TESTS).status == "all_passed"
    assert client.submit(GOOD, TESTS).result().status == "all_passed"
    assert [result.passed for result in client.execute_batch(pairs)] == [1, 0]
    assert sorted(result.passed for result in client.stream(pairs)) == [0, 1]
    assert [result.passed for result in client.map(pairs)] == [1, 0]
    assert client.run("print(input())", "hi", args=["x"]).stdout == "hi\n"
    assert [run.stdout for run in client.run_batch(["print(1)", "print(2)"])] == ["1\n", "2\n"]
    assert client.health_check(20).healthy
    assert client.stats().workers == client.config.workers == 2


def test_no_public_call_of_a_pool_is_missing() -> None:
    public = {name for name in vars(runner.Pool) if not name.startswith("_")}
    assert public - set(dir(Client)) <= {"lived_through"}


def test_it_works_in_several_event_loops(client: Client) -> None:
    async def use() -> list[str]:
        async def requests() -> AsyncIterator[tuple[str, list[str]]]:
            for _ in range(5):
                yield GOOD, TESTS

        results = await asyncio.gather(*[client.aexecute(GOOD, TESTS) for _ in range(10)])
        streamed = [result async for result in client.stream(requests())]
        printed = (await client.arun("print(1)")).stdout
        return [*(each.status for each in [*results, *streamed]), printed]

    for _ in range(2):
        assert asyncio.run(use()) == ["all_passed"] * 15 + ["1\n"]


@pytest.mark.parametrize(
    ("arguments", "fields"),
    [((GOOD, "x"), {}), ((GOOD, TESTS), {"timeout": -1}), (({"code": 1, "tests": []},), {})],
)
def test_errors_are_those_of_a_pool(
    client: Client, pool: runner.Pool, arguments: Any, fields: dict[str, Any]
) -> None:
    seen = []
    for executes in (pool.execute, client.execute):
        with pytest.raises(ConfigurationError) as raised:
            executes(*arguments, **fields)
        seen.append(str(raised.value))
    assert seen[0] == seen[1]


def test_an_item_of_a_batch_fails_alone(client: Client) -> None:
    with pytest.raises(BatchError) as failed:
        client.execute_batch([(GOOD, TESTS), ["x", 1]])
    assert [bool(each) for each in failed.value.results] == [True, False]
    bad, good = client.execute_batch([["x", 1], (GOOD, TESTS)], return_exceptions=True)
    assert isinstance(bad, ConfigurationError)
    assert isinstance(good, runner.ExecutionResult)
    assert good.status == "all_passed"
    with pytest.raises(ConfigurationError, match="max_retries"):
        client.execute(GOOD, TESTS, max_retries=0)


def test_what_a_service_refuses_of_a_batch_fails_alone(serve: Serve) -> None:
    """A batch goes as several requests, in each of which the same position is refused."""
    long = GOOD + " #" + "x" * 20_000
    with serve(max_body_bytes=10_000).client() as client:
        codes = [long if number % 3 == 0 else GOOD for number in range(30)]
        found = client.execute_batch([(code, TESTS) for code in codes], return_exceptions=True)
    refused = [isinstance(each, ConfigurationError) for each in found]
    assert refused == [number % 3 == 0 for number in range(30)]


def test_a_service_that_leaves_items_out_is_asked_with_pauses(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def leave_out(call: BatchCall, server: object, line: bytes) -> None:
        asked.append(line)

    monkeypatch.setattr(BatchCall, "_take", leave_out)
    with served.client(patience_s=0.3) as client:
        (found,) = client.execute_batch([(GOOD, TESTS)], return_exceptions=True)
    assert "left items out" in str(found)
    assert len(asked) <= 2


def test_a_large_batch_keeps_its_order(client: Client) -> None:
    codes = [GOOD if number % 3 else BAD for number in range(300)]
    results = client.execute_batch([(code, TESTS) for code in codes])
    assert [result.passed for result in results] == [int(number % 3 > 0) for number in range(300)]


def test_it_is_used_by_many_threads(client: Client) -> None:
    with ThreadPoolExecutor(16) as threads:
        results = list(threads.map(lambda _: client.execute(GOOD, TESTS).status, range(64)))
    assert set(results) == {"all_passed"}


def test_it_can_be_pickled(client: Client) -> None:
    with pickle.loads(pickle.dumps(client)) as copied:
        assert copied.execute(GOOD, TESTS).status == "all_passed"


def _in_child(client: Client, answers: Any) -> None:
    answers.put(client.execute(GOOD, TESTS).status)
    answers.put(client.submit(GOOD, TESTS).result().status)
    answers.put([each.status for each in client.execute_batch([(GOOD, TESTS)] * 3)])


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_it_is_used_after_a_fork(client: Client) -> None:
    assert client.submit(GOOD, TESTS).result().passed == 1
    fork = multiprocessing.get_context("fork")
    answers = fork.SimpleQueue()
    children = [fork.Process(target=_in_child, args=(client, answers)) for _ in range(3)]
    for child in children:
        child.start()
    found = [answers.get() for _ in range(9)]
    for child in children:
        child.join(30)
        assert child.exitcode == 0
    assert found.count("all_passed") == 6
    assert found.count(["all_passed"] * 3) == 3
    assert client.execute(GOOD, TESTS).status == "all_passed"


def test_a_closed_client_says_so(served: Served) -> None:
    client = served.client()
    client.execute(GOOD, TESTS)
    client.shutdown()
    client.shutdown()
    for call in (client.execute, client.submit):
        with pytest.raises(PoolClosedError, match="client"):
            call(GOOD, TESTS)
    gc.collect()


@pytest.mark.parametrize(
    "address",
    [
        *("", "unix:", "nothing", 5, "ftp://x", [], "http://", "host:port", "host:99999"),
        *("https://name:secret@host", "http://host/?token=x", "http://[1"),
    ],
)
def test_an_address_that_is_none_is_refused(address: Any) -> None:
    with pytest.raises(ConfigurationError, match="address"):
        Client(address)


def test_a_service_that_is_not_there_is_named() -> None:
    client = Client("unix:/nowhere/runner.sock", patience_s=0.1)
    with pytest.raises(BackendError, match=r"unix:/nowhere/runner\.sock"):
        client.execute(GOOD, TESTS)
    (found,) = client.execute_batch([(GOOD, TESTS)], return_exceptions=True)
    assert isinstance(found, BackendError)
    report = client.health_check()
    assert (report.healthy, report.started) == (False, False)
    assert "/nowhere" in str(report.error)
    client.shutdown()


def test_a_full_queue_is_waited_for(serve: Serve) -> None:
    served = serve(workers=1, max_queue=1)
    with served.client() as client, ThreadPoolExecutor(8) as threads:
        work = [threads.submit(client.execute, slow(0.1)) for _ in range(8)]
        assert {each.result().status for each in work} == {"all_passed"}
    with served.client(patience_s=0) as hasty, ThreadPoolExecutor(8) as threads:
        work = [threads.submit(hasty.execute, slow(1.5)) for _ in range(8)]
        errors = [error for each in work if (error := each.exception()) is not None]
    assert errors
    assert {type(error) for error in errors} == {PoolTimeoutError}


def test_nothing_is_lost_when_a_service_is_restarted_under_load(serve: Serve) -> None:
    first = serve(workers=1)
    address = first.address
    with Client(address, patience_s=60) as client, ThreadPoolExecutor(5) as threads:
        batch = threads.submit(client.execute_batch, [slow(0.05)] * 40)
        singles = [
            threads.submit(lambda: [client.execute(slow(0.02)).status for _ in range(10)])
            for _ in range(4)
        ]
        threading.Event().wait(0.7)
        first.service.stop()
        first.thread.join(60)
        serve(workers=1, listen=address)
        done = [each.status for each in batch.result()]
        done += [status for each in singles for status in each.result()]
    assert done == ["all_passed"] * 80


def test_of_several_services_the_least_busy_is_asked(serve: Serve, eventually: Eventually) -> None:
    busy, free = serve(workers=1), serve(workers=1)
    with (
        Client([busy.address, free.address]) as client,
        busy.client() as other,
        ThreadPoolExecutor(12) as threads,
    ):
        work = [threads.submit(other.execute, slow(0.5)) for _ in range(12)]
        eventually(lambda: busy.service._served.queue.waiting > 5)
        client.execute(PASSES)  # hears of the load
        client.execute(PASSES)
        before = free.service._pool.stats().requests
        for _ in range(5):
            client.execute(PASSES)
        assert free.service._pool.stats().requests >= before + 4
        assert client.config.workers == client.stats().workers == 2
        for each in work:
            each.result()


def test_another_service_takes_over(serve: Serve) -> None:
    first, second = serve(workers=1), serve(workers=1)
    with Client([first.address, second.address], patience_s=30) as client:
        assert client.health_check(20).healthy
        with ThreadPoolExecutor(2) as threads:
            batch = threads.submit(client.execute_batch, [slow(0.05)] * 40)
            threading.Event().wait(0.5)
            first.service.stop()
            assert {each.status for each in batch.result()} == {"all_passed"}
        assert client.execute(PASSES).status == "all_passed"
        assert client.health_check(20).healthy is False


class TestInPlaceOfAPool:
    def test_of_grail(self, client: Client) -> None:
        result = execute_on(client, GOOD, TESTS)
        assert (result["status"], result.typed.evidence) == ("all_passed", "values")
        set_global_execution_pool(client)
        try:
            assert check_code_executes_fast(BAD, TESTS)["status"] == "error"
        finally:
            set_global_execution_pool(None)
        away = Client("unix:/nowhere/s", patience_s=0)
        lost = execute_on(away, GOOD, TESTS, max_retries=1)
        assert (lost["status"], lost.conclusive) == ("process_error", False)
        away.shutdown()

    def test_of_environments(self, client: Client) -> None:
        rows = [{"task_id": 1, "text": "", "code": GOOD, "test_list": TESTS, "test_setup_code": ""}]
        env = PythonCodeEnv(task_source=rows, pool=client)
        env.reset(0)
        _, _, _, _, info = env.step(f"<SOLUTION>{GOOD}</SOLUTION>")
        assert info["success"]

    def test_of_the_command_eval(self, served: Served, tmp_path: Any, capsys: Any) -> None:
        from runner.cli import main

        problems = tmp_path / "p.jsonl"
        problems.write_text(json.dumps({"task_id": "one", "code": GOOD, "tests": TESTS}))
        assert main(["eval", str(problems), "--server", served.address, "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["summary"]["executions"] == 1


@pytest.mark.parametrize(
    "error", [PoolTimeoutError("a"), BackendError("b"), ConfigurationError("c")]
)
def test_an_error_keeps_its_kind(
    served: Served, monkeypatch: pytest.MonkeyPatch, error: RunnerError
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(served.service._pool, "submit", fail)
    with Client(served.address, patience_s=0) as client:
        with pytest.raises(type(error), match=str(error)):
            client.execute(GOOD, TESTS)
        (found,) = client.execute_batch([(GOOD, TESTS)], return_exceptions=True)
    assert type(found) is type(error)


def test_certificates_are_read_for_tls_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each process of a forked client makes its connections anew. Control: TLS reads them."""
    read: list[object] = []
    monkeypatch.setattr(ssl, "create_default_context", lambda **given: read.append(given))
    for address in ("unix:/run/runner.sock", "localhost:1", "http://localhost:1"):
        Servers([Address.parse(address)], None, None).close()
    assert read == []
    Servers([Address.parse("https://localhost:1")], None, None).close()
    assert len(read) == 1
