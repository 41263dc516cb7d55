"""Files that the commands read as a whole."""

from pathlib import Path

from runner.cli.exits import InputError
from runner.errors import with_remedy


def read_bytes(path: Path) -> bytes:
    """Return what is in a file.

    Raises:
        InputError: It cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path}: {with_remedy(error)}") from error


def read_text(path: Path) -> str:
    """Return the text of a file.

    Raises:
        InputError: It cannot be read, or is not UTF-8.
    """
    try:
        return read_bytes(path).decode("utf-8-sig")  # some editors begin with a byte order mark
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8: {error}; save the file as UTF-8") from error
