"""The pool on real Ray clusters on this machine, with real sandboxes."""

import contextlib
import functools
import os
import shutil
import signal
import threading
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any, Literal

import pytest

import runner
from runner import engine, resources
from runner.backends.owner import LABEL_POOL, Owner
from runner.distributed import RayPool
from runner.errors import BackendError, BatchError, ConfigurationError, PoolClosedError
from runner.models import CallTest, Cause, ExecutionResult, ExecutionStatus, Limits, StdioTest

pytestmark = [
    pytest.mark.ray,
    pytest.mark.timeout(300),
    # Ray's own, while it starts and ends.
    pytest.mark.filterwarnings("default::ResourceWarning", "ignore::FutureWarning"),
]

Eventually = Callable[..., None]

_MARK = "RUNNER_TEST_CLUSTER"
_ONE = ("def one(): return 1", ["assert one() == 1"])
_SLOW = ("def one(): return 1", ["import time\ntime.sleep(0.1)\nassert one() == 1"])
_ENDLESS = ("def one(): return 1", ["import time\ntime.sleep(60)"])
_DATA: tuple[Literal["images", "seccomp"], ...] = ("images", "seccomp")
_PACKAGE = Path(runner.__file__).parent


class Nodes:
    """A cluster whose head offers no sandboxes, and two nodes that offer two each."""

    def __init__(self) -> None:
        from ray.cluster_utils import Cluster

        os.environ[_MARK] = self.mark = uuid.uuid4().hex
        soon = {
            "health_check_initial_delay_ms": 0,
            "health_check_period_ms": 1000,
            "health_check_failure_threshold": 3,
            "health_check_timeout_ms": 3000,
        }
        head = {"num_cpus": 2, "include_dashboard": False, "_system_config": soon}
        self._cluster = Cluster(initialize_head=True, head_node_args=head)
        self.address: str = self._cluster.address
        self.added = [self.add() for _ in range(2)]

    def add(self, sandboxes: int = 2, **environment: str) -> Any:
        return self._cluster.add_node(
            num_cpus=1, resources={"sandbox": sandboxes}, env_vars=environment or None
        )

    def kill(self, node: Any) -> None:
        self._cluster.remove_node(node, allow_graceful=False)

    @contextlib.contextmanager
    def another(self, sandboxes: int = 2, **environment: str) -> Iterator[Any]:
        node = self.add(sandboxes, **environment)
        try:
            yield node
        finally:
            if node in self._cluster.worker_nodes:
                self.kill(node)
            # Until Ray notices, it would place the next test's actors there.
            self._cluster.wait_for_nodes()

    def actors(self) -> set[int]:
        """Return the process ids of all actors that own a pool."""
        return {pid for pid in map(_pid, Path("/proc").glob("[0-9]*")) if self._is_actor(pid)}

    def close(self) -> None:
        self._cluster.shutdown()
        del os.environ[_MARK]

    def _is_actor(self, pid: int) -> bool:
        try:
            title = Path(f"/proc/{pid}/cmdline").read_bytes()
            environment = Path(f"/proc/{pid}/environ").read_bytes()
        except OSError:
            return False  # it has ended meanwhile
        return title.startswith(b"ray::NodePool") and self.mark.encode() in environment


def _pid(path: Path) -> int:
    return int(path.name)


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    nodes = Nodes()
    yield nodes
    nodes.close()


@pytest.fixture
def eventually(eventually: Eventually) -> Eventually:
    """Be patient: a cluster on one machine has many processes, and few processors."""
    return functools.partial(eventually, timeout_s=60.0)


@pytest.fixture(autouse=True)
def _no_leftovers(nodes: Nodes, eventually: Eventually) -> Iterator[None]:
    """See that no test leaves an actor, a container, a thread or a connection to Ray behind."""
    import ray

    yield
    assert not ray.is_initialized()
    eventually(lambda: not nodes.actors())
    eventually(lambda: not [t for t in threading.enumerate() if t.name.startswith("ray-test")])


