"""The payload of a RUN frame: a request as the worker reads it."""

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Any, assert_never

from runner.errors import ConfigurationError
from runner.models import (
    AssertTest,
    CallTest,
    CheckTest,
    ExecutionRequest,
    ProgramTest,
    StdioTest,
    SuiteTest,
    Test,
    canonical_json,
    content_bytes,
)
from runner.worker.protocol.frames import MAX_PAYLOAD_BYTES
from runner.worker.protocol.plain_values import encode_plain

#: Share of a frame that the code alone may fill, in bytes of JSON.
_MAX_CODE_BYTES = MAX_PAYLOAD_BYTES // 2
#: The longest JSON escape of one character.
_ESCAPED_BYTES = 12


def run_payload(request: ExecutionRequest) -> dict[str, Any]:
    """Return the payload of the RUN frame for a request, but for its ``id``.

    Raises:
        ConfigurationError: A test holds a value that cannot cross to the worker.
    """
    return {
        "code": request.code,
        "setup": request.setup,
        "judge_setup": request.judge_setup,
        "entry_point": request.entry_point,
        "classes": list(request.classes),
        "min_evidence": request.min_evidence.value,
        "tests": [_test(index, test) for index, test in enumerate(request.tests)],
        "timeout_s": request.timeout,
        "limits": vars(request.limits),
        "files": None if request.files is None else _files(request.files),
    }


def _files(files: Mapping[str, bytes | str]) -> dict[str, str]:
    """Return contents in Base64 by name, sorted: in this order they are created."""
    return {
        name: base64.b64encode(content_bytes(files[name])).decode("ascii") for name in sorted(files)
    }


def too_long(request: ExecutionRequest) -> str | None:
    """Return the syntax error of a solution that is too long to be sent; otherwise None.

    The worker checks all code that it receives; this is for code that does not fit in a frame.
    """
    limit = request.limits.source_bytes
    if len(request.code) > limit:  # a character is at least one byte
        return f"SyntaxError: source code of more than {limit} bytes (Limits.source_bytes)"
    if len(request.code) * _ESCAPED_BYTES <= _MAX_CODE_BYTES:
        return None
    if len(json.dumps(request.code)) > _MAX_CODE_BYTES:
        return f"SyntaxError: source code of more than {_MAX_CODE_BYTES} bytes when escaped"
    return None


def _test(index: int, test: Test) -> dict[str, Any]:
    match test:
        case AssertTest() | CheckTest() | SuiteTest():
            return vars(test)  # all of it is texts
        case StdioTest():
            return {**vars(test), "checker": test.checker.value}
        case ProgramTest():
            return test.model_dump(mode="json")
        case CallTest():
            return {
                "kind": test.kind,
                "function": test.function,
                **_encoded(index, test),
                "atol": test.atol,
                "rtol": test.rtol,
                "checker": test.checker.value,
                "checker_code": test.checker_code,
                "expected_from": test.expected_from,
            }
        case _:
            assert_never(test)


def _encoded(index: int, test: CallTest) -> dict[str, str]:
    """Return arguments and expectation separately: they must not share objects in the judge."""
    parts = {"call": [test.args, test.kwargs], "expected": [test.expected]}
    try:
        return {
            name: base64.b64encode(_crossing(part)).decode("ascii") for name, part in parts.items()
        }
    except (TypeError, ValueError, RecursionError) as error:
        where, reason = next(_culprits(test), ("", error))
        said = "it is nested too deeply" if isinstance(reason, RecursionError) else reason
        raise ConfigurationError(
            f"tests[{index}]{where} cannot be sent to the worker: {said}; give a plain value"
            " (numbers, strings, bytes, lists, dicts and the like), or have an AssertTest make it"
        ) from error


def _crossing(value: object) -> bytes:
    canonical_json(value)  # raises now, not later in the digest
    return encode_plain(value)


def _culprits(test: CallTest) -> Iterator[tuple[str, Exception]]:
    """Yield each part of a call that cannot cross by itself, with the reason."""
    parts = {
        **{f".args[{index}]": value for index, value in enumerate(test.args)},
        **{f".kwargs[{name!r}]": value for name, value in test.kwargs.items()},
        ".expected": test.expected,
    }
    for where, value in parts.items():
        try:
            _crossing(value)
        except (TypeError, ValueError, RecursionError) as error:
            yield where, error
