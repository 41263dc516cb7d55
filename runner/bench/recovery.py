"""Delay of a caller by the death of a sandbox.

A request of known duration is executed undisturbed, and with its sandbox killed in the middle. The
delay is measured from the end of the stream to the caller's verdict; the engine's time from the
kill to that end is reported separately. It contains a second execution, so compare it with an
undisturbed one.
"""

import logging
import statistics
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from runner.backends import Backend, create_backend
from runner.bench.latency import SOLUTION, TESTS, Spread, timed_ms
from runner.bench.victims import Victims, victims
from runner.config import PoolConfig
from runner.models import Blame, ExecutionResult, ExecutionStatus
from runner.pool import Pool
from runner.sandbox.sandbox import Sandbox, SandboxState

#: Long enough to be killed in, short enough to repeat.
_PROGRAM = ("import time\ndef f():\n    time.sleep(0.1)\n    return 1\n", ["assert f() == 1"])
_PATIENCE_S = 60.0
_SPARES, _REPETITIONS = 2, 6

#: Ends the process in each of its attempts.
_CRASHING = ("import os\ndef add(a, b):\n    os._exit(0)\n", TESTS[:1])
_ORDINARY = (SOLUTION, TESTS[:1])
_STORM = 20


class Recovery(NamedTuple):
    """Spreads, in milliseconds.

    Attributes:
        undisturbed: An execution whose sandbox lives.
        after_eof: From the end of the dead sandbox's stream to the verdict.
        kill_to_eof: From the kill to that end.
    """

    undisturbed: Spread
    after_eof: Spread
    kill_to_eof: Spread


class Storm(NamedTuple):
    """Cost of solutions that end their process in a test, with three attempts each.

    Attributes:
        ordinary: One execution of a solution that passes, in milliseconds.
        crashing: One of a solution that crashes, in milliseconds.
        ordinary_each: Time of a batch of the former, divided by its size, in milliseconds.
        crashing_each: The same of the latter.
    """

    ordinary: Spread
    crashing: Spread
    ordinary_each: float
    crashing_each: float


def crash_storm(seconds: float) -> Storm:
    """Execute passing and crashing solutions in turns."""
    ordinary: list[float] = []
    crashing: list[float] = []
    batches: dict[int, list[float]] = {0: [], 1: []}
    ends_at = time.monotonic() + seconds
    logging.getLogger("runner.pool.retry").setLevel(logging.ERROR)  # all of them are given up
    with Pool(workers=2, max_uses=100_000) as pool:
        while len(batches[1]) < 3 or time.monotonic() < ends_at:
            for _ in range(_STORM // 2):
                ordinary.append(timed_ms(lambda: _passes(pool.execute(*_ORDINARY))))
                crashing.append(timed_ms(lambda: _crashes(pool.execute(*_CRASHING))))
            for which, request, check in ((0, _ORDINARY, _passes), (1, _CRASHING, _crashes)):
                took_ms = timed_ms(
                    lambda request=request, check=check: [  # type: ignore[misc]
                        check(result) for result in pool.execute_batch([request] * _STORM)
                    ]
                )
                batches[which].append(took_ms / _STORM)
    medians = (statistics.median(each) for each in batches.values())
    return Storm(Spread.of(ordinary), Spread.of(crashing), *medians)


def _passes(result: ExecutionResult) -> None:
    assert result.status is ExecutionStatus.ALL_PASSED, result.error


def _crashes(result: ExecutionResult) -> None:
    assert (result.status, result.blame) == (ExecutionStatus.PROCESS_ERROR, Blame.CODE)
    assert result.attempts == 3, result.attempts


def recovery() -> Recovery:
    """Measure a pool of one worker and some spares."""
    settings: dict[str, object] = {"backend": "docker", "workers": 1, "spares": _SPARES}
    config = PoolConfig.build(None, settings)
    recorder = _Recorder(create_backend(config))
    undisturbed, disturbed = [], []
    with Pool(config, backend=recorder) as pool, victims("docker") as running:
        for _ in range(_REPETITIONS):  # in turns: the speed of the machine varies
            _wait_until(lambda: pool.stats().idle == 1 + _SPARES)
            began_at = time.monotonic()
            pool.execute(*_PROGRAM)
            undisturbed.append((time.monotonic() - began_at) * 1000)
            disturbed.append(_disturbed(pool, recorder, running))
    eof, verdict = zip(*disturbed, strict=True)
    return Recovery(Spread.of(undisturbed), Spread.of(verdict), Spread.of(eof))


def _disturbed(pool: Pool, recorder: "_Recorder", running: Victims) -> tuple[float, float]:
    """Return the times from kill to end of stream, and from there to the verdict, in ms."""
    ended: list[float] = []
    future = pool.submit(*_PROGRAM)
    future.add_done_callback(lambda _: ended.append(time.monotonic()))
    _wait_until(lambda: recorder.leased() is not None)
    victim = recorder.leased()
    assert victim is not None
    threading.Event().wait(0.03)  # into the middle of the program
    killed_at = time.monotonic()
    running.kill(victim.sandbox_id)
    _wait_until(victim.hung_up)
    seen_at = time.monotonic()
    assert future.result(_PATIENCE_S).passed == 1
    _wait_until(lambda: bool(ended))
    return (seen_at - killed_at) * 1000, (ended[0] - seen_at) * 1000


def _wait_until(condition: Callable[[], object]) -> None:
    pause = threading.Event()
    deadline = time.monotonic() + _PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it did not come true"
        pause.wait(0.0005)


class _Recorder:
    """A backend that records the sandboxes it has started."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._started: list[Sandbox] = []
        self.name = backend.name
        self.check, self.reap, self.close = backend.check, backend.reap, backend.close

    def start(self, deadline: float) -> Sandbox:
        sandbox = self._backend.start(deadline)
        self._started.append(sandbox)
        return sandbox

    def leased(self) -> Sandbox | None:
        busy = (each for each in self._started[::-1] if each.state is SandboxState.LEASED)
        return next(busy, None)
