"""``open`` in the subject: standard streams by number and by name, and a clear error for the rest.

The kernel refuses to open anything, and that is the security boundary: this module only gives
honest programs a clear error. With a work directory the kernel opens what is there, and nothing
else exists. Files of packages come from memory.
"""

import builtins
import bz2
import errno
import io
import itertools
import os
import tarfile
import tokenize
import weakref
from collections.abc import Callable
from typing import Any

from ..determinism.listing import Scan, replace_in_glob
from ..packages import views
from . import tracebacks

_STREAMS = {
    path: fd
    for fd, name in enumerate(("stdin", "stdout", "stderr"))
    for path in (f"/dev/{name}", f"/dev/fd/{fd}", f"/proc/self/fd/{fd}")
}

_real_open = io.open

_WORDS = "no files here: input comes by standard input and arguments"

#: Files that the solution has open for writing, in the order of opening: Python flushes them when
#: it ends.
opened: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()
_serial = itertools.count()

_has_directory = False


class _Nothing(io.RawIOBase):
    """``/dev/null``: the raw stream."""

    name = os.devnull

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def readinto(self, _buffer: Any, /) -> int:
        return 0

    def write(self, data: Any, /) -> int:
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
    if (stream := views.open_file(path, mode, encoding, errors, newline)) is not None:
        return stream
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
    if views.are_shown():
        _show_packages()


def allow() -> None:
    """Open what exists, and list it in the order of names: kernels differ in theirs."""
    global _has_directory
    _has_directory = True
    _list_in_order()


def _list_in_order() -> None:
    os.listdir, os.scandir = _listdir, _scandir  # type: ignore[assignment]
    replace_in_glob("scandir", _real_scandir, _scandir)


def _show_packages() -> None:
    """Let all functions that honest programs use find the files of packages."""
    _list_in_order()
    tracebacks.stand_ins.update(each.__code__ for each in views.functions())
    module: Any
    for module, name in (
        (bz2, "_builtin_open"),
        (tokenize, "_builtin_open"),
        (tarfile, "bltn_open"),
    ):
        setattr(module, name, _open)
    for name, answer in _ANSWERS.items():
        real = getattr(os, name)
        function = _of_packages_first(real, answer)
        tracebacks.stand_ins.add(function.__code__)
        setattr(os, name, function)
        for supported in (os.supports_dir_fd, os.supports_fd, os.supports_follow_symlinks):
            if real in supported:
                supported.add(function)
        replace_in_glob(name, real, function)


def _of_packages_first(real: Callable[..., Any], answer: Callable[..., Any]) -> Any:
    def function(path: Any, *args: Any, **named: Any) -> Any:
        found = answer(path, *args)
        return real(path, *args, **named) if found is None else found

    function.__name__ = function.__qualname__ = real.__name__
    return function


_ANSWERS: dict[str, Callable[..., Any]] = {
    "stat": views.stat_of,
    "lstat": views.stat_of,
    "access": views.may,
}

_real_listdir, _real_scandir = os.listdir, os.scandir


def _listdir(path: Any = None) -> list[Any]:
    """Return the names in a directory, sorted."""
    found = views.names_in(path)
    return sorted(_real_listdir(path)) if found is None else found


def _scandir(path: Any = None) -> Scan[Any]:
    """Return the entries of a directory, sorted by name."""
    found = views.scan(path)
    if found is not None:
        return found
    with _real_scandir(path) as entries:
        return Scan(sorted(entries, key=lambda each: each.name))
