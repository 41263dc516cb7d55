"""Format texts of the solution: ``f().format(point)`` reads attributes of the test's objects.

By ``{0.__init__.__globals__[expected]}`` a text would find what the test expects. So a text that
does not stand in the request names public attributes only.
"""

import _string  # type: ignore[import-not-found]
import functools
import logging
import operator
import string
import types
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..source.format_calls import CHECKED, METHODS
from ..trust.callbacks import is_public
from . import evaluated_text

#: What describes an object and leads no further.
_DESCRIPTIONS = frozenset({"__class__", "__doc__", "__module__", "__name__", "__qualname__"})

_real_vformat = string.Formatter.vformat
_Style: Any = logging.StrFormatStyle
_real_format_record = _Style._format


def checked(found: Any) -> Any:
    """Return what a test has found; a function that formats a text checks the text first.

    A function that takes the name of an attribute checks what it finds.

    Raises:
        TypeError: The text names an attribute that is not public.
    """
    kind = type(found)
    if kind is types.BuiltinFunctionType and found.__name__ in METHODS:
        if issubclass(type(found.__self__), str):
            _check(str.__str__(found.__self__))
        return found
    if kind is types.MethodWrapperType or kind is types.WrapperDescriptorType:
        return _finding(found) if found.__name__ == "__getattribute__" else found
    if kind in (types.MethodDescriptorType, types.FunctionType, type, types.BuiltinFunctionType):
        return _CHECKED.get(found, found)
    return found


def _finding(real: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that finds an attribute by its name."""
    return lambda *args, **named: checked(real(*args, **named))


def _formatting(real: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method of texts as ``str`` has it."""

    def method(text: Any, /, *args: Any, **named: Any) -> Any:
        if issubclass(type(text), str):
            _check(str.__str__(text))
        return real(text, *args, **named)

    return method


def _getter(*names: str) -> Callable[[Any], Any]:
    """Return what reads attributes, as ``operator.attrgetter`` does."""
    if not any(name.rpartition(".")[2] in METHODS for name in names):
        return operator.attrgetter(*names)

    def get(obj: Any, /) -> Any:
        found = tuple(functools.reduce(_look_up, name.split("."), obj) for name in names)
        return found[0] if len(names) == 1 else found

    return get


def _caller(name: str, /, *args: Any, **named: Any) -> Callable[[Any], Any]:
    """Return what calls a method, as ``operator.methodcaller`` does."""
    return lambda obj: _look_up(obj, name)(*args, **named)


_look_up = _finding(getattr)
_CHECKED: Mapping[Any, Any] = {
    getattr: _look_up,
    operator.attrgetter: _getter,
    operator.methodcaller: _caller,
    **{vars(str)[name]: _formatting(vars(str)[name]) for name in METHODS},
}

#: What a rewritten test looks up functions by.
NAMES: Mapping[str, Any] = {CHECKED: checked}


def install() -> None:
    """Let ``string.Formatter`` and formatters of ``logging`` check their texts as well."""

    def vformat(self: Any, text: Any, args: Any, named: Any) -> Any:
        _check(text)
        return _real_vformat(self, text, args, named)

    def format_record(self: Any, record: Any) -> Any:
        _check(self._fmt)
        return _real_format_record(self, record)

    _Style._format = format_record
    string.Formatter.vformat = vformat  # type: ignore[assignment, method-assign]


def _check(text: str) -> None:
    for name in _attributes(text):
        if not (is_public(name) or name in _DESCRIPTIONS or evaluated_text.is_spelled(text)):
            raise TypeError(
                f"a format text that does not stand in the test reads the attribute {name}"
            )


def _attributes(text: str) -> Iterator[str]:
    """Yield the attributes that a format text names, also in its specifications."""
    try:
        fields = [*_string.formatter_parser(text)]
    except ValueError:  # it formats nothing
        return
    for _, field, specification, _ in fields:
        if field is None:
            continue
        _, parts = _string.formatter_field_name_split(field)
        yield from (str(part) for is_attribute, part in parts if is_attribute)
        yield from _attributes(specification or "")
