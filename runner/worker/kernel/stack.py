"""The C stack: its size, and how deep the interpreter may recurse on it.

A recursion that passes through C (``lru_cache``, ``map``, the key of ``sorted``) needs C stack at
each level. CPython 3.12 and 3.13 count these levels and stop at a number that suits a
stack of 8 MiB, however large the stack is; 3.11 has no such count, and 3.14 looks at the stack.
"""

import ctypes
import resource
import sys

#: Stack of a main thread on most machines, and default of other threads, in bytes. CPython's limit
#: of C levels is made for it.
USUAL_BYTES = 8 * 1024 * 1024
#: Stack of the main thread here, and maximum of other threads, in bytes. The cheapest of these
#: recursions needs 0.5 KiB a level, the usual ones 1 KiB.
DEEP_BYTES = 64 * 1024 * 1024

#: An unusual recursion limit, by which the field is found in a thread's state.
_MARK = 12_347
_STATE_WORDS = 64
#: Plausible values of CPython's count of C levels.
_LEAST_LEVELS, _MOST_LEVELS = 500, 100_000


def fix() -> None:
    """Fix the stack sizes for the next exec: the default of threads, and the main one's bound."""
    _, most = resource.getrlimit(resource.RLIMIT_STACK)
    if most == resource.RLIM_INFINITY or most >= DEEP_BYTES:
        most = DEEP_BYTES
    resource.setrlimit(resource.RLIMIT_STACK, (min(USUAL_BYTES, most), most))


def deepen() -> None:
    """Raise the main thread's stack to its hard limit.

    Other threads keep their default, which the C library has chosen at exec.
    """
    _, most = resource.getrlimit(resource.RLIMIT_STACK)
    resource.setrlimit(resource.RLIMIT_STACK, (most, most))
    allow_levels(most)


def allow_levels(stack_bytes: int) -> None:
    """Scale the calling thread's C levels to its stack; call it once, when a thread starts.

    Args:
        stack_bytes: The size of the stack; 0 for the usual one.
    """
    if _levels_at is not None and stack_bytes not in (0, USUAL_BYTES):
        levels = ctypes.c_int.from_address(_state() + _levels_at)
        levels.value = levels.value * min(stack_bytes, DEEP_BYTES) // USUAL_BYTES


def _state() -> int:
    return int(_get_state())


_get_state = ctypes.pythonapi.PyThreadState_Get
_get_state.restype = ctypes.c_void_p


def _find_levels() -> int | None:
    """Return the offset of the C levels left in a thread's state; None without such a field.

    The field follows the recursion limit, which is set to ``_MARK`` for the search.
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
