"""One pair at work: serves judge and subject until they are done, dead, or over a budget.

All reads from judge and subject are non-blocking. The judge's messages count only for the test that
runs now, and its times only as far as they agree with the clocks.
"""

import os
import select
import time
from collections.abc import Callable
from typing import Any, Literal

from ..kernel.cpu_accounting import Meter
from ..protocol import cases
from ..protocol.frames import FrameError
from ..protocol.report import EVIDENCE, EXCERPT_MAX
from .budget import Budget, Overrun, Stamp, most_credit_s
from .findings import Findings, RunningTest
from .pair import Pair

_PROGRESS_S = 1.0
#: The first one is early, because STARTED is sent with it.
_FIRST_PROGRESS_S = 0.02

#: Fields of a request that the judge gets unchanged.
_FOR_JUDGE = ("code", "setup", "judge_setup", "entry_point", "classes", "min_evidence")

_TEST_STATUSES = frozenset({"passed", "failed", "error", "memory_limit", "broken"})

#: Why a pair stopped: all its tests are judged; the request has to be judged by a fresh judge; the
#: subject is not to be trusted with another test; a process has ended; a limit was exceeded.
Stop = Literal["done", "stale", "spent", "subject", "judge", "budget", "output", "total"]

_LAST_WORDS: dict[Any, Stop] = {"subject_gone": "subject", "done": "done", "stale": "stale"}


class RequestClock:
    """The time of one request: its total budget, and when the host is to hear of it.

    Args:
        total_s: Seconds that the whole request may take; None for no limit.
        progress: Tells the host how many seconds have been charged so far.
    """

    def __init__(self, total_s: float | None, progress: Callable[[float], None]) -> None:
        self.began_s = time.monotonic()
        self.total_s = float("inf") if total_s is None else float(total_s)
        self._progress = progress
        self._next_progress_s = self.began_s + _FIRST_PROGRESS_S

    @property
    def left_s(self) -> float:
        """Seconds until the request's total budget is spent."""
        return self.total_s - (time.monotonic() - self.began_s)

    def tell_progress(self, charged_s: Callable[[], float]) -> float:
        """Tell the host if that is due; return the seconds until it is due again."""
        now_s = time.monotonic()
        if now_s >= self._next_progress_s:
            self._next_progress_s = now_s + _PROGRESS_S
            self._progress(charged_s())
        return self._next_progress_s - now_s


