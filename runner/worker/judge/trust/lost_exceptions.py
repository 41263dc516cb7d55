"""Detects unhandled exceptions that end a thread, a task, a job or a finalizer.

Python at most prints them and the test goes on, so an assertion that fails there has no effect.
"""

import asyncio
import contextlib
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any

from ...boundary.proxy_methods import is_proxy

_Note = Callable[[BaseException], None]


@contextlib.contextmanager
def watched(note: _Note) -> Iterator[None]:
    """Pass each such exception to ``note``, unless the test has its own handler for them."""
    hooks = _hook(threading, "excepthook", note), _hook(sys, "unraisablehook", note)
    with hooks[0], hooks[1], _tasks(note), _jobs(note), _stacks():
        yield


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
