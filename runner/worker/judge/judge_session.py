"""The judge's end of the boundary: what test and solution may do with each other's objects."""

import builtins
import sys
import threading
import types
from collections.abc import Callable
from typing import Any

from ..boundary import ambient_state, exports, proxies, proxy_methods, setup_objects
from ..boundary.channel import Channel
from ..boundary.opcodes import SETUP, Absent, ExportKind, Op
from ..boundary.proxy_methods import Method
from ..boundary.session import BoundaryBroken, Session
from ..boundary.shared_globals import library_name_of, name_of, object_of
from ..codec.format import Bounds, Export, MalformedError
from .outcomes import describe
from .prediction.method_calls import Waiting, can_cross_together
from .source import class_facts
from .source.function_facts import HiddenDefault
from .thread_turns import ThreadTurns
from .trust import callbacks
from .trust.asserting_session import AssertingSession
from .trust.class_checks import Kind
from .trust.exceptions import (
    Aliases,
    catches_assertions,
    comes_from_solution,
    has_several_bases,
    is_failed_assertion,
    unaliased,
)
from .trust.skipping import becomes, is_same, skips_assertions

_INPUT = builtins.input

#: Types of which the solution must not get hold: they lead to the test's text and variables.
_PRIVATE_TYPES = (
    types.FrameType,
    types.TracebackType,
    types.CodeType,
    types.ModuleType,
    Session,
)


