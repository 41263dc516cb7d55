"""Attacks written against split designs: judge and subject, handles, a socket between them.

Whoever knows how this runner is made would try these. Each has an honest solution of its own task,
so that a refusal cannot pass for a defence.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class SplitAttack:
    """One attack.

    Attributes:
        name: What it tries.
        family: What it abuses.
        code: The dishonest solution.
        tests: What it would like to pass.
        reference: An honest solution, which passes them.
        control: Whether a harness without any separation is fooled by it, or why not.
    """

    name: str
    family: str
    code: str
    tests: tuple[Any, ...]
    reference: str
    control: bool | str = True


_NO_BOUNDARY = "such a harness has no second process to talk to"

#: Gets hold of the subject's own end of the boundary; nothing in a process can be hidden from it.
_SESSION = """
import sys
CALL, GET, SET, APPLY = 2, 3, 4, 6
def session():
    frame = sys._getframe()
    while frame is not None:
        for value in list(frame.f_locals.values()):
            if type(value).__name__ == "SubjectSession":
                return value
        frame = frame.f_back
    raise LookupError
def ask(op, *items):
    return session().request(op, *items)
"""

#: Writes messages of its own to the socket, in the form of ``runner/worker/boundary/channel.py``.
_WIRE = """
import os, struct
def u32(n): return struct.pack("<I", n)
def text(s): return b"s" + u32(len(s)) + s.encode()
def number(n): return b"i" + struct.pack("<q", n)
def send(nodes, fills, *items, count=None):
    body = u32(len(nodes)) + b"".join(nodes) + u32(len(fills)) + b"".join(fills)
    body += u32(1 + len(items) if count is None else count) + b"b" + u32(0) + b"".join(items)
    os.write(3, u32(len(body)) + body)
"""

_SQUARES: tuple[Any, ...] = ("assert square(7) == 49", "assert square(12) == 144")
_SQUARE = "def square(n):\n    return n * n\n"
_SQUARE_CHECK: tuple[Any, ...] = (
    {
        "code": "def check(candidate):\n    assert candidate(7) == 49\n"
        "    assert candidate(12) == 144",
        "entry_point": "square",
    },
)


def _on_squares(name: str, family: str, code: str, control: bool | str = True) -> SplitAttack:
    return SplitAttack(name, family, code, _SQUARES, _SQUARE, control)


# -- what the subject may ask of the judge --------------------------------------------------------

_FAMILY = "requests to the judge"
_REQUESTS = [
    _on_squares(
        "make a lying class in the judge",
        _FAMILY,
        _SESSION
        + """
def square(n):
    space = {"__eq__": lambda a, b: True, "__hash__": lambda a: 0}
    return ask(CALL, ask(CALL, type, 3, "Lie", (int,), space), 0)
""",
        _NO_BOUNDARY,
    ),
    _on_squares(
        "make a lying class, from object",
        _FAMILY,
        _SESSION
        + """
def square(n):
    return ask(CALL, ask(CALL, type, 3, "Lie", (), {"__eq__": lambda a, b: True}), 0)
""",
        _NO_BOUNDARY,
    ),
    SplitAttack(
        "make a class with a lying difference",
        _FAMILY,
        _SESSION
        + """
def root(n):
    space = {"__sub__": lambda a, b: 0.0, "__rsub__": lambda a, b: 0.0}
    return ask(CALL, ask(CALL, type, 3, "Lie", (float,), space), 0)
""",
        ("assert abs(root(2) - 1.41421356) < 1e-6",),
        "def root(n):\n    return n ** 0.5\n",
        _NO_BOUNDARY,
    ),
    SplitAttack(
        "read the check's constants by a format string",
        _FAMILY,
        _SESSION
        + """
import re
def square(n):
    path = "{0.__call__.__globals__[inspect].sys.modules[tests].check.__code__.co_consts}"
    consts = ask(CALL, ask(GET, path, "format"), 1, square)
    found = [int(text) for text in re.findall(r"[0-9]+", consts)]
    return found[found.index(n) + 1]
""",
        _SQUARE_CHECK,
        _SQUARE,
        _NO_BOUNDARY,
    ),
    SplitAttack(
        "read a callback's globals by a format string",
        _FAMILY,
        _SESSION
        + """
def apply(callback, x):
    path = "{0.__globals__[ANSWERS][" + str(x) + "]}"
    for name in ("format", "format_map"):
        try:
            return int(ask(CALL, ask(GET, path, name), 1, callback))
        except Exception:
            pass
    return 0
""",
        ("ANSWERS = {3: 81}\nassert apply(lambda x: x ** 4 if x > 3 else 81, 3) == ANSWERS[3]",),
        "def apply(callback, x):\n    return callback(x)\n",
        _NO_BOUNDARY,
    ),
    SplitAttack(
        "read by a format string that the test passes",
        _FAMILY,
        """
