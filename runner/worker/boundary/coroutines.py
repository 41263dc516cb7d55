"""Coroutines across the boundary: the event loops of both sides run in turns, a slice each.

A coroutine becomes a task on its own side. The awaiting side requests one slice of that side's
loop, then runs its own, and repeats both. So gathering, queues, timeouts and cancellation behave as
on one loop. The first slices of a task that could go on are one iteration of the loop each, so that
tasks of both sides take turns (``sleep(0)``); others are longer.
"""

import asyncio
import collections
from collections.abc import Generator
from typing import Any

from .opcodes import Op

#: Time slice of a loop that runs for the other side, in seconds, after so many single iterations.
_SLICE_S = 0.005
_ITERATIONS = 20

#: Slices without a result before the awaiting side pauses, and the length of a pause in seconds.
_EAGER, _PAUSE_S = 20, 0.001


class Tasks:
    """The coroutines of one side that the other awaits."""

    def __init__(self) -> None:
        self._tasks: dict[int, asyncio.Task[Any]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._count = 0
        #: The single iterations that tasks have left, by number.
        self._iterations: dict[int, int] = {}
        #: Numbers of tasks that have had their turn, in the slice of another one.
        self._ahead: set[int] = set()

    def own_loop(self) -> asyncio.AbstractEventLoop | None:
        """Return the loop that runs for the other side only."""
        return self._loop

    def spawn(self, obj: Any) -> int:
        """Make a task of an awaitable, and start it before others go on; return its number."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._loop = loop = self._loop or asyncio.new_event_loop()
        self._count += 1
        self._iterations[self._count] = _ITERATIONS
        if loop.is_running():
            self._tasks[self._count] = loop.create_task(awaited(obj))
        else:
            self._tasks[self._count] = self._started(loop, obj)
            self._ahead.add(self._count)
        return self._count

    def _started(self, loop: asyncio.AbstractEventLoop, obj: Any) -> "asyncio.Task[Any]":
        """Return a task that has run until it waits for the first time, as no other has."""
        ready = _ready(loop)
        held = [ready.popleft() for _ in [*ready]]
        task = loop.create_task(awaited(obj))
        self._run(loop, task, 0.0)
        ready.extendleft(reversed(held))
        return task

    def step(self, number: int) -> tuple[bool, Any]:
        """Run a task for one slice; return whether it is done, and its result; raises its error.

        The slice is the turn of all other tasks, too.
        """
        task = self._tasks[number]
        loop = task.get_loop()
        if number in self._ahead:
            self._ahead.discard(number)
        elif not task.done() and not loop.is_running():
            takes_turns = bool(_ready(loop)) and self._iterations[number] > 0
            self._iterations[number] -= takes_turns
            self._run(loop, task, 0.0 if takes_turns else _SLICE_S)
            self._ahead = self._tasks.keys() - {number}
        if not task.done():
            return False, None
        del self._tasks[number], self._iterations[number]
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


def _ready(loop: asyncio.AbstractEventLoop) -> collections.deque[Any]:
    """Return what a loop is about to run; nothing of a loop that does not say so."""
    found: collections.deque[Any] = vars(loop).get("_ready", collections.deque())
    return found


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
