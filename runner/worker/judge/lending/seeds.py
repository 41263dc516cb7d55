"""Seeds of a test, which reach the solution as they would in one process.

What the test draws between a seed and its next request counts, too: the solution goes on from there
(``seed(1)``, ``xs = sample(...)``, ``f(xs)``). Later each side draws for itself.
"""

import random
from typing import Any

from ...boundary.opcodes import Op
from ...codec import numpy_types
from ..judge_session import JudgeSession

_real_seed, _real_setstate = random.seed, random.setstate


def lend(session: JudgeSession) -> None:
    """Let what seeds ``random`` and ``numpy`` reach the solution."""

    def seed(a: Any = None, version: int = 2) -> None:
        _real_seed(a, version)
        if a is None:
            session.request(Op.SEED, None)
        else:
            session.sends_before = send

    def setstate(state: Any) -> None:
        _real_setstate(state)
        session.sends_before = send

    def send() -> None:
        session.request(Op.SEED, random.getstate(), "state")

    random.seed, random.setstate = seed, setstate
    numpy_types.lend_seed(lambda value: session.request(Op.SEED, value, "numpy"))
