"""Files of packages for functions that take paths, in a process that cannot open files.

The paths are those that the files would have. For every other path the functions here return None,
and the caller goes on as without packages.
"""

import errno
import io
import os
import stat
from collections.abc import Iterator
from types import FunctionType
from typing import Any

from ..determinism.listing import Scan
from .archive import Entry, PackageArchive
from .installed import is_below_root

_archive: PackageArchive | None = None

_FILE_MODE, _DIRECTORY_MODE = stat.S_IFREG | 0o444, stat.S_IFDIR | 0o555


def show(archive: PackageArchive) -> None:
    """Serve the files of an archive from now on."""
    global _archive
    _archive = archive


def functions() -> Iterator[FunctionType]:
    """Yield the functions of this module, which tracebacks can leave out."""
    yield from (each for each in globals().values() if isinstance(each, FunctionType))


def are_shown() -> bool:
    """Return True if the files of an archive are served."""
    return _archive is not None


def open_file(path: Any, mode: str, *text: Any) -> Any:
    """Return a stream of a file.

    Args:
        path: Path of the file.
        mode: As ``open`` takes it.
        text: Encoding, errors and newline.

    Raises:
        OSError: The file does not exist, is not a regular file, or ``mode`` would change it.
    """
    if set(mode) & set("wax+") and _is_ours(path):
        raise _error(errno.EROFS, path)
    entry = _entry(path)
    if entry is None:
        return None
    if entry.is_directory:
        raise _error(errno.EISDIR, path)
    assert _archive is not None
    if entry.is_library:
        raise _error(errno.EACCES, path)
    stream = io.BufferedReader(_Content(path, _archive.read(entry)))
    return stream if "b" in mode else io.TextIOWrapper(stream, *text)


def stat_of(path: Any) -> os.stat_result | None:
    """Return what ``os.stat`` returns; raises OSError."""
    entry = _entry(path)
    return None if entry is None else _stat(entry)


def names_in(path: Any) -> list[Any] | None:
    """Return the names in a directory; raises OSError."""
    entries = _entries(path)
    if entries is None:
        return None
    names = [entry.name for entry in entries]
    return [os.fsencode(name) for name in names] if isinstance(path, bytes) else names


def scan(path: Any) -> Scan[Any] | None:
    """Return what ``os.scandir`` returns; raises OSError."""
    entries = _entries(path)
    return None if entries is None else Scan(_scanned(path, entries))


def may(path: Any, mode: int) -> bool | None:
    """Return what ``os.access`` returns."""
    if not _is_ours(path):
        return None
    try:
        entry = _entry(path)
    except OSError:
        return False
    return entry is not None and not mode & (os.W_OK | (0 if entry.is_directory else os.X_OK))


class _Content(io.BytesIO):
    """The content of a file, which has a name."""

    def __init__(self, name: Any, data: bytes) -> None:
        super().__init__(data)
        self.name = name


class _ScannedEntry:
    """What ``os.scandir`` yields."""

    def __init__(self, directory: Any, entry: Entry) -> None:
        as_bytes = isinstance(directory, bytes)
        self.name: Any = os.fsencode(entry.name) if as_bytes else entry.name
        self.path = os.path.join(directory, self.name)
        self._entry = entry

    def __fspath__(self) -> Any:
        return self.path

    def inode(self) -> int:
        return self._entry.number + 1

    def is_dir(self, *, follow_symlinks: bool = True) -> bool:
        del follow_symlinks
        return self._entry.is_directory

    def is_file(self, *, follow_symlinks: bool = True) -> bool:
        del follow_symlinks
        return not self._entry.is_directory

    def is_symlink(self) -> bool:
        return False

    def is_junction(self) -> bool:
        return False

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        del follow_symlinks
        return _stat(self._entry)


def _is_ours(path: Any) -> bool:
    return _archive is not None and is_below_root(path)


def _entry(path: Any) -> Entry | None:
    if not _is_ours(path):
        return None
    assert _archive is not None
    entry = _archive.find(os.fsdecode(path))
    if entry is None:
        raise _error(errno.ENOENT, path)
    return entry


def _entries(path: Any) -> list[Entry] | None:
    entry = _entry(path)
    if entry is None:
        return None
    if not entry.is_directory:
        raise _error(errno.ENOTDIR, path)
    assert _archive is not None
    return _archive.list(os.fsdecode(path))


def _scanned(path: Any, entries: list[Entry]) -> Iterator[_ScannedEntry]:
    directory = os.fspath(path)
    return (_ScannedEntry(directory, entry) for entry in entries)


def _stat(entry: Entry) -> os.stat_result:
    mode = _DIRECTORY_MODE if entry.is_directory else _FILE_MODE
    return os.stat_result((mode, entry.number + 1, 0, 1, 0, 0, entry.size, 0, 0, 0))


def _error(number: int, path: Any) -> OSError:
    return OSError(number, os.strerror(number), path)
