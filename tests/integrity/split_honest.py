"""Honest programs of the kinds that separation tends to reject: loops, contexts, doubles, classes."""

from .honest import Honest

#: They must pass, each as it does in one process.
HONEST: dict[str, Honest] = {
    "gather concurrency": Honest(
        """\
import asyncio
async def s(x):
    await asyncio.sleep(0.1)
    return x""",
        (
            """\
import asyncio, time
async def m():
    return await asyncio.gather(*(s(i) for i in range(5)))
t=time.perf_counter()
assert asyncio.run(m()) == [0,1,2,3,4]
assert time.perf_counter()-t < 0.45""",
        ),
        "",
    ),
    "producer consumer": Honest(
        """\
import asyncio
async def prod(q,n):
    for i in range(n):
        await q.put(i)
    await q.put(None)
async def cons(q):
    out=[]
    while (x := await q.get()) is not None:
        out.append(x)
    return out""",
        (
            """\
import asyncio
async def m():
    q=asyncio.Queue(maxsize=1)
    _, r = await asyncio.gather(prod(q,5), cons(q))
    return r
assert asyncio.run(m()) == [0,1,2,3,4]""",
        ),
        "",
    ),
    "semaphore": Honest(
        """\
import asyncio
async def limited(fns, n):
    sem=asyncio.Semaphore(n)
    async def one(f):
        async with sem:
            return await f()
    return await asyncio.gather(*map(one,fns))""",
        (
            """\
import asyncio
live=0; peak=0
async def job():
    global live, peak
    live+=1; peak=max(peak,live)
    await asyncio.sleep(0.01)
    live-=1
    return 1
assert asyncio.run(limited([job]*6, 2)) == [1]*6
assert peak == 2, peak""",
        ),
        "",
    ),
    "cancel": Honest(
        """\
import asyncio
log=[]
async def w():
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        log.append("c")
        raise""",
        (
            """\
import asyncio
async def m():
    t=asyncio.create_task(w())
    await asyncio.sleep(0.02)
    t.cancel()
    try:
        await t
    except asyncio.CancelledError:
        return 1
assert asyncio.run(m()) == 1 and log == ["c"]""",
        ),
        "",
    ),
    "agen": Honest(
        """\
import asyncio
async def g(n):
    for i in range(n):
        await asyncio.sleep(0)
        yield i""",
        (
            """\
import asyncio
async def m():
    return [x async for x in g(4)]
assert asyncio.run(m()) == [0,1,2,3]""",
            """\
import inspect
assert inspect.isasyncgenfunction(g)""",
        ),
        "",
    ),
    "iscoro": Honest(
        "async def f(): return 1",
        (
            """\
import inspect, asyncio
assert inspect.iscoroutinefunction(f)
assert asyncio.iscoroutinefunction(f)
assert asyncio.run(f()) == 1""",
        ),
        "",
    ),
    "async exc": Honest(
        """\
class E(Exception): pass
async def f(): raise E(3)""",
        (
            """\
import asyncio
try:
    asyncio.run(f())
except E as e:
    assert e.args == (3,)
else:
    assert 0""",
        ),
        "",
    ),
    "async class": Honest(
        """\
import asyncio
class C:
    async def __aenter__(s): return s
    async def __aexit__(s,*a): s.done=True
    async def get(s): return 7
    def __aiter__(s): s.i=0; return s
    async def __anext__(s):
        s.i+=1
        if s.i>2: raise StopAsyncIteration
        return s.i""",
        (
            """\
import asyncio
async def m():
    async with C() as c:
        assert await c.get() == 7
        assert [x async for x in c] == [1,2]
    assert c.done
asyncio.run(m())""",
        ),
        "",
    ),
    "sync runs test coro": Honest(
        """\
import asyncio
def run(c): return asyncio.run(c)""",
        (
            """\
import asyncio
async def c():
    await asyncio.sleep(0)
    return 4
assert run(c()) == 4""",
        ),
        "",
    ),
    "timeout cb": Honest(
        """\
import asyncio
async def wt(c,t):
    try:
        return await asyncio.wait_for(c,t)
    except asyncio.TimeoutError:
        return "late"
""",
        (
            """\
import asyncio
async def slow(): await asyncio.sleep(1); return 1
async def fast(): return 2
assert asyncio.run(wt(slow(),0.05)) == "late"
assert asyncio.run(wt(fast(),0.5)) == 2""",
        ),
        "",
    ),
    "as_completed": Honest(
        """\
import asyncio
async def s(x):
    await asyncio.sleep(x/50)
    return x""",
        (
            """\
import asyncio
async def m():
    return [await c for c in asyncio.as_completed([s(3),s(1),s(2)])]
assert asyncio.run(m()) == [1,2,3]""",
        ),
        "",
    ),
    "event": Honest(
        """\
import asyncio
async def waiter(ev):
    await ev.wait()
    return "go"
""",
        (
            """\
import asyncio
async def m():
    ev=asyncio.Event()
    t=asyncio.create_task(waiter(ev))
    await asyncio.sleep(0.01)
    assert not t.done()
    ev.set()
    return await t
assert asyncio.run(m()) == "go"
""",
        ),
        "",
    ),
    "IsolatedAsyncioTestCase": Honest(
        "async def f(): return 3",
        (
            """\
import unittest, io
class T(unittest.IsolatedAsyncioTestCase):
    async def test_f(self):
        self.assertEqual(await f(), 3)
r = unittest.TextTestRunner(stream=io.StringIO()).run(unittest.defaultTestLoader.loadTestsFromTestCase(T))
assert r.wasSuccessful() and r.testsRun == 1""",
        ),
        "",
    ),
    "lock lru": Honest(
        """\
from collections import OrderedDict
class LRUCache(OrderedDict):
    def __init__(self, cap): super().__init__(); self.cap=cap
    def __setitem__(self,k,v):
        super().__setitem__(k,v)
        self.move_to_end(k)
        if len(self)>self.cap: self.popitem(last=False)
    def __getitem__(self,k):
        v=super().__getitem__(k)
        self.move_to_end(k)
        return v""",
        (
            """\
c=LRUCache(2)
c["a"]=1
c["b"]=2
_=c["a"]
c["c"]=3
assert list(c)==["a","c"] and "b" not in c and len(c)==2""",
            """\
c=LRUCache(1)
assert isinstance(c, dict) and dict(c) == {}""",
        ),
        "",
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
        "",
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
        "",
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
        "",
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
        "",
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
        "",
    ),
    "temp float": Honest(
        """\
class T(float):
    @property
    def f(s): return s*9/5+32
    def __repr__(s): return f"T({float(s)})"
""",
        ('assert T(100).f==212 and repr(T(1))=="T(1.0)" and T(3)+1==4.0 and T(2)<T(3)',),
        "",
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
        "",
    ),
    "typed exc": Honest(
        """\
class AppError(Exception):
    code=500
    def __init__(s,m,*,detail=None):
        super().__init__(m); s.detail=detail
    def __str__(s): return f"[{s.code}] {s.args[0]}"
class NF(AppError): code=404
def f(): raise NF("x",detail={"a":1})""",
        (
            """\
try:
    f()
except AppError as e:
    assert e.code==404 and e.detail=={"a":1} and str(e)=="[404] x" and type(e).__name__=="NF" and isinstance(e,NF)
else: assert 0""",
        ),
        "",
    ),
    "cause chain": Honest(
        """\
def f():
    try:
        int("x")
    except ValueError as e:
        raise RuntimeError("bad") from e
def g():
    try:
        int("x")
    except ValueError:
        raise KeyError("k")
def h():
    try: int("x")
    except ValueError: raise KeyError("k") from None""",
        (
            """\
try: f()
except RuntimeError as e: assert isinstance(e.__cause__, ValueError) and "invalid literal" in str(e.__cause__)
try: g()
except KeyError as e: assert isinstance(e.__context__, ValueError) and e.__cause__ is None
try: h()
except KeyError as e: assert e.__suppress_context__ and e.__cause__ is None""",
        ),
        "",
    ),
    "unicode exc": Honest(
        'def f(b): return b.decode("utf-8")',
        (
            """\
try: f(b"\\xff")
except UnicodeDecodeError as e: assert e.start==0 and e.reason
else: assert 0""",
        ),
        "",
    ),
    "import err": Honest(
        """\
def f():
    import nonexistent_mod""",
        (
            """\
try: f()
except ImportError as e: assert e.name in ("nonexistent_mod", None)
else: assert 0""",
        ),
        "",
    ),
    "self cause": Honest(
        """\
def f():
    e=ValueError("x")
    raise e from e""",
        (
            """\
try: f()
except ValueError as e: assert e.args==("x",)""",
        ),
        "",
    ),
    "exc group": Honest(
        'def f(): raise ExceptionGroup("g",[ValueError(1),TypeError(2)])',
        (
            """\
try: f()
except* ValueError as eg: assert len(eg.exceptions)==1
except* TypeError as eg: pass""",
        ),
        "",
    ),
    "setup exc back": Honest(
        """\
def f(x):
    if x<0: raise Bad(x,"neg")
    return x""",
        (
            """\
try: f(-1)
except Bad as e: assert e.code==-1 and str(e)=="neg: -1"
else: assert 0""",
        ),
        """\
class Bad(Exception):
    def __init__(self, code, msg):
        super().__init__(f"{msg}: {code}")
        self.code=code
        self._m=msg
""",
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
        "",
    ),
    "vars set": Honest(
        """\
class P:
    def __init__(s): s.x=1""",
        (
            """\
p=P()
vars(p)["y"]=5
assert p.y==5
p.__dict__.update(z=3)
assert p.z==3 and sorted(vars(p))==["x","y","z"]""",
        ),
        "",
    ),
    "slots": Honest(
        """\
class P:
    __slots__=("x",)
    def __init__(s): s.x=1""",
        (
            """\
p=P()
try:
    p.y=1
except AttributeError: pass
else: assert 0
assert not hasattr(p,"__dict__")""",
        ),
        "",
    ),
    "abc": Honest(
        """\
import abc
class Sh(abc.ABC):
    @abc.abstractmethod
    def area(s): ...
class Sq(Sh):
    def __init__(s,a): s.a=a
    def area(s): return s.a**2""",
        (
            """\
try: Sh()
except TypeError as e: assert "abstract" in str(e)
else: assert 0
assert Sq(3).area()==9 and isinstance(Sq(1),Sh) and issubclass(Sq,Sh)""",
            """\
import inspect, abc
assert issubclass(Sh, abc.ABC)""",
        ),
        "",
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
        "",
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
        "",
    ),
    "patch sleep": Honest(
        """\
import time
def retry(f,n):
    for i in range(n):
        try: return f()
        except ValueError: time.sleep(2**i)""",
        (
            """\
from unittest.mock import patch, Mock
with patch("time.sleep") as s:
    f=Mock(side_effect=[ValueError,ValueError,5])
    assert retry(f,3)==5
assert [c.args[0] for c in s.call_args_list]==[1,2] and f.call_count==3""",
        ),
        "",
    ),
    "patch random": Honest(
        """\
import random
def roll(): return random.randint(1,6)""",
        (
            """\
from unittest.mock import patch
with patch("random.randint", return_value=4) as m:
    assert roll()==4
m.assert_called_once_with(1,6)
assert 1<=roll()<=6""",
        ),
        "",
    ),
    "patch input": Honest(
        'def ask(): return int(input("n? "))+1',
        (
            """\
from unittest.mock import patch
with patch("builtins.input", return_value="4"):
    assert ask()==5""",
        ),
        "",
    ),
    "patch open": Honest(
        """\
def rd(p):
    with open(p) as f: return f.read()""",
        (
            """\
from unittest.mock import patch, mock_open
with patch("builtins.open", mock_open(read_data="hi")):
    assert rd("x.txt")=="hi"
""",
        ),
        "",
    ),
    "patch argv": Honest(
        """\
import sys
def main(): return sys.argv[1]""",
        (
            """\
import sys
sys.argv=["p","q"]
assert main()=="q"
""",
        ),
        "",
    ),
    "monkey time": Honest(
        """\
import time
def stamp(): return int(time.time())""",
        (
            """\
import time
real=time.time
time.time=lambda: 7.9
try:
    assert stamp()==7
finally:
    time.time=real
assert stamp()>1000""",
        ),
        "",
    ),
    "decimal ctx, again": Honest(
        """\
from decimal import Decimal, getcontext
getcontext().prec=10
def f(): return Decimal(1)/3""",
        (
            """\
from decimal import Decimal
assert f()==Decimal("0.3333333333")""",
        ),
        "",
    ),
    "warn error": Honest(
        """\
import warnings
def f(): warnings.warn("x", UserWarning)
import functools
def dep(fn):
    @functools.wraps(fn)
    def w(*a):
        warnings.warn(f"{fn.__name__} is deprecated", DeprecationWarning, stacklevel=2)
        return fn(*a)
    return w""",
        (
            """\
import warnings
with warnings.catch_warnings():
    warnings.simplefilter("error")
    try: f()
    except UserWarning as e: assert str(e)=="x"
    else: assert 0""",
            """\
import warnings
@dep
def g(x): return x
with warnings.catch_warnings(record=True) as w:
    warnings.simplefilter("always")
    assert g(3)==3
assert len(w)==1 and "deprecated" in str(w[0].message) and w[0].category is DeprecationWarning""",
            """\
import unittest
class T(unittest.TestCase):
    def runTest(s):
        with s.assertWarns(UserWarning): f()
r=unittest.TestResult()
T().run(r)
assert r.wasSuccessful(), r.errors+r.failures""",
        ),
        "",
    ),
    "log handler": Honest(
        """\
import logging
logger=logging.getLogger("svc")
def f():
    logger.info("a %s","b")
    logger.error("bad")""",
        (
            """\
import logging, io
s=io.StringIO()
h=logging.StreamHandler(s)
l=logging.getLogger("svc")
l.addHandler(h)
l.setLevel(logging.INFO)
f()
assert s.getvalue()=="a b\\nbad\\n"
l.removeHandler(h)""",
            """\
import unittest
class T(unittest.TestCase):
    def runTest(s):
        with s.assertLogs("svc", level="INFO") as c: f()
        s.assertEqual(c.output,["INFO:svc:a b","ERROR:svc:bad"])
r=unittest.TestResult()
T().run(r)
assert r.wasSuccessful(), r.errors+r.failures""",
        ),
        "",
    ),
    "eval globals": Honest(
        """\
def add(a,b): return a+b
def sub(a,b): return a-b""",
        (
            """\
for e,r in (("add(1,2)",3),("sub(5,3)",2)):
    assert eval(e)==r""",
            'assert callable(globals()["add"]) and "sub" in globals()',
        ),
        "",
    ),
    "stderr": Honest(
        """\
import sys
def f(): print("err",file=sys.stderr); print("out")""",
        (
            """\
import io, contextlib
e=io.StringIO(); o=io.StringIO()
with contextlib.redirect_stderr(e), contextlib.redirect_stdout(o): f()
assert e.getvalue()=="err\\n" and o.getvalue()=="out\\n"
""",
        ),
        "",
    ),
    "protocol": Honest(
        """\
from typing import Protocol, runtime_checkable
@runtime_checkable
class Sized2(Protocol):
    def size(self)->int: ...
class A:
    def size(self): return 3
class B: pass""",
        (
            "assert isinstance(A(),Sized2) and not isinstance(B(),Sized2) and not isinstance(5,Sized2)",
        ),
        "",
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
        "",
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
        "",
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
        "",
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
        "",
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
        "",
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
        "",
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
        "",
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
        "",
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
        "",
    ),
    "interval": Honest(
        """\
class I:
    def __init__(s,a,b): s.a,s.b=a,b
    def __contains__(s,x): return s.a<=x<=s.b
def mk(a,b): return I(a,b)""",
        ("assert 5 in I(1,10) and 11 not in I(1,10)",),
        "",
    ),
}
