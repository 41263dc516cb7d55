"""Test files: of unittest or pytest, or scripts that import the solution."""

import ast
from collections.abc import Iterator

from runner.models import SuiteTest
from runner.worker.protocol.cases import is_test

#: The module by which a file imports the solution, unless a row has another name for it.
MODULE = SuiteTest.model_fields["module"].default


def is_suite(source: str, module: str = MODULE) -> bool:
    """Return True if code defines tests that a runner has to find, or imports the solution.

    Args:
        source: The code of tests; False if it does not compile.
        module: The name by which it imports the solution.
    """
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return any(is_test(node) or _imports(node, module) for node in _statements(body))


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements of a module, also those under conditions."""
    for node in body:
        yield node
        if isinstance(node, ast.If | ast.Try | ast.With):
            yield from _statements(node.body)


def _imports(node: ast.stmt, module: str) -> bool:
    if isinstance(node, ast.ImportFrom):
        return node.module == module
    return isinstance(node, ast.Import) and any(each.name == module for each in node.names)
