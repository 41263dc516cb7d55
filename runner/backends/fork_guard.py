"""Tells whether this process forked while a descriptor existed that a child would not let go of.

Whoever holds a copy of the stream to a worker keeps that worker waiting for input after this
process is gone, or hides its end from this process. A forked child closes the streams it knows of,
but there is a moment between the birth of a descriptor and the stream around it. A lock over that
moment would make every fork wait for the engine; so it is watched, and what was born in it thrown
away if there was a fork.
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
    """Watches for forks from its creation on."""

    def __init__(self) -> None:
        with _forking:
            self._forks = _forks

    def check(self) -> None:
        """See that there was no fork.

        Raises:
            ForkedMeanwhileError: There was, or is one under way.
        """
        if self._forks != _forks:
            raise ForkedMeanwhileError("this process forked while a sandbox was being started")


def undisturbed(start: Callable[[], T], *, tries: int = 10) -> T:
    """Start something, and once more if there was a fork in the wrong moment.

    Raises:
        ForkedMeanwhileError: There always was.
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
