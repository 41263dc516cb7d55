"""One request in the supervisor: budgets, output, endings, and what is reported of each test.

Nothing that judge or subject send is waited for with a blocking read, and nothing of it is
believed beyond its own test: a test's report is written here, from what was seen from outside and
from the judge's word about that one index.
"""

import os
import select
import signal
import time
from collections.abc import Callable
from typing import Any, Literal

from ..kernel.cpu_accounting import Meter
from ..protocol.frames import FrameError
from ..protocol.report import EXCERPT_MAX, Death, Report, TestReport, blank_test
from .budget import Budget, Overrun, Stamp
from .cleanup import OomWatch, sweep
from .output import Stream
from .pair import Ending, Judge, Pair

_PROGRESS_S = 1.0
#: The first one comes early: STARTED travels with it.
_FIRST_PROGRESS_S = 0.02

#: Pairs that one judge serves at most.
_MOST_PAIRS = 1000

_TEST_STATUSES = frozenset({"passed", "failed", "error", "memory_limit"})

Stop = Literal["done", "stale", "spent", "subject", "judge", "budget", "output", "total"]


_LAST_WORDS: dict[Any, Stop] = {"subject_gone": "subject", "done": "done", "stale": "stale"}


class Test:
    """The test that runs now."""

    def __init__(self, pair: Pair, budget: Budget, limit: int) -> None:
        self.budget = budget
        self.streams = (Stream(pair.stdout, limit), Stream(pair.stderr, limit))


