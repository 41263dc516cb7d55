"""What is charged as blocked time, and what is not."""

import os
import threading
import time
from pathlib import Path

import pytest

from runner.worker.kernel import cpu_accounting
from runner.worker.kernel.cpu_accounting import BlockedTime, Look, Meter
from tests.worker.kernel.children import child

pytestmark = pytest.mark.user

_NAN = float("nan")


def look(
    wall_s: float,
    *,
    cpu_s: float = 0.0,
    queued_s: float = 0.0,
    unseen_s: float = 0.0,
    asleep: bool = True,
) -> Look:
    queued = ({1: queued_s},)
    return Look(wall_s, cpu_s, queued, queued, unseen_s, asleep, runnable=not asleep)


def charged(*looks: Look) -> float:
    blocked = BlockedTime(looks[0])
    for each in looks[1:]:
        blocked.add(each)
    return blocked.seconds()


def test_what_is_neither_computing_nor_queueing_is_blocked() -> None:
    assert charged(look(0), look(10, cpu_s=3, queued_s=5)) == 2


def test_the_waits_of_many_threads_do_not_pay_for_a_sleep() -> None:
    """They overlap: of each process, only the longest wait of one thread is forgiven."""
    waits = dict.fromkeys(range(28), 0.5)
    before = look(0)._replace(queued=({}, {}))
    after = look(10, cpu_s=1)._replace(queued=(waits, {99: 0.25}))
    assert charged(before, after) == 10.0 - 1.0 - 0.75


def test_a_wait_that_is_not_booked_yet_is_not_charged() -> None:
    """It appears in the statistics when it is over, and only then may anything be settled."""
    queueing = look(5, asleep=False)
    assert charged(look(0), queueing) == 0
    assert charged(look(0), queueing, look(6, queued_s=5.5)) == 0.5


def test_where_a_thread_ended_unseen_only_moments_of_sleep_count() -> None:
    """Its waiting is in no statistic any more."""
    looks = [look(0), look(1, asleep=False), look(2, unseen_s=0.5), look(3, unseen_s=0.5)]
    assert charged(*looks) == 2
    assert charged(*[each._replace(unseen_s=0.0) for each in looks]) == 3


def test_without_statistics_only_moments_of_sleep_count() -> None:
    looks = [look(at, unseen_s=_NAN, asleep=at % 2 == 0) for at in range(11)]
    assert charged(*looks) == 5


def test_stolen_time_is_not_charged(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hypervisor takes a processor away while a thread runs; no statistic of it says so."""
    looks = [look(0), look(1, asleep=False), look(2, asleep=False), look(3)]
    assert charged(*looks) == 3
    stolen = iter([0.0, 2.0])
    monkeypatch.setattr(cpu_accounting, "_stolen_seconds", lambda: next(stolen))
    assert charged(*looks) == 1


def test_what_comes_after_the_end_is_not_charged() -> None:
    blocked = BlockedTime(look(0))
    blocked.close(look(10), since_s=3)
    assert blocked.seconds() == 7


def test_time_in_which_no_process_ran_does_not_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """A paused container, a machine that was put to sleep."""
    now_s = 100.0
    monkeypatch.setattr(cpu_accounting, "_now_s", lambda: now_s)
    meter = Meter(())
    meter.look()
    meter.sleeps(1.0)
    now_s = 160.0
    assert meter.look().wall_s == pytest.approx(101, abs=0.2)
    meter.sleeps(1.0)
    now_s = 161.1
    assert meter.look().wall_s == pytest.approx(102.1, abs=0.2)


@pytest.mark.parametrize("content", [None, "0 0 0\n", "garbage"])
def test_a_kernel_without_statistics_is_recognised(
    content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cpu_accounting.counts_queueing()
    monkeypatch.setattr(cpu_accounting, "PROC", str(tmp_path))
    if content is not None:
        (tmp_path / "self").mkdir()
        (tmp_path / "self" / "schedstat").write_text(content)
    assert not cpu_accounting.counts_queueing()


def test_the_last_reading_outlives_the_process() -> None:
    with child("sum(range(10 ** 6)); print(); input()") as process:
        meter = Meter((process.pid,))
        used_s = meter.cpu_s()
    assert meter.cpu_s() >= used_s > 0
    assert meter.look().asleep


def blocked_of(pids: tuple[int, ...], duration_s: float = 0.6) -> tuple[float, float]:
    """Return what is charged in a while, and what a mere difference of wall and CPU time gives."""
    meter = Meter(pids)
    first = last = meter.look()
    blocked = BlockedTime(first)
    end_s, pause = time.monotonic() + duration_s, threading.Event()
    while last.wall_s < end_s:
        pause.wait(0.01)
        last = meter.look()
        blocked.add(last)
    return blocked.seconds(), last.wall_s - first.wall_s - (last.cpu_s - first.cpu_s)


@pytest.mark.parametrize("statistics", [True, False])
def test_waiting_for_a_processor_is_not_charged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, statistics: bool
) -> None:
    """With the kernel's statistics, and without: then only a sleeping process is charged."""
    one = min(os.sched_getaffinity(0))
    spin = f"import os\nos.sched_setaffinity(0, [{one}])\nprint(flush=True)\nwhile True: pass"
    sleep = "print(flush=True); input()"
    with child(spin) as process, child(spin), child(sleep) as sleeper:
        if not statistics:
            for pid in (process.pid, sleeper.pid):
                (tmp_path / str(pid)).mkdir()
                (tmp_path / str(pid) / "task").symlink_to(f"/proc/{pid}/task")
            monkeypatch.setattr(cpu_accounting, "PROC", str(tmp_path))
        charged_s, difference_s = blocked_of((process.pid,))
        assert difference_s > 0.15, "the processor was not contended"
        assert charged_s < 0.05
        charged_s, difference_s = blocked_of((sleeper.pid,))
        assert charged_s == pytest.approx(difference_s, abs=0.05)
