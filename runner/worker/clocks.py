"""How much of its budget a process has used, seen from outside.

CPU time comes from the process's CPU clock, waiting for a processor from ``schedstat`` (which also
counts throttling by a CPU quota). Wall time minus both is *blocked* time: the only kind of waiting
that a program brings about itself.
"""

import os
import time
from typing import NamedTuple

_NS = 1e-9


class Usage(NamedTuple):
    """Seconds since some start: on a processor, waiting for one, and on the wall clock."""

    cpu_s: float
    queued_s: float
    wall_s: float

    @property
    def blocked_s(self) -> float:
        """Seconds in which the process neither ran nor wanted to."""
        return max(0.0, self.wall_s - self.cpu_s - self.queued_s)

    def since(self, earlier: "Usage") -> "Usage":
        """Return what was used after ``earlier``."""
        return Usage(*(now - then for now, then in zip(self, earlier, strict=True)))


def cpu_seconds(pid: int) -> float:
    """Return CPU seconds of all threads of a process; raises OSError when it is gone."""
    return time.clock_gettime((~pid << 3) | 2)


def queued_seconds(pid: int) -> float:
    """Return seconds that the threads of a process waited for a processor; 0 where unknown."""
    total = 0
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/schedstat", "rb") as file:
                total += int(file.read().split()[1])
    except (OSError, IndexError, ValueError):
        return total * _NS
    return total * _NS


class Meter:
    """Adds up the clocks of a pair; a process that is gone keeps its last reading."""

    def __init__(self, pids: tuple[int, ...]) -> None:
        self._last = dict.fromkeys(pids, (0.0, 0.0))

    def read_cpu(self) -> Usage:
        """Return the totals, with waiting time as it was last read: two system calls, no files."""
        for pid, (_, queued_s) in self._last.items():
            try:
                self._last[pid] = (cpu_seconds(pid), queued_s)
            except OSError:
                continue
        return self._total()

    def read(self) -> Usage:
        """Return the totals of all processes so far."""
        for pid in self._last:
            try:
                self._last[pid] = (cpu_seconds(pid), queued_seconds(pid))
            except OSError:
                continue
        return self._total()

    def _total(self) -> Usage:
        cpu, queued = (sum(column) for column in zip(*self._last.values(), strict=True))
        return Usage(cpu, queued, time.monotonic())
