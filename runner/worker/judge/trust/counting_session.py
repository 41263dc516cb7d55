"""Compares the items of an object with its length: both are the solution's answers.

The number of items must equal the length that an object has said, until an operation other than
reading may have changed it. A length that Python itself asks for, to reserve room, may stay open.
"""

import sys
import types
from collections.abc import Sequence
from typing import Any

from ...boundary import proxy_methods
from ...boundary.channel import Channel
from ...boundary.opcodes import Op
from ...boundary.proxies import attributes_of
from ...boundary.shared_globals import is_of_package
from ...boundary.structure.special_names import is_of_program
from ...codec.format import LEAVES, Bounds
from .guard import GuardedSession
from .ledger import is_object
from .permissions import OPERATORS, Operation, Permission, State, may

#: Requests and special methods that change no object.
_READS = frozenset({Op.APPLY, Op.ASK, Op.CLASS, Op.GET})
_ITERATES = frozenset({"__iter__", "__reversed__"})
_SHOWS = frozenset({"__str__", "__repr__", "__format__"})
_READING = _ITERATES | _SHOWS | {"__len__", "__next__", "__getitem__", "__bool__", "__hash__"}
#: States of objects that the test has not built.
_OF_SOLUTION = frozenset({State.RETURNED, State.KIN, State.BOUND})


class CountingSession(GuardedSession):
    """The judge's side, as far as it counts items."""

    def __init__(self, channel: Channel, bounds: Bounds) -> None:
        super().__init__(channel, bounds)
        self._lengths = LengthRecord()
        self._hints = LengthHints()

    def request(self, op: Op, *items: Any) -> Any:
        """Send a request, after which an object may have another length."""
        if op not in _READS:
            self._lengths.forget()
        answer = super().request(op, *items)
        if op == Op.GET and not (type(answer) in LEAVES or is_object(self, answer)):
            self._lengths.forget()  # the test may change such a container
        return answer

    def operate(self, name: str, one: Any, other: Any, *modulus: Any) -> Any:
        """Compare or compute."""
        if name not in OPERATORS:
            self._lengths.forget()
        return super().operate(name, one, other, *modulus)

    def protocol(self, name: str, one: Any, *details: Any) -> Any:
        """Perform a special method.

        Raises:
            TypeError: The object has said another length.
        """
        if name not in _READING:
            self._lengths.forget()
        self._leave_hints_open(name, one)
        try:
            answer = super().protocol(name, one, *details)
        except (StopIteration, IndexError):
            self._require(self._agrees_at_end(name, one, details))
            raise
        self._require(self._agrees(name, one, details, answer))
        return answer

    def _leave_hints_open(self, name: str, one: Any) -> None:
        """Leave open how much room code in C should reserve, if the test may not ask for it.

        Raises:
            TypeError: It asks for that; Python then goes on without an answer.
        """
        number = self._number(one)
        if name == "__iter__":
            self._hints.begin(number)
        elif name == "__len__" and self._hints.is_hint(number):
            asked = may(Operation.NUMBER, self.ledger.state(self, one))
            if asked.permission is Permission.REFUSE:
                raise TypeError("an object without a known length")

    def _require(self, agrees: bool) -> None:  # noqa: FBT001 - the only argument
        if not agrees:
            raise self._refused("an object whose items are not as many as its length")

    def _agrees(self, name: str, one: Any, details: Sequence[Any], answer: Any) -> bool:
        """Note an answer; return True if the object agrees with what it has said before."""
        if name == "__next__":
            return self._lengths.count(self._number(one))
        if _is_by_index(name, one, details):
            self._lengths.index(self._number(one), details[0])
        elif self.ledger.state(self, one) in _OF_SOLUTION and not _is_of_package(one):
            if name == "__len__" and type(answer) is int:
                return self._lengths.say(self._number(one), answer)
            if name in _ITERATES:
                self._lengths.begin(self._number(one), self._number(answer))
        return True

    def _agrees_at_end(self, name: str, one: Any, details: Sequence[Any]) -> bool:
        """Note that there are no more items; return True if that agrees."""
        if name == "__next__":
            return self._lengths.end(self._number(one))
        if not _is_by_index(name, one, details):
            return True
        # The end of an iteration by indices says how many items are left of a difference.
        combined = self.ledger.state(self, one) is State.COMBINED
        return self._lengths.end_by_index(self._number(one), details[0]) and not combined

    def _number(self, obj: Any) -> int:
        return proxy_methods.number_in(self, obj) or 0


