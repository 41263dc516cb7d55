"""Frames arrive whole, late ones not at all, and every wait ends."""

import os
import socket
import struct
import threading
import time
from collections.abc import Iterator

import pytest

from runner.errors import TransportError, TransportTimeout
from runner.sandbox import transport as module
from runner.sandbox.multiplex import Demultiplexer
from runner.sandbox.replies import replies_to
from runner.sandbox.transport import SocketStream, Transport, TransportClosed
from runner.worker.protocol.frames import FrameType, encode_frame
from tests.fakes import EOF, ScriptedStream

STARTED = encode_frame(FrameType.STARTED, {"id": "1"})


def soon() -> float:
    return time.monotonic() + 5


#: Of a request with a single test that prints a lot.
EXPECTED = replies_to({"tests": [{}], "limits": {"output_bytes": 1 << 20}})


def scripted(*script: object) -> Transport:
    return Transport(ScriptedStream(script), EXPECTED)


@pytest.fixture
def pair() -> Iterator[tuple[Transport, socket.socket]]:
    ours, theirs = socket.socketpair()
    stream = SocketStream(ours)
    yield Transport(stream, EXPECTED), theirs
    stream.close()
    theirs.close()


def test_a_frame_arrives() -> None:
    assert scripted(STARTED).receive(soon()) == (FrameType.STARTED, {"id": "1"})


def test_a_frame_in_single_bytes_arrives() -> None:
    chunks = [STARTED[index : index + 1] for index in range(len(STARTED))]
    assert scripted(*chunks).receive(soon()) == (FrameType.STARTED, {"id": "1"})


def test_two_frames_in_one_chunk_arrive_one_after_the_other() -> None:
    both = scripted(STARTED + STARTED)
    assert both.receive(soon()) == both.receive(soon())


def test_the_end_of_the_stream_is_told_apart_from_silence() -> None:
    with pytest.raises(TransportClosed):
        scripted(EOF).receive(soon())


def test_the_end_in_the_middle_of_a_frame_is_the_end() -> None:
    with pytest.raises(TransportClosed):
        scripted(STARTED[:-1], EOF).receive(soon())


def test_silence_ends_at_the_deadline() -> None:
    with pytest.raises(TransportTimeout):
        scripted().receive(time.monotonic())


def test_half_a_frame_is_silence() -> None:
    with pytest.raises(TransportTimeout):
        scripted(STARTED[:-1]).receive(time.monotonic() + 0.01)


@pytest.mark.parametrize(
    "garbage",
    [
        b"Traceback (most recent call last)",
        struct.pack(">BI", FrameType.STARTED, 2**32 - 1),
        struct.pack(">BI", FrameType.STARTED, 2) + b"[]",
        struct.pack(">BI", FrameType.STARTED, 4) + b"\xff\xff\xff\xff",
        struct.pack(">BI", FrameType.STARTED, 100_000) + b"[" * 100_000,
    ],
    ids=["text", "forged length", "not an object", "not JSON", "nested"],
)
@pytest.mark.fault("garbage, forged length")
def test_garbage_is_an_error(garbage: bytes) -> None:
    with pytest.raises(TransportError, match="no valid frame"):
        scripted(garbage).receive(soon())


def test_unexpected_frames_do_not_pile_up() -> None:
    with pytest.raises(TransportError, match="without a request"):
        scripted(STARTED * 300).receive(soon())


def test_a_frame_is_sent() -> None:
    stream = ScriptedStream()
    Transport(stream).send(FrameType.STARTED, {"id": "1"}, soon())
    assert stream.sent == STARTED


def test_a_worker_that_reads_nothing_does_not_hold_the_sender(
    pair: tuple[Transport, socket.socket],
) -> None:
    ours, _ = pair
    with pytest.raises(TransportTimeout):
        ours.send(FrameType.RUN, {"code": "x" * 10_000_000}, time.monotonic() + 0.05)


def test_a_worker_that_dies_while_being_sent_to_is_noticed(
    pair: tuple[Transport, socket.socket],
) -> None:
    ours, theirs = pair
    closing = threading.Timer(0.02, theirs.close)
    closing.start()
    with pytest.raises(TransportClosed):
        ours.send(FrameType.RUN, {"code": "x" * 10_000_000}, soon())
    closing.join()


