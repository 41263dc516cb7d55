"""What was seen becomes the verdict of the design, in its order, with the right one to blame."""

import hashlib
import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.digests import Digests
from runner.fingerprint import digest_of_json
from runner.models import (
    Blame,
    CallChecker,
    CallTest,
    Cause,
    CheckTest,
    ExecutionRequest,
    ExecutionResult,
    ExecutionStatus,
    Limits,
    Model,
    StdioTest,
    TestStatus,
)
from runner.sandbox.loss import Loss
from runner.verdicts import Context, Verdict, classify_attempt, combine_attempts
from tests.fakes import loss, report

S = ExecutionStatus
DETERMINISM = {"entropy": "fixed", "clock": "real"}
_OLD_DIGEST = "ab93d1197cd37d3e7f31208ff1c31575c7fe9522f6688b2e3e389ede96913409"


def request(count: int = 1, **fields: Any) -> ExecutionRequest:
    return ExecutionRequest(**{"code": "x = 1", "tests": ["assert x"] * count, **fields})


def verdict_on(*statuses: str, **changes: Any) -> Verdict:
    return classify_attempt(request(len(statuses)), report(*statuses, **changes), "box-1")


def concluded(*seen: Any, others_lived: bool = False, count: int = 1) -> ExecutionResult:
    context = Context("fake", "print", DETERMINISM, 0.5, others_lived=others_lived)
    wanted = request(count)
    verdicts = [classify_attempt(wanted, each, f"box-{index}") for index, each in enumerate(seen)]
    return combine_attempts(wanted, verdicts, context)


@pytest.mark.parametrize(
    ("tests", "status"),
    [
        ([], S.ALL_PASSED),
        (["passed"], S.ALL_PASSED),
        (["passed", "passed"], S.ALL_PASSED),
        (["failed"], S.SOME_FAILED),
        (["passed", "failed"], S.SOME_FAILED),
        (["passed", "timeout"], S.SOME_FAILED),
        (["passed", "error"], S.SOME_FAILED),
        (["timeout", "error"], S.SOME_FAILED),
        (["failed", "error"], S.SOME_FAILED),
        (["timeout"], S.TIMEOUT),
        (["timeout", "timeout"], S.TIMEOUT),
        (["timeout", "skipped"], S.SOME_FAILED),
        (["error"], S.RUNTIME_ERROR),
        (["error", "memory_limit", "output_limit"], S.RUNTIME_ERROR),
        (["crashed"], S.PROCESS_ERROR),
        (["passed", "crashed", "passed"], S.PROCESS_ERROR),
        (["timeout", "crashed"], S.PROCESS_ERROR),
    ],
)
def test_tests_make_a_status(tests: list[str], status: ExecutionStatus) -> None:
    assert verdict_on(*tests).status is status


def test_only_all_passed_has_no_blame() -> None:
    for statuses in itertools.product(TestStatus, repeat=2):
        verdict = verdict_on(*statuses)
        passed = verdict.status is S.ALL_PASSED
        assert verdict.blame is (Blame.NONE if passed else Blame.CODE)
        assert passed == (set(statuses) == {TestStatus.PASSED})


def test_a_syntax_error_comes_before_everything() -> None:
    verdict = classify_attempt(request(2), report(syntax_error="invalid syntax (line 1)"), "box-1")
    assert verdict.status is S.SYNTAX_ERROR
    assert verdict.error == "invalid syntax (line 1)"
    assert verdict.tests == ()


@pytest.mark.parametrize("cause", ["signal", "exit", "oom", "protocol", "budget"])
def test_a_crash_that_the_supervisor_saw_is_the_codes_fault(cause: str) -> None:
    seen = report("passed", "crashed")
    seen["tests"][1]["cause"] = cause
    verdict = classify_attempt(request(2), seen, "box-1")
    assert (verdict.blame, verdict.cause) == (Blame.CODE, Cause(cause))
    assert verdict.retriable


@pytest.mark.parametrize("cause", list(Cause))
def test_a_loss_is_the_infrastructures_fault(cause: Cause) -> None:
    verdict = classify_attempt(request(), loss(cause), "box-1")
    assert (verdict.status, verdict.blame, verdict.cause) == (
        S.PROCESS_ERROR,
        Blame.INFRASTRUCTURE,
        cause,
    )
    assert verdict.retriable is (cause is not Cause.SHUTDOWN)


