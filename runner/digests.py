"""Digests that two parties compare: of a request, and of a request with its result.

A digest is the sha256, in hex, of canonical JSON. The request is encoded once for both digests,
since it is by far the larger part.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence

from runner.models import (
    AssertTest,
    Evidence,
    ExecutionRequest,
    ExecutionStatus,
    Limits,
    SuiteTest,
    Test,
    TestResult,
    canonical,
    content_bytes,
)

_spell = json.JSONEncoder(ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode
_quote = json.encoder.encode_basestring_ascii

#: Fields of a test that may hold any plain value; the others are texts and numbers.
_ANY_VALUE = frozenset(("args", "kwargs", "expected"))

#: Most requests have these limits, so they are serialised once.
_DEFAULT_LIMITS: Limits = ExecutionRequest.model_fields["limits"].default
_LIMITS_OF_FILES = frozenset(("files_bytes", "files_count"))

#: Fields of a suite that enter the digest only if they differ from the default.
_SUITE = {name: SuiteTest.model_fields[name].default for name in ("module", "doctest")}


class Digests:
    """A request and the settings that make its execution repeatable, as input of a digest.

    Args:
        request: The request.
        determinism: The settings.
    """

    def __init__(self, request: ExecutionRequest, determinism: Mapping[str, str]) -> None:
        self._text = _canonical_request(request, determinism)

    def of_request(self) -> str:
        """Return the digest of the request alone: if it differs, verdicts may differ."""
        return _sha256(self._text)

    def of_result(self, status: ExecutionStatus, tests: Sequence[TestResult]) -> str:
        """Return the digest of the request and the statuses, without times or texts."""
        answers = ",".join([f'[{test.index},"{test.status}"]' for test in tests])
        result = f'{{"status":"{status}","tests":[{answers}]}}'
        return _sha256(f'{{"request":{self._text},"result":{result}}}')


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _canonical_request(request: ExecutionRequest, determinism: Mapping[str, str]) -> str:
    """Return the canonical JSON of a request; assembled by hand, since every request needs it."""
    limits, entry_point = request.limits, request.entry_point
    spelled = {
        "code": _quote(request.code),
        "determinism": _object({name: _quote(word) for name, word in determinism.items()}),
        "entry_point": "null" if entry_point is None else _quote(entry_point),
        "judge_setup": _quote(request.judge_setup),
        "limits": _DEFAULT_LIMITS_SPELLED if limits is _DEFAULT_LIMITS else _limits(limits),
        "setup": _quote(request.setup),
        "tests": f"[{','.join(map(_test, request.tests))}]",
        "timeout": repr(request.timeout),
    }
    # Fields added later enter only if they differ from the default: old digests stay valid.
    if request.classes:
        spelled["classes"] = _spell(request.classes)
    if request.files is not None:
        spelled["files"] = _files(request.files, limits)
    if request.min_evidence is not Evidence.NONE:
        spelled["min_evidence"] = _quote(request.min_evidence.value)
    return _object(spelled)


def _limits(limits: Limits) -> str:
    """Return the canonical JSON of the limits that do not concern files."""
    fields = vars(limits).items()
    return _spell({name: value for name, value in fields if name not in _LIMITS_OF_FILES})


_DEFAULT_LIMITS_SPELLED = _limits(_DEFAULT_LIMITS)


def _files(files: Mapping[str, bytes | str], limits: Limits) -> str:
    contents = {
        name: hashlib.sha256(content_bytes(content)).hexdigest() for name, content in files.items()
    }
    return _spell({"contents": contents, "most": [limits.files_bytes, limits.files_count]})


def _object(spelled: Mapping[str, str]) -> str:
    return "{" + ",".join([f'"{name}":{spelled[name]}' for name in sorted(spelled)]) + "}"


def _test(test: Test) -> str:
    if isinstance(test, AssertTest):
        return f'{{"code":{_quote(test.code)},"kind":"assert"}}'
    if isinstance(test, SuiteTest):
        fields = vars(test).items()
        return _spell({name: value for name, value in fields if value != _SUITE.get(name)})
    # Not model_dump(): it copies, and rejects nested values that the worker accepts.
    return _spell(
        {
            name: canonical(value) if name in _ANY_VALUE else value
            for name, value in vars(test).items()
        }
    )
