"""One call to a service, repeated until there is an answer or ``patience_s`` has passed.

A repeated call has the same id, so it is idempotent: a service answers it from memory.
"""

import json
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from http.client import HTTPException, HTTPResponse
from typing import TypeVar

from runner.client.servers import Server, Servers
from runner.errors import (
    BackendError,
    ConfigurationError,
    PoolClosedError,
    PoolError,
    PoolTimeoutError,
    RunnerError,
)
from runner.pool.retry import backoff_s

T = TypeVar("T")

_ERRORS: Mapping[str, type[RunnerError]] = {
    kind.__name__: kind
    for kind in (ConfigurationError, PoolClosedError, PoolError, PoolTimeoutError)
}
#: Statuses of a service, or a proxy before it, that is full or shutting down.
_LATER = frozenset((429, 502, 503, 504))
_LONGEST_WAIT_S = 5.0
#: What parsers raise for an answer of another program.
_NO_ANSWER = (ValueError, TypeError, LookupError, RecursionError, ConfigurationError)


class RetryableError(Exception):
    """There is no answer yet.

    Attributes:
        problem: The caller's error if no later try succeeds.
    """

    def __init__(self, problem: RunnerError) -> None:
        super().__init__(str(problem))
        self.problem = problem


class RetryingCall:
    """Repeats a call until there is an answer.

    Args:
        servers: The services to ask.
        patience_s: Seconds without an answer after which the call fails.
    """

    def __init__(self, servers: Servers, patience_s: float) -> None:
        self._servers = servers
        self._patience_s = patience_s
        self._deadline = time.monotonic() + patience_s
        self._failures = 0
        self.headers = {"x-request-id": uuid.uuid4().hex}

    def until_answered(self, ask: Callable[[Server], T]) -> T:
        """Return the result of ``ask`` for the first service that answers.

        Raises:
            RunnerError: A service refused, or ``patience_s`` has passed.
        """
        while True:
            try:
                with self._servers.least_busy() as server:
                    return attempt(server, ask)
            except RetryableError as again:
                self.wait_or_raise(again.problem)

    def progressed(self) -> None:
        """Restart the time without an answer."""
        self._failures = 0
        self._deadline = time.monotonic() + self._patience_s

    def wait_or_raise(self, problem: RunnerError) -> None:
        """Wait before the next try; raise the error if no time is left for one."""
        self._failures += 1
        left_s = self._deadline - time.monotonic()
        if left_s <= 0:
            raise problem
        wait_s = self._servers.wait_s()
        if wait_s > 0:  # all services have been tried
            wait_s = max(wait_s, backoff_s(self._failures, initial_s=0.05, max_s=_LONGEST_WAIT_S))
        threading.Event().wait(min(wait_s, left_s))


def attempt(server: Server, ask: Callable[[Server], T]) -> T:
    """Ask one service once.

    Raises:
        RetryableError: It did not answer, or is full.
        RunnerError: It refused.
    """
    try:
        return ask(server)
    except RunnerError:
        raise  # one of them is an OSError, too
    except (OSError, HTTPException) as error:
        server.back_off()
        told = str(error) or type(error).__name__
        raise RetryableError(
            BackendError(f"the service at {server.address} does not answer: {told}")
        ) from error


def checked(server: Server, answer: HTTPResponse) -> HTTPResponse:
    """Return a successful answer, whose body is not read yet.

    Raises:
        RetryableError: The service is full.
        RunnerError: The service refused.
    """
    server.note_load(answer.headers.get("x-load", ""))
    if answer.status == 200:
        return answer
    problem = error_of(answer.read(), answer.status, str(server.address))
    if is_retryable(answer.status, problem):
        after = answer.headers.get("retry-after", "")
        server.back_off(min(float(after) if after.isdecimal() else 1.0, _LONGEST_WAIT_S))
        raise RetryableError(problem)
    raise problem


def understood(server: Server, read: Callable[[], T]) -> T:
    """Return what ``read`` makes of a service's answer.

    Raises:
        BackendError: The answer is not one of a service: the address may be that of another
            program, or of a service of another version.
    """
    try:
        return read()
    except _NO_ANSWER as error:
        what = f"{type(error).__name__}: {error}"
        raise BackendError(
            f"the answer of {server.address} is not one of `runner serve`: {what:.300}"
        ) from error


def error_of(body: bytes, status: int, where: str) -> RunnerError:
    """Return the error that an answer reports."""
    try:
        told = json.loads(body)["error"]
        name, message = str(told["type"]), str(told["message"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return BackendError(f"the service at {where} answers {status} without a reason")
    return as_error(name, message)


def as_error(name: str, message: str) -> RunnerError:
    """Return the error with this name, as the pool of the service raised it."""
    return _ERRORS.get(name, BackendError)(message)


def is_retryable(status: int, problem: RunnerError) -> bool:
    """Return True if a repetition of the call may be answered.

    ``PoolTimeoutError`` of the pool is final; that of a full queue (429) is not.
    """
    return status in _LATER and not (status == 503 and isinstance(problem, PoolTimeoutError))
