"""The pool: executes requests in warm sandboxes.

    Pool.execute ──► Attempts ──► Retry ──► LeaseGroup.lease ──► Sandbox.execute ──► worker
                        │
                        └── classify_attempt, combine_attempts ──► ExecutionResult

``Pool`` is the public object: it checks arguments, and is new, open or closed. All background work
belongs to a ``SandboxManager`` and a ``ThreadCrew``. They hold no reference to the pool, so a pool
that is dropped without ``shutdown`` ends by itself.
"""

import functools
import os
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from typing import Any, NoReturn, Unpack

from runner.backends import Backend, create_backend
from runner.config import PoolConfig, PoolSettings
from runner.errors import (
    ConfigurationError,
    ForkedPoolError,
    PoolClosedError,
    PoolError,
    RunnerError,
)
from runner.models import ExecutionRequest, ExecutionResult, HealthReport, PoolStats
from runner.models.signatures import RequestFields, RequestLike, TestLike
from runner.pool.attempts import Attempts
from runner.pool.batch import Batch, Job, Source
from runner.pool.calls import PoolCalls
from runner.pool.crew_tasks import CrewTask, StartFirst, resume_in
from runner.pool.feeder import Feeder
from runner.pool.finalizers import close_after
from runner.pool.health import check_health
from runner.pool.inputs import as_request, check_timeout
from runner.pool.manager import SandboxManager
from runner.pool.metrics import Metrics
from runner.pool.threads import ThreadCrew

#: Timeout for the end of idle threads, in seconds.
_END_S = 5.0


