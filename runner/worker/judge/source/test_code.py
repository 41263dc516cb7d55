"""Compiles the code of tests, and reads from its tree what the judge has to know of it."""

import ast
import functools
import re
import symtable
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

from ...protocol.cases import is_test
from ..trust.class_rewriting import rewrite_classes
from ..trust.handler_rewriting import rewrite_handlers
from ..trust.skipping import Block, blocks_in
from . import (
    asserts_only,
    assignments,
    format_calls,
    literals,
    name_uses,
    own_variables,
    package_parts,
    reuse,
)
from .assert_rewriting import Asserts, keep_operands, without_parentheses
from .assertions import Uses, asserting_names, uses_of
from .dropped_results import rewrite_statements


class Unit(NamedTuple):
    """Compiled trusted code.

    Attributes:
        code: What to execute.
        reads: The names that it reads, in any scope.
        free: Those that it reads and does not define.
        defined: The names that it defines in the module.
        asserts: Its asserts that keep what they compare.
        words: The names, what it imports, and with ``=`` what it sets attributes of.
        stores: The names of the attributes that it sets.
        blocks: Its ``with`` statements, functions and lambdas.
        plain: Whether it only asserts something about calls with literals.
        spelled: The names that stand in its strings.
        acts: Whether a statement of its module does anything but define and import.
        compared: The names that it only calls, comparing each answer with something.
        used: Names, each with a way in which it uses them: see ``name_uses``.
        defines: Whether it imports anything, or defines a function or class; also under a guard
            that asks for its ``__name__``.
        imports: Module and name of what it imports; the name of a whole module is empty.
        mentioned: The names of attributes and of what it imports.
        tests: The names of the functions and classes that ``unittest`` and pytest take for tests.
        guards: Whether it does anything only if it is run as a program.
        is_open: Whether a text of the solution may pick one of its variables.
    """

    code: Any
    reads: frozenset[str]
    free: frozenset[str]
    defined: frozenset[str]
    asserts: Asserts
    words: frozenset[str]
    stores: frozenset[str]
    blocks: tuple[Block, ...]
    plain: bool
    spelled: frozenset[str]
    acts: bool
    defines: bool
    compared: frozenset[str]
    used: frozenset[tuple[str, str]]
    imports: frozenset[tuple[str, str]]
    mentioned: frozenset[str]
    tests: frozenset[str]
    guards: bool
    is_open: bool

    def imported_from(self, module: str) -> set[str]:
        """Return the names that it imports from a module, and the module's own if there are any."""
        found = {name for place, name in self.imports if place == module}
        return {module, *found} - {"", "*"} if found else set()

    @property
    def is_dynamic(self) -> bool:
        """Whether it may read names that are spelled in strings."""
        return not self.reads.isdisjoint(_BY_NAME)


def compile_test(text: str, filename: str) -> Unit:
    """Compile trusted code; raises SyntaxError."""
    return _compiled(text, filename) if text else _nothing(filename)


@functools.cache
def _nothing(filename: str) -> Unit:
    """Return the unit of an empty text, which most setups are; the zygote fills the cache."""
    return _compiled("", filename)


def rewritten(text: str, filename: str) -> ast.Module:
    """Return the tree of any trusted code, ready to be compiled; raises SyntaxError."""
    tree, _, found = literals.parse(text, filename)
    nodes = _by_type(tree)
    uses = uses_of(nodes)
    _rewrite(tree, nodes, uses, asserting_names(nodes, uses))
    if found:
        literals.put_back(tree, found)
    return tree


def is_open(text: str) -> bool:
    """Return True for a text that hands out its variables, or formats what is no literal."""
    if not any(word in text for word in (*own_variables.FUNCTIONS, "_globals", "format")):
        return False
    try:
        nodes = _by_type(ast.parse(text))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return own_variables.are_mapping(nodes) or format_calls.may_format(nodes)


def _rewrite(
    tree: ast.Module, nodes: dict[type, list[Any]], uses: Uses, asserting: frozenset[str]
) -> None:
    rewrite_handlers(nodes, asserting)
    rewrite_classes(tree, nodes, uses)
    package_parts.rewrite_imports(tree, nodes)
    assignments.rewrite_assignments(nodes)
    rewrite_statements(nodes)
    format_calls.rewrite_formats(nodes)


