"""Exception classes that the solution provides, where a test catches them.

If ``X`` of the solution is ``Exception`` under another name, ``except X`` in a test would catch the
test's own assertion errors. So a builtin exception class that comes from the solution is an
*alias*: a separate class, which matches the builtin one only for exceptions of the solution.
"""

import sys
import unittest
from typing import Any, Protocol

from ...boundary.opcodes import OTHER_SIDE
from ...boundary.proxy_methods import ProxyMeta
from ..suite.pytest_outcomes import OutcomeException

_OUTCOMES = (AssertionError, OutcomeException, unittest.SkipTest)


def comes_from_solution(error: BaseException | None) -> bool:
    """Return True if the solution has raised or made an exception, or all of a group."""
    if error is None:
        return False
    if OTHER_SIDE in BaseException.__getattribute__(error, "__dict__"):
        return True
    return isinstance(error, BaseExceptionGroup) and all(map(comes_from_solution, error.exceptions))


def is_failed_assertion(error: BaseException) -> bool:
    """Return True if the test has raised an AssertionError, alone or in a group.

    Or if it has said in another way how it ends: ``pytest.fail``, ``pytest.raises``, ``skipTest``.
    """
    if isinstance(error, BaseExceptionGroup):
        return any(map(is_failed_assertion, error.exceptions))
    return isinstance(error, _OUTCOMES) and not comes_from_solution(error)


class Origins(Protocol):
    """What an alias needs of its session.

    Attributes:
        raised: The classes of the exceptions that the solution has raised.
    """

    raised: set[type]

    def doubt(self) -> None:
        """Note that a pass rests on an object with which the solution has replaced its class."""


class _AliasMeta(type):
    """Metaclass of aliases: an instance is an exception of the real class that the solution made.

    A comparison of classes has no exception whose origin could be checked. So its answer rests on
    the solution's word, unless the solution has raised an exception of the class.
    """

    real: Any
    origins: Origins

    def __eq__(cls, other: object) -> bool:
        return other is cls or (other is cls.real and cls._means(cls.real))

    def __hash__(cls) -> int:
        return hash(cls.real)

    def __instancecheck__(cls, obj: Any) -> bool:
        if type.__instancecheck__(cls, obj):
            return True
        return isinstance(obj, cls.real) and comes_from_solution(obj)

    def __subclasscheck__(cls, other: Any) -> bool:
        if type.__subclasscheck__(cls, other):
            return True
        return issubclass(other, cls.real) and cls._means(other)

    def _means(cls, other: Any) -> bool:
        error = sys.exc_info()[1]
        if error is not None and type(error) is other:
            return comes_from_solution(error)
        raised = other in cls.origins.raised and not issubclass(other, AssertionError)
        if not raised and not issubclass(other, Warning) and not isinstance(other, ProxyMeta):
            cls.origins.doubt()
        return True


class Aliases:
    """The classes that stand for builtin exception classes which the solution provides."""

    def __init__(self, origins: Origins) -> None:
        self._origins = origins
        self._made: dict[type, Any] = {}

    def of(self, found: Any) -> Any:
        """Return the alias of a builtin exception class, or of each in a tuple; else the object."""
        if type(found) is tuple:
            return tuple(map(self.of, found))
        if not (isinstance(found, type) and issubclass(found, BaseException)):
            return found
        if isinstance(found, ProxyMeta | _AliasMeta):
            return found
        if found not in self._made:
            self._made[found] = self._make(found)
        return self._made[found]

    def _make(self, real: Any) -> Any:
        made: Any = _AliasMeta(real.__name__, (real,), {"__module__": real.__module__})
        type.__setattr__(made, "real", real)
        type.__setattr__(made, "origins", self._origins)
        return made


def unaliased(cls: Any) -> Any:
    """Return the class that an alias stands for, anything else as it is."""
    return cls.real if type(cls) is _AliasMeta else cls


def catches_assertions(found: Any) -> bool:
    """Return True for a class that catches an AssertionError."""
    return isinstance(found, type) and issubclass(AssertionError, found)


def has_several_bases(cls: type) -> bool:
    """Return True if a class derives from builtin exceptions that do not derive from each other."""
    real = [each for each in cls.__mro__ if not isinstance(each, ProxyMeta)]
    return not all(issubclass(real[0], each) for each in real)


def catchable(spec: Any) -> tuple[Any, bool]:
    """Return what an ``except`` of a test catches now, and whether the solution's classes do.

    Args:
        spec: The expression after ``except``: a class, or a tuple of classes and tuples.
    """
    parts = _flat(spec)
    theirs = [part for part in parts if isinstance(part, ProxyMeta | _AliasMeta)]
    if not theirs:
        return spec, False
    error = sys.exc_info()[1]
    if comes_from_solution(error):
        return tuple(unaliased(part) for part in parts), True
    # In a group, an exception of the solution's own class always comes from the solution.
    kept = ProxyMeta if isinstance(error, BaseExceptionGroup) else ()
    rest = [part for part in parts if isinstance(part, kept) or all(part is not t for t in theirs)]
    return tuple(rest), bool(kept)


def matches(error: BaseException, spec: Any) -> bool:
    """Return True if an ``except`` with this expression catches an exception of the test."""
    if isinstance(error, BaseExceptionGroup):
        return True  # a part of it
    return any(part is base for part in _flat(spec) for base in type(error).__mro__)


def _flat(spec: Any) -> list[Any]:
    if type(spec) is tuple:
        return [part for item in spec for part in _flat(item)]
    return [spec]
