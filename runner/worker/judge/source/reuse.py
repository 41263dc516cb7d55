"""Decides which tests leave no state in the judge, so that it may serve the next request as well.

A plain test only compares what functions of the solution return for literals, and they return plain
values. So the judge has executed nothing that could have changed it. The comparisons may stand in a
``check(candidate)``, as in HumanEval.
"""

import ast
from collections.abc import Container, Iterable, Mapping
from typing import Any

from ...boundary.structure.special_names import FunctionProxy

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

#: What else a test consists of that defines ``check``.
_NODES_OF_CHECK = _NODES | {ast.FunctionDef, ast.arguments, ast.arg, ast.Assign}
_CANDIDATE = "candidate"

#: Builtins that keep no state, for values that keep none.
_PURE = frozenset(
    "abs all any bool float int len list max min round set sorted str sum tuple".split()
)

_HARMLESS = _PURE | {_CANDIDATE}


def is_plain(tree: ast.Module, nodes: Mapping[type, list[Any]]) -> bool:
    """Return True if a test only asserts about calls.

    Args:
        tree: The test.
        nodes: All nodes of it, by type.
    """
    kinds = {kind for kind, found in nodes.items() if found}
    if not kinds <= _NODES and not (kinds <= _NODES_OF_CHECK and _is_check(tree)):
        return False
    called = {id(node.func) for node in nodes.get(ast.Call, ())}
    read = [node for node in nodes.get(ast.Name, ()) if isinstance(node.ctx, ast.Load)]
    return all(id(node) in called for node in read)


def _is_check(tree: ast.Module) -> bool:
    """Return True if a test names some constants, then defines ``check(candidate)`` of asserts."""
    *before, last = tree.body
    match last:
        case ast.FunctionDef(
            name="check",
            args=ast.arguments(
                posonlyargs=[],
                args=[ast.arg(arg=name, annotation=None)],
                vararg=None,
                kwonlyargs=[],
                kwarg=None,
                defaults=[],
            ),
            body=body,
            decorator_list=[],
            returns=None,
        ):
            return (
                name == _CANDIDATE
                and all(isinstance(node, ast.Assert) for node in body)
                and all(isinstance(node, ast.Assign) and not _calls(node) for node in before)
            )
        case _:
            return False


def _calls(tree: ast.AST) -> bool:
    return any(isinstance(node, ast.Call) for node in ast.walk(tree))


def are_harmless(names: frozenset[str], found: Container[str]) -> bool:
    """Return True if a test can be begun twice, because all that it reads is harmless to call.

    Args:
        names: The names that it reads.
        found: The names of the solution.
    """
    return all(name in found or name in _HARMLESS for name in names)


def are_plain_calls(names: Iterable[str], bound: dict[str, Any]) -> bool:
    """Return True if each name means a function of the solution, or a builtin without state.

    The candidate of a ``check`` is the entry point, which is among the names.
    """
    return all(
        type(bound[name]) is FunctionProxy if name in bound else name in _HARMLESS for name in names
    )
