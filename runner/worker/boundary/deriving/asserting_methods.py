"""Methods that assert something, in classes that the test derives from one of the solution's.

The solution's process makes such a class, so the solution could put another method in the place of
one that asserts. A test that calls the method would then assert nothing. So the answer counts only
if the test's own method has begun meanwhile: the solution may wrap it, but not leave it out.
"""

import functools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ...codec.format import MalformedError
from ..proxy_methods import ProxyMeta, is_proxy

#: Where the functions of a class body stand that are no plain functions.
_PARTS = ("fget", "__func__", "func")
_READ = (property, functools.cached_property)


class AssertingMethod(NamedTuple):
    """A method that must run.

    Attributes:
        name: Its name.
        function: What the solution calls.
        is_read: Whether it runs when it is read, as a property.
    """

    name: str
    function: Any
    is_read: bool


class AssertingMethods:
    """The methods of one session that must run, and how often each has begun."""

    def __init__(self) -> None:
        #: Bases and body of each class of the test that the solution's process has made.
        self._made: dict[type, tuple[tuple[type, ...], Mapping[str, Any]]] = {}
        self._methods: dict[type, dict[str, AssertingMethod]] = {}
        #: Methods by the number under which the test has looked them up.
        self._bound: dict[int, AssertingMethod] = {}
        self._begun: Counter[int] = Counter()

    def add(self, cls: type, bases: tuple[type, ...], body: Mapping[str, Any]) -> None:
        """Note a class that the solution's process has made.

        Raises:
            MalformedError: It has been made before.
        """
        if cls in self._made:
            raise MalformedError("a class that was made twice")
        self._made[cls] = bases, body

    def expect(self, cls: type, names: Sequence[str]) -> None:
        """Note the names of the methods in a class that assert something."""
        _, body = self._made[cls]
        found = [_method(name, body.get(name)) for name in names]
        kept = {each.name: each for each in found if each is not None}
        if kept:
            self._methods[cls] = kept

    def begin(self, function: Any) -> None:
        """Note that the solution calls a function of the test."""
        if self._methods:
            self._begun[id(function)] += 1

    def bind(self, number: int, method: AssertingMethod) -> None:
        """Note that the test has looked up a method."""
        self._bound[number] = method

    def called(self, target: Any, number: int | None) -> AssertingMethod | None:
        """Return the method that a call stands for, None if none must run."""
        if not self._methods:
            return None
        if number in self._bound:
            return self._bound[number]
        return self.method(target, "__init__" if _is_class(target) else "__call__")

    def method(self, one: Any, name: str) -> AssertingMethod | None:
        """Return the method of an object or a class that must run, None if there is none."""
        if not self._methods:
            return None
        for cls in self._line(one if _is_class(one) else type(one)):
            if name in self._made[cls][1]:
                return self._methods.get(cls, {}).get(name)
        return None

    def is_replaced(self, cls: Any, made: Any) -> bool:
        """Return True if a class of such methods has made an instance of another class."""
        if not self._methods or not _is_class(cls) or type(made) is cls:
            return False
        return any(each in self._methods for each in self._line(cls))

    def has_run(self, method: AssertingMethod, ask: Callable[[], Any]) -> tuple[Any, bool]:
        """Return an answer of the solution, and whether a method has begun meanwhile."""
        before = self._begun[id(method.function)]
        answer = ask()
        return answer, self._begun[id(method.function)] > before

    def _line(self, cls: type) -> Iterator[type]:
        """Yield a class and those from which the test derived it, as far as it has made them."""
        if cls in self._made:
            yield cls
            for base in self._made[cls][0]:
                yield from self._line(base)


def _is_class(obj: Any) -> bool:
    return issubclass(type(obj), ProxyMeta)


def _method(name: str, item: Any) -> AssertingMethod | None:
    """Return a method for an entry of a class body; None for one of the solution's own."""
    is_read = type(item) in _READ
    if is_read or type(item) in (classmethod, staticmethod):
        item = next(getattr(item, part) for part in _PARTS if hasattr(item, part))
    is_theirs = not callable(item) or is_proxy(item) or _is_class(item)
    return None if is_theirs else AssertingMethod(name, item, is_read)
