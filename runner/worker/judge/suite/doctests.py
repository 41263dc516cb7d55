"""Examples in the docstrings of a suite: ``>>> f(1)`` and the expected output.

Only the suite's own text counts: with its docstrings, a solution would set its own expectations.
"""

import ast
import doctest
from collections.abc import Iterator
from typing import Any

Examples = tuple[doctest.Example, ...]

_PARSER = doctest.DocTestParser()


def examples_in(text: str) -> Iterator[tuple[str, Examples]]:
    """Yield name and examples of each docstring with examples, or of a text that is no Python."""
    for name, said in _docstrings(text):
        examples = _PARSER.get_examples(said)
        if examples:
            yield name, tuple(examples)


def code_of(text: str) -> str:
    """Return the code of all examples, to see which names it reads."""
    return "\n".join(each.source for _, found in examples_in(text) for each in found)


def is_text(text: str) -> bool:
    """Return True if a text is no Python, but has examples."""
    try:
        ast.parse(text)
    except SyntaxError:
        return ">>>" in text
    return False


def _docstrings(text: str) -> Iterator[tuple[str, str]]:
    if is_text(text):
        yield "doctest", text
        return
    tree = ast.parse(text)
    yield "doctest", ast.get_docstring(tree) or ""
    yield from _in_body(tree, "")


def _in_body(node: Any, prefix: str) -> Iterator[tuple[str, str]]:
    for each in node.body:
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield f"doctest {prefix}{each.name}", ast.get_docstring(each) or ""
            if isinstance(each, ast.ClassDef):
                yield from _in_body(each, f"{prefix}{each.name}.")
        elif isinstance(each, ast.Assign) and _is_test_table(each):
            yield from _of_table(each.value)


def _is_test_table(node: ast.Assign) -> bool:
    targets = [target.id for target in node.targets if isinstance(target, ast.Name)]
    return targets == ["__test__"] and isinstance(node.value, ast.Dict)


def _of_table(table: Any) -> Iterator[tuple[str, str]]:
    for key, value in zip(table.keys, table.values, strict=True):
        parts = (each.value if isinstance(each, ast.Constant) else None for each in (key, value))
        name, said = parts
        if isinstance(name, str) and isinstance(said, str):
            yield f"doctest {name}", said


class Runner(doctest.DocTestRunner):
    """Runs examples, and keeps the first that fails."""

    def __init__(self) -> None:
        super().__init__(verbose=False)
        self.failed: str | None = None
        self.raised: BaseException | None = None

    def report_failure(self, out: Any, test: Any, example: Any, got: str) -> None:
        """Keep an example whose output differs."""
        if self.failed is None:
            want = example.want.rstrip("\n")
            self.failed = f"{example.source.strip()} shows {got.rstrip()!r}, expected {want!r}"

    def report_unexpected_exception(self, out: Any, test: Any, example: Any, exc_info: Any) -> None:
        """Keep an example that raises an unexpected exception."""
        if self.failed is None and self.raised is None:
            self.raised = exc_info[1]
