"""Objects that exist on both sides and cross by name: builtin types, exceptions, functions.

The judge resolves a name only from this table. The subject resolves every name that the judge
sends, since both have the same standard library.
"""

import abc
import array
import asyncio
import binascii
import builtins
import collections
import collections.abc
import contextlib
import dataclasses
import datetime
import decimal
import fractions
import inspect
import json
import math
import numbers
import operator
import queue
import re
import statistics
import struct
import sys
import types
import typing
import uuid
import zlib
import zoneinfo
from collections.abc import Iterable
from typing import Any

_TYPES = {
    f"builtins:{name}": item
    for name, item in vars(builtins).items()
    if isinstance(item, type) and item.__name__ == name
}

_OTHERS: dict[str, Any] = {
    "builtins:Ellipsis": Ellipsis,
    "builtins:NotImplemented": NotImplemented,
    "abc:ABC": abc.ABC,
    "array:array": array.array,
    "asyncio:CancelledError": asyncio.CancelledError,
    "asyncio.coroutines:_is_coroutine": asyncio.coroutines._is_coroutine,  # type: ignore[attr-defined]
    "asyncio:QueueEmpty": asyncio.QueueEmpty,
    "asyncio:QueueFull": asyncio.QueueFull,
    "collections:Counter": collections.Counter,
    "collections:OrderedDict": collections.OrderedDict,
    "collections:defaultdict": collections.defaultdict,
    "collections:deque": collections.deque,
    "dataclasses:MISSING": dataclasses.MISSING,
    "dataclasses:_FIELD": dataclasses._FIELD,  # type: ignore[attr-defined]
    "dataclasses:_FIELD_CLASSVAR": dataclasses._FIELD_CLASSVAR,  # type: ignore[attr-defined]
    "dataclasses:_FIELD_INITVAR": dataclasses._FIELD_INITVAR,  # type: ignore[attr-defined]
    "datetime:date": datetime.date,
    "datetime:datetime": datetime.datetime,
    "datetime:time": datetime.time,
    "datetime:timedelta": datetime.timedelta,
    "datetime:timezone": datetime.timezone,
    "datetime:tzinfo": datetime.tzinfo,
    "decimal:Decimal": decimal.Decimal,
    "fractions:Fraction": fractions.Fraction,
    "inspect:_empty": inspect._empty,
    "types:NoneType": types.NoneType,
    "typing:Any": typing.Any,
    "types:SimpleNamespace": types.SimpleNamespace,
    "uuid:UUID": uuid.UUID,
    "zoneinfo:ZoneInfo": zoneinfo.ZoneInfo,
}
_OTHERS |= {
    f"{module.__name__}:{name}": item
    for module in (collections.abc, contextlib, numbers)
    for name, item in vars(module).items()
    if isinstance(item, abc.ABCMeta) and item.__name__ == name
}
_OTHERS |= {
    f"{module.__name__}:{name}": item
    for module in (binascii, dataclasses, decimal, json, queue, re, statistics, struct, zlib)
    for name, item in vars(module).items()
    if isinstance(item, type) and issubclass(item, Exception) and item.__name__ == name
}

#: Functions whose answer depends on their arguments alone. They evaluate no text, read no
#: attribute by its name and change nothing, so the judge may call one that the solution has named.
_FUNCTIONS = {
    f"{module.__name__}:{name}": getattr(module, name)
    for module, names in (
        (builtins, "abs all any ascii bin callable chr divmod format hash hex id len max min oct"),
        (builtins, "ord pow print repr round sorted sum"),
        (operator, "abs add and_ concat contains countOf eq floordiv ge getitem gt index indexOf"),
        (operator, "invert is_ is_not le lshift lt matmul mod mul ne neg not_ or_ pos pow rshift"),
        (operator, "sub truediv truth xor"),
        (math, " ".join(name for name, item in vars(math).items() if callable(item))),
    )
    for name in names.split()
    if not name.startswith("_")
}

_OBJECTS: dict[str, Any] = _TYPES | _OTHERS | _FUNCTIONS
_NAMES: dict[int, str] = {id(item): name for name, item in _OBJECTS.items()}


def name_of(obj: Any) -> str | None:
    """Return the common name of an object of the table, None for any other."""
    return _NAMES.get(id(obj))


def object_of(name: str) -> Any:
    """Return the object of a common name; raises KeyError for any other name."""
    return _OBJECTS[name]


#: Top-level modules of the packages that both sides have.
_of_packages: set[str] = set()


def add_packages(modules: Iterable[str]) -> None:
    """Let the objects of these top-level modules cross by name."""
    _of_packages.update(modules)


def is_of_package(module: str) -> bool:
    """Return True if a module, given by its name, belongs to the packages."""
    return module.partition(".")[0] in _of_packages


def library_name_of(obj: Any) -> str | None:
    """Return ``module:path`` of a module, function or class of a library that both sides have."""
    if isinstance(obj, types.ModuleType):
        return f"{obj.__name__}:" if _is_library(obj.__name__) else None
    if not issubclass(type(obj), type | types.FunctionType | types.BuiltinFunctionType):
        return None  # also for a mock that claims to be a function, and would note each question
    module, path = obj.__module__, obj.__qualname__
    if type(module) is not str or not _is_library(module) or "<" in path:
        return None
    return f"{module}:{path}" if found_at(sys.modules.get(module), path) is obj else None


def found_at(module: Any, path: str) -> Any:
    """Return what a module has at a dotted path, None if it has nothing there."""
    found = module
    for part in path.split("."):
        found = getattr(found, part, None)
    return found


def _is_library(module: str) -> bool:
    return module.partition(".")[0] in sys.stdlib_module_names or is_of_package(module)
