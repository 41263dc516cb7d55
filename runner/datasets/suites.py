"""Recognises test files: of unittest or pytest, or scripts that import the solution."""

import ast
from collections.abc import Iterator

from runner.worker.protocol.cases import SOLUTION, is_test


def body_of(source: str) -> list[ast.stmt] | None:
    """Return the statements of a module; None if this Python cannot compile it."""
    try:
        return ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def is_suite(source: str) -> bool:
    """Return True if code defines tests for a test runner, or imports the solution."""
    statements = _statements(body_of(source) or [])
    return any(is_test(node) or SOLUTION in imported_by(node) for node in statements)


def imported_by(node: ast.stmt) -> list[str]:
    """Return the names of the modules that a statement imports."""
    if isinstance(node, ast.ImportFrom):
        return [str(node.module)]
    return [each.name for each in node.names] if isinstance(node, ast.Import) else []


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements of a module, also those under conditions."""
    for node in body:
        yield node
        if isinstance(node, ast.If | ast.Try | ast.With):
            yield from _statements(node.body)
