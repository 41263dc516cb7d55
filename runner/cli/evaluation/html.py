"""``--html``: an evaluation as one self-contained page.

Output of solutions is embedded as JSON without markup characters, and the page's script inserts it
as text. The page's own policy (CSP) allows only this script.
"""

import base64
import hashlib
import html
import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from string import Template

from runner.cli.evaluation.failures import label
from runner.cli.evaluation.report_rows import PROBLEMS_MAX
from runner.cli.exits import InputError
from runner.cli.tally import FIGURES, Slow, Tally, time_classes
from runner.errors import with_remedy
from runner.models import Evidence

_HERE = Path(__file__).parent
#: Columns of texts of any length; others stay on one line.
_TEXTS = frozenset({"task", "message", "for example"})


def write(path: Path, name: str, tally: Tally) -> None:
    """Write the page.

    Raises:
        InputError: The file cannot be written.
    """
    try:
        path.write_text(page(name, tally), encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise InputError(f"cannot write {path}: {with_remedy(error)}") from error


def page(name: str, tally: Tally) -> str:
    """Return the page of an evaluation whose tally has problems."""
    script = (_HERE / "report.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    rows = tally.report.rows() if tally.report else []
    left_out = tally.report.left_out if tally.report else 0
    return Template((_HERE / "report.html").read_text(encoding="utf-8")).substitute(
        title=html.escape(name),
        digest=digest,
        script=script,
        data=_json(rows),
        headline=_headline(tally),
        statuses=_statuses(tally),
        times=_times(tally),
        groups=_groups(tally),
        slowest=_tests(tally.slowest()),
        closest=_tests(tally.closest()),
        counts=_counts(tally),
        left_out=f"{left_out} more executions are not shown (at most {PROBLEMS_MAX} problems)."
        if left_out
        else "",
    )


def _json(value: object) -> str:
    """Return JSON that is safe inside an HTML page."""
    text = json.dumps(value, ensure_ascii=True)
    for char in "<>&":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def _headline(tally: Tally) -> str:
    rates = [
        (f"pass@{k}", "unknown" if share is None else f"{share:.4f}")
        for k, share in tally.shown_rates().items()
    ]
    return _facts(
        *rates,
        ("executions", str(tally.executions)),
        ("tasks", str(tally.tasks)),
        ("inconclusive: infrastructure", str(tally.lost)),
        ("inconclusive: broken tests", str(tally.broken)),
    )


def _counts(tally: Tally) -> str:
    return _facts(
        *((f"passed on {each.value}", str(tally.evidence[each])) for each in reversed(Evidence)),
        ("tasks without samples", str(len(tally.unanswered))),
        ("rows passed over", str(tally.skipped)),
        ("close to a limit", f"{tally.close} tests"),
        ("wall time", f"{tally.wall_s:.1f} s"),
        ("environment", ", ".join(sorted(tally.fingerprints))[:200]),
    )


def _facts(*facts: tuple[str, str]) -> str:
    return "".join(
        f"<div><dt>{html.escape(name)}</dt><dd>{html.escape(value)}</dd></div>"
        for name, value in facts
    )


def _statuses(tally: Tally) -> str:
    total = tally.executions
    return _bars(
        "statuses",
        (
            (status, status, count / total, f"{count} ({100 * count / total:.1f} %)")
            for status, count in tally.statuses.most_common()
        ),
    )


def _times(tally: Tally) -> str:
    """Return a bar per class of CPU time; lengths grow with the logarithm of the counts."""
    classes = list(time_classes(tally.times))
    longest = math.log1p(max((count for _, count in classes), default=0))
    return _bars(
        "times",
        (
            (f"up to {_seconds(bound_s)}", "timeout", math.log1p(count) / longest, str(count))
            for bound_s, count in classes
        ),
    )


def _seconds(bound_s: float) -> str:
    return f"{bound_s:g} s" if bound_s >= 1 else f"{bound_s * 1000:g} ms"


def _bars(name: str, rows: Iterable[tuple[str, str, float, str]]) -> str:
    """Return rows of a label, a bar of a colour and a share of the width, and a text."""
    body = "".join(
        f'<tr><th scope="row">{html.escape(label)}</th><td class="bar {html.escape(colour)}">'
        f'<i style="width:{100 * share:.1f}%"></i></td><td>{html.escape(text)}</td></tr>'
        for label, colour, share, text in rows
    )
    return f'<table id="{name}" class="bars"><tbody>{body}</tbody></table>'


def _groups(tally: Tally) -> str:
    rows = [
        (str(group.count), status, message, ", ".join(group.examples))
        for status, message, group in tally.common_failures(20)
    ]
    return _table(("count", "status", "message", "for example"), rows)


def _tests(entries: Iterable[Slow]) -> str:
    rows = [(label(entry.task_id[:200], entry.sample), *entry.figures()) for entry in entries]
    return _table(("task", *FIGURES), rows)


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(_cell(each, each, "th") for each in columns)
    body = "".join(f"<tr>{''.join(map(_cell, columns, row))}</tr>" for row in rows)
    return f'<table class="rows"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def _cell(column: str, text: str, kind: str = "td") -> str:
    """Return a cell. On a narrow screen the name of its column is beside it, not above."""
    brief = "" if column in _TEXTS else ' class="brief"'
    name = html.escape(column)
    return f'<{kind}{brief} data-name="{name}"><span>{html.escape(text)}</span></{kind}>'
