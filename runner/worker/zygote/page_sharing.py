"""Arranges a zygote's memory so that its children share it.

A look at an object in Python writes its reference count, and with that the kernel copies the
page that the object is on: more than half of all memory that a small execution touches. From 3.12
on the interpreter leaves the counts of some objects alone, which it calls immortal (PEP 683), and
it knows them by the count. So a zygote gives that count to everything that it holds.

An immortal object is never freed; those that come later are as mortal as ever.
"""

import ctypes
import gc
import operator
import types

from ..kernel import process

#: Sizes that the interpreter's own allocator serves, its pools, and where a pool's first block is,
#: in bytes (``Objects/obmalloc.c``).
_SIZES = range(16, 513, 16)
_POOL_BYTES = 16 * 1024
_FIRST_BLOCK = 48
#: Allocations of one size after which there is no fresh pool to be hoped for.
_MOST_HOLES = 20_000

#: A large page where small ones have 4 KiB; where they have more, the kernel refuses.
_LARGE_PAGE_BYTES = 2 * 1024 * 1024

_COUNT_BYTES = 4
#: All addresses of a process: 48 bits. A type of this module's own, so that it lives as long as the
#: references to it that become immortal: Python 3.14 crashes when it frees it.
_MEMORY = ctypes.c_uint32 * ((1 << 48) // _COUNT_BYTES)
#: Objects whose references are followed together. All of them would need lists of megabytes, whose
#: memory is not given back.
_AT_ONCE = 1000

_parts_of_code = operator.attrgetter(
    *"co_consts co_names co_name co_qualname co_filename co_linetable co_exceptiontable".split()
)

_allocate = ctypes.pythonapi.PyObject_Malloc
_allocate.restype, _allocate.argtypes = ctypes.c_size_t, (ctypes.c_size_t,)


def keep_for_good() -> None:
    """Make immortal what this process holds; do nothing where Python has no such thing."""
    todo = gc.get_objects()
    counts = _counts()  # not before that: it is to be forgotten
    mark = counts[id(None) // _COUNT_BYTES]
    witnesses = [None] * 1000
    if counts[id(None) // _COUNT_BYTES] != mark:
        return
    witnesses.clear()
    while todo:
        some = todo[-_AT_ONCE:]
        del todo[-_AT_ONCE:]
        mortal = []
        for obj in some:
            place = id(obj) // _COUNT_BYTES
            if counts[place] != mark and obj is not todo:
                counts[place] = mark
                mortal.append(obj)
        todo += gc.get_referents(*mortal)
        for obj in mortal:
            if type(obj) is types.CodeType:  # which the collector does not look into
                todo += _parts_of_code(obj)


def join_pages() -> int:
    """Put objects on large pages; return how many such pages there are now.

    A fork copies an entry for each page, and the end of the child drops it: most of what a small
    process costs.
    """
    places = {id(obj) // _LARGE_PAGE_BYTES for obj in gc.get_objects()}
    return sum(
        process.join_pages(place * _LARGE_PAGE_BYTES, _LARGE_PAGE_BYTES) for place in sorted(places)
    )


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


def _counts() -> memoryview:
    """Return all memory, as halves of reference counts: those that tell who is immortal.

    To make a ctypes object for each count takes twice as long.
    """
    return memoryview(_MEMORY.from_address(0)).cast("B").cast("I")
