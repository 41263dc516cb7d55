"""Progress of a request as its worker reports it, and the deadline of the next report."""

import time
from typing import Any

from runner.errors import TransportError, TransportTimeout
from runner.sandbox.replies import Expected, read_collected, replies_after_list
from runner.worker.protocol import report
from runner.worker.protocol.cases import Place, places
from runner.worker.protocol.frames import FrameError

#: Seconds without a frame until a worker counts as silent; it normally sends one every second.
SILENCE_S = 30.0
#: Limit of progress reports: a worker sends one a second, some of them late.
_MOST_REPORTS, _MOST_REPORTS_PER_S = 10, 2
#: A request may take this many times as long as its tests, because its processes may have to wait
#: for a CPU.
_MOST_LOAD = 10
#: How often a worker runs a request: once more if it lacked a package's library the first time.
_MOST_RUNS = 2


def longest_s(run: dict[str, Any], tests: int) -> float:
    """Return how long a request may run in all, in seconds, independent of its worker's reports.

    Args:
        run: Payload of the RUN frame.
        tests: How many tests it has.
    """
    # one for the compiler
    most_s = _MOST_LOAD * (tests + 1) * report.longest_test_s(run["timeout_s"])
    total_s = run["limits"].get("total_s")
    return SILENCE_S + _MOST_RUNS * (most_s if total_s is None else min(most_s, total_s))


class Progress:
    """Progress of a request, and the deadline of the worker's next frame."""

    def __init__(self, run_id: str, payload: dict[str, Any]) -> None:
        self.run_id = run_id
        self.started = False
        self.deadline = 0.0
        #: The places of all tests, once those in suites are listed; part of the report.
        self.places: list[Place] | None = None
        self._payload = payload
        self._began_s = time.monotonic()
        self._reports = 0
        self._allow(len(payload["tests"]))

    def _allow(self, tests: int) -> None:
        """Bound how long a number of tests may take."""
        self._most_s = 2 * self._payload["timeout_s"] * tests + SILENCE_S
        self._longest_s = longest_s(self._payload, tests)

    def collect(self, payload: dict[str, Any]) -> Expected:
        """Take the list of the tests in suites; return what the worker may send from now on.

        Raises:
            FrameError: The list is malformed, or names other tests than the suites.
        """
        tests = self._payload["tests"]
        found = read_collected(payload, len(tests))
        suites = {index for index, test in enumerate(tests) if test["kind"] == "suite"}
        snippets = {index for index in found.keys() - suites if tests[index]["kind"] == "assert"}
        if found.keys() != suites | snippets or any(found[index] is None for index in snippets):
            raise FrameError("the list of the tests in suites is not about the request's suites")
        self.places = places(len(tests), found)
        self._allow(len(self.places))
        return replies_after_list(self._payload, len(self.places))

    def sent(self) -> None:
        """Note that the worker has the request."""
        self.deadline = time.monotonic() + 1 + SILENCE_S

    def advance(self, charged_s: object) -> None:
        """Take a report of progress: how many seconds have been charged so far.

        Raises:
            TransportError: The report is malformed or comes too often, or the request takes too
                long.
        """
        now_s = time.monotonic()
        self.deadline = now_s + SILENCE_S
        self._reports += 1
        if self._reports > _MOST_REPORTS + _MOST_REPORTS_PER_S * (now_s - self._began_s):
            raise TransportError("the worker reports its progress too often")
        if now_s - self._began_s > self._longest_s:
            raise TransportTimeout(
                f"the request has run for more than {self._longest_s:.0f} s: its tests can take"
                " that long only if they wait for a CPU: use more CPUs or fewer sandboxes"
            )
        if not isinstance(charged_s, int | float):
            raise TransportError("the progress that the worker reports is not a number")
        if not charged_s <= self._most_s:  # not a number is too much as well
            raise TransportTimeout(
                f"the worker has charged {charged_s:.0f} s, more than the {self._most_s:.0f} s that"
                " this request could use"
            )
