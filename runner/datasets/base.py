"""Rows of JSON lines, and what every data set's row becomes: a problem."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, Self

from pydantic import ValidationError, model_validator

from runner.config import explain
from runner.errors import DatasetError
from runner.models import ExecutionRequest, Limits, Model, Test, Text


class Problem(Model):
    """One task with its tests.

    Attributes:
        task_id: Its name in the data set.
        prompt: What a completion continues; empty if solutions stand alone.
        reference: The data set's own solution, whole.
        tests: The tests.
        setup: Trusted code for solution and judge, such as helpers that the prompt defines.
        judge_setup: Trusted code for the judge alone.
        entry_point: Name of the function under test, where the data set tells it.
    """

    task_id: Text
    prompt: Text = ""
    reference: Text
    tests: tuple[Test, ...]
    setup: Text = ""
    judge_setup: Text = ""
    entry_point: Text | None = None

    def request(
        self, code: str | None = None, *, timeout: float = 5.0, limits: Limits | None = None
    ) -> ExecutionRequest:
        """Return the request that tests ``code``, or the reference solution if omitted.

        Args:
            code: A whole solution.
            timeout: Seconds per test.
            limits: The request's limits; the defaults if omitted.
        """
        return ExecutionRequest(
            code=self.reference if code is None else code,
            tests=self.tests,
            setup=self.setup,
            judge_setup=self.judge_setup,
            entry_point=self.entry_point,
            timeout=timeout,
            limits=limits or Limits(),
        )


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

    def texts(self, name: str) -> list[str]:
        """Return a field that is a list of strings, empty if it is missing.

        Raises:
            DatasetError: It is something else.
        """
        value = self.fields.get(name, [])
        if not isinstance(value, list) or not all(type(item) is str for item in value):
            raise DatasetError(f"{self.where}: the field {name!r} must be a list of strings")
        return value


def read_rows(path: Path) -> Iterator[Row]:
    """Yield the objects of a file of JSON lines, plain or gzipped, one at a time.

    Raises:
        DatasetError: The file cannot be read, or a line is no JSON object.
    """
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield _row(f"{path}:{number}", line)
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise DatasetError(
            f"cannot read {path}: {error}; it must be JSON lines in UTF-8"
        ) from error


def _row(where: str, line: str) -> Row:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DatasetError(f"{where}: not JSON: {error}; one object per line is needed") from error
    if not isinstance(fields, dict):
        raise DatasetError(f"{where}: an object is needed, not {type(fields).__name__}")
    return Row(where, fields)


def read_samples(path: Path) -> Iterator[Sample]:
    """Yield the solutions of a file of JSON lines; other fields than ours are passed over.

    Raises:
        DatasetError: The file or a row is not valid.
    """
    for row in read_rows(path):
        known = {key: row.fields[key] for key in Sample.model_fields if key in row.fields}
        if "task_id" in known:
            known["task_id"] = str(known["task_id"])
        try:
            yield Sample(**known)
        except ValidationError as error:
            raise DatasetError(f"{row.where}: {explain(error, 'sample')}") from error
