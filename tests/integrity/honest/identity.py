"""Identity: shared objects, copies, defaults, weak references."""

from tests.integrity.programs import Honest

HONEST: dict[str, Honest] = {
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
    ),
    "copy": Honest(
        """\
class P:
    def __init__(s,x): s.x=x
    def __eq__(s,o): return isinstance(o,P) and s.x==o.x""",
        (
            """\
import copy
a=P([1])
b=copy.copy(a)
assert b.x is a.x and b == a and b is not a
c=copy.deepcopy([a,a])
assert c[0] is c[1] and c[0] is not a and c[0].x == [1]""",
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
    ),
    "default sentinel": Honest(
        """\
M = object()

def f(x=M):
    return x is M""",
        ("assert f() and (not f(1)) and f(M)",),
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
    ),
    "id stable": Honest(
        """\
a = object()

def f():
    return a""",
        ("assert f() is f() and f() == f() and (a is f())",),
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
    ),
    "weakref ctxvar": Honest(
        """\
import contextvars
v = contextvars.ContextVar('v', default=1)

def f():
    return v.get()""",
        ("assert f() == 1 and v.get() == 1",),
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
    "literals": Honest(
        """\
def apply(action, numbers=()):
    if action is "add":
        return sum(numbers)
    return {"word": "plus", "words": ["plus", "minus"]}[action] if action is not "none" else ""
class Step:
    kind = "start\"""",
        (
            "assert apply('add', [1, 2]) == 3",
            "assert apply('word') is 'plus' and apply('none') is ''",
            "assert apply('word') is not 'minus' and apply('words')[1] is 'minus'",
            "assert Step().kind is 'start'",
            "import unittest\nunittest.TestCase().assertIs(apply('word'), 'plus')",
        ),
    ),
    "texts with an address": Honest(
        """\
class Node:
    class Edge: pass
def count(): yield 1
def texts(): return map(str, [1])
def adder(): return lambda a: a + 1
def node(): return Node()""",
        (
            """\
import re
def shows(obj, text): return re.fullmatch(text.replace("_", "0x[0-9a-f]+"), repr(obj))
assert shows(texts(), "<map object at _>") and shows(Node(), "<solution.Node object at _>")
assert shows(Node.Edge(), "<solution.Node.Edge object at _>") and shows(count, "<function count at _>")
assert shows(adder(), "<function adder.<locals>.<lambda> at _>")
assert repr(type(count())) == "<class 'generator'>"
one = node()
assert repr(one) == str(one) != repr(node())""",
        ),
    ),
}
