"""Honest programs of everyday exercises pass, whatever part of the language they lean on."""

import pytest

import runner
from runner.models import ExecutionStatus

from .honest import Honest
from .more_honest import AMBIENT, HONEST


def _judge(pool: runner.Pool, program: Honest) -> None:
    result = pool.execute(program.code, program.tests, setup=program.setup, timeout=3.0)
    assert [test.message for test in result.tests if not test.passed] == []
    assert result.status is ExecutionStatus.ALL_PASSED


@pytest.mark.parametrize("program", HONEST.values(), ids=HONEST)
def test_honest_programs_pass(pool: runner.Pool, program: Honest) -> None:
    """What would pass in one process passes here."""
    _judge(pool, program)


@pytest.mark.xfail(reason="what a test sets around a call stays on its side of the boundary")
@pytest.mark.parametrize("program", AMBIENT.values(), ids=AMBIENT)
def test_ambient_state_crosses(pool: runner.Pool, program: Honest) -> None:
    """A documented limit; strict, so that one that begins to pass moves to the others."""
    _judge(pool, program)