@pytest.fixture
def ray_pool(
    nodes: Nodes, backend: str, eventually: Eventually
) -> Iterator[Callable[..., RayPool]]:
    """Start pools that are shut down in the end, and then have no containers."""
    pools: list[RayPool] = []
    owners: set[int] = set()

    def start(**settings: Any) -> RayPool:
        pool = RayPool(
            address=nodes.address, **{"name": "ray-test", "backend": backend, **settings}
        )
        pools.append(pool)
        pool.start()
        owners.update(nodes.actors())
        return pool

    yield start
    owners.update(nodes.actors())
    for pool in pools:
        pool.shutdown()
    eventually(lambda: not _containers_of(owners))


def _containers_of(owners: set[int]) -> list[str]:
    with contextlib.closing(engine.connect(timeout_s=10)) as client:
        found = client.containers(all=True, filters={"label": LABEL_POOL})
    here = Owner.current().place
    named = [(Owner.from_labels(container["Labels"]), container["Id"]) for container in found]
    return [name for owner, name in named if owner and owner.place == here and owner.pid in owners]


def _mixed() -> list[dict[str, Any]]:
    """Return requests of every kind and verdict."""
    add = "def add(a, b): return a + b"
    echo = "def echo(x): return x"
    values = ((1, 2), {3, 4}, b"\x00\xff", {1: "x", (2,): None}, 1 << 99, -0.0, "\ud800")
    return [
        {"code": add, "tests": ["assert add(1, 2) == 3", "assert add(1, 2) == 4"]},
        {"code": add, "tests": []},
        {"code": "def broken(:", "tests": ["assert True"]},
        {"code": "\ud800", "tests": ["assert True"]},
        {"code": "raise ValueError('\ud800\x00')", "tests": ["assert add(1, 2) == 3"]},
        {"code": "while True: pass", "tests": ["assert True"], "timeout": 0.2},
        {"code": "import os\nos._exit(3)", "tests": ["assert True"]},
        {"code": "x = bytearray(1 << 30)", "tests": ["assert True"]},
        {"code": "print('x' * 300_000)", "tests": ["assert True"]},
        {"code": "print('x' * 99)", "tests": ["assert 1"], "limits": Limits(output_bytes=10)},
        {"code": "print(input()[::-1])", "tests": [StdioTest(stdin="abc\n", stdout="cba\n")]},
        *(
            {"code": echo, "tests": [CallTest(function="echo", args=[value], expected=value)]}
            for value in values
        ),
    ]


def test_verdicts_and_digests_are_those_of_a_single_pool(
    ray_pool: Callable[..., RayPool], backend: str
) -> None:
    requests = [{**request, "request_id": str(n)} for n, request in enumerate(_mixed())]
    with runner.Pool(workers=2, backend=backend) as pool:
        alone: list[ExecutionResult] = pool.execute_batch(requests)
    together: list[ExecutionResult] = ray_pool().execute_batch(requests)

    def told(result: ExecutionResult) -> tuple[object, ...]:
        statuses = [test.status for test in result.tests]
        return result.request_id, result.status, statuses, result.blame, result.digest

    assert list(map(told, together)) == list(map(told, alone))
    assert {result.fingerprint for result in together} == {alone[0].fingerprint}
    assert {result.stdout for result in together} == {result.stdout for result in alone}
    assert len({result.status for result in together}) >= 5


def test_results_carry_their_node_and_all_nodes_work(ray_pool: Callable[..., RayPool]) -> None:
    pool = ray_pool()
    results = pool.execute_batch([_SLOW] * 12)
    assert {result.node for result in results} == set(pool.stats().nodes)
    assert len(pool.stats().nodes) == 2


