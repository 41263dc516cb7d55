"""Tables of the types that cross between judge and subject by value.

Three families: *leaves* have no identity that matters, *containers* are mutable and keep identity,
aliasing and later changes, *compounds* are immutable and built from parts. Whatever is in none of
them, and derives from none of them, stays where it is and is represented by a handle.
"""

import argparse
import array
import collections
import contextlib
import datetime
import decimal
import fractions
import pathlib
import re
import types
import uuid
import zoneinfo
from collections.abc import Callable
from typing import Any, NamedTuple

from . import library_values
from .local_path import LocalPath


class Container(NamedTuple):
    """How to take a mutable type apart and fill a new or existing instance.

    ``parts`` gives a flat list of children, ``make`` an empty instance from its ``traits`` (the
    constructor arguments that cannot be changed later), ``fill`` replaces the content; what
    ``crosses`` refuses is represented by a handle.
    All of them use the base type's own methods: an override is never consulted.
    """

    type: type
    parts: Callable[[Any], list[Any]]
    fill: Callable[[Any, list[Any]], None]
    traits: Callable[[Any], tuple[Any, ...]]
    make: Callable[..., Any]
    crosses: Callable[[Any], bool] = lambda _: True


def no_traits(_: Any) -> tuple[Any, ...]:
    """Return nothing: all of such a container can be changed later."""
    return ()


def _pairs(parts: list[Any]) -> zip:  # type: ignore[type-arg]
    if len(parts) % 2:
        raise ValueError("odd number of keys and values")
    items = iter(parts)
    return zip(items, items, strict=True)


def _reader(base: Any, name: str) -> Callable[[Any], tuple[Any, ...]]:
    """Return a function that reads an attribute past any override of a subclass."""
    descriptor = vars(base)[name]
    return lambda obj: (descriptor.__get__(obj),)


def _mapping(base: Any) -> Container:
    items, clear, put = base.items, base.clear, base.__setitem__

    def parts(obj: Any) -> list[Any]:
        return [part for pair in items(obj) for part in pair]

    def fill(obj: Any, flat: list[Any]) -> None:
        clear(obj)
        for key, value in _pairs(flat):
            put(obj, key, value)

    return Container(base, parts, fill, no_traits, base)


_DICT = _mapping(dict)


def _fill_list(obj: Any, parts: list[Any]) -> None:
    list.__setitem__(obj, slice(None), parts)


def _fill_set(obj: Any, parts: list[Any]) -> None:
    set.clear(obj)
    set.update(obj, parts)


def _fill_deque(obj: Any, parts: list[Any]) -> None:
    collections.deque.clear(obj)
    collections.deque.extend(obj, parts)


def _fill_bytearray(obj: Any, parts: list[Any]) -> None:
    (content,) = parts
    bytearray.__setitem__(obj, slice(None), _exact(content, bytes))


def _fill_array(obj: Any, parts: list[Any]) -> None:
    (content,) = parts
    array.array.__delitem__(obj, slice(None))
    array.array.frombytes(obj, _exact(content, bytes))


def _exact(value: Any, wanted: type) -> Any:
    if type(value) is not wanted:
        raise ValueError(f"{wanted.__name__} expected")
    return value


def _make_array(typecode: Any) -> Any:
    return array.array(_exact(typecode, str))


def _make_deque(maxlen: Any) -> Any:
    return collections.deque(maxlen=None if maxlen is None else _exact(maxlen, int))


_factory_of: Any = vars(collections.defaultdict)["default_factory"]


def _defaultdict_parts(obj: Any) -> list[Any]:
    return [_factory_of.__get__(obj), *_DICT.parts(obj)]


def _fill_defaultdict(obj: Any, parts: list[Any]) -> None:
    factory, *flat = parts
    _DICT.fill(obj, flat)
    _factory_of.__set__(obj, factory)


def _namespace_parts(obj: Any) -> list[Any]:
    return [part for pair in vars(obj).items() for part in pair]


def _fill_namespace(obj: Any, flat: list[Any]) -> None:
    vars(obj).clear()
    for name, value in _pairs(flat):
        vars(obj)[_exact(name, str)] = value


#: The position in this list is the code on the wire.
CONTAINERS: list[Container] = [
    Container(list, lambda obj: [*list.__iter__(obj)], _fill_list, no_traits, list),
    _DICT,
    Container(set, lambda obj: [*set.__iter__(obj)], _fill_set, no_traits, set),
    Container(
        bytearray,
        lambda obj: [bytes(bytearray.__getitem__(obj, slice(None)))],
        _fill_bytearray,
        no_traits,
        bytearray,
    ),
    Container(
        collections.deque,
        lambda obj: [*collections.deque.__iter__(obj)],
        _fill_deque,
        _reader(collections.deque, "maxlen"),
        _make_deque,
    ),
    _mapping(collections.OrderedDict),
    _mapping(collections.Counter),
    Container(
        collections.defaultdict,
        _defaultdict_parts,
        _fill_defaultdict,
        no_traits,
        collections.defaultdict,
    ),
]

