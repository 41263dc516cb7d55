"""Libraries in the judge never evaluate text of the solution.

``sympy.simplify(f())``, a formula of patsy, ``DataFrame.query(f())`` and others compile the text
that they are given, so a text that the solution returned would run as code beside the test. An
audit hook checks every text that is compiled. A library may compile

* text of its own source, and any text while it is imported,
* text of the request: tests, setups and checkers, also as it is written in their strings,
* text that only computes with names: no attributes, and calls only of sympy's mathematics,
* code that it generates around checked names, if it is one of ``_GENERATORS``.

Some libraries look names up in the caller's variables, where a test may have what it expects. A
text reads such a variable only if a string of the request names it.

What a test itself evaluates has rules of its own, see ``text_builtins``, and so do pickles. A test
makes no code from bytes, by ``marshal`` or ``replace``.
"""

import ast
import functools
import logging
import marshal
import re
import symtable
import sys
import textwrap
from collections.abc import Callable, Iterable
from types import BuiltinFunctionType, CodeType, FrameType, FunctionType, ModuleType
from typing import Any

from ...boundary.ambient_state import FILES_OF_TESTS
from ...boundary.proxy_methods import ProxyMeta, is_proxy
from . import unpickling
from .parts import parts_of

#: Generators of code around identifiers that they check; of ``lambdify``, its import of modules.
_GENERATORS = frozenset(
    "attr._make collections dataclasses decorator fontTools.ttLib.tables.otBase"
    " fontTools.ttLib.tables.otConverters fontTools.ttLib.tables.otTables"
    " networkx.utils.decorators scipy._lib._bunch scipy._lib.decorator"
    " scipy.stats._distn_infrastructure sympy.polys.monomials sympy.polys.ring_series"
    " sympy.utilities.lambdify._import unittest.mock".split()
)
#: Functions that compile parts of a text first, and the local variable that holds all of it.
_WHOLE = {"timeit.__init__": "src"}
#: Libraries that interpret a parsed text themselves.
_INTERPRETERS = ("formulaic.", "pandas.core.computation.")
#: Libraries that look names up in the variables of their caller, and the prefix by which pandas
#: marks such names.
_LOOK_OUTSIDE = (*_INTERPRETERS, "patsy.")
_MARK = "__pd_eval_local_"
#: Modules that compile and execute imported modules; ``importer`` does so for packages.
_IMPORTERS = frozenset(
    "importlib._bootstrap importlib._bootstrap_external _frozen_importlib"
    " _frozen_importlib_external".split()
)
_PACKAGE = __name__.partition(".judge.")[0]
#: Audit events of code that is made from bytes.
_MAKE_CODE = frozenset({"code.__new__", "marshal.load", "marshal.loads"})

#: Nodes of code that only computes with names.
_FORMULA = (
    *(ast.Module, ast.Expression, ast.Expr, ast.Pass, ast.FunctionDef, ast.Return, ast.arguments),
    *(ast.arg, ast.Name, ast.Constant, ast.expr_context, ast.keyword, ast.Call, ast.IfExp),
    *(ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.Tuple, ast.List, ast.Set, ast.Dict),
    *(ast.operator, ast.unaryop, ast.boolop, ast.cmpop),
)
#: What makes a string an expression, and no message such as "x is 12" or "expected == actual".
_OPERATIONS = (ast.BinOp, ast.Call)
#: Nodes of strings that may be data: the key of a dict, a name in a message.
_DATA = (
    *(ast.Module, ast.Expr, ast.Name, ast.Attribute, ast.Constant, ast.Tuple, ast.List),
    ast.expr_context,
)
#: Nodes of constants and names, and what else is a name in a configuration of ``logging``.
_LITERAL = (
    *(ast.Module, ast.Expr, ast.Name, ast.Constant, ast.Tuple, ast.List, ast.Dict),
    ast.expr_context,
)
_OF_LOGGING = re.compile(r"\bsys\.std(in|out|err)\b|\b(logging\.(handlers\.)?|handlers\.)[A-Z]\w*")
_OPEN = (BuiltinFunctionType, FunctionType, ModuleType)
#: Modules that evaluate formulas of sympy.
_SYMPY = frozenset(("sympy.parsing.sympy_parser", "sympy.utilities.lambdify"))
#: Packages of the functions that such a formula may call besides builtins, and the exceptions.
_MATHEMATICS = tuple(
    f"sympy.{name}."
    for name in "calculus combinatorics concrete core functions geometry integrals logic matrices"
    " ntheory polys series sets simplify solvers".split()
)
_SET_VARIABLES = frozenset(("var", "vfield", "vring"))
_BUILTINS = frozenset("abs complex divmod float int max min pow round sum".split())

_parse = ast.parse.__code__
#: Functions that only look at a text.
_READERS = frozenset((_parse, symtable.symtable.__code__))


