"""The final tables of ``runner eval``."""

import sys
from collections.abc import Iterator, Sequence

from runner.cli.evaluation.failures import label
from runner.cli.render import one_line, table
from runner.cli.tally import FIGURES, Slow, Tally
from runner.models import Evidence

_FAILURES_SHOWN = 50
_GROUPS_SHOWN = 10
_TESTS_SHOWN = 5
_NAMES_SHOWN = 10


def show(tally: Tally) -> None:
    """Print the results of the executions."""
    total = tally.executions
    shares = [
        (status, count, f"{100 * count / total:.1f} %")
        for status, count in tally.statuses.most_common()
    ]
    table("", ("status", "executions", "share"), shares)
    _show_evidence(tally)
    if tally.failures:
        _show_failures(tally)
    _show_tests("slowest tests", tally.slowest())
    if tally.close:
        _show_tests("closest to their limit", tally.closest())
    summary = tally.summary()
    sys.stdout.write(
        f"{_rates(tally) or 'pass@1: unknown'}"
        f"  ({total} executions in {summary['wall_s']:.1f} s,"
        f" {summary['executions_per_s']:.0f} per second)\n"
    )
    sys.stdout.writelines(f"{line}\n" for line in _remarks(tally))


def _remarks(tally: Tally) -> Iterator[str]:
    """Yield remarks that explain the figures, with a remedy."""
    broken = _named(tally.broken_tasks)
    remarks = (
        (tally.resumed, "of them are from an earlier run"),
        (
            len(tally.unanswered),
            f"tasks have no sample and are not counted in any rate: {_named(tally.unanswered)}",
        ),
        (tally.skipped, "rows were passed over"),
        (tally.fenced, "do not compile and have a Markdown fence: --extract-code unwraps the code"),
        (tally.lost, "inconclusive: infrastructure failed; run them again"),
        (tally.broken, f"inconclusive: their tests are broken; repair the tests of {broken}"),
    )
    yield from (f"{count} {text}" for count, text in remarks if count)
    if len(tally.fingerprints) > 1:
        yield f"they ran in different environments: {sorted(tally.fingerprints)}"


def _rates(tally: Tally) -> str:
    """Return pass@k, or the reason why it is unknown: a task has fewer samples."""
    allowed, task = tally.fewest()
    scarce = f"unknown, {one_line(task) or 'each task'} has {allowed} samples with a verdict"
    rates = sorted(tally.shown_rates().items(), key=lambda item: item[1] is None)
    return "  ".join(f"pass@{k}: {scarce if rate is None else f'{rate:.4f}'}" for k, rate in rates)


def _named(tasks: Sequence[str]) -> str:
    shown = one_line(", ".join(tasks[:_NAMES_SHOWN]), 300)
    return f"{shown} and others" if len(tasks) > _NAMES_SHOWN else shown


def _show_evidence(tally: Tally) -> None:
    rows = [
        (level.value, tally.evidence[level], tally.evidence_of_tests[level])
        for level in reversed(Evidence)
        if tally.evidence_of_tests[level]
    ]
    if rows:
        table("what passes rest on", ("evidence", "executions", "tests"), rows)


def _show_failures(tally: Tally) -> None:
    shown = tally.failures[:_FAILURES_SHOWN]
    rows = [(one_line(label(each.task_id, each.sample)), each.status, each.error) for each in shown]
    table("not passed", ("task", "status", "error"), rows)
    if tally.failed > len(shown):
        sys.stdout.write(f"... and {tally.failed - len(shown)} more\n")
    groups = [
        (group.count, status, message, one_line(", ".join(group.examples)))
        for status, message, group in tally.common_failures(_GROUPS_SHOWN)
    ]
    table("failures by message", ("count", "status", "message", "for example"), groups)


def _show_tests(title: str, entries: Sequence[Slow]) -> None:
    rows = [
        (one_line(label(entry.task_id, entry.sample)), *entry.figures())
        for entry in entries[:_TESTS_SHOWN]
    ]
    if rows:
        table(title, ("task", *FIGURES), rows)
