"""Gives requests to nodes, and turns answers and losses into results.

One thread owns the state here, and other threads post tasks to it, so there is no lock. That thread
never waits for Ray.

A node never gets more requests than it has room for. The others wait here, in order, for the least
loaded node. If a node dies, each of its requests has one failed attempt, and the next attempt is
made on another node.
"""

import functools
import itertools
import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any, NamedTuple

from runner.config import PoolConfig
from runner.distributed.node_messages import NodeError, load_answer
from runner.distributed.nodes import Nodes
from runner.distributed.placement import CONTROL, Actors, NodeDiscovery
from runner.distributed.routed_request import RoutedRequest
from runner.distributed.routing import ActorRef, NodeState, choose
from runner.distributed.serial_executor import SerialExecutor
from runner.errors import PoolClosedError, PoolTimeoutError, RunnerError
from runner.models import Cause, ExecutionResult, ExecutionStatus
from runner.pool.metrics import Metrics
from runner.sandbox.loss import Loss
from runner.verdicts import Context, classify_attempt, combine_attempts

#: Seconds that nodes may take to clean up after the last request, before they are killed.
_CLEANUP_S = 10.0
#: The trouble of a node that has not answered.
_SILENT = (
    "its actor has not answered yet: it is slow to start (start_timeout_s), or has no place, as a"
    " pool takes all of a node's resource 'sandbox': use one pool per cluster, and pass it to tasks"
    " and actors"
)


class _Flight(NamedTuple):
    """A request that was given to a node."""

    number: int
    routed: RoutedRequest
    began_at: float
    waited_s: float


class Survey(NamedTuple):
    """The state at one moment.

    Attributes:
        serving: Actors of the nodes that serve.
        troubles: Why other nodes do not serve, by node.
        waiting: Number of requests that were not given to a node.
        fingerprint: Fingerprint of this pool; empty before the first greeting.
    """

    serving: tuple[ActorRef, ...]
    troubles: Mapping[str, str]
    waiting: int
    fingerprint: str


