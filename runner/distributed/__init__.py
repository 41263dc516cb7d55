"""The same pool on a Ray cluster: one local pool per node, one dispatcher for all.

    RayPool ── Dispatcher ──► actor on node A: NodePool ── Pool ──► sandboxes
        ▲          │    └───► actor on node B: NodePool ── Pool ──► sandboxes
     caller        └── NodeDiscovery: the nodes that exist, and an actor on each

Ray places the actors, restarts them, and reports lost nodes. This package decides which node gets
which request, how many it may hold, and how a lost node affects a verdict. All messages are JSON.
For limits and costs see ``CAPACITY.md`` in this directory.
"""

from runner.distributed.models import RayHealthReport, RayPoolStats
from runner.distributed.pool import RayPool

__all__ = ["RayHealthReport", "RayPool", "RayPoolStats"]
