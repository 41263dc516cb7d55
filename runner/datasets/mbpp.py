"""Google's MBPP, full and sanitized: whole solutions, and a list of asserts per problem."""

from runner.datasets.base import Problem, Row
from runner.errors import DatasetError
from runner.models import AssertTest

FIELDS = frozenset({"task_id", "code", "test_list"})


def problem(row: Row) -> Problem:
    """Return the problem of one row.

    The data set's own setup uses the solution's classes, so it is part of each test.

    Raises:
        DatasetError: A field is missing or of the wrong type, or there is no test.
    """
    tests = row.texts("test_list") + row.texts("challenge_test_list")
    if not tests:
        raise DatasetError(f"{row.where}: 'test_list' is empty, so every solution would pass")
    setup = row.text("test_setup_code") if row.fields.get("test_setup_code") else ""
    return Problem(
        task_id=f"MBPP/{row.name('task_id')}",
        reference=row.text("code"),
        tests=tuple(AssertTest(code=f"{setup}\n{test}".strip()) for test in tests),
        judge_setup="\n".join(row.texts("test_imports")),
    )
