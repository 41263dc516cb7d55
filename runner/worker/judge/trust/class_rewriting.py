"""Rewrites comparisons with classes, and class patterns, in the text of a test.

``type(x) is C`` becomes ``compare_types("is", type_of(x), C)``, ``type(x).name`` becomes
``type_of(x).name``, and the classes of the patterns of a ``match`` are looked up through
``Patterns``: see ``class_checks``. Classes that the solution decorates or describes are lent to it:
see ``boundary.deriving.lent_classes``.
"""

import ast
from collections.abc import Mapping
from typing import Any

from ...boundary.deriving.lent_classes import bases_of, decorated, keeping
from ...protocol.cases import is_test
from ..source.assert_rewriting import JUDGES, SYMBOLS, blocks_of, deferred, place_of
from ..source.assertions import ASSERT, Uses, reaching, used_in
from .class_checks import Patterns, class_of, compare_types, type_of

_COMPARE, _PATTERNS = "@compare_types", "@patterns"
_TYPE, _CLASS = "@type_of", "@class_of"
_DECORATED, _KEEPING, _BASES = "@decorated", "@keeping", "@bases_of"
_MAKE_PATTERNS = "@Patterns"
_LOAD, _STORE = ast.Load(), ast.Store()

#: Globals of rewritten code; the names are not identifiers, so no source can use them.
NAMES: Mapping[str, Any] = {
    _COMPARE: compare_types,
    _MAKE_PATTERNS: Patterns,
    _TYPE: type_of,
    _CLASS: class_of,
    _DECORATED: decorated,
    _KEEPING: keeping,
    _BASES: bases_of,
}


def rewrite_classes(tree: ast.Module, nodes: Mapping[type, list[Any]], uses: Uses) -> None:
    """Rewrite trusted code in place.

    Args:
        tree: The code.
        nodes: Its nodes, by type.
        uses: What its functions and classes use.
    """
    for node in nodes[ast.Compare]:
        if _compares_type(node):
            _rewrite_comparison(node)
    for node in nodes[ast.Attribute]:
        _rewrite_type(node.value)
    own = [node for node in nodes[ast.ClassDef] if not is_test(node)]
    asserting = _asserting(uses) if own else set()
    plain = [node for node in own if not (node.bases or node.keywords)]
    lent = {node for node in plain if asserting.isdisjoint(used_in(node))}
    for node in nodes[ast.ClassDef]:
        if node in lent:
            _lend(node)
        else:
            _keep(node, asserting)
        if len(node.bases) > 1:
            call = ast.Call(ast.Name(_BASES, _LOAD, **place_of(node)), node.bases, [])
            node.bases = [ast.Starred(ast.copy_location(call, node), _LOAD, **place_of(node))]
    if nodes[ast.MatchClass]:
        _rewrite_matches(tree)


_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def _asserting(uses: Uses) -> set[str]:
    """Return the names of functions and classes that may assert something.

    The solution could replace the method of a lent class that asserts.
    """
    judges = (name for used in uses.values() for name in used if JUDGES.match(name))
    return reaching(uses, (ASSERT, *judges))


def _lend(node: ast.ClassDef) -> None:
    """Have the solution's process make a class if the solution decorates or describes it."""
    place = place_of(node)
    function = ast.Name(_DECORATED, _LOAD, **place)
    node.decorator_list = [ast.Call(function, node.decorator_list, [], **place)]


def _keep(node: ast.ClassDef, asserting: set[str]) -> None:
    """Tell which methods of a class assert nothing: if it is derived, all others must run."""
    place = place_of(node)
    names = _harmless(node, asserting)
    arguments: list[ast.expr] = [ast.Constant(name, **place) for name in names]
    function = ast.Name(_KEEPING, _LOAD, **place)
    node.decorator_list.append(ast.Call(function, arguments, [], **place))


