"""The paths of pytest's fixture ``tmpdir``, in the processes of test and solution."""

import contextlib
import fnmatch
import os
import pathlib
import shutil
from collections.abc import Callable, Iterator
from typing import Any

#: What ``check`` can ask, and the function of ``os.path`` that answers.
_KINDS = {"exists": "exists", "file": "isfile", "dir": "isdir", "link": "islink"}


class LocalPath:
    """An absolute path with methods of its own, as ``py.path.local`` has them."""

    __slots__ = ("_text",)
    _text: str

    def __init__(self, path: Any) -> None:
        self._text = os.path.abspath(os.fspath(path))

    @classmethod
    def of_text(cls, text: str) -> "LocalPath":
        """Return a path with this very text, which asks no file system."""
        made = cls.__new__(cls)
        made._text = text
        return made

    def __fspath__(self) -> str:
        return self._text

    __str__ = __fspath__

    def __repr__(self) -> str:
        return f"local({self._text!r})"

    def __hash__(self) -> int:
        return hash(self._text)

    def __eq__(self, other: object) -> bool:
        # An object of the solution is not asked for its path.
        return self._text == str(other) if type(other) in _PATHS else NotImplemented

    def __lt__(self, other: Any) -> bool:
        return self._text < os.fspath(other) if type(other) in _PATHS else NotImplemented

    def __add__(self, other: Any) -> "LocalPath":
        return LocalPath(self._text + str(other))

    def __truediv__(self, other: Any) -> "LocalPath":
        return self.join(other)

    strpath = property(__fspath__)

    @property
    def basename(self) -> str:
        """The name of the file or directory."""
        return os.path.basename(self._text)

    @property
    def dirname(self) -> str:
        """The directory it is in."""
        return os.path.dirname(self._text)

    @property
    def ext(self) -> str:
        """The end of the name, from its last dot."""
        return os.path.splitext(self.basename)[1]

    @property
    def purebasename(self) -> str:
        """The name without that end."""
        return os.path.splitext(self.basename)[0]

    def join(self, *others: Any) -> "LocalPath":
        """Return a path below this one."""
        parts = (os.fspath(each).lstrip(os.sep) for each in others)
        return LocalPath(os.path.join(self._text, *parts))

    def dirpath(self, *others: Any) -> "LocalPath":
        """Return the directory it is in, or a path below that."""
        return LocalPath(self.dirname).join(*others)

    def relto(self, other: Any) -> str:
        """Return the path from a directory above to this one, nothing if it is not above."""
        start = os.fspath(other).rstrip(os.sep) + os.sep
        return self._text[len(start) :] if self._text.startswith(start) else ""

    def check(self, **kinds: Any) -> bool:
        """Return True if what is there is, or is not, of these kinds."""
        wanted = kinds or {"exists": 1}
        return all(self._is(kind) == bool(yes) for kind, yes in wanted.items())

    def _is(self, kind: str) -> bool:
        return bool(getattr(os.path, _KINDS[kind])(self._text))

    def exists(self) -> bool:
        """Return True if anything is there."""
        return self._is("exists")

    def isfile(self) -> bool:
        """Return True if a file is there."""
        return self._is("file")

    def isdir(self) -> bool:
        """Return True if a directory is there."""
        return self._is("dir")

    def stat(self) -> os.stat_result:
        """Return what ``os.stat`` does."""
        return os.stat(self._text)

    def size(self) -> int:
        """Return the size in bytes."""
        return self.stat().st_size

    def mtime(self) -> float:
        """Return the time of the last change, in seconds."""
        return self.stat().st_mtime

    def listdir(self, fil: Any = None, **_: Any) -> list["LocalPath"]:
        """Return what is in this directory and fits a pattern or a condition."""
        found = [self.join(name) for name in sorted(os.listdir(self._text))]
        return [each for each in found if each.fits(fil)]

    def visit(self, fil: Any = None, rec: Any = None, **_: Any) -> Iterator["LocalPath"]:
        """Yield what is below this directory and fits a pattern or a condition."""
        for each in self.listdir():
            if each.fits(fil):
                yield each
            if each.check(dir=1, link=0) and each.fits(rec):
                yield from each.visit(fil, rec)

    def fits(self, condition: str | Callable[[Any], Any] | None) -> bool:
        """Return True if the name matches the pattern, or the condition says so."""
        if isinstance(condition, str):
            return fnmatch.fnmatch(self.basename, condition)
        return condition is None or bool(condition(self))

    def open(self, mode: str = "r", ensure: Any = 0, encoding: str | None = None) -> Any:
        """Open the file; ``ensure`` makes the directories above it."""
        if ensure:
            os.makedirs(self.dirname, exist_ok=True)
        return open(self._text, mode, encoding=encoding)

    def read(self, mode: str = "r") -> Any:
        """Return the content."""
        with self.open(mode) as file:
            return file.read()

    def read_binary(self) -> Any:
        """Return the content as bytes."""
        return self.read("rb")

    def read_text(self, encoding: str) -> Any:
        """Return the content as text of this encoding."""
        with self.open(encoding=encoding) as file:
            return file.read()

    def readlines(self, cr: Any = 1) -> list[str]:
        """Return the lines, with or without their ends."""
        with self.open() as file:
            return list(file) if cr else file.read().split("\n")

    def write(self, data: Any, mode: str = "w", ensure: Any = 0) -> None:
        """Replace the content by bytes or by the text of an object."""
        if "b" not in mode:
            data = data.decode() if isinstance(data, bytes) else str(data)
        with self.open(mode, ensure) as file:
            file.write(data)

    def write_binary(self, data: bytes, ensure: Any = 0) -> None:
        """Replace the content by bytes."""
        self.write(data, "wb", ensure)

    def write_text(self, data: str, encoding: str, ensure: Any = 0) -> None:
        """Replace the content by text in this encoding."""
        self.write(data.encode(encoding), "wb", ensure)

    def mkdir(self, *others: Any) -> "LocalPath":
        """Make this directory, or one below it, and return its path."""
        made = self.join(*others)
        os.mkdir(made)
        return made

    def ensure(self, *others: Any, dir: Any = 0) -> "LocalPath":
        """Make a file or a directory unless it is there, and return its path."""
        path = self.join(*others)
        if dir:
            os.makedirs(path, exist_ok=True)
        elif not path.exists():
            path.write("", ensure=1)
        return path

    def ensure_dir(self, *others: Any) -> "LocalPath":
        """Make a directory unless it is there, and return its path."""
        return self.ensure(*others, dir=1)

    def remove(self, rec: Any = 1, ignore_errors: Any = 0) -> None:
        """Remove the file, or the directory with what is in it."""
        if not self.check(dir=1, link=0):
            os.remove(self._text)
        elif rec:
            shutil.rmtree(self._text, ignore_errors=bool(ignore_errors))
        else:
            os.rmdir(self._text)

    def copy(self, target: Any) -> None:
        """Copy the file, or the directory with what is in it."""
        if self.isdir():
            shutil.copytree(self._text, target, dirs_exist_ok=True)
        else:
            shutil.copy(self._text, target)

    def rename(self, target: Any) -> None:
        """Give it another path."""
        os.rename(self._text, target)

    move = rename

    def mksymlinkto(self, value: Any) -> None:
        """Make a symbolic link."""
        os.symlink(value, self._text)

    def chmod(self, mode: int) -> None:
        """Set the permissions."""
        os.chmod(self._text, mode)

    def chdir(self) -> "LocalPath":
        """Make this the current directory and return the one before."""
        before = LocalPath(os.getcwd())
        os.chdir(self._text)
        return before

    @contextlib.contextmanager
    def as_cwd(self) -> Iterator["LocalPath"]:
        """Make this the current directory in a block, which gets the one before."""
        before = self.chdir()
        try:
            yield before
        finally:
            before.chdir()


_PATHS = frozenset({str, LocalPath, pathlib.PosixPath, pathlib.PurePosixPath})
