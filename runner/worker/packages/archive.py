"""All files of the packages in one file: a process maps it once and reads without system calls.

A subject cannot open files. Its imports and reads of packages use this mapping, which the zygote
makes before it forks. An index of Python objects would cost each child memory, so the index is a
sorted table in the file itself.

The file: header, table, keys, paths of shared objects (one a line), contents. A row of the table
gives the places of a key, a content and a module's code. A key is the directory, a NUL, and the
name, so the entries of a directory are adjacent. Sources are compressed, code and data are not.
"""

import bisect
import importlib.machinery
import importlib.util
import marshal
import mmap
import os
import struct
import sys
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

_MAGIC = b"packages"
#: The magic, the number of rows, and the sizes of the keys and of the paths of shared objects.
_HEADER = struct.Struct("<8sIII")
#: Place and size of the key, kind, size of the file, place and size of its content as it is stored,
#: place and size of its code.
_ROW = struct.Struct("<IHBxIQIQI")
_KEY = struct.Struct("<IH")

_DIRECTORY, _FILE, _LIBRARY = range(3)
#: Directories that are left out, except files with this prefix, which packages import.
_TESTS, _KEPT_OF_TESTS = ("test", "tests"), "_"
_CACHE = "__pycache__"
#: Size of the header before the code in a compiled file, in bytes.
_COMPILED_HEADER = 16


class Entry(NamedTuple):
    """A file or a directory.

    Attributes:
        name: Last part of its path.
        kind: Directory, file or shared object: see the properties.
        number: Number of its row.
        size: Size of the file, in bytes.
        content: Place and stored size of its content, in bytes.
        code: Place and size of a module's code; the size is 0 if there is no code.
    """

    name: str
    kind: int
    number: int
    size: int
    content: tuple[int, int]
    code: tuple[int, int]

    @property
    def is_directory(self) -> bool:
        """Whether it is a directory."""
        return self.kind == _DIRECTORY

    @property
    def is_library(self) -> bool:
        """Whether it is a shared object, whose content is not in the archive."""
        return self.kind == _LIBRARY


