"""Gives requests to nodes, and makes results of what comes back or does not.

One thread owns everything here: whoever wants something puts a task into its mailbox, so there is
no lock, and no state that two threads could see differently. The thread never waits for Ray.

A node never gets more than it has room for; what finds no room waits here, in order, and goes to
the least loaded node. A node that dies takes its requests with it: to each that is one failed
attempt, and the next is made on another node.
"""

import functools
import itertools
import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any, NamedTuple

from runner.config import PoolConfig
from runner.distributed.nodes import Fleet
from runner.distributed.placement import CONTROL, Scout, Seats
from runner.distributed.routed_request import Trip
from runner.distributed.routing import Member, Seat, choose
from runner.distributed.serial_executor import Mailbox
from runner.distributed.wire import NodeError, load_answer
from runner.errors import PoolClosedError, PoolTimeoutError, RunnerError
from runner.models import Cause, ExecutionResult, ExecutionStatus
from runner.pool.metrics import Metrics
from runner.sandbox.loss import Loss
from runner.verdicts import Context, classify_attempt, combine_attempts

#: What nodes may take to clean up after the last request, before they are killed.
_CLEANUP_S = 10.0
#: The trouble of a node of which nothing else is known.
_SILENT = (
    "its actor has not answered yet: it is slow to start (start_timeout_s), or has no place, as a"
    " pool takes all of a node's resource 'sandbox': use one pool per cluster, and pass it to tasks"
    " and actors"
)


class _Flight(NamedTuple):
    """A request that a node has been given."""

    number: int
    trip: Trip
    began_at: float
    waited_s: float


class Survey(NamedTuple):
    """What there is at one moment.

    Attributes:
        serving: Actors of the nodes that serve.
        troubles: Why others do not, by node.
        waiting: Requests that no node has been given.
        fingerprint: That of this pool; empty before the first greeting.
    """

    serving: tuple[Seat, ...]
    troubles: Mapping[str, str]
    waiting: int
    fingerprint: str


