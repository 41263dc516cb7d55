"""Ending a loop or a block of the test before its assertion."""

import textwrap
from typing import Any

from tests.integrity.programs import Attack

from .tasks import SQUARE, on_sum

_STOP = "def __{0}__(self, *a): raise StopIteration\n"
_FAMILY = "exhaustion"
_EXHAUSTION = [
    Attack(
        "StopIteration from a property",
        _FAMILY,
        "class R:\n    @property\n    def value(self): raise StopIteration\ndef make(n): return R()\n",
        ("assert all(map(lambda n: make(n).value == n * 2, [1, 2, 3]))",),
        "class R:\n    def __init__(self, n): self.value = 2 * n\ndef make(n):\n    return R(n)\n",
    ),
    Attack(
        "StopIteration from __getattr__",
        _FAMILY,
        "class R:\n    " + _STOP.format("getattr") + "def make(n): return R()\n",
        ("assert all(map(lambda n: make(n).value == n * 2, [1, 2, 3]))",),
        "class R:\n    def __init__(self, n): self.value = 2 * n\ndef make(n):\n    return R(n)\n",
    ),
    Attack(
        "StopIteration from __round__",
        _FAMILY,
        "class R:\n    " + _STOP.format("round") + "def third(n): return R()\n",
        ("assert all(map(lambda n: round(third(n), 2) == round(n / 3, 2), [1, 2]))",),
        "def third(n):\n    return n / 3\n",
    ),
    Attack(
        "StopIteration from __float__",
        _FAMILY,
        "class R:\n    " + _STOP.format("float") + "def third(n): return R()\n",
        ("import math\nassert all(map(lambda n: math.isclose(third(n), n / 3), [1, 2]))",),
        "def third(n):\n    return n / 3\n",
    ),
    Attack(
        "StopIteration from __getitem__",
        _FAMILY,
        "class R:\n    " + _STOP.format("getitem") + "def pair(n): return R()\n",
        ("assert all(map(lambda n: pair(n)[1] == n, [1, 2, 3]))",),
        "def pair(n):\n    return n, n\n",
    ),
    Attack(
        "StopIteration from __len__",
        _FAMILY,
        "class R:\n    " + _STOP.format("len") + "def row(n): return R()\n",
        ("assert all(map(lambda n: len(row(n)) == n, [1, 2, 3]))",),
        "def row(n):\n    return [0] * n\n",
    ),
    Attack(
        "StopIteration from __hash__",
        _FAMILY,
        "class R:\n    " + _STOP.format("hash") + "def key(n): return R()\n",
        ("assert all(map(lambda n: key(n) in {n}, [1, 2, 3]))",),
        "def key(n):\n    return n\n",
    ),
    Attack(
        "StopIteration from a comparison of a named class",
        _FAMILY,
        "class Sum:\n    def __init__(self, n): pass\n    " + _STOP.format("eq"),
        ("assert all(map(lambda n: Sum(n) == n * (n + 1) // 2, [1, 2, 3]))",),
        "class Sum(int):\n    def __new__(cls, n): return int.__new__(cls, n * (n + 1) // 2)\n",
    ),
    Attack(
        "StopIteration from arithmetic of a named class",
        _FAMILY,
        "class Sum:\n    def __init__(self, n): pass\n    " + _STOP.format("add"),
        ("assert all(map(lambda n: (Sum(n) + 1).n == n + 1, [1, 2, 3]))",),
        "class Sum:\n    def __init__(self, n): self.n = n\n"
        "    def __add__(self, k): return Sum(self.n + k)\n",
    ),
    Attack(
        "StopIteration from __enter__",
        _FAMILY,
        "class Lock:\n    __exit__ = print\n    " + _STOP.format("enter"),
        (
            (
                "def use(n):\n    with Lock() as depth:\n        return depth == 1\n    return False\n"
                "assert all(map(use, [1, 2]))"
            ),
        ),
        "class Lock:\n    def __enter__(self): return 1\n    def __exit__(self, *a): return None\n",
    ),
    Attack(
        "StopIteration from a setter",
        _FAMILY,
        "class Box:\n    " + _STOP.format("setattr"),
        (
            (
                "def use(n):\n    box = Box()\n    box.size = n\n    return box.size == n\n"
                "assert all(map(use, [1, 2]))"
            ),
        ),
        "class Box:\n    pass\n",
    ),
    Attack(
        "a subclass of StopIteration",
        _FAMILY,
        "class Stop(StopIteration): pass\ndef square(n): raise Stop\n",
        ("assert list(map(lambda n: square(n) == n * n or 1 / 0, [1, 2])).count(False) == 0",),
        SQUARE,
    ),
    Attack(
        "StopIteration in a callback's iteration",
        _FAMILY,
        "def double(n): raise StopIteration\n",
        (
            (
                "want = iter([2, 4])\nassert all(next(want) == got for got in map(double, [1, 2]))\n"
                "assert next(want, None) is None"
            ),
        ),
        "def double(n):\n    return 2 * n\n",
        "the test counts what it has seen",
    ),
    Attack(
        "an empty iterator that claims a length",
        _FAMILY,
        "class Items:\n    def __len__(self): return 3\n    def __iter__(self): return iter(())\n"
        "def items(): return Items()\n",
        ("got = items()\nassert len(got) == 3\nassert sum(1 for item in got) == 3",),
        "def items():\n    return [1, 2, 3]\n",
        "the test counts what it has seen",
    ),
    Attack(
        "an iterator that changes its mind",
        _FAMILY,
        "class Twice:\n    n = 0\n    def __iter__(self):\n        Twice.n += 1\n"
        "        return iter([1] * Twice.n)\ndef items(): return Twice()\n",
        ("got = items()\nassert len(list(got)) == len(list(got)) == 1",),
        "def items():\n    return [1]\n",
        "its second answer differs everywhere",
    ),
    Attack(
        "an endless iterator",
        _FAMILY,
        "import itertools\ndef evens(limit): return itertools.count(0, 2)\n",
        ("assert list(evens(6)) == [0, 2, 4]",),
        "def evens(limit):\n    return range(0, limit, 2)\n",
        "it never ends",
    ),
]

