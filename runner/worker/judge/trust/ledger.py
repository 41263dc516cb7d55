"""The states of the solution's objects in one test, and the evidence for a pass."""

import contextlib
import functools
import operator
import types
from collections.abc import Iterable, Iterator
from typing import Any

from ...boundary import proxy_methods
from ...codec import value_types
from ...codec.format import MalformedError
from ...protocol.report import Evidence
from .permissions import State

#: States of objects that could judge an operand: they last, whatever the solution does.
_LASTING = frozenset({State.FOUND, State.COMBINED})
_LEAVES = frozenset({bool, int, float, complex, str, bytes})
#: A number that stands for each class and function of both sides: these have none.
_SHARED_CALLABLE = frozenset({-1})
_BY_IDENTITY = (type, types.FunctionType, types.BuiltinFunctionType, types.ModuleType)
#: Types of what a class of the solution may decorate.
FUNCTIONS = (types.FunctionType, types.MethodType)
_FED = frozenset(
    {
        *(type, types.BuiltinFunctionType, types.MethodDescriptorType, functools.partial),
        *(operator.itemgetter, operator.attrgetter, operator.methodcaller, *FUNCTIONS),
    }
)


def is_function(obj: Any) -> bool:
    """Return True for a function or class of the judge's side, as in ``pipeline | str.strip``."""
    return type(obj) in _FED


def is_object(session: Any, obj: Any) -> bool:
    """Return True for an object of the solution without a plain value."""
    has_number = proxy_methods.number_in(session, obj) is not None
    return has_number and value_types.base_of(type(obj)) is None


