"""No attack passes, each is blamed on the code, and the pool goes on as if nothing had been."""

import pytest

import runner
from runner.models import Blame, ExecutionStatus

from .attacks import ATTACKS, tasks
from .harness import is_fooled
from .programs import Attack, Tests

_BITING = {name: attack for name, attack in ATTACKS.items() if attack.control is True}
_REFERENCES: dict[str, tuple[str, Tests]] = {
    **{name: (each.reference, each.tests) for name, each in ATTACKS.items() if each.reference},
    **{f"sum, by {kind}": (tasks.REFERENCE, tests) for kind, tests in tasks.SUMS.items()},
    "sum, by a program": (tasks.PROGRAM_REFERENCE, tasks.PROGRAM),
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_no_attack_passes(pool: runner.Pool, attack: Attack) -> None:
    """It is not all_passed, the code is to blame, and later executions are judged rightly."""
    result = pool.execute(attack.code, attack.tests, setup=attack.setup, timeout=1.0)
    assert result.status is not ExecutionStatus.ALL_PASSED
    assert result.blame is Blame.CODE
    assert result.conclusive
    after = pool.execute_batch([("def f(n): return n", ["assert f(3) == 3"])] * 3)
    assert [each.status for each in after] == [ExecutionStatus.ALL_PASSED] * 3


@pytest.mark.parametrize(("reference", "tests"), _REFERENCES.values(), ids=_REFERENCES)
def test_the_tests_are_fair(pool: runner.Pool, reference: str, tests: Tests) -> None:
    """An honest solution of the task passes them."""
    result = pool.execute(reference, tests)
    assert result.status is ExecutionStatus.ALL_PASSED, result.error


@pytest.mark.slow
@pytest.mark.parametrize("attack", _BITING.values(), ids=_BITING)
def test_the_control_is_fooled(attack: Attack) -> None:
    """Without separation the same attack passes: the suite is not toothless."""
    assert is_fooled(f"{attack.setup}{attack.code}", attack.tests)
