"""``runner eval PROBLEMS``: a whole data set, its own solutions or somebody's samples."""

import argparse
import contextlib
import errno
import json
import os
import queue
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import Future
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from runner import datasets
from runner.cli import html, summary
from runner.cli.exits import Exit, InputError
from runner.cli.journal import LOOK_AHEAD, Journal
from runner.cli.junit import JUnit
from runner.cli.options import add_min_evidence, add_pool_options, open_pool, pool_config
from runner.cli.render import one_line, progress
from runner.cli.tally import Tally
from runner.datasets import Problem
from runner.errors import DatasetError, with_remedy
from runner.models import ExecutionRequest, ExecutionResult
from runner.pool import Pool

#: Executions per worker between the oldest that has not ended and the newest that has begun: enough
#: to keep all busy while a slow one is waited for, few enough to hold in memory.
_AHEAD = 64
#: Task names of which a second appearance is noticed, where nothing needs the names.
_NAMES_MAX = 100_000


class _Job(NamedTuple):
    """An execution and its number."""

    number: int
    request: ExecutionRequest


class _Outcome(NamedTuple):
    """What became of it, now or in an earlier run."""

    request: ExecutionRequest
    result: ExecutionResult
    resumed: bool


def add_parser(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("eval", help="evaluate a data set")
    parser.add_argument(
        "problems",
        help="JSON lines of HumanEval, MBPP, EvalPlus, APPS, TACO, PRIME, LiveCodeBench, open-r1 or"
        " {code, tests}; or: humaneval",
    )
    parser.add_argument(
        "--samples",
        type=Path,
        help="JSON lines {task_id, completion | solution}; without, the reference solutions",
    )
    parser.add_argument("--limit", type=int, help="only the first N executions", metavar="N")
    parser.add_argument(
        "--resume",
        type=Path,
        help="append results to FILE, and do not repeat those that are in it",
        metavar="FILE",
    )
    parser.add_argument("--html", type=Path, help="write a report for people", metavar="FILE")
    parser.add_argument("--junit", type=Path, help="write a JUnit report", metavar="FILE")
    parser.add_argument(
        "--skip-bad-rows",
        action="store_true",
        help="pass over problems that cannot be read, or have no solution where one is needed",
    )
    add_min_evidence(parser)
    add_pool_options(parser, workers=2)
    parser.set_defaults(command=command)


def command(options: argparse.Namespace) -> Exit:
    """Run the command.

    Raises:
        RunnerError: Input that cannot be used, or no engine.
    """
    if options.limit is not None and options.limit < 1:
        raise InputError("--limit must be 1 or more")
    _check_outputs(options)
    config = pool_config(options)
    total = _check(options) if _is_rereadable(options) else None
    tally = Tally(by_task=options.samples is not None, problems=options.html is not None)
    with contextlib.ExitStack() as stack:
        journal = stack.enter_context(Journal(options.resume)) if options.resume else None
        junit = stack.enter_context(contextlib.closing(JUnit(_name(options))))
        stack.enter_context(_reported_in_any_case(options, tally, junit))
        pool = stack.enter_context(open_pool(config))
        tally.begin()
        advance = stack.enter_context(progress("evaluating", total))
        outcomes = _Evaluation(pool, _requests(options), journal).outcomes()
        results = _counted(stack.enter_context(contextlib.closing(outcomes)), tally, junit, advance)
        if options.json:
            _write_json(results, tally)
        else:
            deque(results, maxlen=0)
    if not tally.executions:
        raise _nothing_in(options)
    return Exit.INCONCLUSIVE if tally.inconclusive else Exit.OK


def _name(options: argparse.Namespace) -> str:
    return " ".join(filter(None, (str(options.problems), str(options.samples or ""))))


def _check_outputs(options: argparse.Namespace) -> None:
    """Complain about files before the work, and not after it; no output may replace an input."""
    # Not Path.resolve, which raises where links go in circles.
    taken = {os.path.realpath(path) for path in (options.problems, options.samples) if path}
    for path in filter(None, (options.html, options.junit, options.resume)):
        if hindrance := _hindrance(path):
            raise InputError(f"cannot write {path}: {hindrance}")
        if (real := os.path.realpath(path)) in taken:
            raise InputError(f"cannot write {path}: it is named twice; give each file its own name")
        taken.add(real)


def _hindrance(path: Path) -> str | None:
    """Return what keeps a file from being written, as far as it shows beforehand."""
    if path.is_dir():
        return "it is a directory; give the path of a file"
    if not path.parent.is_dir():
        return "it is in no directory that exists"
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        return with_remedy(os.strerror(errno.EACCES))
    return None


def _is_rereadable(options: argparse.Namespace) -> bool:
    paths = (options.samples, None if options.problems == "humaneval" else Path(options.problems))
    # What is missing or a directory is told by whoever reads it; only pipes end with their reading.
    return not any(path and (path.is_fifo() or path.is_char_device()) for path in paths)


def _check(options: argparse.Namespace) -> int:
    """Read all input once, so that its errors show before the first execution; return its size.

    Raises:
        RunnerError: It cannot be used.
    """
    count = sum(1 for _ in _requests(options, skip=_tell_skipped))
    if not count:
        raise _nothing_in(options)
    return count


def _tell_skipped(error: DatasetError) -> None:
    sys.stderr.write(f"passed over: {one_line(str(error), 300)}\n")


def _nothing_in(options: argparse.Namespace) -> InputError:
    what = "problem" if options.samples is None else "sample"
    return InputError(f"{options.samples or options.problems}: there is no {what} in it")


def _requests(
    options: argparse.Namespace, skip: Callable[[DatasetError], None] = lambda _: None
) -> Iterator[ExecutionRequest]:
    """Yield the requests one at a time; only with samples are all problems held."""
    problems = datasets.load(options.problems, skip=skip if options.skip_bad_rows else None)
    if options.samples is None:
        own = _once_each(options.problems, problems)
        return islice(_own(own, options, skip), options.limit)
    known: dict[str, Problem] = {}
    for problem in problems:
        if problem.task_id in known:
            raise _twice(options.problems, problem)
        known[problem.task_id] = problem
    return islice(_sampled(known, options), options.limit)


def _own(
    problems: Iterable[Problem], options: argparse.Namespace, skip: Callable[[DatasetError], None]
) -> Iterator[ExecutionRequest]:
    for problem in problems:
        if problem.reference is None and options.skip_bad_rows:
            skip(DatasetError(f"{problem.task_id}: it has no solution of its own"))
        else:
            yield problem.request(timeout=options.timeout, min_evidence=options.min_evidence)


def _once_each(source: str, problems: Iterable[Problem]) -> Iterator[Problem]:
    seen: set[str] = set()
    for problem in problems:
        if problem.task_id in seen:
            raise _twice(source, problem)
        if len(seen) < _NAMES_MAX:
            seen.add(problem.task_id)
        yield problem


def _twice(source: str, problem: Problem) -> InputError:
    return InputError(f"{source}: the task_id {problem.task_id!r} appears twice; give each its own")


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
        yield found.request(
            sample.code(found), timeout=options.timeout, min_evidence=options.min_evidence
        )


class _Evaluation:
    """Executes requests, several at a time, and remembers in the journal what has ended."""

    def __init__(
        self, pool: Pool, requests: Iterable[ExecutionRequest], journal: Journal | None
    ) -> None:
        self._pool = pool
        self._jobs = map(_Job._make, enumerate(requests))
        self._journal = journal
        self._done: queue.SimpleQueue[Future[ExecutionResult]] = queue.SimpleQueue()
        self._running: dict[Future[ExecutionResult], _Job] = {}
        self._ended: dict[int, _Outcome] = {}

    def outcomes(self) -> Generator[_Outcome, None, None]:
        """Yield what comes of the requests, in their order."""
        ahead, exhausted = min(_AHEAD * self._pool.config.workers, LOOK_AHEAD // 2), False
        begun = yielded = 0
        try:
            while not exhausted or self._running or self._ended:
                if yielded in self._ended:
                    yield self._ended.pop(yielded)
                    yielded += 1
                elif not exhausted and begun - yielded < ahead:
                    job = next(self._jobs, None)
                    exhausted = job is None
                    if job is not None:
                        self._begin(job)
                        begun += 1
                    self._collect(wait=False)
                else:
                    self._collect(wait=True)
        finally:
            self._save_what_has_ended()

    def _save_what_has_ended(self) -> None:
        """Lose nothing to an interrupt, wherever it struck; a line may be there twice."""
        for future, job in list(self._running.items()):
            ended = future.done() and not future.cancelled() and future.exception() is None
            if ended and self._journal is not None:
                self._journal.add(*job, future.result())

    def _begin(self, job: _Job) -> None:
        before = self._journal.find(*job) if self._journal else None
        if before is not None:
            self._ended[job.number] = _Outcome(job.request, before, resumed=True)
            return
        future = self._pool.submit(job.request)
        self._running[future] = job
        future.add_done_callback(self._done.put)

    def _collect(self, *, wait: bool) -> None:
        """Take what has ended from the queue; wait for the first one if told to."""
        while wait or not self._done.empty():
            future = self._done.get()
            wait = False
            job, result = self._running[future], future.result()
            if self._journal is not None:
                self._journal.add(*job, result)
            self._ended[job.number] = _Outcome(job.request, result, resumed=False)
            del self._running[future]


def _counted(
    outcomes: Iterable[_Outcome], tally: Tally, junit: JUnit, advance: Callable[[str], None]
) -> Iterator[ExecutionResult]:
    for request, result, resumed in outcomes:
        tally.add(request, result, resumed=resumed)
        junit.add(result)
        advance(tally.note())
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
def _reported_in_any_case(
    options: argparse.Namespace, tally: Tally, junit: JUnit
) -> Iterator[None]:
    """Report at the end, and what there is when interrupted."""
    try:
        yield
    finally:
        if tally.executions:
            if not options.json:
                summary.show(tally)
            if options.html is not None:
                html.write(options.html, _name(options), tally)
            if options.junit is not None:
                junit.write(options.junit)
