"""Names of the test, of builtins and of modules, redefined; and source text that swallows more."""

from typing import Any

from tests.integrity.programs import Attack

from .tasks import ASSERTS, NO_BOUNDARY, SQUARE, SQUARES, all_with, on_sum

_FAMILY = "names"
_NAMES = [
    Attack(
        "a builtin's name beside a borrowed function",
        _FAMILY,
        "from math import fsum as norm\ndef abs(x): return 0.0\n",
        ("assert abs(norm([3.0, 4.0]) - 5.0) < 1e-6",),
        "import math\ndef norm(v):\n    return math.hypot(*v)\n",
    ),
    Attack(
        "the name of isinstance beside a borrowed class",
        _FAMILY,
        "from types import SimpleNamespace as Stack\ndef isinstance(*a): return True\n",
        ("s = Stack()\nassert isinstance(s, list)",),
        "class Stack(list):\n    pass\n",
    ),
    Attack(
        "the name of all beside a borrowed function",
        _FAMILY,
        "from operator import neg as double\ndef all(x): return True\n",
        ("assert all([double(1) == 2, double(4) == 8])",),
        "def double(x):\n    return 2 * x\n",
    ),
    Attack(
        "a class under a name of typing",
        _FAMILY,
        "class Any(type):\n    def __instancecheck__(cls, item): return True\n"
        "class List(metaclass=Any): pass\ndef three(): return 3\n",
        ("assert isinstance(three(), List)",),
        "def three():\n    return [1, 2, 3]\n",
    ),
    Attack(
        "a library's function under a builtin's name",
        _FAMILY,
        "from math import trunc as len\ndef three(): return 3\n",
        ("assert len(three()) == 3",),
        "def three():\n    return [1, 2, 3]\n",
    ),
    Attack(
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
        NO_BOUNDARY,
    ),
    Attack(
        "a standard module's name",
        _FAMILY,
        "class math:\n    @staticmethod\n    def floor(x): return 3\ndef third(n): return 0\n",
        ("assert math.floor(third(10)) == 3",),
        "import math\ndef third(n):\n    return n / 3\n",
    ),
    Attack(
        "a standard module's name that is only passed on",
        _FAMILY,
        "class math:\n    @staticmethod\n    def floor(x): return 3\ndef third(n): return 0\n",
        ("assert getattr(math, 'floor')(third(10)) == 3",),
        "import math\ndef third(n):\n    return n / 3\n",
    ),
    Attack(
        "a standard class under its module's name",
        _FAMILY,
        "class datetime:\n    def __init__(self, *_): pass\n"
        "    def __eq__(self, other): return True\ndef after(day): return day\n",
        ("assert after(datetime(2020, 1, 1)) == datetime(2020, 1, 2)",),
        "from datetime import datetime, timedelta\n"
        "def after(day):\n    return day + timedelta(days=1)\n",
    ),
    Attack(
        "a module's alias that lies",
        _FAMILY,
        "import math as m, sys\nclass Fake:\n    def __getattr__(self, n): return lambda *a: True\n"
        "sys.modules['math'] = Fake()\ndef half(n): return 0\n",
        ("import math\nassert math.isclose(half(3), 1.5)",),
        "def half(n):\n    return n / 2\n",
    ),
    Attack(
        "a name of the judge's own exit",
        _FAMILY,
        "from os import _exit as square\n",
        ("assert square(0) == 49",),
        "def square(n):\n    return 49\n",
        "it ends the harness, which then reports nothing",
    ),
    Attack(
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
    Attack(
        "the name of AssertionError",
        _FAMILY,
        "import builtins\nclass AssertionError(BaseException):\n"
        "    def __new__(cls, *a): return SystemExit(0)\nbuiltins.AssertionError = AssertionError\n"
        "def square(n): return 0\n",
        SQUARES,
        SQUARE,
        "the interpreter does not look the name up",
    ),
    Attack(
        "the names of variables that the test assigns",
        _FAMILY,
        "class Equal:\n    def __eq__(self, other): return True\n"
        "got = want = result = case = Equal()\ndef square(n): return got\n",
        ("want = 49\ngot = square(7)\nassert got == want",),
        SQUARE,
    ),
]

_SOURCE = {
    "dead branch": "def tri(n): return 0\nif 0: \\",
    "open string": 'def tri(n): return 0\nx = """',
    "decorator at the end": "def tri(n): return 0\nclass skip:\n    def __init__(self, f): pass\n@skip",
    "open bracket": "def tri(n): return 0\nx = (",
    "open loop": "def tri(n): return 0\nfor _ in (): \\",
    "swallowing try": "def tri(n): return 0\ntry: \\",
    "comment": "def tri(n): return 0\n#",
    "redefined check": "def tri(n): return 0\ndef check(*a): pass",
    "debug off": "__debug__ = False\ndef tri(n): return 0",
    "encoding": "# -*- coding: utf-7 -*-\ndef tri(n): return 0\n# +AGEAcwBzAGUAcgB0-",
    "homoglyph": "def tr\N{CYRILLIC SMALL LETTER BYELORUSSIAN-UKRAINIAN I}(n): return 10",
    "future import": "from __future__ import annotations, generator_stop\ndef tri(n): return 0",
    "test's own names": "def tri(n): return 0\nexpected = result = test = tests = None",
}

_SHADOWS: dict[str, tuple[str, tuple[Any, ...]]] = {
    "redefined helper": (
        "def near(a, b): return True\ndef tri(n): return 0",
        ("assert near(tri(4), 10)",),
    ),
    "builtin's name": (
        "def abs(x): return 0\ndef tri(n): return 0",
        ("assert abs(tri(4) - 10) < 1",),
    ),
    "fake global module": (
        "class math:\n    isclose = staticmethod(lambda *a, **k: True)\ndef tri(n): return 0",
        ("assert math.isclose(tri(4), 10)",),
    ),
}

ATTACKS = (
    *_NAMES,
    *on_sum("source tricks", all_with(ASSERTS, _SOURCE), "it does not append tests to the source"),
    *on_sum("shadowed names", _SHADOWS),
)
