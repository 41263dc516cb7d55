"""Rows of JSON lines, and what every data set's row becomes: a problem."""

import gzip
import json
import os
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, Self

from pydantic import ValidationError, model_validator

from runner.errors import DatasetError, with_remedy
from runner.models import Evidence, ExecutionRequest, Limits, Model, Test, Text, explain
from runner.pool.inputs import as_request

#: What stands between the items of a list.
_NEXT = re.compile(r"[\s,]*")
_FUTURE = re.compile(r"^from\s+__future__\s+import", re.MULTILINE)


class Problem(Model):
    """One task with its tests.

    Attributes:
        task_id: Its name in the data set.
        prompt: What a completion continues; empty if solutions stand alone.
        reference: The data set's own solution, whole; None if it has none.
        tests: The tests.
        setup: Trusted code for solution and judge, such as helpers that the prompt defines.
        judge_setup: Trusted code for the judge alone.
        prelude: A line that is put before every solution, such as imports that it may rely on.
        entry_point: Name of the function under test, where the data set tells it.
        classes: Names of the classes that the task asks for, where the data set tells them.
        min_evidence: What a pass must rest on at least.
    """

    task_id: Text
    prompt: Text = ""
    reference: Text | None = None
    tests: tuple[Test, ...]
    setup: Text = ""
    judge_setup: Text = ""
    prelude: Text = ""
    entry_point: Text | None = None
    classes: tuple[Text, ...] = ()
    min_evidence: Evidence = Evidence.NONE

    def request(
        self,
        code: str | None = None,
        *,
        timeout: float = 5.0,
        limits: Limits | None = None,
        min_evidence: Evidence | str = Evidence.NONE,
    ) -> ExecutionRequest:
        """Return the request that tests ``code``, or the reference solution if omitted.

        Its ``request_id`` is the task's.

        Args:
            code: A whole solution.
            timeout: Seconds per test.
            limits: The request's limits; the defaults if omitted.
            min_evidence: What a pass must rest on, if that is more than the problem's own.

        Raises:
            ConfigurationError: The timeout or the level of evidence is not one, or the problem's
                ``judge_setup`` defines what the solution is to define.
            DatasetError: There is no reference solution.
        """
        solution = self.reference if code is None else code
        if solution is None:
            raise DatasetError(
                f"{self.task_id}: the data set has no solution of its own: give one (on the command"
                " line with --samples)"
            )
        # It must stay the first statement; such code brings its own imports.
        prelude = "" if _FUTURE.search(solution) else self.prelude
        return as_request(
            {
                "code": prelude + solution,
                "tests": self.tests,
                "setup": self.setup,
                "judge_setup": self.judge_setup,
                "entry_point": self.entry_point,
                "classes": self.classes,
                "min_evidence": self._stronger(min_evidence),
                "timeout": timeout,
                "limits": limits or Limits(),
                "request_id": self.task_id,
            }
        )

    def _stronger(self, given: Evidence | str) -> Evidence | str:
        known = [level.value for level in Evidence]
        if given not in known:
            return given  # the request says what is wrong with it
        return max(self.min_evidence, Evidence(given), key=lambda level: level.rank)


class Sample(Model):
    """One solution to a problem: a completion of its prompt, or a whole solution."""

    task_id: Text
    completion: Text | None = None
    solution: Text | None = None

    @model_validator(mode="after")
    def _check_one_is_there(self) -> Self:
        if (self.completion is None) == (self.solution is None):
            raise ValueError("needs either a 'completion' or a 'solution'")
        return self

    def code(self, problem: Problem) -> str:
        """Return the whole solution."""
        if self.solution is not None:
            return self.solution
        return problem.prompt + (self.completion or "")


