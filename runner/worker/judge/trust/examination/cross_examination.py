"""Cross-examination: checks comparisons that the solution's own class decides.

A test may compare an instance of the solution's class with a plain value (``total(bill) == 5``).
Only the solution can answer this. An honest ``__eq__`` is True for one value and False for others.
A lying one has to return True without knowing which of several values is the test's.

So the test's value is never sent alone. One message asks about a whole *family* of values, which
contains it. The message is byte for byte the same for each member, so neither the message nor a
comparison with other messages reveals the test's value. An equality is accepted if the answer is
True for the test's value and False for all others. A guess is right once in ``SIZE`` times (256)
for numbers, texts, and lists, dicts or sets of them, and once in two for a bool. A value without a
family (None, an infinity) equals no instance of a solution's class. A solution that recognises the
right answer in its family without having computed it is not detected.

An ordering is also asked of the whole family, together with its contrary. It must agree with all
answers of the same object since the last request to the solution other than a comparison: nothing
is above 8 and below 5. So an object can only answer as some plain value would. An object that
contradicts itself ends the comparison with a TypeError.

An object that the solution has returned is asked in the same way, but only "not equal" or an
exception counts: an answer that any object without an operator gives, too. It also computes with
all members of the family (``vector() * 2``): the result for the test's value is used if it is an
object.
"""

from collections.abc import Callable, Sequence
from typing import Any

from .decoys import decoys_for

#: For each comparison, the one that must not hold at the same time.
_CONTRARY = {"__lt__": "__gt__", "__gt__": "__lt__", "__le__": "__gt__", "__ge__": "__lt__"}

#: Requests one or more comparisons with each operand, and returns the answers in that order.
Ask = Callable[[Sequence[str], list[Any]], list[Any]]


class OrderingRecord:
    """The bounds of one object, by type, from its comparisons with plain values.

    Attributes:
        shown: The plain values as which the object has computed.
    """

    def __init__(self) -> None:
        self.shown: list[Any] = []
        self._lowest: dict[type, tuple[Any, bool]] = {}
        self._highest: dict[type, tuple[Any, bool]] = {}

    def agrees(self, name: str, other: Any) -> bool:
        """Record that a comparison holds; return True if it agrees with the earlier ones."""
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
    """Return the answer to a comparison with a plain value; "not equal" if it is not accepted.

    Args:
        name: The comparison's special method.
        other: The test's own value.
        ask: Requests the comparisons, all in one message.
        record: The object's earlier answers.

    Raises:
        TypeError: The object contradicts itself.
        BaseException: What the object's own method raises for the test's value.
    """
    members, place = decoys_for(other)
    if name in _CONTRARY:
        return _examine_order(name, members, place, ask, record)
    answers = ask((name,), members)
    yes = name == "__eq__"
    equal = believed(answers[place]) is yes
    others = [answer for at, answer in enumerate(answers) if at != place]
    alone = not others  # in a family of one, every guess is right
    return (equal and not alone and not any(answer is yes for answer in others)) is yes


def denies(name: str, other: Any, ask: Ask, _record: OrderingRecord) -> bool:
    """Return True if the answer to a comparison with a plain value is "not equal".

    The arguments are those of ``examine``; the operation may be arithmetic, too.

    Raises:
        BaseException: What the object's own method raises for the test's value.
    """
    members, place = decoys_for(other)
    answers = ask((name,), members)
    return (name, believed(answers[place])) in (("__eq__", False), ("__ne__", True))


def pick(name: str, other: Any, ask: Ask, _record: OrderingRecord) -> tuple[Any, bool]:
    """Return the result of arithmetic with a plain value, and whether all members have the same.

    The arguments are those of ``examine``.

    Raises:
        BaseException: What the object's own method raises for the test's value.
    """
    members, place = decoys_for(other)
    answers = ask((name,), members)
    found = believed(answers[place])
    return found, all(each is found for each in answers)


def _examine_order(
    name: str, members: list[Any], place: int, ask: Ask, record: OrderingRecord
) -> bool:
    contrary = _CONTRARY[name]
    answers = ask((name, contrary), members)
    holds = believed(answers[2 * place]) is True
    for at, member in enumerate(members):
        one, other = (answer is True for answer in answers[2 * at : 2 * at + 2])
        told = name if one else contrary if other else None
        if (one and other) or (told is not None and not record.agrees(told, member)):
            raise TypeError("what the object says of its order is contradictory")
    return holds


def believed(answer: Any) -> Any:
    """Return an answer; raise it if it is an exception."""
    if isinstance(answer, BaseException):
        raise answer
    return answer
