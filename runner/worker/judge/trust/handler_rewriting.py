"""Rewrites ``except`` and ``finally`` of trusted code: exceptions are caught by their origin.

``except X`` becomes ``except catch(X)``. A ``finally`` that jumps, by ``return``, ``break``,
``continue`` or a ``raise`` of its own, drops the exception in flight without handling it. An
``except catch()`` is added before it, which catches nothing and records that exception.

The body of a function with assertions gets an ``except leave()``, which also catches nothing. That
of a lambda becomes ``leave(lambda: body)``.
"""

import ast
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..source.assert_rewriting import deferred, place_of
from ..source.assertions import asserts

#: The name of ``catch`` in rewritten code; it is not an identifier, so no source can use it.
CATCH = "@catch"
#: The same of ``leave``.
LEAVE = "@leave"


def pass_on(spec: Any = ()) -> Any:
    """Return what a handler catches if no exception comes from the solution."""
    return BaseException if spec is ... else spec


def rewrite_handlers(nodes: Mapping[type, list[Any]], asserting: frozenset[str]) -> None:
    """Rewrite the handlers of trusted code in place.

    Args:
        nodes: Its nodes, by type.
        asserting: The names of its functions that assert something.
    """
    for handler in nodes[ast.ExceptHandler]:
        place = place_of(handler.type or handler)
        handler.type = _call(place, handler.type or ast.Constant(..., **place))
    for node in (*nodes[ast.Try], *nodes[ast.TryStar]):
        if _jumps(node.finalbody, in_loop=False):
            _tell_of_dropping(node)
    for function in (*nodes[ast.FunctionDef], *nodes[ast.AsyncFunctionDef]):
        if asserts(function, asserting):
            _tell_of_leaving(function)
    for node in nodes[ast.Lambda]:
        if asserts(node, asserting) and not any(isinstance(n, _PAUSES) for n in ast.walk(node)):
            place = place_of(node)
            node.body = _call(place, deferred(node.body, place), name=LEAVE)


#: What suspends the function in which it stands.
_PAUSES = (ast.Yield, ast.YieldFrom, ast.Await)


def leave_nothing(body: Callable[[], Any] | None = None) -> Any:
    """Return the empty tuple: the handler catches nothing. Or return what a lambda does."""
    return () if body is None else body()


def _call(place: dict[str, Any], *args: ast.expr, name: str = CATCH) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load(), **place), [*args], [], **place)


def _tell_of_dropping(node: ast.Try | ast.TryStar) -> None:
    place = place_of(node)
    if node.handlers:
        kind = type(node)
        node.body = [kind(node.body, node.handlers, node.orelse, [], **place)]
    node.__class__ = ast.Try
    node.orelse = []
    node.handlers = [ast.ExceptHandler(_call(place), None, [ast.Pass(**place)], **place)]


def _tell_of_leaving(node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    start = 0 if ast.get_docstring(node, clean=False) is None else 1
    if body := node.body[start:]:
        place = place_of(body[0])
        handler = ast.ExceptHandler(_call(place, name=LEAVE), None, [ast.Pass(**place)], **place)
        node.body[start:] = [ast.Try(body, [handler], [], [], **place)]


def _jumps(nodes: Iterable[ast.AST], *, in_loop: bool) -> bool:
    """Return True if statements may jump out of the ``finally`` in which they stand."""
    return any(_is_jump(node, in_loop=in_loop) for node in nodes)


def _is_jump(node: ast.AST, *, in_loop: bool) -> bool:
    if isinstance(node, ast.Return):
        return True
    if isinstance(node, ast.Raise):
        return node.exc is not None
    if isinstance(node, ast.Break | ast.Continue):
        return not in_loop
    if isinstance(node, ast.expr | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return False
    if isinstance(node, ast.For | ast.AsyncFor | ast.While):
        return _jumps(node.body, in_loop=True) or _jumps(node.orelse, in_loop=in_loop)
    return _jumps(ast.iter_child_nodes(node), in_loop=in_loop)
