"""Reads input files of commands, and checks output files before the work begins."""

import errno
import os
from collections.abc import Iterable
from pathlib import Path

from runner.cli.exits import InputError
from runner.errors import with_remedy


def read_bytes(path: Path) -> bytes:
    """Return the content of a file.

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
        return read_bytes(path).decode("utf-8-sig")  # some editors write a byte order mark
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8: {error}; save the file as UTF-8") from error


def read_solution(path: Path) -> str:
    """Return the text of a solution, whatever its bytes are.

    Bytes that are not UTF-8 become surrogates, on which Python reports an error: they lead to a
    verdict, not to an error of the command.

    Raises:
        InputError: It cannot be read.
    """
    return read_bytes(path).decode("utf-8-sig", "surrogateescape")


def read_named(paths: Iterable[Path]) -> dict[str, bytes | str]:
    """Return the contents of files by their names in the work directory of a solution.

    Raises:
        InputError: One cannot be read, or two have the same name.
    """
    found: dict[str, bytes | str] = {}
    for path in paths:
        name = path.name if path.is_absolute() else path.as_posix()
        if name in found:
            raise InputError(f"--file {path}: another file has the name {name} already")
        found[name] = read_bytes(path)
    return found


def check_outputs(inputs: Iterable[Path], outputs: Iterable[Path]) -> None:
    """Check output files before the work begins; no output may replace an input.

    Raises:
        InputError: An output cannot be written, or is named twice.
    """
    # Not Path.resolve, which raises on cyclic links.
    taken = set(map(os.path.realpath, inputs))
    for path in outputs:
        if hindrance := _hindrance(path):
            raise InputError(f"cannot write {path}: {hindrance}")
        if (real := os.path.realpath(path)) in taken:
            raise InputError(f"cannot write {path}: it is named twice; give each file its own name")
        taken.add(real)


def _hindrance(path: Path) -> str | None:
    """Return why a file cannot be written, None if no reason is known in advance."""
    if path.is_dir():
        return "it is a directory; give the path of a file"
    if not path.parent.is_dir():
        return "its directory does not exist"
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        return with_remedy(os.strerror(errno.EACCES))
    return None
