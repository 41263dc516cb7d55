"""The names and dicts of the process pool that this library replaces, on top of ``Pool``.

A validator or a miner moves by changing one import. No behaviour of code, tests or engine raises an
exception: every outcome is a dict.

    check_code_executes_fast ──► .execute of the global pool, if one is set
                             └─► otherwise: one throw-away container

One ``execute`` is one attempt. Only ``check_code_executes_fast`` retries, so attempts never
multiply.
"""

import contextlib
import functools
import logging
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self

from runner.config import PoolConfig
from runner.errors import ConfigurationError, ForkedPoolError, RunnerError
from runner.grail.result_dicts import (
    ResultDict,
    are_tests_broken,
    as_dict,
    count,
    failure,
    is_conclusive,
    read_item,
    read_request,
    typed_result,
)
from runner.logs import event
from runner.models import Blame, ExecutionRequest, ExecutionResult
from runner.pool import Pool
from runner.pool.calls import PoolCalls
from runner.pool.inputs import check_max_retries
from runner.pool.retry import backoff_s
from runner.sandbox.loss import is_loss_by_code

_LOG = logging.getLogger(__name__)

#: Most throw-away containers at the same time: each may use the memory of a whole worker.
_MOST_THROWAWAYS = 4
_THROWAWAY: dict[str, Any] = {
    "name": "throwaway",
    "workers": 1,
    "spares": 0,
    "policy": "strict",
    "max_retries": 1,
    "engine_wait_s": 0.0,
}
#: The test of ``execute_code``: it passes if the code could be loaded.
_LOADS = "pass"


class CodeExecutionPool:
    """A pool of warm containers with the interface of the process pool that it replaces.

    Thread-safe. The constructor starts nothing; ``start``, a ``with`` block or the first execution
    does. After ``shutdown`` executions are ``process_error``, until ``start`` is called again.

    Args:
        num_workers: How many executions run at the same time. It does not influence any result.
        max_tasks_per_child: Executions before a container is replaced, in the background; None
            for no limit. An execution leaves nothing in a container, so 1000 are as safe as 50, and
            save starts.
        settings: Any other field of ``PoolConfig``. ``policy`` is ``strict`` unless given.

    Raises:
        ConfigurationError: A setting is unknown, of the wrong type, or out of its range.
    """

    def __init__(
        self, num_workers: int = 8, max_tasks_per_child: int | None = 50, **settings: Any
    ) -> None:
        self.num_workers = num_workers
        self.max_tasks_per_child = max_tasks_per_child
        fixed = {
            "workers": num_workers,
            "max_uses": sys.maxsize if max_tasks_per_child is None else max_tasks_per_child,
            "max_retries": 1,
        }
        self._config = PoolConfig.build(None, {"policy": "strict", **settings, **fixed})
        self._pool = Pool(self._config)
        self._lock = threading.Lock()  # after the pool, whose error on pickling gives the remedy
        self._started = False
        self._closed = False

    def __repr__(self) -> str:
        return f"<CodeExecutionPool {self.num_workers} workers | {self._pool!r}>"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()

    def start(self) -> None:
        """Start all workers and wait until they are warm; any number of times, from any thread.

        Raises:
            RunnerError: No worker could be started; the message gives the remedy.
        """
        with self._lock:
            if self._closed:
                self._pool, self._closed = Pool(self._config), False
            pool = self._pool
        self._start(pool)

    def shutdown(self, timeout: float | None = 30.0) -> None:
        """End the pool; any number of times, from any thread.

        Args:
            timeout: Seconds that running executions may take before they end as ``process_error``;
                None for the default. This returns some seconds later at the latest.
        """
        with self._lock:
            pool, self._closed, self._started = self._pool, True, False
        try:
            pool.shutdown(30.0 if timeout is None else timeout)
        except ForkedPoolError:
            event(_LOG, logging.DEBUG, "forked_child", effect="nothing to shut down here")

    def execute(self, code: str, tests: list[str], timeout: float = 5.0) -> ResultDict:
        """Execute code with tests, once, and return the result; blocks until then.

        Never raises. If an argument is not valid, the status is ``error``; ``conclusive`` is False,
        except for ``code`` that is not a string.

        Args:
            code: The untrusted solution.
            tests: Snippets that raise on failure: asserts, or a check function and its call.
            timeout: Seconds per test, of CPU time and separately of blocked time.

        Returns:
            ``passed``, ``total``, ``status`` (``all_passed, some_failed, timeout, syntax_error,
            error, process_error``), ``error`` (None, ``"Passed p/t tests"``, or a message) and
            ``test_results`` (a list of ``test_idx, passed, error``).
        """
        request = read_request(code, tests, timeout)
        return request if isinstance(request, ResultDict) else self._run([request])[0]

    def execute_batch(self, items: Iterable[Any], timeout: float = 5.0) -> list[ResultDict]:
        """Execute many items, one per worker at a time; blocks until all are done.

        Args:
            items: ``(code, tests)`` pairs, or mappings with ``code``, ``tests`` and optionally a
                ``timeout`` of their own. Another item gets an ``error`` as its result.
            timeout: Seconds per test.

        Returns:
            One dict per item, in the order of the items.

        Raises:
            TypeError: ``items`` is not a list of items.
        """
        if isinstance(items, str | bytes | Mapping):
            raise TypeError(f"items must be a list of items, not one {type(items).__name__}")
        read = [read_item(item, timeout) for item in items]
        requests = [item for item in read if isinstance(item, ExecutionRequest)]
        results = iter(self._run(requests) if requests else ())
        return [item if isinstance(item, ResultDict) else next(results) for item in read]

    def health_check(self, timeout: float = 10.0) -> dict[str, Any]:
        """Have every worker judge a known pass and a known failure. Never raises, starts nothing.

        Args:
            timeout: Seconds until workers that are not free count as not responsive.

        Returns:
            ``healthy, started, num_workers, workers_responsive, workers_correct, error,
            check_duration_ms``.
        """
        report = {
            "healthy": False,
            "started": self._started,
            "num_workers": self.num_workers,
            "workers_responsive": 0,
            "workers_correct": 0,
            "error": None,
            "check_duration_ms": 0.0,
        }
        if not self._started:
            return {**report, "error": "Pool not started"}
        try:
            seen = self._pool.health_check(timeout).model_dump()
        except RunnerError as error:
            return {**report, "error": str(error)}
        return {key: seen.get(key, value) for key, value in report.items()}

    def lived_through(self, moment: float) -> bool:
        """Return True if a container that lives was there at that (monotonic) moment already."""
        return self._pool.lived_through(moment)

    def _start(self, pool: Pool) -> None:
        pool.start()
        with self._lock:
            self._started = self._started or (pool is self._pool and not self._closed)

    def _run(self, requests: list[ExecutionRequest]) -> list[ResultDict]:
        pool = self._pool
        try:
            if not self._started:
                self._start(pool)
            if len(requests) == 1:
                return [as_dict(pool.execute(requests[0]))]
            outcomes = pool.execute_batch(requests, return_exceptions=True)
        except RunnerError as error:
            outcomes = [error] * len(requests)
        return [
            as_dict(outcome)
            if isinstance(outcome, ExecutionResult)
            else failure("process_error", str(outcome), request.tests)
            for request, outcome in zip(requests, outcomes, strict=True)
        ]


