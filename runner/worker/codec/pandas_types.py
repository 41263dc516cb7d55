"""Tables, columns and indexes of pandas as values, where an image has preloaded it.

Each crosses as a list of texts, numbers and bytes, in one piece: what it is, its names, its types,
its content. Nothing is unpickled. What holds other objects than texts and numbers stays on its
side, and so does an instance of a subclass.
"""

import re
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from . import value_types
from .decoder import decode
from .format import HEAD, LEAVES, U32, Bounds
from .leaves import WRITERS
from .numpy_types import PLAIN_TYPE
from .runs import FORM_BITS, TAGGED

_MASKED = frozenset(
    "boolean Int8 Int16 Int32 Int64 UInt8 UInt16 UInt32 UInt64 Float32 Float64".split()
)
_UNITS = frozenset(("s", "ms", "us", "ns"))
_ZONE = re.compile(r"[A-Za-z0-9_+:/-]{1,64}")
_FREQUENCY = re.compile(r"-?[0-9]{0,9}[A-Za-z]{1,6}(-[A-Z]{3})?")
_LEVELS_MAX = 32
_POINTER_BYTES = 8
_INDEXES = "Index DatetimeIndex TimedeltaIndex CategoricalIndex".split()


class _StaysError(ValueError):
    """An object has something in it that does not cross."""


def install() -> None:
    """Let what pandas makes cross from here on, if pandas is loaded."""
    pandas: Any = sys.modules.get("pandas")
    if pandas is None:
        return
    for kind in (pandas.DataFrame, pandas.Series):
        value_types.add_container(
            value_types.Container(kind, _content, _fill, _nothing, kind, _crosses)
        )
    for name in (*_INDEXES, "RangeIndex", "MultiIndex"):
        kind = getattr(pandas, name)
        value_types.add_container(
            value_types.Container(kind, _no_content, _ignore, _as_traits, _load, _crosses)
        )
    for kind, parts, build, accepts in _scalars(pandas):
        value_types.add_compound(value_types.Compound(kind, parts, build, accepts))


def _scalars(pandas: Any) -> Iterator[tuple[Any, Any, Any, tuple[Any, ...]]]:
    def moment(value: int, unit: str, zone: str | None) -> Any:
        made = pandas.Timestamp(value, unit=unit).as_unit(_one_of(_UNITS, unit))
        return made if zone is None else made.tz_localize("UTC").tz_convert(_zone(zone))

    def span(value: int, unit: str) -> Any:
        return pandas.Timedelta(value, unit=unit).as_unit(_one_of(_UNITS, unit))

    yield (
        pandas.Timestamp,
        lambda obj: (obj._value, obj.unit, None if obj.tz is None else str(obj.tz)),
        moment,
        (int, str, None),
    )
    yield pandas.Timedelta, lambda obj: (obj._value, obj.unit), span, (int, str)
    for single in (pandas.NaT, pandas.NA):
        yield type(single), lambda _: (0,), lambda _, single=single: single, (int,)


def _nothing(_: Any) -> tuple[Any, ...]:
    return ()


def _no_content(_: Any) -> list[Any]:
    return []


def _ignore(_: Any, content: list[Any]) -> None:
    if content:
        raise ValueError("an index does not change")


def _crosses(obj: Any) -> bool:
    try:
        _dump(obj)
    except _StaysError:
        return False
    return True


def _content(obj: Any) -> list[Any]:
    # It has crossed before; an item that does not cross may have been added since.
    return [_dump(obj, exact=False)]


def _as_traits(obj: Any) -> tuple[Any, ...]:
    return (_dump(obj),)


def _fill(obj: Any, content: list[Any]) -> None:
    (data,) = content
    new = _load(data)
    if type(new) is not type(obj):
        raise ValueError("a table of another kind")
    obj._mgr = new._mgr
    if type(new).__name__ == "Series":
        obj.name = new.name


