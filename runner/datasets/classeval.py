"""ClassEval: rows with a class to write, and test cases of ``unittest``."""

import ast

from runner.datasets.base import Problem
from runner.datasets.rows import Row
from runner.models import SuiteTest


def problem(row: Row) -> Problem:
    """Return the problem of one row.

    Raises:
        DatasetError: A field is missing or of the wrong type.
    """
    imports = "".join(f"{line}\n" for line in _imports(row))
    return Problem(
        task_id=row.task_id(),
        reference=imports + row.text("solution_code") if row.has("solution_code") else None,
        # Its tests use the solution's imports.
        tests=(SuiteTest(code=imports + row.text("test")),),
        classes=(row.name("class_name"),),
    )


def _imports(row: Row) -> list[str]:
    """Return the imports of a row, which are a list or its text."""
    found = row.fields.get("import_statement") or []
    if isinstance(found, str):
        try:
            found = ast.literal_eval(found)
        except (SyntaxError, ValueError):
            found = found.splitlines()
    return [line for line in found if isinstance(line, str) and line.strip()]
