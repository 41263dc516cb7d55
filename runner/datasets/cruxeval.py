"""CRUXEval: rows with a function ``f``, an input and its output, both as Python texts."""

from runner.datasets.base import Problem
from runner.datasets.rows import Row
from runner.models import AssertTest

_FUNCTION = "f"


def problem(row: Row) -> Problem:
    """Return the problem of one row.

    Raises:
        DatasetError: A field is missing or of the wrong type.
    """
    test = f"assert {_FUNCTION}({row.text('input')}) == {row.text('output')}"
    return Problem(
        task_id=row.task_id(),
        reference=row.text("code"),
        tests=(AssertTest(code=test),),
        entry_point=_FUNCTION,
    )
