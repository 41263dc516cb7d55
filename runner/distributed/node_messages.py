"""Answers of nodes as JSON: results, errors and greetings."""

import json
from typing import Any

from runner.distributed.models import Greeting
from runner.errors import ConfigurationError, PoolClosedError, PoolTimeoutError, RunnerError
from runner.models import ExecutionResult

#: Errors that are passed on to the caller unchanged.
_CALLERS_ERRORS: dict[str, type[RunnerError]] = {
    kind.__name__: kind for kind in (ConfigurationError, PoolClosedError, PoolTimeoutError)
}


class NodeError(Exception):
    """A node cannot serve; the message gives the reason."""


def dump_result(result: ExecutionResult) -> str:
    """Return a result as ASCII JSON."""
    return json.dumps({"result": result.model_dump(mode="json")})


def dump_error(error: RunnerError) -> str:
    """Return an error as ASCII JSON."""
    return json.dumps({"error": type(error).__name__, "message": str(error)})


def load_answer(text: str) -> ExecutionResult:
    """Return the result that a node sent.

    Raises:
        RunnerError: It sent an error for the caller.
        NodeError: It sent an error of the node itself.
    """
    answer = json.loads(text)
    if "error" in answer:
        kind = _CALLERS_ERRORS.get(answer["error"])
        raise _node_error(answer) if kind is None else kind(answer["message"])
    return ExecutionResult.model_validate(answer["result"])


def load_greeting(text: str) -> Greeting:
    """Return the greeting that a node sent.

    Raises:
        NodeError: It sent an error instead.
    """
    fields = json.loads(text)
    if "error" in fields:
        raise _node_error(fields)
    return Greeting.model_validate(fields)


def _node_error(answer: dict[str, Any]) -> NodeError:
    return NodeError(f"{answer['error']}: {answer['message']}")
