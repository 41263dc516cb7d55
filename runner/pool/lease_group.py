"""The leases of one caller: a ``with`` block for each, and one ``close`` after the last.

An interrupt (``KeyboardInterrupt``) may come before the first instruction of any function, for
example when a ``with`` block returns its sandbox. ``close`` returns what is left then.
"""

import contextlib
from collections.abc import Iterator

from runner.errors import BackendError
from runner.pool.leases import Lease
from runner.pool.manager import SandboxManager
from runner.sandbox.sandbox import Sandbox

#: Dead sandboxes in a row after which a lease fails with an error.
MOST_DEAD = 10


class LeaseGroup:
    """The leases of one caller. Not thread-safe.

    Args:
        manager: The manager of the sandboxes.
    """

    def __init__(self, manager: SandboxManager) -> None:
        self._manager = manager
        self._open: list[Lease] = []

    @contextlib.contextmanager
    def lease(self, deadline: float | None) -> Iterator[Sandbox]:
        """Lease a sandbox for the time of a ``with`` block; wait for one until the deadline.

        The sandbox is destroyed afterwards if the block raised or the sandbox is in doubt.

        Raises:
            PoolTimeoutError: None became free before the deadline.
            PoolClosedError: The pool is shut down, or was while this waited.
            BackendError: There is no sandbox, and none can be started.
        """
        lease, sandbox = self._claim(deadline)
        try:
            yield sandbox
            lease.keep = self._manager.may_be_kept(sandbox)
        finally:
            self._end(lease)

    def close(self) -> None:
        """End the leases that are left."""
        for lease in list(self._open):
            self._end(lease)

    def _claim(self, deadline: float | None) -> tuple[Lease, Sandbox]:
        for looked in range(MOST_DEAD):
            lease = Lease()
            self._open.append(lease)
            sandbox = self._manager.claim(lease, deadline, first=looked > 0)
            # It may have died a moment ago; the check costs a microsecond.
            if sandbox.reusable and not sandbox.at_eof():
                return lease, sandbox
            self._manager.note_death(sandbox)
            self._end(lease)
        raise too_many_dead(self._manager.name)

    def _end(self, lease: Lease) -> None:
        if lease in self._open:
            self._manager.end(lease)
            self._open.remove(lease)  # last, so that an interrupted end is repeated


def too_many_dead(pool: str) -> BackendError:
    """Return the error for too many dead sandboxes in a row."""
    return BackendError(
        f"pool {pool!r}: sandboxes die as soon as they are idle; `runner doctor` starts one and"
        " shows what is missing"
    )
