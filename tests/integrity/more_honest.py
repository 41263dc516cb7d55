"""More honest programs: what classes, values, exceptions and callbacks do in everyday exercises."""

from .honest import Honest

#: They must pass.
HONEST: dict[str, Honest] = {
    "dict __missing__": Honest(
        """\
class Zero(dict):

    def __missing__(self, k):
        return 0

def f():
    return Zero(a=1)""",
        (
            """\
d = f()
assert d['a'] == 1 and d['x'] == 0""",
            "assert Zero()['q'] == 0",
        ),
        "",
    ),
    "circular list": Honest(
        """\
class Ring(list):

    def __getitem__(self, i):
        return super().__getitem__(i % len(self))""",
        (
            """\
r = Ring([1, 2, 3])
assert r[4] == 2""",
        ),
        "",
    ),
    "ci dict": Honest(
        """\
class CI(dict):

    def __setitem__(self, k, v):
        super().__setitem__(k.lower(), v)

    def __getitem__(self, k):
        return super().__getitem__(k.lower())

    def __contains__(self, k):
        return super().__contains__(k.lower())""",
        (
            """\
d = CI()
d['Ab'] = 1
assert d['aB'] == 1 and 'AB' in d""",
        ),
        "",
    ),
    "lru ordereddict": Honest(
        """\
from collections import OrderedDict

class LRU(OrderedDict):

    def __init__(self, n):
        super().__init__()
        self.n = n

    def get(self, k):
        if k not in self:
            return -1
        self.move_to_end(k)
        return self[k]

    def put(self, k, v):
        self[k] = v
        self.move_to_end(k)
        if len(self) > self.n:
            self.popitem(last=False)""",
        (
            """\
c = LRU(2)
c.put(1, 1)
c.put(2, 2)
assert c.get(1) == 1
c.put(3, 3)
assert c.get(2) == -1""",
        ),
        "",
    ),
    "vector tuple add": Honest(
        """\
class V(tuple):

    def __add__(self, o):
        return V((a + b for a, b in zip(self, o)))""",
        ("assert V((1, 2)) + V((3, 4)) == V((4, 6))",),
        "",
    ),
    "float subclass op": Honest(
        """\
class C(float):

    def __add__(self, o):
        return C(float(self) + float(o) + 0.5)

    def __str__(self):
        return '%.1f C' % float(self)""",
        (
            "assert str(C(3)) == '3.0 C'",
            "assert C(1) + C(2) == 3.5",
        ),
        "",
    ),
    "stack list pop": Honest(
        """\
class Stack(list):

    def push(self, x):
        self.append(x)

    def pop(self):
        if not self:
            raise LookupError('empty')
        return super().pop()""",
        (
            """\
s = Stack()
s.push(1)
assert s.pop() == 1
try:
    s.pop()
except LookupError as e:
    assert str(e) == 'empty'""",
        ),
        "",
    ),
    "setup underscore": Honest(
        """\
def f(m):
    return m.get(0, 1)""",
        (
            """\
m = Matrix([[1, 2]])
assert f(m) == 2""",
        ),
        """\
class Matrix:

    def __init__(self, rows):
        self._rows = rows

    def get(self, i, j):
        return self._rows[i][j]""",
    ),
    "setup underscore back": Honest(
        """\
def f():
    return Matrix([[1, 2]])""",
        ("assert f().get(0, 1) == 2",),
        """\
class Matrix:

    def __init__(self, rows):
        self._rows = rows

    def get(self, i, j):
        return self._rows[i][j]""",
    ),
    "vars": Honest(
        """\
class P:

    def __init__(self):
        self.x = 1""",
        (
            "assert vars(P()) == {'x': 1}",
            "assert P().__dict__ == {'x': 1}",
        ),
        "",
    ),
    "deepcopy inst": Honest(
        """\
class P:

    def __init__(self, x):
        self.x = x""",
        (
            """\
import copy
a = P([1])
b = copy.deepcopy(a)
b.x.append(2)
assert a.x == [1] and b.x == [1, 2]""",
        ),
        "",
    ),
    "asdict": Honest(
        """\
from dataclasses import dataclass

@dataclass
class P:
    x: int
    y: int = 2""",
        (
            """\
from dataclasses import asdict, fields, replace, is_dataclass, astuple
p = P(1)
assert asdict(p) == {'x': 1, 'y': 2} and astuple(p) == (1, 2)
assert [f.name for f in fields(P)] == ['x', 'y'] and is_dataclass(p)""",
            """\
from dataclasses import replace
assert replace(P(1), y=5) == P(1, 5)""",
        ),
        "",
    ),
    "frozen dc": Honest(
        """\
from dataclasses import dataclass

@dataclass(frozen=True, order=True)
class P:
    x: int""",
        (
            """\
import dataclasses
try:
    P(1).x = 2
except dataclasses.FrozenInstanceError:
    pass
else:
    assert 0""",
            "assert P(1) < P(2) and {P(1): 1}[P(1)] == 1 and (repr(P(1)) == 'P(x=1)')",
        ),
        "",
    ),
    "cause": Honest(
        """\
class E(Exception):
    pass

def f():
    try:
        {}['a']
    except KeyError as e:
        raise E('x') from e""",
        (
            """\
try:
    f()
except E as e:
    assert isinstance(e.__cause__, KeyError)
else:
    assert 0""",
        ),
        "",
    ),
    "notes": Honest(
        """\
def f():
    e = ValueError('x')
    e.add_note('hint')
    raise e""",
        (
            """\
try:
    f()
except ValueError as e:
    assert e.__notes__ == ['hint']""",
        ),
        "",
    ),
    "async cb": Honest(
        """\
import asyncio

async def retry(fn, n):
    for i in range(n):
        try:
            return await fn(i)
        except ValueError:
            pass""",
        (
            """\
import asyncio

async def fetch(i):
    if i < 2:
        raise ValueError
    return i
assert asyncio.run(retry(fetch, 5)) == 2""",
        ),
        "",
    ),
    "gen send throw": Honest(
        """\
def g():
    x = 0
    while True:
        try:
            x = (yield (x * 2))
        except ValueError:
            x = 100""",
        (
            """\
c = g()
assert next(c) == 0 and c.send(3) == 6 and (c.throw(ValueError) == 200)
c.close()""",
        ),
        "",
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
        "",
    ),
    "runtime protocol": Honest(
        """\
from typing import Protocol, runtime_checkable

@runtime_checkable
class Q(Protocol):

    def quack(self):
        ...

class D:

    def quack(self):
        return 1""",
        ("assert isinstance(D(), Q)",),
        "",
    ),
    "instancecheck": Honest(
        """\
class M(type):

    def __instancecheck__(c, o):
        return o in (1, 2)

class Small(metaclass=M):
    pass""",
        ("assert isinstance(1, Small) and (not isinstance(3, Small))",),
        "",
    ),
    "weakref test": Honest(
        """\
class P:
    pass""",
        (
            """\
import weakref, gc
p = P()
r = weakref.ref(p)
assert r() is p
del p
gc.collect()
assert r() is None""",
        ),
        "",
    ),
    "weakvalue": Honest(
        """\
import weakref

class P:
    live = weakref.WeakSet()

    def __init__(self):
        P.live.add(self)

def count():
    return len(P.live)""",
        (
            """\
a = P()
b = P()
assert count() == 2
del a
assert count() == 1""",
        ),
        "",
    ),
    "enum flag": Honest(
        """\
import enum

class F(enum.Flag):
    A = 1
    B = 2""",
        ("assert (F.A | F.B) & F.A == F.A and F.B in F.A | F.B and ((F.A | F.B).value == 3)",),
        "",
    ),
    "strenum auto": Honest(
        """\
import enum

class S(enum.StrEnum):
    RED = enum.auto()

def f():
    return S.RED""",
        ("assert f() == 'red' and f() is S.RED and (S('red') is S.RED)",),
        "",
    ),
    "del attr": Honest(
        """\
class P:

    def __init__(self):
        self.x = 1""",
        (
            """\
p = P()
del p.x
assert not hasattr(p, 'x')""",
        ),
        "",
    ),
    "descriptor": Honest(
        """\
class Pos:

    def __set_name__(self, o, n):
        self.n = '_' + n

    def __get__(self, i, o=None):
        return self if i is None else getattr(i, self.n)

    def __set__(self, i, v):
        if v < 0:
            raise ValueError('negative')
        setattr(i, self.n, v)

class A:
    x = Pos()""",
        (
            """\
a = A()
a.x = 3
assert a.x == 3
try:
    a.x = -1
except ValueError as e:
    assert 'neg' in str(e)""",
        ),
        "",
    ),
    "singleton": Honest(
        """\
class S:
    _i = None

    def __new__(cls):
        if cls._i is None:
            cls._i = super().__new__(cls)
        return cls._i""",
        (
            "assert S() is S()",
            """\
a = S()
a.v = 3
assert S().v == 3""",
        ),
        "",
    ),
    "chained in eq list": Honest(
        """\
class P:

    def __init__(s, n):
        s.n = n

    def __eq__(s, o):
        return isinstance(o, P) and s.n == o.n

    def __hash__(s):
        return hash(s.n)

def mk():
    return [P(1), P(2)]""",
        (
            """\
assert mk() == [P(1), P(2)] and P(2) in mk() and (mk().index(P(2)) == 1) and (set(mk()) == {P(1), P(2)})""",
            "assert {P(1): 'a'} == {P(1): 'a'} and sorted(mk(), key=lambda p: -p.n)[0] == P(2)",
        ),
        "",
    ),
    "returned obj eq plain": Honest(
        """\
class Money:

    def __init__(s, n):
        s.n = n

    def __eq__(s, o):
        return s.n == (o.n if isinstance(o, Money) else o)

def total(xs):
    return Money(sum((x.n for x in xs)))""",
        (
            "assert total([Money(1), Money(2)]) == Money(3)",
            "assert total([Money(1), Money(2)]) == 3",
            "assert Money(3) == 3 and Money(3) != 4",
        ),
        "",
    ),
    "user dict": Honest(
        """\
from collections import UserDict

class D(UserDict):

    def __getitem__(self, k):
        return self.data[k] * 2""",
        (
            """\
d = D({'a': 1})
d['b'] = 2
assert d['a'] == 2 and d['b'] == 4 and (len(d) == 2) and (sorted(d) == ['a', 'b']) and (dict(d) == {'a': 2, 'b': 4})""",
        ),
        "",
    ),
    "mapping abc": Honest(
        """\
from collections.abc import Mapping

class M(Mapping):

    def __init__(s, d):
        s._d = d

    def __getitem__(s, k):
        return s._d[k]

    def __iter__(s):
        return iter(s._d)

    def __len__(s):
        return len(s._d)""",
        (
            """\
m = M({'a': 1})
assert m['a'] == 1 and 'a' in m and (list(m.items()) == [('a', 1)]) and (m.get('b', 5) == 5) and (m == {'a': 1})""",
            """\
from collections.abc import Mapping
assert isinstance(M({}), Mapping) and {**M({'a': 1})} == {'a': 1}""",
        ),
        "",
    ),
    "seq abc": Honest(
        """\
from collections.abc import Sequence

class S(Sequence):

    def __init__(s, *a):
        s.a = a

    def __getitem__(s, i):
        return s.a[i]

    def __len__(s):
        return len(s.a)""",
        (
            """\
s = S(1, 2, 3)
assert list(reversed(s)) == [3, 2, 1] and s.index(2) == 1 and (s.count(3) == 1) and (s[-1] == 3) and (s[0:2] == (1, 2)) and (2 in s)""",
        ),
        "",
    ),
    "starred": Honest(
        """\
class S:

    def __iter__(s):
        yield from (1, 2, 3)

    def keys(s):
        return ['a']

    def __getitem__(s, k):
        return 5""",
        (
            """\
a, *b = S()
assert (a, b) == (1, [2, 3])
assert dict(**S()) == {'a': 5}
assert [*S()] == [1, 2, 3]""",
        ),
        "",
    ),
    "match class": Honest(
        """\
class P:
    __match_args__ = ('x', 'y')

    def __init__(s, x, y):
        s.x = x
        s.y = y""",
        (
            """\
match P(1, 2):
    case P(a, b):
        assert (a, b) == (1, 2)
    case _:
        assert 0""",
        ),
        "",
    ),
    "class deco registry": Honest(
        """\
reg = {}

def register(name):

    def d(c):
        reg[name] = c
        return c
    return d""",
        (
            """\
@register('a')
class A:
    pass
assert reg['a'] is A""",
            """\
@register('f')
def g(x):
    return x + 1
assert reg['f'](1) == 2 and reg['f'] is g""",
        ),
        "",
    ),
    "decorator on test fn": Honest(
        """\
import functools

def twice(f):

    @functools.wraps(f)
    def w(*a, **k):
        return 2 * f(*a, **k)
    return w""",
        (
            """\
@twice
def g(x):
    \"\"\"doc\"\"\"
    return x + 1
assert g(2) == 6 and g.__name__ == 'g' and (g.__doc__ == 'doc') and (g.__wrapped__(2) == 3)""",
        ),
        "",
    ),
    "ctx deco on test": Honest(
        """\
import contextlib

@contextlib.contextmanager
def swallow(*types):
    try:
        yield
    except types:
        pass""",
        (
            """\
with swallow(KeyError):
    raise KeyError
try:
    with swallow(KeyError):
        raise ValueError('v')
except ValueError as e:
    assert e.args == ('v',)""",
        ),
        "",
    ),
    "exit tb": Honest(
        """\
class C:

    def __enter__(s):
        return s

    def __exit__(s, t, v, tb):
        s.seen = (t, str(v), tb is not None)
        return True""",
        (
            """\
c = C()
with c:
    raise ValueError('q')
assert c.seen[0] is ValueError and c.seen[1] == 'q'""",
        ),
        "",
    ),
    "sum/min/any": Honest(
        """\
class V:

    def __init__(s, n):
        s.n = n

    def __add__(s, o):
        return V(s.n + (o.n if isinstance(o, V) else o))
    __radd__ = __add__

    def __lt__(s, o):
        return s.n < o.n

    def __eq__(s, o):
        return s.n == o.n""",
        ("assert sum([V(1), V(2)]) == V(3) and min([V(2), V(1)]) == V(1)",),
        "",
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
        "",
    ),
    "getattr dyn": Honest(
        """\
class P:

    def __getattr__(s, n):
        if n.startswith('get_'):
            return lambda: n[4:]
        raise AttributeError(n)""",
        (
            """\
p = P()
assert p.get_x() == 'x' and (not hasattr(p, 'y')) and (getattr(p, 'y', 3) == 3)""",
        ),
        "",
    ),
    "call class attr": Honest(
        """\
class C:
    count = 0

    def __init__(s):
        C.count += 1

    def __del__(s):
        C.count -= 1""",
        (
            """\
a = C()
assert C.count == 1
del a
import gc
gc.collect()
assert C.count == 0""",
        ),
        "",
    ),
    "test sets cls attr": Honest(
        """\
class C:
    rate = 2

    def f(s, x):
        return x * s.rate""",
        (
            """\
C.rate = 3
assert C().f(2) == 6""",
            """\
C.f = lambda self, x: x
assert C().f(9) == 9""",
        ),
        "",
    ),
    "threadpool": Honest(
        """\
def sq(x):
    return x * x""",
        (
            """\
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(4) as p:
    assert list(p.map(sq, range(20))) == [x * x for x in range(20)]""",
        ),
        "",
    ),
    "sol threads cb": Honest(
        """\
import threading

def run(cb, n):
    ts = [threading.Thread(target=cb, args=(i,)) for i in range(n)]
    for t in ts:
        t.start()
    for t in ts:
        t.join()""",
        (
            """\
out = []
run(out.append, 8)
assert sorted(out) == list(range(8))""",
        ),
        "",
    ),
    "queue arg": Honest(
        """\
def produce(q):
    for i in range(3):
        q.put(i)""",
        (
            """\
import queue
q = queue.Queue()
produce(q)
assert [q.get() for _ in range(3)] == [0, 1, 2]""",
        ),
        "",
    ),
    "lock arg": Honest(
        """\
def f(lock):
    with lock:
        return lock.locked()""",
        (
            """\
import threading
l = threading.Lock()
assert f(l) is True and (not l.locked())""",
        ),
        "",
    ),
    "event/async queue": Honest(
        """\
async def worker(q, out):
    while True:
        x = await q.get()
        if x is None:
            return
        out.append(x * 2)""",
        (
            """\
import asyncio

async def main():
    q = asyncio.Queue()
    out = []
    for x in (1, 2, None):
        q.put_nowait(x)
    await worker(q, out)
    return out
assert asyncio.run(main()) == [2, 4]""",
        ),
        "",
    ),
    "stringio csv": Honest(
        """\
import csv

def rows(fp):
    return list(csv.DictReader(fp))

def lines(fp):
    return [l.strip() for l in fp]""",
        (
            """\
import io
assert rows(io.StringIO('a,b\\n1,2\\n')) == [{'a': '1', 'b': '2'}]
assert lines(io.StringIO('x\\ny\\n')) == ['x', 'y']""",
        ),
        "",
    ),
    "json of result": Honest(
        """\
def f():
    return {'a': [1, None, True]}""",
        (
            """\
import json
assert json.loads(json.dumps(f())) == f()""",
        ),
        "",
    ),
    "int digits": Honest(
        """\
def f(n):
    return 3 ** n""",
        ("assert f(20000) == 3 ** 20000 and f(20000) % 1000 == 3 ** 20000 % 1000",),
        "",
    ),
    "surrogate": Honest(
        """\
def f(s):
    return s[::-1]""",
        ("assert f('a\\ud800b') == 'b\\ud800a' and f('\\x00') == '\\x00'",),
        "",
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
        "",
    ),
    "sets of fs": Honest(
        """\
def f():
    return {frozenset({1}), frozenset({2, 3})}""",
        ("assert f() == {frozenset({3, 2}), frozenset({1})}",),
        "",
    ),
    "dict order": Honest(
        """\
def f():
    return {'b': 1, 'a': 2}""",
        ("assert list(f()) == ['b', 'a'] and list(f().items())[0] == ('b', 1)",),
        "",
    ),
    "dict views": Honest(
        """\
def f():
    return {'b': 1}.items()""",
        ("assert list(f()) == [('b', 1)] and ('b', 1) in f()",),
        "",
    ),
    "partialmethod": Honest(
        """\
import functools

class C:

    def p(s, a, b):
        return a - b
    q = functools.partialmethod(p, 10)

    @functools.cached_property
    def v(s):
        s.n = getattr(s, 'n', 0) + 1
        return s.n

    @functools.singledispatchmethod
    def k(s, x):
        return 'o'

    @k.register
    def _(s, x: int):
        return 'i'""",
        (
            """\
c = C()
assert c.q(3) == 7 and c.v == 1 and (c.v == 1) and (c.k(1) == 'i') and (c.k('s') == 'o')""",
        ),
        "",
    ),
    "singledispatch": Honest(
        """\
import functools

@functools.singledispatch
def f(x):
    return 'o'

@f.register(list)
def _(x):
    return 'l'""",
        (
            "assert f([]) == 'l' and f(1) == 'o'",
            """\
@f.register(str)
def _(x):
    return 's'
assert f('q') == 's'""",
        ),
        "",
    ),
    "test class w/ eq passed": Honest(
        """\
def uniq(xs):
    out = []
    for x in xs:
        if x not in out:
            out.append(x)
    return out""",
        (
            """\
class K:

    def __init__(s, n):
        s.n = n

    def __eq__(s, o):
        return s.n == o.n

    def __hash__(s):
        return hash(s.n)
a, b, c = (K(1), K(1), K(2))
r = uniq([a, b, c])
assert len(r) == 2 and r[0] is a and (r[1] is c)""",
        ),
        "",
    ),
    "test cls underscore method use": Honest(
        """\
def show(p):
    return str(p) + repr(p) + str(len(p))""",
        (
            """\
class P:

    def __init__(s):
        s._x = 3

    def __str__(s):
        return 's%d' % s._x

    def __repr__(s):
        return 'r'

    def __len__(s):
        return s._x
assert show(P()) == 's3r3'""",
        ),
        "",
    ),
    "sort test objs": Honest(
        """\
def order(xs):
    return sorted(xs)

def biggest(xs):
    return max(xs)""",
        (
            """\
import functools

@functools.total_ordering
class K:

    def __init__(s, n):
        s._n = n

    def __eq__(s, o):
        return s._n == o._n

    def __lt__(s, o):
        return s._n < o._n
a, b = (K(2), K(1))
assert order([a, b]) == [b, a] and biggest([a, b]) is a""",
        ),
        "",
    ),
    "test dataclass in": Honest(
        """\
def f(ps):
    return sum((p.x for p in ps))

def mv(p):
    p.x += 1
    return p""",
        (
            """\
from dataclasses import dataclass

@dataclass
class P:
    x: int
assert f([P(1), P(2)]) == 3
p = P(1)
assert mv(p) is p and p == P(2)""",
        ),
        "",
    ),
    "test enum in": Honest(
        """\
def f(c):
    return (c.name.lower(), c.value)

def g(c):
    return c""",
        (
            """\
import enum

class C(enum.Enum):
    R = 1
assert f(C.R) == ('r', 1) and g(C.R) is C.R""",
        ),
        "",
    ),
    "aliasing args": Honest(
        """\
def f(a, b):
    a.append(1)
    return (len(b), a is b)""",
        (
            """\
x = []
assert f(x, x) == (1, True) and x == [1]""",
        ),
        "",
    ),
    "keep ref": Honest(
        """\
class Box:

    def __init__(s, xs):
        s.xs = xs

    def total(s):
        return sum(s.xs)""",
        (
            """\
xs = [1]
b = Box(xs)
xs.append(4)
assert b.total() == 5 and b.xs is xs
b.xs.append(1)
assert xs == [1, 4, 1]""",
        ),
        "",
    ),
    "mutable default": Honest(
        """\
def f(x, acc=[]):
    acc.append(x)
    return acc""",
        (
            """\
assert f(1) == [1]
assert f(2) == [1, 2]
assert f(1) is f(2)""",
            "assert f(9) == [9]",
        ),
        "",
    ),
    "deepnest": Honest(
        """\
def nest(n):
    r = []
    for _ in range(n):
        r = [r]
    return r""",
        (
            """\
x = nest(5000)
d = 0
while x:
    x = x[0]
    d += 1
assert d == 5000""",
        ),
        "",
    ),
    "tuple deep": Honest(
        """\
def nest(n):
    r = ()
    for _ in range(n):
        r = (r,)
    return r""",
        (
            """\
x = nest(3000)
d = 0
while x:
    x = x[0]
    d += 1
assert d == 3000""",
        ),
        "",
    ),
    "exit builtin": Honest(
        """\
def f():
    exit(2)""",
        (
            """\
try:
    f()
except SystemExit as e:
    assert e.code == 2
else:
    assert 0""",
        ),
        "",
    ),
    "KeyboardInterrupt expected": Honest(
        """\
def f():
    raise KeyboardInterrupt""",
        (
            """\
try:
    f()
except KeyboardInterrupt:
    pass
else:
    assert 0""",
        ),
        "",
    ),
    "AsyncIter cls": Honest(
        """\
class A:

    def __init__(s, n):
        s.n = n

    def __aiter__(s):
        return s

    async def __anext__(s):
        if s.n == 0:
            raise StopAsyncIteration
        s.n -= 1
        return s.n""",
        (
            """\
import asyncio

async def m():
    return [x async for x in A(3)]
assert asyncio.run(m()) == [2, 1, 0]""",
        ),
        "",
    ),
    "stopiter expected": Honest(
        """\
class I:

    def __init__(s):
        s.n = 0

    def __iter__(s):
        return s

    def __next__(s):
        s.n += 1
        if s.n > 2:
            raise StopIteration
        return s.n""",
        (
            """\
i = I()
assert next(i) == 1 and next(i) == 2
try:
    next(i)
except StopIteration:
    pass
else:
    assert 0""",
            "assert list(I()) == [1, 2] and next(iter(I())) == 1",
        ),
        "",
    ),
    "future line": Honest(
        """\
from __future__ import annotations
from dataclasses import dataclass

@dataclass
class N:
    v: int
    n: N | None = None""",
        ("assert N(1, N(2)).n.v == 2 and N.__annotations__['n'] == 'N | None'",),
        "import math",
    ),
    "nonlocal gen": Honest(
        """\
from contextlib import ExitStack

def f():
    log = []
    with ExitStack() as s:
        s.callback(log.append, 1)
    return log""",
        ("assert f() == [1]",),
        "",
    ),
    "type new": Honest(
        """\
def make(name, **k):
    return type(name, (), k)""",
        (
            """\
P = make('P', x=1)
assert P.__name__ == 'P' and P().x == 1 and (P.x == 1)""",
        ),
        "",
    ),
    "mixin mro": Honest(
        """\
class A:

    def f(s):
        return ['A']

class B(A):

    def f(s):
        return ['B'] + super().f()

class C(A):

    def f(s):
        return ['C'] + super().f()

class D(B, C):
    pass""",
        (
            """\
assert D().f() == ['B', 'C', 'A'] and [c.__name__ for c in D.__mro__] == ['D', 'B', 'C', 'A', 'object'] and (D.__bases__ == (B, C)) and issubclass(D, A)""",
        ),
        "",
    ),
    "init_subclass": Honest(
        """\
class Base:
    subs = []

    def __init_subclass__(cls, **k):
        super().__init_subclass__()
        Base.subs.append(cls.__name__)""",
        (
            """\
class X(Base):
    pass
assert Base.subs == ['X']""",
        ),
        "",
    ),
    "class getitem": Honest(
        """\
from typing import Generic, TypeVar
T = TypeVar('T')

class Box(Generic[T]):

    def __init__(s, v: T):
        s.v = v""",
        ("assert Box[int](3).v == 3 and isinstance(Box(1), Box)",),
        "",
    ),
    "uuid/secrets": Honest(
        """\
import uuid, secrets

def f():
    return str(uuid.uuid4())""",
        ("assert len(f()) == 36 and f() != f()",),
        "",
    ),
    "array ops": Honest(
        """\
import array

def f(a):
    a.append(9)
    return a""",
        (
            """\
import array
a = array.array('i', [1])
assert f(a) is a and a.tolist() == [1, 9]""",
        ),
        "",
    ),
    "chainmap": Honest(
        """\
from collections import ChainMap

def f():
    return ChainMap({'a': 1}, {'a': 2, 'b': 3})""",
        ("assert f()['a'] == 1 and dict(f()) == {'a': 1, 'b': 3} and (f()['b'] == 3)",),
        "",
    ),
    "mappingproxy": Honest(
        """\
import types

def f():
    return types.MappingProxyType({'a': 1})""",
        (
            """\
assert f()['a'] == 1 and dict(f()) == {'a': 1}
try:
    f()['b'] = 1
except TypeError:
    pass
else:
    assert 0""",
            "assert f() == {'a': 1}",
        ),
        "",
    ),
    "iterators eq": Honest(
        """\
def f():
    return map(str, [1, 2])

def g():
    return zip([1], [2])

def h():
    return reversed([1, 2])

def k():
    return enumerate('ab')""",
        (
            """\
assert list(f()) == ['1', '2'] and list(g()) == [(1, 2)] and (list(h()) == [2, 1]) and (list(k()) == [(0, 'a'), (1, 'b')]) and (next(f()) == '1')""",
        ),
        "",
    ),
    "tee groupby": Honest(
        """\
import itertools

def g(xs):
    return itertools.groupby(xs)""",
        ("assert [(k, list(v)) for k, v in g([1, 1, 2])] == [(1, [1, 1]), (2, [2])]",),
        "",
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
        "",
    ),
    "print file cb": Honest(
        """\
def f(out):
    print('x', file=out)""",
        (
            """\
import io
b = io.StringIO()
f(b)
assert b.getvalue() == 'x\\n'""",
        ),
        "",
    ),
    "raise in iter cb": Honest(
        """\
def f(it):
    return sum(it)""",
        (
            """\
def g():
    yield 1
    raise RuntimeError('stop')
try:
    f(g())
except RuntimeError as e:
    assert e.args == ('stop',)
else:
    assert 0""",
        ),
        "",
    ),
    "exc from cb class": Honest(
        """\
def f(cb):
    try:
        cb()
    except ValueError as e:
        return (type(e).__name__, str(e))""",
        (
            """\
class My(ValueError):
    pass

def cb():
    raise My('m')
assert f(cb) == ('My', 'm')""",
        ),
        "",
    ),
    "exc passthrough": Honest(
        """\
def f(cb):
    cb()""",
        (
            """\
class My(Exception):

    def __init__(s, c):
        s.c = c

def cb():
    raise My(3)
try:
    f(cb)
except My as e:
    assert e.c == 3
else:
    assert 0""",
        ),
        "",
    ),
    "return exception": Honest(
        """\
def f():
    return ValueError('x')""",
        (
            """\
e = f()
assert isinstance(e, ValueError) and e.args == ('x',) and (str(e) == 'x')""",
        ),
        "",
    ),
    "custom exc str": Honest(
        """\
class E(Exception):

    def __str__(s):
        return 'E!' + self_name(s)

def self_name(s):
    return type(s).__name__

def f():
    raise E()""",
        (
            """\
try:
    f()
except E as e:
    assert str(e) == 'E!E'""",
        ),
        "",
    ),
    "exc hierarchy": Honest(
        """\
class A(Exception):
    pass

class B(A, KeyError):
    pass

def f():
    raise B('k')""",
        (
            """\
for T in (A, B, KeyError, LookupError):
    try:
        f()
    except T as e:
        assert isinstance(e, B)
    else:
        assert 0""",
            "assert issubclass(B, A) and B.__mro__[1] is A",
        ),
        "",
    ),
    "OSError": Honest(
        """\
def f():
    raise FileNotFoundError(2, 'gone', 'x.txt')""",
        (
            """\
try:
    f()
except OSError as e:
    assert e.errno == 2 and e.filename == 'x.txt' and isinstance(e, FileNotFoundError)""",
        ),
        "",
    ),
    "UnicodeError": Honest(
        """\
def f():
    b'\\xff'.decode()""",
        (
            """\
try:
    f()
except UnicodeDecodeError as e:
    assert e.start == 0 and e.reason""",
        ),
        "",
    ),
    "exc store": Honest(
        """\
class R:

    def __init__(s):
        s.err = None

    def run(s, f):
        try:
            return f()
        except Exception as e:
            s.err = e""",
        (
            """\
r = R()
x = ValueError('z')

def f():
    raise x
r.run(f)
assert r.err is x or r.err.args == ('z',)""",
        ),
        "",
    ),
    "tpe in sol": Honest(
        """\
from concurrent.futures import ThreadPoolExecutor

def f(xs):
    with ThreadPoolExecutor(2) as p:
        return list(p.map(abs, xs))""",
        ("assert f([-1, 2]) == [1, 2]",),
        "",
    ),
    "json exc": Honest(
        """\
import json

def f(s):
    return json.loads(s)""",
        (
            """\
import json
try:
    f('{')
except json.JSONDecodeError as e:
    assert e.pos == 1 and e.msg
else:
    assert 0""",
        ),
        "",
    ),
    "stat exc": Honest(
        """\
import statistics

def f(s):
    return statistics.mean(s)""",
        (
            """\
import statistics
try:
    f([])
except statistics.StatisticsError:
    pass""",
        ),
        "",
    ),
    "intenum is": Honest(
        """\
import enum

class P(enum.IntEnum):
    LOW = 1
    HIGH = 2

def f():
    return P.LOW""",
        (
            "assert f() is P.LOW",
            """\
assert f().name == 'LOW' and P(1) is P.LOW and (P.LOW < P.HIGH) and (max(P).name == 'HIGH')""",
        ),
        "",
    ),
    "dict of named obj": Honest(
        """\
class N:

    def __init__(s, v):
        s.v = v
        s.kids = []

def mk():
    a = N(1)
    a.kids.append(N(2))
    return a""",
        (
            """\
a = mk()
assert a.kids[0].v == 2
a.kids.append(N(3))
assert [k.v for k in a.kids] == [2, 3]
a.v += 1
assert a.v == 2""",
        ),
        "",
    ),
    "re.Match": Honest(
        """\
import re

def f(s):
    return re.match('(\\\\d+)-(?P<x>\\\\w+)', s)""",
        (
            """\
m = f('12-ab')
assert m and m[1] == '12' and (m.groupdict() == {'x': 'ab'}) and (m.groups() == ('12', 'ab'))""",
        ),
        "",
    ),
    "repl cb": Honest(
        """\
import re

def f(s, fn):
    return re.sub('\\\\d+', fn, s)""",
        ("assert f('a1b22', lambda m: str(int(m.group()) * 2)) == 'a2b44'",),
        "",
    ),
    "key cb objs": Honest(
        """\
class P:

    def __init__(s, n, a):
        s.n = n
        s.a = a

def oldest(ps, key):
    return max(ps, key=key)""",
        (
            """\
ps = [P('x', 3), P('y', 5)]
assert oldest(ps, lambda p: p.a).n == 'y' and oldest(ps, key=lambda p: p.a) is ps[1]""",
        ),
        "",
    ),
    "observer": Honest(
        """\
class Subject:

    def __init__(s):
        s.obs = []

    def attach(s, o):
        s.obs.append(o)

    def fire(s, x):
        for o in s.obs:
            o.update(x)""",
        (
            """\
class O:

    def __init__(self):
        self.got = []

    def update(self, x):
        self.got.append(x)
s = Subject()
o = O()
s.attach(o)
s.fire(1)
s.fire(2)
assert o.got == [1, 2]""",
        ),
        "",
    ),
    "visitor base in setup": Honest(
        """\
class Add(Shape):

    def area(self):
        return 5""",
        ("assert Add().area() == 5 and isinstance(Add(), Shape) and (Add().double() == 10)",),
        """\
import abc

class Shape(abc.ABC):

    @abc.abstractmethod
    def area(self):
        ...

    def double(self):
        return 2 * self.area()""",
    ),
    "setup func": Honest(
        """\
def f(x):
    return helper(x) + 1""",
        ("assert f(2) == 5 and helper(2) == 4",),
        """\
def helper(x):
    return x * 2""",
    ),
    "setup exc": Honest(
        """\
def f():
    raise Bad(3)""",
        (
            """\
try:
    f()
except Bad as e:
    assert e.code == 3
else:
    assert 0""",
        ),
        """\
class Bad(Exception):

    def __init__(self, code):
        super().__init__('bad')
        self.code = code""",
    ),
    "setup enum": Honest(
        """\
def f(c):
    return C.G if c is C.R else C.R""",
        ("assert f(C.R) is C.G and f(C.G) == C.R",),
        """\
import enum

class C(enum.Enum):
    R = 1
    G = 2""",
    ),
    "setup dc slots": Honest(
        """\
def f(p):
    return P(p.x + 1, [*p.tags, 'a'])""",
        ("assert f(P(1, ['b'])) == P(2, ['b', 'a'])",),
        """\
from dataclasses import dataclass, field

@dataclass(slots=True)
class P:
    x: int
    tags: list = field(default_factory=list)""",
    ),
    "setup frozen": Honest(
        """\
def f(p):
    return P(p.x + 1)""",
        ("assert f(P(1)) == P(2) and hash(f(P(1))) == hash(P(2))",),
        """\
from dataclasses import dataclass

@dataclass(frozen=True)
class P:
    x: int""",
    ),
    "setup heap": Honest(
        """\
import heapq

def merge(ls):
    h = [(l.val, i, l) for i, l in enumerate(ls) if l]
    heapq.heapify(h)
    d = t = ListNode()
    while h:
        v, i, n = heapq.heappop(h)
        t.next = n
        t = n
        if n.next:
            heapq.heappush(h, (n.next.val, i, n.next))
    return d.next""",
        (
            """\
def mk(*v):
    h = None
    for x in reversed(v):
        h = ListNode(x, h)
    return h

def ls(n):
    o = []
    while n:
        o.append(n.val)
        n = n.next
    return o
assert ls(merge([mk(1, 4), mk(2, 3), None])) == [1, 2, 3, 4]""",
        ),
        """\
class ListNode:

    def __init__(self, val=0, next=None):
        self.val = val
        self.next = next""",
    ),
    "long linked": Honest(
        """\
def rev(h):
    p = None
    while h:
        h.next, p, h = (p, h, h.next)
    return p""",
        (
            """\
h = None
for i in range(20000):
    h = ListNode(i, h)
r = rev(h)
assert r.val == 0 and r.next.val == 1""",
        ),
        """\
class ListNode:

    def __init__(self, val=0, next=None):
        self.val = val
        self.next = next""",
    ),
    "nested class": Honest(
        """\
class Outer:

    class Inner:

        def f(s):
            return 1

    def mk(s):
        return Outer.Inner()""",
        (
            """\
assert Outer().mk().f() == 1 and isinstance(Outer().mk(), Outer.Inner) and (Outer.Inner.__qualname__ == 'Outer.Inner')""",
        ),
        "",
    ),
    "unhashable err": Honest(
        """\
def f():
    return {[]: 1}""",
        (
            """\
try:
    f()
except TypeError as e:
    assert 'unhashable' in str(e)""",
        ),
        "",
    ),
    "unhashable obj": Honest(
        """\
class P:

    def __eq__(s, o):
        return True""",
        (
            """\
try:
    hash(P())
except TypeError:
    pass
else:
    assert 0""",
        ),
        "",
    ),
    "no arg err": Honest(
        """\
def f(a):
    return a""",
        (
            """\
try:
    f()
except TypeError as e:
    assert 'missing 1 required' in str(e)""",
        ),
        "",
    ),
    "iter cb lazily": Honest(
        """\
def evens(it):
    for x in it:
        if x % 2 == 0:
            yield x""",
        (
            """\
import itertools
assert list(itertools.islice(evens(itertools.count()), 3)) == [0, 2, 4]""",
        ),
        "",
    ),
    "chain gens": Honest(
        """\
def a():
    yield 1

def b(g):
    for x in g:
        yield (x + 1)""",
        (
            """\
assert list(b(a())) == [2]
g = b(b(a()))
assert next(g) == 3 and next(g, None) is None""",
        ),
        "",
    ),
    "getitem slices": Honest(
        """\
class S:

    def __getitem__(s, k):
        return k""",
        (
            """\
assert S()[1:2] == slice(1, 2) and S()[1, 2] == (1, 2) and (S()[...] is ...) and (S()[::-1].step == -1)""",
        ),
        "",
    ),
    "NotImplemented": Honest(
        """\
class A:

    def __add__(s, o):
        return NotImplemented""",
        (
            """\
try:
    A() + 1
except TypeError:
    pass
else:
    assert 0""",
        ),
        "",
    ),
    "type()": Honest(
        """\
class A:
    pass""",
        (
            """\
assert type(A()) is A and type(A()).__name__ == 'A' and (A().__class__ is A) and str(type(A())).endswith("A'>")""",
            "assert isinstance(A, type) and callable(A) and A.__module__",
        ),
        "",
    ),
    "sub type check": Honest(
        """\
def f():
    return True""",
        ("assert type(f()) is bool and isinstance(f(), int) and (f() is not 1)",),
        "",
    ),
    "float repr": Honest(
        """\
def f():
    return 0.1 + 0.2""",
        (
            """\
assert repr(f()) == '0.30000000000000004' and round(f(), 2) == 0.3 and (abs(f() - 0.3) < 1e-09)""",
        ),
        "",
    ),
    "bytesio": Honest(
        """\
def f(b):
    return b.read(2)""",
        (
            """\
import io
assert f(io.BytesIO(b'abc')) == b'ab'""",
        ),
        "",
    ),
    "operator.itemgetter arg": Honest(
        """\
def f(xs, key):
    return sorted(xs, key=key)""",
        (
            """\
import operator, functools
assert f([(2, 1), (1, 2)], operator.itemgetter(1)) == [(2, 1), (1, 2)]
assert f(['b', 'A'], str.lower) == ['A', 'b']
assert f([3, -1], functools.partial(pow, 2)) == [-1, 3]
assert f([1, 2], lambda x: -x) == [2, 1]""",
        ),
        "",
    ),
    "method refs": Honest(
        """\
class C:

    def __init__(s):
        s.n = 0

    def inc(s, k=1):
        s.n += k
        return s""",
        (
            """\
c = C()
f = c.inc
assert f(2) is c and c.n == 2 and (C.inc(c).n == 3) and (c.inc().inc().n == 5) and (f.__name__ == 'inc') and (f.__self__ is c)""",
        ),
        "",
    ),
    "default obj": Honest(
        """\
class N:

    def __init__(s, v, l=None, r=None):
        s.v = v
        s.l = l
        s.r = r

def depth(n):
    return 0 if n is None else 1 + max(depth(n.l), depth(n.r))""",
        ("assert depth(N(1, N(2, N(3)))) == 3 and depth(None) == 0",),
        "",
    ),
    "2 classes": Honest(
        """\
class Engine:

    def start(s):
        return 'on'

class Car:

    def __init__(s, e):
        s.e = e

    def go(s):
        return s.e.start()""",
        (
            """\
class Fake:

    def start(self):
        return 'fake'
assert Car(Engine()).go() == 'on' and Car(Fake()).go() == 'fake'""",
        ),
        "",
    ),
    "unittest mock obj": Honest(
        """\
def f(client):
    return client.get('u').json()['a']""",
        (
            """\
from unittest.mock import Mock
m = Mock()
m.get.return_value.json.return_value = {'a': 3}
assert f(m) == 3
m.get.assert_called_once_with('u')""",
        ),
        "",
    ),
    "coroutine twice": Honest(
        """\
import asyncio

async def f(x):
    return x""",
        (
            """\
import asyncio

async def m():
    t = asyncio.create_task(f(3))
    return await t
assert asyncio.run(m()) == 3
loop = asyncio.new_event_loop()
assert loop.run_until_complete(f(1)) == 1
loop.close()""",
        ),
        "",
    ),
    "itertools out": Honest(
        """\
import itertools

def f(xs):
    return itertools.chain(xs, xs)

def c():
    return itertools.count(3)""",
        (
            "assert list(f([1])) == [1, 1]",
            """\
import itertools
c_ = c()
assert next(c_) == 3 and next(c_) == 4""",
        ),
        "",
    ),
    "ordering tuples w/ objs": Honest(
        """\
class T:

    def __init__(s, p):
        s.p = p

    def __lt__(s, o):
        return s.p < o.p""",
        (
            """\
import heapq
h = []
for p in (3, 1, 2):
    heapq.heappush(h, (p, T(p)))
assert [heapq.heappop(h)[0] for _ in range(3)] == [1, 2, 3]
h = [T(2), T(1)]
heapq.heapify(h)
assert heapq.heappop(h).p == 1""",
        ),
        "",
    ),
    "matmul etc": Honest(
        """\
class M:

    def __init__(s, r):
        s.r = r

    def __matmul__(s, o):
        return M([[sum((a * b for a, b in zip(x, y))) for y in zip(*o.r)] for x in s.r])

    def __eq__(s, o):
        return s.r == o.r

    def __invert__(s):
        return M([list(c) for c in zip(*s.r)])""",
        (
            """\
assert M([[1, 2]]) @ M([[3], [4]]) == M([[11]]) and ~M([[1, 2]]) == M([[1], [2]]) and ((M([[1, 2]]) @ M([[3], [4]])).r == [[11]])""",
        ),
        "",
    ),
    "iadd": Honest(
        """\
class B:

    def __init__(s):
        s.x = []

    def __iadd__(s, o):
        s.x.append(o)
        return s""",
        (
            """\
b = B()
c = b
b += 1
assert b is c and b.x == [1]""",
        ),
        "",
    ),
    "generator expr out": Honest(
        """\
def f(n):
    return (i for i in range(n))""",
        (
            """\
assert sum(f(4)) == 6 and list(f(2)) == [0, 1]
g = f(2)
assert iter(g) is g""",
        ),
        "",
    ),
    "defaultdict nested": Honest(
        """\
from collections import defaultdict

def tree():
    return defaultdict(tree)""",
        (
            """\
t = tree()
t['a']['b'] = 1
assert t == {'a': {'b': 1}}""",
        ),
        "",
    ),
    "deque maxlen": Honest(
        """\
from collections import deque

class H:

    def __init__(s):
        s.d = deque(maxlen=2)

    def add(s, x):
        s.d.append(x)
        return s.d""",
        (
            """\
h = H()
h.add(1)
h.add(2)
assert list(h.add(3)) == [2, 3] and h.d.maxlen == 2""",
        ),
        "",
    ),
    "Counter ops": Honest(
        """\
from collections import Counter

def f(s):
    return Counter(s)""",
        (
            """\
assert f('aab') - f('a') == f('ab') and f('aab')['z'] == 0 and (sum(f('abc').values()) == 3)""",
        ),
        "",
    ),
    "frozen slots repr": Honest(
        """\
from typing import NamedTuple

class P(NamedTuple):
    x: int
    y: int = 0

    def norm(s):
        return s.x + s.y

def f():
    return P(1, 2)""",
        (
            """\
assert f() == P(1, 2) == (1, 2) and f().norm() == 3 and (repr(f()) == 'P(x=1, y=2)') and isinstance(f(), tuple) and (f()._replace(x=5) == (5, 2))""",
            """\
a, b = f()
assert a < b and f()[1] == 2 and (len(f()) == 2) and isinstance(f(), P)""",
        ),
        "",
    ),
}

