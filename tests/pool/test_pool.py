"""The pool keeps its promises to callers, with workers that answer at once."""

import asyncio
import functools
import gc
import itertools
import logging
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from typing import Any

import pytest

import runner
from runner.errors import (
    BackendError,
    BatchError,
    ConfigurationError,
    ForkedPoolError,
    ImageNotFoundError,
    PoolClosedError,
    PoolTimeoutError,
    RunnerError,
    WeakIsolationError,
    WrongWorkerError,
)
from runner.models import AssertTest, Blame, Cause, ExecutionRequest, ExecutionStatus
from runner.pool import Pool
from runner.sandbox.sandbox import Sandbox
from runner.worker.protocol.frames import FrameType, encode_frame
from tests.fakes import FakeBackend, after, obedient, on_run, report, row

Eventually = Callable[[Callable[[], object]], None]

PASS = ("x = 1", ["assert x"])
FAIL = ("x = 1", ["assert x == 3"])


@pytest.fixture
def fake() -> FakeBackend:
    return FakeBackend()


@pytest.fixture
def make() -> Iterator[Callable[..., Pool]]:
    """Make pools that are shut down after the test."""
    pools: list[Pool] = []

    def build(backend: FakeBackend, **settings: Any) -> Pool:
        made = Pool(backend=backend, **{"workers": 2, "spares": 1, **settings})
        pools.append(made)
        return made

    yield build
    for made in pools:
        made.shutdown(timeout=0)


Make = Callable[..., Pool]


@on_run
def hanging(payload: dict[str, Any]) -> bytes | None:
    """Begin with a request and never end it."""
    return encode_frame(FrameType.STARTED, {"id": payload["id"]})


class Deadly:
    """Begins and hangs up, the first few times."""

    def __init__(self, times: int) -> None:
        self._left = times

    def __call__(self, kind: FrameType, payload: dict[str, Any]) -> bytes | None:
        if kind is not FrameType.RUN or self._left == 0:
            return obedient(kind, payload)
        self._left -= 1
        # Begun, and then no frame: to the host it is all the same how a worker ends.
        return encode_frame(FrameType.STARTED, {"id": payload["id"]}) + b"\xff" * 10


def test_the_constructor_touches_nothing(make: Make, fake: FakeBackend) -> None:
    pool = make(fake)
    assert repr(pool) == "<Pool 'runner' new>"
    assert not fake.started
    assert pool.stats().idle == 0


def test_a_pool_warms_its_workers_and_spares(
    make: Make, fake: FakeBackend, eventually: Eventually
) -> None:
    pool = make(fake, workers=3, spares=2)
    pool.start()
    pool.start()
    eventually(lambda: pool.stats().idle == 5)
    assert repr(pool) == "<Pool 'runner' open | 5 idle, 0 leased, 0 starting | 0 waiting>"
    assert len(fake.started) == 5


def test_a_request_is_executed(make: Make, fake: FakeBackend) -> None:
    result = make(fake).execute(*PASS, request_id="mine")
    assert (result.status, result.request_id) == (ExecutionStatus.ALL_PASSED, "mine")
    assert (result.backend, result.fingerprint, result.attempts) == ("fake", "fake", 1)


def test_requests_come_in_several_shapes(make: Make, fake: FakeBackend) -> None:
    pool = make(fake)
    request = ExecutionRequest(code="x = 1", tests=(AssertTest(code="assert x"),))
    for item in (request, {"code": "x = 1", "tests": ["assert x"]}, PASS, list(PASS)):
        assert pool.execute(item).status is ExecutionStatus.ALL_PASSED


@pytest.mark.parametrize(
    ("arguments", "keywords", "words"),
    [
        ((None,), {}, "a request is"),
        ((3,), {}, "a request is"),
        (("x", [3]), {}, "a test is a string"),
        (("x", ["assert x"]), {"timeout": float("nan")}, "timeout"),
        (("x", ["assert x"]), {"timeout": 1e9}, "timeout"),
        (("x", ["assert x"]), {"timeouts": 1}, "timeouts"),
        (("x", ["assert x"]), {"min_evidence": "proof"}, "min_evidence"),
        (("x", []), {"min_evidence": "values"}, "needs tests"),
        (("x", ["assert x"]), {"classes": "Box"}, "write \\[class\\]"),
        (("x", ["assert x"]), {"max_retries": 0}, "max_retries"),
        (("x", ["assert x"]), {"max_retries": 1.5}, "max_retries"),
        (({"code": "x", "tests": []}, ["assert x"]), {}, "request itself"),
        (({"code": 3, "tests": []},), {}, "must be a string"),
        (({"tests": []},), {}, "code"),
    ],
)
def test_a_callers_mistake_is_named(
    make: Make, fake: FakeBackend, arguments: Any, keywords: Any, words: str
) -> None:
    pool = make(fake)
    with pytest.raises(ConfigurationError, match=words):
        pool.execute(*arguments, **keywords)
    with pytest.raises(ConfigurationError, match=words):
        pool.submit(*arguments, **keywords)


