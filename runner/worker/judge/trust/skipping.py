"""Finds out whether an exception skips statements of a test.

A ``with`` block of the solution may suppress an exception, and a thread may end by one, if that
skips no statement of the test. Then the exception has left the last statement of the block, and the
last one of each function of the test below it, down to the call that the solution answered.

An exception of the test itself may end a callback, a thread or a task, if no assertion stands at
the line that it has left or behind that.
"""

import ast
import asyncio
import builtins
import inspect
import traceback
import types
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ...boundary import coroutines, proxy_methods
from ...boundary.structure import special_names
from ...codec.format import LEAVES
from ..source.assertions import lines_of_assertions
from .exceptions import comes_from_solution, is_failed_assertion


class Block(NamedTuple):
    """A ``with`` statement or a function of trusted code.

    Attributes:
        name: Name of the function; empty for a ``with``. Of lambdas, only those that assert.
        first: First line.
        opens: Last line before the body.
        last: First line of the last statement, if that is a single call or a ``raise``; otherwise
            the line after the block.
        raises: Whether that statement is a ``raise``, or reads only builtins.
        asserts: Last line of an assertion, or of a loop with one; 0 if there is none.
        raised: The lines of ``raise`` statements.
    """

    name: str
    first: int
    opens: int
    last: int
    raises: bool
    asserts: int
    raised: tuple[int, ...]


#: The blocks of trusted code, by file name.
Blocks = Mapping[str, tuple[Block, ...]]

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_LAMBDA = "<lambda>"

#: The modules whose frames stand between a statement of a test and the solution.
_PROXIES = {
    function.__code__.co_filename
    for function in (
        proxy_methods.call_proxy,
        special_names.CoroutineProxy.send,
        coroutines.awaiting,
    )
}


def blocks_in(nodes: Mapping[type, list[Any]], asserting: frozenset[str]) -> tuple[Block, ...]:
    """Return the blocks of trusted code.

    Args:
        nodes: Its nodes, by type.
        asserting: The names of its functions that assert something.
    """
    kinds = (ast.With, ast.AsyncWith, ast.FunctionDef, ast.AsyncFunctionDef)
    found = [_block_of(node, asserting) for kind in kinds for node in nodes[kind]]
    return (*found, *_lambdas(nodes[ast.Lambda], asserting))


def _lambdas(nodes: list[ast.Lambda], asserting: frozenset[str]) -> Iterator[Block]:
    for node in nodes:
        lines = max(lines_of_assertions(node, asserting), default=0)
        if lines:
            end = (node.end_lineno or node.lineno) + 1
            yield Block(
                _LAMBDA, node.lineno, node.lineno, end, raises=False, asserts=lines, raised=()
            )


def _block_of(node: ast.With | ast.AsyncWith | _Function, asserting: frozenset[str]) -> Block:
    name, first, opens = "", node.lineno, node.lineno
    if isinstance(node, _Function):
        name = node.name
        first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
    else:
        ends = [item.context_expr.end_lineno for item in node.items]
        opens = max(opens, *(end or opens for end in ends))
    last = _innermost_last(node)
    raises = last is not None and (isinstance(last, ast.Raise) or _asks_nothing(last))
    lines = max(lines_of_assertions(node, asserting), default=0)
    raised = (*(each.lineno for each in ast.walk(node) if isinstance(each, ast.Raise)),)
    if last is None or not (raises or _is_one_call(last)):
        behind = (node.end_lineno or first) + 1
        return Block(name, first, opens, behind, raises=False, asserts=lines, raised=raised)
    return Block(name, first, opens, last.lineno, raises, lines, raised)


def _innermost_last(node: ast.stmt) -> ast.stmt | None:
    """Return the last statement, within nested blocks and loops; None if there is none."""
    while isinstance(node, _Function | ast.With | ast.AsyncWith | ast.For | ast.AsyncFor):
        *before, last = node.body
        if before and (isinstance(node, ast.For | ast.AsyncFor) or _ends_at(before[-1], last)):
            return None
        if getattr(node, "orelse", ()) or isinstance(last, _Function):
            return None
        node = last
    return node


def _ends_at(one: ast.stmt, other: ast.stmt) -> bool:
    return (one.end_lineno or one.lineno) >= other.lineno


def _asks_nothing(node: ast.stmt) -> bool:
    """Return True for a simple statement that reads only builtins: ``1 / 0``."""
    if not isinstance(node, ast.Expr | ast.Assign):
        return False
    names = [part.id for part in ast.walk(node) if isinstance(part, ast.Name)]
    return all(hasattr(builtins, name) for name in names)


def _is_one_call(node: ast.stmt) -> bool:
    value = getattr(node, "value", None)
    value = value.value if isinstance(value, ast.Await) else value
    if not isinstance(node, ast.Expr | ast.Assign | ast.Return) or not isinstance(value, ast.Call):
        return False
    return sum(isinstance(part, ast.Call) for part in ast.walk(node)) == 1


