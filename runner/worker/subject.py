"""The subject: compiles and executes the solution, and answers what the judge asks of it.

Everything in this process belongs to the solution from the moment its first line runs: nothing
here is a secret, and nothing that it says is believed. It never sees test code, expected values
or the channel to the host.
"""

import asyncio
import atexit
import builtins
import contextlib
import importlib
import inspect
import io
import linecache
import os
import socket
import sys
import threading
import types
from collections.abc import Callable
from typing import Any, NoReturn

from . import ambient, determinism, exchange, forwarding, operations, shadows, standins, system
from .boundary import Session
from .channel import Channel, ChannelClosed
from .ops import SETUP, Op
from .policy import Policy, guarded_import, withhold_builtins
from .seccomp import Filter
from .shared_names import name_of
from .wire import Bounds, Export

_NAME = "solution"
_PRINTED_MAX = 64 * 1024
#: What is freed to tell of a MemoryError while the program still holds all else, in bytes: two of
#: the interpreter's arenas, and as much again. It is never touched, so nobody pays for it.
_RESERVE_BYTES = 4 * 1024 * 1024


class _Echo(io.FileIO):
    """Raw standard output that remembers what passed since the judge last asked."""

    def __init__(self, fd: int) -> None:
        super().__init__(fd, "w", closefd=False)
        self._printed = bytearray()

    def write(self, data: Any) -> int:
        """Write to the descriptor, and keep a copy for the judge's ``redirect_stdout``."""
        count = super().write(data)
        room = _PRINTED_MAX - len(self._printed)
        if room > 0:
            self._printed += bytes(data[:count])[:room]
        return count

    def take(self) -> bytes:
        """Return the copy, and begin a new one."""
        taken, self._printed = bytes(self._printed), bytearray()
        return taken


class SubjectSession(Session):
    """The solution's side of the boundary."""

    parity = 1

    def __init__(self, channel: Channel, bounds: Bounds, program: "Program") -> None:
        super().__init__(channel, bounds)
        self._program = program
        self._follower = ambient.Follower()

    def serve(self, op: Any, items: list[Any]) -> Any:
        """Do what the judge asks, on behalf of the solution."""
        if op in _ACTIONS:
            return _ACTIONS[op](*items)
        if op == Op.FOLLOW:
            return self._follower.follow(*items)
        if op in (Op.SPAWN, Op.STEP, Op.CANCEL):
            return getattr(self.tasks, Op(op).name.lower())(*items)
        if op == Op.LOAD:
            return self._program.load(self, *items)
        if op == Op.COMPILE:
            return self._program.take(*items)
        if op == Op.MAIN:
            return self._program.run_as_main()
        raise ValueError("unknown request")

    def make_room(self) -> None:
        """Free the reserve."""
        self._program.free_reserve()

    def _note(self) -> Any:
        text, more = self._program.printed(), self._follower.take()
        return text if more is None else (text, *more)

    def end(self) -> None:
        """Undo what the test has set around its calls."""
        self._follower.end()
        self.tasks.close()

    def may_combine(self, _one: Any, _other: Any) -> bool:
        """Allow every operation: here the judge's objects are the foreign ones."""
        return True

    def may_compute(self, _one: Any, _other: Any) -> bool:
        """Allow it, likewise."""
        return True

    def is_plain(self, _obj: Any) -> bool:
        """Say no: the solution may believe what it likes."""
        return False

    def new_object(self, name: str, *_number: int) -> Any:
        """Return an instance of a setup class; one that hides something does so by its methods."""
        if not _number:
            return super().new_object(name)
        return shadows.make_shadow(self, self.setup_classes[name], *_number)

    def details(self, error: BaseException) -> tuple[Any, ...]:
        """Return cause, context, whether that is hidden, and attributes in turn with names."""
        cause, context = error.__cause__, error.__context__
        named = {name: getattr(error, name, None) for name in ("name", "path")}
        found = named if isinstance(error, ImportError | NameError | AttributeError) else {}
        found |= vars(error)
        return (
            None if cause is error else cause,
            None if context is error else context,
            error.__suppress_context__,
            *operations.flat(found),
        )

    def is_live(self, _obj: Any) -> bool:
        """Say yes: the test's objects act as they are."""
        return True

    def is_built(self, _obj: Any) -> bool:
        """Say yes, likewise."""
        return True

    def is_final(self, _error: Any, _trace: Any) -> bool:
        """Say no: what the test's context managers stop is the test's affair."""
        return False

    def represent(self, obj: Any) -> Export | int | str:
        """Let the judge hold a number of everything that is no value."""
        number = forwarding.number_in(self, obj)
        if number is not None:
            return number
        return name_of(obj) or self.setup_name(obj) or exchange.represent_object(self, obj)

    def import_(self, export: Export) -> Any:
        """Return a stand-in for an object of the test."""
        return exchange.import_export(self, export)

    def stand_in_container(self, cls: Any, number: int) -> Any:
        """Return an empty stand-in for a container of a class that the test defines."""
        return standins.make_container(self, cls, number)

    def resolve(self, name: str) -> Any:
        """Return this process's own copy of what the judge names."""
        module, _, path = name.partition(":")
        if module == SETUP:
            return self.setup_object(path)
        found: Any = importlib.import_module(module)
        for part in path.split(".") if path else ():
            found = getattr(found, part)
        return found


