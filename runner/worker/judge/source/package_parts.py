"""Parts of packages that a test reads and does not import: ``matplotlib.axes``.

In one process they are there, because the solution has imported them. In the judge they are
imported behind the test's own import of the package.
"""

import ast
import contextlib
import importlib
import sys
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from .assert_rewriting import blocks_of, place_of

#: The name by which rewritten code imports parts; no source can spell it.
LOAD = "@load_parts"


def load_parts(*names: str) -> None:
    """Import modules, each if its package has nothing of the name, and if there is one."""
    for name in names:
        package, _, part = name.rpartition(".")
        module = sys.modules.get(package)
        # The module of the solution is no package: to look for a name in it is to ask for it.
        if hasattr(module, "__path__") and not hasattr(module, part):
            with contextlib.suppress(ImportError):
                importlib.import_module(name)


def rewrite_imports(tree: ast.Module, nodes: Mapping[type, list[Any]]) -> None:
    """Have trusted code import, behind each package, the parts that it reads.

    Args:
        tree: The code.
        nodes: Its nodes, by type.
    """
    if not any(_packages(node) for node in nodes[ast.Import]):
        return
    read: dict[str, set[str]] = defaultdict(set)
    for node in nodes[ast.Attribute]:
        if isinstance(node.value, ast.Name):
            read[node.value.id].add(node.attr)
    blocks = [tree.body]
    for block in blocks:  # which grows meanwhile
        for at in range(len(block) - 1, -1, -1):
            statement = block[at]
            blocks += blocks_of(statement)
            packages = _packages(statement) if isinstance(statement, ast.Import) else {}
            parts = [f"{module}.{part}" for module, name in packages.items() for part in read[name]]
            if parts:
                block.insert(at + 1, _load(sorted(parts), statement))


def _packages(node: ast.Import) -> dict[str, str]:
    """Return the names that an import binds to modules of packages, by module."""
    found = {}
    for alias in node.names:
        top = alias.name.partition(".")[0]
        if top not in sys.stdlib_module_names:  # which is loaded as a whole
            found[alias.name if alias.asname else top] = alias.asname or top
    return found


def _load(parts: list[str], statement: ast.stmt) -> ast.Expr:
    place = place_of(statement)
    names: list[ast.expr] = [ast.Constant(part, **place) for part in parts]
    call = ast.Call(ast.Name(LOAD, ast.Load(), **place), names, [], **place)
    return ast.Expr(call, **place)
