"""The command ``runner``, also ``python -m runner``."""

import argparse
import contextlib
import importlib.metadata
import io
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from runner.cli import compare, doctor, evaluate, image, reap, run
from runner.cli.exits import Exit, InputError
from runner.errors import ConfigurationError, DatasetError, RunnerError, with_remedy

_COMMANDS = (run, evaluate, compare, doctor, image, reap)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status.

    0: all conclusive and, for ``run``, passed. 1: not passed. 2: bad input, or an output that
    cannot be written. 3: inconclusive. 130: interrupted.
    """
    _open_missing_streams()
    try:
        status = int(_run(arguments))
        sys.stdout.flush()  # a reader that is gone must show here, not while the interpreter exits
        return status
    except (InputError, ConfigurationError, DatasetError) as error:
        return _failed(error, Exit.BAD_INPUT)
    except RunnerError as error:
        return _failed(error, Exit.INCONCLUSIVE)
    except KeyboardInterrupt:
        return _failed("interrupted", Exit.INTERRUPTED)
    except BrokenPipeError:  # the reader has seen enough
        _drop_output()
        return int(Exit.NOT_PASSED)
    except OSError as error:
        if error.filename is not None:
            return _failed(f"cannot use {error.filename}: {with_remedy(error)}", Exit.BAD_INPUT)
        _drop_output()
        return _failed(f"cannot write the output: {with_remedy(error)}", Exit.BAD_INPUT)


def _run(arguments: Sequence[str] | None) -> Exit:
    options = _parser().parse_args(arguments)
    level = logging.DEBUG if options.verbose else logging.ERROR
    logging.basicConfig(level=level, format="%(levelname)s %(name)s: %(message)s")
    if isinstance(sys.stdout, io.TextIOWrapper):
        # What a solution says may have no spelling in the terminal's encoding.
        sys.stdout.reconfigure(errors="backslashreplace")
    status: Exit = options.command(options)
    return status


def _open_missing_streams() -> None:
    """Give a process that was started without a stream the null device in its place.

    Or else the next file or socket would become its standard output.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115


def _drop_output() -> None:
    """Have nothing of what is left of it written at exit."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _failed(error: Exception | str, status: Exit) -> int:
    with contextlib.suppress(OSError):  # then only the status can tell
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
