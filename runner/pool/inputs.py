"""Turns the arguments of callers into requests, or raises an error that names the mistake."""

from collections.abc import Collection, Iterable, Mapping, Sized
from typing import Any, cast

from pydantic import ValidationError

from runner.errors import ConfigurationError
from runner.models import ExecutionRequest, RunRequest, explain, ordered_items

_FIELDS = tuple(ExecutionRequest.model_fields)


def as_request(
    item: object, tests: object = None, fields: Mapping[str, Any] | None = None
) -> ExecutionRequest:
    """Return the request for a caller's arguments.

    Args:
        item: A request, a mapping with its fields, a pair of code and tests, or code.
        tests: The tests, if ``item`` is code.
        fields: The request's other fields, if ``item`` is code.

    Raises:
        ConfigurationError: It is none of these, or a field is wrong; the message names it.
    """
    if not fields and (plain := _plain(item, tests)) is not None:
        return plain
    given = dict(fields or {})
    if tests is not None:
        given["tests"] = tests
    match item:
        case ExecutionRequest() | Mapping() if given:
            raise ConfigurationError(f"{', '.join(given)}: set these fields in the request itself")
        case ExecutionRequest():
            return item
        case Mapping():
            return _build(dict(item))
        case str():
            return _build({"code": item, **given})
        case (code, pair_tests) if tests is None:
            return _build({"code": code, "tests": pair_tests, **given})
        case _:
            raise ConfigurationError(_no_request(item, tests))


def _plain(item: object, tests: object) -> ExecutionRequest | None:
    """Return the request of code and asserts alone, the most common case; otherwise None."""
    code: object = item
    if tests is None and type(item) in (tuple, list) and len(cast(Sized, item)) == 2:
        code, tests = cast(Iterable[object], item)
    if type(code) is not str or type(tests) not in (tuple, list):
        return None
    asserts = cast(Collection[object], tests)
    if not all(type(test) is str for test in asserts):
        return None
    return ExecutionRequest.of_asserts(code, cast(Iterable[str], asserts))


def _no_request(item: object, tests: object) -> str:
    if isinstance(item, bytes | bytearray):
        return "a request is not made of bytes: decode the code, as in code.decode('utf-8')"
    if isinstance(item, list) and isinstance(tests, str):
        return "code and tests are swapped: the code is the first argument"
    return (
        "a request is an ExecutionRequest, a mapping with its fields, a (code, tests) pair, or code"
        f" and tests, not {type(item).__name__}"
    )


def as_run(
    code: object, stdin: str = "", fields: Mapping[str, Any] | None = None
) -> ExecutionRequest:
    """Return the request that runs a program.

    Args:
        code: A ``RunRequest``, or the program.
        stdin: Its standard input, if ``code`` is the program.
        fields: The request's other fields, if ``code`` is the program.

    Raises:
        ConfigurationError: It is neither, or a field is wrong; the message names it.
    """
    if isinstance(code, RunRequest):
        if stdin or fields:
            raise ConfigurationError(
                f"{', '.join(['stdin'] * bool(stdin) + [*(fields or ())])}: set these fields in"
                " the RunRequest itself"
            )
        return code.as_execution()
    if not isinstance(code, str):
        raise ConfigurationError(
            f"a program is its text, or a RunRequest, not {type(code).__name__}"
        )
    return RunRequest(code=code, stdin=stdin, **(fields or {})).as_execution()


def as_items(requests: object) -> list[object]:
    """Return the items of a batch.

    Raises:
        ConfigurationError: ``requests`` is a single request, or not a list.
    """
    try:
        items = list(ordered_items("requests", requests))
    except TypeError as error:
        raise ConfigurationError("requests: asynchronous ones need `stream`") from error
    if items and isinstance(items[0], str):
        raise ConfigurationError(
            "requests must be a list of requests, of which each is a (code, tests) pair; its first"
            " item is a string"
        )
    return items


def check_max_retries(value: object) -> int:
    """Return a valid number of attempts: an integer from 1 to 100.

    Raises:
        ConfigurationError: It is not valid.
    """
    if type(value) is not int or not 1 <= value <= 100:
        shown = f"{value!r:.60}"
        raise ConfigurationError(f"max_retries: must be an integer from 1 to 100 (got {shown})")
    return value


def check_timeout(value: object) -> float:
    """Return a valid timeout in seconds: a number, 0 or more.

    Raises:
        ConfigurationError: It is not valid.
    """
    if type(value) not in (int, float) or not 0 <= value < 1e9:  # type: ignore[operator]
        raise ConfigurationError(f"timeout: must be seconds, 0 or more (got {value!r:.60})")
    return float(value)  # type: ignore[arg-type]


def _build(fields: dict[Any, Any]) -> ExecutionRequest:
    try:
        return ExecutionRequest.model_validate(fields)
    except ValidationError as error:
        raise ConfigurationError(explain(error, "request", _FIELDS)) from error
