"""Methods that assert something, in classes that the test derives from one of the solution's.

The solution's process makes such a class, so the solution could put another method in the place of
one that asserts, or stop it before its assertions. A test that calls the method would then assert
nothing. So the answer counts only if the test's own method has ended meanwhile, for the object and
with the arguments of the call: the solution may wrap it, but not leave it out.
"""

import contextlib
import functools
import inspect
import types
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ...codec.format import MalformedError
from ..proxy_methods import ProxyMeta, anchor, is_proxy

#: Where the functions of a class body stand that are no plain functions.
_PARTS = ("fget", "__func__", "func")
_APART = (property, functools.cached_property, functools.partialmethod, classmethod, staticmethod)
_READ = (property, functools.cached_property)
#: Types of what runs if a test sets it in a class.
_SET = (types.FunctionType, classmethod, staticmethod, *_READ)
#: Special methods whose operands the other side makes itself.
_EXITS = frozenset({"__exit__", "__aexit__"})
#: What runs only when it is used, so that a method that has returned it has asserted nothing yet.
_LAZY = ("__next__", "__anext__", "__await__", "__enter__", "__aenter__")


class AssertingMethod(NamedTuple):
    """A method that must run.

    Attributes:
        name: Its name.
        function: What the solution calls.
        kind: Type of its entry in the class body: a function, a property, a class method ...
        setter: What runs when a property is set.
        first: What Python passes before the arguments of the test, if anything.
    """

    name: str
    function: Any
    kind: Any
    setter: Any = None
    first: tuple[Any, ...] = ()

    @property
    def is_read(self) -> bool:
        """Whether it runs when it is read."""
        return self.kind in _READ

    def of(self, one: Any) -> "AssertingMethod":
        """Return the method as it is looked up in an object or a class."""
        if self.kind is staticmethod or not hasattr(type(self.function), "__get__"):
            return self
        if self.kind is classmethod:
            return self._replace(first=(one if _is_class(one) else type(one),))
        return self if _is_class(one) else self._replace(first=(one,))


class Watch:
    """Whether a method ends while the solution answers.

    Args:
        method: The method.
        given: The arguments of the test's call.
        named: Those by keyword.
        makes: Whether it initializes the instance that is the answer.
    """

    def __init__(
        self,
        method: AssertingMethod,
        given: tuple[Any, ...] = (),
        named: Mapping[str, Any] | None = None,
        *,
        makes: bool = False,
    ) -> None:
        self._method, self._makes = method, makes
        first = (None,) if makes else method.first
        self._wanted = _bound(method.function, (*first, *given), named or {})
        self._ended: list[tuple[Any, Any]] = []

    def note(
        self, function: Any, args: tuple[Any, ...], named: Mapping[str, Any], result: Any
    ) -> None:
        """Note that a function of the test has returned a result to the solution."""
        if function is not self._method.function:
            return
        made = args[0] if args and self._makes else None
        bound = _bound(function, (None, *args[1:]) if self._makes else args, named)
        if self._method.name in _EXITS:
            if args[:1] and args[0] is self._method.first[0]:
                self._ended.append((made, result))
        elif len(bound) == len(self._wanted) and all(map(_same, bound, self._wanted)):
            self._ended.append((made, result))

    def accepts(self, answer: Any) -> bool:
        """Return True if the method has ended, and the answer is what remains to be run of it."""
        return any(
            (made is answer if self._makes else result is answer or not _is_lazy(result))
            for made, result in self._ended
        )


