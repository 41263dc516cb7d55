"""Greetings of nodes, and what a cluster's pool adds to the reports of a local one."""

from pydantic import Field

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
