"""Functions: callbacks, closures, decorators, signatures."""

from tests.integrity.programs import Honest

HONEST: dict[str, Honest] = {
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
    "partial": Honest(
        """\
import functools

def add(a, b):
    return a + b
inc = functools.partial(add, 1)""",
        ("assert inc(2) == 3",),
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
    "repl cb": Honest(
        """\
import re

def f(s, fn):
    return re.sub('\\\\d+', fn, s)""",
        ("assert f('a1b22', lambda m: str(int(m.group()) * 2)) == 'a2b44'",),
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
    "kwargs": Honest(
        """\
def f(*a, **k):
    return (a, k)""",
        (
            "assert f(1, b=2) == ((1,), {'b': 2})",
            "assert f(*[1, 2], **{'self': 1}) == ((1, 2), {'self': 1})",
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
    ),
    "what a decorator asks of a function": Honest(
        """\
import functools, inspect

def checked(f):
    signature = inspect.signature(f)

    @functools.wraps(f)
    def wrapper(*args, **named):
        bound = signature.bind(*args, **named)
        bound.apply_defaults()
        for name, value in bound.arguments.items():
            kind = f.__annotations__.get(name)
            if kind is not None and not isinstance(value, kind):
                raise TypeError(f"{name} must be {kind.__name__}")
        return f(*bound.args, **bound.kwargs)
    return wrapper

def curry(f):
    count = f.__code__.co_argcount
    def inner(*args):
        return f(*args) if len(args) >= count else lambda *more: inner(*args, *more)
    return inner

def optional(f):
    return f.__code__.co_varnames, len(f.__defaults__ or ()), len(f.__kwdefaults__ or ())

def is_generator(f):
    return len(inspect.signature(f).parameters)""",
        (
            """\
@checked
def area(width: int, height: int, scale=2, *, unit=10):
    return width * height * scale * unit
assert area(3, 4) == 240 and area(3, height=4, unit=1) == 24
try:
    area(3, 'x')
except TypeError as error:
    assert str(error) == 'height must be int'
else:
    assert False""",
            "assert curry(lambda a, b, c: a + b * c)(1)(2)(3) == 7",
            "assert optional(lambda a, b=1, *, c=2: 0) == (('a', 'b', 'c'), 1, 1)",
        ),
    ),
    "a decorator that marks a function": Honest(
        """\
class App:
    def __init__(self): self.routes = {}
    def route(self, path):
        def mark(f):
            f.path = path
            f.hits = 0
            self.routes[path] = f
            return f
        return mark
    def call(self, path):
        self.routes[path].hits += 1
        return self.routes[path]()""",
        (
            """\
app = App()
@app.route('/')
def home(): return 'home'
assert home.path == '/' and app.routes['/'] is home
assert app.call('/') == 'home' and app.call('/') == 'home' and home.hits == 2""",
        ),
    ),
    "types of defaults of the test's functions": Honest(
        """\
import functools, inspect
def checked(**kinds):
    def decorate(f):
        signature = inspect.signature(f)
        @functools.wraps(f)
        def wrapper(*args, **named):
            bound = signature.bind(*args, **named)
            bound.apply_defaults()
            for name, kind in kinds.items():
                if not isinstance(bound.arguments[name], kind): raise TypeError(name)
            return f(*bound.args, **bound.kwargs)
        return wrapper
    return decorate""",
        (
            """\
@checked(a=int, b=str, c=bool, d=list, e=float)
def f(a, b='x', *, c=True, d=[], e=1.5): return b * a, c, d, e
assert f(2) == ('xx', True, [], 1.5) and f(1, 'y', c=False) == ('y', False, [], 1.5)
for args in (('1',), (1, 2)):
    try:
        f(*args)
        assert False
    except TypeError:
        pass""",
        ),
    ),
    "names that begin with two underscores": Honest(
        "def __half(n): return n / 2\nclass __Unit:\n    size = 3\n",
        (
            "assert __half(3) == 1.5 and __Unit.size == 3",
            "import solution\nfrom solution import __Unit\n"
            "assert solution.__half(1) == 0.5 and __Unit.size == 3",
            "from solution import __half\ndef test_half():\n    assert __half(3) == 1.5\n",
        ),
    ),
    "functions and methods of a class": Honest(
        """\
class Pair:
    def __init__(self): self.one = 1
    def __eq__(self, other): return isinstance(other, Pair)
    def sum(self): return 3
    @classmethod
    def make(cls): return cls()""",
        (
            "import inspect\nassert [name for name, _ in inspect.getmembers(Pair,"
            " inspect.isfunction)] == ['__eq__', '__init__', 'sum']",
            "import inspect\nassert [name for name, _ in inspect.getmembers(Pair(),"
            " inspect.ismethod)] == ['__eq__', '__init__', 'make', 'sum']",
        ),
    ),
    "special names": Honest(
        """\
'''What it is for.'''
__all__ = ['Stack', 'push']
import functools
class Stack:
    "A stack."
    __match_args__ = ('items',)
    __hash__ = None
    def __init__(self, *items): self.items = [*items]
    def __len__(self):
        "How many items it has."
        return len(self.items)
    def __eq__(self, other): return self.items == other.items
def push(stack: Stack, item: int = 0) -> Stack:
    "Put an item on a stack."
    return Stack(*stack.items, item)
push.calls = 0""",
        (
            "assert hasattr(Stack, '__len__') and not hasattr(Stack, '__iter__')",
            "assert Stack.__eq__ is not object.__eq__ and Stack.__repr__ is object.__repr__",
            "assert Stack.__len__ is Stack.__len__ and Stack.__len__(Stack(1, 2)) == 2",
            "assert Stack(1).__len__() == 1 and Stack(1).__len__.__self__.items == [1]",
            "assert Stack.__hash__ is None and Stack.__match_args__ == ('items',)",
            "assert Stack.__doc__ == 'A stack.' and Stack.__len__.__doc__.startswith('How')",
            "import collections.abc\nassert issubclass(Stack, collections.abc.Sized)"
            " and not issubclass(Stack, collections.abc.Hashable)",
            "import inspect\nassert str(inspect.signature(Stack.__eq__)) == '(self, other)'"
            " and inspect.isfunction(vars(Stack)['__len__'])",
            "assert push.__doc__ and push.__module__ == 'solution' and vars(push) == {'calls': 0}",
            "import functools\n@functools.wraps(push)\ndef again(*args): return push(*args)\n"
            "assert again.__doc__ == push.__doc__ and again.calls == 0",
            "import solution\nassert solution.__doc__ == 'What it is for.'"
            " and solution.__all__ == ['Stack', 'push']",
            "import copy\nmade = copy.deepcopy(Stack(1))\nassert len(copy.copy(made)) == 1",
            "import copy\nassert copy.copy(push) is push and copy.copy(Stack(1).__len__)() == 1",
            "import pickle\nassert len(pickle.loads(pickle.dumps(Stack(1)))) == 1",
            "from contextlib import ExitStack\nassert not hasattr(Stack(), '__enter__')",
        ),
    ),
    "sources": Honest(
        """\
def fact(n):
    return 1 if n < 2 else n * fact(n - 1)
class Pair:
    def sum(self): return 3""",
        (
            "import inspect\nassert 'fact(n - 1)' in inspect.getsource(fact)",
            "import ast, inspect\nassert [*map(type, ast.parse(inspect.getsource(fact)).body)] == "
            "[ast.FunctionDef]",
            "import inspect\nassert 'def sum' in inspect.getsource(Pair) and "
            "inspect.getsourcelines(Pair().sum) == (['    def sum(self): return 3\\n'], 4)",
            "import inspect, solution\nassert 'class Pair' in inspect.getsource(solution)\n"
            "assert solution.fact(3) == 6",
        ),
    ),
    "test cases that return something": Honest(
        "def f(x): return x * x",
        (
            "import unittest\nclass T(unittest.TestCase):\n"
            "    def test_one(self): return self.assertEqual(f(3), 9)\n"
            "    def test_two(self):\n        self.assertEqual(f(3), 9)\n        return f(0)\n"
            "    def test_three(self): return f(3) == 9",
            "import unittest\nclass T(unittest.IsolatedAsyncioTestCase):\n"
            "    async def test_one(self): return self.assertEqual(f(3), 9)\n"
            "    def test_two(self): return f(3) == 9",
        ),
    ),
    "types of functions, generators and coroutines": Honest(
        """\
def f(n): return n
def g(n): yield n
async def c(n): return n
async def a(n): yield n
class C:
    def m(self): return 1
h = len""",
        (
            """\
import types
assert type(f) is type(lambda: None) and type(f) == types.FunctionType
assert type(C().m) is types.MethodType and type(h) is types.BuiltinFunctionType
assert type(g(1)) is types.GeneratorType and type(a(1)) in (types.AsyncGeneratorType,)
assert type(C()) is C and type(C) is type and type(g) is not types.GeneratorType
made = c(1)
assert type(made) is types.CoroutineType
made.close()""",
        ),
    ),
}
