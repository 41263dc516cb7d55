"""Calls of a pool that are built on its other calls: programs, batches, streams and ``map``."""

import abc
import asyncio
from collections.abc import AsyncIterable, Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from typing import Any, Literal, Self, Unpack, overload

from runner.config import PoolConfig
from runner.errors import BatchError
from runner.models import ExecutionResult, RunRequest, RunResult, ordered_items
from runner.models.signatures import RequestFields, RequestLike, RunFields, TestLike
from runner.pool.inputs import as_items, as_request, as_run, check_max_retries
from runner.pool.stream import ResultStream, check_ahead, in_order


class PoolCalls(abc.ABC):
    """Calls that are built on ``execute`` and ``submit``."""

    config: PoolConfig

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()

    async def __aenter__(self) -> Self:
        return await asyncio.to_thread(self.__enter__)

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self.shutdown)

    @abc.abstractmethod
    def start(self) -> None:
        """Get ready, so that the first request does not have to wait for it."""

    @abc.abstractmethod
    def shutdown(self, timeout: float = 30.0) -> None:
        """Accept no more requests, and give up what belongs to the pool."""

    @abc.abstractmethod
    def execute(
        self,
        request: RequestLike | str,
        tests: Iterable[TestLike] | None = None,
        *,
        max_retries: int | None = None,
        **fields: Unpack[RequestFields],
    ) -> ExecutionResult:
        """Execute one request and return its verdict."""

    @overload
    def execute_batch(
        self,
        requests: Iterable[RequestLike],
        *,
        return_exceptions: Literal[False] = False,
        max_retries: int | None = None,
    ) -> list[ExecutionResult]: ...

    @overload
    def execute_batch(
        self,
        requests: Iterable[RequestLike],
        *,
        return_exceptions: bool,
        max_retries: int | None = None,
    ) -> list[ExecutionResult | Exception]: ...

    def execute_batch(
        self,
        requests: Iterable[RequestLike],
        *,
        return_exceptions: bool = False,
        max_retries: int | None = None,
    ) -> Any:
        """Execute many requests and return their results in the same order; blocks until then.

        An item that is not a valid request does not affect the others.

        Args:
            requests: Requests, mappings with their fields, or pairs of code and tests.
            return_exceptions: Put an error in its item's place instead of raising.
            max_retries: Attempts per request; the pool's setting if omitted.

        Raises:
            BatchError: Some items have no result; it holds the results of the others.
            PoolClosedError: The pool is shut down.
            BackendError: This was the first use, and no sandbox could be started.
        """
        outcomes = self._batch(as_items(requests), max_retries)
        errors = {n: each for n, each in enumerate(outcomes) if isinstance(each, Exception)}
        if errors and not return_exceptions:
            raise BatchError(
                [each if isinstance(each, ExecutionResult) else None for each in outcomes], errors
            )
        return outcomes

    @abc.abstractmethod
    def _batch(self, items: Sequence[Any], max_retries: int | None) -> list[Any]:
        """Execute many requests; return the result or the error of each, in their order."""

    @abc.abstractmethod
    def submit(
        self,
        request: RequestLike | str,
        tests: Iterable[TestLike] | None = None,
        *,
        max_retries: int | None = None,
        **fields: Unpack[RequestFields],
    ) -> "Future[ExecutionResult]":
        """Execute one request in the background."""

    async def aexecute(
        self,
        request: RequestLike | str,
        tests: Iterable[TestLike] | None = None,
        *,
        max_retries: int | None = None,
        **fields: Unpack[RequestFields],
    ) -> ExecutionResult:
        """Like ``execute``, for asyncio; does not block the event loop once the pool is started.

        If the awaiting task is cancelled, a request that has begun is finished in the background,
        and its sandbox goes back to the pool.
        """
        future = self.submit(request, tests, max_retries=max_retries, **fields)
        return await asyncio.wrap_future(future)

    def run(
        self,
        code: RunRequest | str,
        stdin: str = "",
        *,
        max_retries: int | None = None,
        **fields: Unpack[RunFields],
    ) -> RunResult:
        """Run a program and return what it printed and how it ended; blocks until then.

        Every behaviour of the program leads to a result, never to an exception.

        Args:
            code: The program, or a ``RunRequest``.
            stdin: Its standard input.
            max_retries: Attempts if its sandbox is lost; the pool's setting if omitted.
            fields: The other fields of a ``RunRequest``: ``args``, ``setup``, ``timeout``,
                ``limits``, ``request_id``.

        Raises:
            ConfigurationError: The request is not valid; the message names the field.
            PoolClosedError: The pool is shut down, or was before this request got a sandbox.
            PoolTimeoutError: No sandbox became free within ``lease_timeout_s``.
            BackendError: This was the first use, and no sandbox could be started.
        """
        wanted = as_run(code, stdin, fields)
        return RunResult.of_execution(self.execute(wanted, max_retries=max_retries))

    async def arun(
        self,
        code: RunRequest | str,
        stdin: str = "",
        *,
        max_retries: int | None = None,
        **fields: Unpack[RunFields],
    ) -> RunResult:
        """Like ``run``, for asyncio; does not block the event loop."""
        wanted = as_run(code, stdin, fields)
        return RunResult.of_execution(await self.aexecute(wanted, max_retries=max_retries))

    def run_batch(
        self, requests: Iterable[RunRequest | str], *, max_retries: int | None = None
    ) -> list[RunResult]:
        """Run many programs and return their results in the same order; blocks until then.

        Args:
            requests: Programs, as text or as ``RunRequest``.
            max_retries: Attempts of each if its sandbox is lost; the pool's setting if omitted.

        Raises:
            ConfigurationError: An item is not valid; nothing has run.
            BatchError: Some items have no result.
            PoolClosedError: The pool is shut down.
        """
        wanted = [as_run(each) for each in ordered_items("requests", requests)]
        results = self.execute_batch(wanted, max_retries=max_retries)
        return [RunResult.of_execution(each) for each in results]

    @overload
    def stream(
        self,
        requests: Iterable[RequestLike] | AsyncIterable[RequestLike],
        *,
        ahead: int | None = None,
        return_exceptions: Literal[False] = False,
        max_retries: int | None = None,
    ) -> ResultStream[ExecutionResult]: ...

    @overload
    def stream(
        self,
        requests: Iterable[RequestLike] | AsyncIterable[RequestLike],
        *,
        ahead: int | None = None,
        return_exceptions: bool,
        max_retries: int | None = None,
    ) -> ResultStream[ExecutionResult | Exception]: ...

    def stream(
        self,
        requests: Iterable[RequestLike] | AsyncIterable[RequestLike],
        *,
        ahead: int | None = None,
        return_exceptions: bool = False,
        max_retries: int | None = None,
    ) -> ResultStream[Any]:
        """Return the results of requests as they finish, for ``async for`` or ``for``.

        The requests may be infinite: back-pressure takes them one by one, as results are consumed.
        A result's ``request_id`` names its request. Leaving the loop cancels requests that have not
        begun.

        Args:
            requests: Requests, mappings with their fields, or pairs of code and tests.
            ahead: Requests that are under way or wait to be taken, at most; four per worker if
                omitted.
            return_exceptions: Yield the error of a request that has no result instead of raising.
            max_retries: Attempts per request; the pool's setting if omitted.

        Raises:
            ConfigurationError: ``ahead`` is not a positive number; while iterating, a request is
                not valid.
            PoolClosedError: While iterating: the pool is shut down.
        """
        submit = self._submitter(max_retries)
        ahead = self._window() if ahead is None else ahead
        return ResultStream(requests, submit, ahead=ahead, return_exceptions=return_exceptions)

    def map(
        self,
        requests: Iterable[RequestLike],
        *,
        ahead: int | None = None,
        max_retries: int | None = None,
    ) -> Iterator[ExecutionResult]:
        """Return the results of requests in their order; the requests may be infinite.

        Args:
            requests: Requests, mappings with their fields, or pairs of code and tests.
            ahead: Requests that are under way or wait to be taken, at most; four per worker if
                omitted.
            max_retries: Attempts per request; the pool's setting if omitted.

        Raises:
            ConfigurationError: ``ahead`` is not a positive number; while iterating, a request is
                not valid.
            PoolClosedError: While iterating: the pool is shut down.
        """
        items = ordered_items("requests", requests)
        most = check_ahead(self._window() if ahead is None else ahead)
        return in_order(items, self._submitter(max_retries), most)

    def _window(self) -> int:
        """Return the default of ``ahead``."""
        return 4 * self.config.workers

    def _attempts(self, max_retries: int | None) -> int:
        """Return the number of attempts of a request: the pool's setting if omitted."""
        return self.config.max_retries if max_retries is None else check_max_retries(max_retries)

    def _submitter(self, max_retries: int | None) -> "Callable[[Any], Future[ExecutionResult]]":
        attempts = self._attempts(max_retries)
        return lambda item: self.submit(as_request(item), max_retries=attempts)
