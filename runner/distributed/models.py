"""Greetings of nodes, and what a cluster's pool adds to the reports of a local one."""

from collections.abc import Mapping

from pydantic import Field

from runner import fingerprint
from runner.models import HealthReport, Model, PoolStats, StageTimes


class Greeting(Model):
    """The handshake of a node, before its first request.

    Attributes:
        fingerprint: Of its sandboxes.
        parts: Values that make up the fingerprint or explain it, by readable name.
    """

    fingerprint: str
    parts: dict[str, str]


class RayPoolStats(PoolStats):
    """Counters of this client, and gauges summed up over all nodes.

    The quantiles of a stage are those of the slowest node. ``waiting`` includes the requests that
    wait here for a node with room.

    Attributes:
        nodes: Id of each node that serves, and the statistics of its pool.
        troubles: Id of each node that does not serve, and why.
    """

    stages: dict[str, StageTimes]
    nodes: dict[str, PoolStats] = Field(default_factory=dict)
    troubles: dict[str, str] = Field(default_factory=dict)


class RayHealthReport(HealthReport):
    """The nodes' own health reports, summed up; healthy if every node is.

    Attributes:
        nodes: Id of each node that serves, and its report.
        troubles: Id of each node that does not serve, and why.
    """

    nodes: dict[str, HealthReport] = Field(default_factory=dict)
    troubles: dict[str, str] = Field(default_factory=dict)


def explain_difference(theirs: Greeting, expected: str, ours: Mapping[str, str]) -> str:
    """Return in which parts a node's fingerprint differs from the expected one, and the remedy.

    Args:
        theirs: The node's greeting.
        expected: The fingerprint it should have.
        ours: The parts behind that one, as far as known.
    """
    names = sorted(ours.keys() | theirs.parts.keys())
    different = [
        f"{name} is {theirs.parts.get(name, 'unknown')}, not {ours.get(name, 'unknown')}"
        for name in names
        if ours and theirs.parts.get(name) != ours.get(name)
    ]
    parts = fingerprint.explain_difference(theirs.fingerprint, expected, {})
    seen = "; ".join(["", *different])
    return (
        f"its fingerprint is {theirs.fingerprint}, not {expected}: different: {parts}{seen}."
        " Install the same release of sandbox-runner and the same image on all nodes"
    )