def _compiled(text: str, filename: str) -> Unit:
    tree, text, found = literals.parse(text, filename)
    if _PARENTHESIS.search(text):
        without_parentheses(tree)
    facts = asserts_only.facts(tree)
    asserts: Sequence[ast.Assert] = tree.body  # type: ignore[assignment]
    if facts is None:
        nodes = _by_type(tree)
        uses = uses_of(nodes)
        asserting = asserting_names(nodes, uses)
        facts = _facts(tree, text, filename, nodes, asserting)
        asserts = nodes[ast.Assert]
        kept = keep_operands(tree, asserts)
        _rewrite(tree, nodes, uses, asserting)
    else:
        kept = keep_operands(tree, [*asserts])
    if found:
        literals.put_back(tree, found)
    code = compile(tree, filename, "exec", dont_inherit=True)
    return Unit(code=code, asserts=kept, **facts)


def _facts(
    tree: ast.Module,
    text: str,
    filename: str,
    nodes: dict[type, list[Any]],
    asserting: frozenset[str],
) -> dict[str, Any]:
    """Return what a ``Unit`` says of any trusted code."""
    names = [node for node in nodes[ast.Name] if isinstance(node.ctx, ast.Load)]
    reads = frozenset(node.id for node in names)
    spelled = _spelled(nodes)
    places = {text.rpartition(".")[::2] for text in spelled if _PLACE.fullmatch(text)}
    patched = {name for module, name in places if module == "__main__"}
    reads |= patched
    free, defined = _free_and_defined(text, filename, nodes, reads)
    free |= patched - defined
    return {
        "reads": reads,
        "free": free,
        "defined": defined,
        "words": reads | _mentioned(nodes) | {module for module, _ in places},
        "stores": frozenset(n.attr for n in nodes[ast.Attribute] if isinstance(n.ctx, ast.Store)),
        "blocks": blocks_in(nodes, asserting),
        "plain": reuse.is_plain(tree, nodes),
        "spelled": frozenset(filter(str.isidentifier, spelled)),
        "acts": any(map(_acts, tree.body)),
        "defines": "__name__" in reads or any(nodes[kind] for kind in _DEFINITIONS),
        "compared": asserts_only.compared(nodes[ast.Assert], names),
        "used": name_uses.uses(nodes),
        "imports": frozenset(_imports(nodes)),
        "mentioned": frozenset(
            [node.attr for node in nodes[ast.Attribute]]
            + [alias.name for node in nodes[ast.ImportFrom] for alias in node.names]
        ),
        "tests": frozenset(node.name for kind in _TESTS for node in nodes[kind] if is_test(node)),
        "guards": any(isinstance(node, ast.If) and _asks_for_name(node) for node in tree.body),
        "is_open": own_variables.are_mapping(nodes) or own_variables.compare_state(nodes),
    }


def defines_tests(node: ast.AST) -> bool:
    """Return True if a statement defines tests, or may define some."""
    return any(map(is_test, ast.walk(node)))


def bound_by(node: ast.stmt) -> set[str]:
    """Return the names that a statement of a module binds in it."""
    found: set[str] = set()
    todo: list[ast.AST] = [node]
    for each in todo:  # which grows meanwhile
        if isinstance(each, ast.alias):
            found.add((each.asname or each.name).partition(".")[0])
        elif isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
            found.add(each.id)
        elif isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(each.name)
        if not isinstance(each, _SCOPES):
            todo += ast.iter_child_nodes(each)
    return found - {"*"}


def names_in(node: ast.AST) -> set[str]:
    """Return the names that stand in a statement."""
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


_TESTS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _imports(nodes: dict[type, list[Any]]) -> list[tuple[str, str]]:
    """Return module and name of everything that code imports."""
    found = [(alias.name, "") for node in nodes[ast.Import] for alias in node.names]
    return found + [
        (str(node.module), alias.name) for node in nodes[ast.ImportFrom] for alias in node.names
    ]


def _spelled(nodes: dict[type, list[Any]]) -> set[str]:
    """Return the texts of code."""
    return {node.value for node in nodes[ast.Constant] if type(node.value) is str}


#: A place as ``unittest.mock.patch`` takes it: module and attribute.
_PLACE = re.compile(r"[A-Za-z_][\w.]{,80}\.[A-Za-z_]\w{,80}", re.ASCII)

