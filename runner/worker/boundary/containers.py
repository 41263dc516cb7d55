"""Containers that both sides hold: lists, dicts and the like cross once, then only their changes.

Each side has a copy under the same number. A message carries the content of each container that
changed since the last one, so in-place changes of arguments arrive, and aliases stay aliases.
"""

import collections
import enum
import operator
import sys
import types
from collections.abc import Iterable
from typing import Any, Protocol

from ..codec import value_types
from ..codec.format import MalformedError, Shell
from . import setup_objects
from .opcodes import OBJECT_CODE, SUBCLASS_FLAG

#: Stands for the sent content of a container that must be sent again.
_UNSENT = object()

#: Remainder by two of the numbers that the subject gives.
_OF_SUBJECT = 1


class ContainerOwner(Protocol):
    """What the table needs of its session."""

    setup_classes: dict[str, type]
    #: Attributes that may hide a constant of a setup class; all if None.
    shadowable: frozenset[str] | None

    def hidden_number(self, obj: Any) -> tuple[int, ...]:
        """Return the number of an object if it has attributes that do not cross, else nothing."""

    def export_number(self, obj: Any) -> int:
        """Return the number under which the other side may name an object of this side."""

    def new_object(self, name: str, /, *number: int) -> Any:
        """Return an instance of a class of the setup code, without attributes."""

    def proxy_container(self, cls: Any, number: int, /) -> Any:
        """Return an empty proxy for an instance of a builtin container's subclass."""

    def note_shared(self, obj: Any, /) -> None:
        """Note that the other side has handed out a container again."""

    def note_attributes(self, obj: Any, given: dict[str, Any], /) -> None:
        """Note the attributes of a value that the other side has set."""


class _Entry:
    """A container, the functions that read and fill it, and the content that was sent last."""

    __slots__ = ("has_attributes", "obj", "parts", "put", "sent")

    def __init__(self, obj: Any, parts: Any, put: Any, *, has_attributes: bool) -> None:
        self.obj = obj
        self.parts = parts
        self.put = put
        #: Whether the content is names and values of attributes, in turn.
        self.has_attributes = has_attributes
        self.sent: list[Any] = []

    def is_sent(self) -> bool:
        """Return True if the other side has the present content."""
        return _same(self.sent, self.parts(self.obj))


def _same(sent: list[Any], now: list[Any]) -> bool:
    if len(sent) != len(now):
        return False
    if all(map(operator.is_, sent, now)):
        return True
    # a bytearray or array yields new bytes each time: compare them by value
    is_bytes = type(sent[0]) is type(now[0]) is bytes
    return is_bytes and {bytes}.issuperset(map(type, (*sent, *now))) and sent == now


