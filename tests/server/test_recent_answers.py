"""Repeated requests: which of them share an execution, and what is kept."""

import asyncio
from collections.abc import Callable

from runner.server import recent_answers
from runner.server.recent_answers import RecentAnswers
from tests.server.loops import in_loop

Begin = Callable[[object], "asyncio.Future[str]"]


async def parse() -> None:
    await asyncio.sleep(0)


def answering(text: str, begun: list[str]) -> Begin:
    def begin(_: object) -> "asyncio.Future[str]":
        begun.append(text)
        ended = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(ended.set_result, text)
        return ended

    return begin


@in_loop
async def test_other_answers_with_the_same_id_take_no_room_for_ever() -> None:
    recent, begun = RecentAnswers(), list[str]()
    large = "x" * (recent_answers._MOST_BYTES // 4)
    for number in range(20):
        await recent.answer(("t", "id"), b"%d" % number, parse, answering(large, begun))
    for _ in range(2):
        await recent.answer(("t", "other"), b"", parse, answering("small", begun))
    assert begun.count("small") == 1, "answers are still kept"


@in_loop
async def test_a_repetition_never_joins_an_execution_that_is_cancelled() -> None:
    recent, begun = RecentAnswers(), asyncio.Event()
    key = ("t", "id")

    def never(_: object) -> "asyncio.Future[str]":
        begun.set()
        return asyncio.get_running_loop().create_future()

    first = asyncio.create_task(recent.answer(key, b"", parse, never))
    await begun.wait()
    first.cancel()
    # It runs after the first one has cancelled the execution, and before that has ended.
    second = asyncio.create_task(recent.answer(key, b"", parse, answering("second", [])))
    assert await second == "second"


@in_loop
async def test_those_that_are_parsed_at_the_same_time_are_executed_once() -> None:
    recent, begun = RecentAnswers(), list[str]()
    asked = (recent.answer(("t", "id"), b"", parse, answering("one", begun)) for _ in range(3))
    assert await asyncio.gather(*asked) == ["one"] * 3
    assert begun == ["one"]


@in_loop
async def test_an_execution_lasts_as_long_as_one_waits_for_it() -> None:
    recent, ended = RecentAnswers(), asyncio.get_running_loop().create_future()
    tasks = [
        asyncio.create_task(recent.answer(("t", "id"), b"", parse, lambda _: ended))
        for _ in range(3)
    ]
    for task in tasks[:2]:
        await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.sleep(0.01)
        assert not ended.done()
    tasks[2].cancel()
    await asyncio.sleep(0.01)
    assert ended.cancelled()


@in_loop
async def test_all_waiters_get_an_error_which_is_not_kept() -> None:
    recent, begun = RecentAnswers(), list[str]()
    ended = asyncio.get_running_loop().create_future()
    tasks = [
        asyncio.create_task(recent.answer(("t", "id"), b"", parse, lambda _: ended))
        for _ in range(3)
    ]
    await asyncio.sleep(0.01)
    ended.set_exception(ValueError("once"))
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert [str(each) for each in found] == ["once"] * 3
    assert await recent.answer(("t", "id"), b"", parse, answering("again", begun)) == "again"