@pytest.mark.parametrize("code", ["\x00", "\ud800", "(" * 100_000, "", "\u2028" * 1000])
def test_nothing_that_code_contains_raises(make: Make, fake: FakeBackend, code: str) -> None:
    assert make(fake).execute(code, []).status is ExecutionStatus.ALL_PASSED


def test_code_that_is_too_long_is_a_syntax_error(make: Make, fake: FakeBackend) -> None:
    result = make(fake).execute("x" * 2_000_000, ["assert x"])
    assert (result.status, result.blame) == (ExecutionStatus.SYNTAX_ERROR, Blame.CODE)
    assert (result.total, result.attempts) == (1, 1)


def test_keywords_win_over_settings(fake: FakeBackend) -> None:
    config = runner.PoolConfig(workers=7, spares=0)
    assert Pool(config, workers=3).config == runner.PoolConfig(workers=3, spares=0)


def test_a_batch_keeps_its_order(make: Make, fake: FakeBackend) -> None:
    items = [PASS if index % 3 else FAIL for index in range(50)]
    results = make(fake).execute_batch(items)
    passed = [result.status is ExecutionStatus.ALL_PASSED for result in results]
    assert passed == [bool(index % 3) for index in range(50)]


def test_a_bad_item_of_a_batch_fails_alone(make: Make, fake: FakeBackend) -> None:
    pool = make(fake)
    items: list[Any] = [PASS, 3, PASS, ("x",)]
    with pytest.raises(BatchError, match="2 of 4") as caught:
        pool.execute_batch(items)
    statuses = [result and result.status.value for result in caught.value.results]
    assert statuses == ["all_passed", None, "all_passed", None]
    results = pool.execute_batch(items, return_exceptions=True)
    assert [isinstance(item, ConfigurationError) for item in results] == [False, True, False, True]


@pytest.mark.parametrize("requests", ["x", {"code": "x"}, 3, None])
def test_a_batch_that_is_none_is_the_callers_mistake(
    make: Make, fake: FakeBackend, requests: Any
) -> None:
    with pytest.raises(ConfigurationError, match="list of requests"):
        make(fake).execute_batch(requests)


def test_an_empty_batch_has_no_results(make: Make, fake: FakeBackend) -> None:
    assert make(fake).execute_batch([]) == []


def test_a_large_batch_needs_few_threads(make: Make, fake: FakeBackend) -> None:
    pool = make(fake, workers=2)
    pool.start()
    most = 0

    def watched() -> Iterator[Any]:
        nonlocal most
        for _ in range(2000):
            most = max(most, threading.active_count())
            yield PASS

    before = threading.active_count()
    assert len(pool.execute_batch(watched())) == 2000
    assert threading.active_count() <= before + 2


def test_a_batch_does_not_shut_others_out(make: Make, fake: FakeBackend) -> None:
    pool = make(fake, workers=1)
    pool.start()
    order: list[str] = []

    def run_batch() -> None:
        pool.execute_batch([PASS] * 500)
        order.append("b")

    batch = threading.Thread(target=run_batch)
    batch.start()
    pool.submit(*PASS).result()
    order.append("a")
    batch.join()
    assert order == ["a", "b"]


def test_a_future_has_the_result(make: Make, fake: FakeBackend) -> None:
    assert make(fake).submit(*PASS).result(5).status is ExecutionStatus.ALL_PASSED


def test_a_future_that_was_cancelled_in_time_is_not_executed(
    make: Make, eventually: Eventually
) -> None:
    fake = FakeBackend(answer=hanging)
    pool = make(fake, workers=1, spares=0)
    pool.submit(*PASS)
    eventually(lambda: pool.stats().leased == 1)
    second = pool.submit(*PASS)
    assert second.cancel()
    pool.shutdown(timeout=0)
    with pytest.raises(CancelledError):
        second.result()


