"""Files as a test sees them: those of the solution, by value.

A test opens no file that the solution controls. The solution's process executes each operation on a
path, where a link leads nowhere, and returns bytes, numbers and names. So an answer is as good as
any value that the solution returns.
"""

import builtins
import contextlib
import errno
import io
import os
import sqlite3
import stat
import sys
from collections.abc import Callable, Iterator
from typing import Any

from ...determinism.listing import Scan, replace_in_glob
from ...packages.installed import is_below_root
from . import remote_temp_files
from .replacing import replaced

#: Asks the solution's process; returns an error number, 0 for none, and a value.
Ask = Callable[..., Any]

#: Modules that hold ``open`` by a name of their own, and the names.
_HOLD_OPEN = (("bz2", "_builtin_open"), ("tarfile", "bltn_open"))

#: Databases without a file.
_IN_MEMORY = (":memory:", "")
_connect_in_memory = sqlite3.connect

_NANO = 1_000_000_000
_MOST_ERRNO = 4096
_STAT_PARTS = 10


@contextlib.contextmanager
def lent(ask: Ask) -> Iterator[None]:
    """Let what opens, lists and changes files by path reach the files of the solution.

    Args:
        ask: How to ask the solution's process.
    """
    functions = _Functions(ask)
    with contextlib.ExitStack() as stack:
        for owner, name, mine in functions.replacements():
            real: Any = getattr(owner, name)
            function = _by_path(mine, real)
            stack.enter_context(replaced((owner, name, function)))
            replace_in_glob(name, real, function)
            stack.callback(replace_in_glob, name, function, real)
            if owner is builtins:
                for holder, key in _holders_of_open():
                    stack.callback(holder.__setitem__, key, holder[key])
                    holder[key] = function
        stack.enter_context(remote_temp_files.lent())
        yield


def _holders_of_open() -> Iterator[tuple[dict[Any, Any], Any]]:
    """Yield where libraries hold ``open``: dictionaries, each with the key."""
    for module, name in _HOLD_OPEN:
        if module in sys.modules:
            yield vars(sys.modules[module]), name
    openers = getattr(sys.modules.get("numpy.lib._datasource"), "_file_openers", None)
    if openers is not None:  # of ``savetxt`` and ``loadtxt``
        yield openers._file_openers, None


