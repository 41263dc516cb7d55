"""Measures from outside how much of its budget a pair of processes has used.

CPU time comes from each process's CPU clock, and waits for a CPU from ``schedstat`` (which also
counts throttling by a CPU quota). Wall time minus both is *blocked* time: the only kind of waiting
that a program causes itself. ``elapsed_time`` is the coarser measure beside it.

A CPU wait that this misses would be charged to the program. ``schedstat`` counts a wait only when
it has ended, so time is settled only in moments in which every thread sleeps. The waits of a thread
that ended between two looks are lost; CPU time that no thread accounts for reveals such a thread.
Time that a hypervisor steals is in no statistic of a process, and some kernels keep no
``schedstat``. In these cases an interval counts as blocked only if all threads sleep when it ends:
a sample instead of a sum. A standstill, such as a pause of the container, is not charged.
"""

import contextlib
import os
import time
from typing import NamedTuple

_NS = 1e-9

#: CPU time that no thread accounts for, in seconds, above which a thread has ended unseen: well
#: above the microseconds between two readings, well below the cost of a thread that does something.
_UNSEEN_S = 30e-6
#: Delay of a wake-up, in seconds, that is a standstill unless our own CPU waits explain it.
_STANDSTILL_S = 0.25
#: Stolen share of the time above which a difference of clocks is useless.
_STOLEN_SHARE = 0.01

# Bound at import: the fixed clock may replace the functions of ``time`` later.
_now_s = time.monotonic
_clock_s = time.clock_gettime

#: The proc file system; tests replace it by an incomplete one.
PROC = "/proc"


class Usage(NamedTuple):
    """Seconds since some start: on a processor, blocked, and on the wall clock."""

    cpu_s: float
    blocked_s: float
    wall_s: float


class Look(NamedTuple):
    """Totals of both processes at one moment, in seconds.

    Attributes:
        wall_s: The time of the look, without standstills.
        cpu_s: CPU time.
        queued: CPU waits that have ended, by thread, for each process.
        waiting: The same, plus the current wait of each thread.
        unseen_s: CPU time that no known thread accounts for; NaN without statistics.
        asleep: Whether every thread sleeps: none is runnable or waits for a page.
        runnable: Whether a thread runs or waits for a CPU.
    """

    wall_s: float
    cpu_s: float
    queued: tuple[dict[int, float], ...]
    waiting: tuple[dict[int, float], ...]
    unseen_s: float
    asleep: bool
    runnable: bool


def cpu_seconds(pid: int) -> float:
    """Return CPU seconds of all threads of a process; raises OSError when it is gone."""
    return _clock_s((~pid << 3) | 2)


def counts_queueing() -> bool:
    """Return True if this kernel says how long a thread waited for a processor."""
    return _ran_and_queued("self", "self") is not None


def _read(path: str) -> bytes:
    fd = os.open(path, os.O_RDONLY)
    try:
        return os.read(fd, 4096)
    finally:
        os.close(fd)


def _ran_and_queued(pid: int | str, thread: int | str) -> tuple[int, int] | None:
    """Return nanoseconds on a CPU and in its queue; None if the kernel does not count them."""
    path = f"{PROC}/{pid}/schedstat" if pid == thread else f"{PROC}/{pid}/task/{thread}/schedstat"
    try:
        ran, queued = _read(path).split()[:2]
    except (OSError, ValueError):
        return None
    # A kernel without the statistics may have the file, with zeros in it.
    return (int(ran), int(queued)) if int(ran) else None


def _state(pid: int, thread: int) -> bytes:
    """Return the letter of a thread's state; nothing for a thread that is gone."""
    try:
        return _read(f"{PROC}/{pid}/task/{thread}/stat").rpartition(b") ")[2][:1]
    except OSError:
        return b""


def _threads(pid: int) -> list[int]:
    path = f"{PROC}/{pid}/task"
    try:
        if os.stat(path).st_nlink == 3:  # itself, its parent, and one thread
            return [pid]
        return [int(name) for name in os.listdir(path)]
    except OSError:
        return []


