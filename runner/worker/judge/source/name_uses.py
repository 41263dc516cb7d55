"""How a test uses its names, so far as that tells what they mean."""

import ast
from collections.abc import Mapping
from typing import Any

#: The name is called.
CALLED = "()"
#: It is compared, computed with, iterated or subscripted: no use of a module or a function.
AS_VALUE = "[]"

_LOOPS = (ast.For, ast.AsyncFor, ast.comprehension)


def uses(nodes: Mapping[type, list[Any]]) -> frozenset[tuple[str, str]]:
    """Return names, each with a use: ``CALLED``, ``AS_VALUE``, or an attribute that is read."""
    found = [(node.func, CALLED) for node in nodes[ast.Call]]
    found += [(node.value, node.attr) for node in nodes[ast.Attribute]]
    found += [(node.value, AS_VALUE) for node in nodes[ast.Subscript]]
    found += [(node.iter, AS_VALUE) for kind in _LOOPS for node in nodes[kind]]
    found += [(node.operand, AS_VALUE) for node in nodes[ast.UnaryOp]]
    for node in nodes[ast.BinOp]:
        found += (node.left, AS_VALUE), (node.right, AS_VALUE)
    for node in nodes[ast.Compare]:
        if not {ast.Is, ast.IsNot}.issuperset(map(type, node.ops)):
            found += ((side, AS_VALUE) for side in (node.left, *node.comparators))
    return frozenset([(owner.id, use) for owner, use in found if isinstance(owner, ast.Name)])
