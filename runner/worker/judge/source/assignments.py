"""Assignments to attributes of what a test imports: ``requests.get = fake`` replaces a function.

They become calls of ``set_attribute`` and ``delete_attribute``, so that the solution's process
learns of the change: see ``boundary.ambient.replacements``.
"""

import ast
from collections.abc import Mapping
from typing import Any

from ...boundary.ambient.replacements import delete_attribute, set_attribute
from .assert_rewriting import place_of

_SET, _DELETE = "@set_attribute", "@delete_attribute"

#: Globals of rewritten code; the names are not identifiers, so no source can use them.
NAMES: Mapping[str, Any] = {_SET: set_attribute, _DELETE: delete_attribute}


def replaced(nodes: Mapping[type, list[Any]]) -> set[ast.Attribute]:
    """Return the attributes of imported objects that code sets or deletes.

    Args:
        nodes: The nodes of trusted code, by type.
    """
    aliases = (each for node in nodes[ast.Import] + nodes[ast.ImportFrom] for each in node.names)
    imported = {(each.asname or each.name).partition(".")[0] for each in aliases}
    stores = (node for node in nodes[ast.Attribute] if not isinstance(node.ctx, ast.Load))
    return {node for node in stores if _root(node) in imported}


def rewrite_assignments(nodes: Mapping[type, list[Any]]) -> None:
    """Rewrite such statements of one target in place; ``nodes`` as in ``replaced``."""
    found = replaced(nodes)
    for node in nodes[ast.Assign] + nodes[ast.Delete] if found else ():
        target = node.targets[0]
        if len(node.targets) == 1 and target in found:
            value = [node.value] if isinstance(node, ast.Assign) else []
            _make_call(node, _SET if value else _DELETE, target, value)


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
