"""What a cluster's pool decides without Ray: routes, shares, admissions, sizes, the wire."""

import math
import subprocess
import sys
from decimal import Decimal
from typing import Any

import pytest

from runner.distributed import RayPool
from runner.distributed.admission import Admission
from runner.distributed.models import Greeting
from runner.distributed.node_messages import NodeError, dump_error, dump_result, load_answer
from runner.distributed.reports import merged_health, merged_stats
from runner.distributed.routed_request import RoutedRequest
from runner.distributed.routing import (
    IN_FLIGHT_PER_WORKER,
    ActorRef,
    NodeState,
    choose,
    workers_per_node,
)
from runner.errors import BackendError, ConfigurationError, PoolTimeoutError
from runner.fingerprint import worker_digest
from runner.models import (
    AssertTest,
    Blame,
    CallTest,
    Cause,
    Checker,
    CheckTest,
    Evidence,
    ExecutionRequest,
    ExecutionResult,
    ExecutionStatus,
    HealthReport,
    Limits,
    PoolStats,
    StageTimes,
    StdioTest,
    canonical_json,
)
from runner.pool.inputs import as_run
from runner.pool.metrics import Metrics
from runner.request_json import dump_request, load_request

_GIB = 1 << 30


def _member(node: str, *, load: int = 0, workers: int = 2, serving: bool = True) -> NodeState:
    return NodeState(ActorRef(node, workers, None), serving=serving, in_flight=set(range(load)))


def _result(status: str = "all_passed", **changes: Any) -> ExecutionResult:
    fields: dict[str, Any] = {
        "status": status,
        "passed": 0,
        "total": 0,
        "error": None,
        "tests": (),
        "blame": "none" if status == "all_passed" else "infrastructure",
        "cause": None,
        "conclusive": True,
        "attempts": 1,
        "history": ({"sandbox_id": "s", "status": status, "cause": None, "wall_s": 0.1},),
        "cpu_s": 0.0,
        "wall_s": 0.0,
        "queue_s": 0.5,
        "memory_peak_bytes": 0,
        "stdout": "",
        "stderr": "",
        "stdout_truncated": False,
        "stderr_truncated": False,
        "backend": "fake",
        "sandbox_id": "s",
        "fingerprint": "f",
        "digest": "d",
        "request_id": "r",
    }
    return ExecutionResult.model_validate({**fields, **changes})


def _routed(max_retries: int = 3) -> RoutedRequest:
    request = ExecutionRequest(code="", tests=())
    return RoutedRequest(request, dump_request(request), max_retries=max_retries, received_at=0.0)


# Ray itself


def test_without_ray_a_pool_tells_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'sandbox-runner\[ray\]'"):
        RayPool()


def test_ray_is_not_imported_before_it_is_needed() -> None:
    program = "import sys, runner.distributed; sys.exit('ray' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)


# Routes


def test_the_least_loaded_node_is_chosen() -> None:
    busy, idle = _member("busy", load=3), _member("idle", load=1)
    assert choose([busy, idle], ()) is idle


def test_load_counts_per_worker() -> None:
    small, large = _member("small", load=1, workers=1), _member("large", load=2, workers=8)
    assert choose([small, large], ()) is large


def test_a_full_node_gets_nothing() -> None:
    full = _member("full", load=2 * IN_FLIGHT_PER_WORKER)
    assert choose([full], ()) is None


def test_a_node_in_doubt_gets_nothing() -> None:
    assert choose([_member("doubted", serving=False)], ()) is None


def test_a_request_goes_to_a_node_that_has_not_tried_it() -> None:
    tried, fresh = _member("tried"), _member("fresh", load=3)
    assert choose([tried, fresh], {"tried"}) is fresh


def test_a_request_waits_for_another_node_rather_than_go_back() -> None:
    tried, full = _member("tried"), _member("full", load=2 * IN_FLIGHT_PER_WORKER)
    assert choose([tried, full], {"tried"}) is None


