"""A comparison that the solution decides is believed only if it survives other questions."""

import random
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from runner.worker.boundary.special_methods import OPERATIONS
from runner.worker.judge.trust.examination.cross_examination import (
    UNTRUSTED,
    OrderingRecord,
    examine,
)

_TRIES = 3000


def _answers(answer: Callable[[str, Any], Any]) -> Any:
    def ask(names: tuple[str, ...], operands: list[Any]) -> list[Any]:
        return [answer(name, operand) for operand in operands for name in names]

    return ask


def _examine(name: str, other: Any, answer: Callable[[str, Any], Any]) -> Any:
    return examine(name, other, _answers(answer), OrderingRecord())


def _honest(obj: Any) -> Callable[[str, Any], Any]:
    return lambda name, other: OPERATIONS[name](obj, other)


@pytest.mark.parametrize(
    "value",
    [5, -3, 0, 1.5, "abc", "", "é!", [1, 2], (1, "a"), [], True, {1: 2}, {1}, b"", 2j],
)
def test_honest_answers_are_believed(value: Any) -> None:
    """What equals the value is equal, what differs is not, in both spellings."""
    assert _examine("__eq__", value, _honest(value))
    assert not _examine("__ne__", value, _honest(value))
    assert not _examine("__eq__", value, _honest(object()))
    assert _examine("__ne__", value, _honest(object()))


@pytest.mark.parametrize("value", [5, 1.5, "abc", [1, 2], (), True, {1: 2}])
def test_yes_to_everything_is_no_answer(value: Any) -> None:
    """It is no "not equal" either: in one process, it would be equal."""
    assert _examine("__eq__", value, lambda _name, _other: True) is UNTRUSTED
    assert _examine("__ne__", value, lambda _name, _other: False) is UNTRUSTED


def test_a_yes_to_a_value_without_a_family_is_no_answer() -> None:
    """A yes that cannot be wrong proves nothing; "not equal" proves itself."""
    assert _examine("__eq__", None, _honest(None)) is UNTRUSTED
    assert _examine("__ne__", None, _honest(None)) is UNTRUSTED
    assert _examine("__eq__", None, _honest(5)) is False
    assert _examine("__ne__", None, _honest(5)) is True


@pytest.mark.parametrize("name", ["__lt__", "__le__", "__gt__", "__ge__"])
def test_an_honest_order_is_believed(name: str) -> None:
    """At the value, below it and above it, as it would be in one process."""
    for number in (-1000, 4, 5, 6, 1000):
        assert _examine(name, 5, _honest(number)) is OPERATIONS[name](number, 5)


@pytest.mark.parametrize("name", ["__lt__", "__le__", "__gt__", "__ge__"])
def test_an_order_may_not_contradict_itself(name: str) -> None:
    """Less and greater at once is neither."""
    with pytest.raises(TypeError, match="contradictory"):
        _examine(name, 5, lambda _name, _other: True)


def test_what_was_said_of_an_order_holds() -> None:
    """Who was above 800 a moment ago is not below 5 now, whatever is asked for."""
    said = OrderingRecord()
    assert examine("__gt__", 800, _answers(_honest(10**6)), said)
    with pytest.raises(TypeError, match="contradictory"):
        examine("__lt__", 5, _answers(_honest(-(10**6))), said)
    honest = OrderingRecord()
    assert examine("__gt__", 800, _answers(_honest(10**6)), honest)
    assert examine("__lt__", 10**9, _answers(_honest(10**6)), honest)


def test_errors_of_the_comparison_come_through() -> None:
    """As they would in one process."""

    def fail(_name: str, _other: Any) -> Any:
        return AttributeError("no such thing")

    with pytest.raises(AttributeError, match="no such thing"):
        _examine("__eq__", 5, fail)


def test_answers_that_are_no_bool_count_by_their_truth() -> None:
    """The truth of an object is unknown here, and numbers could be added up."""
    assert _examine("__eq__", 5, lambda _name, other: "yes" if other == 5 else "") == "yes"
    assert _examine("__eq__", 5, lambda _name, _other: "yes") is UNTRUSTED
    assert _examine("__eq__", 5, lambda _name, other: 2 * (other == 5)) is UNTRUSTED
    assert _examine("__ne__", 5, lambda _name, _other: 2) is UNTRUSTED
    assert _examine("__eq__", 5, lambda _name, _other: 0) == 0
    assert _examine("__eq__", 5, lambda _name, _other: None) is None
    assert _examine("__eq__", 5, lambda _name, _other: NotImplemented) is UNTRUSTED
    assert _examine("__lt__", 5, lambda name, _other: int(name == "__lt__")) == 1
    assert _examine("__lt__", 5, lambda _name, _other: []) is UNTRUSTED


class _Liar:
    """Does what a liar can do best: sees all questions, and says yes to one of them.

    Which is the test's own it guesses from all that it may hope for: the middle, the ends, the
    one that it was last not refused for, one that looks round.
    """

    def __init__(self, chance: random.Random) -> None:
        self._guess: list[Callable[[list[int]], int]] = [
            lambda seen: seen[0],
            lambda seen: seen[-1],
            lambda seen: sorted(seen)[len(seen) // 2],
            chance.choice,
            lambda seen: min(seen, key=lambda n: n % 100),
        ]
        self._chance = chance

    def __call__(self, names: Sequence[str], operands: list[Any]) -> list[Any]:
        choice = self._chance.choice(self._guess)(operands)
        return [operand == choice for operand in operands for _ in names]


def test_guessing_seldom_pays() -> None:
    """A liar that sees every question is right about once in 256 times."""
    chance = random.Random(1)
    liar = _Liar(chance)
    numbers = [chance.randrange(10**6) for _ in range(_TRIES)]
    lucky = sum(examine("__eq__", number, liar, OrderingRecord()) for number in numbers)
    assert lucky <= 3 * _TRIES / 256


def test_the_liar_wins_without_examination() -> None:
    """The control: asked for the one value alone, it is always right."""
    liar = _Liar(random.Random(1))
    assert all(liar(("__eq__",), [number])[0] for number in range(100))
