"""The status of files without numbers of the machine, while a zygote loads modules.

In CPython, each int up to 256 exists once, and a larger one takes memory. The kernel numbers the
devices of containers from 1, so on a busy machine a status takes more memory, and later objects
have other addresses.
"""

import contextlib
import ctypes
import os
import posix
import struct
from collections.abc import Iterator
from typing import Any

_libc = ctypes.CDLL(None, use_errno=True)

#: Constants of ``statx``, and where it puts the mode, the size and the seconds of the time of
#: modification (``linux/stat.h``).
_AT_FDCWD = -100
_BASIC_STATS = 0x7FF
_BUFFER_BYTES = 256
_FIELDS = (("H", 28), ("Q", 40), ("q", 112))


@contextlib.contextmanager
def without_numbers() -> Iterator[None]:
    """In the block, have imports see kind, size and time of modification of files only."""
    # Importlib's name for the function; modules compare ``os.stat`` with what ``os`` supports.
    real = posix.stat
    if hasattr(_libc, "statx"):
        posix.stat = _status  # type: ignore[assignment]
    try:
        yield
    finally:
        posix.stat = real


def _status(path: Any) -> os.stat_result:
    buffer = ctypes.create_string_buffer(_BUFFER_BYTES)
    if _libc.statx(_AT_FDCWD, os.fsencode(path), 0, _BASIC_STATS, buffer) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), path)
    mode, size, modified = (struct.unpack_from(code, buffer, at)[0] for code, at in _FIELDS)
    return os.stat_result((mode, 0, 0, 1, 0, 0, size, modified, modified, modified))
