"""Keeps what an ``assert`` of a test compares, so that a failure can show it.

``assert f(x) == 3`` becomes ``assert (left := f(x)) == (right := 3)`` with names that no source can
spell: the same objects are compared in the same order, by the same operators.
"""

import ast
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any

from ...protocol.report import EXCERPT_MAX
from ..excerpts import excerpt

_LEFT, _RIGHT = "@left", "@right"
_STORED, _DELETED = ast.Store(), ast.Del()

SYMBOLS: dict[type[ast.cmpop], str] = {
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

#: Names of functions that fail a test.
JUDGES = re.compile(r"_?(assert|fail|raises|warns|exit$|skip|check|verify|expect)", re.IGNORECASE)

#: The operator of each ``assert``, by line; ``""`` and ``"not"`` have only one operand.
Asserts = Mapping[int, str]


def without_parentheses(tree: ast.Module) -> None:
    """Rewrite ``assert (x == 3, "text")``, which is always true, to ``assert x == 3, "text"``."""
    for node in ast.walk(tree):
        match node:
            case ast.Assert(test=ast.Tuple(elts=[test, message]), msg=None) if _is_text(message):
                node.test, node.msg = test, message


def _is_text(node: ast.expr) -> bool:
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return is_text or isinstance(node, ast.JoinedStr)


def keep_operands(tree: ast.Module, found: Sequence[ast.Assert]) -> Asserts:
    """Rewrite the asserts of a test in place; return those that keep what they compare.

    Args:
        tree: The test.
        found: All asserts in it.
    """
    if not found:
        return {}
    users = Counter(line for node in found for line in _lines(node)) if len(found) > 1 else {}
    kept: dict[int, str] = {}
    blocks = [tree.body]
    for block in blocks:  # which grows meanwhile
        for at in range(len(block) - 1, -1, -1):
            node = block[at]
            if not isinstance(node, ast.Assert):
                blocks += blocks_of(node)
            elif all(users.get(line, 1) == 1 for line in _lines(node)):
                symbol, forget = _keep(node)
                kept.update(dict.fromkeys(_lines(node), symbol))
                block.insert(at + 1, forget)
    return kept


def blocks_of(node: ast.AST) -> list[list[ast.stmt]]:
    """Return the lists of statements that stand in a statement."""
    found = [getattr(node, name, ()) for name in ("body", "orelse", "finalbody")]
    parts = (*getattr(node, "handlers", ()), *getattr(node, "cases", ()))
    return [each for each in (*found, *(part.body for part in parts)) if each]


def _lines(node: ast.Assert) -> range:
    return range(node.lineno, (node.end_lineno or node.lineno) + 1)


def _keep(node: ast.Assert) -> tuple[str, ast.Delete]:
    """Have an assert keep its operands.

    Returns:
        The operator, and a statement that deletes the operands when the assert has passed.
    """
    place = place_of(node)
    names: tuple[str, ...] = (_LEFT,)
    match node.test:
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            symbol = SYMBOLS[type(op)]
            turned = symbol == "==" and not _has_call(left) and _has_call(right)
            node.test.left, node.test.comparators = _named(_LEFT, left), [_named(_RIGHT, right)]
            symbol, names = "turned" if turned else symbol, (_LEFT, _RIGHT)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            node.test.operand = _named(_LEFT, operand)
            symbol = "not"
        case test:
            node.test = _named(_LEFT, test)
            symbol = ""
    return symbol, ast.Delete([ast.Name(name, _DELETED, **place) for name in names], **place)


def _named(name: str, value: ast.expr) -> ast.expr:
    place = place_of(value)
    return ast.NamedExpr(ast.Name(name, _STORED, **place), value, **place)


def place_of(node: ast.stmt | ast.expr | ast.excepthandler) -> dict[str, Any]:
    """Return the position of a node, for one that takes its place."""
    return {
        "lineno": node.lineno,
        "col_offset": node.col_offset,
        "end_lineno": node.end_lineno,
        "end_col_offset": node.end_col_offset,
    }


def deferred(body: ast.expr, place: Mapping[str, Any]) -> ast.Lambda:
    """Return ``lambda: body`` at a position."""
    return ast.Lambda(ast.arguments([], [], None, [], [], None, []), body, **place)


def _has_call(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) or any(isinstance(part, ast.Call) for part in ast.walk(node))


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
