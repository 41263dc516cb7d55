"""``--junit``: an XML report for continuous integration, written as results come."""

import hashlib
import re
import shutil
import tempfile
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from runner.cli.evaluation.failures import label
from runner.cli.exits import InputError
from runner.errors import with_remedy
from runner.models import Blame, ExecutionResult, ExecutionStatus

#: Characters that XML 1.0 cannot represent.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TEXT_MAX = 4000


class JUnit:
    """One test case per execution. The counts precede the cases, so these are kept in a file."""

    def __init__(self, name: str) -> None:
        self._name = _clean(name)
        self._cases = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - see close
        self._tests = self._failures = self._errors = 0
        self._time_s = 0.0

    def add(self, result: ExecutionResult, sample: int | None = None) -> None:
        """Write one case.

        Args:
            result: Result of the execution.
            sample: Number among the samples of the task, if it has several.

        Raises:
            InputError: The directory of temporary files is full.
        """
        self._tests += 1
        self._time_s += result.wall_s
        name = quoteattr(label(_unique(result.request_id), sample))
        begin = (
            f'<testcase classname={quoteattr(self._name)} name={name} time="{result.wall_s:.6f}"'
        )
        try:
            self._cases.write(f"  {begin}>{self._problem(result)}</testcase>\n")
        except OSError as error:
            place = tempfile.gettempdir()
            raise InputError(f"cannot write to {place}: {with_remedy(error)}") from error

    def _problem(self, result: ExecutionResult) -> str:
        if result.status is ExecutionStatus.ALL_PASSED:
            return f'<properties><property name="evidence" value="{result.evidence}"/></properties>'
        kind = "failure" if result.conclusive else "error"
        self._failures += result.conclusive
        self._errors += not result.conclusive
        text = _clean(result.error or "")[:_TEXT_MAX]
        message = quoteattr(text.partition("\n")[0][:300])
        what = "broken_tests" if result.blame is Blame.TESTS else result.status.value
        return f'<{kind} type="{what}" message={message}>{escape(text)}</{kind}>'

    def write(self, path: Path) -> None:
        """Write the report.

        Raises:
            InputError: The file cannot be written.
        """
        counts = f'tests="{self._tests}" failures="{self._failures}" errors="{self._errors}"'
        head = f'<testsuite name={quoteattr(self._name)} {counts} time="{self._time_s:.6f}">\n'
        self._cases.seek(0)
        try:
            with path.open("w", encoding="utf-8") as file:
                file.write(f'<?xml version="1.0" encoding="utf-8"?>\n<testsuites>\n {head}')
                shutil.copyfileobj(self._cases, file)
                file.write(" </testsuite>\n</testsuites>\n")
        except OSError as error:
            raise InputError(f"cannot write {path}: {with_remedy(error)}") from error

    def close(self) -> None:
        """Remove the temporary file."""
        self._cases.close()


def _unique(name: str) -> str:
    """Return a unique name for XML: a digest at its end replaces what XML cannot represent."""
    shown = _clean(name)[:_TEXT_MAX]
    if shown == name:
        return name
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{shown}~{digest[:16]}"


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
