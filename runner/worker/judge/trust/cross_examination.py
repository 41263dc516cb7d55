"""Cross-examination: may a comparison that the solution's own class decides be believed?

A test may compare an instance of the solution's class with a plain value (``total(bill) == 5``),
and then only the solution can answer. An honest ``__eq__`` says yes to one value and no to others;
a lying one has to say yes without knowing which of several questions counts.

So the question is never put alone. One message asks about a whole *family* of values, of which the
test's own is one; the message would be byte for byte the same for each of them, so there is
nothing to tell them apart by, in this message or by comparing it with others. An equality is
believed if the answer is yes to the test's own value and no to all others. A guess is
right once in ``SIZE`` times (256) for numbers, texts, and lists, dicts or sets of them, and once
in two for a bool. A value without a family (None, an infinity) equals no instance of a solution's
class. A solution that recognises the right answer among its family without having computed it is
not stopped.

An ordering is asked of the whole family as well, together with its contrary, and has to agree with
all that was said of the same object since the solution was last asked for anything but
comparisons: nothing is above 8 and below 5. So an object can answer no better than some plain value
would; one that contradicts itself ends the comparison with a TypeError.
"""

from collections.abc import Callable
from typing import Any

from .decoys import decoys_for

#: What must not hold as well when the comparison on the left does.
_CONTRARY = {"__lt__": "__gt__", "__gt__": "__lt__", "__le__": "__gt__", "__ge__": "__lt__"}

#: Puts one comparison, or several, to each operand, and returns the answers in that order.
Ask = Callable[[tuple[str, ...], list[Any]], list[Any]]


class OrderingRecord:
    """What one object has said of how it compares with plain values."""

    def __init__(self) -> None:
        self._lowest: dict[type, tuple[Any, bool]] = {}
        self._highest: dict[type, tuple[Any, bool]] = {}

    def agrees(self, name: str, other: Any) -> bool:
        """Note that a comparison holds; tell whether that can be, after all that was said."""
        kind = float if isinstance(other, int | float) else type(other)
        strict = name in ("__lt__", "__gt__")
        if name in ("__gt__", "__ge__"):
            bound = self._lowest.get(kind)
            if bound is None or bound[0] < other or (bound[0] == other and strict):
                self._lowest[kind] = (other, strict)
        else:
            bound = self._highest.get(kind)
            if bound is None or other < bound[0] or (bound[0] == other and strict):
                self._highest[kind] = (other, strict)
        if kind not in self._lowest or kind not in self._highest:
            return True
        (low, above), (high, below) = self._lowest[kind], self._highest[kind]
        return bool(low < high or (low == high and not above and not below))


def examine(name: str, other: Any, ask: Ask, record: OrderingRecord) -> bool:
    """Return the answer to a comparison with a plain value, or what a liar does not want.

    Args:
        name: The comparison's special method.
        other: The test's own value.
        ask: Puts the questions, all in one message.
        record: What the object has said before.

    Raises:
        TypeError: The object contradicts itself.
        BaseException: What the object's own method raises for the test's value.
    """
    members, place = decoys_for(other)
    if name in _CONTRARY:
        return _examine_order(name, members, place, ask, record)
    answers = ask((name,), members)
    yes = name == "__eq__"
    equal = _believed(answers[place]) is yes
    others = [answer for at, answer in enumerate(answers) if at != place]
    alone = not others  # any answer would be a guess that cannot be wrong
    return (equal and not alone and not any(answer is yes for answer in others)) is yes


def _examine_order(
    name: str, members: list[Any], place: int, ask: Ask, record: OrderingRecord
) -> bool:
    contrary = _CONTRARY[name]
    answers = ask((name, contrary), members)
    holds = _believed(answers[2 * place]) is True
    for at, member in enumerate(members):
        one, other = (answer is True for answer in answers[2 * at : 2 * at + 2])
        told = name if one else contrary if other else None
        if (one and other) or (told is not None and not record.agrees(told, member)):
            raise TypeError("what the object says of its order is contradictory")
    return holds


def _believed(answer: Any) -> Any:
    if isinstance(answer, BaseException):
        raise answer
    return answer