class _Request:
    """The texts of the request that is judged; what few tests need is computed once."""

    def __init__(self, texts: Callable[[], Iterable[str]], is_loaded: Callable[[], bool]) -> None:
        self._texts = texts
        self.is_loaded = is_loaded

    @functools.cached_property
    def squeezed(self) -> str:
        """All texts without spaces."""
        return "\n".join(map(_squeeze, self._texts()))

    @functools.cached_property
    def squeezed_strings(self) -> str:
        """All strings without spaces, which escapes distinguish from the texts."""
        return "\n".join(map(_squeeze, self.strings))

    @functools.cached_property
    def strings(self) -> list[str]:
        """The strings in the texts."""
        return [
            node.value
            for text in self._texts()
            for node in _nodes(text)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]

    @functools.cached_property
    def lines(self) -> set[str]:
        """The lines of the strings."""
        return {line for string in self.strings for line in _lines(string)}

    @functools.cached_property
    def lines_of_code(self) -> set[str]:
        """The lines of those strings that are more than names and values (``"expected"``)."""
        return {line for string in self.strings if _is_code(string) for line in _lines(string)}

    @functools.cached_property
    def words(self) -> set[str]:
        """The words in the strings."""
        return {word for string in self.strings for word in re.findall(r"\w+", string)}

    @functools.cached_property
    def operands(self) -> set[str]:
        """The names in those strings that are expressions."""
        return {name for string in self.strings if _computes(string) for name in _names_in(string)}


_request = _Request(tuple, bool)


def install() -> None:
    """Check what this process and its forks compile; an audit hook cannot be removed."""
    sys.addaudithook(_hook)


def allow(texts: Callable[[], Iterable[str]], is_loaded: Callable[[], bool]) -> None:
    """Let the texts of a request be evaluated, which few tests need."""
    global _request
    _request = _Request(texts, is_loaded)


def is_spelled(text: str) -> bool:
    """Return True if a text is a string of the request, or no solution is there yet."""
    return not _request.is_loaded() or text in _request.strings


def may_run_in_test(text: str, caller: FrameType | None) -> bool:
    """Return True if a test itself may evaluate a text: no solution can have made it.

    A solution can return any string of the request, also one that only names what is expected. So
    a text that reads a variable of the test must stand in strings that are code.

    Args:
        text: The text.
        caller: The frame of the test whose variables the text finds, if any.
    """
    if not _request.is_loaded():
        return True
    found = _lines(text)
    if not found <= _request.lines:
        return False
    return _reads_nothing_of(caller, text) or found <= _request.lines_of_code


def _reads_nothing_of(caller: FrameType | None, text: str) -> bool:
    """Return True if a text reads no variable but functions, modules and the solution's objects."""
    if caller is None:
        return True
    own = {**caller.f_globals, **caller.f_locals}
    return all(_is_open(own[name]) for name in _names_in(text) & own.keys())


def _is_open(obj: Any) -> bool:
    kind = type(obj)  # not ``__class__``, which an object of the solution may claim
    return issubclass(kind, (*_OPEN, ProxyMeta)) or is_proxy(obj)


def _lines(text: str) -> set[str]:
    """Return the lines of a text as Python parts them, without spaces around them."""
    return {line.strip() for line in text.split("\n")} - {""}


def _is_code(text: str) -> bool:
    nodes = [*_nodes(textwrap.dedent(text))]
    return not all(isinstance(node, _DATA) for node in nodes)


def variables_for(text: str) -> set[str]:
    """Return the names that a text reads and that an expression in a string of the request has."""
    return _names_in(text) & _request.operands


def _hook(event: str, args: tuple[Any, ...]) -> None:
    if event == "compile":
        caller = _evaluator(sys._getframe(1))
        if caller is not None and not _is_allowed(args[0], caller):
            raise TypeError(
                f"{_module(caller)} would evaluate a text that does not stand in the test: no text"
                " of the solution runs in the judge. Compare the text, or have the solution"
                " evaluate it"
            )
    elif event == "pickle.find_class":
        raise unpickling.refusal(*args)
    elif event in _MAKE_CODE and _request.is_loaded() and _is_of_test(sys._getframe(1)):
        _check_bytes(event, args)


def _check_bytes(event: str, args: tuple[Any, ...]) -> None:
    if event == "marshal.loads":
        made = marshal.loads(*args)  # noqa: S302 - the test does
        if not any(isinstance(part, CodeType) for part in parts_of(made)):
            return
    raise TypeError("a test would make code of bytes, which a solution could have chosen")


def _evaluator(caller: FrameType) -> FrameType | None:
    """Return the frame of the code that will run the text; None if the text is only parsed."""
    if caller.f_code not in _READERS:
        return caller
    parses = caller.f_back if caller.f_code is _parse else None
    return parses if parses and _module(parses).startswith(_INTERPRETERS) else None


