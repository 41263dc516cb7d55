"""Requests of programs for deep recursion: a thread with a large stack, or a higher stack limit.

Python's own frames are not on the C stack, so such a program needs far less than it asks for. Every
request succeeds, and the program gets ``stack.DEEP_BYTES``.
"""

import _thread
import resource
import threading
from typing import Any

from ..kernel import process, stack

_real_stack_size = threading.stack_size
_real_bootstrap = threading.Thread._bootstrap  # type: ignore[attr-defined]
_real_setrlimit = resource.setrlimit
_real_getrlimit = resource.getrlimit

#: What the solution has asked for; None where it has not asked.
_asked_bytes: int | None = None
_asked_limits: tuple[int, int] | None = None


def _stack_size(size: int = 0, /) -> int:
    """Return the size of the stack of new threads, in bytes, and set it; 0 is the usual size."""
    global _asked_bytes
    before = _real_stack_size(min(size, stack.DEEP_BYTES))
    before, _asked_bytes = before if _asked_bytes is None else _asked_bytes, size
    if size > stack.USUAL_BYTES:
        process.make_room_for_stack()
        threading.Thread._bootstrap = _deep_bootstrap  # type: ignore[attr-defined]
    return before


def _deep_bootstrap(thread: threading.Thread) -> None:
    """Run a thread; ``Thread.start`` returns after this has looked at the size of its stack."""
    stack.allow_levels(_asked_bytes or 0)
    _real_bootstrap(thread)


def _setrlimit(kind: int, limits: Any, /) -> None:
    """Set a limit of this process; the stack already has its maximum."""
    global _asked_limits
    if kind != resource.RLIMIT_STACK:
        _real_setrlimit(kind, limits)
        return
    soft, most = limits
    _asked_limits = int(soft), int(most)


def _getrlimit(kind: int, /) -> tuple[int, int]:
    """Return a limit of this process."""
    if kind == resource.RLIMIT_STACK and _asked_limits is not None:
        return _asked_limits
    return _real_getrlimit(kind)


def install() -> None:
    """Put these in place of the standard library's, in this process and all that it forks."""
    threading.stack_size = _thread.stack_size = _stack_size
    resource.setrlimit, resource.getrlimit = _setrlimit, _getrlimit
