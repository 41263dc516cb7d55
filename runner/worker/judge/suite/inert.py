"""Inert stand-ins for the solution, without answers, while the tests of a suite are listed."""

import sys
from typing import Any, NoReturn

from ...protocol.cases import is_special
from .solution_module import Reloadable


class NeedsAnswer(BaseException):  # must pass any ``except Exception`` of a test
    """The tests ask something that only the solution could answer."""


class Inquiry:
    """Records whether the tests have asked the solution anything.

    Attributes:
        asked: True after any use except naming.
    """

    def __init__(self) -> None:
        self.asked = False

    def refuse(self, what: str) -> NoReturn:
        """Raise ``NeedsAnswer``."""
        self.asked = True
        raise NeedsAnswer(what)


class Inert:
    """An object of the solution that is not there yet: it can be named, passed and called."""

    def __init__(self, inquiry: Inquiry, name: str) -> None:
        self.__dict__.update(__name__=name.rpartition(".")[2], __qualname__=name, __doc__=None)
        self.__dict__["@inquiry"] = inquiry

    def __getattr__(self, name: str) -> Any:
        if is_special(name):
            raise AttributeError(name)
        return _child(self, f".{name}")

    def __call__(self, *_: Any, **__: Any) -> Any:
        """Return a stand-in for the answer."""
        return _child(self, "()", asks=True)

    def __mro_entries__(self, _: Any) -> tuple[type, ...]:
        return ()

    def __repr__(self) -> str:
        return f"<{self.__qualname__}>"


def _child(one: Inert, suffix: str, *, asks: bool = False) -> Inert:
    inquiry: Inquiry = one.__dict__["@inquiry"]
    inquiry.asked |= asks
    return Inert(inquiry, f"{one.__qualname__}{suffix}")


def _computes(name: str) -> Any:
    def compute(self: Inert, *_: Any) -> Any:
        return _child(self, f".{name}", asks=True)

    return compute


def _asks(name: str) -> Any:
    def ask(self: Inert, *_: Any) -> Any:
        if name == "eq" and sys._getframe(1).f_globals.get("__name__") in _OF_ANNOTATIONS:
            return NotImplemented  # ``typing`` compares with its own forms, as ``None``
        return self.__dict__["@inquiry"].refuse(f"__{name}__ of {self.__qualname__}")

    return ask


#: Modules that compare what stands in an annotation.
_OF_ANNOTATIONS = frozenset({"typing", "_collections_abc"})


for _name in "getitem or ror add radd sub rsub mul rmul truediv rtruediv neg and rand".split():
    setattr(Inert, f"__{_name}__", _computes(f"__{_name}__"))
for _name in (
    "eq ne lt le gt ge bool len iter next contains int float index complex str format"
    " enter exit aenter aexit await aiter anext instancecheck subclasscheck setitem delitem"
).split():
    setattr(Inert, f"__{_name}__", _asks(_name))
Inert.__hash__ = object.__hash__  # type: ignore[method-assign]


class InertModule(Reloadable):
    """The module by which tests import the solution, while they are listed."""

    def __init__(self, name: str, inquiry: Inquiry) -> None:
        super().__init__(name, lambda: None, self._source)
        self._inquiry = inquiry

    def __getattr__(self, name: str) -> Any:
        if is_special(name):
            raise AttributeError(name)
        return Inert(self._inquiry, name)

    def __dir__(self) -> NoReturn:
        self._inquiry.refuse("the names of the solution")

    def of_source(self, name: str) -> NoReturn:
        """Raise ``NeedsAnswer``."""
        self._inquiry.refuse(f"{name} of the solution")

    def _source(self) -> NoReturn:
        self._inquiry.refuse("the source of the solution")
