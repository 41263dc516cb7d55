"""``runner compare A B``: where and why the results of two parties differ.

Results are matched by ``request_id``; several with the same id (samples) by their order.
"""

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from runner.cli.exits import Exit, InputError
from runner.cli.files import read_text
from runner.cli.render import one_line
from runner.fingerprint import explain_difference
from runner.models import Blame, ExecutionResult, explain

Key = tuple[str, int]

_WANTED = "the output of `runner eval --json`, or a JSON line for each result"


class Difference(NamedTuple):
    """One difference between the files; ``request_id`` is None if it is not about one request."""

    kind: str
    request_id: str | None
    detail: str


def add_parser(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("compare", help="compare two files of results")
    for name in ("a", "b"):
        parser.add_argument(
            name,
            type=Path,
            metavar=name.upper(),
            help=_WANTED,
        )
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")
    parser.set_defaults(command=command)


def command(options: argparse.Namespace) -> Exit:
    """Run the command; status 0: the same results, 1: not.

    Raises:
        InputError: A file holds something other than results.
    """
    one, two = read(options.a), read(options.b)
    found = list(differences(one, two))
    shared = len(one.keys() & two.keys())
    if options.json:
        rows = [each._asdict() for each in found]
        sys.stdout.write(json.dumps({"compared": shared, "differences": rows}, indent=2) + "\n")
    else:
        for kind, request_id, detail in found:
            name = "" if request_id is None else f" {one_line(request_id)}"
            sys.stdout.write(f"{kind}{name}: {one_line(detail, 1000)}\n")
        sys.stdout.write(f"{shared} results compared, {len(found)} differences\n")
    return Exit.NOT_PASSED if found else Exit.OK


def read(path: Path) -> dict[Key, ExecutionResult]:
    """Return the results of a file by request id, and number among those with the same id.

    Raises:
        InputError: It cannot be read, or holds something other than results.
    """
    found: dict[Key, ExecutionResult] = {}
    seen: defaultdict[str, int] = defaultdict(int)
    for where, row in _rows(path, read_text(path)):
        try:
            result = ExecutionResult.model_validate(row)
        except ValidationError as error:
            first, _, _ = explain(error, "result").partition("; ")
            raise InputError(f"{where}: {first}; give {_WANTED}") from error
        found[result.request_id, seen[result.request_id]] = result
        seen[result.request_id] += 1
    if not found:
        raise InputError(f"{path}: there is no result in it; give {_WANTED}")
    return found


def _rows(path: Path, text: str) -> Iterator[tuple[str, Any]]:
    """Yield the place and the JSON value of each result."""
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        yield from _lines(path, text)
        return
    if isinstance(whole, dict) and "results" in whole:
        whole = whole["results"]
    rows = whole if isinstance(whole, list) else [whole]
    yield from ((f"{path}: result {number}", row) for number, row in enumerate(rows, 1))


def _lines(path: Path, text: str) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                yield f"{path}:{number}", json.loads(line)
            except (ValueError, RecursionError) as error:
                raise InputError(f"{path}:{number}: not JSON: {error}; give {_WANTED}") from error


def differences(
    one: dict[Key, ExecutionResult], two: dict[Key, ExecutionResult]
) -> Iterator[Difference]:
    """Yield every difference: fingerprints of the parties first, then result by result."""
    pairs = {(a.fingerprint, b.fingerprint) for _, a, b in _shared(one, two)}
    for ours, theirs in sorted(pairs):
        if ours != theirs:
            yield Difference(
                "fingerprint", None, f"different: {explain_difference(ours, theirs, {})}"
            )
    for name, here, there in (("B", one, two), ("A", two, one)):
        for request_id, _ in (key for key in here if key not in there):
            yield Difference("missing", request_id, f"it is not in {name}")
    for request_id, a, b in _shared(one, two):
        if a.digest != b.digest:
            yield Difference("digest", request_id, "; ".join(_reasons(a, b)))


def _shared(
    one: dict[Key, ExecutionResult], two: dict[Key, ExecutionResult]
) -> Iterator[tuple[str, ExecutionResult, ExecutionResult]]:
    return ((key[0], one[key], two[key]) for key in one if key in two)


def _reasons(a: ExecutionResult, b: ExecutionResult) -> Iterator[str]:
    """Return the reasons why two digests differ."""
    if a.request_digest != b.request_digest or a.total != b.total:
        yield (
            "the request differs: code, tests, classes, min_evidence, timeout, limits, entropy or"
            " clock"
        )
    if a.status != b.status:
        yield f"status {a.status} and {b.status}"
    for test, other in zip(a.tests, b.tests, strict=False):
        if test.status != other.status:
            close = " (close: more than half of its budget)" if test.close or other.close else ""
            yield f"test {test.index} is {test.status} and {other.status}{close}"
    for name, result in (("A", a), ("B", b)):
        if result.blame is Blame.TESTS:
            yield f"{name} is inconclusive: {result.error}"
        elif not result.conclusive:
            yield f"{name} is inconclusive: run it again"