class Execution:
    """Runs one request, pair after pair, to a report."""

    def __init__(
        self,
        request: dict[str, Any],
        host_fd: int,
        progress: Callable[[float], None],
        oom: OomWatch,
        known: Callable[[], set[int]],
    ) -> None:
        self._request = request
        self._known = known
        self._host_fd = host_fd
        self._progress = progress
        self._oom = oom
        self._limits = request["limits"]
        self._budget_s = float(request["timeout_s"])
        self._began_s = time.monotonic()
        self._next_progress_s = self._began_s + _FIRST_PROGRESS_S
        self._total_s = self._limits["total_s"]
        self._clean = True
        self._cpu_s = 0.0
        #: Whether the last pair's judge has done nothing that was not plain.
        self.plain = False
        #: A pair that has done its work and is still to be killed.
        self._spent: Pair | None = None
        self._start()

    def _start(self) -> None:
        self._todo = [(index, test) for index, test in enumerate(self._request["tests"])]
        self._reports: list[TestReport] = []
        self._charged_s = 0.0
        self._overrun: Overrun | None = None
        self._peak = 0
        self._syntax_error: str | None = None
        self._compiled = False

    # -- the whole request ------------------------------------------------------------------------

    def run(self, take_pair: Callable[[], Pair]) -> Report:
        """Execute the request. Call ``clear`` after it: what is there then is the solution's."""
        source = self._request["code"].encode("utf-8", "surrogatepass")
        if len(source) > self._limits["source_bytes"]:
            limit = self._limits["source_bytes"]
            self._syntax_error = f"source of {len(source)} bytes exceeds the limit of {limit}"
        while self._syntax_error is None and (self._todo or not self._compiled):
            if not self._total_left_s() > 0:
                self._skip_rest()
                break
            self._clean = self.clear() and self._clean
            self._run_group(take_pair())
        return self._report()

    def release_judge(self) -> Judge | None:
        """Return the last judge, which may serve on, if it has done nothing but what is plain."""
        pair = self._spent
        if pair is None or not self.plain or pair.judge.pairs >= _MOST_PAIRS:
            return None
        return pair.release_judge()

    def kill(self) -> None:
        """Kill the last pair, without waiting for its end."""
        if self._spent is not None:
            self._spent.kill()

    def clear(self) -> bool:
        """Kill and reap everything that is left; return whether that was possible."""
        if self._spent is None:
            return True
        pair, self._spent = self._spent, None
        pair.destroy(subject_ended=False)
        return sweep(self._known())

    def _report(self) -> Report:
        return Report(
            id=self._request["id"],
            syntax_error=self._syntax_error,
            tests=[] if self._syntax_error is not None else self._reports,
            cpu_s=self._cpu_s,
            wall_s=time.monotonic() - self._began_s,
            memory_peak_bytes=self._peak,
            clean=self._clean,
        )

    def _group(self) -> list[tuple[int, dict[str, Any]]]:
        """Return the tests that may share a pair: a program that reads stdin has one for itself."""
        group: list[tuple[int, dict[str, Any]]] = []
        for entry in self._todo:
            if entry[1]["kind"] == "stdio":
                return group or [entry]
            group.append(entry)
        return group

    def _total_left_s(self) -> float:
        if self._total_s is None:
            return float("inf")
        return float(self._total_s) - (time.monotonic() - self._began_s)

    def _skip_rest(self) -> None:
        for index, _ in self._todo:
            self._reports.append(
                blank_test(index, "skipped", "the request's total budget is spent")
            )
        self._todo = []

    # -- one pair ---------------------------------------------------------------------------------

    def _run_group(self, pair: Pair) -> None:
        group = self._group()
        stdin = group[0][1].get("stdin", "") if group else ""
        self._pair = pair
        self._meter = Meter((pair.subject.pid, pair.judge.child.pid))
        before_s = self._meter.cpu_s()
        self._overrun, self.plain = None, False
        self._test = self._new_test()
        run = {key: self._request[key] for key in ("code", "setup", "judge_setup", "entry_point")}
        run |= {"limits": self._limits, "tests": group, "subject_pid": pair.subject.pid}
        run["cpu_s"] = self._budget_s * (len(group) + 1)  # one for the compiler
        pair.begin(run, stdin)
        stop = self._watch()
        ending = self._end_pair(stop)
        if stop == "subject" and self._test.budget.overrun is not None:
            # It was faster than we: RLIMIT_CPU, or an end of its own with its budget spent.
            stop, self._overrun = "budget", self._test.budget.overrun
        self._cpu_s += self._meter.cpu_s() - before_s
        if stop == "stale" or (stop == "judge" and self._pair.judge.pairs > 1):
            # What it has seen may differ from what a fresh one sees, and what it has died of may be
            # older than this request: so all of it is done again.
            self._oom.struck()
            self._start()
            return
        self._peak = max(self._peak, ending.memory_peak_bytes)
        self._conclude(stop, ending)

    def _end_pair(self, stop: Stop) -> Ending:
        ended = stop == "subject" and self._pair.ended_by_itself(self._pair.subject.pid)
        if stop == "judge":
            self._pair.ended_by_itself(self._pair.judge.child.pid)
        self._test.budget.end()  # while they are there
        for stream in self._test.streams:
            stream.drain()
        peak_bytes = self._pair.peak_bytes() if stop == "done" else 0
        if peak_bytes:
            # Nothing depends on how they end: the report need not wait for it.
            self._spent = self._pair
            return Ending(None, peak_bytes)
        ending = self._pair.destroy(subject_ended=ended)
        self._clean = sweep(self._known()) and self._clean
        return ending

    def _watch(self) -> Stop:
        """Serve the pair until it is finished, dead, or over a budget."""
        pair = self._pair
        poll = select.poll()
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
                return "total" if self._overrun and self._overrun.kind == "total" else "budget"
            self._meter.sleeps(left_s)
            for fd, event in poll.poll(left_s * 1000 + 1):
                stop = self._serve(poll, fd, event)
                if stop is not None:
                    return stop

    def _serve(self, poll: select.poll, fd: int, event: int) -> Stop | None:
        pair = self._pair
        if fd == pair.judge.control.fd:
            if event & select.POLLOUT and pair.judge.control.flush():
                poll.modify(fd, select.POLLIN)
            return self._hear(poll) if event & ~select.POLLOUT else None
        if fd == self._host_fd:
            os._exit(0)  # the host is gone, and nobody is left to report to
        if pair.input is not None and fd == pair.stdin:
            pair.feed()
            if pair.input is None:
                poll.unregister(fd)
            return None
        # A test may have ended before this was printed. One that ends with its output unread waits
        # for us, so the pipe never holds the output of two.
        stop = self._hear(poll)
        if stop is not None:
            return stop
        stream = self._test.streams[0 if fd == pair.stdout else 1]
        if not stream.read():
            poll.unregister(fd)
        return "output" if stream.truncated else None

    def _hear(self, poll: select.poll) -> Stop | None:
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
            poll.modify(self._pair.judge.control.fd, select.POLLIN | select.POLLOUT)
        return None

    def _note(self, event: dict[str, Any]) -> Stop | None:
        """Take one word of the judge; a word that does not fit means that it is not itself."""
        word = event.get("event")
        if word == "stale" and self._pair.judge.pairs == 1:
            return "judge"
        if word in _LAST_WORDS:
            self.plain = event.get("plain") is True
            return _LAST_WORDS[word]
        if word == "syntax_error":
            self._syntax_error = str(event.get("message"))
            return "done"
        if word == "compiled":
            self._compiled = True
            self._test.budget.begin(event.get("stamp"))
            return None
        if not self._todo or event.get("index", self._todo[0][0]) != self._todo[0][0]:
            return "judge"
        return self._note_of_test(str(word), event)

    def _note_of_test(self, word: str, event: dict[str, Any]) -> Stop | None:
        if word == "ended":
            return self._test_ended(event)
        if word == "output":
            self._test.streams[0].drain()
            self._pair.judge.tell({"stdout": self._test.streams[0].text()})
            return None
        return "judge"

    def _new_test(self, began: Stamp | None = None) -> Test:
        budget = Budget(self._meter, self._budget_s, began)
        return Test(self._pair, budget, self._limits["output_bytes"])

    # -- budgets ----------------------------------------------------------------------------------

    def _left_s(self) -> float:
        """Return how long nothing can overrun, in seconds; 0 or less when something has."""
        now_s = time.monotonic()
        if now_s >= self._next_progress_s:
            self._next_progress_s = now_s + _PROGRESS_S
            self._progress(self._charged_s + self._test.budget.charged_s)
        total_left_s = self._total_left_s()
        if total_left_s <= 0:
            self._overrun = Overrun("total", float(self._total_s))
            return 0.0
        test_left_s = self._test.budget.left_s()
        if self._test.budget.overrun is not None:
            self._overrun = self._test.budget.overrun
        return min(test_left_s, total_left_s, self._next_progress_s - now_s)

    # -- reports ----------------------------------------------------------------------------------

    def _test_ended(self, event: dict[str, Any]) -> Stop | None:
        if event.get("waits") or len(self._todo) == 1:  # or else there is only the next one's
            for stream in self._test.streams:
                stream.drain()
        status = event.get("status")
        if status not in _TEST_STATUSES:
            return "judge"
        budget = self._test.budget
        budget.end(event.get("stamp"))
        if budget.overrun is not None:
            self._overrun = budget.overrun
            return "budget"
        if any(stream.truncated for stream in self._test.streams):
            return "output"
        report = self._finish(status, str(event.get("message", "")))
        report["stdout"] += str(event.get("output", ""))
        for name in ("expected", "actual"):
            text = event.get(name)
            report[name] = None if text is None else str(text)[:EXCERPT_MAX]
        if event.get("broken"):
            return "spent"
        self._go_on(budget.ended, event.get("waits"))
        return None

    def _go_on(self, began: Stamp | None, waits: Any) -> None:
        if self._todo:
            self._test = self._new_test(began)
        if waits:
            self._pair.judge.tell({"go": True})

    def _finish(self, status: str, message: str, cause: Death | None = None) -> TestReport:
        """Report the current test and move on to the next."""
        index, _ = self._todo.pop(0)
        test = self._test
        report = blank_test(index, status, message)
        out, err = test.streams
        report["cpu_s"], _, report["wall_s"] = test.budget.usage
        report["budget_used"] = test.budget.share
        self._charged_s += test.budget.charged_s
        report["stdout"], report["stdout_truncated"] = out.text(), out.truncated
        report["stderr"], report["stderr_truncated"] = err.text(), err.truncated
        report["cause"] = cause
        if self._overrun is not None:
            report["timeout_kind"] = self._overrun.kind
        self._reports.append(report)
        return report

    def _conclude(self, stop: Stop, ending: Ending) -> None:
        """Say what the end of a pair means for the test that was running."""
        if stop in ("done", "spent") or self._syntax_error is not None:
            if stop == "done" and not self._finished_group():
                self._crash("protocol", "the judge ended before its tests did")
            return
        if not self._compiled and stop == "subject":
            self._syntax_error = f"the compiler crashed: {self._death(ending)[1]}"
            return
        if not self._todo:
            return
        if stop in ("budget", "total"):
            assert self._overrun is not None
            kind, budget_s = self._overrun
            self._compiled = True
            self._finish("timeout", f"{kind} time exceeded {budget_s:g} s", "budget")
        elif stop == "output":
            limit = self._limits["output_bytes"]
            self._finish("output_limit", f"printed more than {limit} bytes")
        elif stop == "subject":
            self._crash(*self._death(ending))
        else:
            self._crash("oom" if self._oom.struck() else "protocol", "the judge died")

    def _finished_group(self) -> bool:
        """Tell whether a judge that says "done" has in fact judged a group of tests."""
        return self._compiled and (not self._todo or bool(self._reports))

    def _crash(self, cause: Death, message: str) -> None:
        self._compiled = True
        if self._todo:
            self._finish("crashed", message, cause)

    def _death(self, ending: Ending) -> tuple[Death, str]:
        """Say how the subject died."""
        if ending.status is None:
            return "protocol", "the solution closed its channel"
        if os.WIFEXITED(ending.status):
            return (
                "exit",
                f"the solution's process exited with status {os.WEXITSTATUS(ending.status)}",
            )
        number = os.WTERMSIG(ending.status)
        if number == signal.SIGKILL and self._oom.struck():
            return "oom", "the solution's process was killed for memory"
        name = next((each.name for each in signal.Signals if each == number), str(number))
        return "signal", f"the solution's process was killed by {name}"
