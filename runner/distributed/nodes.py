"""The nodes as one client sees them: who serves, who is in doubt, who is gone.

A node serves from a greeting that shows the right fingerprint until something speaks against it.
One that cannot execute, or whose actor Ray restarts, is in doubt, and asked to greet again; one
whose actor is dead gets another actor. Everything here runs in the thread of the dispatcher.
"""

import functools
import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any, Protocol

from runner.config import PoolConfig
from runner.distributed.admission import Admission
from runner.distributed.connection import load_ray
from runner.distributed.placement import CONTROL, Seats
from runner.distributed.routing import Member, Seat
from runner.distributed.wire import NodeError, load_greeting
from runner.logs import event
from runner.pool.retry import backoff_s

_LOG = logging.getLogger(__name__)


class Dispatching(Protocol):
    """What the fleet tells."""

    def post(self, task: Callable[[], None]) -> None:
        """Have a task done in the thread that owns the fleet."""
        ...

    def lost(self, member: Member, why: str) -> None:
        """All that the node had been given is lost."""
        ...

    def joined(self) -> None:
        """There may be room that was not there before."""
        ...


class Fleet:
    """The nodes of one client.

    Args:
        config: Settings of the nodes' pools.
        seats: Where their actors come from.
        expect: The only acceptable fingerprint; None for the one of most workers at the start.
        owner: Who is told.
    """

    def __init__(
        self, config: PoolConfig, seats: Seats, *, expect: str | None, owner: Dispatching
    ) -> None:
        self.members: dict[str, Member] = {}
        self.troubles: dict[str, str] = {}
        self.admission = Admission(expect)
        self.settled = threading.Event()
        self._ray = load_ray()
        self._config = config
        self._seats = seats
        self._owner = owner
        self._left: set[Seat] = set()
        self._patience_until = time.monotonic() + config.start_timeout_s
        self._frozen = False

    def see(self, seats: Mapping[str, Seat | None]) -> None:
        """Take note of all nodes there are, and of their actors."""
        if self._frozen:
            return
        for node, member in list(self.members.items()):
            if seats.get(node) is not member.seat:
                self.leave(member, "it is gone")
        self._left.intersection_update(seat for seat in seats.values() if seat is not None)
        self.troubles = {node: why for node, why in self.troubles.items() if node in seats}
        for node, seat in seats.items():
            if seat is not None and node not in self.members and seat not in self._left:
                self.members[node] = Member(seat)
        self.tick()
        if not self.members:
            self.settled.set()  # nobody to wait for

    def tick(self) -> None:
        """Ask those who do not serve for a greeting, when it is time."""
        now = time.monotonic()
        for member in list(self.members.values()):
            if not (member.serving or member.asked or self._frozen) and member.greet_at <= now:
                member.asked = True
                greeted = functools.partial(self._greeted, member)
                self.call(member.seat, CONTROL, "greet", then=greeted)
        if now > self._patience_until and not self.settled.is_set():
            self._admit()

    def freeze(self) -> list[Member]:
        """Change nothing any more; return all nodes."""
        self._frozen = True
        return list(self.members.values())

    def is_connected(self) -> bool:
        """Tell whether there is a Ray that could answer."""
        return bool(self._ray.is_initialized())

    def serving(self) -> list[Member]:
        """Return those who serve."""
        return [member for member in self.members.values() if member.serving]

    def call(
        self,
        seat: Seat,
        group: str | None,
        method: str,
        *arguments: Any,
        then: Callable[["Future[Any]"], None],
    ) -> None:
        """Call an actor's method, and have its answer, or whatever Ray raises, taken later."""
        answer: Future[Any] = Future()
        if not self.is_connected():
            # A call would start a new one.
            answer.set_exception(RuntimeError("this process is not connected to Ray any more"))
        else:
            try:
                remote = getattr(seat.actor, method)
                if group is not None:
                    remote = remote.options(concurrency_group=group)
                answer = remote.remote(*arguments).future()
            except Exception as error:  # noqa: BLE001  # there is no common base of what Ray raises
                answer.set_exception(error)
        # Called in a thread of Ray, where nothing may wait.
        answer.add_done_callback(lambda done: self._owner.post(functools.partial(then, done)))

    def accuse(self, member: Member, error: Exception) -> str:
        """Draw conclusions from an error of Ray, and return it for people."""
        why = _brief(error)
        if self.members.get(member.seat.node) is member and not self._frozen:
            unavailable = isinstance(error, self._ray.exceptions.ActorUnavailableError)
            if isinstance(error, self._ray.exceptions.RayActorError) and not unavailable:
                self.leave(member, why)
                self._seats.vacate(member.seat, again=True)
            else:
                self.doubt(member, why)
        return why

    def doubt(self, member: Member, why: str) -> None:
        """Give a node nothing until it has greeted again."""
        now = time.monotonic()
        if not member.serving and (member.asked or member.greet_at > now):
            return  # what it had been given fails one by one, and says nothing new
        member.serving = False
        member.failures += 1
        member.greet_at = now + backoff_s(member.failures)
        self._trouble(member, why)

    def leave(self, member: Member, why: str) -> None:
        """Strike a node off."""
        del self.members[member.seat.node]
        self._left.add(member.seat)
        member.serving = False
        self._trouble(member, why)
        self._owner.lost(member, why)

    def _greeted(self, member: Member, answer: "Future[str]") -> None:
        member.asked = False
        if self.members.get(member.seat.node) is not member or self._frozen:
            return
        try:
            greeting = load_greeting(answer.result())
        except NodeError as error:
            self.doubt(member, str(error))
        except Exception as error:  # noqa: BLE001  # whatever Ray raises
            self.accuse(member, error)
        else:
            self.admission.present(member.seat, greeting)
            member.greet_at = float("inf")  # until it is decided
        self._admit()

    def _admit(self) -> None:
        """Let nodes serve, or refuse them, as soon as it is known which fingerprint counts."""
        untried = any(member.asked and not member.failures for member in self.members.values())
        patient = time.monotonic() <= self._patience_until
        for seat, refusal in self.admission.decide(may_elect=not (untried and patient)):
            member = self.members.get(seat.node)
            if member is None or member.seat is not seat:
                continue
            if refusal is None:
                member.serving, member.failures, member.greet_at = True, 0, 0.0
                self.troubles.pop(seat.node, None)
                self._event(logging.INFO, "node_in", seat, workers=seat.workers)
            else:
                self.leave(member, refusal)
                self._seats.vacate(seat, again=False)
        if not (untried and patient):
            self.settled.set()
        self._owner.joined()

    def _trouble(self, member: Member, why: str) -> None:
        self.troubles[member.seat.node] = why
        if not self._frozen:
            self._event(logging.WARNING, "node_out", member.seat, reason=why)

    def _event(self, level: int, name: str, seat: Seat, **fields: object) -> None:
        event(_LOG, level, name, pool=self._config.name, node=seat.node, **fields)


def _brief(error: Exception) -> str:
    """Return what matters of Ray's long texts: the kind of error, and its beginning and end."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = " ".join([*lines[:1], *lines[-1:]] if len(lines) > 1 else lines)
    return f"{type(error).__name__}: {text}"[:600]
