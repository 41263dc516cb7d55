"""Futures and batches end, whatever happens to what they run."""

import threading
from collections import deque
from typing import Any

import pytest

from runner.errors import BatchError, PoolClosedError
from runner.models import ExecutionResult
from runner.pool.batch import Batch, Job


class Queue:
    """A crew of one thread, which works when it is told to."""

    def __init__(self, *, room: int | None = None) -> None:
        self.tasks: deque[Any] = deque()
        self.room = room

    def submit(self, task: Any) -> bool:
        if self.room is not None and len(self.tasks) >= self.room:
            return False
        self.tasks.append(task)
        return True

    def work(self) -> None:
        while self.tasks:
            self.tasks.popleft()()


def double(item: Any) -> Any:
    return 2 * item  # any result will do


def results(made: Batch) -> list[Any]:
    return list(made.results())


def batch(items: list[Any], queue: Queue) -> Batch:
    return Batch(items, double, queue.submit, lambda: PoolClosedError("closed"))


def complete(made: Batch, queue: Queue, threads: int = 2) -> None:
    waiting = threading.Thread(target=made.complete, args=(threads,))
    waiting.start()
    while waiting.is_alive():
        queue.work()
        waiting.join(0.001)


def test_results_are_in_order() -> None:
    queue = Queue()
    made = batch([1, 2, 3, 4, 5], queue)
    complete(made, queue)
    assert results(made) == [2, 4, 6, 8, 10]


def test_nothing_is_complete_at_once() -> None:
    made = batch([], Queue())
    made.complete(4)
    assert made.results() == []


def test_what_fails_fails_alone() -> None:
    queue = Queue()
    made = batch([1, None, 3], queue)
    complete(made, queue)
    with pytest.raises(BatchError, match="item 1") as caught:
        made.results()
    assert caught.value.results == [2, None, 6]
    assert [type(item) for item in made.results_and_errors()] == [int, TypeError, int]


def test_a_crew_that_takes_nothing_ends_the_batch() -> None:
    queue = Queue(room=0)
    made = batch([1, 2], queue)
    made.complete(2)
    assert [type(item) for item in made.results_and_errors()] == [PoolClosedError] * 2


def test_what_has_not_begun_is_refused_once() -> None:
    queue = Queue()
    made = batch([1, 2, 3], queue)
    queue.submit(made)
    queue.tasks.popleft()()
    made.refuse(PoolClosedError("closed"))
    made.refuse(PoolClosedError("closed"))
    made.complete(1)
    queue.work()
    results = made.results_and_errors()
    assert [type(item) for item in results] == [int, PoolClosedError, PoolClosedError]


def test_a_job_has_a_result_or_an_error() -> None:
    good = Job(lambda: double(1))
    good()
    assert [good.future.result()] == [double(1)]
    bad = Job(lambda: double(None))
    bad()
    with pytest.raises(TypeError):
        bad.future.result()


def test_a_cancelled_job_is_not_run() -> None:
    def run() -> ExecutionResult:
        raise AssertionError("never run")

    job = Job(run)
    assert job.future.cancel()
    job()
    job.refuse(PoolClosedError("closed"))
    assert job.future.cancelled()


def test_a_refused_job_says_why() -> None:
    job = Job(lambda: double(1))
    job.refuse(PoolClosedError("closed"))
    with pytest.raises(PoolClosedError):
        job.future.result()
