"""Arrays, numbers and texts of numpy as values, where an image has it.

An array, a matrix or a record array crosses as the text of its type, its shape and its bytes, a
number as its bytes. Nothing is unpickled, and arrays of objects stay on their side. Where a test
expects plain values, ``plain`` makes lists and numbers of them.
"""

import functools
import math
import re
import struct
import sys
from collections.abc import Callable
from typing import Any

from . import value_types

#: Booleans, numbers, times and texts of fixed length: what has no pointers in it.
PLAIN_TYPE = re.compile(r"[<>|][biufcmMUS][0-9]{1,9}(\[[0-9]{0,6}[a-zA-Z]{1,2}\])?")
_DIMENSIONS_MAX = 32
#: Between names and types of the fields of a structured array.
_BETWEEN = "\0"
_FIELDS_MAX = 1_000
#: The largest value that ``Limits.value_bytes`` may have.
_BYTES_MAX = 1 << 30

_NUMBERS = (
    "bool_ int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 longdouble"
    " complex64 complex128 clongdouble"
).split()
#: Their types have a unit.
_TIMES = ("datetime64", "timedelta64")


def _numpy() -> Any:
    return sys.modules.get("numpy")


def install() -> None:
    """Let arrays and numbers cross from here on, if numpy is loaded."""
    numpy = _numpy()
    if numpy is not None:
        for array in (numpy.ndarray, numpy.matrix, numpy.recarray):
            value_types.add_container(_container(array))
        for name in _NUMBERS:
            value_types.add_compound(_number(numpy, getattr(numpy, name)))
        for name in _TIMES:
            value_types.add_compound(_time(numpy, getattr(numpy, name)))
        for kind, base in ((numpy.str_, str), (numpy.bytes_, bytes)):
            value_types.add_compound(value_types.Compound(kind, _in_tuple(base), kind, (base,)))
        for name in (*_NUMBERS, *_TIMES, "str_", "bytes_", "object_"):
            kind = type(numpy.dtype(getattr(numpy, name)))
            if kind not in value_types.COMPOUND_CODES:  # some numbers have several names
                value_types.add_compound(_dtype(numpy, kind))


def plain(value: Any) -> Any:
    """Return a value with lists and numbers of Python's in place of numpy's."""
    numpy = _numpy()
    return value if numpy is None else _plain(numpy, value, 0)


def _plain(numpy: Any, value: Any, depth: int) -> Any:
    kind = type(value)
    if kind in (numpy.ndarray, numpy.matrix, numpy.recarray):
        return value.tolist()
    if issubclass(kind, numpy.generic):
        return value.item()
    if depth > 100 or kind not in (list, tuple, dict):
        return value
    if kind is dict:
        return {_plain(numpy, k, depth): _plain(numpy, v, depth + 1) for k, v in value.items()}
    return kind(_plain(numpy, item, depth + 1) for item in value)


def lend_seed(request: Callable[[Any], Any]) -> None:
    """Let a test's ``numpy.random.seed`` reach the solution as well, by ``request``."""
    numpy = _numpy()
    if numpy is None:
        return
    real = numpy.random.RandomState.seed
    state = numpy.random.mtrand._rand

    def seed(value: Any = None) -> None:
        real(state, value)
        if value is None or type(value) is int:
            request(value)

    numpy.random.seed = seed


def _type(obj: Any) -> Any:
    return _numpy().ndarray.dtype.__get__(obj)


def _shape(obj: Any) -> tuple[int, ...]:
    return tuple(_numpy().ndarray.shape.__get__(obj))


def _bytes(obj: Any) -> bytes:
    return bytes(_numpy().ndarray.tobytes(obj))


def _text_of(dtype: Any) -> str:
    """Return the text of a type: of one with fields, their names and types in turn."""
    fields = () if dtype.names is None else dtype.names
    return _BETWEEN.join(part for name in fields for part in (name, dtype[name].str)) or dtype.str


