"""Reads tables, columns and indexes of pandas, as ``pandas_types`` writes them."""

import re
import sys
from collections.abc import Sequence
from typing import Any

from . import value_types
from .decoder import decode
from .format import Bounds
from .numpy_types import PLAIN_TYPE

#: Extension types with a mask, units of moments, indexes, and what has attributes of its own.
MASKED = frozenset(
    "boolean Int8 Int16 Int32 Int64 UInt8 UInt16 UInt32 UInt64 Float32 Float64".split()
)
UNITS = frozenset(("s", "ms", "us", "ns"))
INDEXES = "Index DatetimeIndex TimedeltaIndex CategoricalIndex".split()
WITH_ATTRIBUTES = frozenset({"DataFrame", "Series"})
#: Nesting in an item of a table; a cell that refers to itself has no end.
DEPTH_MAX = 50
POINTER_BYTES = 8

_ZONE = re.compile(r"[A-Za-z0-9_+:/-]{1,64}")
#: Also of a week in a month or a quarter of a fiscal year: ``WOM-2FRI``, ``REQ-L-DEC-SAT-4``.
FREQUENCY = re.compile(r"-?[0-9]{0,9}[A-Za-z]{1,6}(-[0-9A-Z]{1,4}){0,4}")
_LEVELS_MAX = 32


