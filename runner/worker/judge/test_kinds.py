"""The kinds of tests: what the judge does for an assert, a check, a call, and a program."""

import base64
import contextlib
import copy
import inspect
import random
import sys
import types
from collections.abc import Callable
from typing import Any

from ..boundary import ambient_state
from ..boundary.channel import ChannelClosed
from ..boundary.opcodes import Op
from ..boundary.proxy_methods import ProxyMeta
from ..boundary.session import BoundaryBroken
from ..boundary.setup_objects import setup_classes
from ..codec import numpy_types
from ..protocol.plain_values import decode_plain
from ..protocol.report import EXCERPT_MAX
from . import checkers, reuse, test_code
from .assert_rewriting import Asserts
from .excerpts import excerpt, excerpts_of_texts
from .outcomes import Outcome, describe
from .request import JudgeRequest
from .session import JudgeSession
from .supervisor_link import Excerpts, Silence, SupervisorLink

_MODULE = "tests"
_TEST = "<test>"
_CHECKER = "<checker>"


class TestRun:
    """One test while it runs.

    Attributes:
        session: Leads to the solution.
        asserts: The asserts of the test that keep what they compare.
        outcome: Excerpts of what the test expects and what it got, as far as they are known.
    """

    def __init__(
        self, request: JudgeRequest, session: JudgeSession, link: SupervisorLink | Silence
    ) -> None:
        self.request = request
        self.session = session
        self.link = link
        self.asserts: Asserts = {}
        self.outcome: Excerpts = None, None
        self._at_end = contextlib.ExitStack()

    def run(self, test: dict[str, Any]) -> None:
        """Run a test to its end; whatever it raises is how it ended."""
        with self._at_end:
            _KINDS[test["kind"]](self, test)

    def compile(self, code: str) -> test_code.Unit:
        """Compile the code of a test; raises SyntaxError."""
        unit = test_code.compile_test(code, _TEST)
        if not unit.plain:
            self.request.leave_trace()
        return unit

    def prepare(self, unit: test_code.Unit, entry_point: str | None) -> dict[str, Any]:
        """Run the setups, load the solution, and bind its names that the test uses."""
        session = self.session
        setup, judge_setup = self.request.setups
        space = _namespace()
        session.blocks = {each.code.co_filename: each.blocks for each in (setup, judge_setup, unit)}
        exec(setup.code, space)
        session.setup_classes = setup_classes(space, _MODULE)
        wanted = (unit.names | setup.names | judge_setup.names) - {"__builtins__"}
        found = session.request(Op.LOAD, tuple(sorted(wanted)))
        bound = test_code.bind(space, _checked(found), wanted, entry_point)
        self._note_classes(bound, unit.classes | judge_setup.classes)
        if self.request.plain and not reuse.are_plain_calls(unit.names, bound):
            self.request.leave_trace()
        exec(judge_setup.code, space)
        random.seed = _seed_both(session)
        numpy_types.lend_seed(lambda value: session.request(Op.SEED, value, "numpy"))
        words = unit.words | setup.words | judge_setup.words
        if ambient_state.concerns(words):
            session.ambient_state = ambient_state.JudgeAmbientState(session.stdout, words)
            self._at_end.enter_context(session.ambient_state.restored())
        return space

    def _note_classes(self, bound: dict[str, Any], named: frozenset[str]) -> None:
        """Let the session know which classes of the solution the test speaks of."""
        classes = {name: item for name, item in bound.items() if isinstance(item, ProxyMeta)}
        self.session.named = {item for name, item in classes.items() if name in named}
        self.session.live = {item for name, item in classes.items() if name[:1].isupper()}

    def execute(self, unit: test_code.Unit, space: dict[str, Any]) -> None:
        """Execute the compiled code of a test."""
        self.session.handles_stop = "StopIteration" in unit.names
        self.asserts = unit.asserts
        exec(unit.code, space)

    def check(self, space: dict[str, Any], code: str, values: tuple[Any, ...]) -> None:
        """Have the test's own checker decide; what it raises about a result is a failure.

        Args:
            space: Where the checker is defined.
            code: Source that defines ``check(expected, actual)``, or with the input as a third.
            values: What it may be called with.
        """
        unit = test_code.compile_test(code, _CHECKER)
        self.session.handles_stop = "StopIteration" in unit.names
        exec(unit.code, space)
        check = space.get("check")
        if not callable(check):
            raise Outcome("error", "NameError: the checker does not define check()")
        takes_input = _takes(check, len(values))
        try:
            accepted = check(*values) if takes_input else check(*values[:-1])
        except (ChannelClosed, BoundaryBroken, MemoryError):
            raise
        except Exception as error:
            raise Outcome("failed", f"the checker raised {describe(error)}") from error
        if type(accepted) is not bool:
            raise Outcome("error", f"the checker returned {excerpt(accepted)}, not True or False")
        if not accepted:
            raise Outcome("failed", "the checker returned False")


def _run_assert(run: TestRun, test: dict[str, Any]) -> None:
    """Execute a snippet."""
    unit = run.compile(test["code"])
    run.execute(unit, run.prepare(unit, run.request.entry_point))


