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
from runner.pool.leases import Lease, LeaseTable
from runner.sandbox.sandbox import Sandbox, SandboxState
from tests.fakes import inert_sandbox


class PoolMachine(RuleBasedStateMachine):
    """Callers, starts and deaths in any order, checked after each step."""

    held = Bundle("held")

    def __init__(self) -> None:
        super().__init__()
        self.serial = itertools.count()
        self.leases = LeaseTable(workers=1, spares=0)
        self.starts_owed = 0
        self.born: list[Sandbox] = []
        self.destroyed: list[Sandbox] = []
        self.holding: set[Lease] = set()
        self.queue: list[Lease] = []

    def do(self) -> None:
        work = self.leases.pending_work()
        self.starts_owed += work.start
        self.destroyed += work.destroy

    @initialize(workers=st.integers(1, 3), spares=st.integers(0, 2))
    def open(self, workers: int, spares: int) -> None:
        self.leases = LeaseTable(workers=workers, spares=spares)
        self.do()
        assert self.starts_owed == workers + spares

    @precondition(lambda self: not self.leases.closing)
    @rule(first=st.booleans())
    def ask(self, *, first: bool) -> None:
        lease = Lease()
        self.leases.ask(lease, first=first)
        self.queue.append(lease)

    @rule(target=held)
    def collect(self) -> object:
        """Let one caller look, in whatever order they came."""
        for lease in self.queue:
            if lease.sandbox is not None:
                self.queue.remove(lease)
                assert lease.sandbox not in {each.sandbox for each in self.holding}
                self.holding.add(lease)
                return lease
        return multiple()

    @precondition(lambda self: self.queue)
    @rule(data=st.data(), late=st.booleans())
    def leave(self, data: st.DataObject, *, late: bool) -> None:
        """Served, refused or neither, and interrupted or out of patience."""
        lease = data.draw(st.sampled_from(self.queue))
        self.queue.remove(lease)
        if late:
            self.leases.leave(lease)
            assert lease.decided
        self.leases.end(lease)

    @rule(lease=consumes(held), keep=st.booleans(), twice=st.booleans())
    def end(self, lease: Lease, *, keep: bool, twice: bool) -> None:
        self.holding.remove(lease)
        lease.keep = keep
        self.leases.end(lease)
        if twice:
            self.leases.end(lease)

    @rule()
    def reconcile(self) -> None:
        """Let the crew come, sooner or later."""
        self.do()

    @precondition(lambda self: self.starts_owed)
    @rule()
    def start(self) -> None:
        self.starts_owed -= 1
        sandbox = inert_sandbox(f"box-{next(self.serial)}")
        self.born.append(sandbox)
        self.leases.started(sandbox)

    @precondition(lambda self: self.starts_owed)
    @rule(hopeless=st.booleans())
    def fail_to_start(self, *, hopeless: bool) -> None:
        if not self.leases.not_started(BackendError("no"), hopeless=hopeless):
            self.starts_owed -= 1

    @precondition(lambda self: self.leases.idle)
    @rule(data=st.data())
    def die_idle(self, data: st.DataObject) -> None:
        assert self.leases.lose(data.draw(st.sampled_from(self.leases.idle)))

    @precondition(lambda self: self.holding)
    @rule(data=st.data())
    def die_leased(self, data: st.DataObject) -> None:
        dying = [box for box in self.leases.leased if self.leases.leased[box] in self.holding]
        assert not self.leases.lose(data.draw(st.sampled_from(dying)))

    @precondition(lambda self: self.born)
    @rule()
    def close(self) -> None:
        error: RunnerError = PoolClosedError("closed")
        self.leases.close(error)

    @invariant()
    def bounds_are_kept(self) -> None:
        leases = self.leases
        assert len(leases.leased) <= leases.workers
        assert leases.live + leases.starting <= leases.capacity
        assert leases.starting == self.starts_owed

    @invariant()
    def nothing_is_missing_without_being_owed(self) -> None:
        leases = self.leases
        missing = leases.live + leases.starting < leases.capacity and not leases.closing
        assert leases.has_work == bool(missing or leases.to_destroy)

    @invariant()
    def no_caller_waits_beside_a_sandbox(self) -> None:
        leases = self.leases
        if leases.waiting:
            assert not leases.idle or len(leases.leased) == leases.workers

    @invariant()
    def every_sandbox_is_in_one_place(self) -> None:
        leases = self.leases
        places = [*leases.idle, *leases.leased, *leases.to_destroy, *self.destroyed]
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
        served = {lease for lease in self.queue if lease.sandbox is not None}
        assert not served & self.holding
        assert {lease: box for box, lease in self.leases.leased.items()} == {
            lease: lease.sandbox for lease in served | self.holding
        }

    @invariant()
    def who_waits_is_in_the_queue(self) -> None:
        waiting = {lease for lease in self.queue if not lease.decided}
        assert waiting == set(self.leases.waiting)

    def teardown(self) -> None:
        """After close and the last return everything has been let go."""
        self.leases.close(PoolClosedError("closed"))
        for lease in list(self.leases.leased.values()):
            self.leases.end(lease)
        self.do()
        assert set(self.destroyed) == set(self.born)
        assert not self.leases.waiting


TestPoolMachine = PoolMachine.TestCase
TestPoolMachine.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
