"""A budget is spent by computing and by waiting, each on its own, and by nothing else."""

import contextlib
import functools
import signal
import threading
import time
from collections.abc import Callable, Iterator
from typing import Protocol

import psutil  # noqa: TID251 - the worker's processes are looked for from outside
import pytest

import runner
from runner.models import Blame, TestStatus, TimeoutKind
from runner.sandbox.progress import Progress
from runner.worker.kernel import cpu_accounting
from tests.determinism.programs import BURN, THREADS

_BUDGET_S = 0.5

_WITHIN = {
    "computes": BURN + "burn(0.4)",
    "sleeps": "import time\ntime.sleep(0.45)",
    "computes, then sleeps as long": BURN + "burn(0.4)\ntime.sleep(0.4)",
    # By its own clock a turn may compute for 14 ms: 40 turns were beyond the budget, rightly so.
    "computes and sleeps in turns": BURN + "for _ in range(25):\n    burn(.01); time.sleep(.01)",
    "computes in threads": THREADS + "threads(80, 0.005, 0)",
    "starts many threads": THREADS + "threads(500, 0, 0)",
    "sleeps in threads": THREADS + "threads(30, 0, 0.01)",
}

_BEYOND = {
    "computes": (BURN + "burn(0.52)", "cpu"),
    "sleeps": ("import time\ntime.sleep(0.53)", "blocked"),
    "sleeps for long": ("import time\ntime.sleep(100)", "blocked"),
    "computes, then ends itself": (BURN + "burn(0.52)\nimport os\nos._exit(0)", "cpu"),
    "computes in threads": (THREADS + "threads(130, 0.005, 0)", "cpu"),
    "sleeps in threads": (THREADS + "threads(100, 0, 0.01)", "blocked"),
    "waits for a lock": (
        "import _thread\nx = _thread.allocate_lock()\nx.acquire(), x.acquire()",
        "blocked",
    ),
    "stops itself": ("import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)", "blocked"),
    "reads what never comes": ("import os\nos.read(os.pipe()[0], 1)", "blocked"),
}


class Eventually(Protocol):
    def __call__(self, condition: object, timeout_s: float = ...) -> None: ...


def execute(pool: runner.Pool, code: str) -> runner.TestResult:
    result = pool.execute(code, ["pass"], timeout=_BUDGET_S)
    return result.tests[0]


#: Standing still for as long as this, in seconds, can turn verdicts that are this close.
_MARGIN_S = 0.02
_NAP_S = 0.01

Standstill = Callable[[], float]


@pytest.fixture
def standstill_s() -> Iterator[Standstill]:
    """How long this machine has stood still during a test without a trace in any statistic.

    A virtual machine may wait for its host without knowing. A thread that sleeps shows it: it wakes
    later than it asked, and neither its queue for a processor nor stolen time explains that.
    """
    over, still_s = threading.Event(), [0.0]

    def watch() -> None:
        before = time.monotonic() - _explained_s()
        while not over.wait(_NAP_S):
            after = time.monotonic() - _explained_s()
            late_s, before = after - before - _NAP_S, after
            still_s[0] += late_s if late_s > _NAP_S / 2 else 0.0

    watching = threading.Thread(target=watch)
    watching.start()
    yield lambda: still_s[0]
    over.set()
    watching.join()


def _explained_s() -> float:
    """Return the seconds that this thread has waited for a processor, and what was stolen."""
    _, queued_ns = cpu_accounting._ran_and_queued("thread-self", "thread-self") or (0, 0)
    return queued_ns * 1e-9 + cpu_accounting._stolen_seconds()


def _skip_if_untold(standstill_s: Standstill) -> None:
    if (still_s := standstill_s()) > _MARGIN_S:
        pytest.skip(f"this machine stood still for {still_s:.2f} s, and no statistic shows that")


def _skip_if_more_here(code: str) -> None:
    """Skip if a program is beyond the budget on this machine, as plain Python sees it."""
    before_s = time.process_time()
    with contextlib.suppress(SystemExit):
        exec(code, {"__name__": "program"})
    used_s = time.process_time() - before_s
    if used_s > _BUDGET_S - _MARGIN_S:
        pytest.skip(f"plain Python uses {used_s:.2f} s of processor time for this here")


@functools.cache
def _clock_step_s() -> float:
    """Return the least by which the CPU clock of this machine moves, in seconds."""
    steps = []
    for _ in range(10):
        before_s = time.process_time()
        while (after_s := time.process_time()) == before_s:
            pass
        steps.append(after_s - before_s)
    return min(steps)


