"""Finds code that uses its own variables as a mapping: ``f().format(**locals())``.

A text of the solution may then name any of them, also what the test expects.
"""

import ast
from collections.abc import Iterator, Mapping
from typing import Any

#: What returns the variables of code.
FUNCTIONS = frozenset({"globals", "locals", "vars"})
_ATTRIBUTES = frozenset({"f_globals", "f_locals", "__globals__"})
#: What evaluates a text has rules of its own: see ``evaluation``.
_EVALUATORS = frozenset({"compile", "eval", "exec"})
_SCOPES = frozenset({"globals", "globs", "locals"})
#: What uses all variables alike.
_OF_ALL = frozenset({"items", "keys", "update", "values"})
_BY_NAME = frozenset({"get", "pop", "setdefault"})
_COLLECTORS = frozenset({"len", "list", "max", "min", "set", "sorted", "tuple"})


def are_mapping(nodes: Mapping[type, list[Any]]) -> bool:
    """Return True if a name that the code does not spell may pick one of its variables.

    Args:
        nodes: The nodes of the code, by type.
    """
    known = {id(node) for node in _harmless(nodes)}
    calls = {id(node.func): node for node in nodes[ast.Call]}
    for node in nodes[ast.Name]:
        if node.id in FUNCTIONS and isinstance(node.ctx, ast.Load):
            call = calls.get(id(node), node)
            if id(call) not in known and not getattr(call, "args", None):
                return True
    found = (node for node in nodes[ast.Attribute] if node.attr in _ATTRIBUTES)
    return any(id(node) not in known for node in found)


def _harmless(nodes: Mapping[type, list[Any]]) -> Iterator[ast.expr]:
    """Yield the expressions of which only spelled names are looked up, or all alike."""
    for node in nodes[ast.Subscript]:
        if isinstance(node.slice, ast.Constant) or isinstance(node.ctx, ast.Store):
            yield node.value
    for node in nodes[ast.Compare]:
        yield from node.comparators
    for node in (*nodes[ast.For], *nodes[ast.comprehension]):
        yield node.iter
    for node in nodes[ast.Call]:
        yield from _harmless_in_call(node)


def _harmless_in_call(node: ast.Call) -> Iterator[ast.expr]:
    yield from (each.value for each in node.keywords if each.arg in _SCOPES)
    match node.func:
        case ast.Name(id=name) if name in _EVALUATORS | _COLLECTORS:
            yield from node.args
        case ast.Subscript(value=value):  # ``globals()[name]()`` runs a function of the test
            yield value
        case ast.Attribute(value=value, attr=name):
            is_spelled = bool(node.args) and isinstance(node.args[0], ast.Constant)
            if name in _OF_ALL or (name in _BY_NAME and is_spelled):
                yield value
        case _:
            pass
