"""Format texts of the solution: ``f().format(point)`` reads attributes of the test's objects.

By ``{0.__init__.__globals__[expected]}`` a text would find what the test expects. So a text that
does not stand in the request names public attributes only.
"""

import _string  # type: ignore[import-not-found]
import functools
import logging
import operator
import string
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..source.format_calls import LOOK_UP, METHODS, names_of
from ..trust.callbacks import is_public
from . import evaluated_text

#: What describes an object and leads no further.
_DESCRIPTIONS = frozenset({"__class__", "__doc__", "__module__", "__name__", "__qualname__"})

_real_vformat = string.Formatter.vformat
_Style: Any = logging.StrFormatStyle
_real_format_record = _Style._format


def look_up(obj: Any, name: str, *default: Any) -> Any:
    """Return an attribute, as ``getattr`` does; check a text before it formats anything.

    Args:
        obj: A text, ``str`` itself, or anything else.
        name: ``format``, ``format_map`` or another name.
        default: What is returned if there is no such attribute.

    Raises:
        TypeError: The text names an attribute that is not public.
    """
    formats = name in METHODS
    if formats and issubclass(type(obj), str):
        _check(str.__str__(obj))
    found = getattr(obj, name, *default)
    if not formats or obj is not str:
        return found

    def function(text: Any, /, *args: Any, **named: Any) -> Any:
        return look_up(text, name)(*args, **named)

    return function


def _getter(*names: str) -> Callable[[Any], Any]:
    """Return what reads attributes, as ``operator.attrgetter`` does."""
    if not any(name.rpartition(".")[2] in METHODS for name in names):
        return operator.attrgetter(*names)

    def get(obj: Any, /) -> Any:
        found = tuple(functools.reduce(look_up, name.split("."), obj) for name in names)
        return found[0] if len(names) == 1 else found

    return get


def _caller(name: str, /, *args: Any, **named: Any) -> Callable[[Any], Any]:
    """Return what calls a method, as ``operator.methodcaller`` does."""
    return lambda obj: look_up(obj, name)(*args, **named)


#: What a rewritten test looks up attributes by.
NAMES: Mapping[str, Any] = {LOOK_UP: look_up, **names_of(look_up, _getter, _caller)}


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