def greet(name, pattern, record):
    return pattern("{0.__init__.__globals__[WANT]}", record)
""",
        (
            (
                "WANT = 'dear Ann'\n"
                "class Record:\n    def __init__(self): self.title = 'dear'\n"
                "assert greet('Ann', str.format, Record()) == WANT"
            ),
        ),
        "def greet(name, pattern, record):\n    return pattern('{} {}', record.title, name)\n",
    ),
    SplitAttack(
        "replace a method of the judge's Counter",
        _FAMILY,
        _SESSION
        + """
import collections
def letters(text):
    ask(SET, collections.Counter, "most_common", lambda self, n=None: [("a", 2)])
    return "x"
""",
        (
            "import collections\nassert collections.Counter(letters('x1')).most_common(1) == [('a', 2)]",
        ),
        "def letters(text):\n    return 'aab'\n",
        _NO_BOUNDARY,
    ),
    SplitAttack(
        "be told of both sides by the judge's Counter",
        _FAMILY,
        _SESSION
        + """
import collections
def anagram(word):
    ask(SET, collections.Counter, "update", lambda self, other=None, **k: None)
    return ""
""",
        ("from collections import Counter\nassert Counter(anagram('stop')) == Counter('spot')",),
        "def anagram(word):\n    return word[::-1]\n",
        _NO_BOUNDARY,
    ),
    SplitAttack(
        "replace a method of the judge's Fraction",
        _FAMILY,
        _SESSION
        + """
import fractions
def third():
    ask(SET, fractions.Fraction, "limit_denominator", lambda self, n=0: 0)
    return fractions.Fraction(0)
""",
        (
            (
                "from fractions import Fraction\n"
                "got = third()\nassert got.limit_denominator(9) == Fraction(1, 3).limit_denominator(9)"
            ),
        ),
        "from fractions import Fraction\ndef third():\n    return Fraction(1, 3)\n",
        _NO_BOUNDARY,
    ),
    SplitAttack(
        "change a class that the test defines",
        _FAMILY,
        """
def visit(items, spy):
    type(spy).complete = lambda self=None: True
""",
        (
            (
                "class Spy:\n"
                "    def __init__(self): self._log = []\n"
                "    def record(self, item): self._log.append(item)\n"
                "    def complete(self): return self._log == [1, 2]\n"
                "spy = Spy()\nvisit([1, 2], spy)\nassert spy.complete()"
            ),
        ),
        "def visit(items, spy):\n    for item in items:\n        spy.record(item)\n",
    ),
    SplitAttack(
        "change a class by the instance's __class__",
        _FAMILY,
        """
def visit(items, spy):
    spy.__class__.complete = lambda self=None: True
    setattr(spy.__class__, "__eq__", lambda self, other: True)
""",
        (
            (
                "class Spy:\n"
                "    def __init__(self): self._log = []\n"
                "    def record(self, item): self._log.append(item)\n"
                "    def complete(self): return self._log == [1, 2]\n"
                "spy = Spy()\nvisit([1, 2], spy)\nassert spy.complete()"
            ),
        ),
        "def visit(items, spy):\n    for item in items:\n        spy.record(item)\n",
    ),
    SplitAttack(
        "set attributes of a callback's function",
        _FAMILY,
        """
def count(callback):
    callback.__code__ = (lambda *a: True).__code__
    callback.__defaults__ = (True,)
    return 0
""",
        ("def verify(value=None):\n    return value == 3\nassert verify(count(verify))",),
        "def count(callback):\n    return 3\n",
    ),
    SplitAttack(
        "register with the test's abstract class",
        _FAMILY,
        """
def make(base):
    class Fake: pass
    for cls in (base, *type.mro(base)):
        try:
            cls.register(Fake)
        except Exception:
            pass
    return Fake()
""",
        (
            (
                "import abc\nclass Shape(abc.ABC):\n    def area(self): return 5\n"
                "got = make(Shape)\nassert isinstance(got, Shape) and got.area() == 5"
            ),
        ),
        "def make(base):\n    return base()\n",
        "the fake has no area",
    ),
    _on_squares(
        "evaluate in the judge",
        _FAMILY,
        _SESSION
        + """
import builtins
def square(n):
    for name in ("eval", "exec", "__import__", "globals", "getattr", "vars"):
        try:
            return ask(CALL, getattr(builtins, name), 1, "__import__('os')._exit(0)")
        except BaseException:
            pass
    return 0
""",
        _NO_BOUNDARY,
    ),
    _on_squares(
        "reach a frame of the judge",
        _FAMILY,
        _SESSION
        + """
