"""``eval``, ``exec`` and ``compile`` in the text of a test.

A text that the solution returned must not run beside the test. In the judge run

* any text before the solution is loaded,
* lines of the strings of the request; of those that are code, if they read the test's variables,
* literals and computations with numbers, which mean the same everywhere.

Any other text runs in the solution's process, in a copy of the solution's module. What it returns
or defines is an answer of the solution, and a pass rests on ``objects``: if the test has put the
text together itself, the solution's process could still answer as it likes.
"""

import ast
import builtins
import contextlib
import math
import sys
import types
from collections.abc import Mapping
from types import FrameType
from typing import Any

from ...boundary import proxy_methods
from ..source import test_code
from ..trust.guard import GuardedSession
from ..trust.handler_rewriting import CATCH
from . import evaluated_text
from .elsewhere import evaluate

#: Nodes of a computation with numbers.
_NODES = (
    *(ast.Expression, ast.Constant, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp),
    *(ast.operator, ast.unaryop, ast.boolop, ast.cmpop),
)
#: Longest computation, in characters, and bound of that length times all exponents: about so many
#: digits has the result, so it takes little time.
_MOST_CHARACTERS, _MOST_DIGITS = 1000, 100_000

_NONE = object()


class _Text:
    """What ``compile`` returns for a text that does not run in the judge."""

    def __init__(self, text: str, mode: str) -> None:
        self.text = text
        self.mode = mode


class TextBuiltins:
    """The builtins that evaluate a text, for one test.

    Args:
        session: Leads to the solution.
    """

    def __init__(self, session: GuardedSession) -> None:
        self._session = session

    def by_name(self) -> Mapping[str, Any]:
        """Return the replacements of the builtins."""
        return {"eval": self._eval, "exec": self._exec, "compile": self._compile}

    def _eval(self, source: Any, /, globals: Any = None, locals: Any = None) -> Any:
        caller = sys._getframe(1)
        text = _text_of(source)
        if text is not None and (found := _constant(text)) is not _NONE:
            return found
        if text is None or self._may_run(text, caller, globals, locals):
            source = source if text is None else text
            return eval(source, *_scopes(caller, globals, locals))  # noqa: S307  # the test's
        return self._ask("eval", text, self._given(text, caller, globals, locals))

    def _exec(self, source: Any, /, globals: Any = None, locals: Any = None) -> None:
        caller = sys._getframe(1)
        text = _text_of(source)
        if text is None or self._may_run(text, caller, globals, locals):
            exec(source if text is None else text, *_scopes(caller, globals, locals))
            return
        bound = self._ask("exec", text, self._given(text, caller, globals, locals))
        if type(bound) is not dict:
            raise TypeError("the solution's process sent no names of an executed text")
        bound.pop("__builtins__", None)
        _, own = _scopes(caller, globals, locals)
        if _is_of_test(own, caller):
            self._check_new(bound, caller)
        own.update(bound)

    def _compile(self, source: Any, filename: Any, mode: str, *args: Any, **options: Any) -> Any:
        text = _text_of(source)
        if text is None or self._may_run(text, sys._getframe(1)):
            return compile(source if text is None else text, filename, mode, *args, **options)
        tree = compile(source, filename, mode, ast.PyCF_ONLY_AST)
        flags = args[0] if args else options.get("flags", 0)
        return tree if flags & ast.PyCF_ONLY_AST else _Text(text, mode)

    def _may_run(self, text: str, caller: FrameType, *scopes: Any) -> bool:
        """Return True if a text may run in the judge, and count what it does with variables."""
        runs = _may_run(text, caller, *scopes)
        self._session.ledger.objects |= runs and test_code.is_open(text)
        return runs

    def _ask(self, mode: str, text: str, given: dict[str, Any]) -> Any:
        modules = {name: obj.__name__ for name, obj in given.items() if _is_module(obj)}
        values = {name: obj for name, obj in given.items() if not _is_module(obj)}
        return evaluate(self._session, text, modules, values, mode)

    def _given(self, text: str, caller: FrameType, *scopes: Any) -> dict[str, Any]:
        """Return the variables that the text may read: of the test, those that its strings name."""
        own = {**caller.f_globals, **caller.f_locals}
        found = {name: own[name] for name in evaluated_text.variables_for(text) & own.keys()}
        for scope in scopes:
            if scope is not None and not _is_of_test(scope, caller):
                found |= dict(scope)
        return {name: obj for name, obj in found.items() if name != "__builtins__"}

    def _check_new(self, bound: Mapping[str, Any], caller: FrameType) -> None:
        """Refuse names that mean something else in the test."""
        taken = {**vars(builtins), **caller.f_globals, **caller.f_locals}
        for name in bound.keys() & taken.keys():
            if proxy_methods.number_in(self._session, taken[name]) is None:
                raise TypeError(
                    f"a text that is not in the test would replace its name {name}: give exec() a"
                    " dict for the names"
                )


