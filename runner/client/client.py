"""``Client``: the public object; it checks arguments as ``Pool`` does."""

import functools
import json
import math
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any, NamedTuple, Self, TypeVar, Unpack

from runner.client.batches import BatchCall
from runner.client.connections import Address
from runner.client.reports import merged_health, merged_stats, unreachable
from runner.client.retrying import RetryingCall, checked, understood
from runner.client.servers import Server, Servers
from runner.config import PoolConfig
from runner.errors import ConfigurationError, PoolClosedError
from runner.models import ExecutionRequest, ExecutionResult, HealthReport, PoolStats, ordered_items
from runner.models.signatures import RequestFields, RequestLike, TestLike
from runner.pool.calls import PoolCalls
from runner.pool.inputs import as_request, check_max_retries, check_timeout
from runner.pool.threads import ThreadCrew
from runner.request_json import dump_request

Report = TypeVar("Report")

_JSON = {"content-type": "application/json"}
#: Most items and bytes of one request for a batch.
_MOST_ITEMS = 1000
_MOST_BYTES = 32 * 1024 * 1024
#: Seconds that a service may take to answer a health check beyond its timeout.
_SLACK_S = 5.0


class _Here(NamedTuple):
    """Connections and threads of one process."""

    pid: int
    servers: Servers
    crew: "ThreadCrew[_Task]"