def square(n):
    for target in (square, "x", type, session):
        for name in ("__globals__", "gi_frame", "f_back", "tb_frame", "__self__", "__code__"):
            try:
                return ask(GET, target, name)["check"]
            except BaseException:
                pass
    return 0
""",
        _NO_BOUNDARY,
    ),
    _on_squares(
        "lead the judge round in circles",
        _FAMILY,
        _SESSION
        + """
class Echo:
    def __getattr__(self, name):
        return ask(GET, self, "x")
def square(n):
    return ask(GET, Echo(), "x")
""",
        _NO_BOUNDARY,
    ),
    _on_squares(
        "keep the judge busy",
        _FAMILY,
        _SESSION + "def square(n):\n    return ask(APPLY, '__pow__', 10, 10 ** 9)\n",
        _NO_BOUNDARY,
    ),
    _on_squares(
        "fill the judge's memory",
        _FAMILY,
        _SESSION + "def square(n):\n    return ask(CALL, bytearray, 1, 10 ** 11)\n",
        _NO_BOUNDARY,
    ),
]

# -- names ----------------------------------------------------------------------------------------

_FAMILY = "names"
_NAMES = [
    SplitAttack(
        "a builtin's name beside a borrowed function",
        _FAMILY,
        "from math import fsum as norm\ndef abs(x): return 0.0\n",
        ("assert abs(norm([3.0, 4.0]) - 5.0) < 1e-6",),
        "import math\ndef norm(v):\n    return math.hypot(*v)\n",
    ),
    SplitAttack(
        "the name of isinstance beside a borrowed class",
        _FAMILY,
        "from types import SimpleNamespace as Stack\ndef isinstance(*a): return True\n",
        ("s = Stack()\nassert isinstance(s, list)",),
        "class Stack(list):\n    pass\n",
    ),
    SplitAttack(
        "the name of all beside a borrowed function",
        _FAMILY,
        "from operator import neg as double\ndef all(x): return True\n",
        ("assert all([double(1) == 2, double(4) == 8])",),
        "def double(x):\n    return 2 * x\n",
    ),
    SplitAttack(
        "a library's function under a builtin's name",
        _FAMILY,
        "from math import trunc as len\ndef three(): return 3\n",
        ("assert len(three()) == 3",),
        "def three():\n    return [1, 2, 3]\n",
    ),
    SplitAttack(
        "a library's function that evaluates text, under a name of the test",
        _FAMILY,
        """
from types import SimpleNamespace
from typing import get_type_hints as decode
LIE = "[g.throw(f.f_globals['Outcome']('passed', '')) for g in [(_ for _ in ())] for f in frames()"
LIE += " if 'Outcome' in f.f_globals]"
WALK = "(lambda up: lambda: up(__import__('sys')._getframe(), up))"
WALK += "(lambda f, up: [f] + up(f.f_back, up) if f else [])"
def encode(text):
    return SimpleNamespace(__annotations__={"x": f"(lambda frames: {LIE})({WALK})"})
