"""Sees that methods of the test that assert something run: see ``deriving.asserting_methods``."""

import sys
import types
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from ...boundary import proxies, proxy_methods
from ...boundary.channel import Channel
from ...boundary.deriving import lent_classes
from ...boundary.deriving.asserting_methods import (
    AssertingMethod,
    AssertingMethods,
    Watch,
    method_of,
)
from ...boundary.opcodes import SUPER, Absent, Op
from ...codec.format import Bounds
from ..source import function_facts
from .counting_session import CountingSession
from .permissions import OPERATORS, State
from .skipping import function_block, is_same, skips_in_with, stops_before_assertion


class AssertingSession(CountingSession):
    """The judge's side, as far as the solution's process runs methods of the test."""

    def __init__(self, channel: Channel, bounds: Bounds) -> None:
        super().__init__(channel, bounds)
        self._asserting = AssertingMethods()
        #: What the solution's process has of bases that are the test's own, by class.
        self.lent_bases: dict[type, dict[str, Any]] = {}
        #: How many requests of the solution are being answered.
        self._answering = 0
        #: Whether the solution has cancelled a task of the test.
        self._has_cancelled = False

    def request(self, op: Op, *items: Any) -> Any:
        """Ask the solution, whose process has first to know what the test has changed."""
        if self.lent_bases:
            lent_classes.renew(self)
        return super().request(op, *items)

    def _reply(self, op: Any, items: list[Any]) -> bytes:
        self._has_cancelled |= op == Op.CANCEL
        self._answering += 1
        try:
            return super()._reply(op, items)
        finally:
            self._answering -= 1

    def note_derived(self, cls: Any, body: dict[str, Any], bases: tuple[type, ...]) -> None:
        """Note a class of the test that derives from one of the solution's.

        Raises:
            TypeError: A metaclass has left out a base of the test, which may assert something.
        """
        for base in self._asserting.left_out(cls, bases):
            raise self._refused(f"a class without its base {base.__name__}")
        numbers = (proxy_methods.number_in(self, base) or 0 for base in cls.__bases__)
        self.ledger.derive(cls, numbers)
        self._asserting.add(cls, body)

    def is_final(self, error: Any, trace: Any) -> bool:
        """Return True if an exception must leave a ``with`` block of the solution.

        The block may suppress it if that skips no statement of the test.
        """
        return trace is not None and skips_in_with(error, trace, self.blocks)

    def note_kept(self, error: Any, other: Any = None) -> None:
        """Fail the test if a block would have ended it in another way in one process."""
        is_end = isinstance(error, GeneratorExit)  # nothing behind the block is awaited
        if not is_end and (other is None or not is_same(error, other)):
            self._refused("the end of an exception in a block with statements behind it")

    def expect_runs(self, cls: Any, harmless: Collection[str] | None) -> None:
        """Note the methods of such a class that assert nothing; None for all of them.

        Raises:
            TypeError: It cannot be told whether one of them runs.
        """
        for name in self._asserting.expect(cls, harmless, self.asserts):
            raise self._refused(f"the descriptor {name}, which asserts something")

    def asserts(self, item: Any) -> bool:
        """Return True for an entry of a class body that asserts something, however it is named."""
        method = method_of("", item)
        function = None if method is None else method.function
        while type(function) is types.FunctionType:
            block = function_block(function.__code__, self.blocks)
            if block is not None and block.asserts:
                return True
            function = vars(function).get("__wrapped__")
        return False

    def note_end(self, target: Any, items: Sequence[Any], answer: Any) -> None:
        """Note that a function of the test has returned to the solution.

        Args:
            target: The function.
            items: Number of its positional arguments, and all arguments as they crossed.
            answer: What it has returned.
        """
        count, *rest = items
        args = tuple(rest[:count])
        named = dict(zip(rest[count::2], rest[count + 1 :: 2], strict=True))
        if function_facts.HiddenDefault in map(type, rest):
            args, named = function_facts.with_defaults(target, args, named)
        self._asserting.end(target, args, named, answer)

    def leave(self, body: Callable[[], Any] | None = None) -> Any:
        """Note the exception that leaves a function of the test; return what is caught there.

        Args:
            body: What a lambda of the test does; its result is returned.
        """
        if body is not None:
            return self.open_exceptions.within(body, self.blocks)
        self.open_exceptions.leave(self.blocks)
        error = sys.exc_info()[1]
        if error is not None and (self._answering or self._has_cancelled):
            # Only the solution knows why it has cancelled a task or closed a generator.
            self.ledger.objects |= stops_before_assertion(error, self.blocks)
        return ()

    def found(self, one: Any, name: str) -> Any:
        """Read an attribute; a method of the test that asserts stays the test's own."""
        method = self._asserting.method(one, name)
        if method is None:
            return super().get(one, name)
        watch = Watch(method)
        with self._asserting.watching(watch):
            found = super().get(one, name)
        number = proxy_methods.number_in(self, found)
        if number is not None and not method.is_read:
            self._asserting.bind(number, method)
        elif watch.accepts(found):
            self._asserting.keep(one, method)
        elif not (found is method.function or self._asserting.has_kept(one, method)):
            raise self._refused(f"{name} in place of the test's own")
        return found

    def ask_method(self, one: Any, name: str, args: tuple[Any, ...]) -> Any:
        """Look up a method and call it, if no method of the test must run meanwhile."""
        if self._asserting.method(one, name) is not None:
            return Absent.ABSENT
        return super().ask_method(one, name, args)

    def call(self, target: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call a function or class of the solution."""
        method = self._asserting.called(target, proxy_methods.number_in(self, target))
        makes = isinstance(target, proxies.ProxyType)
        ask = super().call
        made = self._run(method, args, lambda: ask(target, args, kwargs), kwargs, makes=makes)
        if self._asserting.is_replaced(target, made):
            raise self._refused("an instance of another class than the test's own")
        return made

    def protocol(self, name: str, one: Any, *details: Any) -> Any:
        """Perform a special method."""
        ask = super().protocol
        method = self._asserting.method(one, name)
        answer = self._run(method, details, lambda: ask(name, one, *details))
        if name == SUPER:
            self._asserting.bind_super(answer, details[0], one)
        return answer

    def operate(self, name: str, one: Any, other: Any, *modulus: Any) -> Any:
        """Compare or compute."""
        ask = super().operate
        method = self._asserting.method(one, name)
        own = self._own_of_test(one, name, other) if name in OPERATORS else None
        if own is not None:
            return self._judged(own, other)
        return self._run(method, (other, *modulus), lambda: ask(name, one, other, *modulus))

    def contains(self, one: Any, item: Any) -> bool:
        """Ask whether an object contains an item."""
        ask = super().contains
        method = self._asserting.method(one, "__contains__")
        own = self._own_of_test(one, "__contains__", item)
        if own is not None:
            return bool(self._judged(own, item))
        return bool(self._run(method, (item,), lambda: ask(one, item)))

    def _own_of_test(self, one: Any, name: str, operand: Any) -> AssertingMethod | None:
        """Return the test's own method that compares an object with a value, if there is one."""
        own = self._asserting.own(one, name)
        is_value = own is not None and self.ledger.state(self, operand) is State.VALUE
        return own if is_value else None

    def _judged(self, method: AssertingMethod, value: Any) -> Any:
        """Let the test's own method judge a value: the solution's process does not learn it."""
        self.ledger.objects = True
        return method.function(*method.first, value)

    def set(self, one: Any, name: str, value: Any) -> None:
        """Set an attribute; what the test sets in a class of its own may assert something."""
        ask = super().set
        method = self._asserting.setter(one, name)
        args = (value,) if method is not None and method.kind is property else (name, value)
        self._run(method, args, lambda: ask(one, name, value))
        self._asserting.replace(one, name, value)

    def delete(self, one: Any, name: str) -> None:
        """Delete an attribute."""
        ask = super().delete
        self._run(self._asserting.method(one, "__delattr__"), (name,), lambda: ask(one, name))

    def _run(
        self,
        method: AssertingMethod | None,
        args: tuple[Any, ...],
        ask: Callable[[], Any],
        named: Mapping[str, Any] | None = None,
        *,
        makes: bool = False,
    ) -> Any:
        """Return an answer, for which a method of the test must have ended.

        Raises:
            TypeError: It has not.
        """
        if method is None:
            return ask()
        watch = Watch(method, args, named, makes=makes)
        with self._asserting.watching(watch):
            answer = ask()
        if not watch.accepts(answer):
            raise self._refused(f"{method.name}() without the test's own method")
        return answer
