"""Stacks of many threads: the kernel counts each as data, although a thread uses little of it.

CPython 3.13 frees the stack of a thread when the thread is joined, or its object is deleted.
"""

import _thread
import functools
import threading
import weakref
from typing import Any

from . import stack

#: The number of threads with a stack of the usual size. With more of them, the limit of memory
#: would be a limit of threads: 31 with 256 MiB.
_USUAL_COUNT = 8
#: The stack of each further thread, in bytes.
_SMALL_BYTES = 512 * 1024

_set_size = _thread.stack_size  # also returns the size before; 0 is the usual one
_Thread: Any = threading.Thread
_start, _join, _bootstrap = _Thread.start, _Thread.join, _Thread._bootstrap
_lock = threading.Lock()
#: Threads that have been started and not joined, by ``id``.
_with_stack: weakref.WeakValueDictionary[int, threading.Thread] = weakref.WeakValueDictionary()


@functools.wraps(_start)
def _start_thread(self: Any) -> None:
    if self._started.is_set() or len(_with_stack) < _USUAL_COUNT:
        _start(self)
    else:
        _start_small(self)
    _with_stack[id(self)] = self


def _start_small(thread: Any) -> None:
    with _lock:
        asked = _set_size(_SMALL_BYTES)
        if asked:
            _set_size(asked)  # the program has chosen the size itself
        else:
            thread._bootstrap = functools.partial(_run_small, thread)
        try:
            _start(thread)
        finally:
            if not asked:
                _set_size(0)


def _run_small(thread: Any) -> None:
    del thread._bootstrap
    stack.allow_levels(_SMALL_BYTES)
    _bootstrap(thread)


@functools.wraps(_join)
def _join_thread(self: Any, timeout: float | None = None) -> None:
    _join(self, timeout)
    if not self.is_alive():
        _with_stack.pop(id(self), None)


def install() -> None:
    """Give many threads small stacks, in this process and all that it forks."""
    _Thread.start, _Thread.join = _start_thread, _join_thread