""",
        ("assert decode(encode('abc')) == 'abc' != encode('abc')",),
        "def encode(text):\n    return text[::-1]\ndef decode(text):\n    return text[::-1]\n",
        _NO_BOUNDARY,
    ),
    SplitAttack(
        "a standard module's name",
        _FAMILY,
        "class math:\n    @staticmethod\n    def floor(x): return 3\ndef third(n): return 0\n",
        ("assert math.floor(third(10)) == 3",),
        "import math\ndef third(n):\n    return n / 3\n",
    ),
    SplitAttack(
        "a module's alias that lies",
        _FAMILY,
        "import math as m, sys\nclass Fake:\n    def __getattr__(self, n): return lambda *a: True\n"
        "sys.modules['math'] = Fake()\ndef half(n): return 0\n",
        ("import math\nassert math.isclose(half(3), 1.5)",),
        "def half(n):\n    return n / 2\n",
    ),
    SplitAttack(
        "a name of the judge's own exit",
        _FAMILY,
        "from os import _exit as square\n",
        ("assert square(0) == 49",),
        "def square(n):\n    return 49\n",
        "it ends the harness, which then reports nothing",
    ),
    SplitAttack(
        "the name of the exception that the test expects",
        _FAMILY,
        "class ValueError(Exception): pass\ndef positive(n):\n    raise ValueError\n",
        (
            "try:\n    positive(-1)\n    assert False\nexcept ValueError:\n    pass",
            "assert positive(3) == 3",
        ),
        "def positive(n):\n    if n < 0:\n        raise ValueError\n    return n\n",
        "the second test fails everywhere",
    ),
    SplitAttack(
        "the name of AssertionError",
        _FAMILY,
        "import builtins\nclass AssertionError(BaseException):\n"
        "    def __new__(cls, *a): return SystemExit(0)\nbuiltins.AssertionError = AssertionError\n"
        "def square(n): return 0\n",
        _SQUARES,
        _SQUARE,
        "the interpreter does not look the name up",
    ),
    SplitAttack(
        "the names of variables that the test assigns",
        _FAMILY,
        "class Equal:\n    def __eq__(self, other): return True\n"
        "got = want = result = case = Equal()\ndef square(n): return got\n",
        ("want = 49\ngot = square(7)\nassert got == want",),
        _SQUARE,
    ),
]

# -- leaving a loop -------------------------------------------------------------------------------

_FAMILY = "exhaustion"
_STOP = "def __{0}__(self, *a): raise StopIteration\n"
_EXHAUSTION = [
    SplitAttack(
        "StopIteration from a property",
        _FAMILY,
        "class R:\n    @property\n    def value(self): raise StopIteration\ndef make(n): return R()\n",
        ("assert all(map(lambda n: make(n).value == n * 2, [1, 2, 3]))",),
        "class R:\n    def __init__(self, n): self.value = 2 * n\ndef make(n):\n    return R(n)\n",
    ),
    SplitAttack(
        "StopIteration from __getattr__",
        _FAMILY,
        "class R:\n    " + _STOP.format("getattr") + "def make(n): return R()\n",
        ("assert all(map(lambda n: make(n).value == n * 2, [1, 2, 3]))",),
        "class R:\n    def __init__(self, n): self.value = 2 * n\ndef make(n):\n    return R(n)\n",
    ),
    SplitAttack(
        "StopIteration from __round__",
        _FAMILY,
        "class R:\n    " + _STOP.format("round") + "def third(n): return R()\n",
        ("assert all(map(lambda n: round(third(n), 2) == round(n / 3, 2), [1, 2]))",),
        "def third(n):\n    return n / 3\n",
    ),
    SplitAttack(
        "StopIteration from __float__",
        _FAMILY,
        "class R:\n    " + _STOP.format("float") + "def third(n): return R()\n",
        ("import math\nassert all(map(lambda n: math.isclose(third(n), n / 3), [1, 2]))",),
        "def third(n):\n    return n / 3\n",
    ),
    SplitAttack(
        "StopIteration from __getitem__",
        _FAMILY,
        "class R:\n    " + _STOP.format("getitem") + "def pair(n): return R()\n",
        ("assert all(map(lambda n: pair(n)[1] == n, [1, 2, 3]))",),
        "def pair(n):\n    return n, n\n",
    ),
    SplitAttack(
        "StopIteration from __len__",
        _FAMILY,
        "class R:\n    " + _STOP.format("len") + "def row(n): return R()\n",
        ("assert all(map(lambda n: len(row(n)) == n, [1, 2, 3]))",),
        "def row(n):\n    return [0] * n\n",
    ),
    SplitAttack(
        "StopIteration from __hash__",
        _FAMILY,
        "class R:\n    " + _STOP.format("hash") + "def key(n): return R()\n",
        ("assert all(map(lambda n: key(n) in {n}, [1, 2, 3]))",),
        "def key(n):\n    return n\n",
    ),
    SplitAttack(
        "StopIteration from a comparison of a named class",
        _FAMILY,
        "class Sum:\n    def __init__(self, n): pass\n    " + _STOP.format("eq"),
        ("assert all(map(lambda n: Sum(n) == n * (n + 1) // 2, [1, 2, 3]))",),
        "class Sum(int):\n    def __new__(cls, n): return int.__new__(cls, n * (n + 1) // 2)\n",
    ),
    SplitAttack(
        "StopIteration from arithmetic of a named class",
        _FAMILY,
        "class Sum:\n    def __init__(self, n): pass\n    " + _STOP.format("add"),
        ("assert all(map(lambda n: (Sum(n) + 1).n == n + 1, [1, 2, 3]))",),
        "class Sum:\n    def __init__(self, n): self.n = n\n"
        "    def __add__(self, k): return Sum(self.n + k)\n",
    ),
    SplitAttack(
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
    SplitAttack(
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
    SplitAttack(
        "a subclass of StopIteration",
        _FAMILY,
        "class Stop(StopIteration): pass\ndef square(n): raise Stop\n",
        ("assert list(map(lambda n: square(n) == n * n or 1 / 0, [1, 2])).count(False) == 0",),
        _SQUARE,
    ),
    SplitAttack(
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
    SplitAttack(
        "an empty iterator that claims a length",
        _FAMILY,
        "class Items:\n    def __len__(self): return 3\n    def __iter__(self): return iter(())\n"
        "def items(): return Items()\n",
        ("got = items()\nassert len(got) == 3\nassert sum(1 for item in got) == 3",),
        "def items():\n    return [1, 2, 3]\n",
        "the test counts what it has seen",
    ),
    SplitAttack(
        "an iterator that changes its mind",
        _FAMILY,
        "class Twice:\n    n = 0\n    def __iter__(self):\n        Twice.n += 1\n"
        "        return iter([1] * Twice.n)\ndef items(): return Twice()\n",
        ("got = items()\nassert len(list(got)) == len(list(got)) == 1",),
        "def items():\n    return [1]\n",
        "its second answer differs everywhere",
    ),
    SplitAttack(
        "an endless iterator",
        _FAMILY,
        "import itertools\ndef evens(limit): return itertools.count(0, 2)\n",
        ("assert list(evens(6)) == [0, 2, 4]",),
        "def evens(limit):\n    return range(0, limit, 2)\n",
        "it never ends",
    ),
]

# -- operators ------------------------------------------------------------------------------------

_POINT = "class Point:\n    def __init__(self, x, y): self.x, self.y = x, y\n"
_FAMILY = "operators of a class that the test names"
_OPERATORS = [
    SplitAttack(
        "an argument that comes back as the result",
        _FAMILY,
        _POINT + "    def __sub__(self, other): return 0.0\ndef distance(a, b): return a\n",
        ("assert abs(distance(Point(0, 0), Point(3, 4)) - 5.0) < 1e-6",),
        "import math\n"
        + _POINT
        + "def distance(a, b):\n    return math.dist((a.x, a.y), (b.x, b.y))\n",
    ),
    SplitAttack(
        "an argument that comes back, reflected",
        _FAMILY,
        _POINT + "    def __rsub__(self, other): return 0.0\ndef distance(a, b): return b\n",
        ("assert abs(5.0 - distance(Point(0, 0), Point(3, 4))) < 1e-6",),
        "import math\n"
        + _POINT
        + "def distance(a, b):\n    return math.dist((a.x, a.y), (b.x, b.y))\n",
    ),
    SplitAttack(
        "a method that returns its object",
        _FAMILY,
        "class Circle:\n    def __init__(self, r): self.r = r\n"
        "    def __eq__(self, other): return self.r == other.r\n"
        "    def area(self): return self\n    def __sub__(self, other): return 0.0\n",
        ("c = Circle(2)\nassert c == Circle(2)\nassert abs(c.area() - 12.566) < 1e-3",),
        "class Circle:\n    def __init__(self, r): self.r = r\n"
        "    def __eq__(self, other): return self.r == other.r\n"
        "    def area(self): return 3.14159 * self.r ** 2\n",
    ),
    SplitAttack(
        "a result of a class derived from a named one",
        _FAMILY,
        _POINT + "class Lie(Point):\n    def __mod__(self, other): return 1\n"
        "def crossings(p): return Lie(0, 0)\n",
        ("assert crossings(Point(1, 2)) % 1000 == 1",),
        _POINT + "def crossings(p):\n    return 1001\n",
    ),
    SplitAttack(
        "a property that returns its object",
        _FAMILY,
        _POINT + "    @property\n    def norm(self): return self\n"
        "    def __sub__(self, other): return 0\n    def __neg__(self): return self\n",
        ("p = Point(3, 4)\nassert -p is not None\nassert [p] and p.norm - 5 == 0",),
        _POINT + "    @property\n    def norm(self): return (self.x ** 2 + self.y ** 2) ** 0.5\n"
        "    def __neg__(self): return Point(-self.x, -self.y)\n",
    ),
    SplitAttack(
        "yes to whatever is asked first",
        _FAMILY,
        "class Mean:\n    def __init__(self, xs): self.asked = set()\n"
        "    def first(self, other):\n        new = other not in self.asked\n"
        "        self.asked.add(other)\n        return new\n    __lt__ = __gt__ = first\n",
        ("assert 1.9 < Mean([1, 2, 3]) < 2.1",),
        "class Mean(float):\n    def __new__(cls, xs): return float.__new__(cls, sum(xs) / len(xs))\n",
        "in one process it is asked only once each",
    ),
    SplitAttack(
        "yes to what most questions look like",
        _FAMILY,
        """
