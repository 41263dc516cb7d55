"""Nothing tells the members of a family apart: each has the same family."""

import collections
import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.worker.boundary.special_methods import fresh
from runner.worker.judge.trust.examination.decoys import SIZE, decoys_for


def _lists(items: dict[Any, Any]) -> Any:
    return collections.defaultdict(list, items)


_LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.complex_numbers(),
    st.decimals(),
    st.fractions(),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.builds(range, st.integers(-5, 5), st.integers(-5, 600), st.sampled_from((1, 3, -1))),
    st.timedeltas(),
    st.frozensets(st.integers(-300, 300)),
    st.frozensets(st.text(max_size=2)),
    st.frozensets(st.tuples(st.integers(0, 9), st.text(max_size=2)), max_size=3),
    st.frozensets(st.dates(), max_size=3),
    st.text(st.characters(codec=None), max_size=8),
    st.binary(max_size=6),
)
_VALUES = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.tuples(inner, inner),
        st.dictionaries(st.text(max_size=3), inner, max_size=3),
        st.builds(collections.deque, st.lists(inner, max_size=3), st.sampled_from((None, 0, 1, 5))),
        st.builds(
            lambda kind, items: kind(items),
            st.sampled_from((collections.OrderedDict, collections.Counter, _lists)),
            st.dictionaries(st.text(max_size=3), inner, max_size=3),
        ),
        st.builds(bytearray, st.binary(max_size=4)),
    ),
    max_leaves=6,
)


def _shown(value: Any) -> str:
    """Return the representation, in which the order of a set does not count."""
    if isinstance(value, frozenset):
        return f"frozenset {sorted(value)}"
    if isinstance(value, list | tuple):
        return f"{type(value)} {[*map(_shown, value)]}"
    if isinstance(value, collections.deque):
        return f"deque {[*map(_shown, value)]} {value.maxlen}"
    if isinstance(value, dict):
        return f"{type(value)} {[(key, _shown(item)) for key, item in value.items()]}"
    return repr(value)


@pytest.mark.parametrize("value", [5e-324, -1e-323, 2.5e-322])
def test_no_member_of_a_family_comes_twice(value: float) -> None:
    members, place = decoys_for(value)
    assert len({*members}) == len(members)
    assert members[place] == value


@pytest.mark.parametrize("step", [16, pytest.param(1, marks=pytest.mark.slow)])
def test_a_character_is_in_its_family(step: int) -> None:
    """All of Latin, and of the other scripts one in 16, or all."""
    for char in map(chr, (*range(0x250), *range(0x250, 0x3000, step))):
        members, place = decoys_for(char)
        assert members[place] == char


@given(_VALUES, st.data())
def test_every_member_has_the_same_family(value: Any, data: st.DataObject) -> None:
    """So that a message about the family says nothing about the member."""
    members, place = decoys_for(value)
    assert _shown(members[place]) == _shown(value)
    other = data.draw(st.integers(0, len(members) - 1))
    again, its_place = decoys_for(members[other])
    assert its_place == other
    assert [*map(_shown, again)] == [*map(_shown, members)]


@pytest.mark.parametrize(
    "value",
    [
        5,
        -3,
        10**30,
        "ab",
        "word",
        [],
        [1],
        [1, 2],
        (1, "a"),
        b"",
        b"xy",
        set(),
        {7},
        {},
        {"a": 1},
        {(1, 2), (3, 4)},
        range(7),
        collections.deque([1, 2]),
        collections.Counter("ab"),
        collections.OrderedDict(a=1),
        _lists({"a": [1]}),
        bytearray(b"xy"),
        datetime.time(12),
    ],
)
def test_families_are_large(value: Any) -> None:
    """As large as promised, wherever the type has so many values."""
    assert len(decoys_for(value)[0]) >= SIZE


@pytest.mark.parametrize(
    "value", [0.1, 3.25, 1e-9, "a", datetime.date(2024, 1, 1), {1, 5}, datetime.timedelta(3)]
)
def test_other_families_are_not_small(value: Any) -> None:
    """Floats keep their number of digits, and a letter has only so many neighbours."""
    assert len(decoys_for(value)[0]) >= SIZE // 4


@pytest.mark.parametrize(
    ("value", "is_usual"),
    [
        (range(7), lambda item: item.start == 0),
        (range(0, 9, 2), lambda item: item.start == 0),
        (datetime.time(12), lambda item: item.minute % 15 == item.second == 0),
        (datetime.time(9, 30), lambda item: item.minute % 15 == item.second == 0),
    ],
)
def test_what_is_usual_singles_out_no_member(value: Any, is_usual: Any) -> None:
    """So a solution that equals all usual values is not accepted."""
    assert sum(map(is_usual, decoys_for(value)[0])) > 1


def test_members_differ() -> None:
    """No member equals another."""
    values = (5, 0.5, "ab", [1, [2, True]], {"a": 1, "b": [False]}, range(9), range(9, 2, -3))
    for value in values:
        members, _ = decoys_for(value)
        assert all(a != b for at, a in enumerate(members) for b in members[:at])


def test_no_member_holds_a_container_of_the_test() -> None:
    """What the solution does to a member does not happen to the test's own value."""
    inner = [1]
    value = [inner, {"a": inner}, (inner,), collections.deque([inner]), _lists({1: inner}), 5]
    for member in decoys_for(value)[0]:
        assert member[0] is not inner
        assert member[1]["a"] is not inner
        assert member[2][0] is not inner
        assert member[3] is not value[3]
        assert member[3][0] is not inner
        assert member[4][1] is not inner
    assert fresh(value) == value
