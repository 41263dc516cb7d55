"""Checks of the solution's objects against classes of libraries: ``isinstance(f(), Event)``.

Such an object lives in the solution's process, so it is not an instance of the judge's own class.
For a check in the text of a test, or in an assertion of ``unittest``, the solution's process
answers, which is worth ``objects``. Other code of the judge never asks: a library that accepted a
proxy as an instance of its class would let the solution decide what the library compares.
"""

import collections
import logging
import operator
import sys
import types
import typing
import unittest._log
import unittest.case
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ...boundary.deriving.lent_classes import with_lent
from ...boundary.library_classes import library_class_name
from ...boundary.opcodes import Op
from ...boundary.proxy_methods import CLASSLESS_PROXIES, ProxyMeta, anchor, is_proxy
from ...boundary.shared_globals import found_at
from ...codec.value_types import base_of
from .permissions import OF_TEST, Permission

_OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {
    "is": operator.is_,
    "is not": operator.is_not,
    "==": operator.eq,
    "!=": operator.ne,
    "in": lambda one, all_: one in all_,
    "not in": lambda one, all_: one not in all_,
}
_NEGATIVE = frozenset({"is not", "!=", "not in"})
_UNIONS = frozenset({types.UnionType, typing.Union})
_COLLECTIONS = frozenset({tuple, list, set, frozenset})


class _Equal(type):
    def __eq__(cls, other: object) -> bool:
        return other is cls or other is type

    def __hash__(cls) -> int:
        return hash(type)


class Kind(type, metaclass=_Equal):
    """Stands for ``type`` as the solution hands it out: it makes no class.

    A class that is made in the judge may lie: each instance of ``type("L", (), {"__eq__": bool})``
    equals everything. The solution cannot call ``type`` here, but a test may call what it is given
    (``bus.emit(name, *args)``, ``executor.submit(function, *args)``).
    """

    def __new__(mcs, obj: Any, /) -> Any:
        """Return the class of an object."""
        return type(obj)


def is_instance(obj: Any, spec: Any, /) -> bool:
    """Return what ``isinstance`` returns, also for classes of libraries."""
    return isinstance(obj, with_lent(spec)) or _say("isinstance", obj, _classes(spec))


def is_subclass(cls: Any, spec: Any, /) -> bool:
    """Return what ``issubclass`` returns, also for classes of libraries."""
    return issubclass(cls, with_lent(spec)) or _say("issubclass", cls, _classes(spec))


#: Replacements of these builtins in the text of tests.
BUILTINS: Mapping[str, Any] = {"isinstance": is_instance, "issubclass": is_subclass}


def has_library_method(cls: type, method: str) -> bool:
    """Return True if a class is really a library's, whose instances have a method.

    The judge's own class of that name must have it; the solution's process says whether the class
    is the one that the library has there.
    """
    place, path = (type.__getattribute__(cls, each) for each in ("__module__", "__qualname__"))
    own: Any = found_at(sys.modules.get(place), path) if type(place) is str else None
    if own is None or base_of(own) is not None or not callable(getattr(own, method, None)):
        return False
    return _say("is", cls, [own])


#: Types of functions, generators and coroutines, which no other class derives from.
_FINAL = frozenset(
    {
        *(types.FunctionType, types.MethodType, types.BuiltinFunctionType),
        *(types.GeneratorType, types.AsyncGeneratorType, types.CoroutineType),
    }
)


def type_of(obj: Any, /) -> Any:
    """Return what ``type`` returns; for an object of the solution, the type of the original."""
    if type(obj) in CLASSLESS_PROXIES or (is_proxy(obj) and obj.__class__ in _FINAL):
        return obj.__class__
    if issubclass(type(obj), ProxyMeta):
        session: Any = anchor(obj)[0]
        found = session.protocol("__class__", obj)
        return type if found is Kind else found
    return type(obj)


def class_of(obj: Any, /) -> Any:
    """Return ``obj.__class__``; for a class of the solution, the metaclass of the original."""
    return type_of(obj) if issubclass(type(obj), ProxyMeta) else obj.__class__


def compare_types(symbol: str, one: Any, other: Any) -> Any:
    """Compare the type of an object with a class, or look for it among classes."""
    found = _OPERATORS[symbol](one, other)
    negative = symbol in _NEGATIVE
    if found is not negative:
        return found
    several = symbol.endswith("in") and type(other) in _COLLECTIONS
    same = _say("is", one, other if several else [other]) or _say("is", other, [one])
    return not negative if same else found


class _Pattern(type):
    """Metaclass of the replacements of library classes in a ``case``."""

    real: Any

    def __instancecheck__(cls, obj: Any) -> bool:
        return is_instance(obj, cls.real)