class Dispatcher:
    """The thread that owns all requests of one client.

    Args:
        config: Settings of the nodes' pools.
        actors: Source of the nodes' actors.
        expect: The only acceptable fingerprint; None for that of most workers at the start.
        metrics: Counters of the client.
    """

    def __init__(
        self, config: PoolConfig, actors: Actors, *, expect: str | None, metrics: Metrics
    ) -> None:
        self._config = config
        self._actors = actors
        self._metrics = metrics
        self._nodes = Nodes(config, actors, expect=expect, owner=self)
        self._pending: deque[RoutedRequest] = deque()
        self._serial = itertools.count()
        self._served_at = time.monotonic()
        self._closing_at: float | None = None
        self._ending: set[ActorRef] = set()
        self._executor = SerialExecutor(f"{config.name}-dispatch", self._tick)
        self._executor.start()
        self._discovery = NodeDiscovery(actors, self._note_nodes, name=f"{config.name}-discovery")

    def take(self, routed: RoutedRequest) -> None:
        """Queue a request, whose future gets the outcome. Any thread may call this."""
        self.post(functools.partial(self._take, routed))

    def wait_until_settled(self, timeout_s: float) -> None:
        """Wait until each of the first nodes serves or has failed. Any thread may call this."""
        self._nodes.settled.wait(timeout_s)

    def survey(self, timeout_s: float) -> Survey:
        """Return the state; empty after the end. Any thread may call this."""
        future: Future[Survey] = Future()
        self.post(lambda: future.set_result(self._survey()))
        try:
            return future.result(timeout_s)
        except TimeoutError:
            return Survey((), {}, 0, "")

    def call(self, actor: ActorRef, method: str, *arguments: Any) -> "Future[Any]":
        """Call an actor's method other than ``execute``. Any thread may call this."""
        answer: Future[Any] = Future()
        self._nodes.call(
            actor, CONTROL, method, *arguments, then=functools.partial(_copy, into=answer)
        )
        return answer

    def begin_to_close(self, deadline: float) -> None:
        """Like ``close``, but does not wait."""
        self.post(functools.partial(self._close, deadline))

    def close(self, deadline: float) -> None:
        """Finish requests until the deadline, then end; blocks. Any thread may call this."""
        self.begin_to_close(deadline)
        self._executor.join(max(0.0, deadline - time.monotonic()) + 2 * _CLEANUP_S)
        self._discovery.join(_CLEANUP_S)

    # Callbacks of ``Nodes``.

    def post(self, task: Callable[[], None]) -> None:
        """Run a task in this thread. Any thread may call this."""
        self._executor.post(task)

    def lost(self, state: NodeState, why: str) -> None:
        """Repeat a node's unfinished requests on other nodes."""
        for flight in sorted(state.in_flight, reverse=True):
            self._lose(state, flight, why)
        self._dispatch()

    def joined(self) -> None:
        """Dispatch waiting requests."""
        self._dispatch()

    # The life of the thread.

    def _note_nodes(self, actors: Mapping[str, ActorRef | None]) -> None:
        self.post(functools.partial(self._nodes.update, actors))

    def _survey(self) -> Survey:
        serving = tuple(state.actor for state in self._nodes.serving())
        others = [state.actor.node for state in self._nodes.states.values() if not state.serving]
        troubles = {**dict.fromkeys(others, _SILENT), **self._nodes.troubles}
        fingerprint = self._nodes.admission.expected or ""
        return Survey(serving, troubles, len(self._pending), fingerprint)

    def _tick(self) -> bool:
        """Do periodic work; return False to end the thread."""
        now = time.monotonic()
        if self._closing_at is not None:
            return not self._is_over(now)
        self._nodes.tick()
        if self._nodes.serving():
            self._served_at = now
        self._give_up(now)
        return True

    def _close(self, deadline: float) -> None:
        self._closing_at = deadline
        self._discovery.stop()
        while self._pending:
            self._refuse(self._pending.popleft())
        states = self._nodes.freeze()
        if self._actors.owned:
            left_s = max(0.0, deadline - time.monotonic())
            for actor in [state.actor for state in states]:
                self._ending.add(actor)
                ended = functools.partial(self._ended, actor)
                self._nodes.call(actor, CONTROL, "shutdown", left_s, then=ended)

    def _ended(self, actor: ActorRef, _answer: "Future[None]") -> None:
        self._ending.discard(actor)

    def _is_over(self, now: float) -> bool:
        assert self._closing_at is not None, "asked only then"
        states = list(self._nodes.states.values())
        busy = [state for state in states if state.in_flight]
        slack_s = _CLEANUP_S if self._actors.owned else 0.0
        waits = (busy or self._ending) and self._nodes.is_connected()
        if waits and now < self._closing_at + slack_s:
            return False
        for state in busy:
            self.lost(state, "the pool was shut down")
        self._actors.close()
        return True

    # Requests.

    def _take(self, routed: RoutedRequest) -> None:
        if self._closing_at is not None:
            self._refuse(routed)
            return
        self._metrics.count("requests")
        self._pending.append(routed)
        self._dispatch()

    def _refuse(self, routed: RoutedRequest) -> None:
        if routed.results:
            self._finish(routed)  # it has run, and keeps its last result
        else:
            _fail(routed, PoolClosedError.of(self._config.name))

    def _dispatch(self) -> None:
        """Dispatch waiting requests, as far as nodes have room."""
        left: list[RoutedRequest] = []
        states = self._nodes.states.values()
        while self._pending and any(state.has_room for state in states):
            routed = self._pending.popleft()
            if (state := choose(states, routed.tried)) is None:
                left.append(routed)  # its own nodes are full, others are not
            elif routed.tried or routed.future.set_running_or_notify_cancel():
                self._send(routed, state)
        self._pending.extendleft(reversed(left))

    def _send(self, routed: RoutedRequest, state: NodeState) -> None:
        now = time.monotonic()
        flight = _Flight(next(self._serial), routed, now, now - routed.waits_since)
        state.in_flight.add(flight)
        routed.tried.add(state.actor.node)
        attempts = routed.share(others=any(m is not state for m in self._nodes.serving()))
        arrived = functools.partial(self._arrived, state, flight)
        self._nodes.call(state.actor, None, "execute", routed.payload, attempts, then=arrived)

    def _arrived(self, state: NodeState, flight: _Flight, answer: "Future[str]") -> None:
        if flight not in state.in_flight:
            return  # it has ended before
        try:
            result = load_answer(answer.result())
        except PoolClosedError as error:
            if self._closing_at is None:
                self._lose(state, flight, str(error))
            else:  # it waited for a sandbox there, and never ran
                state.in_flight.discard(flight)
                self._refuse(flight.routed)
        except NodeError as error:
            self._lose(state, flight, str(error), Cause.ENGINE)
            self._nodes.doubt(state, str(error))
        except RunnerError as error:
            state.in_flight.discard(flight)
            _fail(flight.routed, error)
        except Exception as error:  # noqa: BLE001  # Ray's errors have no common base
            self._lose(state, flight, self._nodes.note_error(state, error))
        else:
            self._keep(state, flight, result)
        self._dispatch()

    def _keep(self, state: NodeState, flight: _Flight, result: ExecutionResult) -> None:
        if result.fingerprint not in ("", self._nodes.admission.expected):
            # An actor that Ray has restarted may run another release than before.
            why = f"its fingerprint has changed to {result.fingerprint}"
            self._lose(state, flight, why, Cause.ENGINE)
            self._nodes.doubt(state, why)
            return
        state.in_flight.discard(flight)
        if result.cause is Cause.ENGINE:
            self._nodes.doubt(state, result.error or "it cannot execute")
        queue_s = flight.waited_s + result.queue_s
        result = result.model_copy(update={"node": state.actor.node, "queue_s": queue_s})
        self._settle(flight.routed, result)

    def _lose(
        self, state: NodeState, flight: _Flight, why: str, cause: Cause = Cause.CONTAINER_LOST
    ) -> None:
        if flight not in state.in_flight:
            return
        state.in_flight.discard(flight)
        cause = cause if self._closing_at is None else Cause.SHUTDOWN
        wall_s = time.monotonic() - flight.began_at
        loss = Loss(cause, f"node {state.actor.node}: {why}", wall_s)
        lost = self._without_verdict(flight.routed, loss, flight.waited_s)
        self._settle(flight.routed, lost.model_copy(update={"node": state.actor.node}))

    def _settle(self, routed: RoutedRequest, result: ExecutionResult) -> None:
        """Deliver a result, or repeat the request on another node."""
        self._metrics.count("attempts", result.attempts)
        self._metrics.count("process_error_retry_count", result.attempts - 1)
        if routed.add(result) and self._closing_at is None:
            self._metrics.count("process_error_retry_count")
            routed.waits_since = time.monotonic()
            self._pending.appendleft(routed)
        else:
            self._finish(routed)

    def _finish(self, routed: RoutedRequest) -> None:
        result = routed.conclude()
        self._metrics.observe(queue=result.queue_s)
        if result.status is ExecutionStatus.PROCESS_ERROR:
            self._metrics.count("process_error_final_failure_count")
        routed.future.set_result(result)

    def _give_up(self, now: float) -> None:
        """End requests that have waited too long."""
        longest_s = self._config.lease_timeout_s
        deserted = now - self._served_at > self._config.start_timeout_s
        if longest_s is None and not deserted:
            return
        for routed in list(self._pending):
            waited_s = now - routed.waits_since
            if deserted:
                why = f"no node has served for {self._config.start_timeout_s:g} s (start_timeout_s)"
            elif waited_s > (longest_s or 0):
                why = f"no node had room within {longest_s:g} s (lease_timeout_s)"
            else:
                continue
            self._pending.remove(routed)
            if not deserted and not routed.results:
                _fail(routed, PoolTimeoutError(f"pool {self._config.name!r}: {why}"))
            elif routed.tried or routed.future.set_running_or_notify_cancel():
                routed.add(
                    self._without_verdict(routed, Loss(Cause.ENGINE, why, waited_s), waited_s)
                )
                self._finish(routed)

    def _without_verdict(
        self, routed: RoutedRequest, loss: Loss, queue_s: float
    ) -> ExecutionResult:
        context = Context(
            backend=self._config.backend,
            fingerprint=self._nodes.admission.expected or "",
            determinism=self._config.determinism,
            queue_s=queue_s,
            others_lived=False,  # a lost machine says nothing about the code
        )
        return combine_attempts(
            routed.request, [classify_attempt(routed.request, loss, "")], context
        )


def _fail(routed: RoutedRequest, error: RunnerError) -> None:
    """Deliver an error, unless the future was cancelled."""
    if routed.tried or routed.future.set_running_or_notify_cancel():
        routed.future.set_exception(error)


def _copy(answer: "Future[Any]", *, into: "Future[Any]") -> None:
    if (error := answer.exception()) is not None:
        into.set_exception(error)
    else:
        into.set_result(answer.result())