def _dump(obj: Any, *, exact: bool = True) -> bytes:
    """Return a table as bytes.

    Args:
        obj: The table, column or index.
        exact: Whether an item that does not cross is an error; if not, a text replaces it.

    Raises:
        _StaysError: Something in it does not cross.
    """
    items: list[Any] = []
    kind = type(obj).__name__
    items.append(kind)
    if kind == "DataFrame":
        _put_index(items, obj.columns, exact=exact)
        _put_index(items, obj.index, exact=exact)
        for position in range(obj.shape[1]):
            _put_values(items, obj.iloc[:, position].array, exact=exact)
    elif kind == "Series":
        _put_name(items, obj.name, exact=exact)
        _put_index(items, obj.index, exact=exact)
        _put_values(items, obj.array, exact=exact)
    else:
        _put_index(items, obj, exact=exact)
    data = bytearray()
    for item in items:
        WRITERS[type(item)](data, item)
    # The reader needs a pointer for each item, and the message must be as large as that.
    filling = bytearray()
    WRITERS[bytes](filling, bytes(max(0, _POINTER_BYTES * len(items) - len(data))))
    head = HEAD.pack(0, 0) + U32.pack(len(items) + 1 << FORM_BITS | TAGGED)
    return head + bytes(filling + data)


def _put_index(items: list[Any], index: Any, *, exact: bool) -> None:
    kind = type(index).__name__
    if kind == "MultiIndex":
        items += (kind, index.nlevels)
        for name, level, codes in zip(index.names, index.levels, index.codes, strict=True):
            _put_name(items, name, exact=exact)
            _put_index(items, level, exact=exact)
            items.append(codes.astype("int64").tobytes())
        return
    items.append(kind if kind == "RangeIndex" or kind in _INDEXES else "Index")
    _put_name(items, index.name, exact=exact)
    if kind == "RangeIndex":
        items += (index.start, index.stop, index.step)
    elif kind in _INDEXES:
        items.append(getattr(index, "freqstr", None))
        _put_values(items, index.array, exact=exact)
    else:
        items.append(None)
        _put_objects(items, "objects", [*index], exact=exact)


def _put_name(items: list[Any], name: Any, *, exact: bool) -> None:
    """Put the name of a column or an index, which may be a label of another index: a row's is."""
    label = None if type(name) in LEAVES else _index_of(name)
    if label is None:
        items += ("leaf", _leaf(name, exact=exact))
    else:
        items.append("label")
        _put_index(items, label, exact=exact)


def _index_of(name: Any) -> Any:
    """Return an index with this label alone; None if that is no label of exact types."""
    pandas: Any = sys.modules["pandas"]
    parts = name if type(name) is tuple else (name,)
    if not parts or not all(map(_is_scalar, parts)):
        return None
    label = pandas.Index([name]) if parts is not name else pandas.MultiIndex.from_tuples([name])
    return label if type(label[0]) is type(name) and label[0] == name else None


def _is_scalar(obj: Any) -> bool:
    pandas: Any = sys.modules["pandas"]
    kind = type(obj)
    return kind in LEAVES or kind in (pandas.Timestamp, pandas.Timedelta) or _is_of_numpy(kind)


def _is_of_numpy(kind: type) -> bool:
    numpy: Any = sys.modules["numpy"]
    return kind.__module__ == "numpy" and getattr(numpy, kind.__name__, None) is kind


def _put_values(items: list[Any], values: Any, *, exact: bool) -> None:
    dtype = values.dtype
    kind = type(dtype).__name__
    if kind == "NumpyEADtype":
        dtype = dtype.numpy_dtype
    is_plain = isinstance(dtype, sys.modules["numpy"].dtype)
    if is_plain and PLAIN_TYPE.fullmatch(dtype.str):
        items += ("plain", dtype.str, values.to_numpy(dtype).tobytes())
    elif kind == "StringDtype" and dtype.storage == "python":
        missing = values.isna()
        texts = [None if gone else text for text, gone in zip(values, missing, strict=True)]
        kind = "texts" if dtype.na_value != dtype.na_value else "string"
        _put_objects(items, kind, texts, exact=exact)
    elif kind == "DatetimeTZDtype":
        items += ("zoned", dtype.unit, str(dtype.tz), values.asi8.tobytes())
    elif kind == "CategoricalDtype":
        items += ("categories", bool(dtype.ordered), values.codes.astype("int64").tobytes())
        _put_values(items, dtype.categories.array, exact=exact)
    elif dtype.name in _MASKED:
        items += ("masked", dtype.name, values._data.tobytes(), values._mask.tobytes())
    else:
        is_object = is_plain and dtype.kind == "O"
        objects = values.to_numpy().tolist() if is_object else [*values]
        # If the type of the values does not cross, they stay, even if each could be a leaf.
        _put_objects(items, "objects", objects, exact=exact, cross=is_object)


