"""The judge: runs the trusted tests, and never a byte of the solution.

The solution's names appear in a test as stand-ins; values that come back are the judge's own
objects, compared by its own ``==``. A judge serves one request and is then thrown away, unless all
of its tests were plain and nothing but plain values came back: then nothing is left of it.
"""

import base64
import contextlib
import copy
import inspect
import io
import random
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

from ..boundary import ambient_state, proxy_methods
from ..boundary.channel import Channel, ChannelClosed
from ..boundary.opcodes import Op
from ..boundary.session import BoundaryBroken
from ..boundary.setup_objects import setup_classes
from ..codec import numpy_types
from ..codec.format import Bounds
from ..determinism import state
from ..protocol.plain_values import decode_plain
from ..protocol.report import EXCERPT_MAX
from . import checkers, reuse, test_code
from .assert_rewriting import Asserts, compared
from .excerpts import excerpt, excerpts_of_texts
from .outcomes import Outcome, comes_from_solution, describe, status_of
from .session import JudgeSession
from .supervisor_link import JudgeControl, Silence

_NAME = "tests"
_TEST = "<test>"
_CHECKER = "<checker>"
_MESSAGE_MAX = 2000


class Capture(io.StringIO):
    """The test's own standard output, up to a limit."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._left = limit

    def write(self, text: str, /) -> int:
        """Keep what fits."""
        kept = text[: self._left]
        self._left -= len(kept)
        super().write(kept)
        return len(text)


class Stale(BaseException):  # an end; must pass any ``except`` but the one that is meant
    """This request is not plain, and the judge is not fresh."""


class Judge:
    """Runs the tests of one request, or what is left of them.

    Args:
        control: Leads to the supervisor.
        channel: Leads to the subject.
        run: The request.
        fresh: Whether this process has judged nothing yet; if it has, it raises ``Stale`` rather
            than say anything about what is not plain.
    """

    def __init__(
        self,
        control: JudgeControl | Silence,
        channel: Channel,
        run: dict[str, Any],
        *,
        fresh: bool = True,
    ) -> None:
        self._control = control
        self._channel = channel
        self._run = run
        self._fresh = fresh
        limits = run["limits"]
        self._bounds = Bounds(limits["value_bytes"], limits["value_nodes"], limits["value_depth"])
        self._output_max = limits["output_bytes"]
        self._setups: tuple[test_code.Unit, test_code.Unit] | None = None
        self._asserts: Asserts = {}
        self._at_end = contextlib.ExitStack()
        #: Excerpts of what the current test expects and what it got, as far as it knows.
        self._seen: tuple[str | None, str | None] = None, None
        #: Whether nothing has been done so far that could outlast the request.
        self.plain = True

    def main(self) -> None:
        """Compile, run every test, and say so."""
        if self._run["setup"] or self._run["judge_setup"]:
            self._do_more()
        message = self._compile()
        if message is not None:
            self._control.syntax_error(message)
            return
        self._control.compiled()
        self._channel.limit(self._bounds.size_bytes)
        for index, test in self._run["tests"]:
            capture = Capture(self._output_max)
            status, message, broken = self._judge(test, capture)
            text = message[:_MESSAGE_MAX]
            output = capture.getvalue()
            self._control.ended(index, status, text, output, self._seen, broken=broken)
            if broken:
                return

    def _compile(self) -> str | None:
        """Have the solution compiled; return what is wrong with it."""
        self._channel.hold(b"")
        run, session = self._run, JudgeSession(self._channel, self._bounds)
        ceilings = run["limits"]["memory_bytes"], run["cpu_s"], *self._bounds
        answer = session.request(Op.COMPILE, run["code"], run["setup"], *ceilings)
        return None if answer is None else str(answer)

    def _do_more(self) -> None:
        """Take note of something that is not plain, before it is done or before it counts."""
        self.plain = False
        if not self._fresh:
            raise Stale

    # -- one test ---------------------------------------------------------------------------------

    def _judge(self, test: dict[str, Any], capture: Capture) -> tuple[str, str, bool]:
        """Run one test; return its status, a message, and whether the subject is beyond trust."""
        state.reset()
        session = JudgeSession(self._channel, self._bounds)
        session.stdout = capture
        self._asserts, self._seen, raised = {}, (None, None), False
        try:
            self._channel.hold(b"")
            with self._streams(capture), contextlib.ExitStack() as self._at_end:
                _KINDS[test["kind"]](self, session, test)
            status, message = "passed", ""
        except (ChannelClosed, Stale):
            raise
        except Outcome as outcome:
            status, message = outcome.status, str(outcome)
        except BoundaryBroken:
            status, message = "failed", ""
        except BaseException as error:  # also SystemExit: nothing ends the judge
            status, message, raised = status_of(error), describe(error), comes_from_solution(error)
            if status == "failed":
                self._seen = compared(error, self._asserts, _TEST) or self._seen
        session.silent = True
        if self._channel.closed:
            raise ChannelClosed("which a test has swallowed")
        if session.broken is not None:
            return "failed", f"the solution's process sent no value: {session.broken}", True
        self._note_end(session, status, capture, raised=raised)
        # Nobody knows what the solution still holds, and the next test is to have all it may have.
        return status, message, status == "memory_limit"

    def _note_end(
        self, session: JudgeSession, status: str, capture: Capture, *, raised: bool
    ) -> None:
        """Take note of whether a test was plain to its end.

        What the solution raises ends a plain test in a fresh judge just as well, so it needs none.
        """
        compared_values = session.plain and status in ("passed", "failed")
        if raised:
            self.plain = False
        elif not compared_values or capture.getvalue():
            self._do_more()

    @contextlib.contextmanager
    def _streams(self, capture: Capture) -> Iterator[None]:
        saved = sys.stdout, sys.stderr
        sys.stdout = sys.stderr = capture
        try:
            yield
        finally:
            sys.stdout, sys.stderr = saved

    def _namespace(self) -> dict[str, Any]:
        module = types.ModuleType(_NAME)
        sys.modules[_NAME] = module
        return module.__dict__

    def _compiled_setups(self) -> tuple[test_code.Unit, test_code.Unit]:
        if self._setups is None:
            self._setups = (
                test_code.compile_test(self._run["setup"], "<setup>"),
                test_code.compile_test(self._run["judge_setup"], "<judge_setup>"),
            )
        return self._setups

    def _prepare(
        self, session: JudgeSession, unit: test_code.Unit, entry_point: str | None
    ) -> dict[str, Any]:
        """Run the setups, load the solution, and bind its names that the test uses."""
        setup, judge_setup = self._compiled_setups()
        space = self._namespace()
        session.blocks = {each.code.co_filename: each.blocks for each in (setup, judge_setup, unit)}
        exec(setup.code, space)
        session.setup_classes = setup_classes(space, _NAME)
        wanted = (unit.names | setup.names | judge_setup.names) - {"__builtins__"}
        found = session.request(Op.LOAD, tuple(sorted(wanted)))
        bound = test_code.bind(space, _checked(found), wanted, entry_point)
        named = unit.classes | judge_setup.classes
        classes = {
            name: item
            for name, item in bound.items()
            if isinstance(item, proxy_methods.StandInMeta)
        }
        session.named = {item for name, item in classes.items() if name in named}
        session.live = {item for name, item in classes.items() if name[:1].isupper()}
        if self.plain and not reuse.are_plain_calls(unit.names, bound):
            self._do_more()
        exec(judge_setup.code, space)
        random.seed = _seed_both(session)
        numpy_types.lend_seed(lambda value: session.request(Op.SEED, value, "numpy"))
        words = unit.words | setup.words | judge_setup.words
        if ambient_state.concerns(words):
            session.surroundings = ambient_state.Surroundings(session.stdout, words)
            self._at_end.enter_context(session.surroundings.restored())
        return space

    def _compiled_test(self, code: str) -> test_code.Unit:
        unit = test_code.compile_test(code, _TEST)
        if not unit.plain:
            self._do_more()
        return unit

    def run_assert(self, session: JudgeSession, test: dict[str, Any]) -> None:
        """Execute a snippet."""
        unit = self._compiled_test(test["code"])
        entry_point = self._run["entry_point"]
        space = self._prepare(session, unit, entry_point)
        session.handles_stop = "StopIteration" in unit.names
        self._asserts = unit.asserts
        exec(unit.code, space)

    def run_check(self, session: JudgeSession, test: dict[str, Any]) -> None:
        """Execute a snippet that defines ``check``, and call that with the entry point."""
        unit = self._compiled_test(test["code"])
        entry_point = test["entry_point"] or self._run["entry_point"]
        reads = unit.names - {"check"} | {entry_point}
        space = self._prepare(session, unit._replace(names=reads), entry_point)
        session.handles_stop = "StopIteration" in unit.names
        self._asserts = unit.asserts
        if entry_point not in space:
            raise Outcome("error", f"NameError: the solution does not define {entry_point!r}")
        candidate = space[entry_point]
        exec(unit.code, space)
        if "check" not in space:
            raise Outcome("error", "NameError: the test does not define check()")
        space["check"](candidate)

    def run_call(self, session: JudgeSession, test: dict[str, Any]) -> None:
        """Call a function with arguments and compare the result."""
        if test["checker_code"] is not None or test["expected_from"] is not None:
            self._do_more()
        function, args, kwargs, expected = decode_plain(base64.b64decode(test["call"]))
        owner, _, method = function.rpartition(".")
        wanted = frozenset(filter(None, (owner, method)))
        unit = test_code.compile_test("", _TEST)._replace(names=wanted)
        space = self._prepare(session, unit, owner or method)
        if test["expected_from"] is not None:
            expected = self._expected_from(space, test["expected_from"], args, kwargs)
        self._seen = excerpt(expected, EXCERPT_MAX), None
        given = copy.deepcopy(args) if test["checker_code"] is not None else ()
        actual = numpy_types.plain(_target(space, owner, method)(*args, **kwargs))
        self._seen = self._seen[0], excerpt(actual, EXCERPT_MAX)
        if test["checker_code"] is not None:
            self._check(session, space, test["checker_code"], (expected, actual, given))
        elif not checkers.same_call(expected, actual, test["checker"], test["atol"], test["rtol"]):
            got, want = excerpt(actual), excerpt(expected)
            raise Outcome("failed", f"{function}(...) returned {got}, expected {want}")

    @staticmethod
    def _expected_from(space: dict[str, Any], name: str, args: Any, kwargs: Any) -> Any:
        """Return what a trusted function of ``judge_setup`` says to the same arguments."""
        if name not in space:
            raise Outcome("error", f"NameError: judge_setup does not define {name!r}")
        args, kwargs = copy.deepcopy((args, kwargs))
        return space[name](*args, **kwargs)

    def run_stdio(self, session: JudgeSession, test: dict[str, Any]) -> None:
        """Run the solution as a program and compare what it printed."""
        self._do_more()
        setup, judge_setup = self._compiled_setups()  # raises what is wrong with them
        how, detail = session.request(Op.MAIN)
        expected, actual = test["stdout"], self._control.output()
        self._seen = excerpts_of_texts(expected, actual)
        if how != "exit":
            text = excerpt(detail).strip("'\"")
            raise Outcome("memory_limit" if text.startswith("MemoryError") else "error", text)
        if detail != 0:
            raise Outcome("error", f"exit status {excerpt(detail)}")
        if test["checker_code"] is not None:
            space = self._namespace()
            exec(setup.code, space)
            exec(judge_setup.code, space)
            self._check(session, space, test["checker_code"], (expected, actual, test["stdin"]))
        elif not checkers.same_output(
            expected, actual, test["checker"], test["atol"], test["rtol"]
        ):
            got, want = excerpt(actual), excerpt(expected)
            raise Outcome("failed", f"printed {got}, expected {want}")

    @staticmethod
    def _check(
        session: JudgeSession, space: dict[str, Any], code: str, values: tuple[Any, ...]
    ) -> None:
        """Have the test's own checker decide; what it raises about a result is a failure.

        Args:
            session: The session of the test.
            space: Where the checker is defined.
            code: Source that defines ``check(expected, actual)``, or with the input as a third.
            values: What it may be called with.
        """
        unit = test_code.compile_test(code, _CHECKER)
        session.handles_stop = "StopIteration" in unit.names
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
            raise Outcome("failed", "the checker says no")


_KINDS: dict[str, Callable[[Judge, JudgeSession, dict[str, Any]], None]] = {
    "assert": Judge.run_assert,
    "check": Judge.run_check,
    "call": Judge.run_call,
    "stdio": Judge.run_stdio,
}


def _target(space: dict[str, Any], owner: str, method: str) -> Any:
    """Return what a call test calls: where there is no such class, a function of that name."""
    if owner and owner in space:
        return getattr(space[owner](), method)
    if method not in space:
        what = f"{owner}.{method}" if owner else method
        raise Outcome("error", f"NameError: the solution does not define {what!r}")
    return space[method]


def _takes(check: Callable[..., Any], count: int) -> bool:
    """Tell whether a function can be called with so many arguments."""
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
