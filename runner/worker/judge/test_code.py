"""Which names in a test mean the solution.

Names that the test or the setup defines win, then real standard-library modules and builtins; the
solution's names come last. A builtin's name means the solution only if it is the declared entry
point, or the only name of the solution that the test uses.
"""

import ast
import builtins
import functools
import importlib
import re
import sys
from collections import defaultdict
from typing import Any, NamedTuple

from . import reuse
from .assert_rewriting import Asserts, keep_operands

#: Modules whose functions and classes the judge lends to a test that forgot to import them because
#: the solution does. Nothing that equals everything (``unittest.mock``) is among them.
LENDABLE = frozenset(
    "abc array asyncio base64 bisect calendar cmath collections contextlib copy dataclasses"
    " datetime decimal enum fractions functools hashlib heapq inspect io itertools json keyword"
    " math numbers operator os random re statistics string sys textwrap threading time types typing"
    " unicodedata uuid zoneinfo numpy".split()
)


class Unit(NamedTuple):
    """Compiled trusted code.

    Attributes:
        code: What to execute.
        names: The names that it reads.
        classes: Those of them that it uses as classes whose instances meet other values.
        asserts: Its asserts that keep what they compare.
        words: The names, what it imports, and with ``=`` what it sets attributes of.
        blocks: Lines of each ``with``, and the last one from which leaving it skips an assertion.
        plain: Whether it only asserts something about calls with literals.
    """

    code: Any
    names: frozenset[str]
    classes: frozenset[str]
    asserts: Asserts
    words: frozenset[str]
    blocks: tuple[tuple[int, int, int], ...]
    plain: bool


def compile_test(text: str, filename: str) -> Unit:
    """Compile trusted code; raises SyntaxError."""
    return _compiled(text, filename) if text else _nothing(filename)


@functools.cache
def _nothing(filename: str) -> Unit:
    """Return what most setups are; a zygote has seen them all."""
    return _compiled("", filename)


def _compiled(text: str, filename: str) -> Unit:
    tree = ast.parse(text, filename)
    nodes = _by_type(tree)
    names = {node.id for node in nodes[ast.Name] if isinstance(node.ctx, ast.Load)}
    words = names | _mentioned(nodes)
    if not names.isdisjoint(_BY_NAME):
        names |= {word for word in _spelled(nodes) if not is_reserved(word)}
    capitals = any(name[:1].isupper() for name in names)
    classes = _classes_in(tree) if capitals else frozenset()
    blocks = tuple(_block(node) for node in nodes[ast.With] + nodes[ast.AsyncWith])
    is_plain = reuse.is_plain(tree, nodes)
    asserts = keep_operands(tree, nodes[ast.Assert])
    code = compile(tree, filename, "exec", dont_inherit=True)
    return Unit(code, frozenset(names), classes, asserts, frozenset(words), blocks, is_plain)


#: What finds a name that is spelled in a string.
_BY_NAME = frozenset({"eval", "exec", "globals", "locals", "vars"})


def _by_type(tree: ast.Module) -> dict[type, list[Any]]:
    """Return all nodes but the contexts of expressions, by type; faster than ``ast.walk``."""
    found: dict[type, list[Any]] = defaultdict(list)
    nodes: list[ast.AST] = [tree]
    for node in nodes:  # which grows meanwhile
        found[type(node)].append(node)
        for value in vars(node).values():
            if type(value) is list:
                nodes += [item for item in value if isinstance(item, ast.AST)]
            elif isinstance(value, ast.AST) and not isinstance(value, ast.expr_context):
                nodes.append(value)
    return found


def _spelled(nodes: dict[type, list[Any]]) -> set[str]:
    """Return the identifiers in strings."""
    texts = [node.value for node in nodes[ast.Constant] if isinstance(node.value, str)]
    return {word for text in texts for word in re.findall(r"[^\W\d]\w*", text)}


