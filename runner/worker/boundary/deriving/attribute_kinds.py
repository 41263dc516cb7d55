"""Properties, class methods and the like as their kind and functions.

The other side makes one of its own of them, so that it works there as Python's.
"""

import functools
from collections.abc import Mapping
from typing import Any

#: Types, and the attributes that they are made of.
PARTS: Mapping[type, tuple[str, ...]] = {
    property: ("fget", "fset", "fdel"),
    classmethod: ("__func__",),
    staticmethod: ("__func__",),
    functools.cached_property: ("func",),
    functools.partialmethod: ("func", "args", "keywords"),
}
_KINDS: Mapping[str, Any] = {
    **{kind.__name__: kind for kind in PARTS},
    "partialmethod": lambda f, args, named: functools.partialmethod(f, *args, **named),
}


def kind_and_functions(item: Any) -> tuple[Any, ...]:
    """Return kind and functions of a property or the like; nothing for anything else."""
    cls = type(item)
    if cls not in PARTS:
        return ()
    return cls.__name__, *(getattr(item, part) for part in PARTS[cls])


def of_kind(kind: str, *functions: Any) -> Any:
    """Return a property or the like of its functions."""
    return _KINDS[kind](*functions)
