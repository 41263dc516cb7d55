"""The kinds of tests: what the judge does for an assert, a check, a call, and a program."""

import builtins
import contextlib
import inspect
import random
from collections.abc import Callable
from typing import Any

from ..boundary import ambient_state, proxies, proxy_methods
from ..boundary.channel import ChannelClosed
from ..boundary.opcodes import Op
from ..boundary.session import BoundaryBroken
from ..codec import numpy_types
from ..protocol.report import EXCERPT_MAX
from . import checkers, names, references
from .excerpts import excerpt, excerpts_of_texts
from .namespace import GlobalsView, new_namespace, run_setups
from .outcomes import Outcome, TestsError, describe
from .request import CHECKER, JudgeRequest, parts_of_target
from .session import JudgeSession
from .source import reuse, test_code
from .source.assert_rewriting import Asserts
from .supervisor_link import Excerpts, Silence, SupervisorLink
from .trust.handler_rewriting import CATCH
from .trust.lost_exceptions import watched
from .trust.rebuilding import rebuilt

#: What stands for an object that the solution has named, and that was not needed so far.
_LATER = object()

#: A name that the solution binds: where it was imported from, and the object.
Found = dict[str, tuple[str | None, Any]]


class TestRun:
    """One test while it runs.

    Attributes:
        session: Leads to the solution.
        asserts: The asserts of the test that keep what they compare.
        outcome: Excerpts of what the test expects and what it got, as far as they are known.
        exit_code: Of a program that has ended by itself.
    """

    def __init__(
        self,
        request: JudgeRequest,
        session: JudgeSession,
        link: SupervisorLink | Silence,
        *,
        plain: bool,
    ) -> None:
        self.request = request
        #: Whether it has no code but calls with constants, and nothing in this process has had.
        self._plain = plain
        self._is_watched = False
        self.session = session
        self.link = link
        self.asserts: Asserts = {}
        self.outcome: Excerpts = None, None
        self.exit_code: int | None = None
        self._at_end = contextlib.ExitStack()

    def run(self, test: dict[str, Any]) -> None:
        """Run a test to its end; whatever it raises is how it ended."""
        with self._at_end:
            if not self._plain:
                self._watch()
            _KINDS[test["kind"]](self, test)

    def _watch(self) -> None:
        """Take note from now on of exceptions that nothing asks for."""
        if not self._is_watched:
            self._is_watched = True
            self._at_end.enter_context(watched(self.session.lose))

    def leave_trace(self) -> None:
        """Note that the test does more than call functions of the solution with constants."""
        self.request.leave_trace()
        self._watch()

    def compile(self, code: str) -> test_code.Unit:
        """Compile the code of a test."""
        unit = self.request.compiled(code)
        if not unit.plain:
            self.leave_trace()
        return unit

    def begin(self, unit: test_code.Unit) -> dict[str, Any]:
        """Run the setups in a fresh namespace."""
        session, request = self.session, self.request
        setup, judge_setup = request.setups
        session.blocks = {**request.blocks_of_setups, unit.code.co_filename: unit.blocks}
        session.shadowable = unit.stores | setup.stores | judge_setup.stores
        space = new_namespace()
        space[CATCH] = session.catch
        session.setup_classes = run_setups(request, space)
        return space

    def load(self, unit: test_code.Unit) -> Found:
        """Load the solution; return what it binds."""
        session = self.session
        self.request.loaded = True
        found = _checked(session.request(Op.LOAD))
        session.ledger.forget_arrivals()
        if not self._plain or any(found[name][0] for name in unit.reads & found.keys()):
            _seed_both(session)
        setup, judge_setup = self.request.setups
        words = unit.words | setup.words | judge_setup.words
        if ambient_state.concerns(words):
            session.ambient_state = ambient_state.JudgeAmbientState(session.stdout, words)
            self._at_end.enter_context(session.ambient_state.restored())
        return found

    def solution(self, found: Found, name: str, *, named: bool = True) -> Any:
        """Return the solution's object of a name; the test's text names it, or it does not."""
        session = self.session
        obj = found[name][1]
        if obj is _LATER:
            obj = session.request(Op.FETCH, name)
            session.ledger.forget_arrivals()
        number = proxy_methods.number_in(session, obj)
        if number is None:
            session.ledger.touched = True
            return session.alias(obj)
        if named:
            is_callable = isinstance(obj, proxies.ProxyType | proxies.FunctionProxy)
            session.ledger.name(number, callable_=is_callable)
        if name in self.request.classes:
            session.ledger.declare(number, obj)
        elif name in session.declared:
            session.ledger.declare(number)
        return obj

    def bind(
        self, space: dict[str, Any], unit: test_code.Unit, found: Found, *, entry: str | None = None
    ) -> dict[str, Any]:
        """Return the namespace of the test: with the names that it reads and does not define.

        Args:
            space: What the setups have defined.
            unit: The test.
            found: What the solution binds.
            entry: The entry point of a check, which is passed to it.
        """
        setup, judge_setup = self.request.setups
        reads = unit.reads | setup.reads
        if unit.is_dynamic:
            reads |= found.keys()
        bound, lent = {}, {}
        for name in sorted(reads - space.keys()):
            source, obj = self._meaning(name, found, dynamic=unit.is_dynamic)
            if source == "judge":
                lent[name] = obj
            elif source == "solution" and not (name == entry and names.is_lent(name)):
                bound[name] = self.solution(found, name, named=obj)
        if self.request.plain and not reuse.are_plain_calls(unit.reads, bound):
            self.leave_trace()
        space.update(lent)
        if any(map(names.is_lent, bound.keys() & (setup.reads | judge_setup.reads))):
            # To the setups, these names mean Python's own.
            space = dict(space)
        space.update(bound)
        self._let_be_found(space, unit, found, bound)
        return space

    def _let_be_found(
        self, space: dict[str, Any], unit: test_code.Unit, found: Found, bound: dict[str, Any]
    ) -> None:
        """Let patches of ``__main__`` reach the solution, and ``globals()`` what builtins hide."""
        if self.session.ambient_state is not None and "__main__" in unit.words:
            self.session.ambient_state.watch(space, bound)
        hidden = unit.spelled & found.keys() - space.keys() if "globals" in unit.free else ()
        if hidden:
            objects = {name: self.solution(found, name, named=False) for name in hidden}
            space["globals"] = lambda: GlobalsView(space, objects)

    def _meaning(self, name: str, found: Found, *, dynamic: bool) -> tuple[str, Any]:
        """Return who provides a name: the judge, and the object, or the solution, and how.

        The second is True if the name counts as named by the test.
        """
        choice = self.request.choice
        origin = found[name][0] if name in found else None
        if name in choice.solution:
            module = names.borrowed_module(name, origin)
            if module is not None:
                return "judge", module
            return ("solution", True) if name in found else ("", None)
        if name in choice.weak and name in found:
            own = names.borrowed(name, origin)
            return ("solution", False) if own is None else ("judge", own)
        if name in names.VOCABULARY:
            with contextlib.suppress(LookupError):
                return "judge", names.lend(name)
        if dynamic and name in found and not hasattr(builtins, name):
            return "solution", not names.is_lent(name)
        return "", None

    def execute(self, unit: test_code.Unit, space: dict[str, Any]) -> None:
        """Execute the compiled code of a test."""
        self.asserts = unit.asserts
        exec(unit.code, space)

    def check(self, space: dict[str, Any], code: str, values: tuple[Any, ...]) -> None:
        """Have the test's own checker decide; what it raises about a result is a failure.

        Args:
            space: Where the checker is defined.
            code: Source that defines ``check(expected, actual)``, or with the input as a third.
            values: What it may be called with.
        """
        unit = self.request.compiled(code, CHECKER)
        exec(unit.code, space)
        check = space.get("check")
        if not callable(check):
            raise TestsError("the checker does not define check()")
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
    space = run.begin(unit)
    run.execute(unit, run.bind(space, unit, run.load(unit)))


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
    space["check"](candidate)


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
    run.outcome = want, None
    target = _target(run, run.load(unit), function)
    actual = rebuilt(target(*args, **kwargs))
    run.outcome = want, excerpt(actual, EXCERPT_MAX)
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
    run.outcome = excerpts_of_texts(expected, actual)
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
    "stdio": _run_stdio,
}


