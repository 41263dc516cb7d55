"""One suite while its tests run: its module, and the solution as that module imports it."""

import contextlib
import unittest
from collections.abc import Iterator
from typing import Any

from ..namespace import FILE
from ..outcomes import Outcome, describe, is_good_exit
from ..test_run import TestRun
from ..trust.lost_exceptions import watched
from ..trust.open_exceptions import OpenExceptions
from .case_runner import CaseRunner
from .discovery import SuiteCase, discover
from .pytest_outcomes import OutcomeException


class SuiteRun(TestRun):
    """Runs the tests of one suite on one pair: its module is executed once.

    Attributes:
        suite: The index of the suite in the request; -1 before its first test.
    """

    suite = -1
    _cases: dict[str, SuiteCase]
    _runner: CaseRunner
    #: The exception that has ended the module; each of its tests raises it.
    _broken: BaseException | None = None

    def _watch(self) -> None:
        """Watch each test by itself, see ``run_case``."""

    def run_case(self, test: dict[str, Any], *, is_last: bool) -> None:
        """Run one test to its end; the exception that it raises is its outcome.

        Args:
            test: Its payload.
            is_last: Whether it is the last of its suite on this pair.
        """
        with contextlib.ExitStack() as ends:
            if is_last:
                ends.enter_context(self.at_end)
            ends.enter_context(watched(self.session.lose))
            if self.suite < 0:
                # Once for all tests: functions replaced anew would look like patches of a test.
                self.at_end.enter_context(self.files_lent())
                self._begin(test["suite"])
            if self._broken is not None:
                raise self._broken
            self._restart()
            self._runner.run(self._cases[test["name"]], is_last=is_last)

    def _begin(self, suite: int) -> None:
        """Load the solution, execute the module, and find its tests."""
        self.suite = suite
        with self.session.ledger.shared():
            try:
                self._load_module(self.request.suites[suite])
            except Exception as error:
                self._broken = error
            except (SystemExit, KeyboardInterrupt, OutcomeException) as error:
                reason = f"the suite ends while it is loaded: {describe(error)}"
                self._broken = Outcome("error", reason)
        aside = self.session.failure_aside()
        if aside is not None and self._broken is None:
            self._broken = Outcome("failed", aside)

    def _load_module(self, suite: dict[str, Any]) -> None:
        code, names = self.request.units_of_suite(suite)
        space = self.begin(names)
        space["__file__"] = FILE
        space = self.bind(space, names, self.load(names, suite["module"]))
        with without_main():
            try:
                self.execute(code, space)
            except SystemExit as error:
                if not is_good_exit(error):
                    raise
        found = discover(space, suite["code"], doctest=suite["doctest"])
        listed = self.request.cases_of(self.suite)
        if [*map(_place, found.cases)] != [*map(_place, listed)]:
            raise Outcome("error", "which tests the suite has depends on the solution")
        self._cases = dict(zip(listed, found.cases.values(), strict=True))
        self._runner = CaseRunner(space, self.session.ledger.shared)

    def _restart(self) -> None:
        """Reset the state that belongs to the tests before."""
        session = self.session
        session.silent = False
        session.ledger.begin_test()
        session.open_exceptions = OpenExceptions()
        session.failed_aside, session.skipped_aside = None, []


def _place(name: str) -> str:
    """Return where a test is defined; texts of parameters may be the solution's, or random."""
    return name.partition("[")[0]


@contextlib.contextmanager
def without_main() -> Iterator[None]:
    """Have ``unittest.main()`` of a suite do nothing: its tests are run anyway."""
    saved: Any = unittest.main
    unittest.main = _nothing  # type: ignore[assignment]
    try:
        yield
    finally:
        unittest.main = saved


def _nothing(*_: Any, **__: Any) -> None:
    return
