"""Containers: those of the library, classes derived from them, and deep ones."""

from tests.integrity.programs import Honest

HONEST: dict[str, Honest] = {
    "a default factory that changes": Honest(
        """\
from collections import defaultdict

def freeze(d):
    d.default_factory = None
    return d

def counting(d):
    d.default_factory = lambda: 7""",
        (
            """\
from collections import defaultdict
d = defaultdict(int, a=1)
assert freeze(d) is d and d.default_factory is None
try:
    d['b']
except KeyError:
    assert d == {'a': 1}
else:
    assert False""",
            """\
from collections import defaultdict
d = defaultdict(int)
counting(d)
assert d['x'] == 7""",
        ),
    ),
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
    "chainmap": Honest(
        """\
from collections import ChainMap

def f():
    return ChainMap({'a': 1}, {'a': 2, 'b': 3})""",
        ("assert f()['a'] == 1 and dict(f()) == {'a': 1, 'b': 3} and (f()['b'] == 3)",),
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
    ),
    "dict order": Honest(
        """\
def f():
    return {'b': 1, 'a': 2}""",
        ("assert list(f()) == ['b', 'a'] and list(f().items())[0] == ('b', 1)",),
    ),
    "dict views": Honest(
        """\
def f():
    return {'b': 1}.items()""",
        ("assert list(f()) == [('b', 1)] and ('b', 1) in f()",),
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
    ),
    "sets of fs": Honest(
        """\
def f():
    return {frozenset({1}), frozenset({2, 3})}""",
        ("assert f() == {frozenset({3, 2}), frozenset({1})}",),
    ),
    "nonstr keys": Honest(
        """\
def f():
    return {(1, 2): [3], None: 1, 1.5: 2, True: 3}""",
        ("assert f() == {(1, 2): [3], None: 1, 1.5: 2, True: 3}",),
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
    "getitem slices": Honest(
        """\
class S:

    def __getitem__(s, k):
        return k""",
        (
            """\
assert S()[1:2] == slice(1, 2) and S()[1, 2] == (1, 2) and (S()[...] is ...) and (S()[::-1].step == -1)""",
        ),
    ),
    "default attr dict": Honest(
        """\
class AD(dict):
    def __getattr__(s,k):
        try: return s[k]
        except KeyError: raise AttributeError(k)
    def __setattr__(s,k,v): s[k]=v""",
        (
            """\
d=AD(a=1)
assert d.a==1
d.b=2
assert d["b"]==2 and d=={"a":1,"b":2}""",
        ),
    ),
    "sorted list": Honest(
        """\
import bisect
class SL(list):
    def append(s,x): bisect.insort(s,x)
    add=append""",
        (
            """\
s=SL()
for x in (3,1,2): s.append(x)
assert s==[1,2,3] and list(s)==[1,2,3]
s.add(0)
assert s[0]==0""",
        ),
    ),
    "ci str": Honest(
        """\
class CI(str):
    def __eq__(s,o): return str(s).lower()==str(o).lower()
    def __hash__(s): return hash(str(s).lower())""",
        (
            """\
assert CI("Abc") == "aBC"
assert CI("a") != "b"
assert {CI("A"): 1}[CI("a")] == 1""",
        ),
    ),
    "namedtuple count": Honest(
        """\
from collections import namedtuple
R=namedtuple("R","count index")
def f(): return R(3,4)""",
        (
            """\
r=f()
assert r.count==3 and r.index==4 and r==(3,4)
assert r._asdict()=={"count":3,"index":4}""",
        ),
    ),
    "iterable abc": Honest(
        """\
class L:
    def __iter__(s): return iter((1,2))
    def __len__(s): return 2
    def __contains__(s,x): return x in (1,2)
    def __getitem__(s,i): return (1,2)[i]""",
        (
            """\
from collections.abc import Iterable, Sized, Container, Collection, Hashable, Callable
l=L()
assert isinstance(l,Iterable) and isinstance(l,Sized) and isinstance(l,Container) and isinstance(l,Collection) and not isinstance(l,Callable)
assert 1 in l and 5 not in l and list(l)==[1,2]""",
        ),
    ),
    "mutable mapping": Honest(
        """\
from collections.abc import MutableMapping
class D(MutableMapping):
    def __init__(s): s.d={}
    def __getitem__(s,k): return s.d[k]
    def __setitem__(s,k,v): s.d[k]=v
    def __delitem__(s,k): del s.d[k]
    def __iter__(s): return iter(s.d)
    def __len__(s): return len(s.d)""",
        (
            """\
from collections.abc import MutableMapping, Mapping
d=D()
d["a"]=1
d.update(b=2)
assert isinstance(d,MutableMapping) and isinstance(d,Mapping) and dict(d)=={"a":1,"b":2} and d.pop("a")==1 and d.setdefault("z",4)==4 and list(d.keys())==["b","z"]
assert d == {"b":2,"z":4}""",
        ),
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
    ),
    "counter subclass with operators": Honest(
        """\
from collections import Counter

class Bag(Counter):
    pass

def f(text):
    return Bag(text)""",
        (
            "assert Bag('aab') + Bag('b') == Bag('aabb')",
            "from collections import Counter\nassert f('aab') + f('b') == Counter('aabb')",
            "assert (f('aab') - Bag('a')).most_common(1) == [('a', 1)]",
        ),
    ),
    "dicts and sets of members of the solution's enum": Honest(
        """\
from enum import Enum
class Role(Enum):
    ADMIN = 1
    GUEST = 2
RIGHTS = {Role.ADMIN: {'r', 'w'}, Role.GUEST: {'r'}}
SEEN = {Role.ADMIN, Role.GUEST}
def may(role, right): return right in RIGHTS[role] and role in SEEN""",
        (
            "assert set(RIGHTS) == set(Role) == SEEN\nassert may(Role.GUEST, 'r')\n"
            "assert not may(Role.GUEST, 'w') and may(Role.ADMIN, 'w')",
        ),
    ),
    "collections of the library, and classes that derive from them": Honest(
        """\
from collections import ChainMap, UserDict, UserList, UserString
from collections.abc import Mapping, Set
class Lower(UserDict):
    def __setitem__(self, key, value): super().__setitem__(key.lower(), value)
class Frozen(Mapping):
    def __init__(self, data): self._data = dict(data)
    def __getitem__(self, key): return self._data[key]
    def __iter__(self): return iter(self._data)
    def __len__(self): return len(self._data)
class Ordered(Set):
    def __init__(self, items): self._items = list(dict.fromkeys(items))
    def __contains__(self, item): return item in self._items
    def __iter__(self): return iter(self._items)
    def __len__(self): return len(self._items)
class Recent(UserList): pass
class Slug(UserString): pass
def chain(*maps): return ChainMap(*maps)
def lower(**items): return Lower(items)
def frozen(data): return Frozen(data)
def ordered(items): return Ordered(items)
def recent(*items): return Recent(items)
def slug(text): return Slug(text.lower())
def slugs(*texts): return {slug(text) for text in texts}
DEFAULTS = ChainMap({'a': 1}, {'b': 2})""",
        (
            """\
from collections import ChainMap, UserDict, UserList, UserString
assert chain({'a': 1}, {'b': 2}) == {'a': 1, 'b': 2} == DEFAULTS
assert chain({'a': 1}) == ChainMap({'a': 1}) and chain({'a': 1}) != {'a': 2}
assert lower(A=1) == {'a': 1} and {'a': 1} == lower(A=1) and lower(A=1) == UserDict(a=1)
assert lower(A=1) == lower(a=1) and lower(A=1) != {'A': 1} and not lower() == 3
assert frozen({1: [2]}) == {1: [2]} and frozen({1: chain({'a': 1})}) == {1: {'a': 1}}
assert ordered('aab') == {'a', 'b'} and ordered('a') == frozenset('a') and ordered('a') != {'b'}
assert recent(1, 2) == [1, 2] == UserList([1, 2]) and recent(1) != [2]
assert slug('Ab') == 'ab' and slug('Ab') == UserString('ab') and slug('a') != 'b'
assert slugs('a', 'A', 'b') == {'a', 'b'} and len(slugs('a', 'A')) == 1 and slugs('a') != {'b'}
assert slug('a') == slug('A') != slug('b') and chain({'a': 1}) == frozen({'a': 1})
assert ordered('ab') == ordered('ba') != ordered('a') and recent(1) == recent(1)""",
            """\
import unittest
case = unittest.TestCase()
case.assertEqual(chain({'a': 1}), {'a': 1})
case.assertNotEqual(recent(1), [2])
case.assertEqual([slug('A'), recent()], ['a', []])""",
        ),
    ),
    "namespaces of argparse": Honest(
        """\
import argparse
def parse(*args):
    parser = argparse.ArgumentParser()
    parser.add_argument('name')
    parser.add_argument('-n', type=int, default=1)
    return parser.parse_args(args)
def show(args): return sorted(vars(args).items())
def merge(args, **more): return argparse.Namespace(**{**vars(args), **more})""",
        (
            """\
from argparse import Namespace
args = parse('x', '-n', '3')
assert args == Namespace(name='x', n=3) and args.n == 3 and 'name' in args and 'y' not in args
assert vars(args) == {'name': 'x', 'n': 3} and isinstance(args, Namespace)
assert show(args) == show(Namespace(n=3, name='x')) == [('n', 3), ('name', 'x')]
assert merge(Namespace(a=1), b=[2]) == Namespace(a=1, b=[2]) != Namespace(a=1, b=[3])""",
        ),
    ),
}