class Pool(PoolCalls):
    """A bounded set of warm sandboxes that execute requests. Thread-safe.

    The constructor touches neither engine nor threads: ``start``, a ``with`` block or the first
    execution does. A pool that was shut down stays shut down.

    Args:
        config: Settings; the defaults if omitted.
        backend: ``"docker"``, ``"local"``, or an object that provides sandboxes.
        settings: Any field of ``PoolConfig``, as a keyword; these win over ``config``.

    Raises:
        ConfigurationError: A setting is unknown, of the wrong type, or out of its range.
    """

    def __init__(
        self,
        config: PoolConfig | None = None,
        *,
        backend: str | Backend | None = None,
        **settings: Unpack[PoolSettings],
    ) -> None:
        named = {"backend": backend} if isinstance(backend, str) else {}
        self.config = PoolConfig.build(config, {**settings, **named})
        self._new_backend = _factory(self.config, backend)
        self._metrics = Metrics()
        self._crew = ThreadCrew[CrewTask](f"{self.config.name}-submit", self.config.workers)
        self._pid = os.getpid()
        # Held for as long as a start takes; a second caller finds the pool started.
        self._starting = threading.Lock()
        self._checking = threading.Lock()
        self._state = threading.Lock()
        self._sandboxes: SandboxManager | None = None
        self._feeder: Feeder | None = None
        self._newborn: SandboxManager | None = None
        self._closed = False
        self._shutting = False
        self._down = threading.Event()

    def __repr__(self) -> str:
        state = "closed" if self._closed else "open" if self._sandboxes else "new"
        inside = f" | {self._sandboxes!r}" if self._sandboxes else ""
        return f"<Pool {self.config.name!r} {state}{inside}>"

    def __reduce__(self) -> NoReturn:
        raise PoolError(
            f"pool {self.config.name!r} cannot be sent to another process or copied: create a pool"
            " where it is needed, or use runner.distributed.RayPool, which can be sent"
        )

    def start(self) -> None:
        """Start the sandboxes and wait until they are warm. Does nothing the second time.

        Raises:
            BackendError: No sandbox could be started; ``start`` may be called again.
            ConfigurationError: The settings do not fit this machine.
            PoolError: No thread can be started; ``start`` may be called again.
            PoolClosedError: The pool is shut down.
        """
        self._started()

    def execute(
        self,
        request: RequestLike | str,
        tests: Iterable[TestLike] | None = None,
        *,
        max_retries: int | None = None,
        **fields: Unpack[RequestFields],
    ) -> ExecutionResult:
        """Execute one request and return its verdict; blocks until then.

        Every behaviour of the code leads to a verdict, never to an exception.

        Args:
            request: A request, a mapping with its fields, or the code.
            tests: The tests, if ``request`` is the code.
            max_retries: Attempts for this request; the pool's setting if omitted.
            fields: The other fields of a request, if ``request`` is the code.

        Raises:
            ConfigurationError: The request is not valid; the message names the field.
            PoolClosedError: The pool is shut down, or was before this request got a sandbox.
            PoolTimeoutError: No sandbox became free within ``lease_timeout_s``.
            BackendError: This was the first use, and no sandbox could be started.
        """
        received_at = time.monotonic()
        wanted = as_request(request, tests, fields)
        return self._run(wanted, self._attempts(max_retries), received_at)

    def _batch(self, items: Sequence[Any], max_retries: int | None) -> list[Any]:
        batch = Batch(items, as_request, self._attempts(max_retries))
        self._started()
        batch.complete(self._submit, self._closed_error)
        return batch.outcomes()

    def submit(
        self,
        request: RequestLike | str,
        tests: Iterable[TestLike] | None = None,
        *,
        max_retries: int | None = None,
        **fields: Unpack[RequestFields],
    ) -> "Future[ExecutionResult]":
        """Execute one request in the background; takes and raises what ``execute`` does.

        A future that is cancelled before its request has begun is never executed. Callbacks of a
        future run in the thread that finished it: they should be short, and must not wait for other
        requests of this pool, which may need that thread. The queue has no bound: use ``stream``
        for infinite requests.
        """
        received_at = time.monotonic()
        wanted = as_request(request, tests, fields)
        job = Job(wanted, self._attempts(max_retries), received_at, owner=self)
        if not self._submit(job):
            raise self._closed_error()
        return job.future

    def health_check(self, timeout: float = 30.0) -> HealthReport:
        """Have every worker judge a known pass and a known failure; starts a new pool.

        Sandboxes in use are checked as they become free. Failures are reported, never raised.

        Args:
            timeout: Seconds until workers that are not free count as not responsive.
        """
        deadline = time.monotonic() + check_timeout(timeout)
        begun_at = time.monotonic()
        workers = self.config.workers
        try:
            # One at a time: two checks at once would wait for each other's sandboxes.
            with self._checking:
                responsive, correct, error = check_health(self._started(), workers, deadline)
        except RunnerError as problem:
            responsive, correct, error = 0, 0, str(problem)
        return HealthReport(
            healthy=error is None,
            started=self._sandboxes is not None and not self._closed,
            workers=workers,
            workers_responsive=responsive,
            workers_correct=correct,
            error=error,
            check_duration_ms=(time.monotonic() - begun_at) * 1000,
        )

    def stats(self) -> PoolStats:
        """Return counters, gauges and stage times; never blocks on the engine."""
        sandboxes = self._sandboxes
        idle, leased, starting, waiting = sandboxes.gauges() if sandboxes else (0, 0, 0, 0)
        return PoolStats(
            workers=self.config.workers,
            idle=idle,
            leased=leased,
            starting=starting,
            waiting=waiting + self._crew.pending + (self._feeder.pending if self._feeder else 0),
            stages=self._metrics.stages(),
            **self._metrics.counters(),
        )

    def lived_through(self, moment: float) -> bool:
        """Return True if a sandbox that is alive now was alive at that (monotonic) moment."""
        return self._sandboxes is not None and self._sandboxes.any_outlived(moment)

    def shutdown(self, timeout: float = 30.0) -> None:
        """End the pool; any number of times, from any thread.

        Requests that wait get ``PoolClosedError`` at once. Running ones may finish until the
        timeout, and end as ``process_error`` with blame ``infrastructure`` then. Returns when all
        sandboxes are gone, some seconds after the timeout at the latest.

        Args:
            timeout: Seconds that running requests are given.
        """
        deadline = time.monotonic() + check_timeout(timeout)
        self._check_process()
        first = False
        try:
            with self._state:
                self._closed = True
                first, self._shutting = not self._shutting, True
                sandboxes = self._sandboxes or self._newborn
            if first:
                self._shut_down(sandboxes, deadline)
            else:
                self._down.wait(max(0.0, deadline - time.monotonic()) + _END_S)
        except BaseException:
            self._shutting = self._shutting and not first  # interrupted: the next one may go on
            raise

    def _shut_down(self, sandboxes: SandboxManager | None, deadline: float) -> None:
        feeder = self._feeder
        for source in feeder.stop() if feeder else ():
            source.refuse(self._closed_error())
        for task in self._crew.stop():  # in this order: a feeder hands over to the crew
            task.refuse(self._closed_error())
        if sandboxes is not None:
            sandboxes.close(deadline)
        ends_at = time.monotonic() + _END_S
        self._crew.join(ends_at)
        if feeder is not None:
            feeder.join(ends_at)
        self._down.set()

    def _run(self, request: ExecutionRequest, attempts: int, received_at: float) -> ExecutionResult:
        sandboxes = self._started()
        return Attempts(
            request,
            max_retries=attempts,
            received_at=received_at,
            sandboxes=sandboxes,
            config=self.config,
            metrics=self._metrics,
        ).run()

    def _submit(self, source: Source) -> bool:
        feeder = self._feeder
        return (
            feeder.submit(source)
            if feeder
            else self._crew.submit(StartFirst(source, self._started_feeder))
        )

    def _started_feeder(self) -> Feeder:
        self._started()
        assert self._feeder is not None, "a pool that was started has one"
        return self._feeder

    def _attempts(self, max_retries: int | None) -> int:
        self._check_process()
        return super()._attempts(max_retries)

    def _started(self) -> SandboxManager:
        self._check_process()
        if self._closed:
            raise self._closed_error()
        if (sandboxes := self._sandboxes) is not None:
            return sandboxes
        with self._starting:
            return self._sandboxes or self._start()

    def _start(self) -> SandboxManager:
        sandboxes = SandboxManager(self.config, self._new_backend(), self._metrics)
        with self._state:
            self._newborn = sandboxes  # for a shutdown meanwhile
        try:
            sandboxes.start()
            self._adopt(sandboxes)
        except BaseException:
            self._sandboxes = self._feeder = None
            sandboxes.close(time.monotonic())
            raise
        return sandboxes

    def _adopt(self, sandboxes: SandboxManager) -> None:
        with self._state:
            if self._closed:
                raise self._closed_error()
            resume = functools.partial(resume_in, self._crew)
            self._feeder = Feeder(sandboxes, self.config, self._metrics, resume)
            close_after(self, sandboxes, self._feeder.stop)
            self._sandboxes = sandboxes

    def _check_process(self) -> None:
        if os.getpid() != self._pid:
            raise ForkedPoolError.of(self.config.name, self._pid, os.getpid())

    def _closed_error(self) -> PoolClosedError:
        return PoolClosedError.of(self.config.name)


def _factory(config: PoolConfig, backend: object) -> Callable[[], Backend]:
    if backend is None or isinstance(backend, str):
        return functools.partial(create_backend, config)
    if not isinstance(backend, Backend) or isinstance(backend, type):
        kind = type(backend).__name__
        raise ConfigurationError(f"backend: 'docker', 'local' or a Backend, not {kind}")
    return lambda: backend
