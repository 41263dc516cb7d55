"""Numbers of every kind, and random ones."""

from tests.integrity.programs import Honest

HONEST: dict[str, Honest] = {
    "bool": Honest(
        """\
def f(x):
    return x > 1

def n():
    return None""",
        ("assert f(2) is True and f(0) is False and (n() is None) and (not f(1))",),
    ),
    "complex": Honest(
        """\
def f():
    return 1 + 2j""",
        ("assert f().real == 1 and abs(f() - (1 + 2j)) < 1e-09",),
    ),
    "bool sub": Honest(
        """\
class B:

    def __init__(s, x):
        s.x = x

    def __bool__(s):
        return s.x""",
        (
            """\
assert B(True) and (not B(False)) and (bool(B(True)) is True) and ((B(False) or 3) == 3)""",
        ),
    ),
    "-0.0 nan inf": Honest(
        """\
def f(x):
    return x""",
        (
            """\
import math
assert math.copysign(1, f(-0.0)) == -1 and math.isnan(f(math.nan)) and (f(math.inf) == math.inf) and (f(10 ** 400) == 10 ** 400)""",
        ),
    ),
    "int digits": Honest(
        """\
def f(n):
    return 3 ** n""",
        ("assert f(20000) == 3 ** 20000 and f(20000) % 1000 == 3 ** 20000 % 1000",),
    ),
    "divmod round etc": Honest(
        """\
class N:

    def __init__(s, n):
        s.n = n

    def __round__(s, d=0):
        return round(s.n, d)

    def __divmod__(s, o):
        return divmod(s.n, o)

    def __abs__(s):
        return abs(s.n)

    def __int__(s):
        return int(s.n)

    def __float__(s):
        return float(s.n)

    def __index__(s):
        return int(s.n)

    def __floor__(s):
        return 1

    def __pow__(s, e, m=None):
        return pow(int(s.n), e, m)""",
        (
            """\
n = N(7.5)
import math
assert round(n, 0) == 8 and divmod(n, 2) == (3.0, 1.5) and (abs(n) == 7.5) and (int(n) == 7) and (float(n) == 7.5) and (math.floor(n) == 1) and ([0] * 9 == [0] * 9)
assert list(range(9))[n] == 7 and pow(n, 2, 5) == 4 and (hex(n) == '0x7')""",
        ),
        classes=("N",),
    ),
    "float repr": Honest(
        """\
def f():
    return 0.1 + 0.2""",
        (
            """\
assert repr(f()) == '0.30000000000000004' and round(f(), 2) == 0.3 and (abs(f() - 0.3) < 1e-09)""",
        ),
    ),
    "random": Honest(
        """\
import random

def f():
    return random.random()""",
        (
            """\
import random
random.seed(5)
a = f()
random.seed(5)
assert f() == a == random.Random(5).random()""",
        ),
    ),
    "rng arg": Honest(
        """\
def f(rng):
    return [rng.randint(1, 6) for _ in range(3)]""",
        (
            """\
import random
assert f(random.Random(3)) == [random.Random(3).randint(1, 6)] + f(random.Random(3))[1:]""",
        ),
    ),
    "big": Honest(
        """\
def f(n):
    return list(range(n))""",
        (
            "assert f(200000) == list(range(200000))",
            "assert sum(f(10 ** 5)) == sum(range(10 ** 5))",
        ),
    ),
    "decimal etc": Honest(
        """\
from decimal import Decimal
from fractions import Fraction
import datetime as dt

def f():
    return Decimal('1.1') + 1

def g():
    return Fraction(1, 3) * 3

def d(x):
    return x + dt.timedelta(days=1)""",
        (
            """\
from decimal import Decimal
assert f() == Decimal('2.1')""",
            "assert g() == 1",
            """\
import datetime
assert d(datetime.date(2024, 2, 28)) == datetime.date(2024, 2, 29)""",
            """\
import datetime
assert d(datetime.datetime(2024, 2, 28, 1, tzinfo=datetime.timezone.utc)).isoformat() == '2024-02-29T01:00:00+00:00'""",
        ),
    ),
    "approx of a fraction": Honest(
        "from fractions import Fraction\ndef half(): return Fraction(1, 2)",
        (
            "import pytest\nassert half() == pytest.approx(0.5) and half() != pytest.approx(0.6)",
            "import pytest\nfrom fractions import Fraction\nassert 0.5 == pytest.approx(half())",
        ),
    ),
}