#: An assertion that may be a tuple.
_PARENTHESIS = re.compile(r"\bassert\s*\(")

#: Names of functions that look up a name in a string.
_BY_NAME = frozenset({"doctest", "eval", "exec", "globals", "locals", "vars"})

_DEFINITIONS = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Import,
    ast.ImportFrom,
)
_SCOPES = (
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda),
    *(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
)


def _free_and_defined(
    text: str, filename: str, nodes: dict[type, list[Any]], reads: frozenset[str]
) -> tuple[frozenset[str], frozenset[str]]:
    """Return the names that code reads and does not define, and those that it defines."""
    if any(nodes[kind] for kind in _SCOPES):
        module = symtable.symtable(text, filename, "exec")
        defined = {each.get_name() for each in module.get_symbols() if _defines(each)}
        return frozenset(_globals_read(module, reads) - defined), frozenset(defined)
    stored = {node.id for node in nodes[ast.Name] if not isinstance(node.ctx, ast.Load)}
    stored |= {node.name for node in nodes[ast.ExceptHandler] if node.name}
    for node in nodes[ast.Import] + nodes[ast.ImportFrom]:
        stored |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
    stored |= {node.name for node in nodes[ast.MatchAs] + nodes[ast.MatchStar] if node.name}
    return reads - stored, frozenset(stored)


def _defines(symbol: symtable.Symbol) -> bool:
    return symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()


def _globals_read(table: Any, reads: frozenset[str]) -> set[str]:
    """Return the names that a scope and those within it look up in the module."""
    found = {
        each.get_name()
        for each in table.get_symbols()
        if each.get_name() in reads
        and (each.is_global() or (table.get_type() == "module" and each.is_referenced()))
    }
    for child in table.get_children():
        found |= _globals_read(child, reads)
    return found


def _by_type(tree: ast.Module) -> dict[type, list[Any]]:
    """Return all nodes but the contexts of expressions, by type; faster than ``ast.walk``."""
    found: dict[type, list[Any]] = defaultdict(list)
    nodes: list[ast.AST] = [tree]
    for node in nodes:  # which grows meanwhile
        kind = type(node)
        found[kind].append(node)
        for name in _CHILDREN[kind]:
            value = getattr(node, name)
            if type(value) is list:
                nodes += [item for item in value if isinstance(item, ast.AST)]
            elif isinstance(value, ast.AST):
                nodes.append(value)
    return found


#: Fields that may hold nodes, by type: no texts, numbers and contexts.
_CHILDREN: dict[type, tuple[str, ...]] = {
    kind: tuple(name for name in kind._fields if name not in ("ctx", "id", "attr"))
    for kind in vars(ast).values()
    if isinstance(kind, type) and issubclass(kind, ast.AST)
} | {ast.Constant: ()}


def _mentioned(nodes: dict[type, list[Any]]) -> set[str]:
    """Return what code imports, and with ``=`` the objects whose attributes it sets."""
    found = {alias.name.partition(".")[0] for node in nodes[ast.Import] for alias in node.names}
    for node in nodes[ast.ImportFrom]:
        found |= {str(node.module).partition(".")[0], *(alias.name for alias in node.names)}
    for node in nodes[ast.Attribute]:
        if not isinstance(node.ctx, ast.Load):
            found.add(f"{ast.unparse(node.value)}=")
    if assignments.replaced(nodes):
        found.add("setattr")
    return found


def _acts(node: ast.AST) -> bool:
    """Return True if a statement does anything but define, import, or guard a program."""
    if isinstance(node, ast.If):
        return not _asks_for_name(node) and any(map(_acts, [*node.body, *node.orelse]))
    if isinstance(node, ast.Try):
        parts = [*node.body, *node.orelse, *node.finalbody]
        return any(map(_acts, parts))
    if isinstance(node, ast.Expr):
        return not isinstance(node.value, ast.Constant)
    return not isinstance(node, _INERT)


def _asks_for_name(node: ast.If) -> bool:
    return any(isinstance(n, ast.Name) and n.id == "__name__" for n in ast.walk(node.test))


#: Statements that by themselves run no part of a test.
_INERT = (
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom),
    *(ast.Assign, ast.AnnAssign, ast.Pass),
)
