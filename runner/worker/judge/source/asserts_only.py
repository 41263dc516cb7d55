"""A fast path of ``test_code`` for asserts about calls with constants, which most tests are.

It finds in one walk of the tree what ``test_code`` finds of any code, and leaves all other tests to
that.
"""

import ast
from typing import Any

from . import own_variables
from .name_uses import CALLED

#: Fields with expressions, by type of node; no other node may be in such a test.
_PARTS: dict[type, tuple[str, ...]] = {
    ast.Assert: ("test", "msg"),
    ast.Constant: (),
    ast.Name: (),
    ast.List: ("elts",),
    ast.Tuple: ("elts",),
    ast.Set: ("elts",),
    ast.Dict: ("keys", "values"),
    ast.UnaryOp: ("operand",),
    ast.BinOp: ("left", "right"),
    ast.BoolOp: ("values",),
    ast.Compare: ("left", "comparators"),
    ast.Call: ("func", "args", "keywords"),
    ast.keyword: ("value",),
}
_NO_NAMES: frozenset[str] = frozenset()
#: Comparisons of ``type(x)`` are rewritten, and the variables of a test may be a mapping.
_APART = own_variables.FUNCTIONS | {"type"}


def facts(tree: ast.Module) -> dict[str, Any] | None:
    """Return what a ``Unit`` says of a test; None if the test is anything else."""
    nodes = _nodes(tree)
    if nodes is None:
        return None
    texts = {node.value for node in nodes if type(node) is ast.Constant and type(node.value) is str}
    if any("." in text for text in texts):
        return None  # it may be a place that is to be patched
    names = [node for node in nodes if type(node) is ast.Name]
    called = {id(node.func) for node in nodes if type(node) is ast.Call}
    reads = frozenset([node.id for node in names])
    if not (_APART.isdisjoint(reads) and all(id(node) in called for node in names)):
        return None
    return {
        "reads": reads,
        "free": reads,
        "defined": _NO_NAMES,
        "words": reads,
        "stores": _NO_NAMES,
        "blocks": (),
        "plain": True,
        "spelled": frozenset(filter(str.isidentifier, texts)),
        "acts": bool(tree.body),
        "defines": "__name__" in reads,
        "compared": compared(tree.body, names),
        "used": frozenset([(name, CALLED) for name in reads]),
        "imports": frozenset(),
        "mentioned": _NO_NAMES,
        "tests": _NO_NAMES,
        "guards": False,
        "is_open": False,
    }


def _nodes(tree: ast.Module) -> list[Any] | None:
    """Return all asserts and expressions of a test; None if there is anything else in it."""
    nodes: list[Any] = [*tree.body]
    if not {ast.Assert}.issuperset(map(type, nodes)):
        return None
    for node in nodes:  # which grows meanwhile
        parts = _PARTS.get(type(node))
        if parts is None:
            return None
        for name in parts:
            part = getattr(node, name)
            if type(part) is list:
                nodes += part if name != "keys" else filter(None, part)  # None before ``**``
            elif part is not None:
                nodes.append(part)
    return nodes


def compared(asserts: list[Any], names: list[ast.Name]) -> frozenset[str]:
    """Return the names that are only called, each time as one side of an asserted comparison."""
    called: set[int] = set()
    for node in asserts:
        test = node.test
        if type(test) is ast.Compare and len(test.ops) == 1:
            heads = [
                id(side.func) for side in (test.left, *test.comparators) if type(side) is ast.Call
            ]
            if len(heads) == 1:
                called.update(heads)
    otherwise = {node.id for node in names if id(node) not in called}
    return frozenset([node.id for node in names if node.id not in otherwise])