def test_asyncio_gets_results(make: Make, fake: FakeBackend) -> None:
    pool = make(fake)

    async def many() -> list[Any]:
        return await asyncio.gather(*(pool.aexecute(*PASS) for _ in range(20)))

    assert {result.status for result in asyncio.run(many())} == {ExecutionStatus.ALL_PASSED}


def test_a_cancelled_task_loses_no_sandbox(make: Make, eventually: Eventually) -> None:
    hold = threading.Event()
    pool = make(FakeBackend(answer=after(lambda: hold.wait(5))), workers=1, spares=0)
    pool.start()

    async def cancelled() -> None:
        tasks = [asyncio.ensure_future(pool.aexecute(*PASS)) for _ in range(3)]
        await asyncio.to_thread(eventually, lambda: pool.stats().leased == 1)
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(result) for result in results] == [asyncio.CancelledError] * 3

    asyncio.run(cancelled())
    hold.set()
    eventually(lambda: pool.stats().idle == 1)
    assert pool.execute(*PASS).status is ExecutionStatus.ALL_PASSED


def test_a_process_error_is_tried_again_on_another_sandbox(make: Make) -> None:
    pool = make(FakeBackend(answer=Deadly(2)), spares=2)
    result = pool.execute(*PASS)
    assert (result.status, result.attempts) == (ExecutionStatus.ALL_PASSED, 3)
    assert len({attempt.sandbox_id for attempt in result.history}) == 3
    stats = pool.stats()
    assert (stats.process_error_retry_count, stats.process_error_final_failure_count) == (2, 0)


