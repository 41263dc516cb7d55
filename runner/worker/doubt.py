"""Cross-examination: may a comparison that the solution's own class decides be believed?

A test may compare an instance of the solution's class with a plain value (``total(bill) == 5``),
and then only the solution can answer. An honest ``__eq__`` says yes to one value and no to others;
a lying one has to say yes without knowing which of several questions counts. So the question is
put among others, in an order that cannot be foreseen.
"""

import random
from collections.abc import Callable
from typing import Any

from .determinism import real_urandom

#: How many; a liar that says yes to one question at random is right once in one more than this.
_DECOYS = 15

#: What must not hold as well when the comparison on the left does.
_CONTRARY = {"__lt__": "__gt__", "__gt__": "__lt__", "__le__": "__gt__", "__ge__": "__lt__"}


def examine(name: str, other: Any, ask: Callable[[str, Any], Any]) -> bool:
    """Return the answer to a comparison with a plain value, or what a liar does not want.

    Args:
        name: The comparison's special method.
        other: The test's own value.
        ask: Puts one question: special method and operand.
    """
    chance = random.Random(real_urandom(16))
    if name in _CONTRARY:
        return _examine_order(name, other, ask, chance)
    questions = [other, *decoys(other, chance)]
    order = list(range(len(questions)))
    chance.shuffle(order)
    yes = name == "__eq__"
    answers = {index: ask(name, questions[index]) is yes for index in order}
    equal = answers.pop(0) and not any(answers.values())
    return equal is yes


def _examine_order(
    name: str, other: Any, ask: Callable[[str, Any], Any], chance: random.Random
) -> bool:
    """Ask for the comparison and its contrary, of numbers also farther out, in any order.

    What is less than 5 is less than 8, and neither greater than 5 nor greater than 8.
    """
    operands = [other]
    if type(other) in (int, float):
        sign = 1 if name in ("__lt__", "__le__") else -1
        operands += [other + sign * chance.randint(1, 9 + abs(int(other)) // 4) for _ in range(4)]
    questions = [(how, operand) for operand in operands for how in (name, _CONTRARY[name])]
    chance.shuffle(questions)
    answers = [_holds(ask, how, operand) is (how == name) for how, operand in questions]
    return all(answers)


def _holds(ask: Callable[[str, Any], Any], name: str, other: Any) -> bool | None:
    try:
        answer = ask(name, other)
    except TypeError:  # it has no such comparison
        return False
    return answer if isinstance(answer, bool) else None


def decoys(value: Any, chance: random.Random) -> list[Any]:
    """Return values of the same type that differ from ``value``, near and far."""
    found: list[Any] = []
    for _ in range(4 * _DECOYS):
        # A decoy of a decoy, too: the value must not be the one that all others are near to.
        other = _other(chance.choice([value, *found]), chance)
        if other != value and other not in found:
            found.append(other)
    return found[:_DECOYS]


def _other(value: Any, chance: random.Random) -> Any:
    """Return a value that is probably another one."""
    match value:
        case bool():
            return not value
        case int():
            return value + chance.randint(-9 - abs(value) // 8, 9 + abs(value) // 8)
        case float():
            return value + chance.uniform(-9 - abs(value), 9 + abs(value))
        case str():
            at = chance.randrange(len(value) + 1)
            return value[:at] + chance.choice("aeinorst 0123456789") + value[at + 1 :]
        case list() | tuple():
            return _other_sequence(value, chance)
        case _:
            return chance.choice([None, 0, 1, -1, "", "a", (), 0.5])


def _other_sequence(value: Any, chance: random.Random) -> Any:
    items = list(value)
    if not items:
        return type(value)([chance.randrange(9)])
    at = chance.randrange(len(items))
    items[at] = _other(items[at], chance)
    return type(value)(items)