def _type_of(text: Any) -> Any:
    """Return the type of a text; raises ValueError for one that does not cross."""
    parts = text.split(_BETWEEN, 2 * _FIELDS_MAX) if type(text) is str else [""]
    names, types = parts[::2], parts[1::2] if len(parts) > 1 else parts
    if not all(map(PLAIN_TYPE.fullmatch, types)):
        raise ValueError("an array of a type that does not cross")
    if len(parts) > 1 and "" in names:
        raise ValueError("a field without a name")
    try:
        return _numpy().dtype(text if len(parts) == 1 else [*zip(names, types, strict=True)])
    except TypeError as error:
        raise ValueError("no type of arrays") from error


def _crosses(obj: Any) -> bool:
    dtype = _type(obj)
    if dtype.names is None:
        return PLAIN_TYPE.fullmatch(dtype.str) is not None
    numpy = _numpy()
    is_usual = dtype.type is (numpy.record if type(obj) is numpy.recarray else numpy.void)
    try:
        return is_usual and _type_of(_text_of(dtype)) == dtype
    except ValueError:
        return False


def _make(array: Any, name: Any, *shape: Any) -> Any:
    dtype = _type_of(name)
    if len(shape) > _DIMENSIONS_MAX or any(type(n) is not int or n < 0 for n in shape):
        raise ValueError("an array without a shape")
    if math.prod(shape) * dtype.itemsize > _BYTES_MAX:
        raise ValueError("an array that is too large")
    made = _numpy().zeros(shape, dtype).view(array)
    if made.shape != shape:
        raise ValueError("a matrix of another number of dimensions")
    return made


def _fill(obj: Any, content: list[Any]) -> None:
    data, dimensions = content
    before = _bytes(obj)
    if type(data) is not bytes or len(data) != len(before):
        raise ValueError("an array of another size")
    shape = _shape_of(dimensions)
    if shape != _shape(obj):
        if len(shape) != 2 and type(obj) is _numpy().matrix:
            raise ValueError("a matrix of another number of dimensions")
        _numpy().ndarray.shape.__set__(obj, shape)
    if data != before:  # an unchanged array may be read-only
        values = _numpy().frombuffer(data, _type(obj)).reshape(_shape(obj))
        _numpy().ndarray.__setitem__(obj, ..., values)


def _shape_of(dimensions: Any) -> tuple[int, ...]:
    if type(dimensions) is not bytes or len(dimensions) > 8 * _DIMENSIONS_MAX:
        raise ValueError("an array without a shape")
    shape = tuple(size for (size,) in struct.iter_unpack("<q", dimensions))
    if any(size < 0 for size in shape):
        raise ValueError("an array without a shape")
    return shape


def _container(array: Any) -> value_types.Container:
    return value_types.Container(
        array,
        lambda obj: [_bytes(obj), struct.pack(f"<{obj.ndim}q", *_shape(obj))],
        _fill,
        lambda obj: (_text_of(_type(obj)), *_shape(obj)),
        functools.partial(_make, array),
        _crosses,
    )


def _number(numpy: Any, kind: Any) -> value_types.Compound:
    size = numpy.dtype(kind).itemsize

    def build(data: bytes) -> Any:
        if len(data) != size:
            raise ValueError("a number of another size")
        return numpy.frombuffer(data, kind)[0]

    return value_types.Compound(kind, lambda obj: (obj.tobytes(),), build, (bytes,))


def _in_tuple(base: type) -> Callable[[Any], tuple[Any]]:
    return lambda obj: (base(obj),)


def _dtype(numpy: Any, kind: Any) -> value_types.Compound:
    def build(name: str) -> Any:
        known = name == "|O" or PLAIN_TYPE.fullmatch(name)
        if not known or type(numpy.dtype(name)) is not kind:
            raise ValueError("a type of arrays that does not cross")
        return numpy.dtype(name)

    return value_types.Compound(kind, lambda obj: (obj.str,), build, (str,))


def _time(numpy: Any, kind: Any) -> value_types.Compound:
    def build(name: str, data: bytes) -> Any:
        dtype = numpy.dtype(name) if PLAIN_TYPE.fullmatch(name) else None
        if dtype is None or dtype.type is not kind or len(data) != dtype.itemsize:
            raise ValueError("a time of a type that does not cross")
        return numpy.frombuffer(data, dtype)[0]

    return value_types.Compound(
        kind, lambda obj: (obj.dtype.str, obj.tobytes()), build, (str, bytes)
    )
