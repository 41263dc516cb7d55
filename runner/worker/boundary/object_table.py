"""Objects that are not values: they stay on their side, and the other names them by number."""

import collections
import operator
import types
import weakref
from typing import Any


class ObjectTable:
    """The exports of this side, and the proxies for the exports of the other side."""

    def __init__(self) -> None:
        self._exports: dict[int, Any] = {}
        self._numbers: dict[int, int] = {}
        self._next = 1
        self._proxies: dict[int, weakref.ref[Any]] = {}
        self._described: set[int] = set()
        self._exceptions: dict[int, BaseException] = {}
        self._numbers_of_exceptions: dict[int, int] = {}
        self._states_of_exceptions: dict[int, tuple[Any, ...]] = {}
        #: The exception that the message under way raises: it crosses as a new one.
        self.raising: BaseException | None = None
        #: Proxies that are kept for the sake of a weak reference.
        self.kept: list[Any] = []
        #: Numbers that the next message tells the other side to forget: objects are positive,
        #: shared containers are negative.
        self.released: list[int] = []

    def number_of(self, obj: Any) -> int:
        """Return the number under which the other side may name an object of this side."""
        key = _identity(obj)
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = self._next
            self._next += 1
            self._exports[number] = obj
        return number

    def number_to_raise(self, error: BaseException) -> int:
        """Return a number for an exception that is being raised: one that no message had before."""
        if id(error) not in self._numbers:
            return self.number_of(error)
        self._next += 1
        self._exports[self._next - 1] = error
        return self._next - 1

    def exception(self, number: int) -> BaseException | None:
        """Return the exception that an earlier message had under this number, if any."""
        return self._exceptions.get(number)

    def keep_exception(self, number: int, error: BaseException) -> None:
        """Keep an exception of the other side, which is the same one each time it is a value."""
        self._exceptions[number] = error
        self._numbers_of_exceptions[id(error)] = number
        self._states_of_exceptions[number] = _state(error)

    def number_of_exception(self, obj: Any) -> int | None:
        """Return the number of an exception of the other side.

        None for one to raise, and for one that has got notes or attributes here: it crosses anew.
        """
        number = self._numbers_of_exceptions.get(id(obj))
        if number is None or obj is self.raising:
            return None
        before, now = self._states_of_exceptions[number], _state(obj)
        same = len(before) == len(now) and all(map(operator.is_, before, now))
        return number if same else None

    def own(self, number: int) -> Any:
        """Return the object of this side that has a number; raises KeyError."""
        return self._exports[number]

    def is_exported(self, obj: Any) -> bool:
        """Return True if the other side has been told of this object."""
        return self._exports.get(self._numbers.get(_identity(obj), 0)) is obj

    def forget(self, number: int) -> None:
        """Drop an export that the other side no longer holds."""
        obj = self._exports.pop(number, None)
        self._numbers.pop(_identity(obj), None)

    def described(self, number: int) -> bool:
        """Mark a class as described; return True if it was described before."""
        known = number in self._described
        self._described.add(number)
        return known

    def forget_descriptions(self) -> None:
        """Mark every class as not described, since the last message was not sent."""
        self._described.clear()

    def proxy(self, number: int) -> Any:
        """Return the proxy of an earlier message if it is still in use, else None."""
        reference = self._proxies.get(number)
        found = reference() if reference is not None else None
        if found is not None and number in self.released:
            self.released.remove(number)
        return found

    def keep_proxy(self, number: int, obj: Any) -> Any:
        """Keep a weak reference to a proxy; when the proxy is gone, its number is released."""

        def gone(reference: "weakref.ref[Any]") -> None:
            if self._proxies.get(number) is reference:
                del self._proxies[number]
                self.released.append(number)

        if number in self.released:
            self.released.remove(number)
        self._proxies[number] = weakref.ref(obj, gone)
        return obj


def _state(error: BaseException) -> tuple[Any, ...]:
    """Return arguments, attributes and notes of an exception, to compare each by identity."""
    space = BaseException.__getattribute__(error, "__dict__")
    notes = space.get("__notes__", ())
    return error.args, *space.values(), *(notes if type(notes) is list else ())


def _identity(obj: Any) -> Any:
    """Return a key of an object; bound methods that Python calls equal have the same.

    Each reading of ``signal.handler`` makes another bound method, and a handler is removed by the
    one that the second reading made.
    """
    if type(obj) is types.MethodType:
        return id(obj.__self__), id(obj.__func__)
    if type(obj) is types.BuiltinMethodType and type(obj.__self__) in _WITH_METHODS:
        return id(obj.__self__), obj.__name__
    return id(obj)


#: Builtin types whose methods are often handlers: ``events.append``.
_WITH_METHODS = frozenset({list, dict, set, bytearray, collections.deque})
