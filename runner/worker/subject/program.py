"""The solution's text in the subject: compiled once, executed anew for each test."""

import array
import atexit
import builtins
import collections
import contextlib
import gc
import importlib
import linecache
import mmap
import operator
import os
import posix
import sys
import threading
import types
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

from ..boundary.session import Session
from ..boundary.setup_objects import setup_classes
from ..codec.format import Bounds
from ..determinism import state
from ..kernel import process
from ..kernel.refusals import remark
from ..protocol.cases import SOLUTION, is_special
from . import (
    files,
    fstat,
    large_stacks,
    memory_maps,
    multiprocessing_parts,
    pytest_marks,
    temp_files,
    tracebacks,
)
from .import_policy import Policy, guarded_import, withhold_builtins
from .streams import StandardStreams

#: The name of the solution's file, which does not exist in any file system.
_FILE = "solution.py"
#: A reserve, in bytes, that is freed to report a MemoryError while the program holds all else: two
#: of the interpreter's arenas, and as much again. It is never touched, so it costs no memory.
_RESERVE_BYTES = 4 * 1024 * 1024

_REPLACEMENTS = (fstat, files, large_stacks, memory_maps, multiprocessing_parts, tracebacks)


class Program:
    """The solution's text in its namespace, anew for each test."""

    def __init__(self, policy: Policy) -> None:
        self.bounds = Bounds()
        #: The compiled setup and solution.
        self._units: tuple[Any, Any] = None, None
        self._space: dict[str, Any] = {}
        self._module = types.ModuleType(SOLUTION)
        self._names: set[str] = set()
        self._may_finalize = False
        self._reserve: mmap.mmap | None = None
        self._path = os.path.join("/", _FILE)
        if pytest_marks.NAME not in policy.offered:
            pytest_marks.install()
        builtins.__import__ = guarded_import(policy, self._names)
        withhold_builtins(policy, self._names)
        self._streams = StandardStreams()
        for module in _REPLACEMENTS:
            module.install()

    def enter(self, directory: str) -> None:
        """Make a work directory the current one, and let the program open files."""
        os.chdir(directory)
        self._path = os.path.join(directory, _FILE)
        files.allow()
        temp_files.uninstall()

    def printed(self) -> str | None:
        """Return what the solution printed since the last time; None for nothing."""
        return self._streams.printed()

    def compile(
        self, code: str, setup: str, memory_bytes: int | None, cpu_s: float, *bounds: int
    ) -> str | None:
        """Compile the solution; return its error, or None. ``memory_bytes`` of None: no limits."""
        self.bounds = Bounds(*bounds)
        if memory_bytes is not None:
            process.limit_cpu(cpu_s)
            process.limit_memory(memory_bytes + _RESERVE_BYTES)
            self._reserve = mmap.mmap(-1, _RESERVE_BYTES, mmap.MAP_PRIVATE)
        try:
            unit = compile(code, tracebacks.SOLUTION_FILE, "exec", dont_inherit=True)
        except (SyntaxError, ValueError, MemoryError, RecursionError, OverflowError) as error:
            self._units = _compiled_setup(setup), error.with_traceback(None)  # a program prints it
            return _syntax_error(error)
        text = code if code.endswith("\n") else f"{code}\n"
        lines, file = text.splitlines(keepends=True), tracebacks.SOLUTION_FILE
        # By its place as well, where ``inspect`` looks for classes.
        linecache.cache.update(dict.fromkeys((file, self._path), (len(code), None, lines, file)))
        self._units = _compiled_setup(setup), unit
        # Only these run code when objects are freed, and freeing them takes time.
        self._may_finalize = "__del__" in code or "yield" in code
        return None

    def free_reserve(self) -> None:
        """Free the reserve for good."""
        self._reserve = None

    def _fresh(self, name: str) -> dict[str, Any]:
        module = types.ModuleType(name)
        module.__dict__.update(__builtins__=builtins, __file__=self._path)
        sys.modules[name] = module
        self._names.add(name)
        return module.__dict__

    def load(self, session: Session) -> tuple[Any, ...]:
        """Execute setup and solution; return what the solution binds.

        For each there are three parts: the name; the place in the standard library that it was
        imported from, False for what is large, or else None; and the object, unless that is large
        or imported: then ``fetch`` returns it. Which of the names a test reads is not known here.
        """
        state.reset()
        setup, unit = self._units
        space = self._fresh(SOLUTION)
        self._module = sys.modules[SOLUTION]
        if setup is not None:
            exec(setup, space)
            session.setup_classes = setup_classes(space, SOLUTION)
        before = dict(space)
        exec(unit, space)
        self._space = space
        found: list[Any] = []
        for name, item in [*space.items()]:
            special = type(name) is not str or is_special(name)
            if special or before.get(name, before) is item:
                continue
            origin = _origin(name, item)
            if origin is None and type(item) not in _FUNCTIONS and not _is_small(item):
                origin = False
            found += name, origin, item if origin is None else None
        return tuple(found)

    def fetch(self, name: str) -> Any:
        """Return an object that ``load`` has only named, or an attribute that modules have."""
        return self._space[name] if name in self._space else getattr(self._module, name)

    def evaluate(
        self, mode: str, text: str, modules: dict[str, str], values: dict[str, Any]
    ) -> Any:
        """Evaluate a text of the test in a copy of the solution's module.

        Args:
            mode: ``eval`` returns a value, ``exec`` the names that the text binds.
            text: The text.
            modules: Modules that it may use, by its names for them.
            values: Other names that it may use.
        """
        imported = {name: importlib.import_module(module) for name, module in modules.items()}
        space = {**self._space, **imported, **values}
        unit = compile(text, "<string>", mode, dont_inherit=True)
        if mode == "eval":
            return eval(unit, space)  # noqa: S307  # here everything is the solution's
        before = dict(space)
        exec(unit, space)
        return {name: obj for name, obj in space.items() if before.get(name, space) is not obj}

    def run_as_main(
        self, args: list[str], leave: Callable[[tuple[str, Any]], None]
    ) -> tuple[str, Any]:
        """Run the solution as a program; return how it ended.

        Args:
            args: Of its command line.
            leave: Reports the end of a program by ``os._exit``, which does not return.
        """
        sys.argv[:] = [_FILE, *args]
        state.reset()
        with _exits(leave):
            end = self._execute(*self._units)
            threading._shutdown()  # type: ignore[attr-defined]
            atexit._run_exitfuncs()
            self._streams.flush()
            if self._may_finalize:
                self._finalize()
            return end

    def _finalize(self) -> None:
        """Free the program's objects as the interpreter does, with its own streams restored."""
        sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
        sys.modules.pop("__main__", None)
        gc.collect()
        self._streams.flush()

    def _execute(self, setup: Any, unit: Any) -> tuple[str, Any]:
        """Execute the program; afterwards only the program itself refers to its namespace."""
        space = self._fresh("__main__")
        if isinstance(unit, BaseException):
            sys.excepthook(type(unit), unit, None)
            return "raised", _brief(unit)
        try:
            if setup is not None:
                exec(setup, space)
            exec(unit, space)
        except SystemExit as error:
            return "exit", _exit_status(error.code)
        except BaseException as error:  # the program's end, whatever it is
            if isinstance(error, MemoryError):
                self.free_reserve()
            trace = error.__traceback__
            error.__traceback__ = trace.tb_next if trace is not None else None
            sys.excepthook(type(error), error, error.__traceback__)
            return "raised", _brief(error)
        return "exit", 0


