"""Short texts of values, for people: bounded in time and length, without calls of the solution."""

import array
import collections
import datetime
import decimal
import fractions
import itertools
import uuid
from typing import Any

from ..boundary import proxy_methods
from ..protocol.report import EXCERPT_MAX

#: Longest excerpt of a value in a message, in characters.
_IN_MESSAGE = 200
_DEPTH_MAX = 8

_BRACKETS: dict[type, tuple[str, str]] = {
    list: ("[", "]"),
    tuple: ("(", ")"),
    set: ("{", "}"),
    frozenset: ("frozenset({", "})"),
}


_SEQUENCES = (collections.deque, array.array)

#: Types of values that hold no other objects.
_ALONE = frozenset(
    {
        *(bool, int, float, complex, bytearray, range, slice, type(Ellipsis), type(NotImplemented)),
        *(decimal.Decimal, fractions.Fraction, uuid.UUID, datetime.date, datetime.datetime),
        *(datetime.time, datetime.timedelta, datetime.timezone),
    }
)


def excerpt(value: Any, limit: int = _IN_MESSAGE) -> str:
    """Return the beginning of a value's ``repr``; objects of the solution are not asked for one."""
    text = _text(value, limit, _DEPTH_MAX)
    return text if len(text) <= limit else text[: limit - 3] + "..."


def _text(value: Any, room: int, depth: int) -> str:
    """Return a text that is whole, or longer than ``room``."""
    if isinstance(value, proxy_methods.ProxyMeta):
        return "<class of the solution>"
    if proxy_methods.is_proxy(value):
        return f"<{type.__getattribute__(type(value), '__name__')} object of the solution>"
    kind = type(value)
    if kind in (str, bytes):
        return repr(value[: room + 1])
    if kind in _BRACKETS:
        if not value and kind in (set, frozenset):
            return f"{kind.__name__}()"
        opening, closing = _BRACKETS[kind]
        end = "," + closing if kind is tuple and len(value) == 1 else closing
        return opening + _joined(((item,) for item in value), room, depth) + end
    if isinstance(value, dict):
        inner = "{" + _joined(dict.items(value), room, depth) + "}"
        return inner if kind is dict else f"{kind.__name__}({inner})"
    if kind in _SEQUENCES:
        return f"{kind.__name__}([{_joined(((item,) for item in value), room, depth)}])"
    return _own_repr(value)


def _own_repr(value: Any) -> str:
    """Return the ``repr`` of a value that holds no other objects."""
    kind = type(value)
    if not (value is None or kind in _ALONE or isinstance(value, type)):
        return f"<{kind.__name__} object>"
    try:
        return repr(value)
    except BaseException as error:  # a repr may fail in many ways; it is only a message
        return f"<{kind.__name__}: {type(error).__name__}>"


def _joined(groups: Any, room: int, depth: int) -> str:
    """Return groups of values, their parts joined by colons, until there is no more room."""
    if not depth:
        return "..."
    parts: list[str] = []
    for group in itertools.islice(groups, room):
        if room <= 0:
            parts.append("...")
            break
        parts.append(": ".join(_text(item, room, depth - 1) for item in group))
        room -= len(parts[-1]) + 2
    return ", ".join(parts)


def excerpts_of_texts(expected: str, actual: str) -> tuple[str, str]:
    """Return excerpts of two outputs: their beginnings, or the text where they differ."""
    differs = _first_difference(expected, actual)
    start = 0
    if differs > EXCERPT_MAX // 2 and expected != actual:
        line = expected.rfind("\n", 0, differs) + 1
        start = max(line, differs - EXCERPT_MAX // 4)
    return _part(expected, start), _part(actual, start)


def _first_difference(one: str, other: str) -> int:
    """Return how many characters two texts have in common from the start on."""
    same, most = 0, min(len(one), len(other))
    while same < most:
        middle = (same + most + 1) // 2
        if one[same:middle] == other[same:middle]:
            same = middle
        else:
            most = middle - 1
    return same


def _part(text: str, start: int) -> str:
    head = f"[from character {start}] " if start else ""
    part = head + text[start : start + EXCERPT_MAX]
    return part if len(part) <= EXCERPT_MAX else part[: EXCERPT_MAX - 3] + "..."
