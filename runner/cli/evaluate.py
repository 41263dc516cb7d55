"""``runner eval PROBLEMS``: a whole data set, its own solutions or somebody's samples."""

import argparse
import contextlib
import json
import sys
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from runner import datasets
from runner.cli.exits import Exit, InputError
from runner.cli.options import add_pool_options, open_pool, pool_config
from runner.cli.render import one_line, progress, table
from runner.datasets import Problem
from runner.models import ExecutionRequest, ExecutionResult, ExecutionStatus
from runner.pool import Pool

#: Requests under way per worker: enough to keep all busy while a slow one is waited for, since
#: results come in order; few enough to hold in memory.
_AHEAD = 64
_FAILURES_SHOWN = 50


class _Failure(NamedTuple):
    task_id: str
    status: str
    error: str


class _Share:
    """How many samples of a task passed."""

    __slots__ = ("passed", "total")

    def __init__(self) -> None:
        self.passed = self.total = 0

    def add(self, *, passed: bool) -> None:
        self.passed += passed
        self.total += 1


class Tally:
    """What is kept of the results: counts, and the failures by name."""

    def __init__(self) -> None:
        self._began_s = time.monotonic()
        self.statuses: Counter[str] = Counter()
        self.tasks: defaultdict[str, _Share] = defaultdict(_Share)
        self.failures: list[_Failure] = []
        self.inconclusive = 0
        self.fingerprint = ""

    def add(self, result: ExecutionResult) -> None:
        """Count one result, whose ``request_id`` names the task."""
        task_id = result.request_id
        passed = result.status is ExecutionStatus.ALL_PASSED
        self.statuses[result.status.value] += 1
        self.inconclusive += not result.conclusive
        self.fingerprint = result.fingerprint
        if result.conclusive:
            self.tasks[task_id].add(passed=passed)
        if not passed:
            failure = _Failure(task_id, result.status.value, one_line(result.error or "", 300))
            self.failures.append(failure)

    @property
    def executions(self) -> int:
        """How many results there are."""
        return sum(self.statuses.values())

    def pass_at_1(self) -> float | None:
        """Return the mean over tasks of the share of samples that passed; None without any."""
        shares = [task.passed / task.total for task in self.tasks.values()]
        return sum(shares) / len(shares) if shares else None

    def summary(self) -> dict[str, Any]:
        """Return what ``--json`` prints beside the results; times in seconds."""
        wall_s = time.monotonic() - self._began_s
        return {
            "executions": self.executions,
            "tasks": len(self.tasks),
            "statuses": dict(sorted(self.statuses.items())),
            "pass_at_1": self.pass_at_1(),
            "inconclusive": self.inconclusive,
            "failures": [failure._asdict() for failure in self.failures],
            "wall_s": wall_s,
            "executions_per_s": self.executions / wall_s if wall_s else 0.0,
            "fingerprint": self.fingerprint,
        }