class AssertingMethods:
    """The methods of one session that must run, and the calls of them that are under way."""

    def __init__(self) -> None:
        #: The body of each class of the test that the solution's process has made.
        self._made: dict[type, dict[str, Any]] = {}
        self._methods: dict[type, dict[str, AssertingMethod]] = {}
        #: Methods by the number under which the test has looked them up.
        self._bound: dict[int, AssertingMethod] = {}
        #: Class and object of each ``super()``, by its number.
        self._supers: dict[int, tuple[type, Any]] = {}
        #: Numbers of objects and names of their cached properties that have run.
        self._kept: set[tuple[int, str]] = set()
        #: The methods that stand in the bodies of the classes.
        self._first: dict[tuple[type, str], AssertingMethod] = {}
        self._watches: list[Watch] = []

    def add(self, cls: type, body: Mapping[str, Any]) -> None:
        """Note a class that the solution's process has made; any method may assert something.

        Raises:
            MalformedError: It has been made before.
        """
        if cls in self._made:
            raise MalformedError("a class that was made twice")
        self._made[cls] = dict(body)
        self._require(cls, [*body])

    def left_out(self, cls: type, bases: Sequence[type]) -> list[type]:
        """Return the bases that such a class should have, and that are classes of the test too."""
        return [base for base in bases if base in self._made and base not in type.mro(cls)]

    def expect(
        self, cls: type, harmless: Collection[str] | None, asserts: Callable[[Any], bool]
    ) -> list[str]:
        """Note that methods of these names assert nothing, as the text of a class shows.

        Args:
            cls: The class.
            harmless: The names; all if it is None.
            asserts: Returns True for an entry of the body that asserts something all the same.

        Returns:
            The names of which it cannot be told whether they run.
        """
        body = self._made[cls]
        self._methods.pop(cls, None)
        for name in body:
            self._first.pop((cls, name), None)
        shown = body if harmless is None else harmless
        names = [name for name, item in body.items() if name not in shown or asserts(item)]
        self._require(cls, names)
        return [name for name in names if _is_unknown(body[name])]

    def replace(self, cls: Any, name: str, item: Any) -> None:
        """Note what the test sets in a class: a function may assert something.

        An object of the solution stands for the method of the class body: ``patch`` puts it back.
        """
        if not _is_class(cls) or cls not in self._made:
            return
        self._made[cls][name] = item
        self._methods.get(cls, {}).pop(name, None)
        if type(item) in _SET:
            self._require(cls, [name])
        elif is_proxy(item) and (cls, name) in self._first:
            self._methods.setdefault(cls, {})[name] = self._first[cls, name]

    def bind(self, number: int, method: AssertingMethod) -> None:
        """Note that the test has looked up a method.

        Raises:
            MalformedError: The number stands for another one.
        """
        if self._bound.setdefault(number, method) != method:
            raise MalformedError("two methods with the same number")

    def bind_super(self, made: Any, cls: type, one: Any) -> None:
        """Note a ``super`` object."""
        if self._methods and is_proxy(made):
            self._supers[anchor(made)[1]] = cls, one

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
        found = self._in(_line(one), name)
        if found is None and is_proxy(one) and anchor(one)[1] in self._supers:
            above, one = self._supers[anchor(one)[1]]
            line = [*_line(one)]
            found = self._in(line[line.index(above) + 1 :] if above in line else (), name)
        return None if found is None else found.of(one)

    def own(self, one: Any, name: str) -> AssertingMethod | None:
        """Return the test's own method of an object, also if it asserts nothing."""
        item = next(
            (self._made[cls][name] for cls in _line(one) if name in self._made.get(cls, ())), None
        )
        found = method_of(name, item) if type(item) is types.FunctionType else None
        return None if found is None else found.of(one)

    def setter(self, one: Any, name: str) -> AssertingMethod | None:
        """Return what must run when the test sets an attribute of an object, None if nothing."""
        found = self.method(one, name)
        if found is None or found.kind is not property:
            return self.method(one, "__setattr__")
        return None if found.setter is None else found._replace(function=found.setter)

    def has_kept(self, one: Any, method: AssertingMethod) -> bool:
        """Return True if a property has run before, and its object keeps what it returned."""
        is_kept = method.kind is functools.cached_property and is_proxy(one)
        return is_kept and (anchor(one)[1], method.name) in self._kept

    def keep(self, one: Any, method: AssertingMethod) -> None:
        """Note that a property has run."""
        if is_proxy(one):
            self._kept.add((anchor(one)[1], method.name))

    def is_replaced(self, cls: Any, made: Any) -> bool:
        """Return True if a class of such methods has made an instance of another class."""
        if not self._methods or not _is_class(cls) or type(made) is cls:
            return False
        return any(each in self._methods for each in _line(cls))

    @contextlib.contextmanager
    def watching(self, watch: Watch) -> Iterator[None]:
        """Note in the block which methods end."""
        self._watches.append(watch)
        try:
            yield
        finally:
            self._watches.remove(watch)

    def end(self, function: Any, args: tuple[Any, ...], named: Mapping[str, Any], got: Any) -> None:
        """Note that a function of the test has returned a result to the solution."""
        for watch in self._watches:
            watch.note(function, args, named, got)

    def _require(self, cls: type, names: Sequence[str]) -> None:
        found = [method_of(name, self._made[cls].get(name)) for name in names]
        kept = {each.name: each for each in found if each is not None}
        if kept:
            self._methods.setdefault(cls, {}).update(kept)
        for name, method in kept.items():
            self._first.setdefault((cls, name), method)

    def _in(self, line: Sequence[type], name: str) -> AssertingMethod | None:
        """Return the first method of this name in some classes, if it must run."""
        owner = next((cls for cls in line if name in self._made.get(cls, ())), None)
        return None if owner is None else self._methods.get(owner, {}).get(name)


def _line(one: Any) -> Sequence[type]:
    """Return the classes in which Python looks up an attribute of an object or a class."""
    return type.mro(one if _is_class(one) else type(one))


def _is_class(obj: Any) -> bool:
    return issubclass(type(obj), ProxyMeta)


def _is_lazy(result: Any) -> bool:
    return any(hasattr(type(result), name) for name in _LAZY)


def _kind(item: Any) -> Any:
    """Return the type of an entry of a class body; a known one for a subclass of that."""
    return next((kind for kind in _APART if isinstance(item, kind)), type(item))


def _is_unknown(item: Any) -> bool:
    """Return True for a descriptor of the test of which it cannot be told what runs."""
    is_theirs = is_proxy(item) or _is_class(item)
    return not is_theirs and method_of("", item) is None and hasattr(type(item), "__get__")


def method_of(name: str, item: Any) -> AssertingMethod | None:
    """Return a method for an entry of a class body; None for one of the solution's own."""
    kind = _kind(item)
    setter = item.fset if kind is property else None
    if kind in _APART:
        item = next(getattr(item, part) for part in _PARTS if hasattr(item, part))
    is_theirs = not callable(item) or is_proxy(item) or _is_class(item)
    return None if is_theirs else AssertingMethod(name, item, kind, setter)


def _bound(function: Any, args: tuple[Any, ...], named: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return the arguments of a call in a fixed order, with the defaults."""
    try:
        found = inspect.signature(function).bind(*args, **named)
    except (TypeError, ValueError):
        return (*args, *(part for item in sorted(named.items()) for part in item))
    found.apply_defaults()
    return tuple(found.arguments.values())


def _same(one: Any, other: Any) -> bool:
    if one is other or type(one) is not type(other) or is_proxy(one):
        return one is other
    return repr(one) == repr(other) if type(one) is float else bool(one == other)
