"""The fixtures of pytest that every test can ask for."""

import contextlib
import io
import logging
import os
import pathlib
import re
import shutil
import sys
import tempfile
import types
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from ...boundary.ambient.replacements import delete_attribute, set_attribute
from ...codec.local_path import LocalPath
from .raising import WarningsRecorder

_MISSING = object()


class MonkeyPatch:
    """``monkeypatch``: changes that are undone at the end of the test."""

    def __init__(self) -> None:
        self._undo: list[Callable[[], Any]] = []

    @classmethod
    @contextlib.contextmanager
    def context(cls) -> Iterator["MonkeyPatch"]:
        """Return a context manager that undoes everything at its end."""
        patch = cls()
        try:
            yield patch
        finally:
            patch.undo()

    def setattr(self, target: Any, name: Any, value: Any = _MISSING, raising: bool = True) -> None:
        """Set an attribute of an object, or of what a dotted path names."""
        if isinstance(target, str) and value is _MISSING:
            target, name, value = *_resolved(target), name
        before = getattr(target, name, _MISSING)
        if raising and before is _MISSING:
            raise AttributeError(f"{target!r} has no attribute {name!r}")
        if isinstance(target, type):
            before = vars(target).get(name, _MISSING)
        self._restore_attribute(target, name, before)
        set_attribute(target, name, value)

    def delattr(self, target: Any, name: Any = _MISSING, raising: bool = True) -> None:
        """Delete an attribute of an object, or of what a dotted path names."""
        if isinstance(target, str) and name is _MISSING:
            target, name = _resolved(target)
        if not hasattr(target, name):
            if raising:
                raise AttributeError(name)
            return
        self._restore_attribute(target, name, getattr(target, name))
        delete_attribute(target, name)

    def _restore_attribute(self, target: Any, name: str, before: Any) -> None:
        if before is _MISSING:
            self._undo.append(lambda: delattr(target, name))
        else:
            self._undo.append(lambda: setattr(target, name, before))

    def setitem(self, target: Any, name: Any, value: Any) -> None:
        """Set an item of a mapping."""
        self._restore_item(target, name)
        target[name] = value

    def delitem(self, target: Any, name: Any, raising: bool = True) -> None:
        """Delete an item of a mapping."""
        if name not in target:
            if raising:
                raise KeyError(name)
            return
        self._restore_item(target, name)
        del target[name]

    def _restore_item(self, target: Any, name: Any) -> None:
        before = target.get(name, _MISSING)
        if before is _MISSING:
            self._undo.append(lambda: target.pop(name, None))
        else:
            self._undo.append(lambda: target.__setitem__(name, before))

    def setenv(self, name: str, value: str, prepend: str | None = None) -> None:
        """Set an environment variable."""
        if prepend and name in os.environ:
            value = f"{value}{prepend}{os.environ[name]}"
        self.setitem(os.environ, name, str(value))

    def delenv(self, name: str, raising: bool = True) -> None:
        """Delete an environment variable."""
        self.delitem(os.environ, name, raising)

    def syspath_prepend(self, path: Any) -> None:
        """Put a directory before all others from which modules are imported."""
        before = [*sys.path]
        self._undo.append(lambda: sys.path.__setitem__(slice(None), before))
        sys.path.insert(0, str(path))

    def chdir(self, path: Any) -> None:
        """Change the current directory."""
        before = os.getcwd()
        self._undo.append(lambda: os.chdir(before))
        os.chdir(path)

    def undo(self) -> None:
        """Undo all of it, the last change first."""
        while self._undo:
            self._undo.pop()()


def _resolved(path: str) -> tuple[Any, str]:
    """Return the object and the attribute that a dotted path names."""
    where, _, name = path.rpartition(".")
    if not where:
        raise TypeError(f"must be absolute import path string, not {path!r}")
    found = __import__(where.partition(".")[0])
    for part in where.split(".")[1:]:
        if not hasattr(found, part):
            __import__(f"{found.__name__}.{part}")
        found = getattr(found, part)
    return found, name


class Captured(NamedTuple):
    """What was printed."""

    out: str
    err: str


class CaptureFixture:
    """``capsys``: what is printed during the test, by the tests and by the solution."""

    #: For annotations.
    __class_getitem__: Any = classmethod(types.GenericAlias)

    def __init__(self) -> None:
        self._before = sys.stdout, sys.stderr
        self._kept = io.StringIO(), io.StringIO()
        sys.stdout, sys.stderr = self._kept

    def readouterr(self) -> Captured:
        """Return what was printed since the last time."""
        found = Captured(*(stream.getvalue() for stream in self._kept))
        for stream in self._kept:
            stream.seek(0)
            stream.truncate()
        return found

    @contextlib.contextmanager
    def disabled(self) -> Iterator[None]:
        """Return a context manager in which output is not captured."""
        sys.stdout, sys.stderr = self._before
        try:
            yield
        finally:
            sys.stdout, sys.stderr = self._kept

    def close(self) -> None:
        """Print what was not read, and capture no more."""
        sys.stdout, sys.stderr = self._before
        sys.stdout.write("".join(self.readouterr()))


