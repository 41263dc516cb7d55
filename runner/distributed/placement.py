"""The actors of a cluster: their owner places one on every node, other clients look them up.

The only module that asks Ray to create, find or end actors. All methods are thread-safe; those that
ask Ray block until its head answers.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Mapping

from runner.config import PoolConfig
from runner.distributed.connection import load_ray
from runner.distributed.node import NodePool
from runner.distributed.routing import IN_FLIGHT_PER_WORKER, RESOURCE, ActorRef, workers_per_node
from runner.logs import event
from runner.pool.retry import backoff_s

_LOG = logging.getLogger(__name__)

#: Threads of an actor for greetings, statistics and checks, which must not wait for executions.
CONTROL = "control"
_CONTROL_THREADS = 4
#: Seconds between two looks, at least, and for each node: the head lists every node for every
#: client.
_LOOK_S, _LOOK_S_PER_NODE = 1.0, 0.01


class Placement:
    """Places actors, and owns them: they end when this process does.

    Args:
        config: Settings of the nodes' pools.
        pool_id: Id that distinguishes the actors from those of other pools.
        wanted: Workers per node; None for as many as the node offers.
    """

    owned = True

    def __init__(self, config: PoolConfig, pool_id: str, *, wanted: int | None) -> None:
        self._ray = load_ray()
        self._config = config
        self._pool_id = pool_id
        self._wanted = wanted
        self._lock = threading.Lock()
        self._actors: dict[str, ActorRef] = {}
        self._given_up: list[ActorRef] = []
        self._failures: dict[str, int] = {}
        self._due: dict[str, float] = {}
        self._placed = 0
        self._closed = False

    def look(self) -> Mapping[str, ActorRef | None]:
        """Place an actor on each node that has none, and give up the actors of lost nodes."""
        if not self._ray.is_initialized():
            return {}  # and asking would start a new Ray
        nodes = self._ray.nodes()
        offers = workers_per_node(
            nodes, wanted=self._wanted, memory_bytes=self._config.memory_bytes
        )
        declared = {node["NodeID"] for node in nodes if RESOURCE in node["Resources"]}
        now = time.monotonic()
        with self._lock:
            gone = [self._actors.pop(node) for node in self._actors.keys() - offers.keys()]
            gone += self._given_up
            self._given_up.clear()
            free = [] if self._closed else [node for node in offers if node not in self._actors]
            to_place = [node for node in free if self._due.get(node, 0) <= now]
        for actor in gone:
            self._end(actor)
        for node in to_place:
            self._settle(self._place(node, offers[node], reserve=node in declared))
        with self._lock:
            return {node: self._actors.get(node) for node in offers}

    def give_up(self, actor: ActorRef, *, again: bool) -> None:
        """End an actor; if ``again``, a new one is placed a little later.

        Does not wait for Ray: the next ``look`` does it.
        """
        with self._lock:
            if self._actors.get(actor.node) is not actor:
                return
            self._given_up.append(self._actors.pop(actor.node))
            failures = self._failures[actor.node] = self._failures.get(actor.node, 0) + 1
            delay_s = backoff_s(failures) if again else float("inf")
            self._due[actor.node] = time.monotonic() + delay_s

    def close(self) -> None:
        """End all actors."""
        with self._lock:
            self._closed = True
            actors = [*self._actors.values(), *self._given_up]
            self._actors.clear()
            self._given_up.clear()
        for actor in actors:
            self._end(actor)

    def _settle(self, actor: ActorRef) -> None:
        """Keep a new actor, or end it if this was closed meanwhile."""
        with self._lock:
            if not self._closed:
                self._actors[actor.node] = actor
                return
        self._end(actor)

    def _place(self, node: str, workers: int, *, reserve: bool) -> ActorRef:
        self._placed += 1
        config = self._config.model_copy(update={"workers": workers})
        # The number of workers is in the name for clients that only look it up.
        name = f"{self._pool_id}:{node}:{workers}:{self._placed}"
        affinity = self._ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy
        make = self._ray.remote(
            num_cpus=0,  # sandboxes are containers outside of Ray's resources
            resources={RESOURCE: workers} if reserve else {},
            concurrency_groups={CONTROL: _CONTROL_THREADS},
        )(NodePool)
        actor = make.options(
            name=name,
            max_restarts=-1,
            max_concurrency=workers * IN_FLIGHT_PER_WORKER,
            scheduling_strategy=affinity(node, soft=False),
        ).remote(config.to_json())
        return ActorRef(node, workers, actor)

    def _end(self, actor: ActorRef) -> None:
        if not self._ray.is_initialized():
            return
        with contextlib.suppress(self._ray.exceptions.RayError, ValueError):  # it is dead already
            self._ray.kill(actor.handle, no_restart=True)


class ActorDirectory:
    """Finds the actors that another process owns.

    Args:
        pool_id: Id of the owner's pool.
    """

    owned = False

    def __init__(self, pool_id: str) -> None:
        self._ray = load_ray()
        self._pool_id = pool_id
        self._lock = threading.Lock()
        self._known: dict[str, ActorRef] = {}
        self._left: set[str] = set()

    def look(self) -> Mapping[str, ActorRef | None]:
        """Look up the existing actors."""
        if not self._ray.is_initialized():
            return {}
        prefix = f"{self._pool_id}:"
        names = {n for n in self._ray.util.list_named_actors() if n.startswith(prefix)}
        with self._lock:
            for name in self._known.keys() - names:
                del self._known[name]
            for name in names - self._known.keys() - self._left:
                with contextlib.suppress(ValueError):  # it has ended meanwhile
                    _, node, workers, _ = name.rsplit(":", 3)
                    self._known[name] = ActorRef(node, int(workers), self._ray.get_actor(name))
            return {actor.node: actor for actor in self._known.values()}

    def give_up(self, actor: ActorRef, *, again: bool) -> None:  # noqa: ARG002  # the owner decides
        """Forget an actor. Its owner replaces it, under another name."""
        with self._lock:
            for name in [name for name, known in self._known.items() if known is actor]:
                del self._known[name]
                self._left.add(name)

    def close(self) -> None:
        """Do nothing: nothing is owned."""


#: The actors of one pool, which end with this client if they are owned.
Actors = Placement | ActorDirectory


class NodeDiscovery:
    """A thread that looks for nodes every second, less often in large clusters.

    Args:
        actors: Where to look.
        tell: Called in the thread with the actor of each node.
        name: The thread's name.
    """

    def __init__(
        self,
        actors: Actors,
        tell: Callable[[Mapping[str, ActorRef | None]], None],
        *,
        name: str,
    ) -> None:
        self._actors = actors
        self._tell = tell
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop looking. Does not wait."""
        self._stopped.set()

    def join(self, timeout_s: float) -> None:
        """Wait for the thread to end."""
        self._thread.join(timeout_s)

    def _run(self) -> None:
        while not self._stopped.is_set():
            pause_s = _LOOK_S
            try:
                actors = self._actors.look()
                pause_s = max(pause_s, len(actors) * _LOOK_S_PER_NODE)
                self._tell(actors)
            except Exception as error:  # noqa: BLE001  # Ray's head may be unavailable for a while
                event(
                    _LOG, logging.WARNING, "nodes_not_listed", thread=self._thread.name, error=error
                )
            self._stopped.wait(pause_s)