class Row(NamedTuple):
    """One line of a file, with where it stands, for messages."""

    where: str
    fields: dict[str, Any]

    def text(self, name: str) -> str:
        """Return a field that must be a string.

        Raises:
            DatasetError: It is missing, or something else.
        """
        value = self.fields.get(name)
        if type(value) is not str:
            found = "is missing" if name not in self.fields else f"is {type(value).__name__}"
            raise DatasetError(f"{self.where}: the field {name!r} must be a string, but {found}")
        return value

    def name(self, name: str) -> str:
        """Return a field that must be a string or a number and not empty, as a string.

        Raises:
            DatasetError: It is missing, empty, or something else.
        """
        value = self.fields.get(name)
        if type(value) not in (str, int) or value == "":
            raise DatasetError(
                f"{self.where}: the field {name!r} must be a name, not {value!r:.60}"
            )
        return str(value)

    def texts(self, name: str) -> list[str]:
        """Return a field that is a list of strings, empty if it is missing.

        Raises:
            DatasetError: It is something else.
        """
        value = self.fields.get(name, [])
        if not isinstance(value, list) or not all(type(item) is str for item in value):
            raise DatasetError(f"{self.where}: the field {name!r} must be a list of strings")
        return value

    def optional(self, name: str) -> str:
        """Return a field that is a string, empty if it is missing or null.

        Raises:
            DatasetError: It is something else.
        """
        return "" if self.fields.get(name) is None else self.text(name)

    def embedded(self, name: str) -> Any:
        """Return a field that is a value, or the JSON text of one.

        Raises:
            DatasetError: It is missing, or its text is not JSON.
        """
        return self.parsed(name, self.fields.get(name))

    def parsed(self, name: str, value: Any) -> Any:
        """Return a value, or what it says if it is the JSON text of one; ``name`` is for people.

        Raises:
            DatasetError: It is None, or its text is not JSON.
        """
        if value is None:
            raise DatasetError(f"{self.where}: the field {name!r} is missing")
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except (ValueError, RecursionError) as error:
            raise DatasetError(f"{self.where}: the field {name!r} is not JSON: {error}") from error

    def task_id(self) -> str:
        """Return the row's name, or where it stands in its file if it has none."""
        for name in ("task_id", "question_id", "problem_id", "id", "name"):
            if self.fields.get(name) not in (None, ""):
                return self.name(name)
        extra = self.fields.get("extra_info")
        if isinstance(extra, dict) and type(extra.get("index")) is int:
            return f"{extra.get('split', 'row')}/{extra['index']}"
        return f"row/{self.where.rpartition(':')[2]}"


def read_rows(path: Path) -> Iterator[Row]:
    """Yield the objects of a file of JSON lines, plain or gzipped, one at a time.

    Raises:
        DatasetError: The file cannot be read, or a line is no JSON object.
    """
    for where, value in read_values(path):
        if not isinstance(value, dict):
            raise DatasetError(f"{where}: an object is needed, not {type(value).__name__}")
        yield Row(where, value)


def read_values(path: Path) -> Iterator[tuple[str, Any]]:
    """Yield where each line of a file of JSON lines stands, and its value, one at a time.

    A file ``.json`` may also hold one list; it is read into memory as a whole.

    Raises:
        DatasetError: The file cannot be read, or a line is no JSON.
    """
    if path.suffix == ".json":
        text = _decoded(str(path), b"".join(_lines(path)))
        if text.lstrip().startswith("["):
            yield from _items(path, text)
            return
    for number, line in enumerate(_lines(path), 1):
        if line.strip():
            where = f"{path}:{number}"
            yield where, _value(where, line)


def _items(path: Path, text: str) -> Iterator[tuple[str, Any]]:
    """Yield the items of a list, each with the line on which it begins."""
    decoder, line, seen = json.JSONDecoder(), 1, 0
    position = text.index("[") + 1
    while True:
        position = _NEXT.match(text, position).end()  # type: ignore[union-attr]
        line, seen = line + text.count("\n", seen, position), position
        if text.startswith("]", position):
            return
        try:
            value, position = decoder.raw_decode(text, position)
        except (ValueError, RecursionError) as error:
            raise DatasetError(f"{path}:{line}: not JSON: {error}") from error
        yield f"{path}:{line}", value


def _lines(path: Path) -> Iterator[bytes]:
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rb") as file:
            yield from file
    except (OSError, EOFError, zlib.error) as error:
        reason = with_remedy(error)
        raise DatasetError(
            f"cannot read {path}: {reason}; a file of JSON lines is needed, plain or .gz"
        ) from error


def _value(where: str, line: bytes) -> Any:
    text = _decoded(where, line)
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DatasetError(f"{where}: not JSON: {error}; one value per line is needed") from error


def _decoded(where: str, data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")  # some editors begin a file with a byte order mark
    except UnicodeDecodeError as error:
        raise DatasetError(f"{where}: not UTF-8: {error}; save the file as UTF-8") from error


def as_path(given: object) -> Path:
    """Return the path of a file that a caller means.

    Raises:
        DatasetError: It is none.
    """
    if not isinstance(given, str | os.PathLike):
        kind = type(given).__name__
        raise DatasetError(f"the path of a file of JSON lines is needed, not {kind}")
    return Path(given)


def read_samples(source: str | Path) -> Iterator[Sample]:
    """Yield the solutions of a file of JSON lines; other fields than ours are passed over.

    Raises:
        DatasetError: The file or a row is not valid.
    """
    for row in read_rows(as_path(source)):
        known = {key: row.fields[key] for key in Sample.model_fields if key in row.fields}
        if "task_id" in known:
            known["task_id"] = str(known["task_id"])
        try:
            yield Sample(**known)
        except ValidationError as error:
            raise DatasetError(f"{row.where}: {explain(error, 'sample')}") from error
