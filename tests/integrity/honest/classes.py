"""Classes: attributes, descriptors, inheritance, metaclasses, and what asks about them."""

from tests.integrity.programs import Honest

HONEST: dict[str, Honest] = {
    "an object that counts what is looked up": Honest(
        """\
class Proxy:
    def __init__(self, target): self.target, self.log = target, []
    def __getattr__(self, name):
        if name[0] == "_": raise AttributeError(name)
        self.log.append(name)
        return getattr(self.target, name)
class Lazy:
    loads = 0
    @property
    def handler(self):
        Lazy.loads += 1
        return Handler()
class Handler:
    def __call__(self, n): return n + 1
""",
        (
            """\
class Target:
    def double(self, n): return 2 * n
proxy = Proxy(Target())
assert proxy.double(4) == 8
try:
    proxy.half(4)
except AttributeError as error:
    assert "half" in str(error)
assert proxy.log == ["double", "half"]
assert Lazy().handler(1) == 2
assert Lazy.loads == 1
""",
        ),
    ),
    "a test's class with a metaclass of the solution": Honest(
        """\
class Singleton(type):
    made = {}
    def __call__(cls, *args, **kwargs):
        if cls not in Singleton.made:
            Singleton.made[cls] = super().__call__(*args, **kwargs)
        return Singleton.made[cls]
class Registry(type):
    classes = {}
    def __new__(meta, name, bases, body, **options):
        cls = super().__new__(meta, name, bases, body)
        meta.classes[name] = cls, options
        return cls
    def __len__(cls): return len(meta_names(cls))
def meta_names(cls): return [name for name in vars(cls) if name[0] != "_"]
""",
        (
            """\
class Config(metaclass=Singleton):
    def __init__(self, n=0): self.n = n
    @property
    def double(self): return 2 * self.n
class Other(metaclass=Singleton): pass
assert Config(4) is Config()
assert Config().double == 8
assert Other() is not Config() and isinstance(Config(), Config)
assert isinstance(Config, Singleton) and type(Config) is Singleton
class Plugin(metaclass=Registry, kind="x"):
    size = 3
    def check(self): assert self.size == 3
assert Registry.classes["Plugin"] == (Plugin, {"kind": "x"})
assert len(Plugin) == 2
Plugin().check()
""",
        ),
    ),
    "a test's subclass calls super": Honest(
        """\
class Base:
    def __init__(self, name): self.name = name
    def f(self): return 1
    @classmethod
    def make(cls): return cls('made')
    @property
    def size(self): return len(self.name)
class Loud(Base):
    def f(self): return super().f() + 10""",
        (
            """\
class Sub(Base):
    def __init__(self, name, age):
        super().__init__(name)
        self.age = age
    def f(self): return super().f() + 1
    @classmethod
    def make(cls): return super().make
    @property
    def size(self): return super().size * 2
one = Sub('ab', 3)
assert (one.f(), one.name, one.age, one.size) == (2, 'ab', 3, 4)""",
            "class Sub(Loud):\n    def f(self): return super(Sub, self).f() * 2\nassert Sub('a').f() == 22",
            """\
class Sub(Base):
    def __init__(self): Base.__init__(self, 'abc')
    def f(self): return Base.f(self) + 5
assert Sub().f() == 6 and Sub().size == 3""",
            "class A:\n    def f(self): return 1\nclass B(A):\n    def f(self): return super().f() + 1\nassert B().f() + Base('').f() == 3",
        ),
    ),
    "a test's subclass has arguments": Honest(
        """\
class Base:
    found = {}
    def __init_subclass__(cls, name=None, **named):
        super().__init_subclass__(**named)
        Base.found[name or cls.__name__] = cls""",
        (
            "class Sub(Base, name='s'): pass\nclass T(Base): pass\nassert Base.found == {'s': Sub, 'T': T}",
        ),
    ),
    "properties and class methods in a test's subclass": Honest(
        """\
from abc import ABC, abstractmethod
class Shape(ABC):
    @property
    @abstractmethod
    def name(self): ...
    @classmethod
    def make(cls): return cls()
    def describe(self): return f'{self.name} {self.kind()} {self.label()}'""",
        (
            """\
import functools
class Mine(Shape):
    @property
    def name(self): return 'mine'
    @staticmethod
    def kind(): return 'static'
    @classmethod
    def label(cls): return cls.__name__
    @functools.cached_property
    def once(self): return 5
assert Mine().describe() == 'mine static Mine' == Mine.make().describe()
assert Mine.kind() == 'static' and Mine.label() == 'Mine' and Mine().once == 5
try:
    Mine().name = 3
except AttributeError:
    pass
else:
    assert False""",
        ),
    ),
    "class decorators of the solution": Honest(
        """\
def tagged(cls):
    cls.tag = 1
    return cls
def with_repr(cls):
    cls.__repr__ = lambda self: f'{cls.__name__}({vars(self)})'
    return cls
def plugin(registry):
    def register(cls):
        registry[cls.__name__] = cls
        return cls
    return register
def counted(cls):
    before = cls.__init__
    cls.made = 0
    def __init__(self, *args, **named):
        type(self).made += 1
        before(self, *args, **named)
    cls.__init__ = __init__
    return cls""",
        (
            "@tagged\nclass Mine: pass\nassert Mine.tag == 1 and Mine().tag == 1",
            "@with_repr\nclass P:\n    def __init__(self): self.a = 1\nassert repr(P()) == \"P({'a': 1})\"",
            "found = {}\n@tagged\n@plugin(found)\nclass Mine: pass\nassert found == {'Mine': Mine} and Mine.tag == 1",
            """\
@counted
class Mine:
    def __init__(self, x, y=2): self.total = x + y
assert Mine(1).total == 3 and Mine(1, y=1).total == 2 and Mine.made == 2""",
            "import dataclasses\n@dataclasses.dataclass\nclass P:\n    x: int\nassert P(1) == P(1) and tagged",
        ),
    ),
    "descriptors of the solution": Honest(
        """\
class Positive:
    def __set_name__(self, owner, name): self.name = name
    def __get__(self, one, owner=None): return self if one is None else vars(one)[self.name]
    def __set__(self, one, value):
        if value <= 0: raise ValueError(f'{self.name} must be positive')
        vars(one)[self.name] = value
class lazy:
    def __init__(self, function): self.function = function
    def __get__(self, one, owner):
        found = self.function(one)
        setattr(one, self.function.__name__, found)
        return found""",
        (
            """\
class Box:
    width = Positive()
    def __init__(self, width): self.width = width
assert Box(3).width == 3 and isinstance(Box.width, Positive)
try:
    Box(-1)
except ValueError as error:
    assert str(error) == 'width must be positive'
else:
    assert False""",
            """\
calls = []
class A:
    @lazy
    def x(self):
        calls.append(1)
        return 42
a = A()
assert (a.x, a.x, calls) == (42, 42, [1])""",
        ),
    ),
    "a metaclass by type": Honest(
        """\
class Meta(type): pass
class Made(metaclass=Meta): pass""",
        (
            "assert type(Made) is Meta and type(Meta) is type and type(Made()) is Made",
            "class Mine(Made): pass\nassert type(Mine) is Meta and type(Mine) is not type",
            "import unittest\nclass Own: pass\nassert type(Own) is type and isinstance(Made, Meta)",
        ),
    ),
    "a length that the base has not": Honest(
        """\
from typing import Generic, TypeVar
T = TypeVar('T')

class Base:
    pass

class Stack(Base, Generic[T]):

    def __init__(self, items=()):
        self.items = [*items]

    def __len__(self):
        return len(self.items)""",
        (
            "assert not Stack() and Stack([1]) and bool(Base())",
            "x = Stack([1, 2])\nwhile x:\n    x.items.pop()\nassert len(x) == 0",
        ),
    ),
    "signatures of what can be called": Honest(
        """\
import functools

class Add:

    def __call__(self, a, b=2):
        return a + b

def f(a, b):
    return a
add, part = Add(), functools.partial(f, 1)""",
        (
            "import inspect\nassert str(inspect.signature(add)) == '(a, b=2)'\n"
            "assert str(inspect.signature(part)) == '(b)'\n"
            "assert {'__call__', '__module__'} <= vars(Add).keys() and '__init__' not in vars(Add)",
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
    "abc, inspected": Honest(
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
    "slots without a dict": Honest(
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
    "lambda attr": Honest(
        """\
f = lambda x: x + 1
f.tag = 't'""",
        ("assert f(1) == 2 and f.tag == 't' and (f.__name__ == '<lambda>')",),
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
    ),
    "instancecheck": Honest(
        """\
class M(type):

    def __instancecheck__(c, o):
        return o in (1, 2)

class Small(metaclass=M):
    pass""",
        ("assert isinstance(1, Small) and (not isinstance(3, Small))",),
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
    ),
    "class getitem": Honest(
        """\
from typing import Generic, TypeVar
T = TypeVar('T')

class Box(Generic[T]):

    def __init__(s, v: T):
        s.v = v""",
        ("assert Box[int](3).v == 3 and isinstance(Box(1), Box)",),
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
    ),
    "sub type check": Honest(
        """\
def f():
    return True""",
        ("assert type(f()) is bool and isinstance(f(), int) and (f() is not 1)",),
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
    "what a class has": Honest(
        """\
import abc, enum
class Base(abc.ABC):
    @abc.abstractmethod
    def area(self): ...
class A(Base):
    count: int = 3
    @property
    def p(self): return 4
    @staticmethod
    def s(x): return x
    @classmethod
    def c(cls): return cls.__name__
    def area(self): return 1
    def f(self, n: int = 2) -> int: return self.area() + n
class Color(enum.Enum):
    RED = 1""",
        (
            "assert 'f' in dir(A) and 'p' in dir(A) and 'nope' not in dir(A)",
            "assert 'f' in vars(A) and 'p' in A.__dict__ and 'nope' not in vars(A)",
            "assert A.__dict__.get('nope', 5) == 5 and len(vars(A)) == len([*vars(A)])",
            "assert isinstance(A.p, property) and isinstance(vars(A)['p'], property)",
            "assert isinstance(A.__dict__['s'], staticmethod)",
            "assert isinstance(A.__dict__['c'], classmethod) and callable(vars(A)['f'])",
            "assert A.p.fget is not None and A.p.fset is None",
            "import inspect\nassert inspect.isabstract(Base) and not inspect.isabstract(A)",
            "assert Base.__abstractmethods__ == frozenset({'area'})",
            """\
import inspect
members = inspect.getmembers(A, inspect.isfunction)
names = [name for name, _ in members if not name.startswith('__')]
assert names == ['area', 'f', 's'], names
found = [name for name, item in inspect.getmembers(A) if isinstance(item, property)]
assert found == ['p']""",
            """\
import inspect
members = inspect.getmembers(A(), inspect.ismethod)
names = [name for name, _ in members if not name.startswith('__')]
assert names == ['area', 'c', 'f'], names""",
            "import typing\nassert typing.get_type_hints(A) == {'count': int}",
            "import typing\nassert typing.get_type_hints(A.f) == {'n': int, 'return': int}",
            "import inspect\nassert str(inspect.signature(A.f)) == '(self, n: int = 2) -> int'",
            "assert 'RED' in dir(Color) and 'RED' in vars(Color)",
        ),
    ),
    "a class patched": Honest(
        """\
class A:
    def g(self): return 1
    @staticmethod
    def s(): return 2
    def f(self): return self.g() + A.s()""",
        (
            """\
from unittest.mock import patch
with patch.object(A, 'g', return_value=5) as g:
    assert A().f() == 7
    g.assert_called_once_with()
assert A().f() == 3""",
            """\
from unittest.mock import patch
a = A()
with patch.object(a, 'g', return_value=5), patch.object(A, 's', lambda: 10):
    assert a.f() == 15
assert a.f() == 3 and A.s() == 2""",
            """\
from unittest import mock
patcher = mock.patch.object(A, 'nope', 1)
try:
    patcher.start()
    assert False
except AttributeError:
    pass
assert not hasattr(A, 'nope')""",
        ),
    ),
    "what a class knows of others": Honest(
        """\
from typing import Protocol, runtime_checkable

class Shape: pass
class Circle(Shape): pass
class Square(Shape): pass

class Meta(type):
    made = []
    def __call__(cls, *args):
        made = super().__call__(*args)
        Meta.made.append(cls.__name__)
        return made

class Single(metaclass=Meta): pass

@runtime_checkable
class Drawable(Protocol):
    def draw(self) -> str: ...

def drawn(items): return [item.draw() for item in items if isinstance(item, Drawable)]

class Star:
    kind = 'star'
    def draw(self): return '*'
    @staticmethod
    def make(): return Star()""",
        (
            "assert Shape.__subclasses__() == [Circle, Square] and Circle.__subclasses__() == []",
            "assert isinstance(Single, Meta) and not isinstance(Star, Meta)\nSingle()\nassert Meta.made == ['Single']",
            """\
class Mine:
    def draw(self): return 'mine'
class Other: pass
assert isinstance(Mine(), Drawable) and not isinstance(Other(), Drawable)
assert drawn([Mine(), Other(), 3, Star()]) == ['mine', '*']""",
            """\
from typing import Protocol, runtime_checkable
@runtime_checkable
class CanDraw(Protocol):
    def draw(self): ...
assert isinstance(Star(), CanDraw) and not isinstance(Circle(), CanDraw)""",
            """\
import inspect
assert isinstance(inspect.getattr_static(Star, 'make'), staticmethod)
assert inspect.getattr_static(Star(), 'kind') == 'star'
assert inspect.getattr_static(Star, 'nope', None) is None""",
        ),
    ),
    "class methods of a builtin's subclass": Honest(
        """\
import datetime

class Day(datetime.date):
    @classmethod
    def today(cls): return cls(2024, 1, 2)
    @staticmethod
    def fromordinal(n): return n

def age(birth):
    today = datetime.date.today()
    return today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))

def hour(): return datetime.datetime.now().hour""",
        (
            "assert Day.today().year == 2024 and Day.fromordinal(3) == 3",
            """\
import datetime
from unittest.mock import patch
class Fixed(datetime.date):
    @classmethod
    def today(cls): return cls(2024, 6, 15)
with patch('datetime.date', Fixed):
    assert age(datetime.date(2000, 6, 16)) == 23""",
            """\
import datetime
from unittest.mock import MagicMock, patch
fake = MagicMock(wraps=datetime.datetime)
fake.now.return_value = datetime.datetime(2020, 1, 1, 13)
with patch('datetime.datetime', fake):
    assert hour() == 13""",
        ),
    ),
    "abstract methods that a test removes, and attributes that it deletes": Honest(
        """\
from abc import ABC, abstractmethod
class Shape(ABC):
    level = 3
    @abstractmethod
    def area(self): ...
    def twice(self): return 2
""",
        (
            """\
from unittest.mock import patch
with patch.multiple(Shape, __abstractmethods__=set()):
    assert Shape().area() is None and Shape().twice() == 2
try:
    Shape()
    assert False
except TypeError:
    pass
with patch.object(Shape, 'new', 5, create=True):
    assert Shape.new == 5
assert not hasattr(Shape, 'new')
del Shape.level
assert not hasattr(Shape, 'level')""",
        ),
    ),
    "partial methods of a test's subclass": Honest(
        """\
import functools
class Cell:
    def put(self, value, *, times=1): self.value = value * times
    on = functools.partialmethod(put, 1)
def fill(cell):
    cell.off()
    return cell.value""",
        (
            """\
import functools
class Own(Cell):
    off = functools.partialmethod(Cell.put, 5, times=2)
    def note(self, text): self.text = text
    hello = functools.partialmethod(note, 'hello')
own = Own()
own.on()
assert own.value == 1 and fill(own) == 10
own.hello()
assert own.text == 'hello'""",
        ),
    ),
    "classes with names of typing": Honest(
        """\
import enum
from typing import List
class Type(enum.Enum):
    CAT = 1
class Deque:
    def __init__(self): self.items = []
    def add(self, item): self.items.append(item)
def kind(): return Type.CAT
def items(deque): return deque.items""",
        (
            "assert kind() == Type.CAT and kind().name == 'CAT'",
            "deque = Deque()\ndeque.add(3)\nfound: List[int] = items(deque)\nassert found == [3]",
        ),
    ),
    "objects of classes that the test has derived": Honest(
        """\
class Tree(dict):
    def __init__(self, *args, parent=None, key=None):
        super().__init__(*args)
        self.parent, self.key = parent, key
    def __missing__(self, key): return type(self)(parent=self, key=key)
    def __setitem__(self, key, value):
        super().__setitem__(key, value)
        if self.parent is not None: self.parent[self.key] = self
class Version:
    def __init__(self, major, minor=0): self.major, self.minor = major, minor
    def replace(self, **parts): return type(self)(**{**vars(self), **parts})
    def __eq__(self, other): return str(self) == str(other)
    def __lt__(self, other): return str(self) < str(other)
    def __str__(self): return f"{self.major}.{self.minor}\"
""",
        (
            """\
class Own(Tree): pass
class Deep(Own): pass
for kind in (Tree, Own, Deep):
    tree = kind()
    tree['a']['b']['c'] = 1
    assert tree == {'a': {'b': {'c': 1}}} and type(tree['a']) is kind
class Release(Version): pass
assert Release(1).replace(minor=3) == '1.3' and Release(1, 2).replace(major=4) == Release(4, 2)
assert Release(1, 2) == '1.2' and Release(1, 2) == Version(1, 2) and Release(1) < '1.1'""",
        ),
    ),
    "names of an object": Honest(
        """\
class Settings:
    def __init__(self): self.values = {'host': 'h', 'port': 1}
    def __getattr__(self, name): return self.__dict__['values'][name]
    def __dir__(self): return sorted(self.values)
class Plain:
    def __init__(self): self.own = 1
    def method(self): pass
def made(): return Plain()""",
        (
            "assert dir(Settings()) == ['host', 'port']",
            "assert {'own', 'method'} <= {*dir(Plain())} and 'other' not in dir(made())",
            "import inspect\nassert ('own', 1) in inspect.getmembers(Plain())",
        ),
    ),
}
