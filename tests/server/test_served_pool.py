"""How the results of a pool come back to the event loop."""

import asyncio
from concurrent.futures import Future
from typing import Any

from runner.models import ExecutionRequest, ExecutionResult, ExecutionStatus
from runner.server.fair_queue import FairQueue, Tenant
from runner.server.served_pool import Caller, ServedPool
from tests.server.loops import in_loop


class _Pool:
    """A pool whose requests are ended by hand."""

    def __init__(self) -> None:
        self.futures: list[Future[ExecutionResult]] = []

    def submit(self, *_: object, **__: object) -> "Future[ExecutionResult]":
        self.futures.append(Future())
        return self.futures[-1]


class _BrokenError(BaseException):
    """What no caller expects."""


def _break(_: ExecutionResult) -> ExecutionStatus:
    raise _BrokenError


@in_loop
async def test_an_exception_in_one_answer_leaves_no_other_without_its_own() -> None:
    loop, reported = asyncio.get_running_loop(), list[dict[str, Any]]()
    loop.set_exception_handler(lambda _, context: reported.append(context))
    pool: Any = _Pool()
    served = ServedPool(pool, FairQueue(2, most_waiting=2, most_bytes=1))
    caller = Caller(Tenant("t"), "flow", "id", repeatable=False)
    request = ExecutionRequest(code="", tests=())
    _ = served.begin(request, caller, None, _break)
    good = served.begin(request, caller, None, lambda result: result.status)
    result = ExecutionResult.of_checked({"status": ExecutionStatus.ALL_PASSED, "queue_s": 0.0})
    for future in pool.futures:
        future.set_result(result)
    async with asyncio.timeout(10):
        assert await good is ExecutionStatus.ALL_PASSED
    assert [type(each["exception"]) for each in reported] == [_BrokenError]
