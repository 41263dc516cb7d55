"""What a test's library does with descriptors, on files of the solution: by paths instead.

``tempfile``, ``shutil.rmtree``, and ``Path.touch``.
"""

import contextlib
import os
import pathlib
import shutil
import tempfile
from collections.abc import Iterator
from typing import Any, Self

from .replacing import replaced

_real_open = os.open


class _NamedFile:
    """A file that is deleted when it is closed."""

    def __init__(self, file: Any, name: str, *, delete: bool, on_close: bool) -> None:
        self.file, self.name = file, name
        self._deletes, self._on_close = delete, on_close

    def __getattr__(self, attribute: str) -> Any:
        return getattr(self.file, attribute)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.file)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
        self._delete()

    def close(self) -> None:
        """Close it, and delete it unless the end of the ``with`` block will."""
        self.file.close()
        if self._on_close:
            self._delete()

    def _delete(self) -> None:
        if self._deletes:
            self._deletes = False
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.name)


def _new_name(suffix: str | None, prefix: str | None, directory: Any) -> str:
    return tempfile.mktemp(suffix or "", prefix or "tmp", directory)  # noqa: S306 - no other process


def _named_file(  # noqa: PLR0913, PLR0917 - the signature is the standard library's
    mode: str = "w+b",
    buffering: int = -1,
    encoding: str | None = None,
    newline: str | None = None,
    suffix: str | None = None,
    prefix: str | None = None,
    dir: Any = None,
    delete: Any = 1,
    *,
    errors: str | None = None,
    delete_on_close: Any = 1,
) -> Any:
    name = _new_name(suffix, prefix, dir)
    file = open(name, mode, buffering, encoding, errors, newline)  # noqa: SIM115 - it is returned
    return _NamedFile(file, name, delete=bool(delete), on_close=bool(delete_on_close))


def _make_file(
    suffix: str | None = None,
    prefix: str | None = None,
    dir: Any = None,
    _text: Any = None,
    **_: Any,
) -> tuple[int, str]:
    """Return the name of a new file, and a descriptor that can only be closed."""
    name = _new_name(suffix, prefix, dir)
    open(name, "xb").close()
    return _real_open(os.devnull, os.O_RDONLY), name


def _touch(self: pathlib.Path, mode: int | None = None, exist_ok: Any = 1) -> None:
    """Make a file, or give it the present time."""
    new_mode = None if mode is None or self.exists() else mode
    open(self, "ab" if exist_ok else "xb").close()
    os.utime(self)
    if new_mode is not None:
        self.chmod(new_mode)


_REPLACEMENTS: tuple[tuple[Any, str, Any], ...] = (
    (tempfile, "NamedTemporaryFile", _named_file),
    (tempfile, "mkstemp", _make_file),
    (pathlib.Path, "touch", _touch),
    (shutil, "_use_fd_functions", False),  # ``rmtree`` then uses paths
)


def lent() -> contextlib.AbstractContextManager[None]:
    """Return a context manager in which temporary files are made by ``open`` and ``os``."""
    return replaced(*_REPLACEMENTS)
