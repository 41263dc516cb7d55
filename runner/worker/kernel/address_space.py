"""Tells private memory of this process from its libraries, whose pages processes share.

Most kernels fill the address space downwards, so later mappings lie below the libraries. Others
fill it upwards (User Mode Linux, ``vm.legacy_va_layout``), so they lie above. The kernel fills the
gaps between libraries first; ``close_gaps`` reserves them, so that the address decides.
"""

import ctypes
import io
import re
from collections.abc import Iterator

#: Size of the region around the libraries, in bytes; at first it holds nothing else.
NEAR_BYTES = 16 << 30

_PROT_NONE = 0
#: MAP_PRIVATE, MAP_ANONYMOUS and MAP_NORESERVE.
_ADDRESSES_ONLY = 0x02 | 0x20 | 0x4000
#: The same and MAP_FIXED_NOREPLACE.
_RESERVE = _ADDRESSES_ONLY | 0x100000
#: A line of ``/proc/self/maps``. Other parts are not kept: their lengths differ between machines,
#: and so would the addresses of later objects.
_MAPPING = re.compile(
    rb"^(?P<start>[0-9a-f]+)-(?P<end>[0-9a-f]+) \S+ \S+ \S+ (?:0|(?P<file>)\d+) *"
    rb"(?P<heap>\[heap\]$)?",
    re.MULTILINE,
)
#: Space for libraries that a child loads later, in bytes: more than all libraries of an image.
_LATER_BYTES = 4 << 30
#: Larger than any gap between two libraries, in bytes.
_TOO_LARGE_FOR_GAPS = 1 << 30

#: Rounds of the search for gaps: the first one may itself allocate memory in a gap.
_MOST_TRIES = 3
_FAILED = ctypes.c_void_p(-1).value

#: What ``reserve`` has reserved.
_reserved = range(0)

_libc = ctypes.CDLL(None, use_errno=True)
_libc.mmap.restype = ctypes.c_void_p
#: An address among the libraries.
_C_LIBRARY = ctypes.cast(_libc.mmap, ctypes.c_void_p).value or 0


def own_memory() -> range:
    """Return the range of addresses for later mappings; no library lies in it."""
    lowest, end = _of_libraries(list(_near_libraries()))
    if _next_address() >= end:
        return range(end, end + NEAR_BYTES)
    return range(max(0, lowest - NEAR_BYTES), lowest)


def reserve() -> None:
    """Reserve addresses for libraries that a child loads later; they count as a library."""
    global _reserved
    place = _libc.mmap(None, ctypes.c_size_t(_LATER_BYTES), _PROT_NONE, _ADDRESSES_ONLY, -1, 0)
    if place != _FAILED:
        _reserved = range(place, place + _LATER_BYTES)


def release() -> None:
    """Release the reserved addresses to load libraries there; call ``close_gaps`` afterwards."""
    if _reserved:
        _libc.munmap(ctypes.c_void_p(_reserved.start), ctypes.c_size_t(_LATER_BYTES))


def close_gaps() -> None:
    """Reserve the free addresses between the lowest and the highest library; best effort.

    The search itself allocates memory, which the kernel may place in a gap.
    """
    for _ in range(_MOST_TRIES):
        if _close_gaps():
            break


def _close_gaps() -> bool:
    """Return False if a gap was no longer free."""
    mapped = list(_near_libraries())
    end, highest = _of_libraries(mapped)
    closed = True
    for start, next_end, _ in (*mapped, (highest, highest, False)):
        if start > end:
            size = ctypes.c_size_t(start - end)
            place = _libc.mmap(ctypes.c_void_p(end), size, _PROT_NONE, _RESERVE, -1, 0)
            closed = closed and place != _FAILED
        end = max(end, next_end)
    return closed


def _of_libraries(mapped: list[tuple[int, int, bool]]) -> tuple[int, int]:
    """Return the lowest address of a library, and the end of the highest one."""
    files = [(start, end) for start, end, is_file in mapped if is_file]
    places = [*files, (_reserved.start, _reserved.stop)] if _reserved else files
    return min(start for start, _ in places), max(end for _, end in places)


def _next_address() -> int:
    """Return where the kernel would map something large; 0 if it refuses."""
    size = ctypes.c_size_t(_TOO_LARGE_FOR_GAPS)
    place = _libc.mmap(None, size, _PROT_NONE, _ADDRESSES_ONLY, -1, 0)
    if place == _FAILED:
        return 0
    _libc.munmap(ctypes.c_void_p(place), size)
    return int(place)


def _near_libraries() -> Iterator[tuple[int, int, bool]]:
    """Yield start and end of each mapping near the libraries, and whether a file backs it."""
    with io.FileIO("/proc/self/maps") as file:
        text = file.readall()
    found: list[tuple[int, int, bool]] = []
    for line in _MAPPING.finditer(text):
        start, end = (int(address, 16) for address in line.group("start", "end"))
        if line["heap"] is not None:
            if start > _C_LIBRARY:
                break
            found.clear()  # the program, which is below its heap
        else:
            found.append((start, end, line["file"] is not None))
    near = [each for each in found if abs(each[0] - _C_LIBRARY) < NEAR_BYTES]
    highest = max(_reserved.stop, *(start for start, _, is_file in near if is_file))
    yield from (each for each in near if each[0] <= highest)
