"""Method calls of a test in one message: ``b.add(1)`` looks ``add`` up and calls it.

Python compiles such a call to an instruction of its own, whose result is only called. So the
look-up can wait for the call. If an argument makes another request, the look-up is sent before it:
the solution sees requests in the order of the test.
"""

import dis
import sys
import types
import weakref
from typing import Any

from ...boundary.proxy_methods import Method
from ...codec.format import LEAVES

#: The instruction, and the number of flag bits below the name's index in its argument. From Python
#: 3.12 on it is ``LOAD_ATTR`` with a flag for a call; ``LOAD_METHOD`` is internal to the compiler.
_LOAD, _BITS = (
    (dis.opmap["LOAD_METHOD"], 0) if sys.version_info < (3, 12) else (dis.opmap["LOAD_ATTR"], 1)
)
_EXTENDED = dis.opmap["EXTENDED_ARG"]
#: Most code objects whose bytecode is cached.
_MOST_CODES = 256


def can_cross_together(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Return True if all arguments are plain: an object would have to be noted by the judge."""
    return not kwargs and LEAVES.issuperset(map(type, args))


class Waiting:
    """The methods that a test has looked up and not called yet, in that order."""

    def __init__(self) -> None:
        self.methods: list[weakref.ref[Method]] = []

        self._codes: dict[int, tuple[types.CodeType, bytes]] = {}

    def add(self, session: Any, one: Any, name: str) -> Method:
        """Return a method that is looked up when it is called."""
        method = Method(session, one, name)
        self.methods.append(weakref.ref(method))
        return method

    def take(self, method: Method) -> bool:
        """Return True, and stop the wait, if a method is the only one that waits."""
        if len(self.methods) != 1 or self.methods[0]() is not method:
            return False
        self.methods.clear()
        return True

    def take_all(self) -> list[Method]:
        """Return the methods that may still be called, and clear the list."""
        waiting, self.methods = self.methods, []
        return [method for reference in waiting if (method := reference()) is not None]

    def is_called_next(self, frame: types.FrameType, name: str) -> bool:
        """Return True if a frame looks up an attribute only to call it."""
        code, at = frame.f_code, frame.f_lasti
        if id(code) not in self._codes:
            if len(self._codes) >= _MOST_CODES:
                self._codes.clear()
            self._codes[id(code)] = code, code.co_code
        raw = self._codes[id(code)][1]
        if raw[at] != _LOAD:
            return False
        argument = raw[at + 1] | (raw[at - 1] << 8 if raw[at - 2] == _EXTENDED else 0)
        number = argument >> _BITS
        called = not _BITS or bool(argument & 1)
        return called and number < len(code.co_names) and code.co_names[number] == name