def test_only_a_process_error_is_tried_again() -> None:
    for status in TestStatus:
        verdict = verdict_on(status)
        assert verdict.retriable is (verdict.status is S.PROCESS_ERROR)


def without(row: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != key}


ROW = report("passed")["tests"][0]


@pytest.mark.parametrize(
    "changes",
    [
        {"tests": []},
        {"tests": [ROW, ROW]},
        {"tests": [ROW, {**ROW, "index": 2}]},
        {"tests": [{**ROW, "index": 1}, ROW]},
        {"tests": [ROW, {**ROW, "index": True}]},
        {"tests": [ROW, {**ROW, "index": 1.0}]},
        {"tests": [ROW, {**ROW, "index": 1}, {**ROW, "index": 2}]},
        {"tests": [ROW, {**ROW, "index": 1, "status": "splendid"}]},
        {"tests": [ROW, {**ROW, "index": 1, "status": None}]},
        {"tests": [ROW, {**ROW, "index": 1, "message": 3}]},
        {"tests": [ROW, {**ROW, "index": 1, "cpu_s": -1.0}]},
        {"tests": [ROW, {**ROW, "index": 1, "wall_s": float("inf")}]},
        {"tests": [ROW, {**ROW, "index": 1, "budget_used": float("nan")}]},
        {"tests": [ROW, {**ROW, "index": 1, "stdout": None}]},
        {"tests": [ROW, {**ROW, "index": 1, "timeout_kind": "tea"}]},
        {"tests": [ROW, without({**ROW, "index": 1}, "stderr")]},
        {"tests": [ROW, {**ROW, "index": 1, "status": "crashed", "cause": None}]},
        {"tests": [ROW, {**ROW, "index": 1, "status": "crashed", "cause": "tea"}]},
        {"tests": [ROW, {**ROW, "index": 1, "evidence": "tea"}]},
        {"tests": [ROW, {**ROW, "index": 1, "evidence": None}]},
        {"tests": [ROW, without({**ROW, "index": 1}, "evidence")]},
        {"tests": [ROW, {**ROW, "index": 1, "status": "error", "broken": 1}]},
        {"tests": [ROW, {**ROW, "index": 1, "broken": True}]},
        {"tests": [ROW, without({**ROW, "index": 1}, "broken")]},
        {"tests": [ROW, None]},
        {"tests": {"0": ROW, "1": ROW}},
        {"tests": None},
        {"syntax_error": 7},
        {"cpu_s": "fast"},
        {"wall_s": True},
        {"memory_peak_bytes": -1},
        {"memory_peak_bytes": 1.5},
    ],
)
def test_a_report_that_does_not_answer_the_request_is_a_broken_protocol(
    changes: dict[str, Any],
) -> None:
    verdict = classify_attempt(request(2), {**report("passed", "passed"), **changes}, "box-1")
    assert (verdict.blame, verdict.cause) == (Blame.INFRASTRUCTURE, Cause.PROTOCOL)


def test_a_report_without_a_field_is_a_broken_protocol() -> None:
    for key in ("syntax_error", "tests", "cpu_s", "wall_s", "memory_peak_bytes"):
        assert (
            classify_attempt(request(), without(report("passed"), key), "x").cause is Cause.PROTOCOL
        )


def test_a_single_lost_container_is_an_accident() -> None:
    result = concluded(loss(), others_lived=True)
    assert (result.blame, result.conclusive) == (Blame.INFRASTRUCTURE, False)


def test_a_request_that_loses_every_container_beside_live_ones_is_to_blame() -> None:
    result = concluded(loss(), loss(), loss(), others_lived=True)
    assert (result.blame, result.conclusive, result.cause) == (
        Blame.CODE,
        True,
        Cause.CONTAINER_LOST,
    )


def test_if_all_sandboxes_go_the_request_is_not_to_blame() -> None:
    assert concluded(loss(), loss(), loss(), others_lived=False).blame is Blame.INFRASTRUCTURE