def test_a_request_goes_back_if_no_other_node_serves() -> None:
    tried, dead = _member("tried"), _member("dead", serving=False)
    assert choose([tried, dead], {"tried"}) is tried


# Sizes


def _node(name: str, *, alive: bool = True, **resources: float) -> dict[str, Any]:
    return {"NodeID": name, "Alive": alive, "Resources": resources}


def test_nodes_offer_their_sandbox_resource() -> None:
    nodes = [_node("a", sandbox=3, CPU=64), _node("b", sandbox=1.9), _node("head", CPU=8)]
    assert workers_per_node(nodes, wanted=None, memory_bytes=1) == {"a": 3, "b": 1}


def test_without_the_resource_nodes_offer_processors_as_far_as_memory_goes() -> None:
    nodes = [
        _node("a", CPU=4, memory=64 * _GIB),
        _node("b", CPU=64, memory=2 * _GIB),
        _node("head", memory=64 * _GIB),
    ]
    assert workers_per_node(nodes, wanted=None, memory_bytes=_GIB) == {"a": 4, "b": 2}


def test_dead_nodes_offer_nothing() -> None:
    assert workers_per_node([_node("a", alive=False, CPU=4)], wanted=None, memory_bytes=1) == {}


def test_the_callers_number_is_a_ceiling_of_what_is_declared() -> None:
    nodes = [_node("a", sandbox=8), _node("b", sandbox=2)]
    assert workers_per_node(nodes, wanted=4, memory_bytes=1) == {"a": 4, "b": 2}


def test_the_callers_number_counts_where_nothing_is_declared() -> None:
    nodes = [_node("a", CPU=1, memory=_GIB)]
    assert workers_per_node(nodes, wanted=4, memory_bytes=_GIB) == {"a": 4}


# Attempts


def test_one_attempt_is_kept_for_another_node() -> None:
    assert _routed(3).share(others=True) == 2
    assert _routed(3).share(others=False) == 3


@pytest.mark.parametrize("attempts", [1, 2])
def test_one_pool_may_lose_two_sandboxes(attempts: int) -> None:
    assert _routed(attempts).share(others=True) == attempts


def test_a_verdict_ends_the_request() -> None:
    routed = _routed()
    assert not routed.add(_result("some_failed"))


def test_a_process_error_is_tried_elsewhere_until_the_attempts_are_used_up() -> None:
    routed = _routed(3)
    assert routed.add(_result("process_error", attempts=2))
    assert not routed.add(_result("process_error"))


def test_a_result_of_a_shutdown_is_not_tried_again() -> None:
    assert not _routed().add(_result("process_error", cause=Cause.SHUTDOWN))


def test_the_result_tells_of_all_attempts() -> None:
    routed = _routed()
    routed.add(_result("process_error"))
    routed.add(_result(sandbox_id="last"))
    result = routed.conclude()
    assert (result.status, result.attempts, len(result.history)) == ("all_passed", 2, 2)
    assert result.sandbox_id == "last"
    assert result.queue_s == 1.0


def test_a_crash_that_was_seen_outlives_the_loss_of_the_next_node() -> None:
    routed = _routed()
    routed.add(_result("process_error", attempts=2, blame=Blame.CODE))
    routed.add(_result("process_error"))
    assert routed.conclude().blame is Blame.CODE


def test_broken_tests_are_not_sent_to_another_node() -> None:
    routed = _routed()
    assert routed.add(_result("process_error", blame=Blame.CODE))
    assert not routed.add(_result("process_error", blame=Blame.TESTS))
    assert routed.conclude().blame is Blame.TESTS


def test_the_death_of_a_program_is_its_result_and_its_loss_is_not() -> None:
    program = as_run("import os; os.abort()")
    for blame, again in ((Blame.CODE, False), (Blame.INFRASTRUCTURE, True)):
        routed = RoutedRequest(program, "", max_retries=3, received_at=0.0)
        assert routed.add(_result("process_error", blame=blame)) is again


