"""``runner run SOLUTION --tests FILE``: one solution against one file of tests, or one program."""

import argparse
import ast
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from runner.cli.exits import Exit, InputError
from runner.cli.files import read_named, read_solution, read_text
from runner.cli.options import (
    add_extract_code,
    add_min_evidence,
    add_pool_options,
    open_pool,
    pool_config,
)
from runner.cli.program import run_program
from runner.cli.render import one_line, table
from runner.datasets.fences import has_fence, without_fence
from runner.datasets.plain import any_test
from runner.datasets.rows import read_values
from runner.datasets.suites import is_suite
from runner.models import (
    AssertTest,
    Blame,
    ExecutionResult,
    ExecutionStatus,
    SuiteTest,
    Test,
    TestResult,
)
from runner.pool.inputs import as_request

_DEFINITIONS = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_ASSIGNMENTS = (ast.Assign, ast.AnnAssign, ast.AugAssign)


def add_parser(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("run", help="run one solution against tests, or one program")
    parser.add_argument("solution", type=Path, help="file with the solution, or the program")
    parser.add_argument(
        "--arg",
        action="append",
        default=[],
        help="an argument of a program; any number of times",
        metavar="TEXT",
    )
    parser.add_argument(
        "--stdin", type=Path, help="what a program reads; - for standard input", metavar="FILE"
    )
    parser.add_argument(
        "--file",
        type=Path,
        action="append",
        default=[],
        help="a file that the solution finds in its current directory, under the same relative path"
        " (of an absolute path, under its last part); any number of times",
        metavar="NAME",
    )
    parser.add_argument(
        "--tests",
        type=Path,
        help="without this the solution is run as a program, whose output and exit status are those"
        " of the command (124 where it exceeds a limit, 125 where there is no result)."
        " Python file: of unittest or pytest, or one that imports the solution; otherwise one test"
        " per top-level statement (imports, definitions and assignments prepare); or .jsonl: one"
        " test per line, as a string or as an object; or .json: a list",
    )
    parser.add_argument("--entry-point", help="name of the function under test", metavar="NAME")
    add_extract_code(parser)
    add_min_evidence(parser)
    add_pool_options(parser, workers=1)
    parser.set_defaults(command=command)


def command(options: argparse.Namespace) -> int:
    """Run the command.

    Raises:
        RunnerError: Input that cannot be used, or no engine.
    """
    if options.tests is None:
        return run_program(options)
    if options.arg or options.stdin:
        raise InputError("--arg and --stdin are for a program, which is run without --tests")
    tests = read_tests(options.tests)
    code = read_solution(options.solution)
    if options.extract_code:
        code = without_fence(code, options.entry_point) or code
    request = as_request(
        {
            "code": code,
            "tests": tests,
            "entry_point": options.entry_point,
            "min_evidence": options.min_evidence,
            "timeout": options.timeout,
            "files": read_named(options.file) or None,
        }
    )
    with open_pool(pool_config(options, spares=0)) as pool:
        result = pool.execute(request)
    if options.json:
        sys.stdout.write(result.to_json(indent=2) + "\n")
    else:
        _show(result)
        if result.status is ExecutionStatus.SYNTAX_ERROR and has_fence(code):
            sys.stdout.write(
                "the solution has a Markdown fence: --extract-code takes the code out of it\n"
            )
    if not result.conclusive:
        return Exit.INCONCLUSIVE
    passed = result.status is ExecutionStatus.ALL_PASSED
    return Exit.OK if passed else Exit.NOT_PASSED


def read_tests(path: Path) -> Sequence[Test]:
    """Return the tests of a file, each with its setup code.

    Raises:
        InputError: The file cannot be read, is not valid, or holds no test.
        DatasetError: A line of JSON is not valid.
    """
    if path.suffix in (".jsonl", ".json", ".gz"):
        tests: Sequence[Test] = [any_test(*found) for found in read_values(path)]
    else:
        source = read_text(path)
        tests = [SuiteTest(code=source)] if is_suite(source) else _split(path, source)
    if not tests:
        raise InputError(f"{path}: there is no test in it; write one statement per test")
    return tests


def _split(path: Path, source: str) -> list[Test]:
    """Split top-level statements into tests and setup code.

    Definitions are setup for every test. An assignment is setup only for the tests below it, so
    that a name that is assigned again has the expected value in each test.
    """
    found = _statements(path, source)
    before = [text for node, text in found if isinstance(node, _DEFINITIONS)]
    tests: list[Test] = []
    for node, text in found:
        if isinstance(node, _ASSIGNMENTS):
            before.append(text)
        elif not isinstance(node, _DEFINITIONS):
            tests.append(AssertTest(code="\n".join([*before, text])))
    return tests


def _statements(path: Path, source: str) -> list[tuple[ast.stmt, str]]:
    try:
        body = ast.parse(source, str(path)).body
        return [(node, ast.unparse(node)) for node in body if not _is_remark(node)]
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None) or 1
        # The parser's MemoryError has no text before Python 3.14, and a general one there.
        reason = "nested too deeply" if isinstance(error, MemoryError) else str(error)
        raise InputError(f"{path}:{line}: the tests are not valid Python: {reason}") from error


def _is_remark(node: ast.stmt) -> bool:
    """Return True if a statement is a docstring or ``...``, which would pass as a test."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _said(test: TestResult) -> str:
    """Return the message of a test, with expected and actual value if it failed."""
    if test.passed:
        return f"evidence: {test.evidence.value}"
    if test.status != "failed" or test.expected is None:
        return test.message
    return f"{test.message}: expected {test.expected}, got {test.actual}"


def _row(test: TestResult) -> tuple[object, ...]:
    return (
        test.name or test.index,
        test.status.value,
        f"{test.cpu_s * 1000:.1f} ms",
        one_line(_said(test)),
    )


def _show(result: ExecutionResult) -> None:
    rows = [_row(test) for test in result.tests]
    if rows:
        table("", ("test", "status", "cpu", "message"), rows)
    line = f"{result.status.value}: {result.passed} of {result.total} passed"
    if result.passed:
        line += f", evidence: {result.evidence.value}"
    if result.blame is not Blame.NONE:
        line += f", blame: {result.blame.value}"
    sys.stdout.write(line + "\n")
    if result.error and (not rows or result.blame is Blame.TESTS):
        sys.stdout.write(one_line(result.error, 500) + "\n")