def _by_path(mine: Callable[..., Any], real: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that takes paths to the solution.

    Descriptors, and the files of packages, are the judge's own.
    """

    def function(*args: Any, **named: Any) -> Any:
        first = args[0] if args else named.get("file", named.get("path", "."))
        is_own = isinstance(first, int) or is_below_root(first)
        return (real if is_own else mine)(*args, **named)

    function.__name__ = function.__qualname__ = real.__name__
    return function


class _Functions:
    """``open`` and functions of ``os``, as they behave on files of the solution."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def replacements(self) -> Iterator[tuple[Any, str, Callable[..., Any]]]:
        """Yield owner, name and function of each replacement."""
        yield from ((owner, "open", self.open) for owner in (builtins, io))
        yield from ((owner, "connect", self.connect) for owner in (sqlite3, sqlite3.dbapi2))
        for name in (
            "access chdir chmod getcwd listdir lstat mkdir readlink remove rename replace rmdir"
            " scandir stat symlink truncate unlink utime"
        ).split():
            yield os, name, getattr(self, name)

    def _do(self, what: str, path: Any = None, *more: Any) -> Any:
        answer = self._ask(what, *(() if path is None else (os.fspath(path),)), *more)
        if type(answer) is not tuple or len(answer) != 2 or type(answer[0]) is not int:
            raise OSError(errno.EIO, os.strerror(errno.EIO), path)
        number, value = answer
        if number:
            number = number if 0 < number < _MOST_ERRNO else errno.EIO
            raise OSError(number, os.strerror(number), path)
        return value

    def _expect(self, kind: type, what: str, path: Any = None, *more: Any) -> Any:
        value = self._do(what, path, *more)
        if type(value) is not kind:
            raise OSError(errno.EIO, os.strerror(errno.EIO), path)
        return value

    # -- open -------------------------------------------------------------------------------------

    def open(  # noqa: PLR0913, PLR0917 - the signature is the builtin's
        self,
        file: Any,
        mode: str = "r",
        buffering: int = -1,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
        closefd: Any = 1,
        opener: Any = None,
    ) -> Any:
        """Open a file: its content is read at once, and written when it is flushed or closed."""
        if opener is not None or not closefd:
            raise io.UnsupportedOperation("opener and closefd are not supported in a test's open")
        binary = "b" in mode
        io.FileIO(os.devnull, mode.replace("b", "").replace("t", "").replace("x", "w")).close()
        content = self._expect(bytes, "open", file, mode.replace("b", "").replace("t", ""))
        raw = _File(self, file, mode, content)
        if binary:
            return raw
        text: Any = io.TextIOWrapper(raw, encoding or "utf-8", errors, newline, buffering == 1)
        text.mode = mode
        return text

    def connect(self, database: Any, *args: Any, **named: Any) -> Any:
        """Like ``sqlite3.connect``; a database in a file is an object of the solution's process.

        The judge itself reads no such file: a crafted one could break it.
        """
        if database in _IN_MEMORY:
            return _connect_in_memory(database, *args, **named)
        return self._do("connect", database, args, named)

    def write(self, path: Any, content: bytes) -> None:
        """Replace the content of a file."""
        self._do("write", path, content)

    # -- os ---------------------------------------------------------------------------------------

    def stat(self, path: Any, *, dir_fd: None = None, follow_symlinks: bool = True) -> Any:
        _check_no_descriptor(dir_fd)
        return _stat_result(self._expect(tuple, "stat", path, bool(follow_symlinks)), path)

    def lstat(self, path: Any, *, dir_fd: None = None) -> Any:
        return self.stat(path, dir_fd=dir_fd, follow_symlinks=False)

    def listdir(self, path: Any = ".") -> list[Any]:
        """Like ``os.listdir``, sorted."""
        path = os.fspath("." if path is None else path)
        names = self._expect(tuple, "listdir", path)
        if not {type(path)}.issuperset(map(type, names)):
            raise OSError(errno.EIO, os.strerror(errno.EIO), path)
        return sorted(names)

    def scandir(self, path: Any = ".") -> "Scan[_Entry]":
        """Like ``os.scandir``, sorted by name."""
        path = os.fspath("." if path is None else path)
        return Scan([_Entry(self, path, name) for name in self.listdir(path)])

    def access(self, path: Any, mode: int, **_: Any) -> bool:
        return bool(self._expect(bool, "access", path, int(mode)))

    def readlink(self, path: Any, *, dir_fd: None = None) -> Any:
        _check_no_descriptor(dir_fd)
        path = os.fspath(path)
        return self._expect(type(path), "readlink", path)

    def getcwd(self) -> str:
        return str(self._expect(str, "getcwd"))

    def chdir(self, path: Any) -> None:
        """Like ``os.chdir``: the solution's process changes its directory."""
        self._do("chdir", path)

    def mkdir(self, path: Any, mode: int = 0o777, *, dir_fd: None = None) -> None:
        _check_no_descriptor(dir_fd)
        self._do("mkdir", path, int(mode))

    def rmdir(self, path: Any, *, dir_fd: None = None) -> None:
        _check_no_descriptor(dir_fd)
        self._do("rmdir", path)

    def unlink(self, path: Any, *, dir_fd: None = None) -> None:
        _check_no_descriptor(dir_fd)
        self._do("unlink", path)

    remove = unlink

    def replace(self, src: Any, dst: Any, **_: Any) -> None:
        self._do("replace", src, os.fspath(dst))

    rename = replace

    def symlink(self, src: Any, dst: Any, *_: Any, **__: Any) -> None:
        self._do("symlink", src, os.fspath(dst))

    def chmod(self, path: Any, mode: int, **_: Any) -> None:
        self._do("chmod", path, int(mode))

    def truncate(self, path: Any, length: int) -> None:
        self._do("truncate", path, int(length))

    def utime(self, path: Any, times: Any = None, *, ns: Any = None, **_: Any) -> None:
        if times is not None and ns is not None:
            raise ValueError("utime: you may specify either 'times' or 'ns' but not both")
        self._do("utime", path, times, ns)


def _check_no_descriptor(dir_fd: object) -> None:
    if dir_fd is not None:
        raise NotImplementedError("dir_fd is not supported in a test of a request with files")


def _stat_result(parts: tuple[Any, ...], path: Any) -> os.stat_result:
    if len(parts) != _STAT_PARTS or not {int}.issuperset(map(type, parts)):
        raise OSError(errno.EIO, os.strerror(errno.EIO), path)
    *fields, atime, mtime, ctime = parts
    times = (atime, mtime, ctime)
    return os.stat_result(
        (
            *fields,
            *(each // _NANO for each in times),
            *(each / _NANO for each in times),
            *times,
        )
    )


class _File(io.BytesIO):
    """The content of a file, which is written back if it has changed."""

    def __init__(self, files: _Functions, path: Any, mode: str, content: bytes) -> None:
        super().__init__(content)
        self._files, self.name = files, path
        self.mode: str = mode
        self._reads = "+" in mode or "r" in mode
        self._writes = "+" in mode or "r" not in mode
        self._appends = "a" in mode
        self._is_changed = False
        if self._appends:
            self.seek(0, io.SEEK_END)

    def readable(self) -> bool:
        return self._reads

    def writable(self) -> bool:
        return self._writes

    def _check(self, *, may: bool, what: str) -> None:
        if not may:
            raise io.UnsupportedOperation(what)

    def read(self, size: int | None = -1, /) -> bytes:
        self._check(may=self._reads, what="read")
        return super().read(size)

    def read1(self, size: int | None = -1, /) -> bytes:
        self._check(may=self._reads, what="read")
        return super().read1(size)

    def readline(self, size: int | None = -1, /) -> bytes:
        self._check(may=self._reads, what="read")
        return super().readline(size)

    def write(self, data: Any, /) -> int:
        """Write; the solution sees it when this is flushed."""
        self._check(may=self._writes, what="write")
        if self._appends:
            self.seek(0, io.SEEK_END)
        self._is_changed = True
        return super().write(data)

    def truncate(self, size: int | None = None, /) -> int:
        self._check(may=self._writes, what="truncate")
        self._is_changed = True
        return super().truncate(size)

    def fileno(self) -> int:
        """Refuse: there is no descriptor."""
        raise io.UnsupportedOperation("fileno")

    def flush(self) -> None:
        """Let the solution see what was written."""
        super().flush()
        if self._is_changed:
            self._is_changed = False
            self._files.write(self.name, self.getvalue())

    def close(self) -> None:
        """Flush, and forget the content."""
        if not self.closed:
            self.flush()
        super().close()


class _Entry:
    """What ``os.scandir`` yields."""

    def __init__(self, files: _Functions, directory: Any, name: Any) -> None:
        self._files, self.name = files, name
        self.path = os.path.join(directory, name)

    def __fspath__(self) -> Any:
        return self.path

    def __repr__(self) -> str:
        return f"<DirEntry {self.name!r}>"

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        return self._files.stat(self.path, follow_symlinks=follow_symlinks)  # type: ignore[no-any-return]

    def inode(self) -> int:
        return self.stat(follow_symlinks=False).st_ino

    def _mode(self, *, follow_symlinks: bool) -> int:
        try:
            return self.stat(follow_symlinks=follow_symlinks).st_mode
        except FileNotFoundError:
            return 0

    def is_dir(self, *, follow_symlinks: bool = True) -> bool:
        return stat.S_ISDIR(self._mode(follow_symlinks=follow_symlinks))

    def is_file(self, *, follow_symlinks: bool = True) -> bool:
        return stat.S_ISREG(self._mode(follow_symlinks=follow_symlinks))

    def is_symlink(self) -> bool:
        return stat.S_ISLNK(self._mode(follow_symlinks=False))

    def is_junction(self) -> bool:
        """Return False."""
        return False
