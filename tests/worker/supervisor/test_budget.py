"""What crossing costs is not charged, up to a bound, and on the judge's word only."""

import math
import time
from typing import Any, cast

import pytest

from runner.worker.kernel.cpu_accounting import Look, Meter
from runner.worker.protocol.report import longest_test_s
from runner.worker.supervisor.budget import Budget, Stamp, most_credit_s


class _Meter:
    """Clocks that say what they are told to."""

    now_s = 0.0

    def cpu_s(self) -> float:
        return self.now_s

    def look(self) -> Look:
        """Return what a pair shows that computes all the time, on a clock that misses half."""
        none: tuple[dict[int, float], ...] = ({},)
        return Look(2 * self.now_s, self.now_s, none, none, 0.0, asleep=False, runnable=True)


def _budget(used_s: float, budget_s: float = 5.0) -> Budget:
    meter = _Meter()
    budget = Budget(cast(Meter, meter), budget_s, Stamp(0.0, 0.0))
    meter.now_s = used_s
    return budget


@pytest.mark.parametrize(
    ("used_s", "credit_s", "kind"),
    [(4.9, 0.0, None), (5.1, 0.0, "cpu"), (9.0, 4.1, None), (9.0, 3.9, "cpu"), (10.1, 99.0, "cpu")],
)
def test_credit_adds_to_the_budget_up_to_a_bound(
    used_s: float, credit_s: float, kind: str | None
) -> None:
    """Beyond twice the budget no count helps."""
    budget = _budget(used_s)
    budget.credit(credit_s)
    budget.end()
    assert (budget.overrun and budget.overrun.kind) == kind


@pytest.mark.parametrize("said", [None, "9", 9, math.nan, math.inf, -9.0, [9.0]], ids=repr)
def test_what_is_no_count_earns_nothing(said: Any) -> None:
    """A judge that has broken does not prolong its test."""
    budget = _budget(5.1)
    budget.credit(said)
    budget.end()
    assert budget.overrun is not None


def test_credit_is_never_taken_back() -> None:
    """The last word of a test may be less than one before."""
    budget = _budget(6.0)
    budget.credit(2.0)
    budget.credit(0.0)
    assert budget.charged_s == pytest.approx(4.0)
    assert budget.usage.cpu_s == pytest.approx(6.0)


def test_long_budgets_have_an_absolute_bound() -> None:
    """A share of hours would be hours."""
    assert most_credit_s(5.0) == 5.0
    assert most_credit_s(3600.0) == 30.0


@pytest.mark.parametrize("parts", [1, 40])
def test_each_part_that_begins_anew_has_the_whole_budget(
    parts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading many tests takes longer than the absolute end of one; without a new begin it ends."""
    meter = _Meter()
    monkeypatch.setattr(time, "monotonic", lambda: 2 * meter.now_s)
    budget = Budget(cast(Meter, meter), 1.0, Stamp(0.0, 0.0))
    for step in range(parts * 9):
        if step % 9 == 0:
            budget.begin(None)
        meter.now_s += 0.1
        budget.left_s()
    assert meter.now_s > longest_test_s(1.0) or parts == 1
    assert budget.overrun is None
    for _ in range(2):
        meter.now_s += 0.1
        budget.left_s()
    assert budget.overrun is not None
