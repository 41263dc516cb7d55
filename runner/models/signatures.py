"""The keywords of calls, for type checkers: the types that models accept for each field.

The models check the same at run time. A test compares the names with those of the models.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Literal, Required, TypedDict

from runner.models.base import Evidence
from runner.models.requests import BaseTest, CallChecker, Checker, ExecutionRequest, Limits

CheckerLike = Checker | Literal["exact", "lines", "tokens", "floats", "unordered", "decimals"]
CallCheckerLike = CallChecker | Literal["value", "exact", "unordered", "wrapped"]
EvidenceLike = Evidence | Literal["none", "objects", "values"]

#: A string is an assert or check snippet.
TestLike = BaseTest | str | Mapping[str, Any]

#: A request, a mapping with its fields, or a pair of code and tests.
RequestLike = ExecutionRequest | Mapping[str, Any] | tuple[str, Iterable[TestLike]] | list[Any]


class RequestFields(TypedDict, total=False):
    """The fields of an ``ExecutionRequest`` beside code and tests."""

    setup: str
    judge_setup: str
    entry_point: str | None
    classes: Iterable[str]
    min_evidence: EvidenceLike
    timeout: float
    limits: Limits | Mapping[str, Any]
    files: Mapping[str, bytes | str] | None
    request_id: str | None


class WholeRequest(RequestFields, total=False):
    """All fields of an ``ExecutionRequest``."""

    code: Required[str]
    tests: Required[Iterable[TestLike]]


class StdioFields(TypedDict, total=False):
    """The fields of a ``StdioTest``."""

    kind: Literal["stdio"]
    stdin: Required[str]
    stdout: Required[str]
    checker: CheckerLike
    atol: float
    rtol: float
    checker_code: str | None


class CallFields(TypedDict, total=False):
    """The fields of a ``CallTest``."""

    kind: Literal["call"]
    function: Required[str]
    args: Iterable[Any]
    kwargs: Mapping[str, Any]
    expected: Any
    expected_from: str | None
    atol: float
    rtol: float
    checker: CallCheckerLike
    checker_code: str | None


class RunFields(TypedDict, total=False):
    """The fields of a ``RunRequest`` beside program and input."""

    args: Iterable[str]
    setup: str
    timeout: float
    limits: Limits | Mapping[str, Any]
    files: Mapping[str, bytes | str] | None
    request_id: str | None


class WholeRun(RunFields, total=False):
    """All fields of a ``RunRequest``."""

    code: Required[str]
    stdin: str
