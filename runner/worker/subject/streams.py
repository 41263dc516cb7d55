"""Standard streams as Python makes them on Linux, and what becomes of them at a program's end."""

import contextlib
import io
import sys
from typing import Any

from . import files

_PRINTED_MAX = 64 * 1024


class _Echo(io.FileIO):
    """Raw standard output that remembers what passed since the judge last asked."""

    def __init__(self, fd: int) -> None:
        super().__init__(fd, "w", closefd=False)
        self._printed = bytearray()

    def write(self, data: Any) -> int:
        """Write to the descriptor, and keep a copy for the judge's ``redirect_stdout``."""
        count = super().write(data)
        room = _PRINTED_MAX - len(self._printed)
        if room > 0:
            self._printed += bytes(data[:count])[:room]
        return count

    def take(self) -> bytes:
        """Return the copy, and begin a new one."""
        if not self._printed:
            return b""
        taken, self._printed = bytes(self._printed), bytearray()
        return taken


class StandardStreams:
    """Takes the place of the interpreter's own streams, which nothing has used yet."""

    def __init__(self) -> None:
        self._echo = _Echo(1)
        self._out = _text(io.BufferedWriter(self._echo), "stdout")
        reader = io.BufferedReader(io.FileIO(0, closefd=False))
        sys.stdin = sys.__stdin__ = _text(reader, "stdin")  # type: ignore[misc]
        sys.stdout = sys.__stdout__ = self._out  # type: ignore[misc]
        self._errors = _text(io.BufferedWriter(io.FileIO(2, "w", closefd=False)), "stderr")
        sys.stderr = sys.__stderr__ = self._errors  # type: ignore[misc]

    def printed(self) -> str | None:
        """Return what was printed since the last time; None for nothing."""
        try:
            self._out.flush()
        except (OSError, ValueError):  # closed
            return None
        data = self._echo.take()
        return data.decode("utf-8", "replace") if data else None

    def flush(self) -> None:
        """Write what a program has left in its streams, or in those that it has put in their place.

        What a program has printed counts, even if it has closed, detached or deleted a stream.
        """
        theirs = (getattr(sys, name, None) for name in ("stdout", "stderr"))
        for stream in (*theirs, *files.opened.values(), self._out, self._errors):
            with contextlib.suppress(BaseException):
                stream.flush()


def _text(buffer: Any, name: str) -> Any:
    """Return a text stream like the interpreter's: lines end with a newline, and with that only.

    Errors are handled as in the locale C.UTF-8, which most containers have.
    """
    buffer.raw.name = f"<{name}>"
    is_error = name == "stderr"
    errors = "backslashreplace" if is_error else "surrogateescape"
    stream: Any = io.TextIOWrapper(buffer, "utf-8", errors, newline="\n", line_buffering=is_error)
    stream.mode = "r" if name == "stdin" else "w"
    return stream
