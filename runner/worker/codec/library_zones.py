"""Time zones of pytz and dateutil as values: by the arguments that find them in their package.

Both sides have the package, so a zone crosses by name. Nothing is made of the message but what the
package itself has: its zones, fixed offsets, and UTC.
"""

import datetime
import importlib
import re
from collections.abc import Callable, Mapping
from typing import Any

#: Bound at import: a solution or a test may patch the module's attributes.
_Zone, _Span = datetime.tzinfo, datetime.timedelta
_LONGEST_NAME = 64
_NAME = re.compile(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*")


def spec_of(zone: Any) -> tuple[Any, ...] | None:
    """Return package, function and arguments of a zone; None for any other object."""
    kind = type(zone)
    if not issubclass(kind, _Zone):
        return None
    describe = _DESCRIBE.get(str(kind.__module__).partition(".")[0])
    try:
        found = describe(zone) if describe is not None else None
        # A zone that its package does not find again stays on its side.
        is_same = found is not None and type(zone_of(*found)) is kind
    except Exception:  # the zone's methods may be anything
        return None
    return found if is_same else None


def zone_of(package: str, function: str, *args: Any) -> Any:
    """Return this side's zone; raises ValueError if the package has none such."""
    make = _MAKERS.get((package, function))
    if make is None or any(type(arg) is str and len(arg) > _LONGEST_NAME for arg in args):
        raise ValueError("an unknown kind of time zone")
    try:
        made = make(importlib.import_module(package), *args)
    except MemoryError:
        raise
    except Exception as error:  # packages raise types of their own
        raise ValueError(f"not a time zone: {type(error).__name__}") from error
    if not isinstance(made, _Zone):
        raise ValueError("no such time zone")
    return made


def _of_pytz(zone: Any) -> tuple[Any, ...]:
    function, args = zone.__reduce__()
    return "pytz", function.__name__, *args


def _of_dateutil(zone: Any) -> tuple[Any, ...] | None:
    name = type(zone).__name__
    if name == "tzoffset":
        return "dateutil.tz", name, zone._name, int(zone._offset.total_seconds())
    if name == "tzfile":
        return "dateutil.tz", name, str(zone._filename).rpartition("zoneinfo/")[2]
    return ("dateutil.tz", name) if ("dateutil.tz", name) in _MAKERS else None


_DESCRIBE: Mapping[str, Callable[[Any], tuple[Any, ...] | None]] = {
    "pytz": _of_pytz,
    "dateutil": _of_dateutil,
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


_MAKERS: Mapping[tuple[str, str], Callable[..., Any]] = {
    ("pytz", "_p"): _pytz_zone,
    ("pytz", "_UTC"): lambda pytz: pytz.UTC,
    ("pytz", "FixedOffset"): lambda pytz, minutes: pytz.FixedOffset(minutes),
    ("dateutil.tz", "tzutc"): lambda tz: tz.tzutc(),
    ("dateutil.tz", "tzlocal"): lambda tz: tz.tzlocal(),
    ("dateutil.tz", "tzoffset"): lambda tz, name, seconds: tz.tzoffset(name, seconds),
    ("dateutil.tz", "tzfile"): _dateutil_zone,
}
