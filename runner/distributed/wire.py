"""Requests and answers as JSON, without loss: what travels between a client and its nodes.

Nothing is pickled but strings. A test's values go as the bytes that judges read, since JSON has no
tuples, sets or bytes, and a verdict or a digest could depend on the difference.
"""

import base64
import json
from typing import Any, NoReturn

from runner.distributed.models import Greeting
from runner.errors import ConfigurationError, PoolClosedError, PoolTimeoutError, RunnerError
from runner.models import CallTest, ExecutionRequest, ExecutionResult, Test
from runner.worker.protocol.plain_values import decode_plain, encode_plain

#: Errors that mean the same to a caller wherever they were raised.
_CALLERS_ERRORS: dict[str, type[RunnerError]] = {
    kind.__name__: kind for kind in (ConfigurationError, PoolClosedError, PoolTimeoutError)
}

#: What of a ``CallTest`` may be any plain value.
_VALUES = ("args", "kwargs", "expected")


class NodeError(Exception):
    """A node says that it cannot serve; the message says why."""


def dump_request(request: ExecutionRequest) -> str:
    """Return a request as ASCII JSON.

    Raises:
        ConfigurationError: A test holds a value that cannot cross to a worker.
    """
    fields = request.model_dump(mode="json", exclude={"tests"})
    tests = [_dump_test(index, test) for index, test in enumerate(request.tests)]
    return json.dumps({**fields, "tests": tests})


def load_request(text: str) -> ExecutionRequest:
    """Return the request that ``dump_request`` wrote."""
    fields = json.loads(text)
    fields["tests"] = tuple(map(_load_test, fields["tests"]))
    return ExecutionRequest.model_validate(fields)


def dump_result(result: ExecutionResult) -> str:
    """Return a result as ASCII JSON."""
    return json.dumps({"result": result.model_dump(mode="json")})


def dump_error(error: RunnerError) -> str:
    """Return an error as ASCII JSON."""
    return json.dumps({"error": type(error).__name__, "message": str(error)})


def load_answer(text: str) -> ExecutionResult:
    """Return the result that a node sent.

    Raises:
        RunnerError: It sent an error that is the caller's.
        NodeError: It sent an error that is its own.
    """
    answer = json.loads(text)
    if "error" in answer:
        _raise(answer)
    return ExecutionResult.model_validate(answer["result"])


def load_greeting(text: str) -> Greeting:
    """Return the greeting that a node sent.

    Raises:
        NodeError: It sent an error instead.
    """
    fields = json.loads(text)
    if "error" in fields:
        raise NodeError(f"{fields['error']}: {fields['message']}")
    return Greeting.model_validate(fields)


def _raise(answer: dict[str, Any]) -> NoReturn:
    kind = _CALLERS_ERRORS.get(answer["error"])
    if kind is None:
        raise NodeError(f"{answer['error']}: {answer['message']}")
    raise kind(answer["message"])


def _dump_test(index: int, test: Test) -> dict[str, Any]:
    if not isinstance(test, CallTest):
        return test.model_dump(mode="json")
    try:
        values = encode_plain([getattr(test, name) for name in _VALUES])
    except (TypeError, ValueError, RecursionError) as error:
        what = f"tests[{index}] holds a value that cannot cross"
        raise ConfigurationError(f"{what}: {error}") from error
    fields = test.model_dump(mode="json", exclude=set(_VALUES))
    return {**fields, "values": base64.b64encode(values).decode("ascii")}


def _load_test(fields: dict[str, Any]) -> dict[str, Any]:
    if (values := fields.pop("values", None)) is not None:
        fields.update(zip(_VALUES, decode_plain(base64.b64decode(values)), strict=True))
    return fields
