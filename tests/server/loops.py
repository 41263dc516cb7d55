"""Tests that run in an event loop of their own."""

import asyncio
import functools
from collections.abc import Callable, Coroutine
from typing import Any


def in_loop(test: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    """Make a test of a coroutine function."""

    @functools.wraps(test)
    def run() -> None:
        asyncio.run(test())

    return run
