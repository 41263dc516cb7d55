"""Long lists of few types are packed, arrive unchanged, and are refused where they are damaged."""

import contextlib
import copy
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.worker.codec.decoder import decode
from runner.worker.codec.format import HEAD, NEW_RUN, RUN, TUPLES, U32, Bounds, MalformedError
from runner.worker.codec.runs import FORM_BITS, LEAST, MIXED, TEXTS
from runner.worker.protocol.plain_values import (
    NoPeer,
    PlainContainers,
    decode_plain,
    encode_plain,
)

_LEAVES = [
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(1 << 63), (1 << 63) - 1),
    st.floats(allow_nan=False),
    st.text(st.characters(codec=None)),
    st.binary(),
]


def _long(parts: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(parts, min_size=LEAST, max_size=5 * LEAST)


_OF_ONE_TYPE = st.one_of([_long(leaf) for leaf in _LEAVES])
_LISTS = st.one_of(_OF_ONE_TYPE, _long(st.one_of(_LEAVES)))
_NESTED = st.one_of(
    _LISTS,
    _long(st.one_of(_LEAVES) | st.lists(st.integers(), max_size=3)),
    _long(st.tuples(st.integers(), st.text())),
    _long(st.tuples(st.integers(), st.lists(st.integers(), max_size=2))),
    _long(st.tuples(st.integers(), st.tuples(st.none()))),
    _long(st.dictionaries(st.text(max_size=3), st.integers() | st.none(), max_size=3)),
    _long(st.sets(st.integers(), max_size=3)),
    st.dictionaries(st.integers(), st.lists(st.integers(), max_size=3), min_size=LEAST),
)


def _types(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [type(value), *map(_types, value)]
    if isinstance(value, dict):
        return [type(value), *map(_types, value.keys()), *map(_types, value.values())]
    return type(value)


@given(_NESTED)
def test_long_lists_survive(value: Any) -> None:
    """Values, their order and their exact types are the same, whatever form they have."""
    arrived = decode_plain(encode_plain(value))
    assert arrived == value
    assert _types(arrived) == _types(value)


@given(_NESTED, st.data())
def test_damaged_long_lists_end_in_a_value_or_a_refusal(value: Any, data: st.DataObject) -> None:
    """No other exception, whichever bytes are others."""
    message = bytearray(encode_plain(value))
    for _ in range(data.draw(st.integers(1, 4))):
        message[data.draw(st.integers(0, len(message) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(MalformedError):
        decode_plain(bytes(message))


@given(_OF_ONE_TYPE, st.integers(min_value=1, max_value=40))
def test_lists_that_are_cut_short_are_refused(value: list[Any], missing: int) -> None:
    """No part is made up for the bytes that are missing."""
    message = encode_plain(value)
    with pytest.raises(MalformedError):
        decode_plain(message[: max(0, len(message) - missing)])


@pytest.mark.parametrize("value", [0, 0.5, "a", None, True], ids=repr)
def test_parts_of_one_type_have_no_tags(value: Any) -> None:
    """A million of them are cheap only if none is looked at alone."""
    assert len(encode_plain([value] * 1000)) < len(encode_plain([value, [[]]] * 1000)) / 1.5
    assert len(encode_plain([value] * 1000)) <= 1000 * 8 + 100
    assert decode_plain(encode_plain([value] * 1000)) == [value] * 1000


@pytest.mark.parametrize("each", [[], [1], {}, (), (1, 2), {"a": None}, set()], ids=repr)
def test_long_lists_of_small_objects_survive(each: Any) -> None:
    """The same where there is hardly a byte for each."""
    value = [copy.copy(each) for _ in range(1000)]
    assert decode_plain(encode_plain(value)) == value


def test_one_object_in_many_places_stays_one() -> None:
    """A run has each object once."""
    pair = [1, 2]
    arrived = decode_plain(encode_plain([pair] * 20 + [[n] for n in range(20)]))
    assert all(each is arrived[0] for each in arrived[:20])
    assert len({id(each) for each in arrived}) == 21


def test_nan_and_negative_zero_survive_in_long_lists() -> None:
    """Floats cross bit by bit."""
    arrived = decode_plain(encode_plain([math.nan, -0.0] * LEAST))
    assert math.isnan(arrived[0])
    assert math.copysign(1, arrived[1]) == -1


def _list(form: int, count: int, content: bytes) -> bytes:
    return U32.pack(count << FORM_BITS | form) + content


_FORGED = {
    "a run of lists": bytes((NEW_RUN,)) + RUN.pack(0, 0, 4_000_000),
    "a run of tuples": bytes((TUPLES,)) + U32.pack(4_000_000),
    "a run of what has traits": bytes((NEW_RUN,)) + RUN.pack(4, 0, 1) + bytes(4),
}


@pytest.mark.parametrize("name", _FORGED)
def test_forged_runs_are_refused(name: str) -> None:
    """What the message cannot hold is not made."""
    with pytest.raises(MalformedError):
        decode_plain(HEAD.pack(4_000_000, 0) + _FORGED[name] + bytes(8))


def test_forms_do_not_nest() -> None:
    """A list in a list without an object in between would have the parser recurse."""
    inner = _list(MIXED, 0, b"\x00")
    for _ in range(100_000):
        inner = _list(MIXED, 0, b"\x01") + inner if len(inner) < 500_000 else inner
    with pytest.raises(MalformedError, match="nested"):
        decode_plain(HEAD.pack(0, 0) + inner)


def test_strings_of_other_lengths_are_refused() -> None:
    """The lengths of strings add up to their text."""
    lengths = U32.pack(1) + U32.pack(5)
    with pytest.raises(MalformedError):
        decode_plain(HEAD.pack(0, 0) + _list(TEXTS, 2, lengths + U32.pack(3) + b"abc"))


def test_what_costs_nothing_to_read_does_not_count() -> None:
    """A solution that sends None in a row is not credited with it."""

    def objects(value: Any) -> int:
        return decode(NoPeer(), PlainContainers(), Bounds(), encode_plain(value))[2]

    assert objects([1] * 1000) - objects([None] * 1000) == 1000
