"""Bodies of classes that a test derives from the solution's, and attributes that it sets in one.

A property, class method, static method or cached property crosses as its kind and its functions:
the other side makes one of its own, so that it works there as Python's.
"""

import functools
from collections.abc import Mapping
from typing import Any

_PARTS: Mapping[type, tuple[str, ...]] = {
    property: ("fget", "fset", "fdel"),
    classmethod: ("__func__",),
    staticmethod: ("__func__",),
    functools.cached_property: ("func",),
}
_KINDS: Mapping[str, Any] = {kind.__name__: kind for kind in _PARTS}


def taken_apart(body: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what crosses as it is, and kind and functions of the rest, by name."""
    rest = {name: parts for name, item in body.items() if (parts := _parts_of(item))}
    return {name: item for name, item in body.items() if name not in rest}, rest


def put_together(body: Mapping[str, Any], rest: Mapping[str, Any]) -> dict[str, Any]:
    """Return a class body of what ``taken_apart`` has returned."""
    return {**body, **{name: _made_of(*parts) for name, parts in rest.items()}}


def parts_of_attribute(item: Any) -> tuple[Any, ...]:
    """Return kind and functions of what a test sets in a class, or nothing if it crosses as it is.

    A data descriptor of the test, such as a ``PropertyMock``, governs the attribute as a property.
    """
    cls: Any = type(item)
    if cls in _PARTS or not (hasattr(cls, "__get__") and hasattr(cls, "__set__")):
        return _parts_of(item)
    return (
        property.__name__,
        lambda one: cls.__get__(item, one, None),
        lambda one, value: cls.__set__(item, one, value),
        None,
    )


def set_attribute(owner: Any, name: str, value: Any, *parts: Any) -> None:
    """Set an attribute to a value, or to what has these parts."""
    setattr(owner, name, _made_of(*parts) if parts else value)


def _parts_of(item: Any) -> tuple[Any, ...]:
    cls = type(item)
    if cls not in _PARTS:
        return ()
    return cls.__name__, *(getattr(item, part) for part in _PARTS[cls])


def _made_of(kind: str, *functions: Any) -> Any:
    return _KINDS[kind](*functions)