class Dispatcher:
    """The thread that has all requests of one client.

    Args:
        config: Settings of the nodes' pools.
        seats: Where the nodes' actors come from.
        expect: The only acceptable fingerprint; None for the one of most workers at the start.
        metrics: Where to count.
    """

    def __init__(
        self, config: PoolConfig, seats: Seats, *, expect: str | None, metrics: Metrics
    ) -> None:
        self._config = config
        self._seats = seats
        self._metrics = metrics
        self._fleet = Fleet(config, seats, expect=expect, owner=self)
        self._pending: deque[Trip] = deque()
        self._serial = itertools.count()
        self._served_at = time.monotonic()
        self._closing_at: float | None = None
        self._ending: set[Seat] = set()
        self._mailbox = Mailbox(f"{config.name}-dispatch", self._tick)
        self._mailbox.start()
        self._scout = Scout(seats, self._seen, name=f"{config.name}-scout")

    def take(self, trip: Trip) -> None:
        """Have a request executed; its future tells the rest. Any thread may."""
        self.post(functools.partial(self._take, trip))

    def wait_until_settled(self, timeout_s: float) -> None:
        """Wait until each of the first nodes serves or has failed to. Any thread may."""
        self._fleet.settled.wait(timeout_s)

    def survey(self, timeout_s: float) -> Survey:
        """Return what there is. Any thread may; empty if the dispatcher has ended."""
        future: Future[Survey] = Future()
        self.post(lambda: future.set_result(self._survey()))
        try:
            return future.result(timeout_s)
        except TimeoutError:
            return Survey((), {}, 0, "")

    def call(self, seat: Seat, method: str, *arguments: Any) -> "Future[Any]":
        """Call one of an actor's methods that do not execute. Any thread may."""
        answer: Future[Any] = Future()
        self._fleet.call(
            seat, CONTROL, method, *arguments, then=functools.partial(_copy, into=answer)
        )
        return answer

    def begin_to_close(self, deadline: float) -> None:
        """Like ``close``, but does not wait."""
        self.post(functools.partial(self._close, deadline))

    def close(self, deadline: float) -> None:
        """End everything; requests may be finished until the deadline. Waits. Any thread may."""
        self.begin_to_close(deadline)
        self._mailbox.join(max(0.0, deadline - time.monotonic()) + 2 * _CLEANUP_S)
        self._scout.join(_CLEANUP_S)

    # What the fleet tells.

    def post(self, task: Callable[[], None]) -> None:
        """Have a task done in this thread. Any thread may."""
        self._mailbox.post(task)

    def lost(self, member: Member, why: str) -> None:
        """Repeat elsewhere what a node has not finished."""
        for flight in sorted(member.in_flight, reverse=True):
            self._lose(member, flight, why)
        self._pump()

    def joined(self) -> None:
        """Give out what waits."""
        self._pump()

    # The life of the thread.

    def _seen(self, seats: Mapping[str, Seat | None]) -> None:
        self.post(functools.partial(self._fleet.see, seats))

    def _survey(self) -> Survey:
        serving = tuple(member.seat for member in self._fleet.serving())
        others = [member.seat.node for member in self._fleet.members.values() if not member.serving]
        troubles = {**dict.fromkeys(others, _SILENT), **self._fleet.troubles}
        fingerprint = self._fleet.admission.expected or ""
        return Survey(serving, troubles, len(self._pending), fingerprint)

    def _tick(self) -> bool:
        """Do what is due, and tell whether to go on."""
        now = time.monotonic()
        if self._closing_at is not None:
            return not self._is_over(now)
        self._fleet.tick()
        if self._fleet.serving():
            self._served_at = now
        self._give_up(now)
        return True

    def _close(self, deadline: float) -> None:
        self._closing_at = deadline
        self._scout.stop()
        while self._pending:
            self._refuse(self._pending.popleft())
        members = self._fleet.freeze()
        if self._seats.owned:
            left_s = max(0.0, deadline - time.monotonic())
            for seat in [member.seat for member in members]:
                self._ending.add(seat)
                ended = functools.partial(self._ended, seat)
                self._fleet.call(seat, CONTROL, "shutdown", left_s, then=ended)

    def _ended(self, seat: Seat, _answer: "Future[None]") -> None:
        self._ending.discard(seat)

    def _is_over(self, now: float) -> bool:
        assert self._closing_at is not None, "asked only then"
        members = list(self._fleet.members.values())
        busy = [member for member in members if member.in_flight]
        slack_s = _CLEANUP_S if self._seats.owned else 0.0
        waits = (busy or self._ending) and self._fleet.is_connected()
        if waits and now < self._closing_at + slack_s:
            return False
        for member in busy:
            self.lost(member, "the pool was shut down")
        self._seats.close()
        return True

    # Requests.

    def _take(self, trip: Trip) -> None:
        if self._closing_at is not None:
            self._refuse(trip)
            return
        self._metrics.count("requests")
        self._pending.append(trip)
        self._pump()

    def _refuse(self, trip: Trip) -> None:
        if trip.results:
            self._finish(trip)  # it was running, and gets the result that there is
        else:
            _fail(trip, PoolClosedError.of(self._config.name))

    def _pump(self) -> None:
        """Give out what waits, as far as there is room."""
        left: list[Trip] = []
        members = self._fleet.members.values()
        while self._pending and any(member.has_room for member in members):
            trip = self._pending.popleft()
            if (member := choose(members, trip.tried)) is None:
                left.append(trip)  # where it may go there is no room, but elsewhere there is
            elif trip.tried or trip.future.set_running_or_notify_cancel():
                self._send(trip, member)
        self._pending.extendleft(reversed(left))

    def _send(self, trip: Trip, member: Member) -> None:
        now = time.monotonic()
        flight = _Flight(next(self._serial), trip, now, now - trip.waits_since)
        member.in_flight.add(flight)
        trip.tried.add(member.seat.node)
        attempts = trip.share(others=any(m is not member for m in self._fleet.serving()))
        arrived = functools.partial(self._arrived, member, flight)
        self._fleet.call(member.seat, None, "execute", trip.payload, attempts, then=arrived)

    def _arrived(self, member: Member, flight: _Flight, answer: "Future[str]") -> None:
        if flight not in member.in_flight:
            return  # it was given up before
        try:
            result = load_answer(answer.result())
        except PoolClosedError as error:
            if self._closing_at is None:
                self._lose(member, flight, str(error))
            else:  # it waited for a sandbox there, and never ran
                member.in_flight.discard(flight)
                self._refuse(flight.trip)
        except NodeError as error:
            self._lose(member, flight, str(error), Cause.ENGINE)
            self._fleet.doubt(member, str(error))
        except RunnerError as error:
            member.in_flight.discard(flight)
            _fail(flight.trip, error)
        except Exception as error:  # noqa: BLE001  # whatever Ray raises
            self._lose(member, flight, self._fleet.accuse(member, error))
        else:
            self._keep(member, flight, result)
        self._pump()

    def _keep(self, member: Member, flight: _Flight, result: ExecutionResult) -> None:
        if result.fingerprint not in ("", self._fleet.admission.expected):
            # An actor that Ray has restarted may find another release than the one that greeted.
            why = f"its fingerprint has become {result.fingerprint}"
            self._lose(member, flight, why, Cause.ENGINE)
            self._fleet.doubt(member, why)
            return
        member.in_flight.discard(flight)
        if result.cause is Cause.ENGINE:
            self._fleet.doubt(member, result.error or "it cannot execute")
        queue_s = flight.waited_s + result.queue_s
        result = result.model_copy(update={"node": member.seat.node, "queue_s": queue_s})
        self._settle(flight.trip, result)

    def _lose(
        self, member: Member, flight: _Flight, why: str, cause: Cause = Cause.CONTAINER_LOST
    ) -> None:
        if flight not in member.in_flight:
            return
        member.in_flight.discard(flight)
        cause = cause if self._closing_at is None else Cause.SHUTDOWN
        wall_s = time.monotonic() - flight.began_at
        loss = Loss(cause, f"node {member.seat.node}: {why}", wall_s)
        lost = self._without_verdict(flight.trip, loss, flight.waited_s)
        self._settle(flight.trip, lost.model_copy(update={"node": member.seat.node}))

    def _settle(self, trip: Trip, result: ExecutionResult) -> None:
        """Hand out a result, or have another node try."""
        self._metrics.count("attempts", result.attempts)
        self._metrics.count("process_error_retry_count", result.attempts - 1)
        if trip.add(result) and self._closing_at is None:
            self._metrics.count("process_error_retry_count")
            trip.waits_since = time.monotonic()
            self._pending.appendleft(trip)
        else:
            self._finish(trip)

    def _finish(self, trip: Trip) -> None:
        result = trip.conclude()
        self._metrics.observe(queue=result.queue_s)
        if result.status is ExecutionStatus.PROCESS_ERROR:
            self._metrics.count("process_error_final_failure_count")
        trip.future.set_result(result)

    def _give_up(self, now: float) -> None:
        """End what has waited too long."""
        longest_s = self._config.lease_timeout_s
        deserted = now - self._served_at > self._config.start_timeout_s
        if longest_s is None and not deserted:
            return
        for trip in list(self._pending):
            waited_s = now - trip.waits_since
            if deserted:
                why = f"no node has served for {self._config.start_timeout_s:g} s"
            elif waited_s > (longest_s or 0):
                why = f"no node had room within {longest_s:g} s"
            else:
                continue
            self._pending.remove(trip)
            if not deserted and not trip.results:
                _fail(trip, PoolTimeoutError(f"pool {self._config.name!r}: {why}"))
            elif trip.tried or trip.future.set_running_or_notify_cancel():
                trip.add(self._without_verdict(trip, Loss(Cause.ENGINE, why, waited_s), waited_s))
                self._finish(trip)

    def _without_verdict(self, trip: Trip, loss: Loss, queue_s: float) -> ExecutionResult:
        context = Context(
            backend=self._config.backend,
            fingerprint=self._fleet.admission.expected or "",
            determinism={"entropy": self._config.entropy, "clock": self._config.clock},
            queue_s=queue_s,
            others_lived=False,  # a lost machine tells nothing of the code
        )
        return combine_attempts(trip.request, [classify_attempt(trip.request, loss, "")], context)


def _fail(trip: Trip, error: RunnerError) -> None:
    """Hand out an error, unless the caller has lost interest."""
    if trip.tried or trip.future.set_running_or_notify_cancel():
        trip.future.set_exception(error)


def _copy(answer: "Future[Any]", *, into: "Future[Any]") -> None:
    if (error := answer.exception()) is not None:
        into.set_exception(error)
    else:
        into.set_result(answer.result())
