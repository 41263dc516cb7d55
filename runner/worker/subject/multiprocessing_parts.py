"""Locks and memory of ``multiprocessing`` for a process that is the only one.

``ThreadPool`` and queues use the locks, ``Value`` and ``Array`` the memory. The real ones need
files.
"""

import mmap
import multiprocessing.heap
import multiprocessing.synchronize
import threading
from typing import Any

_RECURSIVE = 0
_real: Any = multiprocessing.synchronize._multiprocessing  # type: ignore[attr-defined]


class _SemLock:
    """A semaphore, or a lock that its thread may take again; the interface is the real one's."""

    SEM_VALUE_MAX = _real.SemLock.SEM_VALUE_MAX

    def __init__(
        self, kind: int, value: int, maxvalue: int, *_file: object, **_named: object
    ) -> None:
        self.kind, self.maxvalue, self.name, self.handle = kind, maxvalue, None, 0
        self._free = threading.Semaphore(value)
        self._owner: int | None = None
        self._held = 0

    def acquire(self, block: object = 1, timeout: float | None = None) -> bool:
        """Take it; return whether that succeeded in time."""
        if self.kind != _RECURSIVE or not self._is_mine():
            limit = None if timeout is None or not block else max(0.0, timeout)
            if not self._free.acquire(bool(block), limit):
                return False
        self._owner = threading.get_ident()
        self._held += 1
        return True

    def release(self) -> None:
        if self.kind == _RECURSIVE:
            if not self._is_mine():
                raise AssertionError("attempt to release recursive lock not owned by thread")
        elif self._get_value() >= self.maxvalue:
            raise ValueError("semaphore or lock released too many times")
        self._held -= 1
        if self.kind != _RECURSIVE or not self._held:
            self._free.release()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()

    def _is_mine(self) -> bool:
        return self._held > 0 and self._owner == threading.get_ident()

    def _count(self) -> int:
        return self._held

    def _get_value(self) -> int:
        return self._free._value

    def _is_zero(self) -> bool:
        return self._get_value() == 0


class _Arena:
    """Memory for ``Value`` and ``Array``."""

    def __init__(self, size: int) -> None:
        self.size, self.fd = size, -1
        self.buffer = mmap.mmap(-1, size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)


def install() -> None:
    """Put them in place of the real ones, in this process and all that it forks."""
    _real.SemLock = _SemLock
    multiprocessing.heap.Arena = _Arena  # type: ignore[assignment, misc]
