"""A sandbox goes to one caller at a time, and to nobody who has left."""

import threading
import time

import pytest

from runner.errors import BackendError, PoolClosedError, PoolTimeoutError
from runner.leases import Leases, Waiter
from runner.sandbox import SandboxState
from tests.fakes import inert_sandbox


def leases(idle: int = 0, *, workers: int = 2, spares: int = 1) -> Leases:
    made = Leases(workers=workers, spares=spares)
    made.grow()
    for index in range(idle):
        made.started(inert_sandbox(f"box-{index}"))
    return made


def test_a_new_pool_starts_all_it_may_have() -> None:
    assert Leases(workers=2, spares=3).grow().start == 5


def test_nothing_is_started_twice() -> None:
    growing = leases()
    assert growing.grow().start == 0


def test_the_least_recently_used_goes_out_first() -> None:
    lending = leases(3)
    first = lending.take()
    assert first is not None
    lending.give_back(first, keep=True)
    assert lending.take() is not first
    lending.take()
    assert first in lending.idle


def test_no_more_are_leased_than_there_are_workers() -> None:
    lending = leases(3)
    assert lending.take()
    assert lending.take()
    assert lending.take() is None
    assert len(lending.idle) == 1


def test_a_newcomer_does_not_overtake_those_who_wait() -> None:
    lending = leases(1, workers=1, spares=0)
    held = lending.take()
    assert held is not None
    waiter = Waiter()
    lending.wait(waiter)
    lending.give_back(held, keep=True)
    assert waiter.wait(time.monotonic()) is held
    assert lending.take() is None


def test_who_was_served_with_a_dead_sandbox_is_next() -> None:
    lending = leases(0, workers=1, spares=0)
    patient, unlucky = Waiter(), Waiter()
    lending.wait(patient)
    lending.wait(unlucky, first=True)
    fresh = inert_sandbox("fresh")
    lending.started(fresh)
    assert unlucky.wait(time.monotonic()) is fresh


def test_a_waiter_who_has_left_is_passed_over() -> None:
    lending = leases(0, workers=1, spares=0)
    gone, present = Waiter(), Waiter()
    lending.wait(gone)
    lending.wait(present)
    assert gone.leave() is None
    fresh = inert_sandbox("fresh")
    lending.started(fresh)
    assert present.wait(time.monotonic()) is fresh
    assert lending.leased == {fresh}


def test_a_doubtful_sandbox_is_destroyed_and_replaced() -> None:
    lending = leases(1, workers=1, spares=0)
    held = lending.take()
    assert held is not None
    chores = lending.give_back(held, keep=False)
    assert (chores.destroy, chores.start) == ([held], 1)
    assert held.state is SandboxState.CLOSED


def test_a_sandbox_that_dies_while_leased_is_its_holders() -> None:
    lending = leases(1, workers=1, spares=0)
    held = lending.take()
    assert held is not None
    chores = lending.lose(held)
    assert (chores.destroy, chores.start) == ([], 0)


def test_if_nothing_lives_and_nothing_starts_callers_are_sent_away() -> None:
    lending = leases()
    waiter = Waiter()
    lending.wait(waiter)
    error = BackendError("the engine is away")
    for _ in range(lending.capacity):
        assert waiter in lending.waiters, "a single start may fail by accident"
        assert lending.not_started(error)
    with pytest.raises(BackendError, match="away") as caught:
        waiter.wait(None)
    assert caught.value is not error


def test_if_others_live_callers_wait_for_them() -> None:
    lending = leases(1, workers=1, spares=1)
    assert lending.take()
    waiter = Waiter()
    lending.wait(waiter)
    lending.not_started(BackendError("no"))
    assert waiter in lending.waiters


def test_closing_lets_go_of_everything() -> None:
    lending = leases(2, workers=1, spares=2)
    held = lending.take()
    assert held is not None
    waiter = Waiter()
    lending.wait(waiter)
    assert len(lending.close(PoolClosedError("closed")).destroy) == 1
    with pytest.raises(PoolClosedError):
        waiter.wait(None)
    assert lending.give_back(held, keep=True).destroy == [held]
    late = inert_sandbox("late")
    assert lending.started(late).destroy == [late]
    assert (lending.live, lending.starting) == (0, 0)


def test_a_waiter_waits_no_longer_than_its_deadline() -> None:
    with pytest.raises(PoolTimeoutError):
        Waiter().wait(time.monotonic() + 0.01)


def test_a_waiter_is_served_across_threads() -> None:
    waiter, gift = Waiter(), inert_sandbox("gift")
    giving = threading.Timer(0.01, waiter.offer, [gift])
    giving.start()
    assert waiter.wait(time.monotonic() + 5) is gift
    giving.join()


def test_only_the_first_decision_counts() -> None:
    gift = inert_sandbox("gift")
    served = Waiter()
    assert served.offer(gift)
    assert not served.offer(inert_sandbox("other"))
    assert not served.refuse(PoolClosedError("closed"))
    assert served.leave() is gift
    refused = Waiter()
    assert refused.refuse(PoolClosedError("closed"))
    assert not refused.offer(gift)
    late = Waiter()
    with pytest.raises(PoolTimeoutError):
        late.wait(time.monotonic())
    assert not late.offer(gift)
