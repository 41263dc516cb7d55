"""``mmap.mmap`` for a process that shares memory with no other.

The filter allows private memory alone, since the kernel does not count shared memory for
RLIMIT_DATA. Without children, a program cannot tell one from the other.
"""

import mmap
from typing import Any

_NO_FILE = -1
_READ_WRITE = mmap.PROT_READ | mmap.PROT_WRITE
_Real = mmap.mmap


class _Map(_Real):
    """Memory without a file is private, whatever was asked for."""

    __slots__ = ()

    def __new__(
        cls,
        fileno: int,
        length: int,
        flags: int = mmap.MAP_SHARED,
        prot: int = _READ_WRITE,
        access: int = mmap.ACCESS_DEFAULT,
        *rest: Any,
        **named: Any,
    ) -> Any:
        if fileno == _NO_FILE:
            if (flags, prot) == (mmap.MAP_SHARED, _READ_WRITE) and access in _PROTECTIONS:
                prot, access = _PROTECTIONS[access], mmap.ACCESS_DEFAULT
            if access == mmap.ACCESS_DEFAULT:
                flags = flags & ~mmap.MAP_SHARED | mmap.MAP_PRIVATE
        return super().__new__(cls, fileno, length, flags, prot, access, *rest, **named)


#: What the shared kinds of access stand for.
_PROTECTIONS = {mmap.ACCESS_READ: mmap.PROT_READ, mmap.ACCESS_WRITE: _READ_WRITE}


def install() -> None:
    """Put it in place of the standard library's, in this process and all that it forks."""
    _Map.__name__ = _Map.__qualname__ = _Real.__name__
    _Map.__module__ = _Real.__module__
    mmap.mmap = _Map  # type: ignore[misc]
