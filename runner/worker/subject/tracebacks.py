"""Prints uncaught exceptions with the solution's lines, and a bounded number of frames.

From Python 3.13 on, the module ``traceback`` formats uncaught exceptions, which takes 0.1 ms for
each frame. Earlier versions of the interpreter read the lines from files, and a solution has none.
"""

import sys
import traceback
from types import CodeType, TracebackType
from typing import Any

#: The solution's file name for the compiler.
SOLUTION_FILE = "<solution>"
#: Frames that are printed of each end of a stack.
_ENDS = 100

#: Code of functions that replace builtins, which have no frames.
stand_ins: set[CodeType] = set()

_real: Any = getattr(traceback, "_print_exception_bltin", None)


def _print_exception(error: BaseException, /) -> None:
    """Print an exception that nothing has caught, where the interpreter asks for that."""
    _shorten_all(error)
    _real(error)


def _hook(_: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print an exception that nothing has caught, in place of ``sys.excepthook``."""
    _shorten_all(error)
    traceback.print_exception(error.with_traceback(trace))


def _shorten_all(error: BaseException) -> None:
    todo: list[BaseException | None] = [error]
    seen = set()
    while todo:
        one = todo.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        _shorten(one.__traceback__)
        todo += [one.__cause__, one.__context__]
        todo += one.exceptions if isinstance(one, BaseExceptionGroup) else ()


def _shorten(trace: TracebackType | None) -> None:
    frames = []
    while trace is not None:
        frames.append(trace)
        trace = trace.tb_next
    while len(frames) > 1 and frames[-1].tb_frame.f_code in stand_ins:
        frames.pop()
        frames[-1].tb_next = None
    if len(frames) > 2 * _ENDS:
        frames[_ENDS - 1].tb_next = frames[-_ENDS]


def location_of(error: BaseException) -> str | None:
    """Return the line and the function of the solution that an exception comes from."""
    location, trace = None, error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if code.co_filename == SOLUTION_FILE:
            location = f"line {trace.tb_lineno}, in {code.co_name}"
        trace = trace.tb_next
    return location


def install() -> None:
    """Put it in place of the interpreter's, in this process and all that it forks."""
    if _real is not None:
        traceback._print_exception_bltin = _print_exception  # type: ignore[attr-defined]
    else:
        sys.excepthook = _hook
