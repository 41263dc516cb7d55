"""Rewrites ``text.format(...)`` in tests: a text of the solution may read attributes by it.

``f().format(x)`` becomes ``look_up(f(), "format")(x)``: see ``evaluation.format_texts``. A literal
text stays as it is. In a test with ``"format"`` as a string, functions that take the name of an
attribute are replaced as well: ``getattr(f(), "format")``.
"""

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

from .assert_rewriting import place_of

#: The name by which rewritten code looks up such a method; no source can spell it.
LOOK_UP = "@look_up"

#: The methods that format a text.
METHODS = frozenset({"format", "format_map"})

#: What takes the names of attributes, by the name under which a test calls it.
_BY_NAME: tuple[Any, ...] = (getattr, operator.attrgetter, operator.methodcaller)


def names_of(*functions: Callable[..., Any]) -> dict[str, Any]:
    """Return functions by the names by which rewritten code calls them; no source can spell these.

    Args:
        functions: What replaces ``getattr``, ``attrgetter`` and ``methodcaller``.
    """
    return {f"@{real.__name__}": made for real, made in zip(_BY_NAME, functions, strict=True)}


#: The functions themselves.
NAMES: Mapping[str, Any] = {LOOK_UP: getattr, **names_of(*_BY_NAME)}


def rewrite_formats(nodes: Mapping[type, list[Any]]) -> None:
    """Rewrite trusted code in place, after all that looks for attributes in it.

    Args:
        nodes: Its nodes, by type.
    """
    for node in nodes[ast.Attribute]:
        is_read = isinstance(node.ctx, ast.Load)
        if node.attr in METHODS and is_read and not isinstance(node.value, ast.Constant):
            place = place_of(node)
            args = [node.value, ast.Constant(node.attr, **place)]
            node.__class__ = ast.Call
            node.func, node.args, node.keywords = ast.Name(LOOK_UP, ast.Load(), **place), args, []
    if any(_is_method(node) for node in nodes[ast.Constant]):
        _rewrite_look_ups(nodes)


def _is_method(node: ast.Constant) -> bool:
    return type(node.value) is str and node.value.rpartition(".")[2] in METHODS


def _rewrite_look_ups(nodes: Mapping[type, list[Any]]) -> None:
    real = {getattr.__name__: getattr.__name__}
    for node in nodes[ast.ImportFrom]:
        if node.module == operator.__name__:
            real |= {alias.asname or alias.name: alias.name for alias in node.names}
    for node in nodes[ast.Call]:
        match node.func:
            case ast.Name(id=local):
                name = real.get(local)
            case ast.Attribute(attr=name, value=ast.Name()) if name != getattr.__name__:
                pass
            case _:
                continue
        if f"@{name}" in NAMES:
            node.func = ast.Name(f"@{name}", ast.Load(), **place_of(node.func))
