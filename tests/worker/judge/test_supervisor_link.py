"""What judge and supervisor tell each other is told in time, and in as few messages as possible."""

import os
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from runner.worker.judge.supervisor_link import SupervisorLink
from runner.worker.protocol.frames import FrameReader, FrameType, encode_frame


class Line:
    """Both ends of a judge's control socket, and the pipe that the subject prints to."""

    def __init__(self) -> None:
        self.supervisor, self._judge = socket.socketpair()
        self.supervisor.settimeout(10)
        self._read_end, self.write_end = os.pipe()
        self.control = SupervisorLink(self._judge, [self.write_end])
        self._say({"subject_pid": os.getpid(), "tests": [{}, {}]})
        self.control.request()

    def _say(self, payload: dict[str, Any]) -> None:
        self.supervisor.sendall(encode_frame(FrameType.EVENT, payload))

    def let_go(self) -> None:
        """Say that everything that the test has printed is read."""
        self._say({"go": True})

    def end_test(self, index: int) -> None:
        """Say as the judge that a test has passed."""
        self.control.ended(index, status="passed", excerpts=(None, None), broken=False)

    def heard(self) -> list[dict[str, Any]]:
        """Return what has come in one message."""
        return [payload for _, payload in FrameReader().feed(self.supervisor.recv(1 << 16))]

    def close(self) -> None:
        """Free all descriptors."""
        self.supervisor.close()
        self._judge.close()
        os.close(self._read_end)
        os.close(self.write_end)


@pytest.fixture
def line() -> Iterator[Line]:
    line = Line()
    yield line
    line.close()


def test_a_test_that_printed_nothing_does_not_hold_up_the_next(line: Line) -> None:
    line.end_test(0)
    (ended,) = line.heard()
    assert not ended["waits"]


def test_the_next_test_waits_until_the_output_of_the_last_is_read(line: Line) -> None:
    os.write(line.write_end, b"printed")
    line.let_go()  # or the next line would wait for ever
    line.end_test(0)
    (ended,) = line.heard()
    assert ended["waits"]


def test_the_last_end_travels_with_done(line: Line) -> None:
    line.end_test(0)
    line.heard()
    line.end_test(1)
    line.control.done(plain=True)
    assert [event["event"] for event in line.heard()] == ["ended", "done"]


def test_every_word_that_begins_a_budget_says_when(line: Line) -> None:
    """A supervisor that reads it late would charge the test with what is left of it only."""
    for say in (line.control.checking, line.control.checked, line.control.compiled):
        say()
        (said,) = line.heard()
        at_s, cpu_s = said["stamp"]
        assert 0 < cpu_s < at_s
