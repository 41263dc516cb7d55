"""Exceptions of the solution that no Python code has handled.

Code in C swallows some exceptions: ``all(map(f, xs))`` takes a ``StopIteration`` for the end,
``getattr`` with a default an ``AttributeError``, a loop over a sequence an ``IndexError``, a task
the ``CancelledError`` that ends it. The assertions behind it are skipped, and the test would pass.
So an exception stays open until a Python frame has gone on after it, and a test that ends with an
open one fails.

The first entry of the traceback is the outermost frame that the exception has reached. If that
frame handled the exception, its last instruction is a return or a yield. Otherwise it is the one
that raised, or a re-raise at the end of a ``finally`` or ``with``. A ``finally`` that jumps out is
reported by the rewritten test (see ``handler_rewriting``).
"""

import asyncio
import dis
import sys
import types
from collections.abc import Callable
from typing import Any

from ...boundary.structure.special_names import CoroutineProxy
from .exceptions import comes_from_solution, is_failed_assertion, matches
from .skipping import Blocks, skips_assertions


class OpenExceptions:
    """The exceptions that the solution has raised in one test."""

    def __init__(self) -> None:
        self._pending: list[BaseException] = []
        #: Those that ``async for`` takes for its end and that an ``except`` has seen.
        self._seen: list[BaseException] = []
        #: Exceptions in flight before a ``finally`` that jumps, with their frames.
        self._before_jump: list[tuple[BaseException, types.FrameType]] = []
        #: Exceptions that ended a thread or task and skipped statements of the test.
        self._lost: list[BaseException] = []
        #: Failed assertions that an ``except`` of the test has caught.
        self._caught: list[BaseException] = []
        #: Exceptions that have left functions of the test with assertions.
        self._leaving: list[BaseException] = []

    def note(self, error: BaseException) -> None:
        """Note that the solution has raised an exception into the test."""
        running = _running_frames()
        self._pending = [each for each in self._pending if not _was_handled(each, running)]
        self._pending.append(error)

    def catch(self, spec: Any) -> None:
        """Note that an ``except`` of the test sees the exception in flight.

        Args:
            spec: What it catches: a class, or a tuple of classes.
        """
        error = sys.exc_info()[1]
        if error is not None and is_failed_assertion(error) and matches(error, spec):
            self._caught.append(error)
        if isinstance(error, StopAsyncIteration):
            self._seen.append(error)
        self._before_jump = [entry for entry in self._before_jump if entry[0] is not error]

    def enter_finally(self) -> None:
        """Note the exception in flight before a ``finally`` of the test that may drop it."""
        error = sys.exc_info()[1]
        if error is not None and error.__traceback__ is not None and comes_from_solution(error):
            self._before_jump.append((error, error.__traceback__.tb_frame))

    def hidden_by(self, error: BaseException) -> BaseException | None:
        """Return a failed assertion that an exception of the solution replaces, if there is one.

        It is on its way through a ``finally`` or a ``with`` of the test, not in an ``except``.
        """
        seen: list[BaseException] = []
        flying = error.__context__
        while flying is not None and all(flying is not each for each in seen):
            if is_failed_assertion(flying):
                return None if any(flying is each for each in self._caught) else flying
            seen.append(flying)
            flying = flying.__context__
        return None

    def lose(self, error: BaseException) -> None:
        """Note that an exception has ended a thread or task."""
        self._lost.append(error)

    def leave(self, blocks: Blocks) -> None:
        """Note the exception in flight, which leaves the function of the test that calls this.

        Others are not kept: a test may handle many, and each would keep its frames.
        """
        error = sys.exc_info()[1]
        if error is None or any(error is each for each in self._leaving[-1:]):
            return
        if _concerns_assertions(error, blocks):
            self._leaving.append(error)

    def within(self, body: Callable[[], Any], blocks: Blocks) -> Any:
        """Return what a lambda of the test does, and note the exception that leaves it."""
        try:
            return body()
        except BaseException:
            self.leave(blocks)
            raise

    def first_swallowed(self, blocks: Blocks) -> BaseException | None:
        """Return an exception that has failed or skipped assertions and that a library handled."""
        return next((each for each in self._leaving if _is_swallowed(each, blocks)), None)

    def first_open(self) -> BaseException | None:
        """Return the first exception that is not handled at the end of the test, if any."""
        dropped = [error for error, frame in self._before_jump if _has_stayed(error, frame)]
        left = (each for each in self._pending if self._is_open(each))
        return next(iter((*self._lost, *dropped, *left)), None)

    def _is_open(self, error: BaseException) -> bool:
        # ``async for`` consumes it within the frame, which runs on as after a handler.
        if isinstance(error, StopAsyncIteration) and all(error is not each for each in self._seen):
            return True
        return _was_left_to_c(error)


def _concerns_assertions(error: BaseException, blocks: Blocks) -> bool:
    return is_failed_assertion(error) or skips_assertions(error, blocks)


def _is_swallowed(error: BaseException, blocks: Blocks) -> bool:
    if not _concerns_assertions(error, blocks):
        return False
    trace = error.__traceback__
    if trace is None:
        return False
    code = trace.tb_frame.f_code
    if code.co_filename in blocks or code is _WITHIN:
        return _was_left_to_c(error)
    return not str(trace.tb_frame.f_globals.get("__name__")).startswith(_REPORTING)


_WITHIN = OpenExceptions.within.__code__

#: Modules that report what they handle: this program, and what has rules of its own.
_REPORTING = (__name__.partition(".judge.")[0], "unittest", "asyncio", "concurrent.futures.thread")


def _has_stayed(error: BaseException, frame: types.FrameType) -> bool:
    """Return True if an exception has not left a frame: its traceback begins there."""
    return error.__traceback__ is not None and error.__traceback__.tb_frame is frame


def _running_frames() -> set[int]:
    frames = set()
    frame: types.FrameType | None = sys._getframe(1)
    while frame is not None:
        frames.add(id(frame))
        frame = frame.f_back
    return frames


def _was_handled(error: BaseException, running: set[int]) -> bool:
    """Return True if the frame that an exception has reached still runs, after its handler."""
    trace = error.__traceback__
    if trace is None:
        return True
    if id(trace.tb_frame) not in running:
        return False
    current = sys.exc_info()[1]
    while current is not None:
        if current is error:
            return False
        current = current.__context__
    return True


def _was_left_to_c(error: BaseException) -> bool:
    trace = error.__traceback__
    if trace is None:
        return False  # Python code has taken it and dropped its traceback
    frame = trace.tb_frame
    code, last = frame.f_code, frame.f_lasti
    held = code.co_flags & _COROUTINE or code in _DRIVEN
    if held and not isinstance(error, _NEVER_HELD):
        return False  # a task holds it: whatever awaits the task gets it
    if last == trace.tb_lasti or dis.opname[code.co_code[last]] == "RERAISE":
        return True
    # A bare ``raise`` passes it on; ``raise X`` has replaced it.
    return dis.opname[code.co_code[last]] == "RAISE_VARARGS" and not code.co_code[last + 1]


#: Exceptions that end a task or an iteration, and that no task holds afterwards.
_NEVER_HELD = (asyncio.CancelledError, StopIteration, StopAsyncIteration, GeneratorExit)

#: Functions of proxies that tasks drive, as they do coroutines.
_DRIVEN = (CoroutineProxy.send.__code__, CoroutineProxy.throw.__code__)

_COROUTINE = 0x80 | 0x100 | 0x200  # CO_COROUTINE, CO_ITERABLE_COROUTINE, CO_ASYNC_GENERATOR
