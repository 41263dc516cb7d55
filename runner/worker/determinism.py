"""What makes two runs of one request equal: seeds, entropy, clock, locale and time zone.

The hash seed and address randomisation are fixed before the interpreter starts, by the supervisor;
the rest is set here, in the zygote, and reset in the subject before each test.
"""

import hashlib
import os
import random
import time
from typing import Any

_SEED = 0

#: The judge lets a test's ``random.seed`` reach the solution; what is done here must not.
_seed = random.seed

#: Start of the fixed clock: 2024-01-01T00:00:00Z. It stands still.
_FIXED_EPOCH_S = 1_704_067_200

#: For what a solution must not foresee.
real_urandom = os.urandom

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


def settle(entropy: str, clock: str) -> None:
    """Apply the modes of the pool to this process and all that it forks."""
    global _entropy_is_fixed
    os.environ["TZ"] = "UTC"
    time.tzset()
    if entropy == "fixed":
        _entropy_is_fixed = True
        os.urandom = _fixed_urandom
        random._urandom = _fixed_urandom  # type: ignore[attr-defined]
    if clock == "fixed":
        _stop_clock()


def _stop_clock() -> None:
    for name, value in (("time", _FIXED_EPOCH_S), ("monotonic", 0), ("perf_counter", 0)):
        setattr(time, name, lambda value=value: float(value))
        setattr(time, f"{name}_ns", lambda value=value: value * 10**9)


def reset() -> None:
    """Start over: every test begins with the same random state."""
    global _counter
    _counter = 0
    if _entropy_is_fixed:
        _seed(_SEED)


def seed(value: Any) -> None:
    """Seed ``random`` as the test did on its side."""
    _seed(value)
