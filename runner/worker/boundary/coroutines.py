"""Coroutines across the boundary: the event loops of both sides run in turns, a slice each.

A coroutine becomes a task on its own side. The awaiting side requests one slice of that side's
loop, then runs its own, and repeats both. So gathering, queues, timeouts and cancellation behave as
on one loop.
"""

import asyncio
from collections.abc import Generator
from typing import Any

from .opcodes import Op

#: Time slice of a loop that runs for the other side, in seconds.
_SLICE_S = 0.005

#: Slices without a result before the awaiting side pauses, and the length of a pause in seconds.
_EAGER, _PAUSE_S = 20, 0.001


class Tasks:
    """The coroutines of one side that the other awaits."""

    def __init__(self) -> None:
        self._tasks: dict[int, asyncio.Task[Any]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._count = 0
        #: Numbers of tasks that have had no slice yet.
        self._new: set[int] = set()

    def own_loop(self) -> asyncio.AbstractEventLoop | None:
        """Return the loop that runs for the other side only."""
        return self._loop

    def spawn(self, obj: Any) -> int:
        """Make a task of an awaitable; return its number."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._loop = loop = self._loop or asyncio.new_event_loop()
        self._count += 1
        self._tasks[self._count] = loop.create_task(awaited(obj))
        self._new.add(self._count)
        return self._count

    def step(self, number: int) -> tuple[bool, Any]:
        """Run a task for one slice; return whether it is done, and its result; raises its error.

        The first slice only starts the task, so that others start before it goes on.
        """
        task = self._tasks[number]
        loop = task.get_loop()
        slice_s = 0.0 if number in self._new else _SLICE_S
        self._new.discard(number)
        if not task.done() and not loop.is_running():
            self._run(loop, task, slice_s)
        if not task.done():
            return False, None
        del self._tasks[number]
        return True, task.result()

    @staticmethod
    def _run(loop: asyncio.AbstractEventLoop, task: "asyncio.Task[Any]", slice_s: float) -> None:
        def stop(_: Any = None) -> None:
            loop.stop()

        timer = loop.call_later(slice_s, stop)
        task.add_done_callback(stop)
        loop.run_forever()
        timer.cancel()
        task.remove_done_callback(stop)

    def cancel(self, number: int) -> None:
        """Request the cancellation of a task, which the task may refuse."""
        self._tasks[number].cancel()

    def close(self) -> None:
        """Close the loop that runs for the other side only."""
        if self._loop is not None and not self._loop.is_running():
            self._loop.close()


async def awaited(obj: Any) -> Any:
    """Return the result of any awaitable, as a coroutine."""
    return await obj


def awaiting(session: Any, obj: Any) -> Generator[Any, Any, Any]:
    """Await an object of the other side; without a running loop, by one request."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return session.request(Op.AWAIT, obj)
    number = session.request(Op.SPAWN, obj)
    idle = 0
    while True:
        done, result = _step(session, number)
        if done:
            return result
        idle += 1
        if loop is session.tasks.own_loop():
            loop.stop()  # it runs for the other side, whose turn is next
        try:
            if idle < _EAGER:
                yield
            else:
                yield from asyncio.sleep(_PAUSE_S).__await__()
        except asyncio.CancelledError:
            session.request(Op.CANCEL, number)


def _step(session: Any, number: Any) -> tuple[bool, Any]:
    answer = session.request(Op.STEP, number)
    if type(answer) is not tuple or len(answer) != 2:
        raise TypeError("invalid answer to a step of a coroutine")
    return answer[0] is True, answer[1]
