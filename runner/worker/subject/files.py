"""``open`` in the subject: standard streams by number and by name, and a clear word for the rest.

The kernel refuses to open anything. That is the wall; this is for programs that do not look for a
way around it. With a work directory the kernel opens what is there, and nothing else exists.
"""

import builtins
import errno
import io
import itertools
import os
import weakref
from typing import Any

from ..determinism.listing import Scan, replace_in_glob
from . import tracebacks

_STREAMS = {
    path: fd
    for fd, name in enumerate(("stdin", "stdout", "stderr"))
    for path in (f"/dev/{name}", f"/dev/fd/{fd}", f"/proc/self/fd/{fd}")
}

_real_open = io.open

_WORDS = "no files here: input comes by standard input and arguments"

#: What the solution has opened to write and still has, in this order: Python writes what is left in
#: them when it ends.
opened: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()
_serial = itertools.count()

_has_directory = False


class _Nothing(io.RawIOBase):
    """``/dev/null``: the raw stream."""

    name = os.devnull

    def readable(self) -> bool:
        """Return True."""
        return True

    def writable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, _buffer: Any, /) -> int:
        """Read nothing."""
        return 0

    def write(self, data: Any, /) -> int:
        """Take everything."""
        return memoryview(data).nbytes


def _nothing(mode: str, *text: Any) -> Any:
    is_read = set(mode) <= set("rbt")
    buffer: Any = io.BufferedReader(_Nothing()) if is_read else io.BufferedWriter(_Nothing())
    return buffer if "b" in mode else io.TextIOWrapper(buffer, *text)


def _open(  # noqa: PLR0913, PLR0917 - the signature is the builtin's
    file: Any,
    mode: str = "r",
    buffering: int = -1,
    encoding: str | None = None,
    errors: str | None = None,
    newline: str | None = None,
    closefd: Any = 1,
    opener: Any = None,
) -> Any:
    """Open a descriptor, a standard stream by its path, or ``/dev/null``."""
    settings = (mode, buffering, encoding, errors, newline)
    if isinstance(file, int) or opener is not None:
        return _noted(_real_open(file, *settings, closefd, opener))
    path = os.fsdecode(file)
    if path in _STREAMS:
        return _noted(_real_open(os.dup(_STREAMS[path]), *settings))
    if path == os.devnull:
        return _nothing(mode, encoding, errors, newline)
    if _has_directory:
        return _noted(_real_open(file, *settings))
    if set(mode) & set("wax+"):
        raise PermissionError(errno.EACCES, f"{os.strerror(errno.EACCES)} ({_WORDS})", file)
    raise FileNotFoundError(errno.ENOENT, f"{os.strerror(errno.ENOENT)} ({_WORDS})", file)


def _noted(stream: Any) -> Any:
    if stream.writable():
        opened[next(_serial)] = stream
    return stream


def install() -> None:
    """Put it in place of the builtin, in this process and all that it forks."""
    builtins.open = io.open = _open
    functions = (_open, _listdir, _scandir)
    tracebacks.stand_ins.update(each.__code__ for each in functions)


def allow() -> None:
    """Open what exists, and list it in the order of names: kernels differ in theirs."""
    global _has_directory
    _has_directory = True
    os.listdir, os.scandir = _listdir, _scandir  # type: ignore[assignment]
    replace_in_glob("scandir", _real_scandir, _scandir)


_real_listdir, _real_scandir = os.listdir, os.scandir


def _listdir(path: Any = None) -> list[Any]:
    """Return the names in a directory, sorted."""
    return sorted(_real_listdir(path))


def _scandir(path: Any = None) -> Scan[Any]:
    """Return the entries of a directory, sorted by name."""
    with _real_scandir(path) as entries:
        return Scan(sorted(entries, key=lambda each: each.name))