def test_a_node_holds_no_more_than_twice_its_workers(
    ray_pool: Callable[..., RayPool], eventually: Eventually
) -> None:
    pool = ray_pool()
    for _ in range(20):
        pool.submit(*_ENDLESS, timeout=120)

    def held() -> list[tuple[int, int]]:
        return [(node.leased, node.waiting) for node in pool.stats().nodes.values()]

    eventually(lambda: held() == [(2, 2), (2, 2)])
    assert pool.stats().waiting == 4 + 12  # at the nodes, and at the client
    pool.shutdown(0)


def test_a_killed_node_loses_nothing(
    ray_pool: Callable[..., RayPool], nodes: Nodes, eventually: Eventually
) -> None:
    with nodes.another() as victim:
        pool = ray_pool()
        assert pool.stats().workers == 6
        futures = [pool.submit(*_SLOW) for _ in range(90)]
        eventually(lambda: sum(future.done() for future in futures) > 6)
        nodes.kill(victim)
        results = [future.result(60) for future in futures]
    assert {result.status for result in results} == {ExecutionStatus.ALL_PASSED}
    again = [result for result in results if result.attempts > 1]
    assert again, "it was killed while it worked"
    for result in again:
        assert result.history[0].cause is Cause.CONTAINER_LOST
        assert result.node != victim.node_id
    assert pool.stats().process_error_retry_count == len(again)


def test_a_request_without_attempts_left_is_inconclusive(
    ray_pool: Callable[..., RayPool], nodes: Nodes, eventually: Eventually
) -> None:
    with nodes.another() as victim:
        pool = ray_pool()
        futures = [pool.submit(*_SLOW, max_retries=1) for _ in range(60)]
        eventually(lambda: sum(future.done() for future in futures) > 6)
        nodes.kill(victim)
        results = [future.result(60) for future in futures]
    lost = [result for result in results if result.status is ExecutionStatus.PROCESS_ERROR]
    assert lost
    for result in lost:
        assert (result.blame, result.conclusive, result.attempts) == ("infrastructure", False, 1)
        assert result.node == victim.node_id
        assert victim.node_id in (result.error or "")


def test_a_killed_actor_is_restarted_and_serves_again(
    ray_pool: Callable[..., RayPool], nodes: Nodes, eventually: Eventually
) -> None:
    pool = ray_pool()
    before = nodes.actors()
    futures = [pool.submit(*_SLOW) for _ in range(60)]
    eventually(lambda: sum(future.done() for future in futures) > 6)
    victim = min(before)
    os.kill(victim, signal.SIGKILL)
    assert all(future.result(60).status == "all_passed" for future in futures)
    eventually(lambda: len(pool.stats().nodes) == 2)
    assert len(nodes.actors() - before) == 1
    eventually(lambda: not _containers_of({victim}))
    results = pool.execute_batch([_SLOW] * 12)
    assert len({result.node for result in results}) == 2


def test_a_new_node_raises_capacity(
    ray_pool: Callable[..., RayPool], nodes: Nodes, eventually: Eventually
) -> None:
    pool = ray_pool()
    assert pool.stats().workers == 4
    with nodes.another(sandboxes=3) as node:
        eventually(lambda: pool.stats().workers == 7)
        results = pool.execute_batch([_SLOW] * 20)
        assert node.node_id in {result.node for result in results}
        pool.shutdown()


