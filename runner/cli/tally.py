"""Aggregates of an evaluation: counts, heaps and samples, of bounded size for any input."""

import bisect
import heapq
import itertools
import math
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from runner.cli.evaluation.failures import Failure, Group, kind_of_failure
from runner.cli.evaluation.report_rows import ReportRows
from runner.cli.render import one_line
from runner.datasets.fences import has_fence
from runner.models import (
    Blame,
    Evidence,
    ExecutionRequest,
    ExecutionResult,
    ExecutionStatus,
    TestStatus,
)

#: Most failures that are kept by name.
_FAILURES_MAX = 1000
#: Most different messages that are counted separately.
_GROUPS_MAX = 1000
_TOP = 10

#: Larger k of pass@k that are shown by default, with the largest possible one.
_KS_SHOWN = frozenset({*range(1, 11), 20, 50, 100, 200, 500, 1000})

#: Upper ends of the classes of a distribution of seconds.
TIME_BOUNDS_S = tuple(
    base * 10.0**exponent for exponent in range(-4, 3) for base in (1.0, 2.0, 5.0)
)

_OTHER = "(other messages)"


class Slow(NamedTuple):
    """One test and how long it took; ``budget_used`` is a share, 1.0 all of it."""

    task_id: str
    sample: int | None
    test: int
    status: str
    cpu_s: float
    budget_used: float

    def figures(self) -> tuple[str, str, str, str]:
        """Return the table cells after the task, under the headings ``FIGURES``."""
        cpu, used = f"{self.cpu_s * 1000:.1f} ms", f"{100 * self.budget_used:.0f} %"
        return str(self.test), self.status, cpu, used


FIGURES = ("test", "status", "cpu", "of the budget")


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