def _harmless(node: ast.ClassDef, asserting: set[str]) -> list[str]:
    """Return the names in the body of a class that assert nothing, nor do those that use them.

    Empty if the body binds names that its text does not show.
    """
    uses: dict[str, set[str]] = {}
    for each in node.body:
        used = used_in(each)
        if not (isinstance(each, (*_FUNCTIONS, ast.ClassDef)) or _BINDERS.isdisjoint(used)):
            return []
        for name in _bound_by(each):
            uses.setdefault(name, set()).update(used)
    found = {name for name, used in uses.items() if not asserting.isdisjoint(used)}
    while more := {name for each in found for name in uses[each] & uses.keys()} - found:
        found |= more
    return sorted(uses.keys() - found)


#: What binds names that no text shows.
_BINDERS = frozenset({"exec", "locals", "vars"})


def _bound_by(node: ast.AST) -> list[str]:
    """Return the names that a statement in the body of a class binds."""
    if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
        return [node.name]
    if isinstance(node, ast.Name):
        return [node.id] if isinstance(node.ctx, ast.Store) else []
    if isinstance(node, ast.Lambda):
        return []
    return [name for each in ast.iter_child_nodes(node) for name in _bound_by(each)]


_OPERATORS = (ast.Is, ast.IsNot, ast.Eq, ast.NotEq, ast.In, ast.NotIn)


def _compares_type(node: ast.Compare) -> bool:
    single = len(node.ops) == 1 and isinstance(node.ops[0], _OPERATORS)
    return single and any(map(_is_type, (node.left, *node.comparators)))


def _is_type(node: ast.expr) -> bool:
    """Return True for ``type(x)`` and ``x.__class__``, also as a kept operand of an assert."""
    match node:
        case ast.NamedExpr(value=value):
            return _is_type(value)
        case ast.Call(func=ast.Name(id="type"), args=[_], keywords=[]):
            return True
        case ast.Attribute(attr="__class__"):
            return True
        case _:
            return False


def _rewrite_comparison(node: Any) -> None:
    place = place_of(node)
    for each in (node.left, *node.comparators):
        _rewrite_type(each)
    symbol = ast.Constant(SYMBOLS[type(node.ops[0])], **place)
    args = [symbol, node.left, *node.comparators]
    node.__class__ = ast.Call
    node.func, node.args, node.keywords = ast.Name(_COMPARE, _LOAD, **place), args, []


def _rewrite_type(node: Any) -> None:
    """Have ``type(x)`` and ``x.__class__`` return the type of what a proxy stands for."""
    node = node.value if isinstance(node, ast.NamedExpr) else node
    if not _is_type(node):
        return
    place = place_of(node)
    if isinstance(node, ast.Call):
        node.func = ast.Name(_TYPE, _LOAD, **place)
    else:
        one, node.__class__ = node.value, ast.Call
        node.func, node.args, node.keywords = ast.Name(_CLASS, _LOAD, **place), [one], []


def _rewrite_matches(tree: ast.Module) -> None:
    """Insert before each ``match`` an assignment that prepares the classes of its patterns."""
    blocks = [tree.body]
    for block in blocks:  # the list grows in the loop
        for at in range(len(block) - 1, -1, -1):
            node = block[at]
            blocks += blocks_of(node)
            if isinstance(node, ast.Match):
                block.insert(at, _patterns_of(node))


def _patterns_of(node: ast.Match) -> ast.Assign:
    """Return that assignment, and change the patterns to read its result."""
    looks: list[ast.expr] = []
    for part in [part for case in node.cases for part in ast.walk(case.pattern)]:
        if isinstance(part, ast.MatchClass):
            place = place_of(part.cls)
            looks.append(deferred(part.cls, place))
            name = ast.Name(_PATTERNS, _LOAD, **place)
            part.cls = ast.Attribute(name, f"p{len(looks) - 1}", _LOAD, **place)
    place = place_of(node)
    made = ast.Call(ast.Name(_MAKE_PATTERNS, _LOAD, **place), looks, [], **place)
    return ast.Assign([ast.Name(_PATTERNS, _STORE, **place)], made, **place)
