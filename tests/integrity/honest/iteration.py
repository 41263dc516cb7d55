"""Iteration: generators, iterators, and what consumes them."""

from tests.integrity.programs import Honest

HONEST: dict[str, Honest] = {
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
            "assert str(type(g(3))) == \"<class 'generator'>\" and type(g(3)).__name__ == 'generator'",
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
    ),
    "tee groupby": Honest(
        """\
import itertools

def g(xs):
    return itertools.groupby(xs)""",
        ("assert [(k, list(v)) for k, v in g([1, 1, 2])] == [(1, [1, 1]), (2, [2])]",),
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
    ),
    "chain": Honest(
        """\
class St(list):
    def push(s,x):
        s.append(x)
        return s
    def __len__(s): return 100""",
        (
            "assert len(St().push(1).push(2))==100",
            "assert St().push(1).pop()==1",
        ),
    ),
    "items without an iterator": Honest(
        """\
class Pages:
    def __init__(self, items, size): self.items, self.size = items, size
    def __getitem__(self, number):
        page = self.items[number * self.size:(number + 1) * self.size]
        if not page:
            raise IndexError(number)
        return page

def pages(items, size): return Pages(items, size)""",
        (
            "assert list(Pages([1, 2, 3], 2)) == [[1, 2], [3]] and [len(p) for p in Pages('abc', 2)] == [2, 1]",
            "first, second = Pages('abcd', 2)\nassert (first, second) == ('ab', 'cd')",
            "assert 'ab' in Pages('abc', 2) and 'x' not in Pages('abc', 2)",
            "assert [*pages('abc', 1)] == ['a', 'b', 'c'] and sum(map(len, pages('abc', 2))) == 3",
            "try:\n    Pages([], 1)[0]\n    assert False\nexcept IndexError as error:\n    assert error.args == (0,)",
        ),
    ),
    "lengths that count other things than the items": Honest(
        """\
class Tree:
    def __init__(self, value, *below): self.value, self.below = value, below
    def __len__(self): return 1 + sum(map(len, self.below))
    def __iter__(self): return iter([self.value] if not self.below else sum(map(list, self.below), []))
class Cache:
    def __init__(self, age, clock): self.age, self.clock, self.times = age, clock, {}
    def add(self, key): self.times[key] = self.clock()
    def __len__(self): return sum(self.clock() - each < self.age for each in self.times.values())
class Backlog:
    def __init__(self, *items): self.items = sorted(items)
    def __len__(self): return len(self.items)
    def __iter__(self):
        while self.items: yield self.items.pop(0)""",
        (
            "t = Tree(1, Tree(2), Tree(3, Tree(4)))\nassert len(t) == 4 and list(t) == [2, 4]",
            "now = [0]\nc = Cache(5, lambda: now[0])\nc.add('a')\nassert len(c) == 1\nnow[0] = 10\nassert len(c) == 0",
            "q = Backlog(3, 1, 2)\nassert len(q) == 3\nassert list(q) == [1, 2, 3]\nassert len(q) == 0",
        ),
    ),
    "lists of what arithmetic has made": Honest(
        """\
class Vector:
    def __init__(self, *parts): self.parts = parts
    def __mul__(self, k): return Vector(*(part * k for part in self.parts))
    __rmul__ = __mul__
    def __add__(self, other): return Vector(*map(sum, zip(self.parts, other.parts)))
    def __iter__(self): return iter(self.parts)
    def __len__(self): return len(self.parts)""",
        (
            "v = Vector(1, 2)\nassert list(v * 2) == [2, 4] and tuple(2 * v + v) == (3, 6)",
            "v = Vector(2, 1)\nassert sorted(v * 3) == [3, 6] and [*(v * 2)] == [4, 2]",
        ),
    ),
    "tee": Honest(
        """\
import copy
def g(n): yield from range(n)
class Down:
    def __init__(self, n): self.n = n
    def __iter__(self): return self
    def __next__(self):
        if not self.n: raise StopIteration
        self.n -= 1
        return self.n
class Twin(Down):
    def __copy__(self): return Twin(9)""",
        (
            "import itertools\na, b = itertools.tee(g(3))\nassert list(a) == list(b) == [0, 1, 2]",
            "import itertools\nd = Down(2)\na, b = itertools.tee(d)\n"
            "assert [*a] == [*b] == [1, 0] and d.n == 0",
            "import copy\nd = Down(2)\ne = copy.copy(d)\n"
            "assert list(d) == list(e) == [1, 0] and not hasattr(d, '__copy__')",
            "import copy\nassert copy.copy(Twin(1)).n == 9 and hasattr(Twin(1), '__copy__')",
            "import copy\ntry: copy.copy(g(1))\nexcept TypeError as e: assert 'pickle' in str(e)\n"
            "else: assert False",
        ),
    ),
}
