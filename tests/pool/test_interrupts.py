"""A caller may be interrupted anywhere: no sandbox is lost, no other caller waits in vain.

Two ways of interrupting: after every single line that a call executes in this library, one by one;
and with real signals from another process, at random moments.
"""

import contextlib
import dis
import functools
import itertools
import linecache
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType
from types import FrameType as PythonFrame
from typing import Any

import pytest
from pydantic_core import PydanticSerializationError

import runner
from runner.models import ExecutionResult, ExecutionStatus
from runner.pool import Pool
from runner.worker.protocol.frames import FrameType
from tests.fakes import FakeBackend, obedient

Eventually = Callable[[Callable[[], object]], None]

PASS = ("x = 1", ["assert x"])

#: What a caller's thread runs through between the call and its result.
_ROOMS = [Path(runner.__file__).parent / name for name in ("pool", "sandbox")]
_FILES = {str(module) for room in _ROOMS for module in room.glob("*.py")} | {contextlib.__file__}


class Interrupt:
    """Raises KeyboardInterrupt before the n-th line that this thread executes in the library."""

    def __init__(self, line: int) -> None:
        self._left = line
        self.where = ""

    def __call__(self, frame: PythonFrame, event: str, _: object) -> Any:
        if frame.f_code.co_filename not in _FILES:
            return None
        if event == "line" and not _is_leaving_a_block(frame):
            if not self._left:
                self.where = f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"
                raise KeyboardInterrupt
            self._left -= 1
        return self

    def during(self, call: Callable[[], ExecutionResult]) -> bool:
        """Make a call, and tell whether it was interrupted."""
        sys.settrace(self)
        try:
            call()
        except KeyboardInterrupt:
            return True
        finally:
            sys.settrace(None)
        return False


def _is_leaving_a_block(frame: PythonFrame) -> bool:
    """Return True if ``__exit__`` comes next: there, Python is never interrupted."""
    line = linecache.getline(frame.f_code.co_filename, frame.f_lineno).lstrip()
    begins = _first_offsets(frame.f_code).get(frame.f_lineno)
    return line.startswith("with ") and frame.f_lasti != begins


@functools.cache
def _first_offsets(code: CodeType) -> dict[int | None, int]:
    first: dict[int | None, int] = {}
    for offset, line in dis.findlinestarts(code):
        first.setdefault(line, offset)
    return first


@contextlib.contextmanager
def warm(fake: FakeBackend, eventually: Eventually, **sizes: int) -> Iterator[Pool]:
    settings: dict[str, Any] = {"workers": 1, "spares": 1, **sizes}
    with Pool(backend=fake, **settings) as pool:
        eventually(lambda: is_whole(pool, fake))
        yield pool


def is_whole(pool: Pool, fake: FakeBackend) -> bool:
    """Return True if nothing is lost: all capacity is idle, and nothing else lives."""
    stats, size = pool.stats(), pool.config.workers + pool.config.spares
    numbers = (stats.idle, stats.leased, stats.starting, stats.waiting)
    return numbers == (size, 0, 0, 0) and len(fake.alive) == size


def interrupt_each_line(
    pool: Pool,
    fake: FakeBackend,
    eventually: Eventually,
    call: Callable[[Interrupt], bool],
) -> int:
    """Make the call again and again, interrupted one line later each time; return their number."""
    for line in itertools.count():
        interrupt = Interrupt(line)
        interrupted = call(interrupt)
        try:
            eventually(lambda: is_whole(pool, fake))
        except AssertionError:
            raise AssertionError(f"interrupted at {interrupt.where}: {pool!r}") from None
        assert pool.execute(*PASS).status is ExecutionStatus.ALL_PASSED
        if not interrupted:
            return line
    raise AssertionError


@pytest.mark.fault("KeyboardInterrupt in a lease")
def test_an_interrupt_at_any_line_of_an_execution_loses_nothing(eventually: Eventually) -> None:
    fake = FakeBackend()
    with warm(fake, eventually) as pool:
        call = functools.partial(pool.execute, *PASS)
        assert interrupt_each_line(pool, fake, eventually, lambda it: it.during(call)) > 100


@pytest.mark.fault("KeyboardInterrupt in a lease")
def test_an_interrupt_at_any_line_of_a_future_or_a_batch_loses_nothing(
    eventually: Eventually,
) -> None:
    fake = FakeBackend()
    with warm(fake, eventually) as pool:
        for call in (
            lambda: pool.submit(*PASS).result(5),
            lambda: pool.execute_batch([PASS] * 2)[0],
        ):
            made = interrupt_each_line(
                pool,
                fake,
                eventually,
                lambda it, call=call: it.during(call),  # type: ignore[misc]
            )
            assert made > 30
            assert pool.submit(*PASS).result(5).passed == 1