class PackageArchive:
    """The files of a tree, by path.

    Args:
        path: The file that ``build`` has written.
        root: Directory of the tree in the paths of its files.

    Raises:
        OSError: The file is missing, or is not an archive.
    """

    def __init__(self, path: str, root: str) -> None:
        self.root = root
        # The descriptor is closed, and mmap's own copy of it does not survive a fork here.
        named: dict[str, Any] = {"trackfd": False} if sys.version_info >= (3, 13) else {}
        with open(path, "rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ, **named)
        magic, count, keys, libraries = _HEADER.unpack_from(self._map)
        if magic != _MAGIC:
            raise OSError(f"{path} is not an archive of packages: rebuild the image")
        self._rows = range(count)
        self._keys = _HEADER.size + count * _ROW.size
        self._libraries = self._keys + keys, libraries

    def close(self) -> None:
        """Unmap the file."""
        self._map.close()

    def libraries(self) -> list[str]:
        """Return the paths of all shared objects, relative to the root, sorted."""
        start, size = self._libraries
        return os.fsdecode(self._map[start : start + size]).split("\n")[:-1]

    def find(self, path: str) -> Entry | None:
        """Return the entry of a path; None if it is not below the root, or does not exist."""
        key = self._key_of(path)
        if key is None:
            return None
        number = bisect.bisect_left(self._rows, key, key=self._key)
        found = number < len(self._rows) and self._key(number) == key
        return self._entry(number) if found else None

    def list(self, path: str) -> list[Entry]:
        """Return the entries of a directory, sorted by name."""
        inside = os.fsencode(self._relative(path) or "")
        first = bisect.bisect_left(self._rows, inside + b"\0", key=self._key)
        end = bisect.bisect_left(self._rows, inside + b"\1", key=self._key)
        return [self._entry(number) for number in range(first, end)]

    def read(self, entry: Entry) -> bytes:
        """Return the content of a file."""
        start, stored = entry.content
        data = self._map[start : start + stored]
        return data if stored == entry.size else zlib.decompress(data)

    def code(self, entry: Entry) -> Any:
        """Return the code of a module; None if it is not compiled."""
        start, size = entry.code
        if not size:
            return None
        with memoryview(self._map) as content, content[start : start + size] as code:
            return marshal.loads(code)  # noqa: S302 - the image's own

    def _relative(self, path: str) -> str | None:
        if not path.startswith(self.root):
            return None
        rest = os.path.normpath(path) if "/." in path or "//" in path else path
        rest = rest.rstrip("/")
        if rest == self.root:
            return ""
        return rest[len(self.root) + 1 :] if rest.startswith(f"{self.root}/") else None

    def _key_of(self, path: str) -> bytes | None:
        relative = self._relative(path)
        return None if relative is None or "\0" in relative else _key(relative)

    def _key(self, number: int) -> bytes:
        place, size = _KEY.unpack_from(self._map, _HEADER.size + number * _ROW.size)
        place += self._keys
        return self._map[place : place + size]

    def _entry(self, number: int) -> Entry:
        row = _ROW.unpack_from(self._map, _HEADER.size + number * _ROW.size)
        _, _, kind, size, content, stored, code, code_size = row
        name = os.fsdecode(self._key(number).rpartition(b"\0")[2])
        return Entry(name, kind, number, size, (content, stored), (code, code_size))


def _key(relative: str) -> bytes:
    """Return the key of a path; the root's is empty."""
    directory, _, name = relative.rpartition("/")
    return os.fsencode(f"{directory}\0{name}") if relative else b""


# -- building -------------------------------------------------------------------------------------


def build(root: str, target: str) -> None:
    """Write the archive of a tree whose modules are compiled; equal files give equal archives.

    Args:
        root: Root of the tree.
        target: The file to be written.
    """
    found = sorted((_key(path), path, kind) for path, kind in _walk(root))
    keys = b"".join(key for key, _, _ in found)
    names = sorted(path for _, path, kind in found if kind == _LIBRARY)
    libraries = os.fsencode("".join(f"{name}\n" for name in names))
    table = bytearray()
    with open(target, "wb") as file:
        start = _HEADER.size + len(found) * _ROW.size
        file.seek(start + len(keys) + len(libraries))
        place = 0
        for key, path, kind in found:
            size, content, stored, code, code_size = _add(file, os.path.join(root, path), kind)
            table += _ROW.pack(place, len(key), kind, size, content, stored, code, code_size)
            place += len(key)
        file.seek(0)
        file.write(_HEADER.pack(_MAGIC, len(found), len(keys), len(libraries)))
        file.write(table + keys + libraries)


def _walk(root: str) -> Iterator[tuple[str, int]]:
    """Yield each path, relative to the root, and its kind."""
    suffixes = tuple(importlib.machinery.EXTENSION_SUFFIXES)
    for directory, below, names in os.walk(root):
        below[:] = [name for name in below if name != _CACHE]
        relative = os.path.relpath(directory, root)
        yield "" if relative == "." else relative, _DIRECTORY
        of_tests = not {*relative.split("/")}.isdisjoint(_TESTS)
        for name in names:
            if of_tests and not name.startswith(_KEPT_OF_TESTS):
                continue
            path = os.path.normpath(os.path.join(relative, name))
            if os.path.isfile(os.path.join(root, path)) and not _is_dependency(path):
                yield path, _LIBRARY if name.endswith(suffixes) else _FILE


def _is_dependency(path: str) -> bool:
    """Return True for shared objects that a wheel bundles: the loader finds these itself."""
    return path.partition("/")[0].endswith(".libs")


def _add(file: BinaryIO, path: str, kind: int) -> tuple[int, int, int, int, int]:
    """Append the content and code of a path; return its size, and place and size of both."""
    if kind == _DIRECTORY:
        return 0, 0, 0, 0, 0
    if kind == _LIBRARY:
        return os.path.getsize(path), 0, 0, 0, 0
    with open(path, "rb") as source:
        data = source.read()
    stored, code = data, b""
    if path.endswith(".py"):
        stored, code = min(zlib.compress(data), data, key=len), _compiled(path)
    place = file.tell()
    file.write(stored + code)
    return len(data), place, len(stored), place + len(stored), len(code)


def _compiled(path: str) -> bytes:
    try:
        with open(importlib.util.cache_from_source(path), "rb") as file:
            data = file.read()
    except FileNotFoundError:
        return b""
    is_ours = data.startswith(importlib.util.MAGIC_NUMBER)
    return data[_COMPILED_HEADER:] if is_ours else b""
