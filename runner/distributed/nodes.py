"""The nodes as one client sees them: serving, in doubt, or gone.

A node serves after a greeting with the right fingerprint. If it cannot execute, or Ray restarts its
actor, it is in doubt until it greets again. If its actor is dead, it gets another one. All code
here runs in the thread of the dispatcher.
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
from runner.distributed.node_messages import NodeError, load_greeting
from runner.distributed.placement import CONTROL, Actors
from runner.distributed.routing import ActorRef, NodeState
from runner.logs import event
from runner.pool.retry import backoff_s

_LOG = logging.getLogger(__name__)


class Dispatching(Protocol):
    """The callbacks of ``Nodes``."""

    def post(self, task: Callable[[], None]) -> None:
        """Run a task in the thread that owns the nodes."""
        ...

    def lost(self, state: NodeState, why: str) -> None:
        """Called when the requests of a node are lost."""
        ...

    def joined(self) -> None:
        """Called when there may be new room."""
        ...


class Nodes:
    """The nodes of one client.

    Args:
        config: Settings of the nodes' pools.
        actors: Source of their actors.
        expect: The only acceptable fingerprint; None for that of most workers at the start.
        owner: Gets the callbacks.
    """

    def __init__(
        self, config: PoolConfig, actors: Actors, *, expect: str | None, owner: Dispatching
    ) -> None:
        self.states: dict[str, NodeState] = {}
        self.troubles: dict[str, str] = {}
        self.admission = Admission(expect)
        self.settled = threading.Event()
        self._ray = load_ray()
        self._config = config
        self._actors = actors
        self._owner = owner
        self._left: set[ActorRef] = set()
        self._patience_until = time.monotonic() + config.start_timeout_s
        self._frozen = False

    def update(self, actors: Mapping[str, ActorRef | None]) -> None:
        """Take over which nodes exist, and their actors."""
        if self._frozen:
            return
        for node, state in list(self.states.items()):
            if actors.get(node) is not state.actor:
                self.leave(state, "it is gone")
        self._left.intersection_update(actor for actor in actors.values() if actor is not None)
        self.troubles = {node: why for node, why in self.troubles.items() if node in actors}
        for node, actor in actors.items():
            if actor is not None and node not in self.states and actor not in self._left:
                self.states[node] = NodeState(actor)
        self.tick()
        if not self.states:
            self.settled.set()  # no greeting is awaited

    def tick(self) -> None:
        """Ask nodes that do not serve for a greeting when it is due."""
        now = time.monotonic()
        for state in list(self.states.values()):
            if not (state.serving or state.asked or self._frozen) and state.greet_at <= now:
                state.asked = True
                greeted = functools.partial(self._greeted, state)
                self.call(state.actor, CONTROL, "greet", then=greeted)
        if now > self._patience_until and not self.settled.is_set():
            self._admit()

    def freeze(self) -> list[NodeState]:
        """Stop all changes, and return all nodes."""
        self._frozen = True
        return list(self.states.values())

    def is_connected(self) -> bool:
        """Return True if this process is connected to Ray."""
        return bool(self._ray.is_initialized())

    def serving(self) -> list[NodeState]:
        """Return the nodes that serve."""
        return [state for state in self.states.values() if state.serving]

    def call(
        self,
        actor: ActorRef,
        group: str | None,
        method: str,
        *arguments: Any,
        then: Callable[["Future[Any]"], None],
    ) -> None:
        """Call an actor's method; its answer, or Ray's error, is passed on later."""
        answer: Future[Any] = Future()
        if not self.is_connected():
            # A call would start a new Ray.
            answer.set_exception(RuntimeError("this process is not connected to Ray any more"))
        else:
            try:
                remote = getattr(actor.handle, method)
                if group is not None:
                    remote = remote.options(concurrency_group=group)
                answer = remote.remote(*arguments).future()
            except Exception as error:  # noqa: BLE001  # Ray's errors have no common base
                answer.set_exception(error)
        # Called in a thread of Ray, which must not wait.
        answer.add_done_callback(lambda done: self._owner.post(functools.partial(then, done)))

    def note_error(self, state: NodeState, error: Exception) -> str:
        """Update a node after an error of Ray; return the error's text."""
        why = _brief(error)
        if self.states.get(state.actor.node) is state and not self._frozen:
            unavailable = isinstance(error, self._ray.exceptions.ActorUnavailableError)
            if isinstance(error, self._ray.exceptions.RayActorError) and not unavailable:
                self.leave(state, why)
                self._actors.give_up(state.actor, again=True)
            else:
                self.doubt(state, why)
        return why

    def doubt(self, state: NodeState, why: str) -> None:
        """Give a node no requests until it has greeted again."""
        now = time.monotonic()
        if not state.serving and (state.asked or state.greet_at > now):
            return  # an earlier request failed later: no new information
        state.serving = False
        state.failures += 1
        state.greet_at = now + backoff_s(state.failures)
        self._trouble(state, why)

    def leave(self, state: NodeState, why: str) -> None:
        """Remove a node."""
        del self.states[state.actor.node]
        self._left.add(state.actor)
        state.serving = False
        self._trouble(state, why)
        self._owner.lost(state, why)

    def _greeted(self, state: NodeState, answer: "Future[str]") -> None:
        state.asked = False
        if self.states.get(state.actor.node) is not state or self._frozen:
            return
        try:
            greeting = load_greeting(answer.result())
        except NodeError as error:
            self.doubt(state, str(error))
        except Exception as error:  # noqa: BLE001  # Ray's errors have no common base
            self.note_error(state, error)
        else:
            self.admission.present(state.actor, greeting)
            state.greet_at = float("inf")  # until it is decided
        self._admit()

    def _admit(self) -> None:
        """Admit or refuse nodes, as soon as the expected fingerprint is known."""
        untried = any(state.asked and not state.failures for state in self.states.values())
        patient = time.monotonic() <= self._patience_until
        for actor, refusal in self.admission.decide(may_elect=not (untried and patient)):
            state = self.states.get(actor.node)
            if state is None or state.actor is not actor:
                continue
            if refusal is None:
                state.serving, state.failures, state.greet_at = True, 0, 0.0
                self.troubles.pop(actor.node, None)
                self._event(logging.INFO, "node_joined", actor, workers=actor.workers)
            else:
                self.leave(state, refusal)
                self._actors.give_up(actor, again=False)
        if not (untried and patient):
            self.settled.set()
        self._owner.joined()

    def _trouble(self, state: NodeState, why: str) -> None:
        self.troubles[state.actor.node] = why
        if not self._frozen:
            self._event(logging.WARNING, "node_lost", state.actor, reason=why)

    def _event(self, level: int, name: str, actor: ActorRef, **fields: object) -> None:
        event(_LOG, level, name, pool=self._config.name, node=actor.node, **fields)


def _brief(error: Exception) -> str:
    """Return a short form of Ray's long texts: the kind of error, its beginning and its end."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = " ".join([*lines[:1], *lines[-1:]] if len(lines) > 1 else lines)
    return f"{type(error).__name__}: {text}"[:600]
