"""A sandbox goes to one caller at a time, and only to one that still waits."""

import threading
import time

from runner.errors import BackendError, PoolClosedError, PoolTimeoutError
from runner.pool.leases import Lease, LeaseTable
from runner.sandbox.sandbox import Sandbox, SandboxState
from tests.fakes import inert_sandbox


def leases(idle: int = 0, *, workers: int = 2, spares: int = 1) -> LeaseTable:
    made = LeaseTable(workers=workers, spares=spares)
    made.pending_work()
    for index in range(idle):
        made.started(inert_sandbox(f"box-{index}"))
    return made


def ask(lending: LeaseTable, *, first: bool = False) -> Lease:
    lease = Lease()
    lending.ask(lease, first=first)
    return lease


def end(lending: LeaseTable, lease: Lease, *, keep: bool) -> None:
    lease.keep = keep
    lending.end(lease)


def held(lease: Lease) -> Sandbox:
    assert lease.sandbox is not None
    return lease.sandbox


def test_a_new_pool_starts_all_it_may_have() -> None:
    assert LeaseTable(workers=2, spares=3).pending_work().start == 5


def test_nothing_is_started_twice() -> None:
    growing = leases()
    assert not growing.has_work
    assert growing.pending_work().start == 0


def test_the_least_recently_used_goes_out_first() -> None:
    lending = leases(3)
    first = ask(lending)
    end(lending, first, keep=True)
    assert ask(lending).sandbox is not held(first)
    ask(lending)
    assert held(first) in lending.idle


def test_no_more_are_leased_than_there_are_workers() -> None:
    lending = leases(3)
    assert [ask(lending).decided for _ in range(3)] == [True, True, False]
    assert len(lending.idle) == 1


def test_a_newcomer_does_not_overtake_those_who_wait() -> None:
    lending = leases(1, workers=1, spares=0)
    holder, waiter = ask(lending), ask(lending)
    end(lending, holder, keep=True)
    assert waiter.wait(time.monotonic())
    assert waiter.sandbox is holder.sandbox
    assert not ask(lending).decided


def test_who_was_served_with_a_dead_sandbox_is_next() -> None:
    lending = leases(0, workers=1, spares=0)
    patient, unlucky = ask(lending), ask(lending, first=True)
    lending.started(inert_sandbox("fresh"))
    assert (unlucky.decided, patient.decided) == (True, False)


def test_a_waiter_who_has_left_is_passed_over() -> None:
    lending = leases(0, workers=1, spares=0)
    gone, present = ask(lending), ask(lending)
    lending.end(gone)
    fresh = inert_sandbox("fresh")
    lending.started(fresh)
    assert (gone.sandbox, present.sandbox) == (None, fresh)
    assert lending.leased == {fresh: present}


def test_a_doubtful_sandbox_is_destroyed_and_replaced() -> None:
    lending = leases(1, workers=1, spares=0)
    lease = ask(lending)
    end(lending, lease, keep=False)
    assert lending.has_work
    work = lending.pending_work()
    assert (work.destroy, work.start) == ([held(lease)], 1)
    assert held(lease).state is SandboxState.CLOSED


def test_a_sandbox_that_dies_while_leased_is_its_holders() -> None:
    lending = leases(1, workers=1, spares=0)
    assert not lending.lose(held(ask(lending)))
    assert not lending.has_work


def test_a_lease_that_ends_twice_ends_once() -> None:
    lending = leases(1, workers=1, spares=0)
    first = ask(lending)
    end(lending, first, keep=True)
    second = ask(lending)
    end(lending, first, keep=False)
    assert lending.leased == {held(first): second}
    assert not lending.has_work


def test_if_nothing_lives_and_nothing_starts_callers_are_sent_away() -> None:
    lending = leases()
    lease = ask(lending)
    error = BackendError("the engine is away")
    for _ in range(lending.capacity):
        assert lease in lending.waiting, "a single start may fail by accident"
        assert lending.not_started(error)
    assert lease.wait(None)
    assert isinstance(lease.error, BackendError)
    assert lease.error is not error


def test_if_nothing_lives_one_hopeless_start_is_enough() -> None:
    lending = leases()
    lease = ask(lending)
    assert lending.not_started(BackendError("another fingerprint"), hopeless=True)
    assert lease.error is not None


def test_if_others_live_callers_wait_for_them() -> None:
    lending = leases(1, workers=1, spares=1)
    ask(lending)
    lease = ask(lending)
    lending.not_started(BackendError("no"), hopeless=True)
    assert lease in lending.waiting


def test_closing_lets_go_of_everything() -> None:
    lending = leases(2, workers=1, spares=2)
    holder, waiter = ask(lending), ask(lending)
    lending.close(PoolClosedError("closed"))
    assert len(lending.pending_work().destroy) == 1
    assert isinstance(waiter.error, PoolClosedError)
    end(lending, holder, keep=True)
    assert lending.pending_work().destroy == [holder.sandbox]
    late = inert_sandbox("late")
    lending.started(late)
    assert lending.pending_work().destroy == [late]
    assert (lending.live, lending.starting) == (0, 0)


def test_a_waiter_waits_no_longer_than_its_deadline() -> None:
    lending = leases()
    lease = ask(lending)
    assert not lease.wait(time.monotonic() + 0.01)
    lending.leave(lease)
    assert isinstance(lease.error, PoolTimeoutError)
    assert not lending.waiting


def test_a_waiter_is_served_across_threads() -> None:
    lending, gift = leases(), inert_sandbox("gift")
    lease = ask(lending)
    giving = threading.Timer(0.01, lending.started, [gift])
    giving.start()
    assert lease.wait(time.monotonic() + 5)
    assert lease.sandbox is gift
    giving.join()


def test_only_the_first_decision_counts() -> None:
    lending, gift = leases(), inert_sandbox("gift")
    served = ask(lending)
    lending.started(gift)
    lending.leave(served)
    lending.close(PoolClosedError("closed"))
    assert (served.sandbox, served.error) == (gift, None)
