"""Tasks of an environment, and their construction from rows of data sets."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, Self

from runner.datasets import humaneval
from runner.datasets.rows import Row
from runner.errors import ConfigurationError, DatasetError


@dataclasses.dataclass(frozen=True)
class Task:
    """One problem to solve.

    Attributes:
        id: Its name.
        question: The question for the model.
        tests: Snippets that raise on failure.
        reference: The data set's own complete solution; empty if it has none.
        metadata: Other facts of the data set.
    """

    id: str
    question: str
    tests: tuple[str, ...]
    reference: str = ""
    metadata: Mapping[str, Any] = dataclasses.field(default_factory=dict)


class TaskSource(Protocol):
    """A source of tasks for an environment."""

    def next(self, *, seed: int | None = None, task_id: str | None = None) -> Any:
        """Return the task that belongs to a seed or has an id: a ``Task``, or a row of a data set.

        An object with ``id``, ``payload`` (a row) and ``metadata`` is accepted as well.
        """
        ...


class TaskList:
    """Tasks by number: a seed selects the task ``seed % len(tasks)``."""

    def __init__(self, tasks: Sequence[Task]) -> None:
        if not tasks:
            raise DatasetError("there is no task in it")
        self._tasks = tasks

    def __len__(self) -> int:
        return len(self._tasks)

    @classmethod
    def of(cls, rows: Iterable[object]) -> Self:
        """Return a list of tasks from tasks or rows of a data set.

        Raises:
            DatasetError: An item is neither.
        """
        return cls([as_task(row, f"task_source[{index}]") for index, row in enumerate(rows)])

    def next(self, *, seed: int | None = None, task_id: str | None = None) -> Task:
        """Return the task with this id, otherwise that of the seed, otherwise the first one.

        Raises:
            ConfigurationError: No task has this id, or the seed is not an integer.
        """
        if task_id is None:
            return self._tasks[as_seed(seed or 0) % len(self._tasks)]
        for task in self._tasks:
            if task.id == task_id:
                return task
        raise ConfigurationError(f"task_id: no task is called {task_id!r:.60}")


def as_seed(given: Any) -> int:
    """Return the seed as an integer.

    Raises:
        ConfigurationError: It is not an integer.
    """
    try:
        return int(given)
    except (TypeError, ValueError, OverflowError) as error:
        raise ConfigurationError(f"seed: must be an integer (got {given!r:.60})") from error


def as_task(found: object, where: str) -> Task:
    """Return the task for a result of a source.

    Args:
        found: A task, a row of HumanEval or MBPP, or an object whose ``payload`` is such a row.
        where: Name of the source, for messages.

    Raises:
        DatasetError: It has another type, or a field is missing.
    """
    if isinstance(found, Task):
        return found
    payload = getattr(found, "payload", found)
    if not isinstance(payload, Mapping):
        raise DatasetError(f"{where}: a task or a row is needed, not {type(found).__name__}")
    task = _from_row(Row(where, dict(payload)))
    if payload is found:
        return task
    return dataclasses.replace(
        task,
        id=str(getattr(found, "id", task.id)),
        metadata=getattr(found, "metadata", None) or task.metadata,
    )


def _from_row(row: Row) -> Task:
    if "test_list" in row.fields:
        return _from_mbpp(row)
    if "test" in row.fields:
        return _from_humaneval(row)
    if "tests" in row.fields:
        question = _text(row, "question", "text", "prompt")
        return Task(_id(row), question, tuple(row.texts("tests")), _text(row, "code"))
    raise DatasetError(
        f"{row.where}: it has neither 'test_list' (MBPP) nor 'test' (HumanEval) nor 'tests'"
    )


def _from_mbpp(row: Row) -> Task:
    """Return a task with the row's three asserts; the challenge tests do not count here.

    MBPP's text does not name the function, so the question ends with its signature.
    """
    setup = [*row.texts("test_imports"), str(row.fields.get("test_setup_code") or "")]
    before = "\n".join(filter(None, setup))
    reference = _text(row, "code", "reference_solution")
    question = _text(row, "question")
    if not question:
        signature = _signature(reference)
        question = _text(row, "text", "prompt")
        question += f"\n\n{signature}\n    pass" if signature else ""
    return Task(
        id=_id(row),
        question=question,
        tests=tuple(f"{before}\n{test}" if before else test for test in row.texts("test_list")),
        reference=reference,
    )


def _from_humaneval(row: Row) -> Task:
    """Return a task with one test, which includes the prompt's helpers.

    Without them a test that calls such a helper would get the solution's own version of it.
    """
    helpers = humaneval.problem(row).setup if row.fields.keys() >= humaneval.FIELDS else ""
    entry_point = row.name("entry_point")
    question = _text(row, "question", "prompt")
    completion = _text(row, "canonical_solution", "reference_solution")
    return Task(
        id=_id(row),
        question=question,
        tests=(f"{helpers}{row.text('test')}\ncheck({entry_point})",),
        reference=question + completion if completion else "",
    )


def _text(row: Row, *names: str) -> str:
    """Return the first of these fields that exists, otherwise ""."""
    return next((row.text(name) for name in names if name in row.fields), "")


def _id(row: Row) -> str:
    return str(row.fields.get("task_id", row.where))


def _signature(code: str) -> str:
    lines = (line.strip() for line in code.split("\n"))
    return next((line for line in lines if line.startswith("def ")), "")
