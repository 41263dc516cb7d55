"""The tables that ``runner eval`` ends with."""

import sys
from collections.abc import Sequence

from runner.cli.render import one_line, table
from runner.cli.tally import FIGURES, Slow, Tally
from runner.models import Evidence

_FAILURES_SHOWN = 50
_GROUPS_SHOWN = 10
_TESTS_SHOWN = 5
_BROKEN_SHOWN = 10


def show(tally: Tally) -> None:
    """Print what became of the executions."""
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
    rates = [f"pass@{k}: {share:.4f}" for k, share in tally.pass_at_k().items()]
    sys.stdout.write(
        f"{'  '.join(rates) or 'pass@1: unknown'}"
        f"  ({total} executions in {summary['wall_s']:.1f} s,"
        f" {summary['executions_per_s']:.0f} per second)\n"
    )
    if tally.resumed:
        sys.stdout.write(f"{tally.resumed} of them are from an earlier run\n")
    if len(tally.fingerprints) > 1:
        sys.stdout.write(f"they ran in different environments: {sorted(tally.fingerprints)}\n")
    if tally.lost:
        sys.stdout.write(f"{tally.lost} inconclusive: infrastructure failed; run them again\n")
    if tally.broken:
        sys.stdout.write(
            f"{tally.broken} inconclusive: their tests are broken; repair the tests of"
            f" {_named(tally)}\n"
        )


def _named(tally: Tally) -> str:
    shown = one_line(", ".join(tally.broken_tasks[:_BROKEN_SHOWN]), 300)
    return f"{shown} and others" if len(tally.broken_tasks) > _BROKEN_SHOWN else shown


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
    rows = [(one_line(task_id), status, error) for task_id, status, error in shown]
    table("not passed", ("task", "status", "error"), rows)
    if tally.failed > len(shown):
        sys.stdout.write(f"... and {tally.failed - len(shown)} more\n")
    groups = [
        (group.count, status, message, one_line(", ".join(group.examples)))
        for status, message, group in tally.common_failures(_GROUPS_SHOWN)
    ]
    table("failures by message", ("count", "status", "message", "for example"), groups)


def _show_tests(title: str, entries: Sequence[Slow]) -> None:
    rows = [(one_line(entry.task_id), *entry.figures()) for entry in entries[:_TESTS_SHOWN]]
    if rows:
        table(title, ("task", *FIGURES), rows)
