"""The fixed clock: it starts at the same moment in every test, and goes on only when it is read.

Each reading is a microsecond later than the one before, so that a program can divide by a duration
and a loop that waits for a moment comes to an end; ``sleep`` moves it by what it slept. Event loops
and the time-outs of locks keep the real clock, because the kernel does the waiting.
"""

import asyncio
import ctypes
import datetime
import gc
import time
from collections.abc import Callable
from typing import Any

#: 2024-01-01T00:00:00Z, in seconds.
_EPOCH_S = 1_704_067_200
_STEP_NS = 1000
_NS = 10**9

_elapsed_ns = 0

_real_monotonic = time.monotonic
_real_sleep = time.sleep  # noqa: TID251 - it is the program's


def reset() -> None:
    """Set the clock back to its beginning."""
    global _elapsed_ns
    _elapsed_ns = 0


def _tick() -> int:
    global _elapsed_ns
    _elapsed_ns += _STEP_NS
    return _elapsed_ns


def _calendar_ns() -> int:
    return _EPOCH_S * _NS + _tick()


def _clock_gettime_ns(clock: int, /) -> int:
    return _calendar_ns() if clock == time.CLOCK_REALTIME else _tick()


def _clock_gettime(clock: int, /) -> float:
    return _clock_gettime_ns(clock) / _NS


def _sleep(seconds: Any, /) -> None:
    global _elapsed_ns
    _real_sleep(seconds)
    _elapsed_ns += int(seconds * _NS)


def move(seconds: float) -> None:
    """Move the clock by a time that has passed otherwise than by ``sleep``."""
    global _elapsed_ns
    _elapsed_ns += int(seconds * _NS)


def install() -> None:
    """Replace the clocks of this process and all that it forks."""
    _install("time", _calendar_ns)
    for name in ("monotonic", "perf_counter", "process_time", "thread_time"):
        _install(name, _tick)
    time.clock_gettime, time.clock_gettime_ns = _clock_gettime, _clock_gettime_ns
    time.sleep = _sleep  # noqa: TID251 - it is the program's
    for name in ("localtime", "gmtime", "ctime"):
        setattr(time, name, _with_default(getattr(time, name)))
    time.strftime = _with_default_tuple(time.strftime)
    time.asctime = _with_default_tuple(time.asctime)
    asyncio.BaseEventLoop.time = lambda self: _real_monotonic()  # type: ignore[method-assign] # noqa: ARG005
    _teach_datetime()


def _install(name: str, clock_ns: Callable[[], int]) -> None:
    setattr(time, name, lambda: clock_ns() / _NS)
    setattr(time, f"{name}_ns", clock_ns)


def _with_default(real: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a function whose omitted argument means now, in seconds."""

    def function(seconds: float | None = None, /) -> Any:
        return real(_calendar_ns() / _NS if seconds is None else seconds)

    return function


def _with_default_tuple(real: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a function whose omitted last argument means now, as a tuple."""

    def function(*args: Any) -> Any:
        wanted = 2 if real.__name__ == "strftime" else 1
        return real(*args, time.localtime()) if len(args) < wanted else real(*args)

    return function


def _teach_datetime() -> None:
    """Replace methods of the class, which is written in C, by methods that read this clock.

    A subclass would not do: values are recognised by ``type(x) is datetime``.
    """

    def now(cls: type[datetime.datetime], tz: datetime.tzinfo | None = None) -> datetime.datetime:
        seconds, rest = divmod(_calendar_ns(), _NS)
        moment = cls.fromtimestamp(seconds, tz)
        return moment.replace(microsecond=rest // 1000)

    def utcnow(cls: type[datetime.datetime]) -> datetime.datetime:
        return now(cls)

    proxy = datetime.datetime.__dict__
    (content,) = (each for each in gc.get_referents(proxy) if isinstance(each, dict))
    content["now"], content["utcnow"] = classmethod(now), classmethod(utcnow)
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(datetime.datetime))