def _put_objects(
    items: list[Any], kind: str, objects: list[Any], *, exact: bool, cross: bool = True
) -> None:
    if exact and not (cross and LEAVES.issuperset(map(type, objects))):
        raise _StaysError
    items += (kind, len(objects), *(_leaf(each, exact=False) for each in objects))


def _leaf(obj: Any, *, exact: bool) -> Any:
    if type(obj) in LEAVES:
        return obj
    if exact:
        raise _StaysError
    return f"<{type(obj).__name__} object, which does not cross>"


def _load(data: Any) -> Any:
    if type(data) is not bytes:
        raise ValueError("a table that is no bytes")
    peer: Any = None  # no item is more than a leaf
    items = decode(peer, peer, Bounds(nodes=len(data) // _POINTER_BYTES), data)[0]
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
        if kind == "DataFrame":
            return self._frame()
        if kind == "Series":
            name, index = self._name(), self._index()
            return self._series(self._values(), index, name)
        return self._index()

    def _next(self, kind: type) -> Any:
        item = next(self._items, None)
        if type(item) is not kind:
            raise ValueError(f"{kind.__name__} expected")
        return item

    def _name(self) -> Any:
        if _one_of(("leaf", "label"), self._next(str)) == "leaf":
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
        made = getattr(self._pandas, _one_of(_INDEXES, kind))(values, name=name)
        if frequency is not None:
            if type(frequency) is not str or not _FREQUENCY.fullmatch(frequency):
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
        return getattr(self, f"_{_one_of(_VALUES, self._next(str))}")()

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

    def _texts(self) -> Any:
        return self._strings(self._numpy.nan)

    def _string(self) -> Any:
        return self._strings(self._pandas.NA)

    def _strings(self, missing: Any) -> Any:
        dtype = self._pandas.StringDtype("python", na_value=missing)
        return self._pandas.array(self._objects(), dtype=dtype)

    def _zoned(self) -> Any:
        unit, zone, data = _one_of(_UNITS, self._next(str)), self._next(str), self._next(bytes)
        moments = self._numbers("<i8", data).view(f"M8[{unit}]")
        return self._pandas.DatetimeIndex(moments).tz_localize("UTC").tz_convert(_zone(zone)).array

    def _categories(self) -> Any:
        ordered, codes = self._next(bool), self._numbers("<i8", self._next(bytes))
        values = self._values()
        categories = self._pandas.Index(values, dtype=values.dtype)
        dtype = self._pandas.CategoricalDtype(categories, ordered)
        return self._pandas.Categorical.from_codes(codes, dtype=dtype)

    def _masked(self) -> Any:
        dtype = self._pandas.api.types.pandas_dtype(_one_of(_MASKED, self._next(str)))
        data, mask = self._numbers(dtype.numpy_dtype.str, self._next(bytes)), self._next(bytes)
        return dtype.construct_array_type()(data, self._numbers("|b1", mask))


_VALUES = frozenset("plain objects texts string zoned categories masked".split())


def _one_of(known: Any, name: str) -> str:
    if name not in known:
        raise ValueError(f"{name!r:.40} is unknown")
    return name


def _zone(name: Any) -> str:
    if type(name) is not str or not _ZONE.fullmatch(name):
        raise ValueError("a time zone that does not cross")
    return name
