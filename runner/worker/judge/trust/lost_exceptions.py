"""Detects unhandled exceptions that end a thread, a task, a job or a finalizer.

Python at most prints them and the test goes on, so an assertion that fails there has no effect. The
same holds for test cases and examples that a test runs itself, without a look at their result.
"""

import asyncio
import contextlib
import doctest
import functools
import sys
import threading
import unittest
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any

from ...boundary.proxy_methods import is_proxy
from ..lending.replacing import replaced

_Note = Callable[[BaseException], None]


@contextlib.contextmanager
def watched(note: _Note) -> Iterator[None]:
    """Pass each such exception to ``note``, unless the test has its own handler for them."""
    hooks = _hook(threading, "excepthook", note), _hook(sys, "unraisablehook", note)
    with hooks[0], hooks[1], _tasks(note), _jobs(note), _cases(note), _stacks():
        yield


def _cases(note: _Note) -> contextlib.AbstractContextManager[None]:
    """Note what fails in test cases and examples. A skip counts if something has raised it."""

    def failed(_result: Any, _test: Any, error: Any, /) -> None:
        note(error[1])

    def failed_part(_result: Any, _test: Any, _part: Any, error: Any, /) -> None:
        if error is not None:
            note(error[1])

    def skipped(_result: Any, _test: Any, _reason: str, /) -> None:
        error = sys.exc_info()[1]
        if isinstance(error, unittest.SkipTest):
            note(error)

    def example(_runner: Any, _out: Any, _test: Any, example: Any, _got: Any, /) -> None:
        note(AssertionError(f"the example {example.source.strip()}"))

    result: Any = unittest.TestResult
    examples: Any = doctest.DocTestRunner
    return replaced(
        *((result, name, _before(failed, result, name)) for name in ("addError", "addFailure")),
        (result, "addSubTest", _before(failed_part, result, "addSubTest")),
        (result, "addSkip", _before(skipped, result, "addSkip")),
        *((examples, name, _before(example, examples, name)) for name in _REPORTS),
    )


_REPORTS = ("report_failure", "report_unexpected_exception")


def _before(note: Callable[..., None], owner: Any, name: str) -> Callable[..., Any]:
    real = getattr(owner, name)

    def function(*args: Any) -> Any:
        note(*args)
        return real(*args)

    return functools.wraps(real)(function)


@contextlib.contextmanager
def _hook(module: Any, name: str, note: _Note) -> Iterator[None]:
    saved = getattr(module, name)

    def hook(args: Any, /) -> None:
        if args.exc_value is not None:
            note(args.exc_value)
        saved(args)

    setattr(module, name, hook)
    try:
        yield
    finally:
        setattr(module, name, saved)


@contextlib.contextmanager
def _tasks(note: _Note) -> Iterator[None]:
    loops: Any = asyncio.BaseEventLoop
    saved = loops.call_exception_handler

    def call(loop: Any, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if isinstance(error, BaseException) and not _is_of_test(loop.get_exception_handler()):
            note(error)
        saved(loop, context)

    loops.call_exception_handler = call
    try:
        yield
    finally:
        loops.call_exception_handler = saved


def _is_of_test(handler: Any) -> bool:
    """Return True for a handler that the test has set, not the solution."""
    return handler is not None and not isinstance(handler, type) and not is_proxy(handler)


@contextlib.contextmanager
def _stacks() -> Iterator[None]:
    """Let no class end a block: what it makes of an exception is true, which suppresses it."""
    stacks: Any = contextlib._BaseExitStack
    saved = stacks._push_exit_callback

    def push(stack: Any, callback: Any, *details: Any) -> None:
        if isinstance(callback, type):
            raise TypeError("a class cannot be pushed as what ends a block")
        saved(stack, callback, *details)

    stacks._push_exit_callback = push
    try:
        yield
    finally:
        stacks._push_exit_callback = saved


@contextlib.contextmanager
def _jobs(note: _Note) -> Iterator[None]:
    jobs: Any = Future
    saved = jobs.set_exception, jobs.exception, jobs.result
    unasked: dict[int, Any] = {}

    def set_exception(job: Any, error: BaseException | None) -> None:
        unasked[id(job)] = job
        saved[0](job, error)

    def ask(function: Any) -> Callable[..., Any]:
        def asked(job: Any, timeout: float | None = None) -> Any:
            try:
                return function(job, timeout)
            finally:
                if job.done():
                    unasked.pop(id(job), None)

        return asked

    jobs.set_exception, jobs.exception, jobs.result = set_exception, *map(ask, saved[1:])
    try:
        yield
    finally:
        jobs.set_exception, jobs.exception, jobs.result = saved
        for job in unasked.values():
            error = None if job.cancelled() else job.exception()
            if error is not None:
                note(error)