class Client(PoolCalls):
    """The calls of ``Pool``, at one or several services. Thread-safe; connects on first use.

    Results, errors and digests are those of the service's pool. If a service is full or a
    connection breaks, the request is sent again with the same id, until ``patience_s`` has passed
    without an answer. Of several services the least busy one is asked first.

    A client may be pickled, used in several event loops, and used after a fork: each process has
    its own connections.

    Args:
        address: ``unix:PATH``, ``HOST:PORT`` or a URL; or several of them.
        token: Token of the services; None if they need none.
        patience_s: Seconds without an answer after which a call fails.
        concurrency: Requests of ``submit``, ``stream`` and ``aexecute`` at the same time.
        cafile: CA certificates in PEM for TLS; None for those of the machine.

    Raises:
        ConfigurationError: An argument is not valid.
    """

    def __init__(
        self,
        address: str | Sequence[str],
        token: str | None = None,
        *,
        patience_s: float = 120.0,
        concurrency: int = 64,
        cafile: str | None = None,
    ) -> None:
        given = [address] if isinstance(address, str) else list(ordered_items("address", address))
        if not given:
            raise ConfigurationError("address: must not be empty")
        if type(concurrency) is not int or concurrency < 1:
            raise ConfigurationError(f"concurrency: must be 1 or more (got {concurrency!r:.60})")
        self._addresses = [Address.parse(each) for each in given]
        if token is not None and not (token.isascii() and token.isprintable()):
            raise ConfigurationError("token: must be printable ASCII")
        self._token = token
        self._patience_s = check_timeout(patience_s)
        self._concurrency = concurrency
        self._cafile = cafile
        self._config: PoolConfig | None = None
        self._closed = False
        self._inside: _Here | None = None

    def __repr__(self) -> str:
        return f"<Client of {', '.join(map(str, self._addresses))}>"

    def __reduce__(self) -> tuple[Any, ...]:
        options = (self._patience_s, self._concurrency, self._cafile)
        return _again, ([str(each) for each in self._addresses], self._token, *options)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.shutdown()  # there is no end of the block that would
            raise
        return self

    @property
    def config(self) -> PoolConfig:  # type: ignore[override]  # a pool's is its own
        """Settings of one service's pool, with the number of workers of all services.

        Raises:
            RunnerError: No service answers.
        """
        if self._config is None:
            found = self._of_each("/v1/config", PoolConfig.from_json)
            workers = min(1024, sum(config.workers for config in found))
            self._config = found[0].model_copy(update={"workers": workers})
        return self._config

    def start(self) -> None:
        """Check that every service answers; services are started elsewhere.

        Raises:
            ConfigurationError: A service refuses the token.
            BackendError: One does not answer.
        """
        _ = self.config

    def shutdown(self, timeout: float = 30.0) -> None:
        """Close the connections of this process; the services keep running.

        Requests that have not been sent get ``PoolClosedError``.

        Args:
            timeout: Ignored; part of the interface.
        """
        check_timeout(timeout)
        self._closed = True
        here, self._inside = self._inside, None
        if here is not None and here.pid == os.getpid():
            for task in here.crew.stop():
                task.refuse(_closed_error())
            here.servers.close()

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
            ConfigurationError: The request is not valid, or the token is not accepted.
            PoolClosedError: This client, or the service's pool, is shut down.
            PoolTimeoutError: No sandbox, or no room in a queue, became free in time.
            BackendError: No service answered in time.
        """
        wanted = as_request(request, tests, fields)
        return self._execute(wanted, _path("/v1/execute", max_retries))

    def _batch(self, items: Sequence[Any], max_retries: int | None) -> list[Any]:
        path = _path("/v1/batch", max_retries)
        outcomes: list[ExecutionResult | Exception | None] = [None] * len(items)
        texts: dict[int, str] = {}
        for index, item in enumerate(items):
            try:
                texts[index] = dump_request(as_request(item))
            except ConfigurationError as error:  # an item fails alone
                outcomes[index] = error
        here = self._here()
        parts = [
            BatchCall(part, path, outcomes.__setitem__)
            for part in _parts(texts, 2 * len(self._addresses))
        ]
        futures = [
            self._in_background(functools.partial(part.ask, here.servers, self._patience_s))
            for part in parts
        ]
        try:
            for future in futures:
                future.result()
        except BaseException:
            for part in parts:
                part.stop()
            raise
        return outcomes

    def submit(
        self,
        request: RequestLike | str,
        tests: Iterable[TestLike] | None = None,
        *,
        max_retries: int | None = None,
        **fields: Unpack[RequestFields],
    ) -> "Future[ExecutionResult]":
        """Execute one request in the background; takes and raises what ``execute`` does.

        A future that is cancelled before its request was sent is never executed.
        """
        wanted = as_request(request, tests, fields)
        path = _path("/v1/execute", max_retries)
        return self._in_background(lambda: self._execute(wanted, path))

    def health_check(self, timeout: float = 30.0) -> HealthReport:
        """Have every worker of every service judge a known pass and a known failure.

        Failures are reported, never raised.

        Args:
            timeout: Seconds until workers that are not free count as not responsive.
        """
        timeout_s = check_timeout(timeout)
        path = f"/v1/health?timeout={timeout_s:g}"
        found = {}
        for server in self._here().servers.all:
            try:
                with server.connections.answer(path, timeout_s=timeout_s + _SLACK_S) as answer:
                    found[str(server.address)] = HealthReport.from_json(answer.read())
            except Exception as error:  # noqa: BLE001  # every error is part of the report
                found[str(server.address)] = unreachable(error)
        return merged_health(found)

    def stats(self) -> PoolStats:
        """Return counters, gauges and stage times of all services, added up.

        Raises:
            RunnerError: One of them does not answer.
        """
        return merged_stats(self._of_each("/v1/stats", PoolStats.from_json))

    def _here(self) -> _Here:
        """Return the state of this process; a forked child gets a new one."""
        if self._closed:
            raise _closed_error()
        here = self._inside
        if here is None or here.pid != os.getpid():
            if here is not None:
                _INHERITED.append(here)
            servers = Servers(self._addresses, self._token, self._cafile)
            here = _Here(os.getpid(), servers, ThreadCrew("runner-client", self._concurrency))
            self._inside = here
        return here

    def _execute(self, request: ExecutionRequest, path: str) -> ExecutionResult:
        body = dump_request(request).encode("ascii")
        call = RetryingCall(self._here().servers, self._patience_s)
        headers = {**call.headers, **_JSON}

        def read(told: bytes) -> ExecutionResult:
            return ExecutionResult.model_validate(json.loads(told))

        return call.until_answered(lambda server: _ask(server, path, read, body, headers))

    def _of_each(self, path: str, read: Callable[[bytes], Report]) -> list[Report]:
        """Return the answer of each service, as ``read`` reads it."""
        servers, patience_s = self._here().servers, self._patience_s
        return [
            RetryingCall(servers.alone(each), patience_s).until_answered(
                lambda server: _ask(server, path, read)
            )
            for each in servers.all
        ]

    def _in_background(self, work: "Callable[[], Any]") -> "Future[Any]":
        task = _Task(work)
        if not self._here().crew.submit(task):
            raise _closed_error()
        return task.future


#: Kept alive in forked children, which must not close their parents' connections.
_INHERITED: list[_Here] = []


class _Task:
    """Work whose outcome a future gets."""

    def __init__(self, work: "Callable[[], Any]") -> None:
        self._work = work
        self.future: Future[Any] = Future()

    def __call__(self) -> None:
        if not self.future.set_running_or_notify_cancel():
            return
        try:
            self.future.set_result(self._work())
        except BaseException as error:  # noqa: BLE001  # it is the outcome
            self.future.set_exception(error)

    def refuse(self, error: Exception) -> None:
        if self.future.set_running_or_notify_cancel():
            self.future.set_exception(error)


def _again(
    addresses: list[str], token: str | None, patience_s: float, concurrency: int, cafile: str | None
) -> Client:
    return Client(addresses, token, patience_s=patience_s, concurrency=concurrency, cafile=cafile)


def _closed_error() -> PoolClosedError:
    return PoolClosedError("this client is shut down: create another one")


def _ask(
    server: Server,
    path: str,
    read: Callable[[bytes], Report],
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> Report:
    """Ask a service once, and return what ``read`` makes of its answer."""
    with server.connections.answer(path, body, headers) as answer:
        told = checked(server, answer).read()
    return understood(server, lambda: read(told))


def _path(path: str, max_retries: int | None) -> str:
    return path if max_retries is None else f"{path}?max_retries={check_max_retries(max_retries)}"


def _parts(texts: dict[int, str], at_least: int) -> list[dict[int, str]]:
    """Divide a batch into requests: for several connections, and of limited length."""
    most = min(_MOST_ITEMS, max(1, math.ceil(len(texts) / at_least)))
    parts: list[dict[int, str]] = []
    length = 0
    for index, text in texts.items():
        if not parts or len(parts[-1]) >= most or length + len(text) > _MOST_BYTES:
            parts.append({})
            length = 0
        parts[-1][index] = text
        length += len(text)
    return parts
