"""``super`` in a class that a test derives from the solution's: the solution's process answers."""

import builtins
import sys
from typing import Any

from ..opcodes import SUPER
from ..proxy_methods import ProxyMeta, anchor, get_attribute
from .lent_classes import LENT

_get = object.__getattribute__


class _Super:
    """Stands for a ``super`` object of the other side; has no attribute of its own."""

    __slots__ = ("_proxy",)

    def __init__(self, proxy: Any) -> None:
        self._proxy = proxy

    def __getattribute__(self, name: str) -> Any:
        return super if name == "__class__" else get_attribute(_get(self, "_proxy"), name)


def super_of(*args: Any) -> Any:
    """Return what ``super`` returns, also if the class is the other side's."""
    cls, one = args if len(args) == 2 else (*args, *_of_caller(sys._getframe(1)))[:2]
    cls = LENT.get(cls, cls) if isinstance(cls, type) else cls
    if not issubclass(type(cls), ProxyMeta):
        return builtins.super(cls, one)
    session, _ = anchor(cls)
    return _Super(session.protocol(SUPER, one, cls))


def _of_caller(frame: Any) -> tuple[Any, Any]:
    """Return the class and the first argument of the method that calls ``super()``."""
    code, found = frame.f_code, frame.f_locals
    if not code.co_argcount and not code.co_flags & _TAKES_ANY:
        raise RuntimeError("super(): no arguments")
    if "__class__" not in found:
        raise RuntimeError("super(): __class__ cell not found")
    first = found[code.co_varnames[0]]
    return found["__class__"], first if code.co_argcount else first[0]


#: The flag of code that has ``*args``.
_TAKES_ANY = 0x04

#: Replacement of this builtin in the text of tests.
BUILTINS = {"super": super_of}