class PairRun:
    """Runs a group of tests of one request on one pair.

    Args:
        pair: A judge and a subject that wait for a request.
        request: The payload of the RUN frame.
        findings: Where the reports go.
        clock: Of the request.
        host_fd: The host's stream; end of file ends this process.
        collected: Tells the host which tests the suites hold.

    Attributes:
        test: The test that runs, or ran when the pair stopped.
        overrun: The budget that was exceeded, if one was.
        plain: Whether the judge has left no state that could outlast the request.
        cpu_s: Seconds of CPU time of both processes since the beginning.
    """

    def __init__(
        self,
        pair: Pair,
        request: dict[str, Any],
        findings: Findings,
        clock: RequestClock,
        host_fd: int,
        collected: Callable[[cases.NamesOfCases], None],
    ) -> None:
        self._pair = pair
        self._collected = collected
        self._findings = findings
        self._clock = clock
        self._host_fd = host_fd
        self._limits = request["limits"]
        self._budget_s = float(request["timeout_s"])
        self._meter = Meter((pair.subject.pid, pair.judge.child.pid))
        self._cpu_before_s = self._meter.cpu_s()
        self._poll = select.poll()
        self.overrun: Overrun | None = None
        self.plain = False
        self.test = self._new_test()
        self._begin(request)

    @property
    def cpu_s(self) -> float:
        """Seconds of CPU time of both processes since the beginning."""
        return self._meter.cpu_s() - self._cpu_before_s

    def _begin(self, request: dict[str, Any]) -> None:
        """Send the judge the next tests, as many as may share a pair."""
        group = self._findings.group()
        stdin = group[0][1].get("stdin", "") if group else ""
        run = {key: request[key] for key in _FOR_JUDGE}
        chosen = {index for index, _ in group}
        others = [entry for entry in enumerate(self._findings.tests) if entry[0] not in chosen]
        run |= {"limits": self._limits, "tests": group, "others": others}
        run["suites"] = [*self._findings.suites.items()]
        run["checked"] = self._findings.are_checked
        run["has_files"] = request.get("files") is not None
        run["subject_pid"] = self._pair.subject.pid
        most_s = self._budget_s + most_credit_s(self._budget_s)
        run["cpu_s"] = most_s
        self._pair.begin(run, stdin)

    def _new_test(self, began: Stamp | None = None) -> RunningTest:
        budget = Budget(self._meter, self._budget_s, began)
        return RunningTest(self._pair, budget, self._findings.output_limit)

    # -- the loop ---------------------------------------------------------------------------------

    def run(self) -> Stop:
        """Serve the pair until it stops; return why."""
        pair, poll = self._pair, self._poll
        control = pair.judge.control
        poll.register(control.fd, select.POLLIN | (select.POLLOUT if control else 0))
        poll.register(pair.stdout, select.POLLIN)
        poll.register(pair.stderr, select.POLLIN)
        poll.register(self._host_fd, 0)
        if pair.input is not None:
            poll.register(pair.stdin, select.POLLOUT)
        while True:
            left_s = self._left_s()
            if left_s <= 0:
                return "total" if self.overrun and self.overrun.kind == "total" else "budget"
            self._meter.sleeps(left_s)
            for fd, event in poll.poll(left_s * 1000 + 1):
                stop = self._serve(fd, event)
                if stop is not None:
                    return stop

    def _left_s(self) -> float:
        """Return the seconds until the next check is due; 0 or less after an overrun."""
        progress_due_s = self._clock.tell_progress(self._charged_s)
        total_left_s = self._clock.left_s
        if total_left_s <= 0:
            self.overrun = Overrun("total", self._clock.total_s)
            return 0.0
        test_left_s = self.test.budget.left_s()
        if self.test.budget.overrun is not None:
            self.overrun = self.test.budget.overrun
        return min(test_left_s, total_left_s, progress_due_s)

    def _charged_s(self) -> float:
        return self._findings.charged_s + self.test.budget.charged_s

    def _serve(self, fd: int, event: int) -> Stop | None:
        pair = self._pair
        if fd == pair.judge.control.fd:
            if event & select.POLLOUT and pair.judge.control.flush():
                self._poll.modify(fd, select.POLLIN)
            return self._hear() if event & ~select.POLLOUT else None
        if fd == self._host_fd:
            os._exit(0)  # the host is gone: there is no receiver for a report
        if pair.input is not None and fd == pair.stdin:
            pair.feed()
            if pair.input is None:
                self._poll.unregister(fd)
            return None
        # The judge first: the test may have ended before this was printed. A test that ends with
        # unread output waits for us, so the pipe never holds the output of two.
        stop = self._hear()
        if stop is not None:
            return stop
        stream = self.test.stdout if fd == pair.stdout else self.test.stderr
        if not stream.read():
            self._poll.unregister(fd)
        return "output" if stream.truncated else None

    # -- the judge's messages ---------------------------------------------------------------------

    def _hear(self) -> Stop | None:
        try:
            events = self._pair.judge.events()
        except FrameError:
            return "judge"
        if events is None:
            return "judge"
        for event in events:
            stop = self._note(event)
            if stop is not None:
                return stop
        if self._pair.judge.control:
            self._poll.modify(self._pair.judge.control.fd, select.POLLIN | select.POLLOUT)
        return None

    def _note(self, event: dict[str, Any]) -> Stop | None:
        """Take one message of the judge; an unexpected one means that the judge is broken."""
        word = event.get("event")
        if word == "stale" and self._pair.judge.pairs == 1:
            return "judge"
        if word in _LAST_WORDS:
            self.plain = event.get("plain") is True
            return _LAST_WORDS[word]
        if word == "syntax_error":
            self._findings.syntax_error = str(event.get("message"))
            return "done"
        if word in ("checking", "checked"):
            self._findings.checking = word == "checking"
            self.test.budget.begin(event.get("stamp"))
            return None
        if word == "broken":
            return self._note_broken(event.get("tests"))
        if word == "collected":
            return self._note_collected(event.get("suites"))
        if word == "compiled":
            self._findings.note_checked()
            self.test.budget.begin(event.get("stamp"))
            return None
        return self._note_of_test(word, event)

    def _note_collected(self, suites: Any) -> Stop | None:
        """Take the list of the tests in suites: once, and before the solution is compiled."""
        if self._findings.compiled or self._findings.suites or self._findings.reports:
            return "judge"
        found = dict(suites)
        self._findings.expand(found)
        self._collected(found)
        return None

    def _note_broken(self, broken: Any) -> Stop:
        """Report the tests that are broken, and skip the others: the solution is not run."""
        reasons = {index: str(reason) for index, reason in broken}
        self._findings.break_off(reasons)
        return "done"

    def _note_of_test(self, word: Any, event: dict[str, Any]) -> Stop | None:
        todo = self._findings.todo
        if not todo or event.get("index", todo[0][0]) != todo[0][0]:
            return "judge"
        if word == "crossed":
            self.test.budget.credit(event.get("crossing_s"))
            return None
        if word == "ended":
            return self._test_ended(event)
        if word == "output":
            self.test.stdout.drain()
            self._pair.judge.tell({"stdout": self.test.stdout.text()})
            return None
        return "judge"

    def _test_ended(self, event: dict[str, Any]) -> Stop | None:
        status = event.get("status")
        if status not in _TEST_STATUSES or event.get("evidence") not in EVIDENCE:
            return "judge"
        # In any other case, output in the pipe is the next test's.
        if event.get("waits") or len(self._findings.todo) == 1:
            self._drain()
        budget = self.test.budget
        budget.credit(event.get("crossing_s"))
        budget.end(event.get("stamp"))
        if budget.overrun is not None:
            self.overrun = budget.overrun
            return "budget"
        if any(stream.truncated for stream in self.test.streams):
            return "output"
        self._report(status, event)
        if event.get("broken"):
            return "spent"
        if self._findings.todo:
            self.test = self._new_test(budget.ended)
        if event.get("waits"):
            self._pair.judge.tell({"go": True})
        return None

    def _drain(self) -> None:
        for stream in self.test.streams:
            stream.drain()

    def _report(self, status: str, event: dict[str, Any]) -> None:
        report = self._findings.finish(self.test, status, str(event.get("message", "")))
        self._findings.add_output(report, "stdout", str(event.get("output", "")))
        report["evidence"] = str(event.get("evidence"))
        exit_code = event.get("exit_code")
        report["exit_code"] = exit_code if type(exit_code) is int else None
        for name in ("expected", "actual"):
            text = event.get(name)
            report[name] = None if text is None else str(text)[:EXCERPT_MAX]
