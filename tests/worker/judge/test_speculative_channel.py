"""A predicted answer costs no wait, and what relied on another one is not done."""

import socket
from collections.abc import Iterator

import pytest

from runner.worker.boundary.channel import AGAIN, BEGIN, Channel
from runner.worker.judge.prediction.speculative_channel import Mispredicted, SpeculativeChannel

_MOST_BYTES = 1000


@pytest.fixture
def ends() -> Iterator[tuple[SpeculativeChannel, Channel]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        for each in (ours, theirs):
            each.settimeout(5)
        yield SpeculativeChannel(ours, _MOST_BYTES), Channel(theirs, _MOST_BYTES)


def test_a_request_goes_out_with_the_one_that_relies_on_it(
    ends: tuple[SpeculativeChannel, Channel],
) -> None:
    judge, subject = ends
    judge.predict(b"loaded")
    judge.send(b"call")
    assert [subject.receive() for _ in range(2)] == [AGAIN, b"call"]
    subject.send(b"loaded")
    subject.send(b"called")
    assert judge.receive() == b"called"
    judge.settle()


def test_another_answer_ends_the_wait(ends: tuple[SpeculativeChannel, Channel]) -> None:
    judge, subject = ends
    judge.predict(b"loaded")
    judge.send(b"call")
    subject.send(b"loaded something else")
    with pytest.raises(Mispredicted) as caught:
        judge.receive()
    judge.settle()
    judge.begin()
    judge.repeat(caught.value.message)
    judge.send(b"load")
    assert judge.receive() == b"loaded something else"
    judge.send(b"call")
    assert [subject.receive() for _ in range(3)] == [AGAIN, b"call", b"call"]


def test_a_request_that_nothing_has_relied_on_is_sent_at_the_end(
    ends: tuple[SpeculativeChannel, Channel],
) -> None:
    judge, subject = ends
    judge.predict(b"loaded")
    subject.send(b"loaded")
    judge.settle()
    assert [subject.receive() for _ in range(2)] == [AGAIN, BEGIN]
    judge.predict(b"loaded")
    subject.send(b"loaded something else")
    with pytest.raises(Mispredicted):
        judge.settle()


def test_what_is_held_goes_out_before_a_wait(ends: tuple[SpeculativeChannel, Channel]) -> None:
    judge, subject = ends
    subject.holds = True
    subject.send(b"loaded")
    subject.holds = False
    judge.send(b"call")
    assert subject.receive() == b"call"
    assert judge.receive() == b"loaded"
