"""Finds what asserts something in the code of tests, directly or through its own functions."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .assert_rewriting import JUDGES

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
#: Stands for an ``assert`` among the names that code uses.
ASSERT = "assert"

#: The names that functions and classes use, by their own names.
Uses = Mapping[str, set[str]]


def uses_of(nodes: Mapping[type, list[Any]]) -> Uses:
    """Return what the functions and classes of code use.

    Args:
        nodes: Its nodes, by type.
    """
    uses: dict[str, set[str]] = {}
    for node in (node for kind in _DEFINITIONS for node in nodes[kind]):
        uses.setdefault(node.name, set()).update(used_in(node))
    return uses


def used_in(tree: ast.AST) -> set[str]:
    """Return the names and attributes that stand in code, and ``ASSERT`` for a statement."""
    names = (ASSERT if isinstance(node, ast.Assert) else _name_of(node) for node in ast.walk(tree))
    return {*names} - {""}


def _name_of(node: ast.AST) -> str:
    return str(getattr(node, "attr", "") or getattr(node, "id", ""))


def reaching(uses: Uses, names: Iterable[str]) -> set[str]:
    """Return names, and those of functions and classes that use them, also through each other."""
    found = {*names}
    while more := {name for name, used in uses.items() if not found.isdisjoint(used)} - found:
        found |= more
    return found


def asserting_names(nodes: Mapping[type, list[Any]], uses: Uses) -> frozenset[str]:
    """Return the names of functions and classes that assert something, also through each other.

    Args:
        nodes: The nodes of the code, by type.
        uses: What these functions and classes use.
    """
    found = (node for kind in _DEFINITIONS for node in nodes[kind] if asserts(node, frozenset()))
    return frozenset(reaching(uses, (node.name for node in found)))


def asserts(tree: ast.AST, asserting: frozenset[str]) -> bool:
    """Return True if code asserts something.

    Args:
        tree: The code.
        asserting: The names of functions that do.
    """
    return any(_is_assertion(node, asserting) for node in ast.walk(tree))


def lines_of_assertions(tree: ast.AST, asserting: frozenset[str]) -> Iterator[int]:
    """Yield the lines at which code asserts something, and the last ones of loops that do."""
    for node in ast.walk(tree):
        if _is_assertion(node, asserting):
            yield node.lineno  # type: ignore[attr-defined]
        elif isinstance(node, ast.For | ast.AsyncFor | ast.While) and asserts(node, asserting):
            yield node.end_lineno or node.lineno


def _is_assertion(node: ast.AST, asserting: frozenset[str]) -> bool:
    """Return True for an ``assert``, a call that may fail a test, and the name of one that does."""
    if isinstance(node, ast.Call):
        return JUDGES.match(_name_of(node.func)) is not None
    return isinstance(node, ast.Assert) or _name_of(node) in asserting