def _derive(name: str, bases: tuple[type, ...], body: dict[str, Any], options: Any) -> type:
    """Make a class that a test derives from one of the solution's."""
    return types.new_class(name, bases, options, lambda space: space.update(body))


def _lend_input(text: str | None, function: Any) -> None:
    """Read what the test put in place of standard input, or of ``input``."""
    if text is not None:
        sys.stdin = io.StringIO(text)
    builtins.input = _INPUT if function is None else function


_INPUT = builtins.input


def _run_coroutine(obj: Any) -> Any:
    return asyncio.run(_awaited(obj))


async def _awaited(obj: Any) -> Any:
    return await obj


def _parameters(obj: Any) -> tuple[Any, ...]:
    """Return name, kind and default of each parameter."""
    return tuple(
        (item.name, int(item.kind))
        if item.default is inspect.Parameter.empty
        else (item.name, int(item.kind), item.default)
        for item in inspect.signature(obj).parameters.values()
    )


def _answers(obj: Any, names: str, *operands: Any) -> tuple[Any, ...]:
    """Return True, False, None for anything else, or an exception, for each comparison."""
    return tuple(_answer(name, obj, other) for other in operands for name in names.split())


def _answer(name: str, obj: Any, other: Any) -> Any:
    try:
        found = operations.apply(name, obj, other)
    except Exception as error:
        return error
    return found if found is True or found is False else None


_ACTIONS: dict[int, Callable[..., Any]] = {
    Op.CALL: operations.call,
    Op.APPLY: operations.apply,
    Op.GET: getattr,
    Op.SET: setattr,
    Op.DELETE: delattr,
    Op.AWAIT: _run_coroutine,
    Op.SIGNATURE: _parameters,
    Op.DERIVE: _derive,
    Op.SEED: determinism.seed,
    Op.INPUT: _lend_input,
    Op.ASK: _answers,
}


