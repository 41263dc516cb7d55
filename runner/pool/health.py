"""Has every worker of a pool judge requests whose verdicts are known."""

import contextlib

from runner.errors import PoolTimeoutError
from runner.models import AssertTest, ExecutionRequest, ExecutionStatus, TestStatus
from runner.pool.lease_group import MOST_DEAD, LeaseGroup
from runner.pool.manager import SandboxManager
from runner.sandbox.loss import Loss, had_died
from runner.sandbox.run_payload import run_payload
from runner.sandbox.sandbox import Sandbox
from runner.verdicts import classify_attempt
from runner.worker.protocol.report import Report

_KNOWN = ExecutionRequest(
    code="def successor(n):\n    return n + 1\n",
    tests=(
        AssertTest(code="assert successor(1) == 2"),
        AssertTest(code="assert successor(1) == 3"),
    ),
    timeout=5.0,
    request_id="health check",
)
_VERDICTS = (TestStatus.PASSED, TestStatus.FAILED)


def check_health(
    sandboxes: SandboxManager, workers: int, deadline: float
) -> tuple[int, int, str | None]:
    """Return how many workers answered, how many were right, and what is wrong, if anything.

    Ends with all workers leased at the same time; otherwise one could be checked twice.
    """
    responsive = correct = dead = 0
    left = workers
    leases = LeaseGroup(sandboxes)
    try:
        with contextlib.ExitStack() as stack:
            while left:
                try:
                    sandbox, outcome = _ask_next(leases, deadline, stack)
                except PoolTimeoutError:
                    problem = f"{workers - responsive} of {workers} workers are not free"
                    return responsive, correct, problem
                if had_died(outcome) and dead < MOST_DEAD:
                    dead += 1
                    continue
                left -= 1
                answered, right = _check(sandbox, outcome)
                responsive += answered
                correct += right
    finally:
        leases.close()
    wrong = workers - correct
    return responsive, correct, f"{wrong} of {workers} workers are not correct" if wrong else None


def _ask_next(
    leases: LeaseGroup, deadline: float, stack: contextlib.ExitStack
) -> tuple[Sandbox, Report | Loss]:
    """Have the next sandbox judge the known request; unless it had died, it stays leased."""
    with contextlib.ExitStack() as one:
        sandbox = one.enter_context(leases.lease(deadline))
        outcome = sandbox.execute(run_payload(_KNOWN))
        if not had_died(outcome):
            stack.push(one.pop_all())
        return sandbox, outcome


def _check(sandbox: Sandbox, outcome: Report | Loss) -> tuple[bool, bool]:
    """Return whether a worker answered, and whether it was right."""
    verdict = classify_attempt(_KNOWN, outcome, sandbox.sandbox_id)
    statuses = tuple(test.status for test in verdict.tests)
    right = verdict.status is ExecutionStatus.SOME_FAILED and statuses == _VERDICTS
    return verdict.status is not ExecutionStatus.PROCESS_ERROR, right
