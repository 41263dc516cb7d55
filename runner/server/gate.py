"""What every request passes: host, token, id, route, deadline of the answer, access log, errors."""

import asyncio
import logging
import re
import time
import traceback
import uuid
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from runner.errors import PoolClosedError
from runner.logs import event
from runner.server.answers import RefusedError, error_answer
from runner.server.connections import CONNECTION, Connection
from runner.server.fair_queue import FairQueue, Tenant
from runner.server.served_pool import Caller, GoneError
from runner.server.tokens import TokenFile

_LOG = logging.getLogger(__name__)

#: Key of the ``Caller`` in the scope.
CALLER = "runner.caller"
#: Chosen by the client: the same id and body mean a repetition of the same request.
REQUEST_ID = "x-request-id"
#: Distinguishes clients of one token: the requests of each share a turn.
CLIENT_ID = "x-client-id"
#: Load of the service: number of unfinished requests, a slash, and number of workers.
LOAD = "x-load"
#: Needs no token: it tells only that the service is up.
_OPEN = frozenset(("/health",))
_ID = re.compile(r"[A-Za-z0-9_.:-]{1,128}")
#: A URL that ends in a slash gives two at the beginning of the path.
_TOKEN_IN_PATH = re.compile(r"/+t/([^/]+)(/.*)?", re.DOTALL)
#: Longest part of an answer that is sent at once, in bytes: a client has time for each part.
_PART_BYTES = 256 * 1024


class AccessRules(NamedTuple):
    """Access rules of the service.

    Attributes:
        tokens: Accepted tokens; None if the permissions of the socket decide.
        hosts: Accepted values of the header ``Host``, without a port; empty for any.
        stall_s: Seconds that a client may take to receive a part of an answer.
    """

    tokens: TokenFile | None
    hosts: frozenset[str]
    stall_s: float


