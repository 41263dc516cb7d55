"""Cost of calls and values between judge and subject, compared with plain Python."""

import math
from typing import NamedTuple

from runner.pool import Pool

_TURNS = 3

_SOLUTION = """
def same(x): return x
def copied(x): return x[:]
class Numbers:
    def __init__(self): self.kept = set()
    def add(self, x): self.kept.add(x)
    def has(self, x): return x in self.kept
"""

#: The same functions in the judge, without a solution.
_OWN = _SOLUTION.replace("def same", "def same_").replace("def copied", "def copied_")
_OWN = _OWN.replace("class Numbers", "class Numbers_")


class Case(NamedTuple):
    """One kind of call or value that crosses.

    Attributes:
        crossing: A test in which it crosses.
        plain: A test that does the same in one process.
        times: Number of calls or objects.
    """

    crossing: str
    plain: str
    times: int


def _calls(setup: str, statement: str, count: int, calls: int) -> Case:
    loop = f"{setup}\nfor i in range({count}):\n    {statement}\n"
    own = loop.replace("same(", "same_(").replace("Numbers(", "Numbers_(")
    return Case(loop, _OWN + own, count * calls)


def _values(value: str, objects: int) -> Case:
    """Return the case of a value that crosses twice; the plain test pickles and unpickles it."""
    pickled = "pickle.loads(pickle.dumps(value))"
    return Case(
        f"value = {value}\ncopied(value)",
        f"import pickle\nvalue = {value}\n{pickled}, {pickled}",
        2 * objects,
    )


CASES = {
    "a call": _calls("", "same(i)", 5000, 1),
    "a call with a list": _calls("", "same([i, 'a', 2.5])", 3000, 1),
    "a method call": _calls("b = Numbers()", "b.add(i); b.has(i)", 3000, 2),
    "an int": _values("list(range(300_000))", 300_000),
    "a float": _values("[i / 3 for i in range(300_000)]", 300_000),
    "a string": _values("[str(i) for i in range(200_000)]", 200_000),
    "an object of pairs": _values("[[i, i + 1] for i in range(60_000)]", 180_000),
    "an object of records": _values("[{'id': i, 'name': str(i)} for i in range(30_000)]", 150_000),
    "an object of any kind": _values(
        "[(i, None, str(i), i / 3, [i]) for i in range(30_000)]", 210_000
    ),
}


def crossing() -> dict[str, dict[str, float]]:
    """Measure calls and values that cross, in CPU time of both processes, beside one process."""
    least: dict[tuple[str, int], float] = {}
    with Pool(workers=1, max_uses=100_000) as pool:
        for _ in range(_TURNS):
            for name, case in CASES.items():
                for which, test in enumerate((case.crossing, case.plain)):
                    used_us = _cpu_s(pool, test) * 1e6 / case.times
                    least[name, which] = min(used_us, least.get((name, which), used_us))
    return {
        name: {
            "us": least[name, 0],
            "us in one process": least[name, 1],
            # A coarse clock may show no time at all.
            "ratio": least[name, 0] / (least[name, 1] or math.nan),
        }
        for name in CASES
    }


def _cpu_s(pool: Pool, test: str) -> float:
    result = pool.execute(_SOLUTION, [test], timeout=60)
    assert result.passed, result.error
    return result.tests[0].cpu_s
