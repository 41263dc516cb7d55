"""``runner reap``: removes sandboxes whose host process was killed."""

import argparse
import contextlib
import sys
from typing import Any

from runner.backends import create_backend
from runner.cli.exits import Exit
from runner.config import PoolConfig


def add_parser(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("reap", help="remove sandboxes whose owner is dead")
    parser.add_argument("--backend", help="docker or local (default: RUNNER_BACKEND, or docker)")
    parser.set_defaults(command=command)


def command(options: argparse.Namespace) -> Exit:
    """Run the command.

    Raises:
        RunnerError: No engine answers.
    """
    settings: dict[str, object] = {} if options.backend is None else {"backend": options.backend}
    with contextlib.closing(create_backend(PoolConfig.build(None, settings))) as backend:
        count = backend.reap()
    sys.stdout.write(f"removed {count} left-over sandboxes\n")
    return Exit.OK
