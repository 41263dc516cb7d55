"""Detects forks during the start of a sandbox, because a child would inherit its descriptors.

A process that holds a copy of the stream to a worker keeps that worker waiting for input after this
process has ended, or hides the end of the worker from this process. A forked child closes the
streams that it knows of, but a descriptor exists for a moment before the stream around it does. A
lock over that moment would make every fork wait for the engine. So the moment is watched, and what
was started in it is dropped if there was a fork.
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
    """A forked child has a copy of a descriptor that it does not know of."""


class ForkDetector:
    """Detects forks from its creation on."""

    def __init__(self) -> None:
        with _forking:
            self._forks = _forks

    def check(self) -> None:
        """Raise if this process has forked.

        Raises:
            ForkedMeanwhileError: It has, or a fork is under way.
        """
        if self._forks != _forks:
            raise ForkedMeanwhileError("this process forked while a sandbox was being started")


def undisturbed(start: Callable[[], T], *, tries: int = 10) -> T:
    """Call ``start`` again if this process forked meanwhile.

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
