"""Closes the sandboxes of a pool that was not shut down: dropped, or alive at exit."""

import atexit
import contextlib
import os
import threading
import time
import weakref
from collections.abc import Callable

from runner.pool.manager import SandboxManager

#: What has to be closed when the interpreter exits.
_open_sandboxes: "weakref.WeakSet[SandboxManager]" = weakref.WeakSet()


def close_after(owner: object, sandboxes: SandboxManager, stop: Callable[[], object]) -> None:
    """Close the sandboxes when their owner is collected, or else when the interpreter exits.

    Args:
        owner: The owner of the sandboxes.
        sandboxes: What to close.
        stop: Called before, if the owner is collected; must not refer to it.
    """
    _open_sandboxes.add(sandboxes)
    # Not at exit, where _close_at_exit waits: a finalizer must not, since any lock may be held.
    weakref.finalize(owner, _close_soon, sandboxes, stop, os.getpid()).atexit = False


def _close_soon(sandboxes: SandboxManager, stop: Callable[[], object], pid: int) -> None:
    if os.getpid() != pid:
        return

    def close() -> None:
        stop()
        sandboxes.close(time.monotonic())

    closing = threading.Thread(target=close, daemon=True)
    # No thread can be started while the interpreter exits; then _close_at_exit does it.
    with contextlib.suppress(RuntimeError):
        closing.start()


@atexit.register
def _close_at_exit() -> None:
    for sandboxes in list(_open_sandboxes):
        sandboxes.close(time.monotonic())


os.register_at_fork(after_in_child=_open_sandboxes.clear)
