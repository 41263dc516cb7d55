"""Finds code that uses its own variables as a mapping: ``f().format(**locals())``.

A text of the solution may then name any of them, also what the test expects. So does code that
compares what a module keeps for its process (``sys.path``): the solution changes its own.
"""

import ast
from collections.abc import Iterator, Mapping
from typing import Any

from .assert_rewriting import JUDGES

#: What returns the variables of code.
FUNCTIONS = frozenset({"globals", "locals", "vars"})
_ATTRIBUTES = frozenset({"f_globals", "f_locals", "__globals__", "getclosurevars"})
#: What evaluates a text has rules of its own: see ``evaluation``.
_EVALUATORS = frozenset({"compile", "eval", "exec"})
_SCOPES = frozenset({"globals", "globs", "locals"})
#: What uses all variables alike.
_OF_ALL = frozenset({"items", "keys", "update", "values"})
_BY_NAME = frozenset({"get", "pop", "setdefault"})
_COLLECTORS = frozenset({"len", "list", "max", "min", "set", "sorted", "tuple"})
#: What a module keeps for its process, by the module's name.
_KEPT = {
    "sys": frozenset("displayhook excepthook meta_path modules path stderr stdin stdout".split()),
    "time": frozenset({"timezone", "tzname"}),
    "warnings": frozenset({"filters", "showwarning"}),
}


def are_mapping(nodes: Mapping[type, list[Any]]) -> bool:
    """Return True if a name that the code does not spell may pick one of its variables.

    Args:
        nodes: The nodes of the code, by type.
    """
    known = {id(node) for node in _harmless(nodes)}
    calls = {id(node.func): node for node in nodes[ast.Call]}
    for node in nodes[ast.Name]:
        if node.id in FUNCTIONS and isinstance(node.ctx, ast.Load):
            call = calls.get(id(node), node)
            if id(call) not in known and not getattr(call, "args", None):
                return True
    found = (node for node in nodes[ast.Attribute] if node.attr in _ATTRIBUTES)
    if any(id(node) not in known for node in found):
        return True
    kinds = (ast.Attribute, ast.Call, ast.ImportFrom, ast.Subscript)
    return any(_spells_otherwise(node) for kind in kinds for node in nodes[kind])


def _spells_otherwise(node: ast.AST) -> bool:
    """Return True for what finds the variables by another name, or as those of a module."""
    match node:
        case ast.Attribute(value=one, attr="__dict__"):
            return _is_own_module(one)
        case ast.Attribute(value=ast.Name(id="builtins"), attr=name):
            return name in FUNCTIONS
        case ast.ImportFrom(module="builtins", names=names):
            return any(each.name in FUNCTIONS for each in names)
        case ast.Subscript(value=ast.Name(id="__builtins__"), slice=ast.Constant(value=name)):
            return name in FUNCTIONS
        case ast.Call(func=ast.Name(id="getattr" | "vars"), args=[one, *rest]):
            is_spelled = bool(rest) and isinstance(rest[0], ast.Constant)
            return _is_own_module(one) and not is_spelled
        case ast.Call(func=ast.Attribute(attr="attrgetter") | ast.Name(id="attrgetter")):
            return any(map(_ends_in_variables, node.args))
        case _:
            return False


def _is_own_module(node: ast.expr) -> bool:
    match node:
        case ast.Name(id=name):
            return name == "__main__"
        case ast.Subscript(value=ast.Attribute(attr="modules"), slice=ast.Name(id="__name__")):
            return True
        case _:
            return False


def _ends_in_variables(node: ast.expr) -> bool:
    text = node.value if isinstance(node, ast.Constant) else None
    return type(text) is str and text.rpartition(".")[2] in _ATTRIBUTES


def _harmless(nodes: Mapping[type, list[Any]]) -> Iterator[ast.expr]:
    """Yield the expressions of which only spelled names are looked up, or all alike."""
    for node in nodes[ast.Subscript]:
        if isinstance(node.slice, ast.Constant) or isinstance(node.ctx, ast.Store):
            yield node.value
    for node in nodes[ast.Compare]:
        yield from node.comparators
    for node in (*nodes[ast.For], *nodes[ast.comprehension]):
        yield node.iter
    for node in nodes[ast.Call]:
        yield from _harmless_in_call(node)


def _harmless_in_call(node: ast.Call) -> Iterator[ast.expr]:
    yield from (each.value for each in node.keywords if each.arg in _SCOPES)
    match node.func:
        case ast.Name(id=name) if name in _EVALUATORS | _COLLECTORS:
            yield from node.args
        case ast.Subscript(value=value):  # ``globals()[name]()`` runs a function of the test
            yield value
        case ast.Attribute(value=value, attr=name):
            is_spelled = bool(node.args) and isinstance(node.args[0], ast.Constant)
            if name in _OF_ALL or (name in _BY_NAME and is_spelled):
                yield value
        case _:
            pass


def compare_state(nodes: Mapping[type, list[Any]]) -> bool:
    """Return True if code compares what a module keeps for its process.

    Args:
        nodes: The nodes of the code, by type.
    """
    for node in nodes[ast.Compare]:
        if any(map(_is_state, (node.left, *node.comparators))):
            return True
    calls = (node for node in nodes[ast.Call] if JUDGES.match(getattr(node.func, "attr", "")))
    return any(_is_state(each) for node in calls for each in node.args)


def _is_state(node: ast.expr) -> bool:
    match node:
        case ast.Attribute(value=ast.Name(id=module), attr=name):
            return name in _KEPT.get(module, ())
        case ast.Call(func=ast.Name(id="dict"), args=[ast.Attribute(attr="environ")]):
            return True  # as a whole: variables that the test names are shared
        case ast.Call(func=ast.Attribute(value=ast.Attribute(attr="environ"), attr="copy")):
            return True
        case ast.Attribute(value=ast.Call(func=ast.Attribute(attr="getLogger")), attr="level"):
            return True
        case ast.Call(func=ast.Name(), args=[one]) | ast.Subscript(value=one, slice=ast.Slice()):
            return _is_state(one)
        case ast.NamedExpr(value=one):
            return _is_state(one)
        case _:
            return False
