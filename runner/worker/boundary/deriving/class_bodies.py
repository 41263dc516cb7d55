"""Bodies of classes that a test derives from the solution's, as they cross.

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
    rest = {
        name: (type(item).__name__, *(getattr(item, part) for part in _PARTS[type(item)]))
        for name, item in body.items()
        if type(item) in _PARTS
    }
    return {name: item for name, item in body.items() if name not in rest}, rest


def put_together(body: Mapping[str, Any], rest: Mapping[str, Any]) -> dict[str, Any]:
    """Return a class body of what ``taken_apart`` has returned."""
    made = {name: _KINDS[kind](*functions) for name, (kind, *functions) in rest.items()}
    return {**body, **made}
