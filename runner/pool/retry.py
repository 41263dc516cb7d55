"""When to try again, and how long to wait first; the only module that knows tenacity."""

import dataclasses
import functools
import itertools
import logging
import operator
import random
import threading
from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar

import tenacity

from runner.logs import event

_LOG = logging.getLogger(__name__)

#: Bound of the exponent: the wait is at its maximum before, and a float cannot overflow.
_MOST_DOUBLINGS = 60


class Attempted(Protocol):
    """The outcome of one attempt."""

    @property
    def retriable(self) -> bool:
        """Whether the attempt may be repeated."""
        ...

    @property
    def lost(self) -> bool:
        """Whether the cause lies outside the attempted work, such as a lost sandbox."""
        ...


T = TypeVar("T", bound=Attempted)


@dataclasses.dataclass(frozen=True)
class Retry:
    """How often and how fast to retry. Independent of pools.

    Attributes:
        attempts: Most attempts, the first one included.
        stop: Event that ends waiting and retrying.
        needs_no_wait: Returns whether the next attempt may begin at once, after this number.
        on_retry: Called before each repetition.
        describe: Returns fields for the log: the request, its last attempt, and the pool.
        total_s: No attempt after the first begins later than this from now, in seconds.
        wait_initial_s: Longest first wait, in seconds; doubles with each.
        wait_max_s: Longest wait, in seconds.
    """

    attempts: int
    stop: threading.Event
    needs_no_wait: Callable[[int], bool]
    on_retry: Callable[[], None]
    describe: Callable[[], Mapping[str, object]]
    total_s: float
    wait_initial_s: float
    wait_max_s: float

    def __call__(self, attempt: Callable[[], T], first: T) -> T:
        """Repeat the attempt while it is retriable and allowed; return the last outcome.

        Args:
            attempt: Makes one attempt.
            first: Outcome of the first attempt, made outside of tenacity, which costs 20 us.
        """
        outcomes = itertools.chain([first], (attempt() for _ in itertools.count()))
        last: T = self._retrying()(functools.partial(next, outcomes))
        return last

    def _retrying(self) -> tenacity.Retrying:
        return tenacity.Retrying(
            stop=(
                tenacity.stop_after_attempt(self.attempts)
                | tenacity.stop_before_delay(self.total_s)
                | tenacity.stop_when_event_set(self.stop)
            ),
            wait=self._wait,
            retry=tenacity.retry_if_result(operator.attrgetter("retriable")),
            sleep=tenacity.sleep_using_event(self.stop),
            before_sleep=self._before_sleep,
            retry_error_callback=self._give_up,
        )

    def _wait(self, state: tenacity.RetryCallState) -> float:
        if self.needs_no_wait(state.attempt_number):
            return 0.0
        wait = tenacity.wait_random_exponential(multiplier=self.wait_initial_s, max=self.wait_max_s)
        return wait(state)

    def _before_sleep(self, state: tenacity.RetryCallState) -> None:
        self.on_retry()
        wait_s = state.upcoming_sleep
        event(_LOG, logging.DEBUG, "attempt_retried", **self._facts(state), wait_s=wait_s)

    def _give_up(self, state: tenacity.RetryCallState) -> object:
        assert state.outcome is not None, "tenacity gives up only after an attempt"
        outcome = state.outcome.result()
        # DEBUG for a solution that dies, and for a caller that makes the attempts by itself.
        level = logging.WARNING if outcome.lost and self.attempts > 1 else logging.DEBUG
        event(_LOG, level, "retries_exhausted", **self._facts(state))
        return outcome

    def _facts(self, state: tenacity.RetryCallState) -> dict[str, object]:
        return {"attempts": state.attempt_number, **self.describe()}


def backoff_s(failures: int, *, initial_s: float = 0.1, max_s: float = 10.0) -> float:
    """Return the wait after that many failures in a row, in seconds: exponential, with jitter."""
    longest_s = min(max_s, initial_s * 2.0 ** min(failures - 1, _MOST_DOUBLINGS))
    return longest_s * random.uniform(0.5, 1.0)
