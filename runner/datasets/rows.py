"""Files of JSON lines as rows, each with its place in the file, and the fields of a row."""

import contextlib
import gzip
import io
import os
import re
import zlib
from collections.abc import Callable, Generator, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from runner.datasets.values import from_json, json_at
from runner.errors import DatasetError, with_remedy
from runner.models import brief

#: Callback for a bad row; reading continues if it returns.
OnBadRow = Callable[[DatasetError], None]

#: Separators between the items of a list.
_NEXT = re.compile(r"[\s,]*")
_GZIP = b"\x1f\x8b"


def stop(error: DatasetError) -> None:
    """Raise the error of the first bad row.

    Raises:
        DatasetError: The error, always.
    """
    raise error


class Row(NamedTuple):
    """One line of a file, with its place for messages."""

    where: str
    fields: dict[str, Any]

    def has(self, name: str) -> bool:
        """Return True if a field is present and neither null nor empty."""
        value = self.fields.get(name)
        return value is not None and value not in ("", [], {})

    def text(self, name: str) -> str:
        """Return a field that must be a string.

        Raises:
            DatasetError: It is missing, or has another type.
        """
        value = self.fields.get(name)
        if type(value) is not str:
            found = "is missing" if name not in self.fields else f"is {type(value).__name__}"
            raise DatasetError(f"{self.where}: the field {name!r} must be a string, but {found}")
        return value

    def name(self, name: str) -> str:
        """Return a field that must be a string or a number and not empty, as a string.

        Raises:
            DatasetError: It is missing or empty, or has another type.
        """
        value = self.fields.get(name)
        if type(value) is str and value:
            return value
        if type(value) is int and value.bit_length() <= 64:
            return str(value)
        raise DatasetError(
            f"{self.where}: the field {name!r} must be a name, not {brief(value, 60)}"
        )

    def texts(self, name: str) -> list[str]:
        """Return a field that is a list of strings, empty if it is missing or null.

        Raises:
            DatasetError: It is something else.
        """
        value = [] if self.fields.get(name) is None else self.fields[name]
        if not isinstance(value, list) or not all(type(item) is str for item in value):
            raise DatasetError(f"{self.where}: the field {name!r} must be a list of strings")
        return value

    def optional(self, *names: str) -> str:
        """Return the first of these fields that is not empty; "" if all are.

        Raises:
            DatasetError: It is not a string.
        """
        return next((self.text(name) for name in names if self.has(name)), "")

    def embedded(self, name: str) -> Any:
        """Return a field that is a value, or the JSON text of one.

        Raises:
            DatasetError: It is missing, or its text is not JSON.
        """
        return self.parsed(name, self.fields.get(name))

    def parsed(self, name: str, value: Any) -> Any:
        """Return a value, or the value of a JSON text; ``name`` is for messages.

        Raises:
            DatasetError: It is None, or its text is not JSON.
        """
        if value is None:
            raise DatasetError(f"{self.where}: the field {name!r} is missing")
        if not isinstance(value, str):
            return value
        try:
            return from_json(value)
        except (ValueError, RecursionError) as error:
            raise DatasetError(f"{self.where}: the field {name!r} is not JSON: {error}") from error

    def task_id(self) -> str:
        """Return the row's name, or its place in the file if it has none."""
        for name in ("task_id", "question_id", "problem_id", "id", "name"):
            if self.fields.get(name) not in (None, ""):
                return self.name(name)
        extra = self.fields.get("extra_info")
        if isinstance(extra, dict) and type(extra.get("index")) is int:
            return f"{extra.get('split', 'row')}/{extra['index']}"
        return f"row/{self.where.rpartition(':')[2]}"


def read_rows(path: Path, on_bad_row: OnBadRow = stop) -> Generator[Row, None, None]:
    """Yield the objects of a file of JSON lines, plain or gzipped, one at a time.

    Args:
        path: The file.
        on_bad_row: Called with the error of a line that is not a JSON object.

    Raises:
        DatasetError: The file cannot be read.
    """
    with contextlib.closing(read_values(path, on_bad_row)) as values:
        for where, value in values:
            if isinstance(value, dict):
                yield Row(where, value)
            else:
                kind = type(value).__name__
                on_bad_row(DatasetError(f"{where}: an object is needed, not {kind}"))


def read_values(path: Path, on_bad_row: OnBadRow = stop) -> Generator[tuple[str, Any], None, None]:
    """Yield the place and the value of each line of a file of JSON lines, one at a time.

    Empty lines are skipped. A ``.json`` file may also hold one list; then all of it is read into
    memory.

    Args:
        path: The file.
        on_bad_row: Called with the error of a line that is not JSON.

    Raises:
        DatasetError: The file cannot be read.
    """
    # Closes the file at once if the callback raises, not when its error is collected.
    with contextlib.closing(_lines(path)) as lines:
        if path.name.removesuffix(".gz").endswith(".json"):
            data = b"".join(lines)
            if data.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"["):
                yield from _items(path, _decoded(str(path), data), on_bad_row)
            else:
                yield from _values(path, io.BytesIO(data), on_bad_row)
        else:
            yield from _values(path, lines, on_bad_row)


def _values(path: Path, lines: Iterable[bytes], on_bad_row: OnBadRow) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(lines, 1):
        where = f"{path}:{number}"
        try:
            text = _decoded(where, line)
            value = _value(where, text) if text.strip() else None
        except DatasetError as error:
            on_bad_row(error)
            continue
        if text.strip():
            yield where, value


def _items(path: Path, text: str, on_bad_row: OnBadRow) -> Iterator[tuple[str, Any]]:
    """Yield the items of a list, each with the line on which it begins."""
    line, seen = 1, 0
    position = text.index("[") + 1
    while True:
        position = _NEXT.match(text, position).end()  # type: ignore[union-attr]
        line, seen = line + text.count("\n", seen, position), position
        if text.startswith("]", position):
            return
        try:
            value, position = json_at(text, position)
        except (ValueError, RecursionError) as error:
            reason = f"{path}:{line}: not JSON: {error}; what follows in the list cannot be read"
            on_bad_row(DatasetError(reason))
            return
        yield f"{path}:{line}", value


def _lines(path: Path) -> Generator[bytes, None, None]:
    """Yield the lines of a file, which is gzipped if its name or its first bytes say so."""
    try:
        with path.open("rb") as file:
            packed = path.suffix == ".gz" or file.peek(len(_GZIP)).startswith(_GZIP)
            yield from gzip.GzipFile(fileobj=file) if packed else file
    except (OSError, EOFError, zlib.error) as error:
        reason = with_remedy(error)
        raise DatasetError(
            f"cannot read {path}: {reason}; a file of JSON lines is needed, plain or gzipped"
        ) from error


def _value(where: str, text: str) -> Any:
    try:
        return from_json(text)
    except (ValueError, RecursionError) as error:
        advice = "; one value per line is needed"
        if text.lstrip().startswith("["):
            advice += ", or a list in a file whose name ends in .json"
        raise DatasetError(f"{where}: not JSON: {error}{advice}") from error


def _decoded(where: str, data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")  # some editors write a byte order mark
    except UnicodeDecodeError as error:
        raise DatasetError(f"{where}: not UTF-8: {error}; save the file as UTF-8") from error


def as_path(given: object) -> Path:
    """Return the argument as the path of a file.

    Raises:
        DatasetError: It is something else.
    """
    if not isinstance(given, str | os.PathLike):
        kind = type(given).__name__
        raise DatasetError(f"the path of a file of JSON lines is needed, not {kind}")
    return Path(given)
