"""The file of ``--resume``: one line of JSON per finished execution, in order of completion.

An evaluation starts the executions in order of their number, with a bounded number under way. So a
line is close to the place of its number, and a bounded look-ahead finds it.
"""

import hashlib
import json
import os
from pathlib import Path
from typing import Any, NamedTuple, Self

from pydantic import ValidationError

from runner.cli.exits import InputError
from runner.errors import with_remedy
from runner.models import ExecutionRequest, ExecutionResult, canonical_json

#: Look-ahead in lines: more than the number of executions under way at any time.
LOOK_AHEAD = 10_000
#: Beginning of every line.
_BEGINNING = b'{"index": '


class _Place(NamedTuple):
    offset: int
    line: int


class Journal:
    """Finished executions by number: finds those of earlier runs, and appends new ones.

    Raises:
        InputError: The file cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._refuse_another_file()
            self._file = path.open("a+b", buffering=0)
            self._reader = path.open("rb")
            self._cut_torn_line()
        except OSError as error:
            raise InputError(f"cannot use {path}: {with_remedy(error)}") from error
        self._end = os.fstat(self._file.fileno()).st_size
        self._places: dict[int, _Place] = {}
        self._offset = self._line = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._reader.close()
        self._file.close()

    def find(self, index: int, request: ExecutionRequest) -> ExecutionResult | None:
        """Return the result of an earlier run, None if there is none; call in order of numbers.

        Raises:
            InputError: A line is damaged, or belongs to another input.
        """
        while index not in self._places and len(self._places) < LOOK_AHEAD and self._index_next():
            pass
        place = self._places.pop(index, None)
        if place is None:
            return None
        self._reader.seek(place.offset)
        entry = self._parsed(self._reader.readline(), place.line)
        if entry["question"] != _question(request):
            raise InputError(
                f"{self._path}:{place.line}: this result belongs to another input than execution"
                f" {index} ({request.request_id[:100]}): resume with the same problems, samples and"
                " options, or give another file"
            )
        try:
            return ExecutionResult.model_validate(entry["result"])
        except ValidationError as error:
            raise self._damaged(place.line) from error

    def add(self, index: int, request: ExecutionRequest, result: ExecutionResult) -> None:
        """Append an execution if its result is conclusive; others are executed again.

        Raises:
            InputError: The file cannot be written.
        """
        if not result.conclusive:
            return
        entry = {
            "index": index,
            "question": _question(request),
            "result": result.model_dump(mode="json"),
        }
        data = memoryview(json.dumps(entry).encode("ascii") + b"\n")
        try:
            while data:
                data = data[self._file.write(data) :]
        except OSError as error:
            raise InputError(f"cannot write {self._path}: {with_remedy(error)}") from error

    def _refuse_another_file(self) -> None:
        """Raise for a file of another origin, whose last line would be mistaken for a torn one."""
        if self._path.is_file():
            with self._path.open("rb") as file:
                if not _BEGINNING.startswith(file.read(len(_BEGINNING))):
                    raise self._damaged(1)

    def _cut_torn_line(self) -> None:
        """Remove the end of a file whose writer was killed in the middle of a line."""
        size = self._reader.seek(0, os.SEEK_END)
        keep = size
        while keep:
            start = max(0, keep - (1 << 16))
            self._reader.seek(start)
            found = self._reader.read(keep - start).rfind(b"\n")
            if found >= 0:
                keep = start + found + 1
                break
            keep = start
        if keep != size:
            self._file.truncate(keep)

    def _index_next(self) -> bool:
        """Index the next line; return False at the end of the earlier content."""
        if self._offset >= self._end:
            return False
        self._reader.seek(self._offset)
        data = self._reader.readline()
        place = _Place(self._offset, self._line + 1)
        entry = self._parsed(data, place.line)
        self._offset, self._line = self._offset + len(data), place.line
        self._places.setdefault(entry["index"], place)
        return True

    def _parsed(self, data: bytes, line: int) -> dict[str, Any]:
        try:
            entry = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise self._damaged(line) from error
        wanted = {"index": int, "question": str, "result": dict}
        if not isinstance(entry, dict) or any(
            type(entry.get(key)) is not kind for key, kind in wanted.items()
        ):
            raise self._damaged(line)
        return entry

    def _damaged(self, line: int) -> InputError:
        return InputError(
            f"{self._path}:{line}: not a line that --resume wrote: give another file, or remove it"
        )


def _question(request: ExecutionRequest) -> str:
    """Return a digest of all of a request that is asked."""
    fields = {name: getattr(request, name) for name in type(request).model_fields}
    fields["limits"] = request.limits.model_dump()
    fields["tests"] = [
        {name: getattr(test, name) for name in type(test).model_fields} for test in request.tests
    ]
    return hashlib.sha256(canonical_json(fields).encode("ascii")).hexdigest()[:32]
