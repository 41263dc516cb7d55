"""What a test may ask of the solution's objects: random programs against a model of the table."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.worker.judge.judge_session import JudgeSession
from runner.worker.judge.trust.examination.decoys import SIZE
from runner.worker.judge.trust.permissions import Operation, Permission, State, may
from tests.worker.sides import sides

#: Operators of ``Thing`` and the values that they were given: the test's own must not come alone.
_SEEN: list[tuple[str, Any]] = []


def _note(name: str, answer: Callable[[Any], Any]) -> Any:
    def method(self: Any, other: Any) -> Any:
        if not isinstance(other, Thing):
            _SEEN.append((name, other))
        return answer(self)

    return method


class Thing:
    """Agrees with everything."""

    __hash__ = object.__hash__

    def me(self) -> "Thing":
        return self

    def value(self) -> int:
        return 7

    def get(self, _key: str) -> int:
        return 7

    def __len__(self) -> int:
        return 3

    def __iter__(self) -> Iterator[int]:
        return iter([1, 2, 3])

    startswith = _note("startswith", lambda _: True)
    __eq__ = _note("eq", lambda _: True)
    __contains__ = _note("contains", lambda _: True)
    __add__ = _note("add", lambda _: Thing())
    __sub__ = _note("sub", lambda _: 0)


def test_what_a_callback_learns_is_evidence_also_where_the_answer_is_not() -> None:
    """Control: without the callback, nothing is learned."""
    heard: list[Any] = []

    def tell(callback: Any) -> None:
        callback(Thing())

    def nothing(_: Any) -> int:
        return 3

    for function, evidence in (("tell", "objects"), ("nothing", "none")):
        with sides(tell=tell, nothing=nothing) as (judge, fetch):
            called = fetch(function)
            judge.ledger.touched = False
            with judge.ledger.learning_nothing():
                called(heard.append)
            assert judge.ledger.evidence() == evidence
    assert len(heard) == 1


def test_a_block_that_learns_nothing_may_stand_in_another() -> None:
    with sides() as (judge, _):
        ledger = judge.ledger
        ledger.touched = False
        with ledger.learning_nothing():
            ledger.hear()
            with ledger.learning_nothing():
                pass
        assert ledger.evidence() == "objects"


class _Model:
    """What the table says, by itself: the state of each object, and what a step is worth."""

    def __init__(self) -> None:
        self.states: list[str] = []
        self.kin = False
        #: Operators that built objects have already performed with what tells nothing.
        self.shown: set[str] = set()

    def state(self, at: int) -> str:
        state = self.states[at]
        return "kin" if state == "returned" and self.kin else state

    def show(self, at: int, name: str) -> int:
        """Return how many operands that tell nothing precede the test's own."""
        if self.states[at] != "built" or name in self.shown:
            return 0
        self.shown.add(name)
        return 1

    def hand_out(self, at: int) -> None:
        if self.states[at] != "combined":
            self.states[at] = "returned"


_OURS = ("built", "computed")


def _build(model: _Model, things: list[Any], get: Any, _at: int, _: int) -> str:
    things.append(get("Thing")())
    model.states.append("built")
    return "values"


def _make(model: _Model, things: list[Any], get: Any, _at: int, _: int) -> str:
    things.append(get("make")())
    model.states.append("returned")
    return "objects"


def _value(model: _Model, things: list[Any], _get: Any, at: int, _: int) -> str:
    assert things[at].value() == 7
    return "values" if model.state(at) == "built" else "objects"


def _lookup(_model: _Model, things: list[Any], _get: Any, at: int, _: int) -> str:
    assert things[at].get("key") == 7
    return "objects"


def _me(model: _Model, things: list[Any], _get: Any, at: int, _: int) -> str:
    assert things[at].me() is things[at]
    model.hand_out(at)
    return "objects"


def _startswith(model: _Model, things: list[Any], _get: Any, at: int, _: int) -> str:
    if model.state(at) in ("returned", "combined"):
        with pytest.raises(TypeError):
            things[at].startswith("ab")
        return "refused"
    assert things[at].startswith("ab")
    return "objects"


def _equals_value(model: _Model, things: list[Any], _get: Any, at: int, _: int) -> str:
    assert (things[at] == 5) is False
    model.kin = model.kin or model.states[at] in _OURS
    return "refused"


def _equals_none(_model: _Model, things: list[Any], _get: Any, at: int, _: int) -> str:
    assert things[at] is not None
    assert (things[at] == None) is False  # noqa: E711 - the operator is what is tested
    assert _SEEN in ([], [("eq", None)])
    _SEEN.clear()
    return "refused"


def _equals_thing(model: _Model, things: list[Any], _get: Any, at: int, other: int) -> str:
    if at == other:
        return _equals_none(model, things, _get, at, other)
    assert things[at] == things[other]
    return "objects"


