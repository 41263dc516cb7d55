"""The routes of this library's own client: whole requests and results."""

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncGenerator, Iterator
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from runner.models import ExecutionRequest, ExecutionResult, RunRequest, RunResult
from runner.pool.inputs import check_max_retries, check_timeout
from runner.request_json import as_execution
from runner.server.answers import JSON_LINES, RefusedError, error_body, json_answer, result_json
from runner.server.bodies import Bodies, lines_of, parse_object
from runner.server.gate import caller_of
from runner.server.recent_answers import RecentAnswers
from runner.server.served_pool import Caller, ServedPool, while_connected
from runner.server.settings import ServiceConfig

#: The beginning of a line that has its own index, which is so known if the line is not parsed.
_INDEX_FIRST = re.compile(rb'\s*\{\s*"index"\s*:\s*(\d{1,18})\s*[,}]')

#: Answers of a batch that come within so many seconds, up to so many characters, are sent at once:
#: to send one costs service and client more than to spell it.
_GATHERED_S = 0.02
_MOST_GATHERED = 64 * 1024


class Native:
    """The handlers of ``/v1``.

    Args:
        pool: Executes the requests.
        bodies: Reads the requests.
        config: Limits.
    """

    def __init__(self, pool: ServedPool, bodies: Bodies, config: ServiceConfig) -> None:
        self._pool = pool
        self._bodies = bodies
        self._config = config
        self._recent = RecentAnswers()

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/v1/execute", self.execute, methods=["POST"]),
            Route("/v1/batch", self.batch, methods=["POST"]),
            Route("/v1/run", self.run, methods=["POST"]),
            Route("/v1/health", self.health),
            Route("/v1/stats", self.stats),
            Route("/v1/config", self.config),
        ]

    async def execute(self, request: Request) -> Response:
        """Execute an ``ExecutionRequest``, and answer with its ``ExecutionResult``."""
        caller = caller_of(request)
        async with self._bodies.body(request, self._config.max_body_bytes) as body:
            retries = _max_retries(request)
            answer = self._recent.answer(
                _key(caller, ""),
                body,
                lambda: self._bodies.parsed(len(body), lambda: self._request(body)),
                lambda wanted: self._pool.begin(wanted, caller, retries, result_json),
            )
            return json_answer(await while_connected(request, answer))

    async def run(self, request: Request) -> Response:
        """Run the program of a ``RunRequest``, and answer with its ``RunResult``."""
        caller, limit = caller_of(request), self._config.max_body_bytes
        async with self._bodies.body(request, limit) as body:
            wanted = RunRequest.model_validate(parse_object(body, limit)).as_execution()
            work = self._pool.execute(wanted, caller, _max_retries(request))
            result = await while_connected(request, work)
        return json_answer(RunResult.of_execution(result).to_json())

    async def batch(self, request: Request) -> Response:
        """Execute lines of JSON, and answer with lines in the order of completion."""
        async with contextlib.AsyncExitStack() as stack:
            body = self._bodies.body(request, self._config.max_batch_bytes)
            lines = lines_of(await stack.enter_async_context(body))
            retries = _max_retries(request)
            caller = caller_of(request)
            items = _Batch(self, caller._replace(flow=(caller.flow, object())), lines, retries)
            return _Stream(items, stack.pop_all(), request)
        raise AssertionError  # for mypy: a stack may suppress exceptions, this one does not

    async def item(self, index: int, line: bytes, caller: Caller, retries: int | None) -> str:
        """Execute a line of a batch, and return the line that answers it; never raises."""
        if first := _INDEX_FIRST.match(line):
            index = int(first[1])
        try:
            fields = await self._bodies.parsed(len(line), lambda: self._fields(line))
            index = _index(fields.pop("index", index))
            self._pool.check_not_draining()

            def begin(wanted: ExecutionRequest) -> asyncio.Future[str]:
                return self._pool.begin(wanted, caller, retries, spell, of_batch=True)

            def spell(result: ExecutionResult) -> str:
                return f'{{"index": {index}, "result": {result_json(result)}}}\n'

            return await self._recent.answer(
                _key(caller, str(index)),
                line,
                lambda: self._bodies.parsed(len(line), lambda: as_execution(fields)),
                begin,
            )
        except Exception as error:  # noqa: BLE001  # an error affects only its item
            status, told = error_body(error)
            return json.dumps({"index": index, "error": {**told, "status": status}}) + "\n"

    def _fields(self, text: bytes) -> dict[str, Any]:
        return parse_object(text, self._config.max_body_bytes)

    def _request(self, text: bytes) -> ExecutionRequest:
        return as_execution(self._fields(text))

    @property
    def ahead(self) -> int:
        """Most items of a batch that wait for their turn or are executed."""
        return 2 * self._pool.queue.workers + 2

    async def health(self, request: Request) -> Response:
        """Have every worker judge a known pass and a known failure."""
        text = request.query_params.get("timeout", "30")
        try:
            timeout_s = check_timeout(float(text))
        except ValueError as error:
            raise RefusedError(422, "timeout: must be seconds, 0 or more", ("timeout",)) from error
        report = await while_connected(request, self._pool.health(timeout_s))
        return json_answer(report.to_json(), 200 if report.healthy else 503)

    async def stats(self, _: Request) -> Response:
        """Answer with the pool's statistics; requests in this queue count as waiting."""
        stats, queue = self._pool.pool.stats(), self._pool.queue
        changed = {"waiting": stats.waiting + queue.waiting}
        return json_answer(stats.model_copy(update=changed).to_json())

    async def config(self, _: Request) -> Response:
        """Answer with the settings of the pool."""
        return json_answer(self._pool.pool.config.to_json())


