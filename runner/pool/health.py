"""Has every worker of a pool judge requests whose verdicts are known."""

import contextlib

from runner.errors import PoolTimeoutError
from runner.models import AssertTest, Cause, ExecutionRequest, ExecutionStatus, TestStatus
from runner.pool.lease_group import MOST_DEAD, LeaseGroup
from runner.pool.manager import SandboxManager
from runner.sandbox.loss import Loss
from runner.sandbox.run_payload import run_payload
from runner.verdicts import classify_attempt

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
    responsive = correct = 0
    leases = LeaseGroup(sandboxes)
    try:
        with contextlib.ExitStack() as stack:
            for _ in range(workers):
                try:
                    answered, right = _check_next(leases, deadline, stack)
                except PoolTimeoutError:
                    problem = f"{workers - responsive} of {workers} workers are not free"
                    return responsive, correct, problem
                responsive += answered
                correct += right
    finally:
        leases.close()
    wrong = workers - correct
    return responsive, correct, f"{wrong} of {workers} workers are not correct" if wrong else None


def _check_next(
    leases: LeaseGroup, deadline: float, stack: contextlib.ExitStack
) -> tuple[bool, bool]:
    """Check the next sandbox, which stays leased; return whether it answered, and was right."""
    for _ in range(MOST_DEAD):
        with contextlib.ExitStack() as one:
            sandbox = one.enter_context(leases.lease(deadline))
            seen = sandbox.execute(run_payload(_KNOWN))
            # It had died before, and the engine is late to say so: the pool replaces it.
            if isinstance(seen, Loss) and seen.cause is Cause.CONTAINER_LOST and not seen.started:
                continue
            stack.push(one.pop_all())
            verdict = classify_attempt(_KNOWN, seen, sandbox.sandbox_id)
            statuses = tuple(test.status for test in verdict.tests)
            right = verdict.status is ExecutionStatus.SOME_FAILED and statuses == _VERDICTS
            return verdict.status is not ExecutionStatus.PROCESS_ERROR, right
    return False, False
