"""Reads bodies of requests, with limits of their length, their time, and their content."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect, Request

from runner.server.answers import RefusedError
from runner.server.fair_queue import FairQueue
from runner.server.gate import caller_of

T = TypeVar("T")

#: Longer requests are parsed in a thread: values in the judge's encoding take a second for 4 MiB.
_PARSED_AT_ONCE_BYTES = 64 * 1024

#: Most lists and objects of one document: each takes some hundred bytes of memory.
_MOST_CONTAINERS = 2_000_000
#: Most lines of one batch: 128 MiB of line breaks would be 134 million.
_MOST_LINES = 1_000_000
#: Most tests of one request: they are validated in the thread that all clients share.
_MOST_TESTS = 10_000
#: Most fields and items that are validated one by one: each that is wrong takes 700 bytes of memory
#: and 4 us. This is room for all fields of so many tests.
_MOST_ENTRIES = 12 * _MOST_TESTS


class Bodies:
    """Reads bodies.

    Args:
        queue: Counts the bytes in memory.
        timeout_s: Seconds that a client may take to send a body.
    """

    def __init__(self, queue: FairQueue, timeout_s: float) -> None:
        self._queue = queue
        self._timeout_s = timeout_s
        self._parsing = asyncio.Semaphore(1)  # of long ones: each takes memory

    @asynccontextmanager
    async def body(self, request: Request, limit: int) -> AsyncIterator[bytes]:
        """Yield the body of a request, if the queue has room; its bytes count until the block ends.

        Raises:
            RefusedError: It is too long or too late, or the client has closed the connection.
            OverloadedError: Other bodies fill the memory, or the queue is full.
        """
        announced = _announced(request, limit)
        # A body of unknown length counts as the longest one.
        tenant = caller_of(request).tenant
        with self._queue.bytes_held(tenant, limit if announced is None else announced):
            body = await self._read(request, limit)
            self._queue.check_room(tenant)  # before anything is parsed
            yield body

    async def parsed(self, length: int, parse: Callable[[], T]) -> T:
        """Return what ``parse`` makes of a request; others go on while a long one is parsed.

        Args:
            length: Length of the request, in bytes.
            parse: Parses it.
        """
        if length <= _PARSED_AT_ONCE_BYTES:
            return parse()
        async with self._parsing:
            return await asyncio.to_thread(parse)

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
    if "transfer-encoding" in request.headers:  # it would decide, and the number would be a lie
        raise RefusedError(400, "Content-Length and Transfer-Encoding exclude each other")
    if not text.isdecimal():
        raise RefusedError(400, "Content-Length is not a number")
    if len(text) > 18 or int(text) > limit:
        raise _too_long(limit)
    return int(text)


def _too_long(limit: int) -> RefusedError:
    return RefusedError(413, f"the body, or a line of it, is longer than {limit} bytes")


def lines_of(body: bytes) -> list[bytes]:
    """Return the lines of a batch.

    Raises:
        RefusedError: There are too many.
    """
    if body.count(b"\n") + body.count(b"\r") > _MOST_LINES:
        raise RefusedError(413, f"the batch has more than {_MOST_LINES} lines: divide it")
    return body.splitlines()


def parse_object(text: bytes, limit: int) -> dict[str, Any]:
    """Return the object in a JSON document.

    Raises:
        RefusedError: It is too long, not JSON, nested too deeply, not an object, or has too many
            tests, fields or items.
    """
    if len(text) > limit:
        raise _too_long(limit)
    try:
        found = parse_json(text)
    except RecursionError as error:
        raise RefusedError(400, "not valid JSON: nested too deeply") from error
    except ValueError as error:
        raise RefusedError(400, f"not valid JSON: {error}") from error
    if not isinstance(found, dict):
        raise RefusedError(400, f"must be an object, not {type(found).__name__}")
    check_size(found)
    return found


def parse_json(text: bytes) -> Any:
    """Return the value of a JSON document.

    Raises:
        RefusedError: It has too many lists and objects.
        ValueError: It is not JSON.
        RecursionError: It is nested too deeply.
    """
    if text.count(b"[") + text.count(b"{") > _MOST_CONTAINERS:
        raise RefusedError(400, f"holds more than {_MOST_CONTAINERS} lists and objects")
    return json.loads(text)


def check_size(fields: Mapping[str, Any]) -> None:
    """Check that a request can be validated quickly, whatever is wrong with it.

    Raises:
        RefusedError: It has too many tests, or too many fields and items.
    """
    tests = fields.get("tests")
    if isinstance(tests, list) and len(tests) > _MOST_TESTS:
        raise RefusedError(422, f"tests: there are more than {_MOST_TESTS}", ("tests",))
    count = 0
    for part in _validated(fields):
        count += len(part)
        if count > _MOST_ENTRIES:
            raise RefusedError(422, f"request: has more than {_MOST_ENTRIES} fields and items")


def _validated(fields: Mapping[str, Any]) -> Iterator[Collection[Any]]:
    """Yield the objects and lists whose content has a type; values of tests may be anything."""
    yield fields
    for field in fields.values():
        if isinstance(field, dict | list):
            yield field
    tests = fields.get("tests")
    for test in tests if isinstance(tests, list) else ():
        if isinstance(test, dict):
            yield test
            if test.get("kind") == "program" and isinstance(args := test.get("args"), list):
                yield args
