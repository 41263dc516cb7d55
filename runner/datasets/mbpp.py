"""Google's MBPP, full and sanitized, and MBPP+: complete solutions, and asserts."""

from runner.datasets.base import Problem
from runner.datasets.rows import Row
from runner.errors import DatasetError
from runner.models import AssertTest


def problem(row: Row) -> Problem:
    """Return the problem of one row.

    The data set's own setup uses the solution's classes, so it is part of each test. The field
    ``test`` of MBPP+ is a script with more tests.

    Raises:
        DatasetError: A field is missing or of the wrong type, or there is no test.
    """
    tests = row.texts("test_list") + row.texts("challenge_test_list")
    setup = row.optional("test_setup_code")
    codes = [f"{setup}\n{test}".strip() for test in tests]
    if row.has("test"):
        codes.append(row.text("test"))
    if not codes:
        raise DatasetError(f"{row.where}: 'test_list' is empty, so every solution would pass")
    name = row.task_id()
    return Problem(
        task_id=f"MBPP/{name}" if name.isdecimal() else name,
        reference=row.optional("code", "solution", "canonical_solution") or None,
        tests=tuple(AssertTest(code=code) for code in codes),
        judge_setup="\n".join(row.texts("test_imports")),
    )
