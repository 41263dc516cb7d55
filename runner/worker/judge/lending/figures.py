"""Functions of ``matplotlib.pyplot`` that look up a figure: in a test, they find the solution's.

A test often asks what a solution has drawn: ``plt.gca().get_title()``. Each process has figures of
its own. So the functions ask the solution's process, if the module is loaded there and the test has
no figure of its own. A pass then rests on ``objects``. What draws or computes stays in the judge:
a test may compute with it what it expects.
"""

import contextlib
import importlib
from collections.abc import Callable
from typing import Any

from ...boundary import proxy_methods
from ...boundary.shared_globals import is_of_package
from ..evaluation.elsewhere import evaluate
from ..trust.guard import GuardedSession
from .replacing import replaced

_MODULE = "matplotlib.pyplot"
#: Of the current figure; they make one if there is none.
_CURRENT = ("gca", "gcf", "cla", "clf", "sca")
NAMES = frozenset((*_CURRENT, "close", "fignum_exists", "get_fignums", "get_figlabels"))
#: The names that tests have for the module; importing it takes a third of a second.
_FOR_MODULE = frozenset({"matplotlib", "plt", "pyplot"})


def concerns(words: frozenset[str], mentioned: frozenset[str]) -> bool:
    """Return True if a test may look up figures.

    Args:
        words: The names that it reads and what it imports.
        mentioned: The attributes that it reads.
    """
    return not (_FOR_MODULE.isdisjoint(words) or NAMES.isdisjoint(words | mentioned))


def lent(session: GuardedSession) -> contextlib.AbstractContextManager[None]:
    """Return a context manager in which the test finds the solution's figures.

    It does nothing where there is no such module.
    """
    if not is_of_package(_MODULE):
        return contextlib.nullcontext()
    pyplot = importlib.import_module(_MODULE)
    real = {name: getattr(pyplot, name) for name in NAMES}
    functions = _Figures(session, real).functions()
    return replaced(*((pyplot, name, function) for name, function in functions.items()))


class _Figures:
    """The figures of both processes."""

    def __init__(self, session: GuardedSession, real: dict[str, Callable[..., Any]]) -> None:
        self._session = session
        self._real = real

    def functions(self) -> dict[str, Callable[..., Any]]:
        """Return the functions that a test calls, by name."""
        made = {name: self._of_current(name) for name in _CURRENT}
        return made | {name: getattr(self, name) for name in NAMES - made.keys()}

    def _of_current(self, name: str) -> Callable[..., Any]:
        def function(*args: Any, **named: Any) -> Any:
            if not self._real["get_fignums"]() and self._are_there():
                return self._theirs(name, *args, **named)
            return self._real[name](*args, **named)

        function.__name__ = function.__qualname__ = name
        return function

    def get_fignums(self) -> list[int]:
        """Return the numbers of the figures."""
        return sorted({*self._real["get_fignums"](), *self._list_of_theirs("get_fignums", int)})

    def get_figlabels(self) -> list[str]:
        """Return the labels of the figures."""
        return [*self._real["get_figlabels"](), *self._list_of_theirs("get_figlabels", str)]

    def _list_of_theirs(self, name: str, kind: type) -> list[Any]:
        found = self._theirs(name) if self._are_there() else []
        return [each for each in found if type(each) is kind] if type(found) is list else []

    def fignum_exists(self, num: Any) -> bool:
        """Return whether there is a figure of this number or label."""
        own = self._real["fignum_exists"](num)
        return bool(own) or (self._are_there() and self._theirs("fignum_exists", num) is True)

    def close(self, fig: Any = None) -> None:
        """Close a figure, or all of them; the test learns nothing by it."""
        is_proxy = proxy_methods.is_proxy(fig)
        if not is_proxy:
            self._real["close"](fig)
        if is_proxy or isinstance(fig, int | str | None):
            with self._session.ledger.learning_nothing():
                if self._are_there():
                    self._theirs("close", fig)

    def _are_there(self) -> bool:
        return evaluate(self._session, f"{_MODULE!r} in sys.modules", {"sys": "sys"}, {}) is True

    def _theirs(self, name: str, *args: Any, **named: Any) -> Any:
        values = {"args": args, "named": named}
        return evaluate(self._session, f"plt.{name}(*args, **named)", {"plt": _MODULE}, values)
