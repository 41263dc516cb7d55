"""Has every worker of a pool judge requests whose verdicts are known."""

import contextlib

from runner.errors import PoolTimeoutError
from runner.models import AssertTest, ExecutionRequest, ExecutionStatus, TestStatus
from runner.pool.lease_group import LeaseGroup
from runner.pool.manager import SandboxManager
from runner.sandbox.run_payload import run_payload
from runner.sandbox.sandbox import Sandbox
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
                    sandbox = stack.enter_context(leases.lease(deadline))
                except PoolTimeoutError:
                    problem = f"{workers - responsive} of {workers} workers are not free"
                    return responsive, correct, problem
                answered, right = _check(sandbox)
                responsive += answered
                correct += right
    finally:
        leases.close()
    wrong = workers - correct
    return responsive, correct, f"{wrong} of {workers} workers are not correct" if wrong else None


def _check(sandbox: Sandbox) -> tuple[bool, bool]:
    seen = sandbox.execute(run_payload(_KNOWN))
    verdict = classify_attempt(_KNOWN, seen, sandbox.sandbox_id)
    statuses = tuple(test.status for test in verdict.tests)
    right = verdict.status is ExecutionStatus.SOME_FAILED and statuses == _VERDICTS
    return verdict.status is not ExecutionStatus.PROCESS_ERROR, right
