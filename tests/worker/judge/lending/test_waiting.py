"""A test that waits lasts as long as it says, whatever the solution answers meanwhile."""

import contextlib
import queue
import threading
import time
from typing import Any

import pytest

from runner.worker.boundary.opcodes import Absent, Op
from runner.worker.determinism import fixed_clock
from runner.worker.judge.lending import waiting

_LONG_S = 0.2
_TIME: Any = time


class Session:
    """Notes requests, and answers them at once."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.asked: list[tuple[Any, ...]] = []
        self.ledger = self
        self.perform: Any = None

    @staticmethod
    def learning_nothing() -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()

    def request_if_free(self, *items: Any) -> Any:
        self.asked.append(items)
        return self.answer


def _get() -> None:
    with contextlib.suppress(queue.Empty):
        queue.Queue[int]().get(timeout=_LONG_S)


@pytest.mark.parametrize("answer", [True, False, None, 1, "yes"])
@pytest.mark.parametrize(
    "wait",
    [lambda: _TIME.sleep(_LONG_S), lambda: threading.Event().wait(_LONG_S), _get],
    ids=["sleep", "event", "queue"],
)
def test_an_early_answer_shortens_no_wait_and_is_not_asked_for_all_the_time(
    answer: Any, wait: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threading, "active_count", lambda: 1)
    session: Any = Session(answer)
    with waiting.lent(session):
        began = time.monotonic()
        wait()
        assert time.monotonic() - began >= _LONG_S
    assert 1 <= len(session.asked) <= 4
    assert {op for op, _ in session.asked} == {Op.WAIT}


@pytest.mark.parametrize("answer", [True, False])
def test_the_clocks_of_pool_and_test_do_not_matter(
    answer: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved: list[float] = []
    monkeypatch.setattr(threading, "active_count", lambda: 1)
    monkeypatch.setattr(time, "monotonic", lambda: 0.0)
    monkeypatch.setattr(fixed_clock, "move", moved.append)
    real = vars(time)["sleep"]

    def sleep(seconds: float) -> None:
        moved.append(seconds)
        real(seconds)

    monkeypatch.setattr(time, "sleep", sleep)
    with waiting.lent(Session(answer)):  # type: ignore[arg-type]
        assert not threading.Event().wait(0.05)
        _TIME.sleep(_LONG_S)
    assert sum(moved) == pytest.approx(_LONG_S, abs=1e-6)


def test_a_test_with_threads_asks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "active_count", lambda: 2)
    session: Any = Session(True)
    with waiting.lent(session):
        _TIME.sleep(0.01)
        threading.Event().wait(0.01)
    assert session.asked == []


def test_the_real_functions_come_back() -> None:
    before = _TIME.sleep, vars(threading)["_allocate_lock"]
    with waiting.lent(Session(None)):  # type: ignore[arg-type]
        assert _TIME.sleep is not before[0]
        with pytest.raises(ValueError, match="non-negative"):
            _TIME.sleep(-1)
    assert (_TIME.sleep, vars(threading)["_allocate_lock"]) == before


def _taken() -> threading.Semaphore:
    slots = threading.Semaphore(1)
    slots.acquire()
    return slots


@pytest.mark.parametrize(
    ("op", "items"),
    [
        (Op.CALL, [queue.Queue[int]().get, 0]),
        (Op.CALL, [threading.Event().wait, 0]),
        (Op.CALL, [_taken().acquire, 0]),
        (Op.APPLY, ["__enter__", _taken()]),
    ],
)
def test_a_call_of_the_solution_that_would_wait_is_for_later(op: Op, items: list[Any]) -> None:
    session: Any = Session(answer=None)
    with waiting.lent(session):
        before = {**vars(getattr(items[0], "__self__", items[-1]))}
        assert session.perform(op, items) is Absent.ABSENT
        assert vars(getattr(items[0], "__self__", items[-1])) == before


def test_a_call_that_has_done_something_waits() -> None:
    session: Any = Session(answer=None)
    barrier = threading.Barrier(2)
    with waiting.lent(session):
        other = threading.Timer(0.05, barrier.wait)
        other.start()
        assert session.perform(Op.CALL, [barrier.wait, 0]) in (0, 1)
        other.join()
