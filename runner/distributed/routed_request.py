"""One request that is routed to nodes, and its results so far. Independent of Ray."""

import itertools
from concurrent.futures import Future

from runner.models import ExecutionRequest, ExecutionResult
from runner.verdicts import attempt_that_counts, is_run, may_be_repeated


class RoutedRequest:
    """A request, the nodes that have tried it, and the future of its result.

    Args:
        request: What to execute.
        payload: The same as JSON.
        max_retries: Most attempts.
        received_at: When it was received.
    """

    def __init__(
        self, request: ExecutionRequest, payload: str, *, max_retries: int, received_at: float
    ) -> None:
        self.request = request
        self.payload = payload
        self.waits_since = received_at
        self.future: Future[ExecutionResult] = Future()
        self.tried: set[str] = set()
        self.left = max_retries
        self.results: list[ExecutionResult] = []

    def share(self, *, others: bool) -> int:
        """Return how many of its attempts the next node may make.

        One attempt is kept for another node, if there is one, since a whole machine may fail. But a
        node gets at least two attempts if two are left: its pool has to lose two sandboxes to
        distinguish code that kills them from an accident.
        """
        return self.left - 1 if others and self.left > 2 else self.left

    def add(self, result: ExecutionResult) -> bool:
        """Add a node's result; return True if another node should try."""
        self.results.append(result)
        self.left -= max(1, result.attempts)
        return self.left > 0 and may_be_repeated(result, is_run=is_run(self.request))

    def conclude(self) -> ExecutionResult:
        """Return the result of all attempts on all nodes, at least one."""
        results = self.results
        return attempt_that_counts(results).model_copy(
            update={
                "attempts": sum(result.attempts for result in results),
                "history": tuple(itertools.chain.from_iterable(r.history for r in results)),
                "queue_s": sum(result.queue_s for result in results),
            }
        )
