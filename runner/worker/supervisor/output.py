"""What a test prints, as the supervisor collects it."""

import contextlib
import os


class CapturedOutput:
    """What a test writes to one descriptor, up to a limit."""

    def __init__(self, fd: int, limit: int) -> None:
        self.fd = fd
        self._limit = limit
        self._kept = bytearray()
        self.truncated = False

    def read(self) -> bool:
        """Take what is there, up to what a pipe holds; return False at the end of the stream."""
        try:
            data = os.read(self.fd, 1 << 16)
        except BlockingIOError:
            return True
        self._keep(data)
        return bool(data)

    def drain(self) -> None:
        """Take everything."""
        with contextlib.suppress(BlockingIOError):
            while not self.truncated and (data := os.read(self.fd, 1 << 16)):
                self._keep(data)

    def _keep(self, data: bytes) -> None:
        room = self._limit - len(self._kept)
        self._kept += data[:room]
        self.truncated = self.truncated or len(data) > room

    def text(self) -> str:
        """Return what was kept, as text."""
        return self._kept.decode("utf-8", "replace")
