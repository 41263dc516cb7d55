"""Honest programs pass, whatever part of the language they lean on."""

import sys

import pytest

import runner
from runner.models import ExecutionStatus

from .honest import HONEST
from .honest.limits import LIMITS
from .programs import AMPLE_S, Honest


def _run(pool: runner.Pool, program: Honest) -> runner.ExecutionResult:
    code, tests, setup, classes = program
    return pool.execute(code, tests, setup=setup, classes=classes, timeout=AMPLE_S)


@pytest.mark.parametrize("program", HONEST.values(), ids=HONEST)
def test_honest_programs_pass(pool: runner.Pool, program: Honest) -> None:
    """What would pass in one process passes here."""
    result = _run(pool, program)
    assert [test.message for test in result.tests if not test.passed] == []
    assert result.status is ExecutionStatus.ALL_PASSED


@pytest.mark.parametrize("program", LIMITS.values(), ids=LIMITS)
def test_documented_limits_are_failures_of_a_test(pool: runner.Pool, program: Honest) -> None:
    """What cannot cross fails its test, conclusively, as ``runner/models/README.md`` says."""
    result = _run(pool, program)
    assert result.status is not ExecutionStatus.ALL_PASSED
    assert result.conclusive


def test_a_generic_class_of_a_test_may_derive_from_a_solutions(
    pool: runner.Pool, backend: str
) -> None:
    if backend == "local" and sys.version_info < (3, 12):
        pytest.skip("Python 3.11 has no syntax for it")
    code = "class Greeter:\n    def greet(self):\n        return 'I am ' + self.name('you')"
    test = (
        "class Mine(Greeter):\n    own: str = 'x'\n"
        "    def name[T](self, other: T) -> T:\n        return __class__.own + other\n"
        "assert Mine().greet() == 'I am xyou'"
    )
    assert pool.execute(code, [test]).status is ExecutionStatus.ALL_PASSED
