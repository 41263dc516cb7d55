"""A comparison that the solution decides is believed only if it survives other questions."""

import random
from typing import Any

import pytest

from runner.worker.doubt import decoys, examine
from runner.worker.operations import OPERATIONS

_TRIES = 200


class _Always:
    def __init__(self, answer: Any) -> None:
        self._answer = answer

    def __call__(self, _name: str, _other: Any) -> Any:
        return self._answer


def _ask(obj: Any) -> Any:
    return lambda name, other: OPERATIONS[name](obj, other)


@pytest.mark.parametrize(
    "value", [5, -3, 0, 1.5, "abc", "", [1, 2], (1, "a"), [], True, None, {1: 2}]
)
def test_honest_answers_are_believed(value: Any) -> None:
    """What equals the value is equal, what differs is not, in both spellings."""
    for _ in range(20):
        assert examine("__eq__", value, _ask(value))
        assert not examine("__ne__", value, _ask(value))
        assert not examine("__eq__", value, _ask(object()))
        assert examine("__ne__", value, _ask(object()))


@pytest.mark.parametrize("value", [5, 1.5, "abc", [1, 2], (), True, None, {1: 2}])
def test_yes_to_everything_is_a_no(value: Any) -> None:
    """One who equals everything equals nothing."""
    assert not any(examine("__eq__", value, _Always(True)) for _ in range(20))
    assert all(examine("__ne__", value, _Always(False)) for _ in range(20))


@pytest.mark.parametrize("name", ["__lt__", "__le__", "__gt__", "__ge__"])
def test_orderings_may_not_contradict_themselves(name: str) -> None:
    """Less and greater at once is neither; an honest number is believed."""
    assert not examine(name, 5, _Always(True))
    assert examine(name, 5, _ask({"__lt__": 4, "__le__": 5, "__gt__": 6, "__ge__": 5}[name]))


def test_answers_that_are_no_bool_are_no() -> None:
    """An object that is true is not the answer True."""
    assert not examine("__eq__", 5, _Always("yes"))
    assert not examine("__lt__", 5, _Always(1))


def test_guessing_seldom_pays() -> None:
    """Who says yes to one question cannot know which one counts."""

    def lucky() -> bool:
        left = [True]
        return examine("__eq__", 87, lambda _name, _other: left.pop() if left else False)

    assert sum(lucky() for _ in range(_TRIES)) < _TRIES / 2


def test_decoys_are_different_values_of_the_same_type() -> None:
    """Near the value on both sides, so that it is not simply the one in the middle."""
    chance = random.Random(1)
    for _ in range(50):
        found = decoys(87, chance)
        assert len(found) == 15
        assert all(type(item) is int and item != 87 for item in found)
