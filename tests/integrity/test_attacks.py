"""No attack passes, each is blamed on the code, and the pool goes on as if nothing had been."""

import pytest

import runner
from runner.models import Blame, ExecutionStatus

from .attacks import ATTACKS, PROGRAM, PROGRAM_REFERENCE, REFERENCE, Attack
from .harness import is_fooled
from .honest import AMPLE_S, HONEST, Honest

_SETUP = "def near(a, b):\n    return abs(a - b) < 1\n"


def test_there_are_enough() -> None:
    """The suite does not shrink unnoticed."""
    assert len(ATTACKS) >= 80
    assert len(HONEST) >= 60
    assert len({attack.family for attack in ATTACKS.values()}) >= 9


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_no_attack_passes(pool: runner.Pool, attack: Attack) -> None:
    """Whatever it does, it is not all_passed, it is conclusive, and the next execution is right."""
    result = pool.execute(attack.code, attack.tests, setup=_SETUP, timeout=1.0)
    assert result.status is not ExecutionStatus.ALL_PASSED
    assert result.blame is Blame.CODE
    assert result.conclusive
    code = PROGRAM_REFERENCE if attack.tests is PROGRAM else REFERENCE
    after = pool.execute(code, PROGRAM if attack.tests is PROGRAM else ("assert tri(4) == 10",))
    assert after.status is ExecutionStatus.ALL_PASSED


@pytest.mark.parametrize("program", HONEST.values(), ids=HONEST)
def test_honest_programs_pass(pool: runner.Pool, program: Honest) -> None:
    """Unusual features are no offence."""
    result = pool.execute(program.code, program.tests, setup=program.setup, timeout=AMPLE_S)
    assert [test.message for test in result.tests if not test.passed] == []
    assert result.status is ExecutionStatus.ALL_PASSED


_BITING = {name: attack for name, attack in ATTACKS.items() if attack.control is True}


@pytest.mark.slow
@pytest.mark.parametrize("attack", _BITING.values(), ids=_BITING)
def test_the_control_is_fooled(attack: Attack) -> None:
    """Without separation the same attack passes: the suite is not toothless."""
    assert is_fooled(_SETUP + attack.code, attack.tests)
