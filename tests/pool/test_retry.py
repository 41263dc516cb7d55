"""Only what may end differently is tried again, a bounded number of times, and never in vain."""

import dataclasses
import logging
import threading
import time
from collections.abc import Callable

import pytest

from runner.pool.retry import Retry, backoff_s


@dataclasses.dataclass
class Outcome:
    retriable: bool
    lost: bool = True


BAD, GOOD = Outcome(retriable=True), Outcome(retriable=False)


class Script:
    """Attempts with known outcomes, and what was done about them."""

    def __init__(self, *outcomes: Outcome) -> None:
        self._outcomes = iter(outcomes)
        self.attempts = 0
        self.retries = 0

    def __call__(self) -> Outcome:
        self.attempts += 1
        return next(self._outcomes)

    def count(self) -> None:
        self.retries += 1


def retry(
    script: Script,
    *,
    attempts: int = 3,
    stop: threading.Event | None = None,
    needs_no_wait: Callable[[int], bool] = lambda _: True,
    wait_s: float = 0.0,
    total_s: float = 300.0,
) -> Outcome:
    policy = Retry(
        attempts=attempts,
        stop=stop or threading.Event(),
        needs_no_wait=needs_no_wait,
        on_retry=script.count,
        describe=lambda: {"request": "a request"},
        total_s=total_s,
        wait_initial_s=wait_s,
        wait_max_s=wait_s,
    )
    return policy(script, script())


def test_a_good_outcome_is_not_repeated() -> None:
    script = Script(GOOD)
    assert retry(script) is GOOD
    assert (script.attempts, script.retries) == (1, 0)


def test_a_bad_outcome_is_repeated_until_it_is_good() -> None:
    script = Script(BAD, BAD, GOOD)
    assert retry(script) is GOOD
    assert (script.attempts, script.retries) == (3, 2)


@pytest.mark.parametrize("attempts", [1, 2, 5])
def test_attempts_are_bounded(attempts: int) -> None:
    script = Script(*[BAD] * 10)
    assert retry(script, attempts=attempts) is BAD
    assert script.attempts == attempts


def test_time_is_bounded() -> None:
    script = Script(*[BAD] * 10)
    assert retry(script, attempts=10, total_s=0.0) is BAD
    assert script.attempts == 1


def test_a_repetition_that_needs_no_wait_has_none() -> None:
    script = Script(BAD, GOOD)
    started_at = time.monotonic()
    retry(script, wait_s=30.0)
    assert time.monotonic() - started_at < 1


def test_waiting_ends_with_the_pool() -> None:
    stop = threading.Event()
    stopping = threading.Timer(0.02, stop.set)
    stopping.start()
    script = Script(BAD, BAD, BAD)
    started_at = time.monotonic()
    assert retry(script, stop=stop, needs_no_wait=lambda _: False, wait_s=60.0) is BAD
    assert time.monotonic() - started_at < 5
    stopping.join()


def test_what_is_stopped_is_not_repeated() -> None:
    stop = threading.Event()
    stop.set()
    script = Script(BAD, BAD)
    assert retry(script, stop=stop) is BAD
    assert script.attempts == 1


def test_an_error_is_not_an_outcome() -> None:
    def attempt() -> Outcome:
        raise ValueError("no")

    policy = Retry(
        attempts=3,
        stop=threading.Event(),
        needs_no_wait=lambda _: True,
        on_retry=lambda: None,
        describe=dict,
        total_s=60.0,
        wait_initial_s=0.0,
        wait_max_s=0.0,
    )
    with pytest.raises(ValueError, match="no"):
        policy(attempt, BAD)


@pytest.mark.parametrize(("lost", "level"), [(True, "WARNING"), (False, "DEBUG")])
def test_retries_are_logged_quietly_and_the_end_of_a_loss_loudly(
    caplog: pytest.LogCaptureFixture, level: str, *, lost: bool
) -> None:
    """A solution that dies could fill the log otherwise."""
    caplog.set_level(logging.DEBUG, logger="runner.pool.retry")
    bad = Outcome(retriable=True, lost=lost)
    retry(Script(bad, bad), attempts=2)
    levels = [record.levelname for record in caplog.records]
    assert levels == ["DEBUG", level]
    assert "a request" in caplog.text


def test_backoff_grows_to_its_limit_and_is_never_the_same() -> None:
    early = {backoff_s(1) for _ in range(20)}
    late = {backoff_s(50) for _ in range(20)}
    assert 0.05 <= min(early) <= max(early) <= 0.1
    assert 5.0 <= min(late) <= max(late) <= 10.0
    assert len(late) > 1
