"""The module by which tests import the solution: ``import solution``, ``from solution import f``.

It holds proxies of the solution's objects, never its code. Each is made when a test first asks for
it. ``from solution import *`` binds nothing: names that a test reads and that nothing defines are
the solution's anyway, and no other name of a test may change its meaning.
"""

import contextlib
import dis
import importlib.machinery
import itertools
import sys
import types
from collections.abc import Callable, Iterator, KeysView
from typing import Any

from ...boundary.annotations import as_data
from ...boundary.introspection import SOURCE
from ...boundary.opcodes import Op
from ...protocol.cases import is_special

#: Special names that the source of a module gives a value; the import system sets the others.
_OF_SOURCE = frozenset(f"__{name}__" for name in "all annotations dir doc file getattr".split())
_INSTRUCTIONS = {
    dis.opmap.get("IMPORT_STAR"),  # of Python 3.11
    dis.opmap.get("CALL_INTRINSIC_1"),  # its other uses read no attribute
}


def _imports_all(frame: types.FrameType) -> bool:
    """Return True if a frame executes ``from solution import *``, which binds nothing."""
    return frame.f_code.co_code[frame.f_lasti] in _INSTRUCTIONS


#: Returns the object of a name, and all names that there are.
Look = Callable[[str], Any]
Names = Callable[[], KeysView[str]]


class Reloadable(types.ModuleType):
    """A module that ``importlib.reload`` loads anew.

    Args:
        name: Its name.
        load: Loads it.
        source: Returns its source, for ``inspect.getsource``.
    """

    def __init__(self, name: str, load: Callable[[], Any], source: Callable[[], str]) -> None:
        super().__init__(name)
        vars(self)[SOURCE] = source
        vars(self)["__all__"] = ()
        loader: Any = _Loader(load)
        self.__spec__ = importlib.machinery.ModuleSpec(name, loader)

    def __getattribute__(self, name: str) -> Any:
        if name in _OF_SOURCE and not _imports_all(sys._getframe(1)):
            return self.of_source(name)
        return object.__getattribute__(self, name)

    def of_source(self, name: str) -> Any:
        """Return what the source gives a special name; raises AttributeError if it does not."""
        raise AttributeError(name)


class SolutionModule(Reloadable):
    """A module with the names of the solution.

    Args:
        name: By which tests import it.
        look: Returns the proxy or value of a name; raises KeyError.
        names: Returns all names.
        load: Loads the solution anew, for ``importlib.reload``.
        source: Returns its source, for ``inspect.getsource``.

    Attributes:
        known: The objects that it has handed out so far; tests may replace them.
    """

    def __init__(
        self,
        name: str,
        look: Look,
        names: Names,
        load: Callable[[], None],
        source: Callable[[], str],
    ) -> None:
        super().__init__(name, self._reload, source)
        vars(self)["@look"], vars(self)["@names"], vars(self)["@load"] = look, names, load
        vars(self)["@known"] = {}

    def __getattr__(self, name: str) -> Any:
        # No submodules, and nothing that the import system asks for.
        if name == "__path__" or (name[:2] == "__" and name not in self._names()):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        vars(self)[name] = self.known[name] = found = self.of_source(name)
        return found

    def of_source(self, name: str) -> Any:
        """Return the object of a name; raises AttributeError if the solution has none."""
        try:
            return vars(self)["@look"](name)
        except (KeyError, AttributeError):
            raise AttributeError(
                f"module {self.__name__!r} has no attribute {name!r}: the solution does not"
                " define it"
            ) from None

    def __dir__(self) -> list[str]:
        return sorted({*self._names(), *filter(_is_spelled, vars(self))})

    @property
    def known(self) -> dict[str, Any]:
        """The objects that it has handed out so far."""
        known: dict[str, Any] = vars(self)["@known"]
        return known

    def changed(self) -> dict[str, Any]:
        """Return the replacements that tests have set for the solution's names."""
        return {
            name: item
            for name, item in vars(self).items()
            if _is_spelled(name) and self.known.get(name, self) is not item
        }

    def _names(self) -> KeysView[str]:
        names: Names = vars(self)["@names"]
        return names()

    def _reload(self) -> None:
        for name in [*filter(_is_spelled, vars(self))]:
            del vars(self)[name]
        self.known.clear()
        vars(self)["@load"]()


def special_name(session: Any, name: str) -> Any:
    """Return a special attribute of the solution's module; raises AttributeError."""
    session.ledger.touched = True
    try:
        found = as_data(name, session.request(Op.FETCH, name))
    except AttributeError:
        session.ledger.objects = True  # absence is an answer
        raise
    session.ledger.settle()
    return found


def _is_spelled(name: str) -> bool:
    return name[:1] != "@" and not is_special(name)


class _Loader:
    """Loads the solution anew for ``importlib.reload``."""

    def __init__(self, load: Callable[[], Any]) -> None:
        self._load = load

    def create_module(self, _: Any) -> None:
        """Return None, so that the import system makes the module."""

    def exec_module(self, _: types.ModuleType) -> None:
        self._load()


class _Finder:
    """Finds the module for ``importlib.reload``, which asks for it anew."""

    def __init__(self, module: types.ModuleType) -> None:
        self._module = module

    def find_spec(self, name: str, *_: Any) -> Any:
        """Return its spec, for its name only."""
        return self._module.__spec__ if name == self._module.__name__ else None


@contextlib.contextmanager
def importable(module: types.ModuleType) -> Iterator[None]:
    """Have tests import a module by its name, which may have dots."""
    parts = module.__name__.split(".")
    prefixes = [".".join(parts[:count]) for count in range(1, len(parts) + 1)]
    saved = {name: sys.modules.get(name) for name in prefixes}
    finder: Any = _Finder(module)
    for parent in prefixes[:-1]:
        package: Any = types.ModuleType(parent)
        package.__path__ = []
        sys.modules[parent] = package
    sys.modules[module.__name__] = module
    for parent, name in itertools.pairwise(prefixes):
        setattr(sys.modules[parent], name.rpartition(".")[2], sys.modules[name])
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name, before in saved.items():
            sys.modules.pop(name, None)
            if before is not None:
                sys.modules[name] = before
