"""Tables, columns and indexes of pandas as values, where an image has preloaded it.

Each crosses as a list of texts, numbers and bytes, in one piece: what it is, its names, its types,
its content. Nothing is unpickled. What holds objects that do not cross themselves stays on its
side, and so does an instance of a subclass. A list or dict in a cell crosses as a copy.
"""

import sys
from collections.abc import Iterator, Sequence
from typing import Any

from . import value_types
from .format import HEAD, LEAVES, U32
from .leaves import WRITERS
from .numpy_types import PLAIN_TYPE
from .pandas_reader import (
    DEPTH_MAX,
    FREQUENCY,
    INDEXES,
    MASKED,
    POINTER_BYTES,
    UNITS,
    WITH_ATTRIBUTES,
    load,
    one_of,
    zone_name,
)
from .runs import FORM_BITS, TAGGED


class _StaysError(ValueError):
    """An object has something in it that does not cross."""


def install() -> None:
    """Let what pandas makes cross from here on, if pandas is loaded."""
    pandas: Any = sys.modules.get("pandas")
    if pandas is None:
        return
    for kind in (pandas.DataFrame, pandas.Series):
        value_types.add_container(
            value_types.Container(kind, _content, _fill, value_types.no_traits, kind, _crosses)
        )
    for name in (*INDEXES, "RangeIndex", "MultiIndex"):
        kind = getattr(pandas, name)
        value_types.add_container(
            value_types.Container(kind, _no_content, _ignore, _as_traits, load, _crosses)
        )
    for kind, parts, build, accepts in _scalars(pandas):
        value_types.add_compound(value_types.Compound(kind, parts, build, accepts))


def _scalars(pandas: Any) -> Iterator[tuple[Any, Any, Any, tuple[Any, ...]]]:
    def moment(value: int, unit: str, zone: str | None) -> Any:
        made = pandas.Timestamp(value, unit=unit).as_unit(one_of(UNITS, unit))
        return made if zone is None else made.tz_localize("UTC").tz_convert(zone_name(zone))

    def span(value: int, unit: str) -> Any:
        return pandas.Timedelta(value, unit=unit).as_unit(one_of(UNITS, unit))

    yield (
        pandas.Timestamp,
        lambda obj: (obj._value, obj.unit, None if obj.tz is None else str(obj.tz)),
        moment,
        (int, str, None),
    )
    yield pandas.Timedelta, lambda obj: (obj._value, obj.unit), span, (int, str)

    def texts(storage: str, is_nan: bool) -> Any:  # noqa: FBT001 - a part, not a switch
        missing = sys.modules["numpy"].nan if is_nan else pandas.NA
        return pandas.StringDtype(one_of(("python",), storage), na_value=missing)

    def zoned(unit: str, zone: str) -> Any:
        return pandas.DatetimeTZDtype(one_of(UNITS, unit), zone_name(zone))

    yield (
        pandas.StringDtype,
        lambda obj: (obj.storage, obj.na_value != obj.na_value),
        texts,
        (str, bool),
    )
    yield pandas.DatetimeTZDtype, lambda obj: (obj.unit, str(obj.tz)), zoned, (str, str)
    for name in sorted(MASKED):
        dtype = pandas.api.types.pandas_dtype(name)
        yield type(dtype), lambda _: (0,), lambda _, dtype=dtype: dtype, (int,)
    for single in (pandas.NaT, pandas.NA):
        yield type(single), lambda _: (0,), lambda _, single=single: single, (int,)


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
    new = load(data)
    if type(new) is not type(obj):
        raise ValueError("a table of another kind")
    obj._mgr = new._mgr
    obj.attrs = new.attrs
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
    if kind in WITH_ATTRIBUTES:
        _put_nested(items, obj.attrs, exact=exact)
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
    WRITERS[bytes](filling, bytes(max(0, POINTER_BYTES * len(items) - len(data))))
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
    items.append(kind if kind == "RangeIndex" or kind in INDEXES else "Index")
    _put_name(items, index.name, exact=exact)
    if kind == "RangeIndex":
        items += (index.start, index.stop, index.step)
    elif kind in INDEXES:
        items.append(_frequency(index, exact=exact))
        _put_values(items, index.array, exact=exact)
    else:
        items.append(None)
        _put_objects(items, "objects", [*index], exact=exact)


def _frequency(index: Any, *, exact: bool) -> str | None:
    """Return the frequency of an index as text, if the text makes the same one."""
    text = getattr(index, "freqstr", None)
    if text is None or (FREQUENCY.fullmatch(text) and _offset(text) == index.freq):
        return text
    if exact:
        raise _StaysError
    return None


def _offset(text: str) -> Any:
    pandas: Any = sys.modules["pandas"]
    try:
        return pandas.tseries.frequencies.to_offset(text)
    except ValueError:
        return None


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
    elif dtype.name in MASKED:
        items += ("masked", dtype.name, values._data.tobytes(), values._mask.tobytes())
    else:
        is_object = is_plain and dtype.kind == "O"
        objects = values.to_numpy().tolist() if is_object else [*values]
        # If the type of the values does not cross, they stay, even if each could be a leaf.
        _put_objects(items, "objects", objects, exact=exact, cross=is_object)


def _put_objects(
    items: list[Any], kind: str, objects: list[Any], *, exact: bool, cross: bool = True
) -> None:
    if exact and not cross:
        raise _StaysError
    if cross and not LEAVES.issuperset(map(type, objects)):
        items += ("nested", len(objects))
        for each in objects:
            _put_nested(items, each, exact=exact)
        return
    items += (kind, len(objects), *(_leaf(each, exact=False) for each in objects))


def _put_nested(items: list[Any], obj: Any, *, exact: bool, depth: int = 0) -> None:
    """Put a leaf, or a list, dict, tuple, date and the like with all of its parts."""
    form = None if depth > DEPTH_MAX or type(obj) in LEAVES else _nested_form(obj)
    if form is None:
        items += ("leaf", _leaf(obj, exact=exact))
        return
    name, code, parts = form
    items += (name, code, len(parts))
    for part in parts:
        _put_nested(items, part, exact=exact, depth=depth + 1)


def _nested_form(obj: Any) -> tuple[str, int, Sequence[Any]] | None:
    """Return how an object crosses by its parts: name, code and parts; None if it does not."""
    if (code := value_types.RUN_CODES.get(type(obj))) is not None:
        return "container", code, value_types.CONTAINERS[code].parts(obj)
    if (code := value_types.compound_code(obj)) is not None:
        return "compound", code, value_types.COMPOUNDS[code].parts(obj)
    return None


def _leaf(obj: Any, *, exact: bool) -> Any:
    if type(obj) in LEAVES:
        return obj
    if exact:
        raise _StaysError
    return f"<{type(obj).__name__} object, which does not cross>"