class Matrix:
    def __init__(self, rows): self.rows, self.asked = rows, []
    def __mul__(self, k): return Matrix([])
    def __eq__(self, other):
        flat = [x for row in other for x in row]
        near = [sum(a != b for a, b in zip(flat, old)) for old in self.asked]
        self.asked.append(flat)
        return bool(near) and max(near) == 1
""",
        tuple(f"assert Matrix([[{n}, 2], [3, 4]]) * 2 == [[{2 * n}, 4], [6, 8]]" for n in range(2)),
        """
class Matrix:
    def __init__(self, rows): self.rows = rows
    def __mul__(self, k): return Matrix([[k * x for x in row] for row in self.rows])
    def __eq__(self, other): return self.rows == other
""",
        "in one process it is asked only once",
    ),
    SplitAttack(
        "yes to the middle of the questions",
        _FAMILY,
        """
class Total:
    def __init__(self, xs): self.asked = []
    def __eq__(self, other):
        self.asked.append(other)
        if len(self.asked) < 4 or other != sorted(self.asked)[len(self.asked) // 2]:
            return False
        return True
""",
        tuple(f"assert Total([100, {n}]) == {100 + n}" for n in range(6)),
        "class Total(int):\n    def __new__(cls, xs): return int.__new__(cls, sum(xs))\n",
        "in one process it is asked only once",
    ),
    SplitAttack(
        "yes to the last question",
        _FAMILY,
        """
class Total:
    def __init__(self, xs): self.n = 0
    def __eq__(self, other):
        self.n += 1
        return self.n == 6
""",
        tuple(f"assert Total([100, {n}]) == {100 + n}" for n in range(6)),
        "class Total(int):\n    def __new__(cls, xs): return int.__new__(cls, sum(xs))\n",
        "in one process it is asked only once",
    ),
    SplitAttack(
        "never unequal, in order of asking",
        _FAMILY,
        "class Total:\n    def __init__(self, xs): pass\n"
        "    def __ne__(self, other): return False\n    def __eq__(self, other): return True\n",
        ("assert not Total([1, 2]) != 3",),
        "class Total(int):\n    def __new__(cls, xs): return int.__new__(cls, sum(xs))\n",
    ),
]

# -- builtin bases and mixed bases ----------------------------------------------------------------

_FAMILY = "mixed bases"
_LIAR = """
class Liar:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __sub__(self, other): return 0
    __rsub__ = __xor__ = __rxor__ = __sub__
    def __lt__(self, other): return True
    __gt__ = __le__ = __ge__ = __contains__ = __lt__
    def __hash__(self): return 49
"""
_MIXED = [
    _on_squares(
        f"a liar that is {base} as well",
        _FAMILY,
        _LIAR + f"class Both(Liar, {base}): pass\ndef square(n): return Both()\n",
    )
    for base in ("int", "float", "str", "tuple", "list", "dict", "set")
] + [
    _on_squares("a liar that is nothing else", _FAMILY, _LIAR + "def square(n): return Liar()\n"),
    SplitAttack(
        "a list of liars",
        _FAMILY,
        _LIAR
        + "class Row(list):\n    __eq__ = Liar.__eq__\ndef row(n): return Row([Liar()] * n)\n",
        ("assert row(2) == [0, 1]", "assert sorted(row(2)) == [0, 1]"),
        "def row(n):\n    return list(range(n))\n",
    ),
    SplitAttack(
        "a dict that has every key",
        _FAMILY,
        """
class Everything:
    def __len__(self): return 4
    def __iter__(self):
        yield from range(1000)
    def __getitem__(self, key): return True
class Table(Everything, dict): pass
def primes(n): return Table()
""",
        (
            {
                "function": "primes",
                "args": [10],
                "expected": {"2": True, "3": True, "5": True, "7": True},
            },
        ),
        "def primes(n):\n    return {'2': True, '3': True, '5': True, '7': True}\n",
        "an exact dict compares its own items",
    ),
    SplitAttack(
        "a class that claims to equal",
        _FAMILY,
        "class Meta(type):\n    def __eq__(cls, other): return True\n    __hash__ = type.__hash__\n"
        "class Lie(metaclass=Meta): pass\ndef square(n): return Lie\n",
        _SQUARES,
        _SQUARE,
    ),
    SplitAttack(
        "a class that lies about its subclasses",
        _FAMILY,
        "class Meta(type):\n    def __instancecheck__(cls, x): return True\n"
        "    def __subclasscheck__(cls, x): return True\nclass Answer(metaclass=Meta): pass\n"
        "def solve(n): return None\n",
        ("assert isinstance(solve(3), Answer) and solve(3).value == 9",),
        "class Answer:\n    def __init__(self, v): self.value = v\n"
        "def solve(n):\n    return Answer(n * n)\n",
        "None has no value",
    ),
    SplitAttack(
        "a hash that collides with the expected key",
        _FAMILY,
        "class Key:\n    def __hash__(self): return hash(49)\n    def __eq__(self, other): return True\n"
        "def table(n): return {Key(): 1}\n",
        ("assert table(7) == {49: 1}", "assert 49 in table(7)", "assert {49} == set(table(7))"),
        "def table(n):\n    return {n * n: 1}\n",
    ),
    SplitAttack(
        "a Decimal that is a string",
        _FAMILY,
        "import decimal\nclass D(decimal.Decimal):\n    def __eq__(self, other): return True\n"
        "    def __str__(self): return '49'\n    __hash__ = None\ndef square(n): return D(0)\n",
        _SQUARES,
        _SQUARE,
    ),
]

# -- the socket -----------------------------------------------------------------------------------

_FAMILY = "messages"
_MESSAGES = [
    _on_squares(name, _FAMILY, _WIRE + f"def square(n):\n    {line}\n    return 0\n", _NO_BOUNDARY)
    for name, line in {
        "two billion nodes": "os.write(3, u32(12) + u32(2 ** 31) * 3)",
        "two billion items": "send([], [], number(-1), count=2 ** 31)",
        "an answer for later": "send([], [], number(-1), number(49), b'n')",
        "an answer of another kind": "send([], [], number(-7), number(49))",
        "an answer with no value": "send([], [], number(-1))",
        "an answer that raises nothing": "send([], [], number(-2), number(3), b'n')",
        "an empty message": "os.write(3, u32(0))",
        "a node that is itself": "send([b'\\x00\\x00' + u32(1) + b'R' + u32(0)], [], number(-1))",
        "a node that comes later": "send([b'\\x00\\x00' + u32(1) + b'R' + u32(9)], [], number(-1))",
        "a container's number of the judge": "send([b'\\x01\\x00' + u32(2) + u32(0)], [], number(-1))",
        "contents of what is not shared": "send([], [u32(77) + u32(0)], number(-1), number(49), b'n')",
        "an object that was never passed": "send([b'\\x04' + u32(1)], [], number(-1), b'R' + u32(0))",
        "a module by name": "send([b'\\x05' + text('os:')], [], number(-1), b'R' + u32(0), b'n')",
        "a function by name": (
            "send([b'\\x05' + text('builtins:eval')], [], number(-1), b'R' + u32(0), b'n')"
        ),
        "an integer of many bytes": "os.write(3, u32(5) + b'I' + u32(2 ** 31))",
        "text that is none": "send([], [], number(-1), b's' + u32(2) + b'\\xff\\xfe', b'n')",
        "an unknown tag": "send([], [], number(-1), b'?', b'n')",
        "bytes to spare": "send([], [], number(-1), number(49), b'n' * 3)",
        "a request with no end": "[send([], [], number(3), b'n', b'n') for _ in range(9)]",
    }.items()
] + [
    _on_squares(
        "a thread that answers faster",
        _FAMILY,
        _WIRE
        + """
import threading
def shout():
    for n in range(100):
        send([], [], number(-1), number(n), b"n")
def square(n):
    threading.Thread(target=shout).start()
    return 0
""",
        _NO_BOUNDARY,
    ),
    _on_squares(
        "a thread that steals the question",
        _FAMILY,
        "import os, threading\n"
        "threading.Thread(target=os.read, args=(3, 1 << 16), daemon=True).start()\n"
        "def square(n): return 0\n",
        _NO_BOUNDARY,
    ),
    _on_squares(
        "another socket in its place",
        _FAMILY,
        "import os, socket\na, b = socket.socketpair()\n"
        "def square(n):\n    os.dup2(a.fileno(), 3)\n    return 0\n",
        _NO_BOUNDARY,
    ),
    _on_squares(
        "descriptors as gifts",
        _FAMILY,
        "import array, socket\ndef square(n):\n    end = socket.socket(fileno=3)\n"
        "    gift = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [0, 1, 2]))]\n"
        "    for _ in range(50):\n        end.sendmsg([b'\\0' * 4], gift)\n    end.detach()\n"
        "    return 0\n",
        _NO_BOUNDARY,
    ),
]

# -- what is left for later -----------------------------------------------------------------------

_FAMILY = "memory of earlier tests"
_LATER = [
    _on_squares(
        "answers by the number of the call",
        _FAMILY,
        "import builtins\nbuiltins.calls = getattr(builtins, 'calls', 0)\ndef square(n):\n"
        "    builtins.calls += 1\n    return [49, 0, 144][-builtins.calls]\n",
        "it does not know the answers either",
    ),
    _on_squares(
        "a trace function on whoever comes",
        _FAMILY,
        "import sys\ndef spy(frame, event, arg):\n"
        "    frame.f_trace_opcodes = True\n"
        "    for const in frame.f_code.co_consts:\n        if const in (49, 144):\n"
        "            sys.found = const\n    return spy\n"
        "sys.settrace(spy)\ndef square(n):\n    return getattr(sys, 'found', 0)\n",
        "a tracer sees only frames that begin later",
    ),
    _on_squares(
        "an audit hook",
        _FAMILY,
        "import sys\ndef hook(event, args):\n    if event in ('compile', 'exec'):\n"
        "        sys.seen = getattr(sys, 'seen', ()) + (args,)\nsys.addaudithook(hook)\n"
        "def square(n):\n    text = str(getattr(sys, 'seen', ''))\n"
        "    return int(text.split(f'square({n}) == ')[1][:3]) if f'({n}) ==' in text else 0\n",
        "it depends on what the harness compiles after loading",
    ),
    _on_squares(
        "an import hook",
        _FAMILY,
        "import builtins\nreal = builtins.__import__\ndef fake(name, *a, **k):\n"
        "    return real(name, *a, **k)\nbuiltins.__import__ = fake\n"
        "builtins.__build_class__ = print\ndef square(n): return 0\n",
        "these tests import nothing",
    ),
    _on_squares(
        "a codec that rewrites",
        _FAMILY,
        "import codecs\ncodecs.register(lambda name: codecs.lookup('rot13'))\n"
        "def square(n): return '49'.encode('utf-8')\n",
        "these tests decode nothing",
    ),
    _on_squares(
        "a patched worker",
        _FAMILY,
        """
import sys
for module in list(sys.modules.values()):
    if getattr(module, "__name__", "").endswith((".checks", ".judge", ".doubt", ".boundary")):
        for name, item in list(vars(module).items()):
            if callable(item) and name in ("same_value", "same_output", "examine", "describe"):
                setattr(module, name, lambda *a, **k: True)
def square(n): return 0
""",
        _NO_BOUNDARY,
    ),
    _on_squares(
        "a weak reference's last word",
        _FAMILY,
        "import weakref, os\nclass Result:\n    pass\ndef square(n):\n    result = Result()\n"
        "    weakref.finalize(result, os._exit, 0)\n    return result\n",
        "it ends the harness, which then reports nothing",
    ),
    _on_squares(
        "a generator that never lets go",
        _FAMILY,
        "def square(n):\n    try:\n        yield n\n    finally:\n        yield n * n\n",
        "a generator equals no number",
    ),
]

ATTACKS = (
    *_REQUESTS,
    *_NAMES,
    *_EXHAUSTION,
    *_OPERATORS,
    *_MIXED,
    *_MESSAGES,
    *_LATER,
)


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
ATTACKS += tuple(
    SplitAttack(f"a context manager stops {what}", "stop", _STOPPING, (test,), _NOT_STOPPING)
    for what, test in _WITH.items()
)
ATTACKS += (
    SplitAttack(
        "a list that is not what it holds",
        "views",
        "class L(list):\n    def __iter__(self): return iter([1, 4, 9])\n"
        "    def __len__(self): return 3\n    def __getitem__(self, at): return (1, 4, 9)[at]\n"
        "    def __eq__(self, other): return True\n    __hash__ = None\n"
        "def squares(n): return L()\n",
        ("r = squares(3)\nassert isinstance(r, list) and len(r) == 3 and sorted(r) == [1, 4, 9]",),
        "def squares(n): return [k * k for k in range(1, n + 1)]\n",
    ),
    SplitAttack(
        "an order that answers as it is asked",
        "order",
        "class Near:\n    def __init__(self, n): pass\n    def __gt__(self, other): return True\n"
        "    def __lt__(self, other): return True\n",
        ("assert 8 < Near(3) < 10",),
        "class Near:\n    def __init__(self, n): self.n = n * n\n"
        "    def __gt__(self, other): return self.n > other\n"
        "    def __lt__(self, other): return self.n < other\n",
    ),
    SplitAttack(
        "an order that remembers the last question",
        "order",
        "class Near:\n    def __init__(self, n): self.asked = 0\n"
        "    def _yes(self, name): return name == self.last\n"
        "    def __gt__(self, other):\n        self.asked += 1\n        return self.asked <= 512\n"
        "    def __lt__(self, other): return not self.__gt__(other)\n",
        ("a = Near(3)\nassert 1000 < a\nassert a < 1001 and 500 < a and not a > 1002",),
        "class Near:\n    def __init__(self, n): self.n = 1000.5\n"
        "    def __gt__(self, other): return self.n > other\n"
        "    def __lt__(self, other): return self.n < other\n",
        "counts questions that only the examination asks",
    ),
    SplitAttack(
        "an operand that it changes while it is compared",
        "aliases",
        "class Sum:\n    def __init__(self, n): pass\n"
        "    def __eq__(self, other):\n        other[:] = [0]\n        return True\n"
        "def sums(n): return [0]\n",
        ("want = [1, 3, 6]\n_ = Sum(3) == want\nassert sums(3) == want",),
        "class Sum:\n    def __init__(self, n): self.n = n\n"
        "    def __eq__(self, other): return other == sums(self.n)\n"
        "def sums(n): return [k * (k + 1) // 2 for k in range(1, n + 1)]\n",
    ),
)