CONTAINER_CODES: dict[type, int] = {entry.type: n for n, entry in enumerate(CONTAINERS)}


class Compound(NamedTuple):
    """How to take an immutable type apart and build it again.

    ``accepts`` lists the exact types of the parts; None stands for anything, and a last entry of
    ``...`` repeats the one before it.
    """

    type: type
    parts: Callable[[Any], tuple[Any, ...]]
    build: Callable[..., Any]
    accepts: tuple[Any, ...]


def _decimal_of(text: str) -> decimal.Decimal:
    with decimal.localcontext() as context:
        context.traps[decimal.InvalidOperation] = True
        return decimal.Decimal(text)


# Bound at import: a test may patch the module's attributes (``patch("datetime.datetime")``).
_Time, _DateTime = datetime.time, datetime.datetime
_TimeZone, _TimeZoneBase = datetime.timezone, datetime.tzinfo
_compile, _PatternError = re.compile, re.error


def _time_of(*parts: Any) -> datetime.time:
    *fields, zone, fold = parts
    return _in_zone(_Time(*fields), zone, fold)  # type: ignore[no-any-return]


def _datetime_of(*parts: Any) -> datetime.datetime:
    *fields, zone, fold = parts
    return _in_zone(_DateTime(*fields), zone, fold)  # type: ignore[no-any-return]


def _in_zone(moment: Any, zone: Any, fold: int) -> Any:
    """Return a moment in a zone; one of the other side says its offset now, and sticks to it."""
    if zone is not None and not issubclass(type(zone), _TimeZoneBase):
        raise ValueError("not a time zone")
    moment = moment.replace(tzinfo=zone, fold=fold)
    if zone is not None and compound_code(zone) is None:
        with contextlib.suppress(Exception):  # a method of the other side may raise anything
            moment.utcoffset()
    return moment


def _library_parts(obj: Any) -> tuple[Any, ...]:
    return library_values.spec_of(obj) or ()


def _pattern_of(pattern: Any, flags: int) -> Any:
    if type(pattern) not in (str, bytes) or flags & re.DEBUG:
        raise ValueError("not a pattern")
    try:
        return _compile(pattern, flags)
    except (_PatternError, Warning) as error:  # a test may turn warnings into errors
        raise ValueError("not a pattern") from error


def _timezone_of(offset: datetime.timedelta, name: str | None) -> datetime.timezone:
    return _TimeZone(offset) if name is None else _TimeZone(offset, name)


def _timezone_parts(obj: datetime.timezone) -> tuple[Any, ...]:
    return obj.__getinitargs__() if len(obj.__getinitargs__()) == 2 else (obj.utcoffset(None), None)  # type: ignore[attr-defined]


_DATETIME = ("year", "month", "day", "hour", "minute", "second", "microsecond", "tzinfo", "fold")
_TIME = _DATETIME[3:]


