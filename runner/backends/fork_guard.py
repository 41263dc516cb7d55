"""Detects forks during the start of a sandbox, because a child would inherit its descriptors.

A process that holds a copy of the stream to a worker keeps that worker waiting for input after this
process has ended, or hides the end of the worker from this process. A forked child closes the
streams that it knows of, but a descriptor exists shortly before its stream object does. A lock for
that time would make every fork wait for the engine. So a fork in that time is detected, and the
sandbox that was being started is dropped.
"""

import os
import threading
from collections.abc import Callable
from typing import TypeVar

from runner.errors import BackendError

T = TypeVar("T")

#: Held from before a fork until after it, by the thread that forks.
_forking = threading.Lock()
_forks = 0


class ForkedMeanwhileError(BackendError):
    """A forked child has inherited a descriptor that it cannot close."""


class ForkDetector:
    """Detects forks from its creation on."""

    def __init__(self) -> None:
        with _forking:
            self._forks = _forks

    def check(self) -> None:
        """Raise if this process has forked.

        Raises:
            ForkedMeanwhileError: It has forked, or is forking.
        """
        if self._forks != _forks:
            raise ForkedMeanwhileError("this process forked while a sandbox was being started")


def undisturbed(start: Callable[[], T], *, tries: int = 10) -> T:
    """Return what ``start`` returns; call it again if this process forked meanwhile.

    Raises:
        ForkedMeanwhileError: It forked during each of the tries.
    """
    for _ in range(tries - 1):
        try:
            return start()
        except ForkedMeanwhileError:
            continue
    return start()


def _begin() -> None:
    global _forks  # noqa: PLW0603  # one process, one number
    _forking.acquire()
    _forks += 1


os.register_at_fork(
    before=_begin, after_in_parent=_forking.release, after_in_child=_forking.release
)