class Program:
    """The solution's text in its namespace, anew for each test."""

    def __init__(self, policy: Policy) -> None:
        self.bounds = Bounds()
        self._units: tuple[Any, Any] | None = None
        self._names: set[str] = set()
        self._reserve: bytearray | None = None
        builtins.__import__ = guarded_import(policy, self._names)
        withhold_builtins(policy, self._names)
        self._echo = _Echo(1)
        self._out = self._claim_streams(self._echo)

    @staticmethod
    def _claim_streams(raw: _Echo) -> io.TextIOWrapper:
        out = io.TextIOWrapper(io.BufferedWriter(raw), "utf-8", newline="\n")
        err = io.FileIO(2, "w", closefd=False)
        sys.stdin = io.TextIOWrapper(io.BufferedReader(io.FileIO(0, closefd=False)), "utf-8")
        sys.stdout = sys.__stdout__ = out  # type: ignore[misc]
        sys.stderr = io.TextIOWrapper(
            io.BufferedWriter(err), "utf-8", "backslashreplace", newline="\n", line_buffering=True
        )
        sys.__stdin__, sys.__stderr__ = sys.stdin, sys.stderr  # type: ignore[misc]
        return out

    def printed(self) -> Any:
        """Return what the solution printed since the last time, as text; None for nothing."""
        try:
            self._out.flush()
        except (OSError, ValueError):
            return None
        data = self._echo.take()
        return data.decode("utf-8", "replace") if data else None

    def take(
        self, code: str, setup: str, memory_bytes: int | None, cpu_s: float, *bounds: int
    ) -> str | None:
        """Compile; return what is wrong with the solution. The rehearsal has no limits."""
        self.bounds = Bounds(*bounds)
        if memory_bytes is not None:
            system.limit_cpu(cpu_s)
            system.limit_memory(memory_bytes + _RESERVE_BYTES)
            self._reserve = bytearray(_RESERVE_BYTES)
        try:
            unit = compile(code, "<solution>", "exec", dont_inherit=True)
        except SyntaxError as error:
            return f"{type(error).__name__}: {error}"[:500]
        except (ValueError, MemoryError, RecursionError, OverflowError) as error:
            return f"SyntaxError: the compiler gave up: {type(error).__name__}: {error}"[:500]
        lines = code.splitlines(keepends=True)
        linecache.cache["<solution>"] = (len(code), None, lines, "<solution>")
        self._units = _compiled_setup(setup), unit
        return None

    def free_reserve(self) -> None:
        """Give up the memory that was kept for the worst case, for good."""
        self._reserve = None

    def _fresh(self, name: str) -> dict[str, Any]:
        module = types.ModuleType(name)
        module.__dict__["__builtins__"] = builtins
        sys.modules[name] = module
        self._names.add(name)
        return module.__dict__

    def _begin(self) -> tuple[Any, Any]:
        if self._units is None:
            raise RuntimeError("nothing is compiled")
        determinism.reset()
        return self._units

    def load(self, session: SubjectSession, wanted: tuple[str, ...]) -> tuple[Any, ...]:
        """Execute setup and solution; return those of the ``wanted`` names that it binds."""
        setup, unit = self._begin()
        space = self._fresh(_NAME)
        exec(setup, space)
        session.setup_classes = setup_classes(space, _NAME)
        exec(unit, space)
        found = [(name, space[name]) for name in wanted if name in space]
        return tuple((name, _origin(name, item), item) for name, item in found)

    def run_as_main(self) -> tuple[str, Any]:
        """Run the solution as a program; return how it ended."""
        setup, unit = self._begin()
        space = self._fresh("__main__")
        try:
            exec(setup, space)
            exec(unit, space)
        except SystemExit as error:
            return self._ended(error.code)
        except BaseException as error:  # the program's end, whatever it is
            if isinstance(error, MemoryError):
                self.free_reserve()
            trace = error.__traceback__
            sys.excepthook(type(error), error, trace.tb_next if trace is not None else None)
            self._ended(1)
            return "raised", _brief(error)
        return self._ended(None)

    @staticmethod
    def _ended(code: Any) -> tuple[str, Any]:
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        sys.stdout.flush()
        if code is None:
            return "exit", 0
        if type(code) is int:
            return "exit", code & 0xFF
        sys.stderr.write(f"{code}\n")
        return "exit", 1


def _compiled_setup(setup: str) -> Any:
    """Compile setup code; what is wrong with it is the judge's to say, who compiles it too."""
    try:
        return compile(setup, "<setup>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return compile("", "<setup>", "exec")


def _brief(error: BaseException) -> str:
    try:
        return f"{type(error).__name__}: {error}"[:500].removesuffix(": ")
    except BaseException:  # its __str__ is the solution's
        return type(error).__name__


def setup_classes(space: dict[str, Any], module: str) -> dict[str, type]:
    """Return the classes that setup code defined, by name."""
    return {
        name: item
        for name, item in space.items()
        if isinstance(item, type) and item.__module__ == module and item.__name__ == name
    }


def _origin(name: str, obj: Any) -> str | None:
    """Return ``module:attribute`` of something imported from the standard library."""
    if isinstance(obj, types.ModuleType):
        known = sys.modules.get(obj.__name__) is obj
        return f"{obj.__name__}:" if known and _standard(obj.__name__) else None
    module = getattr(obj, "__module__", None)
    if type(module) is not str or not _standard(module):
        return None
    for attribute in (getattr(obj, "__name__", None), name):
        if type(attribute) is str and getattr(sys.modules.get(module), attribute, None) is obj:
            return f"{module}:{attribute}"
    return None


def _standard(module: str) -> bool:
    top = module.partition(".")[0]
    return top in sys.stdlib_module_names or top == "numpy"


def serve(sock: socket.socket, program: Program) -> None:
    """Answer the judge's requests until it hangs up; an empty message starts a new session."""
    channel = Channel(sock, program.bounds.size_bytes)
    session = SubjectSession(channel, program.bounds, program)
    with contextlib.suppress(ChannelClosed):
        while True:
            message = channel.receive()
            if message:
                session.serve_message(message)
            else:
                session.end()
                channel.limit(program.bounds.size_bytes)
                session = SubjectSession(channel, program.bounds, program)


def main(sock: socket.socket, program: Program, calls: Filter) -> NoReturn:
    """Lock this process down, and serve."""
    system.limit_files()
    calls.confine()
    serve(sock, program)
    os._exit(0)
