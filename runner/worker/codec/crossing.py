"""Counts the cost of values and calls that cross; the test is not charged with it.

The numbers are what ``python -m runner.bench --only crossing`` prints. They are rounded up for what
the judge sends, and down for what the solution sends: so a solution gains nothing by sending more
than it was asked for.
"""

from collections.abc import Callable

#: A message and its answer: both processes, and waking them on another processor.
MESSAGE_NS = 150_000
#: An object that is sent: written here, read there.
SENT_NS = 500
#: A received object, except None in a packed list: the lowest cost of reading one.
RECEIVED_NS = 10

#: Counted cost after which the supervisor is told again.
_STEP_NS = 20_000_000


class Crossing:
    """The cost of what has crossed in one test.

    Attributes:
        ns: The cost, in nanoseconds of CPU time.
    """

    def __init__(self) -> None:
        self.ns = 0
        self._due_ns: float = float("inf")
        self._tell: Callable[[float], None] = _keep_silent

    def report_to(self, tell: Callable[[float], None]) -> None:
        """Pass the cost to ``tell`` from now on, in seconds, about 50 times for each second."""
        self._tell, self._due_ns = tell, _STEP_NS

    def restart(self) -> None:
        """Start at zero for another test."""
        self.ns = 0
        if self._due_ns != float("inf"):
            self._due_ns = _STEP_NS

    def add(self, ns: int) -> None:
        """Add a cost, and report the sum if that is due."""
        self.ns += ns
        if self.ns >= self._due_ns:
            self._due_ns = self.ns + _STEP_NS
            self._tell(self.seconds)

    @property
    def seconds(self) -> float:
        """The cost, in seconds of CPU time."""
        return self.ns * 1e-9


def _keep_silent(_: float) -> None:
    return
