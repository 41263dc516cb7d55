"""Operators of classes that the test names, and of what it holds."""

from tests.integrity.programs import Attack

_POINT = "class Point:\n    def __init__(self, x, y): self.x, self.y = x, y\n"
_OPERATORS_OF = "operators of a class that the test names"
_OPERATORS = [
    Attack(
        "an argument that comes back as the result",
        _OPERATORS_OF,
        _POINT + "    def __sub__(self, other): return 0.0\ndef distance(a, b): return a\n",
        ("assert abs(distance(Point(0, 0), Point(3, 4)) - 5.0) < 1e-6",),
        "import math\n"
        + _POINT
        + "def distance(a, b):\n    return math.dist((a.x, a.y), (b.x, b.y))\n",
    ),
    Attack(
        "an argument that comes back, reflected",
        _OPERATORS_OF,
        _POINT + "    def __rsub__(self, other): return 0.0\ndef distance(a, b): return b\n",
        ("assert abs(5.0 - distance(Point(0, 0), Point(3, 4))) < 1e-6",),
        "import math\n"
        + _POINT
        + "def distance(a, b):\n    return math.dist((a.x, a.y), (b.x, b.y))\n",
    ),
    Attack(
        "a method that returns its object",
        _OPERATORS_OF,
        "class Circle:\n    def __init__(self, r): self.r = r\n"
        "    def __eq__(self, other): return self.r == other.r\n"
        "    def area(self): return self\n    def __sub__(self, other): return 0.0\n",
        ("c = Circle(2)\nassert c == Circle(2)\nassert abs(c.area() - 12.566) < 1e-3",),
        "class Circle:\n    def __init__(self, r): self.r = r\n"
        "    def __eq__(self, other): return self.r == other.r\n"
        "    def area(self): return 3.14159 * self.r ** 2\n",
    ),
    Attack(
        "a result of a class derived from a named one",
        _OPERATORS_OF,
        _POINT + "class Lie(Point):\n    def __mod__(self, other): return 1\n"
        "def crossings(p): return Lie(0, 0)\n",
        ("assert crossings(Point(1, 2)) % 1000 == 1",),
        _POINT + "def crossings(p):\n    return 1001\n",
    ),
    Attack(
        "a property that returns its object",
        _OPERATORS_OF,
        _POINT + "    @property\n    def norm(self): return self\n"
        "    def __sub__(self, other): return 0\n    def __neg__(self): return self\n",
        ("p = Point(3, 4)\nassert -p is not None\nassert [p] and p.norm - 5 == 0",),
        _POINT + "    @property\n    def norm(self): return (self.x ** 2 + self.y ** 2) ** 0.5\n"
        "    def __neg__(self): return Point(-self.x, -self.y)\n",
    ),
    Attack(
        "an object that comes back after a statement has dropped it",
        _OPERATORS_OF,
        "class Solver:\n    def add(self, x): return self\n"
        "    def found(self): return self\n    def __contains__(self, x): return True\n"
        "    def __iter__(self): return iter(())\n",
        ("s = Solver()\ns.add(5).add(6)\nassert 5 in s.found()\nassert 6 in s",),
        "class Solver:\n    def __init__(self): self.xs = []\n"
        "    def add(self, x): self.xs.append(x); return self\n"
        "    def found(self): return self.xs\n    def __contains__(self, x): return x in self.xs\n",
    ),
    Attack(
        "an operand that is remembered",
        _OPERATORS_OF,
        "class Spy:\n    seen = []\n"
        "    def __sub__(self, other): Spy.seen.append(other); raise TypeError\n"
        "def f(n): return Spy.seen[0] if Spy.seen else Spy()\n",
        ("try:\n    f(3) - 9\nexcept TypeError:\n    pass\nassert f(3) == 9",),
        "def f(n): return n * n\n",
    ),
    Attack(
        "yes to whatever is asked first",
        _OPERATORS_OF,
        "class Mean:\n    def __init__(self, xs): self.asked = set()\n"
        "    def first(self, other):\n        new = other not in self.asked\n"
        "        self.asked.add(other)\n        return new\n    __lt__ = __gt__ = first\n",
        ("assert 1.9 < Mean([1, 2, 3]) < 2.1",),
        "class Mean(float):\n    def __new__(cls, xs): return float.__new__(cls, sum(xs) / len(xs))\n",
        "in one process it is asked only once each",
    ),
    Attack(
        "yes to what most questions look like",
        _OPERATORS_OF,
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
    Attack(
        "yes to the middle of the questions",
        _OPERATORS_OF,
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
    Attack(
        "yes to the last question",
        _OPERATORS_OF,
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
    Attack(
        "never unequal, in order of asking",
        _OPERATORS_OF,
        "class Total:\n    def __init__(self, xs): pass\n"
        "    def __ne__(self, other): return False\n    def __eq__(self, other): return True\n",
        ("assert not Total([1, 2]) != 3",),
        "class Total(int):\n    def __new__(cls, xs): return int.__new__(cls, sum(xs))\n",
    ),
]

_REST_OF = "what is left of an object and a value"
_LEFT = (
    "class Rest:\n"
    "    __len__ = __abs__ = __int__ = __index__ = __round__ = lambda s, *_: 0\n"
    "    __float__ = lambda s: 0.0\n    __bool__ = lambda s: False\n"
    "    __iter__ = lambda s: iter(())\n    __contains__ = lambda s, item: False\n"
    "    __eq__ = __lt__ = __gt__ = __le__ = __ge__ = lambda s, other: True\n"
    "    __neg__ = __add__ = __sub__ = lambda s, *_: s\n    __hash__ = lambda s: 0\n"
    "    bit_length = lambda s: 0\n"
    "class Some:\n    def __sub__(s, other): return Rest()\n"
    "    __rsub__ = __mod__ = __xor__ = __rxor__ = __sub__\n"
    "    def __isub__(s, other): s.__class__ = Rest; return s\n"
)
_RESTS = {
    "number": (
        _LEFT + "def f(n): return Some()\n",
        (
            "assert not f(3) - 9",
            "assert abs(f(3) - 9) < 1e-9",
            "assert abs(9 - f(3)) < 1e-9",
            "assert f(3) - 9 == 0",
            "assert 0 == f(3) - 9",
            "assert f(3) % 3 <= 0 and f(3) % 5 > 3",
            "assert round(f(3) - 9, 6) == 0",
            "assert int(f(3) - 9) == 0 == float(f(3) - 9)",
            "assert -(f(3) - 9) == 0 and not -(f(3) - 9)",
            "assert not (f(3) - 4) - 5",
            "x = f(3)\nx -= 9\nassert not x",
            "import math\nassert math.isclose(f(3) - 9, 0, abs_tol=1e-9)",
            "assert [1, 2, 3][f(3) - 9] == 1",
            "assert range(f(3) - 9) == range(0)",
            "import copy\nassert not copy.copy(f(3) - 9)",
            "assert (f(3) ^ 9).bit_length() == 0",
        ),
        "def f(n): return n * n\n",
    ),
    "duration": (
        _LEFT + "Rest.days = 0\nRest.total_seconds = lambda self: 0.0\ndef f(): return Some()\n",
        (
            "from datetime import date\nassert (f() - date(2020, 1, 2)).days == 0",
            "from datetime import date\nassert abs((f() - date(2020, 1, 2)).total_seconds()) < 1",
        ),
        "import datetime\ndef f(): return datetime.date(2020, 1, 2)\n",
    ),
    "table": (
        _LEFT + "Rest.any = Rest.max = lambda self: 0\ndef f(): return Some()\n",
        ("assert not (f() - 9).any()", "assert (f() - 9).max() < 1e-9"),
        None,
    ),
    "set": (
        _LEFT + "def f(n): return Some()\n",
        (
            "assert len(f(3) - {0, 1, 2}) == 0",
            "assert list(f(3) - {0, 1, 2}) == []",
            "for extra in f(3) ^ {0, 1, 2}:\n    raise AssertionError(extra)",
            "assert not [x for x in {0, 1, 2} ^ f(3)]",
            "assert all(False for _ in f(3) - {0, 1, 2})",
            "assert set(f(3) - {0, 1, 2}) == set()",
            "assert 4 not in (f(3) ^ {0, 1, 2})",
        ),
        "def f(n): return set(range(n))\n",
    ),
    "set without __iter__": (
        _LEFT.replace("__iter__ = lambda s: iter(())", "__getitem__ = lambda s, at: [][at]")
        + "def f(n): return Some()\n",
        (
            "assert list(f(3) - {0, 1, 2}) == []",
            "assert not [x for x in {0, 1, 2} ^ f(3)]",
            "for extra in f(3) ^ {0, 1, 2}:\n    raise AssertionError(extra)",
            "assert all(False for _ in f(3) - {0, 1, 2})",
        ),
        "def f(n): return set(range(n))\n",
    ),
    "class that the test names": (
        "class Empty(type):\n    __len__ = lambda c: 0\n    __abs__ = lambda c, *_: 0\n"
        "class Sum(metaclass=Empty):\n    def __init__(s, n): pass\n"
        "    def __sub__(s, other): return Sum\n    __neg__ = lambda s: Sum\n",
        ("assert len(Sum(4) - 10) == 0",),
        None,
    ),
}
_RESTS_OF = [
    Attack(f"{name}, {test.splitlines()[-1]}", _REST_OF, code, (test,), reference)
    for name, (code, tests, reference) in _RESTS.items()
    for test in tests
]

_PLAIN_OF = "plain values of operators"
_SQUARE = "def f(n): return n * n\n"
#: A class in place of the function, whose operators give plain values: the operators, and a test.
_PLAIN: dict[str, tuple[str, str]] = {
    "nothing": ("__sub__ = __rsub__ = lambda s, other: 0", "assert f(3) - 9 == 0"),
    "hardly anything": (
        "__sub__ = __rsub__ = lambda s, other: other * 1e-12",
        "assert abs(f(3) - 9) < 1e-6 and abs(9 - f(3)) < 1e-6",
    ),
    "hardly anything, of a large value": (
        "__sub__ = lambda s, other: other and other % 256",
        "assert abs(f(300) - 90000) < 300",
    ),
    "no numbers": ("__sub__ = lambda s, other: []", "assert not f(3) - 9"),
    "the rest for the middle of the operands": (
        """seen = []
    def __sub__(s, other):
        f.seen.append(other)
        return sorted(f.seen)[len(f.seen) // 2] - other""",
        "assert f(3) - 9 == 0",
    ),
    "the rest for what an operator has seen": (
        """seen = []
    def __add__(s, other):
        f.seen.append(other)
        return s
    def __sub__(s, other): return f.seen[-1] - other""",
        "x = f(3)\nassert x + 9 is not None and x - 9 == 0",
    ),
    "another value for each operator": (
        "__sub__ = lambda s, other: -1000 - other\n    __rsub__ = lambda s, other: other - 1000",
        "x = f(3)\nassert x - 9 < 1e-9 and 9 - x < 1e-9",
    ),
    "one": ("__truediv__ = __rtruediv__ = lambda s, other: 1", "assert f(3) / 9 == 1"),
    "no remainder": ("__mod__ = __rmod__ = lambda s, other: 0", "assert f(3) % 9 == 0"),
    "no difference": ("__xor__ = __rxor__ = lambda s, other: 0", "assert f(3) ^ 9 == 0"),
    "a number that is nothing": (
        "__sub__ = lambda s, other: type('N', (int,), {'__eq__': lambda s, o: True})()",
        "assert f(3) - 9 == 0",
    ),
    "an object that computes as nothing": (
        "__sub__ = lambda s, other: Zero()",
        "assert f(3) - 9 + 1 == 1",
    ),
}
_ZERO = "class Zero:\n    def __add__(s, other): return other\n"
_PLAIN_ATTACKS = [
    Attack(
        name,
        _PLAIN_OF,
        f"{_ZERO}class f:\n    def __init__(s, n): pass\n    {operators}\n",
        (test,),
        _SQUARE,
        "in one process the operand comes alone" if "middle" in name else True,
    )
    for name, (operators, test) in _PLAIN.items()
]
_PLAIN_ATTACKS += [
    Attack(
        "no items of a set",
        _PLAIN_OF,
        "class f:\n    def __init__(s, n): pass\n    __sub__ = __xor__ = lambda s, other: set()\n",
        ("assert f(3) - {0, 1, 2} == set()", "assert not f(3) ^ {0, 'a'}"),
        None,
    ),
    Attack(
        "no time between moments",
        _PLAIN_OF,
        "import datetime\nclass f:\n    def __init__(s, n): pass\n"
        "    __sub__ = __rsub__ = lambda s, other: datetime.timedelta(0)\n",
        (
            "from datetime import date, timedelta\nassert f(3) - date(2020, 1, 3) == timedelta(0)",
            "from datetime import date\nassert not date(2020, 1, 3) - f(3)",
        ),
        "import datetime\ndef f(n): return datetime.date(2020, 1, n)\n",
    ),
    Attack(
        "a moment that an object made of two moments moves back",
        _PLAIN_OF,
        "class Rest:\n    def __radd__(s, other): return other\n"
        "class Some:\n    def __sub__(s, other): return Rest()\n"
        "def f(n): return Some()\n",
        (
            "from datetime import date\nd = date(2020, 1, 3)\nassert d + (f(3) - d) == d",
            "d = 'abc'\nassert d + (f(3) - d) == d",
        ),
        None,
    ),
]

_OTHERS = (
    Attack(
        "a list that is not what it holds",
        "views",
        "class L(list):\n    def __iter__(self): return iter([1, 4, 9])\n"
        "    def __len__(self): return 3\n    def __getitem__(self, at): return (1, 4, 9)[at]\n"
        "    def __eq__(self, other): return True\n    __hash__ = None\n"
        "def squares(n): return L()\n",
        ("r = squares(3)\nassert isinstance(r, list) and len(r) == 3 and sorted(r) == [1, 4, 9]",),
        "def squares(n): return [k * k for k in range(1, n + 1)]\n",
    ),
    Attack(
        "an order that answers as it is asked",
        "order",
        "class Near:\n    def __init__(self, n): pass\n    def __gt__(self, other): return True\n"
        "    def __lt__(self, other): return True\n",
        ("assert 8 < Near(3) < 10",),
        "class Near:\n    def __init__(self, n): self.n = n * n\n"
        "    def __gt__(self, other): return self.n > other\n"
        "    def __lt__(self, other): return self.n < other\n",
    ),
    Attack(
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
    Attack(
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

ATTACKS = (*_OPERATORS, *_RESTS_OF, *_PLAIN_ATTACKS, *_OTHERS)