_global_lock = threading.Lock()
_global_pool: Any = None
_throwaways = threading.BoundedSemaphore(_MOST_THROWAWAYS)


def set_global_execution_pool(pool: Any) -> None:
    """Set the pool that ``check_code_executes_fast`` uses; None to unset it.

    Args:
        pool: A ``CodeExecutionPool``, ``Pool`` or ``Client``, or anything with such an ``execute``.
    """
    global _global_pool  # noqa: PLW0603  # the replaced interface is one variable per process
    with _global_lock:
        _global_pool = pool


def get_global_execution_pool() -> Any:
    """Return the pool that was set, or None."""
    with _global_lock:
        return _global_pool


def check_code_executes(code: str, test_cases: list[str], timeout: float = 5.0) -> Any:
    """Execute code with tests once: in the global pool, or without one in a throw-away container.

    Never raises. The start of a container is slow, so a pool that is set is used, with a warning.
    Without an engine the result is a ``process_error`` whose message gives the remedy.
    """
    pool = get_global_execution_pool()
    if pool is not None:
        _warn_once("global_pool_used", "check_code_executes_fast")
    return _attempt(pool, code, test_cases, timeout)


@functools.cache
def _warn_once(name: str, better: str) -> None:
    event(_LOG, logging.WARNING, name, better=better)


def _throw_away(code: str, test_cases: list[str], timeout: float) -> ResultDict:
    """Execute code with tests in one throw-away container, for calls without a pool."""
    request = read_request(code, test_cases, timeout)
    if isinstance(request, ResultDict):
        return request
    event(_LOG, logging.WARNING, "degraded", instead="a throw-away container", effect="slower")
    try:
        with _throwaways, _throwaway() as pool:
            return as_dict(pool.execute(request))
    except RunnerError as error:
        return failure("process_error", str(error), request.tests)


