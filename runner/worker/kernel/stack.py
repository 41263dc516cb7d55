"""The C stack: its size, and how deep the interpreter may recurse on it.

A recursion that passes through C (``lru_cache``, ``map``, the key of ``sorted``) needs C stack at
each level. CPython 3.12 and 3.13 count these levels and stop at a number that suits a
stack of 8 MiB, however large the stack is; 3.11 has no such count, and 3.14 looks at the stack.
"""

import ctypes
import resource
import sys

#: What a main thread has on most machines, and what a thread gets by default. CPython's count of C
#: levels is made for it.
USUAL_BYTES = 8 * 1024 * 1024
#: What the main thread has here, and the most that a thread gets. The cheapest of these recursions
#: needs 0.5 KiB a level, the usual ones 1 KiB.
DEEP_BYTES = 64 * 1024 * 1024

#: A recursion limit that no program sets, to be found in the state of a thread.
_MARK = 12_347
_STATE_WORDS = 64
#: What CPython's count of C levels may be.
_LEAST_LEVELS, _MOST_LEVELS = 500, 100_000


def fix() -> None:
    """Give threads, with the next exec, the same stack on every machine, and bound the main one."""
    _, most = resource.getrlimit(resource.RLIMIT_STACK)
    if most == resource.RLIM_INFINITY or most >= DEEP_BYTES:
        most = DEEP_BYTES
    resource.setrlimit(resource.RLIMIT_STACK, (min(USUAL_BYTES, most), most))


def deepen() -> None:
    """Let the main thread use all of the stack that it may have.

    The C library has chosen the default of other threads before: at exec.
    """
    _, most = resource.getrlimit(resource.RLIMIT_STACK)
    resource.setrlimit(resource.RLIMIT_STACK, (most, most))
    allow_levels(most)


def allow_levels(stack_bytes: int) -> None:
    """Let the calling thread, whose count is as CPython has begun it, use a stack of that size."""
    if _levels_at is not None and stack_bytes > USUAL_BYTES:
        levels = ctypes.c_int.from_address(_state() + _levels_at)
        levels.value = levels.value * min(stack_bytes, DEEP_BYTES) // USUAL_BYTES


def _state() -> int:
    return int(_get_state())


_get_state = ctypes.pythonapi.PyThreadState_Get
_get_state.restype = ctypes.c_void_p


def _find_levels() -> int | None:
    """Return where a thread's state has the number of C levels left, None if it has none.

    It lies behind the recursion limit, which can be set to something that is recognised.
    """
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(_MARK)
    words = (ctypes.c_int * _STATE_WORDS).from_address(_state())
    found = [at for at, word in enumerate(words) if word == _MARK]
    sys.setrecursionlimit(limit)
    if len(found) != 1 or sys.version_info[:2] not in ((3, 12), (3, 13)):
        return None
    at = found[0] + 1
    return at * 4 if _LEAST_LEVELS <= words[at] <= _MOST_LEVELS else None


_levels_at = _find_levels()