class _Batch:
    """The items of one batch, a limited number at a time."""

    def __init__(
        self, native: Native, caller: Caller, lines: list[bytes], retries: int | None
    ) -> None:
        self._native = native
        self._caller = caller
        self._lines: Iterator[tuple[int, bytes]] = enumerate(filter(bytes.strip, lines))
        self._retries = retries
        self._gathered: list[str] = []
        self._length = 0
        self._due = asyncio.Event()
        self._room = asyncio.Event()

    async def answers(self) -> AsyncGenerator[str, None]:
        """Yield the answers as they come; items that have not begun at the end are dropped.

        Answers that come at nearly the same time are one part.
        """
        tasks = [asyncio.create_task(self._work()) for _ in range(self._native.ahead)]
        working = asyncio.gather(*tasks)
        working.add_done_callback(lambda _: self._due.set())
        try:
            while not working.done() or self._gathered:
                await self._due.wait()
                self._due.clear()
                part, self._gathered, self._length = self._gathered, [], 0
                self._room.set()
                if part:
                    yield "".join(part)
            working.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(working, *tasks, return_exceptions=True)

    async def _work(self) -> None:
        for index, line in self._lines:
            self._gather(await self._native.item(index, line, self._caller, self._retries))
            while self._length >= _MOST_GATHERED:
                # Back-pressure from a client that does not read.
                self._room.clear()
                await self._room.wait()

    def _gather(self, answer: str) -> None:
        if not self._gathered:
            asyncio.get_running_loop().call_later(_GATHERED_S, self._due.set)
        self._gathered.append(answer)
        self._length += len(answer)
        if self._length >= _MOST_GATHERED:
            self._due.set()


class _Stream(Response):
    """Sends the answers of a batch; ends when the client disconnects."""

    def __init__(self, batch: _Batch, stack: contextlib.AsyncExitStack, request: Request) -> None:
        self._batch = batch
        self._stack = stack
        self._request = request
        super().__init__(media_type=JSON_LINES)
        del self.headers["content-length"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        async with self._stack:
            await while_connected(self._request, self._send_all(send))

    async def _send_all(self, send: Send) -> None:
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        await send(start)
        async with contextlib.aclosing(self._batch.answers()) as answers:
            async for part in answers:
                body = part.encode("ascii")
                await send({"type": "http.response.body", "body": body, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _key(caller: Caller, index: str) -> tuple[str, ...] | None:
    """Return the idempotency key of a request; None if it has none.

    Args:
        caller: The client.
        index: Index in a batch; empty for a single request, whose answer has another form.
    """
    if not caller.repeatable:
        return None
    return caller.tenant.name, caller.request_id, index


def _index(value: object) -> int:
    if type(value) is not int:
        raise RefusedError(422, "index: must be an integer", ("index",))
    return value


def _max_retries(request: Request) -> int | None:
    text = request.query_params.get("max_retries")
    if text is None:
        return None
    return check_max_retries(int(text) if text.isdecimal() and len(text) < 5 else text)
