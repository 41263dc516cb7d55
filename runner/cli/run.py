"""``runner run SOLUTION --tests FILE``: one solution against one file of tests."""

import argparse
import ast
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from runner.cli.exits import Exit, InputError
from runner.cli.options import add_pool_options, pool_config
from runner.cli.render import one_line, table
from runner.datasets.base import read_rows
from runner.models import ExecutionResult, ExecutionStatus
from runner.pool import Pool

#: Statements of a file of tests that prepare and do not test.
_PREPARING = (
    ast.Import,
    ast.ImportFrom,
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Assign,
    ast.AnnAssign,
    ast.AugAssign,
)


def add_parser(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("run", help="run one solution against tests")
    parser.add_argument("solution", type=Path, help="file with the solution")
    parser.add_argument(
        "--tests",
        type=Path,
        required=True,
        help="Python file, one test per top-level statement (imports, definitions and assignments"
        " prepare), or .jsonl with one test per line",
    )
    parser.add_argument("--entry-point", help="name of the function under test", metavar="NAME")
    add_pool_options(parser, workers=1)
    parser.set_defaults(command=command)


def command(options: argparse.Namespace) -> Exit:
    """Run the command.

    Raises:
        RunnerError: Input that cannot be used, or no engine.
    """
    # Bytes that are no UTF-8 become surrogates, and with that a verdict instead of an error.
    code = _read(options.solution).decode("utf-8", "surrogateescape")
    tests, judge_setup = read_tests(options.tests)
    with Pool(pool_config(options, spares=0)) as pool:
        result = pool.execute(
            code,
            tests,
            judge_setup=judge_setup,
            entry_point=options.entry_point,
            timeout=options.timeout,
        )
    if options.json:
        sys.stdout.write(result.model_dump_json(indent=2) + "\n")
    else:
        _show(result)
    if not result.conclusive:
        return Exit.INCONCLUSIVE
    passed = result.status is ExecutionStatus.ALL_PASSED
    return Exit.OK if passed else Exit.NOT_PASSED


def read_tests(path: Path) -> tuple[Sequence[Any], str]:
    """Return the tests of a file, and the code that prepares them.

    Raises:
        InputError: The file cannot be read, is not valid, or holds no test.
        DatasetError: A line of JSON is not valid.
    """
    if path.suffix in (".jsonl", ".gz"):
        tests: Sequence[Any] = [row.fields for row in read_rows(path)]
        setup = ""
    else:
        tests, setup = _split(path, _decoded(path))
    if not tests:
        raise InputError(f"{path}: there is no test in it; write one statement per test")
    return tests, setup


def _split(path: Path, source: str) -> tuple[list[str], str]:
    try:
        body = ast.parse(source, str(path)).body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None) or 1
        raise InputError(f"{path}:{line}: the tests are not valid Python: {error}") from error
    setup = [ast.unparse(node) for node in body if isinstance(node, _PREPARING)]
    tests = [ast.unparse(node) for node in body if not isinstance(node, _PREPARING)]
    return tests, "\n".join(setup)


def _decoded(path: Path) -> str:
    try:
        return _read(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8: {error}; save the file as UTF-8") from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error


def _show(result: ExecutionResult) -> None:
    rows = [
        (test.index, test.status.value, f"{test.cpu_s * 1000:.1f} ms", one_line(test.message))
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
