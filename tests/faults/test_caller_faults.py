"""A pool outlives its callers: cancelled, interrupted, late, many, and with a clock that jumps."""

import asyncio
import itertools
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from runner.errors import BackendError, PoolClosedError, PoolTimeoutError
from runner.models import ExecutionResult, ExecutionStatus
from runner.pool import Pool
from runner.pool.leases import Lease, LeaseTable
from tests.fakes import inert_sandbox
from tests.faults.harm import GOOD, MINUTE, SECOND, Eventually, begin, check_works, sandboxes

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("the shared engine")]


@pytest.mark.fault("asyncio cancellation at every await")
def test_a_task_may_be_cancelled_at_any_moment(fresh: Pool, eventually: Eventually) -> None:
    """At each of the first steps of the loop, and all along the time that an execution takes."""

    async def cancelled_after(steps: int, delay_s: float) -> None:
        task = asyncio.ensure_future(fresh.aexecute(*GOOD))
        for _ in range(steps):
            await asyncio.sleep(0)
        if delay_s:
            await asyncio.wait([task], timeout=delay_s)
        task.cancel()
        (outcome,) = await asyncio.gather(task, return_exceptions=True)
        if isinstance(outcome, ExecutionResult):  # it was done already
            assert outcome.status is ExecutionStatus.ALL_PASSED
        else:
            assert isinstance(outcome, asyncio.CancelledError)

    async def all_moments() -> None:
        for steps in range(6):
            await cancelled_after(steps, 0.0)
        for tenth in range(30):
            await cancelled_after(1, tenth / 1000)

    asyncio.run(all_moments())
    check_works(fresh, eventually)


@pytest.fixture
def interrupts() -> Iterator[threading.Event]:
    """Real SIGINTs to the main thread, heard only while the event is set."""
    heard = threading.Event()

    def interrupt(*_: object) -> None:
        if heard.is_set():
            heard.clear()
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, interrupt)
    yield heard
    signal.signal(signal.SIGINT, before)


def send_interrupt() -> None:
    main = threading.main_thread().ident
    assert main is not None
    signal.pthread_kill(main, signal.SIGINT)


@pytest.mark.fault("KeyboardInterrupt in a lease")
def test_an_interrupt_in_a_lease_costs_the_sandbox_and_holds_no_lock(
    fresh: Pool, eventually: Eventually, interrupts: threading.Event
) -> None:
    def interrupt() -> None:
        eventually(lambda: fresh.stats().leased == 1)
        send_interrupt()

    interrupting = threading.Thread(target=interrupt)
    interrupting.start()
    interrupts.set()
    began_at = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        fresh.execute(*MINUTE, timeout=90.0)
    assert time.monotonic() - began_at < 30
    interrupting.join()
    check_works(fresh, eventually)
    assert fresh.stats().pool_worker_replacement_count == 1


@pytest.mark.fault("KeyboardInterrupt in a lease")
def test_an_interrupt_in_the_queue_leaves_it(
    fresh: Pool, eventually: Eventually, interrupts: threading.Event
) -> None:
    futures = [fresh.submit(*SECOND) for _ in range(2)]
    eventually(lambda: fresh.stats().leased == 2)

    def interrupt() -> None:
        eventually(lambda: fresh.stats().waiting == 1)
        send_interrupt()

    interrupting = threading.Thread(target=interrupt)
    interrupting.start()
    interrupts.set()
    with pytest.raises(KeyboardInterrupt):
        fresh.execute(*GOOD)
    interrupting.join()
    assert fresh.stats().waiting == 0
    assert {future.result(30).status for future in futures} == {ExecutionStatus.ALL_PASSED}
    check_works(fresh, eventually)


@pytest.mark.fault("lease timeout racing a hand-over")
def test_a_waiter_who_gives_up_and_one_who_is_served_are_never_both() -> None:
    """The race itself, thousands of times, without a pool around it."""
    lock = threading.Lock()
    for _ in range(2000):
        leases, lease = LeaseTable(workers=1, spares=0), Lease()
        leases.pending_work()
        leases.ask(lease)

        def offer(leases: LeaseTable = leases) -> None:
            with lock:
                leases.started(inert_sandbox("box"))

        offering = threading.Thread(target=offer)
        offering.start()
        if not lease.wait(time.monotonic() + 0.00005):
            with lock:
                leases.leave(lease)
        offering.join()
        assert (lease.sandbox is None) == (lease.error is not None)
        assert list(leases.leased.values()) == ([lease] if lease.sandbox else [])
        assert len(leases.idle) == (0 if lease.sandbox else 1)
        assert not leases.waiting


