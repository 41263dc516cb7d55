"""Arranges a zygote's memory so that its children share it.

Python writes the reference count of each object that it uses, and the kernel then copies the page
of the object: more than half of all memory that a small execution touches. From 3.12 on the
interpreter does not change the counts of immortal objects (PEP 683), and recognises them by the
count. So a zygote gives that count to everything that it holds.

An immortal object is never freed; later objects are not affected.
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
#: Most allocations of one size until the search for a fresh pool is given up.
_MOST_HOLES = 20_000

#: Size of a huge page if pages have 4 KiB; if they are larger, the kernel refuses the call.
_LARGE_PAGE_BYTES = 2 * 1024 * 1024

_COUNT_BYTES = 4
#: All addresses of a process: 48 bits. The type is global, so that it lives as long as the immortal
#: references to it: Python 3.14 crashes if it frees the type.
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
    """Make all objects of this process immortal, if this Python has immortal objects."""
    todo = gc.get_objects()
    counts = _counts()  # after ``todo``, so that it stays mortal
    mark = counts[id(None) // _COUNT_BYTES]
    references = [None] * 1000  # which an immortal object does not count
    if counts[id(None) // _COUNT_BYTES] != mark:
        return
    references.clear()
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
    """Move objects to huge pages; return how many huge pages there are now.

    A fork copies a table entry for each page, and the end of the child drops it: most of the cost
    of a small process.
    """
    places = {id(obj) // _LARGE_PAGE_BYTES for obj in gc.get_objects()}
    return sum(
        process.join_pages(place * _LARGE_PAGE_BYTES, _LARGE_PAGE_BYTES) for place in sorted(places)
    )


def fill_holes() -> None:
    """Allocate the free blocks between objects, for good.

    A small allocation goes into the first hole of its size. With holes, each allocation of a child
    is on another page of the zygote's; without holes, allocations lie side by side.
    """
    for size in _SIZES:
        last = 0
        for _ in range(_MOST_HOLES):
            block = _allocate(size)
            if last % _POOL_BYTES == _FIRST_BLOCK and block == last + size:
                break  # a fresh pool, which is filled from its start
            last = block


def _counts() -> memoryview:
    """Return all memory as 32-bit halves of reference counts; one half marks immortal objects.

    A ctypes object for each count would take twice as long.
    """
    return memoryview(_MEMORY.from_address(0)).cast("B").cast("I")
