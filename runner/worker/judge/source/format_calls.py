"""Rewrites what formats a text in tests: a text of the solution may read attributes by it.

``f().format(x)`` becomes ``checked(f().format)(x)``: see ``evaluation.format_texts``, which decides
by the function that has been found. A literal text stays as it is. In a test with ``"format"`` as a
string, the same is done with functions that take the name of an attribute, wherever they are read:
``map(getattr, [f()], ["format"])``.
"""

import ast
from collections.abc import Iterator, Mapping
from typing import Any

from .assert_rewriting import place_of

#: The name by which rewritten code checks what it has found; no source can spell it.
CHECKED = "@checked"

#: The methods that format a text.
METHODS = frozenset({"format", "format_map"})

#: Names of what takes the name of an attribute, and the modules of the functions.
_BY_NAME = frozenset({"__getattribute__", "attrgetter", "getattr", "methodcaller"})
_MODULES = frozenset({"builtins", "operator"})


def _unchecked(found: Any) -> Any:
    return found


#: The function, for code without a solution.
NAMES: Mapping[str, Any] = {CHECKED: _unchecked}


def rewrite_formats(nodes: Mapping[type, list[Any]]) -> None:
    """Rewrite trusted code in place, after all that looks for attributes in it.

    Args:
        nodes: Its nodes, by type.
    """
    matched = {id(node.value) for node in nodes[ast.MatchValue]}
    matched |= {id(key) for node in nodes[ast.MatchMapping] for key in node.keys}
    for node in [*_finding(nodes)]:
        if id(node) in matched:  # a pattern can hold no call
            continue
        place = place_of(node)
        found = ast.copy_location(
            type(node)(**{name: getattr(node, name) for name in node._fields}), node
        )
        node.__class__ = ast.Call
        node.func, node.args, node.keywords = ast.Name(CHECKED, ast.Load(), **place), [found], []


def may_format(nodes: Mapping[type, list[Any]]) -> bool:
    """Return True if code may format a text that is no literal."""
    return any(True for _ in _finding(nodes))


def _finding(nodes: Mapping[type, list[Any]]) -> Iterator[Any]:
    """Yield the expressions that may find such a function."""
    for node in nodes[ast.Attribute]:
        if node.attr in METHODS and not isinstance(node.value, ast.Constant) and _is_read(node):
            yield node
    if not any(_is_method(node) for node in nodes[ast.Constant]):
        return
    local = {
        alias.asname or alias.name
        for node in nodes[ast.ImportFrom]
        if node.module in _MODULES
        for alias in node.names
        if alias.name in _BY_NAME
    }
    yield from (node for node in nodes[ast.Attribute] if node.attr in _BY_NAME and _is_read(node))
    yield from (
        node for node in nodes[ast.Name] if node.id in local | {"getattr"} and _is_read(node)
    )
    for node in nodes[ast.Subscript]:
        is_named = isinstance(node.slice, ast.Constant) and node.slice.value in METHODS | _BY_NAME
        if is_named and _is_read(node):
            yield node


def _is_read(node: Any) -> bool:
    return isinstance(node.ctx, ast.Load)


def _is_method(node: ast.Constant) -> bool:
    return type(node.value) is str and node.value.rpartition(".")[2] in METHODS
