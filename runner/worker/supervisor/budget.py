"""Measures what one test has used of its budget, and detects an overrun.

On a busy machine the supervisor learns late that a test has ended, because it waits for a processor
too. So the judge stamps its messages with the time and the CPU time of the pair, and usage after
the stamp is not charged to this test. A stamp is clamped to the range between the supervisor's
readings before and after it.

The cost of values and calls that cross between judge and subject is credited: the judge counts
them, each has a fixed cost (``codec/crossing.py``), and that much CPU time is not charged, up to a
bound. What the solution computes meanwhile is charged, because the clocks show it on top of the
counted cost. Blocked time has no such credit.

In addition, a test has an absolute end: a multiple of the budget bounds its elapsed time, whatever
state its threads are in.
"""

import math
import os
import sys
import time
from typing import Any, Literal, NamedTuple

from ..kernel.cpu_accounting import BlockedTime, Look, Meter, Usage
from ..kernel.elapsed_time import ElapsedTime
from ..protocol.report import longest_test_s

#: Looks for each budget, and the bounds of the interval between two, in seconds: a look costs about
#: ten microseconds, and a sampled interval is charged whole or not at all.
_LOOKS = 50
_SHORTEST_STEP_S = 0.002
_LONGEST_STEP_S = 0.1
_FIRST_LOOK_S = 0.005

#: Intervals vary by this share: a thread that can predict a look could run just then.
_LOOK_JITTER = 0.5

#: The most CPU time that a test is not charged with, as a share of its budget and in seconds.
_MOST_CREDIT, _MOST_CREDIT_S = 1.0, 30.0

BudgetKind = Literal["cpu", "blocked", "total"]


class Overrun(NamedTuple):
    """A budget that ran out."""

    kind: BudgetKind
    budget_s: float


class Stamp(NamedTuple):
    """When something happened: on the monotonic clock, and on the CPU clocks of the pair."""

    at_s: float
    cpu_s: float


class Budget:
    """The budget of the test that runs now.

    Args:
        meter: Of the pair that runs it.
        budget_s: Seconds of CPU time, and separately of blocked time.
        began: When it began; now if omitted.
    """

    def __init__(self, meter: Meter, budget_s: float, began: Stamp | None = None) -> None:
        self._meter = meter
        self._budget_s = budget_s
        self._step_s = min(max(budget_s / _LOOKS, _SHORTEST_STEP_S), _LONGEST_STEP_S)
        self._most_credit_s = most_credit_s(budget_s)
        self.ended: Stamp | None = None
        self.overrun: Overrun | None = None
        self._begin_at(began or self._now())

    def begin(self, stamp: Any) -> None:
        """Count from the judge's stamp on, clamped: a test is read, or the solution is compiled."""
        self._begin_at(_believed(stamp, self.began, self._now()))

    def _begin_at(self, began: Stamp) -> None:
        self.began = began
        # Blocked time counts from the first look on; a short test ends before that.
        self._blocked: BlockedTime | None = None
        self._elapsed: ElapsedTime | None = None
        self._blocked_s = 0.0
        self._next_look_s = began.at_s + min(self._step_s, _FIRST_LOOK_S)
        self._credit_s = 0.0

    def credit(self, seconds: Any) -> None:
        """Set the credit to the cost of crossing that the judge reports, up to the limit."""
        if type(seconds) is float and math.isfinite(seconds):
            self._credit_s = min(max(seconds, self._credit_s), self._most_credit_s)

    def left_s(self) -> float:
        """Return the seconds until the next check is due; 0 or less after an overrun."""
        now_s = time.monotonic()
        if now_s < self._next_look_s:
            return self._next_look_s - now_s
        look = self._meter.look()
        elapsed_left_s = self._count(look)
        left_s = self._budget_s - self._check(look.cpu_s - self.began.cpu_s)
        if elapsed_left_s <= 0 and self.overrun is None:
            self.overrun = Overrun("blocked", self._budget_s)
        if self.overrun is not None:
            return 0.0
        wait_s = min(self._step_s * _jitter(), max(0.001, min(left_s, elapsed_left_s)))
        self._next_look_s = now_s + wait_s
        return wait_s

    def _count(self, look: Look) -> float:
        """Add what came after the last look; return the seconds until the absolute end."""
        if self._blocked is None or self._elapsed is None:
            self._blocked, self._elapsed = BlockedTime(look), ElapsedTime(look)
        else:
            self._blocked.add(look)
            self._blocked_s = self._blocked.seconds()
            self._elapsed.add(look)
        return longest_test_s(self._budget_s) - self._elapsed.seconds()

    def end(self, stamp: Any = None) -> None:
        """Fix the usage, up to the judge's stamp or up to now; only the first call counts."""
        if self.ended is not None:
            return
        now = self._now()
        self.ended = _believed(stamp, self.began, now)
        if self._blocked is not None:
            self._blocked.close(self._meter.look(), now.at_s - self.ended.at_s)
            self._blocked_s = self._blocked.seconds()
        if self.overrun is None:
            self._check(self.ended.cpu_s - self.began.cpu_s)

    def _check(self, cpu_s: float) -> float:
        """Return the larger of charged CPU time and blocked time, in s; note an overrun."""
        charged_s = cpu_s - self._credit_s
        used_s = max(charged_s, self._blocked_s)
        if used_s >= self._budget_s:
            self.overrun = Overrun("cpu" if charged_s == used_s else "blocked", self._budget_s)
        return used_s

    def _now(self) -> Stamp:
        return Stamp(time.monotonic(), self._meter.cpu_s())

    @property
    def usage(self) -> Usage:
        """What was used up to the end, or up to now."""
        end = self.ended or self._now()
        cpu_s, wall_s = end.cpu_s - self.began.cpu_s, end.at_s - self.began.at_s
        return Usage(max(0.0, cpu_s), min(self._blocked_s, wall_s), wall_s)

    @property
    def charged_s(self) -> float:
        """The larger of CPU time, without what crossing costs, and blocked time, in seconds."""
        cpu_s, blocked_s, _ = self.usage
        return max(0.0, cpu_s - self._credit_s, blocked_s)

    @property
    def share(self) -> float:
        """Charged share of the budget; finite, because frames are JSON."""
        return min(self.charged_s / self._budget_s, sys.float_info.max)


def _jitter() -> float:
    """Return a random factor around 1."""
    return 1 + _LOOK_JITTER * (os.urandom(1)[0] / 127.5 - 1)


def most_credit_s(budget_s: float) -> float:
    """Return the largest credit of CPU time for a budget, in seconds."""
    return min(_MOST_CREDIT * budget_s, _MOST_CREDIT_S)


def _believed(said: Any, earliest: Stamp, latest: Stamp) -> Stamp:
    """Return a stamp clamped to these bounds; ``latest`` if it is missing or malformed."""
    if type(said) is not list or len(said) != 2:
        return latest
    if not all(type(number) is float and math.isfinite(number) for number in said):
        return latest
    bounded = zip(said, earliest, latest, strict=True)
    return Stamp(*(min(max(number, low), high) for number, low, high in bounded))