class Gate:
    """ASGI middleware that checks and logs every request.

    Args:
        app: The application; it finds a ``Caller`` in the scope.
        rules: The access rules.
        queue: Gives the load of the service.
    """

    def __init__(self, app: ASGIApp, rules: AccessRules, queue: FairQueue) -> None:
        self._app = app
        self._rules = rules
        self._queue = queue
        self._local = Tenant("local")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer and log one request; every exception becomes a response."""
        if scope["type"] != "http":
            return  # the server offers nothing else
        answer = _Answer(scope, send, self._rules.stall_s, self._queue)
        try:
            self._enter(scope, answer)
            await self._app(scope, receive, answer.send)
        except (GoneError, StalledError):
            answer.status = 499  # nginx's status for a client that closed its connection
        except asyncio.CancelledError:
            if answer.status is not None:
                raise
            ended = PoolClosedError("the service ended before this request did: ask again")
            await error_answer(ended, answer.request_id)(scope, receive, answer.send)
        except Exception as error:
            if answer.status is not None:
                raise  # the response has begun: the server closes the connection
            await error_answer(error, answer.request_id)(scope, receive, answer.send)
            # Its frames hold the parsed body, and cycles hold them until a garbage collection.
            traceback.clear_frames(error.__traceback__)
        finally:
            answer.log()

    def _enter(self, scope: Scope, answer: "_Answer") -> None:
        headers = dict(scope["headers"])
        given = _text(headers, REQUEST_ID)
        answer.request_id = given if _ID.fullmatch(given) else uuid.uuid4().hex
        token = _take_token(scope, headers)
        answer.path = scope["path"]
        if self._rules.hosts and _is_tcp(scope) and _host(headers) not in self._rules.hosts:
            raise RefusedError(403, "Host names another machine: --allow-host accepts it")
        tenant = self._tenant(token, scope["path"])
        answer.tenant = tenant.name
        client = _text(headers, CLIENT_ID) or str((scope.get("client") or ("",))[0])
        repeatable = answer.request_id == given
        scope[CALLER] = Caller(tenant, client, answer.request_id, repeatable)

    def _tenant(self, token: str | None, path: str) -> Tenant:
        if self._rules.tokens is None or path in _OPEN:
            return self._local
        if token is None:
            raise RefusedError(
                401, "a token is needed: in the header Authorization: Bearer TOKEN, or as /t/TOKEN"
            )
        tenant = self._rules.tokens.tenant_of(token)
        if tenant is None:
            raise RefusedError(401, "the token is not one of those in the service's token file")
        return tenant


class Routes:
    """Finds the handler of a request: paths without parameters, so one look is enough.

    Args:
        routes: The routes.
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes = {route.path: route for route in routes}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request.

        Raises:
            RefusedError: There is no such path.
            HTTPException: The path has other methods.
        """
        route = self._routes.get(scope["path"])
        if route is None:
            path = scope["path"][:100]
            message = f"there is nothing at {path!r}; /openapi.json lists what there is"
            raise RefusedError(404, message)
        methods = route.methods or ()
        if scope["method"] not in methods:
            raise HTTPException(405, headers={"Allow": ", ".join(methods)})
        answer = await route.endpoint(Request(scope, receive, send))
        await answer(scope, receive, send)


class StalledError(Exception):
    """The client does not receive its answer."""


class _Answer:
    """Properties of an answer, for the log."""

    def __init__(self, scope: Scope, send: Send, stall_s: float, queue: FairQueue) -> None:
        self.status: int | None = None
        self.request_id = ""
        self.path = ""
        self.tenant = ""
        self._method = scope["method"]
        self._connection: Connection | None = scope.get(CONNECTION)
        self._send = send
        self._stall_s = stall_s
        self._queue = queue
        self._bytes = 0
        self._began_at = time.monotonic()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            load = f"{self._queue.waiting + self._queue.running}/{self._queue.workers}"
            message["headers"] = [
                *message.get("headers", ()),
                (REQUEST_ID.encode(), self.request_id.encode()),
                (LOAD.encode(), load.encode()),
            ]
        body = message.get("body", b"")
        last = max(0, len(body) - 1) // _PART_BYTES * _PART_BYTES
        for start in range(0, last, _PART_BYTES):
            part = body[start : start + _PART_BYTES]
            await self._send_part({**message, "body": part, "more_body": True})
        await self._send_part({**message, "body": body[last:]} if last else message)

    async def _send_part(self, message: Message) -> None:
        self._bytes += len(message.get("body", b""))
        if self._connection is not None and not self._connection.is_blocked:
            await self._send(message)  # does not wait: a timer would be in vain
            return
        try:
            async with asyncio.timeout(self._stall_s):
                await self._send(message)
        except TimeoutError as error:
            raise StalledError from error

    def log(self) -> None:
        event(
            _LOG,
            logging.INFO,
            "answered",
            request_id=self.request_id,
            tenant=self.tenant,
            method=self._method,
            path=self.path[:100],
            status=self.status or 499,
            bytes=self._bytes,
            took_s=time.monotonic() - self._began_at,
        )


def caller_of(request: Request) -> Caller:
    """Return the caller of a request."""
    caller: Caller = request.scope[CALLER]
    return caller


def _take_token(scope: Scope, headers: Mapping[bytes, bytes]) -> str | None:
    """Return the token of a request, and remove it from the path."""
    in_path = _TOKEN_IN_PATH.fullmatch(scope["path"])
    if in_path is not None:
        scope["path"] = in_path[2] or "/"
        scope["raw_path"] = scope["path"].encode("utf-8", "surrogateescape")
        return in_path[1]
    kind, _, token = _text(headers, "authorization").partition(" ")
    return token.strip() if kind.lower() == "bearer" else None


def _is_tcp(scope: Scope) -> bool:
    """Return True for a connection that has a port; the name of a Unix socket means nothing."""
    server = scope.get("server")
    return server is None or server[1] is not None


def _text(headers: Mapping[Any, bytes], name: str) -> str:
    return headers.get(name.encode(), b"").decode("latin-1")


def _host(headers: Mapping[bytes, bytes]) -> str:
    """Return the host of the header, without a port and without brackets."""
    host = _text(headers, "host").lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]
