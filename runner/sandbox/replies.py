"""Which frames a worker may send at each moment, and the only parser of their payloads.

A worker runs beside hostile code, so its frames are data that may be forged. The expected kinds,
their size and the number of their JSON nodes follow from the host's request. All three are checked
before anything is parsed. The parser accepts what a worker can write and nothing more: ASCII,
finite numbers, and each key once.
"""

import functools
import itertools
import json
import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, NoReturn

import pydantic_core

from runner.worker.protocol import cases, report
from runner.worker.protocol.frames import MAX_PAYLOAD_BYTES, FrameError, FrameReader, FrameType


class FrameBounds(NamedTuple):
    """How large a payload may be.

    Attributes:
        payload_bytes: Its length.
        marks: How many of the characters ``{}[],:`` it may hold outside of strings. A value, a key
            or a container needs at least one of them, so this bounds the memory of the objects.
    """

    payload_bytes: int
    marks: int


Expected = Mapping[FrameType, FrameBounds]

#: Returns what may come after the payload of a COLLECTED frame; raises FrameError for a bad one.
AfterList = Callable[[dict[str, Any]], Expected]

#: The answer to HELLO.
GREETING: Expected = {
    FrameType.READY: FrameBounds(1024 * 1024, 20_000),
    FrameType.REFUSED: FrameBounds(1024 * 1024, 100),
}
#: A worker without a request is silent.
NOTHING: Expected = {}

_SIGN_OF_LIFE = FrameBounds(1024, 20)

#: Marks of the list of tests in suites: one for each name, and four for each suite.
_MARKS_OF_LIST = cases.MOST_CASES + 20

#: A report has three levels.
_MOST_LEVELS = 8
#: Most digits of an integer; 64 bits need 19.
_MOST_DIGITS = 20

#: Payloads up to this size, in bytes, need no bound on the memory of their objects.
_MOST_FLAT_BYTES = 64 * 1024
_SCALARS = frozenset((str, int, float, bool, type(None)))
_ALL_DIGITS_ALIKE = bytes.maketrans(b"123456789", b"0" * 9)
_LONG_INTEGER = b"0" * (_MOST_DIGITS + 1)


def replies_to(run: Mapping[str, Any]) -> Expected:
    """Return what a worker may send while it executes a request.

    Args:
        run: Payload of the RUN frame.
    """
    limits = run["limits"]
    if run.get("files") is None:
        return _replies_to(len(run["tests"]), limits["output_bytes"])
    files = limits["files_count"], limits["files_bytes"]
    return _replies_to(len(run["tests"]), limits["output_bytes"], *files)


@functools.lru_cache(maxsize=1024)
def _replies_to(tests: int, output_bytes: int, *files: int) -> Expected:
    size, marks = report.most_bytes(tests, output_bytes), report.most_marks(tests)
    if files:
        size += report.most_file_bytes(*files)
        marks += report.most_file_marks(files[0])
    return {
        FrameType.STARTED: _SIGN_OF_LIFE,
        FrameType.PROGRESS: _SIGN_OF_LIFE,
        FrameType.REPORT: FrameBounds(min(size, MAX_PAYLOAD_BYTES), marks),
        FrameType.COLLECTED: FrameBounds(cases.MOST_LIST_BYTES, _MARKS_OF_LIST + 4 * tests),
    }


def read_collected(payload: Mapping[str, Any], tests: int) -> cases.NamesOfCases:
    """Return the tests in the suites of a request.

    Args:
        payload: Payload of the COLLECTED frame.
        tests: How many tests the request has.

    Raises:
        FrameError: It is not what a worker writes.
    """
    found: dict[int, list[str] | None] = {}
    suites = payload.get("suites")
    for entry in suites if type(suites) is list else [None]:
        if type(entry) is not list or len(entry) != 2:  # index and names
            raise FrameError("the list of the tests in suites is malformed")
        index, names = entry
        if type(index) is not int or not 0 <= index < tests or index in found:
            raise FrameError("the list of the tests in suites has an unknown suite")
        if names is not None and not _are_names(names):
            raise FrameError("the list of the tests in suites has malformed names")
        found[index] = names
    if not found or sum(len(names or "1") for names in found.values()) > cases.MOST_CASES:
        raise FrameError("the list of the tests in suites is empty or too long")
    return found


def _are_names(names: Any) -> bool:
    if type(names) is not list or not names or not {str}.issuperset(map(type, names)):
        return False
    if not all(map(str.isascii, names)):  # a lone surrogate cannot be encoded
        return False
    return len({*names}) == len(names) and max(map(len, names)) <= cases.NAME_MAX


def replies_after_list(run: Mapping[str, Any], tests: int) -> Expected:
    """Return what a worker may send after the list of the tests in suites.

    Args:
        run: Payload of the RUN frame.
        tests: How many tests there are in all.
    """
    expected = {**_replies_to(tests, run["limits"]["output_bytes"])}
    del expected[FrameType.COLLECTED]
    return expected


