"""Exit statuses of the command line, and errors that end a command with one of them."""

import enum

from runner.errors import RunnerError


class Exit(enum.IntEnum):
    """Exit status of a command.

    ``INCONCLUSIVE``: no verdict on the code; the infrastructure failed or the tests are broken.
    """

    OK = 0
    NOT_PASSED = 1
    BAD_INPUT = 2
    INCONCLUSIVE = 3
    INTERRUPTED = 130
    TERMINATED = 143


class TerminatedError(KeyboardInterrupt):
    """``SIGTERM``: ends a command in the same way as an interrupt, so that it cleans up."""


class InputError(RunnerError):
    """A file or an option of the command line is not usable; the message says which."""
