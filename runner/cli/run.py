"""``runner run SOLUTION --tests FILE``: one solution against one file of tests."""

import argparse
import ast
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from runner.cli.exits import Exit, InputError
from runner.cli.files import read_bytes, read_text
from runner.cli.options import add_pool_options, open_pool, pool_config
from runner.cli.render import one_line, table
from runner.datasets.base import read_values
from runner.datasets.plain import any_test
from runner.models import AssertTest, ExecutionResult, ExecutionStatus, Test, TestResult
from runner.pool.inputs import as_request

_DEFINITIONS = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_ASSIGNMENTS = (ast.Assign, ast.AnnAssign, ast.AugAssign)


def add_parser(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("run", help="run one solution against tests")
    parser.add_argument("solution", type=Path, help="file with the solution")
    parser.add_argument(
        "--tests",
        type=Path,
        required=True,
        help="Python file: one test per top-level statement (imports, definitions and assignments"
        " prepare); or .jsonl: one test per line, as a string or as an object",
    )
    parser.add_argument("--entry-point", help="name of the function under test", metavar="NAME")
    add_pool_options(parser, workers=1)
    parser.set_defaults(command=command)


def command(options: argparse.Namespace) -> Exit:
    """Run the command.

    Raises:
        RunnerError: Input that cannot be used, or no engine.
    """
    tests, judge_setup = read_tests(options.tests)
    request = as_request(
        {
            # Bytes that are no UTF-8 become surrogates, and with that a verdict, not an error.
            "code": read_bytes(options.solution).decode("utf-8-sig", "surrogateescape"),
            "tests": tests,
            "judge_setup": judge_setup,
            "entry_point": options.entry_point,
            "timeout": options.timeout,
        }
    )
    with open_pool(pool_config(options, spares=0)) as pool:
        result = pool.execute(request)
    if options.json:
        sys.stdout.write(result.model_dump_json(indent=2) + "\n")
    else:
        _show(result)
    if not result.conclusive:
        return Exit.INCONCLUSIVE
    passed = result.status is ExecutionStatus.ALL_PASSED
    return Exit.OK if passed else Exit.NOT_PASSED


def read_tests(path: Path) -> tuple[Sequence[Test], str]:
    """Return the tests of a file, and the code that prepares all of them.

    Raises:
        InputError: The file cannot be read, is not valid, or holds no test.
        DatasetError: A line of JSON is not valid.
    """
    if path.suffix in (".jsonl", ".gz"):
        tests: Sequence[Test] = [any_test(*found) for found in read_values(path)]
        setup = ""
    else:
        tests, setup = _split(path, read_text(path))
    if not tests:
        raise InputError(f"{path}: there is no test in it; write one statement per test")
    return tests, setup


def _split(path: Path, source: str) -> tuple[list[Test], str]:
    """Sort top-level statements into tests and what prepares them.

    Definitions prepare every test, wherever they stand. An assignment prepares the tests below it,
    so that a name that is assigned again has in each test the value that a reader expects.
    """
    setup: list[str] = []
    later: list[str] = []
    tests: list[Test] = []
    for node, text in _statements(path, source):
        if isinstance(node, _DEFINITIONS):
            setup.append(text)
        elif isinstance(node, _ASSIGNMENTS):
            (later if tests else setup).append(text)
        else:
            tests.append(AssertTest(code="\n".join([*later, text])))
    return tests, "\n".join(setup)


def _statements(path: Path, source: str) -> list[tuple[ast.stmt, str]]:
    try:
        body = ast.parse(source, str(path)).body
        return [(node, ast.unparse(node)) for node in body if not _is_remark(node)]
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None) or 1
        # The parser's MemoryError has no words before Python 3.14, and its own ones there.
        reason = "nested too deeply" if isinstance(error, MemoryError) else str(error)
        raise InputError(f"{path}:{line}: the tests are not valid Python: {reason}") from error


def _is_remark(node: ast.stmt) -> bool:
    """Tell whether a statement is a docstring or ``...``, which would pass as a test."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _said(test: TestResult) -> str:
    """Return what there is to say about a test, with what it compared if that failed."""
    if test.status != "failed" or test.expected is None:
        return test.message
    return f"{test.message}: expected {test.expected}, got {test.actual}"


def _show(result: ExecutionResult) -> None:
    rows = [
        (test.index, test.status.value, f"{test.cpu_s * 1000:.1f} ms", one_line(_said(test)))
        for test in result.tests
    ]
    if rows:
        table("", ("test", "status", "cpu", "message"), rows)
    line = f"{result.status.value}: {result.passed} of {result.total} passed"
    if result.blame != "none":
        line += f", blame: {result.blame.value}"
    sys.stdout.write(line + "\n")
    if result.error and not rows:
        sys.stdout.write(one_line(result.error, 500) + "\n")
