"""Cross-examination: checks comparisons that the solution's own class decides.

A test may compare an instance of the solution's class with a plain value (``total(bill) == 5``).
Only the solution can answer this. An honest ``__eq__`` is True for one value and False for others.
A lying one has to return True without knowing which of several values is the test's.

So the test's value is never sent alone. One message asks about a whole *family* of values, which
contains it. The message is byte for byte the same for each member, so neither the message nor a
comparison with other messages reveals the test's value. An equality is accepted if the answer is
True for the test's value and False for all others. "Not equal" is accepted as well: an object
without an equality says so. Any other answer fails the test. A guess is right once in ``SIZE``
times (256) for numbers, texts, and lists, dicts or sets of them, and once in two for a bool. That a
value without a family (None, an infinity) is equal is not accepted. A solution that recognises the
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


#: Stands for an answer that does not count: the test cannot go on as it would in one process.
UNTRUSTED = object()


def examine(name: str, other: Any, ask: Ask, record: OrderingRecord) -> Any:
    """Return the answer to a comparison with a plain value, or ``UNTRUSTED``.

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
    found = _plain(believed(answers[place]))
    if found is UNTRUSTED or _denies(name, found):
        return found
    others = [_plain(answer) for at, answer in enumerate(answers) if at != place]
    alone = not others  # in a family of one, every guess is right
    equal = [each for each in others if each is not UNTRUSTED and not _denies(name, each)]
    return UNTRUSTED if alone or equal else found


def denies(name: str, other: Any, ask: Ask, _record: OrderingRecord) -> Any:
    """Return the answer to a comparison with a plain value if it is "not equal".

    The arguments are those of ``examine``; the operation may be arithmetic, too.

    Returns:
        The answer; ``UNTRUSTED`` for any other.

    Raises:
        BaseException: What the object's own method raises for the test's value.
    """
    members, place = decoys_for(other)
    answers = ask((name,), members)
    found = _plain(believed(answers[place]))
    is_equality = name in ("__eq__", "__ne__")
    return found if is_equality and found is not UNTRUSTED and _denies(name, found) else UNTRUSTED


def _denies(name: str, answer: Any) -> bool:
    """Return True if an answer to ``==`` or ``!=`` means "not equal"."""
    return bool(answer) is (name == "__ne__")


def _plain(answer: Any) -> Any:
    """Return an answer that has a truth and counts as no more than that; else ``UNTRUSTED``."""
    is_bit = type(answer) in (bool, int, float) and answer in (0, 1)
    return answer if is_bit or answer is None or type(answer) is str else UNTRUSTED


def tell(name: str, other: Any, ask: Ask, _record: OrderingRecord) -> Any:
    """Return the answer for a plain value, which the judge knows by other means.

    The arguments are those of ``examine``.

    Raises:
        BaseException: What the object's own method raises for the test's value.
    """
    members, place = decoys_for(other)
    return believed(ask((name,), members)[place])


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
) -> Any:
    contrary = _CONTRARY[name]
    answers = ask((name, contrary), members)
    found = _plain(believed(answers[2 * place]))
    for at, member in enumerate(members):
        one, other = (_is_yes(answer) for answer in answers[2 * at : 2 * at + 2])
        told = name if one else contrary if other else None
        if (one and other) or (told is not None and not record.agrees(told, member)):
            raise TypeError("what the object says of its order is contradictory")
    return found


def _is_yes(answer: Any) -> bool:
    return _plain(answer) is not UNTRUSTED and bool(answer)


def believed(answer: Any) -> Any:
    """Return an answer; raise it if it is an exception."""
    if isinstance(answer, BaseException):
        raise answer
    return answer
