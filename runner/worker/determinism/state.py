"""What makes two runs of one request equal: seeds, entropy, clock, locale, time zone, machine.

The hash seed and address randomisation are fixed before the interpreter starts, by the supervisor;
the rest is set here, in the zygote, and reset in judge and subject before each test. None of this
is a security boundary: it serves honest programs.
"""

import _random
import contextlib
import functools
import gc
import hashlib
import os
import posix
import random
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

from . import fixed_clock, machine_identity

_SEED = 0

#: The node of UUIDs; the bit that says "not the address of a network card" is set (RFC 4122).
_NODE = 0x0100_0000_0000

_RECURSION_LIMIT = 1000
_GC_THRESHOLDS = gc.get_threshold()

_counter = 0
_entropy_is_fixed = False


def _fixed_urandom(size: int, /) -> bytes:
    """Return the next bytes of a stream that is the same for every request."""
    global _counter
    blocks = []
    for _ in range(-(-size // 32)):
        _counter += 1
        blocks.append(hashlib.sha256(b"sandbox-runner entropy %d" % _counter).digest())
    return b"".join(blocks)[:size]


def _fixed_getrandom(size: int, _flags: int = 0) -> bytes:
    return _fixed_urandom(size)


def _seed_from(real: Callable[..., None]) -> Callable[..., None]:
    """Return a ``Random.seed`` whose seed, where none is given, comes from the fixed stream."""

    def seed(self: random.Random, a: Any = None, version: int = 2) -> None:
        if a is None and _entropy_is_fixed:
            a = int.from_bytes(_fixed_urandom(32), "big")
        real(self, a, version)

    return seed


# At import, before any module keeps ``random.seed`` for later.
random.Random.seed = _seed_from(random.Random.seed)  # type: ignore[method-assign]
random.seed = random._inst.seed

#: The method below Python's own, for a seed that is an int.
_seed_exactly = _random.Random.seed
_common: Any = random._inst

#: The original function: the judge replaces it to pass a test's seeds on to the solution.
_seed = random.seed


def settle(entropy: str, clock: str) -> None:
    """Apply the modes of the pool to this process and all that it forks."""
    global _entropy_is_fixed
    # By ``putenv``, since ``os.environ`` must stay empty.
    os.putenv("TZ", "UTC")
    time.tzset()
    machine_identity.pretend()
    uuid._generate_time_safe = None  # type: ignore[attr-defined]
    uuid._node = _NODE  # type: ignore[attr-defined]
    if entropy == "fixed":
        _entropy_is_fixed = True
        for module in (os, posix):
            module.urandom = _fixed_urandom  # type: ignore[attr-defined]
            module.getrandom = _fixed_getrandom  # type: ignore[attr-defined]
        random._urandom = _fixed_urandom  # type: ignore[attr-defined]
    if clock == "fixed":
        fixed_clock.install()


def reset() -> None:
    """Reset seeds, limits and clock, so that every test begins with the same state."""
    global _counter
    _counter = 0
    if _entropy_is_fixed:
        tempfile._name_sequence = None  # type: ignore[attr-defined]
        uuid._last_timestamp = None  # type: ignore[attr-defined]
    # With None, both seed themselves from the system, so that children of a zygote differ.
    seed_or_none = _SEED if _entropy_is_fixed else None
    _seed_exactly(_common, seed_or_none)
    _common.gauss_next = None
    _seed_numpy(seed_or_none)
    sys.setrecursionlimit(_RECURSION_LIMIT)
    sys.set_int_max_str_digits(0)  # the CPU budget bounds conversions
    gc.enable()
    gc.set_threshold(*_GC_THRESHOLDS)
    fixed_clock.reset()


@contextlib.contextmanager
def numpy_random_loading(module: Any) -> Iterator[None]:
    """Give ``numpy.random``, loaded during a test, the state of one that was loaded before.

    Args:
        module: That module.
    """
    global _counter
    before = _counter
    yield
    _counter = before
    module.seed(_SEED if _entropy_is_fixed else None)


def seed(value: Any, library: str = "random") -> None:
    """Seed ``random`` or set its state, or seed ``numpy``, as the test did on its side."""
    if library == "numpy":
        _seed_numpy(value)
    elif library == "state":
        random.setstate(value)
    else:
        _seed(value)


def _seed_numpy(value: Any) -> None:
    numpy: Any = sys.modules.get("numpy")
    if numpy is not None:
        _numpy_seed(numpy)(value)


@functools.cache
def _numpy_seed(numpy: Any) -> Any:
    """Return the function as it was before a judge replaced it."""
    return numpy.random.seed