class _Process:
    """The last readings of one process; they stay available after its end."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._times: dict[int, tuple[int, int]] = {}
        #: Start of the current CPU wait, by thread: its times have not changed since then.
        self._in_queue_since_s: dict[int, float] = {}
        self.cpu_s = 0.0
        self.asleep = True
        self.runnable = False
        self.knows_queue = True

    def read_cpu(self) -> float:
        with contextlib.suppress(OSError):  # it is gone, and used no more
            self.cpu_s = cpu_seconds(self._pid)
        return self.cpu_s

    def read(self, now_s: float) -> None:
        # Read before the clocks: the waits of a thread that sleeps now are all counted.
        states = {thread: _state(self._pid, thread) for thread in _threads(self._pid)}
        self.runnable = b"R" in states.values()
        # State D waits for a page, which is the machine's fault: the program reads no files.
        self.asleep = not self.runnable and b"D" not in states.values()
        in_queue_since_s = {}
        for thread, state in states.items():
            times = _ran_and_queued(self._pid, thread)
            if times is None:
                continue
            if state == b"R":
                unchanged = times == self._times.get(thread)
                since_s = self._in_queue_since_s.get(thread, now_s) if unchanged else now_s
                in_queue_since_s[thread] = since_s
            self._times[thread] = times
        self._in_queue_since_s = in_queue_since_s
        self.knows_queue = bool(self._times)
        self.read_cpu()

    @property
    def ran_s(self) -> float:
        return sum(ran for ran, _ in self._times.values()) * _NS

    @property
    def queued(self) -> dict[int, float]:
        return {thread: queued * _NS for thread, (_, queued) in self._times.items()}

    def waiting(self, now_s: float) -> dict[int, float]:
        """Return ``queued`` with the waits that have not ended."""
        since_s = self._in_queue_since_s
        return {
            thread: queued_s + now_s - since_s.get(thread, now_s)
            for thread, queued_s in self.queued.items()
        }


class Meter:
    """Reads the clocks of a pair; a process that is gone keeps its last reading."""

    def __init__(self, pids: tuple[int, ...]) -> None:
        self._processes = [_Process(pid) for pid in pids]
        self._own = _Process(os.getpid())
        self._awake_by_s = float("inf")
        self._own_s = 0.0
        self._standstill_s = 0.0

    def cpu_s(self) -> float:
        """Return CPU seconds of both so far: two system calls, no files."""
        return sum(process.read_cpu() for process in self._processes)

    def sleeps(self, timeout_s: float) -> None:
        """Note that the supervisor is about to wait, for at most ``timeout_s`` seconds."""
        self._awake_by_s = _now_s() + timeout_s

    def look(self) -> Look:
        """Read all clocks and thread states."""
        wall_s = self._wall_s()
        for process in self._processes:
            process.read(wall_s)
        known = all(process.knows_queue for process in self._processes)
        cpu_s = sum(process.cpu_s for process in self._processes)
        ran_s = sum(process.ran_s for process in self._processes)
        return Look(
            wall_s,
            cpu_s,
            queued=tuple(process.queued for process in self._processes),
            waiting=tuple(process.waiting(wall_s) for process in self._processes),
            unseen_s=cpu_s - ran_s if known else float("nan"),
            asleep=all(process.asleep for process in self._processes),
            runnable=any(process.runnable for process in self._processes),
        )

    def _wall_s(self) -> float:
        """Return the monotonic time in seconds, minus all standstills."""
        now_s = _now_s()
        if now_s - self._awake_by_s > _STANDSTILL_S:
            # Woken late. If load is the reason, our own CPU waits show it.
            before_s = self._own_s
            self._note_own_time()
            late_s = now_s - self._awake_by_s - (self._own_s - before_s)
            if late_s > _STANDSTILL_S:
                self._standstill_s += late_s
        else:
            self._note_own_time()
        self._awake_by_s = float("inf")
        return now_s - self._standstill_s

    def _note_own_time(self) -> None:
        self._own.read(_now_s())
        self._own_s = self._own.cpu_s + sum(self._own.queued.values())


class StolenTime:
    """CPU time that a hypervisor has taken from the machine since a look."""

    def __init__(self, first: Look) -> None:
        self._since_s = first.wall_s
        self._before_s = _stolen_seconds()

    def is_large(self, look: Look) -> bool:
        """Return True if the time stolen up to a look makes differences of clocks useless."""
        share_s = _STOLEN_SHARE * (look.wall_s - self._since_s)
        return _stolen_seconds() - self._before_s > share_s


class SummedTime:
    """A time that is added up from one look to the next, both exactly and by samples."""

    def __init__(self, first: Look) -> None:
        self._last = first
        self._exact_s = 0.0
        self._sampled_s = 0.0
        self._theft: StolenTime | None = None

    def add(self, look: Look) -> None:
        """Count what came after the last look."""
        if self._theft is None:  # a short test has one look, and is spared the reading
            self._theft = StolenTime(look)
        self._count(look)
        self._last = look

    def _count(self, look: Look) -> None:
        raise NotImplementedError

    def seconds(self) -> float:
        """Return the part of the time that is certain, in seconds."""
        if self._theft is not None and self._theft.is_large(self._last):
            return min(self._sampled_s, self._exact_s)
        return self._exact_s


class BlockedTime(SummedTime):
    """Blocked time, settled at each look at which all threads sleep."""

    def __init__(self, first: Look) -> None:
        super().__init__(first)
        self._settled = first

    def _count(self, look: Look) -> None:
        if look.asleep:
            piece_s = _blocked_s(self._last, look)
            self._sampled_s += piece_s
            known = is_known(self._settled, look)
            self._exact_s += _blocked_s(self._settled, look) if known else piece_s
            self._settled = look

    def close(self, look: Look, since_s: float) -> None:
        """Count the rest, but not the last ``since_s`` seconds, which belong to the next test."""
        if is_known(self._settled, look):
            self._exact_s += max(0.0, _blocked_s(self._settled, look) - since_s)
        self._settled = self._last = look


def is_known(earlier: Look, later: Look) -> bool:
    """Return True if no thread has ended unseen between two looks, and the kernel counts waits."""
    return later.unseen_s - earlier.unseen_s <= _UNSEEN_S  # False for NaN


def _blocked_s(earlier: Look, later: Look) -> float:
    wall_s = later.wall_s - earlier.wall_s
    queued_s = sum(map(longest_wait_s, earlier.queued, later.queued))
    return max(0.0, wall_s - (later.cpu_s - earlier.cpu_s) - queued_s)


def longest_wait_s(earlier: dict[int, float], later: dict[int, float]) -> float:
    """Return the longest CPU wait of any thread of a process, in seconds.

    A sum would be wrong: waits overlap, so short bursts of many threads would hide a long sleep.
    """
    return max((queued - earlier.get(thread, 0.0) for thread, queued in later.items()), default=0.0)


def _stolen_seconds() -> float:
    """Return processor seconds that a hypervisor took from this machine."""
    try:
        fields = _read(f"{PROC}/stat").split(b"\n", 1)[0].split()
        return int(fields[8]) / os.sysconf("SC_CLK_TCK")
    except (OSError, IndexError, ValueError):
        return 0.0