class JudgeSession(AssertingSession):
    """The test's side of the boundary."""

    parity = 2
    keeps_expectations = True

    def __init__(self, channel: Channel, bounds: Bounds) -> None:
        super().__init__(channel, bounds)
        self.shadowable = frozenset()
        self.enums.note_method = class_facts.note_method
        #: Names of classes that the test itself declares.
        self.declared: frozenset[str] = frozenset()
        #: The first assertion of the test that failed in a callback, thread or task.
        self.failed_aside: BaseException | None = None
        #: Exceptions of callbacks that skipped assertions: the solution has handled them, unless
        #: they end a request.
        self.skipped_aside: list[BaseException] = []
        #: The process-wide state that the test sets for calls; None if its code sets none.
        self.ambient_state: ambient_state.JudgeAmbientState | None = None
        #: Where the test prints to unless it has redirected that.
        self.stdout: Any = sys.stdout
        self._lent = sys.stdin, builtins.input
        self._aliases = Aliases(self)
        #: What has crossed to the solution by name, by ``id``: these objects are never freed.
        self._passed_classes: set[int] = set()
        #: Classes of the exceptions that the solution has raised.
        self.raised: set[type] = set()
        #: Tasks of the solution, and those of them that the test has cancelled, by number.
        self._tasks_begun: set[int] = set()
        self._cancelled: set[int] = set()
        #: Tasks that await what ``__anext__`` has returned, by number.
        self._next_tasks: set[int] = set()
        self._waiting = Waiting()
        #: Sends what must reach the solution before the next request; None for nothing.
        self.sends_before: Callable[[], None] | None = None
        self.turns = ThreadTurns(super().request, self._lock)
        #: Does what the solution asks of an object of the test.
        self.perform = callbacks.perform

    def hidden_number(self, obj: Any) -> tuple[int, ...]:
        """Let the solution call an object of the setup code whose attributes it may not see."""
        return (self.export_number(obj),) if setup_objects.hides_any(obj) else ()

    def details(self, error: BaseException) -> tuple[Any, ...]:
        """Return the public attributes of an exception of a class that both sides have."""
        cls = type(error)
        is_of_setup = self.setup_name(error) is not None or cls in self.setup_classes.values()
        if not is_of_setup and not library_name_of(cls):
            return ()
        return None, None, None, False, *setup_objects.attributes(error)

    def get(self, one: Any, name: str) -> Any:
        """Read an attribute; if it is called at once, the call looks it up."""
        if type(one) in self.bare and self._waiting.is_called_next(sys._getframe(2), name):
            return self._waiting.add(self, one, name)
        return self.found(one, name)

    def call_method(self, method: Method, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Look up a method of the solution and call it, in one message if that can be done."""
        if self._waiting.take(method) and can_cross_together(args, kwargs):
            self._lend_input()
            answer = self.ask_method(method.one, method.name, args)
            if answer is not Absent.ABSENT:
                return answer
        if method.found is Absent.ABSENT:
            method.found = self.found(method.one, method.name)
        return method.found(*args, **kwargs)

    def _raised(self, rest: list[Any]) -> BaseException:
        """Return what the solution has raised: a new exception, or one of a class of the test."""
        error = super()._raised(rest)
        is_new = error.__traceback__ is None and comes_from_solution(error)
        cause = next(iter(rest[2:]), None)
        if not comes_from_solution(error) and isinstance(cause, BaseException):
            error.__cause__ = cause
        if is_new or type(error).__module__ != "builtins" or isinstance(error, BoundaryBroken):
            return error
        self.broken = "an exception that was there before was raised again"
        return BoundaryBroken(self.broken)

    def _look_up(self) -> None:
        """Look up the methods that wait for their call, because another request comes first."""
        for method in self._waiting.take_all():
            method.found = self.found(method.one, method.name)

    def call(self, target: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call a function or class of the solution, which may read its input."""
        if self._waiting.methods:
            self._look_up()
        self._lend_input()
        return super().call(target, args, kwargs)

    def operate(self, name: str, one: Any, other: Any, *modulus: Any) -> Any:
        """Compare or compute, after looking up the methods that wait for their call."""
        if self._waiting.methods:
            self._look_up()
        return super().operate(name, one, other, *modulus)

    def _lend_input(self) -> None:
        """Let the solution read what the test has put in place of ``sys.stdin`` or ``input``."""
        stdin, function = sys.stdin, builtins.input
        if stdin is self._lent[0] and function is self._lent[1]:
            return
        text = None if stdin is self._lent[0] or stdin is None else stdin.read()
        self._lent = stdin, function
        self.request(Op.INPUT, text, None if function is _INPUT else function)

    def request(self, op: Op, *items: Any) -> Any:
        """Send a request to the subject, with the objects that it may release."""
        self._prepare(op)
        if op == Op.CANCEL:
            self._cancelled.add(items[0])
        try:
            result = self.turns.request(op, *items)
            if op == Op.SPAWN:
                self._begin_task(result, items[0])
            return result
        except BaseException as error:
            # Caught and raised again, so that the traceback begins here on every Python.
            found = self.skipped_aside
            self.skipped_aside = [each for each in found if not becomes(each, error)]
            # ``raise X from error``: only the solution knows whether X means more than the error.
            ends = any(is_same(error, each) for each in found)
            self.ledger.objects |= not ends and len(self.skipped_aside) < len(found)
            if comes_from_solution(error):
                self.raised.add(type(error))
                self.failed_aside = self.failed_aside or self.open_exceptions.hidden_by(error)
            if self._may_get_lost(error) and not self._is_answer(op, items, error):
                self.open_exceptions.note(error)
            raise

    def _may_get_lost(self, error: BaseException) -> bool:
        """Return True if code in C could swallow what a request raises, and the test with it.

        The end of an iteration may also be of a class of the test that the solution was given.
        """
        return comes_from_solution(error) or isinstance(error, StopIteration | StopAsyncIteration)

    def _prepare(self, op: Op) -> None:
        """Do what must precede every request."""
        if self._waiting.methods:
            self._look_up()
        if self.sends_before is not None:
            send, self.sends_before = self.sends_before, None
            send()
        if self.containers.entries:
            with self._lock:  # or another thread sends them meanwhile, and they are sent twice
                self.objects.released += [~number for number in self.containers.drop_unused()]
        if op != Op.ASK and self._records:
            self._records = {}
        if self.ambient_state is not None and (changes := self.ambient_state.changes()):
            self.turns.request(Op.FOLLOW, *changes)
        if op not in _SILENT:
            self.ledger.touched = True

    def _begin_task(self, number: Any, awaitable: Any) -> None:
        """Note the number of a task, which stands for one task as long as the session lasts."""
        if type(number) is not int or number in self._tasks_begun:
            self.broken = "a task's number was used twice"
            raise BoundaryBroken(self.broken)
        self._tasks_begun.add(number)
        if self._is_next_step(awaitable):
            self._next_tasks.add(number)

    def _is_next_step(self, awaitable: Any) -> bool:
        number = proxy_methods.number_in(self, awaitable)
        return number is not None and number in self._next_steps

    def _is_answer(self, op: Op, items: tuple[Any, ...], error: BaseException) -> bool:
        """Return True for an exception that answers what the test itself has asked for."""
        if isinstance(error, AttributeError):
            return op == Op.GET
        if op == Op.APPLY and items[0] == "__getitem__" and isinstance(error, IndexError):
            # Python iterates such an object by its items, until there is none.
            return not _defines_iter(type(items[1]))
        if isinstance(error, StopIteration | StopAsyncIteration):
            if op == Op.APPLY:
                return items[0] in ("__next__", "__anext__")
            awaited = op == Op.AWAIT and self._is_next_step(items[0])
            return awaited or (op == Op.STEP and items[0] in self._next_tasks)
        return op == Op.STEP and items[0] in self._cancelled

    def _answered(self, value: Any = None, _note: Any = None, *_cause: Any) -> Any:
        if type(_note) is tuple:
            _note, *rest = _note
            if self.ambient_state is not None and len(rest) == _NOTES:
                self._deliver(self.ambient_state, *rest)
        if type(_note) is str and sys.stdout is not self.stdout:
            sys.stdout.write(_note)  # the test has redirected it, to see what the call prints
        return value

    def _deliver(self, state: ambient_state.JudgeAmbientState, *notes: Any) -> None:
        """Let the test have what the solution's process has sent beside its answer."""
        try:
            self.ledger.objects |= state.deliver(*notes)
        except MalformedError as error:
            self.broken = str(error)
            raise BoundaryBroken(self.broken) from error

    def serve(self, op: Any, items: list[Any]) -> Any:
        """Do what the solution asks of an object that the test passed in."""
        self.plain = False
        self._passing.pop(threading.get_ident(), None)
        self.ledger.hear()
        if op in (Op.STEP, Op.CANCEL) and len(items) == 1:
            return (self.tasks.step if op == Op.STEP else self.tasks.cancel)(items[0])
        target = callbacks.target_of(op, items, self.objects)
        if op == Op.SPAWN:
            return self.tasks.spawn(target)
        answer = self.perform(op, items)
        if op == Op.CALL:
            self.note_end(target, items[1:], answer)
        if op == Op.SET:
            self.note_attributes(target, {items[1]: items[2]})
        return answer

    def failure_aside(self) -> str | None:
        """Return a failure that did not end the test, as text, or None."""
        self.ledger.objects |= self.turns.has_waiting()  # what a thread asserts next is open
        if self.failed_aside is not None:
            return f"in a callback, thread, task or finally: {describe(self.failed_aside)}"
        if self.skipped_aside:
            error = describe(self.skipped_aside[0])
            return f"{error} in a callback has skipped an assertion"
        lost = self.open_exceptions.first_swallowed(self.blocks)
        if lost is not None:
            return f"a library has handled {describe(lost)}, which has skipped an assertion"
        left = self.open_exceptions.first_open()
        if left is not None:
            return f"the solution raised {describe(left)}, and no line of the test handled it"
        return None

    def note_raised(self, error: BaseException) -> None:
        """Note that a callback of the test has failed an assertion, or has skipped one.

        The test fails by it, also if something handles the error.
        """
        if is_failed_assertion(error):
            self.failed_aside = self.failed_aside or error
        elif skips_assertions(error, self.blocks):
            self.skipped_aside.append(error)

    def lose(self, error: BaseException) -> None:
        """Note what has ended a thread or a task of the test."""
        if is_failed_assertion(error) or skips_assertions(error, self.blocks):
            self.failed_aside = self.failed_aside or error
        super().lose(error)

    def note_callable(self) -> None:
        """Count a class or function of both sides as an answer: the test may call it."""
        self.ledger.arrive_shared_callable()

    def doubt(self) -> None:
        """Note that a pass rests on an object with which the solution has replaced its class."""
        self.ledger.objects = True

    def new_object(self, name: str, *_number: int) -> Any:
        """Return an instance that the solution shares; only the test's own have a number."""
        if _number:
            raise MalformedError("an object that hides something")
        return super().new_object(name)

    def represent(self, obj: Any) -> Export | int | str:
        """Let the subject have library objects by name, and test objects as proxies."""
        number = proxy_methods.number_in(self, obj)
        if number is not None:
            if obj is not self._passing.get(threading.get_ident(), obj):
                self.ledger.hand_over(number, type(obj))
            return number
        number = self.objects.number_of_exception(obj)
        if number is not None:
            return number
        obj = type if obj is Kind else proxies.original(unaliased(obj))
        name = name_of(obj) or self.setup_name(obj) or library_name_of(obj)
        if name is not None:
            self._passed_classes.add(id(obj))
            return name
        if isinstance(obj, AssertionError) and not comes_from_solution(obj):
            # Its text may say what the test expects.
            return Export(ExportKind.EXCEPTION, self.export_number(obj), (AssertionError, ()))
        if isinstance(obj, _PRIVATE_TYPES):
            raise MalformedError(f"a {type(obj).__name__} cannot be passed to the solution")
        if type(obj) is HiddenDefault:
            return Export(ExportKind.INSTANCE, self.export_number(obj), (obj.kind,))
        return exports.represent_object(self, obj)

    def import_(self, export: Export) -> Any:
        """Return a proxy for an object of the solution.

        It counts as the solution's answer: only the caller can know that the test has built it.
        """
        self.plain = self.plain and export.kind == ExportKind.FUNCTION
        kind = export.kind
        if kind != ExportKind.FUNCTION:
            for part in export.parts:
                self._note_type(part)
        if kind == ExportKind.CLASS:
            self.ledger.arrive_class(export.number)
        else:
            stream = kind in (ExportKind.STREAM, ExportKind.COROUTINE)
            value = kind in (ExportKind.SCALAR, ExportKind.EXCEPTION, ExportKind.MEMBER)
            self.ledger.arrive(export.number, stream=stream, value=value)
        made = exports.import_export(self, export)
        if kind == ExportKind.EXCEPTION and has_several_bases(type(made)):
            self.ledger.objects = True
        return made

    def _note_type(self, part: Any) -> None:
        """Do not count a class as an answer if it only gives the type of another object."""
        if isinstance(part, proxies.ProxyType):
            self.ledger.forget_arrival(proxy_methods.number_in(self, part) or 0)

    def proxy_container(self, cls: Any, number: int) -> Any:
        """Return an empty proxy for a container of the solution's own class."""
        self.plain = False
        self._note_type(cls)
        self.ledger.arrive(number, value=True)
        return proxies.make_container(self, cls, number)

    def note_shared(self, obj: Any) -> None:
        """Note that the solution has handed out a container again."""
        if (number := proxy_methods.number_in(self, obj)) is not None:
            self.ledger.arrive(number, value=True)

    def resolve(self, name: str) -> Any:
        """Return the judge's own copy of a shared object; nothing else has a name here."""
        self.plain = False
        module, _, path = name.partition(":")
        if module == SETUP:
            return self.setup_object(path)
        found = object_of(name)
        if found is type:
            return Kind
        # What the test itself has passed comes back as it was, unless it catches assertions.
        passed = id(found) in self._passed_classes and not catches_assertions(found)
        return found if passed else self.alias(found)

    def alias(self, found: Any) -> Any:
        """Return the alias of a builtin exception class, or of each in a tuple; else the object."""
        return self._aliases.of(found)


#: Operations of the judge itself, by which the test learns nothing.
_SILENT = frozenset({Op.COMPILE, Op.LOAD, Op.FETCH, Op.SEED, Op.INPUT, Op.FOLLOW})


def _defines_iter(cls: Any) -> bool:
    """Return True if instances have ``__iter__``; the metaclass of proxies has it, too."""
    return any("__iter__" in type.__dict__["__dict__"].__get__(base) for base in type.mro(cls))


#: The number of notes beside printed text: errors, warnings, log records, variables.
_NOTES = 4
