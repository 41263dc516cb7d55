"""One request in the judge: its payload, its compiled code, and whether it leaves a trace."""

import contextlib
import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..codec.format import Bounds
from ..protocol import cases
from . import names
from .outcomes import TestsError
from .prediction.bindings import Prediction
from .source import test_code
from .suite import doctests
from .trust.skipping import Block

#: The code of a test under this file name.
TEST = "<test>"
CHECKER = "<checker>"


class Stale(BaseException):  # must pass any ``except Exception`` of a test
    """This request may leave a trace, and the judge is not fresh."""


class JudgeRequest:
    """What all tests of a request have in common.

    Args:
        payload: What the supervisor has sent.
        fresh: Whether this process has judged nothing yet.

    Attributes:
        tests: Index and payload of the tests to run.
        others: The same of the request's other tests: they count when names are decided.
        suites: The suites whose tests are listed, by their index in the request.
        checked: Whether an earlier pair has found that these tests are not broken.
        has_files: Whether the solution has a work directory.
        bounds: Of what crosses between judge and subject.
        plain: Whether no state so far could outlast the request.
    """

    def __init__(self, payload: dict[str, Any], *, fresh: bool) -> None:
        self.code: str = payload["code"]
        self.setup: str = payload["setup"]
        self.judge_setup: str = payload["judge_setup"]
        self.entry_point: str | None = payload["entry_point"]
        self.classes = frozenset(payload["classes"])
        self.min_evidence: str = payload["min_evidence"]
        self.tests: list[tuple[int, dict[str, Any]]] = payload["tests"]
        self.others: list[tuple[int, dict[str, Any]]] = payload["others"]
        self.suites: dict[int, dict[str, Any]] = dict(payload["suites"])
        self._cpu_s: float = payload["cpu_s"]
        self.checked: bool = payload["checked"]
        self.has_files: bool = payload["has_files"]
        limits = payload["limits"]
        self.memory_bytes: int | None = limits["memory_bytes"]
        self.output_bytes: int = limits["output_bytes"]
        self.bounds = Bounds(limits["value_bytes"], limits["value_nodes"], limits["value_depth"])
        self.plain = True
        #: What the references of call tests expect, by ``id`` of the test.
        self.expectations: dict[int, Any] = {}
        #: Whether this process has loaded the solution.
        self.loaded = False
        #: What loading the solution before a plain test binds.
        self.predicted: Prediction | None = None
        self.may_predict = True
        #: Sets of free names of which all were found to be provided.
        self.provided: set[frozenset[str]] = set()
        self._fresh = fresh
        self._units: dict[tuple[str, str], test_code.Unit] = {}

    @property
    def cpu_s(self) -> float:
        """The most CPU time that the tests to run may take, in seconds, and the compiler."""
        return self._cpu_s * (len(self.tests) + 1)

    def every_test(self) -> list[tuple[int, dict[str, Any]]]:
        """Return index and payload of all tests of the request, in order."""
        return sorted([*self.tests, *self.others], key=lambda entry: entry[0])

    def expand(self, found: cases.NamesOfCases) -> None:
        """Put the tests of suites in the place of the suites."""
        every, chosen = self.every_test(), {index for index, _ in self.tests}
        self.suites = {index: cases.as_suite(test) for index, test in every if index in found}
        self.tests, self.others = [], []
        for old, test in every:
            for each in cases.expand(old, test, found):
                index = len(self.tests) + len(self.others)
                (self.tests if old in chosen else self.others).append((index, each))

    def cases_of(self, suite: int) -> list[str]:
        """Return the names of the tests of a suite, as they were listed."""
        return [test["name"] for _, test in self.every_test() if test.get("suite") == suite]

    def source_of_suite(self, suite: dict[str, Any]) -> str:
        """Return the code of a suite; an empty text if it is no code but a text with examples."""
        text = str(suite["code"])
        return "" if suite["doctest"] and doctests.is_text(text) else text

    def units_of_suite(self, suite: dict[str, Any]) -> tuple[test_code.Unit, test_code.Unit]:
        """Return the code of a suite, and the same with its examples, for the names in both.

        Raises:
            TestsError: It does not compile.
        """
        code = self.compiled(self.source_of_suite(suite))
        if not suite["doctest"]:
            return code, code
        examples = doctests.code_of(suite["code"])
        return code, self.compiled(f"{self.source_of_suite(suite)}\n{examples}")

    @property
    def size(self) -> int:
        """How many characters the tests hold: code, arguments, input and expectations."""
        return sum(map(len, _texts_of([test for _, test in self.tests], self.suites)))

    def texts(self) -> Iterator[str]:
        """Yield every text of the request but the solution's."""
        yield from (self.setup, self.judge_setup)
        yield from _texts_of([test for _, test in self.every_test()], self.suites)

    def leave_trace(self) -> None:
        """Note that a step may leave state that outlasts the request; call this before it counts.

        Raises:
            Stale: The judge has judged before, so it must not judge this.
        """
        self.plain = False
        if not self._fresh:
            raise Stale

    def compiled(self, text: str, filename: str = TEST) -> test_code.Unit:
        """Compile trusted code once.

        Raises:
            TestsError: It does not compile.
        """
        key = text, filename
        if key not in self._units:
            try:
                self._units[key] = test_code.compile_test(text, filename)
            except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
                what = filename.strip("<>")
                raise TestsError(f"{what} does not compile: {_brief(error)}") from error
        return self._units[key]

    def is_plain(self, test: dict[str, Any]) -> bool:
        """Return True if a test has no code but calls with constants, and asserts about them."""
        if test["kind"] == "call":
            return test["checker_code"] is None and test["expected_from"] is None
        return test["kind"] in ("assert", "check") and self.compiled(test["code"]).plain

    @functools.cached_property
    def setups(self) -> tuple[test_code.Unit, test_code.Unit]:
        """The setup of both sides and that of the judge, compiled; raises TestsError."""
        return (
            self.compiled(self.setup, "<setup>"),
            self.compiled(self.judge_setup, "<judge_setup>"),
        )

    @functools.cached_property
    def blocks_of_setups(self) -> dict[str, tuple[Block, ...]]:
        """The ``with`` statements and functions of the setups, by file name."""
        return {unit.code.co_filename: unit.blocks for unit in self.setups}

    @functools.cached_property
    def choice(self) -> names.Choice:
        """What the names of the tests mean; raises TestsError for code that does not compile."""
        setup, judge_setup = self.setups
        free: set[str] = set(setup.free)
        otherwise: set[str] = set(setup.free)
        used: set[tuple[str, str]] = set(setup.used)
        asked = {*self.classes, *asked_by({"kind": "check", "entry_point": self.entry_point})}
        for test in [test for _, test in [*self.tests, *self.others]] + [*self.suites.values()]:
            with contextlib.suppress(TestsError):  # that is reported for this test
                for unit in self._units_of(test):
                    free |= unit.free
                    used |= unit.used
                    otherwise |= unit.free - unit.compared
                    asked |= unit.imported_from(test.get("module", cases.SOLUTION))
            asked |= asked_by(test)
        free -= setup.defined | judge_setup.defined | {"__name__", "__file__", "__builtins__"}
        return names.choose(free, {name for name in asked if name}, free - otherwise, used)

    def _units_of(self, test: dict[str, Any]) -> list[test_code.Unit]:
        """Return the code of a test in which names may mean the solution."""
        if test["kind"] == "suite":
            return [self.units_of_suite(test)[1]]
        return [self.compiled(test["code"])] if test["kind"] in ("assert", "check") else []


def _texts_of(
    tests: Sequence[Mapping[str, Any]], suites: Mapping[int, Mapping[str, Any]]
) -> Iterator[str]:
    items = (item for test in [*tests, *suites.values()] for item in test.values())
    return (item for item in items if isinstance(item, str))


def asked_by(test: dict[str, Any]) -> set[str]:
    """Return the names of the solution that a test declares."""
    target = {"check": test.get("entry_point"), "call": test.get("function")}.get(test["kind"])
    owner, method = parts_of_target(target or "")
    return {owner or method} if target else set()


def parts_of_target(target: str) -> tuple[str, str]:
    """Return class and method of ``Class.method`` or ``Class().method``, or no class and a name."""
    owner, _, method = target.rpartition(".")
    return owner.removesuffix("()"), method


def _brief(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:500]
