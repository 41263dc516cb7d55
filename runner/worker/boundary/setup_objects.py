"""Instances of the setup code's classes, which both sides have: they cross by their attributes.

Attributes that begin with an underscore cross only if the solution made the object: the test may
keep secrets in them.
"""

import dataclasses
from typing import Any

from ..codec.format import MalformedError
from .opcodes import ANCHOR


def attributes(obj: Any, *, private: bool = False) -> list[Any]:
    """Return the attributes that cross, as names and values in turn."""
    found = dict(getattr(obj, "__dict__", ()))
    for cls in type(obj).__mro__:
        if "__slots__" in vars(cls):
            for name in _slots(cls):
                if hasattr(obj, name):
                    found.setdefault(name, getattr(obj, name))
    flat: list[Any] = []
    for name, value in found.items():
        if _crosses(name, private=private):
            flat += name, value
    return flat


def public_attributes(obj: Any) -> list[Any]:
    """Return names and values, in turn, of an object's own attributes without an underscore."""
    return [part for pair in vars(obj).items() if pair[0][:1] != "_" for part in pair]


def hides_any(obj: Any) -> bool:
    """Return True if an object of the test has attributes that do not cross."""
    return any(name[:1] == "_" for name in attributes(obj, private=True)[::2])


def set_attributes(
    obj: Any, flat: list[Any], *, private: bool = False, shadowable: frozenset[str] | None = None
) -> None:
    """Replace the attributes that cross.

    Args:
        obj: The object.
        flat: Names and values in turn.
        private: Whether attributes that begin with an underscore cross.
        shadowable: The attributes that may hide a constant of the class; all if omitted.

    Raises:
        MalformedError: An attribute may not be set.
    """
    new = dict(zip(flat[::2], flat[1::2], strict=True))
    for name in new:
        if not _crosses(name, private=private) or hides(obj, name, shadowable):
            raise MalformedError("an attribute that may not be set")
    for name in attributes(obj, private=private)[::2]:
        if name not in new:
            object.__delattr__(obj, name)
    for name, value in new.items():
        object.__setattr__(obj, name, value)


def _crosses(name: Any, *, private: bool) -> bool:
    hidden = "__" if private else "_"
    return type(name) is str and not name.startswith(hidden) and name != ANCHOR


def hides(obj: Any, name: str, shadowable: frozenset[str] | None) -> bool:
    """Return True if an attribute would hide what the class defines.

    It hides nothing if it is a slot or a field of a dataclass, or if the class has None there.

    Args:
        obj: The object.
        name: The attribute.
        shadowable: The attributes that may hide a constant of the class; all if None.
    """
    for cls in type(obj).__mro__:
        if name in vars(cls):
            hidden = vars(cls)[name]
            if name in _slots(cls):
                return False
            if hidden is None:
                return False
            if callable(hidden) or hasattr(hidden, "__get__"):
                return True
            fields = getattr(cls, "__dataclass_fields__", {})
            is_field = name in fields and fields[name]._field_type is dataclasses._FIELD  # type: ignore[attr-defined]
            return shadowable is not None and not is_field and name not in shadowable
    return False


def _slots(cls: type) -> tuple[str, ...]:
    slots = vars(cls).get("__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(slots)


def setup_classes(space: dict[str, Any], module: str) -> dict[str, type]:
    """Return the classes that setup code defined, by name."""
    return {
        name: item
        for name, item in dict.items(space)
        if isinstance(item, type) and item.__module__ == module and item.__name__ == name
    }
