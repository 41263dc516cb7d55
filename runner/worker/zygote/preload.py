"""Loads what solutions may need, while files can still be opened: a subject has no ``open``."""

import contextlib
import ctypes
import importlib.util
import inspect
import io
import operator
import os
import platform
import sys
import time
import zoneinfo
from collections.abc import Iterator
from typing import Any

from ..boundary import introspection
from ..kernel import thread_stacks
from ..subject import temp_files
from ..subject.import_policy import INTERNAL, Policy, add_exits

#: Parts of packages that do not exist on Linux, or that are programs and no libraries.
_USELESS = ("__main__", "_aix", "_pyrepl", "pydoc", "test", "tests", "win32", "windows")

#: What the standard library imports only when a function is called, beyond the allowed modules.
_LATE = "_ast_unparse stringprep unittest._log".split()

#: Modules of the standard library that are shared objects in some build of Python.
_COMPILED = (
    "_asyncio _bisect _blake2 _bz2 _codecs_cn _codecs_hk _codecs_iso2022 _codecs_jp _codecs_kr"
    " _codecs_tw _contextvars _csv _ctypes _datetime _decimal _elementtree _hashlib _heapq _hmac"
    " _json _lsprof _lzma _multibytecodec _multiprocessing _opcode _pickle _posixshmem"
    " _posixsubprocess _queue _random _sha2 _sha512 _socket _sqlite3 _ssl _statistics _struct"
    " _typing _uuid _zoneinfo _zstd array binascii cmath fcntl grp math mmap pyexpat resource"
    " readline select termios unicodedata zlib"
).split()

#: Subdirectories that repeat all time zones, with and without leap seconds.
_NO_ZONES = ("posix", "right", "posixrules")


def load(policy: Policy) -> None:
    """Import every module that the policy allows, and all that they load only on demand."""
    _map_libraries()
    for name in [*sorted(policy.allowed | INTERNAL), *_LATE]:
        _import(name)
    for name in sorted(policy.allowed & sys.stdlib_module_names):
        for part in _parts(name):
            _import(part)
    add_exits()
    temp_files.install()
    introspection.install()
    thread_stacks.install()
    _load_zones()
    time.tzset()
    platform.uname()


def _map_libraries() -> None:
    """Map shared objects before memory for Python's objects, which is then contiguous."""
    specs = filter(None, map(importlib.util.find_spec, _COMPILED))
    modules = [spec.origin for spec in specs if spec.origin and spec.has_location]
    # The C library opens the first one when a thread is ended.
    for path in ("libgcc_s.so.1", *modules):
        with contextlib.suppress(OSError):
            ctypes.CDLL(path)


def _import(name: str) -> None:
    # Not every build of Python has every module; of a package's parts, some need others.
    with contextlib.suppress(ImportError):
        __import__(name)


def _parts(package: str) -> Iterator[str]:
    """Yield the names of all modules below an imported package."""
    # ``pkgutil`` asks for the status of each directory: see ``determinism.file_status``.
    for directory in getattr(sys.modules.get(package), "__path__", ()):
        for entry in sorted(os.scandir(directory), key=_by_name):
            is_package = entry.is_dir() and "__init__.py" in os.listdir(entry.path)
            name = entry.name if is_package else inspect.getmodulename(entry.name)
            if name is not None and not name.startswith(("__init__", *_USELESS)):
                yield (full := f"{package}.{name}")
                if is_package:
                    _import(full)
                    yield from _parts(full)


def _load_zones() -> None:
    """Keep the bytes of every time zone; ``ZoneInfo`` asks here when it finds no file."""
    zones = dict(_read_zones())

    def load_tzdata(key: str) -> io.BytesIO:
        if key not in zones:
            raise zoneinfo.ZoneInfoNotFoundError(f"No time zone found with key {key}")
        return io.BytesIO(zones[key])

    common: Any = sys.modules["zoneinfo._common"]
    common.load_tzdata = load_tzdata
    zoneinfo.available_timezones = lambda: set(zones)


def _read_zones() -> Iterator[tuple[str, bytes]]:
    """Yield all zones in a fixed order, since addresses of later objects depend on it."""
    # available_timezones() opens every file, too, which takes most of the time.
    for root in reversed(zoneinfo.TZPATH):  # of the same zone in two places, the first one counts
        for path in _files_below(root):
            with contextlib.suppress(OSError), open(path, "rb") as file:
                data = file.read()
                if data.startswith(b"TZif"):
                    yield os.path.relpath(path, root), data


def _files_below(directory: str) -> Iterator[str]:
    """Yield the paths of files that may be zones; the status of none is asked for."""
    with contextlib.suppress(OSError):
        for entry in sorted(os.scandir(directory), key=_by_name):
            if entry.name in _NO_ZONES:
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _files_below(entry.path)
            else:
                yield entry.path


_by_name = operator.attrgetter("name")
