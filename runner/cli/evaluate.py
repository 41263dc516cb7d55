"""``runner eval PROBLEMS``: a whole data set, its own solutions or somebody's samples."""

import argparse
import json
import sys
import time
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from runner import datasets
from runner.cli.exits import Exit, InputError
from runner.cli.options import add_pool_options, pool_config
from runner.cli.render import one_line, progress, table
from runner.datasets import Problem, Sample
from runner.models import ExecutionRequest, ExecutionResult, ExecutionStatus
from runner.pool import Pool

#: Requests under way per worker: enough to keep it busy, few enough to hold in memory.
_AHEAD = 4
_FAILURES_SHOWN = 50


class _Job(NamedTuple):
    task_id: str
    request: ExecutionRequest


class _Failure(NamedTuple):
    task_id: str
    status: str
    error: str


class Tally:
    """What is kept of the results: counts, and the failures by name."""

    def __init__(self) -> None:
        self._began_s = time.monotonic()
        self.statuses: Counter[str] = Counter()
        self.tasks: defaultdict[str, list[bool]] = defaultdict(list)
        self.failures: list[_Failure] = []
        self.inconclusive = 0
        self.fingerprint = ""

    def add(self, task_id: str, result: ExecutionResult) -> None:
        """Count one result."""
        passed = result.status is ExecutionStatus.ALL_PASSED
        self.statuses[result.status.value] += 1
        self.inconclusive += not result.conclusive
        self.fingerprint = result.fingerprint
        if result.conclusive:
            self.tasks[task_id].append(passed)
        if not passed:
            failure = _Failure(task_id, result.status.value, one_line(result.error or "", 300))
            self.failures.append(failure)

    @property
    def executions(self) -> int:
        """How many results there are."""
        return sum(self.statuses.values())

    def pass_at_1(self) -> float | None:
        """Return the mean over tasks of the share of samples that passed; None without any."""
        shares = [sum(passed) / len(passed) for passed in self.tasks.values()]
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
    problems = _problems(options.problems)
    jobs = _jobs(problems, options.samples, options.timeout)
    tally = Tally()
    with Pool(pool_config(options)) as pool:
        results = _evaluate(pool, islice(jobs, options.limit))
        if options.json:
            _write_json(results, tally)
        else:
            total = len(problems) if options.samples is None else None
            with progress("evaluating", _smaller(total, options.limit)) as advance:
                for task_id, result in results:
                    tally.add(task_id, result)
                    advance(f"{tally.statuses['all_passed']} passed")
            _show(tally)
    return Exit.INCONCLUSIVE if tally.inconclusive else Exit.OK


def _problems(source: str) -> dict[str, Problem]:
    problems: dict[str, Problem] = {}
    for problem in datasets.load(source):
        if problem.task_id in problems:
            raise InputError(f"{source}: the task_id {problem.task_id!r} appears twice")
        problems[problem.task_id] = problem
    if not problems:
        raise InputError(f"{source}: there is no problem in it")
    return problems


def _jobs(problems: dict[str, Problem], samples: Path | None, timeout: float) -> Iterator[_Job]:
    if samples is None:
        for problem in problems.values():
            yield _Job(problem.task_id, problem.request(timeout=timeout))
        return
    for sample in datasets.read_samples(samples):
        found = _problem_of(sample, problems, samples)
        yield _Job(found.task_id, found.request(sample.code(found), timeout=timeout))


def _problem_of(sample: Sample, problems: dict[str, Problem], samples: Path) -> Problem:
    found = problems.get(sample.task_id) or problems.get(f"MBPP/{sample.task_id}")
    if found is None:
        raise InputError(
            f"{samples}: no problem has the task_id {sample.task_id!r}; the first one there is"
            f" {next(iter(problems))!r}"
        )
    return found


def _evaluate(pool: Pool, jobs: Iterable[_Job]) -> Iterator[tuple[str, ExecutionResult]]:
    """Yield results in order, with a bounded number of requests under way."""
    waiting: deque[tuple[str, Future[ExecutionResult]]] = deque()
    for job in jobs:
        waiting.append((job.task_id, pool.submit(job.request)))
        if len(waiting) > _AHEAD * pool.config.workers:
            task_id, future = waiting.popleft()
            yield task_id, future.result()
    for task_id, future in waiting:
        yield task_id, future.result()


def _write_json(results: Iterable[tuple[str, ExecutionResult]], tally: Tally) -> None:
    """Write ``{"results": [...], "summary": {...}}`` as it comes, without holding it in memory."""
    separator = '{"results": [\n'
    for task_id, result in results:
        tally.add(task_id, result)
        row = {"task_id": task_id, **result.model_dump(mode="json")}
        sys.stdout.write(separator + json.dumps(row, ensure_ascii=True))
        separator = ",\n"
    start = '{"results": [' if tally.executions == 0 else ""
    sys.stdout.write(f'{start}\n], "summary": {json.dumps(tally.summary())}}}\n')


def _smaller(total: int | None, limit: int | None) -> int | None:
    return min(total, limit) if total is not None and limit is not None else total or limit


def _show(tally: Tally) -> None:
    summary, total = tally.summary(), tally.executions
    rows = [
        (status, count, f"{100 * count / total:.1f} %")
        for status, count in tally.statuses.most_common()
    ]
    table("", ("status", "executions", "share"), rows)
    if tally.failures:
        shown = tally.failures[:_FAILURES_SHOWN]
        table("not passed", ("task", "status", "error"), shown)
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
