"""Requests as JSON, without loss, for the way from a client to pools on other machines.

Only strings are ever pickled. The values of a test are sent in the judge's own encoding: JSON has
no tuples, sets or bytes, and a verdict or a digest could depend on the difference.
"""

import base64
import json
from collections.abc import Mapping
from typing import Any

from runner.errors import ConfigurationError
from runner.models import CallTest, ExecutionRequest, ProgramTest, RunRequest, Test
from runner.worker.protocol.plain_values import decode_plain, encode_plain

#: Fields of a ``CallTest`` that may hold any plain value.
_VALUES = ("args", "kwargs", "expected")


def dump_request(request: ExecutionRequest) -> str:
    """Return a request as ASCII JSON.

    Raises:
        ConfigurationError: A test holds a value that cannot cross to a worker.
    """
    fields = request.model_dump(mode="json", exclude={"tests"})
    tests = [_dump_test(index, test) for index, test in enumerate(request.tests)]
    return json.dumps({**fields, "tests": tests})


def load_request(text: str | bytes) -> ExecutionRequest:
    """Return the request that ``dump_request`` wrote.

    Raises:
        ValueError: It is not JSON, or not a request.
        RecursionError: It is nested too deeply.
    """
    return as_execution(json.loads(text))


def as_execution(fields: Mapping[str, Any]) -> ExecutionRequest:
    """Return the request with these fields, read from JSON by ``dump_request`` or by hand.

    Raises:
        ValueError: The fields are not those of a request.
    """
    tests = fields.get("tests")
    if not isinstance(tests, list):
        return ExecutionRequest.model_validate(fields)
    if len(tests) == 1 and isinstance(tests[0], dict) and tests[0].get("kind") == "program":
        return _as_run(fields, tests[0])
    return ExecutionRequest.model_validate({**fields, "tests": tuple(map(_load_test, tests))})


def _as_run(fields: Mapping[str, Any], test: dict[str, Any]) -> ExecutionRequest:
    """Return the request of a program, whose kind of test callers cannot write."""
    program = ProgramTest.model_validate(test)
    given = {name: value for name, value in fields.items() if name in RunRequest.model_fields}
    run = RunRequest.model_validate({**given, "stdin": program.stdin, "args": program.args})
    return run.as_execution()


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


def _load_test(test: object) -> object:
    if not isinstance(test, dict) or "values" not in test:
        return test
    fields = dict(test)
    try:
        values = decode_plain(base64.b64decode(fields.pop("values"), validate=True))
        fields.update(zip(_VALUES, values, strict=True))
    except (TypeError, ValueError) as error:
        raise ConfigurationError(f"values: not what `dump_request` writes: {error}") from error
    return fields
