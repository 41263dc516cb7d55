"""Splits the engine's attach stream into standard output and standard error."""

import struct
from collections.abc import Callable

from runner.errors import TransportError

STDERR_TAIL_BYTES = 4096


class Tail:
    """The last ``STDERR_TAIL_BYTES`` of an unbounded text."""

    def __init__(self) -> None:
        self._kept = b""

    def add(self, data: bytes) -> None:
        """Append to the text."""
        self._kept = (self._kept + data)[-STDERR_TAIL_BYTES:]

    def text(self) -> str:
        """Return the end of the text that is kept."""
        return self._kept.decode("utf-8", "backslashreplace").strip()


class Demultiplexer:
    """Splits the engine's attach stream.

    Standard output and error arrive in chunks with an eight-byte header each, cut and joined at any
    place; the worker's frames lie inside the output's chunks.
    """

    _HEADER = struct.Struct(">BxxxL")
    _STDERR = 2

    def __init__(self, stderr: Callable[[bytes], None]) -> None:
        self._stderr = stderr
        self._header = b""
        self._left = 0
        self._to_stderr = False

    def feed(self, data: bytes) -> bytes:
        """Return the standard output in ``data`` and pass on its standard error.

        Raises:
            TransportError: This is not an attach stream.
        """
        output = []
        view = memoryview(data)
        while view:
            if not self._left:
                view = self._take_header(view)
                continue
            chunk, view = view[: self._left], view[self._left :]
            self._left -= len(chunk)
            if self._to_stderr:
                self._stderr(bytes(chunk))
            else:
                output.append(chunk)
        return b"".join(output)

    def _take_header(self, view: memoryview) -> memoryview:
        missing = self._HEADER.size - len(self._header)
        self._header += bytes(view[:missing])
        if len(self._header) == self._HEADER.size:
            number, self._left = self._HEADER.unpack(self._header)
            self._header = b""
            if number > self._STDERR:
                raise TransportError(f"the engine sent an unknown stream number {number}")
            self._to_stderr = number == self._STDERR
        return view[missing:]