@pytest.mark.fault("lease timeout racing a hand-over")
def test_impatient_callers_lose_no_sandbox(backend: str, eventually: Eventually) -> None:
    with Pool(name="faults", workers=1, spares=0, backend=backend, lease_timeout_s=0.02) as pool:
        seen: Counter[str] = Counter()

        def call() -> None:
            for _ in range(30):
                try:
                    seen[pool.execute(*GOOD).status] += 1
                except PoolTimeoutError:
                    seen["late"] += 1

        threads = [threading.Thread(target=call) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert seen.total() == 180
        assert set(seen) <= {ExecutionStatus.ALL_PASSED, "late"}
        eventually(lambda: pool.stats().idle == 1)
        assert (pool.stats().leased, pool.stats().waiting) == (0, 0)


@pytest.mark.fault("many threads on one worker, evenly used")
def test_callers_of_one_worker_are_served_in_their_order(
    backend: str, eventually: Eventually
) -> None:
    with Pool(name="faults", workers=1, spares=0, backend=backend) as pool:
        first, _ = begin(pool, SECOND)
        order: list[int] = []
        threads = []

        def call(number: int) -> None:
            pool.execute(*GOOD)
            order.append(number)

        for number in range(20):
            threads.append(threading.Thread(target=call, args=(number,)))
            threads[-1].start()
            eventually(lambda waiting=number + 1: pool.stats().waiting == waiting)
        first.result(30)
        for thread in threads:
            thread.join(60)
        assert order == sorted(order)


@pytest.mark.fault("many threads on one worker, evenly used")
def test_sandboxes_are_used_evenly(fresh: Pool) -> None:
    for _ in range(30):
        fresh.execute(*GOOD)
    assert {sandbox.uses for sandbox in sandboxes(fresh)} == {10}


@pytest.mark.fault("lease returned twice, or to another pool")
def test_a_sandbox_cannot_be_given_back_twice_nor_to_a_pool_that_is_not_its_own() -> None:
    """The books themselves: the second time, and in the wrong place, nothing happens."""
    lending, other = LeaseTable(workers=1, spares=0), LeaseTable(workers=1, spares=0)
    for leases, name in ((lending, "mine"), (other, "other")):
        leases.pending_work()
        leases.started(inert_sandbox(name))
    lease = Lease()
    lending.ask(lease)
    lease.keep = True
    other.end(lease)
    assert list(lending.leased) == [lease.sandbox]
    lending.end(lease)
    lending.end(lease)
    assert (list(lending.idle), lending.leased, len(other.idle)) == ([lease.sandbox], {}, 1)


@pytest.mark.fault("clock jumps")
def test_a_wall_clock_that_jumps_changes_nothing(
    fresh: Pool, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1.7e9
    jumps = itertools.cycle((-1e6, 1e6, 0.0, 3e8))
    monkeypatch.setattr(time, "time", lambda: now + next(jumps))
    monkeypatch.setattr(time, "time_ns", lambda: int((now + next(jumps)) * 1e9))
    results = fresh.execute_batch([GOOD, SECOND, GOOD, GOOD], max_retries=1)
    assert {result.status for result in results} == {ExecutionStatus.ALL_PASSED}
    assert all(0 <= result.wall_s < 60 and 0 <= result.queue_s < 60 for result in results)
    begin(fresh, SECOND)[0].result(30)
    check_works(fresh, eventually)


@pytest.mark.fault(
    "shutdown while leased, waiting, starting, twice, from several threads, in a callback"
)
def test_shutdown_from_a_callback_of_its_own_pool(backend: str) -> None:
    pool = Pool(name="faults", workers=1, spares=0, backend=backend)
    down = threading.Event()

    def end(_: object) -> None:
        pool.shutdown()
        down.set()

    pool.submit(*SECOND).add_done_callback(end)
    assert down.wait(60)
    with pytest.raises(PoolClosedError):
        pool.execute(*GOOD)


@pytest.mark.fault(
    "shutdown while leased, waiting, starting, twice, from several threads, in a callback"
)
def test_shutdown_twice_from_several_threads_while_all_are_busy(
    backend: str, eventually: Eventually
) -> None:
    pool = Pool(name="faults", workers=2, spares=1, backend=backend)
    running = [pool.submit(*MINUTE, timeout=90.0) for _ in range(2)]
    eventually(lambda: pool.stats().leased == 2, timeout_s=60.0)
    waiting = [pool.submit(*GOOD) for _ in range(4)]
    threads = [threading.Thread(target=pool.shutdown, args=(0.2,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads)
    pool.shutdown()
    assert {future.result(1).cause for future in running} == {"shutdown"}
    for future in waiting:
        with pytest.raises(PoolClosedError):
            future.result(1)


@pytest.mark.fault(
    "shutdown while leased, waiting, starting, twice, from several threads, in a callback"
)
def test_shutdown_while_it_starts(backend: str, eventually: Eventually) -> None:
    pool = Pool(name="faults", workers=2, spares=1, backend=backend)
    errors: list[BaseException] = []

    def start() -> None:
        try:
            pool.start()
        except (PoolClosedError, BackendError) as error:
            errors.append(error)

    starting = threading.Thread(target=start)
    starting.start()
    eventually(lambda: pool._newborn is not None)
    pool.shutdown()
    starting.join(30)
    assert [type(error) for error in errors] in ([], [PoolClosedError])
    with pytest.raises(PoolClosedError):
        pool.start()


@pytest.mark.fault(
    "shutdown while leased, waiting, starting, twice, from several threads, in a callback"
)
def test_shutdown_in_a_loop_of_asyncio(backend: str, eventually: Eventually) -> None:
    async def run() -> None:
        pool = Pool(name="faults", workers=1, spares=0, backend=backend)
        assert (await pool.aexecute(*GOOD)).passed == 1
        running = asyncio.ensure_future(pool.aexecute(*MINUTE, timeout=90.0))
        waiting = asyncio.ensure_future(pool.aexecute(*GOOD))
        await asyncio.to_thread(eventually, lambda: pool.stats().leased == 1)
        await asyncio.to_thread(pool.shutdown, 0.2)
        assert (await running).cause == "shutdown"
        with pytest.raises(PoolClosedError):
            await waiting

    asyncio.run(run())
