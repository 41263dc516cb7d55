"""Lists the tests of a suite before the solution is loaded, so that it cannot choose them.

The module is executed statement by statement, with inert stand-ins for the solution. A statement
that needs an answer of the solution is left out; if it defines tests, the suite is broken.
"""

import __future__

import ast
import unittest
from collections.abc import Iterator, Mapping
from typing import Any

from .. import names
from ..namespace import FILE, new_namespace, run_setups
from ..outcomes import TestsError, describe
from ..request import TEST, JudgeRequest
from ..source import test_code
from .builtin_fixtures import DIRECTORIES
from .discovery import SuiteCase, discover
from .fixtures import closure
from .inert import Inert, InertModule, Inquiry, NeedsAnswer
from .pytest_outcomes import OutcomeException, Skipped
from .solution_module import importable
from .suite_run import without_main

_DEPENDS = "which tests the suite has depends on the solution"

#: Most reasons of skips in a message.
_REASONS = 3


def names_of_cases(request: JudgeRequest, suite: dict[str, Any]) -> list[str]:
    """Return the names of the tests of a suite; executing it leaves state in the process.

    Raises:
        TestsError: The tests cannot be listed, or there are none.
    """
    inquiry = Inquiry()
    space = new_namespace()
    run_setups(request, space)
    _, named = request.units_of_suite(suite)
    space["__file__"] = FILE
    _bind(request, named, space, inquiry)
    module = InertModule(suite["module"], inquiry)
    with importable(module), without_main():
        _execute(request.source_of_suite(suite), space, inquiry)
        _check_hidden(named, space)
        try:
            found = discover(space, suite["code"], doctest=suite["doctest"])
        except NeedsAnswer as error:
            raise TestsError(f"{_DEPENDS} ({error})") from error
    if found.cases:
        _check_files(request, found.cases)
        return [*found.cases]
    if found.skipped:
        reasons = "; ".join(found.skipped[:_REASONS])
        raise TestsError(f"all tests of the suite are skipped: {reasons}")
    raise TestsError("no test is found in the suite")


def _check_files(request: JudgeRequest, found: Mapping[str, SuiteCase]) -> None:
    """Refuse tests that ask for a directory where the request has none."""
    for case in () if request.has_files else found.values():
        needed = closure([*case.autouse, *case.arguments], case.available)
        if any(each.name == DIRECTORIES for each in needed):
            raise TestsError(
                f"{case.name} asks for a temporary directory, and the request has no `files`:"
                " give it `files={}`"
            )


def _bind(
    request: JudgeRequest, unit: test_code.Unit, space: dict[str, Any], inquiry: Inquiry
) -> None:
    """Bind the names that the suite reads and does not define."""
    choice = request.choice
    for name in sorted(unit.free - space.keys()):
        if name in choice.solution or name in choice.weak:
            space[name] = Inert(inquiry, name)
        elif name in names.VOCABULARY:
            try:
                space[name] = names.lend(name)
            except LookupError:
                continue


def _execute(text: str, space: dict[str, Any], inquiry: Inquiry) -> None:
    """Execute a module as far as that needs no answer of the solution."""
    doubtful: set[str] = set()  # names that are bound to an answer, or may be
    for node, code in _statements(text):
        inquiry.asked = False
        try:
            exec(code, space)
        except NeedsAnswer as error:
            _leave_out(node, str(error), space, inquiry)
        except (Skipped, unittest.SkipTest) as said:
            raise TestsError(f"the suite skips itself: {said}") from said
        except SystemExit:
            continue
        except (Exception, OutcomeException, KeyboardInterrupt) as error:
            inquiry.asked |= not doubtful.isdisjoint(test_code.names_in(node))
            if not inquiry.asked:
                reason = f"the test fails before it reaches the solution: {describe(error)}"
                raise TestsError(reason) from error
            _leave_out(node, describe(error), space, inquiry)
        if inquiry.asked:
            doubtful |= test_code.bound_by(node)


def _check_hidden(unit: test_code.Unit, space: dict[str, Any]) -> None:
    """Refuse a test that the solution decorates, and so could replace."""
    classes = [each for each in space.values() if isinstance(each, type)]
    for name in sorted(unit.tests):
        if any(isinstance(names.get(name), Inert) for names in (space, *map(vars, classes))):
            raise TestsError(f"{_DEPENDS}: it decorates {name!r}")


def _leave_out(node: ast.stmt, reason: str, space: dict[str, Any], inquiry: Inquiry) -> None:
    """Leave out a statement; inert stand-ins take the place of what it would have bound."""
    if test_code.defines_tests(node):
        raise TestsError(f"{_DEPENDS} (line {node.lineno}: {reason})")
    for name in test_code.bound_by(node):
        space[name] = Inert(inquiry, name)


def _statements(text: str) -> Iterator[tuple[ast.stmt, Any]]:
    """Yield the statements of a module, and the code of each."""
    flags = 0
    for node in test_code.rewritten(text, TEST).body:
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            for each in node.names:
                flags |= getattr(__future__, each.name).compiler_flag
        yield node, compile(ast.Module([node], []), TEST, "exec", flags, dont_inherit=True)
