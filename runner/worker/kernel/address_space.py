"""Where the libraries of this process are, whose pages all processes share that have them.

What a process maps later goes below the lowest of them, and so can be told from them by its
address; but the gaps between them would be taken first.
"""

import ctypes
import io
from collections.abc import Iterator

#: Libraries lie together; program and heap are farther away than this from any of them, in bytes.
NEAR_BYTES = 16 << 30

_PROT_NONE = 0
#: MAP_PRIVATE, MAP_ANONYMOUS, MAP_NORESERVE and MAP_FIXED_NOREPLACE.
_RESERVE = 0x02 | 0x20 | 0x4000 | 0x100000

_libc = ctypes.CDLL(None, use_errno=True)
_libc.mmap.restype = ctypes.c_void_p


def lowest_library() -> int:
    """Return the lowest address of a file among the libraries."""
    return min(start for start, _, is_file in _near_libraries() if is_file)


def close_gaps() -> None:
    """Reserve what is free between the lowest library and the highest one, as far as that goes."""
    lowest, end = lowest_library(), 0
    for start, next_end, _ in list(_near_libraries()):
        if end > lowest and start > end:
            _libc.mmap(
                ctypes.c_void_p(end), ctypes.c_size_t(start - end), _PROT_NONE, _RESERVE, -1, 0
            )
        end = next_end


def _near_libraries() -> Iterator[tuple[int, int, bool]]:
    """Yield start and end of what is mapped around libraries, and whether it is of a file."""
    with io.FileIO("/proc/self/maps") as file:
        lines = [line.split() for line in file.readall().splitlines()]
    found = []
    for place, _, _, _, inode, *_ in lines:
        start, _, end = place.partition(b"-")
        found.append((int(start, 16), int(end, 16), inode != b"0"))
    highest = max(start for start, _, is_file in found if is_file)
    for each in found:
        if highest - NEAR_BYTES < each[0] <= highest:
            yield each
