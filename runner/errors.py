"""All errors of this library. The behaviour of a program leads to a verdict, never to an error."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self


class RunnerError(Exception):
    """Base of all errors of this library."""

    #: Whether the same call may succeed a little later without any change by the caller.
    retriable: ClassVar[bool] = False


class ConfigurationError(RunnerError, ValueError):
    """A setting or an argument is not valid, or does not fit the machine."""


class DatasetError(RunnerError, ValueError):
    """A file of problems, tests or samples cannot be read, or a row of it is not valid."""


class PoolError(RunnerError):
    """The pool cannot take or finish this call."""


class PoolClosedError(PoolError):
    """The pool is shut down, or was shut down while the call waited."""

    @classmethod
    def of(cls, name: str, what: str = "is shut down") -> Self:
        """Return the error for callers of the pool with this name."""
        return cls(f"pool {name!r} {what}: create another one")


class PoolTimeoutError(PoolError, TimeoutError):
    """No sandbox became free before the deadline."""


class ForkedPoolError(PoolError):
    """A forked child used the pool of its parent; it needs a pool of its own."""

    @classmethod
    def of(cls, name: str, owner: int, child: int) -> Self:
        """Return the error for the pool with this name: process ids of its owner and the child."""
        return cls(
            f"pool {name!r} belongs to process {owner}, this is its child {child}: create a pool of"
            " its own here"
        )


class BatchError(PoolError):
    """Some items of a batch have no result: they were invalid, or the pool could not run them.

    Attributes:
        results: One entry per item, in order; None where there is none.
        errors: Index of the item, and why it has no result.
    """

    def __init__(self, results: Sequence[Any], errors: Mapping[int, Exception]) -> None:
        first = min(errors)
        super().__init__(
            f"{len(errors)} of {len(results)} requests have no result, the first is item {first}:"
            f" {errors[first]} (the results of the others are in .results)"
        )
        self.results = list(results)
        self.errors = dict(errors)

    def __reduce__(self) -> tuple[Any, ...]:  # so that it can be pickled
        return type(self), (self.results, self.errors)


class BackendError(RunnerError):
    """The engine refused, failed, or cannot be reached."""

    retriable: ClassVar[bool] = True


class EngineUnavailableError(BackendError):
    """No container engine answers."""


class ImageNotFoundError(BackendError):
    """The image of the worker is missing; a repetition does not help."""

    retriable: ClassVar[bool] = False


class HandshakeError(BackendError):
    """The worker sent no valid greeting, or is not the expected one."""


class WrongWorkerError(HandshakeError):
    """The worker has another protocol, source or fingerprint; a repetition does not help."""

    retriable: ClassVar[bool] = False


class WeakIsolationError(BackendError):
    """The engine or the kernel does not apply a limit that this configuration relies on."""

    retriable: ClassVar[bool] = False


class TransportError(RunnerError):
    """The byte stream to a worker closed, stalled, or is not made of frames."""


class TransportTimeout(TransportError):
    """The worker sent nothing, or read nothing, before the deadline."""


#: Remedies, by pattern of the message of the operating system or the engine.
_REMEDIES = {
    "no space left on device|disk quota exceeded": "free some space, or use another disk",
    "read-only file system": "choose a place that can be written to",
    # Anchored, to match the operating system only: an engine's message may be about its own files.
    "^permission denied$": "change its permissions, or run this as a user who has them",
    "^(no such file or directory|not a directory|file name too long|too many levels of .*links)$": (
        "check the path"
    ),
    "^is a directory$": "give the path of a file",
    "too many open files": "raise the limit (`ulimit -n`), or use fewer workers",
    "can't start new thread": (
        "raise the limit of processes (`ulimit -u`, or the container's), or use fewer workers"
    ),
    "^address already in use$": "choose another port, or 0 for any that is free",
    "unknown .*runtime": (
        "install it and make it known to the engine (`docker info` lists its runtimes), or leave"
        " out the setting `runtime`"
    ),
}


def with_remedy(said: str | Exception) -> str:
    """Return the message of a system or an engine, followed by its remedy if one is known."""
    text = getattr(said, "strerror", None) or str(said)
    known = (help_ for words, help_ in _REMEDIES.items() if re.search(words, text, re.IGNORECASE))
    return ": ".join([text, *known])
