"""Asks every worker of a pool for verdicts that are known beforehand."""

from collections.abc import Callable

from runner.errors import PoolTimeoutError
from runner.models import AssertTest, ExecutionRequest, ExecutionStatus, TestStatus
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

    All are leased at the same time in the end, which is the one way to have met every one of them.
    """
    responsive = correct = 0

    def check_all(lease: Callable[[], Sandbox]) -> str | None:
        nonlocal responsive, correct
        try:
            for _ in range(workers):
                answered, right = _check(lease())
                responsive += answered
                correct += right
        except PoolTimeoutError:
            return f"{workers - responsive} of {workers} workers are not free"
        wrong = workers - correct
        return f"{wrong} of {workers} workers are not correct" if wrong else None

    error = sandboxes.lend(deadline, check_all)
    return responsive, correct, error


def _check(sandbox: Sandbox) -> tuple[bool, bool]:
    seen = sandbox.execute(run_payload(_KNOWN))
    verdict = classify_attempt(_KNOWN, seen, sandbox.sandbox_id)
    statuses = tuple(test.status for test in verdict.tests)
    right = verdict.status is ExecutionStatus.SOME_FAILED and statuses == _VERDICTS
    return verdict.status is not ExecutionStatus.PROCESS_ERROR, right
