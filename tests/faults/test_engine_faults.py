"""A pool outlives its engine: stopped, killed, hanging, full, absent, or without the image.

On an engine that the test owns; every fault is real. ``.ci/modern-guest`` also has that of the
machine restarted, whichever it is.
"""

import logging
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.backends import create_backend
from runner.config import PoolConfig
from runner.errors import (
    EngineUnavailableError,
    HandshakeError,
    ImageNotFoundError,
    PoolClosedError,
    PoolTimeoutError,
)
from runner.images import image_reference
from runner.models import Blame, Cause, ExecutionResult, ExecutionStatus
from runner.pool import Pool
from tests.faults.harm import (
    GOOD,
    MINUTE,
    SECOND,
    Eventually,
    PrivateEngine,
    Shooter,
    begin,
    check_works,
    replace_worker,
    sandboxes,
)

pytestmark = [
    pytest.mark.faults,
    pytest.mark.engine,
    pytest.mark.xdist_group("an engine of its own"),
    # Where the SDK cannot connect, it leaves the socket to the garbage collector.
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]


def warm(eventually: Eventually, **settings: object) -> Pool:
    """Return a pool with two workers and a spare, all warm."""
    wanted = {"name": "faults", "workers": 2, "spares": 1, "backend": "docker", **settings}
    pool = Pool(PoolConfig.build(None, wanted))
    pool.start()
    eventually(lambda: pool.stats().idle == 3, timeout_s=60.0)
    return pool


def ample_timeout_s(eventually: Eventually) -> float:
    """Return a timeout of calls that this engine keeps on this machine, unless it hangs."""
    began_at = time.monotonic()
    warm(eventually).shutdown()
    return max(3.0, 2 * (time.monotonic() - began_at))


def is_engines_fault(result: ExecutionResult) -> bool:
    return (
        result.status is ExecutionStatus.PROCESS_ERROR
        and result.blame is Blame.INFRASTRUCTURE
        and not result.conclusive
        and result.cause in {Cause.ENGINE, Cause.CONTAINER_LOST, Cause.NET}
    )


def test_the_engine_of_the_tests_leaves_the_hosts_network_alone(private: PrivateEngine) -> None:
    assert private.network() != str(Path("/proc/self/ns/net").readlink())


def restart(private: PrivateEngine) -> None:
    private.stop()
    private.start()


def crash(private: PrivateEngine) -> None:
    private.stop(signal.SIGKILL)
    private.start()


@pytest.mark.parametrize("fault", [restart, crash])
@pytest.mark.fault("engine restarted or killed with a pool open")
def test_a_pool_outlives_a_restart_of_its_engine(
    private: PrivateEngine, eventually: Eventually, fault: Callable[[PrivateEngine], None]
) -> None:
    with warm(eventually) as pool:
        future, _ = begin(pool, SECOND)
        fault(private)
        # Whether an attempt still finds the engine back is a matter of luck; an end it must have.
        result = future.result(60)
        assert result.status is ExecutionStatus.ALL_PASSED or is_engines_fault(result)
        check_works(pool, eventually)
        eventually(lambda: len(private.containers()) == 3, timeout_s=30.0)


#: A command that restarts the engine of the machine, and ends when the engine answers.
_RESTART = os.environ.get("RUNNER_RESTART")


@pytest.mark.skipif(not _RESTART, reason="RUNNER_RESTART has no command that restarts the engine")
@pytest.mark.fault("engine restarted or killed with a pool open")
def test_a_pool_outlives_a_restart_of_the_machines_engine(eventually: Eventually) -> None:
    with warm(eventually) as pool:
        future, _ = begin(pool, SECOND)
        subprocess.run(["sh", "-c", str(_RESTART)], check=True)
        result = future.result(60)
        assert result.status is ExecutionStatus.ALL_PASSED or is_engines_fault(result)
        check_works(pool, eventually)


@pytest.mark.fault("engine unreachable later")
def test_requests_without_an_engine_end_and_say_why(
    private: PrivateEngine, eventually: Eventually, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="runner.pool.manager")
    with warm(eventually, name="deserted") as pool:
        private.stop()
        futures = [pool.submit(*GOOD) for _ in range(4)]
        results = [future.result(60) for future in futures]
        assert all(map(is_engines_fault, results))
        assert "no container engine answers" in str(results[-1].error)
        assert not pool.health_check(timeout=15.0).healthy
        private.start()
        check_works(pool, eventually)
    assert [e for e in events(caplog, "deserted") if e.startswith("pool_")] == [
        "pool_started",
        "pool_down",
        "pool_recovered",
        "pool_closed",
    ]