def test_a_request_that_is_cut_off_every_time_is_to_blame() -> None:
    """What was being sent was the report on it, even if no other sandbox has lived."""
    cut = loss(mid_frame=True)
    result = concluded(cut, cut)
    assert (result.blame, result.conclusive) == (Blame.CODE, True)
    assert [attempt.mid_frame for attempt in result.history] == [True, True]
    assert concluded(cut).blame is Blame.INFRASTRUCTURE
    assert concluded(cut, loss(), cut).blame is Blame.INFRASTRUCTURE
    assert concluded(cut, loss(Cause.NET), cut).blame is Blame.INFRASTRUCTURE
    assert concluded(cut, cut, loss(Cause.ENGINE)).blame is Blame.INFRASTRUCTURE


def with_broken(seen: dict[str, Any], *indices: int) -> dict[str, Any]:
    """Return a report in which these tests are broken."""
    for index in indices:
        seen["tests"][index].update(broken=True, message="SyntaxError: no")
    return seen


@pytest.mark.parametrize(
    ("statuses", "indices", "status"),
    [
        (["error"], [0], S.RUNTIME_ERROR),
        (["passed", "error"], [1], S.SOME_FAILED),
        (["failed", "error"], [1], S.SOME_FAILED),
        (["crashed", "error"], [1], S.PROCESS_ERROR),
        (["timeout", "error"], [1], S.SOME_FAILED),
    ],
)
def test_broken_tests_are_to_blame_whatever_the_code_does(
    statuses: list[str], indices: list[int], status: ExecutionStatus
) -> None:
    seen = with_broken(report(*statuses), *indices)
    verdict = classify_attempt(request(len(statuses)), seen, "box-1")
    assert (verdict.status, verdict.blame, verdict.retriable) == (status, Blame.TESTS, False)
    result = concluded(seen, count=len(statuses))
    assert (result.blame, result.conclusive) == (Blame.TESTS, False)
    assert [test.index for test in result.tests if test.broken] == indices


def test_broken_tests_are_named() -> None:
    one = concluded(with_broken(report("failed", "error"), 1), count=2)
    assert one.error == "test 1 is broken, whatever the solution is: SyntaxError: no"
    two = concluded(with_broken(report("error", "passed", "error"), 0, 2), count=3)
    assert two.error == "tests 0, 2 are broken, whatever the solution is: SyntaxError: no"
    many = concluded(with_broken(report(*["error"] * 12), *range(12)), count=12)
    assert many.error is not None
    assert many.error.startswith("tests 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more are broken")


def test_code_that_does_not_compile_is_to_blame_before_the_tests() -> None:
    result = concluded(report(syntax_error="invalid syntax"))
    assert (result.blame, result.conclusive) == (Blame.CODE, True)


def test_broken_tests_stay_to_blame_whatever_came_before() -> None:
    crashed = with_broken(report("crashed", "error"), 1)
    for before in (loss(), loss(mid_frame=True), report("crashed", "error")):
        assert concluded(before, crashed, count=2, others_lived=True).blame is Blame.TESTS


@pytest.mark.parametrize(
    ("found", "weakest"),
    [
        ([("passed", "values"), ("passed", "values")], "values"),
        ([("passed", "values"), ("passed", "objects")], "objects"),
        ([("passed", "none"), ("passed", "values")], "none"),
        ([("passed", "values"), ("failed", "objects")], "values"),
        ([("failed", "values")], "none"),
        ([], "none"),
    ],
)
def test_a_result_rests_on_the_weakest_of_its_passes(
    found: list[tuple[str, str]], weakest: str
) -> None:
    seen = report(*[status for status, _ in found])
    for row, (_, evidence) in zip(seen["tests"], found, strict=True):
        row["evidence"] = evidence
    result = concluded(seen, count=len(found))
    assert result.evidence.value == weakest
    assert [test.evidence.value for test in result.tests] == [evidence for _, evidence in found]


def test_one_loss_of_another_kind_speaks_for_the_request() -> None:
    result = concluded(loss(), loss(Cause.ENGINE), loss(), others_lived=True)
    assert result.blame is Blame.INFRASTRUCTURE


def test_a_crash_stays_seen_whatever_becomes_of_the_next_sandbox() -> None:
    result = concluded(report("crashed"), loss(), loss(Cause.NET))
    assert (result.blame, result.cause, result.sandbox_id) == (Blame.CODE, Cause.EXIT, "box-0")
    assert result.tests[0].status is TestStatus.CRASHED


