"""What is kept of an evaluation is right, and bounded."""

import itertools
import json
import math
import tracemalloc

import pytest

from runner.cli.evaluation.report_rows import PROBLEMS_MAX
from runner.cli.tally import Tally, pass_rates, time_classes
from runner.models import CallTest, ExecutionStatus
from runner.pool.inputs import as_request
from tests.cli.results import broken, inconclusive, pair


@pytest.mark.parametrize(("total", "passed"), [(5, 0), (5, 2), (5, 5), (10, 3), (1, 1), (7, 1)])
def test_pass_at_k_is_the_share_of_all_choices(total: int, passed: int) -> None:
    """Counted out: every choice of k among the samples."""
    samples = [True] * passed + [False] * (total - passed)
    rates = list(pass_rates(total, passed))
    assert len(rates) == total
    for k, rate in enumerate(rates, 1):
        choices = list(itertools.combinations(samples, k))
        share = sum(map(any, choices)) / len(choices)
        assert math.isclose(rate, share, abs_tol=1e-12)


def test_pass_at_k_is_told_where_every_task_has_so_many_samples() -> None:
    tally = Tally()
    for task, statuses in {"a": ["passed", "failed"], "b": ["failed", "failed", "passed"]}.items():
        for status in statuses:
            tally.add(*pair(task, status))
    assert list(tally.pass_at_k()) == [1, 2]
    assert tally.pass_at_k() == pytest.approx({1: (1 / 2 + 1 / 3) / 2, 2: (1 + 2 / 3) / 2})


def test_every_k_is_told_up_to_the_fewest_samples() -> None:
    """The largest, too, though it is not a round number."""
    tally = Tally()
    for n in range(7):
        tally.add(*pair("a", "passed" if n == 3 else "failed"), sample=n + 1)
        tally.add(*pair("b"), sample=n + 1)
    tally.add(*pair("b"), sample=8)
    assert tally.fewest() == (7, "a")
    assert tally.pass_at_k() == pytest.approx({k: (k / 7 + 1) / 2 for k in range(1, 8)})
    assert tally.summary()["fewest_samples"] == 7
    assert list(tally.summary()["pass_at_k"]) == [*"1234567"]


def test_a_k_that_is_asked_for_is_told_or_unknown() -> None:
    tally = Tally(ks=[2, 5])
    for _ in range(3):
        tally.add(*pair("a"))
    assert tally.pass_at_k() == {2: 1.0, 5: None}
    assert tally.summary()["pass_at_1"] is None


def test_samples_of_a_task_are_told_apart() -> None:
    tally = Tally(report=True)
    tally.add(*pair("a", cpu_s=0.2), sample=1)
    tally.add(*pair("a", "failed", message="second"), sample=2)
    tally.add(*pair("a", "failed", message="third"), sample=3)
    tally.add(*pair("b", "failed", message="third"), sample=1)
    summary = tally.summary()
    assert [(each["task_id"], each["sample"]) for each in summary["failures"]] == [
        ("a", 2),
        ("a", 3),
        ("b", 1),
    ]
    assert (summary["slowest"][0]["task_id"], summary["slowest"][0]["sample"]) == ("a", 1)
    groups = {message: group for _, message, group in tally.common_failures(10)}
    assert (groups["third"].tasks, groups["third"].examples) == (["a", "b"], ["a#3", "b#1"])
    assert tally.report is not None
    row, _ = tally.report.rows()
    assert [(each["sample"], each["details"]["message"]) for each in row["failures"]] == [
        (2, "second"),
        (3, "third"),
    ]


def test_a_failed_call_with_a_long_integer_is_shown() -> None:
    """Python refuses to write it out."""
    tests = [CallTest(function="f", args=[10**5000], kwargs={"n": 10**5000}, expected=1)]
    _, result = pair("a", "failed")
    request = as_request({"code": "x", "tests": tests, "request_id": "a"})
    tally = Tally(report=True)
    tally.add(request, result)
    assert tally.report is not None
    (row,) = tally.report.rows()
    assert row["failures"][0]["details"]["test"].startswith(
        "f(*[<integer of 16610 bits>], **{'n': <int"
    )


@pytest.mark.parametrize(
    ("status", "code", "count"),
    [
        ("syntax_error", "```python\nx\n```", 1),
        ("syntax_error", "x x", 0),
        ("failed", '"""\n```\n"""', 0),
    ],
)
def test_solutions_in_a_fence_are_counted(status: str, code: str, count: int) -> None:
    """Those alone that do not compile."""
    tally = Tally()
    request, result = pair("a", "failed", code=code)
    if status == "syntax_error":
        result = result.model_copy(update={"status": ExecutionStatus.SYNTAX_ERROR})
    tally.add(request, result)
    assert tally.summary()["fenced"] == count


def test_what_is_inconclusive_counts_for_no_rate() -> None:
    for by_task in (True, False):
        tally = Tally(by_task=by_task)
        assert tally.pass_at_k() == {}
        tally.add(*inconclusive("a"))
        assert tally.pass_at_k() == {}
        tally.add(*pair("b"))
        assert (tally.pass_at_k(), tally.inconclusive, tally.executions) == ({1: 1.0}, 1, 2)


def test_broken_tests_and_lost_sandboxes_are_counted_apart() -> None:
    tally = Tally()
    for entry in (pair("a"), inconclusive("b"), broken("c"), broken("c"), broken("d")):
        tally.add(*entry)
    assert (tally.lost, tally.broken, tally.broken_tasks) == (1, 3, ["c", "d"])
    summary = tally.summary()
    assert (summary["inconclusive"], summary["broken"]) == (4, 3)
    assert summary["broken_tasks"] == ["c", "d"]
    assert summary["pass_at_1"] == 1.0