def add_parser(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("eval", help="evaluate a data set")
    parser.add_argument("problems", help="a file of HumanEval or MBPP rows, or: humaneval")
    parser.add_argument(
        "--samples",
        type=Path,
        help="JSON lines {task_id, completion | solution}; without, the reference solutions",
    )
    parser.add_argument("--limit", type=int, help="only the first N executions", metavar="N")
    add_pool_options(parser, workers=2)
    parser.set_defaults(command=command)


def command(options: argparse.Namespace) -> Exit:
    """Run the command.

    Raises:
        RunnerError: Input that cannot be used, or no engine.
    """
    if options.limit is not None and options.limit < 1:
        raise InputError("--limit must be 1 or more")
    config = pool_config(options)
    total = _check(options) if _is_rereadable(options) else None
    with open_pool(config) as pool:
        tally = Tally()
        report = contextlib.nullcontext() if options.json else _shown_in_any_case(tally)
        with report, progress("evaluating", total) as advance:
            results = _counted(_evaluate(pool, _requests(options)), tally, advance)
            if options.json:
                _write_json(results, tally)
            else:
                deque(results, maxlen=0)
    if not tally.executions:
        raise _nothing_in(options)
    return Exit.INCONCLUSIVE if tally.inconclusive else Exit.OK


def _is_rereadable(options: argparse.Namespace) -> bool:
    paths = (options.samples, None if options.problems == "humaneval" else Path(options.problems))
    # What is missing or a directory is told by whoever reads it; only pipes end with their reading.
    return not any(path and (path.is_fifo() or path.is_char_device()) for path in paths)


def _check(options: argparse.Namespace) -> int:
    """Read all input once, so that its errors show before the first execution; return its size.

    Raises:
        RunnerError: It cannot be used.
    """
    count = sum(1 for _ in _requests(options))
    if not count:
        raise _nothing_in(options)
    return count


def _nothing_in(options: argparse.Namespace) -> InputError:
    what = "problem" if options.samples is None else "sample"
    return InputError(f"{options.samples or options.problems}: there is no {what} in it")


def _requests(options: argparse.Namespace) -> Iterator[ExecutionRequest]:
    """Yield the requests one at a time; only with samples are all problems held."""
    problems = _problems(options.problems)
    if options.samples is None:
        own = (problem.request(timeout=options.timeout) for problem in problems)
        return islice(own, options.limit)
    known = {problem.task_id: problem for problem in problems}
    return islice(_sampled(known, options), options.limit)


def _problems(source: str) -> Iterator[Problem]:
    seen = set()
    for problem in datasets.load(source):
        if problem.task_id in seen:
            raise InputError(
                f"{source}: the task_id {problem.task_id!r} appears twice; give each its own"
            )
        seen.add(problem.task_id)
        yield problem


def _sampled(
    problems: Mapping[str, Problem], options: argparse.Namespace
) -> Iterator[ExecutionRequest]:
    for sample in datasets.read_samples(options.samples):
        found = problems.get(sample.task_id) or problems.get(f"MBPP/{sample.task_id}")
        if found is None:
            first = next(iter(problems), "none at all")
            raise InputError(
                f"{options.samples}: no problem has the task_id {sample.task_id!r}; the first one"
                f" there is: {first}"
            )
        yield found.request(sample.code(found), timeout=options.timeout)


def _evaluate(pool: Pool, requests: Iterable[ExecutionRequest]) -> Iterator[ExecutionResult]:
    """Yield results in order, with a bounded number of requests under way."""
    waiting: deque[Future[ExecutionResult]] = deque()
    for request in requests:
        waiting.append(pool.submit(request))
        if len(waiting) > _AHEAD * pool.config.workers:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _counted(
    results: Iterable[ExecutionResult], tally: Tally, advance: Callable[[str], None]
) -> Iterator[ExecutionResult]:
    for result in results:
        tally.add(result)
        advance(f"{tally.statuses['all_passed']} passed")
        yield result


def _write_json(results: Iterable[ExecutionResult], tally: Tally) -> None:
    """Write ``{"results": [...], "summary": {...}}`` as it comes, without holding it in memory."""
    separator = '{"results": [\n'
    for result in results:
        sys.stdout.write(separator + result.to_json())
        separator = ",\n"
    if tally.executions:
        sys.stdout.write(f'\n], "summary": {json.dumps(tally.summary())}}}\n')


@contextlib.contextmanager
def _shown_in_any_case(tally: Tally) -> Iterator[None]:
    """Show the tally at the end, and what there is of it when interrupted."""
    try:
        yield
    finally:
        if tally.executions:
            _show(tally)


def _show(tally: Tally) -> None:
    summary, total = tally.summary(), tally.executions
    shares = [
        (status, count, f"{100 * count / total:.1f} %")
        for status, count in tally.statuses.most_common()
    ]
    table("", ("status", "executions", "share"), shares)
    if tally.failures:
        shown = tally.failures[:_FAILURES_SHOWN]
        rows = [(one_line(task_id), status, error) for task_id, status, error in shown]
        table("not passed", ("task", "status", "error"), rows)
        if len(tally.failures) > len(shown):
            sys.stdout.write(f"... and {len(tally.failures) - len(shown)} more\n")
    pass_at_1 = summary["pass_at_1"]
    sys.stdout.write(
        f"pass@1: {'unknown' if pass_at_1 is None else format(pass_at_1, '.4f')}"
        f"  ({total} executions in {summary['wall_s']:.1f} s,"
        f" {summary['executions_per_s']:.0f} per second)\n"
    )
    if tally.inconclusive:
        sys.stdout.write(
            f"{tally.inconclusive} inconclusive: infrastructure failed; run them again\n"
        )
