"""What is kept of an evaluation: counts, heaps and samples, bounded whatever the number of rows."""

import bisect
import heapq
import itertools
import math
import re
import time
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

from runner.cli.render import one_line
from runner.models import (
    AssertTest,
    Blame,
    CallTest,
    CheckTest,
    Evidence,
    ExecutionRequest,
    ExecutionResult,
    ExecutionStatus,
    StdioTest,
    TestResult,
    TestStatus,
)

#: Failures that are kept by name.
_FAILURES_MAX = 1000
#: Different messages that are told apart.
_GROUPS_MAX = 1000
_EXAMPLES = 3
_TOP = 10
#: Problems in a report.
PROBLEMS_MAX = 5000
#: How many samples per task are asked for, where every task has that many.
_KS = (1, 2, 5, 10, 20, 50, 100)

#: Upper ends of the classes of a distribution of seconds.
TIME_BOUNDS_S = tuple(
    base * 10.0**exponent for exponent in range(-4, 3) for base in (1.0, 2.0, 5.0)
)

_CODE_MAX, _TEXT_MAX, _OUTPUT_MAX = 2000, 1000, 500
_OTHER = "(other messages)"


class Failure(NamedTuple):
    """One execution that did not pass."""

    task_id: str
    status: str
    error: str


class Slow(NamedTuple):
    """One test and how long it took; ``budget_used`` is a share, 1.0 all of it."""

    task_id: str
    test: int
    status: str
    cpu_s: float
    budget_used: float

    def figures(self) -> tuple[str, str, str, str]:
        """Return what tables show of it after the task, under ``FIGURES``."""
        cpu, used = f"{self.cpu_s * 1000:.1f} ms", f"{100 * self.budget_used:.0f} %"
        return str(self.test), self.status, cpu, used


FIGURES = ("test", "status", "cpu", "of the budget")


class Group:
    """Failures that say the same."""

    __slots__ = ("count", "examples")

    def __init__(self) -> None:
        self.count = 0
        self.examples: list[str] = []

    def add(self, task_id: str) -> None:
        """Count one."""
        self.count += 1
        if len(self.examples) < _EXAMPLES and task_id not in self.examples:
            self.examples.append(task_id)