class ReplyReader(FrameReader):
    """Cuts a worker's stream into frames that are expected.

    Attributes:
        expected: The kinds of frames that may come now, and how large they may be.
        after_list: Returns what may come after a list of the tests in suites.
    """

    def __init__(self, expected: Expected = NOTHING) -> None:
        super().__init__()
        self.expected = expected
        self.after_list: AfterList | None = None

    def most_bytes(self, kind: FrameType) -> int:
        """Return the largest payload of a kind.

        Raises:
            FrameError: A frame of this kind is not expected now.
        """
        return self._bounds(kind).payload_bytes

    def payload(self, kind: FrameType, body: bytes) -> dict[str, Any]:
        """Return a payload.

        Raises:
            FrameError: It is not what a worker writes.
        """
        found = parse(body, self._bounds(kind).marks)
        if kind is FrameType.COLLECTED and self.after_list is not None:
            self.expected = self.after_list(found)
        return found

    def _bounds(self, kind: FrameType) -> FrameBounds:
        try:
            return self.expected[kind]
        except KeyError:
            raise FrameError(f"unexpected {kind.name} frame") from None


def parse(body: bytes, most_marks: int) -> dict[str, Any]:
    """Return the JSON object in a payload.

    Args:
        body: The payload.
        most_marks: See ``FrameBounds``.

    Raises:
        FrameError: It is not what a worker writes.
    """
    flat = parse_flat(body, most_marks)
    return parse_any(body, most_marks) if flat is None else flat


def parse_any(body: bytes, most_marks: int) -> dict[str, Any]:
    """Like ``parse``, for any payload, in several passes."""
    try:
        # Not json.loads(body), which guesses the encoding: marks are counted in ASCII.
        text = body.decode("ascii")
        _check_structure(body, most_marks)
        payload = _DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        raise FrameError(f"payload is not JSON: {error}") from error
    if not isinstance(payload, dict):
        raise FrameError("payload is not a JSON object")
    return payload


def parse_flat(body: bytes, most_marks: int) -> dict[str, Any] | None:
    """Return what ``parse_any`` does, or None: it takes ordinary reports, at a third of the time.

    The parser in Rust has no bounds and takes the last of equal keys. So every payload on which the
    two could differ is left to ``parse_any``, by conservative checks: an escape, a number that is
    long or has a large exponent, more marks than are allowed (those in strings included), lists
    within lists, and a number of keys that is not the number of colons.
    """
    if len(body) > _MOST_FLAT_BYTES or not body.isascii() or b"\\" in body:
        return None
    marks = body.translate(None, delete=_NO_MARKS)
    if len(marks) > most_marks or _may_have_large_number(body):
        return None
    try:
        payload = pydantic_core.from_json(body, allow_inf_nan=False, cache_strings="keys")
    except ValueError:
        return None
    return payload if _keys_of_flat(payload) == marks.count(b":") else None


def _may_have_large_number(body: bytes) -> bool:
    # A regular expression would take ten times as long.
    figures = body.translate(_ALL_DIGITS_ALIKE)
    return (
        _LONG_INTEGER in figures
        or b"e000" in figures
        or b"E000" in figures
        or b"e+000" in figures
        or b"E+000" in figures
    )


def _keys_of_flat(payload: object) -> int | None:
    """Return the number of keys of an object of scalars and lists of such objects, else None."""
    if type(payload) is not dict:
        return None
    keys = len(payload)
    for value in payload.values():
        if type(value) is list:
            for row in value:
                if type(row) is not dict or not _SCALARS.issuperset(map(type, row.values())):
                    return None
                keys += len(row)
        elif type(value) not in _SCALARS:
            return None
    return keys


_MARKS = b"{}[],:"
_NO_MARKS = bytes(set(range(256)) - set(_MARKS))
_NO_BRACKETS = b",:"
_STEPS = {byte: 1 if byte in b"{[" else -1 for byte in b"{}[]"}


def _check_structure(body: bytes, most_marks: int) -> None:
    """Bound the memory of a parsed payload; costs a few passes over it in C."""
    # In this order: an escaped backslash may stand before the quote that ends a string.
    unescaped = body.replace(rb"\\", b"").replace(rb"\"", b"")
    # Each string but one has a mark beside it. More quotes would also make a long list below.
    if unescaped.count(b'"') > 2 * (most_marks + 1):
        raise ValueError("it has more strings than the request can produce")
    outside = b"".join(unescaped.split(b'"')[::2])
    marks = outside.translate(None, delete=_NO_MARKS)
    if len(marks) > most_marks:
        raise ValueError("it has more values than the request can produce")
    steps = map(_STEPS.__getitem__, marks.translate(None, delete=_NO_BRACKETS))
    if max(itertools.accumulate(steps), default=0) > _MOST_LEVELS:
        raise ValueError(f"it has more than {_MOST_LEVELS} levels")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("an object has a key twice")
    return made


def _integer(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise ValueError(f"an integer has {len(digits)} digits")
    return int(digits)


def _number(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError("a number is too large")
    return value


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_number, parse_constant=_constant
)
