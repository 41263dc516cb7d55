"""``runner eval PROBLEMS``: the solutions of a data set, or samples of a model."""

import argparse
import contextlib
import json
import queue
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any, NamedTuple

from runner.cli import summary
from runner.cli.evaluation import html
from runner.cli.evaluation.inputs import Inputs, NumberedRequest
from runner.cli.evaluation.junit import JUnit
from runner.cli.exits import Exit, InputError
from runner.cli.files import check_outputs
from runner.cli.journal import LOOK_AHEAD, Journal
from runner.cli.options import (
    add_extract_code,
    add_min_evidence,
    add_pool_options,
    add_server,
    open_pool,
    open_server,
    pool_config,
)
from runner.cli.render import progress
from runner.cli.tally import Tally
from runner.config import PoolConfig
from runner.models import ExecutionResult
from runner.pool.calls import PoolCalls

#: Window of executions per worker, from the oldest unfinished to the newest started: enough to keep
#: all workers busy during a slow one, few enough for memory.
_AHEAD = 64


class _Job(NamedTuple):
    """An execution and its number."""

    number: int
    execution: NumberedRequest


class _Outcome(NamedTuple):
    """The result of an execution, from this run or an earlier one."""

    execution: NumberedRequest
    result: ExecutionResult
    resumed: bool


def add_parser(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("eval", help="evaluate a data set")
    _add_inputs(parser)
    add_extract_code(parser)
    _add_reports(parser)
    add_min_evidence(parser)
    add_server(parser)
    add_pool_options(parser, workers=2)
    parser.set_defaults(command=command)


def _add_inputs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "problems",
        help="JSON lines of HumanEval, MBPP, EvalPlus, BigCodeBench, LeetCodeDataset, KodCode,"
        " APPS, TACO, PRIME, CodeContests, LiveCodeBench, open-r1 or {code, tests}; or: humaneval",
    )
    parser.add_argument(
        "--samples",
        type=Path,
        help="JSON lines {task_id, completion | solution}; without, the reference solutions",
    )
    parser.add_argument(
        "--limit",
        type=int,
        help="only the first N executions: with --samples the first N samples, without it the first"
        " N problems; rows that are passed over do not count",
        metavar="N",
    )
    parser.add_argument(
        "--limit-tasks",
        type=int,
        help="only the first N problems, each with all its samples",
        metavar="N",
    )
    parser.add_argument(
        "--skip-bad-rows",
        action="store_true",
        help="pass over lines that are not JSON and rows that cannot be used, of problems and of"
        " samples: each is named on standard error",
    )


def _add_reports(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--k",
        type=_ks,
        help="which pass@k to report, such as 1,5,10 (default: every k for which all tasks have"
        " samples)",
        metavar="K,...",
    )
    parser.add_argument(
        "--resume",
        type=Path,
        help="append results to FILE, and do not repeat those that are in it",
        metavar="FILE",
    )
    parser.add_argument("--html", type=Path, help="write a report as an HTML page", metavar="FILE")
    parser.add_argument("--junit", type=Path, help="write a JUnit report", metavar="FILE")


def command(options: argparse.Namespace) -> Exit:
    """Run the command.

    Raises:
        RunnerError: Input that cannot be used, or no engine.
    """
    _check(options)
    config = pool_config(options)
    rereadable = _is_rereadable(options)
    # All input is read once in advance, to find its errors before the first execution.
    total = sum(1 for _ in Inputs(options, tell=True).executions()) if rereadable else None
    source = Inputs(options, tell=not rereadable)
    tally = Tally(
        by_task=options.samples is not None, report=options.html is not None, ks=options.k
    )
    _evaluate(options, source, tally, config, total)
    return Exit.INCONCLUSIVE if tally.inconclusive else Exit.OK


def _check(options: argparse.Namespace) -> None:
    for name in ("limit", "limit_tasks"):
        if (limit := getattr(options, name)) is not None and limit < 1:
            raise InputError(f"--{name.replace('_', '-')} must be 1 or more")
    inputs = [Path(path) for path in (options.problems, options.samples) if path]
    check_outputs(inputs, filter(None, (options.html, options.junit, options.resume)))


