"""File operations of tests, executed in the solution's process and answered by value.

A database is answered by an object.
"""

import errno
import io
import os
import sqlite3
from collections.abc import Callable
from typing import Any

# Bound at import: the solution may replace them later.
_open, _stat, _utime, _connect_to = io.open, os.stat, os.utime, sqlite3.connect


def serve(what: str, *args: Any) -> tuple[int, Any]:
    """Do what a test asks; return 0 and the value, or an error number and None."""
    try:
        return 0, _SERVICES[what](*args)
    except OSError as error:
        return error.errno or errno.EIO, None
    except ValueError:  # NUL in a path
        return errno.EINVAL, None


def _read(path: Any, mode: str) -> bytes:
    """Open a file in this mode; return the content that the test can read or append to."""
    with _open(path, f"{mode}b") as file:
        if "a" in mode:
            with _open(path, "rb") as old:
                return old.read()
        return file.read() if "r" in mode else b""


def _write(path: Any, content: bytes) -> None:
    with _open(path, "wb") as file:
        file.write(content)


def _parts_of_stat(path: Any, follow_symlinks: Any) -> tuple[int, ...]:
    found = _stat(path, follow_symlinks=follow_symlinks)
    return (*found[:7], found.st_atime_ns, found.st_mtime_ns, found.st_ctime_ns)


def _set_times(path: Any, times: Any, ns: Any) -> None:
    if ns is None:
        _utime(path, times)
    else:
        _utime(path, ns=ns)


def _connect(path: Any, args: Any, named: Any) -> Any:
    return _connect_to(path, *args, **named)


_SERVICES: dict[str, Callable[..., Any]] = {
    "open": _read,
    "write": _write,
    "connect": _connect,
    "utime": _set_times,
    "stat": _parts_of_stat,
    "listdir": lambda path, names=os.listdir: tuple(names(path)),
    **{
        name: getattr(os, name)
        for name in (
            "access chdir chmod getcwd mkdir readlink replace rmdir symlink truncate unlink"
        ).split()
    },
}