def events(caplog: pytest.LogCaptureFixture, pool: str = "faults") -> list[str]:
    """Return the events of a pool: others may be closed late."""
    told = [record.__dict__ for record in caplog.records]
    return [each["event"] for each in told if each.get("fields", {}).get("pool") == pool]


@pytest.mark.fault("engine unreachable later")
def test_waiting_for_an_engine_that_is_away_ends_at_the_deadline(
    private: PrivateEngine, eventually: Eventually
) -> None:
    with warm(eventually, lease_timeout_s=1.0, max_retries=1) as pool:
        private.stop()
        eventually(lambda: pool.stats().idle == 0)
        began_at = time.monotonic()
        assert is_engines_fault(pool.execute(*GOOD))
        assert time.monotonic() - began_at < 5
        private.start()
        eventually(lambda: pool.execute(*GOOD).passed == 1, timeout_s=60.0)


@pytest.mark.parametrize("lease_timeout_s", [2.0, 0.02], ids=["patient", "less than a backoff"])
@pytest.mark.fault("engine unreachable later")
def test_all_who_wait_for_a_lost_engine_end_in_time_and_again_when_it_is_back(
    private: PrivateEngine, eventually: Eventually, lease_timeout_s: float
) -> None:
    took_s: list[float] = []
    outcomes: list[ExecutionResult | PoolTimeoutError] = []

    def call() -> None:
        began_at = time.monotonic()
        try:
            outcomes.append(pool.execute(*SECOND))
        except PoolTimeoutError as error:
            outcomes.append(error)
        took_s.append(time.monotonic() - began_at)

    def call_together(number: int) -> None:
        threads = [threading.Thread(target=call) for _ in range(number)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)

    with warm(eventually, lease_timeout_s=lease_timeout_s) as pool:
        stopping = threading.Timer(0.3, private.stop)  # two run, the others wait
        stopping.start()
        call_together(20)
        stopping.join()
        call_together(20)
        assert len(outcomes) == 40
        late = [outcome for outcome in outcomes if isinstance(outcome, PoolTimeoutError)]
        ended = [outcome for outcome in outcomes if isinstance(outcome, ExecutionResult)]
        assert all(map(is_engines_fault, ended))
        assert len(ended) >= 20  # no call timed out that began when nothing lived any more
        assert len(late) < 20
        # A stop of the engine takes a while itself; after that, their patience and the backoffs.
        assert max(took_s) < lease_timeout_s + 5
        private.start()
        eventually(lambda: pool.stats().idle == 3, timeout_s=60.0)
        assert pool.execute(*GOOD).status is ExecutionStatus.ALL_PASSED


