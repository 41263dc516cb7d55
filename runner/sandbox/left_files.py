"""The files of a report: those that a program has left in its directory."""

import base64
from collections.abc import Mapping
from typing import Any, NamedTuple

from runner.models import ExecutionRequest


class LeftFiles(NamedTuple):
    """New or changed files: contents by path, and whether some are missing."""

    contents: Mapping[str, bytes]
    truncated: bool


NOTHING_LEFT = LeftFiles({}, truncated=False)


def read_left(request: ExecutionRequest, report: Mapping[str, Any]) -> LeftFiles:
    """Return the files of a report that has some.

    Raises:
        ValueError: The files exceed what the request may leave.
        KeyError: A field is missing.
        TypeError: A field has another type.
    """
    rows, truncated, limits = report["files"], report["files_truncated"], request.limits
    files = {row["name"]: base64.b64decode(row["data"], validate=True) for row in rows}
    if request.files is None or len(files) != len(rows) or type(truncated) is not bool:
        raise ValueError("it has files that the request cannot leave")
    if not all(type(name) is str for name in files):
        raise ValueError("the name of a file is not a text")
    if len(files) > limits.files_count or sum(map(len, files.values())) > limits.files_bytes:
        raise ValueError("it has more files than the request may leave")
    return LeftFiles(files, truncated)