@pytest.mark.slow
@pytest.mark.fault("KeyboardInterrupt in a lease")
def test_an_interrupt_while_dead_sandboxes_are_passed_over_loses_nothing(
    eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runner.pool.manager._INFANCY_S", 0.0)  # so that no replacement waits
    fake = FakeBackend()

    def call(interrupt: Interrupt) -> bool:
        eventually(lambda: is_whole(pool, fake))
        for sandbox in list(pool._started()._leases.idle):
            fake.workers[sandbox.sandbox_id].say(b"boo")  # only a lease looks at that
        return interrupt.during(lambda: pool.execute(*PASS))

    with warm(fake, eventually) as pool:
        assert interrupt_each_line(pool, fake, eventually, call) > 150


class Gate:
    """A worker that does not answer marked requests before it may."""

    def __init__(self) -> None:
        self.opened = threading.Event()
        self.reached: Callable[[], None] = lambda: None

    def __call__(self, kind: FrameType, payload: dict[str, Any]) -> bytes | None:
        if kind is FrameType.RUN and "gate" in payload["code"]:
            self.reached()
            self.opened.wait(10)
        return obedient(kind, payload)


GATED = ("gate = 1", ["assert gate"])


@pytest.mark.slow
@pytest.mark.fault("KeyboardInterrupt in a lease")
def test_an_interrupt_at_any_line_of_waiting_in_the_queue_loses_nothing(
    eventually: Eventually,
) -> None:
    gate = Gate()
    fake = FakeBackend(answer=gate)

    def call(interrupt: Interrupt) -> bool:
        gate.opened.clear()
        done = threading.Event()
        holding = pool.submit(*GATED)
        eventually(lambda: pool.stats().leased == 1)

        def open_when_there_is_a_queue() -> None:
            with contextlib.suppress(AssertionError):
                eventually(lambda: pool.stats().waiting or done.is_set())
            gate.opened.set()

        opening = threading.Thread(target=open_when_there_is_a_queue)
        opening.start()
        try:
            return interrupt.during(lambda: pool.execute(*PASS))
        finally:
            done.set()
            opening.join()
            assert holding.result(10).passed == 1

    with warm(fake, eventually, spares=0) as pool:
        assert interrupt_each_line(pool, fake, eventually, call) > 100


@pytest.mark.fault("KeyboardInterrupt in a lease")
def test_an_interrupt_while_giving_back_does_not_harm_waiting_callers(
    eventually: Eventually,
) -> None:
    gate = Gate()
    fake = FakeBackend(answer=gate)

    def call(interrupt: Interrupt) -> bool:
        waiting: list[Any] = []

        def let_another_one_wait() -> None:
            sys.settrace(None)
            waiting.append(pool.submit(*PASS))
            eventually(lambda: pool.stats().waiting == 1)
            sys.settrace(interrupt)

        gate.reached = let_another_one_wait
        try:
            return interrupt.during(lambda: pool.execute(*GATED))
        finally:
            assert all(future.result(10).passed == 1 for future in waiting)

    gate.opened.set()
    with warm(fake, eventually, spares=0) as pool:
        assert interrupt_each_line(pool, fake, eventually, call) > 100


_SENDER = """
import os, random, signal, sys, time
while os.read(0, 1):
    time.sleep(random.random() * 0.001)
    os.kill(os.getppid(), signal.SIGUSR1)
"""


@pytest.fixture
def order_interrupt(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Have another process send one KeyboardInterrupt, within a millisecond or so.

    One that comes in the middle of a finalizer ends there, as Python has it.
    """
    complain = sys.unraisablehook

    def tolerate(unraisable: Any) -> None:
        if unraisable.exc_type is not KeyboardInterrupt:
            complain(unraisable)

    monkeypatch.setattr(sys, "unraisablehook", tolerate)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGUSR1, interrupt)
    command = [sys.executable, "-I", "-S", "-c", _SENDER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, bufsize=0) as process:
        assert process.stdin is not None
        descriptor = process.stdin.fileno()

        def order() -> None:
            os.write(descriptor, b"x")

        yield order
    signal.signal(signal.SIGUSR1, before)


@pytest.mark.skipif(
    sys.version_info[:2] == (3, 14),
    reason="an interrupt may leave a lock taken: github.com/python/cpython/issues/148874",
)
@pytest.mark.fault("KeyboardInterrupt in a lease")
@pytest.mark.parametrize("count", [100, pytest.param(500, marks=pytest.mark.slow)])
def test_real_interrupts_at_random_moments_lose_nothing(
    eventually: Eventually, order_interrupt: Callable[[], None], count: int
) -> None:
    fake = FakeBackend()
    interrupted = 0
    with warm(fake, eventually, workers=2) as pool:
        for _ in range(count):
            try:
                order_interrupt()
                for _ in range(1000):
                    pool.execute(*PASS)
            except (KeyboardInterrupt, PydanticSerializationError):  # which may wrap the former
                interrupted += 1
        eventually(lambda: is_whole(pool, fake))
        assert pool.execute(*PASS).status is ExecutionStatus.ALL_PASSED
    assert interrupted > count * 0.9
