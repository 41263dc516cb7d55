"""``RayPool``: the public object; it checks arguments, and is new, open or closed."""

import atexit
import functools
import os
import threading
import time
import uuid
import weakref
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, wait
from typing import Any, Unpack

from runner.config import NodeSettings, PoolConfig
from runner.distributed.connection import connect, load_ray, why_no_node_serves
from runner.distributed.dispatcher import Dispatcher
from runner.distributed.models import RayHealthReport, RayPoolStats
from runner.distributed.placement import ActorDirectory, Actors, Placement
from runner.distributed.reports import merged_health, merged_stats
from runner.distributed.routed_request import RoutedRequest
from runner.errors import BackendError, ForkedPoolError, PoolClosedError, RunnerError
from runner.models import ExecutionResult, HealthReport, PoolStats
from runner.models.signatures import RequestFields, RequestLike, TestLike
from runner.pool.calls import PoolCalls
from runner.pool.inputs import as_request, check_timeout
from runner.pool.metrics import Metrics
from runner.pool.stream import submitted
from runner.request_json import dump_request

#: Seconds that nodes may take to return their statistics.
_STATS_S = 10.0
#: Seconds that a node may take to answer beyond its timeout.
_SLACK_S = 5.0


class RayPool(PoolCalls):
    """The interface of ``Pool`` on a Ray cluster: one local pool per node. Thread-safe.

    Each node has as many workers as it has of Ray's resource ``sandbox``
    (``ray start --resources='{"sandbox": 8}'``); if no node has any, one per CPU, as far as memory
    allows. Nodes that join are used. Requests of a lost node are executed on another one. Results
    carry the id of their node.

    The constructor touches neither Ray nor an engine: ``start``, a ``with`` block or the first
    execution does. If this process is not connected to Ray, the pool connects to ``address``, and
    disconnects at its end; inside a Ray job it uses that job's cluster. A pool that is passed to a
    task or an actor becomes another client of the same nodes. The nodes end with the process that
    started them.

    Args:
        config: Settings of the nodes' pools; the defaults if omitted.
        address: Address of a Ray cluster, as for ``ray.init``; None for the one in the environment,
            or else a new one on this machine.
        settings: Any field of ``PoolConfig``, as a keyword; these win over ``config``. ``workers``
            is the most workers of one node.

    Raises:
        ConfigurationError: A setting is unknown, of the wrong type, or out of its range, or Ray is
            not installed.
    """

    def __init__(
        self,
        config: PoolConfig | None = None,
        *,
        address: str | None = None,
        **settings: Unpack[NodeSettings],
    ) -> None:
        load_ray()
        self.config = PoolConfig.build(config, settings)
        given = "workers" in settings or (config and "workers" in config.model_fields_set)
        self._wanted = self.config.workers if given else None
        self._address = address
        self._prepare(f"{self.config.name}-{uuid.uuid4().hex[:12]}", self.config.expect_fingerprint)

    def _prepare(self, pool_id: str, expect: str | None, *, owned: bool = True) -> None:
        self._pool_id = pool_id
        self._expect = expect
        self._owned = owned
        self._pid = os.getpid()
        self._metrics = Metrics()
        self._starting = threading.Lock()
        self._ending = threading.Lock()
        self._closed = False
        self._connected = False
        self._dispatcher: Dispatcher | None = None

    def __repr__(self) -> str:
        state = "closed" if self._closed else "open" if self._dispatcher else "new"
        return f"<RayPool {self._pool_id!r} {state}>"

    def __reduce__(self) -> tuple[Any, ...]:
        fingerprint = self._started().survey(_STATS_S).fingerprint
        return _client, (self.config.to_json(), self._pool_id, fingerprint or self._expect)

    def start(self) -> None:
        """Place an actor on each node and wait until their pools are warm.

        Returns when each node serves or has failed, at the latest some seconds after
        ``start_timeout_s``. Does nothing the second time.

        Raises:
            BackendError: No node serves; the message gives the reason of each. ``start`` may be
                called again.
            ConfigurationError: The address is not that of the cluster this process is part of.
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
        """Like ``Pool.execute``: execute one request, and return its verdict; blocks until then.

        Raises:
            ConfigurationError: The request is not valid; the message names the field.
            PoolClosedError: The pool is shut down, or was before a node took this request.
            PoolTimeoutError: No node had room for it within ``lease_timeout_s``.
            BackendError: This was the first use, and no node could be started.
        """
        return self.submit(request, tests, max_retries=max_retries, **fields).result()

    def _batch(self, items: Sequence[Any], max_retries: int | None) -> list[Any]:
        self._started()
        submit = self._submitter(max_retries)
        futures = [submitted(submit, item, RunnerError) for item in items]
        try:
            wait(futures)
        except BaseException:
            for future in futures:
                future.cancel()  # what no node has been given is never executed
            raise
        return [future.exception() or future.result() for future in futures]

    def submit(
        self,
        request: RequestLike | str,
        tests: Iterable[TestLike] | None = None,
        *,
        max_retries: int | None = None,
        **fields: Unpack[RequestFields],
    ) -> "Future[ExecutionResult]":
        """Execute one request in the background; takes and raises what ``execute`` does.

        A future that is cancelled before a node was given its request is never executed.
        """
        received_at = time.monotonic()
        wanted = as_request(request, tests, fields)
        routed = RoutedRequest(
            wanted,
            dump_request(wanted),
            max_retries=self._attempts(max_retries),
            received_at=received_at,
        )
        self._started().take(routed)
        return routed.future

    def _window(self) -> int:
        serving = self._started().survey(_STATS_S).serving
        return 4 * max(1, sum(actor.workers for actor in serving))

    def health_check(self, timeout: float = 30.0) -> RayHealthReport:
        """Have every worker of every node judge a known pass and a known failure.

        Starts a new pool. Failures are reported, never raised.

        Args:
            timeout: Seconds until workers that are not free count as not responsive.
        """
        timeout_s = check_timeout(timeout)
        begun_at = time.monotonic()
        try:
            reports, troubles = self._ask(
                HealthReport, timeout_s + _SLACK_S, "health_check", timeout_s
            )
        except RunnerError as problem:
            reports, troubles = {}, {"": str(problem)}
        return merged_health(
            reports,
            troubles,
            started=self._dispatcher is not None and not self._closed,
            duration_s=time.monotonic() - begun_at,
        )

    def stats(self) -> RayPoolStats:
        """Return the counters of this client and of the nodes; blocks for some seconds at most."""
        nodes: dict[str, PoolStats] = {}
        troubles: dict[str, str] = {}
        waiting = 0
        if self._dispatcher is not None and not self._closed:
            nodes, troubles = self._ask(PoolStats, _STATS_S, "stats")
            waiting = self._dispatcher.survey(_STATS_S).waiting
        return merged_stats(nodes, troubles, self._metrics, waiting=waiting)

    def shutdown(self, timeout: float = 30.0) -> None:
        """End the pool; any number of times, from any thread.

        Requests that wait get ``PoolClosedError`` at once. Running ones may finish until the
        timeout, and end as ``process_error`` with blame ``infrastructure`` then. Returns when the
        nodes' pools and actors have been ended, some seconds after the timeout at the latest. In a
        task or an actor that got the pool, this ends only its own client; the nodes stay.

        Args:
            timeout: Seconds that running requests are given.
        """
        deadline = time.monotonic() + check_timeout(timeout)
        self._check_process()
        self._closed = True
        with self._ending:
            dispatcher, self._dispatcher = self._dispatcher, None
            if dispatcher is not None:
                _end(dispatcher, deadline, disconnect=self._connected)

    def _ask(self, kind: type[Any], timeout_s: float, method: str, *arguments: Any) -> Any:
        """Return the answer of each serving node, and the reason of each other one, by node."""
        dispatcher = self._started()
        deadline = time.monotonic() + timeout_s
        survey = dispatcher.survey(timeout_s)
        asked = {s.node: dispatcher.call(s, method, *arguments) for s in survey.serving}
        wait(asked.values(), max(0.0, deadline - time.monotonic()))
        answers, troubles = {}, dict(survey.troubles)
        for node, answer in asked.items():
            if not answer.done():
                troubles[node] = f"it did not answer within {timeout_s:g} s"
            elif (error := answer.exception()) is not None:
                troubles[node] = f"{type(error).__name__}: {error}"[:600]
            else:
                answers[node] = kind.from_json(answer.result())
        return answers, troubles

    def _started(self) -> Dispatcher:
        self._check_process()
        if self._closed:
            raise self._closed_error()
        if (dispatcher := self._dispatcher) is not None:
            return dispatcher
        with self._starting:
            return self._dispatcher or self._start()

    def _start(self) -> Dispatcher:
        self._connected = self._owned and connect(self._address)
        dispatcher = Dispatcher(
            self.config, self._actors(), expect=self._expect, metrics=self._metrics
        )
        dispatcher.wait_until_settled(self.config.start_timeout_s + _SLACK_S)
        survey = dispatcher.survey(_SLACK_S)
        if not survey.serving:
            _end(dispatcher, time.monotonic(), disconnect=self._connected)
            raise BackendError(f"pool {self.config.name!r}: {why_no_node_serves(survey.troubles)}")
        with self._ending:
            if not self._closed:
                self._dispatcher = dispatcher
        if self._closed:
            _end(dispatcher, time.monotonic(), disconnect=self._connected)
            raise self._closed_error()
        _open_pools.add(self)
        _shut_down_at_exit()
        # Not at exit, where waiting is possible: a finalizer must not wait, as any lock may be
        # held.
        weakref.finalize(self, dispatcher.begin_to_close, time.monotonic()).atexit = False
        return dispatcher

    def _actors(self) -> Actors:
        if not self._owned:
            return ActorDirectory(self._pool_id)
        # The fingerprint is checked here, where the error can name the differences.
        config = self.config.model_copy(update={"expect_fingerprint": None})
        return Placement(config, self._pool_id, wanted=self._wanted)

    def _check_process(self) -> None:
        if os.getpid() != self._pid:
            raise ForkedPoolError.of(self.config.name, self._pid, os.getpid())

    def _closed_error(self) -> PoolClosedError:
        return PoolClosedError.of(self.config.name)


def _client(config: str, pool_id: str, fingerprint: str | None) -> RayPool:
    """Return another client of a pool's nodes; unpickles a ``RayPool``."""
    pool = RayPool(PoolConfig.from_json(config))
    pool._prepare(pool_id, fingerprint, owned=False)  # noqa: SLF001  # the second constructor
    return pool


def _end(dispatcher: Dispatcher, deadline: float, *, disconnect: bool) -> None:
    dispatcher.close(deadline)
    if disconnect:
        load_ray().shutdown()


#: What has to be ended when the interpreter exits.
_open_pools: "weakref.WeakSet[RayPool]" = weakref.WeakSet()


@functools.cache
def _shut_down_at_exit() -> None:
    """Make open pools end before Ray; must be called after the import of Ray."""
    atexit.register(_shut_down_all)


def _shut_down_all() -> None:
    for pool in list(_open_pools):
        pool.shutdown(0)


os.register_at_fork(after_in_child=_open_pools.clear)