class SharedContainers:
    """The containers of one session, by number.

    Args:
        owner: The session.
        parity: Remainder by two of the numbers that this side gives.
    """

    step = 2

    def __init__(self, owner: ContainerOwner, parity: int) -> None:
        self._owner = owner
        self._parity = parity
        #: The number that the next container of this side gets.
        self.next_number = parity
        self.entries: dict[int, _Entry] = {}
        self._numbers: dict[int, int] = {}
        #: The containers that are being filled: a key may ask the other side for its hash.
        self._filling: set[int] = set()

    def __len__(self) -> int:
        return len(self.entries)

    def known(self, obj: Any) -> int | None:
        """Return the number of a shared container, None for anything else."""
        return self._numbers.get(id(obj))

    def share_run(self, code: int, objs: Iterable[Any]) -> int:
        """Share new containers of a builtin type; return the number of the first."""
        first = self.next_number
        for obj in objs:
            self._enter(self.next_number, obj, code)
            self.next_number += self.step
        return first

    def adopt_run(self, code: int, first: int, count: int) -> list[Any]:
        """Make and register containers of a builtin type that the other side shares."""
        make: Any = value_types.RUN_TYPES[code]
        numbers = range(first, first + count * self.step, self.step)
        if first % 2 == self._parity % 2 or not self.entries.keys().isdisjoint(numbers):
            raise MalformedError("a new container has a number in use, or one of this side")
        made = [make() for _ in numbers]
        for number, obj in zip(numbers, made, strict=True):
            self._enter(number, obj, code)
        return made

    def share(self, obj: Any) -> int | Shell | None:
        """Return the number of a shared container, or its shell; None for anything else."""
        number = self._numbers.get(id(obj))
        if number is not None:
            return number
        shape = self._shape(obj)
        if shape is None:
            return None
        code, traits = shape
        number, self.next_number = self.next_number, self.next_number + self.step
        self._enter(number, obj, code)
        return Shell(code, number, traits)

    def _shape(self, obj: Any) -> tuple[int, tuple[Any, ...]] | None:
        cls, owner = type(obj), self._owner
        code = value_types.CONTAINER_CODES.get(cls)
        if code is not None:
            kind = value_types.CONTAINERS[code]
            return (code, kind.traits(obj)) if kind.crosses(obj) else None
        if owner.setup_classes.get(cls.__name__) is cls and not _is_value(cls):
            return OBJECT_CODE, (cls.__name__, *owner.hidden_number(obj))
        code = value_types.CONTAINER_CODES.get(value_types.base_of(cls) or object)
        if code is None or isinstance(obj, BaseException):
            return None
        traits = value_types.CONTAINERS[code].traits(obj)
        return code | SUBCLASS_FLAG, (cls, owner.export_number(obj), *traits)

    def _enter(self, number: int, obj: Any, code: int) -> None:
        if code == OBJECT_CODE:
            # an object that the solution made holds no secret of a test
            private = number % 2 == _OF_SUBJECT
            entry = _Entry(
                obj,
                lambda obj: setup_objects.attributes(obj, private=private),
                lambda obj, flat: setup_objects.set_attributes(
                    obj, flat, private=private, shadowable=self._owner.shadowable
                ),
                has_attributes=True,
            )
        else:
            kind = value_types.CONTAINERS[code & ~SUBCLASS_FLAG]
            is_namespace = kind.type in value_types.NAMESPACES
            entry = _Entry(obj, kind.parts, kind.fill, has_attributes=is_namespace)
        self.entries[number] = entry
        self._numbers[id(obj)] = number

    def adopt(self, shell: Shell) -> Any:
        """Make and register a container that the other side shares."""
        if shell.number in self.entries or shell.number % 2 == self._parity % 2:
            raise MalformedError("a new container has a number in use, or one of this side")
        if shell.code == OBJECT_CODE:
            obj = self._owner.new_object(*shell.traits)
        elif shell.code & SUBCLASS_FLAG:
            cls, number, *_ = shell.traits
            obj = self._owner.proxy_container(cls, number)
        else:
            obj = value_types.CONTAINERS[shell.code].make(*shell.traits)
        self._enter(shell.number, obj, shell.code)
        return obj

    def shared(self, number: int) -> Any:
        """Return the container of a number, which the other side has handed out again."""
        obj = self.entries[number].obj
        self._owner.note_shared(obj)
        return obj

    def changed(self) -> list[tuple[int, list[Any]]]:
        """Return number and content of each container that changed, and mark them as sent."""
        changes: list[tuple[int, list[Any]]] = []
        if not self.entries:
            return changes
        for number, entry in self.entries.items():
            parts = entry.parts(entry.obj)
            if not _same(entry.sent, parts) and number not in self._filling:
                entry.sent = parts
                changes.append((number, parts))
        return changes

    def content(self, number: int) -> list[Any]:
        """Return the content of a container, and mark it as sent."""
        entry = self.entries[number]
        entry.sent = entry.parts(entry.obj)
        return entry.sent

    def fill(self, number: int, parts: list[Any]) -> list[Any]:
        """Replace the content of a container by what the other side has sent.

        Returns:
            What it holds now: not the factory of a defaultdict.
        """
        entry = self.entries[number]
        before = _pairs(entry.parts(entry.obj)) if entry.has_attributes else {}
        self._filling.add(number)
        try:
            entry.put(entry.obj, parts)
        finally:
            self._filling.discard(number)
        entry.sent = entry.parts(entry.obj)
        if entry.has_attributes:
            now = _pairs(entry.sent).items()
            given = {name: new for name, new in now if before.get(name, _UNSENT) is not new}
            self._owner.note_attributes(entry.obj, given)
        return parts[1:] if isinstance(entry.obj, collections.defaultdict) else parts

    def forget_new(self, first: int) -> None:
        """Forget the containers from a number on, which the other side has not received."""
        for number in range(first, self.next_number, self.step):
            self.forget(number)

    def take_back(self, first: int) -> None:
        """Undo an encoding that was not sent: forget numbers from ``first`` on, and all content."""
        self.forget_new(first)
        for entry in self.entries.values():
            entry.sent = [_UNSENT]

    def forget(self, number: int) -> None:
        """Drop a container, if it is there."""
        entry = self.entries.pop(number, None)
        if entry is not None:
            self._numbers.pop(id(entry.obj), None)

    def drop_unused(self) -> list[int]:
        """Drop the containers that only this table still holds; return their numbers."""
        dropped: list[int] = []
        while self.entries and (
            unused := [
                number
                for number, entry in self.entries.items()
                if sys.getrefcount(entry.obj) <= _REFERENCES_OF_AN_ENTRY and entry.is_sent()
            ]
        ):
            for number in unused:
                self.forget(number)
            dropped += unused
        return dropped


def _pairs(flat: list[Any]) -> dict[str, Any]:
    return dict(zip(flat[::2], flat[1::2], strict=True))


def _is_value(cls: type) -> bool:
    """Return True if instances cross as a value, or by name, and not by their attributes."""
    return value_types.base_of(cls) is not None or issubclass(cls, enum.Enum | BaseException)


def _references_of_an_entry() -> int:
    """Return the reference count of an object that only an entry holds."""
    entry = types.SimpleNamespace(obj=[])
    (count,) = [sys.getrefcount(each.obj) for each in (entry,)]
    return count


_REFERENCES_OF_AN_ENTRY = _references_of_an_entry()
