"""What a test reads of the resources of its process: threads, tasks, memory, CPU time, objects.

The solution uses those of its own process, so a test does not see them (``active_count()`` after a
call that has left a thread). A pass of a test that reads them counts as ``objects``.
"""

import contextlib
import functools
import importlib
import sys
from collections.abc import Callable
from typing import Any

from ...boundary.structure.special_names import is_of_program
from ..trust.guard import GuardedSession
from .replacing import replaced

_FUNCTIONS = {
    "asyncio": "all_tasks",
    "gc": "get_objects get_count get_stats",
    "os": "times",
    "resource": "getrusage",
    "sys": "getallocatedblocks",
    "threading": "active_count enumerate",
    "time": "process_time process_time_ns thread_time thread_time_ns",
    "tracemalloc": "get_traced_memory take_snapshot",
}

#: The names by which a test is recognised that may read such resources.
NAMES = frozenset(" ".join(_FUNCTIONS.values()).split())


def lent(
    session: GuardedSession, mentioned: frozenset[str]
) -> contextlib.AbstractContextManager[None]:
    """Return a context manager in which it counts that a test reads such resources.

    Args:
        session: Leads to the solution.
        mentioned: The names of attributes and of what is imported, in the test and the setups.
    """

    def doubted(real: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(real)
        def function(*args: Any, **named: Any) -> Any:
            session.ledger.objects |= not is_of_program(sys._getframe(1))
            return real(*args, **named)

        return function

    places = [
        (importlib.import_module(module), name)
        for module, names in _FUNCTIONS.items()
        for name in mentioned.intersection(names.split())
    ]
    return replaced(*((each, name, doubted(vars(each)[name])) for each, name in places))
