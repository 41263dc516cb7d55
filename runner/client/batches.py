"""A batch at a service: items without an answer when a connection ends are sent again."""

import json
from collections.abc import Callable, Mapping

from runner.client.retrying import (
    RetryableError,
    RetryingCall,
    as_error,
    attempt,
    checked,
    is_retryable,
    understood,
)
from runner.client.servers import Server, Servers
from runner.errors import BackendError, RunnerError
from runner.models import ExecutionResult

Deliver = Callable[[int, ExecutionResult | RunnerError], None]

_CONTENT = {"content-type": "application/x-ndjson"}


class BatchCall:
    """Items that are sent as one request, and answered in any order.

    Args:
        items: Index to JSON.
        path: Path of the route.
        deliver: Called once with each outcome.
    """

    def __init__(self, items: Mapping[int, str], path: str, deliver: Deliver) -> None:
        self._left = dict(items)
        self._path = path
        self._deliver = deliver
        self._stopped = False

    def stop(self) -> None:
        """Send no more items; items that have begun are finished. Any thread may call this."""
        self._stopped = True

    def ask(self, servers: Servers, patience_s: float) -> None:
        """Send items until each has an outcome; errors of a service become outcomes."""
        call = RetryingCall(servers, patience_s)
        while self._left and not self._stopped:
            before = len(self._left)
            try:
                with servers.least_busy() as server:
                    problem = attempt(server, lambda server: self._ask(server, call.headers))
            except RetryableError as again:
                problem = again.problem
            except RunnerError as refusal:
                self._fail(refusal)
                return
            if len(self._left) < before:
                call.progressed()
            if self._left and not self._stopped:
                try:
                    call.wait_or_raise(problem)
                except RunnerError as final:
                    self._fail(final)

    def _ask(self, server: Server, headers: Mapping[str, str]) -> RunnerError:
        """Ask one service once; return why items are left, if they are."""
        body = "\n".join(f'{{"index": {index}, {text[1:]}' for index, text in self._left.items())
        problem: RunnerError = BackendError("the service left items out")
        sent = {**headers, **_CONTENT}
        with server.connections.answer(self._path, body.encode("ascii"), sent) as answer:
            for line in checked(server, answer):
                if self._stopped:
                    return problem
                problem = self._take(server, line) or problem
        if self._left:
            server.back_off()
        return problem

    def _take(self, server: Server, line: bytes) -> RunnerError | None:
        """Deliver the outcome in a line; return the error of an item that is to be sent again."""
        index, status, outcome = understood(server, lambda: _outcome(line))
        if index not in self._left:
            return None
        if not isinstance(outcome, ExecutionResult) and is_retryable(status, outcome):
            return outcome
        del self._left[index]
        self._deliver(index, outcome)
        return None

    def _fail(self, error: RunnerError) -> None:
        for index in list(self._left):
            del self._left[index]
            self._deliver(index, error)


def _outcome(line: bytes) -> tuple[int, int, ExecutionResult | RunnerError]:
    """Return index, status and outcome of an item, as a line of a service reports them."""
    told = json.loads(line)
    index = int(told["index"])
    if "result" in told:
        return index, 200, ExecutionResult.model_validate(told["result"])
    error = told["error"]
    return index, int(error["status"]), as_error(str(error["type"]), str(error["message"]))