# Admissions


def _greeting(fingerprint: str, **parts: str) -> Greeting:
    return Greeting(fingerprint=fingerprint, parts=parts)


def _present(admission: Admission, *shown: tuple[str, int, Greeting]) -> None:
    for node, workers, greeting in shown:
        admission.present(ActorRef(node, workers, None), greeting)


def test_no_node_is_admitted_before_all_have_been_heard() -> None:
    admission = Admission(None)
    _present(admission, ("a", 1, _greeting("x")))
    assert admission.decide(may_elect=False) == []
    ((seat, refusal),) = admission.decide(may_elect=True)
    assert (seat.node, refusal) == ("a", None)


def test_the_fingerprint_of_most_workers_is_elected() -> None:
    admission = Admission(None)
    _present(
        admission,
        ("odd", 3, _greeting("x", image="old")),
        ("b", 2, _greeting("y", image="new")),
        ("c", 2, _greeting("y", image="new")),
    )
    decided = {seat.node: refusal for seat, refusal in admission.decide(may_elect=True)}
    assert decided["b"] is None is decided["c"]
    assert decided["odd"] is not None
    assert "image is old, not new" in decided["odd"]


def test_nodes_with_the_clients_source_win_every_election() -> None:
    admission = Admission(None)
    ours = Greeting(fingerprint="ours", parts={"worker source": worker_digest()})
    _present(admission, ("many", 64, _greeting("x")), ("one", 1, ours))
    admission.decide(may_elect=True)
    assert admission.expected == "ours"


def test_an_expected_fingerprint_needs_no_election() -> None:
    admission = Admission("x")
    _present(admission, ("a", 1, _greeting("y", image="old")))
    ((_, refusal),) = admission.decide(may_elect=False)
    assert refusal is not None
    assert "its fingerprint is y, not x" in refusal


# The wire


@pytest.mark.parametrize(
    "value",
    [
        (1, [2, (3,)]),
        {1: "int key", (2, 3): {4, 5}},
        b"\x00\xff",
        1 << 200,
        math.inf,
        -0.0,
        complex(1, -0.0),
        "\ud800\x00",
        frozenset({None, True}),
        Decimal("1.10"),
        bytearray(b"x"),
    ],
)
def test_values_cross_without_loss(value: object) -> None:
    test = CallTest(function="f", args=[value], kwargs={"k": value}, expected=value)
    (crossed,) = load_request(dump_request(ExecutionRequest(code="", tests=(test,)))).tests
    assert isinstance(crossed, CallTest)
    assert canonical_json([crossed.args, crossed.kwargs, crossed.expected]) == canonical_json(
        [test.args, test.kwargs, test.expected]
    )


def test_requests_cross_without_loss() -> None:
    request = ExecutionRequest(
        code="\ud800\x00",
        tests=(
            AssertTest(code="assert True"),
            CheckTest(code="def check(f): pass", entry_point="f"),
            StdioTest(stdin="\x00", stdout="\udfff", checker=Checker.EXACT),
        ),
        setup="import math",
        judge_setup="x = 1",
        entry_point="f",
        classes=("A", "B"),
        min_evidence=Evidence.VALUES,
        timeout=0.25,
        limits=Limits(output_bytes=7, total_s=3.5),
        request_id="\ud800",
    )
    text = dump_request(request)
    assert text.isascii()
    assert load_request(text) == request


def test_a_value_that_cannot_cross_is_the_callers_error() -> None:
    test = CallTest(function="f", args=[object()])
    with pytest.raises(ConfigurationError, match="cannot cross"):
        dump_request(ExecutionRequest(code="", tests=(test,)))


