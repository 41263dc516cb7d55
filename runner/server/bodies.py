"""Reads bodies of requests, with limits of their length, their time, and their content."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from pydantic import BaseModel
from starlette.requests import ClientDisconnect, Request

from runner.server.answers import RefusedError
from runner.server.fair_queue import FairQueue

Parsed = TypeVar("Parsed", bound=BaseModel)

#: Most lists and objects of one document: each takes some hundred bytes of memory.
_MOST_CONTAINERS = 2_000_000
#: Most tests of one request: they are validated in the thread that all clients share.
_MOST_TESTS = 10_000


class Bodies:
    """Reads bodies.

    Args:
        queue: Counts the bytes in memory.
        timeout_s: Seconds that a client may take to send a body.
    """

    def __init__(self, queue: FairQueue, timeout_s: float) -> None:
        self._queue = queue
        self._timeout_s = timeout_s

    @asynccontextmanager
    async def body(self, request: Request, limit: int) -> AsyncIterator[bytes]:
        """Yield the body of a request, if the queue has room; its bytes count until the block ends.

        Raises:
            RefusedError: It is too long or too late, or the client has closed the connection.
            OverloadedError: Other bodies fill the memory, or the queue is full.
        """
        announced = _announced(request, limit)
        # A body of unknown length counts as the longest one.
        with self._queue.bytes_held(limit if announced is None else announced):
            body = await self._read(request, limit)
            self._queue.check_room()  # before anything is parsed
            yield body

    async def _read(self, request: Request, limit: int) -> bytes:
        parts, length = [], 0
        try:
            async with asyncio.timeout(self._timeout_s):
                async for part in request.stream():
                    length += len(part)
                    if length > limit:
                        raise _too_long(limit)
                    parts.append(part)
        except TimeoutError as error:
            message = f"the body did not arrive within {self._timeout_s:g} s"
            raise RefusedError(408, message) from error
        except ClientDisconnect as error:
            raise RefusedError(400, "the client has closed the connection") from error
        return b"".join(parts)


def _announced(request: Request, limit: int) -> int | None:
    text = request.headers.get("content-length")
    if text is None:
        return None
    if not text.isdecimal():
        raise RefusedError(400, "Content-Length is not a number")
    if len(text) > 18 or int(text) > limit:
        raise _too_long(limit)
    return int(text)


def _too_long(limit: int) -> RefusedError:
    return RefusedError(413, f"the body, or a line of it, is longer than {limit} bytes")


def parse_object(text: bytes, limit: int) -> dict[str, Any]:
    """Return the object in a JSON document.

    Raises:
        RefusedError: It is too long, not JSON, nested too deeply, not an object, or has too many
            tests.
    """
    if len(text) > limit:
        raise _too_long(limit)
    if text.count(b"[") + text.count(b"{") > _MOST_CONTAINERS:
        raise RefusedError(400, f"holds more than {_MOST_CONTAINERS} lists and objects")
    try:
        found = json.loads(text)
    except RecursionError as error:
        raise RefusedError(400, "not valid JSON: nested too deeply") from error
    except ValueError as error:
        raise RefusedError(400, f"not valid JSON: {error}") from error
    if not isinstance(found, dict):
        raise RefusedError(400, f"must be an object, not {type(found).__name__}")
    tests = found.get("tests")
    if isinstance(tests, list) and len(tests) > _MOST_TESTS:
        raise RefusedError(422, f"tests: there are more than {_MOST_TESTS}", ("tests",))
    return found