class Tally:
    """Counts results as they arrive.

    Args:
        by_task: Whether tasks may have several samples, so that they are counted by task.
        report: Whether a report needs a row per task.
        ks: The k of pass@k; None for every k for which all tasks have enough samples.

    Attributes:
        skipped: Skipped rows of the input.
        unanswered: Tasks without a sample, if known.
    """

    def __init__(
        self, *, by_task: bool = True, report: bool = False, ks: Sequence[int] | None = None
    ) -> None:
        self._began_s = time.monotonic()
        self.statuses: Counter[str] = Counter()
        self._tasks: defaultdict[str, list[int]] | None = defaultdict(lambda: [0, 0])
        if not by_task:
            self._tasks = None
        self.ks = ks
        self.report = ReportRows() if report else None
        self.skipped = self.fenced = 0
        self.unanswered: Sequence[str] = ()
        self.conclusive = self.lost = self.broken = self.resumed = self.close = 0
        self.broken_tasks: list[str] = []
        #: Executions that passed, and tests that passed, by the evidence of the pass.
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
        self,
        request: ExecutionRequest,
        result: ExecutionResult,
        *,
        sample: int | None = None,
        resumed: bool = False,
    ) -> None:
        """Count one result, whose ``request_id`` names the task.

        Args:
            request: The request.
            result: The result.
            sample: Number among the samples of the task, from 1.
            resumed: Whether the result is from an earlier run.
        """
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
        self._note_times(result, sample)
        self.evidence_of_tests.update(test.evidence for test in result.tests if test.passed)
        if passed:
            self.evidence[result.evidence] += 1
        else:
            self._note_failure(result, sample)
            syntax_error = result.status is ExecutionStatus.SYNTAX_ERROR
            self.fenced += syntax_error and has_fence(request.code)
        if self.report is not None:
            self.report.add(request, result, sample)

    def _note_inconclusive(self, result: ExecutionResult) -> None:
        if result.blame is not Blame.TESTS:
            self.lost += 1
            return
        self.broken += 1
        if len(self.broken_tasks) < _FAILURES_MAX and result.request_id not in self.broken_tasks:
            self.broken_tasks.append(result.request_id)

    def _note_times(self, result: ExecutionResult, sample: int | None) -> None:
        for test in result.tests:
            figures = test.index, test.status.value, test.cpu_s, test.budget_used
            slow = Slow(result.request_id, sample, *figures)
            self._slowest.add(test.cpu_s, slow)
            if test.status is not TestStatus.TIMEOUT:
                self._closest.add(test.budget_used, slow)
                self.close += test.close

    def _note_failure(self, result: ExecutionResult, sample: int | None) -> None:
        self.failed += 1
        if len(self.failures) < _FAILURES_MAX:
            error = one_line(result.error or "", 300)
            self.failures.append(Failure(result.request_id, sample, result.status.value, error))
        key = kind_of_failure(result)
        if key not in self.groups and len(self.groups) >= _GROUPS_MAX:
            key = (result.status.value, _OTHER)
        self.groups.setdefault(key, Group()).add(result.request_id, sample)

    @property
    def inconclusive(self) -> int:
        """How many results are not conclusive."""
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

    def fewest(self) -> tuple[int, str]:
        """Return the smallest number of samples of a task, and the first such task."""
        if not self._tasks:
            return min(1, self.conclusive), ""
        return min(
            ((total, task) for task, (total, _) in self._tasks.items()), key=lambda found: found[0]
        )

    def pass_at_k(self) -> dict[int, float | None]:
        """Return the unbiased estimates, None where a task has fewer than ``k`` samples."""
        allowed, _ = self.fewest()
        rates: list[float] = []
        if self._tasks:
            counts = Counter((total, passed) for total, passed in self._tasks.values())
            columns = [
                [n * rate for rate in itertools.islice(pass_rates(*each), allowed)]
                for each, n in counts.items()
            ]
            rates = [math.fsum(row) / len(self._tasks) for row in zip(*columns, strict=True)]
        elif allowed:
            rates = [self.statuses[ExecutionStatus.ALL_PASSED.value] / self.conclusive]
        ks = range(1, allowed + 1) if self.ks is None else self.ks
        return {k: rates[k - 1] if k <= allowed else None for k in ks}

    def shown_rates(self) -> dict[int, float | None]:
        """Return pass@k for the requested k; by default for small k, round ones and the largest."""
        allowed, _ = self.fewest()
        chosen = None if self.ks is not None else {*_KS_SHOWN, allowed}
        return {k: rate for k, rate in self.pass_at_k().items() if not chosen or k in chosen}

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
        """Return the summary of ``--json``; times in seconds."""
        pass_at, wall_s = self.pass_at_k(), self.wall_s
        fresh = self.executions - self.resumed
        return {
            "executions": self.executions,
            "resumed": self.resumed,
            "tasks": self.tasks,
            "fewest_samples": self.fewest()[0],
            "statuses": dict(sorted(self.statuses.items())),
            "pass_at_1": pass_at.get(1),
            "pass_at_k": {str(k): share for k, share in pass_at.items()},
            "evidence": _by_level(self.evidence),
            "evidence_of_tests": _by_level(self.evidence_of_tests),
            "inconclusive": self.inconclusive,
            "broken": self.broken,
            "broken_tasks": list(self.broken_tasks),
            "skipped_rows": self.skipped,
            "tasks_without_samples": list(self.unanswered),
            "fenced": self.fenced,
            "failed": self.failed,
            "failures": [failure._asdict() for failure in self.failures],
            "failures_by_message": [
                {"status": status, "message": text, "count": group.count, "tasks": group.tasks}
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


def pass_rates(total: int, passed: int) -> Iterator[float]:
    """Yield for k = 1, 2, ... the unbiased estimate that one of ``k`` samples passes.

    That is 1 - C(n-c, k) / C(n, k).
    """
    none_passes = 1.0
    for drawn in range(total):
        none_passes *= max(0, total - passed - drawn) / (total - drawn)
        yield 1.0 - none_passes


def time_classes(times: Counter[int]) -> Iterable[tuple[float, int]]:
    """Return upper bound in seconds and count of each class between the first and the last."""
    if not times:
        return []
    return [(TIME_BOUNDS_S[n], times[n]) for n in range(min(times), max(times) + 1)]


def _class_of(seconds: float) -> int:
    return min(bisect.bisect_left(TIME_BOUNDS_S, seconds), len(TIME_BOUNDS_S) - 1)
