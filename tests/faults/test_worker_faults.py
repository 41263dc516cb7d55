"""A pool outlives workers that run out of memory, freeze, stop reading, or lose their minds."""

import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runner.backends import create_backend
from runner.bench.victims import Size, kill_zygotes, size, victims
from runner.config import PoolConfig
from runner.errors import BackendError
from runner.models import MIB, Blame, CallTest, Cause, ExecutionStatus, Limits
from runner.pool import Pool
from runner.worker.protocol.frames import FrameType, encode_frame
from tests.fakes import FakeBackend, obedient
from tests.faults.harm import GOOD, SECOND, Eventually, Shooter, begin, check_works, sandboxes

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("the shared engine")]

HOG = ("def f():\n    kept = []\n    while True:\n        kept.append(bytearray(1 << 20))", ["f()"])


@pytest.mark.fault("out of memory: subject")
def test_a_solution_that_runs_its_container_out_of_memory_is_to_blame(
    backend: str, eventually: Eventually
) -> None:
    if backend != "docker":
        pytest.skip("without a container there is no such wall, only the limit before it")
    with Pool(name="faults", workers=1, spares=1, backend=backend, memory_bytes=96 * MIB) as pool:
        result = pool.execute(*HOG, limits=Limits(memory_bytes=4096 * MIB))
        assert (result.status, result.cause) == (ExecutionStatus.PROCESS_ERROR, Cause.OOM)
        assert (result.blame, result.conclusive, result.attempts) == (Blame.CODE, True, 3)
        check_works(pool, eventually)


@pytest.mark.fault("out of memory: worker")
def test_a_zygote_that_the_oom_killer_ends_too_costs_no_later_request(
    backend: str, eventually: Eventually
) -> None:
    if backend != "docker":
        pytest.skip("without a container there is no such wall")
    late = HOG[0].replace("kept = []", "__import__('time').sleep(2)\n    kept = []"), HOG[1]
    config = PoolConfig(workers=1, spares=0, backend="docker", memory_bytes=96 * MIB)
    with Pool(config, name="faults") as pool, victims(backend) as seen:
        future, name = begin(pool, late, limits=Limits(memory_bytes=4096 * MIB))
        (sandbox,) = sandboxes(pool)
        if not kill_zygotes(seen.pid(name)):
            pytest.skip("the engine's processes are not visible from here")
        result = future.result()
        assert (result.cause, result.blame) == (Cause.OOM, Blame.CODE)
        assert sandbox.doubt == "the worker is not clean: the zygote is gone, after an OOM kill"
        check_works(pool, eventually)


@pytest.mark.fault("out of memory: worker")
def test_a_worker_that_runs_out_of_memory_costs_its_sandbox_and_nothing_else(
    backend: str, eventually: Eventually
) -> None:
    if backend != "docker":
        pytest.skip("without a container there is no such wall")
    with Pool(name="faults", workers=1, spares=1, backend=backend, memory_bytes=128 * MIB) as pool:
        # The supervisor alone reads the request, and this one is larger than its container.
        result = pool.execute("def f(): pass", ["f()  # " + "x" * (112 * MIB)], max_retries=2)
        assert result.status is ExecutionStatus.PROCESS_ERROR
        assert {attempt.cause for attempt in result.history} == {Cause.CONTAINER_LOST}
        assert "OOM killer" in str(result.error)
        check_works(pool, eventually)


@pytest.mark.fault("out of memory: worker")
def test_a_worker_that_finds_too_little_memory_says_which_setting_to_raise(backend: str) -> None:
    if backend != "docker":
        pytest.skip("without a container there is no such wall")
    config = PoolConfig(backend="docker")
    starting = create_backend(config.model_copy(update={"memory_bytes": 24 * MIB}))
    with pytest.raises(BackendError, match="memory_bytes=25165824"):
        starting.start(time.monotonic() + 20)
    starting.close()


def test_the_least_memory_that_is_accepted_is_enough(backend: str, eventually: Eventually) -> None:
    least = next(each.ge for each in PoolConfig.model_fields["memory_bytes"].metadata)
    with Pool(name="faults", workers=1, spares=0, backend=backend, memory_bytes=least) as pool:
        code = "def f(n):\n    return sorted(str(i * n % 99991) for i in range(30_000))\n"
        test = "assert f(7) == sorted(str(i * 7 % 99991) for i in range(30_000))"
        results = [pool.execute(code, [test], max_retries=1) for _ in range(20)]
        assert {result.status for result in results} == {ExecutionStatus.ALL_PASSED}
        assert pool.stats().pool_worker_replacement_count == 0


