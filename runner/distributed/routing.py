"""Chooses the node for the next request. Independent of Ray."""

import dataclasses
from collections.abc import Collection, Iterable, Mapping
from typing import Any

#: Requests that a node may hold per worker: one that runs, and one that is ready when it ends, so
#: that no worker waits for the network. More could not go to another node that is free.
IN_FLIGHT_PER_WORKER = 2
#: Name of Ray's custom resource; a node offers as many workers as it has of it.
RESOURCE = "sandbox"
#: Most workers that a pool accepts.
MOST_WORKERS = 1024


@dataclasses.dataclass(frozen=True, eq=False)
class ActorRef:
    """An actor on a node; compared by identity: a node may get another actor.

    Attributes:
        node: Id of the node.
        workers: Sandboxes that its pool may lease at the same time.
        handle: Ray's handle of the actor.
    """

    node: str
    workers: int
    handle: Any


@dataclasses.dataclass(eq=False)
class NodeState:
    """State of a node, as a client sees it.

    Attributes:
        actor: The actor on it.
        serving: Whether the node has greeted and may be given requests.
        asked: Whether a greeting is under way.
        greet_at: When to ask for the next greeting.
        failures: Greetings in a row that failed.
        in_flight: The requests that the node has.
    """

    actor: ActorRef
    serving: bool = False
    asked: bool = False
    greet_at: float = 0.0
    failures: int = 0
    in_flight: set[Any] = dataclasses.field(default_factory=set)

    @property
    def has_room(self) -> bool:
        """Whether it may be given another request."""
        return self.serving and len(self.in_flight) < self.actor.workers * IN_FLIGHT_PER_WORKER


def choose(states: Iterable[NodeState], tried: Collection[str]) -> NodeState | None:
    """Return the least loaded node with room, rather one that has not tried; None if all are full.

    A node that has tried is chosen only if no other one serves.
    """
    best: dict[bool, tuple[float, NodeState]] = {}
    others_serve = False
    for state in states:  # in one pass: with a thousand nodes this dominates the cost of a request
        if not state.serving:
            continue
        again = state.actor.node in tried
        others_serve = others_serve or not again
        load = len(state.in_flight) / state.actor.workers
        if load < IN_FLIGHT_PER_WORKER and (again not in best or load < best[again][0]):
            best[again] = load, state
    found = best.get(not others_serve)
    return found[1] if found else None


def workers_per_node(
    nodes: Iterable[Mapping[str, Any]], *, wanted: int | None, memory_bytes: int
) -> dict[str, int]:
    """Return the number of workers of each node; nodes without workers are left out.

    Nodes offer their amount of the resource ``sandbox``. If no node of the cluster has it, each
    offers one worker per CPU, as far as its memory allows.

    Args:
        nodes: The result of ``ray.nodes()``.
        wanted: Workers per node that the caller asked for; None for as many as are offered.
        memory_bytes: Memory limit of one worker, in bytes.
    """
    resources = {node["NodeID"]: node["Resources"] for node in nodes if node["Alive"]}
    declared = any(RESOURCE in resource for resource in resources.values())
    offers = {
        node: int(resource.get(RESOURCE, 0)) if declared else _by_size(resource, memory_bytes)
        for node, resource in resources.items()
    }
    most = min(wanted or MOST_WORKERS, MOST_WORKERS)
    if wanted is not None and not declared:
        return dict.fromkeys((node for node, offer in offers.items() if offer >= 1), most)
    return {node: min(offer, most) for node, offer in offers.items() if offer >= 1}


def _by_size(resource: Mapping[str, float], memory_bytes: int) -> int:
    return int(min(resource.get("CPU", 0), resource.get("memory", 0) // memory_bytes))