def load(data: Any) -> Any:
    """Return the table, column or index; raises ValueError if the bytes are none."""
    if type(data) is not bytes:
        raise ValueError("a table that is no bytes")
    peer: Any = None  # no item is more than a leaf
    items = decode(peer, peer, Bounds(nodes=len(data) // POINTER_BYTES), data)[0]
    try:
        return _Reader(items[1:]).table()
    except MemoryError:
        raise
    except Exception as error:  # pandas raises types of its own for invalid data
        raise ValueError(f"not a table: {type(error).__name__}") from error


class _Reader:
    """Makes a table of its items."""

    def __init__(self, items: Sequence[Any]) -> None:
        self._pandas: Any = sys.modules["pandas"]
        self._numpy: Any = sys.modules["numpy"]
        self._items = iter(items)

    def table(self) -> Any:
        """Return the table, column or index."""
        kind = self._next(str)
        if kind not in WITH_ATTRIBUTES:
            return self._index()
        attributes = self._nested_item()
        if type(attributes) is not dict:
            raise ValueError("attributes without names")
        if kind == "DataFrame":
            made = self._frame()
        else:
            name, index = self._name(), self._index()
            made = self._series(self._values(), index, name)
        made.attrs = attributes
        return made

    def _next(self, kind: type) -> Any:
        item = next(self._items, None)
        if type(item) is not kind:
            raise ValueError(f"{kind.__name__} expected")
        return item

    def _name(self) -> Any:
        if one_of(("leaf", "label"), self._next(str)) == "leaf":
            return next(self._items)
        labels = self._index()
        if len(labels) != 1:
            raise ValueError("a name of several labels")
        return labels[0]  # iteration would make it a number of Python

    def _frame(self) -> Any:
        columns, index = self._index(), self._index()
        series = {n: self._series(self._values(), index) for n in range(len(columns))}
        made = self._pandas.DataFrame(series, index=index)
        made.columns = columns
        return made

    def _series(self, values: Any, index: Any, name: Any = None) -> Any:
        return self._pandas.Series(values, index=index, dtype=values.dtype, name=name)

    def _index(self) -> Any:
        kind = self._next(str)
        if kind == "MultiIndex":
            return self._multi_index()
        name = self._name()
        if kind == "RangeIndex":
            start, stop, step = (self._next(int) for _ in range(3))
            return self._pandas.RangeIndex(start, stop, step, name=name)
        frequency = next(self._items)
        values = self._values()
        made = getattr(self._pandas, one_of(INDEXES, kind))(values, name=name)
        if frequency is not None:
            if type(frequency) is not str or not FREQUENCY.fullmatch(frequency):
                raise ValueError("a frequency that does not cross")
            made.freq = frequency
        if made.dtype != values.dtype:
            made = self._pandas.Index(values, dtype=values.dtype, name=name)
        return made

    def _multi_index(self) -> Any:
        count = self._next(int)
        if not 0 < count <= _LEVELS_MAX:
            raise ValueError("an index without levels")
        parts = [
            (self._name(), self._index(), self._numbers("<i8", self._next(bytes)))
            for _ in range(count)
        ]
        names, levels, codes = zip(*parts, strict=True)
        return self._pandas.MultiIndex(levels=levels, codes=codes, names=names)

    def _numbers(self, dtype: str, data: bytes) -> Any:
        return self._numpy.frombuffer(data, dtype).copy()

    def _values(self) -> Any:
        return getattr(self, f"_{one_of(_VALUES, self._next(str))}")()

    def _plain(self) -> Any:
        dtype = self._next(str)
        if not PLAIN_TYPE.fullmatch(dtype):
            raise ValueError("values of a type that does not cross")
        return self._numbers(dtype, self._next(bytes))

    def _objects(self) -> Any:
        count = self._next(int)
        found = [next(self._items) for _ in range(count)]
        made = self._numpy.empty(len(found), dtype=object)
        made[:] = found
        return made

    def _nested(self) -> Any:
        found = [self._nested_item() for _ in range(self._next(int))]
        made = self._numpy.empty(len(found), dtype=object)
        for at, each in enumerate(found):  # a slice would take lists apart
            made[at] = each
        return made

    def _nested_item(self, depth: int = 0) -> Any:
        kind = one_of(("leaf", "container", "compound"), self._next(str))
        if kind == "leaf":
            return next(self._items)
        if depth > DEPTH_MAX:
            raise ValueError("nested too deeply")
        code, count = self._next(int), self._next(int)
        parts = [self._nested_item(depth + 1) for _ in range(count)]
        if kind == "compound":
            return value_types.build(code, parts)
        made = value_types.RUN_TYPES[code]()
        value_types.CONTAINERS[code].fill(made, parts)
        return made

    def _texts(self) -> Any:
        return self._strings(self._numpy.nan)

    def _string(self) -> Any:
        return self._strings(self._pandas.NA)

    def _strings(self, missing: Any) -> Any:
        dtype = self._pandas.StringDtype("python", na_value=missing)
        return self._pandas.array(self._objects(), dtype=dtype)

    def _zoned(self) -> Any:
        unit, name, data = one_of(UNITS, self._next(str)), self._next(str), self._next(bytes)
        moments = self._numbers("<i8", data).view(f"M8[{unit}]")
        return (
            self._pandas.DatetimeIndex(moments).tz_localize("UTC").tz_convert(zone_name(name)).array
        )

    def _categories(self) -> Any:
        ordered, codes = self._next(bool), self._numbers("<i8", self._next(bytes))
        values = self._values()
        categories = self._pandas.Index(values, dtype=values.dtype)
        dtype = self._pandas.CategoricalDtype(categories, ordered)
        return self._pandas.Categorical.from_codes(codes, dtype=dtype)

    def _masked(self) -> Any:
        dtype = self._pandas.api.types.pandas_dtype(one_of(MASKED, self._next(str)))
        data, mask = self._numbers(dtype.numpy_dtype.str, self._next(bytes)), self._next(bytes)
        return dtype.construct_array_type()(data, self._numbers("|b1", mask))


_VALUES = frozenset("plain objects nested texts string zoned categories masked".split())


def one_of(known: Any, name: str) -> str:
    """Return a name if it is known; raises ValueError otherwise."""
    if name not in known:
        raise ValueError(f"{name!r:.40} is unknown")
    return name


def zone_name(name: Any) -> str:
    """Return the name of a time zone; raises ValueError if it is none."""
    if type(name) is not str or not _ZONE.fullmatch(name):
        raise ValueError("a time zone that does not cross")
    return name
