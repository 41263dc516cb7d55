"""Judge and subject across the boundary: values, identity, in-place changes, handles."""

import contextlib
import socket
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.worker.boundary.channel import Channel, ChannelClosed
from runner.worker.boundary.object_table import ObjectTable
from runner.worker.boundary.opcodes import Op
from runner.worker.boundary.session import BoundaryBroken
from runner.worker.codec.encoder import encode
from runner.worker.codec.format import Bounds
from runner.worker.judge.judge_session import JudgeSession
from runner.worker.subject.subject_session import SubjectSession
from tests.worker.sides import MAX_BYTES, Program, sides

_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(), st.floats(allow_nan=False)),
    lambda inner: st.one_of(
        st.lists(inner), st.tuples(inner, inner), st.dictionaries(st.text(), inner)
    ),
    max_leaves=15,
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=50)
@given(_VALUES)
def test_any_value_comes_back_equal(value: Any) -> None:
    """Through the subject and back."""
    with sides(same=lambda x: x) as (_, get):
        assert get("same")(value) == value


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers()), st.lists(st.integers()))
def test_identity_and_aliases_are_kept(one: list[int], other: list[int]) -> None:
    """What is the same object here is the same object there, and comes back as it was."""

    def look(outer: list[Any], inner: list[int]) -> Any:
        return outer, inner, [item is inner for item in outer]

    with sides(look=look) as (_, get):
        outer: list[Any] = [one, other, one]
        back, inner, same = get("look")(outer, one)
        assert back is outer
        assert inner is one
        assert same == [True, False, True]


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(), max_size=30), st.dictionaries(st.text(), st.integers()))
def test_changes_in_place_are_copied_back(numbers: list[int], table: dict[str, int]) -> None:
    """Arguments that the solution changes, change."""

    def change(xs: list[int], d: dict[str, Any]) -> None:
        xs.sort()
        xs.append(-1)
        d.clear()
        d["xs"] = xs

    with sides(change=change) as (_, get):
        expected = [*sorted(numbers), -1]
        assert get("change")(numbers, table) is None
        assert numbers == expected
        changed: dict[str, Any] = dict(table)
        assert changed == {"xs": expected}
        assert changed["xs"] is numbers


def test_containers_of_the_solution_can_be_written_through() -> None:
    """A list that the solution returned is its own list, also when the test changes it."""
    kept: list[int] = []
    with sides(get=lambda: kept) as (_, get):
        mine = get("get")()
        mine.append(5)
        assert get("get")() is mine
        assert kept == [5]
        kept.append(6)
        assert get("get")() == [5, 6]


def test_changes_between_calls_are_seen_on_bothsides() -> None:
    """An argument that the solution remembers changes when the test changes it."""
    seen: list[Any] = []
    with sides(keep=seen.append, count=lambda: len(seen[0])) as (_, get):
        mine = [1]
        get("keep")(mine)
        mine.append(2)
        assert get("count")() == 2


def test_unused_containers_are_forgotten() -> None:
    """A million calls do not fill either side."""
    with sides(size=len) as (judge, get):
        size = get("size")
        for number in range(50):
            assert size([0] * number) == number
        assert len(judge.containers) < 5


class _Shape:
    """What containers hold which, as a text: the same for equal values with equal aliases."""

    def __init__(self) -> None:
        self._seen: dict[int, int] = {}

    def of(self, obj: Any) -> str:
        if type(obj) not in (list, dict, tuple):
            return repr(obj)
        if type(obj) is not tuple and id(obj) in self._seen:
            return f"#{self._seen[id(obj)]}"
        self._seen[id(obj)] = len(self._seen)
        parts = [part for pair in obj.items() for part in pair] if type(obj) is dict else obj
        return f"{type(obj).__name__}({', '.join(map(self.of, parts))})"


_CHANGES = st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from(["append", "clear", "link"]), st.integers(0, 5)),
    max_size=8,
)


