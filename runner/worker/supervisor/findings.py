"""What has been found out about one request so far: its tests' reports, and what is left to do."""

from typing import Any

from ..protocol import cases
from ..protocol.report import Death, TestReport, blank_test, output_room
from .budget import Budget, BudgetKind
from .output import CapturedOutput
from .pair import Pair

#: What a program may print beyond what its test expects.
_SPARE_OUTPUT_BYTES = 1024 * 1024


class RunningTest:
    """The test that runs now: what it may use, and what it prints.

    Args:
        pair: The processes that run it.
        budget: What it may use.
        limit: The most bytes that it may print to each stream.
    """

    def __init__(self, pair: Pair, budget: Budget, limit: int) -> None:
        self.budget = budget
        self.limit = limit
        self.stdout = CapturedOutput(pair.stdout, limit)
        self.stderr = CapturedOutput(pair.stderr, limit)
        self.streams = (self.stdout, self.stderr)


class Findings:
    """The reports of one request's tests, in order, and the tests that have none yet.

    Args:
        tests: Their payloads.
        output_bytes: What each may print to each stream, in bytes.
        apart: Whether each test has its own pair.

    Attributes:
        tests: All tests; once a suite is listed, what it holds stands in its place.
        suites: The suites that are listed, by their index in the request.
        todo: Index and payload of each test without a report.
        reports: The finished reports.
        charged_s: Seconds that the finished tests are charged with.
        peak_bytes: The most memory that a subject had.
        compiled: Whether the solution compiles.
        syntax_error: Why it does not.
    """

    def __init__(self, tests: list[dict[str, Any]], output_bytes: int, *, apart: bool) -> None:
        self._apart = apart
        self._output_bytes = output_bytes
        self._room = output_room(output_bytes)
        self.tests = tests
        self.suites: dict[int, dict[str, Any]] = {}
        self.todo = list(enumerate(tests))
        self.reports: list[TestReport] = []
        self.charged_s = 0.0
        self.peak_bytes = 0
        self.compiled = False
        self.syntax_error: str | None = None
        #: Whether code of the tests runs now, before the solution is loaded.
        self.checking = False
        self._checked: set[int] = set()

    def expand(self, found: cases.NamesOfCases) -> None:
        """Put the tests of suites in the place of the suites: none has a report so far."""
        listed = {index: cases.as_suite(self.tests[index]) for index in found}
        self.tests = [
            each
            for index, test in enumerate(self.tests)
            for each in cases.expand(index, test, found)
        ]
        self.suites, self.todo = listed, list(enumerate(self.tests))

    @property
    def complete(self) -> bool:
        """Whether every test has a report, or the solution does not compile."""
        return self.syntax_error is not None or (self.compiled and not self.todo)

    def group(self) -> list[tuple[int, dict[str, Any]]]:
        """Return the tests that may share a pair: a program that reads stdin has its own."""
        if self._apart:
            return self.todo[:1]
        group: list[tuple[int, dict[str, Any]]] = []
        for entry in self.todo:
            if entry[1]["kind"] in ("stdio", "program"):
                return group or [entry]
            group.append(entry)
        return group

    def note_checked(self) -> None:
        """Note that the next tests are not broken: the solution runs only after that is known."""
        self.compiled = True
        self._checked.update(index for index, _ in self.group())

    @property
    def are_checked(self) -> bool:
        """Whether an earlier pair has found that the next tests are not broken."""
        return self._checked.issuperset(index for index, _ in self.group())

    @property
    def output_limit(self) -> int:
        """Limit of the next test's output in bytes; more than the expected output of a program."""
        expected = self.todo[0][1].get("stdout") if self.todo else None
        if expected is None:
            return self._output_bytes
        size = len(expected.encode("utf-8", "surrogatepass"))
        return max(self._output_bytes, size + _SPARE_OUTPUT_BYTES)

    def finish(
        self,
        test: RunningTest,
        status: str,
        message: str,
        *,
        cause: Death | None = None,
        timeout_kind: BudgetKind | None = None,
        exit_code: int | None = None,
    ) -> TestReport:
        """Report the first of the tests that are left, and return the report."""
        index, payload = self.todo.pop(0)
        report = _blank(index, payload, "error" if status == "broken" else status, message)
        report["broken"] = status == "broken"
        report["cpu_s"], _, report["wall_s"] = test.budget.usage
        report["budget_used"] = test.budget.share
        for name, stream in (("stdout", test.stdout), ("stderr", test.stderr)):
            report[f"{name}_truncated"] = stream.truncated  # type: ignore[literal-required]
            self.add_output(report, name, stream.text())
        report["cause"], report["timeout_kind"] = cause, timeout_kind
        report["exit_code"] = exit_code
        self.charged_s += test.budget.charged_s
        self.reports.append(report)
        return report

    def add_output(self, report: TestReport, name: str, text: str) -> None:
        """Add to the output that is reported of a test, as far as the request has room for it."""
        kept = text[: max(0, self._room)]
        self._room -= len(kept)
        report[name] += kept  # type: ignore[literal-required]
        if len(kept) < len(text):
            report[f"{name}_truncated"] = True  # type: ignore[literal-required]

    def break_off(self, reasons: dict[int, str]) -> None:
        """Report these tests as broken, and all others that are left as skipped."""
        for index, payload in self.todo:
            broken = index in reasons
            message = reasons.get(index, "not run: another test of this request is broken")
            report = _blank(index, payload, "error" if broken else "skipped", message)
            report["broken"] = broken
            self.reports.append(report)
        self.todo, self.compiled = [], True

    def skip_rest(self) -> None:
        """Report all tests that are left as skipped, since the request has no time left."""
        reason = "the request's total budget is spent"
        for index, payload in self.todo:
            self.reports.append(_blank(index, payload, "skipped", reason))
        self.todo = []


def _blank(index: int, payload: dict[str, Any], status: str, message: str) -> TestReport:
    return blank_test(index, status, message, payload.get("name"))
