"""Rewrites ``text.format(...)`` in tests: a text of the solution may read attributes by it.

``f().format(x)`` becomes ``look_up(f(), "format")(x)``: see ``evaluation.format_texts``. A literal
text stays as it is.
"""

import ast
from collections.abc import Mapping
from typing import Any

from .assert_rewriting import place_of

#: The name by which rewritten code looks up such a method; no source can spell it.
LOOK_UP = "@look_up"

_METHODS = frozenset({"format", "format_map"})


def rewrite_formats(nodes: Mapping[type, list[Any]]) -> None:
    """Rewrite trusted code in place, after all that looks for attributes in it.

    Args:
        nodes: Its nodes, by type.
    """
    for node in nodes[ast.Attribute]:
        is_read = isinstance(node.ctx, ast.Load)
        if node.attr in _METHODS and is_read and not isinstance(node.value, ast.Constant):
            place = place_of(node)
            args = [node.value, ast.Constant(node.attr, **place)]
            node.__class__ = ast.Call
            node.func, node.args, node.keywords = ast.Name(LOOK_UP, ast.Load(), **place), args, []
