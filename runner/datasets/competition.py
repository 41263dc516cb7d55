"""APPS, CodeContests, LiveCodeBench and the like: inputs and outputs of programs and functions."""

import base64
import pickletools
import zlib
from typing import Any

from runner.datasets.base import Problem
from runner.datasets.cases import function_name, prelude, tests_from
from runner.datasets.fences import without_fence
from runner.datasets.rows import Row
from runner.datasets.values import from_json
from runner.errors import DatasetError
from runner.models import CallTest, Test

#: Largest unpacked list of cases, in bytes; that of LiveCodeBench is less than a tenth.
_UNPACKED_MAX_BYTES = 1 << 30

#: Opcodes of a pickle of one string.
_STRING_OPCODES = frozenset(
    "PROTO FRAME SHORT_BINUNICODE BINUNICODE BINUNICODE8 MEMOIZE BINPUT STOP".split()
)
#: Fields with tests of CodeContests, in the order in which they are executed.
CODE_CONTESTS = ("public_tests", "private_tests", "generated_tests", "official_tests")
#: Fields with a list of cases.
CASES = ("test_cases", "testcases", "testcase")
#: Fields with the data set's own solution; the first non-empty one counts.
_SOLUTIONS = (
    "solutions solution code canonical_solution reference_solution gold_standard_solution"
    " completion"
).split()
#: Those fields that hold an answer with the code in a fence.
_IN_FENCES = frozenset({"gold_standard_solution"})
#: Names of the solution's language in CodeContests.
_PYTHON_3 = frozenset({3, "PYTHON3"})


def inputs_and_outputs(row: Row) -> Problem:
    """Return the problem of a row of APPS or TACO, or of one with inputs and outputs at its top.

    Raises:
        DatasetError: A field is missing or of the wrong type, or there is no test.
    """
    given = row.embedded("input_output") if row.has("input_output") else row.fields
    return _problem(row, tests_from(row.where, given, function_of(row)))


def prime(row: Row) -> Problem:
    """Return the problem of a row of PRIME's code tasks: ``reward_model.ground_truth``.

    Raises:
        DatasetError: A field is missing or of the wrong type, or there is no test.
    """
    model = row.embedded("reward_model")
    truth = model.get("ground_truth") if isinstance(model, dict) else None
    return _problem(row, tests_from(row.where, row.parsed("ground_truth", truth), function_of(row)))


def livecodebench(row: Row) -> Problem:
    """Return the problem of a row of LiveCodeBench.

    Its private cases are JSON, or JSON as a pickled string that is compressed (zlib) and in Base64.
    The string is parsed from the pickle's opcodes; nothing is unpickled.

    Raises:
        DatasetError: A field is missing or of the wrong type, or there is no test.
    """
    cases = [*_cases(row, "public_test_cases"), *_cases(row, "private_test_cases")]
    return _problem(row, tests_from(row.where, cases, function_of(row)))


def code_contests(row: Row) -> Problem:
    """Return the problem of a row of CodeContests: public, private and generated tests of programs.

    Raises:
        DatasetError: A field is missing or of the wrong type, or there is no test.
    """
    tests: list[Test] = []
    for name in CODE_CONTESTS:
        given = row.embedded(name) if row.has(name) else []
        if given and given != {"input": [], "output": []}:
            tests += tests_from(f"{row.where}: {name}", given, function_of(row))
    return _problem(row, tuple(tests) or tests_from(row.where, [], None))


def cases(row: Row) -> Problem:
    """Return the problem of a row with a list of ``{input, output, type?, fn_name?}``, or asserts.

    Raises:
        DatasetError: A field is missing or of the wrong type, or there is no test.
    """
    info = row.embedded("verification_info") if row.has("verification_info") else row.fields
    info = info if isinstance(info, dict) else {}
    name = next((name for name in CASES if info.get(name)), CASES[0])
    return _problem(row, tests_from(row.where, row.parsed(name, info.get(name)), function_of(row)))


def function_of(row: Row) -> str | None:
    """Return the name of the function under test: the row's, or that of its metadata.

    Raises:
        DatasetError: It is not an identifier.
    """
    metadata = row.embedded("metadata") if row.has("metadata") else {}
    named = function_name(row.where, row.fields)
    return named or (function_name(row.where, metadata) if isinstance(metadata, dict) else None)


def _problem(row: Row, tests: tuple[Test, ...]) -> Problem:
    names = {test.function.rpartition(".")[2] for test in tests if isinstance(test, CallTest)}
    function = names.pop() if len(names) == 1 else None
    return Problem(
        task_id=row.task_id(),
        reference=_reference(row),
        tests=tests,
        prelude=prelude(function),
        entry_point=function,
    )


def _cases(row: Row, name: str) -> list[Any]:
    value = row.fields.get(name) or []
    if isinstance(value, str) and not value.lstrip().startswith(("[", "{")):
        value = _unpacked(row, name, value)
    cases = row.parsed(name, value)
    if not isinstance(cases, list):
        raise DatasetError(f"{row.where}: the field {name!r} must be a list of cases")
    return cases


def _unpacked(row: Row, name: str, text: str) -> str:
    try:
        data = _decompressed(base64.b64decode(text))
        return data.decode("utf-8") if data[:1] == b"[" else _string_in_pickle(data)
    except (ValueError, zlib.error) as error:
        raise DatasetError(
            f"{row.where}: the field {name!r} is neither JSON nor packed as LiveCodeBench packs it:"
            f" {error}"
        ) from error


def _decompressed(data: bytes) -> bytes:
    unpacker = zlib.decompressobj()
    unpacked = unpacker.decompress(data, _UNPACKED_MAX_BYTES)
    if unpacker.unconsumed_tail:
        raise ValueError(f"longer than {_UNPACKED_MAX_BYTES} bytes")
    return unpacked


def _string_in_pickle(data: bytes) -> str:
    """Return the one string that a pickle consists of, from its bytes; nothing is executed."""
    strings = []
    for opcode, argument, _ in pickletools.genops(data):
        if opcode.name not in _STRING_OPCODES:
            raise ValueError(f"a pickle of more than a string ({opcode.name})")
        if isinstance(argument, str):
            strings.append(argument)
    if len(strings) != 1:
        raise ValueError(f"a pickle of {len(strings)} strings")
    return strings[0]


def _reference(row: Row) -> str | None:
    """Return the first of the row's solutions, if it has any."""
    found = (_first(row, name) for name in _SOLUTIONS if row.has(name))
    return next(filter(None, found), None)


def _first(row: Row, name: str) -> str | None:
    """Return the first solution of a field: a text, a list, its JSON, or lists by languages."""
    value = row.fields[name]
    if isinstance(value, str):
        value = _loaded(value) if name == "solutions" else value
    if isinstance(value, dict):
        pairs = zip(value.get("language") or [], value.get("solution") or [], strict=False)
        value = [text for language, text in pairs if language in _PYTHON_3]
    if isinstance(value, list):
        value = value[0] if value else None
    if not isinstance(value, str):
        return None
    found = without_fence(value, None) if name in _IN_FENCES else None
    return value if found is None else found


def _loaded(text: str) -> Any:
    try:
        return from_json(text)
    except (ValueError, RecursionError):
        return text