@pytest.mark.fault("paused")
def test_a_sandbox_that_froze_while_idle_is_given_up(
    fresh: Pool, shooter: Shooter, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runner.sandbox.progress.SILENCE_S", 4.0)
    for sandbox in sandboxes(fresh)[:2]:
        shooter.freeze(sandbox.sandbox_id)
    result = fresh.execute(*GOOD)
    assert (result.status, result.attempts) == (ExecutionStatus.ALL_PASSED, 3)
    assert [attempt.cause for attempt in result.history] == [Cause.NET, Cause.NET, None]
    check_works(fresh, eventually)


@pytest.mark.fault("peer that stops reading, both ways")
def test_a_worker_that_stops_reading_holds_its_caller_no_longer_than_the_net(
    fresh: Pool, shooter: Shooter, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runner.sandbox.sandbox._SEND_S", 4.0)
    shooter.freeze(sandboxes(fresh)[0].sandbox_id)
    large = CallTest(function="f", args=["x" * (16 * MIB)], expected=16 * MIB)
    result = fresh.execute("f = len", [large], timeout=60.0)
    assert (result.status, result.attempts) == (ExecutionStatus.ALL_PASSED, 2)
    assert result.history[0].cause is Cause.NET
    check_works(fresh, eventually)


@pytest.mark.fault("peer that stops reading, both ways")
def test_a_flood_of_unread_output_is_no_deadlock(fresh: Pool, eventually: Eventually) -> None:
    flood = "import sys\ndef f():\n    while True:\n        print('x' * 65536)\n"
    streams = [("stdout", flood), ("stderr", flood.replace("65536)", "65536, file=sys.stderr)"))]
    for name, code in streams:
        result = fresh.execute(code, ["f()"], timeout=20.0)
        assert result.tests[0].status == "output_limit", name
    check_works(fresh, eventually)


def started(payload: dict[str, Any]) -> bytes:
    return encode_frame(FrameType.STARTED, {"id": payload["id"]})


BROKEN: dict[str, Callable[[dict[str, Any]], bytes | None]] = {
    "garbage": lambda payload: started(payload) + b"\xff" * 100,
    "forged length": lambda payload: started(payload) + struct.pack(">BI", 7, 2**32 - 1),
    "no JSON": lambda payload: started(payload) + struct.pack(">BI", 7, 3) + b"{{{",
    "no object": lambda payload: started(payload) + struct.pack(">BI", 7, 2) + b"[]",
    "another request": lambda payload: encode_frame(FrameType.STARTED, {"id": "no"}),
    "out of turn": lambda payload: started(payload) + encode_frame(FrameType.READY, {}),
    "no report": lambda payload: (
        started(payload) + encode_frame(FrameType.REPORT, {"id": payload["id"]})
    ),
    "flood": lambda payload: started(payload) * 1000,
}


@pytest.mark.parametrize("words", BROKEN.values(), ids=BROKEN.keys())
@pytest.mark.fault("garbage, forged length")
def test_a_worker_that_breaks_the_protocol_is_never_believed(
    eventually: Eventually, words: Callable[[dict[str, Any]], bytes | None]
) -> None:
    """Through a fake worker: no real one can be brought to say such things."""

    def broken(kind: FrameType, payload: dict[str, Any]) -> bytes | None:
        return words(payload) if kind is FrameType.RUN else obedient(kind, payload)

    fake = FakeBackend(answer=broken)
    with Pool(backend=fake, workers=1, spares=1, retry_wait_initial_s=0.0) as pool:
        result = pool.execute(*GOOD)
        assert (result.status, result.attempts) == (ExecutionStatus.PROCESS_ERROR, 3)
        assert (result.cause, result.conclusive) == (Cause.PROTOCOL, False)
        fake.answer = obedient
        assert pool.execute(*GOOD).status is ExecutionStatus.ALL_PASSED
    assert not fake.alive


@pytest.mark.parametrize("sent", [0, 3, 5, 20], ids="nothing header length half".split())
@pytest.mark.fault("partial frame, end in mid-frame")
def test_a_stream_that_ends_in_a_frame_is_a_loss(eventually: Eventually, sent: int) -> None:
    """Through a fake worker, as above."""
    cut = threading.Event()

    def dying(kind: FrameType, payload: dict[str, Any]) -> bytes | None:
        if kind is FrameType.RUN and not cut.is_set():
            cut.set()
            worker = next(
                each for each in [*fake.workers.values()] if each.received[-1][1] is payload
            )
            report = encode_frame(FrameType.REPORT, {"id": payload["id"], "pad": "x" * 100})
            worker.say(started(payload) + report[:sent])
            return None
        return obedient(kind, payload)

    fake = FakeBackend(answer=dying)
    with Pool(backend=fake, workers=1, spares=1) as pool:
        result = pool.execute(*GOOD)
    assert (result.status, result.attempts) == (ExecutionStatus.ALL_PASSED, 2)
    assert result.history[0].cause is Cause.CONTAINER_LOST


MIXED = (
    ("def f(x):\n    return [x] * 1000", ["assert f('a') == ['a'] * 1000"]),
    ("def f(x):\n    return x", ["assert f(1) == 2"]),
    ("def f(x):\n    raise ValueError(x)", ["f(1)"]),
    ("def f(", ["f(1)"]),
    ("def f(x):\n    print('x' * 10_000)", ["f(1)"]),
)


@pytest.mark.timeout(300)
@pytest.mark.fault("thousands of executions in one worker")
def test_a_worker_does_not_grow_with_use(backend: str) -> None:
    rounds = 150
    with (
        Pool(name="faults", workers=1, spares=0, backend=backend, max_uses=10**6) as pool,
        victims(backend) as running,
    ):
        (sandbox,) = sandboxes(pool)

        def at_rest() -> Size:
            """The next pair is ready: until then the worker has more descriptors, or fewer."""
            pause = threading.Event()
            seen: list[Size | None] = []
            for _ in range(100):
                seen.append(size(running.pid(sandbox.sandbox_id)))
                counts = {found and found.descriptors for found in seen[-5:]}
                if len(seen) >= 5 and len(counts) == 1 and seen[-1]:
                    return seen[-1]
                pause.wait(0.1)
            pytest.fail(f"the worker does not come to rest: {seen}")

        def use() -> Size:
            for _ in range(rounds):
                for code, tests in MIXED:
                    pool.execute(code, tests)
            return at_rest()

        before, after = use(), use()
        assert sandbox.uses == 2 * rounds * len(MIXED)
    # A kibibyte for each execution would be 0.7 MiB.
    assert after.rss_bytes - before.rss_bytes < MIB // 2
    assert after.descriptors <= before.descriptors
    assert after.zombies <= 2  # the last pair, if it has not been collected yet


@pytest.mark.timeout(300)
@pytest.mark.fault("hundreds of replacements")
def test_this_process_does_not_grow_with_replacements(backend: str, eventually: Eventually) -> None:
    with Pool(name="faults", workers=2, spares=1, backend=backend, max_uses=1) as pool:
        pool.execute_batch([GOOD] * 10)
        eventually(lambda: pool.stats().idle == 3, timeout_s=60.0)
        before = descriptors()
        results = pool.execute_batch([GOOD] * 60)
        assert {result.status for result in results} == {ExecutionStatus.ALL_PASSED}
        assert len({result.sandbox_id for result in results}) == 60
        # A thread that is late removing a container still has a connection.
        eventually(lambda: pool.stats().idle == 3 and descriptors() <= before, timeout_s=60.0)


@pytest.mark.fault("hundreds of replacements")
def test_hundreds_of_replacements_leak_no_descriptor(eventually: Eventually) -> None:
    """With fake workers, to the last descriptor."""
    with Pool(backend=FakeBackend(), workers=2, spares=1, max_uses=1) as pool:
        pool.execute_batch([GOOD])  # the feeder has two descriptors of its own
        eventually(lambda: pool.stats().idle == 3)
        before = descriptors()
        pool.execute_batch([GOOD] * 500)
        eventually(lambda: pool.stats().idle == 3 and descriptors() == before)
        assert pool.stats().pool_worker_replacement_count == 501


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_sandbox_killed_between_two_frames_is_a_loss(
    fresh: Pool, shooter: Shooter, eventually: Eventually
) -> None:
    for _ in range(3):
        future, victim = begin(fresh, SECOND)
        shooter.kill(victim)
        assert future.result(60).status is ExecutionStatus.ALL_PASSED
    check_works(fresh, eventually)
