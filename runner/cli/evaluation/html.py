"""``--html``: an evaluation as one self-contained page.

Everything that a solution said reaches the page as JSON without markup characters, and the page's
script shows it as text. The script is the only one that the page's own policy lets run.
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
from runner.cli.exits import InputError
from runner.cli.tally import FIGURES, PROBLEMS_MAX, Slow, Tally, time_classes
from runner.errors import with_remedy
from runner.models import Evidence

_HERE = Path(__file__).parent
_COLOURS = {
    "all_passed": "#2e8b57",
    "some_failed": "#d2691e",
    "runtime_error": "#b22222",
    "syntax_error": "#8b008b",
    "timeout": "#4682b4",
    "process_error": "#555555",
}


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
    """Return the page of an evaluation that has kept problems."""
    script = (_HERE / "report.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    rows = tally.problems.rows() if tally.problems else []
    left_out = tally.problems.left_out if tally.problems else 0
    return Template((_HERE / "report.html").read_text(encoding="utf-8")).substitute(
        title=html.escape(name),
        digest=digest,
        script=script,
        data=_json(rows),
        facts=_facts(tally),
        statuses=_status_plot(tally),
        times=_time_plot(tally),
        groups=_groups(tally),
        slowest=_tests(tally.slowest()),
        closest=_tests(tally.closest()),
        left_out=f"{left_out} more executions are not shown (at most {PROBLEMS_MAX} problems)."
        if left_out
        else "",
    )


def _json(value: object) -> str:
    """Return JSON that is also harmless in the middle of a page."""
    text = json.dumps(value, ensure_ascii=True)
    for char in "<>&":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def _facts(tally: Tally) -> str:
    facts = [
        (f"pass@{k}", "unknown" if share is None else f"{share:.4f}")
        for k, share in tally.pass_at_k().items()
    ]
    facts += [
        ("executions", str(tally.executions)),
        ("tasks", str(tally.tasks)),
        ("tasks without samples", str(len(tally.unanswered))),
        ("rows passed over", str(tally.skipped)),
        *((f"passed on {each.value}", str(tally.evidence[each])) for each in reversed(Evidence)),
        ("inconclusive: infrastructure", str(tally.lost)),
        ("inconclusive: broken tests", str(tally.broken)),
        ("close to a limit", f"{tally.close} tests"),
        ("wall time", f"{tally.wall_s:.1f} s"),
        ("environment", ", ".join(sorted(tally.fingerprints))[:200]),
    ]
    return "".join(f"<dt>{html.escape(k)}</dt><dd>{html.escape(v)}</dd>" for k, v in facts)


def _status_plot(tally: Tally) -> str:
    """Return a bar per status."""
    total = max(1, tally.executions)
    bars = []
    for line, (status, count) in enumerate(tally.statuses.most_common()):
        y, width = line * 26, 360 * count / total
        colour = _COLOURS.get(status, "#888888")
        share = f"{count} ({100 * count / total:.1f} %)"
        bars.append(
            f'<text x="104" y="{y + 17}" text-anchor="end">{html.escape(status)}</text>'
            f'<rect x="110" y="{y + 3}" width="{max(1.0, width):.1f}" height="20" fill="{colour}"/>'
            f'<text x="{116 + max(1.0, width):.1f}" y="{y + 17}">{share}</text>'
        )
    return _svg("statuses", 600, max(1, len(bars)) * 26, bars)


def _time_plot(tally: Tally) -> str:
    """Return a column per class of CPU time; heights grow with the logarithm of the counts."""
    classes = list(time_classes(tally.times))
    highest = math.log1p(max((count for _, count in classes), default=1))
    width = 560 / max(1, len(classes))
    columns = []
    for n, (bound_s, count) in enumerate(classes):
        height, x = 130 * math.log1p(count) / highest, 20 + n * width
        label = f"{bound_s:g} s" if bound_s >= 1 else f"{bound_s * 1000:g} ms"
        columns.append(
            f'<rect x="{x + 2:.1f}" y="{150 - height:.1f}" width="{width - 4:.1f}"'
            f' height="{height:.1f}" fill="#4682b4"><title>{count} up to {label}</title></rect>'
            f'<text x="{x + width / 2:.1f}" y="{144 - height:.1f}" text-anchor="middle">'
            f"{count or ''}</text>"
            f'<text x="{x + width / 2:.1f}" y="166" text-anchor="middle">{label}</text>'
        )
    return _svg("times", 600, 172, columns)


def _svg(name: str, width: int, height: int, parts: Iterable[str]) -> str:
    return (
        f'<svg id="{name}" role="img" viewBox="0 0 {width} {height}" width="{width}">'
        f"{''.join(parts)}</svg>"
    )


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
    head = "".join(f"<th>{html.escape(column)}</th>" for column in columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
