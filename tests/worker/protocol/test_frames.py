"""However a stream is cut, the same frames come out, and nothing else ever does."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.sandbox.multiplex import Demultiplexer
from runner.worker.protocol.frames import (
    MAX_PAYLOAD_BYTES,
    FrameError,
    FrameReader,
    FrameType,
    encode_frame,
)

text = st.text(st.characters(exclude_categories=()), max_size=20)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=10,
)
frames = st.tuples(st.sampled_from(FrameType), st.dictionaries(text, values, max_size=4))


def cut(data: bytes, sizes: list[int]) -> list[bytes]:
    """Cut bytes into chunks of these sizes, over and over."""
    chunks, start, index = [], 0, 0
    while start < len(data):
        size = sizes[index % len(sizes)]
        chunks.append(data[start : start + size])
        start, index = start + size, index + 1
    return chunks


@given(st.lists(frames, max_size=5), st.lists(st.integers(1, 40), min_size=1, max_size=5))
def test_frames_survive_any_cutting(
    sent: list[tuple[FrameType, dict[str, Any]]], sizes: list[int]
) -> None:
    reader = FrameReader()
    data = b"".join(encode_frame(kind, payload) for kind, payload in sent)
    received = [frame for chunk in cut(data, sizes) for frame in reader.feed(chunk)]
    assert received == sent
    assert not reader.pending


@given(st.binary(max_size=200), st.lists(st.integers(1, 40), min_size=1, max_size=5))
def test_arbitrary_bytes_are_frames_or_an_error(data: bytes, sizes: list[int]) -> None:
    reader = FrameReader()
    try:
        for chunk in cut(data, sizes):
            for kind, payload in reader.feed(chunk):
                assert isinstance(kind, FrameType)
                assert isinstance(payload, dict)
    except FrameError:
        return
    assert reader.pending or not data or data[0] in set(FrameType)


@given(st.integers(MAX_PAYLOAD_BYTES + 1, 2**32 - 1), st.sampled_from(FrameType))
def test_a_length_that_is_too_large_is_refused_before_its_bytes_come(
    length: int, kind: FrameType
) -> None:
    header = bytes([kind]) + length.to_bytes(4, "big")
    with pytest.raises(FrameError, match=str(length)):
        list(FrameReader().feed(header))


@given(frames)
def test_frames_are_ascii(frame: tuple[FrameType, dict[str, Any]]) -> None:
    body = encode_frame(*frame)[5:]
    assert json.loads(body.decode("ascii")) == frame[1]


chunks = st.lists(st.tuples(st.sampled_from([0, 1, 2]), st.binary(max_size=30)), max_size=8)


@given(chunks, st.lists(st.integers(1, 20), min_size=1, max_size=4))
def test_an_attach_stream_survives_any_cutting(
    sent: list[tuple[int, bytes]], sizes: list[int]
) -> None:
    data = b"".join(
        bytes([number, 0, 0, 0]) + len(part).to_bytes(4, "big") + part for number, part in sent
    )
    errors: list[bytes] = []
    parts = Demultiplexer(errors.append)
    output = b"".join(map(parts.feed, cut(data, sizes)))
    assert output == b"".join(part for number, part in sent if number != 2)
    assert b"".join(errors) == b"".join(part for number, part in sent if number == 2)
