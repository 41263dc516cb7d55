"""Orders to forked processes: each is for one process, also if that ends before it reads it."""

import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from runner.worker.supervisor.zygote_client import Zygote
from runner.worker.zygote.orders import FORKED_BYTES, ORDER, ROLES, SUBJECT


class Line:
    """A client, and the zygote's ends of its sockets."""

    def __init__(self) -> None:
        bells = [socket.socketpair() for _ in ROLES]
        orders = [socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET) for _ in ROLES]
        self.bells = [theirs for _, theirs in bells]
        self.ends = [theirs for _, theirs in orders]
        self.sockets = [each for pair in (*bells, *orders) for each in pair]
        ours = [own for own, _ in bells], [own for own, _ in orders]
        self.client = Zygote(0, *ours, self.ends)

    def answer(self, pid: int) -> None:
        """Say that a subject was forked."""
        self.bells[SUBJECT].send(pid.to_bytes(FORKED_BYTES, sys.byteorder))

    def order(self) -> int:
        """Read an order as a forked process does; return its uid."""
        return int(ORDER.unpack(self.ends[SUBJECT].recv(ORDER.size))[0])


@pytest.fixture
def line() -> Iterator[Line]:
    made = Line()
    yield made
    for each in made.sockets:
        each.close()


def test_the_order_of_a_process_that_ended_is_taken_back(line: Line) -> None:
    """Or the next one would take it, and serve a pair that is gone."""
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        line.client.spawn(SUBJECT, 1, [])
        line.answer(ended.pid)
    line.client.spawn(SUBJECT, 2, [])
    assert line.order() == 2


def test_a_process_that_lives_is_waited_for(line: Line) -> None:
    with subprocess.Popen(["sleep", "60"]) as alive:
        line.client.spawn(SUBJECT, 1, [])
        line.answer(alive.pid)
        taken: list[int] = []
        reader = threading.Timer(0.2, lambda: taken.append(line.order()))
        reader.start()
        line.client.spawn(SUBJECT, 2, [])
        reader.join()
        alive.kill()
    assert taken == [1]
    assert line.order() == 2


def test_a_process_that_does_not_end_is_not_waited_for_for_ever(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may wait in the kernel uninterruptibly: then the sandbox is to be thrown away."""
    monkeypatch.setattr("runner.worker.supervisor.zygote_client.REAP_S", 0.05)
    with subprocess.Popen(["sleep", "60"]) as alive:
        assert line.client.reap(alive.pid) is None
        alive.kill()
        monkeypatch.undo()
        reaped = line.client.reap(alive.pid)
    assert reaped is not None
    assert reaped[0] == signal.SIGKILL
