"""APPS, TACO, PRIME, LiveCodeBench and open-r1: programs and functions with inputs and outputs."""

import base64
import json
import pickletools
import re
import zlib
from collections.abc import Iterable
from typing import Any

from runner.datasets.base import Problem, Row
from runner.datasets.cases import function_name, one_test, prelude, tests_of
from runner.errors import DatasetError
from runner.models import Test

#: An unpacked list of test cases; the largest of LiveCodeBench has less than a tenth.
_UNPACKED_MAX_BYTES = 1 << 30

#: What a pickle of one string consists of.
_STRING_OPCODES = frozenset(
    "PROTO FRAME SHORT_BINUNICODE BINUNICODE BINUNICODE8 MEMOIZE BINPUT STOP".split()
)
_FENCED = re.compile(r"```(?:python|py)?[ \t]*\n(.*?)```", re.DOTALL)


def inputs_and_outputs(row: Row) -> Problem:
    """Return the problem of a row of APPS or TACO, or of one with inputs and outputs at its top.

    Raises:
        DatasetError: A field is missing or of the wrong type, or there is no test.
    """
    bundle = row.embedded("input_output") if "input_output" in row.fields else row.fields
    tests, function = tests_of(row.where, bundle)
    return _problem(row, tests, function, _first_solution(row))


def prime(row: Row) -> Problem:
    """Return the problem of a row of PRIME's code tasks: ``reward_model.ground_truth``.

    Raises:
        DatasetError: Likewise.
    """
    model = row.embedded("reward_model")
    truth = model.get("ground_truth") if isinstance(model, dict) else None
    tests, function = tests_of(row.where, row.parsed("ground_truth", truth))
    return _problem(row, tests, function, _first_solution(row))


def livecodebench(row: Row) -> Problem:
    """Return the problem of a row of LiveCodeBench.

    Its private cases are JSON, or that in a pickle of one string, in zlib, in Base64. The string is
    read out of it; nothing is unpickled.

    Raises:
        DatasetError: Likewise.
    """
    metadata = row.embedded("metadata") if row.fields.get("metadata") else {}
    function = metadata.get("func_name") if isinstance(metadata, dict) else None
    function = function_name(row.where, {"fn_name": function})
    cases = [*_cases(row, "public_test_cases"), *_cases(row, "private_test_cases")]
    return _problem(row, _tests(row, cases, function), function, None)


def open_r1(row: Row) -> Problem:
    """Return the problem of a row with a list of ``{input, output, type?, fn_name?}``.

    Raises:
        DatasetError: Likewise.
    """
    info = row.embedded("verification_info") if "verification_info" in row.fields else row.fields
    cases = info.get("test_cases") if isinstance(info, dict) else None
    cases = row.parsed("test_cases", cases)
    if not isinstance(cases, list):
        raise DatasetError(f"{row.where}: 'test_cases' must be a list")
    function = function_name(row.where, row.fields)
    tests = _tests(row, cases, function)
    gold = row.fields.get("gold_standard_solution")
    names = {case.get("fn_name") for case in cases if isinstance(case, dict)} - {None, ""}
    name = function or (names.pop() if len(names) == 1 else None)
    return _problem(row, tests, name, _unfenced(gold) if isinstance(gold, str) else None)


def _problem(
    row: Row, tests: tuple[Test, ...], function: str | None, reference: str | None
) -> Problem:
    return Problem(
        task_id=row.task_id(),
        reference=reference,
        tests=tests,
        prelude=prelude(function),
        entry_point=function,
    )


def _tests(row: Row, cases: Iterable[Any], function: str | None) -> tuple[Test, ...]:
    tests = []
    for number, case in enumerate(cases):
        where = f"{row.where}: case {number}"
        if not isinstance(case, dict):
            raise DatasetError(f"{where}: an object is needed, not {type(case).__name__}")
        tests.append(one_test(where, case, function))
    if not tests:
        raise DatasetError(f"{row.where}: there is no test, so every solution would pass")
    return tuple(tests)


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


def _first_solution(row: Row) -> str | None:
    """Return the first of the row's solutions, if it has any; they come as a list or as JSON."""
    for name in ("solutions", "solution"):
        value = row.fields.get(name)
        if isinstance(value, str) and name == "solutions" and value:
            value = _loaded(value)
        if isinstance(value, list) and value:
            value = value[0]
        if isinstance(value, str) and value:
            return value
    return None


def _loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _unfenced(text: str) -> str:
    found = _FENCED.search(text)
    return found.group(1) if found else text