def test_passes_are_counted_by_what_they_rest_on() -> None:
    """Executions that passed, and tests that passed; a failure counts for no level."""
    tally = Tally()
    for evidence in ("values", "values", "objects", "none"):
        tally.add(*pair("a", evidence=evidence))
    tally.add(*pair("b", "failed", evidence="values"))
    tally.add(*inconclusive("c"))
    summary = tally.summary()
    expected = {"values": 2, "objects": 1, "none": 1}
    assert summary["evidence"] == summary["evidence_of_tests"] == expected


def test_a_row_has_the_weakest_evidence_of_its_passes() -> None:
    tally = Tally(report=True)
    for task, evidence in (("a", "values"), ("a", "objects"), ("a", "values"), ("b", "values")):
        tally.add(*pair(task, evidence=evidence))
    tally.add(*pair("c", "failed"))
    assert tally.report is not None
    weakest = {row["task"]: row["evidence"] for row in tally.report.rows()}
    assert weakest == {"a": "objects", "b": "values", "c": None}


def test_slowest_and_closest_tests_are_named() -> None:
    """What exceeded its budget did not come close to it."""
    tally = Tally()
    for n in range(100):
        tally.add(*pair(f"t{n}", cpu_s=n / 100, budget_used=n / 200))
    tally.add(*pair("over", "timeout", cpu_s=5.0, budget_used=1.0))
    tally.add(*pair("near", budget_used=0.9))
    assert [entry.task_id for entry in tally.slowest()[:2]] == ["over", "t99"]
    assert [entry.task_id for entry in tally.closest()[:2]] == ["near", "t99"]
    assert tally.close == 1


def test_failures_that_say_the_same_are_one_group() -> None:
    tally = Tally()
    for n in range(30):
        tally.add(*pair(f"t{n}", "error", message=f"KeyError: '{n}' at 0x{n:x}"))
    tally.add(*pair("other", "failed", message="returned 3, expected 4"))
    (first, second) = tally.common_failures(10)
    assert (first[0], first[1], first[2].count) == ("runtime_error", "KeyError: … at …", 30)
    assert first[2].examples == ["t0", "t1", "t2"]
    assert second[1] == "returned …, expected …"


def test_memory_is_bounded_whatever_comes() -> None:
    """Every task, message and code is another one, and long."""

    def add(tally: Tally, numbers: range) -> None:
        for n in numbers:
            word = "".join(chr(97 + int(digit)) for digit in str(n))
            tally.add(*pair(f"{word}", "error", message=f"{word} {'y' * 5000}", code="z" * 9000))

    tally = Tally(by_task=False, report=True)
    add(tally, range(PROBLEMS_MAX + 1000))
    tracemalloc.start()
    add(tally, range(PROBLEMS_MAX + 1000, PROBLEMS_MAX + 2000))
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert grown < 100_000
    assert tally.report is not None
    assert (len(tally.report.rows()), tally.report.left_out) == (PROBLEMS_MAX, 2000)
    assert len(json.dumps(tally.summary())) < 1_000_000


def test_failures_stay_when_there_is_no_room_for_all() -> None:
    tally = Tally(report=True)
    for n in range(PROBLEMS_MAX):
        tally.add(*pair(f"good {n}"))
    tally.add(*pair("bad", "failed"))
    tally.add(*pair("late"))
    assert tally.report is not None
    rows = tally.report.rows()
    assert len(rows) == PROBLEMS_MAX
    assert [row["task"] for row in rows if row["failures"]] == ["bad"]
    assert rows[0]["task"] == "bad"
    assert tally.report.left_out == 2


def test_samples_of_one_task_share_a_row() -> None:
    tally = Tally(report=True)
    tally.add(*pair("a"))
    tally.add(*pair("a", "failed", message="first", expected="1", actual="2"))
    tally.add(*pair("a", "failed", message="second"))
    assert tally.report is not None
    (row,) = tally.report.rows()
    assert (row["samples"], row["passed"]) == (3, 1)
    first, second = (each["details"] for each in row["failures"])
    assert (first["message"], first["actual"], second["message"]) == ("first", "2", "second")


def test_failing_samples_of_all_problems_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first of each problem stays; then details go before names."""
    monkeypatch.setattr("runner.cli.evaluation.report_rows._DETAILED_MAX", 1)
    monkeypatch.setattr("runner.cli.evaluation.report_rows._LISTED_MAX", 3)
    tally = Tally(report=True)
    for task in ("a", "b"):
        for sample in range(1, 4):
            tally.add(*pair(task, "failed"), sample=sample)
    assert tally.report is not None
    kept = [
        [each["details"] is not None for each in row["failures"]] for row in tally.report.rows()
    ]
    assert kept == [[True, True, False], [True, False]]


@pytest.mark.parametrize(
    ("seconds", "bound_s"), [(0.0, 1e-4), (1e-4, 1e-4), (1.1e-4, 2e-4), (1.0, 1.0), (1e9, 500.0)]
)
def test_a_time_belongs_to_the_class_that_it_does_not_exceed(
    seconds: float, bound_s: float
) -> None:
    """What exceeds all of them belongs to the last."""
    tally = Tally()
    tally.add(*pair("a", cpu_s=seconds))
    ((found_s, count),) = time_classes(tally.times)
    assert (math.isclose(found_s, bound_s), count) == (True, 1)


def test_a_test_is_close_where_its_result_says_so() -> None:
    tally = Tally()
    results = [pair("a", budget_used=share) for share in (0.1, 0.49, 0.5, 0.9)]
    for request, result in results:
        tally.add(request, result)
    assert tally.close == sum(result.close for _, result in results) == 2
