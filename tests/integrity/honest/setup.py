"""Classes of the setup code and of the tests, which the solution uses."""

from tests.integrity.programs import Honest

HONEST: dict[str, Honest] = {
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
    "setup list node": Honest(
        """\
def rev(h):
    p=None
    while h: h.next,p,h=p,h,h.next
    return p""",
        (
            """\
n=rev(mk([1,2,3]))
assert n.vals()==[3,2,1]""",
        ),
        """\
class N:
    def __init__(s,v,n=None): s.val=v; s.next=n; s._c=0
    def vals(s):
        out=[]
        while s: out.append(s.val); s=s.next
        return out
def mk(xs):
    h=None
    for x in reversed(xs): h=N(x,h)
    return h
""",
    ),
    "setup private stack": Honest(
        """\
def f(s):
    s.push(1)
    s.push(2)
    return s.pop(), len(s), s.top, isinstance(s, Stack)""",
        (
            """\
s=Stack()
assert f(s)==(2,1,1,True)
assert s.items()==[1]""",
        ),
        """\
class Stack:
    def __init__(s): s._d=[]
    def push(s,x): s._d.append(x)
    def pop(s): return s._d.pop()
    def items(s): return list(s._d)
    def __len__(s): return len(s._d)
    @property
    def top(s): return s._d[-1]
""",
    ),
    "setup base": Honest(
        """\
class Dog(Animal):
    def speak(self): return "woof "+self.name""",
        (
            """\
d=Dog("rex")
assert d.speak()=="woof rex" and d.intro()=="I am rex: woof rex" and isinstance(d,Animal) and issubclass(Dog,Animal)""",
        ),
        """\
class Animal:
    registry=[]
    def __init__(s,name): s.name=name
    def __init_subclass__(cls): Animal.registry.append(cls.__name__)
    def speak(s): raise NotImplementedError
    def intro(s): return f"I am {s.name}: {s.speak()}"
""",
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
    ),
    "list subclass of the setup": Honest(
        """\
def f(xs):
    return Stack(xs)

def last(stack):
    return stack.top()""",
        (
            "s = f([1, 2])\nassert s.top() == 2 and s == [1, 2] and type(s) is Stack",
            "assert last(Stack([3, 4])) == 4 and f([1]) + [2] == [1, 2]",
        ),
        """\
class Stack(list):
    def top(self):
        return self[-1]""",
    ),
}
