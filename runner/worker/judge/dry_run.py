"""Finds broken tests before the solution is loaded, so that no solution can be to blame.

A test is broken if it does not compile, fails before it reaches the solution, needs a name that
nothing provides, or only defines things and runs none of them. To find out, a test that defines or
imports anything is run up to the first name that the solution may provide. It runs in a process of
its own, so that it leaves no trace.
"""

import contextlib
import functools
import io
import json
import os
import sys
import types
from collections.abc import Callable
from typing import Any

from ..kernel import process
from ..protocol import cases
from ..protocol.report import MESSAGE_MAX
from . import names, references
from .lending import remote_files
from .namespace import MODULE, REWRITTEN, run_setups
from .outcomes import TestsError, describe
from .request import CHECKER, JudgeRequest
from .source import test_code
from .suite import case_names, doctests
from .suite.solution_module import Reloadable, importable
from .supervisor_link import SupervisorLink, each_in_time

#: Names that every module has.
_OF_MODULES = frozenset({"__name__", "__file__", "__builtins__", "__doc__", "__annotations__"})

_RUNS_NOTHING = "the test only defines functions or classes, and runs none of them"


class _Reached(BaseException):  # must pass any ``except Exception`` of a test
    """The test has read a name that the solution may provide."""


class _Namespace(dict[str, Any]):
    """The globals of a dry run, which end it where the solution would come in.

    Args:
        choice: Which names are the solution's.
    """

    def __init__(self, choice: names.Choice) -> None:
        super().__init__(__name__=MODULE)
        self._choice = choice
        self.reached = False

    def is_open(self, name: str) -> bool:
        """Return True if the solution may provide a name."""
        own = name in self._choice.solution or name in self._choice.weak
        return own or not names.is_lent(name)

    def look(self, *_: Any) -> Any:
        """End the dry run: the test looks up names dynamically."""
        self.reached = True
        raise _Reached

    __contains__ = __iter__ = get = keys = values = items = look

    def __missing__(self, name: str) -> Any:
        if name not in _OF_MODULES and self.is_open(name):
            self.reached = True
            raise _Reached
        if name in names.VOCABULARY:
            with contextlib.suppress(LookupError):
                return names.lend(name)
        raise KeyError(name)


class _Module(types.ModuleType):
    """The module of a dry run, for what looks for tests in it."""

    def __init__(self, space: _Namespace) -> None:
        super().__init__(MODULE)
        self._space = space

    def __dir__(self) -> list[str]:
        return [*dict.keys(self._space)]

    def __getattr__(self, name: str) -> Any:
        try:
            return self._space[name]
        except KeyError:
            raise AttributeError(name) from None


class _Solution(Reloadable):
    """The module by which tests import the solution, in a dry run, which it ends."""

    def __init__(self, name: str, space: _Namespace) -> None:
        super().__init__(name, space.look, space.look)
        self._space = space

    def __getattr__(self, name: str) -> Any:
        if cases.is_special(name):
            raise AttributeError(name)
        return self._space.look()

    def of_source(self, _: str) -> Any:
        return self._space.look()


def find_broken(request: JudgeRequest, link: SupervisorLink) -> list[tuple[int, str]]:
    """Return index and message of each broken test; list the tests of suites, if there are any."""
    try:
        _check_setups(request)
    except TestsError as error:
        return [(index, str(error)) for index, _ in request.tests]
    broken: dict[int, str] = {}
    # All are compiled first: names are decided from the whole request.
    for check in (_compile, _check):
        for index, test in each_in_time(request.tests, link.checked):
            if index in broken:
                continue
            try:
                check(request, test, link)
            except TestsError as error:
                broken[index] = str(error)[:MESSAGE_MAX]
    broken |= {} if broken else _list_suites(request, link)
    broken |= {} if broken else references.prepare(request, link)
    return [*broken.items()]


