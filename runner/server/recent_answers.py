"""Running and recent executions, so that a repeated request is executed only once.

A client whose connection broke repeats its request with the same id and the same body. It gets the
result of the first execution, also if that is still running.
"""

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

#: Seconds for which an answer is kept after its execution.
_KEPT_S = 120.0
#: Most answers that are kept; the oldest are dropped first.
_MOST_KEPT = 10_000
#: Most bytes of answers that are kept.
_MOST_BYTES = 64 * 1024 * 1024

Key = tuple[str, ...]


class _Shared:
    """An execution, and the number of its waiters."""

    def __init__(self, digest: bytes, task: "asyncio.Task[str]") -> None:
        self.digest = digest
        self.task = task
        self.waiters = 0
        self.ended_at: float | None = None
        self.size = 0


class RecentAnswers:
    """Answers by tenant and id of the request. Belongs to the thread of the event loop."""

    def __init__(self) -> None:
        self._shared: dict[Key, _Shared] = {}
        self._ended: OrderedDict[Key, _Shared] = OrderedDict()
        self._bytes = 0

    async def answer(
        self, key: Key | None, body: bytes, execute: Callable[[], Coroutine[Any, Any, str]]
    ) -> str:
        """Return the answer to a request, which is executed unless it was executed before.

        If the caller is cancelled, so is the execution, unless another caller waits for it.

        Args:
            key: Idempotency key of the request; None if it cannot be repeated.
            body: The request; the same key with another body is another request.
            execute: Executes it. Exceptions are not kept.
        """
        if key is None:
            return await execute()
        self._forget_old()
        digest = hashlib.sha256(body).digest()
        shared = self._shared.get(key)
        if shared is None or shared.digest != digest:
            shared = _Shared(digest, asyncio.create_task(execute()))
            self._shared[key] = shared
            shared.task.add_done_callback(lambda _: self._end(key, shared))
        return await self._joined(key, shared)

    def _end(self, key: Key, shared: _Shared) -> None:
        if self._shared.get(key) is not shared:
            return
        if shared.task.cancelled() or shared.task.exception() is not None:
            del self._shared[key]
            return
        shared.ended_at = time.monotonic()
        shared.size = len(shared.task.result())
        self._drop(key)  # the answer to another body
        self._bytes += shared.size
        self._ended[key] = shared

    def _forget_old(self) -> None:
        before = time.monotonic() - _KEPT_S
        while self._ended:
            key, shared = next(iter(self._ended.items()))
            kept = len(self._ended) <= _MOST_KEPT and self._bytes <= _MOST_BYTES
            if kept and shared.ended_at is not None and shared.ended_at > before:
                return
            self._drop(key)
            if self._shared.get(key) is shared:
                del self._shared[key]

    def _drop(self, key: Key) -> None:
        if (old := self._ended.pop(key, None)) is not None:
            self._bytes -= old.size

    async def _joined(self, key: Key, shared: _Shared) -> str:
        shared.waiters += 1
        waiting: Awaitable[str] = asyncio.shield(shared.task)
        try:
            return await waiting
        finally:
            shared.waiters -= 1
            if not shared.waiters and not shared.task.done():
                shared.task.cancel()
                # It ends later; a repetition that comes before must not join it.
                if self._shared.get(key) is shared:
                    del self._shared[key]
