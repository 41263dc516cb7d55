"""The inputs of ``runner eval``, problems and optional samples, as executions."""

import argparse
import sys
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import NamedTuple, NoReturn

from runner import datasets
from runner.cli.exits import InputError
from runner.cli.render import one_line
from runner.datasets import Problem, Sample
from runner.datasets.fences import without_fence
from runner.errors import DatasetError
from runner.models import ExecutionRequest

#: Most task names that are kept only to detect duplicates.
_NAMES_MAX = 100_000


class NumberedRequest(NamedTuple):
    """One request, and the number of its solution among the samples of the task, from 1."""

    request: ExecutionRequest
    sample: int | None


class Inputs:
    """Reads the files of an evaluation, one execution at a time.

    All problems are held in memory only if there are samples.

    Args:
        options: Options of the command line.
        tell: Whether to report skipped rows.

    Attributes:
        skipped: Number of skipped rows.
        unanswered: Tasks without a sample; empty until all samples have been read.
    """

    def __init__(self, options: argparse.Namespace, *, tell: bool) -> None:
        self._options = options
        self._tell = tell
        self.skipped = 0
        self.unanswered: list[str] = []

    def executions(self) -> Iterator[NumberedRequest]:
        """Yield the executions that are asked for.

        Raises:
            RunnerError: A file is not valid, or a row is not valid and must not be skipped.
        """
        limit = self._options.limit
        found = self._own() if self._options.samples is None else self._sampled()
        first = next(found, None)
        if first is None:
            self._nothing_in(self._options.samples or self._options.problems)
        yield first
        # No row is read beyond the last requested one.
        yield from found if limit is None else islice(found, limit - 1)

    def _own(self) -> Iterator[NumberedRequest]:
        found = (self._execution(problem) for problem in self._problems(_NAMES_MAX))
        return islice(filter(None, found), self._options.limit_tasks)

    def _execution(self, problem: Problem) -> NumberedRequest | None:
        code = problem.reference
        if self._options.extract_code and code is not None:
            code = without_fence(code, problem.subject) or code
        try:
            return NumberedRequest(self._request(problem, code), None)
        except DatasetError as error:  # it has no solution of its own
            self._pass_over(DatasetError(f"{problem.where}: {error}"))
            return None

    def _sampled(self) -> Iterator[NumberedRequest]:
        problems = {problem.task_id: problem for problem in self._problems(sys.maxsize)}
        if not problems:
            self._nothing_in(self._options.problems)
        counts = dict.fromkeys(islice(problems, self._options.limit_tasks), 0)
        for sample in datasets.read_samples(self._options.samples, skip=self._pass_over):
            problem = self._problem_of(sample, problems)
            if problem is not None and problem.task_id in counts:
                counts[problem.task_id] += 1
                code = sample.code(problem, extract=self._options.extract_code)
                yield NumberedRequest(self._request(problem, code), counts[problem.task_id])
        self.unanswered = [task_id for task_id, count in counts.items() if not count]

    def _request(self, problem: Problem, code: str | None) -> ExecutionRequest:
        options = self._options
        return problem.request(code, timeout=options.timeout, min_evidence=options.min_evidence)

    def _problems(self, names_max: int) -> Iterator[Problem]:
        """Yield the problems; of several with one name, the first."""
        seen: dict[str, str] = {}
        for problem in datasets.load(self._options.problems, skip=self._pass_over):
            first = seen.get(problem.task_id)
            if first is None:
                if len(seen) < names_max:
                    seen[problem.task_id] = problem.where
                yield problem
                continue
            reason = f"the task_id {problem.task_id[:100]!r} appears twice, first in {first}"
            self._pass_over(DatasetError(f"{problem.where}: {reason}; give each its own"))

    def _problem_of(self, sample: Sample, problems: Mapping[str, Problem]) -> Problem | None:
        found = (problems.get(name) for name in _spellings(sample.task_id))
        problem = next(filter(None, found), None)
        if problem is None:
            reason = f"no problem has the task_id {sample.task_id[:100]!r}"
            first = next(iter(problems))[:100]
            self._pass_over(
                DatasetError(f"{sample.where}: {reason}; the first one there is: {first}")
            )
        return problem

    def _pass_over(self, error: DatasetError) -> None:
        if not self._options.skip_bad_rows:
            raise InputError(f"{error}; --skip-bad-rows passes over such rows") from error
        self.skipped += 1
        if self._tell:
            sys.stderr.write(f"passed over: {one_line(str(error), 1000)}\n")

    def _nothing_in(self, path: object) -> NoReturn:
        what = "problem" if str(path) == str(self._options.problems) else "sample"
        why = f"; {self.skipped} rows were passed over" if self.skipped else ""
        raise InputError(f"{path}: there is no {what} in it that can be executed{why}")


def _spellings(task_id: str) -> Iterator[str]:
    """Yield possible names of a problem: those of MBPP are numbers in some files."""
    yield task_id
    owner, _, number = task_id.rpartition("/")
    if not owner or owner.lower() == "mbpp":
        yield from (f"MBPP/{number}", f"Mbpp/{number}")