class _Records(logging.Handler):
    def __init__(self) -> None:
        super().__init__(level=0)
        self.records: list[logging.LogRecord] = []
        self.texts: list[str] = []
        where = "%(levelname)-8s %(name)s:%(filename)s:%(lineno)d"
        self.setFormatter(logging.Formatter(f"{where} %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)
        self.texts.append(self.format(record))


class LogCapture:
    """``caplog``: what is logged during the test."""

    def __init__(self) -> None:
        self.handler = _Records()
        self._levels: list[tuple[logging.Logger, int]] = []
        logging.getLogger().addHandler(self.handler)

    @property
    def records(self) -> list[logging.LogRecord]:
        """The records."""
        return self.handler.records

    @property
    def messages(self) -> list[str]:
        """Their messages."""
        return [record.getMessage() for record in self.records]

    @property
    def text(self) -> str:
        """All of them as lines."""
        return "".join(f"{each}\n" for each in self.handler.texts)

    @property
    def record_tuples(self) -> list[tuple[str, int, str]]:
        """Logger, level and message of each."""
        return [(each.name, each.levelno, each.getMessage()) for each in self.records]

    def clear(self) -> None:
        """Forget what was logged."""
        self.handler.records.clear()
        self.handler.texts.clear()

    def set_level(self, level: Any, logger: str | None = None) -> None:
        """Set the level of a logger for this test."""
        found = logging.getLogger(logger)
        self._levels.append((found, found.level))
        found.setLevel(level)

    @contextlib.contextmanager
    def at_level(self, level: Any, logger: str | None = None) -> Iterator[None]:
        """Return a context manager with another level of a logger."""
        found = logging.getLogger(logger)
        before = found.level
        found.setLevel(level)
        try:
            yield
        finally:
            found.setLevel(before)

    def close(self) -> None:
        """Log as without this fixture."""
        for logger, level in reversed(self._levels):
            logger.setLevel(level)
        logging.getLogger().removeHandler(self.handler)


class Directories:
    """``tmp_path_factory``: directories that are gone when the suite has ended."""

    def __init__(self) -> None:
        self._base = pathlib.Path(tempfile.mkdtemp(prefix="pytest-"))

    def mktemp(self, basename: str, numbered: bool = True) -> pathlib.Path:
        """Return a new directory."""
        taken = len([*self._base.glob(f"{basename}*")])
        made = self._base / (f"{basename}{taken}" if numbered else basename)
        made.mkdir()
        return made

    def getbasetemp(self) -> pathlib.Path:
        """Return the directory in which they are."""
        return self._base

    def close(self) -> None:
        """Remove them."""
        shutil.rmtree(self._base, ignore_errors=True)


def _closed(make: Callable[[], Any]) -> Callable[[], Iterator[Any]]:
    """Return a fixture function that closes its value at the end."""

    def fixture() -> Iterator[Any]:
        made = make()
        try:
            yield made
        finally:
            made.close()

    return fixture


def _monkeypatch() -> Iterator[MonkeyPatch]:
    with MonkeyPatch.context() as patch:
        yield patch


def _recwarn() -> Iterator[WarningsRecorder]:
    with WarningsRecorder() as recorder:
        yield recorder


def _tmp_path(request: Any, tmp_path_factory: Directories) -> pathlib.Path:
    name = re.sub(r"\W", "_", request.node.name)[:30]
    return tmp_path_factory.mktemp(name)


class LocalDirectories:
    """``tmpdir_factory``: the same directories as paths of the older kind."""

    def __init__(self, factory: Directories) -> None:
        self._factory = factory

    def mktemp(self, basename: str, numbered: bool = True) -> LocalPath:
        """Return a new directory."""
        return LocalPath(self._factory.mktemp(basename, numbered))

    def getbasetemp(self) -> LocalPath:
        """Return the directory in which they are."""
        return LocalPath(self._factory.getbasetemp())


def _tmpdir_factory(tmp_path_factory: Directories) -> LocalDirectories:
    return LocalDirectories(tmp_path_factory)


def _tmpdir(tmp_path: pathlib.Path) -> LocalPath:
    return LocalPath(tmp_path)


#: The fixture by which all others get their directories.
DIRECTORIES = "tmp_path_factory"

#: Name to function and scope.
FIXTURES: dict[str, tuple[Callable[..., Any], str]] = {
    "capsys": (_closed(CaptureFixture), "function"),
    "capfd": (_closed(CaptureFixture), "function"),
    "caplog": (_closed(LogCapture), "function"),
    "monkeypatch": (_monkeypatch, "function"),
    "recwarn": (_recwarn, "function"),
    "tmp_path": (_tmp_path, "function"),
    "tmpdir": (_tmpdir, "function"),
    "tmpdir_factory": (_tmpdir_factory, "session"),
    DIRECTORIES: (_closed(Directories), "session"),
}
