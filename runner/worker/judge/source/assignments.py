"""Assignments to attributes of what a test imports: ``requests.get = fake`` replaces a function.

They become calls of ``set_attribute`` and ``delete_attribute``, so that the solution's process
learns of the change: see ``boundary.ambient.replacements``.
"""

import ast
from collections.abc import Iterable, Mapping
from typing import Any

from ...boundary.ambient.replacements import delete_attribute, set_attribute
from .assert_rewriting import place_of

_SET, _DELETE = "@set_attribute", "@delete_attribute"

#: Globals of rewritten code; the names are not identifiers, so no source can use them.
NAMES: Mapping[str, Any] = {_SET: set_attribute, _DELETE: delete_attribute}


def replaces(nodes: Mapping[type, list[Any]]) -> bool:
    """Return True if code sets or deletes an attribute of what it imports."""
    imported = _imported(nodes)
    stores = (node for node in nodes[ast.Attribute] if not isinstance(node.ctx, ast.Load))
    return bool(imported) and any(_root(node) in imported for node in stores)


def rewrite_assignments(nodes: Mapping[type, list[Any]]) -> None:
    """Rewrite such statements of one target in place.

    Args:
        nodes: The nodes of trusted code, by type.
    """
    imported = _imported(nodes)
    for node in nodes[ast.Assign] + nodes[ast.Delete]:
        target = node.targets[0]
        single = len(node.targets) == 1 and isinstance(target, ast.Attribute)
        if single and _root(target) in imported:
            value = [node.value] if isinstance(node, ast.Assign) else []
            _make_call(node, _SET if value else _DELETE, target, value)


def _imported(nodes: Mapping[type, list[Any]]) -> set[str]:
    """Return the names that code imports."""
    statements = nodes[ast.Import] + nodes[ast.ImportFrom]
    aliases: Iterable[ast.alias] = (alias for each in statements for alias in each.names)
    return {(alias.asname or alias.name).partition(".")[0] for alias in aliases}


def _root(node: ast.expr) -> str | None:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def _make_call(node: Any, name: str, target: ast.Attribute, value: list[ast.expr]) -> None:
    place = place_of(node)
    function = ast.Name(name, ast.Load(), **place)
    args = [target.value, ast.Constant(target.attr, **place), *value]
    node.__class__ = ast.Expr
    node.value = ast.Call(function, args, [], **place)
