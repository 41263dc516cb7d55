"""Processes whose clocks a test reads."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def child(program: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process that has printed a line."""
    command = [sys.executable, "-I", "-S", "-c", program]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.read(1)
        try:
            yield process
        finally:
            process.kill()