@pytest.mark.fault("peer that stops reading, both ways")
def test_two_sides_that_both_write_first_do_not_block_each_other(
    pair: tuple[Transport, socket.socket],
) -> None:
    ours, theirs = pair
    large = {"code": "x" * 3_000_000}

    def write_then_read() -> None:
        theirs.sendall(encode_frame(FrameType.REPORT, large))
        while theirs.recv(1 << 20):
            pass

    worker = threading.Thread(target=write_then_read)
    worker.start()
    ours.send(FrameType.RUN, large, soon())
    assert ours.receive(soon()) == (FrameType.REPORT, large)
    ours.abort()
    worker.join()


def test_an_idle_worker_is_not_at_its_end(pair: tuple[Transport, socket.socket]) -> None:
    ours, _ = pair
    assert not ours.at_eof()
    assert not ours.hung_up()


def test_a_worker_that_hung_up_is(pair: tuple[Transport, socket.socket]) -> None:
    ours, theirs = pair
    theirs.close()
    assert ours.hung_up()
    assert ours.at_eof()


@pytest.mark.parametrize("said", [STARTED, STARTED[:2], b"\xff"], ids=["frame", "part", "garbage"])
def test_a_worker_that_talks_unasked_is_beyond_use(
    pair: tuple[Transport, socket.socket], said: bytes
) -> None:
    ours, theirs = pair
    theirs.send(said)
    assert not ours.hung_up()
    assert ours.at_eof()


def test_abort_wakes_a_waiting_receiver(pair: tuple[Transport, socket.socket]) -> None:
    ours, _ = pair
    aborting = threading.Timer(0.02, ours.abort)
    aborting.start()
    with pytest.raises(TransportClosed):
        ours.receive(soon())
    aborting.join()


def test_closing_twice_does_no_harm() -> None:
    ours, theirs = socket.socketpair()
    closed: list[bool] = []
    stream = SocketStream(ours, on_close=lambda: closed.append(True))
    stream.close()
    stream.close()
    theirs.close()
    assert closed == [True]
    assert module.hung_up(stream.fileno())


def test_the_last_words_of_a_worker_are_kept_and_no_more() -> None:
    ours, theirs = socket.socketpair()
    errors, errors_in = os.pipe()
    stream = SocketStream(ours, stderr=errors)
    os.write(errors_in, b"x" * 10_000 + b"\xff the end\n")
    tail = stream.stderr_tail()
    stream.close()
    theirs.close()
    os.close(errors_in)
    assert tail.endswith("x\\xff the end")
    assert stream.stderr_tail() == tail
    assert len(tail) < 5000


def chunk(number: int, data: bytes) -> bytes:
    return struct.pack(">BxxxL", number, len(data)) + data


def test_an_attach_stream_is_taken_apart_wherever_it_is_cut() -> None:
    data = chunk(1, b"one") + chunk(2, b"oops") + chunk(1, b"") + chunk(1, b"two")
    for size in range(1, len(data) + 1):
        errors: list[bytes] = []
        parts = Demultiplexer(errors.append)
        output = b"".join(
            parts.feed(data[start : start + size]) for start in range(0, len(data), size)
        )
        assert (output, b"".join(errors)) == (b"onetwo", b"oops")


def test_an_unknown_stream_number_is_an_error() -> None:
    with pytest.raises(TransportError, match="stream number"):
        Demultiplexer(lambda _: None).feed(chunk(9, b"x"))


def test_complaints_of_an_idle_worker_are_no_reason_to_give_it_up() -> None:
    ours, theirs = socket.socketpair()
    stream = SocketStream(ours, multiplexed=True)
    theirs.send(chunk(2, b"a warning"))
    assert not Transport(stream).at_eof()
    assert stream.stderr_tail() == "a warning"
    stream.close()
    theirs.close()


def test_a_forked_child_lets_go_without_ending_the_conversation(
    pair: tuple[Transport, socket.socket],
) -> None:
    ours, theirs = pair
    child = os.fork()
    if not child:
        os._exit(0 if ours.fileno() == -1 else 1)
    assert os.waitpid(child, 0)[1] == 0
    theirs.send(STARTED)
    assert ours.receive(soon()) == (FrameType.STARTED, {"id": "1"})