def _target(run: TestRun, found: Found, function: str) -> Any:
    """Return what is under test: where there is no such class, a function of that name."""
    owner, method = parts_of_target(function)
    if owner and owner in found:
        run.session.declared |= {owner}
        return getattr(run.solution(found, owner)(), method)
    if method not in found:
        raise Outcome("error", f"NameError: the solution does not define {function!r}")
    target = run.solution(found, method)
    if run.request.plain and type(target) is not proxies.FunctionProxy:
        run.leave_trace()
    return target


def _takes(check: Callable[..., Any], count: int) -> bool:
    """Return True if a function can be called with this number of arguments."""
    try:
        inspect.signature(check).bind(*range(count))
    except TypeError:
        return False
    return True


def _checked(found: Any) -> Found:
    """Return the names that the subject has sent, if it has sent names."""
    if type(found) is not tuple or len(found) % 3 or not {str}.issuperset(map(type, found[::3])):
        raise Outcome("failed", "the solution's process sent no list of names")
    entries: Found = {}
    for name, origin, obj in zip(found[::3], found[1::3], found[2::3], strict=True):
        entries[name] = (
            origin if type(origin) is str else None,
            obj if origin is None else _LATER,
        )
    return entries


_real_seed, _real_setstate = random.seed, random.setstate


def _seed_both(session: JudgeSession) -> None:
    """Let what seeds ``random`` and ``numpy`` reach the solution, as it would in one process."""

    def seed(a: Any = None, version: int = 2) -> None:
        _real_seed(a, version)
        if isinstance(a, int | float | str | bytes | None):
            session.request(Op.SEED, a)

    def setstate(state: Any) -> None:
        _real_setstate(state)
        session.request(Op.SEED, state, "state")

    random.seed, random.setstate = seed, setstate
    numpy_types.lend_seed(lambda value: session.request(Op.SEED, value, "numpy"))
