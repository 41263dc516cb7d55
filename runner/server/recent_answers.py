"""Running and recent executions, so that a repeated request is executed only once.

A client whose connection broke repeats its request with the same id and the same body. It gets the
result of the first execution, also if that is still running.
"""

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import NamedTuple, TypeVar

#: Seconds for which an answer is kept after its execution.
_KEPT_S = 120.0
#: Most answers that are kept; the oldest are dropped first.
_MOST_KEPT = 10_000
#: Most bytes of answers that are kept.
_MOST_BYTES = 64 * 1024 * 1024

Key = tuple[str, ...]
T = TypeVar("T")


class _Kept(NamedTuple):
    """An answer, as a tuple of what the garbage collector need not look at."""

    digest: bytes
    ended_at: float
    text: str


class _Shared:
    """An execution, and those who wait for its answer."""

    def __init__(self, digest: bytes, execution: "asyncio.Future[str]") -> None:
        self.digest = digest
        self.execution = execution
        self.waiters: list[asyncio.Future[str]] = []

    def tell(self) -> None:
        """Give all waiters the outcome."""
        error = None if self.execution.cancelled() else self.execution.exception()
        for waiter in self.waiters:
            if waiter.done():
                continue
            if error is not None:
                waiter.set_exception(error)
            elif self.execution.cancelled():
                waiter.cancel()
            else:
                waiter.set_result(self.execution.result())


class RecentAnswers:
    """Answers by tenant and id of the request. Belongs to the thread of the event loop."""

    def __init__(self) -> None:
        self._shared: dict[Key, _Shared] = {}
        self._kept: OrderedDict[Key, _Kept] = OrderedDict()
        self._bytes = 0

    async def answer(
        self,
        key: Key | None,
        body: bytes,
        parse: Callable[[], Awaitable[T]],
        begin: "Callable[[T], asyncio.Future[str]]",
    ) -> str:
        """Return the answer to a request, which is executed unless it was executed before.

        If the caller is cancelled, so is the execution, unless another caller waits for it.

        Args:
            key: Idempotency key of the request; None if it cannot be repeated.
            body: The request; the same key with another body is another request.
            parse: Parses it.
            begin: Begins its execution, whose exceptions are not kept.
        """
        if key is None:
            return await begin(await parse())
        self._forget_old()
        digest = hashlib.sha256(body).digest()
        kept = self._kept.get(key)
        if kept is not None and kept.digest == digest:
            return kept.text
        shared = self._under_way(key, digest)
        if shared is None:
            request = await parse()
            # Another one may have begun meanwhile, or even ended.
            kept = self._kept.get(key)
            if kept is not None and kept.digest == digest:
                return kept.text
            shared = self._under_way(key, digest) or self._begun(key, digest, begin(request))
        return await self._joined(key, shared)

    def _under_way(self, key: Key, digest: bytes) -> _Shared | None:
        shared = self._shared.get(key)
        return shared if shared is not None and shared.digest == digest else None

    def _begun(self, key: Key, digest: bytes, execution: "asyncio.Future[str]") -> _Shared:
        self._shared[key] = shared = _Shared(digest, execution)
        execution.add_done_callback(lambda _: self._end(key, shared))
        return shared

    def _end(self, key: Key, shared: _Shared) -> None:
        shared.tell()
        if self._shared.get(key) is not shared:
            return
        del self._shared[key]
        if not shared.execution.cancelled() and shared.execution.exception() is None:
            self._drop(key)  # the answer to another body
            text = shared.execution.result()
            self._kept[key] = _Kept(shared.digest, time.monotonic(), text)
            self._bytes += len(text)

    def _forget_old(self) -> None:
        before = time.monotonic() - _KEPT_S
        while self._kept:
            key, kept = next(iter(self._kept.items()))
            there_is_room = len(self._kept) <= _MOST_KEPT and self._bytes <= _MOST_BYTES
            if there_is_room and kept.ended_at > before:
                return
            self._drop(key)

    def _drop(self, key: Key) -> None:
        if (old := self._kept.pop(key, None)) is not None:
            self._bytes -= len(old.text)

    async def _joined(self, key: Key, shared: _Shared) -> str:
        if shared.execution.done():
            return shared.execution.result()
        # Not the execution itself: a task that is cancelled cancels what it awaits.
        waiter: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        shared.waiters.append(waiter)
        try:
            return await waiter
        finally:
            shared.waiters.remove(waiter)
            if not shared.waiters and not shared.execution.done():
                shared.execution.cancel()
                # It ends later; a repetition that comes before must not join it.
                if self._shared.get(key) is shared:
                    del self._shared[key]
