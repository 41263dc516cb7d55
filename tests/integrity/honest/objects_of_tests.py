"""What a solution does with objects of the test: sets, wraps, compares, keeps and describes them."""

from tests.integrity.programs import Honest

_TREE = """
def invert(root):
    if root:
        root.left, root.right = invert(root.right), invert(root.left)
    return root
def values(root): return values(root.left) + [root.val] + values(root.right) if root else []
"""
_SIGNAL = """
class Signal:
    def __init__(self): self.handlers = []
    def connect(self, handler):
        if handler not in self.handlers: self.handlers.append(handler)
        return len(self.handlers)
    def disconnect(self, handler): self.handlers.remove(handler)
    def emit(self, x):
        for handler in self.handlers: handler(x)
"""
_MACHINE = """
import datetime, os
class Machine:
    @property
    def name(self): return os.environ.get("NAME", "dev")
    @property
    def now(self): return datetime.datetime.now()
    @staticmethod
    def version(): return "1"
    @classmethod
    def kind(cls): return cls.__name__
    def banner(self): return f"{self.name}-{self.version()}-{self.kind()}-{self.now:%Y}"
"""

HONEST: dict[str, Honest] = {
    "attributes that a test's object has itself": Honest(
        _TREE,
        (
            "from dataclasses import dataclass\nfrom typing import Any\n"
            "@dataclass\nclass Node:\n    val: int\n    left: Any = None\n    right: Any = None\n"
            "root = Node(1, Node(2), Node(3))\n"
            "assert invert(root) is root and values(root) == [3, 1, 2]\n"
            "assert root == Node(1, Node(3), Node(2))",
            "from dataclasses import dataclass\nfrom typing import Any\n"
            "@dataclass(slots=True)\nclass Node:\n"
            "    val: int\n    left: Any = None\n    right: Any = None\n"
            "assert values(invert(Node(1, Node(2)))) == [1, 2]",
            "class Node:\n    left = right = None\n    def __init__(self, val): self.val = val\n"
            "root = Node(1)\nroot.left = Node(2)\nassert values(invert(root)) == [1, 2]",
        ),
    ),
    "properties of a test's object": Honest(
        "def show(view, n): view.label = f'{n} clicks'; return view.label\n",
        (
            "class View:\n    seen = ()\n    @property\n    def label(self): return self._label\n"
            "    @label.setter\n    def label(self, text):\n"
            "        self.seen += (text,)\n        self._label = text\n"
            "view = View()\nassert show(view, 2) == '2 clicks' and view.seen == ('2 clicks',)",
            "from unittest.mock import Mock, PropertyMock\nview = Mock()\n"
            "type(view).label = label = PropertyMock(return_value='x')\n"
            "assert show(view, 3) == 'x'\nlabel.assert_any_call('3 clicks')",
        ),
    ),
    "attributes of mocks": Honest(
        "def count(model, n):\n    model.total += n\n    model.names = ['a', n]\n"
        "    model.save()\n",
        (
            "from unittest.mock import Mock, call\nmodel = Mock(total=2)\ncount(model, 5)\n"
            "assert model.total == 7 and model.names == ['a', 5]\n"
            "assert model.mock_calls == [call.save()]",
        ),
    ),
    "calls of mocks": Honest(
        "def log(m, xs):\n    for x in xs: m(x, more=[x])\n"
        "    return [[*args] for args, _ in m.call_args_list], m.call_args[1], len(m.mock_calls)\n"
        "def same(m):\n    m(1)\n    m(x=2)\n"
        "    return m.call_args_list[0] == ((1,), {}), m.call_args.kwargs['x'], m.call_args.args\n",
        (
            "from unittest.mock import Mock\nm = Mock()\n"
            "assert log(m, [3, 4]) == ([[3], [4]], {'more': [4]}, 2) and m.call_count == 2",
            "from unittest.mock import Mock, call\nm = Mock()\n"
            "assert same(m) == (True, 2, ()) and m.mock_calls == [call(1), call(x=2)]",
        ),
    ),
    "names of mocks": Honest(
        "import functools\ndef traced(function, log):\n    @functools.wraps(function)\n"
        "    def inner(*args):\n        log.append(function.__name__)\n"
        "        return function(*args)\n    return inner\n",
        (
            "from unittest.mock import Mock\nlog = []\n"
            "f = traced(Mock(__name__='load', return_value=3), log)\n"
            "assert f(1) == 3 and log == ['load'] and f.__name__ == 'load'",
            "from unittest.mock import Mock\nimport pytest\n"
            "with pytest.raises(AttributeError):\n    traced(Mock(), [])(1)",
        ),
    ),
    "specified mocks notice calls only": Honest(
        "def finish(session): commit = session.commit; commit(); session.close()\n",
        (
            "from unittest.mock import call, create_autospec\n"
            "class Session:\n    def commit(self): ...\n    def close(self): ...\n"
            "session = create_autospec(Session, instance=True)\nfinish(session)\n"
            "assert session.method_calls == [call.commit(), call.close()]",
        ),
    ),
    "bound methods are equal": Honest(
        _SIGNAL,
        (
            "signal, one, two = Signal(), [], []\n"
            "assert [signal.connect(x.append) for x in (one, two, one)] == [1, 2, 2]\n"
            "signal.emit(1)\nsignal.disconnect(one.append)\nsignal.emit(2)\n"
            "assert (one, two) == ([1], [1, 2])",
            "class Log:\n    def __init__(self): self.seen = []\n"
            "    def note(self, x): self.seen.append(x)\n    def other(self, x): pass\n"
            "signal, log = Signal(), Log()\n"
            "assert signal.connect(log.note) == signal.connect(log.note) == 1\n"
            "assert signal.connect(Log().note) == 2 and signal.connect(log.other) == 3\n"
            "signal.disconnect(log.note)\nsignal.emit(1)\nassert log.seen == []",
        ),
    ),
    "observers in weak sets": Honest(
        "import weakref\nclass Subject:\n    def __init__(self): self.all = weakref.WeakSet()\n"
        "    def notify(self, x):\n        for one in self.all: one.update(x)\n"
        "        return len(self.all)\ndef observe(s, one): s.all.add(one)\n",
        (
            "class Observer:\n    def update(self, x): self.seen = x\n"
            "s, one, two = Subject(), Observer(), Observer()\n"
            "observe(s, one)\nobserve(s, two)\n"
            "assert s.notify(3) == 2 and one.seen == two.seen == 3",
        ),
    ),
    "plain objects of no class": Honest(
        "from typing import Protocol, runtime_checkable\n"
        "@runtime_checkable\nclass Closes(Protocol):\n    def close(self): ...\n"
        "class Door:\n    def close(self): ...\n"
        "def refuse(x): raise TypeError('no', x)\n",
        (
            "assert isinstance(Door(), Closes) and not isinstance(object(), Closes)",
            "try:\n    refuse([object()])\nexcept TypeError as error:\n"
            "    assert error.args[0] == 'no'\nelse:\n    assert False",
        ),
    ),
    "kinds of functions": Honest(
        "import asyncio, inspect\n"
        "def kinds(f): return (inspect.iscoroutinefunction(f), inspect.isgeneratorfunction(f),"
        " inspect.isasyncgenfunction(f))\n"
        "async def run(f, *args): return await f(*args) if asyncio.iscoroutinefunction(f)"
        " else f(*args)\n",
        (
            "async def a(): pass\ndef b(): yield\nasync def c(): yield\n"
            "assert [kinds(f).index(True) for f in (a, b, c)] == [0, 1, 2]\n"
            "assert not any(kinds(lambda: 0)) and not any(kinds(len))",
            "import asyncio, functools\nfrom unittest.mock import AsyncMock, Mock\n"
            "async def a(x): return x\nclass C:\n    async def a(self, x): return x\n"
            "    def b(self, x): return x\nasync def main():\n    for f in (C().a, C().b, functools.partial(a), len):\n"
            "        assert await run(f, '1') in ('1', 1)\n"
            "    assert await run(AsyncMock(return_value=2)) == 2\n"
            "    assert await run(Mock(return_value=3)) == 3\nasyncio.run(main())",
        ),
    ),
    "signatures of a test's classes": Honest(
        "import inspect\ndef build(cls):\n"
        "    parts = inspect.signature(cls).parameters.values()\n"
        "    return cls(*(build(p.annotation) for p in parts if p.default is p.empty))\n",
        (
            "class Db: pass\nclass Repo:\n"
            "    def __init__(self, db: Db, size=5): self.db, self.size = db, size\n"
            "class Service:\n    def __init__(self, repo: Repo, db: Db): self.repo = repo\n"
            "made = build(Service)\n"
            "assert type(made.repo) is Repo and type(made.repo.db) is Db and made.repo.size == 5",
        ),
    ),
    "descriptors in classes of the solution": Honest(
        _MACHINE,
        (
            "from unittest.mock import PropertyMock, patch\nimport datetime\n"
            "day = datetime.datetime(1999, 1, 1)\n"
            "with patch.object(Machine, 'name', new_callable=PropertyMock, return_value='p') as n:\n"
            "    with patch.object(Machine, 'now', PropertyMock(return_value=day)):\n"
            "        assert Machine().banner() == 'p-1-Machine-1999'\n"
            "n.assert_called_once_with()\nassert Machine().name == 'dev'",
            "Machine.name = property(lambda self: 'q')\n"
            "Machine.version = staticmethod(lambda: '2')\n"
            "Machine.kind = classmethod(lambda cls: cls.__name__.lower())\n"
            "assert Machine().banner()[:12] == 'q-2-machine-'",
        ),
    ),
    "an exception of a library raised by a test's object": Honest(
        "import sqlite3\ndef insert(db, rows):\n    try:\n        with db:\n"
        "            db.executemany('insert into t values (?)', rows)\n"
        "    except sqlite3.IntegrityError as error:\n        return str(error)\n"
        "    return db.total_changes\n",
        (
            "import sqlite3\ndb = sqlite3.connect(':memory:')\n"
            "db.execute('create table t (x int not null)')\n"
            "assert insert(db, [(1,), (2,)]) == 2\n"
            "assert insert(db, [(3,), (None,)]) == 'NOT NULL constraint failed: t.x'\n"
            "assert db.execute('select count(*) from t').fetchone() == (2,)",
        ),
    ),
    "sums of objects": Honest(
        "class Money:\n    def __init__(self, n): self.n = n\n"
        "    def __add__(self, other): return Money(self.n + other.n)\n"
        "    def __radd__(self, other): return self if other == 0 else NotImplemented\n"
        "    def __eq__(self, other): return self.n == other.n\n"
        "def split(money, count): return [Money(money.n // count)] * count\n",
        ("assert sum(split(Money(9), 3)) == Money(9)", "assert sum([Money(1), Money(2)]).n == 3"),
    ),
    "operators with functions": Honest(
        "class Pipe:\n    def __init__(self, *steps): self.steps = steps\n"
        "    def __or__(self, step): return Pipe(*self.steps, step)\n"
        "    def __call__(self, x):\n        for step in self.steps: x = step(x)\n"
        "        return x\nclass Slots(list):\n"
        "    def __iadd__(self, f): self.append(f); return self\n"
        "    def __isub__(self, f): self.remove(f); return self\n"
        "    def __call__(self, x): return [f(x) for f in self]\n"
        "class Button:\n    def __init__(self): self.clicked = Slots()\n"
        "def start(f): return Pipe(f)\n",
        (
            "assert (Pipe(abs) | str | (lambda s: s + '!') | len)(-12) == 3",
            "assert (start(abs) | str)(-3) == '3'",
            "button = Button()\ndef f(x): return x + 1\nbutton.clicked += f\n"
            "button.clicked += abs\nassert button.clicked(-3) == [-2, 3]\n"
            "button.clicked -= f\nassert button.clicked(-3) == [3] and len(button.clicked) == 1",
        ),
    ),
    "identity of exceptions": Honest(
        "class Failed(Exception):\n    def __init__(self, error): self.error = error\n"
        "def run(f, on_error=None):\n    try: return f()\n    except Exception as error:\n"
        "        if on_error is None: raise Failed(error) from error\n"
        "        on_error(error)\n        return error\ndef bad(): return [][1]\n"
        "def note(f):\n    try: f()\n    except Exception as error:\n"
        "        error.add_note('seen')\n        error.line = 3\n        return error\n"
        "class Box:\n    def __init__(self, item): self.item = item\n",
        (
            "from unittest.mock import Mock\nerror, seen = ValueError(1), Mock()\n"
            "assert run(Mock(side_effect=error), seen) is error\n"
            "seen.assert_called_once_with(error)\nassert Box(error).item is error",
            "try:\n    run(bad)\n    assert False\nexcept Failed as failed:\n"
            "    assert failed.error is failed.__cause__ is failed.error\n"
            "    assert isinstance(failed.error, IndexError)\n"
            "    assert Box(failed.error).item is failed.error",
            "def bad(): raise ValueError(1)\nerror = note(bad)\n"
            "assert error.__notes__ == ['seen'] and error.line == 3 and error.args == (1,)",
            "try:\n    bad()\n    assert False\nexcept IndexError as error:\n"
            "    kept = error\ntry:\n    bad()\n    assert False\n"
            "except IndexError as error:\n    assert error is not kept",
        ),
    ),
    "equality of exceptions": Honest(
        "class Bad(ValueError):\n    def __eq__(self, other):\n"
        "        return type(other) is Bad and self.args == other.args\n"
        "def check(x): raise Bad(x)\n",
        (
            "import pytest\nwith pytest.raises(Bad) as caught: check(3)\n"
            "assert caught.value == Bad(3) and caught.value != Bad(4)\n"
            "assert caught.value != ValueError(3)",
        ),
    ),
    "texts of decorating objects": Honest(
        "import functools\nclass count:\n    def __init__(self, f):\n"
        "        self.f, self.n = f, 0\n        functools.update_wrapper(self, f)\n"
        "    def __call__(self, *args):\n        self.n += 1\n        return self.f(*args)\n"
        '@count\ndef add(a, b):\n    """Add."""\n    return a + b\n',
        (
            "assert add(1, 2) == 3 and add.n == 1\nassert (add.__doc__, add.__name__) == ('Add.', 'add')",
        ),
    ),
    "logs of a logger of the solution": Honest(
        "import logging\nlogger = logging.getLogger('shop')\n"
        "def sell(n):\n    logger.error('bad %d', n)\n    return n\n",
        (
            "import unittest\nclass T(unittest.TestCase):\n    def test_it(self):\n"
            "        with self.assertLogs(logger, 'ERROR') as caught: sell(3)\n"
            "        self.assertEqual(caught.output, ['ERROR:shop:bad 3'])\n"
            "        with self.assertRaises(AssertionError), self.assertLogs(logger): pass\n"
            "        with self.assertNoLogs(logger, 'CRITICAL'): sell(4)\n",
        ),
    ),
    "contexts that a solution enters for the test": Honest(
        "import contextlib\n@contextlib.contextmanager\ndef opened(log):\n    log.append('open')\n"
        "    yield 3\n    log.append('close')\nclass Last:\n    def __enter__(self): return self\n"
        "    def __exit__(self, *error): log.append('last')\n"
        "def enter(stack, given):\n    global log\n    log = given\n    stack.push(Last())\n"
        "    stack.callback(given.append, 'called')\n    return stack.enter_context(opened(given))\n",
        (
            "import contextlib\nlog = []\nwith contextlib.ExitStack() as stack:\n"
            "    assert enter(stack, log) == 3\n"
            "assert log == ['open', 'close', 'called', 'last']",
        ),
    ),
    "a handler of a solution for the loop of the test": Honest(
        "seen = []\ndef watch(loop):\n"
        "    loop.set_exception_handler(lambda loop, what: seen.append(str(what['exception'])))\n",
        (
            "import asyncio, gc\nasync def main():\n    watch(asyncio.get_running_loop())\n"
            "    async def fail(): raise ValueError('bad')\n"
            "    kept = [asyncio.get_running_loop().create_task(fail())]\n"
            "    await asyncio.sleep(0.01)\n    kept.clear()\n    gc.collect()\n"
            "asyncio.run(main())\nassert seen == ['bad']",
        ),
    ),
    "serializers of objects and classes of the test": Honest(
        """\
import dataclasses, inspect, typing
def plain(x):
    if dataclasses.is_dataclass(x) and not isinstance(x, type): return dataclasses.asdict(x)
    if isinstance(x, tuple) and hasattr(x, '_asdict'): return x._asdict()
    return {key: item for key, item in vars(x).items() if not key.startswith('_')}
def made(cls, **given):
    for field in dataclasses.fields(cls):
        if field.default is not dataclasses.MISSING: given.setdefault(field.name, field.default)
        elif field.default_factory is not dataclasses.MISSING:
            given.setdefault(field.name, field.default_factory())
    return cls(**given), {field.name: field.type for field in dataclasses.fields(cls)}
def changed(x, **given): return dataclasses.replace(x, **given)
def fields(cls): return cls._fields, cls._make([1, 2])
def used(cls, own): return cls.tool(own), cls.plain(cls(), own), cls.of(own)
def again(method, other): return method.__func__(other)
def call(f, x): return f(x)
def unit(cls): return dataclasses.fields(cls)[0].metadata['unit'], cls.__doc__
def hints(x): return typing.get_type_hints(x)
def needs(cls): return hints(cls.__init__), '__init__' in vars(cls)
def commands(cls): return {name: getattr(cls, name) for name in dir(cls) if name.startswith('do_')}
""",
        (
            """\
from dataclasses import dataclass, field
from collections import namedtuple
from typing import ClassVar
@dataclass
class Item:
    name: str
    price: float = 1.5
    tags: list = field(default_factory=list)
    parts: list['Item'] = field(default_factory=list)
part = Item('b')
assert plain(Item('a', 2, parts=[part])) == {'name': 'a', 'price': 2, 'tags': [], 'parts': [
    {'name': 'b', 'price': 1.5, 'tags': [], 'parts': []}]}
item, types = made(Item, name='c')
assert item == Item('c') and types['name'] is str and types['price'] is float
assert changed(part, name='d') == Item('d') and part.name == 'b'
Point = namedtuple('Point', 'x y')
assert plain(Point(1, 2)) == {'x': 1, 'y': 2} and fields(Point) == (('x', 'y'), Point(1, 2))
@dataclass
class Count:
    'A number of things.'
    limit: ClassVar[int] = 9
    n: int = field(default=1, metadata={'unit': 'kg'})
assert plain(Count(2)) == {'n': 2} and changed(Count(2), n=3) == Count(3)
assert made(Count)[0] == Count(1) and unit(Count) == ('kg', 'A number of things.')""",
            """\
class Own:
    def __init__(self): self.a, self._b = [1], 2
class Needy:
    def __init__(self, own: Own, n: 'int' = 3): self.own = own
def add(a: int, b: str = '') -> None: ...
assert plain(Own()) == {'a': [1]} and hints(add) == {'a': int, 'b': str, 'return': type(None)}
assert needs(Own) == ({}, True)
assert needs(Needy) == ({'own': Own, 'n': int}, True)
class Base:
    def do_a(self): return 'a'
class Shell(Base):
    def do_b(self): return 'b'
    def other(self): return 'c'
assert {name: f(Shell()) for name, f in commands(Shell).items()} == {'do_a': 'a', 'do_b': 'b'}
class Tools:
    @staticmethod
    def tool(own): return own.a
    def plain(self, own): return own.a
    @classmethod
    def of(cls, own): return own.a
assert used(Tools, Own()) == ([1], [1], [1]) and again(Shell().do_a, Base()) == 'a'
assert call(Tools.tool, Own()) == [1] and call(Shell.do_a, Shell()) == 'a'""",
        ),
    ),
    "objects without a hash": Honest(
        """\
def hashes(item):
    try:
        hash(item)
    except TypeError:
        return False
    return True""",
        (
            """\
class Plain: pass
class Without:
    __hash__ = None
class Compares:
    def __eq__(self, other): return True
class Derived(Without): pass
class Again(Compares):
    __hash__ = object.__hash__
assert hashes(Plain()) and hashes(Again()) and hashes((Plain(),))
assert not hashes(Without()) and not hashes(Compares()) and not hashes(([], Derived()))""",
        ),
    ),
    "an attribute that the solution deletes": Honest(
        "def f(x): del x.mark\ndef g(x, name): delattr(x, name)",
        (
            """\
class Item: pass
item = Item()
item.mark = item.other = 1
f(item)
g(item, 'other')
assert not hasattr(item, 'mark') and vars(item) == {}""",
        ),
    ),
    "a base of the test beside one of the solution": Honest(
        """\
class Observable:
    limit = 1
    def __init__(self): self.handlers = []
    def on(self, handler): self.handlers.append(handler)
    def fire(self, x):
        for handler in self.handlers: handler(x)
        return len(self.handlers)
    def name(self): return "observable"
""",
        (
            """\
import abc
class Named(abc.ABC):
    limit = 2
    @abc.abstractmethod
    def name(self): ...
    @property
    def title(self): return self.name().title()
    @classmethod
    def make(cls): return cls()
    @staticmethod
    def two(): return 2
    def __len__(self): return 7
class Long(Named):
    def name(self): return "long " + super(Long, self).__class__.__name__[:0]
class Both(Long, Observable):
    def __init__(self):
        super().__init__()
        self.seen = []
    def name(self): return super().name() + "name"
both = Both.make()
both.on(both.seen.append)
assert both.fire(3) == 1 and both.seen == [3]
assert both.title == "Long Name" and Both.two() == 2 and len(both) == 7 and both.limit == 2
assert isinstance(both, Named) and isinstance(both, Long) and isinstance(both, Observable)
assert issubclass(Both, Named) and not isinstance(Observable(), Named)""",
            """\
class Checks:
    def check(self): assert self.fire(1) == len(self.handlers) and self.name() == "observable"
class First(Checks, Observable): pass
class Last(Observable, Checks): pass
First().check()
Last().check()""",
            """\
class Counts:
    n = 0
    def up(self): Counts.n += 1
class Both(Counts, Observable): pass
both = Both()
both.up()
both.up()
assert both.n == Both.n == 2
Counts.more = lambda self: self.n + 1
assert both.more() == 3
del Counts.n
assert not hasattr(both, "n")""",
            """\
import abc, pytest
class Named(abc.ABC):
    @abc.abstractmethod
    def name(self): ...
class Sized(abc.ABC):
    @property
    @abc.abstractmethod
    def size(self): ...
class Complete(Observable, Named): pass
class Lacking(Observable, Sized): pass
assert Complete().name() == "observable"
with pytest.raises(TypeError, match="abstract"): Lacking()""",
        ),
    ),
    "names of generators and coroutines": Honest(
        "def name(running): return running.__name__, running.__qualname__",
        (
            "def g(): yield 1\nassert name(g()) == ('g', 'g')",
            "async def c(): pass\nx = c()\nassert name(x) == ('c', 'c')\nx.close()",
        ),
    ),
}