class Patterns:
    """The classes of the patterns of a ``match``, each looked up when its ``case`` is tried.

    Args:
        looks: A function for each class, which looks it up.
    """

    def __init__(self, *looks: Callable[[], Any]) -> None:
        self._looks = looks

    def __getattr__(self, name: str) -> Any:
        cls = self._looks[int(name.removeprefix("p"))]()
        if library_class_name(cls) is None:
            return cls
        space = {"real": cls, "__match_args__": getattr(cls, "__match_args__", ())}
        return _Pattern(cls.__name__, (), space)


def _items_of_set(obj: Any) -> object:
    """Return the items of a set; what equals nothing else if they are not as many as its length."""
    size, items = len(obj), set(obj)
    return items if len(items) == size else object()


#: Classes whose equality compares parts, and how the judge reads the parts of an object.
_PARTS: Mapping[str, tuple[type, Callable[[Any], Any]]] = {
    "collections.abc:Mapping": (collections.abc.Mapping, lambda obj: dict([*obj.items()])),
    "collections.abc:Set": (collections.abc.Set, _items_of_set),
    "collections:UserList": (collections.UserList, lambda obj: obj.data),
    "collections:UserString": (collections.UserString, lambda obj: obj.data),
}
#: What else such an object may equal.
_EQUALS_ALSO: Mapping[type, type] = {collections.UserList: list, collections.UserString: str}


def equal_by_parts(permission: Permission, name: str, one: Any, other: Any) -> Any:
    """Compare an object of the solution as the library's class does from which it derives.

    The judge reads the parts and compares them: the operand does not cross. So does it for two
    objects of the solution, or a set of two would equal one of any two values.

    Returns:
        True, False, or NotImplemented for another type; None if no such class compares the object.
    """
    if name != "__eq__" or permission not in (Permission.FORWARD, Permission.PARTS):
        return None
    if is_proxy(other) and (_is_of_test(one) or _is_of_test(other)):
        return None
    place = _compared_as(one)
    if place is None:
        return None
    cls, parts = _PARTS[place]
    if is_proxy(other):
        same = _compared_as(other) == place
        return bool(_parts_of(one) == _parts_of(other)) if same else None
    if isinstance(other, cls):
        return bool(_parts_of(one) == parts(other))
    plain = _EQUALS_ALSO.get(cls)
    return _parts_of(one) == other if plain and isinstance(other, plain) else NotImplemented


def _is_of_test(obj: Any) -> bool:
    """Return True for an object that the test has made of a class of the solution."""
    session: Any = anchor(obj)[0]
    return session.ledger.state(session, obj) in OF_TEST


def _compared_as(obj: Any) -> str | None:
    """Return the class of ``_PARTS`` whose equality an object has, as its class has once said."""
    if not is_proxy(obj):
        return None
    session: Any = anchor(obj)[0]
    kind = type(obj)
    if kind not in session.told_by_classes:
        places = [*_PARTS] if session.request(Op.CLASS, "equals as", obj, *_PARTS) is True else []
        asked = (each for each in places if session.request(Op.CLASS, "equals as", obj, each))
        session.told_by_classes[kind] = next(asked, None)
    place: str | None = session.told_by_classes[kind]
    return place


def _parts_of(obj: Any) -> Any:
    """Return the parts of such an object; those of a hashable one are always the same."""
    session, number = anchor(obj)
    _, read = _PARTS[session.told_by_classes[type(obj)]]
    if type.__getattribute__(type(obj), "__hash__") is None:
        return read(obj)
    if number not in session.told_parts:
        session.told_parts[number] = read(obj)
    return session.told_parts[number]


def install() -> None:
    """Let the assertions of ``unittest`` use the replaced builtins, and take loggers."""
    vars(unittest.case).update(BUILTINS)
    block: Any = unittest._log._AssertLogsContext
    begin = block.__init__

    def take(self: Any, case: Any, logger: Any, *details: Any, **named: Any) -> None:
        # The judge's logger of that name gets what the solution's logs.
        begin(self, case, logger.name if _is_logger(logger) else logger, *details, **named)

    block.__init__ = take


def _is_logger(obj: Any) -> bool:
    return is_proxy(obj) and _say("isinstance", obj, [logging.Logger])


def _say(question: str, obj: Any, classes: Iterable[Any]) -> bool:
    """Return True if the solution's process says yes for one of the classes."""
    if not (is_proxy(obj) or isinstance(obj, ProxyMeta)):
        return False
    names = [name for name in map(library_class_name, classes) if name is not None]
    session: Any = anchor(obj)[0]
    return bool(names) and bool(session.is_of_library(question, obj, names))


def _classes(spec: Any) -> Iterator[Any]:
    """Yield the classes of what ``isinstance`` takes: a class, a union, or a tuple of such."""
    if typing.get_origin(spec) in _UNIONS:
        spec = typing.get_args(spec)
    if type(spec) is not tuple:
        yield spec
        return
    for part in spec:
        yield from _classes(part)
