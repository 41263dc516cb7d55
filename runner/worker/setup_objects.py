"""Instances of the setup code's classes, which both sides have: they cross by their attributes.

Attributes that begin with an underscore cross only of objects that the solution made; what the test
made may hide something there.
"""

from typing import Any

from .ops import ANCHOR
from .wire import MalformedError


def attributes(obj: Any, *, private: bool = False) -> list[Any]:
    """Return the attributes that cross, as names and values in turn."""
    found = dict(getattr(obj, "__dict__", {}))
    for cls in type(obj).__mro__:
        for name in _slots(cls):
            if hasattr(obj, name):
                found.setdefault(name, getattr(obj, name))
    crossing = [name for name in found if _crosses(name, private=private)]
    return [part for name in crossing for part in (name, found[name])]


def set_attributes(obj: Any, flat: list[Any], *, private: bool = False) -> None:
    """Replace the attributes that cross; raises ``MalformedError`` for any that may not be set."""
    new = dict(zip(flat[::2], flat[1::2], strict=True))
    for name in new:
        if not _crosses(name, private=private) or _hides(obj, name):
            raise MalformedError("an attribute that may not be set")
    for name in attributes(obj, private=private)[::2]:
        if name not in new:
            object.__delattr__(obj, name)
    for name, value in new.items():
        object.__setattr__(obj, name, value)


def _crosses(name: Any, *, private: bool) -> bool:
    if type(name) is not str or name == ANCHOR:
        return False
    return name[:2] != "__" if private else name[:1] != "_"


def _hides(obj: Any, name: str) -> bool:
    """Tell whether an attribute would shadow what the class defines; a slot shadows nothing."""
    owner = next((cls for cls in type(obj).__mro__ if name in vars(cls)), None)
    if owner is None or name in _slots(owner):
        return False
    return callable(vars(owner)[name]) or hasattr(vars(owner)[name], "__get__")


def _slots(cls: type) -> tuple[str, ...]:
    slots = vars(cls).get("__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(slots)
