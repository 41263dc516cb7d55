"""Modules are short, folders hold few of them, class names are unique, texts are plain."""

import ast
import re
from collections import Counter
from pathlib import Path

import runner

_ROOT = Path(runner.__file__).parent
_MODULES = sorted(_ROOT.rglob("*.py"))
_MOST_LINES = 400
_MOST_MODULES = 16


def test_no_module_is_too_long() -> None:
    lines = {str(path): len(path.read_text("utf-8").splitlines()) for path in _MODULES}
    assert {path: count for path, count in lines.items() if count > _MOST_LINES} == {}


def test_no_folder_holds_too_many_modules() -> None:
    modules = Counter(path.parent for path in _MODULES if path.name != "__init__.py")
    assert {str(folder): count for folder, count in modules.items() if count > _MOST_MODULES} == {}


def test_every_package_says_what_it_is_for() -> None:
    packages = [path for path in _MODULES if path.name == "__init__.py"]
    assert len(packages) > 10
    silent = [str(path) for path in packages if not ast.get_docstring(ast.parse(path.read_text()))]
    assert silent == []


def test_no_two_classes_have_one_name() -> None:
    """Private classes do not count: their names are only used in their module."""
    names: Counter[str] = Counter()
    for path in _MODULES:
        tree = ast.parse(path.read_text("utf-8"))
        names.update(node.name for node in tree.body if isinstance(node, ast.ClassDef))
    assert {name for name, count in names.items() if count > 1 and name[:1] != "_"} == set()


#: What CONTRIBUTING asks for: a sentence is about a thing, and says what a function returns.
_AVOIDED = re.compile(
    r"\b(whoever|nobody|somebody|everybody|anybody|likewise|whosoever)\b|\"\"\"Tells? whether ",
    re.IGNORECASE,
)


def test_texts_are_in_plain_technical_english() -> None:
    pages = [*_ROOT.rglob("*.md"), *_ROOT.parent.glob("*.md")]
    found = [
        f"{path}:{number}: {line.strip()}"
        for path in (*_MODULES, *pages)
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if _AVOIDED.search(line)
    ]
    assert found == []
