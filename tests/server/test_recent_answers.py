"""Repeated requests: which of them share an execution, and what is kept."""

import asyncio
from collections.abc import Callable, Coroutine

from runner.server import recent_answers
from runner.server.recent_answers import RecentAnswers


def answering(text: str, begun: list[str]) -> Callable[[], Coroutine[None, None, str]]:
    async def execute() -> str:
        begun.append(text)
        await asyncio.sleep(0)
        return text

    return execute


def test_other_answers_with_the_same_id_take_no_room_for_ever() -> None:
    async def run() -> None:
        recent, begun = RecentAnswers(), list[str]()
        large = "x" * (recent_answers._MOST_BYTES // 4)
        for number in range(20):
            await recent.answer(("t", "id"), b"%d" % number, answering(large, begun))
        for _ in range(2):
            await recent.answer(("t", "other"), b"", answering("small", begun))
        assert begun.count("small") == 1, "answers are still kept"

    asyncio.run(run())


def test_a_repetition_never_joins_an_execution_that_is_cancelled() -> None:
    async def run() -> None:
        recent, begun = RecentAnswers(), asyncio.Event()
        key = ("t", "id")

        async def never() -> str:
            begun.set()
            return await asyncio.Future()

        first = asyncio.create_task(recent.answer(key, b"", never))
        await begun.wait()
        first.cancel()
        # It runs after the first one has cancelled the execution, and before that has ended.
        second = asyncio.create_task(recent.answer(key, b"", answering("second", [])))
        assert await second == "second"

    asyncio.run(run())
