"""Runs the tests of one request in the judge, which never runs code of the solution.

The solution's names appear in a test as proxies; values that come back are the judge's own objects,
compared by its own ``==``. A judge serves one request and is then thrown away, unless its tests
have left no state.
"""

import io
import sys
from typing import Any

from ..boundary.channel import ChannelClosed
from ..boundary.opcodes import Op
from ..boundary.session import BoundaryBroken
from ..determinism import state
from ..kernel import process
from ..protocol.report import EVIDENCE, MESSAGE_MAX
from . import test_kinds
from .dry_run import find_broken
from .judge_session import JudgeSession
from .outcomes import Outcome, TestsError, describe, is_good_exit, status_of
from .prediction.speculative_channel import Mispredicted, SpeculativeChannel
from .request import TEST, JudgeRequest, Stale
from .source.assert_rewriting import compared
from .suite.suite_run import SuiteRun
from .supervisor_link import SupervisorLink
from .test_run import TestRun
from .trust.exceptions import comes_from_solution


class Capture(io.StringIO):
    """The test's own standard output, up to a limit."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._limit = self._left = limit

    def take(self) -> str:
        """Return what was captured, and start over."""
        text = self.getvalue()
        self.seek(0)
        self.truncate()
        self._left = self._limit
        return text

    def close(self) -> None:
        """Stay open: what was captured is still to be read."""

    def write(self, text: str, /) -> int:
        """Keep what fits."""
        kept = text[: self._left]
        self._left -= len(kept)
        super().write(kept)
        return len(text)


class TestRunner:
    """Runs the tests of one request, or what is left of them.

    Args:
        link: Leads to the supervisor.
        channel: Leads to the subject.
        request: What to run.
    """

    def __init__(
        self, link: SupervisorLink, channel: SpeculativeChannel, request: JudgeRequest
    ) -> None:
        self._link = link
        self._channel = channel
        self._request = request
        #: Whether the state is still as the last reset has left it.
        self._is_reset = False
        #: The suite whose tests run, and what they print.
        self._suite: tuple[SuiteRun, Capture] | None = None

    def main(self) -> None:
        """Compile the solution, run every test, and report each to the supervisor."""
        request = self._request
        if request.setup or request.judge_setup:
            request.leave_trace()
        broken = find_broken(request, self._link)
        if broken:
            self._link.broken(broken)
            return
        if request.suites:  # which hold more tests than were known
            process.limit_cpu(request.cpu_s, hard=False)
        message = self._compile()
        if message is not None:
            self._link.syntax_error(message)
            return
        self._link.compiled()
        self._channel.limit(request.bounds.size_bytes)
        for at, (index, test) in enumerate(request.tests, start=1):
            following = request.tests[at][1] if at < len(request.tests) else {}
            is_last = following.get("suite", -1) != test.get("suite")
            if self._run(index, test, is_last=is_last):
                return

    def _compile(self) -> str | None:
        """Have the solution compiled; return what is wrong with it."""
        self._channel.begin()
        request = self._request
        session = JudgeSession(self._channel, request.bounds)
        ceilings = request.memory_bytes, request.cpu_s, *request.bounds
        answer = session.request(Op.COMPILE, request.code, request.setup, *ceilings)
        if any(test["kind"] == "program" for _, test in request.tests):
            return None  # what is wrong with it is for the program to print
        return None if answer is None else str(answer)

    def _begin(self, test: dict[str, Any]) -> tuple[TestRun, Capture]:
        """Return a new test; the subject begins a session for it with the next message."""
        request = self._request
        plain = request.plain and request.is_plain(test)
        if not (plain and self._is_reset):
            state.reset()
        capture = Capture(request.output_bytes)
        session = JudgeSession(self._channel, request.bounds)
        session.stdout = capture
        session.crossing.report_to(self._link.crossed)
        self._channel.begin()
        kind = SuiteRun if test["kind"] == "case" else TestRun
        return kind(request, session, self._channel, self._link, plain=plain), capture

    def _run(self, index: int, test: dict[str, Any], *, is_last: bool) -> bool:
        """Run and report one test; return True if the subject cannot be trusted with another.

        Args:
            index: Of the test.
            test: Its payload.
            is_last: Whether it is the last of its suite; True for any other.
        """
        run, capture, (status, message, raised) = self._judge(test, is_last=is_last)
        session = run.session
        session.silent = True
        in_step = not is_last or session.turns.end()
        self._is_reset = run.plain and self._request.plain
        if self._channel.closed:
            raise ChannelClosed("a test has caught this exception")
        if session.broken is not None:
            status, message = "failed", f"the solution's process sent no value: {session.broken}"
        else:
            self._note_end(session, status, capture, raised=raised)
        # After a MemoryError, what the solution still holds is unknown, and the next test is to
        # have all the memory that it may have.
        broken = session.broken is not None or status == "memory_limit" or not in_step
        self._link.ended(
            index,
            status=status,
            message=message[:MESSAGE_MAX],
            output=capture.take(),
            excerpts=run.excerpts,
            evidence=session.ledger.evidence(),
            exit_code=run.exit_code,
            broken=broken,
            crossing_s=session.crossing.seconds,
        )
        return broken

    def _judge(
        self, test: dict[str, Any], *, is_last: bool
    ) -> tuple[TestRun, Capture, tuple[str, str, bool]]:
        """Run a test, anew after a misprediction; return it, its output, and how it ended."""
        run, capture = self._suite or self._begin(test)
        if isinstance(run, SuiteRun):
            run.session.crossing.restart()
            self._suite = None if is_last else (run, capture)
        streams = sys.stdout, sys.stderr
        try:
            return run, capture, self._ending(run, test, capture, is_last=is_last)
        except Mispredicted as other:
            self._request.predicted, self._request.may_predict = None, False
            run, capture = self._begin(test)
            self._channel.repeat(other.message)
            return run, capture, self._ending(run, test, capture, is_last=is_last)
        finally:
            sys.stdout, sys.stderr = streams

    def _ending(
        self, run: TestRun, test: dict[str, Any], capture: Capture, *, is_last: bool
    ) -> tuple[str, str, bool]:
        """Run a test; return status, message, and whether the solution raised what ended it."""
        try:
            sys.stdout = sys.stderr = capture
            if isinstance(run, SuiteRun):
                run.run_case(test, is_last=is_last)
            else:
                test_kinds.run_test(run, test)
        except (ChannelClosed, Mispredicted, Stale):
            raise
        except Outcome as outcome:
            # Once the solution has run, it may have caused any error: no test is broken then.
            broken = isinstance(outcome, TestsError) and not self._request.loaded
            return "broken" if broken else outcome.status, str(outcome), False
        except BoundaryBroken:
            return "failed", "", False
        except BaseException as error:  # also SystemExit: nothing ends the judge
            if test["kind"] in ("assert", "script") and is_good_exit(error):
                return *self._passed(run.session), False
            status = status_of(error)
            if status == "failed":
                run.excerpts = compared(error, run.asserts, TEST) or run.excerpts
            message = _with_reason(describe(error), run.session.ledger.refused)
            return status, message, comes_from_solution(error)
        return *self._passed(run.session), False

    def _passed(self, session: JudgeSession) -> tuple[str, str]:
        """Return status and message of a test that has run to its end."""
        aside = session.failure_aside()
        if aside is not None:
            return "failed", aside
        ledger = session.ledger
        if ledger.refused is not None:
            return "failed", ledger.refused
        evidence, wanted = ledger.evidence(), self._request.min_evidence
        if EVIDENCE.index(evidence) < EVIDENCE.index(wanted):
            return "failed", f"the pass rests on {evidence!r}, and min_evidence is {wanted!r}"
        return "passed", ""

    def _note_end(
        self, session: JudgeSession, status: str, capture: Capture, *, raised: bool
    ) -> None:
        """Note whether the test left no trace up to its end.

        An exception of the solution would end such a test in a fresh judge too: none is needed.
        """
        compared_values = session.plain and status in ("passed", "failed")
        if raised:
            self._request.plain = False
        elif not compared_values or capture.getvalue():
            self._request.leave_trace()


def _with_reason(message: str, refused: str | None) -> str:
    """Return the message of an exception that may be the consequence of a refusal."""
    return message if refused is None or refused in message else f"{message} ({refused})"