def _add(model: _Model, things: list[Any], _get: Any, at: int, _: int) -> str:
    is_ours = model.states[at] in _OURS
    things.append(things[at] + 5)
    model.states.append("computed" if is_ours else "combined")
    assert len(_SEEN) == model.show(at, "add") + (1 if is_ours else SIZE)
    return "objects"


def _subtract(model: _Model, things: list[Any], _get: Any, at: int, _: int) -> str:
    with pytest.raises(TypeError):
        things[at] - 5
    among = SIZE if model.states[at] != "built" else 1 + SIZE
    assert len(_SEEN) == model.show(at, "sub") + (1 if model.states[at] == "computed" else among)
    return "refused"


def _contains(model: _Model, things: list[Any], _get: Any, at: int, _: int) -> str:
    if model.states[at] == "combined":
        with pytest.raises(TypeError):
            assert 5 in things[at]
        return "refused"
    if model.states[at] in _OURS:
        assert 5 in things[at]
        return "objects"
    with pytest.raises(TypeError):  # it is none of the items
        assert 5 in things[at]
    return "refused"


def _length(model: _Model, things: list[Any], _get: Any, at: int, _: int) -> str:
    if model.states[at] in ("computed", "combined"):
        with pytest.raises(TypeError):
            len(things[at])
        return "refused"
    assert len(things[at]) == 3
    return "objects"


def _pass_on(model: _Model, things: list[Any], get: Any, at: int, _: int) -> str:
    assert get("same")(things[at]) is things[at]
    model.kin = model.kin or model.states[at] in _OURS
    model.hand_out(at)
    return "objects"


def _stream(_model: _Model, _things: list[Any], get: Any, _at: int, _: int) -> str:
    assert list(get("stream")()) == [1, 2]
    return "values"


_STEPS = [
    _build,
    _make,
    _value,
    _lookup,
    _me,
    _startswith,
    _equals_value,
    _equals_none,
    _equals_thing,
    _add,
    _subtract,
    _contains,
    _length,
    _pass_on,
    _stream,
]


@settings(deadline=None, max_examples=150)
@given(st.lists(st.tuples(st.sampled_from(_STEPS), st.integers(0, 9), st.integers(0, 9))))
def test_every_operation_is_decided_by_the_table(steps: list[tuple[Any, int, int]]) -> None:
    names = {"Thing": Thing, "make": lambda: Thing(), "same": lambda it: it}  # noqa: PLW0108
    names["stream"] = lambda: iter([1, 2])
    with sides(**names) as (judge, get):
        fetched: dict[str, Any] = {name: get(name) for name in names}
        model = _Model()
        things: list[Any] = []
        _build(model, things, fetched.__getitem__, 0, 0)
        for step, at, other in steps:
            _reset(judge)
            wanted = step(model, things, fetched.__getitem__, at % len(things), other % len(things))
            assert _seen(judge) == wanted, step.__name__
            if wanted == "refused" and step is not _subtract:
                assert len(_SEEN) in (0, SIZE), step.__name__


def _reset(judge: JudgeSession) -> None:
    judge.ledger.touched = True
    judge.ledger.objects, judge.ledger.refused = False, None
    _SEEN.clear()


def _seen(judge: JudgeSession) -> str:
    evidence = judge.ledger.evidence()
    return "refused" if judge.ledger.refused is not None else evidence


@pytest.mark.parametrize("operation", Operation)
@pytest.mark.parametrize("state", State)
def test_what_the_table_does_not_list_is_refused(operation: Operation, state: State) -> None:
    """Every pair has an answer, and values have nothing to be asked."""
    alone, against = may(operation, state), may(operation, state, State.VALUE)
    if state in (State.VALUE, State.SINGLE, State.TEST):
        assert alone.permission is Permission.REFUSE
    assert isinstance(against.permission, Permission)


@pytest.mark.parametrize("operation", [Operation.EQUALITY, Operation.ORDER, Operation.ARITHMETIC])
def test_no_value_of_the_test_alone_reaches_a_returned_object(operation: Operation) -> None:
    """And where one reaches an object among decoys, the answer counts as an object's word."""
    for state in (State.RETURNED, State.COMBINED, State.STREAM):
        ruling = may(operation, state, State.VALUE)
        assert ruling.permission in (
            *(Permission.REFUSE, Permission.PARTS, Permission.DENY, Permission.PICK),
        )
    for state in State:
        permission, objects = may(operation, state, State.VALUE)
        local = (Permission.REFUSE, Permission.IDENTITY, Permission.BASE)
        assert objects or permission in local


def test_an_assertion_that_a_callback_fails_is_not_hidden() -> None:
    def hide(callback: Callable[[], None]) -> None:
        with contextlib.suppress(BaseException):
            callback()

    def callback() -> None:
        raise AssertionError

    with sides(hide=hide) as (judge, get):
        get("hide")(callback)
        assert isinstance(judge.failed_aside, AssertionError)
