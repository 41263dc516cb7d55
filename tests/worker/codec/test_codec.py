"""Values cross unchanged, and whatever bytes arrive end in a value or in a refusal."""

import collections
import contextlib
import datetime
import decimal
import fractions
import math
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.worker.codec.format import Bounds, MalformedError
from runner.worker.protocol.plain_values import decode_plain, encode_plain

_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.complex_numbers(allow_nan=False),
    st.text(st.characters(codec=None)),
    st.binary(),
    st.decimals(allow_nan=False),
    st.fractions(),
    st.dates(),
    st.times(),
    st.datetimes(timezones=st.just(datetime.UTC)),
    st.timedeltas(),
    st.uuids(),
)
_KEYS = st.one_of(st.integers(), st.text(), st.binary(), st.tuples(st.integers(), st.text()))
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        st.lists(inner),
        st.lists(inner).map(tuple),
        st.dictionaries(_KEYS, inner),
        st.sets(_KEYS),
        st.frozensets(_KEYS),
        st.lists(inner).map(collections.deque),
    ),
    max_leaves=20,
)


def _round_trip(value: Any) -> Any:
    return decode_plain(encode_plain(value))


@given(_VALUES)
def test_any_nested_value_survives(value: Any) -> None:
    """What arrives equals what was sent, and is of the same type."""
    arrived = _round_trip(value)
    assert arrived == value
    assert type(arrived) is type(value)


@pytest.mark.parametrize(
    "value",
    [
        bytearray(b"\x00\xff"),
        range(1, 10, 3),
        slice(None, 5, 2),
        "\ud800 \x00 \U0001f600",
        1 << 5000,
        -(1 << 63) - 1,
        collections.Counter("abca"),
        collections.OrderedDict(b=1, a=2),
        collections.deque([1, 2], maxlen=2),
        decimal.Decimal("1.50"),
        fractions.Fraction(-3, 7),
        datetime.timezone(datetime.timedelta(hours=2), "X"),
        uuid.UUID(int=5),
    ],
    ids=repr,
)
def test_value_types_of_the_library_survive(value: Any) -> None:
    """Type, content and order of the ordinary value types are kept."""
    arrived = _round_trip(value)
    assert (type(arrived), repr(arrived)) == (type(value), repr(value))


def test_nan_and_negative_zero_survive() -> None:
    """Floats cross bit by bit."""
    nan, zero = _round_trip([math.nan, -0.0])
    assert math.isnan(nan)
    assert math.copysign(1, zero) == -1


def test_a_defaultdict_keeps_no_foreign_factory() -> None:
    """A factory has no plain form, and is refused instead of being dropped silently."""
    with pytest.raises(MalformedError):
        encode_plain(collections.defaultdict(int))


def test_aliases_and_cycles_survive() -> None:
    """Two places that held one list hold one list again, also when it contains itself."""
    inner: list[Any] = [1]
    inner.append(inner)
    first, (second,) = _round_trip([inner, (inner,)])
    assert first is second
    assert first[1] is first


def test_deep_nesting_needs_no_recursion() -> None:
    """Lists deeper than the recursion limit cross."""
    deep: list[Any] = []
    for _ in range(5000):
        deep = [deep]
    depth, arrived = 0, _round_trip(deep)
    while arrived:
        depth, arrived = depth + 1, arrived[0]
    assert depth == 5000


def test_tuples_deeper_than_the_bound_are_refused() -> None:
    """Hashing a very deep tuple would overflow the C stack, so it is not built."""
    deep: tuple[Any, ...] = ()
    for _ in range(200):
        deep = (deep,)
    with pytest.raises(MalformedError, match="deep"):
        decode_plain(encode_plain(deep), Bounds(depth=100))


@pytest.mark.parametrize("bounds", [Bounds(size_bytes=1024), Bounds(nodes=100)], ids=repr)
def test_values_beyond_the_bounds_are_refused_on_both_sides(bounds: Bounds) -> None:
    """Neither encoder nor decoder handles more than it is allowed to."""
    value = list(range(1000))
    with pytest.raises(MalformedError):
        encode_plain(value, bounds)
    with pytest.raises(MalformedError):
        decode_plain(encode_plain(value), bounds)


@given(st.binary(max_size=300))
def test_any_bytes_end_in_a_value_or_a_refusal(data: bytes) -> None:
    """No other exception, whatever arrives."""
    with contextlib.suppress(MalformedError):
        decode_plain(data)


@given(_VALUES, st.data())
def test_damaged_messages_end_in_a_value_or_a_refusal(value: Any, data: st.DataObject) -> None:
    """The same for messages that were right but for one byte."""
    message = bytearray(encode_plain(value))
    where = data.draw(st.integers(0, len(message) - 1))
    message[where] = data.draw(st.integers(0, 255))
    with contextlib.suppress(MalformedError):
        decode_plain(bytes(message))


def test_a_message_has_one_value() -> None:
    empty = (
        b"\x01\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00.\x00\x00\x00R\x00\x00\x00\x00"
    )
    with pytest.raises(MalformedError, match="one value"):
        decode_plain(empty)


def test_a_forged_count_costs_no_memory() -> None:
    """A count that the message cannot hold is refused before anything is built."""
    with pytest.raises(MalformedError):
        decode_plain(b"\x00\x00\x00\x00" + b"\x00\x00\x00\x00" + b"\xff\xff\xff\x7f")


def test_functions_are_no_plain_values() -> None:
    """What has no value is refused by name."""
    with pytest.raises(MalformedError, match="function"):
        encode_plain([lambda: None])
