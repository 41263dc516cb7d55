"""Asks every worker of a pool for verdicts that are known beforehand."""

import contextlib

from runner.classify import judge
from runner.errors import PoolTimeoutError
from runner.models import AssertTest, ExecutionRequest, ExecutionStatus, TestStatus
from runner.payload import run_payload
from runner.sandbox import Sandbox
from runner.sandboxes import Sandboxes

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
    sandboxes: Sandboxes, workers: int, deadline: float
) -> tuple[int, int, str | None]:
    """Return how many workers answered, how many were right, and what is wrong, if anything.

    All are leased at the same time in the end, which is the one way to have met every one of them.
    """
    responsive = correct = 0
    with contextlib.ExitStack() as leases:
        try:
            for _ in range(workers):
                sandbox = leases.enter_context(sandboxes.lease(deadline))
                answered, right = _check(sandbox)
                responsive += answered
                correct += right
        except PoolTimeoutError:
            return responsive, correct, f"{workers - responsive} of {workers} workers are not free"
    if correct < workers:
        return responsive, correct, f"{workers - correct} of {workers} workers are not correct"
    return responsive, correct, None


def _check(sandbox: Sandbox) -> tuple[bool, bool]:
    seen = sandbox.execute(run_payload(_KNOWN))
    verdict = judge(_KNOWN, seen, sandbox.sandbox_id)
    statuses = tuple(test.status for test in verdict.tests)
    right = verdict.status is ExecutionStatus.SOME_FAILED and statuses == _VERDICTS
    return verdict.status is not ExecutionStatus.PROCESS_ERROR, right