def test_a_later_attempt_that_ends_well_is_the_result() -> None:
    result = concluded(loss(), report("passed"))
    assert result.status is S.ALL_PASSED
    assert (result.attempts, result.sandbox_id, result.conclusive) == (2, "box-1", True)
    assert [attempt.cause for attempt in result.history] == [Cause.CONTAINER_LOST, None]


@pytest.mark.parametrize(
    ("seen", "error"),
    [
        (report("passed"), None),
        (report("failed"), "Passed 0/1 tests; test 0: failed: it is failed"),
        (report("passed", "error"), "Passed 1/2 tests; test 1: error: it is error"),
        (report("failed", "crashed"), "Passed 0/2 tests; test 1: crashed: it is crashed"),
        (loss(), "sandbox lost: gone"),
    ],
)
def test_the_error_says_what_happened(seen: Any, error: str | None) -> None:
    count = 1 if isinstance(seen, Loss) else len(seen["tests"])
    assert concluded(seen, count=count).error == error


def test_output_is_joined_up_to_the_limit() -> None:
    seen = report("passed", "passed")
    for row in seen["tests"]:
        row["stdout"] = "abc"
    wanted = request(2, limits=Limits(output_bytes=4))
    context = Context("fake", "print", DETERMINISM, 0.0, others_lived=False)
    result = combine_attempts(wanted, [classify_attempt(wanted, seen, "box")], context)
    assert (result.stdout, result.stdout_truncated, result.stderr_truncated) == (
        "abca",
        True,
        False,
    )


#: All values of a report that a worker may write, in the place of each field of a test.
_SEEN = st.fixed_dictionaries(
    {
        "status": st.sampled_from([status.value for status in TestStatus]),
        "cause": st.just("exit"),
        "message": st.text(),
        "cpu_s": st.floats(0, 1e9) | st.integers(0, 10**9),
        "wall_s": st.floats(0, 1e9),
        "budget_used": st.floats(0, 1e9),
        "timeout_kind": st.sampled_from([None, "cpu", "blocked", "total"]),
        "stdout": st.text(st.characters(exclude_categories=())),
        "stderr": st.text(),
        "stdout_truncated": st.booleans(),
        "stderr_truncated": st.booleans(),
        "expected": st.none() | st.text(),
        "actual": st.none() | st.text(),
        "evidence": st.sampled_from(["none", "objects", "values"]),
        "exit_code": st.none() | st.integers(-64, 255),
    }
)


@given(st.lists(_SEEN, max_size=3), st.booleans())
def test_a_result_is_what_its_model_makes_of_the_same_values(
    rows: list[dict[str, Any]], retried: bool
) -> None:
    """Results are built without the model's own check, from values that were checked before."""
    seen = report(*["passed"] * len(rows))
    for each, row in zip(seen["tests"], rows, strict=True):
        each.update(row)
    result = concluded(*[loss()] * retried, seen, count=len(rows))
    assert result.cause is not Cause.PROTOCOL
    _is_as_validated(result)
    for part in (*result.tests, *result.history):
        _is_as_validated(part)


def _is_as_validated(made: Model) -> None:
    fields = {name: getattr(made, name) for name in type(made).model_fields}
    validated = type(made).model_validate(fields, strict=True)
    assert made == validated
    assert list(vars(made)) == list(vars(validated))
    assert made.model_fields_set == validated.model_fields_set
    assert made.to_json() == validated.to_json()


def test_lone_surrogates_survive_in_results() -> None:
    seen = report("failed")
    seen["tests"][0]["stdout"] = "\ud800\x00"
    result = concluded(seen)
    assert ExecutionResult.from_json(result.to_json()) == result


def digest_of(wanted: ExecutionRequest, verdict: Verdict) -> str:
    return Digests(wanted, DETERMINISM).of_result(verdict.status, verdict.tests)


_EVERY_KIND: list[Any] = [
    "assert x",
    CheckTest(code="def check(c): pass", entry_point="f"),
    StdioTest(stdin="1", stdout="2\ud800", checker_code="def check(e, a): return True"),
    CallTest(
        function="f",
        args=[(1, {2: {3}}), b"4", 10**5000],
        kwargs={"a": [None, 1.5], "b": {"c": (1,)}},
        expected={1: "x"},
        checker=CallChecker.UNORDERED,
    ),
    CallTest(function="f", expected_from="g"),
]


