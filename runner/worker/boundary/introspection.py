"""Introspection of proxies by ``dir``, ``vars``, ``get_type_hints`` and ``getsource``.

Text of the other side is data: the standard library on this side never evaluates or runs it.
"""

import functools
import inspect
import sys
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .annotations import as_data, inert_all
from .proxy_methods import OF_EVERY_PROXY, ProxyMeta, anchor, is_proxy


def names_of(one: Any, question: str = "__dir__") -> list[str]:
    """Return the names that an object or class of the other side has, or a class defines itself.

    Args:
        one: Its proxy.
        question: ``__dir__`` for all names, ``__vars__`` for the class's own.

    Raises:
        TypeError: The answer is not a list of names.
    """
    found = anchor(one)[0].protocol(question, one)
    if type(found) is not list or not all(type(name) is str for name in found):
        raise TypeError(f"{question} did not return a list of names")
    return found


#: Special names that are requested from the other side. Abstract classes read others, also while a
#: message is decoded, when no request is possible.
_ASKED = frozenset(
    f"__{name}__"
    for name in "abstractmethods annotations class_getitem dataclass_fields dataclass_params"
    " init init_subclass match_args new post_init slots".split()
)


class ClassNamespace(Mapping[str, Any]):
    """Lazy namespace of a class of the other side: an item is requested when it is read.

    Special methods are the proxy's own: ``isinstance`` with an abstract class reads them here.
    """

    def __init__(self, cls: Any) -> None:
        self._cls = cls
        self._own: Mapping[str, Any] = type.__dict__["__dict__"].__get__(cls)

    def _is_own(self, name: object) -> bool:
        return not isinstance(name, str) or (name[:2] == "__" and name not in _ASKED)

    def __getitem__(self, name: str) -> Any:
        if self._is_own(name):
            return self._own[name]
        if name not in self:
            raise KeyError(name)
        return as_data(name, anchor(self._cls)[0].protocol("__member__", self._cls, name))

    def __contains__(self, name: object) -> bool:
        return name in (self._own if self._is_own(name) else self._names)

    def __iter__(self) -> Iterator[str]:
        names = [name for name in self._names if not self._is_own(name)]
        return iter([*names, *filter(self._is_own, self._own)])

    def __len__(self) -> int:
        return sum(1 for _ in self)

    @functools.cached_property
    def _names(self) -> list[str]:
        return names_of(self._cls, "__vars__")


_real_hints = typing.get_type_hints


def _get_type_hints(obj: Any, *args: Any, **options: Any) -> Any:
    """Return what ``typing.get_type_hints`` returns where the object lives."""
    if _is_theirs(obj):
        return inert_all(anchor(obj)[0].protocol("__hints__", obj))
    return _real_hints(obj, *args, **options)


_real_getattr_static = inspect.getattr_static
_NO_DEFAULT = object()


def _getattr_static(obj: Any, attr: str, default: Any = _NO_DEFAULT) -> Any:
    """Return what ``inspect.getattr_static`` would find: ``isinstance`` with a protocol asks it.

    A proxy has its attributes on the other side.
    """
    if not _is_theirs(obj):
        given = () if default is _NO_DEFAULT else (default,)
        return _real_getattr_static(obj, attr, *given)
    if isinstance(obj, ProxyMeta):
        for cls in type.__getattribute__(obj, "__mro__"):
            if isinstance(cls, ProxyMeta) and attr in cls.__dict__:
                return cls.__dict__[attr]
    return getattr(obj, attr) if default is _NO_DEFAULT else getattr(obj, attr, default)


_real_source_lines = inspect.getsourcelines
#: Attribute of a module that stands for the solution: returns its source.
SOURCE = "@source"


def _getsourcelines(obj: Any) -> tuple[list[str], int]:
    """Return the lines of an object's source, where it lives, and the number of the first."""
    if isinstance(obj, types.ModuleType) and SOURCE in vars(obj):
        return vars(obj)[SOURCE]().splitlines(keepends=True), 0
    if not _is_theirs(obj):
        return _real_source_lines(obj)
    match anchor(obj)[0].protocol("__source__", obj):
        case (list() as lines, int() as first) if {str}.issuperset(map(type, lines)):
            return lines, first
        case _:
            raise OSError("could not get source code")


def _not_of_proxies(real: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """Return ``inspect.isfunction`` and the like, for which what every proxy has is in C."""

    def asks(obj: Any) -> bool:
        own = obj.__func__ if type(obj) is types.MethodType else obj
        return real(obj) and all(own is not each for each in (names_of, *OF_EVERY_PROXY))

    return asks


def _is_theirs(obj: Any) -> bool:
    return isinstance(obj, ProxyMeta) or is_proxy(obj)


def install() -> None:
    """Patch ``typing``, ``inspect`` and ``doctest`` for proxies; ``doctest`` must be loaded."""
    typing.get_type_hints = _get_type_hints
    inspect.getattr_static = _getattr_static
    for name in ("isfunction", "ismethod"):
        setattr(inspect, name, _not_of_proxies(getattr(inspect, name)))
    inspect.getsourcelines = _getsourcelines  # type: ignore[assignment]
    finder: Any = sys.modules["doctest"].DocTestFinder
    real = finder._get_test

    def get_test(self: Any, obj: Any, *details: Any) -> Any:
        return None if _is_theirs(obj) else real(self, obj, *details)

    finder._get_test = get_test
