"""The same pool on a Ray cluster: one local pool per node, one object that feeds them all.

    RayPool ── Dispatcher ──► actor on node A: NodePool ── Pool ──► sandboxes
        ▲          │    └───► actor on node B: NodePool ── Pool ──► sandboxes
     caller        └── NodeDiscovery: the nodes that exist, and an actor on each

Ray places the actors, restarts them, and tells when a node is gone. This package decides which
node takes which request, how many it may hold, and what a lost one means for a verdict. Only JSON
travels. How far this carries, and what it costs: ``CAPACITY.md`` in this directory.
"""

from runner.distributed.models import RayHealthReport, RayPoolStats
from runner.distributed.pool import RayPool

__all__ = ["RayHealthReport", "RayPool", "RayPoolStats"]