def _change(boxes: list[list[Any]], changes: list[tuple[int, str, int]]) -> str:
    """Change lists and what they hold; return the shape of the result."""
    for at, how, other in changes:
        box = boxes[at % len(boxes)]
        if how == "append":
            box.append({"k": (other, [other])})
        elif how == "clear":
            box.clear()
        else:
            box.append(boxes[other % len(boxes)])
    return _Shape().of(boxes)


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 4), _CHANGES, _CHANGES, _CHANGES)
def test_any_graph_is_the_same_on_both_sides(
    count: int, before: list[Any], there: list[Any], after: list[Any]
) -> None:
    """After changes on either side, cycles, aliases and content are those of one process."""
    expected = [[n] for n in range(count)]
    wanted = [_change(expected, changes) for changes in (before, there, after, [])]
    with sides(change=_change) as (_, get):
        boxes = [[n] for n in range(count)]
        shapes = [_change(boxes, before), get("change")(boxes, [*there]), _change(boxes, after)]
        assert [*shapes, get("change")(boxes, [])] == wanted
        assert _Shape().of(boxes) == wanted[-1]


class _Liar:
    def __eq__(self, _other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0

    def __rsub__(self, _other: object) -> int:
        return 0

    def __contains__(self, _item: object) -> bool:
        return True

    def __bool__(self) -> bool:
        return True


def test_a_handle_equals_nothing_of_the_judge() -> None:
    """Nor does it take part in arithmetic, or contain what it says."""

    def lie() -> _Liar:
        return _Liar()

    with sides(lie=lie) as (_, get):
        liar = get("lie")()
        assert liar != 5
        assert liar not in (5, "x")
        with pytest.raises(TypeError):
            5 - liar
        with pytest.raises(TypeError):
            5 in liar  # noqa: B015 - the operation is what is tested


def test_a_subclass_of_a_builtin_is_its_base_value() -> None:
    """Overrides are not consulted; attributes are still the solution's."""

    class Loud(int):
        def __eq__(self, _other: object) -> bool:
            return True

        __hash__ = int.__hash__

        @property
        def half(self) -> float:
            return self / 2

    with sides(make=lambda: Loud(6)) as (_, get):
        value = get("make")()
        assert value == 6
        assert value != 7
        assert value + 1 == 7
        assert value.half == 3.0
        assert type(value).__name__ == "Loud"


def test_exceptions_cross_with_class_arguments_and_attributes() -> None:
    """A class of the solution is caught by its builtin base."""

    class Short(ValueError):
        def __init__(self, need: int) -> None:
            super().__init__(f"need {need}")
            self.need = need

    def fail() -> None:
        raise Short(3)

    with sides(fail=fail, kind=Short) as (_, get):
        kind = get("kind")
        with pytest.raises(ValueError, match="need 3") as caught:
            get("fail")()
        assert isinstance(caught.value, kind)
        assert caught.value.need == 3


def test_stop_iteration_from_a_call_stays_open() -> None:
    """``all(map(f, xs))`` takes it for the end of the list, and would be vacuously true."""

    def stop(_: int) -> bool:
        raise StopIteration

    with sides(stop=stop) as (judge, get):
        assert all(map(get("stop"), [1, 2]))
        assert isinstance(judge.open_exceptions.first_open(), StopIteration)


def test_callbacks_run_on_the_judges_side() -> None:
    """A function of the test is called back, also while it calls the solution again."""
    with sides(apply=lambda f, x: f(x) + 1, double=lambda x: 2 * x) as (_, get):
        double = get("double")
        assert get("apply")(lambda x: double(x) + 10, 1) == 13


def test_the_solution_gets_no_frame_and_no_secret_of_a_test_object() -> None:
    """Underscore attributes and what leads to frames are closed to it."""

    class Node:
        def __init__(self) -> None:
            self.value = 1
            self._secret = 2

    def peek(obj: Any, name: str) -> Any:
        return getattr(obj, name)

    numbers = (n for n in (1, 2))
    with sides(peek=peek) as (_, get):
        assert get("peek")(Node(), "value") == 1
        for target, name in ((Node(), "_secret"), (numbers, "gi_frame")):
            with pytest.raises(AttributeError):
                get("peek")(target, name)


def test_attributes_cannot_shadow_methods_of_a_test_object() -> None:
    """``node.method = lambda: expected`` is refused."""

    class Node:
        def method(self) -> int:
            return 1

    def spoil(obj: Any) -> None:
        obj.method = lambda: 2

    with sides(spoil=spoil) as (_, get):
        node = Node()
        with pytest.raises(AttributeError):
            get("spoil")(node)
        assert node.method() == 1


@given(st.binary(max_size=200))
@settings(deadline=None, max_examples=100)
def test_any_reply_ends_in_a_value_or_in_a_break(reply: bytes) -> None:
    """Whatever the subject's process writes to its socket."""
    ours, theirs = socket.socketpair()
    try:
        Channel(theirs, MAX_BYTES).send(reply)
        theirs.shutdown(socket.SHUT_WR)
        judge = JudgeSession(Channel(ours, MAX_BYTES), Bounds())
        with contextlib.suppress(BoundaryBroken, ChannelClosed, Exception):
            judge.request(Op.MAIN)
    finally:
        ours.close()
        theirs.close()


@settings(deadline=None, max_examples=150)
@given(_VALUES, st.data())
def test_damaged_replies_end_in_a_value_or_in_a_break(value: Any, data: st.DataObject) -> None:
    """A reply that was right but for some bytes is a value, an exception, or the end of trust."""
    ours, theirs = socket.socketpair()
    try:
        subject = SubjectSession(Channel(theirs, MAX_BYTES), Bounds(), Program({}))  # type: ignore[arg-type]
        reply = bytearray(encode(subject, subject.containers, Bounds(), (None, -1, value, None))[0])
        for _ in range(data.draw(st.integers(1, 4))):
            reply[data.draw(st.integers(0, len(reply) - 1))] = data.draw(st.integers(0, 255))
        Channel(theirs, MAX_BYTES).send(bytes(reply))
        theirs.shutdown(socket.SHUT_WR)
        judge = JudgeSession(Channel(ours, MAX_BYTES), Bounds())
        with contextlib.suppress(BoundaryBroken, ChannelClosed, Exception):
            judge.request(Op.MAIN)
    finally:
        ours.close()
        theirs.close()


def test_after_a_break_nothing_is_believed() -> None:
    """A test that swallows the exception cannot go on with the session."""
    ours, theirs = socket.socketpair()
    try:
        Channel(theirs, MAX_BYTES).send(b"garbage!")
        judge = JudgeSession(Channel(ours, MAX_BYTES), Bounds())
        for _ in range(2):
            with pytest.raises(BoundaryBroken):
                judge.request(Op.MAIN)
        assert judge.broken
    finally:
        ours.close()
        theirs.close()


class _Counter(list[int]):
    def note(self, x: int) -> None:
        self.append(x)

    other = note

    def third(self) -> None: ...


_OBJECTS: list[Any] = [[], [], {}, set(), bytearray(), _Counter(), _Counter(), "a", 1, 1.5]
_METHODS = st.sampled_from(
    [
        (one, name)
        for one in _OBJECTS
        for name in ("append", "update", "add", "note", "other", "third", "upper", "hex")
        if hasattr(one, name)
    ]
)


@given(_METHODS, _METHODS)
def test_bound_methods_have_one_number_if_they_are_equal(
    first: tuple[Any, str], second: tuple[Any, str]
) -> None:
    """Each reading makes another object; what is not equal never shares a number."""
    table = ObjectTable()
    one, other = getattr(*first), getattr(*second)
    same = table.number_of(one) == table.number_of(other)
    assert same <= (one == other)
    if type(first[0]) in (list, dict, set, bytearray, _Counter) and first[1] != "append":
        assert same == (one == other)
    assert table.own(table.number_of(one)) == one
    table.forget(table.number_of(one))
    assert not table.is_exported(one)


def test_what_was_raised_before_is_not_raised_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its traceback is that of the first time, when the test may have handled it."""
    kept = IndexError(3)

    def bad() -> None:
        raise kept

    with sides(bad=bad, kept=lambda: kept) as (_, get):
        with pytest.raises(IndexError) as first:
            get("bad")()
        with pytest.raises(IndexError) as second:
            get("bad")()
        assert first.value is not second.value
        assert get("kept")() is get("kept")()
        monkeypatch.setattr(ObjectTable, "number_to_raise", ObjectTable.number_of)
        with pytest.raises(BoundaryBroken):
            get("bad")()
