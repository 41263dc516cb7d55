"""A task may be cancelled wherever it waits: at its first suspension, its second, and so on."""

import asyncio
import gc
import itertools
import types
from collections.abc import AsyncIterator, Callable, Coroutine, Generator
from typing import Any

import pytest

from runner.models import ExecutionStatus
from runner.pool import Pool
from tests.faults.harm import GOOD, Eventually, check_works

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("the shared engine")]


@types.coroutine
def _cancelling(
    coroutine: Coroutine[Any, Any, Any], at: int, *, stubborn: bool
) -> Generator[Any, Any, Any]:
    """Run a coroutine in the task that awaits this, and cancel that while its n-th wait begins.

    Or at each from the n-th on, in a ``finally`` too.
    """
    error: BaseException | None = None
    for number in itertools.count():
        try:
            waited_for = coroutine.send(None) if error is None else coroutine.throw(error)
        except StopIteration as stop:
            return stop.value
        if number == at or (stubborn and number > at):
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
        try:
            error = yield waited_for
        except BaseException as raised:  # noqa: BLE001  # it is the coroutine's
            error = raised
    raise AssertionError


def cancel_everywhere(
    pool: Pool, eventually: Eventually, use: Callable[[], Coroutine[Any, Any, None]]
) -> int:
    """Use the pool again and again, cancelled one suspension later each time; return how often."""
    _cancel_everywhere(pool, eventually, use, stubborn=True)
    return _cancel_everywhere(pool, eventually, use, stubborn=False)


def _cancel_everywhere(
    pool: Pool,
    eventually: Eventually,
    use: Callable[[], Coroutine[Any, Any, None]],
    *,
    stubborn: bool,
) -> int:
    for at in itertools.count():
        complaints: list[dict[str, Any]] = []

        async def run(at: int = at, complaints: list[dict[str, Any]] = complaints) -> bool:
            asyncio.get_running_loop().set_exception_handler(lambda _, it: complaints.append(it))
            using = _cancelling(use(), at, stubborn=stubborn)
            task = asyncio.ensure_future(_as_coroutine(using))
            await asyncio.wait([task])
            await asyncio.to_thread(eventually, lambda: is_whole(pool))
            cancelled = task.cancelled()
            if not cancelled:
                task.result()
            del task
            gc.collect()  # a future whose error was never read complains now
            await asyncio.sleep(0)
            return cancelled

        cancelled = asyncio.run(run())
        assert not complaints, f"cancelled at suspension {at}"
        if not cancelled:
            return at
    raise AssertionError


async def _as_coroutine(awaited: Any) -> Any:
    return await awaited


def is_whole(pool: Pool) -> bool:
    """Return True if a pool has all of its sandboxes, or none as it has not been started."""
    stats, config = pool.stats(), pool.config
    idle = 0 if pool._sandboxes is None else config.workers + config.spares
    return (stats.idle, stats.leased, stats.starting, stats.waiting) == (idle, 0, 0, 0)


@pytest.mark.fault("asyncio cancellation at every await")
def test_an_execution_may_be_cancelled_at_every_await(fresh: Pool, eventually: Eventually) -> None:
    async def use() -> None:
        for _ in range(2):
            assert (await fresh.aexecute(*GOOD)).status is ExecutionStatus.ALL_PASSED

    assert cancel_everywhere(fresh, eventually, use) == 2
    check_works(fresh, eventually)


@pytest.mark.fault("asyncio cancellation at every await")
def test_a_batch_of_tasks_may_be_cancelled_at_every_await(
    fresh: Pool, eventually: Eventually
) -> None:
    async def use() -> None:
        await asyncio.gather(*(fresh.aexecute(*GOOD) for _ in range(6)))
        async with asyncio.timeout(60):
            await fresh.aexecute(*GOOD)

    assert cancel_everywhere(fresh, eventually, use) == 2
    check_works(fresh, eventually)


async def _slowly() -> AsyncIterator[tuple[str, list[str]]]:
    for _ in range(3):
        await asyncio.sleep(0.001)
        yield GOOD


@pytest.mark.parametrize("producer", [_slowly, lambda: [GOOD] * 3], ids=["async", "plain"])
@pytest.mark.fault("asyncio cancellation at every await")
def test_a_stream_may_be_cancelled_at_every_await(
    fresh: Pool, eventually: Eventually, producer: Callable[[], Any]
) -> None:
    async def use() -> None:
        taken = 0
        async for result in fresh.stream(producer(), ahead=2):
            assert result.status is ExecutionStatus.ALL_PASSED
            await asyncio.sleep(0)  # a consumer waits for other things as well
            taken += 1
        assert taken == 3

    # It waits for the first result and three times for other things; later results may be there.
    assert cancel_everywhere(fresh, eventually, use) >= 4
    check_works(fresh, eventually)


@pytest.mark.fault("asyncio cancellation at every await")
def test_waiting_in_the_queue_may_be_cancelled(fresh: Pool, eventually: Eventually) -> None:
    async def use() -> None:
        second = "import time\ndef f():\n    time.sleep(0.2)", ["f()"]
        held = [asyncio.ensure_future(fresh.aexecute(*second)) for _ in range(2)]
        try:
            await fresh.aexecute(*GOOD)
        finally:
            await asyncio.gather(*held)

    assert cancel_everywhere(fresh, eventually, use) >= 2
    check_works(fresh, eventually)


@pytest.mark.fault("asyncio cancellation at every await")
def test_the_first_use_of_a_pool_may_be_cancelled(backend: str, eventually: Eventually) -> None:
    pool = Pool(name="faults", workers=1, spares=0, backend=backend)

    async def use() -> None:
        await pool.aexecute(*GOOD)

    try:
        assert cancel_everywhere(pool, eventually, use) == 1
        check_works(pool, eventually)
    finally:
        pool.shutdown()
