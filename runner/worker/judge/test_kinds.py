"""The kinds of tests: what the judge does for an assert, a check, a call, and a program."""

from collections.abc import Callable
from typing import Any

from ..boundary.opcodes import Op
from ..boundary.structure import special_names
from ..protocol.report import EXCERPT_MAX
from . import checkers, references
from .excerpts import excerpt, excerpts_of_texts
from .namespace import new_namespace, run_setups
from .outcomes import Outcome, TestsError, check_answer, is_good_exit
from .prediction.bindings import Bindings
from .request import parts_of_target
from .suite.discovery import discover
from .test_run import TestRun
from .trust.rebuilding import rebuilt


def run_test(run: TestRun, test: dict[str, Any]) -> None:
    """Run a test to its end; the exception that it raises is its outcome."""
    with run.at_end:
        run.prepare()
        try:
            _KINDS[test["kind"]](run, test)
        finally:
            run.channel.settle()


def _run_assert(run: TestRun, test: dict[str, Any]) -> None:
    """Execute a snippet."""
    unit = run.compile(test["code"])
    space = run.begin(unit)
    run.execute(unit, run.bind(space, unit, run.load(unit)))


def _run_script(run: TestRun, test: dict[str, Any]) -> None:
    """Execute a suite without tests, as a program."""
    suite = run.request.suites[test["suite"]]
    unit = run.compile(suite["code"])
    space = run.begin(unit)
    space["__name__"] = "__main__"
    space = run.bind(space, unit, run.load(unit, suite["module"]))
    try:
        run.execute(unit, space)
    except SystemExit as error:
        if not is_good_exit(error):
            raise
    if discover(space, "", doctest=False).cases:
        raise Outcome(
            "error",
            "the suite makes tests while it runs as a script, and none of them is run: define them"
            " by def or class",
        )


def _run_check(run: TestRun, test: dict[str, Any]) -> None:
    """Execute a snippet that defines ``check``, and call that with the entry point."""
    unit = run.compile(test["code"])
    entry = str(test["entry_point"] or run.request.entry_point)
    space = run.begin(unit)
    found = run.load(unit)
    candidate = _target(run, found, entry)
    space = run.bind(space, unit, found, entry=entry)
    run.execute(unit, space)
    if "check" not in space:
        raise TestsError("the test does not define check()")
    check_answer(space["check"](candidate))


def _run_call(run: TestRun, test: dict[str, Any]) -> None:
    """Call a function with arguments and compare the result."""
    trusted = test["checker_code"] is not None or test["expected_from"] is not None
    if trusted:
        run.leave_trace()
    function = test["function"]
    args, kwargs = references.decoded(test["call"])
    unit = run.compile("")
    space = run.begin(unit)
    if test["expected_from"] is None:
        (expected,) = references.decoded(test["expected"])
    elif id(test) in run.request.expectations:
        expected = run.request.expectations.pop(id(test))
    else:
        expected = references.expected_from(space, test)
    want = excerpt(expected, EXCERPT_MAX)
    run.excerpts = want, None
    target = _target(run, run.load(unit), function)
    actual = rebuilt(target(*args, **kwargs))
    run.excerpts = want, excerpt(actual, EXCERPT_MAX)
    if test["checker_code"] is not None:
        given, _ = references.decoded(test["call"])
        run.check(space, test["checker_code"], (expected, actual, given))
    elif not checkers.same_call(expected, actual, test["checker"], test["atol"], test["rtol"]):
        message = f"{function}(...) returned {excerpt(actual)}, expected {excerpt(expected)}"
        raise Outcome("failed", message)


def _run_program(run: TestRun, test: dict[str, Any]) -> None:
    """Run the solution as a program; its exit code is the result."""
    _, raised = _run_main(run, new_namespace(), test["args"])
    if run.exit_code != 0:
        raise Outcome("failed", raised or f"exit status {run.exit_code}")


def _run_main(run: TestRun, space: dict[str, Any], args: list[str]) -> tuple[int, str | None]:
    """Run the solution as a program; return its exit code, and what it raised if it did."""
    run.leave_trace()
    run_setups(run.request, space)
    run.request.loaded = True
    how, detail = run.session.request(Op.MAIN, *args)
    raised = None if how == "exit" else excerpt(detail).strip("'\"")
    run.exit_code = 1 if raised is not None or type(detail) is not int else detail & 0xFF
    return run.exit_code, raised


def _run_stdio(run: TestRun, test: dict[str, Any]) -> None:
    """Run the solution as a program and compare what it printed."""
    space = new_namespace()
    exit_code, raised = _run_main(run, space, [])
    expected, actual = test["stdout"], run.link.output()
    run.excerpts = excerpts_of_texts(expected, actual)
    if raised is not None:
        raise Outcome("memory_limit" if raised.startswith("MemoryError") else "error", raised)
    if exit_code != 0:
        raise Outcome("error", f"exit status {exit_code}")
    if test["checker_code"] is not None:
        run.check(space, test["checker_code"], (expected, actual, test["stdin"]))
    elif not checkers.same_output(expected, actual, test["checker"], test["atol"], test["rtol"]):
        raise Outcome("failed", f"printed {excerpt(actual)}, expected {excerpt(expected)}")


_KINDS: dict[str, Callable[[TestRun, dict[str, Any]], None]] = {
    "assert": _run_assert,
    "check": _run_check,
    "call": _run_call,
    "program": _run_program,
    "script": _run_script,
    "stdio": _run_stdio,
}


def _target(run: TestRun, found: Bindings, function: str) -> Any:
    """Return the function or class under test; without such a class, a function of that name."""
    owner, method = parts_of_target(function)
    if owner and owner in found:
        run.session.declared |= {owner}
        return getattr(run.solution(found, owner)(), method)
    if method not in found:
        raise Outcome("error", f"NameError: the solution does not define {function!r}")
    target = run.solution(found, method)
    if run.request.plain and type(target) is not special_names.FunctionProxy:
        run.leave_trace()
    return target
