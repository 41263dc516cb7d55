"""The command ``runner``, also ``python -m runner``."""

import argparse
import contextlib
import importlib.metadata
import io
import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn, TextIO

from runner.cli import compare, doctor, evaluate, image, reap, run, serve
from runner.cli.exits import Exit, InputError, TerminatedError
from runner.errors import ConfigurationError, DatasetError, RunnerError, with_remedy

_COMMANDS = (run, evaluate, compare, serve, doctor, image, reap)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status.

    0: all conclusive and, for ``run``, passed. 1: not passed. 2: bad input, or an output that
    cannot be written. 3: inconclusive. 130: interrupted. 143: ended by ``SIGTERM``.
    """
    _open_missing_streams()
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _terminate)
    try:
        return _status(arguments)
    finally:
        _leave_nothing_to_write(sys.stdout)
        _leave_nothing_to_write(sys.stderr)


def _status(arguments: Sequence[str] | None) -> int:
    try:
        try:
            status = _run(arguments)
        except SystemExit:  # from --help, or after an error in an option
            sys.stdout.flush()
            raise
        sys.stdout.flush()  # flush here, so that write errors are raised inside the try
        return int(status)
    except (InputError, ConfigurationError, DatasetError) as error:
        return _failed(error, Exit.BAD_INPUT)
    except RunnerError as error:
        return _failed(error, Exit.INCONCLUSIVE)
    except TerminatedError:
        return _failed("terminated", Exit.TERMINATED)
    except KeyboardInterrupt:
        return _failed("interrupted", Exit.INTERRUPTED)
    except BrokenPipeError:  # the reader has closed the pipe
        return int(Exit.NOT_PASSED)
    except OSError as error:
        place = "write the output" if error.filename is None else f"use {error.filename}"
        return _failed(f"cannot {place}: {with_remedy(error)}", Exit.BAD_INPUT)


def _terminate(*_: object) -> NoReturn:
    raise TerminatedError


def _run(arguments: Sequence[str] | None) -> int:
    options = _parser().parse_args(arguments)
    level = logging.DEBUG if options.verbose else logging.ERROR
    logging.basicConfig(level=level, format="%(levelname)s %(name)s: %(message)s")
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Output of a solution may not be encodable for the terminal.
        sys.stdout.reconfigure(errors="backslashreplace")
    status: int = options.command(options)
    return status


def _open_missing_streams() -> None:
    """Open the null device for each standard stream that this process was started without.

    Otherwise the next file or socket would become standard output.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115


def _leave_nothing_to_write(stream: TextIO) -> None:
    """Flush the standard streams, or drop what cannot be written.

    If the interpreter fails to flush them at its exit, it changes the status to 120.
    """
    try:
        stream.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _failed(error: Exception | str, status: Exit) -> int:
    with contextlib.suppress(OSError):  # then only the exit status is left
        sys.stderr.write(f"runner: {error}\n")
    return int(status)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="runner", description="Run untrusted Python solutions against tests, in containers."
    )
    version = importlib.metadata.version("sandbox-runner")
    parser.add_argument("--version", action="version", version=f"sandbox-runner {version}")
    parser.add_argument("-v", "--verbose", action="store_true", help="show what the pool does")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for module in _COMMANDS:
        module.add_parser(commands)
    return parser
