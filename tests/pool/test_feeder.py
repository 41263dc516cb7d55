"""One thread executes many requests at the same time, and none of them holds up the others."""

import contextlib
import gc
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import wait
from typing import Any

import pytest

import runner
from runner.config import PoolConfig
from runner.errors import BackendError, PoolClosedError, PoolTimeoutError
from runner.models import Blame, Cause, ExecutionStatus
from runner.pool import Pool
from runner.sandbox.sandbox import Sandbox
from runner.sandbox.transport import SocketStream, Transport
from runner.worker.protocol.frames import FrameReader, FrameType, encode_frame
from tests.fakes import FakeBackend, obedient, report

Eventually = Callable[[Callable[[], object]], None]

PASS = ("x = 1", ["assert x"])


class Held:
    """Workers that answer a request when they are told to, by the sandbox's name."""

    def __init__(self) -> None:
        self.backend = FakeBackend(answer=self._answer)
        self.asked: list[dict[str, Any]] = []
        self._lock = threading.Lock()

    def _answer(self, kind: FrameType, payload: dict[str, Any]) -> bytes | None:
        if kind is FrameType.HELLO:
            return obedient(kind, payload)
        with self._lock:
            self.asked.append(payload)
        return encode_frame(FrameType.STARTED, {"id": payload["id"]})

    def answer(self, code: str, *, cut: int | None = None, **changes: Any) -> None:
        """Answer the request with this code, with the first bytes of a report at least."""
        for worker in list(self.backend.workers.values()):
            for kind, payload in worker.received:
                if kind is FrameType.RUN and payload["code"] == code:
                    whole = report("passed", id=payload["id"], **changes)
                    worker.say(encode_frame(FrameType.REPORT, whole)[:cut])

    def lose(self, code: str) -> None:
        """Have the workers die that have this code."""
        for worker in list(self.backend.workers.values()):
            if any(payload.get("code") == code for _, payload in worker.received):
                worker.die()


@pytest.fixture
def held() -> Held:
    return Held()


@pytest.fixture
def pool(held: Held) -> Iterator[Pool]:
    with Pool(backend=held.backend, workers=3, spares=0, max_retries=2) as pool:
        yield pool
        pool.shutdown(timeout=0)


def test_requests_end_in_the_order_in_which_their_workers_answer(
    held: Held, pool: Pool, eventually: Eventually
) -> None:
    first, second, third = (pool.submit(code, ["assert x"]) for code in "abc")
    eventually(lambda: len(held.asked) == 3)
    for code, future in (("c", third), ("a", first), ("b", second)):
        assert not future.done()
        held.answer(code)
        assert future.result(5).status is ExecutionStatus.ALL_PASSED


def test_one_thread_is_enough(held: Held, pool: Pool, eventually: Eventually) -> None:
    before = threading.active_count()
    futures = [pool.submit(code, ["assert x"]) for code in "abc"]
    eventually(lambda: len(held.asked) == 3)
    assert threading.active_count() == before + 1
    for code in "abc":
        held.answer(code)
    assert all(future.result(5).passed for future in futures)


def test_a_report_in_two_parts_holds_up_no_other_request(
    held: Held, pool: Pool, eventually: Eventually
) -> None:
    slow, quick = (pool.submit(code, ["assert x"]) for code in "ab")
    eventually(lambda: len(held.asked) == 2)
    held.answer("a", cut=50)
    held.answer("b")
    assert quick.result(5).passed == 1
    assert not slow.done()
    held.lose("a")
    eventually(lambda: len(held.asked) == 3)  # it is tried once more
    held.answer("a")
    result = slow.result(5)
    assert (result.attempts, result.history[0].mid_frame) == (2, True)


def test_no_more_requests_are_taken_than_there_are_workers(
    held: Held, pool: Pool, eventually: Eventually
) -> None:
    futures = [pool.submit(str(number), ["assert x"]) for number in range(5)]
    eventually(lambda: len(held.asked) == 3)
    eventually(lambda: pool.stats().waiting == 2)
    assert futures[4].cancel()
    assert not futures[0].cancel()
    held.answer("0")
    eventually(lambda: len(held.asked) == 4)
    assert held.asked[-1]["code"] == "3"


