"""Whatever happens to a pool in whatever order, its books stay right."""

import itertools

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
)

from runner.errors import BackendError, PoolClosedError, RunnerError
from runner.leases import Chores, Leases, Waiter
from runner.sandbox import Sandbox, SandboxState
from tests.fakes import inert_sandbox


class PoolMachine(RuleBasedStateMachine):
    """Callers, starts and deaths in any order, checked after each step."""

    held = Bundle("held")

    def __init__(self) -> None:
        super().__init__()
        self.serial = itertools.count()
        self.leases = Leases(workers=1, spares=0)
        self.starts_owed = 0
        self.born: list[Sandbox] = []
        self.destroyed: list[Sandbox] = []
        self.holding: set[Sandbox] = set()
        self.queue: list[Waiter] = []

    def do(self, chores: Chores) -> None:
        self.starts_owed += chores.start
        self.destroyed += chores.destroy

    @initialize(workers=st.integers(1, 3), spares=st.integers(0, 2))
    def open(self, workers: int, spares: int) -> None:
        self.leases = Leases(workers=workers, spares=spares)
        self.do(self.leases.grow())
        assert self.starts_owed == workers + spares

    @rule(target=held)
    def lease(self) -> object:
        if self.leases.closing:
            return multiple()
        sandbox = self.leases.take()
        if sandbox is not None:
            assert sandbox not in self.holding
            self.holding.add(sandbox)
            return sandbox
        waiter = Waiter()
        self.do(self.leases.wait(waiter))
        self.queue.append(waiter)
        return multiple()

    @rule(first=st.booleans())
    def wait(self, *, first: bool) -> None:
        if not self.leases.closing:
            waiter = Waiter()
            self.do(self.leases.wait(waiter, first=first))
            self.queue.append(waiter)

    @rule(target=held)
    def collect(self) -> object:
        """Let one waiter look, in whatever order they are in the queue."""
        for waiter in self.queue:
            sandbox = waiter._sandbox
            if sandbox is not None:
                self.queue.remove(waiter)
                assert sandbox not in self.holding
                self.holding.add(sandbox)
                return sandbox
        return multiple()

    @precondition(lambda self: self.queue)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        waiter = data.draw(st.sampled_from(self.queue))
        self.queue.remove(waiter)
        late = waiter.leave()
        self.leases.forget(waiter)
        if late is not None:
            self.do(self.leases.give_back(late, keep=True))

    @rule(sandbox=consumes(held), keep=st.booleans())
    def give_back(self, sandbox: Sandbox, *, keep: bool) -> None:
        self.holding.remove(sandbox)
        self.do(self.leases.give_back(sandbox, keep=keep))

    @precondition(lambda self: self.starts_owed)
    @rule()
    def start(self) -> None:
        self.starts_owed -= 1
        sandbox = inert_sandbox(f"box-{next(self.serial)}")
        self.born.append(sandbox)
        self.do(self.leases.started(sandbox))

    @precondition(lambda self: self.starts_owed)
    @rule()
    def fail_to_start(self) -> None:
        if not self.leases.not_started(BackendError("no")):
            self.starts_owed -= 1

    @precondition(lambda self: self.leases.idle)
    @rule(data=st.data())
    def die_idle(self, data: st.DataObject) -> None:
        self.do(self.leases.lose(data.draw(st.sampled_from(self.leases.idle))))

    @precondition(lambda self: self.holding)
    @rule(data=st.data())
    def die_leased(self, data: st.DataObject) -> None:
        dying = data.draw(st.sampled_from(sorted(self.holding, key=lambda box: box.sandbox_id)))
        self.do(self.leases.lose(dying))

    @precondition(lambda self: self.born)
    @rule()
    def close(self) -> None:
        error: RunnerError = PoolClosedError("closed")
        self.do(self.leases.close(error))

    @invariant()
    def bounds_are_kept(self) -> None:
        leases = self.leases
        assert len(leases.leased) <= leases.workers
        if not leases.closing:
            assert leases.live + leases.starting == leases.capacity
            assert leases.starting == self.starts_owed

    @invariant()
    def nobody_waits_beside_a_sandbox(self) -> None:
        leases = self.leases
        if leases.waiters:
            assert not leases.idle or len(leases.leased) == leases.workers

    @invariant()
    def every_sandbox_is_in_one_place(self) -> None:
        leases = self.leases
        places = [*leases.idle, *leases.leased, *self.destroyed]
        assert len(places) == len(set(places))
        assert set(places) == set(self.born)

    @invariant()
    def states_agree_with_places(self) -> None:
        leases = self.leases
        assert all(box.state is SandboxState.IDLE for box in leases.idle)
        assert all(box.state is SandboxState.LEASED for box in leases.leased)
        assert all(box.state is SandboxState.CLOSED for box in self.destroyed)

    @invariant()
    def who_holds_has_a_lease(self) -> None:
        served = {waiter._sandbox for waiter in self.queue if waiter._sandbox is not None}
        assert not served & self.holding
        assert served | self.holding == self.leases.leased

    def teardown(self) -> None:
        """After close and the last return everything has been let go."""
        self.do(self.leases.close(PoolClosedError("closed")))
        for sandbox in list(self.leases.leased):
            self.do(self.leases.give_back(sandbox, keep=True))
        assert set(self.destroyed) == set(self.born)
        assert not self.leases.waiters


TestPoolMachine = PoolMachine.TestCase
TestPoolMachine.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