@pytest.mark.fault("engine hangs", "container that cannot be removed, or appears late")
def test_an_engine_that_hangs_holds_no_caller_up(
    private: PrivateEngine, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runner.sandbox.progress.SILENCE_S", 2.0)
    timeout_s = ample_timeout_s(eventually)
    timeouts = {"engine_timeout_s": timeout_s, "start_timeout_s": 3 * timeout_s}
    with warm(eventually, **timeouts) as pool:
        future, _ = begin(pool, MINUTE)
        private.freeze()
        assert is_engines_fault(future.result(60))
        assert is_engines_fault(pool.execute(*GOOD))
        private.thaw()
        eventually(lambda: pool.execute(*GOOD).passed == 1, timeout_s=60.0)
        check_works(pool, eventually)


@pytest.mark.fault("engine hangs")
def test_a_pool_can_be_shut_down_while_its_engine_hangs(
    private: PrivateEngine, eventually: Eventually
) -> None:
    pool = warm(eventually, engine_timeout_s=2.0)
    future, _ = begin(pool, MINUTE)
    private.freeze()
    began_at = time.monotonic()
    pool.shutdown(timeout=0.5)
    assert time.monotonic() - began_at < 20
    assert future.result(1).cause is Cause.SHUTDOWN
    private.thaw()
    # Their streams have ended, so they end, and the next pool of whatever process removes them.
    eventually(lambda: all(each["State"] == "exited" for each in private.containers()), 30.0)
    warm(eventually).shutdown()


@pytest.mark.fault("engine unreachable later")
def test_a_pool_can_be_shut_down_while_its_engine_is_away(
    private: PrivateEngine, eventually: Eventually
) -> None:
    pool = warm(eventually)
    private.stop()
    began_at = time.monotonic()
    pool.shutdown()
    assert time.monotonic() - began_at < 20
    private.start()
    assert len(private.containers()) == 3
    warm(eventually).shutdown()


@pytest.mark.fault("engine unreachable at start")
def test_a_start_waits_for_an_engine_that_comes(
    private: PrivateEngine, eventually: Eventually, caplog: pytest.LogCaptureFixture
) -> None:
    private.stop()
    pool = Pool(name="faults", workers=1, spares=0, backend="docker", engine_wait_s=60.0)
    starting = threading.Thread(target=pool.start)
    starting.start()
    eventually(lambda: "engine_unavailable" in events(caplog))
    private.start()
    starting.join(60)
    with pool:
        check_works(pool, eventually)


@pytest.mark.fault("engine unreachable at start")
def test_a_start_says_that_there_is_no_engine_and_may_be_tried_again(
    private: PrivateEngine, eventually: Eventually
) -> None:
    private.stop()
    pool = Pool(name="faults", workers=1, spares=0, backend="docker", engine_wait_s=0.0)
    with pytest.raises(EngineUnavailableError, match="DOCKER_HOST"):
        pool.start()
    with pytest.raises(EngineUnavailableError):
        pool.execute(*GOOD)
    private.start()
    with pool:
        check_works(pool, eventually)


@pytest.mark.fault("engine unreachable at start")
def test_a_start_that_waits_for_its_engine_can_be_shut_down(
    private: PrivateEngine, eventually: Eventually, caplog: pytest.LogCaptureFixture
) -> None:
    private.stop()
    pool = Pool(name="faults", workers=1, spares=0, backend="docker", engine_wait_s=60.0)
    future = pool.submit(*GOOD)
    eventually(lambda: "engine_unavailable" in events(caplog))
    began_at = time.monotonic()
    pool.shutdown(timeout=1.0)
    with pytest.raises(PoolClosedError):
        future.result(5)
    assert time.monotonic() - began_at < 5


@pytest.mark.fault("image missing")
def test_a_missing_image_is_named_at_once(private: PrivateEngine) -> None:
    pool = Pool(name="faults", backend="docker", image="sandbox-runner:nowhere")
    began_at = time.monotonic()
    with pytest.raises(ImageNotFoundError, match="sandbox-runner:nowhere"):
        pool.start()
    assert time.monotonic() - began_at < 5


@pytest.mark.fault("image missing")
def test_an_image_that_disappears_is_named_and_may_come_back(private: PrivateEngine) -> None:
    backend = create_backend(PoolConfig(backend="docker"))
    backend.check()
    with private.client() as client:
        client.remove_image(image_reference())
    for _ in range(2):
        with pytest.raises(ImageNotFoundError, match="runner image"):
            backend.start(time.monotonic() + 20)
    private.load_image()
    backend.start(time.monotonic() + 20).close()
    backend.close()


@pytest.mark.fault("image missing")
def test_a_pool_keeps_the_image_that_it_has_checked(
    private: PrivateEngine, eventually: Eventually
) -> None:
    """Its name may be taken away, or given to another image."""
    with warm(eventually) as pool, private.client() as client:
        before = client.inspect_image(image_reference())["Id"]
        made = client.create_container(before, entrypoint=["/nothing"])["Id"]
        repository, _, tag = image_reference().partition(":")
        client.commit(made, repository=repository, tag=tag)
        client.remove_container(made)
        assert client.inspect_image(image_reference())["Id"] != before
        for sandbox in sandboxes(pool):
            Shooter(client).kill(sandbox.sandbox_id)
        check_works(pool, eventually)
        used = {client.inspect_container(each["Id"])["Image"] for each in private.containers()}
        assert used == {before}
        client.tag(before, repository, tag, force=True)


@pytest.mark.fault("disk full")
def test_a_full_disk_leaves_the_living_at_work_and_does_not_make_the_pool_spin(
    private: PrivateEngine, eventually: Eventually
) -> None:
    with warm(eventually) as pool, private.client() as client:
        with private.full_disk():
            Shooter(client).kill(sandboxes(pool)[0].sandbox_id)
            eventually(lambda: pool.stats().start_failures >= 3, timeout_s=30.0)
            began_at, failures = time.monotonic(), pool.stats().start_failures
            assert pool.stats().idle == 2
            results = pool.execute_batch([GOOD] * 20)
            assert {result.status for result in results} == {ExecutionStatus.ALL_PASSED}
            eventually(lambda: pool.stats().start_failures > failures, timeout_s=30.0)
            assert time.monotonic() - began_at > 0.1  # 0.4 s, less what has passed, and jitter
        check_works(pool, eventually)


SILENT = "import sys; sys.stdin.read()"
DEAF = "import time; time.sleep(3600)"
ENDS = "raise SystemExit(3)"
BABBLES = "print('nobody asked for this', flush=True)\nimport sys; sys.stdin.read()"
FLOODS = "while True:\n    print('x' * 65536)"
FORGES = "import os, sys; os.write(1, b'\\x02\\xff\\xff\\xff\\xff'); sys.stdin.read()"


@pytest.mark.parametrize(
    ("program", "words"),
    [
        (SILENT, "sent nothing before the deadline"),
        (DEAF, "sent nothing before the deadline"),
        (ENDS, "exit code 3"),
        (BABBLES, "unknown frame kind"),
        (FLOODS, "unknown frame kind"),
        (FORGES, "exceeds"),
    ],
    ids=["silent", "deaf", "ends", "babbles", "floods", "forges"],
)
@pytest.mark.fault("worker that never becomes ready, dies at start, or babbles; undrained attach")
def test_a_worker_that_never_becomes_ready_is_given_up(
    private: PrivateEngine, monkeypatch: pytest.MonkeyPatch, program: str, words: str
) -> None:
    replace_worker(monkeypatch, program)
    backend = create_backend(PoolConfig(backend="docker"))
    try:
        began_at = time.monotonic()
        with pytest.raises(HandshakeError, match=words):
            backend.start(time.monotonic() + 3)
        # The flood too: an engine cannot remove a container whose output is not read.
        assert time.monotonic() - began_at < 15
        assert not private.containers()
    finally:
        backend.close()


@pytest.mark.fault("worker that never becomes ready, dies at start, or babbles; undrained attach")
def test_a_pool_whose_workers_never_become_ready_does_not_start(
    private: PrivateEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_worker(monkeypatch, ENDS)
    pool = Pool(name="faults", backend="docker", workers=2, spares=0)
    with pytest.raises(HandshakeError, match="exit code 3"):
        pool.start()
    assert pool.stats().start_failures < 10
    assert not private.containers()


#: The real worker, as far as its greeting goes. Then it answers a request with these bytes.
BROKEN = """
import importlib.util, os, sys
here = "/opt/runner/worker"
spec = importlib.util.spec_from_file_location(
    "worker", here + "/__init__.py", submodule_search_locations=[here]
)
sys.modules["worker"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sys.modules["worker"])
from worker.supervisor import supervisor
from worker.protocol.frames import FrameType, encode_frame

def run(self, request):
    started = encode_frame(FrameType.STARTED, {"id": request["id"]})
    report = encode_frame(FrameType.REPORT, {"id": request["id"], "pad": "x" * 100})
    os.write(supervisor._HOST_OUT_FD, started + WORDS)
    THEN

supervisor.Supervisor._run = run
supervisor.main()
"""


@pytest.mark.parametrize(
    ("words", "then", "cause"),
    [
        ("b'\\xff' * 100", "pass", Cause.PROTOCOL),
        ("report[:1] + b'\\xff' * 4", "pass", Cause.PROTOCOL),
        ("report[:5] + b'{' * (len(report) - 5)", "pass", Cause.PROTOCOL),
        ("started * 1000", "pass", Cause.PROTOCOL),
        ("report[:20]", "pass", Cause.NET),
        ("report[:20]", "os._exit(0)", Cause.CONTAINER_LOST),
        ("report[:3]", "os._exit(0)", Cause.CONTAINER_LOST),
        ("b''", "os._exit(0)", Cause.CONTAINER_LOST),
    ],
    ids=[
        *("garbage", "forged length", "no JSON", "flood", "partial frame"),
        *("end in mid-frame", "end in mid-header", "end before the frame"),
    ],
)
@pytest.mark.fault("garbage, forged length", "partial frame, end in mid-frame")
def test_a_worker_that_breaks_the_protocol_is_never_believed(
    private: PrivateEngine, monkeypatch: pytest.MonkeyPatch, words: str, then: str, cause: Cause
) -> None:
    monkeypatch.setattr("runner.sandbox.progress.SILENCE_S", 1.0)
    program = BROKEN.replace("WORDS", words).replace("THEN", then)
    replace_worker(monkeypatch, program)
    with Pool(name="faults", backend="docker", workers=1, spares=1) as pool:
        first, second = (pool.execute(*GOOD, max_retries=1) for _ in range(2))
        assert first.status is second.status is ExecutionStatus.PROCESS_ERROR
        assert (first.cause, second.cause) == (cause, cause)
        assert first.sandbox_id != second.sandbox_id
    assert not private.containers()