@pytest.mark.parametrize(
    ("more", "spelled"),
    [
        ({}, {}),
        (
            {"classes": ["X"], "min_evidence": "values", "limits": Limits(total_s=3)},
            {"classes": ["X"], "min_evidence": "values"},
        ),
        ({"files": {}}, {"files": {"contents": {}, "most": [16 << 20, 1000]}}),
        (
            {"files": {"b": b"\xff", "a": "ä"}, "limits": Limits(files_count=2)},
            {
                "files": {
                    "contents": {
                        "a": hashlib.sha256("ä".encode()).hexdigest(),
                        "b": hashlib.sha256(b"\xff").hexdigest(),
                    },
                    "most": [16 << 20, 2],
                }
            },
        ),
    ],
)
def test_digests_are_of_the_canonical_json_of_request_and_statuses(
    more: dict[str, Any], spelled: dict[str, Any]
) -> None:
    wanted = request(tests=_EVERY_KIND, judge_setup="def g(): pass", **more)
    verdict = classify_attempt(wanted, report(*["passed"] * len(_EVERY_KIND)), "box")
    question = {
        name: getattr(wanted, name)
        for name in ("code", "setup", "judge_setup", "entry_point", "timeout")
    }
    question["limits"] = wanted.limits.model_dump(exclude={"files_bytes", "files_count"})
    question["determinism"] = DETERMINISM
    question["tests"] = [
        {name: getattr(test, name) for name in type(test).model_fields} for test in wanted.tests
    ]
    question.update(spelled)
    answer = {"status": "all_passed", "tests": [[i, "passed"] for i in range(len(_EVERY_KIND))]}
    asked = Digests(wanted, DETERMINISM)
    assert asked.of_request() == digest_of_json(question)
    assert digest_of(wanted, verdict) == digest_of_json({"request": question, "result": answer})


def test_the_digest_knows_no_times_texts_or_names() -> None:
    slow = report("failed", cpu_s=9.0, wall_s=10.0, memory_peak_bytes=7)
    slow["tests"][0].update(message="other", stdout="noise", wall_s=3.0)
    first = classify_attempt(request(request_id="a"), report("failed"), "box-1")
    second = classify_attempt(request(request_id="b"), slow, "box-2")
    assert digest_of(request(request_id="a"), first) == digest_of(request(request_id="b"), second)


@pytest.mark.parametrize(
    "changes",
    [
        {"code": "x = 2"},
        {"setup": "y = 1"},
        {"judge_setup": "y = 1"},
        {"timeout": 6.0},
        {"limits": Limits(output_bytes=1)},
        {"tests": ["assert y"]},
        {"tests": [CallTest(function="f", args=[(1,)])]},
        {"tests": [CallTest(function="f", args=[[1]])]},
        {"entry_point": "x"},
        {"classes": ["X"]},
        {"min_evidence": "objects"},
        {"min_evidence": "values"},
    ],
)
def test_the_digest_knows_the_question(changes: dict[str, Any]) -> None:
    verdict = verdict_on("passed")
    assert digest_of(request(**changes), verdict) != digest_of(request(), verdict)


def test_digests_of_before_classes_and_evidence_stand() -> None:
    """Computed before there were any."""
    assert digest_of(request(), verdict_on("passed")) == _OLD_DIGEST


def test_the_digest_does_not_know_the_evidence() -> None:
    strong, weak = report("passed"), report("passed")
    weak["tests"][0]["evidence"] = "objects"
    one, two = (classify_attempt(request(), seen, "box") for seen in (strong, weak))
    assert digest_of(request(), one) == digest_of(request(), two)


def test_the_digest_knows_the_answer_and_the_determinism() -> None:
    passed, failed = verdict_on("passed"), verdict_on("failed")
    digests = {
        digest_of(request(), passed),
        digest_of(request(), failed),
        Digests(request(), {**DETERMINISM, "clock": "fixed"}).of_result(
            passed.status, passed.tests
        ),
    }
    assert len(digests) == 3
