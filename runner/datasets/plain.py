"""Rows of a user's own data sets, in this library's format.

``{tests, code?, task_id?, setup?, judge_setup?, entry_point?, classes?, min_evidence?, prompt?}``
"""

from pydantic import TypeAdapter, ValidationError

from runner.datasets.base import Problem
from runner.datasets.cases import one_test, tests_from
from runner.datasets.competition import function_of
from runner.datasets.rows import Row
from runner.errors import DatasetError
from runner.models import AssertTest, CheckTest, Evidence, Test, explain

_ANY_TEST: TypeAdapter[Test] = TypeAdapter(Test)


def problem(row: Row) -> Problem:
    """Return the problem of one row; a test is a string, an object, or ``{input, output}``.

    Raises:
        DatasetError: A field is missing or of the wrong type, or there is no test.
    """
    entry_point = row.optional("entry_point") or None
    tests = _tests(row)
    for number, test in enumerate(tests):
        if isinstance(test, CheckTest) and not (test.entry_point or entry_point):
            raise DatasetError(f"{row.where}: test {number} needs an 'entry_point'")
    return Problem(
        task_id=row.task_id(),
        prompt=row.optional("prompt"),
        reference=row.optional("code", "solution") or None,
        tests=tests,
        setup=row.optional("setup"),
        judge_setup=row.optional("judge_setup"),
        entry_point=entry_point,
        classes=tuple(row.texts("classes")) if row.fields.get("classes") else (),
        min_evidence=_min_evidence(row),
    )


def _tests(row: Row) -> tuple[Test, ...]:
    values = row.embedded("tests")
    if isinstance(values, dict):
        return tests_from(row.where, values, function_of(row))
    if not isinstance(values, list) or not values:
        raise DatasetError(f"{row.where}: 'tests' must be a list of tests, and not empty")
    return tuple(
        any_test(f"{row.where}: test {n}", value, function_of(row))
        for n, value in enumerate(values)
    )


def _min_evidence(row: Row) -> Evidence:
    text = row.optional("min_evidence") or Evidence.NONE.value
    try:
        return Evidence(text)
    except ValueError as error:
        known = ", ".join(Evidence)
        raise DatasetError(
            f"{row.where}: the field 'min_evidence' must be one of {known}, not {text!r:.60}"
        ) from error


def any_test(where: str, value: object, function: str | None = None) -> Test:
    """Return the test for a string, an object, or ``{input, output}``.

    Args:
        where: Place of the test, for messages.
        value: The test.
        function: Name of the function for ``{input, output}``; None for a program.

    Raises:
        DatasetError: It has another form, or a field is wrong.
    """
    if type(value) is str:
        return AssertTest(code=value)
    if isinstance(value, dict) and "input" in value and "kind" not in value:
        return one_test(where, value, function)
    try:
        return _ANY_TEST.validate_python(value)
    except ValidationError as error:
        raise DatasetError(f"{where}: {explain(error, 'test')}") from error
