"""Keeps what an ``assert`` of a test compares, so that a failure can show it.

``assert f(x) == 3`` becomes ``assert (left := f(x)) == (right := 3)`` with names that no source can
spell: the same objects are compared in the same order, by the same operators.
"""

import ast
from collections import Counter
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any

from ...protocol.report import EXCERPT_MAX
from ..excerpts import excerpt

_LEFT, _RIGHT = "@left", "@right"

_SYMBOLS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}

#: Line of an ``assert`` to what stands between its operands; ``""`` and ``"not"`` have only one.
Asserts = Mapping[int, str]


def keep_operands(tree: ast.Module, found: Sequence[ast.Assert]) -> Asserts:
    """Rewrite the asserts of a test in place; return those that keep what they compare.

    Args:
        tree: The test.
        found: All asserts in it.
    """
    keeper = _Keeper(found)
    if found:
        keeper.visit(tree)
    return keeper.kept


class _Keeper(ast.NodeTransformer):
    """Rewrites asserts that have their lines for themselves."""

    def __init__(self, found: Sequence[ast.Assert]) -> None:
        self._users = Counter(line for node in found for line in _lines(node))
        self.kept: dict[int, str] = {}

    def visit(self, node: ast.AST) -> Any:
        """Look at statements only: there are no others within an expression."""
        return node if isinstance(node, ast.expr) else super().visit(node)

    def visit_Assert(self, node: ast.Assert) -> Any:
        """Return the assert that keeps its operands, and what forgets them when it has passed."""
        if any(self._users[line] > 1 for line in _lines(node)):
            return node
        symbol, names = _keep(node)
        self.kept.update(dict.fromkeys(_lines(node), symbol))
        place = place_of(node)
        forget: list[ast.expr] = [ast.Name(name, ast.Del(), **place) for name in names]
        return [node, ast.Delete(forget, **place)]


def _lines(node: ast.Assert) -> range:
    return range(node.lineno, (node.end_lineno or node.lineno) + 1)


def _keep(node: ast.Assert) -> tuple[str, tuple[str, ...]]:
    """Have an assert keep its operands; return what is between them, and the names they get."""
    match node.test:
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            symbol = _SYMBOLS[type(op)]
            turned = symbol == "==" and _has_call(right) and not _has_call(left)
            node.test.left, node.test.comparators = _named(_LEFT, left), [_named(_RIGHT, right)]
            return "turned" if turned else symbol, (_LEFT, _RIGHT)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            node.test.operand = _named(_LEFT, operand)
            return "not", (_LEFT,)
        case test:
            node.test = _named(_LEFT, test)
            return "", (_LEFT,)


def _named(name: str, value: ast.expr) -> ast.expr:
    place = place_of(value)
    return ast.NamedExpr(ast.Name(name, ast.Store(), **place), value, **place)


def place_of(node: ast.stmt | ast.expr | ast.excepthandler) -> dict[str, Any]:
    """Return the position of a node, for one that takes its place."""
    return {
        "lineno": node.lineno,
        "col_offset": node.col_offset,
        "end_lineno": node.end_lineno,
        "end_col_offset": node.end_col_offset,
    }


def _has_call(node: ast.expr) -> bool:
    return any(isinstance(part, ast.Call) for part in ast.walk(node))


def compared(error: BaseException, asserts: Asserts, filename: str) -> tuple[str, str] | None:
    """Return excerpts of what a failed assert expected and got; None if it cannot be told."""
    trace: TracebackType | None = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None or trace.tb_frame.f_code.co_filename != filename:
        return None
    kept = trace.tb_frame.f_locals
    symbol = asserts.get(trace.tb_lineno)
    if symbol is None or _LEFT not in kept:
        return None
    return _described(symbol, kept)


def _described(symbol: str, kept: Mapping[str, Any]) -> tuple[str, str]:
    left = excerpt(kept[_LEFT], EXCERPT_MAX)
    if symbol in ("", "not"):
        return "a true value" if not symbol else "a false value", left
    right = excerpt(kept[_RIGHT], EXCERPT_MAX)
    if symbol == "turned":
        return left, right
    return (right if symbol == "==" else f"{symbol} {right}"[:EXCERPT_MAX]), left
