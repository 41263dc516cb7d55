"""Measures a cluster of logical nodes on this machine beside a pool without Ray, as JSON.

    python -m runner.distributed.measure --mbpp mbpp.jsonl

*overhead*: one request at a time, and a batch, on a local pool and on one node of the same size, in
turns, since a machine is not equally fast at all times; the ratio is what counts. *routing*: the
most that one client can give out and take back, whatever the nodes do. *corpus*: all reference
solutions of HumanEval (and MBPP) on a local pool, on one node, on three, and on three of which one
is killed in the middle: are the digests equal, and is anything lost?
"""

import argparse
import contextlib
import json
import os
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from typing import Any

from runner import datasets
from runner.distributed.connection import load_ray
from runner.distributed.node import NodePool
from runner.distributed.pool import RayPool
from runner.distributed.roster import IN_FLIGHT_PER_WORKER, Member, Seat, choose
from runner.distributed.wire import dump_request, dump_result, load_answer, load_request
from runner.models import ExecutionRequest, ExecutionResult, ExecutionStatus
from runner.pool import Pool

_REQUEST = ("def add(a, b):\n    return a + b\n", ["assert add(1, 2) == 3"] * 3)
_ROUNDS = 5


@contextlib.contextmanager
def _cluster(nodes: int, workers: int) -> Iterator[Any]:
    from ray.cluster_utils import Cluster

    cluster = Cluster(
        initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False}
    )
    for _ in range(nodes):
        cluster.add_node(num_cpus=1, resources={"sandbox": workers})
    try:
        yield cluster
    finally:
        cluster.shutdown()


def _timed(act: Callable[[], Any]) -> float:
    began_s = time.perf_counter()
    act()
    return time.perf_counter() - began_s


def overhead(workers: int, repetitions: int) -> dict[str, Any]:
    """Return medians per request in milliseconds, single and in batches, and their ratios."""
    local_single: list[float] = []
    ray_single: list[float] = []
    batches: dict[str, list[float]] = {"local": [], "ray": []}
    batch = [_REQUEST] * repetitions
    with (
        _cluster(1, workers) as cluster,
        Pool(workers=workers) as local,
        RayPool(address=cluster.address) as remote,
    ):
        for _ in range(_ROUNDS):
            for _ in range(repetitions):
                local_single.append(_timed(lambda: local.execute(*_REQUEST)))
                ray_single.append(_timed(lambda: remote.execute(*_REQUEST)))
            batches["local"].append(_timed(lambda: local.execute_batch(batch)))
            batches["ray"].append(_timed(lambda: remote.execute_batch(batch)))
    single = statistics.median(local_single), statistics.median(ray_single)
    each = [statistics.median(batches[name]) / repetitions for name in ("local", "ray")]
    return {
        "single_local_ms": single[0] * 1000,
        "single_ray_ms": single[1] * 1000,
        "single_ratio": single[1] / single[0],
        "batch_local_ms": each[0] * 1000,
        "batch_ray_ms": each[1] * 1000,
        "batch_ratio": each[1] / each[0],
    }


class _Echo(NodePool):
    """A node that answers at once: what is left is the way there and back."""

    answer = ""

    def execute(self, request: str, max_retries: int) -> str:
        """Decode the request as a node does, and return a result that was made before."""
        del max_retries
        load_request(request)
        return self.answer

    def prepare(self, answer: str) -> None:
        """Take the answer."""
        self.answer = answer


