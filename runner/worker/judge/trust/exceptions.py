"""Exception classes that the solution provides, where a test catches them.

``except X`` of a test catches what the test's own assertions raise if ``X`` is ``Exception`` under
another name. So a builtin exception class that comes from the solution is an *alias*: a class of
its own, that stands for the builtin one where an exception of the solution is caught, and for
nothing else.
"""

import sys
from typing import Any

from ...boundary.opcodes import OTHER_SIDE
from ...boundary.proxy_methods import ProxyMeta


def comes_from_solution(error: BaseException | None) -> bool:
    """Return True if the solution has raised or made an exception."""
    if isinstance(error, BaseExceptionGroup) and any(map(comes_from_solution, error.exceptions)):
        return True
    return error is not None and OTHER_SIDE in BaseException.__getattribute__(error, "__dict__")


class _AliasMeta(type):
    """The type of aliases: their instances are those of the real class, except in a handler."""

    real: Any

    def __eq__(cls, other: object) -> bool:
        return other is cls or other is cls.real

    def __hash__(cls) -> int:
        return hash(cls.real)

    def __instancecheck__(cls, obj: Any) -> bool:
        return isinstance(obj, cls.real)

    def __subclasscheck__(cls, other: Any) -> bool:
        error = sys.exc_info()[1]
        if error is not None and type(error) is other and not comes_from_solution(error):
            return False
        return issubclass(other, cls.real)


def alias_of(real: Any) -> Any:
    """Return a class that stands for a builtin exception class which the solution provides."""
    made: Any = _AliasMeta(real.__name__, (real,), {"__module__": real.__module__})
    type.__setattr__(made, "real", real)
    return made


def unaliased(cls: Any) -> Any:
    """Return the class that an alias stands for, anything else as it is."""
    return cls.real if type(cls) is _AliasMeta else cls


def catchable(spec: Any) -> tuple[Any, bool]:
    """Return what an ``except`` of a test catches now, and whether a class of the solution does it.

    Args:
        spec: What stands behind ``except``: a class, or a tuple of classes and tuples.
    """
    parts = _flat(spec)
    theirs = [part for part in parts if isinstance(part, ProxyMeta | _AliasMeta)]
    if not theirs:
        return spec, False
    if comes_from_solution(sys.exc_info()[1]):
        return tuple(unaliased(part) for part in parts), True
    return tuple(part for part in parts if not any(part is each for each in theirs)), False


def _flat(spec: Any) -> list[Any]:
    if type(spec) is tuple:
        return [part for item in spec for part in _flat(item)]
    return [spec]
