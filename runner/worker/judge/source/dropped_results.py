"""Rewrites statements of a test that call a method and drop its result: ``basket.add(1)``.

A method may return its object, so that calls can be chained. What the solution hands out is no
longer the test's own in general, since its result may stand for a value. A statement uses no
result, so an object that the test has built stays *built*.

``basket.add(1).add(2)`` becomes ``drop(receiver(basket).add(1).add(2))``.
"""

import ast
import sys
from collections.abc import Mapping
from typing import Any

from ...boundary.proxy_methods import anchor, is_proxy
from ..trust.ledger import Ledger
from ..trust.permissions import State
from .assert_rewriting import place_of

#: Number and state of the first object, by the id of the frame in which such a statement runs.
#: A frame runs one at a time, and each begins with its first object.
_receivers: dict[int, tuple[int, State | None]] = {}


def receiver(obj: Any) -> Any:
    """Note the state of the object whose method is called first, and return the object."""
    number, state = 0, None
    if is_proxy(obj):
        session, number = anchor(obj)
        state = _ledger(session).state_if_built(number)
    _receivers[id(sys._getframe(1))] = number, state
    return obj


def drop(result: Any) -> None:
    """Give the first object its state back, if it is also the result."""
    first, state = _receivers.pop(id(sys._getframe(1)))
    if state is not None and is_proxy(result):
        session, number = anchor(result)
        if number == first:
            _ledger(session).enter(number, state)


def _ledger(session: Any) -> Ledger:
    ledger: Ledger = session.ledger
    return ledger


_RECEIVER, _DROP = "@receiver", "@drop"
#: Globals of rewritten code; the names are not identifiers, so no source can use them.
NAMES: Mapping[str, Any] = {_RECEIVER: receiver, _DROP: drop}


def rewrite_statements(nodes: Mapping[type, list[Any]]) -> None:
    """Rewrite such statements in place.

    Args:
        nodes: The nodes of trusted code, by type.
    """
    for node in nodes[ast.Expr]:
        if _is_method_call(node.value):
            first = node.value
            while _is_method_call(first.func.value):
                first = first.func.value
            first.func.value = _call(_RECEIVER, first.func.value)
            node.value = _call(_DROP, node.value)


def _is_method_call(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)


def _call(name: str, argument: ast.expr) -> ast.Call:
    place = place_of(argument)
    return ast.Call(ast.Name(name, ast.Load(), **place), [argument], [], **place)
