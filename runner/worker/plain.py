"""Which tests leave nothing in the judge that ran them: then it may serve the next request as well.

A plain test calls functions of the solution with literals and looks at what comes back, and what
comes back are plain values. The judge has then executed nothing that could have changed it.
"""

import ast
from collections.abc import Iterable, Mapping
from typing import Any

from .standins import FunctionStandIn

#: What a plain test consists of; names only where something is called.
_NODES = {
    ast.Module,
    ast.Assert,
    ast.Constant,
    ast.List,
    ast.Tuple,
    ast.Set,
    ast.Dict,
    ast.UnaryOp,
    ast.BinOp,
    ast.BoolOp,
    ast.Compare,
    ast.Call,
    ast.keyword,
    ast.Name,
    *ast.unaryop.__subclasses__(),
    *ast.operator.__subclasses__(),
    *ast.boolop.__subclasses__(),
    *ast.cmpop.__subclasses__(),
}

#: Builtins without a memory, for values without one.
_PURE = frozenset(
    "abs all any bool float int len list max min round set sorted str sum tuple".split()
)

_LEAVES = frozenset({type(None), bool, int, float, complex, str, bytes})
_CONTAINERS = frozenset({list, tuple, set, frozenset})


def is_plain(nodes: Mapping[type, list[Any]]) -> bool:
    """Tell whether a test, given as all nodes of its tree by type, only asserts about calls."""
    called = {id(node.func) for node in nodes.get(ast.Call, ())}
    kinds = {kind for kind, found in nodes.items() if found}
    return kinds <= _NODES and called >= {id(node) for node in nodes.get(ast.Name, ())}


def are_plain_calls(names: Iterable[str], bound: dict[str, Any]) -> bool:
    """Tell whether each name means a function of the solution, or a builtin without a memory."""
    return all(
        type(bound[name]) is FunctionStandIn if name in bound else name in _PURE for name in names
    )


def is_value(found: Any) -> bool:
    """Tell whether an object consists of builtin values, through and through."""
    todo = [found]
    seen = set()
    while todo:
        item = todo.pop()
        kind = type(item)
        if kind in _LEAVES:
            continue
        if id(item) in seen:
            continue
        seen.add(id(item))
        if kind is dict:
            todo += [*item.keys(), *item.values()]
        elif kind in _CONTAINERS:
            todo += item
        else:
            return False
    return True
