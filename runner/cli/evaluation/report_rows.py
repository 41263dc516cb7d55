"""The rows of an HTML report, of bounded number and size for any evaluation."""

from collections import OrderedDict
from operator import attrgetter
from typing import Any

from runner.cli.evaluation.failures import details
from runner.cli.render import one_line
from runner.models import ExecutionRequest, ExecutionResult, ExecutionStatus

#: Most problems in a report.
PROBLEMS_MAX = 5000
#: Most failing samples in a report beside the first of each problem: with details, by name.
_DETAILED_MAX, _LISTED_MAX = 10_000, 50_000

_TEXT_MAX, _ERROR_MAX = 1000, 160


class ReportRows:
    """One row per task for a report, with its failing samples.

    If there are too many rows, those with failures are kept.
    """

    def __init__(self) -> None:
        self._rows: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self._passing: OrderedDict[str, None] = OrderedDict()
        self._further = 0
        self.left_out = 0

    def add(self, request: ExecutionRequest, result: ExecutionResult, sample: int | None) -> None:
        """Add one execution."""
        task_id, passed = result.request_id, result.status is ExecutionStatus.ALL_PASSED
        row = self._rows.get(task_id)
        if row is None:
            if len(self._rows) >= PROBLEMS_MAX and not self._make_room(passed=passed):
                self.left_out += 1
                return
            row = {"task": task_id[:_TEXT_MAX], "samples": 0, "passed": 0, "cpu_s": 0.0}
            row |= {"evidence": None, "failures": []}
            self._rows[task_id] = row
            self._passing[task_id] = None
        row["samples"] += 1
        row["passed"] += passed
        row["cpu_s"] = max(row["cpu_s"], result.cpu_s)
        if passed:
            known = row["evidence"] or result.evidence
            row["evidence"] = min(known, result.evidence, key=attrgetter("rank"))
            return
        self._passing.pop(task_id, None)
        further = self._further if row["failures"] else 0
        self._further += bool(row["failures"])
        if further < _LISTED_MAX:
            row["failures"].append(
                {
                    "sample": sample,
                    "status": result.status.value,
                    "message": one_line(result.error or "", _ERROR_MAX),
                    "details": details(request, result) if further < _DETAILED_MAX else None,
                }
            )

    def _make_room(self, *, passed: bool) -> bool:
        if passed or not self._passing:
            return False
        victim, _ = self._passing.popitem()
        del self._rows[victim]
        self.left_out += 1
        return True

    def rows(self) -> list[dict[str, Any]]:
        """Return the rows: first those with failures, then the others, in order of arrival."""
        return sorted(self._rows.values(), key=lambda row: not row["failures"])