def test_results_cross_without_loss() -> None:
    tests = [
        {"index": 0, "status": "passed", "passed": True, "evidence": "objects"},
        {"index": 1, "status": "error", "passed": False, "broken": True},
    ]
    attempt = {"sandbox_id": "s", "status": "process_error", "cause": "container_lost"}
    result = _result(
        "some_failed",
        stdout="\ud800\x00",
        error="\udfff",
        blame="tests",
        tests=tests,
        evidence="objects",
        history=[{**attempt, "wall_s": 0.1, "mid_frame": True}],
    )
    text = dump_result(result)
    assert text.isascii()
    assert load_answer(text) == result


def test_errors_of_the_caller_come_back_as_themselves() -> None:
    for error in (ConfigurationError("no"), PoolTimeoutError("late")):
        with pytest.raises(type(error), match=str(error)):
            load_answer(dump_error(error))


def test_errors_of_a_node_are_its_own() -> None:
    with pytest.raises(NodeError, match="BackendError: away"):
        load_answer(dump_error(BackendError("away")))


# Reports


def _stats(**changes: int) -> PoolStats:
    zeros = dict.fromkeys(PoolStats.model_fields, 0)
    times = StageTimes(count=1, total_s=1.0, p50_s=1.0, p95_s=1.0, p99_s=changes.pop("p99_s", 1))
    return PoolStats.model_validate({**zeros, **changes, "stages": {"run": times}})


def test_statistics_add_up() -> None:
    metrics = Metrics()
    metrics.count("requests", 5)
    nodes = {"a": _stats(workers=2, requests=99), "b": _stats(workers=3, p99_s=7)}
    stats = merged_stats(nodes, {"c": "gone"}, metrics, waiting=4)
    assert (stats.workers, stats.waiting, stats.requests) == (5, 4, 5)
    assert stats.stages["run"].count == 2
    assert stats.stages["run"].p99_s == 7
    assert stats.nodes == nodes
    assert stats.troubles == {"c": "gone"}


def _with_buckets(*buckets: tuple[float, int], count: int) -> PoolStats:
    times = StageTimes(count=count, total_s=1.0, p50_s=1, p95_s=1, p99_s=1, buckets=buckets)
    return _stats().model_copy(update={"stages": {"run": times}})


def test_histograms_add_up_whatever_bounds_they_have() -> None:
    nodes = {
        "a": _with_buckets((0.1, 1), (1.0, 4), (10.0, 5), count=6),
        "b": _with_buckets((0.1, 2), (1.0, 2), (10.0, 8), count=8),
        "other version": _with_buckets((0.5, 10), (1.0, 20), (100.0, 30), count=30),
        "without": _with_buckets(count=1),
    }
    run = merged_stats(nodes, {}, Metrics(), waiting=0).stages["run"]
    # Below its first bound nothing is known of a node, and between two what the lower one says.
    assert run.buckets == ((0.1, 3), (0.5, 13), (1.0, 26), (10.0, 33), (100.0, 43))
    assert run.count == 45


def _health(*, error: str | None = None) -> HealthReport:
    return HealthReport(
        healthy=error is None,
        started=True,
        workers=2,
        workers_responsive=2,
        workers_correct=2,
        error=error,
        check_duration_ms=1.0,
    )


def test_a_cluster_is_healthy_if_every_node_is() -> None:
    def report(nodes: dict[str, HealthReport], **troubles: str) -> tuple[bool, str | None]:
        merged = merged_health(nodes, troubles, started=True, duration_s=1.0)
        return merged.healthy, merged.error

    assert report({"a": _health(), "b": _health()}) == (True, None)
    assert report({"a": _health(), "b": _health(error="sick")}) == (False, "node b: sick")
    assert report({"a": _health()}, b="gone") == (False, "node b: gone")
    assert report({}) == (False, "no node serves")


def test_statuses_that_are_tried_again_are_those_of_a_pool() -> None:
    for status in ExecutionStatus:
        again = _routed().add(_result(status.value))
        assert again is (status is ExecutionStatus.PROCESS_ERROR)
