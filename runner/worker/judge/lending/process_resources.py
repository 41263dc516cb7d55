"""What a test reads of its process: threads, tasks, memory, CPU time, objects, settings.

The solution uses those of its own process, so a test does not see them (``active_count()`` after a
call that has left a thread). A pass of a test that reads them counts as ``objects``. Settings
(``getcontext()``) count once the test has used the solution, which may have changed its own.
"""

import contextlib
import functools
import importlib
import sys
from collections.abc import Callable
from typing import Any

from ...boundary import proxy_methods
from ...boundary.structure.special_names import is_of_program
from ..evaluation.elsewhere import evaluate
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

_SETTINGS = {
    "decimal": "getcontext",
    "gc": "get_threshold isenabled",
    "locale": "getlocale localeconv setlocale",
    "random": "getstate",
    "signal": "getsignal",
    "socket": "getdefaulttimeout",
    "sys": "get_int_max_str_digits getprofile getrecursionlimit getswitchinterval gettrace",
}
_SIZE = "getsizeof"

#: The names by which a test is recognised that may read such resources.
NAMES = frozenset(" ".join([*_FUNCTIONS.values(), *_SETTINGS.values(), _SIZE]).split())


def lent(
    session: GuardedSession, mentioned: frozenset[str]
) -> contextlib.AbstractContextManager[None]:
    """Return a context manager in which it counts that a test reads such resources.

    Args:
        session: Leads to the solution.
        mentioned: The names of attributes and of what is imported, in the test and the setups.
    """

    def doubted(real: Callable[..., Any], *, always: bool) -> Callable[..., Any]:
        @functools.wraps(real)
        def function(*args: Any, **named: Any) -> Any:
            counts = always or session.ledger.touched
            session.ledger.objects |= counts and not is_of_program(sys._getframe(1))
            return real(*args, **named)

        return function

    places = [
        (importlib.import_module(module), name, table is _FUNCTIONS)
        for table in (_FUNCTIONS, _SETTINGS)
        for module, names in table.items()
        for name in mentioned.intersection(names.split())
    ]
    made = [(each, name, doubted(vars(each)[name], always=always)) for each, name, always in places]
    return replaced(*made, (sys, _SIZE, _size_asked(session)))


def _size_asked(session: GuardedSession) -> Callable[..., int]:
    """Return ``sys.getsizeof``, by which the solution's process measures its own objects."""
    real = sys.getsizeof

    def getsizeof(obj: Any, *default: Any) -> Any:
        if proxy_methods.number_in(session, obj) is None:
            return real(obj, *default)
        return evaluate(session, "sys.getsizeof(obj)", {"sys": "sys"}, {"obj": obj})

    return getsizeof
