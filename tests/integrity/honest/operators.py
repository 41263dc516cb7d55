"""Operators of a solution's classes: equality, order, hashes, arithmetic."""

from tests.integrity.programs import Honest

HONEST: dict[str, Honest] = {
    "operators of an object whose methods return it": Honest(
        """\
class Basket:
    def __init__(self): self.count = {}
    def add(self, name, n=1):
        if n < 1: raise ValueError(n)
        self.count[name] = self.count.get(name, 0) + n
        return self
    def __contains__(self, name): return name.lower() in self.count
    def __iter__(self): return iter(self.count.items())
    def __eq__(self, other): return self.count == other
    def __add__(self, n): return Basket().add("all", n + sum(self.count.values()))
""",
        (
            """\
basket = Basket()
basket.add("apple").add("pear", 2)
for name in ("fig", "kiwi"):
    basket.add(name)
try:
    basket.add("apple", 0)
except ValueError:
    basket.add("apple")
assert "Apple" in basket and "plum" not in basket
assert basket == {"apple": 2, "pear": 2, "fig": 1, "kiwi": 1}
assert dict(basket + 1) == {"all": 7}
""",
        ),
    ),
    "arithmetic of returned objects with values": Honest(
        """\
class Vector:
    def __init__(self, *xs): self.xs = xs
    @classmethod
    def of(cls, text): return cls(*map(int, text.split()))
    def __eq__(self, other):
        return self.xs == other.xs if isinstance(other, Vector) else NotImplemented
    def __mul__(self, k): return Vector(*(x * k for x in self.xs))
    __rmul__ = __mul__
    def __truediv__(self, k): return Vector(*(x / k for x in self.xs))
    def __add__(self, other):
        if isinstance(other, Vector): return Vector(*map(sum, zip(self.xs, other.xs)))
        return Vector(*(x + y for x, y in zip(self.xs, other)))
    def __radd__(self, zero): return self
    def __imul__(self, k):
        self.xs = tuple(x * k for x in self.xs)
        return self
    def __str__(self): return f"<{', '.join(map(str, self.xs))}>"
    def __getitem__(self, at): return self.xs[at]
    def norm(self): return sum(x * x for x in self.xs) ** 0.5
    def __pow__(self, k):
        if k < 0: raise ValueError("negative")
        return Vector(*(x ** k for x in self.xs))
def unit(at, n): return Vector(*(int(at == i) for i in range(n)))
def both(): return [unit(0, 2), unit(1, 2)]
""",
        (
            "assert Vector.of('1 2') * 2 == Vector(2, 4)",
            "assert 2 * Vector.of('1 2') == Vector.of('1 2') * 2 != Vector.of('1 2') * 3",
            "assert (unit(0, 2) * 3 + unit(1, 2) * 4).norm() == 5",
            "v = unit(1, 3) / 2\nassert str(v) == '<0.0, 0.5, 0.0>' and v[1] == 0.5",
            "assert (Vector.of('1 2') + (3, 4)).xs == (4, 6)",
            "assert ((Vector.of('1 2') + (3, 4)) * 2 + [1, 1]).xs == (9, 13)",
            "assert [(v * k).xs for v in both() for k in (1, 2)]"
            " == [(1, 0), (2, 0), (0, 1), (0, 2)]",
            "assert (sum(both()) * 5).xs == (5, 5)\nassert tuple(sum(both())) == (1, 1)",
            "v = unit(0, 2)\nfor k in range(1, 4):\n    v *= k\nassert v.xs == (6, 0)",
            "assert list(map(lambda v: (v + (1, 1)).xs, both())) == [(2, 1), (1, 2)]",
            "try:\n    unit(0, 2) ** -1\nexcept ValueError as error:\n    assert 'neg' in str(error)\n"
            "assert (unit(0, 2) ** 2)[0] == 1",
        ),
    ),
    "arithmetic that gives plain values": Honest(
        """\
class Money:
    def __init__(self, n): self.n = n
    def __add__(self, other): return self.n + other
    __radd__ = __add__
    def __sub__(self, other): return self.n - other
    def __rsub__(self, other): return other - self.n
    def __mul__(self, k): return self.n * k
    def __truediv__(self, k): return self.n / k
    def __rtruediv__(self, k): return k / self.n
    def __divmod__(self, k): return divmod(self.n, k)
    def __mod__(self, k): return self.n % k
    def __pow__(self, k): return self.n ** k
    def __and__(self, k): return self.n & k
class Ratio:
    def __init__(self, top, bottom): self.top, self.bottom = top, bottom
    def __rpow__(self, base): return base ** (self.top / self.bottom)
class Row:
    def __init__(self, *xs): self.xs = xs
    def __mul__(self, k): return [x * k for x in self.xs]
    def __add__(self, more): return [*self.xs, *more]
    def __or__(self, more): return {*self.xs} | more
class Word:
    def __init__(self, s): self.s = s
    def __add__(self, other): return self.s + other
    def __radd__(self, other): return other + self.s
""",
        (
            "assert Money(5) + 3 == 8 == 3 + Money(5) and Money(5) - 3 == 2",
            "assert 9 - Money(5) == 4 and Money(5) * 3 == 15 and Money(5) / 2 == 2.5",
            "assert sum([Money(5), Money(6)]) == 11 and sum([Money(5)], 100000) == 100005",
            "assert abs(Money(5.5) - 0.5 - 5) < 1e-9 and 11 / Money(5.5) == 2",
            "assert divmod(Money(17), 5) == (3, 2) and Money(17) % 5 == 2 and Money(6) & 3 == 2",
            "assert Money(2) ** 5 == 32 and Money(-3) + 1.5 == -1.5",
            "import unittest\n"
            "unittest.TestCase().assertAlmostEqual(8 ** Ratio(4, 3), 16.0, places=8)",
            "assert Row(1, 2) * 3 == [3, 6] and Row(1, 2) + [3] == [1, 2, 3]",
            "assert Row(1, 2) | {3} == {1, 2, 3} and Word('a') + 'b' == 'ab' == 'a' + Word('b')",
            "import pytest\nwith pytest.raises(ZeroDivisionError): Money(5) / 0",
        ),
    ),
    "operators that work on a value of the test": Honest(
        """\
import datetime
class Step:
    def __init__(self, function): self.function = function
    def __ror__(self, xs): return self.function(xs)
    __rrshift__ = __ror__
    def __or__(self, then): return Step(lambda xs: then(self.function(xs)))
def where(keep): return Step(lambda xs: (x for x in xs if keep(x)))
def joined(sign): return Step(lambda xs: sign.join(map(str, xs)))
class Template:
    def __init__(self, text): self.text = text
    def __mod__(self, values): return self.text.format(**values)
    def __truediv__(self, more): return f"{self.text}/{more}"
class Out:
    def __init__(self): self.parts = []
    def __lshift__(self, part):
        self.parts.append(part)
        return self
def out(): return Out()
class Months:
    def __init__(self, n): self.n = n
    def __radd__(self, day): return day.replace(month=day.month + self.n, day=min(day.day, 28))
def months(n): return Months(n)
""",
        (
            "assert list([1, 2, 3] | where(lambda x: x != 2)) == [1, 3]",
            "assert ((x for x in 'abc') | where(str.isalpha) | joined('-')) == 'a-b-c'",
            "assert range(3) >> where(bool) >> joined('') == '12'",
            "import functools, operator\n"
            "last = Step(str) | str.strip | list | operator.itemgetter(-1)\n"
            "assert (' ab ' | last) == 'b' and ('11' | (Step(str) | functools.partial(int, base=2))) == 3",
            "assert Template('hi {name}') % {'name': 'Bob'} == 'hi Bob'",
            "assert Template('a') / 'b' == 'a/b'",
            "o = out()\no << 'a' << [1]\nassert o.parts == ['a', [1]]",
            "from datetime import date\n"
            "assert date(2021, 1, 31) + Months(1) == date(2021, 2, 28) == date(2021, 1, 28) + months(1)",
        ),
    ),
    "special methods that a class does not want": Honest(
        """\
class Numbers:
    __iter__ = __reversed__ = None
    def __len__(self): return 3
    def __getitem__(self, at): return [1, 2, 3][at]
class Closed:
    __contains__ = __hash__ = None
    def __iter__(self): return iter([1])
""",
        (
            """\
import pytest
for function in (iter, list, reversed):
    with pytest.raises(TypeError): function(Numbers())
with pytest.raises(TypeError): 1 in Closed()
with pytest.raises(TypeError): hash(Closed())
assert list(Closed()) == [1] and Numbers()[1] == 2
""",
        ),
    ),
    "operators that a returned object lacks": Honest(
        """\
class Money:
    def __init__(self, cents): self.cents = cents
    def __eq__(self, other):
        return self.cents == other.cents if isinstance(other, Money) else NotImplemented
    def __lt__(self, other):
        return self.cents < other.cents if isinstance(other, Money) else NotImplemented
    def __add__(self, other):
        return Money(self.cents + other.cents) if isinstance(other, Money) else NotImplemented
    def __mul__(self, factor):
        if not isinstance(factor, int): raise TypeError(f"no {type(factor).__name__}")
        return Money(self.cents * factor)
    @classmethod
    def parse(cls, text): return cls(int(text))
""",
        (
            """\
import pytest
class Other: pass
for money in (Money(5), Money.parse("5")):
    for other in (5, "5", (5,), {}, None, Other(), object()):
        assert money != other
        assert not money == other
        with pytest.raises(TypeError): money + other
        with pytest.raises(TypeError): other + money
        with pytest.raises(TypeError): money < other
    with pytest.raises(TypeError, match="no str"): money * "a"
    with pytest.raises(TypeError, match="no NoneType"): money * None
assert "5" not in [Money.parse("5")]
""",
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
    "vector tuple add": Honest(
        """\
class V(tuple):

    def __add__(self, o):
        return V((a + b for a, b in zip(self, o)))""",
        ("assert V((1, 2)) + V((3, 4)) == V((4, 6))",),
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
    ),
    "eq mod": Honest(
        """\
class Mod:
    def __init__(s,v,m): s.v=v%m; s.m=m
    def __eq__(s,o): return s.v==(o.v if isinstance(o,Mod) else o%s.m)
    def __add__(s,o): return Mod(s.v+(o.v if isinstance(o,Mod) else o),s.m)""",
        (
            """\
a=Mod(3,7)+Mod(6,7)
assert a==Mod(2,7)""",
        ),
    ),
    "total order": Honest(
        """\
import functools
@functools.total_ordering
class V:
    def __init__(s,t): s.p=tuple(map(int,t.split(".")))
    def __eq__(s,o): return s.p==(V(o) if isinstance(o,str) else o).p
    def __lt__(s,o): return s.p<(V(o) if isinstance(o,str) else o).p""",
        (
            'assert V("1.2")<V("1.10") and max(V("1.2"),V("1.10"))==V("1.10") and sorted([V("2.0"),V("1.0")])[0]==V("1.0")',
            'assert V("1.2")=="1.2"',
        ),
    ),
    "money order": Honest(
        """\
class M:
    def __init__(s,c): s.c=c
    def _v(s,o): return o.c if isinstance(o,M) else o
    def __eq__(s,o): return s.c==s._v(o)
    def __lt__(s,o): return s.c<s._v(o)
    def __gt__(s,o): return s.c>s._v(o)
    def __le__(s,o): return s.c<=s._v(o)
    def __ge__(s,o): return s.c>=s._v(o)""",
        (
            """\
m=M(5)
assert 3<m<10 and m>=5 and m<=5 and not m<5 and m!=4 and m==5.0
assert sorted([M(3),M(1)])[0]==1""",
        ),
    ),
    "counter cmp": Honest(
        """\
class C:
    def __init__(s): s.n=0
    def inc(s,k=1): s.n+=k; return s
    def __lt__(s,o): return s.n<o
    def __gt__(s,o): return s.n>o
    def __eq__(s,o): return s.n==o""",
        (
            """\
c=C()
assert c<5
c.inc(900)
assert c>500 and c==900""",
        ),
    ),
    "approx": Honest(
        """\
class A:
    def __init__(s,v): s.v=v
    def __eq__(s,o): return abs(s.v-o)<1e-6""",
        (
            """\
assert A(0.1+0.2)==0.3 and A(1.0)!=1.1
assert 2.5==A(2.5)""",
        ),
    ),
    "frac": Honest(
        """\
from math import gcd
class F:
    def __init__(s,n,d=1): g=gcd(n,d); s.n,s.d=n//g,d//g
    def __eq__(s,o):
        if isinstance(o,F): return (s.n,s.d)==(o.n,o.d)
        if isinstance(o,int): return s.d==1 and s.n==o
        return s.n/s.d==o
    def __add__(s,o): return F(s.n*o.d+o.n*s.d,s.d*o.d)
    def __radd__(s,o): return F(s.n+o*s.d,s.d)""",
        ("assert F(1,2)+F(1,2)==1 and F(1,2)==0.5 and sum([F(1,3)]*3)==F(1)",),
    ),
    "poly": Honest(
        """\
class P:
    def __init__(s,*c): s.c=list(c)
    def __eq__(s,o): return s.c==(o.c if isinstance(o,P) else list(o))
    def __mul__(s,o): return P(*[x*o for x in s.c])
    def __call__(s,x): return sum(a*x**i for i,a in enumerate(s.c))
    def __iter__(s): return iter(s.c)
    def __getitem__(s,i): return s.c[i]""",
        (
            "assert P(1,2)==[1,2] and P(1,2)*2==P(2,4) and P(1,2)(3)==7 and list(P(1,2))==[1,2] and P(1,2)[1]==2",
        ),
    ),
    "str eq": Honest(
        """\
class S:
    def __init__(s,t): s.t=t
    def __eq__(s,o): return s.t==str(o)
    def __str__(s): return s.t""",
        (
            'assert S("héllo wörld")=="héllo wörld" and S("")=="" and S("a")=="a" and S("x"*500)=="x"*500',
        ),
    ),
    "bag": Honest(
        """\
from collections import Counter
class Bag:
    def __init__(s,*x): s.c=Counter(x)
    def __contains__(s,x): return s.c[x]>0
    def __eq__(s,o): return s.c==(o.c if isinstance(o,Bag) else Counter(o))
    def __len__(s): return sum(s.c.values())
    def __or__(s,o): return Bag(*(s.c|o.c).elements())""",
        (
            """\
b=Bag(1,1,2)
assert 1 in b and 3 not in b and len(b)==3 and b==[1,2,1] and (b|Bag(3))==Bag(1,1,2,3)""",
        ),
    ),
    "interval": Honest(
        """\
class I:
    def __init__(s,a,b): s.a,s.b=a,b
    def __contains__(s,x): return s.a<=x<=s.b
def mk(a,b): return I(a,b)""",
        ("assert 5 in I(1,10) and 11 not in I(1,10)",),
    ),
    "matrix list": Honest(
        """\
class M(list):
    def __matmul__(s,o): return M([[sum(a*b for a,b in zip(r,c)) for c in zip(*o)] for r in s])
    def __add__(s,o): return M([[a+b for a,b in zip(r,q)] for r,q in zip(s,o)])""",
        (
            """\
a=M([[1,2],[3,4]])
assert a@a==[[7,10],[15,22]]
assert a+a==[[2,4],[6,8]]
assert (a+a)+a == M([[3,6],[9,12]])""",
        ),
    ),
    "temp float": Honest(
        """\
class T(float):
    @property
    def f(s): return s*9/5+32
    def __repr__(s): return f"T({float(s)})"
""",
        ('assert T(100).f==212 and repr(T(1))=="T(1.0)" and T(3)+1==4.0 and T(2)<T(3)',),
    ),
    "hash": Honest(
        """\
def f():
    return hash('a')""",
        ("assert f() == hash('a')",),
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
    ),
    "equality with collections and times": Honest(
        """\
from collections.abc import Mapping, Sequence
class Same:
    def __init__(self, value): self.value = value
    def __eq__(self, other):
        if isinstance(other, Sequence) and not isinstance(self.value, str | bytearray):
            return list(self.value) == list(other)
        if isinstance(other, Mapping):
            return dict(self.value) == dict(other)
        return self.value == other
""",
        (
            """\
from collections import Counter, OrderedDict, defaultdict, deque
import datetime
assert Same([1, 2]) == deque([1, 2]) and Same([1, 2]) != deque([2, 1])
assert Same((1, 2)) == deque([1, 2], maxlen=2) and Same([]) == deque()
assert Same({'a': 2, 'b': 1}) == Counter('aab') and Same({}) == Counter()
assert Same({'a': 1}) == OrderedDict(a=1) and Same({'a': [1]}) == defaultdict(list, a=[1])
assert Same(b'ab') == bytearray(b'ab')
assert Same(range(3)) == range(3) and Same([0, 2]) == range(0, 4, 2) and Same([1]) != range(1)
assert Same({(1, 2), (0, 1)}) == {(0, 1), (1, 2)} and Same({b'a', b'c'}) == {b'a', b'c'}
assert Same(datetime.time(12, 30)) == datetime.time(12, 30)""",
        ),
    ),
}
