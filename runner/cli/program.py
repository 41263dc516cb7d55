"""``runner run PROGRAM`` without tests: its output and its exit status are those of the command."""

import argparse
import sys
from pathlib import Path

from runner.cli.files import read_bytes, read_named, read_solution
from runner.cli.options import open_pool, pool_config
from runner.errors import RunnerError
from runner.models import RunRequest, RunResult, RunStatus

#: Exit statuses: of a failed sandbox, as in ``docker run``; of a timeout, as in ``timeout``.
_NO_RESULT, _OVER_LIMIT = 125, 124
#: Shells add this to the number of a signal.
_SIGNAL = 128


def run_program(options: argparse.Namespace) -> int:
    """Run a program; return its exit status.

    That is 128 and the number of the signal that killed it, 124 if it exceeded its time or output,
    and 125 if there is no result.
    """
    try:
        result = _run(options)
    except RunnerError as error:
        sys.stderr.write(f"runner: {error}\n")
        return _NO_RESULT
    if options.json:
        sys.stdout.write(result.to_json(indent=2) + "\n")
    else:
        sys.stdout.write(result.stdout)
        sys.stderr.write(result.stderr)
    if result.status is not RunStatus.FINISHED:
        sys.stderr.write(f"runner: {result.error}\n")
    return _exit_status(result)


def _run(options: argparse.Namespace) -> RunResult:
    request = RunRequest(
        code=read_solution(options.solution),
        stdin=_input(options.stdin),
        args=options.arg,
        files=read_named(options.file),
        timeout=options.timeout,
    )
    with open_pool(pool_config(options, spares=0)) as pool:
        return pool.run(request)


def _input(path: Path | None) -> str:
    if path is None:
        return ""
    data = sys.stdin.buffer.read() if str(path) == "-" else read_bytes(path)
    return data.decode("utf-8", "surrogateescape")


def _exit_status(result: RunResult) -> int:
    if result.status in (RunStatus.TIMEOUT, RunStatus.OUTPUT_LIMIT):
        return _OVER_LIMIT
    if result.exit_code is None or not result.conclusive:
        return _NO_RESULT
    return result.exit_code if result.exit_code >= 0 else _SIGNAL - result.exit_code
