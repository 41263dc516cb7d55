"""Rebuilds what a call has returned from exact base types: no class of the solution takes part."""

from typing import Any

from ...boundary.proxy_methods import ProxyMeta
from ...codec import numpy_types, value_types
from ...codec.format import LEAVES


def rebuilt(obj: Any) -> Any:
    """Return a value without subclasses of builtins; objects that have no value stay as they are.

    Raises:
        ValueError: The value is nested too deeply.
    """
    obj = numpy_types.plain(obj)
    if not _holds_subclass(obj):
        return obj
    try:
        return _rebuild(obj, {})
    except RecursionError:
        raise ValueError("the result is nested too deeply") from None


def _holds_subclass(root: Any) -> bool:
    todo, seen = [root], set()
    while todo:
        obj = todo.pop()
        if isinstance(type(obj), ProxyMeta):
            return True
        if type(obj) in _OPEN and id(obj) not in seen:
            seen.add(id(obj))
            parts = obj if type(obj) is not dict else [*obj, *obj.values()]
            if not LEAVES.issuperset(map(type, parts)):
                todo += parts
    return False


_OPEN = frozenset({list, tuple, set, frozenset, dict})


def _rebuild(obj: Any, made: dict[int, Any]) -> Any:
    if id(obj) in made:
        return made[id(obj)]
    base = value_types.base_of(type(obj))
    if base is None:
        return obj
    if base in value_types.SCALARS:
        return value_types.SCALARS[base](obj)
    code = value_types.CONTAINER_CODES.get(base)
    if code is None:
        compound = value_types.COMPOUNDS[value_types.COMPOUND_CODES[base]]
        return compound.build(*(_rebuild(part, made) for part in compound.parts(obj)))
    kind = value_types.CONTAINERS[code]
    new = made[id(obj)] = kind.make(*kind.traits(obj))
    kind.fill(new, [_rebuild(part, made) for part in kind.parts(obj)])
    return new
