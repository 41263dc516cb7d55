"""The judge's end of the boundary: what test and solution may do with each other's objects."""

import builtins
import sys
import types
from collections.abc import Callable
from typing import Any

from ..boundary import (
    ambient_state,
    exports,
    proxies,
    proxy_methods,
    setup_objects,
    special_methods,
)
from ..boundary.channel import Channel
from ..boundary.opcodes import SETUP, ExportKind, Op
from ..boundary.session import Session
from ..boundary.shared_globals import library_name_of, name_of, object_of
from ..codec.format import Bounds, Export, MalformedError
from . import cross_examination
from .excerpts import excerpt

_INPUT = builtins.input

#: Types of which the solution must not get hold: they lead to the test's text and variables.
_PRIVATE_TYPES = (
    types.FrameType,
    types.TracebackType,
    types.CodeType,
    types.ModuleType,
    Session,
)


class JudgeSession(Session):
    """The test's side of the boundary."""

    parity = 2

    def __init__(self, channel: Channel, bounds: Bounds) -> None:
        super().__init__(channel, bounds)
        #: Classes of the solution that the test names: their instances may meet the test's values.
        self.named: set[Any] = set()
        #: Classes of the solution that the test speaks of at all.
        self.live: set[Any] = set()
        #: Numbers of the instances that the test has built, or computed from such.
        self.built: set[int] = set()
        #: Whether the test handles StopIteration itself.
        self.handles_stop = False
        #: What the test sets around calls, if it may.
        self.ambient_state: ambient_state.JudgeAmbientState | None = None
        #: Where the test prints to unless it has redirected that.
        self.stdout: Any = sys.stdout
        self._lent = sys.stdin, builtins.input
        #: The ``with`` blocks of the test code, by file name, as ``Unit`` describes them.
        self.blocks: dict[str, tuple[tuple[int, int, int], ...]] = {}
        self._records: dict[int, cross_examination.OrderingRecord] = {}

    def may_combine(self, one: Any, other: Any) -> bool:
        """Let an operation reach the solution if both operands are its own, or the test asks."""
        if proxy_methods.number_in(self, other) is not None:
            return True
        return any(cls in self.named for cls in type(one).__mro__)

    def may_compute(self, one: Any, other: Any) -> bool:
        """Tell the same for arithmetic, whose result nobody can examine.

        With the test's own values, only instances that the test has built itself may take part:
        a result that says of itself what is left when one takes 5 from it could say anything.
        """
        if proxy_methods.number_in(self, other) is not None:
            return True
        return self.may_combine(one, other) and self.is_built(one)

    def hidden_number(self, obj: Any) -> tuple[int, ...]:
        """Let the solution call an object of the setup code whose attributes it may not see."""
        return (self.export_number(obj),) if setup_objects.hides_any(obj) else ()

    def details(self, error: BaseException) -> tuple[Any, ...]:
        """Return the public attributes of an exception of the setup code; nothing of any other."""
        if self.setup_name(error) is None and type(error) not in self.setup_classes.values():
            return ()
        return None, None, False, *setup_objects.attributes(error)

    def is_live(self, obj: Any) -> bool:
        """Believe a list that is more than a list only if the test knows its class by name."""
        return any(cls in self.live for cls in type(obj).__mro__)

    def is_built(self, obj: Any) -> bool:
        """Tell whether the test has built an object itself, or computed it from such."""
        return proxy_methods.number_in(self, obj) in self.built

    def is_plain(self, obj: Any) -> bool:
        """Tell whether an operand is the test's own: then the solution's answer is examined."""
        return proxy_methods.number_in(self, obj) is None

    def is_final(self, error: Any, trace: Any) -> bool:
        """Tell whether stopping an exception would hide a failed assertion, or skip one to come.

        A context manager of the solution may stop exceptions, and a test may want that; but a
        test that has not asserted what it says has not passed.
        """
        if trace is None:
            return False
        blocks = self.blocks.get(trace.tb_frame.f_code.co_filename, ())
        around = [block for block in blocks if block[0] <= trace.tb_lineno <= block[1]]
        if around and trace.tb_lineno <= around[-1][2]:
            return True
        last = trace
        while last.tb_next is not None:
            last = last.tb_next
        helper = last is not trace and last.tb_frame.f_code.co_filename in self.blocks
        return helper and type(error) is AssertionError

    def examine(self, name: str, one: Any, other: Any) -> bool:
        """Have the solution compare its object with a value of the test, among others."""

        def ask(names: tuple[str, ...], operands: list[Any]) -> list[Any]:
            answers = self.request(Op.ASK, one, " ".join(names), *operands)
            if type(answers) is not tuple or len(answers) != len(names) * len(operands):
                raise TypeError("the solution's process has not answered")
            return [self._not_exhausted(answer) for answer in answers]

        record = self._records.setdefault(
            proxy_methods.anchor(one)[1], cross_examination.OrderingRecord()
        )
        return cross_examination.examine(name, other, ask, record)

    def call(self, target: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call a function of the solution; what a class makes is built by the test."""
        self._lend_input()
        result = super().call(target, args, kwargs)
        if isinstance(target, proxies.ProxyType):
            self._note_built(result)
        return result

    def compute(self, name: str, one: Any, *others: Any) -> Any:
        """Perform an operation; what comes of the test's own instances is the test's as well."""
        built = self.is_built(one)
        result = super().compute(name, one, *others)
        if built:
            self._note_built(result)
        return result

    def _note_built(self, result: Any) -> None:
        number = proxy_methods.number_in(self, result)
        if number is not None:
            self.built.add(number)

    def _lend_input(self) -> None:
        """Let the solution read what the test has put in place of ``sys.stdin`` or ``input``."""
        stdin, function = sys.stdin, builtins.input
        if (stdin, function) == self._lent:
            return
        text = None if stdin is self._lent[0] or stdin is None else stdin.read()
        self._lent = stdin, function
        self.request(Op.INPUT, text, None if function is _INPUT else function)

    def request(self, op: Op, *items: Any) -> Any:
        """Ask the subject, after letting it forget what no longer matters here."""
        self.objects.released += [~number for number in self.containers.drop_unused()]
        if op != Op.ASK and self._records:
            self._records = {}
        if self.ambient_state is not None:
            changes = self.ambient_state.changes()
            if changes:
                super().request(Op.FOLLOW, *changes)
        try:
            return super().request(op, *items)
        except (StopIteration, StopAsyncIteration) as error:
            if op in (Op.AWAIT, Op.STEP) or _iterates(op, items):
                raise
            raise self._not_exhausted(error) from error

    def _not_exhausted(self, error: Any) -> Any:
        """Return what to raise for a StopIteration that ends no iteration.

        ``all(map(f, xs))`` would take it for the end of the list, and be vacuously true.
        """
        if self.handles_stop or not isinstance(error, StopIteration | StopAsyncIteration):
            return error
        return RuntimeError(f"the solution raised {type(error).__name__}")

    def _answered(self, value: Any = None, _note: Any = None) -> Any:
        if type(_note) is tuple:
            _note, *rest = _note
            if self.ambient_state is not None and len(rest) == _NOTES:
                self.ambient_state.deliver(*rest)
        if type(_note) is str and sys.stdout is not self.stdout:
            sys.stdout.write(_note)  # the test has redirected it, to see what the call prints
        return value

    def serve(self, op: Any, items: list[Any]) -> Any:
        """Do what the solution asks of an object that the test passed in."""
        self.plain = False
        if op in (Op.STEP, Op.CANCEL) and len(items) == 1:
            return (self.tasks.step if op == Op.STEP else self.tasks.cancel)(items[0])
        if op not in _SERVICES or not items:
            raise TypeError("the solution cannot do this with an object of the test")
        target = items[1] if op == Op.APPLY and len(items) > 1 else items[0]
        if not self._may_serve(op, target):
            kind = AttributeError if op == Op.GET else TypeError
            raise kind("the solution cannot do this with an object of the test")
        if op == Op.SPAWN:
            return self.tasks.spawn(target)
        return _SERVICES[op](*items)

    def _may_serve(self, op: Any, target: Any) -> bool:
        """Tell whether the test itself has passed this object to the solution.

        Anything else would be a way to run the judge's own library: ``type`` makes classes that
        lie, ``str.format`` reads globals. A class or function of the test can be called, not
        changed or searched.
        """
        if not self.objects.is_exported(target):
            return False
        return op == Op.CALL or not isinstance(target, _CALL_ONLY)

    def new_object(self, name: str, *_number: int) -> Any:
        """Return an instance that the solution shares; only the test's own have a number."""
        if _number:
            raise MalformedError("an object that hides something")
        return super().new_object(name)

    def represent(self, obj: Any) -> Export | int | str:
        """Let the subject have library objects by name, and test objects as proxies."""
        number = proxy_methods.number_in(self, obj)
        if number is not None:
            return number
        name = name_of(obj) or self.setup_name(obj) or library_name_of(obj)
        if name is not None:
            return name
        if isinstance(obj, _PRIVATE_TYPES):
            raise MalformedError(f"a {type(obj).__name__} cannot be passed to the solution")
        return exports.represent_object(self, obj)

    def import_(self, export: Export) -> Any:
        """Return a proxy for an object of the solution.

        Whatever comes from there is the solution's word, also what the test has once built: only
        who asked can say that this is new.
        """
        self.plain = self.plain and export.kind == ExportKind.FUNCTION
        self.built.discard(export.number)
        return exports.import_export(self, export)

    def proxy_container(self, cls: Any, number: int) -> Any:
        """Return an empty proxy for a container of the solution's own class."""
        self.plain = False
        return proxies.make_container(self, cls, number)

    def resolve(self, name: str) -> Any:
        """Return the judge's own copy of a shared object; nothing else has a name here."""
        self.plain = False
        module, _, path = name.partition(":")
        return self.setup_object(path) if module == SETUP else object_of(name)


#: Beside what was printed: errors, warnings, log records.
_NOTES = 3


def _iterates(op: Op, items: tuple[Any, ...]) -> bool:
    return op == Op.APPLY and items[0] in ("__next__", "__anext__")


#: What may be called by the solution, and nothing else.
_CALL_ONLY = (
    type,
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodType,
    types.MethodWrapperType,
)


def _call(target: Any, count: int, *rest: Any) -> Any:
    of_text = isinstance(getattr(target, "__self__", None), str)
    of_text = of_text or getattr(target, "__objclass__", None) is str
    if of_text and not _are_plain(rest):
        raise TypeError("a method of a string can be called with plain values only")
    return special_methods.call(target, count, *rest)


def _are_plain(values: tuple[Any, ...]) -> bool:
    """Tell whether no format string could walk from these values to anything else."""
    return all(type(value) in (type(None), bool, int, float, str) for value in values)


def _get(target: Any, name: Any) -> Any:
    if not _is_public(name):
        raise AttributeError(f"{excerpt(name)} is not accessible")
    found = getattr(target, name)
    if isinstance(getattr(found, "__self__", None), str):
        raise AttributeError(f"{name} is not accessible")  # str.format walks to anything
    return found


def _set(target: Any, name: Any, value: Any) -> None:
    if not _is_public(name) or hasattr(type(target), name):
        raise AttributeError(f"{excerpt(name)} cannot be set")
    setattr(target, name, value)


#: What the solution may do with an object that the test passes in.
_SERVICES: dict[int, Callable[..., Any]] = {
    Op.CALL: _call,
    Op.APPLY: special_methods.apply,
    Op.GET: _get,
    Op.SET: _set,
    Op.SPAWN: special_methods.call,
}


def _is_public(name: Any) -> bool:
    return type(name) is str and name[:1] != "_" and not name.startswith(_FRAME_PREFIXES)


#: Attributes of generators and coroutines that lead to their frames.
_FRAME_PREFIXES = ("gi_", "cr_", "ag_", "tb_", "f_")
