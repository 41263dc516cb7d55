"""One request in the supervisor: pair after pair, until every test has a report."""

import os
import signal
import time
from collections.abc import Callable
from typing import Any

from ..packages.libraries import LACKS_LIBRARY
from ..protocol import cases
from ..protocol.report import SYNTAX_ERROR_MAX, Death, Report
from ..zygote.orders import SUBJECT
from .findings import Findings
from .leftover_processes import sweep
from .oom_watch import OomWatch
from .pair import Ending, JudgeHandle, Pair
from .pair_run import PairRun, RequestClock, Stop
from .pair_source import PairSource
from .work_directory import Left, WorkDirectory

#: How long a process whose socket is closed may take to end, in seconds.
_EXIT_GRACE_S = 0.5

#: Pairs that one judge serves at most.
_MOST_PAIRS = 1000


class Execution:
    """Runs one request, pair after pair, to a report.

    Args:
        request: The payload of the RUN frame.
        host_fd: The host's stream; end of file ends this process.
        progress: Tells the host how many seconds have been charged so far.
        oom: Of the container.
        known: Returns the pids that ``clear`` must leave alone.
        collected: Tells the host which tests the suites hold.
    """

    def __init__(
        self,
        request: dict[str, Any],
        host_fd: int,
        progress: Callable[[float], None],
        oom: OomWatch,
        known: Callable[[], set[int]],
        collected: Callable[[cases.NamesOfCases], None],
    ) -> None:
        self._collected: Callable[[cases.NamesOfCases], None] | None = collected
        self._progress = progress
        self._request = request
        self._host_fd = host_fd
        self._oom = oom
        self._known = known
        self._limits = request["limits"]
        self._clock = self._new_clock()
        self._files: dict[str, str] | None = request.get("files")
        self._left: Left | None = None
        self._libraries = self._every_library = 0
        self._findings = self._no_findings()
        self._cpu_s = 0.0
        self._clean = True
        #: Whether the last pair's judge has left no state that could outlast the request.
        self.plain = False
        #: A pair that has done its work and is still to be killed.
        self._spent: Pair | None = None

    def run(self, pairs: PairSource) -> Report:
        """Execute the request. Call ``clear`` afterwards to end the processes that it has left."""
        self._check_source()
        self._libraries = pairs.libraries_for(self._request)
        self._every_library = pairs.every_library
        while not self._findings.complete:
            if self._clock.left_s <= 0:
                self._findings.skip_rest()
                break
            self._clean = self.clear() and self._clean
            if self._files is not None:
                self._run_in_directory(self._files, pairs)
            elif self._libraries:
                self._run_group(pairs.make(pairs.next_uids(), None, self._libraries))
            else:
                self._run_group(pairs.take())
        return self._report()

    def release_judge(self) -> JudgeHandle | None:
        """Return the last judge if it may serve another request."""
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
        ending = pair.destroy(subject_ended=False)
        return sweep(self._known()) and ending.reaped

    def _new_clock(self) -> RequestClock:
        return RequestClock(self._limits["total_s"], self._progress)

    def _tell_collected(self, found: cases.NamesOfCases) -> None:
        """Tell the host once: a repetition finds the same."""
        if self._collected is not None:
            self._collected(found)
            self._collected = None

    def _no_findings(self) -> Findings:
        tests, output_bytes = self._request["tests"], self._limits["output_bytes"]
        return Findings(tests, output_bytes, apart=self._files is not None)

    def _run_in_directory(self, files: dict[str, str], pairs: PairSource) -> None:
        """Run one test in a directory of its own, which is then removed."""
        uids = pairs.next_uids()
        most = self._limits["files_bytes"], self._limits["files_count"]
        directory = WorkDirectory(pairs.places, uids[SUBJECT], files, *most)
        try:
            directory.make()
        except OSError as error:
            reason = f"its files cannot be written: {error}"
            self._findings.break_off({index: reason for index, _ in self._findings.todo[:1]})
        else:
            self._run_group(pairs.make(uids, directory, self._libraries), directory)
        self._clean = directory.remove() and self._clean

    def _check_source(self) -> None:
        size = len(self._request["code"].encode("utf-8", "surrogatepass"))
        limit = self._limits["source_bytes"]
        if size > limit:
            self._findings.syntax_error = f"source of {size} bytes exceeds the limit of {limit}"

    def _report(self) -> Report:
        found, syntax_error = self._findings, self._findings.syntax_error
        report = Report(
            id=self._request["id"],
            syntax_error=None if syntax_error is None else syntax_error[:SYNTAX_ERROR_MAX],
            tests=[] if syntax_error is not None else found.reports,
            cpu_s=self._cpu_s,
            wall_s=time.monotonic() - self._clock.began_s,
            memory_peak_bytes=found.peak_bytes,
            clean=self._clean,
        )
        if self._left is not None:
            report["files"], report["files_truncated"] = self._left
        return report

    def _run_group(self, pair: Pair, directory: WorkDirectory | None = None) -> None:
        run = PairRun(
            pair, self._request, self._findings, self._clock, self._host_fd, self._tell_collected
        )
        stop = run.run()
        ending = self._end_pair(pair, run, stop, may_linger=directory is None)
        if directory is not None and any(
            each["kind"] == "program" for each in self._request["tests"]
        ):
            self._left = directory.left()
        if self._lacks_library(ending):
            # Whatever it has done and used so far, a program must not tell this from the first run.
            self._libraries = self._every_library
            self._clock, self._cpu_s, self._left = self._new_clock(), 0.0, None
            self._forget_findings()
            return
        if stop == "subject" and run.test.budget.overrun is not None:
            # It ended before we saw the overrun: by RLIMIT_CPU, or by itself.
            stop, run.overrun = "budget", run.test.budget.overrun
        self._cpu_s += run.cpu_s
        self.plain = run.plain
        if stop == "stale" or (stop == "judge" and pair.judge.pairs > 1):
            # A judge that is not fresh may behave differently, or die of an earlier request: so the
            # whole request is repeated with a fresh one.
            self._forget_findings()
            return
        self._findings.peak_bytes = max(self._findings.peak_bytes, ending.memory_peak_bytes)
        self._conclude(run, stop, ending)

    def _lacks_library(self, ending: Ending) -> bool:
        """Return True once, if the subject ended because it lacks a library, or claims that."""
        lacks = self._libraries != self._every_library and ending.status is not None
        return lacks and os.waitstatus_to_exitcode(ending.status or 0) == LACKS_LIBRARY

    def _forget_findings(self) -> None:
        self._oom.struck()
        self._findings = self._no_findings()

    def _end_pair(self, pair: Pair, run: PairRun, stop: Stop, *, may_linger: bool) -> Ending:
        ended = stop == "subject" and pair.subject.ended_within(_EXIT_GRACE_S)
        if stop == "judge":
            pair.judge.child.ended_within(_EXIT_GRACE_S)
        run.test.budget.end()  # while both processes exist
        for stream in run.test.streams:
            stream.drain()
        peak_bytes = pair.peak_bytes() if stop == "done" else 0
        if peak_bytes and may_linger:
            # The report does not depend on how they end, so it does not wait for that.
            self._spent = pair
            return Ending(None, peak_bytes, reaped=True)
        ending = pair.destroy(subject_ended=ended)
        self._clean = sweep(self._known()) and ending.reaped and self._clean
        return ending

    def _conclude(self, run: PairRun, stop: Stop, ending: Ending) -> None:
        """Report what the end of a pair means for the test that was running."""
        found = self._findings
        judged = found.compiled and bool(found.reports or not found.todo)
        if found.syntax_error is not None or stop == "spent" or (stop == "done" and judged):
            return
        if found.checking and stop == "total" and found.reports:
            return  # the solution has spent the time of the tests that are left
        if found.checking:
            message = self._interrupted(run, stop, ending)[2]
            reason = f"the test did not get as far as the solution: {message}"
            found.break_off({index: reason for index, _ in found.todo[:1]})
            return
        if stop == "subject" and not found.compiled:
            found.syntax_error = f"the compiler crashed: {self._death(ending)[1]}"
            return
        status, cause, message = self._interrupted(run, stop, ending)
        if not found.todo:
            if not found.compiled:
                found.syntax_error = f"the compiler did not finish: {message}"
            return
        found.compiled = True
        timeout_kind = run.overrun.kind if run.overrun is not None else None
        wait_status = ending.status if stop == "subject" else None
        found.finish(
            run.test,
            status,
            message,
            cause=cause,
            timeout_kind=timeout_kind,
            exit_code=None if wait_status is None else os.waitstatus_to_exitcode(wait_status),
        )

    def _interrupted(
        self, run: PairRun, stop: Stop, ending: Ending
    ) -> tuple[str, Death | None, str]:
        """Return status, cause and message of the test that was running when the pair stopped."""
        if stop in ("budget", "total"):
            assert run.overrun is not None
            message = f"{run.overrun.kind} time exceeded {run.overrun.budget_s:g} s"
            return "timeout", "budget", message
        if stop == "output":
            return "output_limit", None, f"printed more than {run.test.limit} bytes"
        if stop == "subject":
            return "crashed", *self._death(ending)
        if stop == "done":
            return "crashed", "protocol", "the judge ended before its tests did"
        # The solution has sent more than the judge can hold: a wrong answer, and no crash.
        reason = "out of memory" if self._oom.struck() else "what the solution sent crashed it"
        return "error", None, f"the process that runs the tests died: {reason}"

    def _death(self, ending: Ending) -> tuple[Death, str]:
        """Return how the subject died, as cause and text."""
        if ending.status is None:
            return "protocol", "the solution closed its channel"
        if os.WIFEXITED(ending.status):
            status = os.WEXITSTATUS(ending.status)
            return "exit", f"the solution's process exited with status {status}"
        number = os.WTERMSIG(ending.status)
        if number == signal.SIGKILL and self._oom.struck():
            return "oom", "the solution's process was killed for memory"
        name = next((each.name for each in signal.Signals if each == number), str(number))
        return "signal", f"the solution's process was killed by {name}"
