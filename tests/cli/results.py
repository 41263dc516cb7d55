"""Results made up for reports."""

from typing import Any

from runner.models import Cause, ExecutionRequest, ExecutionResult
from runner.pool.inputs import as_request
from runner.sandbox.loss import Loss
from runner.verdicts import Context, classify_attempt, combine_attempts
from tests import fakes

#: Text that is markup wherever it is not escaped.
HOSTILE = (
    "</title></script><script>document.title='owned'</script><img src=x onerror=alert(1)>\ud800"
)
_CONTEXT = Context("fake", "f" * 64, {}, 0.0, others_lived=False)


def pair(
    task_id: str, status: str = "passed", *, code: str = "x = 1", **row: Any
) -> tuple[ExecutionRequest, ExecutionResult]:
    """Return a request with one test and its result, with figures and texts as given."""
    request = as_request({"code": code, "tests": ["assert x"], "request_id": task_id})
    seen = {**fakes.report(status), "tests": [fakes.row(0, status, **row)]}
    seen["cpu_s"] = row.get("cpu_s", 0.001)
    return request, combine_attempts(request, [classify_attempt(request, seen, "s")], _CONTEXT)


def broken(task_id: str) -> tuple[ExecutionRequest, ExecutionResult]:
    """Return a request whose test is broken."""
    return pair(task_id, "error", message="NameError: no numpy", broken=True)


def inconclusive(task_id: str) -> tuple[ExecutionRequest, ExecutionResult]:
    """Return a request whose sandbox went silent."""
    request = as_request({"code": "x", "tests": ["assert x"], "request_id": task_id})
    verdict = classify_attempt(request, Loss(Cause.NET, "it went silent", 0.0), "s")
    return request, combine_attempts(request, [verdict], _CONTEXT)