def _list_suites(request: JudgeRequest, link: SupervisorLink) -> dict[int, str]:
    """Put the tests of suites in their place; return index and message of each broken suite."""
    found: dict[int, list[str] | None] = {}
    broken: dict[int, str] = {}
    for index, test in request.every_test():
        if _is_suite(request, test):
            request.leave_trace()
            link.checking()
            try:
                found[index] = _names_in(request, cases.as_suite(test))
            except TestsError as error:
                broken[index] = str(error)[:MESSAGE_MAX]
            link.checked()
    if sum(len(names or "1") for names in found.values()) > cases.MOST_CASES:
        reason = f"the suites of the request have more than {cases.MOST_CASES} tests"
        broken = dict.fromkeys(found, reason)
    if found and not broken:
        request.expand(found)
        link.collected(found)
    return broken


def _is_suite(request: JudgeRequest, test: dict[str, Any]) -> bool:
    """Return True for a suite, and for a snippet that defines tests and names none of them.

    Whatever else it does, such as ``unittest.main(exit=False)``, it would pass for every solution.
    """
    if test["kind"] != "assert":
        return bool(test["kind"] == "suite")
    try:
        unit = request.compiled(test["code"])
    except TestsError:
        return False
    return bool(unit.tests) and not (unit.acts and unit.tests & unit.reads)


def _names_in(request: JudgeRequest, suite: dict[str, Any]) -> list[str] | None:
    """Return the names of the tests of a suite; None if it is a script.

    Raises:
        TestsError: The tests cannot be listed, or there are none.
    """
    unit, _ = request.units_of_suite(suite)
    if not unit.tests and not (suite["doctest"] and doctests.code_of(suite["code"])):
        _check_script(request, unit, suite["module"])
        return None

    def find() -> dict[str, Any]:
        try:
            return {"names": case_names.names_of_cases(request, suite)}
        except TestsError as error:
            return {"broken": str(error)}

    found = _apart(find)
    if type(found) is not dict:
        raise TestsError(found or "no process could be forked to list the tests of the suite")
    if "broken" in found:
        raise TestsError(found["broken"])
    return [str(name) for name in found["names"]]


def _check_script(request: JudgeRequest, unit: test_code.Unit, module: str) -> None:
    if not unit.acts and not unit.guards:
        raise TestsError("no test is found in the suite, and as a script it does nothing")
    reason = _apart(lambda: _why_broken(request, unit, "script", module))
    if reason:
        raise TestsError(reason)


def _check_setups(request: JudgeRequest) -> None:
    setup, judge_setup = request.setups
    free = judge_setup.free - setup.defined - _OF_MODULES
    missing = {name for name in free if not names.is_lent(name)}
    if missing:
        raise TestsError(
            f"judge_setup reads {_listed(missing)}, which neither it nor the setup defines"
            " (names of the solution are not there: pass the candidate as an argument)"
        )


def _listed(found: set[str]) -> str:
    return ", ".join(map(repr, sorted(found)))


def _compile(request: JudgeRequest, test: dict[str, Any], _: SupervisorLink) -> None:
    checker = test.get("checker_code")
    if checker is not None and "check" not in request.compiled(checker, CHECKER).defined:
        raise TestsError("the checker does not define check()")
    if test["kind"] in ("assert", "check"):
        request.compiled(test["code"])
    if test["kind"] == "suite":
        request.units_of_suite(test)


def _check(request: JudgeRequest, test: dict[str, Any], link: SupervisorLink) -> None:
    if test["kind"] not in ("assert", "check") or _is_suite(request, test):
        return
    unit = request.compiled(test["code"])
    if not unit.plain or unit.free not in request.provided:
        _check_names(request, unit)
        request.provided.add(unit.free)
    if unit.plain and unit.defines and not unit.acts and test["kind"] == "assert":
        raise TestsError(_RUNS_NOTHING)
    if unit.plain:
        return
    request.leave_trace()
    if not request.checked and (unit.defines or test["kind"] == "check"):
        link.checking()
        reason = _apart(lambda: _why_broken(request, unit, test["kind"]))
        link.checked()
        if reason:
            raise TestsError(reason)


