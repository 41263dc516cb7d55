"""What is known about a sandbox that was lost."""

import dataclasses
from collections.abc import Sequence
from typing import Protocol

from runner.models import Cause


@dataclasses.dataclass(frozen=True, slots=True)
class Loss:
    """What is known about a sandbox that died, went silent, or could not be started.

    Attributes:
        cause: How it was lost.
        detail: For messages: end of standard error, exit code, and the like.
        wall_s: Seconds from the request's start to the loss.
        started: Whether the worker had begun with the request.
        mid_frame: Whether the stream ended in the middle of a frame, such as a report.
    """

    cause: Cause
    detail: str
    wall_s: float
    started: bool = True
    mid_frame: bool = False


def had_died(outcome: object) -> bool:
    """Return True if the sandbox was dead before the request, so that this was no attempt."""
    return (
        isinstance(outcome, Loss) and outcome.cause is Cause.CONTAINER_LOST and not outcome.started
    )


class _End(Protocol):
    """How an attempt ended."""

    @property
    def cause(self) -> Cause | None: ...

    @property
    def mid_frame(self) -> bool: ...


def is_loss_by_code(attempts: Sequence[_End], *, others_lived: bool) -> bool:
    """Return True if the code is to blame for the loss of the sandboxes of all attempts.

    A single loss counts as an accident. The code is to blame if every attempt lost its sandbox
    while others lived, or if every loss came in the middle of a frame, whose content depends on the
    code.

    Args:
        attempts: All attempts of one request.
        others_lived: Whether another sandbox lived through all of them.
    """
    if len(attempts) < 2 or any(each.cause is not Cause.CONTAINER_LOST for each in attempts):
        return False
    return others_lived or all(each.mid_frame for each in attempts)