def routing(workers: int, repetitions: int) -> dict[str, float]:
    """Return what a client spends on a request, in microseconds, and how many it can have routed.

    ``client_us`` is the client's own work: to encode a request and to decode a result.
    ``ray_us`` is a call of an actor and its answer, many under way. ``choice_1000_us`` is the
    choice among a thousand nodes.
    """
    ray = load_ray()
    request = ExecutionRequest.model_validate({"code": _REQUEST[0], "tests": _REQUEST[1]})
    with _cluster(1, workers) as cluster, RayPool(address=cluster.address) as pool:
        result = pool.execute(request)
        config = pool.config.to_json()
        answer, text = dump_result(result), dump_request(request)
        echo = ray.remote(num_cpus=0, max_concurrency=IN_FLIGHT_PER_WORKER * workers)(_Echo)
        actor = echo.remote(config)
        ray.get(actor.prepare.remote(answer))
        calls = 10 * repetitions
        ray_s = (
            _timed(lambda: ray.get([actor.execute.remote(text, 1) for _ in range(calls)])) / calls
        )
        ray.kill(actor)
    client_s = _timed(lambda: [load_answer(answer) for _ in range(repetitions)]) / repetitions
    client_s += _timed(lambda: [dump_request(request) for _ in range(repetitions)]) / repetitions
    crowd = [Member(Seat(str(n), 8, None), serving=True) for n in range(1000)]
    choice_s = _timed(lambda: [choose(crowd, ()) for _ in range(100)]) / 100
    return {
        "client_us": client_s * 1e6,
        "ray_us": ray_s * 1e6,
        "choice_1000_us": choice_s * 1e6,
        "request_bytes": float(len(text)),
        "result_bytes": float(len(answer)),
    }


def corpus(requests: Sequence[ExecutionRequest], workers: int) -> dict[str, Any]:
    """Return what became of all requests on one pool, one node, three nodes, and two of three."""
    with Pool(workers=workers) as pool:
        began_s = time.perf_counter()
        alone: list[ExecutionResult] = pool.execute_batch(requests)
        wall_s = time.perf_counter() - began_s
    report: dict[str, Any] = {
        "requests": len(requests),
        "local pool": {"passed": _passed(alone), "wall_s": wall_s},
    }
    for name, nodes, run in (
        ("1 node", 1, _run),
        ("3 nodes", 3, _run),
        ("killed", 3, _run_killing),
    ):
        with _cluster(nodes, workers) as cluster, RayPool(address=cluster.address) as remote:
            began_s = time.perf_counter()
            results = run(remote, cluster, requests)
            wall_s = time.perf_counter() - began_s
        report[name] = {
            "digests_equal": [r.digest for r in results] == [r.digest for r in alone],
            "passed": _passed(results),
            "lost": sum(not result.conclusive for result in results),
            "repeated": sum(result.attempts > 1 for result in results),
            "nodes": len({result.node for result in results}),
            "wall_s": wall_s,
        }
    return report


def _run(pool: RayPool, _: Any, requests: Sequence[ExecutionRequest]) -> list[ExecutionResult]:
    return list(pool.execute_batch(requests))


def _run_killing(
    pool: RayPool, cluster: Any, requests: Sequence[ExecutionRequest]
) -> list[ExecutionResult]:
    """Kill one node when a quarter of the results are there."""
    futures = [pool.submit(request) for request in requests]
    quarter = threading.Semaphore(0)

    def tell(_future: "Future[ExecutionResult]") -> None:
        quarter.release()

    for future in futures:
        future.add_done_callback(tell)
    for _ in range(len(futures) // 4):
        quarter.acquire()
    cluster.remove_node(next(iter(cluster.worker_nodes)), allow_graceful=False)
    return [future.result() for future in futures]


def _passed(results: Sequence[ExecutionResult]) -> int:
    return sum(result.status is ExecutionStatus.ALL_PASSED for result in results)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m runner.distributed.measure")
    parser.add_argument("--mbpp", default=os.environ.get("RUNNER_MBPP"), help="a file of MBPP")
    parser.add_argument("--workers", type=int, default=2, help="per pool and per node; default: 2")
    parser.add_argument("--repetitions", type=int, default=100)
    parser.add_argument("--only", nargs="+", default=["overhead", "routing", "corpus"])
    options = parser.parse_args()
    sources = ["humaneval", *filter(None, [options.mbpp])]
    figures: dict[str, Callable[[], Any]] = {
        "overhead": lambda: overhead(options.workers, options.repetitions),
        "routing": lambda: routing(options.workers, options.repetitions),
        "corpus": lambda: corpus(
            [problem.request() for source in sources for problem in datasets.load(source)],
            options.workers,
        ),
    }
    for name in options.only:
        sys.stdout.write(json.dumps({name: figures[name]()}, indent=2) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
