"""What crossing costs, by count: the judge counts it, and its test is not charged with it.

Each number is what ``python -m runner.bench --only crossing`` prints, rounded up for what the judge
itself has chosen to send, and down for what the solution has: a solution gains nothing by sending
more than it was asked for.
"""

from collections.abc import Callable

#: A message and its answer: both processes, and waking them on another processor.
MESSAGE_NS = 150_000
#: An object that is sent: written here, read there.
SENT_NS = 500
#: An object that has come, other than None in a row: the least that reading one costs.
RECEIVED_NS = 10

#: How much is counted before it is told.
_STEP_NS = 20_000_000


class Crossing:
    """What has crossed in one test.

    Attributes:
        ns: What it is worth, in nanoseconds of CPU time.
    """

    def __init__(self) -> None:
        self.ns = 0
        self._due_ns: float = float("inf")
        self._tell: Callable[[float], None] = _keep_silent

    def report_to(self, tell: Callable[[float], None]) -> None:
        """Have the seconds told from now on, a few dozen times for each second."""
        self._tell, self._due_ns = tell, _STEP_NS

    def restart(self) -> None:
        """Count for another test from now on."""
        self.ns = 0
        if self._due_ns != float("inf"):
            self._due_ns = _STEP_NS

    def add(self, ns: int) -> None:
        """Count something, and tell if that is due."""
        self.ns += ns
        if self.ns >= self._due_ns:
            self._due_ns = self.ns + _STEP_NS
            self._tell(self.seconds)

    @property
    def seconds(self) -> float:
        """What it is worth, in seconds."""
        return self.ns * 1e-9


def _keep_silent(_: float) -> None:
    return