def _check_names(request: JudgeRequest, unit: test_code.Unit) -> None:
    """Refuse a test that lacks an import, or that calls only the judge's own code."""
    setup, judge_setup = request.setups
    choice = request.choice
    own = choice.solution | choice.weak
    defined = setup.defined | judge_setup.defined
    for name in sorted(unit.free - defined - own):
        if name in names.VOCABULARY:
            try:
                names.lend(name)
            except LookupError:
                module = names.VOCABULARY[name][0]
                why = f"without an import, and {module} is not in this image"
                why = why if module else "outside of a test case"
                raise TestsError(f"the test uses {name!r} {why}") from None
    reaches = unit.free | setup.free | unit.imported_from(cases.SOLUTION)
    if unit.free & judge_setup.defined and not (reaches & own) - defined and not unit.is_dynamic:
        raise TestsError(
            f"the test never reaches the solution: judge_setup defines"
            f" {_listed(set(unit.free & judge_setup.defined))}"
        )


def _why_broken(
    request: JudgeRequest, unit: test_code.Unit, kind: str, module: str = cases.SOLUTION
) -> str:
    """Run a test up to the solution; return what is wrong with it, or an empty text."""
    space = _Namespace(request.choice)
    dict.update(space, REWRITTEN)
    space["globals"] = space.look
    if kind == "script":
        space["__name__"] = "__main__"
    sys.modules[MODULE] = sys.modules["__main__"] = _Module(space)
    files = remote_files.lent(space.look) if request.has_files else contextlib.nullcontext()
    try:
        with files:
            run_setups(request, space)
            with importable(_Solution(module, space)):
                exec(unit.code, space)
    except TestsError as error:
        return "" if space.reached else str(error)
    except BaseException as error:
        # A class body of Python 3.11 looks its names up past the namespace's own method.
        absent = isinstance(error, NameError) and space.is_open(str(error.name))
        if space.reached or absent:
            return ""
        return f"the test fails before it reaches the solution: {describe(error)}"
    return "" if space.reached or unit.imported_from(module) else _why_idle(space, unit, kind)


def _why_idle(space: _Namespace, unit: test_code.Unit, kind: str) -> str:
    """Return what is wrong with a test that has run to its end without the solution."""
    if kind == "script":
        return "no test is found in the suite, and as a script it never reaches the solution"
    if kind == "check":
        return "" if callable(dict.get(space, "check")) else "the test does not define check()"
    idle = "__name__" in unit.reads or _defines_units(space, unit)
    return _RUNS_NOTHING if kind == "assert" and not unit.acts and idle else ""


def _defines_units(space: dict[str, Any], unit: test_code.Unit) -> bool:
    own = (dict.get(space, name) for name in unit.defined)
    return any(getattr(item, "__module__", None) == MODULE for item in own if callable(item))


def _apart(work: Callable[[], Any]) -> Any:
    """Return what a function returns in a process of its own, as JSON; a text if that fails."""
    reading, writing = os.pipe()
    try:
        pid = os.fork()
    except OSError:  # the fork failed: the test itself will show what is wrong
        os.close(writing)
        os.close(reading)
        return ""
    if not pid:
        try:
            process.die_with_parent()
            # A process of the test's own would come back here, too.
            os.register_at_fork(after_in_child=functools.partial(os._exit, 0))
            sys.stdin, sys.stdout, sys.stderr = io.StringIO(), io.StringIO(), io.StringIO()
            answer = json.dumps(work())
            with os.fdopen(writing, "w") as pipe:
                pipe.write(answer)
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        answer = pipe.read()
    os.waitpid(pid, 0)
    if not answer:
        return "the test ends the process that runs it before it reaches the solution"
    return json.loads(answer)
