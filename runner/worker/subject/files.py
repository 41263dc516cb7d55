"""``open`` in the subject: standard streams by number and by name, and a clear word for the rest.

The kernel refuses to open anything. That is the wall; this is for programs that do not look for a
way around it.
"""

import builtins
import errno
import io
import os
from typing import Any

_STREAMS = {
    path: fd
    for fd, name in enumerate(("stdin", "stdout", "stderr"))
    for path in (f"/dev/{name}", f"/dev/fd/{fd}", f"/proc/self/fd/{fd}")
}

_real_open = io.open

_WORDS = "no files here: input comes by standard input and arguments"

#: What the solution has opened to write on a descriptor: Python writes what is left in them when it
#: ends.
opened: list[Any] = []


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
    if set(mode) & set("wax+"):
        raise PermissionError(errno.EACCES, f"{os.strerror(errno.EACCES)} ({_WORDS})", file)
    raise FileNotFoundError(errno.ENOENT, f"{os.strerror(errno.ENOENT)} ({_WORDS})", file)


def _noted(stream: Any) -> Any:
    if stream.writable():
        opened.append(stream)
    return stream


def install() -> None:
    """Put it in place of the builtin, in this process and all that it forks."""
    builtins.open = io.open = _open
