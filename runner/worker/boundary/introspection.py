"""Introspection of proxies by ``dir``, ``vars``, ``get_type_hints`` and ``getsource``.

Text of the other side is data: the standard library on this side never evaluates or runs it.
"""

import _collections_abc
import functools
import inspect
import os
import sys
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .annotations import as_data, inert_all
from .proxy_methods import ProxyMeta, anchor, is_proxy
from .structure.special_names import performing


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


_own_namespace: Callable[[type], Mapping[str, Any]] = type.__dict__["__dict__"].__get__


def namespace_of(cls: Any) -> Mapping[str, Any]:
    """Return what ``vars`` returns for a class of the other side."""
    session, number = anchor(cls)
    return _own_namespace(cls) if session.silent or not number else ClassNamespace(cls)


class ClassNamespace(Mapping[str, Any]):
    """Lazy namespace of a class of the other side: an item is requested when it is read.

    The solution is told little of a test's class, so what its proxy has stands for special names.
    """

    def __init__(self, cls: Any) -> None:
        self._cls = cls
        own = {} if anchor(cls)[0].keeps_expectations else _own_namespace(cls)
        self._own = {name: item for name, item in own.items() if name[:2] == "__"}

    def __getitem__(self, name: str) -> Any:
        if name not in self._names:
            return self._own[name]
        found = as_data(name, anchor(self._cls)[0].protocol("__member__", self._cls, name))
        is_special = name[:2] == "__" == name[-2:]
        return performing(self._cls, name, found, type.__getattribute__) if is_special else found

    def __contains__(self, name: object) -> bool:
        return name in self._names or name in self._own

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys([*self._names, *self._own]))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    @functools.cached_property
    def _names(self) -> list[str]:
        return names_of(self._cls, "__vars__")


_real_check = _collections_abc._check_methods  # type: ignore[attr-defined]


def _check_methods(cls: Any, *names: str) -> Any:
    """Return what abstract classes ask: whether a class has these methods."""
    if not isinstance(cls, ProxyMeta):
        return _real_check(cls, *names)
    return True if all(_has_method(cls, name) for name in names) else NotImplemented


def _has_method(cls: Any, name: str) -> bool:
    """Return True if a class has a method; its description has the special ones."""
    bases = type.__getattribute__(cls, "__mro__")
    if name[:2] != "__":
        return any(name in vars(base) for base in bases)
    spaces = map(_own_namespace, bases)
    return next((space[name] for space in spaces if name in space), None) is not None


_real_hints = typing.get_type_hints


def _get_type_hints(obj: Any, *args: Any, **options: Any) -> Any:
    """Return what ``typing.get_type_hints`` returns where the object lives."""
    if _is_theirs(obj):
        return inert_all(anchor(obj)[0].protocol("__hints__", obj))
    return _real_hints(obj, *args, **options)


_real_getattr_static = inspect.getattr_static
_NO_DEFAULT = object()
#: What a class has in any case; its metaclass may have more.
_OF_ALL_OBJECTS = frozenset(dir(object))


def _getattr_static(obj: Any, attr: str, default: Any = _NO_DEFAULT) -> Any:
    """Return what ``inspect.getattr_static`` would find: ``isinstance`` with a protocol asks it.

    A proxy has its attributes on the other side.
    """
    if not _is_theirs(obj):
        given = () if default is _NO_DEFAULT else (default,)
        return _real_getattr_static(obj, attr, *given)
    owner = obj if isinstance(obj, ProxyMeta) else type(obj)
    if isinstance(owner, ProxyMeta):
        for cls in type.__getattribute__(owner, "__mro__"):
            if isinstance(cls, ProxyMeta) and attr in cls.__dict__:
                found = cls.__dict__[attr]
                if owner is obj or is_proxy(found) or hasattr(type(found), "__get__"):
                    return found
                break  # the object may have a value of its own
        obj = owner if attr in _OF_ALL_OBJECTS else obj
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


def _is_theirs(obj: Any) -> bool:
    return isinstance(obj, ProxyMeta) or is_proxy(obj)


def install() -> None:
    """Patch the standard library for proxies; ``doctest`` must be loaded."""
    typing.get_type_hints = _get_type_hints
    inspect.getattr_static = _getattr_static
    for module in (_collections_abc, os):
        vars(module)["_check_methods"] = _check_methods
    inspect.getsourcelines = _getsourcelines  # type: ignore[assignment]
    finder: Any = sys.modules["doctest"].DocTestFinder
    real = finder._get_test

    def get_test(self: Any, obj: Any, *details: Any) -> Any:
        return None if _is_theirs(obj) else real(self, obj, *details)

    finder._get_test = get_test
