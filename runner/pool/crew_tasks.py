"""Tasks of a thread crew for callers: steps of a request that have to wait."""

from collections.abc import Callable
from typing import Protocol

from runner.errors import PoolClosedError
from runner.models import ExecutionResult
from runner.pool.attempts import Attempts
from runner.pool.batch import Source, Work
from runner.pool.feeder import Feeder
from runner.pool.threads import ThreadCrew


class CrewTask(Protocol):
    """A task that has to be ended if its crew stops before running it."""

    def __call__(self) -> None:
        """Run the task."""
        ...

    def refuse(self, error: Exception) -> None:
        """End the task without running it."""
        ...


class StartFirst:
    """Starts a pool on its first use, and then submits the work.

    Args:
        source: The work.
        feeder: Starts the pool and returns its feeder.
    """

    def __init__(self, source: Source, feeder: Callable[[], Feeder]) -> None:
        self._source = source
        self._feeder = feeder

    def __call__(self) -> None:
        """Start, and submit."""
        try:
            feeder = self._feeder()
            taken = feeder.submit(self._source)
        except Exception as error:  # noqa: BLE001  # it is the outcome of this work
            self.refuse(error)
            return
        if not taken:
            self.refuse(PoolClosedError.of(feeder.name))

    def refuse(self, error: Exception) -> None:
        """Give up the work."""
        self._source.refuse(error)


class _Resume:
    """Makes the remaining attempts of a request."""

    def __init__(self, work: Work, attempts: Attempts) -> None:
        self._work = work
        self._attempts = attempts

    def __call__(self) -> None:
        self._deliver(self._attempts.resume)

    def refuse(self, error: Exception) -> None:
        """Deliver the result of the attempts made so far."""
        if self._attempts.made:
            self._deliver(self._attempts.result)
        else:
            self._work.fail(error)

    def _deliver(self, last: Callable[[], ExecutionResult]) -> None:
        try:
            result = last()
        except Exception as error:  # noqa: BLE001  # it is the outcome of this work
            self._work.fail(error)
        else:
            self._work.deliver(result)


def resume_in(crew: ThreadCrew[CrewTask], work: Work, attempts: Attempts) -> None:
    """Submit the remaining attempts of a request to a crew."""
    task = _Resume(work, attempts)
    if not crew.submit(task):
        task.refuse(attempts.closed_error())
