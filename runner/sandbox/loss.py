"""What can still be told of a sandbox that is lost."""

import dataclasses

from runner.models import Cause


@dataclasses.dataclass(frozen=True, slots=True)
class Loss:
    """What can still be told of a sandbox that died, went silent, or never came to be.

    Attributes:
        cause: How it was lost.
        detail: For people: the last words, exit code, and the like.
        wall_s: Seconds from the request's start to the loss.
        started: Whether the worker had begun with the request; if not, it was no attempt.
        mid_frame: Whether the stream ended in the middle of a frame, such as a report.
    """

    cause: Cause
    detail: str
    wall_s: float
    started: bool = True
    mid_frame: bool = False
