"""Functions of packages that read a file with a pickle: the solution's process reads it."""

import contextlib
import importlib
import os
from collections.abc import Iterable
from typing import Any

from ...boundary.shared_globals import is_of_package
from ..evaluation.elsewhere import evaluate
from ..trust.guard import GuardedSession
from .replacing import replaced

#: Package and function, by the name that a test with it has.
_READERS = {"joblib": ("joblib", "load"), "read_pickle": ("pandas", "read_pickle")}
#: The names by which a test with one of these is recognised.
NAMES = frozenset(_READERS)


def lent(session: GuardedSession, names: Iterable[str]) -> contextlib.AbstractContextManager[None]:
    """Return a context manager in which such functions read in the solution's process.

    Args:
        session: Leads to the solution.
        names: Those of ``NAMES`` that the test has.
    """
    found = []
    for package, name in (_READERS[each] for each in names):
        if is_of_package(package):
            owner = importlib.import_module(package)
            found.append((owner, name, _by_path(session, package, getattr(owner, name))))
    return replaced(*found)


def _by_path(session: GuardedSession, package: str, real: Any) -> Any:
    """Return a function that reads a file with a pickle in the solution's process."""

    def function(source: Any, *args: Any, **named: Any) -> Any:
        if not isinstance(source, str | os.PathLike):
            return real(source, *args, **named)
        text = f"package.{real.__name__}(path, *args, **named)"
        values = {"path": os.fspath(source), "args": args, "named": named}
        return evaluate(session, text, {"package": package}, values)

    function.__name__ = function.__qualname__ = real.__name__
    return function
