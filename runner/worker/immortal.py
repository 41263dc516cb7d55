"""Arranges a zygote's memory so that its children share it.

Who looks at an object in Python writes its reference count, and with that the kernel copies the
page that the object is on: more than half of all memory that a small execution touches. From 3.12
on the interpreter leaves the counts of some objects alone, which it calls immortal (PEP 683), and
it knows them by the count. So a zygote gives that count to everything that it holds.

An immortal object is never freed; those that come later are as mortal as ever.
"""

import ctypes
import gc
import types
from collections.abc import Iterator
from typing import Any

#: Sizes that the interpreter's own allocator serves, its pools, and where a pool's first block is,
#: in bytes (``Objects/obmalloc.c``).
_SIZES = range(16, 513, 16)
_POOL_BYTES = 16 * 1024
_FIRST_BLOCK = 48
#: Allocations of one size after which there is no fresh pool to be hoped for.
_MOST_HOLES = 20_000

_PARTS_OF_CODE = (
    "co_consts co_names co_name co_qualname co_filename co_linetable co_exceptiontable"
).split()

_allocate = ctypes.pythonapi.PyObject_Malloc
_allocate.restype, _allocate.argtypes = ctypes.c_size_t, (ctypes.c_size_t,)


def keep_for_good() -> None:
    """Make immortal what this process holds; do nothing where Python has no such thing."""
    mark = _count(None).value
    witnesses = [None] * 1000
    if _count(None).value != mark:
        return
    witnesses.clear()
    todo = gc.get_objects()
    while todo:
        obj = todo.pop()
        count = _count(obj)
        if count.value != mark and obj is not todo:
            count.value = mark
            todo += _held_by(obj)


def fill_holes() -> None:
    """Take the free memory between what is in use, for good.

    A small allocation goes into the first hole of its size. With holes, each of a child's
    allocations is on another page of the zygote's; without them they lie side by side.
    """
    for size in _SIZES:
        last = 0
        for _ in range(_MOST_HOLES):
            block = _allocate(size)
            if last % _POOL_BYTES == _FIRST_BLOCK and block == last + size:
                break  # a fresh pool, which is filled from its start
            last = block


def _count(obj: object) -> ctypes.c_uint32:
    """Return the half of an object's reference count that tells whether it is immortal."""
    return ctypes.c_uint32.from_address(id(obj))


def _held_by(obj: Any) -> Iterator[Any]:
    yield from gc.get_referents(obj)
    if isinstance(obj, types.CodeType):  # which the collector does not look into
        yield from (getattr(obj, name) for name in _PARTS_OF_CODE)