def check_code_executes_fast(
    code: str, test_cases: list[str], timeout: float = 5.0, max_retries: int = 3
) -> Any:
    """Execute code with tests in the global pool, or without one in a throw-away container.

    Never raises. Only ``process_error`` is retried. Returns the result of the pool's ``execute``.

    Args:
        code: The untrusted solution.
        test_cases: Snippets that raise on failure.
        timeout: Seconds per test.
        max_retries: Attempts in all, the first one included.
    """
    return execute_on(get_global_execution_pool(), code, test_cases, timeout, max_retries)


def execute_on(
    pool: Any, code: str, test_cases: list[str], timeout: float = 5.0, max_retries: int = 3
) -> Any:
    """Like ``check_code_executes_fast``, on a given pool; None for a throw-away container."""
    try:
        check_max_retries(max_retries)
    except ConfigurationError as error:
        return failure("error", str(error), test_cases, conclusive=False)
    begun_at = time.monotonic()
    results = []
    for attempt in range(1, max_retries + 1):
        result = _attempt(pool, code, test_cases, timeout)
        if result["status"] != "process_error" or are_tests_broken(result):
            return result
        results.append(result)
        if attempt < max_retries:
            facts = {"attempt": attempt, "of": max_retries, "error": result.get("error")}
            event(_LOG, logging.INFO, "process_error_retried", **facts, pool=repr(pool))
            # The first repetition finds another container warm.
            threading.Event().wait(0.0 if attempt == 1 else backoff_s(attempt - 1))
    result = _settled(results, pool, begun_at)
    event(
        _LOG,
        logging.WARNING,
        "process_error_final",
        attempts=max_retries,
        took_s=time.monotonic() - begun_at,
        conclusive=is_conclusive(result),
        tests=count(test_cases),
        error=result.get("error"),
        pool=repr(pool),
    )
    return result


def execute_code(code: str, timeout: float = 5.0) -> dict[str, Any]:
    """Execute code alone, in the global pool or without one in a throw-away container.

    Never raises. The code is compiled only there.

    Returns:
        ``status`` (``success, timeout, syntax_error, runtime_error, process_error``) and ``error``.
    """
    result = _attempt(get_global_execution_pool(), code, [_LOADS], timeout)
    status = result["status"]
    if status == "all_passed":
        return {"status": "success", "error": None}
    if status == "timeout":
        return {"status": status, "error": f"Execution timed out after {timeout:g} s"}
    if status in ("syntax_error", "process_error"):
        return {"status": status, "error": result.get("error")}
    tests = result.get("test_results") or [{"error": result.get("error")}]
    return {"status": "runtime_error", "error": tests[0]["error"]}


@contextlib.contextmanager
def _throwaway() -> Iterator[Pool]:
    pool = Pool(**_THROWAWAY)
    try:
        yield pool
    finally:
        pool.shutdown(timeout=0)


def _attempt(pool: Any, code: str, tests: list[str], timeout: float) -> Any:
    """Make one attempt with the pool that is set; an exception becomes a ``process_error``."""
    try:
        if pool is None:
            return _throw_away(code, tests, timeout)
        if isinstance(pool, PoolCalls):
            request = read_request(code, tests, timeout)
            if isinstance(request, ResultDict):
                return request
            return as_dict(pool.execute(request, max_retries=1))
        result = pool.execute(code, tests, timeout)
        if "status" not in result:
            raise TypeError(f"{result!r:.200} is not a result")  # noqa: TRY301  # it is an attempt, too
    except Exception as error:  # noqa: BLE001  # any object may be the pool; validation must go on
        return failure("process_error", f"{type(error).__name__}: {error}", tests)
    return result


def _settled(results: list[Any], pool: Any, begun_at: float) -> Any:
    """Return the attempt that counts, of several ``process_error``, with the final blame.

    As in ``Pool``: a reported crash counts even if the next container was lost. The code is to
    blame if every container that took it was lost while another one lived, or in the middle of its
    report.
    """
    conclusive = [result for result in results if is_conclusive(result)]
    if conclusive:
        return conclusive[-1]
    last = results[-1]
    typed = [each for result in results if (each := typed_result(result)) is not None]
    lived = isinstance(pool, CodeExecutionPool | Pool) and pool.lived_through(begun_at)
    attempts = [attempt for each in typed for attempt in each.history]
    if len(typed) == len(results) and is_loss_by_code(attempts, others_lived=lived):
        blamed = last.typed.model_copy(update={"blame": Blame.CODE, "conclusive": True})
        return as_dict(blamed)
    return last