def _syntax_error(error: Exception) -> str:
    """Return what is wrong with a text that does not compile."""
    said = f"{type(error).__name__}: {error}"
    if not isinstance(error, SyntaxError):
        said = f"SyntaxError: the compiler gave up: {said}"
    return said[:500]


@contextlib.contextmanager
def _exits(leave: Callable[[tuple[str, Any]], None]) -> Iterator[None]:
    real = os._exit

    def _exit(status: int) -> NoReturn:
        leave(("exit", operator.index(status) & 0xFF))
        real(status)

    os._exit = posix._exit = _exit
    try:
        yield
    finally:
        os._exit = posix._exit = real


def _exit_status(code: Any) -> int:
    """Return the status of a program that ends with ``SystemExit(code)``."""
    if code is None:
        return 0
    if isinstance(code, int):
        return int(code) & 0xFF if abs(code) < 1 << 63 else 0xFF
    with contextlib.suppress(BaseException):  # its __str__ is the solution's, and so is the stream
        sys.stderr.write(f"{code}\n")
    return 1


def _compiled_setup(setup: str) -> Any:
    """Compile setup code; the judge compiles it too and reports its errors.

    Returns:
        The code; None if there is none, or if it does not compile.
    """
    try:
        return compile(setup, "<setup>", "exec", dont_inherit=True) if setup else None
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None


def _brief(error: BaseException) -> str:
    try:
        text = f"{error}{remark(error)}"
        return f"{type(error).__name__}: {text}"[:500].removesuffix(": ")
    except BaseException:  # its __str__ is the solution's
        return type(error).__name__


def _origin(name: str, obj: Any) -> str | bool | None:
    """Return ``module:attribute`` of something imported from the standard library."""
    if type(obj) is types.FunctionType and obj.__module__ == SOLUTION:
        return None
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


_FUNCTIONS = frozenset({types.FunctionType})

#: Nodes of a value that crosses with the names; a larger one is fetched when a test reads it.
_SMALL = 100


def _is_small(obj: Any) -> bool:
    """Return True if an object is no container of the builtin types, or one with few items."""
    todo, count = [obj], 0
    while todo:
        item = todo.pop()
        count += 1
        if isinstance(item, str | bytes | bytearray):
            count += len(item) // 100
        elif isinstance(item, int) and item.bit_length() > 10_000:
            return False
        elif isinstance(item, dict):
            count += len(item)
            todo += [] if count > _SMALL else [*dict.keys(item), *dict.values(item)]
        elif isinstance(item, list | tuple | set | frozenset):
            count += len(item)
            todo += [] if count > _SMALL else [*item]
        elif isinstance(item, collections.deque | array.array):
            return False
        if count > _SMALL:
            return False
    return True
