"""Streams take requests as results are taken, and yield these as they finish."""

import asyncio
import itertools
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future
from typing import Any

import pytest

import runner
from runner.errors import ConfigurationError, PoolClosedError
from runner.pool.stream import ResultStream
from tests.fakes import FakeBackend

_PASS = ("x = 1", ["assert x"])


class Work:
    """Submitted items, to be finished by hand."""

    def __init__(self) -> None:
        self.futures: list[Future[Any]] = []
        self.submitted = threading.Semaphore(0)

    def submit(self, item: Any) -> "Future[Any]":
        if item is None:
            raise ConfigurationError("no request")
        self.futures.append(Future())
        self.submitted.release()
        return self.futures[-1]

    def stream(
        self, items: Any, *, ahead: int = 2, return_exceptions: bool = False
    ) -> ResultStream[Any]:
        return ResultStream(items, self.submit, ahead=ahead, return_exceptions=return_exceptions)


async def _ticks(taken: list[int]) -> AsyncIterator[int]:
    for number in itertools.count():
        taken.append(number)
        yield number


async def _settled() -> None:
    """Let everything happen that waits for nothing from outside."""
    for _ in range(50):
        await asyncio.sleep(0)


def test_an_endless_producer_is_asked_for_no_more_than_is_taken() -> None:
    """Two under way; the next one only when a result has been taken."""

    async def main() -> None:
        work, taken = Work(), list[int]()
        results = aiter(work.stream(_ticks(taken)))
        first = asyncio.ensure_future(anext(results))
        await _settled()
        assert taken == [0, 1]
        work.futures[1].set_result("second")
        assert await first == "second"
        work.futures[0].set_result("first")
        await _settled()
        assert taken == [0, 1]  # the consumer has not come back yet
        assert await anext(results) == "first"
        await _settled()
        assert taken == [0, 1, 2]
        await results.aclose()
        assert all(future.cancelled() for future in work.futures[2:])

    asyncio.run(main())


def test_results_do_not_wait_for_a_producer_that_waits() -> None:
    async def main() -> None:
        never = asyncio.Event()

        async def one() -> AsyncIterator[int]:
            yield 1
            await never.wait()

        work = Work()
        results = aiter(work.stream(one()))
        first = asyncio.ensure_future(anext(results))
        await _settled()
        work.futures[0].set_result("done")
        assert await first == "done"
        await results.aclose()

    asyncio.run(main())


def test_errors_of_the_producer_come_after_the_results() -> None:
    class Oops(Exception):
        pass

    def items() -> Iterator[int]:
        yield 1
        raise Oops

    async def main() -> None:
        work, seen = Work(), []
        results = aiter(work.stream(items()))
        first = asyncio.ensure_future(anext(results))
        await _settled()
        work.futures[0].set_result("done")
        seen.append(await first)
        with pytest.raises(Oops):
            await anext(results)
        assert seen == ["done"]

    asyncio.run(main())


def test_an_ordinary_loop_takes_results_as_well() -> None:
    work = Work()
    results = iter(work.stream(itertools.count(), ahead=3))

    def finish() -> None:
        for _ in range(3):
            work.submitted.acquire()
        work.futures[2].set_result("third")

    finishing = threading.Thread(target=finish)
    finishing.start()
    assert next(results) == "third"
    finishing.join()
    assert len(work.futures) == 3
    results.close()
    assert [future.cancelled() for future in work.futures] == [True, True, False]


def test_what_is_no_request_fails_alone() -> None:
    done = Work()
    results = done.stream([None, None], return_exceptions=True)
    assert [type(error) for error in results] == [ConfigurationError] * 2
    with pytest.raises(ConfigurationError, match="no request"):
        list(done.stream([None]))


@pytest.mark.parametrize("ahead", [0, -1, True, 1.5, "x"])
def test_there_must_be_room_for_one(ahead: Any) -> None:
    with pytest.raises(ConfigurationError, match="ahead"):
        Work().stream([], ahead=ahead)


def test_asynchronous_requests_need_an_asynchronous_loop() -> None:
    with pytest.raises(ConfigurationError, match="async for"):
        list(Work().stream(_ticks([])))


def test_a_pool_streams() -> None:
    """Both ways; and nothing but what is asked for is executed."""
    requests = ({"code": "x = 1", "tests": ["assert x"], "request_id": str(n)} for n in range(50))
    with runner.Pool(backend=FakeBackend(), workers=2, spares=0) as pool:
        assert len({result.request_id for result in pool.stream(requests)}) == 50
        endless = pool.stream(itertools.repeat(_PASS), ahead=3)
        assert len(list(itertools.islice(endless, 20))) == 20

        async def main() -> int:
            return len([result async for result in pool.stream([_PASS] * 20)])

        assert asyncio.run(main()) == 20
        assert pool.stats().requests <= 50 + 20 + 3 + 20
    with pytest.raises(PoolClosedError):
        list(pool.stream([_PASS]))


def test_callbacks_of_futures_are_called() -> None:
    """Whether they are added before or after the end."""
    seen: list[runner.ExecutionStatus] = []
    both = threading.Semaphore(0)

    def note(future: "Future[runner.ExecutionResult]") -> None:
        seen.append(future.result().status)
        both.release()

    with runner.Pool(backend=FakeBackend(), workers=1, spares=0) as pool:
        future = pool.submit(*_PASS)
        future.add_done_callback(note)
        future.result()
        future.add_done_callback(note)
        assert all(both.acquire(timeout=10) for _ in range(2))
    assert seen == ["all_passed"] * 2


def test_a_map_keeps_the_order_and_takes_requests_as_results_are_taken() -> None:
    """Also of an endless producer; what has not begun is cancelled with the loop."""
    with runner.Pool(backend=FakeBackend(), workers=2) as pool:
        taken = list[int]()

        def requests() -> Iterator[dict[str, Any]]:
            for number in itertools.count():
                taken.append(number)
                yield {"code": "x = 1", "tests": ["assert x"], "request_id": str(number)}

        results = pool.map(requests(), ahead=3)
        assert [next(results).request_id for _ in range(10)] == [str(each) for each in range(10)]
        assert len(taken) == 12
        assert [each.total for each in pool.map([_PASS] * 5)] == [1] * 5
        with pytest.raises(ConfigurationError, match="ahead"):
            pool.map([_PASS], ahead=0)
        with pytest.raises(ConfigurationError, match="requests"):
            pool.map("x = 1")  # type: ignore[arg-type]
        with pytest.raises(ConfigurationError, match="a request is"):
            next(pool.map([5]))  # type: ignore[list-item]


def test_a_pool_is_an_asynchronous_context() -> None:
    async def main() -> runner.Pool:
        async with runner.Pool(backend=FakeBackend(), workers=1) as pool:
            assert (await pool.aexecute(*_PASS)).passed == 1
        return pool

    with pytest.raises(PoolClosedError):
        asyncio.run(main()).execute(*_PASS)
