"""Operations of a test on the solution's objects: ``permissions.may`` decides each of them.

Proxies ask their session. Each such call is checked here, then forwarded or refused, and the worth
of its answer is recorded in the ledger.
"""

import threading
import types
from typing import Any

from ...boundary import proxies, proxy_methods
from ...boundary.channel import Channel
from ...boundary.deriving.class_bodies import parts_of_attribute
from ...boundary.opcodes import Absent, Op
from ...codec.format import Bounds
from . import skipping
from .class_checks import has_library_method
from .examination.cross_examination import tell
from .exceptions import catchable, comes_from_solution, unaliased
from .handler_rewriting import pass_on
from .ledger import FUNCTIONS, is_function, is_object
from .operators import OperatingSession
from .permissions import (
    ORACLES,
    PROTOCOLS,
    Operation,
    Permission,
    State,
    may,
    operation_of,
    override_of,
)

#: Types of what is called by other rules than a method: classes, and functions of the judge.
_NO_METHODS = (type, *FUNCTIONS, types.BuiltinFunctionType)


class GuardedSession(OperatingSession):
    """The judge's side of the boundary, as far as tests use the solution's objects.

    Attributes:
        blocks: The ``with`` statements and functions of the test code, by file name.
    """

    def __init__(self, channel: Channel, bounds: Bounds) -> None:
        super().__init__(channel, bounds)
        self.blocks: skipping.Blocks = {}
        #: Numbers of the results of ``__anext__``, which may end an iteration.
        self._next_steps: set[int | None] = {None}
        #: What each thread calls; the other objects in its message are arguments.
        self._passing: dict[int, Any] = {}

    def _rule(self, operation: Operation, one: Any, what: str) -> tuple[State, Permission]:
        """Allow an operation without an operand, and note what its answer is worth.

        Raises:
            TypeError: The table does not allow it.
        """
        state = self.ledger.state(self, one)
        ruling = may(operation, state)
        if ruling.permission is Permission.REFUSE:
            raise self._refused(what)
        self.ledger.objects |= ruling.objects
        return state, ruling.permission

    def call(self, target: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call a function or class of the solution."""
        number = proxy_methods.number_in(self, target) or 0
        bound = self.ledger.method(number)
        permission = Permission.FORWARD
        if bound is None:
            state, _ = self._rule(Operation.CALL, target, "a call")
            self.ledger.objects |= self.ledger.is_decorated(number)
        else:
            state, cls, name = bound
            permission = self._rule_method(state, cls, name, given=bool(args or kwargs))
        self.ledger.settle()
        mark = self.ledger.mark()
        self._passing[threading.get_ident()] = target
        try:
            result = super().call(target, args, kwargs)
        finally:
            self._passing.pop(threading.get_ident(), None)
        made = proxy_methods.number_in(self, result)
        is_class = issubclass(type(target), proxies.ProxyType) and state is State.NAMED
        if is_class and made is not None and self.ledger.is_new(made, mark):
            self.ledger.enter(made, self.ledger.state_of_instances(number))
            if any(issubclass(type(each), FUNCTIONS) for each in (*args, *kwargs.values())):
                self.ledger.decorate(made)
        if permission is Permission.LIBRARY:
            self._note_found(made, result)
        return result

    def _rule_method(self, state: State, cls: type | None, name: str, *, given: bool) -> Permission:
        permission, objects = may(operation_of(name, state, given=given), state)
        if permission is Permission.LIBRARY and not (cls and has_library_method(cls, name)):
            permission = Permission.REFUSE
        if permission is Permission.REFUSE:
            raise self._refused(f"{name}() of an object that the solution returned")
        self.ledger.objects |= objects
        return permission

    def _note_found(self, number: int | None, result: Any) -> None:
        """Allow an object or None as the answer of a method that could judge its operand."""
        if number is not None and is_object(self, result):
            self.ledger.enter(number, State.FOUND)
        elif result is not None:
            raise self._refused("a plain answer of a method with an operand")

    def ask_method(self, one: Any, name: str, args: tuple[Any, ...]) -> Any:
        """Look up a method and call it with plain values.

        Returns:
            The method's result; ``Absent.ABSENT`` if look-up and call need a message each. Then
            nothing has been called, and nothing was learned.
        """
        state = self.ledger.state(self, one)
        found = may(operation_of(name, state, given=False), state)
        called = may(operation_of(name, state, given=bool(args)), state)
        if not {Permission.REFUSE, Permission.LIBRARY}.isdisjoint(
            (found.permission, called.permission)
        ):
            return Absent.ABSENT
        self.ledger.settle()
        answer: Any = None
        try:
            answer = self.request(Op.METHOD, one, name, *args)
        finally:
            if answer is not Absent.ABSENT and (found.objects or called.objects):
                self.ledger.objects = True
        return answer

    def get(self, one: Any, name: str) -> Any:
        """Read an attribute; a function is noted as a method, for the check of its call."""
        state = self.ledger.state(self, one)
        self._rule(operation_of(name, state, given=False), one, f"the attribute {name}")
        try:
            found = self._ask(Op.GET, one, name)
        except AttributeError:
            self.ledger.objects = True  # absence is an answer: hasattr, getattr with a default
            raise
        number = proxy_methods.number_in(self, found)
        if name in ORACLES and issubclass(type(found), _NO_METHODS):
            self._rule_method(state, None, name, given=True)  # its call asks for no permission
        if number is None:
            return found
        if isinstance(found, proxies.ProxyType):
            if state is State.NAMED:
                self.ledger.name(number)
            return found
        is_method = type(found) in proxy_methods.CLASSLESS_PROXIES
        owner = proxy_methods.number_in(self, one) or 0
        self.ledger.bind_method(number, owner, type(one), name, settled=is_method)
        return found

    def note_attributes(self, obj: Any, given: dict[str, Any]) -> None:
        """Count callable attributes of a value as methods of an object that was returned.

        What the judge has or the test names is also called by other rules, so it counts here.
        """
        for name, value in given.items():
            if not callable(value):
                continue
            number = proxy_methods.number_in(self, value)
            is_known = number is None or self.ledger.state_of_number(number) is State.NAMED
            if name not in ORACLES:
                self.ledger.objects |= is_known
            elif is_known:
                self._refused(f"{name} of a value as an attribute")
            else:
                self.ledger.bind_method(number or 0, 0, type(obj), name, settled=False)

    def set(self, one: Any, name: str, value: Any) -> None:
        """Set an attribute."""
        self._rule(Operation.ATTRIBUTE, one, f"setting {name}")
        in_class = isinstance(one, proxies.ProxyType) and not proxy_methods.is_proxy(value)
        parts = parts_of_attribute(value) if in_class else ()
        self._ask(Op.SET, one, name, *((None, *parts) if parts else (value,)))

    def delete(self, one: Any, name: str) -> None:
        """Delete an attribute."""
        self._rule(Operation.ATTRIBUTE, one, f"deleting {name}")
        self._ask(Op.DELETE, one, name)

    def protocol(self, name: str, one: Any, *details: Any) -> Any:
        """Perform a special method other than a comparison, ``in`` or binary arithmetic."""
        operation = PROTOCOLS.get(name, Operation.PROTOCOL)
        state, permission = self._rule(operation, one, name)
        result = self._ask(Op.APPLY, name, one, *details)
        if name == "__anext__":
            self._next_steps.add(proxy_methods.number_in(self, result))
        if permission is Permission.OBJECT or (state is State.COMBINED and is_object(self, result)):
            return self._object(state, name, result)
        return result

    def truth(self, one: Any) -> bool:
        """Return the truth value of an object whose class defines none."""
        self._rule(Operation.NUMBER, one, "the truth of an object")
        return True

    def contains(self, one: Any, item: Any) -> bool:
        """Ask an object that the test has built; any other must agree with its items."""
        name = "__contains__"
        state, operand = self.ledger.state(self, one), self.ledger.state(self, item)
        if may(Operation.CONTAINS, state, operand).permission is Permission.FORWARD:
            self.ledger.objects = True
            self.ledger.settle()
            return super().contains(one, item)
        try:
            items = iter(one)
        except TypeError as error:
            raise self._refused(f"{name} of an object without items") from error
        found = any(item is each or item == each for each in items)
        if operand is not State.TEST and self.examine(name, one, item, tell) is not found:
            raise self._refused(f"{name} of an object whose items say otherwise")
        return found

    def overrides(self, one: Any, name: str, args: tuple[Any, ...]) -> bool:
        """Return True if a builtin's subclass uses its own method, False for the builtin's."""
        operation = override_of(name)
        computes = operation is Operation.OVERRIDE_COMPUTE
        if computes and args and proxy_methods.number_in(self, args[0]) is not None:
            return True  # both are the solution's
        if computes and args and is_function(args[0]):
            self.ledger.objects = True
            return True  # ``event += handler``: what is expected is no function
        permission, _ = may(operation, self._state_as_subclass(one))
        if permission is Permission.REFUSE:
            self._refused(f"{name} with an object that the solution returned")
        return permission is Permission.FORWARD

    def _state_as_subclass(self, one: Any) -> State:
        state = self.ledger.state(self, one)
        cls = proxy_methods.number_in(self, type(one)) or 0
        if state is State.RETURNED and self.ledger.state_of_number(cls) is State.NAMED:
            return State.KIN
        return state

    def decides_instances(self, name: str, cls: Any, obj: Any) -> bool:
        """Ask a class with its own ``isinstance`` or ``issubclass`` check about an object.

        As in an ``except``, an exception of the test's own is not an instance.
        """
        if isinstance(obj, BaseException) and not comes_from_solution(obj):
            return False
        self.ledger.objects = True
        return super().decides_instances(name, cls, obj)

    def is_of_library(self, question: str, one: Any, names: list[str]) -> bool:
        """Ask whether an object, or a class, belongs to one of several library classes.

        The judge's own answer was no, so only a yes counts as evidence.

        Args:
            question: See ``boundary.library_classes``.
            one: The object.
            names: The names of the classes.
        """
        is_shared = not proxy_methods.anchor(one)[1]  # the proxy of a class that both sides have
        if is_shared or self.silent or self.request(Op.CLASS, question, one, *names) is not True:
            return False
        self._rule(Operation.CLASS, one, question)
        return True

    def refuse_descriptor(self, name: str) -> None:
        """Refuse a descriptor of the solution in a class of the test that stays in the judge."""
        raise self._refused(f"the descriptor {name} in a class of the test")

    def catch(self, spec: Any = None) -> Any:
        """Return what an ``except`` of the test catches now; without ``spec``, nothing."""
        if spec is None:
            self.open_exceptions.enter_finally()
            return ()
        spec, theirs = catchable(pass_on(spec))
        self.open_exceptions.catch(spec)
        if theirs:
            self.ledger.objects = True
        return spec

    def lose(self, error: BaseException) -> None:
        """Note an exception of the solution that ended a thread or task and skipped statements."""
        if comes_from_solution(error) and skipping.skips_at_end(error, self.blocks):
            self.open_exceptions.lose(error)

    def unaliased(self, cls: Any) -> Any:
        """Return the class that an alias stands for, anything else as it is."""
        return unaliased(cls)