def skips_in_with(error: BaseException, trace: types.TracebackType, blocks: Blocks) -> bool:
    """Return True if a ``with`` that suppressed an exception would skip statements of the test.

    Args:
        error: The exception.
        trace: Its traceback; the first frame is at the ``with`` again.
        blocks: The blocks of the trusted code.
    """
    frame = trace.tb_frame
    line = frame.f_lineno
    left = [
        block
        for block in blocks.get(frame.f_code.co_filename, ())
        if not block.name and block.first <= line <= block.opens
    ]
    return not left or _skips(error, trace, max(left), blocks)


def skips_at_end(error: BaseException, blocks: Blocks) -> bool:
    """Return True if an exception that ended a thread or task skipped statements of the test."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename not in blocks:
        trace = trace.tb_next
    if trace is None:
        return False
    return _skips(error, trace, function_block(trace.tb_frame.f_code, blocks), blocks)


def skips_assertions(error: BaseException, blocks: Blocks) -> bool:
    """Return True if an exception of the test has ended a function before its last assertion.

    A ``raise`` of the test itself is on purpose, and so are its own exit and the exception with
    which a special method answers.
    """
    return not _stops(error, blocks) and _ends_before_assertion(error, blocks)


def stops_before_assertion(error: BaseException, blocks: Blocks) -> bool:
    """Return True if a cancelled task or a closed generator has not reached its last assertion."""
    return _stops(error, blocks) and _ends_before_assertion(error, blocks)


def _ends_before_assertion(error: BaseException, blocks: Blocks) -> bool:
    left = [*_left(error, blocks)]
    if not left or left[-1][1] in left[-1][0].raised:
        return False
    if isinstance(error, SystemExit) and left[-1][2] is None:
        return False
    if any(isinstance(error, _ANSWERS.get(block.name, ())) for block, _, _ in left):
        return False
    return any(line <= block.asserts for block, line, _ in left)


def _stops(error: BaseException, blocks: Blocks) -> bool:
    """Return True for what stops a function from outside: a cancelled task, a closed generator."""
    if isinstance(error, Exception | SystemExit):
        return False
    if not comes_from_solution(error):
        return True
    if not isinstance(error, asyncio.CancelledError | GeneratorExit):
        return False
    codes = (frame.f_code for frame, _ in traceback.walk_tb(error.__traceback__))
    return any(code.co_flags & _PAUSES for code in codes if code.co_filename in blocks)


#: Flags of the code of generators and coroutines.
_PAUSES = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR


def becomes(error: BaseException, other: BaseException) -> bool:
    """Return True if an exception is another one, or its cause: ``raise Other from error``."""
    cause: BaseException | None = other
    seen: list[BaseException] = []
    while cause is not None and all(cause is not each for each in seen):
        if is_same(cause, error):
            return True
        seen.append(cause)
        cause = cause.__cause__
    return False


def is_same(one: BaseException, other: BaseException) -> bool:
    """Return True if an exception is another one, or one that the solution has raised in its place.

    The latter has the class and the arguments of the one that the solution has caught.
    """
    return one is other or _is_copy(one, other)


def _is_copy(one: BaseException, other: BaseException) -> bool:
    if type(one) is not type(other) or [*map(type, one.args)] != [*map(type, other.args)]:
        return False
    pairs = zip(one.args, other.args, strict=True)
    return all(arg == its for arg, its in pairs if type(arg) in LEAVES)


#: Exceptions with which special methods answer.
_ANSWERS: Mapping[str, type[BaseException]] = {
    "__next__": StopIteration,
    "__anext__": StopAsyncIteration,
    "__getitem__": LookupError,
    "__getattr__": AttributeError,
}


def _left(error: BaseException, blocks: Blocks) -> Iterator[tuple[Block, int, Any]]:
    """Yield the functions of the test that an exception has left, the line, and what follows."""
    trace = error.__traceback__
    while trace is not None:
        block = function_block(trace.tb_frame.f_code, blocks)
        if block is not None:
            yield block, trace.tb_lineno, trace.tb_next
        trace = trace.tb_next


def _skips(
    error: BaseException, trace: types.TracebackType, block: Block | None, blocks: Blocks
) -> bool:
    while block is not None and trace.tb_lineno >= block.last:
        if trace.tb_next is None:
            return not block.raises or is_failed_assertion(error)
        trace = trace.tb_next
        code = trace.tb_frame.f_code
        if code.co_filename in _PROXIES:
            return not comes_from_solution(error)
        block = function_block(code, blocks)
    return True


def function_block(code: types.CodeType, blocks: Blocks) -> Block | None:
    """Return the block of a function of the trusted code, None for any other code."""
    found = blocks.get(code.co_filename, ())
    place = code.co_name, code.co_firstlineno
    return next((block for block in found if (block.name, block.first) == place), None)
