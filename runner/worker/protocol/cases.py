"""Suites are replaced by the tests that they hold, in the worker's request and in its report.

The tests are listed before the solution is loaded; each side checks messages against the list.
"""

import ast
from collections.abc import Mapping, Sequence
from typing import Any

#: How many tests the suites of one request may hold, and how long their names may be.
MOST_CASES = 2000
NAME_MAX = 200

#: The longest list of names as JSON, in bytes: escaped, quoted, and with what is around it.
MOST_LIST_BYTES = MOST_CASES * (12 * NAME_MAX + 4) + 10_000

#: A suite that holds no tests is run as a script, under this name.
SCRIPT = "script"

#: The names in each suite, by its index in the request; None for a script.
NamesOfCases = Mapping[int, Sequence[str] | None]


#: The index of a test of the request, or of the suite in which a test stands, and its name there.
Place = tuple[int, str | None]


#: Names with two underscores at both ends that say something of a program, and nothing to Python.
_METADATA = frozenset(
    "__author__ __contact__ __copyright__ __credits__ __date__ __email__ __license__ __maintainer__"
    " __status__ __title__ __version__".split()
)


def is_special(name: str) -> bool:
    """Return True for a name that Python, not the solution, gives a meaning: ``__name__``."""
    return name[:2] == name[-2:] == "__" and name not in _METADATA


def is_test(node: ast.AST) -> bool:
    """Return True for a function or class that unittest or pytest take for tests by its name."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return node.name.startswith("test")
    if not isinstance(node, ast.ClassDef):
        return False
    bases = [getattr(base, "attr", getattr(base, "id", "")) for base in node.bases]
    return node.name.startswith("Test") or any(base.endswith("TestCase") for base in bases)


def places(tests: int, found: NamesOfCases) -> list[Place]:
    """Return the place of each test that is reported; those outside of suites have no name.

    Args:
        tests: How many tests the request has.
        found: What its suites hold.
    """
    return [(index, name) for index in range(tests) for name in _names(index, found)]


def expand(index: int, test: dict[str, Any], found: NamesOfCases) -> list[dict[str, Any]]:
    """Return the test itself, or the tests that a suite holds."""
    if index not in found:
        return [test]
    kind = "script" if found[index] is None else "case"
    return [{"kind": kind, "suite": index, "name": name} for name in _names(index, found)]


def as_suite(test: dict[str, Any]) -> dict[str, Any]:
    """Return the payload of a suite; a snippet that only defines tests becomes one."""
    if test["kind"] == "suite":
        return test
    return {"kind": "suite", "code": test["code"], "module": SOLUTION, "doctest": False}


#: The module of the solution, by which tests import it unless they say otherwise.
SOLUTION = "solution"


def _names(index: int, found: NamesOfCases) -> Sequence[str | None]:
    if index not in found:
        return (None,)
    names = found[index]
    return (SCRIPT,) if names is None else names
