"""Futures and batches end, whatever happens to what they run."""

import threading
from collections import deque
from typing import Any

import pytest

from runner.errors import ConfigurationError, PoolClosedError
from runner.pool.batch import Batch, Job


class Queue:
    """A feeder without a thread, which doubles items when it is told to."""

    def __init__(self, *, stopped: bool = False) -> None:
        self.sources: deque[Any] = deque()
        self.stopped = stopped

    def submit(self, source: Any) -> bool:
        if not self.stopped:
            self.sources.append(source)
        return not self.stopped

    def work(self) -> None:
        while self.sources:
            self.step()

    def step(self) -> None:
        source = self.sources.popleft()
        work = source.take()
        if source.has_more:
            self.sources.append(source)
        if work is None:
            return
        try:
            work.deliver(2 * work.request())  # any result will do
        except ConfigurationError as error:
            work.fail(error)


def as_number(item: Any) -> Any:
    if item is None:
        raise ConfigurationError("it is no number")
    return item


def batch(items: list[Any]) -> Batch:
    return Batch(items, as_number, max_retries=3)


def closed() -> PoolClosedError:
    return PoolClosedError("closed")


def complete(made: Batch, queue: Queue) -> None:
    waiting = threading.Thread(target=made.complete, args=(queue.submit, closed))
    waiting.start()
    while waiting.is_alive():
        queue.work()
        waiting.join(0.001)


def results(made: Batch) -> list[Any]:
    return list(made.outcomes())


def test_results_are_in_order() -> None:
    made = batch([1, 2, 3, 4, 5])
    complete(made, Queue())
    assert results(made) == [2, 4, 6, 8, 10]


def test_results_are_in_the_order_of_the_items_whichever_comes_first() -> None:
    made, queue = batch([1, 2]), Queue()
    one, two = made.take(), made.take()
    assert one is not None
    assert two is not None
    two.deliver(as_number(4))
    assert queue.submit(made)
    one.deliver(as_number(2))
    made.complete(queue.submit, closed)
    assert results(made) == [2, 4]


def test_nothing_is_complete_at_once() -> None:
    made = batch([])
    made.complete(Queue().submit, closed)
    assert made.outcomes() == []


def test_what_fails_fails_alone() -> None:
    made = batch([1, None, 3])
    complete(made, Queue())
    kinds = [type(item) for item in made.outcomes()]
    assert kinds == [int, ConfigurationError, int]


def test_a_feeder_that_takes_nothing_ends_the_batch() -> None:
    made = batch([1, 2])
    made.complete(Queue(stopped=True).submit, closed)
    assert [type(item) for item in made.outcomes()] == [PoolClosedError] * 2


def test_what_has_not_begun_is_refused_once() -> None:
    made, queue = batch([1, 2, 3]), Queue()
    queue.submit(made)
    queue.step()
    made.refuse(closed())
    made.refuse(closed())
    made.complete(queue.submit, closed)
    queue.work()
    results = made.outcomes()
    assert [type(item) for item in results] == [int, PoolClosedError, PoolClosedError]


def job() -> Job:
    return Job(as_number(1), max_retries=3, received_at=0.0)


def test_a_job_has_a_result_or_an_error() -> None:
    good, bad = job(), job()
    for each in (good, bad):
        assert each.take() is each
    good.deliver(as_number(2))
    assert [good.future.result()] == [as_number(2)]
    bad.fail(ConfigurationError("it is no number"))
    with pytest.raises(ConfigurationError):
        bad.future.result()


def test_a_cancelled_job_is_not_run() -> None:
    cancelled = job()
    assert cancelled.future.cancel()
    assert cancelled.take() is None
    cancelled.refuse(closed())
    assert cancelled.future.cancelled()


def test_a_job_that_has_begun_cannot_be_cancelled() -> None:
    begun = job()
    begun.take()
    assert not begun.future.cancel()


def test_a_refused_job_says_why() -> None:
    refused = job()
    refused.refuse(closed())
    with pytest.raises(PoolClosedError):
        refused.future.result()