@pytest.mark.parametrize("name", _WITHIN)
def test_who_stays_below_is_never_a_timeout(
    pool: runner.Pool, name: str, standstill_s: Standstill
) -> None:
    test = execute(pool, _WITHIN[name])
    if test.status is TestStatus.TIMEOUT:
        _skip_if_untold(standstill_s)
        _skip_if_more_here(_WITHIN[name])
    assert test.status is TestStatus.PASSED, test
    assert test.timeout_kind is None
    assert test.budget_used < 1


@pytest.mark.parametrize("name", _BEYOND)
def test_who_goes_beyond_is_a_timeout_even_if_it_ends_by_itself(
    pool: runner.Pool, name: str, standstill_s: Standstill
) -> None:
    code, kind = _BEYOND[name]
    test = execute(pool, code)
    assert test.status is TestStatus.TIMEOUT, test
    if test.timeout_kind != kind or not 1 <= test.budget_used < 1.5:
        _skip_if_untold(standstill_s)
    assert test.timeout_kind is TimeoutKind(kind), test
    assert 1 <= test.budget_used < 1.5


def test_each_test_has_a_budget_of_its_own(pool: runner.Pool, standstill_s: Standstill) -> None:
    """What one test used, the next one has again."""
    code = BURN + "burn(0.35)"
    result = pool.execute(code, ["pass"] * 3, timeout=_BUDGET_S)
    if result.status != "all_passed":
        _skip_if_untold(standstill_s)
    assert result.status == "all_passed"
    for test in result.tests:
        assert 0.7 - _clock_step_s() / _BUDGET_S <= test.budget_used < 1
        assert test.close
    assert result.close
    assert not pool.execute("x = 1", ["assert x == 1"]).close


def test_a_test_never_gets_the_output_of_the_next(pool: runner.Pool) -> None:
    """However late the supervisor looks: together they would exceed the limit."""
    limits = runner.Limits(output_bytes=1000)
    result = pool.execute("print('x' * 900)", ["pass"] * 30, limits=limits)
    assert result.status == "all_passed", result.error
    assert {len(test.stdout) for test in result.tests} == {901}


def test_the_total_is_told_apart(pool: runner.Pool) -> None:
    limits = runner.Limits(total_s=0.3)
    result = pool.execute("import time\ntime.sleep(9)", ["pass"] * 2, limits=limits)
    assert [test.timeout_kind for test in result.tests] == [TimeoutKind.TOTAL, None]
    assert [test.status for test in result.tests] == ["timeout", "skipped"]


def test_a_request_under_way_tells_each_second_what_it_has_used(
    backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Silence is what the host's net looks for, and too much of it."""
    told: list[float] = []
    heard = Progress.advance

    def advance(self: Progress, charged_s: object) -> None:
        heard(self, charged_s)
        assert isinstance(charged_s, float)
        told.append(charged_s)

    monkeypatch.setattr(Progress, "advance", advance)
    with runner.Pool(workers=1, spares=0, backend=backend) as pool:
        result = pool.execute("import time\ntime.sleep(1.3)", ["pass"] * 2)
    assert result.status == "all_passed"
    assert len(told) >= 2
    assert 0.5 < max(told) < 2.7


@pytest.mark.slow
def test_the_kernel_ends_it_if_the_supervisor_cannot(eventually: Eventually) -> None:
    """A supervisor that stands still for a while finds a spent budget, and no crash."""
    with runner.Pool(workers=1, spares=0, backend="local") as pool:
        supervisor = max(psutil.Process().children(), key=psutil.Process.create_time)
        future = pool.submit("while True: pass", ["pass"], timeout=_BUDGET_S)
        eventually(lambda: _busiest(supervisor) > 0.1)
        supervisor.send_signal(signal.SIGSTOP)
        eventually(lambda: _has_zombie(supervisor), timeout_s=60)
        supervisor.send_signal(signal.SIGCONT)
        result = future.result(10)
    assert (result.status, result.blame) == ("timeout", Blame.CODE)
    assert result.tests[0].timeout_kind is TimeoutKind.CPU


def _busiest(supervisor: psutil.Process) -> float:
    times = (each.cpu_times().user for each in supervisor.children(recursive=True)[1:])
    return max(times, default=0.0)


def _has_zombie(supervisor: psutil.Process) -> bool:
    return any(
        each.status() == psutil.STATUS_ZOMBIE for each in supervisor.children(recursive=True)
    )
