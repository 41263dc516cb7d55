"""Values of libraries that cross by the function that makes them and its arguments.

Both sides have the library. Nothing is made of the message but what ``_MAKERS`` lists: addresses,
members of enums, zones and offsets of pytz and dateutil, generic aliases, expressions of sympy.
"""

import datetime
import importlib
import re
import sys
from collections.abc import Callable, Mapping
from typing import Any

from . import sympy_values, type_aliases

#: Bound at import: a solution or a test may patch the module's attributes.
_Zone, _Span = datetime.tzinfo, datetime.timedelta
_LONGEST_TEXT = 64
_ARGUMENTS = frozenset({type(None), bool, int, float, str})
_NAME = re.compile(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*")
#: The attribute of a class itself, past any property of its metaclass.
_module_of = vars(type)["__module__"].__get__


def spec_of(obj: Any) -> tuple[Any, ...] | None:
    """Return module, function and arguments of a library's value; None for any other object."""
    kind = type(obj)
    describe = _DESCRIBE.get(str(_module_of(kind)).partition(".")[0])
    if describe is None:
        return None
    try:
        found = describe(obj)
        # A zone that its package does not find again stays on its side.
        is_same = found is not None and type(made_of(*found)) is kind
    except Exception:  # the object's methods may be anything
        return None
    return found if is_same else None


def made_of(module: str, function: str, *args: Any) -> Any:
    """Return this side's value; raises ValueError if the library has none such."""
    make = _MAKERS.get((module, function))
    if make is None or not ((module, function) in _CHECKING or all(map(_is_argument, args))):
        raise ValueError("an unknown kind of value")
    try:
        made = make(importlib.import_module(module), *args)
    except MemoryError:
        raise
    except Exception as error:  # packages raise types of their own
        raise ValueError(f"not a value of {module}: {type(error).__name__}") from error
    if made is None:
        raise ValueError("no such value")
    return made


def _is_argument(arg: Any) -> bool:
    return type(arg) in _ARGUMENTS and (type(arg) is not str or len(arg) <= _LONGEST_TEXT)


def _described_by(arguments: Callable[[Any], tuple[Any, ...]]) -> Callable[[Any], Any]:
    """Return a function that describes a value of the library by arguments of its class."""

    def describe(obj: Any) -> tuple[Any, ...] | None:
        place = _place_of(obj)
        return (*place, *arguments(obj)) if place else None

    return describe


def _place_of(obj: Any) -> tuple[str, ...]:
    """Return module and name of the object's class; nothing if that is not the library's own."""
    place = _module_of(type(obj)), type(obj).__qualname__
    return place if getattr(sys.modules[place[0]], place[1]) is type(obj) else ()


def _of_pytz(zone: Any) -> tuple[Any, ...] | None:
    if not issubclass(type(zone), _Zone):
        return None
    function, args = zone.__reduce__()
    return "pytz", function.__name__, *args


def _of_dateutil(obj: Any) -> tuple[Any, ...] | None:
    name = type(obj).__name__
    if not issubclass(type(obj), _Zone):
        return _of_delta(obj) if _place_of(obj) and name == "relativedelta" else None
    if name == "tzoffset":
        return "dateutil.tz", name, obj._name, int(obj._offset.total_seconds())
    if name == "tzfile":
        return "dateutil.tz", name, str(obj._filename).rpartition("zoneinfo/")[2]
    return ("dateutil.tz", name) if ("dateutil.tz", name) in _MAKERS else None


def _of_delta(obj: Any) -> tuple[Any, ...]:
    day = (None, None) if obj.weekday is None else (obj.weekday.weekday, obj.weekday.n)
    return *_place_of(obj), *day, *(getattr(obj, each) for each in _DELTA)


#: How to describe the values of a library, by the first part of its name.
_DESCRIBE: Mapping[str, Callable[[Any], tuple[Any, ...] | None]] = {
    "pytz": _of_pytz,
    "sympy": sympy_values.described,
    "types": type_aliases.described,
    "typing": type_aliases.described,
    "dateutil": _of_dateutil,
    "ipaddress": _described_by(lambda obj: (str(obj),)),
    "statistics": _described_by(lambda obj: (obj.mean, obj.stdev)),
    **dict.fromkeys(
        ("calendar", "http", "re", "signal", "socket"), _described_by(lambda obj: (obj.value,))
    ),
}


def _pytz_zone(pytz: Any, name: str, *state: Any) -> Any:
    """Return a zone, or that state of it (offset, saving, abbreviation) which a moment has."""
    zone = pytz.timezone(name)
    if not state:
        return zone
    offset, saving, abbreviation = state
    return zone._tzinfos[_Span(seconds=offset), _Span(seconds=saving), abbreviation]


def _dateutil_zone(tz: Any, name: str) -> Any:
    if not _NAME.fullmatch(name):
        raise ValueError("a file, not the name of a zone")
    return tz.gettz(name)


#: The fields of a ``relativedelta``, besides its weekday.
_DELTA = (
    *("years", "months", "days", "leapdays", "hours", "minutes", "seconds", "microseconds"),
    *("year", "month", "day", "hour", "minute", "second", "microsecond"),
)


def _relative_delta(module: Any, day: int | None, count: int | None, *fields: Any) -> Any:
    weekday = None if day is None else module.weekday(day, count)
    return module.relativedelta(weekday=weekday, **dict(zip(_DELTA, fields, strict=True)))


def _class(name: str) -> Callable[..., Any]:
    """Return a function that calls a class of a module."""
    return lambda module, *args: getattr(module, name)(*args)


_CLASSES = {
    "calendar": "Day Month",
    "http": "HTTPMethod HTTPStatus",
    "ipaddress": "IPv4Address IPv4Interface IPv4Network IPv6Address IPv6Interface IPv6Network",
    "re": "RegexFlag",
    "signal": "Signals",
    "socket": "AddressFamily SocketKind",
    "statistics": "NormalDist",
}
#: Makers that check their arguments themselves.
_CHECKING = type_aliases.MAKERS | sympy_values.MAKERS
_MAKERS: Mapping[tuple[str, str], Callable[..., Any]] = {
    ("dateutil.relativedelta", "relativedelta"): _relative_delta,
    ("pytz", "_p"): _pytz_zone,
    ("pytz", "_UTC"): lambda pytz: pytz.UTC,
    ("pytz", "FixedOffset"): lambda pytz, minutes: pytz.FixedOffset(minutes),
    ("dateutil.tz", "tzutc"): lambda tz: tz.tzutc(),
    ("dateutil.tz", "tzlocal"): lambda tz: tz.tzlocal(),
    ("dateutil.tz", "tzoffset"): lambda tz, name, seconds: tz.tzoffset(name, seconds),
    ("dateutil.tz", "tzfile"): _dateutil_zone,
    **_CHECKING,
    **{(module, name): _class(name) for module in _CLASSES for name in _CLASSES[module].split()},
}
