"""Results and output without end."""

from typing import Any

from .tasks import ASSERTS, on_sum

_GREEDY: dict[str, tuple[str, tuple[Any, ...]]] = {
    "infinite result": (
        "import itertools\ndef tri(n): return itertools.repeat(10)",
        ("assert list(tri(4)) == [10]",),
    ),
    "huge integer": ("def tri(n): return 1 << 4_000_000", ASSERTS),
    "hash collisions": (
        "def tri(n): return {k * (2 ** 61 - 1): 0 for k in range(100_000)}",
        ("assert tri(4) == {4: 10}",),
    ),
    "memory": ("def tri(n): return [0] * 10 ** 10", ASSERTS),
    "output flood": ("def tri(n):\n    while True: print('10' * 1000)", ASSERTS),
}

ATTACKS = on_sum(
    "greed",
    _GREEDY,
    resisted={
        "infinite result": "it can only exhaust it",
        "huge integer": "it can only slow it down",
        "hash collisions": "it can only slow it down",
        "memory": "it can only exhaust it",
        "output flood": "it can only exhaust it",
    },
)
