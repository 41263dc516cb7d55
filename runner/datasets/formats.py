"""The formats of rows, recognised by their fields, in order of priority.

Some rows hold their tests in two notations. The stronger one has priority: expected values that a
reference computes, then code, then inputs and outputs.
"""

from collections.abc import Callable
from typing import NamedTuple

from runner.datasets import classeval, competition, cruxeval, evalplus, humaneval, mbpp, plain
from runner.datasets.base import Problem
from runner.datasets.rows import Row
from runner.errors import DatasetError


class Format(NamedTuple):
    """One format.

    Attributes:
        name: The data sets that have it.
        known_by: Alternative sets of fields; a row must have all fields of one.
        read: Returns the problem of a row.
    """

    name: str
    known_by: tuple[frozenset[str], ...]
    read: Callable[[Row], Problem]

    def fits(self, fields: frozenset[str]) -> bool:
        """Return True if these are the fields of such a row."""
        return any(wanted <= fields for wanted in self.known_by)

    def needed(self) -> str:
        """Return the fields of this format, for messages."""
        return " or ".join(", ".join(sorted(wanted)) for wanted in self.known_by)


def _any_of(*names: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset({name}) for name in names)


FORMATS = (
    Format("EvalPlus", _any_of("base_input", "plus_input"), evalplus.problem),
    Format("MBPP, MBPP+", _any_of("test_list"), mbpp.problem),
    Format("ClassEval", (frozenset({"test", "class_name"}),), classeval.problem),
    Format(
        "HumanEval, BigCodeBench, LeetCodeDataset, KodCode",
        _any_of("test", "test_code"),
        humaneval.problem,
    ),
    Format("rows of one's own", _any_of("tests"), plain.problem),
    Format(
        "LiveCodeBench",
        _any_of("public_test_cases", "private_test_cases"),
        competition.livecodebench,
    ),
    Format("APPS, TACO", _any_of("input_output"), competition.inputs_and_outputs),
    Format("PRIME", _any_of("reward_model"), competition.prime),
    Format("CodeContests", _any_of(*competition.CODE_CONTESTS), competition.code_contests),
    Format("open-r1, AceCode", _any_of("verification_info", *competition.CASES), competition.cases),
    Format(
        "inputs and outputs", (frozenset({"inputs", "outputs"}),), competition.inputs_and_outputs
    ),
    Format("CRUXEval", (frozenset({"code", "input", "output"}),), cruxeval.problem),
)


def format_of(row: Row) -> Format:
    """Return the format of a row, by its non-empty fields, otherwise by all of its fields.

    Raises:
        DatasetError: The format is unknown; the message lists the row's fields and those of known
            formats.
    """
    for fields in (frozenset(filter(row.has, row.fields)), frozenset(row.fields)):
        for each in FORMATS:
            if each.fits(fields):
                return each
    needed = "; ".join(f"{each.needed()} ({each.name})" for each in FORMATS)
    raise DatasetError(
        f"{row.where}: unknown kind of row with the fields {sorted(row.fields)}; its tests are"
        f" looked for in these fields: {needed}"
    )