#: What a test sets around it (limits, patches, contexts): they must pass as well.
AMBIENT: dict[str, Honest] = {
    "decimal ctx": Honest(
        """\
from decimal import Decimal

def f():
    return Decimal(1) / Decimal(3)""",
        (
            """\
import decimal
with decimal.localcontext() as c:
    c.prec = 4
    assert f() == decimal.Decimal('0.3333')""",
        ),
        "",
    ),
    "recursionlimit": Honest(
        """\
def f(n):
    return 0 if n == 0 else 1 + f(n - 1)""",
        (
            """\
import sys
sys.setrecursionlimit(20000)
assert f(5000) == 5000""",
        ),
        "",
    ),
    "environ": Honest(
        """\
import os

def f():
    return os.environ.get('MODE', 'none')""",
        (
            """\
import os
os.environ['MODE'] = 'x'
assert f() == 'x'""",
        ),
        "",
    ),
    "warn": Honest(
        """\
import warnings

def f():
    warnings.warn('old', DeprecationWarning)""",
        (
            """\
import warnings
with warnings.catch_warnings(record=True) as w:
    warnings.simplefilter('always')
    f()
assert len(w) == 1 and issubclass(w[0].category, DeprecationWarning)""",
        ),
        "",
    ),
    "patch time": Honest(
        """\
import time

def f():
    return time.time()""",
        (
            """\
from unittest.mock import patch
with patch('time.time', return_value=5):
    assert f() == 5""",
        ),
        "",
    ),
    "patch print": Honest(
        """\
def f():
    print('x')""",
        (
            """\
from unittest.mock import patch
with patch('builtins.print') as p:
    f()
p.assert_called_once_with('x')""",
        ),
        "",
    ),
    "pickle roundtrip": Honest(
        """\
class P:

    def __init__(self, x):
        self.x = x

    def __eq__(self, o):
        return self.x == o.x""",
        (
            """\
import pickle
p = P(3)
assert pickle.loads(pickle.dumps(p)) == p""",
        ),
        "",
    ),
    "eval in test": Honest(
        """\
def add(a, b):
    return a + b""",
        (
            "assert eval('add(1,2)') == 3",
            "assert globals()['add'](1, 2) == 3",
        ),
        "",
    ),
    "logs": Honest(
        """\
import logging
log = logging.getLogger('app')

def f():
    log.warning('hi %d', 3)""",
        (
            """\
import unittest

class T(unittest.TestCase):

    def runTest(self):
        pass
with T().assertLogs('app') as c:
    f()
assert c.output == ['WARNING:app:hi 3']""",
        ),
        "",
    ),
    "wait_for": Honest(
        """\
import asyncio

async def slow():
    await asyncio.sleep(5)""",
        (
            """\
import asyncio

async def m():
    try:
        await asyncio.wait_for(slow(), 0.05)
    except asyncio.TimeoutError:
        return 'timeout'
assert asyncio.run(m()) == 'timeout'""",
        ),
        "",
    ),
    "stderr redirect": Honest(
        """\
import sys

def f():
    print('e', file=sys.stderr)""",
        (
            """\
import io, contextlib
b = io.StringIO()
with contextlib.redirect_stderr(b):
    f()
assert b.getvalue() == 'e\\n'""",
        ),
        "",
    ),
    "contextvar": Honest(
        """\
import contextvars
v = contextvars.ContextVar('v', default=0)

def f():
    return v.get()""",
        (
            """\
t = v.set(5)
assert f() == 5
v.reset(t)
assert f() == 0""",
        ),
        "",
    ),
}

#: They pass in one process and not here; ``runner/models/README.md`` says why.
LIMITS: dict[str, Honest] = {
    "memoryview in": Honest(
        """\
def f(m):
    m[0] = 65""",
        (
            """\
b = bytearray(b'abc')
f(memoryview(b))
assert b == b'Abc'""",
        ),
        "",
    ),
    "new types": Honest(
        """\
from typing import NewType, Literal, Union, Optional
U = NewType('U', int)

def f(x: Optional[int]=None) -> Union[int, str]:
    return U(3)""",
        (
            """\
assert f() == 3
import typing
assert typing.get_type_hints(f)['return'] == typing.Union[int, str]""",
        ),
        "",
    ),
    "an equality that many neighbours satisfy": Honest(
        """\
class Mod:

    def __init__(s, v):
        s.v = v % 7

    def __eq__(s, o):
        return s.v == o % 7""",
        ("assert Mod(10) == 3",),
    ),
    "a method of the test's subclass calls super": Honest(
        """\
class Base:

    def f(self):
        return 1""",
        (
            """\
class Sub(Base):

    def f(self):
        return super().f() + 1
assert Sub().f() == 2""",
        ),
    ),
}