def test_a_loss_is_repeated_while_the_others_go_on(
    held: Held, pool: Pool, eventually: Eventually
) -> None:
    lost, other = (pool.submit(code, ["assert x"]) for code in "ab")
    eventually(lambda: len(held.asked) == 2)
    held.lose("a")
    eventually(lambda: len(held.asked) == 3)
    held.answer("b")
    assert other.result(5).passed == 1
    held.lose("a")
    result = lost.result(5)
    assert (result.status, result.attempts) == (ExecutionStatus.PROCESS_ERROR, 2)
    assert (result.cause, result.blame) == (Cause.CONTAINER_LOST, Blame.CODE)
    assert len({attempt.sandbox_id for attempt in result.history}) == 2
    assert pool.stats().process_error_retry_count == 1


def test_a_worker_that_is_silent_is_given_up(
    held: Held, pool: Pool, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runner.sandbox.progress.SILENCE_S", -1.0)
    monkeypatch.setattr("runner.pool.feeder._LOOK_S", 0.01)
    future = pool.submit("a", ["assert x"], max_retries=1)
    result = future.result(5)
    assert (result.status, result.cause) == (ExecutionStatus.PROCESS_ERROR, Cause.NET)


def test_a_request_waits_for_a_sandbox_no_longer_than_it_may(eventually: Eventually) -> None:
    held = Held()
    with Pool(backend=held.backend, workers=1, spares=0, lease_timeout_s=0.05) as pool:
        running = pool.submit("a", ["assert x"])
        eventually(lambda: len(held.asked) == 1)
        held.answer("a")
        assert running.result(5).passed == 1
        blocking = threading.Thread(target=pool.execute, args=("b", ["assert x"]))
        blocking.start()
        eventually(lambda: len(held.asked) == 2)
        began_at = time.monotonic()
        with pytest.raises(PoolTimeoutError):
            pool.submit("c", ["assert x"]).result(5)
        assert time.monotonic() - began_at < 1
        held.answer("b")
        blocking.join()


class Lazy:
    """A backend whose workers begin to read a request when they may, over real sockets."""

    name = "lazy"

    def __init__(self) -> None:
        self.may_read = threading.Event()

    def check(self) -> None:
        pass

    def start(self, deadline: float) -> Sandbox:
        ours, theirs = socket.socketpair()
        threading.Thread(target=self._serve, args=(theirs,), daemon=True).start()
        sandbox = Sandbox("lazy", Transport(SocketStream(ours)), destroy=theirs.close)
        sandbox.greet({}, deadline)
        return sandbox

    def _serve(self, theirs: socket.socket) -> None:
        reader = FrameReader()
        with contextlib.suppress(OSError):
            while data := theirs.recv(1 << 20):
                for kind, payload in reader.feed(data):
                    theirs.sendall(obedient(kind, payload) or b"")
                    self.may_read.wait(10)

    def reap(self) -> int:
        return 0

    def close(self) -> None:
        self.may_read.set()


def test_a_large_request_is_sent_as_its_worker_reads() -> None:
    """No socket has room for it at once."""
    lazy = Lazy()
    with Pool(backend=lazy, workers=1, spares=0) as pool:
        large = pool.submit("# " + "x" * 900_000, ["assert x"])
        assert wait([large], 0.05).not_done
        lazy.may_read.set()
        assert large.result(5).status is ExecutionStatus.ALL_PASSED


def test_shutting_down_ends_what_is_under_way_and_what_waits(
    held: Held, pool: Pool, eventually: Eventually
) -> None:
    futures = [pool.submit(str(number), ["assert x"]) for number in range(5)]
    eventually(lambda: len(held.asked) == 3)
    pool.shutdown(timeout=0)
    wait(futures, 5)
    for future in futures[:3]:
        result = future.result(0)
        assert (result.status, result.cause) == (ExecutionStatus.PROCESS_ERROR, Cause.SHUTDOWN)
    for future in futures[3:]:
        with pytest.raises(PoolClosedError):
            future.result(0)
    assert not feeders()


def test_dead_sandboxes_are_passed_over(eventually: Eventually) -> None:
    fake = FakeBackend()
    with Pool(backend=fake, workers=2, spares=1) as pool:
        eventually(lambda: pool.stats().idle == 3)
        for worker in list(fake.workers.values()):
            worker.say(b"boo")
        assert [result.passed for result in pool.execute_batch([PASS] * 4)] == [1] * 4


def test_an_error_in_a_step_ends_neither_the_thread_nor_the_others(
    held: Held, pool: Pool, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a mistake of this library")

    with monkeypatch.context() as patch:
        patch.setattr("runner.pool.attempts.classify_attempt", broken)
        future = pool.submit("a", ["assert x"])
        eventually(lambda: len(held.asked) == 1)
        held.answer("a")
        with pytest.raises(RuntimeError, match="a mistake"):
            future.result(5)
    other = pool.submit("b", ["assert x"])
    eventually(lambda: len(held.asked) == 2)
    held.answer("b")
    assert other.result(5).passed == 1
    eventually(lambda: pool.stats().idle == 3)


def test_nothing_lives_is_a_result(eventually: Eventually) -> None:
    fake = FakeBackend()
    with Pool(backend=fake, workers=1, spares=0, max_retries=1) as pool:
        fake.error, fake.failures_left = BackendError("the engine is away"), 10**6
        for worker in fake.workers.values():
            worker.die()
        eventually(lambda: pool.stats().start_failures > 0)
        result = pool.submit(*PASS).result(5)
        assert (result.status, result.cause) == (ExecutionStatus.PROCESS_ERROR, Cause.ENGINE)


def test_a_pool_is_started_by_its_first_request() -> None:
    with_workers = runner.Pool(backend=FakeBackend(), workers=1, spares=0)
    assert with_workers.submit(*PASS).result(5).passed == 1
    with_workers.shutdown()
    refused = runner.Pool(backend=FakeBackend(fail_first=10**6), workers=1, spares=0)
    with pytest.raises(BackendError):
        refused.submit(*PASS).result(5)
    refused.shutdown()


def feeders() -> list[str]:
    """Return the feeders of pools without a name of their own: the shared pool has one, too."""
    names = [thread.name for thread in threading.enumerate()]
    return [name for name in names if name == f"{PoolConfig().name}-feeder"]


def test_a_dropped_pool_ends_its_feeder(eventually: Eventually) -> None:
    pool = Pool(backend=FakeBackend(), workers=1, spares=0)
    pool.execute_batch([PASS])
    assert feeders()
    del pool
    gc.collect()
    eventually(lambda: not feeders())


def test_a_pool_lives_as_long_as_its_futures_are_not_done(
    held: Held, eventually: Eventually
) -> None:
    pool = Pool(backend=held.backend, workers=1, spares=0)
    pool.start()
    futures = [pool.submit(code, ["assert x"]) for code in "ab"]
    del pool
    gc.collect()
    for number, code in enumerate("ab"):
        eventually(lambda number=number: len(held.asked) == number + 1)  # type: ignore[misc]
        held.answer(code)
        assert futures[number].result(5).passed == 1
    eventually(lambda: not feeders())


def test_a_callback_that_ends_its_thread_does_not_end_the_feeder(
    held: Held, pool: Pool, eventually: Eventually
) -> None:
    futures = [pool.submit(code, ["assert x"]) for code in "ab"]
    futures[0].add_done_callback(lambda _: sys.exit())
    eventually(lambda: len(held.asked) == 2)
    for code, future in zip("ab", futures, strict=True):
        held.answer(code)
        assert future.result(5).passed == 1
