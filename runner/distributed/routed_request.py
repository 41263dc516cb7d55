"""One request that is routed to nodes, and its results so far. Independent of Ray."""

import itertools
from collections.abc import Sequence
from concurrent.futures import Future

from runner.models import Blame, Cause, ExecutionRequest, ExecutionResult, ExecutionStatus


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
        self.received_at = received_at
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
        died = result.status is ExecutionStatus.PROCESS_ERROR
        again = died and result.cause != Cause.SHUTDOWN and result.blame is not Blame.TESTS
        return again and self.left > 0

    def conclude(self) -> ExecutionResult:
        """Return the result of all attempts on all nodes, at least one."""
        results = self.results
        return _final(results).model_copy(
            update={
                "attempts": sum(result.attempts for result in results),
                "history": tuple(itertools.chain.from_iterable(r.history for r in results)),
                "queue_s": sum(result.queue_s for result in results),
            }
        )


def _final(results: Sequence[ExecutionResult]) -> ExecutionResult:
    """Choose the result that counts by the rule for the attempts within one pool.

    A reported crash counts even if the next node was lost.
    """
    last = results[-1]
    if last.status is not ExecutionStatus.PROCESS_ERROR or last.blame is Blame.TESTS:
        return last
    return next((r for r in reversed(results) if r.blame is Blame.CODE), last)
