"""An exception of the solution is open until a Python frame has gone on after it."""

import asyncio
import contextlib
import unittest
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from runner.worker.judge.trust.open_exceptions import OpenExceptions

_OPEN = OpenExceptions()


def _fail(error: BaseException) -> Any:
    """Raise as a proxy does: noted where it comes over the boundary."""
    try:
        raise error
    except BaseException:
        _OPEN.note(error)
        raise


def _except() -> None:
    with contextlib.suppress(KeyError):
        try:
            _fail(ValueError())
        except ValueError:
            pass


def _except_around_a_function() -> None:
    def inner() -> None:
        _fail(ValueError())

    try:
        inner()
    except ValueError:
        return


def _suppress() -> None:
    with contextlib.suppress(ValueError):
        _fail(ValueError())


def _assert_raises() -> None:
    with unittest.TestCase().assertRaises(ValueError):
        _fail(ValueError())


def _a_test_case() -> None:
    class Case(unittest.TestCase):
        def runTest(self) -> None:  # noqa: N802 - unittest's name
            _fail(ValueError())

    Case().run(unittest.TestResult())


def _again_and_again() -> None:
    for _ in range(100):
        try:
            _fail(ValueError())
        except ValueError:
            continue


def _raised_again() -> None:
    try:
        try:
            _fail(ValueError())
        except ValueError:
            raise
    except ValueError:
        pass


def _in_a_generator() -> None:
    def numbers() -> Iterator[int]:
        try:
            _fail(ValueError())
        except ValueError:
            yield 1
        yield 2

    assert next(numbers()) == 1


def _gathered() -> None:
    async def one() -> None:
        _fail(ValueError())

    async def both() -> Any:
        return await asyncio.gather(one(), return_exceptions=True)

    assert isinstance(asyncio.run(both())[0], ValueError)


@pytest.mark.parametrize(
    "test",
    [
        _except,
        _except_around_a_function,
        _suppress,
        _assert_raises,
        _a_test_case,
        _again_and_again,
        _raised_again,
        _in_a_generator,
        _gathered,
    ],
)
def test_what_python_code_handles_is_closed(test: Callable[[], None]) -> None:
    _OPEN.__init__()  # type: ignore[misc]
    test()
    assert _OPEN.first_open() is None


def _map() -> None:
    assert all(map(lambda _: _fail(StopIteration()), [1]))


def _directly() -> None:
    assert all(map(_fail, [StopIteration()]))


def _property() -> None:
    class Case:
        @property
        def ok(self) -> bool:
            return bool(_fail(AttributeError()))

    assert getattr(Case(), "ok", True)


def _property_that_cleans_up() -> None:
    class Case:
        @property
        def ok(self) -> bool:
            try:
                return bool(_fail(AttributeError()))
            finally:
                str(self)

    assert getattr(Case(), "ok", True)


def _sequence() -> None:
    class Items:
        def __getitem__(self, _: int) -> int:
            return int(_fail(IndexError()))

    assert list(Items()) == []  # type: ignore[call-overload]


def _cancelled_child() -> None:
    async def one() -> None:
        _fail(asyncio.CancelledError())

    async def main() -> None:
        done, _ = await asyncio.wait([asyncio.ensure_future(one())])
        assert all(task.cancelled() for task in done)

    asyncio.run(main())


@pytest.mark.parametrize(
    "test",
    [_map, _directly, _property, _property_that_cleans_up, _sequence, _cancelled_child],
)
def test_what_code_in_c_swallows_stays_open(test: Callable[[], None]) -> None:
    """The assertions behind it were skipped, and the test went on."""
    _OPEN.__init__()  # type: ignore[misc]
    test()
    assert _OPEN.first_open() is not None