_ENDS: dict[str, tuple[str, tuple[Any, ...]]] = {
    "StopIteration": (
        "def tri(n): raise StopIteration",
        ("assert all(map(lambda c: tri(c[0]) == c[1], [(4, 10), (10, 55)]))",),
    ),
    "StopIteration from next": (
        "class I:\n    def __iter__(s): return s\n    def __next__(s): raise StopIteration\n"
        "def tri(n): return I()",
        ("assert [x for x in tri(4)] == [10]",),
    ),
}

#: Context managers, called as the test uses them, that stop what the test has to say.
_STOPPING = """
import contextlib
class Stop:
    def __enter__(self): return self
    def __exit__(self, *details): return True
    def f(self, n): return 0
    def g(self, n): raise KeyError
class Convert(Stop):
    def __exit__(self, *details): raise ValueError
class Late:
    async def __aenter__(self): return self
    async def __aexit__(self, *details): return True
    def f(self, n): return 0
@contextlib.contextmanager
def stop():
    try:
        yield Stop()
    except BaseException:
        pass
"""
_NOT_STOPPING = """
import contextlib
class Stop:
    def __enter__(self): return self
    def __exit__(self, *details): return None
    def f(self, n): return n * n
    g = f
class Convert(Stop): pass
class Late:
    async def __aenter__(self): return self
    async def __aexit__(self, *details): return None
    def f(self, n): return n * n
@contextlib.contextmanager
def stop():
    yield Stop()
"""
_WITH = {
    "a failed assertion": "with Stop() as s:\n    assert s.f(3) == 9",
    "an assertion that it skips": "with Stop() as s:\n    r = s.g(3)\n    assert r == 9",
    "an assertion in a loop": "with Stop() as s:\n    for n in (1, 2):\n        assert s.f(n) == n * n",
    "an assertion in a function": "def look(s):\n    assert s.f(3) == 9\nwith Stop() as s:\n    look(s)",
    "a failed assertion, from a generator": "with stop() as s:\n    assert s.f(3) == 9",
    "a failed assertion, on a stack": (
        "import contextlib\nwith contextlib.ExitStack() as stack:\n"
        "    s = stack.enter_context(Stop())\n    assert s.f(3) == 9"
    ),
    "a failed assertion, as another error": (
        "try:\n    with Convert() as s:\n        assert s.f(3) == 9\nexcept ValueError:\n    pass"
    ),
    "a failed assertion, asynchronously": (
        "import asyncio\nasync def main():\n    async with Late() as s:\n"
        "        assert s.f(3) == 9\nasyncio.run(main())"
    ),
    "an assertion after an inner block": (
        "with Stop() as s:\n    with Stop() as t:\n        assert t.g(3) == 9\n    assert s.f(3) == 9"
    ),
}
_STOP_ASSERTIONS = tuple(
    Attack(f"a context manager stops {what}", "stop", _STOPPING, (test,), _NOT_STOPPING)
    for what, test in _WITH.items()
)