def _fields(base: type, names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    getters = [getattr(base, name).__get__ for name in names]
    return lambda obj: tuple(get(obj) for get in getters)


_INT = int
_ANY = None

#: The position in this list is the code on the wire.
COMPOUNDS: list[Compound] = [
    Compound(tuple, lambda obj: (*tuple.__iter__(obj),), lambda *parts: parts, (_ANY, ...)),
    Compound(
        frozenset,
        lambda obj: (*frozenset.__iter__(obj),),
        lambda *each: frozenset(each),
        (_ANY, ...),
    ),
    Compound(range, lambda obj: (obj.start, obj.stop, obj.step), range, (_INT,) * 3),
    Compound(slice, lambda obj: (obj.start, obj.stop, obj.step), slice, (_ANY,) * 3),
    Compound(decimal.Decimal, lambda obj: (decimal.Decimal.__str__(obj),), _decimal_of, (str,)),
    Compound(
        fractions.Fraction,
        lambda obj: (obj._numerator, obj._denominator),
        fractions.Fraction,
        (_INT, _INT),
    ),
    Compound(
        datetime.timedelta,
        _fields(datetime.timedelta, ("days", "seconds", "microseconds")),
        datetime.timedelta,
        (_INT,) * 3,
    ),
    Compound(datetime.date, _fields(datetime.date, _DATETIME[:3]), datetime.date, (_INT,) * 3),
    Compound(datetime.time, _fields(datetime.time, _TIME), _time_of, (*(_INT,) * 4, _ANY, _INT)),
    Compound(
        datetime.datetime,
        _fields(datetime.datetime, _DATETIME),
        _datetime_of,
        (*(_INT,) * 7, _ANY, _INT),
    ),
    Compound(datetime.timezone, _timezone_parts, _timezone_of, (datetime.timedelta, _ANY)),
    Compound(zoneinfo.ZoneInfo, lambda obj: (obj.key,), zoneinfo.ZoneInfo, (str,)),
    Compound(memoryview, lambda obj: (obj.tobytes(),), memoryview, (bytes,)),
    Compound(pathlib.PurePosixPath, lambda obj: (str(obj),), pathlib.PurePosixPath, (str,)),
    Compound(pathlib.PosixPath, lambda obj: (str(obj),), pathlib.PosixPath, (str,)),
    Compound(uuid.UUID, lambda obj: (obj.int,), lambda number: uuid.UUID(int=number), (_INT,)),
    Compound(
        type({}.keys()), lambda obj: (*obj,), lambda *keys: dict.fromkeys(keys).keys(), (_ANY, ...)
    ),
    Compound(
        type({}.values()),
        lambda obj: (*obj,),
        lambda *values: dict(enumerate(values)).values(),
        (_ANY, ...),
    ),
    Compound(
        types.MappingProxyType,
        lambda obj: tuple(part for key in obj for part in (key, obj[key])),
        lambda *flat: types.MappingProxyType(dict(_pairs([*flat]))),
        (_ANY, ...),
    ),
    Compound(
        type({}.items()), lambda obj: (*obj,), lambda *items: dict(items).items(), (tuple, ...)
    ),
    Compound(re.Pattern, lambda obj: (obj.pattern, obj.flags), _pattern_of, (_ANY, _INT)),
    Compound(object, _library_parts, library_values.made_of, (_ANY, ...)),
    Compound(LocalPath, lambda obj: (str(obj),), LocalPath.of_text, (str,)),
]

COMPOUND_CODES: dict[type, int] = {entry.type: n for n, entry in enumerate(COMPOUNDS)}
#: Of any type: not every value of a library's type crosses.
_OF_LIBRARY = COMPOUND_CODES.pop(object)


def compound_code(obj: Any) -> int | None:
    """Return the code of an immutable object that crosses by its parts, None for any other."""
    kind = type(obj)
    code = COMPOUND_CODES.get(kind)
    if code is None and kind not in CONTAINER_CODES and library_values.spec_of(obj):
        return _OF_LIBRARY
    return code


#: Containers without traits and without hidden content.
RUN_CODES: dict[type, int] = {each: CONTAINER_CODES[each] for each in (list, dict, set)}
RUN_TYPES: dict[int, type] = {code: each for each, code in RUN_CODES.items()}

#: Codes of the builtin containers.
BUILTIN_CONTAINERS = frozenset(CONTAINER_CODES[each] for each in (list, dict, set, bytearray))
BUILTIN_COMPOUNDS = frozenset(COMPOUND_CODES[each] for each in (tuple, frozenset, range, slice))

#: Immutable builtins whose subclasses (namedtuple, IntEnum, ``class MyInt(int)``) cross as a value
#: of the base type; the function reads that value past any override.
SCALARS: dict[type, Callable[[Any], Any]] = {
    int: lambda obj: int.__add__(obj, 0),
    float: float.__float__,
    complex: complex.__pos__,
    str: str.__str__,
    bytes: lambda obj: bytes.__getitem__(obj, slice(None)),
}

_BASES = frozenset((*CONTAINER_CODES, *COMPOUND_CODES, *SCALARS))


def base_of(cls: type) -> type | None:
    """Return the by-value type that a class derives from, the nearest one first."""
    return next((base for base in cls.__mro__ if base in _BASES), None)


def build(code: int, parts: list[Any]) -> Any:
    """Build an immutable object of received parts; raises ValueError for parts of other types."""
    entry = COMPOUNDS[code]
    accepts = entry.accepts
    wanted = accepts[:1] * len(parts) if accepts[-1] is ... else accepts
    if len(wanted) != len(parts):
        raise ValueError("wrong number of parts")
    if any(w is not None and type(p) is not w for w, p in zip(wanted, parts, strict=True)):
        raise ValueError("part of the wrong type")
    return entry.build(*parts)


def add_container(entry: Container) -> None:
    """Let another mutable type cross, without its subclasses; call this on both sides."""
    CONTAINER_CODES[entry.type] = len(CONTAINERS)
    CONTAINERS.append(entry)


def add_compound(entry: Compound) -> None:
    """Let another immutable type cross."""
    COMPOUND_CODES[entry.type] = len(COMPOUNDS)
    COMPOUNDS.append(entry)


# Both without their subclasses: a proxy of an array would need its type code, and the content of a
# namespace are its attributes, where a proxy keeps what it stands for.
add_container(
    Container(
        array.array,
        lambda obj: [array.array.tobytes(obj)],
        _fill_array,
        _reader(array.array, "typecode"),
        _make_array,
    )
)
NAMESPACES = (types.SimpleNamespace, argparse.Namespace)
for each in NAMESPACES:
    add_container(Container(each, _namespace_parts, _fill_namespace, no_traits, each))