def _text_of(source: Any) -> str | None:
    """Return the text that is checked and evaluated; None for compiled code and anything else.

    It is the builtin's own content: a subclass of the solution may have another ``__bytes__``.
    """
    if isinstance(source, _Text):
        return source.text
    if isinstance(source, ast.AST):
        return ast.unparse(source)
    if isinstance(source, str):
        return str.__str__(source)
    if isinstance(source, bytes | bytearray | memoryview):
        return bytes(memoryview(source)).decode()
    return None


def _scopes(caller: FrameType, space: Any, names: Any) -> tuple[Any, Any]:
    """Return the globals and locals that the builtins use if they are called in a frame."""
    if space is None:
        return caller.f_globals, caller.f_locals if names is None else names
    return space, space if names is None else names


def _may_run(text: str, caller: FrameType, *scopes: Any) -> bool:
    """Return True if a text may run in the judge, with some scopes or else the test's variables."""
    given = [scope for scope in scopes if scope is not None]
    is_apart = bool(given) and not any(_is_of_test(scope, caller) for scope in given)
    return evaluated_text.may_run_in_test(text, None if is_apart else caller)


def _is_of_test(scope: Any, caller: FrameType) -> bool:
    """Return True for the variables of the test's module or function, also in a copy."""
    own = caller.f_locals
    # ``locals()`` was another variable short before it was assigned to one.
    is_whole = len(scope) >= len(own) - 1 and all(own.get(name) is scope[name] for name in scope)
    return scope is own or CATCH in scope or (bool(scope) and is_whole)


def _is_module(obj: Any) -> bool:
    return isinstance(obj, types.ModuleType) and sys.modules.get(obj.__name__) is obj


def _constant(text: str) -> Any:
    """Return the value of a literal or a computation with numbers; ``_NONE`` for any other text."""
    text = text.strip()
    try:
        tree = ast.parse(text, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return _NONE
    with contextlib.suppress(ValueError, TypeError, RecursionError, MemoryError):
        return ast.literal_eval(tree)
    if len(text) > _MOST_CHARACTERS or not _computes_quickly(tree, len(text)):
        return _NONE
    return eval(compile(tree, "<string>", "eval"), {"__builtins__": {}})  # noqa: S307  # only numbers


def _computes_quickly(tree: ast.Expression, length: int) -> bool:
    nodes = [*ast.walk(tree)]
    if not all(isinstance(node, _NODES) for node in nodes):
        return False
    numbers = [node.value for node in nodes if isinstance(node, ast.Constant)]
    if not all(type(number) in (bool, int, float, complex) for number in numbers):
        return False
    exponents = [
        _exponent(node.right)
        for node in nodes
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow | ast.LShift)
    ]
    return length * math.prod(exponents) <= _MOST_DIGITS


def _exponent(node: ast.expr) -> float:
    """Return the size of an exponent that is a number, infinity for any other."""
    if isinstance(node, ast.UnaryOp):
        node = node.operand
    return 1 + abs(node.value) if isinstance(node, ast.Constant) else math.inf  # type: ignore[arg-type]
