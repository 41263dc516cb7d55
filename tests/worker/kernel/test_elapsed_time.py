"""Elapsed time grows whatever state threads are in, less what the machine demonstrably took."""

import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import hypothesis
import hypothesis.strategies as st
import pytest

from runner.worker.kernel import cpu_accounting
from runner.worker.kernel.cpu_accounting import BlockedTime, Look, Meter
from runner.worker.kernel.elapsed_time import ElapsedTime
from runner.worker.supervisor.budget import Budget
from tests.worker.kernel.children import child

pytestmark = pytest.mark.user

#: Waits in the kernel uninterruptibly (state D) until its child ends: CLONE_VFORK and SIGCHLD.
UNINTERRUPTIBLE = (
    "import ctypes, os, time\n"
    "if os.uname().machine == 'x86_64': number = 56\n"
    "else: number = 220\n"
    "print(flush=True)\n"
    "libc = ctypes.CDLL(None)\n"
    "if not libc.syscall(number, 0x4000 | 17, 0, 0, 0, 0):\n"
    "    libc.prctl(1, 9)\n"  # the child dies with its parent
    "    time.sleep(60)"
)


def look(
    wall_s: float, *, waited_s: float = 0.0, runnable: bool = True, unseen_s: float = 0.0
) -> Look:
    waiting = ({1: waited_s},)
    return Look(wall_s, 0.0, ({},), waiting, unseen_s, asleep=not runnable, runnable=runnable)


def elapsed(looks: Sequence[Look]) -> float:
    measure = ElapsedTime(looks[0])
    for each in looks[1:]:
        measure.add(each)
    return measure.seconds()


@hypothesis.given(
    st.lists(
        st.tuples(st.floats(0.001, 1), st.floats(0, 1), st.booleans()), min_size=1, max_size=20
    )
)
def test_it_is_wall_time_less_waits_for_a_processor(
    pieces: list[tuple[float, float, bool]],
) -> None:
    """States do not matter, as long as waits are known."""
    looks = [look(0)]
    for piece_s, share, runnable in pieces:
        waited_s = looks[-1].waiting[0][1] + share * piece_s
        looks.append(look(looks[-1].wall_s + piece_s, waited_s=waited_s, runnable=runnable))
    expected_s = looks[-1].wall_s - looks[-1].waiting[0][1]
    assert elapsed(looks) == pytest.approx(expected_s)


@pytest.mark.parametrize("unseen_s", [1.0, float("nan")])
def test_where_waits_are_not_known_a_running_thread_stops_it(unseen_s: float) -> None:
    """A thread that has ended took its waits along."""
    looks = [
        look(at, unseen_s=at * unseen_s, runnable=runnable)
        for at, runnable in enumerate([False, True, False, True, False])
    ]
    assert elapsed(looks) == 2


def elapsed_of(pid: int, duration_s: float) -> tuple[float, float]:
    """Return elapsed and blocked time of a process in a while."""
    meter = Meter((pid,))
    first = last = meter.look()
    measure, blocked = ElapsedTime(first), BlockedTime(first)
    pause = threading.Event()
    while last.wall_s - first.wall_s < duration_s:
        pause.wait(0.01)
        last = meter.look()
        measure.add(last)
        blocked.add(last)
    return measure.seconds(), blocked.seconds()


def test_it_counts_an_uninterruptible_wait() -> None:
    """Blocked time does not."""
    with child(UNINTERRUPTIBLE) as process:
        elapsed_s, blocked_s = elapsed_of(process.pid, 0.5)
    assert elapsed_s > 0.3
    assert blocked_s < 0.1


@pytest.mark.parametrize("statistics", [True, False])
def test_it_does_not_count_a_wait_for_a_processor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, statistics: bool
) -> None:
    """Ended or not: here one thread is never done with waiting."""
    one = min(os.sched_getaffinity(0))
    spin = f"import os\nos.sched_setaffinity(0, [{one}])\nprint(flush=True)\nwhile True: pass"
    with child(f"import os\nos.nice(19)\n{spin}") as process, child(spin):
        if not statistics:
            (tmp_path / str(process.pid)).mkdir()
            (tmp_path / str(process.pid) / "task").symlink_to(f"/proc/{process.pid}/task")
            monkeypatch.setattr(cpu_accounting, "PROC", str(tmp_path))
        elapsed_s, _ = elapsed_of(process.pid, 1.0)
    assert elapsed_s < 0.6


def test_a_test_that_waits_uninterruptibly_comes_to_its_end() -> None:
    """After four budgets and a second."""
    with child(UNINTERRUPTIBLE) as process:
        budget = Budget(Meter((process.pid,)), 0.1)
        began_s, pause = time.monotonic(), threading.Event()
        while (left_s := budget.left_s()) > 0 and time.monotonic() < began_s + 30:
            pause.wait(left_s)
    assert budget.overrun is not None
    assert budget.overrun.kind == "blocked"
    assert budget.usage.wall_s >= 1.4