def test_attempts_are_bounded(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    pool = make(FakeBackend(answer=Deadly(100)), max_retries=2)
    caplog.set_level(logging.WARNING, logger="runner.pool.retry")
    result = pool.execute(*PASS)
    assert (result.status, result.attempts) == (ExecutionStatus.PROCESS_ERROR, 2)
    assert (result.blame, result.cause) == (Blame.INFRASTRUCTURE, Cause.PROTOCOL)
    assert pool.execute(*PASS, max_retries=1).attempts == 1
    assert "retries_exhausted attempts=2" in caplog.text
    assert pool.stats().process_error_final_failure_count == 2


class CutOff:
    """A backend whose workers hang up in a request, after these bytes of the report."""

    def __init__(self, length: int) -> None:
        self.backend = FakeBackend(answer=on_run(self._cut_off))
        self._length = length

    def _cut_off(self, payload: dict[str, Any]) -> bytes | None:
        started = encode_frame(FrameType.STARTED, {"id": payload["id"]})
        sent = encode_frame(FrameType.REPORT, report("passed", id=payload["id"]))[: self._length]
        for worker in self.backend.workers.values():
            if (FrameType.RUN, payload) in worker.received:
                worker.say(started + sent)
        return None


@pytest.mark.parametrize(
    ("length", "attempts", "blame"),
    [
        (0, 3, Blame.INFRASTRUCTURE),
        (3, 3, Blame.CODE),
        (50, 2, Blame.CODE),
        (50, 1, Blame.INFRASTRUCTURE),
    ],
)
def test_a_request_whose_report_breaks_off_every_time_is_to_blame(
    make: Make, length: int, attempts: int, blame: Blame
) -> None:
    """Even in a pool without any other sandbox."""
    pool = make(CutOff(length).backend, workers=1, spares=0, max_retries=attempts)
    result = pool.execute(*PASS)
    assert (result.status, result.cause) == (ExecutionStatus.PROCESS_ERROR, Cause.CONTAINER_LOST)
    assert (result.attempts, result.blame) == (attempts, blame)
    assert result.conclusive is (blame is Blame.CODE)


def test_broken_tests_are_not_tried_again(make: Make) -> None:
    """Not even where the code makes it a process error."""

    @on_run
    def answer(payload: dict[str, Any]) -> bytes | None:
        rows = [row(0, "crashed"), row(1, "error", broken=True)]
        return encode_frame(FrameType.REPORT, report(tests=rows, id=payload["id"]))

    result = make(FakeBackend(answer=answer)).execute("x = 1", ["assert x", "assert ("])
    assert (result.status, result.attempts) == (ExecutionStatus.PROCESS_ERROR, 1)
    assert (result.blame, result.conclusive) == (Blame.TESTS, False)


def test_fields_of_a_request_are_keywords(make: Make, fake: FakeBackend) -> None:
    pool = make(fake)
    pool.execute("x = 1", ["assert x"], classes=["Box"], min_evidence="values")
    asked = [
        payload
        for worker in fake.workers.values()
        for kind, payload in worker.received
        if kind is FrameType.RUN
    ]
    assert [(each["classes"], each["min_evidence"]) for each in asked] == [(["Box"], "values")]


def test_a_sandbox_that_is_found_dead_is_no_attempt(make: Make, eventually: Eventually) -> None:
    fake = FakeBackend()
    pool = make(fake, workers=1, spares=1)
    pool.start()
    eventually(lambda: pool.stats().idle == 2)
    died = itertools.count()

    def dying_once(kind: FrameType, payload: dict[str, Any]) -> bytes | None:
        if kind is FrameType.RUN and next(died) == 0:
            return None
        return obedient(kind, payload)

    fake.answer = dying_once
    result = pool.execute(*PASS)
    assert (result.status, result.attempts) == (ExecutionStatus.ALL_PASSED, 1)


def test_a_dead_idle_sandbox_is_replaced_unasked(make: Make, eventually: Eventually) -> None:
    fake = FakeBackend()
    pool = make(fake)
    pool.start()
    eventually(lambda: pool.stats().idle == 3)
    fake.workers["fake-0"].die()
    eventually(lambda: "fake-0" in fake.destroyed)
    eventually(lambda: pool.stats().idle == 3)
    assert pool.stats().pool_worker_replacement_count == 1


class Stillborn(FakeBackend):
    """Its workers greet and die, but for the first ones."""

    def start(self, deadline: float) -> Sandbox:
        sandbox = super().start(deadline)
        if len(self.started) > 3:
            self.workers[sandbox.sandbox_id].die()
        return sandbox


@pytest.mark.fault("dies as soon as it lives, again and again")
def test_sandboxes_that_die_as_soon_as_they_live_are_started_ever_more_slowly(
    make: Make, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[int] = []

    def note(failures: int) -> float:
        waits.append(failures)
        return 0.0

    monkeypatch.setattr("runner.pool.manager.backoff_s", note)
    fake = Stillborn()
    pool = make(fake)
    pool.start()
    eventually(lambda: pool.stats().idle == 3)
    for worker in list(fake.workers.values()):
        worker.die()
    eventually(lambda: waits and max(waits) >= 8)
    # Three are started side by side, so the first to be counted need not be the first to be heard.
    assert min(waits) <= 3, "the first ones may have been bad luck"


def test_a_sandbox_that_talks_in_its_sleep_is_replaced(make: Make, eventually: Eventually) -> None:
    fake = FakeBackend()
    pool = make(fake, workers=1, spares=0)
    pool.start()
    fake.workers["fake-0"].say(b"boo")
    assert pool.execute(*PASS).sandbox_id == "fake-1"


@pytest.mark.fault("container that cannot be removed, or appears late")
def test_a_container_that_cannot_be_removed_is_removed_later(
    make: Make, eventually: Eventually
) -> None:
    fake = FakeBackend()
    pool = make(fake)
    pool.start()
    fake.removals_fail = True
    fake.workers["fake-0"].die()
    eventually(lambda: pool.stats().pool_worker_replacement_count == 1)
    assert not fake.destroyed
    fake.removals_fail = False
    eventually(lambda: fake.destroyed == ["fake-0"])


@pytest.mark.fault("recycled by use, not all at once")
def test_sandboxes_retire_after_their_uses(make: Make, fake: FakeBackend) -> None:
    pool = make(fake, workers=1, spares=0, max_uses=1)
    assert [pool.execute(*PASS).sandbox_id for _ in range(3)] == ["fake-0", "fake-1", "fake-2"]


@pytest.mark.fault("recycled by use, not all at once")
def test_sandboxes_that_are_used_evenly_do_not_all_retire_at_once(
    make: Make, fake: FakeBackend, eventually: Eventually
) -> None:
    pool = make(fake, workers=1, spares=9, max_uses=100)
    pool.start()
    eventually(lambda: pool.stats().idle == 10)
    first = fake.started[:10]
    pool.execute_batch([PASS] * 1000)
    uses = {sandbox.uses for sandbox in first}
    assert max(uses) <= 100
    assert len(uses) > 1


def test_an_unclean_sandbox_is_not_used_again(make: Make, eventually: Eventually) -> None:
    @on_run
    def unclean(payload: dict[str, Any]) -> bytes | None:
        return encode_frame(FrameType.REPORT, report("passed", id=payload["id"], clean=False))

    fake = FakeBackend(answer=unclean)
    pool = make(fake, workers=1, spares=0)
    assert pool.execute(*PASS).status is ExecutionStatus.ALL_PASSED
    eventually(lambda: "fake-0" in fake.destroyed)


def test_a_pool_that_cannot_start_says_why_and_may_try_again(make: Make) -> None:
    fake = FakeBackend(fail_first=1000, error=ImageNotFoundError("run `runner image build`"))
    pool = make(fake)
    with pytest.raises(ImageNotFoundError, match="image build"):
        pool.start()
    assert not fake.alive
    assert repr(pool) == "<Pool 'runner' new>"
    fake.failures_left = 0
    pool.start()
    assert pool.execute(*PASS).status is ExecutionStatus.ALL_PASSED


HOPELESS: list[RunnerError] = [
    WrongWorkerError("another fingerprint"),
    WeakIsolationError("it refuses to serve"),
    ConfigurationError("no such module"),
]


@pytest.mark.parametrize("error", HOPELESS, ids=lambda error: type(error).__name__)
@pytest.mark.fault("wrong fingerprint, protocol or source; a worker that refuses")
def test_a_start_that_can_never_succeed_is_tried_once(make: Make, error: RunnerError) -> None:
    fake = FakeBackend(fail_first=1, error=error)
    fake.may_start.clear()
    threading.Timer(0.05, fake.may_start.set).start()
    pool = make(fake, workers=1, spares=0)
    with pytest.raises(type(error), match=str(error)):
        pool.start()
    assert (fake.failures_left, fake.started) == (0, [])


@pytest.mark.parametrize("error", HOPELESS, ids=lambda error: type(error).__name__)
@pytest.mark.fault("wrong fingerprint, protocol or source; a worker that refuses")
def test_a_running_pool_tells_at_once_that_starts_have_become_hopeless(
    make: Make, eventually: Eventually, error: RunnerError
) -> None:
    fake = FakeBackend()
    pool = make(fake, max_retries=1, retry_wait_initial_s=0.0)
    pool.start()
    eventually(lambda: pool.stats().idle == 3)
    fake.failures_left, fake.error = 10_000, error
    for worker in [*fake.workers.values()]:
        worker.die()
    result = pool.execute(*PASS)
    assert (result.status, result.cause) == (ExecutionStatus.PROCESS_ERROR, Cause.ENGINE)
    assert str(error) in str(result.error)
    fake.failures_left = 0
    eventually(lambda: pool.stats().idle == 3)
    assert pool.execute(*PASS).status is ExecutionStatus.ALL_PASSED


def test_one_start_in_three_is_enough_to_begin(make: Make, eventually: Eventually) -> None:
    pool = make(FakeBackend(fail_first=2))
    pool.start()
    eventually(lambda: pool.stats().idle == 3)
    assert pool.stats().start_failures == 2


def test_an_engine_that_goes_away_is_a_verdict_and_not_a_hang(
    make: Make, eventually: Eventually
) -> None:
    fake = FakeBackend()
    pool = make(fake, max_retries=2)
    pool.start()
    eventually(lambda: pool.stats().idle == 3)
    fake.failures_left = 10_000
    for worker in [*fake.workers.values()]:
        worker.die()
    result = pool.execute(*PASS)
    assert (result.status, result.blame) == (ExecutionStatus.PROCESS_ERROR, Blame.INFRASTRUCTURE)
    assert (result.cause, result.conclusive) == (Cause.ENGINE, False)
    fake.failures_left = 0
    eventually(lambda: pool.stats().idle == 3)
    assert pool.execute(*PASS).status is ExecutionStatus.ALL_PASSED


def test_a_busy_pool_makes_callers_wait_no_longer_than_they_want(
    make: Make, eventually: Eventually
) -> None:
    pool = make(FakeBackend(answer=hanging), workers=1, spares=0, lease_timeout_s=0.05)
    pool.submit(*PASS)
    eventually(lambda: pool.stats().leased == 1)
    with pytest.raises(PoolTimeoutError):
        pool.execute(*PASS)


def test_waiters_are_served_in_their_order(make: Make, eventually: Eventually) -> None:
    gate = threading.Semaphore(0)
    pool = make(FakeBackend(answer=after(lambda: gate.acquire(timeout=5))), workers=1, spares=0)
    pool.start()
    order: list[int] = []

    def run(number: int) -> None:
        pool.execute(*PASS)
        order.append(number)

    def in_pool() -> int:
        return pool.stats().leased + pool.stats().waiting

    threads = [threading.Thread(target=run, args=(number,)) for number in range(5)]
    for number, thread in enumerate(threads, start=1):
        thread.start()
        eventually(functools.partial(lambda wanted: in_pool() == wanted, number))
    for _ in threads:
        gate.release()
    for thread in threads:
        thread.join()
    assert order == [0, 1, 2, 3, 4]


def test_health_is_the_verdict_on_every_worker(make: Make, fake: FakeBackend) -> None:
    health = make(fake, workers=3).health_check()
    assert health.healthy
    assert (health.workers_responsive, health.workers_correct, health.error) == (3, 3, None)


def test_workers_that_are_wrong_are_not_healthy(make: Make) -> None:
    @on_run
    def lenient(payload: dict[str, Any]) -> bytes | None:
        statuses = ["passed"] * len(payload["tests"])
        return encode_frame(FrameType.REPORT, report(*statuses, id=payload["id"]))

    health = make(FakeBackend(answer=lenient)).health_check()
    assert not health.healthy
    assert (health.workers_responsive, health.workers_correct) == (2, 0)


def test_health_does_not_suffer_from_a_worker_whose_death_is_reported_late(make: Make) -> None:
    dead = [1]

    def late(kind: FrameType, payload: dict[str, Any]) -> bytes | None:
        return None if kind is FrameType.RUN and dead and dead.pop() else obedient(kind, payload)

    health = make(FakeBackend(answer=late)).health_check()
    assert (health.healthy, health.workers_correct) == (True, 2)
    assert not dead


def test_workers_that_die_of_every_request_are_not_healthy(make: Make) -> None:
    health = make(FakeBackend(answer=on_run(lambda _: None))).health_check()
    assert (health.healthy, health.workers_responsive, health.workers_correct) == (False, 0, 0)
    assert health.error == "2 of 2 workers are not correct"


def test_health_of_a_pool_that_cannot_start_is_an_answer(make: Make) -> None:
    health = make(FakeBackend(fail_first=99)).health_check()
    assert (health.healthy, health.started, health.error) == (False, False, "the engine is away")


@pytest.mark.fault("health check racing a lease")
def test_health_of_a_busy_worker_is_unknown_in_time(make: Make, eventually: Eventually) -> None:
    pool = make(FakeBackend(answer=hanging), workers=1, spares=0)
    pool.submit(*PASS)
    eventually(lambda: pool.stats().leased == 1)
    health = pool.health_check(timeout=0.01)
    assert (health.healthy, health.workers_responsive) == (False, 0)


def test_shutdown_leaves_nothing(make: Make, fake: FakeBackend) -> None:
    pool = make(fake)
    pool.execute(*PASS)
    pool.shutdown()
    pool.shutdown()
    assert not fake.alive
    assert fake.closed
    assert repr(pool).startswith("<Pool 'runner' closed")


def test_a_closed_pool_stays_closed(make: Make, fake: FakeBackend) -> None:
    pool = make(fake)
    pool.shutdown()
    for use in (pool.start, lambda: pool.execute(*PASS), lambda: pool.execute_batch([PASS])):
        with pytest.raises(PoolClosedError):
            use()
    with pytest.raises(PoolClosedError):
        pool.submit(*PASS)
    assert not fake.started
    assert not pool.health_check().healthy


def test_shutdown_ends_what_runs_and_wakes_what_waits(make: Make, eventually: Eventually) -> None:
    fake = FakeBackend(answer=hanging)
    pool = make(fake, workers=1, spares=0)
    running = pool.submit(*PASS)
    eventually(lambda: pool.stats().leased == 1)
    queued = pool.submit(*PASS)
    errors: list[BaseException] = []

    def wait() -> None:
        try:
            pool.execute(*PASS)
        except PoolClosedError as error:
            errors.append(error)

    waiting = threading.Thread(target=wait)
    waiting.start()
    eventually(lambda: pool.stats().waiting == 2)
    pool.shutdown(timeout=0.05)
    waiting.join()
    result = running.result(5)
    assert (result.status, result.cause) == (ExecutionStatus.PROCESS_ERROR, Cause.SHUTDOWN)
    assert result.blame is Blame.INFRASTRUCTURE
    with pytest.raises(PoolClosedError):
        queued.result(5)
    assert len(errors) == 1
    assert not fake.alive


def test_what_runs_may_finish_before_the_timeout(make: Make, eventually: Eventually) -> None:
    go = threading.Event()
    pool = make(FakeBackend(answer=after(lambda: go.wait(5))), workers=1, spares=0)
    running = pool.submit(*PASS)
    eventually(lambda: pool.stats().leased == 1)
    ending = threading.Thread(target=pool.shutdown)
    ending.start()
    eventually(lambda: repr(pool).startswith("<Pool 'runner' closed"))
    go.set()
    ending.join()
    assert running.result(5).status is ExecutionStatus.ALL_PASSED


def test_a_batch_ends_with_its_pool(make: Make, eventually: Eventually) -> None:
    pool = make(FakeBackend(answer=hanging), workers=1, spares=0)
    outcome: list[Any] = []
    batch = threading.Thread(
        target=lambda: outcome.extend(pool.execute_batch([PASS] * 10, return_exceptions=True))
    )
    batch.start()
    eventually(lambda: pool.stats().leased == 1)
    pool.shutdown(timeout=0)
    batch.join(5)
    lost = [item for item in outcome if not isinstance(item, PoolClosedError)]
    assert [item.cause for item in lost] == [Cause.SHUTDOWN]  # whichever of them came first
    assert len(outcome) == 10


def test_several_threads_may_shut_down(make: Make, fake: FakeBackend) -> None:
    pool = make(fake)
    pool.start()
    threads = [threading.Thread(target=pool.shutdown) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert not any(thread.is_alive() for thread in threads)
    assert not fake.alive


def test_a_sandbox_that_starts_during_the_shutdown_is_ended(
    make: Make, eventually: Eventually
) -> None:
    fake = FakeBackend()
    pool = make(fake, workers=1, spares=1)
    pool.start()
    fake.may_start.clear()
    fake.workers["fake-0"].die()
    eventually(lambda: pool.stats().starting >= 1)
    ending = threading.Thread(target=pool.shutdown, args=(0,))
    ending.start()
    fake.may_start.set()
    ending.join(10)
    assert not ending.is_alive()
    assert not fake.alive


def test_an_exception_in_a_lease_costs_the_sandbox(make: Make, eventually: Eventually) -> None:
    fake = FakeBackend()
    pool = make(fake, workers=1, spares=0)
    pool.start()

    @on_run
    def interrupt(_: dict[str, Any]) -> bytes | None:
        raise KeyboardInterrupt

    fake.answer = interrupt
    with pytest.raises(KeyboardInterrupt):
        pool.execute(*PASS)
    fake.answer = obedient
    assert pool.execute(*PASS).sandbox_id == "fake-1"
    eventually(lambda: fake.destroyed == ["fake-0"])


@pytest.mark.fault("forked child uses the pool")
def test_a_forked_child_must_make_its_own_pool(make: Make, fake: FakeBackend) -> None:
    pool = make(fake)
    pool.start()
    child = os.fork()
    if not child:
        try:
            pool.execute(*PASS)
        except ForkedPoolError as error:
            os._exit("create a pool of its own here" not in str(error))
        os._exit(2)
    assert os.waitpid(child, 0)[1] == 0
    assert pool.execute(*PASS).status is ExecutionStatus.ALL_PASSED


@pytest.mark.fault("interpreter exit without shutdown, pool dropped")
def test_a_pool_that_is_dropped_ends_by_itself(fake: FakeBackend, eventually: Eventually) -> None:
    pool = Pool(backend=fake, workers=2)
    pool.start()
    del pool
    gc.collect()
    eventually(lambda: fake.closed)
    assert not fake.alive


def test_an_unexpected_error_of_a_backend_is_not_a_hang(make: Make) -> None:
    class Broken(FakeBackend):
        def start(self, deadline: float) -> Any:
            raise ZeroDivisionError("oops")

    with pytest.raises(BackendError, match="oops"):
        make(Broken()).start()