def test_a_node_with_another_fingerprint_is_refused_with_the_reason(
    ray_pool: Callable[..., RayPool],
    nodes: Nodes,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Its worker's source has one more line, as in another release."""
    shutil.copytree(_PACKAGE, tmp_path / "runner", ignore=shutil.ignore_patterns("__pycache__"))
    for data in _DATA:
        shutil.copytree(resources.directory(data), tmp_path / "runner" / "_data" / data)
    with (tmp_path / "runner" / "worker" / "policy.py").open("a") as file:
        file.write("\n# another release\n")
    # Imported before Ray puts the paths of its driver in front of all others.
    (tmp_path / "sitecustomize.py").write_text("import runner\n")
    with nodes.another(PYTHONPATH=str(tmp_path)) as odd:
        pool = ray_pool(backend="local")
        stats = pool.stats()
        assert odd.node_id not in stats.nodes
        assert len(stats.nodes) == 2
        assert "worker source is" in stats.troubles[odd.node_id]
        assert "Install the same release" in stats.troubles[odd.node_id]
        report = pool.health_check()
        assert not report.healthy
        assert odd.node_id in (report.error or "")
        assert odd.node_id not in {r.node for r in pool.execute_batch([_SLOW] * 12)}
        pool.shutdown()


def test_an_unexpected_fingerprint_is_refused(ray_pool: Callable[..., RayPool]) -> None:
    with pytest.raises(BackendError, match=r"its fingerprint is \w+, not 0000"):
        ray_pool(expect_fingerprint="0000")


def test_a_node_without_an_engine_gets_nothing(
    ray_pool: Callable[..., RayPool], nodes: Nodes
) -> None:
    with nodes.another(DOCKER_HOST="unix:///nowhere") as odd:
        pool = ray_pool(backend="docker")
        assert "no container engine answers" in pool.stats().troubles[odd.node_id]
        results = pool.execute_batch([_ONE] * 12)
        assert {result.status for result in results} == {ExecutionStatus.ALL_PASSED}
        pool.shutdown()


def test_a_healthy_cluster_says_so(ray_pool: Callable[..., RayPool]) -> None:
    report = ray_pool().health_check()
    assert report.healthy, report.error
    assert (report.workers, report.workers_correct, len(report.nodes)) == (4, 4, 2)


def test_workers_are_a_ceiling_per_node(ray_pool: Callable[..., RayPool]) -> None:
    assert ray_pool(workers=1).stats().workers == 2


def test_an_invalid_item_of_a_batch_fails_alone(ray_pool: Callable[..., RayPool]) -> None:
    pool = ray_pool()
    with pytest.raises(BatchError) as caught:
        pool.execute_batch([_ONE, {"code": 1}, _ONE])
    assert [result and result.status for result in caught.value.results] == [
        "all_passed",
        None,
        "all_passed",
    ]
    good, bad = pool.execute_batch([_ONE, ("x", "not a list")], return_exceptions=True)
    assert isinstance(good, runner.ExecutionResult)
    assert good.status == "all_passed"
    assert isinstance(bad, ConfigurationError)


def test_a_cluster_has_all_calls_of_a_pool(ray_pool: Callable[..., RayPool]) -> None:
    """Programs, suites, and results in the order of endless requests."""
    pool = ray_pool()
    done = pool.run("import sys\nprint(input(), sys.argv[1:])", "in", args=["a"])
    assert (done.status, done.stdout) == ("finished", "in ['a']\n")
    suite = runner.SuiteTest(code="from solution import f\ndef test_f(): assert f(1) == 1")
    endless = (runner.ExecutionRequest(code="def f(x): return x", tests=[suite]) for _ in count())
    results = pool.map(endless, ahead=2)
    assert [next(results).tests[0].name for _ in range(3)] == ["test_f"] * 3


def test_results_stream_as_they_finish(ray_pool: Callable[..., RayPool]) -> None:
    import asyncio

    pool = ray_pool()

    async def requests() -> AsyncIterator[Any]:
        for _ in range(20):
            yield _ONE

    async def main() -> list[ExecutionResult]:
        streamed = [result async for result in pool.stream(requests())]
        return [*streamed, await pool.aexecute(*_ONE)]

    results = [*asyncio.run(main()), *pool.stream([_ONE] * 5)]
    assert [result.status for result in results] == ["all_passed"] * 26


def test_a_shutdown_refuses_what_waits_and_cuts_off_what_runs(
    ray_pool: Callable[..., RayPool], eventually: Eventually
) -> None:
    pool = ray_pool()
    futures = [pool.submit(*_ENDLESS, timeout=120) for _ in range(20)]
    eventually(lambda: sum(node.leased for node in pool.stats().nodes.values()) == 4)
    pool.shutdown(0.5)
    errors = [future.exception(0) for future in futures]
    assert sum(isinstance(error, PoolClosedError) for error in errors) == 16
    for future in futures:
        if future.exception() is None:
            result = future.result()
            assert (result.status, result.cause) == ("process_error", "shutdown")
            assert not result.conclusive
    with pytest.raises(PoolClosedError):
        pool.execute(*_ONE)
    pool.shutdown()


def test_tasks_and_actors_use_a_pool_that_is_passed_to_them(
    nodes: Nodes, ray_pool: Callable[..., RayPool]
) -> None:
    """They are clients of the same nodes; that they end does not end these."""
    import ray

    pool = ray_pool()

    class Scorer:
        def __init__(self, pool: RayPool) -> None:
            self.pool = pool

        async def score(self) -> list[str]:
            result = await self.pool.aexecute(*_ONE)
            return [result.status.value, result.node or ""]

    def task(pool: RayPool) -> list[str]:
        with pool:
            return [result.node or "" for result in pool.execute_batch([_SLOW] * 8)]

    scorer = ray.remote(num_cpus=0)(Scorer).remote(pool)
    tasks = [ray.remote(num_cpus=0)(task).remote(pool) for _ in range(2)]
    served_by = set(pool.stats().nodes)
    assert ray.get(scorer.score.remote())[0] == "all_passed"
    for nodes_used in ray.get(tasks):
        assert set(nodes_used) == served_by
    assert len(nodes.actors()) == 2
    ray.kill(scorer)
    assert pool.execute(*_ONE).status == "all_passed"


def test_an_actor_may_own_a_pool(nodes: Nodes, backend: str, eventually: Eventually) -> None:
    """The nodes' actors end with their owner, even if that is killed."""
    import ray

    class Owner:
        def score(self, backend: str) -> int:
            self.pool = RayPool(name="owned", backend=backend)
            return sum(r.passed for r in self.pool.execute_batch([_ONE] * 10))

    ray.init(address=nodes.address, log_to_driver=False)
    try:
        owner = ray.remote(num_cpus=0)(Owner).remote()
        assert ray.get(owner.score.remote(backend)) == 10
        owners = nodes.actors()
        assert len(owners) == 2
        ray.kill(owner)
        eventually(lambda: not nodes.actors())
        # What is left are dead containers, which the next pool on that machine reaps.
        with RayPool(address=nodes.address, name="ray-test", backend=backend):
            eventually(lambda: not _containers_of(owners))
    finally:
        ray.shutdown()


def test_a_second_pool_is_told_that_the_nodes_are_taken(
    ray_pool: Callable[..., RayPool], nodes: Nodes
) -> None:
    ray_pool()
    with pytest.raises(BackendError, match="use one pool per cluster"):
        RayPool(name="ray-test", start_timeout_s=2).start()


def test_a_pool_that_is_dropped_ends_by_itself(
    nodes: Nodes, ray_pool: Callable[..., RayPool], eventually: Eventually
) -> None:
    import ray

    ray.init(address=nodes.address, log_to_driver=False)
    try:
        pool = RayPool(name="ray-test", backend="local")
        assert pool.execute(*_ONE).status == "all_passed"
        del pool
        eventually(lambda: not nodes.actors())
    finally:
        ray.shutdown()


def test_a_pool_whose_ray_was_shut_down_ends_at_once(
    nodes: Nodes, ray_pool: Callable[..., RayPool], eventually: Eventually
) -> None:
    import ray

    pool = ray_pool()
    future = pool.submit(*_ENDLESS, timeout=120)
    eventually(lambda: sum(node.leased for node in pool.stats().nodes.values()) == 1)
    ray.shutdown()
    pool.shutdown(100)
    assert not future.result(0).conclusive
    eventually(lambda: not nodes.actors())
    ray_pool()  # Ray ends actors without asking: the next pool reaps what they have left


def test_a_wrong_address_is_an_error() -> None:
    with pytest.raises(BackendError, match="cannot connect to Ray"):
        RayPool(address="127.0.0.1:1").start()
