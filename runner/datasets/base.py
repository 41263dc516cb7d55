"""Problems, the common form of all data sets' rows, and samples of solutions."""

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from pydantic import ValidationError, model_validator

from runner.datasets.fences import whole, without_fence
from runner.datasets.rows import OnBadRow, as_path, read_rows, stop
from runner.errors import DatasetError
from runner.models import Evidence, ExecutionRequest, Limits, Model, Test, Text, explain
from runner.models.files import Files
from runner.pool.inputs import as_request

_FUTURE = re.compile(r"^from\s+__future__\s+import", re.MULTILINE)


class Problem(Model):
    """One task with its tests.

    Attributes:
        task_id: Its name in the data set.
        prompt: Text that a completion continues; empty if solutions are complete.
        reference: The data set's own complete solution; None if it has none.
        tests: The tests.
        setup: Trusted code for solution and judge, such as helpers that the prompt defines.
        judge_setup: Trusted code for the judge alone.
        prelude: A line before every solution, such as imports that it may rely on.
        entry_point: Name of the function under test, if the data set gives it.
        classes: Names of the classes that the task asks for, if the data set gives them.
        files: Data files for solution and tests, by relative path; None if there are none.
        min_evidence: Weakest evidence of a pass.
        where: File and line, for messages.
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
    files: Files | None = None
    min_evidence: Evidence = Evidence.NONE
    where: Text = ""

    @property
    def subject(self) -> str | None:
        """Name of the function or class that a solution must define; None if unknown."""
        return self.entry_point or next(iter(self.classes), None)

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
            code: A complete solution.
            timeout: Seconds per test.
            limits: The request's limits; the defaults if omitted.
            min_evidence: Weakest evidence of a pass, if stronger than the problem's own.

        Raises:
            ConfigurationError: The timeout or the evidence is not valid, the problem's
                ``judge_setup`` defines a name that the solution must define, or its files exceed
                the limits.
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
                "files": self.files,
                "min_evidence": self._stronger(min_evidence),
                "timeout": timeout,
                "limits": limits or Limits(),
                "request_id": self.task_id,
            }
        )

    def _stronger(self, given: Evidence | str) -> Evidence | str:
        known = [level.value for level in Evidence]
        if given not in known:
            return given  # the request's own check raises the error
        return max(self.min_evidence, Evidence(given), key=lambda level: level.rank)


class Sample(Model):
    """One solution to a problem: a completion of its prompt, or a complete solution.

    Attributes:
        task_id: The problem's name.
        completion: Text that continues the problem's prompt.
        solution: A complete solution, instead.
        where: File and line, for messages.
    """

    task_id: Text
    completion: Text | None = None
    solution: Text | None = None
    where: Text = ""

    @model_validator(mode="after")
    def _check_one_is_there(self) -> Self:
        if (self.completion is None) == (self.solution is None):
            raise ValueError("needs either a 'completion' or a 'solution'")
        return self

    def code(self, problem: Problem, *, extract: bool = False) -> str:
        """Return the complete solution.

        Args:
            problem: The problem.
            extract: Whether to take the code out of a Markdown fence, if there is one.
        """
        if self.solution is not None:
            found = without_fence(self.solution, problem.subject) if extract else None
            return self.solution if found is None else found
        completion = self.completion or ""
        found = without_fence(completion, problem.subject) if extract else None
        if found is None:
            return problem.prompt + completion
        return whole(problem.prompt, found, problem.subject)


def read_samples(source: str | Path, *, skip: OnBadRow = stop) -> Iterator[Sample]:
    """Yield the samples of a file of JSON lines; unknown fields are ignored.

    Args:
        source: Path of the file.
        skip: Called with the error of a bad row, which is then passed over; without it, the first
            bad row ends the reading.

    Raises:
        DatasetError: The file or a row is not valid; the message names file and line.
    """
    with contextlib.closing(read_rows(as_path(source), skip)) as rows:
        for row in rows:
            given = {name: row.fields.get(name) for name in ("completion", "solution")}
            try:
                sample = Sample(task_id=row.name("task_id"), where=row.where, **given)
            except DatasetError as error:
                skip(error)
            except ValidationError as error:
                seen = f"its fields are {sorted(row.fields)}"
                skip(DatasetError(f"{row.where}: {explain(error, 'sample')}; {seen}"))
            else:
                yield sample