def _run_check(run: TestRun, test: dict[str, Any]) -> None:
    """Execute a snippet that defines ``check``, and call that with the entry point."""
    unit = run.compile(test["code"])
    entry_point = test["entry_point"] or run.request.entry_point
    wanted = unit.names - {"check"} | {str(entry_point)}
    space = run.prepare(unit._replace(names=wanted), entry_point)
    if entry_point not in space:
        raise Outcome("error", f"NameError: the solution does not define {entry_point!r}")
    candidate = space[entry_point]
    run.execute(unit, space)
    if "check" not in space:
        raise Outcome("error", "NameError: the test does not define check()")
    space["check"](candidate)


def _run_call(run: TestRun, test: dict[str, Any]) -> None:
    """Call a function with arguments and compare the result."""
    if test["checker_code"] is not None or test["expected_from"] is not None:
        run.request.leave_trace()
    function, args, kwargs, expected = decode_plain(base64.b64decode(test["call"]))
    owner, _, method = function.rpartition(".")
    wanted = frozenset(filter(None, (owner, method)))
    unit = test_code.compile_test("", _TEST)._replace(names=wanted)
    space = run.prepare(unit, owner or method)
    if test["expected_from"] is not None:
        expected = _expected_from(space, test["expected_from"], args, kwargs)
    want = excerpt(expected, EXCERPT_MAX)
    run.outcome = want, None
    given = copy.deepcopy(args) if test["checker_code"] is not None else ()
    actual = numpy_types.plain(_target(space, owner, method)(*args, **kwargs))
    run.outcome = want, excerpt(actual, EXCERPT_MAX)
    if test["checker_code"] is not None:
        run.check(space, test["checker_code"], (expected, actual, given))
    elif not checkers.same_call(expected, actual, test["checker"], test["atol"], test["rtol"]):
        message = f"{function}(...) returned {excerpt(actual)}, expected {excerpt(expected)}"
        raise Outcome("failed", message)


def _expected_from(space: dict[str, Any], name: str, args: Any, kwargs: Any) -> Any:
    """Return what a trusted function of ``judge_setup`` returns for the same arguments."""
    if name not in space:
        raise Outcome("error", f"NameError: judge_setup does not define {name!r}")
    args, kwargs = copy.deepcopy((args, kwargs))
    return space[name](*args, **kwargs)


def _run_stdio(run: TestRun, test: dict[str, Any]) -> None:
    """Run the solution as a program and compare what it printed."""
    run.request.leave_trace()
    setup, judge_setup = run.request.setups  # raises what is wrong with them
    how, detail = run.session.request(Op.MAIN)
    expected, actual = test["stdout"], run.link.output()
    run.outcome = excerpts_of_texts(expected, actual)
    if how != "exit":
        text = excerpt(detail).strip("'\"")
        raise Outcome("memory_limit" if text.startswith("MemoryError") else "error", text)
    if detail != 0:
        raise Outcome("error", f"exit status {excerpt(detail)}")
    if test["checker_code"] is not None:
        space = _namespace()
        exec(setup.code, space)
        exec(judge_setup.code, space)
        run.check(space, test["checker_code"], (expected, actual, test["stdin"]))
    elif not checkers.same_output(expected, actual, test["checker"], test["atol"], test["rtol"]):
        raise Outcome("failed", f"printed {excerpt(actual)}, expected {excerpt(expected)}")


_KINDS: dict[str, Callable[[TestRun, dict[str, Any]], None]] = {
    "assert": _run_assert,
    "check": _run_check,
    "call": _run_call,
    "stdio": _run_stdio,
}


def _namespace() -> dict[str, Any]:
    module = types.ModuleType(_MODULE)
    sys.modules[_MODULE] = module
    return module.__dict__


def _target(space: dict[str, Any], owner: str, method: str) -> Any:
    """Return what a call test calls: where there is no such class, a function of that name."""
    if owner and owner in space:
        return getattr(space[owner](), method)
    if method not in space:
        what = f"{owner}.{method}" if owner else method
        raise Outcome("error", f"NameError: the solution does not define {what!r}")
    return space[method]


def _takes(check: Callable[..., Any], count: int) -> bool:
    """Return True if a function can be called with this number of arguments."""
    try:
        inspect.signature(check).bind(*range(count))
    except TypeError:
        return False
    return True


def _checked(found: Any) -> list[tuple[str, str | None, Any]]:
    """Return the subject's list of names, if it is one."""
    if type(found) is not tuple:
        raise Outcome("failed", "the solution's process sent no list of names")
    entries = []
    for entry in found:
        if type(entry) is not tuple or len(entry) != 3 or type(entry[0]) is not str:
            raise Outcome("failed", "the solution's process sent no list of names")
        entries.append((entry[0], entry[1] if type(entry[1]) is str else None, entry[2]))
    return entries


_real_seed = random.seed


def _seed_both(session: JudgeSession) -> Callable[..., None]:
    """Return a ``random.seed`` that reaches the solution, as it would in one process."""

    def seed(a: Any = None, version: int = 2) -> None:
        _real_seed(a, version)
        if isinstance(a, int | float | str | bytes | None):
            session.request(Op.SEED, a)

    return seed
