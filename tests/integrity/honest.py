"""Honest programs that use unusual but legitimate features, and the tests that they must pass."""

from typing import NamedTuple

#: Seconds per test: ample, for what is asked is whether a program passes, not how fast the machine
#: is. One reference solution of MBPP needs four on an idle one.
AMPLE_S = 20.0


class Honest(NamedTuple):
    """A solution, its tests, and the setup that both may use."""

    code: str
    tests: tuple[str, ...]
    setup: str = ""


HONEST: dict[str, Honest] = {
    "partial": Honest(
        """\
import functools

def add(a, b):
    return a + b
inc = functools.partial(add, 1)""",
        ("assert inc(2) == 3",),
    ),
    "enum": Honest(
        """\
import enum

class C(enum.Enum):
    R = 1
    G = 2

def f():
    return C.R""",
        (
            "assert f() is C.R",
            "assert f() == C.R and f() != C.G",
            "assert C.R.value == 1 and C['G'].name == 'G'",
            "assert [c.name for c in C] == ['R', 'G']",
            "assert isinstance(f(), C)",
            "assert C(1) is C.R",
            "assert {C.R: 1}[f()] == 1",
            "assert len(C) == 2",
        ),
    ),
    "intenum": Honest(
        """\
import enum

class C(enum.IntEnum):
    R = 1

def f():
    return C.R""",
        (
            "assert f() == 1 and f().name == 'R' and (f() == C.R)",
            "assert C.R + 1 == 2",
        ),
    ),
    "property": Honest(
        """\
class P:

    def __init__(s):
        s._x = 1

    @property
    def x(s):
        return s._x

    @x.setter
    def x(s, v):
        s._x = v * 2""",
        (
            """\
p = P()
p.x = 4
assert p.x == 8""",
            """\
p = P()
assert hasattr(p, 'x') and (not hasattr(p, 'y'))""",
        ),
    ),
    "class/static": Honest(
        """\
class P:
    N = 3

    @classmethod
    def make(c):
        return c()

    @staticmethod
    def two():
        return 2""",
        (
            "assert P.make().N == 3 and P.two() == 2 and (P.N == 3)",
            "assert isinstance(P.make(), P)",
            "assert type(P.make()) is P",
        ),
    ),
    "operators": Honest(
        """\
class V:

    def __init__(s, x):
        s.x = x

    def __add__(s, o):
        return V(s.x + o.x)

    def __eq__(s, o):
        return isinstance(o, V) and s.x == o.x

    def __repr__(s):
        return 'V(%d)' % s.x

    def __len__(s):
        return s.x

    def __getitem__(s, i):
        return s.x + i

    def __neg__(s):
        return V(-s.x)

    def __call__(s, y):
        return s.x * y

    def __hash__(s):
        return hash(s.x)

    def __mul__(s, k):
        return V(s.x * k)
    __rmul__ = __mul__""",
        (
            "assert V(1) + V(2) == V(3)",
            "assert repr(V(3)) == 'V(3)' and str(V(3)) == 'V(3)'",
            "assert len(V(3)) == 3 and V(3)[2] == 5 and (-V(3) == V(-3)) and (V(3)(4) == 12)",
            "assert {V(1), V(1), V(2)} == {V(2), V(1)}",
            "assert V(2) * 3 == V(6) and 3 * V(2) == V(6)",
            "assert V(1) in [V(0), V(1)]",
            "assert [V(1), V(2)] == [V(1), V(2)]",
            "assert f'{V(3)}' == 'V(3)'",
            """\
a = V(1)
a += V(2)
assert a == V(3)""",
            "assert sum([V(1), V(2)], V(0)) == V(3)",
            "assert max([V(1), V(5)], key=lambda v: v.x).x == 5",
            "assert sorted([V(3), V(1)], key=lambda v: v.x)[0] == V(1)",
        ),
    ),
    "generators": Honest(
        """\
def g(n):
    for i in range(n):
        yield (i * i)""",
        (
            "assert list(g(3)) == [0, 1, 4]",
            """\
it = g(3)
assert next(it) == 0 and next(it) == 1 and (next(it) == 4) and (next(it, None) is None)""",
            """\
import itertools
assert list(itertools.islice(g(10 ** 9), 3)) == [0, 1, 4]""",
            """\
import types
assert isinstance(g(3), types.GeneratorType) or hasattr(g(3), '__next__')""",
            "assert sum(g(4)) == 14 and max(g(4)) == 9 and (sorted(g(4), reverse=True)[0] == 9) and (dict(zip('ab', g(2))) == {'a': 0, 'b': 1})",
            """\
a, b, c = g(3)
assert (a, b, c) == (0, 1, 4)""",
            "assert 4 in g(5) and 5 not in g(5)",
        ),
    ),
    "isgen": Honest(
        """\
def g(n):
    yield 1""",
        (
            """\
import collections.abc
assert isinstance(g(1), collections.abc.Iterator) and isinstance(g(1), collections.abc.Iterable)""",
        ),
    ),
    "ctx": Honest(
        """\
class C:

    def __enter__(s):
        return 5

    def __exit__(s, *a):
        return True""",
        (
            """\
with C() as x:
    assert x == 5
    raise ValueError""",
        ),
    ),
    "exc group": Honest(
        """\
def f():
    raise ExceptionGroup('g', [ValueError('a'), TypeError('b')])""",
        (
            """\
try:
    f()
except* ValueError as e:
    assert e.exceptions[0].args == ('a',)
except* TypeError:
    pass""",
        ),
    ),
    "exc attr": Honest(
        """\
class E(Exception):

    def __init__(s, code):
        super().__init__('m')
        s.code = code

def f():
    raise E(5)""",
        (
            """\
try:
    f()
except E as e:
    assert e.code == 5 and str(e) == 'm'
else:
    assert 0""",
            """\
try:
    f()
except Exception as e:
    assert type(e).__name__ == 'E'""",
        ),
    ),
    "pytest raises-like": Honest(
        """\
def f(x):
    if x < 0:
        raise ValueError('neg')
    return x""",
        (
            """\
import contextlib

class Raises:

    def __init__(s, t):
        s.t = t

    def __enter__(s):
        return s

    def __exit__(s, t, v, tb):
        assert t is not None and issubclass(t, s.t)
        s.v = v
        return True
with Raises(ValueError) as r:
    f(-1)
assert 'neg' in str(r.v)""",
            """\
import unittest

class T(unittest.TestCase):

    def test(self):
        with self.assertRaises(ValueError):
            f(-1)
        self.assertEqual(f(2), 2)
r = unittest.TextTestRunner(stream=__import__('io').StringIO()).run(unittest.defaultTestLoader.loadTestsFromTestCase(T))
assert r.wasSuccessful() and r.testsRun == 1""",
        ),
    ),
    "callbacks": Honest(
        """\
def ap(f, xs):
    return [f(x) for x in xs]

def red(f, xs, i):
    for x in xs:
        i = f(i, x)
    return i""",
        (
            "assert ap(lambda x: x + 1, [1, 2]) == [2, 3]",
            "assert red(lambda a, b: a * b, [1, 2, 3], 1) == 6",
            """\
calls = []
assert ap(calls.append, [1, 2]) == [None, None] and calls == [1, 2]""",
            "assert ap(str, [1]) == ['1'] and ap(len, ['ab']) == [2]",
            """\
import math
assert ap(math.sqrt, [4]) == [2.0]""",
            """\
def boom(x):
    raise KeyError(x)
try:
    ap(boom, [1])
except KeyError as e:
    assert e.args == (1,)
else:
    assert 0""",
        ),
    ),
    "closures": Honest(
        """\
def counter():
    n = 0

    def inc():
        nonlocal n
        n += 1
        return n
    return inc""",
        (
            """\
c = counter()
assert c() == 1 and c() == 2
d = counter()
assert d() == 1""",
            "assert callable(counter())",
        ),
    ),
    "testclass": Honest(
        """\
def total(n):
    return 0 if n is None else n.val + total(n.next)

def rev(n):
    p = None
    while n:
        n.next, p, n = (p, n, n.next)
    return p""",
        (
            """\
class N:

    def __init__(s, v, n=None):
        s.val = v
        s.next = n
assert total(N(1, N(2))) == 3""",
            """\
class N:

    def __init__(s, v, n=None):
        s.val = v
        s.next = n
r = rev(N(1, N(2, N(3))))
assert (r.val, r.next.val, r.next.next.val, r.next.next.next) == (3, 2, 1, None)""",
        ),
    ),
    "setupnode": Honest(
        """\
def rev(n):
    p = None
    while n:
        n.next, p, n = (p, n, n.next)
    return p

def mk(n):
    return N(n, mk(n - 1)) if n else None""",
        (
            """\
r = rev(N(1, N(2, N(3))))
assert (r.val, r.next.val, r.next.next.val, r.next.next.next) == (3, 2, 1, None)""",
            """\
a = N(1, N(2))
assert rev(a).next is a""",
            "assert mk(3).next.next.val == 1 and isinstance(mk(2), N)",
            "assert mk(3) == N(3, N(2, N(1)))",
        ),
        """\
class N:

    def __init__(s, v, n=None):
        s.val = v
        s.next = n

    def __eq__(s, o):
        return isinstance(o, N) and s.val == o.val and (s.next == o.next)""",
    ),
    "dataclass setup": Honest(
        """\
def f(p):
    return P(p.x + 1, p.y)""",
        ("assert f(P(1, 2)) == P(2, 2)",),
        """\
from dataclasses import dataclass

@dataclass
class P:
    x: int
    y: int = 0""",
    ),
    "namedtuple setup": Honest(
        """\
def f(p):
    return P(p.x + 1, p.y)

def g(p):
    return p._replace(x=9)""",
        (
            "assert f(P(1, 2)) == P(2, 2) == (2, 2)",
            "assert g(P(1, 2)).x == 9",
        ),
        """\
from collections import namedtuple
P = namedtuple('P', 'x y')""",
    ),
    "nt test-side": Honest(
        """\
def f(p):
    return p.x + p.y""",
        (
            """\
from collections import namedtuple
P = namedtuple('P', 'x y')
assert f(P(1, 2)) == 3""",
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
    "defaultdict": Honest(
        """\
from collections import defaultdict, Counter, deque, OrderedDict

def f(xs):
    d = defaultdict(list)
    for x in xs:
        d[x % 2].append(x)
    return d

def c(s):
    return Counter(s)

def q():
    return deque([1, 2], maxlen=2)

def l():
    return defaultdict(lambda: 5, {1: 2})""",
        (
            "assert f([1, 2, 3]) == {1: [1, 3], 0: [2]}",
            "assert c('aab').most_common(1) == [('a', 2)]",
            """\
x = q()
x.append(3)
assert list(x) == [2, 3]""",
            "assert l() == {1: 2}",
        ),
    ),
    "cache": Honest(
        """\
import functools

@functools.cache
def f(n):
    return n if n < 2 else f(n - 1) + f(n - 2)""",
        (
            "assert f(90) == 2880067194370816120",
            "assert f.cache_info().hits >= 0",
            "f.cache_clear()",
        ),
    ),
    "re": Honest(
        """\
import re

def f(s):
    return re.compile(s)

def m(s):
    return re.search('b+', s)""",
        (
            "assert f('a+').match('aa').group() == 'aa'",
            "assert m('abbc').span() == (1, 3) and m('abbc')[0] == 'bb'",
            "assert m('x') is None",
            "assert bool(m('b'))",
        ),
    ),
    "weakref ctxvar": Honest(
        """\
import contextvars
v = contextvars.ContextVar('v', default=1)

def f():
    return v.get()""",
        ("assert f() == 1 and v.get() == 1",),
    ),
    "abc": Honest(
        """\
import abc

class A(abc.ABC):

    @abc.abstractmethod
    def f(s):
        ...

class B(A):

    def f(s):
        return 1""",
        (
            """\
try:
    A()
except TypeError:
    pass
else:
    assert 0""",
            "assert B().f() == 1 and issubclass(B, A) and isinstance(B(), A)",
        ),
    ),
    "slots": Honest(
        """\
class S:
    __slots__ = ('a',)

    def __init__(s):
        s.a = 1""",
        (
            """\
s = S()
s.a = 2
assert s.a == 2""",
            """\
s = S()
try:
    s.b = 1
except AttributeError:
    pass
else:
    assert 0""",
        ),
    ),
    "async": Honest(
        """\
import asyncio

async def f(x):
    await asyncio.sleep(0.001)
    return x + 1

class AC:

    async def __aenter__(s):
        return 1

    async def __aexit__(s, *a):
        return False

async def ag():
    for i in range(3):
        yield i""",
        (
            """\
import asyncio
assert asyncio.run(f(1)) == 2""",
            """\
import asyncio

async def m():
    return await asyncio.gather(f(1), f(2))
assert asyncio.run(m()) == [2, 3]""",
            """\
import asyncio

async def m():
    async with AC() as x:
        return x
assert asyncio.run(m()) == 1""",
            """\
import asyncio

async def m():
    return [x async for x in ag()]
assert asyncio.run(m()) == [0, 1, 2]""",
            """\
import asyncio, inspect
assert inspect.iscoroutinefunction(f)""",
            """\
import asyncio
assert asyncio.get_event_loop_policy().new_event_loop().run_until_complete(f(1)) == 2""",
        ),
    ),
    "sig": Honest(
        """\
def f(a, b=2, *c, d: int=3, **e) -> int:
    \"\"\"doc\"\"\"
    return 1""",
        (
            """\
import inspect
assert list(inspect.signature(f).parameters) == ['a', 'b', 'c', 'd', 'e'] and inspect.signature(f).parameters['b'].default == 2""",
            "assert f.__doc__ == 'doc' and f.__name__ == 'f' and (f.__annotations__['d'] is int)",
            "assert f.__defaults__ == (2,)",
            """\
import typing
assert typing.get_type_hints(f) == {'d': int, 'return': int}""",
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
    "prints": Honest(
        """\
def f():
    print('hi')
import sys

def g():
    sys.stderr.write('e')""",
        (
            """\
import io, contextlib
b = io.StringIO()
with contextlib.redirect_stdout(b):
    f()
    print('x')
    f()
assert b.getvalue() == 'hi\\nx\\nhi\\n'""",
            """\
import sys, io
o = sys.stdout
sys.stdout = io.StringIO()
f()
s = sys.stdout.getvalue()
sys.stdout = o
assert s == 'hi\\n'""",
            """\
from unittest.mock import patch
import io
with patch('sys.stdout', new_callable=io.StringIO) as m:
    f()
    assert m.getvalue() == 'hi\\n'""",
        ),
    ),
    "input": Honest(
        """\
def f():
    return int(input()) + 1""",
        (
            """\
import io, sys
sys.stdin = io.StringIO('4\\n')
assert f() == 5""",
            """\
from unittest.mock import patch
with patch('builtins.input', return_value='4'):
    assert f() == 5""",
        ),
    ),
    "exit": Honest(
        """\
import sys

def f():
    sys.exit(3)""",
        (
            """\
try:
    f()
except SystemExit as e:
    assert e.code == 3
else:
    assert 0""",
        ),
    ),
    "mutable glob": Honest(
        """\
L = []
D = {'a': 1}

def f(x):
    L.append(x)
    return L""",
        (
            """\
f(1)
assert L == [1]
assert f(2) is L
L.clear()
assert f(5) == [5]""",
            """\
D['b'] = 2
assert D == {'a': 1, 'b': 2}""",
        ),
    ),
    "global set": Honest(
        """\
N = 1

def f():
    return N""",
        ("assert N == 1 and f() == 1",),
    ),
    "sorted key": Honest(
        """\
def key(x):
    return -x
import functools

def cmp(a, b):
    return b - a""",
        (
            "assert sorted([1, 3, 2], key=key) == [3, 2, 1]",
            """\
import functools
assert sorted([1, 3, 2], key=functools.cmp_to_key(cmp)) == [3, 2, 1]""",
            "assert list(map(key, [1, 2])) == [-1, -2] and list(filter(key, [0, 1])) == [1]",
            "assert [*map(key, range(3))] == [0, -1, -2]",
        ),
    ),
    "iter obj": Honest(
        """\
class R:

    def __init__(s, n):
        s.n = n

    def __iter__(s):
        return iter(range(s.n))

    def __contains__(s, x):
        return 0 <= x < s.n

    def __reversed__(s):
        return reversed(range(s.n))

    def __bool__(s):
        return s.n > 0""",
        (
            "assert list(R(3)) == [0, 1, 2] and 2 in R(3) and (3 not in R(3))",
            "assert [x for x in reversed(R(3))] == [2, 1, 0] and R(1) and (not R(0))",
            """\
a, b = R(2)
assert b == 1""",
            "assert set(R(3)) == {0, 1, 2} and tuple(R(2)) == (0, 1)",
        ),
    ),
    "deepcopy": Honest(
        """\
class P:

    def __init__(s, x):
        s.x = x

def f(xs):
    return xs + [1]""",
        (
            """\
import copy
xs = [1]
assert f(copy.deepcopy(xs)) == [1, 1] and xs == [1]""",
            """\
import copy
p = P([1])
q = copy.copy(p)
assert q.x == [1]""",
        ),
    ),
    "bytes etc": Honest(
        """\
def f(b):
    return b[::-1]

def g(b):
    b.reverse()
    return b

def m(b):
    return memoryview(b)""",
        (
            "assert f(b'ab') == b'ba'",
            """\
b = bytearray(b'ab')
assert g(b) is b and b == bytearray(b'ba')""",
            "assert bytes(m(b'ab')) == b'ab'",
        ),
    ),
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
    "type args": Honest(
        """\
def f(t):
    return t('3')

def g():
    return int""",
        (
            "assert f(int) == 3 and f(float) == 3.0 and (g() is int)",
            "assert f(list) == ['3']",
        ),
    ),
    "isinstance": Honest(
        """\
def f():
    return [1]

def g():
    return (x for x in [1])""",
        (
            "assert isinstance(f(), list) and type(f()) is list and (type(f()[0]) is int)",
            """\
import types
assert isinstance(g(), types.GeneratorType)""",
            """\
import types
assert isinstance(f, types.FunctionType) or callable(f)""",
        ),
    ),
    "stringio": Honest(
        """\
def f(fp):
    return fp.read().upper()

def w(fp):
    fp.write('x')""",
        (
            """\
import io
assert f(io.StringIO('ab')) == 'AB'""",
            """\
import io
b = io.StringIO()
w(b)
assert b.getvalue() == 'x'""",
        ),
    ),
    "tree str": Honest(
        """\
class T:

    def __init__(s, v):
        s.v = v
        s.l = None

    def __str__(s):
        return 'T%d' % s.v""",
        (
            """\
t = T(1)
t.l = T(2)
assert str(t.l) == 'T2' and t.l.v == 2 and (t.l is t.l)
assert '%s' % t == 'T1'""",
        ),
    ),
    "subclass": Honest(
        """\
class A:

    def hi(s):
        return 'A' + s.name()

    def name(s):
        return 'x'""",
        (
            """\
class B(A):

    def name(s):
        return 'y'
assert B().hi() == 'Ay' and isinstance(B(), A)""",
            """\
class B(A):

    def __init__(self, n):
        self.n = n

    def name(self):
        return self.n
assert B('q').hi() == 'Aq'""",
        ),
    ),
    "userlist": Honest(
        """\
class S(list):

    def push(s, x):
        s.append(x)
        return s

class D(dict):

    def __getattr__(s, n):
        return s[n]

class I(int):

    def dbl(s):
        return I(s * 2)""",
        (
            """\
s = S()
s.push(1).push(2)
assert s == [1, 2] and len(s) == 2 and (s[0] == 1) and isinstance(s, list)""",
            "assert D(a=1).a == 1 and D(a=1) == {'a': 1}",
            "assert I(2).dbl() == 4 and I(2) + 1 == 3",
            """\
s = S([1])
s.append(5)
assert s.push(6) == [1, 5, 6]""",
        ),
    ),
    "time": Honest(
        """\
import time

def f():
    t = time.perf_counter()
    time.sleep(0.01)
    return time.perf_counter() - t""",
        ("assert f() >= 0.01",),
    ),
    "hash": Honest(
        """\
def f():
    return hash('a')""",
        ("assert f() == hash('a')",),
    ),
    "id stable": Honest(
        """\
a = object()

def f():
    return a""",
        ("assert f() is f() and f() == f() and (a is f())",),
    ),
    "default sentinel": Honest(
        """\
M = object()

def f(x=M):
    return x is M""",
        ("assert f() and (not f(1)) and f(M)",),
    ),
    "kwargs": Honest(
        """\
def f(*a, **k):
    return (a, k)""",
        (
            "assert f(1, b=2) == ((1,), {'b': 2})",
            "assert f(*[1, 2], **{'self': 1}) == ((1, 2), {'self': 1})",
        ),
    ),
    "lambda attr": Honest(
        """\
f = lambda x: x + 1
f.tag = 't'""",
        ("assert f(1) == 2 and f.tag == 't' and (f.__name__ == '<lambda>')",),
    ),
    "walrus posonly": Honest(
        """\
def f(a, /, *, b):
    return a + b""",
        (
            "assert f(1, b=2) == 3",
            """\
try:
    f(a=1, b=2)
except TypeError:
    pass
else:
    assert 0""",
        ),
    ),
    "typing": Honest(
        """\
from typing import TypedDict, NamedTuple, Protocol

class T(TypedDict):
    a: int

class N(NamedTuple):
    x: int = 1

def f() -> T:
    return T(a=1)""",
        (
            "assert f() == {'a': 1}",
            "assert N().x == 1 and N(5) == (5,) and (N._fields == ('x',))",
            """\
x, = N(3)
assert x == 3""",
            "assert N(1)._asdict() == {'x': 1}",
        ),
    ),
    "array np-less": Honest(
        """\
import array

def f():
    return array.array('i', [1, 2])""",
        (
            """\
import array
assert f() == array.array('i', [1, 2]) and list(f()) == [1, 2]""",
        ),
    ),
    "simplens": Honest(
        """\
from types import SimpleNamespace as S

def f():
    return S(a=1)""",
        (
            """\
from types import SimpleNamespace
assert f() == SimpleNamespace(a=1) and f().a == 1""",
        ),
    ),
    "uuid path": Honest(
        """\
import uuid, pathlib

def f():
    return uuid.UUID(int=5)

def p():
    return pathlib.PurePosixPath('/a/b')""",
        (
            """\
import uuid
assert f() == uuid.UUID(int=5)""",
            "assert str(p()) == '/a/b' and p().name == 'b'",
            """\
import pathlib
assert p() == pathlib.PurePosixPath('/a/b')""",
        ),
    ),
    "iterator arg": Honest(
        """\
def take(it):
    return next(it)""",
        (
            """\
it = iter([1, 2])
assert take(it) == 1 and next(it) == 2""",
            """\
def g():
    yield 1
    yield 2
x = g()
assert take(x) == 1 and list(x) == [2]""",
            "assert take(map(str, [1])) == '1'",
            "assert take(zip([1], [2])) == (1, 2)",
        ),
    ),
    "file-like stdout": Honest(
        """\
import sys

def f():
    sys.stdout.write('a')
    sys.stdout.flush()""",
        ("f()",),
    ),
    "doctest": Honest(
        """\
def f(x):
    \"\"\"
    >>> f(1)
    2
    \"\"\"
    return x + 1""",
        ("assert '>>> f(1)' in f.__doc__",),
    ),
    "nonstr keys": Honest(
        """\
def f():
    return {(1, 2): [3], None: 1, 1.5: 2, True: 3}""",
        ("assert f() == {(1, 2): [3], None: 1, 1.5: 2, True: 3}",),
    ),
    "recursive ds": Honest(
        """\
def f():
    a = [1]
    a.append(a)
    return a""",
        (
            """\
a = f()
assert a[1] is a and a[0] == 1""",
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
    "long str": Honest(
        """\
def f():
    return 'x' * 10 ** 6""",
        ("assert len(f()) == 10 ** 6",),
    ),
    "operator arg": Honest(
        """\
import operator

def f(op, a, b):
    return op(a, b)""",
        (
            """\
import operator
assert f(operator.add, 1, 2) == 3""",
            "assert f(max, 1, 2) == 2",
            "assert f(lambda a, b: a - b, 3, 1) == 2",
        ),
    ),
    "self ref": Honest(
        """\
class N:

    def __init__(s):
        s.next = None

def cyc():
    a = N()
    b = N()
    a.next = b
    b.next = a
    return a""",
        (
            """\
a = cyc()
assert a.next.next is a""",
        ),
    ),
    "threads in test": Honest(
        """\
import threading
n = 0
l = threading.Lock()

def inc():
    global n
    with l:
        n += 1
    return n""",
        (
            """\
import threading
ts = [threading.Thread(target=inc) for _ in range(5)]
[t.start() for t in ts]
[t.join() for t in ts]
assert inc() == 6""",
        ),
    ),
    "future below setup": Honest(
        """\
from __future__ import annotations

class A:

    def f(self) -> B:
        return 1""",
        ("assert A().f() == 1 and A.f.__annotations__ == {'return': 'B'}",),
        "x = 1",
    ),
    "mock callback": Honest(
        """\
def f(cb):
    cb(1, k=2)
    return cb.called""",
        (
            """\
from unittest.mock import Mock
m = Mock()
assert f(m) is True
m.assert_called_once_with(1, k=2)""",
        ),
    ),
    "time patch": Honest(
        """\
import time

def f():
    return time.time() > 0""",
        ("assert f()",),
    ),
    "ordered ops": Honest(
        """\
import functools

@functools.total_ordering
class V:

    def __init__(s, x):
        s.x = x

    def __eq__(s, o):
        return s.x == o.x

    def __lt__(s, o):
        return s.x < o.x""",
        (
            "assert V(1) < V(2) and V(2) >= V(1) and (max(V(1), V(3)).x == 3)",
            "assert [v.x for v in sorted([V(3), V(1)])] == [1, 3]",
            """\
import heapq
q = [V(3), V(1)]
heapq.heapify(q)
assert heapq.heappop(q).x == 1""",
            """\
import bisect
assert bisect.bisect([V(1), V(3)], V(2)) == 1""",
        ),
    ),
}