def _is_allowed(source: Any, caller: FrameType) -> bool:
    if _is_of_test(caller):
        return not _request.is_loaded() or (
            isinstance(source, bytes) and may_run_in_test(_text(source), caller)
        )
    if _is_trusted(caller) or not {_module(caller), _function(caller)}.isdisjoint(_GENERATORS):
        return True
    if not isinstance(source, bytes):  # a tree; an interpreter's text was checked at parsing
        return _module(caller).startswith(_INTERPRETERS)
    text = _text(source)
    if text == caller.f_locals.get(_WHOLE.get(_function(caller), "")):
        return True
    if text in caller.f_code.co_consts:
        return True
    stands = all(line == "pass" or _stands_in_request(line) for line in text.splitlines())
    if _module(caller) == "logging.config" and not stands:
        return _is_of_logging(text)
    return (stands or _is_formula(text, caller)) and _strings_name(_variables_in(text, caller))


def _is_of_logging(text: str) -> bool:
    """Return True for what configurations of ``logging`` hold: classes, streams and constants."""
    nodes = [*_nodes(_OF_LOGGING.sub("Logger", text))]
    names = [node.id for node in nodes if isinstance(node, ast.Name)]
    return all(isinstance(node, _LITERAL) for node in nodes) and all(
        isinstance(getattr(logging, name, None), type) for name in names
    )


def _is_trusted(caller: FrameType) -> bool:
    """Return True for the judge, and for modules that are being imported."""
    if _module(caller).startswith(_PACKAGE):
        return True
    frame: FrameType | None = caller
    while frame is not None and not _is_of_test(frame):
        if _module(frame) in _IMPORTERS:
            return True
        frame = frame.f_back
    return False


def _variables_in(text: str, caller: FrameType) -> set[str]:
    """Return the variables of the test that a text reads if its library looks for them there."""
    if not _module(caller).startswith(_LOOK_OUTSIDE):
        return set()
    names = _names_in(text)
    marked = {name.removeprefix(_MARK) for name in names if name.startswith(_MARK)}
    return marked | {name for name in names & _of_tests(caller) if not _is_data(name, caller)}


def _names_in(text: str) -> set[str]:
    return {node.id for node in _nodes(text) if isinstance(node, ast.Name)}


def _computes(text: str) -> bool:
    """Return True if a text is an expression that computes something."""
    nodes = [*_nodes(text)]
    return any(isinstance(node, _OPERATIONS) for node in nodes) and not any(
        isinstance(node, ast.stmt) and not isinstance(node, ast.Expr) for node in nodes
    )


def _nodes(text: str) -> Iterable[ast.AST]:
    """Return the nodes of a text; none if it is no code, but what a program reads or prints."""
    try:
        return ast.walk(ast.parse(text))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()


def _of_tests(frame: FrameType | None) -> set[str]:
    """Return the names of all variables in the test's own frames."""
    found: set[str] = set()
    while frame is not None:
        if _is_of_test(frame):
            found |= {*frame.f_locals, *frame.f_globals}
        frame = frame.f_back
    return found


def _is_data(name: str, caller: FrameType) -> bool:
    """Return True if a library looks for a name in its table, before or in place of the test."""
    space = caller.f_locals
    scope = getattr(space.get("self"), "env", None)  # of pandas, which then looks nowhere else
    return getattr(scope, "has_resolvers", False) or name in (space.get("inner_namespace") or ())


def _strings_name(names: set[str]) -> bool:
    """Return True if each name is a word in a string of the request."""
    return not names or names <= _request.words


def _text(source: bytes) -> str:
    return source.decode("utf-8", "replace")


def _is_of_test(frame: FrameType) -> bool:
    return frame.f_code.co_filename in FILES_OF_TESTS


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))


def _function(frame: FrameType) -> str:
    return f"{_module(frame)}.{frame.f_code.co_name}"


def _stands_in_request(line: str) -> bool:
    """Return True if a text or a string of the request contains a line, apart from spaces."""
    squeezed = _squeeze(line)
    return squeezed in _request.squeezed or squeezed in _request.squeezed_strings


def _squeeze(text: str) -> str:
    """Return a text without spaces, in the form of pandas for queries: ``a > @b & c``."""
    return "".join(text.split()).replace("&", "and").replace("|", "or").replace(_MARK, "@")


def _is_formula(text: str, caller: FrameType) -> bool:
    """Return True if a text only computes with names."""
    nodes = [*_nodes(text)]
    return bool(nodes) and all(
        isinstance(node, _FORMULA)
        and (not isinstance(node, ast.FunctionDef) or not node.decorator_list)
        and (not isinstance(node, ast.Call) or _is_mathematics(node.func, caller))
        for node in nodes
    )


def _is_mathematics(called: ast.expr, caller: FrameType) -> bool:
    """Return True if a formula of sympy may call this expression."""
    if isinstance(called, ast.Call):  # a function that has just been made: f(x)
        return True
    if not isinstance(called, ast.Name) or _module(caller) not in _SYMPY:
        return False
    name = called.id
    if name in (caller.f_locals.get("local_dict") or {}):
        return False
    found = getattr(sys.modules["sympy"], name, None)
    where = f"{getattr(found, '__module__', '')}."
    return name in _BUILTINS or (where.startswith(_MATHEMATICS) and name not in _SET_VARIABLES)
