"""Attacks by those who know the design; beside them the honest solutions of the same tasks."""

import pytest

import runner
from runner.models import Blame, ExecutionStatus

from .harness import is_fooled
from .split_attacks import ATTACKS, SplitAttack

_EVERY = pytest.mark.parametrize("attack", ATTACKS, ids=[attack.name for attack in ATTACKS])
_BITING = [attack for attack in ATTACKS if attack.control is True]


def test_there_are_enough() -> None:
    """The suite does not shrink unnoticed, and no name hides another."""
    assert len(ATTACKS) >= 90
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS)


@_EVERY
def test_no_attack_passes(pool: runner.Pool, attack: SplitAttack) -> None:
    """It is not all_passed, the code is to blame, and whoever comes next is judged rightly."""
    result = pool.execute(attack.code, attack.tests, timeout=1.0)
    assert result.status is not ExecutionStatus.ALL_PASSED
    assert result.blame is Blame.CODE
    assert result.conclusive
    honest = [("def f(n): return n", ["assert f(3) == 3"])] * 3
    after = pool.execute_batch(honest)
    assert [each.status for each in after] == [ExecutionStatus.ALL_PASSED] * 3


@_EVERY
def test_its_reference_passes(pool: runner.Pool, attack: SplitAttack) -> None:
    """The tests are fair: an honest solution of the task passes them."""
    result = pool.execute(attack.reference, attack.tests)
    assert result.status is ExecutionStatus.ALL_PASSED, result.error


@pytest.mark.slow
@pytest.mark.parametrize("attack", _BITING, ids=[attack.name for attack in _BITING])
def test_the_control_is_fooled(attack: SplitAttack) -> None:
    """Without separation the same attack passes: it is none that any harness would resist."""
    assert is_fooled(attack.code, attack.tests)
