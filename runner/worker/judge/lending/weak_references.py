"""Weak references of a test to objects of the solution: these live in the solution's process.

A proxy dies when the test drops it, also if the solution keeps the object. So ``ref`` in the text
of a test asks the solution's process, and ``gc.collect`` collects there, too. Callbacks and weak
collections follow the proxy, and count as ``objects``.
"""

import _weakrefset
import contextlib
import gc
import sys
import weakref
from collections.abc import Callable
from typing import Any

from ...boundary.ambient_state import FILES_OF_TESTS
from ..evaluation.elsewhere import evaluate
from ..trust.guard import GuardedSession
from ..trust.ledger import is_object
from .replacing import replaced

#: The name by which a test is recognised that may make weak references.
NAME = "weakref"


def lent(session: GuardedSession) -> contextlib.AbstractContextManager[None]:
    """Return a context manager in which weak references ask the solution's process."""

    def doubted(make: Callable[..., Any]) -> Callable[..., Any]:
        def function(obj: Any, *details: Any, **named: Any) -> Any:
            session.ledger.objects |= is_object(session, obj)
            return make(obj, *details, **named)

        return function

    class Type(type):
        def __call__(cls, obj: Any, *details: Any, **named: Any) -> Any:
            if cls is not ref:
                return doubted(super().__call__)(obj, *details, **named)
            is_of_test = sys._getframe(1).f_code.co_filename in FILES_OF_TESTS
            if is_of_test and not details and is_object(session, obj):
                return _Reference(session, obj)
            return real(obj, *details)

        def __instancecheck__(cls, obj: Any) -> bool:
            return isinstance(obj, weakref.ReferenceType | _Reference)

    def collect(*generation: int) -> int:
        found = real_collect(*generation)
        with session.ledger.learning_nothing():
            evaluate(session, "gc.collect()", {"gc": "gc"}, {})
        return found

    real_collect = gc.collect
    real = doubted(weakref.ref)
    ref = Type("ReferenceType", (weakref.ref,), {"__module__": NAME})
    return replaced(
        (weakref, "ref", ref),
        (_weakrefset, "ref", real),
        (gc, "collect", collect),
        *((weakref, name, doubted(getattr(weakref, name))) for name in ("KeyedRef", "proxy")),
    )


class _Reference:
    """A weak reference to an object of the solution."""

    def __init__(self, session: GuardedSession, obj: Any) -> None:
        self._session = session
        self._theirs = evaluate(session, "weakref.ref(obj)", {NAME: NAME}, {"obj": obj})

    # The solution's process has one weak reference of an object, so there is one proxy of it.

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Reference) and self._theirs is other._theirs

    def __hash__(self) -> int:
        return id(self._theirs)

    def __call__(self) -> Any:
        """Return the object, or None if the solution does not keep it."""
        text = "[gc.collect(), reference()][1]"
        return evaluate(self._session, text, {"gc": "gc"}, {"reference": self._theirs})