def _mentioned(nodes: dict[type, list[Any]]) -> set[str]:
    """Return what code imports, and with ``=`` the objects whose attributes it sets."""
    found = {alias.name.partition(".")[0] for node in nodes[ast.Import] for alias in node.names}
    for node in nodes[ast.ImportFrom]:
        found |= {str(node.module).partition(".")[0], *(alias.name for alias in node.names)}
    for node in nodes[ast.Attribute]:
        if not isinstance(node.ctx, ast.Load):
            found.add(f"{ast.unparse(node.value)}=")
    return found


def _classes_in(tree: ast.Module) -> frozenset[str]:
    """Return the classes whose instances the test lets take part in operations.

    ``Point(1, 2) == p`` and ``total([Money(5)])`` do, ``Solution().f(1) == 2`` does not: there the
    instance is only asked, and what it answers is to be a value. By its name a class starts with a
    capital letter: the function under test does not become one because the solution says so.
    """
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    loads = [n for n in parents if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)]
    others = {name.id for name in loads if not isinstance(parents[name], ast.Attribute)}
    found = set()
    for name in loads:
        call = parents[name]
        if not name.id[:1].isupper() or not isinstance(call, ast.Call) or call.func is not name:
            continue
        user = parents[call]
        if isinstance(user, ast.Attribute | ast.Expr):
            continue
        targets = user.targets if isinstance(user, ast.Assign) else []
        if targets and all(isinstance(t, ast.Name) and t.id not in others for t in targets):
            continue
        found.add(name.id)
    return frozenset(found)


def _block(node: ast.With | ast.AsyncWith) -> tuple[int, int, int]:
    last = max(_last_line(item) for item in node.body)
    return node.lineno, node.end_lineno or node.lineno, last


def _last_line(node: ast.AST) -> int:
    """Return the last line from which a jump out of ``node`` would skip an assertion, or 0."""
    inner = max((_last_line(child) for child in ast.iter_child_nodes(node)), default=0)
    end: int = getattr(node, "end_lineno", 0)
    if isinstance(node, ast.Assert):
        return 0 if isinstance(node.test, ast.Constant) else end
    if isinstance(node, ast.Call) and _name_of_call(node).startswith(("assert", "check")):
        return end
    # what comes round again is still to come
    return end if inner and isinstance(node, ast.For | ast.AsyncFor | ast.While) else inner


def _name_of_call(node: ast.Call) -> str:
    return str(getattr(node.func, "attr", getattr(node.func, "id", "")))


def is_reserved(name: str) -> bool:
    """Tell whether a name belongs to Python: a builtin, or a standard-library module."""
    return hasattr(builtins, name) or name in sys.stdlib_module_names


def bind(
    space: dict[str, Any],
    found: list[tuple[str, str | None, Any]],
    names: frozenset[str],
    entry_point: str | None,
) -> dict[str, Any]:
    """Put the solution's names into a test's namespace; return what was bound of the solution.

    Args:
        space: The namespace, holding what setup code defined.
        found: Name, origin and object of each name that the solution binds.
        names: The names that the test reads.
        entry_point: Name of the function under test, if declared.
    """
    candidates = [entry for entry in found if entry[0] in names and entry[0] not in space]
    used = {name for name, _, _ in candidates}
    bound = {}
    for name, origin, obj in candidates:
        lent = _borrowed(name, origin)
        if lent is not None:
            space[name] = lent
        elif not is_reserved(name) or name == entry_point or used == {name}:
            space[name] = obj
            bound[name] = obj
        elif not hasattr(builtins, name) and name in LENDABLE:
            space[name] = importlib.import_module(name)
    return bound


def _borrowed(name: str, origin: str | None) -> Any:
    """Return the judge's own copy of a standard-library object, or None.

    A function is lent under its own name only, a module also under a short one: what the test calls
    by a name of its own, a builtin's or another module's is not for the solution to choose.
    """
    module, _, attribute = (origin or "").partition(":")
    if module.partition(".")[0] not in LENDABLE or hasattr(builtins, name):
        return None
    if attribute:
        return getattr(importlib.import_module(module), name, None) if attribute == name else None
    return importlib.import_module(module) if name == module or not is_reserved(name) else None
