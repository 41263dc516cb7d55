"""Temporary files in memory: a subject cannot open files, and honest programs use ``tempfile``."""

import io
import itertools
import tempfile
from typing import IO, Any

_serial = itertools.count(1)

_real = tempfile.TemporaryFile, tempfile.NamedTemporaryFile


class _Memory(io.BytesIO):
    """Bytes with a name; the memory is the program's own, and ends with it."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


def _temporary_file(  # noqa: PLR0913 - the signature is the standard library's
    mode: str = "w+b",
    _buffering: int = -1,
    encoding: str | None = None,
    newline: str | None = None,
    suffix: str | None = None,
    prefix: str | None = None,
    dir: str | None = None,
    *,
    errors: str | None = None,
    **_: Any,
) -> IO[Any]:
    """Return a file that has a name but exists nowhere."""
    name = f"{dir or '/tmp'}/{prefix or 'tmp'}{next(_serial):08d}{suffix or ''}"  # noqa: S108
    memory = _Memory(name)
    if "b" in mode:
        return memory
    return io.TextIOWrapper(memory, encoding or "utf-8", errors, newline, write_through=True)


def install() -> None:
    """Put them in place of the standard library's, in this process and all that it forks."""
    module: Any = tempfile
    module.TemporaryFile = module.NamedTemporaryFile = _temporary_file
    module.tempdir = "/tmp"  # noqa: S108 - or the first use would look for a directory to write to


def uninstall() -> None:
    """Restore the standard library's own functions, which need a directory."""
    module: Any = tempfile
    module.TemporaryFile, module.NamedTemporaryFile = _real