def _is_by_index(name: str, one: Any, details: Sequence[Any]) -> bool:
    """Return True for an item at an index, of an object that Python iterates by indices."""
    if name != "__getitem__" or [*map(type, details)] != [int]:
        return False
    return all("__iter__" not in attributes_of(cls) for cls in type.mro(type(one)))


def _is_of_package(one: Any) -> bool:
    """Return True for an object of a package: the length of a table is not that of its columns."""
    return is_of_package(str(type.__getattribute__(type(one), "__module__")))


class _Counted:
    """What an object has said of its items since something may have changed it."""

    def __init__(self) -> None:
        self.length: int | None = None
        #: Items of the last iteration that came to its end.
        self.items: int | None = None
        #: Items that it has yielded as its own iterator since it has said its length.
        self.drained = 0
        #: The next index of an iteration by indices, and of a backward one; -1 for none.
        self.next_index, self.next_backward = 0, -1


class LengthRecord:
    """The lengths that objects have said, and the items that they have yielded, by number.

    Each method returns True if the object agrees with what it has said before.
    """

    def __init__(self) -> None:
        self._objects: dict[int, _Counted] = {}
        #: Object and items so far of each iterator.
        self._iterations: dict[int, tuple[int, int]] = {}

    def forget(self) -> None:
        """Forget all: any object may have changed."""
        self._objects, self._iterations = {}, {}

    def say(self, number: int, length: int) -> bool:
        """Note the length of an object. One that is its own iterator may use up its items."""
        found = self._found(number)
        if found.drained:
            self._objects[number] = found = _Counted()
        agrees = {found.length, found.items} <= {length, None}
        found.length, found.next_backward = length, length - 1
        if number in self._iterations:
            self._iterations[number] = number, 0
        return agrees

    def begin(self, number: int, iterator: int) -> None:
        """Note an iterator of an object; one that is its own iterator may begin anew or go on."""
        self._iterations[iterator] = number, 0
        if number == iterator and self._found(number).drained:
            self._objects[number] = _Counted()

    def count(self, iterator: int) -> bool:
        """Count an item."""
        number, items = self._iterations.get(iterator, (iterator, 0))
        self._iterations[iterator] = number, items + 1
        found = self._found(number)
        found.drained += number == iterator
        return found.length is None or items < found.length

    def end(self, iterator: int) -> bool:
        """Note the end of an iteration."""
        number, items = self._iterations.pop(iterator, (iterator, 0))
        found = self._found(number)
        if not found.drained:
            found.items = items
        return found.length is None or items == found.length

    def index(self, number: int, at: int) -> None:
        """Note an item at an index."""
        found = self._found(number)
        found.next_index = at + 1 if at in (0, found.next_index) else -1
        found.next_backward = at - 1

    def end_by_index(self, number: int, at: int) -> bool:
        """Note that an object has no item at an index, which ends an iteration by indices."""
        found = self._found(number)
        if found.length is not None and 0 <= at == found.next_backward < found.length:
            return False  # it would end ``reversed``
        if at not in (0, found.next_index):
            return True
        found.items, found.next_index = at, 0
        return found.length is None or at >= found.length

    def _found(self, number: int) -> _Counted:
        return self._objects.setdefault(number, _Counted())


class LengthHints:
    """Remembers where an object was iterated last.

    ``list(x)`` iterates ``x`` and then asks for its length, to reserve room. Without an answer it
    reserves some, so the question can be left open where a test may not ask it.
    """

    def __init__(self) -> None:
        self._place: tuple[int, int, int] | None = None

    def begin(self, number: int) -> None:
        """Note that an object is iterated."""
        self._place = _place(number)

    def is_hint(self, number: int) -> bool:
        """Return True if the instruction that began to iterate an object asks for its length."""
        return self._place is not None and self._place == _place(number)


def _place(number: int) -> tuple[int, int, int] | None:
    """Return an object's number, and the frame outside of this program with its instruction."""
    frame: types.FrameType | None = sys._getframe(1)
    while frame is not None and is_of_program(frame):
        frame = frame.f_back
    return None if frame is None else (number, id(frame), frame.f_lasti)