_CLOSING = """
class Closed(Exception): pass
class Source:
    is_open = True
    def read(self):
        if not self.is_open: raise Closed
        return RESULT
    def close(self):
        if not self.is_open: raise Closed
        AT_CLOSE
"""
_RAISING = _CLOSING.replace("RESULT", "8").replace("AT_CLOSE", "raise Closed")
_NOT_RAISING = _CLOSING.replace("RESULT", "9").replace("AT_CLOSE", "self.is_open = False")
_CLOSED = "source.close()\nsource.read()"
_HIDING = {
    "a finally": "try:\n    assert source.read() == 9\n{}\nfinally: source.close()",
    "contextlib.closing": "with contextlib.closing(source):\n    assert source.read() == 9\n{}",
    "an exit stack": (
        "with contextlib.ExitStack() as stack:\n    stack.callback(source.close)\n"
        "    assert source.read() == 9\n{}"
    ),
}
_HIDDEN_ASSERTIONS = tuple(
    Attack(
        f"an exception in {what} hides an assertion",
        "stop",
        _RAISING,
        (
            "import contextlib\nsource = Source()\ntry:\n"
            + textwrap.indent(test.format(textwrap.indent(_CLOSED, "    ")), "    ")
            + "\nexcept Closed: pass",
        ),
        _NOT_RAISING,
    )
    for what, test in _HIDING.items()
)

_RETURNING: dict[str, Any] = {
    "a function of a suite": "def test_square():\n    return square(7) == 49\n",
    "a coroutine of a suite": "async def test_square():\n    return square(7) == 49\n",
    "a method of a test case": (
        "import unittest\nclass T(unittest.TestCase):\n    def test_square(self):\n"
        "        return square(7) == 49\n"
    ),
    "a coroutine of a test case": (
        "import unittest\nclass T(unittest.IsolatedAsyncioTestCase):\n"
        "    async def test_square(self):\n        return square(7) == 49\n"
    ),
    "a method of a part of a test case": (
        "import unittest\nclass T(unittest.TestCase):\n    def test_square(self):\n"
        "        with self.subTest(): self.assertEqual(type(square(7)), int)\n"
        "        return square(7) == 49\n"
    ),
    "a check": {
        "code": "def check(candidate):\n    return candidate(7) == 49\n",
        "entry_point": "square",
    },
}
_ANSWERS = tuple(
    Attack(f"{what} that returns False", "returns", "def square(n): return n\n", (test,), SQUARE)
    for what, test in _RETURNING.items()
)

ATTACKS = (
    *_EXHAUSTION,
    *_ANSWERS,
    *_HIDDEN_ASSERTIONS,
    *on_sum(
        "ending a loop",
        _ENDS,
        resisted={
            "StopIteration from next": "an empty list is not the right one either",
        },
    ),
    *_STOP_ASSERTIONS,
    Attack(
        "a thread that waits for the test and hides what its check says",
        "threads",
        "import threading\ndef start(work, check):\n    def loop():\n"
        "        while work.get() is not None:\n            try: check(0)\n"
        "            except BaseException: pass\n"
        "    thread = threading.Thread(target=loop)\n    thread.start()\n    return thread\n",
        (
            "import queue\ndef check(double): assert double == 4\nwork = queue.Queue()\n"
            "thread = start(work, check)\nwork.put(2)\nwork.put(None)\nthread.join()",
        ),
        "import threading\ndef start(work, check):\n    def loop():\n"
        "        while (n := work.get()) is not None: check(2 * n)\n"
        "    thread = threading.Thread(target=loop)\n    thread.start()\n    return thread\n",
    ),
)