class Ledger:
    """The states of the solution's objects, by number, and the evidence so far.

    Attributes:
        touched: Whether the test has learned anything from the solution.
        objects: Whether it has learned something that only an object of the solution can answer.
        refused: The reason of the first refused operation, with which the test fails.
    """

    def __init__(self) -> None:
        self.touched = False
        self.objects = False
        self.refused: str | None = None
        #: Whether the solution has called the test, in a block that learns nothing.
        self._is_heard = False
        #: ``touched`` and ``refused`` of ``shared`` blocks, which count for each later test.
        self._shared: tuple[bool, str | None] = False, None
        self._named: dict[int, State] = {}
        self._declared_classes: set[int] = set()
        self._built: dict[int, State] = {}
        #: Built objects that hold a function of the test: calling one may call the function or not.
        self._decorated: set[int] = set()
        #: Classes of built objects that the test has handed to the solution, and derived ones.
        self._kin: set[type] = set()
        self._streams: set[int] = set()
        self._judging: dict[int, State] = {}
        #: The number of marks when each object first arrived.
        self._first_seen: dict[int, int] = {}
        self._marks = 0
        #: The kind of object that each number stands for, fixed for the session.
        self._kinds: dict[int, str] = {}
        self._methods: dict[int, tuple[int, type, str]] = {}
        #: Objects, not streams, that have arrived and are not yet counted as evidence.
        self._arrived: set[int] = set()

    def evidence(self) -> Evidence:
        """Return the evidence for a pass."""
        self.settle()
        if not self.touched:
            return "none"
        return "objects" if self.objects else "values"

    @contextlib.contextmanager
    def shared(self) -> Iterator[None]:
        """Return a block whose evidence counts for each later test of a suite."""
        before = self.touched, self.refused
        self.touched, self.refused = False, None
        try:
            yield
        finally:
            self._shared = self._shared[0] or self.touched, self._shared[1] or self.refused
            self.touched, self.refused = before[0] or self.touched, before[1] or self.refused

    def begin_test(self) -> None:
        """Forget what the previous test alone has learned.

        ``objects`` is kept: the previous test may have left an object's answer behind.
        """
        self.touched, self.refused = self._shared

    @contextlib.contextmanager
    def aside(self) -> Iterator[None]:
        """Return a block in which objects arrive without the test's doing."""
        before, self._arrived = self._arrived, set()
        try:
            yield
        finally:
            self._arrived = before | (self._arrived & _SHARED_CALLABLE)

    @contextlib.contextmanager
    def learning_nothing(self) -> Iterator[None]:
        """Return a block whose requests are no evidence: their answers are not used.

        If the solution calls the test meanwhile, the test may learn something from that.
        """
        before = self.touched, self.objects, self._is_heard
        self._is_heard = False
        try:
            with self.aside():
                yield
        finally:
            self.touched, self.objects = (True, True) if self._is_heard else before[:2]
            self._is_heard |= before[2]  # of the block around this one

    def hear(self) -> None:
        """Note that the solution calls the test, perhaps with a class or function of both sides."""
        self._is_heard = True
        self.objects = self.objects or not self._arrived.isdisjoint(_SHARED_CALLABLE)

    def refuse(self, reason: str) -> None:
        """Note that an operation was refused."""
        self.refused = self.refused or reason

    # -- what arrives -----------------------------------------------------------------------------

    def arrive(self, number: int, *, stream: bool = False, value: bool = False) -> None:
        """Note that the solution has handed out an object; a built one becomes *returned*.

        Args:
            number: The object.
            stream: Whether it is an exact iterator, generator or coroutine.
            value: Whether it is judged by its value of a builtin type.
        """
        kind = "stream" if stream else "object"
        if self._kinds.setdefault(number, kind) != kind:
            raise MalformedError("one number was used for objects of two kinds")
        self._built.pop(number, None)
        self._first_seen.setdefault(number, self._marks)
        if stream:
            self._streams.add(number)
        elif not value:
            self._arrived.add(number)

    def arrive_shared_callable(self) -> None:
        """Note that the solution has handed out a class or function of both sides.

        What calls it, calls the judge's own: ``bool(expected)`` is True.
        """
        self._arrived |= _SHARED_CALLABLE

    def arrive_class(self, number: int) -> None:
        """Note that the solution has handed out a class."""
        if self._kinds.setdefault(number, "class") != "class":
            raise MalformedError("one number was used for objects of two kinds")
        self._arrived.add(number)

    def forget_arrival(self, number: int) -> None:
        """Note that a class has arrived only as the type of another object."""
        self._arrived.discard(number)

    def mark(self) -> int:
        """Return a mark; objects that first arrive after it are new."""
        self._marks += 1
        return self._marks

    def is_new(self, number: int, mark: int) -> bool:
        """Return True if an object has first arrived after a mark."""
        return self._first_seen.get(number, 0) >= mark

    def settle(self) -> None:
        """Count the objects that have arrived as evidence."""
        if self._arrived:
            self.objects = True
            self._arrived.clear()

    def forget_arrivals(self) -> bool:
        """Drop the objects that have arrived without the test's doing.

        Returns:
            Whether there was a class or function of both sides among them.
        """
        has_callable = not self._arrived.isdisjoint(_SHARED_CALLABLE)
        self._arrived.clear()
        return has_callable

    def name(self, number: int, *, callable_: bool = True) -> None:
        """Note that the test's text names a function or a class, or another object."""
        self._named[number] = State.NAMED if callable_ else State.BOUND
        self._arrived.discard(number)

    def declare(self, number: int, cls: type | None = None) -> None:
        """Note that a class is declared.

        Args:
            number: The class.
            cls: Its proxy, if the request itself declares it; its objects then become *kin*.
        """
        self._declared_classes.add(number)
        if cls is not None:
            self._kin.add(cls)

    def derive(self, cls: type, bases: Iterable[int]) -> None:
        """Note that the test has derived a class, whose objects are *kin* if it names a base."""
        names = any(self.state_of_number(number) is State.NAMED for number in bases)
        if names or not self._kin.isdisjoint(cls.__bases__):
            self._kin.add(cls)

    def enter(self, number: int, state: State) -> None:
        """Note the state of an object that has arrived by what the test did."""
        if state in _LASTING:
            self._judging[number] = state
            return
        self._built[number] = state
        self._arrived.discard(number)

    def state_if_built(self, number: int) -> State | None:
        """Return the state of an object that the test has built, None for any other."""
        return self._built.get(number)

    def decorate(self, number: int) -> None:
        """Note that the test has built an object from a function of its own."""
        self._decorated.add(number)

    def is_decorated(self, number: int) -> bool:
        """Return True if calling an object may stand for calling a function of the test."""
        return number in self._decorated

    def state_of_instances(self, cls: int) -> State:
        """Return the state of an object that the test builds by calling a class."""
        return State.DECLARED if cls in self._declared_classes else State.BUILT

    def hand_over(self, number: int, cls: type) -> None:
        """Note that the test passes or compares a built object; others of its class are *kin*."""
        if number in self._built:
            self._kin.add(cls)

    def bind_method(self, number: int, owner: int, cls: type, name: str, *, settled: bool) -> None:
        """Note that the test has looked up a method on an object.

        Args:
            number: The method.
            owner: The object.
            cls: The object's class.
            name: The method's name.
            settled: Whether the look-up itself is no evidence.
        """
        self._methods[number] = owner, cls, name
        if settled:
            self._arrived.discard(number)

    def method(self, number: int) -> tuple[State, type, str] | None:
        """Return state and class of a method's owner, and its name; None for other functions."""
        if number not in self._methods:
            return None
        owner, cls, name = self._methods[number]
        return self._state(owner, cls), cls, name

    # -- states -----------------------------------------------------------------------------------

    def state_of_number(self, number: int) -> State:
        """Return the state of an object of the solution."""
        if number in self._judging:  # also if it is then one that the test names
            return self._judging[number]
        if number in self._named:
            return self._named[number]
        built = self._built.get(number)
        if built is not None:
            return built
        return State.STREAM if number in self._streams else State.RETURNED

    def state(self, session: Any, obj: Any) -> State:
        """Return the state of an operand."""
        number = proxy_methods.number_in(session, obj)
        if number is None:
            return _state_of_own(obj)
        return self._state(number, type(obj))

    def _state(self, number: int, cls: type) -> State:
        state = self.state_of_number(number)
        return State.KIN if state is State.RETURNED and cls in self._kin else state


def _state_of_own(obj: Any) -> State:
    kind = type(obj)
    if (
        kind in _LEAVES
        or kind in value_types.CONTAINER_CODES
        or value_types.compound_code(obj) is not None
    ):
        return State.VALUE
    if obj is None or isinstance(obj, _BY_IDENTITY) or "__eq__" not in _defined(kind):
        return State.SINGLE
    # a subclass of a value type (a namedtuple of the test) is a value, too
    return State.VALUE if value_types.base_of(kind) is not None else State.TEST


def _defined(kind: type) -> set[str]:
    return {name for cls in kind.__mro__[:-1] for name in vars(cls)}