def _evaluate(
    options: argparse.Namespace, source: Inputs, tally: Tally, config: PoolConfig, total: int | None
) -> None:
    """Execute all requests, count their results, and write the reports."""
    with contextlib.ExitStack() as stack:
        journal = stack.enter_context(Journal(options.resume)) if options.resume else None
        junit = stack.enter_context(contextlib.closing(JUnit(_name(options))))
        stack.enter_context(_reported_in_any_case(options, source, tally, junit))
        lent = open_pool(config) if options.server is None else open_server(options.server)
        pool: PoolCalls = stack.enter_context(lent)
        tally.begin()
        advance = stack.enter_context(progress("evaluating", total))
        outcomes = _Evaluation(pool, source.executions(), journal).outcomes()
        results = _counted(stack.enter_context(contextlib.closing(outcomes)), tally, junit, advance)
        if options.json:
            _write_json(results, source, tally)
        else:
            deque(results, maxlen=0)


def _ks(text: str) -> list[int]:
    """Return the numbers of a list such as ``1,5,10``, in ascending order."""
    found = sorted({int(part) for part in text.split(",")})
    if found[0] < 1:
        raise argparse.ArgumentTypeError("each k must be 1 or more")
    return found


def _name(options: argparse.Namespace) -> str:
    return " ".join(filter(None, (str(options.problems), str(options.samples or ""))))


def _is_rereadable(options: argparse.Namespace) -> bool:
    paths = (options.samples, None if options.problems == "humaneval" else Path(options.problems))
    # Reading reports a missing file; only pipes cannot be read twice.
    return not any(path and (path.is_fifo() or path.is_char_device()) for path in paths)


class _Evaluation:
    """Executes requests, several at a time, and records results in the journal."""

    def __init__(
        self, pool: PoolCalls, executions: Iterable[NumberedRequest], journal: Journal | None
    ) -> None:
        self._pool = pool
        self._jobs = map(_Job._make, enumerate(executions))
        self._journal = journal
        self._done: queue.SimpleQueue[Future[ExecutionResult]] = queue.SimpleQueue()
        self._running: dict[Future[ExecutionResult], _Job] = {}
        self._ended: dict[int, _Outcome] = {}

    def outcomes(self) -> Generator[_Outcome, None, None]:
        """Yield the outcomes in the order of the requests."""
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
        """Save finished results after an interrupt; a line may be written twice."""
        for future, job in list(self._running.items()):
            ended = future.done() and not future.cancelled() and future.exception() is None
            if ended and self._journal is not None:
                self._journal.add(job.number, job.execution.request, future.result())

    def _begin(self, job: _Job) -> None:
        request = job.execution.request
        before = self._journal.find(job.number, request) if self._journal else None
        if before is not None:
            self._ended[job.number] = _Outcome(job.execution, before, resumed=True)
            return
        future = self._pool.submit(request)
        self._running[future] = job
        future.add_done_callback(self._done.put)

    def _collect(self, *, wait: bool) -> None:
        """Take finished results from the queue; wait for the first one if asked to."""
        while wait or not self._done.empty():
            future = self._done.get()
            wait = False
            job, result = self._running[future], future.result()
            if self._journal is not None:
                self._journal.add(job.number, job.execution.request, result)
            self._ended[job.number] = _Outcome(job.execution, result, resumed=False)
            del self._running[future]


def _counted(
    outcomes: Iterable[_Outcome], tally: Tally, junit: JUnit, advance: Callable[[str], None]
) -> Iterator[ExecutionResult]:
    for (request, sample), result, resumed in outcomes:
        tally.add(request, result, sample=sample, resumed=resumed)
        junit.add(result, sample)
        advance(tally.note())
        yield result


def _write_json(results: Iterable[ExecutionResult], source: Inputs, tally: Tally) -> None:
    """Write ``{"results": [...], "summary": {...}}`` as a stream, without holding it in memory."""
    separator = '{"results": [\n'
    for result in results:
        sys.stdout.write(separator + result.to_json())
        separator = ",\n"
    if tally.executions:
        _note_input(source, tally)
        sys.stdout.write(f'\n], "summary": {json.dumps(tally.summary())}}}\n')


def _note_input(source: Inputs, tally: Tally) -> None:
    tally.skipped, tally.unanswered = source.skipped, source.unanswered


@contextlib.contextmanager
def _reported_in_any_case(
    options: argparse.Namespace, source: Inputs, tally: Tally, junit: JUnit
) -> Iterator[None]:
    """Report at the end, also after an interrupt, with the results so far."""
    try:
        yield
    finally:
        if tally.executions:
            _note_input(source, tally)
            if not options.json:
                summary.show(tally)
            if options.html is not None:
                html.write(options.html, _name(options), tally)
            if options.junit is not None:
                junit.write(options.junit)
