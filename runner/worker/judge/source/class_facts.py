"""What the solution may know of a class of the test and of its instances, beside public attributes.

Serializers ask for fields, annotations and attributes, and containers for the signature of a
constructor. What begins with an underscore stays in the judge.
"""

import dataclasses
import types
import typing
import weakref
from collections.abc import Callable
from typing import Any

from ...boundary.proxy_methods import is_proxy
from ...boundary.shared_globals import library_name_of
from ...codec import value_types
from .function_facts import annotation, annotations

#: What a named tuple offers under names that begin with an underscore.
_OF_TUPLES = frozenset({"_asdict", "_field_defaults", "_fields", "_make", "_replace"})
_OF_CLASSES = frozenset({"__annotations__", "__init__"})
_FIELDS = "__dataclass_fields__"
#: What the solution may read in a class; data may be what the test expects.
METHODS = (types.FunctionType, classmethod, staticmethod)


def is_known(target: Any, name: Any) -> bool:
    """Return True if ``fact`` answers for this attribute of an object or class of the test."""
    cls = target if isinstance(target, type) else type(target)
    if name in _OF_TUPLES:
        return issubclass(cls, tuple) and hasattr(cls, "_fields")
    if name == _FIELDS:
        return hasattr(cls, _FIELDS)
    if name == "__dict__":
        return cls is not target and library_name_of(cls) is None and hasattr(target, "__dict__")
    return cls is target and name in _OF_CLASSES and library_name_of(cls) is None


def fact(target: Any, name: str) -> Any:
    """Return an attribute that describes an object or a class.

    Raises:
        AttributeError: The class has no such attribute of its own.
    """
    if name in _OF_TUPLES:
        return getattr(target, name)
    return _FACTS[name](target)


def own_names(cls: type) -> list[str]:
    """Return the names in a class of the test that the solution may read."""
    known = [_FIELDS, *_OF_CLASSES]
    return [
        name
        for name, item in vars(cls).items()
        if name in known or (name[:1] != "_" and isinstance(item, METHODS))
    ]


def all_names(cls: type) -> list[str]:
    """Return such names of a class and of the test's classes that it derives from."""
    own = [each for each in cls.__mro__ if library_name_of(each) is None]
    return sorted({name for each in own for name in own_names(each)})


def hints(target: Any) -> dict[str, Any]:
    """Return what ``typing.get_type_hints`` finds in a class or a function of the test.

    Raises:
        TypeError: The solution has given the function another one's description.
    """
    if "__wrapped__" in vars(target):
        raise TypeError("the annotations of a wrapper")
    found = typing.get_type_hints(target)
    return {name: annotation(item) for name, item in found.items()}


def is_constructor(function: Any) -> bool:
    """Return True for an ``__init__`` that the solution has read in a class.

    It could overwrite the private attributes of an object that the test has made.
    """
    return type(function) is types.FunctionType and function in _constructors


def note_method(function: Any, cls: type) -> None:
    """Note that the solution gets a method of a class as a function."""
    if type(function) is types.FunctionType:
        name = function.__name__
        _owners[function] = next((base for base in cls.__mro__ if name in vars(base)), cls)


def fits(function: Any, first: Any) -> bool:
    """Return False for a method that the solution calls with an object of another class.

    It could change what that object hides.
    """
    owner = _owners.get(function) if type(function) is types.FunctionType else None
    if owner is None or is_proxy(first) or type(first) in _VALUES:
        return True
    return issubclass(first if isinstance(first, type) else type(first), owner)


def _fields(target: Any) -> dict[str, Any]:
    return {item.name: _described(item) for item in dataclasses.fields(target)}


def _described(item: Any) -> types.SimpleNamespace:
    """Return a copy of a field; its default is what an instance has in that attribute."""
    found = {name: getattr(item, name) for name in item.__slots__}
    if item.name[:1] == "_":
        found["default"] = found["default_factory"] = dataclasses.MISSING
        found["metadata"] = types.MappingProxyType({})
    return types.SimpleNamespace(**found | {"type": annotation(item.type)})


def _constructor(cls: Any) -> Any:
    if type(cls.__init__) is not types.FunctionType:
        raise AttributeError("__init__")
    _constructors.add(cls.__init__)
    return cls.__init__


#: The classes of the methods that the solution has got as functions.
_owners: "weakref.WeakKeyDictionary[Any, type]" = weakref.WeakKeyDictionary()
#: Types of what has no attributes to change.
_VALUES = frozenset((type(None), bool, *value_types.SCALARS, *value_types.COMPOUND_CODES))
#: The constructors that the solution has got, to describe them.
_constructors: "weakref.WeakSet[Any]" = weakref.WeakSet()


_FACTS: dict[str, Callable[[Any], Any]] = {
    _FIELDS: _fields,
    "__annotations__": annotations,
    "__dict__": lambda obj: {key: item for key, item in vars(obj).items() if key[:1] != "_"},
    "__init__": _constructor,
}
