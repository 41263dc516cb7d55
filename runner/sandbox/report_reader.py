"""Reads a worker's report, and checks the type of each of its fields.

A report is data from a process next to hostile code.
"""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from runner.models import Evidence, TestResult, TestStatus, TimeoutKind
from runner.worker.protocol.cases import Place
from runner.worker.protocol.report import EXCERPT_MAX

#: Longest message; the worker caps them as well, but the host does not rely on that.
MAX_MESSAGE_CHARS = 10_000

_MOST_SECONDS = sys.float_info.max

#: Words of a report; an unknown word is a ``KeyError``, a list a ``TypeError``.
_TEST_STATUSES: Mapping[object, TestStatus] = {each.value: each for each in TestStatus}
_TIMEOUT_KINDS: Mapping[object, TimeoutKind | None] = {
    None: None,
    **{each.value: each for each in TimeoutKind},
}
_EVIDENCE: Mapping[object, Evidence] = {each.value: each for each in Evidence}


class BadReport(Exception):
    """The report does not answer the request."""


def tests_in(places: Sequence[Place], rows: Sequence[Mapping[str, Any]]) -> tuple[TestResult, ...]:
    """Return the results of all tests: those of the request, or those that were listed."""
    names = [(index, name) for index, (_, name) in enumerate(places)]
    if not isinstance(rows, list) or [(row["index"], row["name"]) for row in rows] != names:
        raise BadReport(f"it does not have each of the {len(places)} tests once, in order")
    return tuple(map(_test, rows, places))


def _test(row: Mapping[str, Any], place: Place) -> TestResult:
    """Return a test's result, after a check of the type of each field."""
    if type(row["index"]) is not int:
        raise BadReport("a test's index is not an integer")
    status = _TEST_STATUSES[row["status"]]
    passed, broken = status is TestStatus.PASSED, _flag(row["broken"])
    if passed and broken:
        raise BadReport(f"test {row['index']} is broken and has passed")
    return TestResult.of_checked(
        {
            "index": row["index"],
            "status": status,
            "passed": passed,
            "message": _text(row["message"])[:MAX_MESSAGE_CHARS],
            "cpu_s": seconds(row["cpu_s"]),
            "wall_s": seconds(row["wall_s"]),
            "timeout_kind": _TIMEOUT_KINDS[row["timeout_kind"]],
            "budget_used": seconds(row["budget_used"]),
            "stdout": _text(row["stdout"]),
            "stderr": _text(row["stderr"]),
            "stdout_truncated": _flag(row["stdout_truncated"]),
            "stderr_truncated": _flag(row["stderr_truncated"]),
            "expected": _excerpt(row["expected"]),
            "actual": _excerpt(row["actual"]),
            "evidence": _EVIDENCE[row["evidence"]],
            "broken": broken,
            "exit_code": _exit_code(row["exit_code"]),
            "test": place[0],
            "name": place[1],
        }
    )


def _text(value: object) -> str:
    if type(value) is not str:
        raise BadReport(f"{value!r:.60} is not a text")
    return value


def _flag(value: object) -> bool:
    if type(value) is not bool:
        raise BadReport(f"{value!r:.60} is not a truth value")
    return value


def _exit_code(value: object) -> int | None:
    if value is not None and (type(value) is not int or not -64 <= value <= 255):
        raise BadReport(f"{value!r:.60} is not an exit code")
    return value


def _excerpt(value: object) -> str | None:
    return None if value is None else _text(value)[:EXCERPT_MAX]


def seconds(value: object) -> float:
    """Return a duration; raises BadReport."""
    if type(value) is float and 0 <= value <= _MOST_SECONDS:
        return value
    # Not infinity: an integer can be less than infinity and still too large for a float.
    if type(value) not in (int, float) or not 0 <= value <= _MOST_SECONDS:  # type: ignore[operator]
        raise BadReport(f"{value!r:.60} is not a duration")
    return float(value)  # type: ignore[arg-type]


def count(value: object) -> int:
    """Return a number of bytes; raises BadReport."""
    if type(value) is not int or value < 0:
        raise BadReport(f"{value!r:.60} is not a number of bytes")
    return value
