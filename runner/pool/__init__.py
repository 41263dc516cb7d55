"""Executes requests in warm sandboxes: queues them, leases a sandbox for each, and retries."""

from runner.pool.pool import Pool

__all__ = ["Pool"]