class _Top:
    """The largest few of a stream."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Slow]] = []
        self._serial = itertools.count()

    def add(self, size: float, entry: Slow) -> None:
        item = (size, -next(self._serial), entry)
        if len(self._heap) < _TOP:
            heapq.heappush(self._heap, item)
        elif item > self._heap[0]:
            heapq.heapreplace(self._heap, item)

    def entries(self) -> list[Slow]:
        return [entry for _, _, entry in sorted(self._heap, reverse=True)]


class Problems:
    """One row per task for a report: failures stay when there is no room for all."""

    def __init__(self) -> None:
        self._rows: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self._passing: OrderedDict[str, None] = OrderedDict()
        self.left_out = 0

    def add(self, request: ExecutionRequest, result: ExecutionResult) -> None:
        """Note one execution."""
        task_id, passed = result.request_id, result.status is ExecutionStatus.ALL_PASSED
        row = self._rows.get(task_id)
        if row is None:
            if len(self._rows) >= PROBLEMS_MAX and not self._make_room(passed=passed):
                self.left_out += 1
                return
            row = {"task": task_id[:_TEXT_MAX], "samples": 0, "passed": 0, "cpu_s": 0.0}
            row |= {"status": result.status.value, "evidence": None, "failure": None}
            self._rows[task_id] = row
            self._passing[task_id] = None
        row["samples"] += 1
        row["passed"] += passed
        if passed:
            row["evidence"] = _weaker(row["evidence"], result.evidence)
        row["cpu_s"] = max(row["cpu_s"], result.cpu_s)
        if not passed and row["failure"] is None:
            row["status"] = result.status.value
            row["failure"] = _details(request, result)
            self._passing.pop(task_id, None)

    def _make_room(self, *, passed: bool) -> bool:
        if passed or not self._passing:
            return False
        victim, _ = self._passing.popitem()
        del self._rows[victim]
        self.left_out += 1
        return True

    def rows(self) -> list[dict[str, Any]]:
        """Return the rows, as they came."""
        return list(self._rows.values())


def _weaker(known: str | None, found: Evidence) -> str:
    return found.value if known is None else min(Evidence(known), found, key=_rank).value


def _rank(evidence: Evidence) -> int:
    return evidence.rank


class Tally:
    """Counts results as they come.

    Args:
        by_task: Whether there may be several samples per task, so that each has to be counted.
        problems: Whether a report wants a row per task.
    """

    def __init__(self, *, by_task: bool = True, problems: bool = False) -> None:
        self._began_s = time.monotonic()
        self.statuses: Counter[str] = Counter()
        self._tasks: defaultdict[str, list[int]] | None = defaultdict(lambda: [0, 0])
        if not by_task:
            self._tasks = None
        self.problems = Problems() if problems else None
        self.conclusive = self.lost = self.broken = self.resumed = self.close = 0
        self.broken_tasks: list[str] = []
        #: Executions that passed, and tests that passed, by what the pass rests on.
        self.evidence: Counter[Evidence] = Counter()
        self.evidence_of_tests: Counter[Evidence] = Counter()
        self.failed = 0
        self.failures: list[Failure] = []
        self.groups: dict[tuple[str, str], Group] = {}
        self.times: Counter[int] = Counter()
        self._slowest, self._closest = _Top(), _Top()
        self.fingerprints: set[str] = set()

    def begin(self) -> None:
        """Start the clock."""
        self._began_s = time.monotonic()

    def add(
        self, request: ExecutionRequest, result: ExecutionResult, *, resumed: bool = False
    ) -> None:
        """Count one result, whose ``request_id`` names the task."""
        passed = result.status is ExecutionStatus.ALL_PASSED
        self.statuses[result.status.value] += 1
        self.resumed += resumed
        self.times[_class_of(result.cpu_s)] += 1
        if len(self.fingerprints) < _TOP:
            self.fingerprints.add(result.fingerprint)
        if result.conclusive:
            self.conclusive += 1
            if self._tasks is not None:
                counts = self._tasks[result.request_id]
                counts[0] += 1
                counts[1] += passed
        else:
            self._note_inconclusive(result)
        self._note_times(result)
        self.evidence_of_tests.update(test.evidence for test in result.tests if test.passed)
        if passed:
            self.evidence[result.evidence] += 1
        else:
            self._note_failure(result)
        if self.problems is not None:
            self.problems.add(request, result)

    def _note_inconclusive(self, result: ExecutionResult) -> None:
        if result.blame is not Blame.TESTS:
            self.lost += 1
            return
        self.broken += 1
        if len(self.broken_tasks) < _FAILURES_MAX and result.request_id not in self.broken_tasks:
            self.broken_tasks.append(result.request_id)

    def _note_times(self, result: ExecutionResult) -> None:
        for test in result.tests:
            slow = Slow(
                result.request_id, test.index, test.status.value, test.cpu_s, test.budget_used
            )
            self._slowest.add(test.cpu_s, slow)
            if test.status is not TestStatus.TIMEOUT:
                self._closest.add(test.budget_used, slow)
                self.close += test.close

    def _note_failure(self, result: ExecutionResult) -> None:
        self.failed += 1
        if len(self.failures) < _FAILURES_MAX:
            error = one_line(result.error or "", 300)
            self.failures.append(Failure(result.request_id, result.status.value, error))
        key = _kind_of_failure(result)
        if key not in self.groups and len(self.groups) >= _GROUPS_MAX:
            key = (result.status.value, _OTHER)
        self.groups.setdefault(key, Group()).add(result.request_id)

    @property
    def inconclusive(self) -> int:
        """How many results say nothing about the code."""
        return self.lost + self.broken

    @property
    def executions(self) -> int:
        """How many results there are."""
        return self.conclusive + self.inconclusive

    @property
    def wall_s(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self._began_s

    @property
    def tasks(self) -> int:
        """How many tasks have a conclusive result."""
        return self.conclusive if self._tasks is None else len(self._tasks)

    def pass_at_k(self) -> dict[int, float]:
        """Return the unbiased estimates for every k that all tasks have samples for."""
        if not self.conclusive:
            return {}
        if self._tasks is None:
            return {1: self.statuses[ExecutionStatus.ALL_PASSED.value] / self.conclusive}
        counts = list(self._tasks.values())
        fewest = min(total for total, _ in counts)
        return {
            k: math.fsum(pass_at_k(total, passed, k) for total, passed in counts) / len(counts)
            for k in _KS
            if k <= fewest
        }

    def note(self) -> str:
        """Return the running counts, for a progress bar."""
        passed = self.statuses[ExecutionStatus.ALL_PASSED.value]
        rest = [
            f"{count} {status}"
            for status, count in sorted(self.statuses.items())
            if status != ExecutionStatus.ALL_PASSED.value
        ]
        return ", ".join([f"{passed} passed", *rest])

    def slowest(self) -> list[Slow]:
        """Return the tests that used the most CPU time."""
        return self._slowest.entries()

    def closest(self) -> list[Slow]:
        """Return the tests that came closest to their budget without exceeding it."""
        return self._closest.entries()

    def common_failures(self, limit: int) -> list[tuple[str, str, Group]]:
        """Return status, message and group of the most frequent failures."""
        ordered = sorted(self.groups.items(), key=lambda item: (-item[1].count, item[0]))
        return [(*key, group) for key, group in ordered[:limit]]

    def summary(self) -> dict[str, Any]:
        """Return what ``--json`` prints beside the results; times in seconds."""
        pass_at, wall_s = self.pass_at_k(), self.wall_s
        fresh = self.executions - self.resumed
        return {
            "executions": self.executions,
            "resumed": self.resumed,
            "tasks": self.tasks,
            "statuses": dict(sorted(self.statuses.items())),
            "pass_at_1": pass_at.get(1),
            "pass_at_k": {str(k): share for k, share in pass_at.items()},
            "evidence": _by_level(self.evidence),
            "evidence_of_tests": _by_level(self.evidence_of_tests),
            "inconclusive": self.inconclusive,
            "broken": self.broken,
            "broken_tasks": list(self.broken_tasks),
            "failed": self.failed,
            "failures": [failure._asdict() for failure in self.failures],
            "failures_by_message": [
                {"status": status, "message": text, "count": group.count, "tasks": group.examples}
                for status, text, group in self.common_failures(50)
            ],
            "slowest": [entry._asdict() for entry in self.slowest()],
            "closest_to_limit": [entry._asdict() for entry in self.closest()],
            "close_to_limit": self.close,
            "wall_s": wall_s,
            "executions_per_s": fresh / wall_s if wall_s else 0.0,
            "fingerprint": min(self.fingerprints, default=""),
        }


def _by_level(counts: Counter[Evidence]) -> dict[str, int]:
    return {level.value: counts[level] for level in reversed(Evidence)}


def pass_at_k(total: int, passed: int, k: int) -> float:
    """Return the unbiased estimate that one of ``k`` samples passes: 1 - C(n-c, k) / C(n, k)."""
    if total - passed < k:
        return 1.0
    return 1.0 - math.prod(1.0 - k / n for n in range(total - passed + 1, total + 1))


def time_classes(times: Counter[int]) -> Iterable[tuple[float, int]]:
    """Return upper bound in seconds and count of each class between the first and the last."""
    if not times:
        return []
    return [(TIME_BOUNDS_S[n], times[n]) for n in range(min(times), max(times) + 1)]


def _class_of(seconds: float) -> int:
    return min(bisect.bisect_left(TIME_BOUNDS_S, seconds), len(TIME_BOUNDS_S) - 1)


_DETAIL = re.compile(r"'[^']*'|\"[^\"]*\"|0x[0-9a-fA-F]+|-?\d+(\.\d+)?([eE][+-]?\d+)?")


def _kind_of_failure(result: ExecutionResult) -> tuple[str, str]:
    """Return the status and what the failure has in common with others: no names, no figures."""
    first = _first_failure(result)
    text = (first.message if first else result.error) or ""
    if first is not None and not text:
        text = f"test {first.status.value}"
    return result.status.value, _DETAIL.sub("…", one_line(text, 300))[:150]


def _first_failure(result: ExecutionResult) -> TestResult | None:
    """Return the test that explains the result: the first broken one, or the first failure."""
    broken = next((test for test in result.tests if test.broken), None)
    return broken or next((test for test in result.tests if not test.passed), None)


def _details(request: ExecutionRequest, result: ExecutionResult) -> dict[str, Any]:
    """Return what a report shows of a failure, each text cut to what a reader needs."""
    first = _first_failure(result)
    details: dict[str, Any] = {
        "blame": result.blame.value,
        "error": (result.error or "")[:_TEXT_MAX],
        "code": request.code[:_CODE_MAX],
    }
    if first is not None:
        details |= {
            "index": first.index,
            "status": first.status.value,
            "message": first.message[:_TEXT_MAX],
            "expected": first.expected,
            "actual": first.actual,
            "stdout": first.stdout[-_OUTPUT_MAX:],
            "stderr": first.stderr[-_OUTPUT_MAX:],
        }
        details["test"] = _text_of_test(request, first.index)
    return details


def _text_of_test(request: ExecutionRequest, index: int) -> str:
    match request.tests[index]:
        case StdioTest(stdin=text) | AssertTest(code=text) | CheckTest(code=text):
            return text[:_TEXT_MAX]
        case CallTest(function=function, args=args):
            return f"{function}(*{args!r:.500})"[:_TEXT_MAX]
