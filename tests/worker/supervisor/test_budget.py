"""What crossing costs is not charged, up to a bound, and on the judge's word only."""

import math
from typing import Any, cast

import pytest

from runner.worker.kernel.cpu_accounting import Meter
from runner.worker.supervisor.budget import Budget, Stamp, most_credit_s


class _Meter:
    """Clocks that say what they are told to."""

    now_s = 0.0

    def cpu_s(self) -> float:
        return self.now_s


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
