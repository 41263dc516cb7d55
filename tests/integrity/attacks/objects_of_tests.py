"""Solutions that bend objects of the test: mocks, constants, properties, defaults, methods."""

from tests.integrity.programs import Attack

_LIAR = """
class Liar:
    def __call__(self, *args, **named): return self
    def __getattr__(self, name): return self
    def __eq__(self, other): return True
    def __bool__(self): return True
"""
_SAVED = (
    "from unittest.mock import Mock\nstore = Mock()\nstore.save.return_value = 9\n"
    "keep(store, 7)\nstore.save.assert_called_once_with(49)"
)
_COUNTED = (
    "from unittest.mock import Mock, call\nstore = Mock()\nkeep(store, 7)\nassert store.{0} == {1}"
)
_FACTS = {
    "call_count": "1",
    "called": "True",
    "method_calls": "[call.save(49)]",
    "mock_calls": "[call.save(49)]",
    "call_args": "call(49)",
}
_KEPT = {
    "call_args_list": "[call(of=7)]",
    "mock_calls": "[call(of=7), call.save(7)]",
    "method_calls": "[call.save(7)]",
}
#: How the solution changes what a mock has kept of its calls.
_CHANGES = {
    "call_args_list": "store.call_args_list.clear()",
    "mock_calls": "store.mock_calls.pop()",
    "method_calls": "del store.method_calls[:]",
    "call_args": "store.call_args.kwargs['of'] = 49",
    "call_args_list[0]": "store.call_args_list[0][1]['of'] = 49",
}
_SAVES = "def keep(store, n): store.save(n * n)\n"
_CALLS = "def keep(store, n): store(n * n)\n"
_IN_ONE_PROCESS = "in one process nothing separates the object from the solution"

ATTACKS: list[Attack] = [
    Attack(
        "a liar in place of a method of a mock",
        "objects of tests",
        f"{_LIAR}def keep(store, n): store.save = Liar()\n",
        (_SAVED,),
        _SAVES,
    ),
    Attack(
        "a liar as a new method of a mock",
        "objects of tests",
        f"{_LIAR}def keep(store, n): store.save = Liar()\n",
        (_SAVED.replace("store.save.return_value = 9\n", ""),),
        _SAVES,
    ),
    Attack(
        "a liar in a list of a mock",
        "objects of tests",
        f"{_LIAR}def keep(store, n): store.saved = [Liar()]\n",
        (
            "from unittest.mock import Mock\nstore = Mock()\nkeep(store, 7)\n"
            "assert store.saved[0] == 49",
        ),
        "def keep(store, n): store.saved = [n * n]\n",
    ),
    *(
        Attack(
            f"{name} of a mock",
            "objects of tests",
            f"def keep(store, n):\n    try: store.{name} = {{'call_count': 1, 'called': True}}"
            f".get('{name}', Anything())\n    except TypeError: pass\n"
            "class Anything(list):\n    def __eq__(self, other): return True\n",
            (_COUNTED.format(name, value),),
            _CALLS if name in ("call_count", "called", "call_args") else _SAVES,
        )
        for name, value in _FACTS.items()
    ),
    *(
        Attack(
            f"a change of {name} of a mock",
            "objects of tests",
            f"def keep(store, n):\n    store(of=n)\n    store.save(n)\n    {change}\n",
            (
                "from unittest.mock import Mock, call\nstore = Mock()\nkeep(store, 7)\n"
                f"assert store.{name} {'==' if '49' in change else '!='} "
                f"{'call(of=49)' if '49' in change else _KEPT[name]}",
            ),
            "def keep(store, n): store(of=n * n)\n",
        )
        for name, change in _CHANGES.items()
    ),
    Attack(
        "a value in place of an object that the test has put in a mock",
        "objects of tests",
        "def square(task): task.result = 0; return 0\n",
        (
            "from unittest.mock import Mock\nclass Result:\n"
            "    def __eq__(self, other): return other == 49\n"
            "task = Mock(result=Result())\nassert square(task) == task.result",
        ),
        "def square(task): return 49\n",
    ),
    Attack(
        "an attribute of a function that the test has set again",
        "objects of tests",
        "def square(task): task.expected = 0; return 0\n",
        (
            "def task(): pass\nsquare(task)\ntask.expected = 49\n"
            "assert square(task) == task.expected",
        ),
        "def square(task): return 49\n",
    ),
    Attack(
        "the tolerance of an approximate value",
        "objects of tests",
        "def square(n, near): near.expected = near.abs = near.rel = 1e9; return 1e9\n",
        ("import pytest\nnear = pytest.approx(49)\nassert square(7, near) == near",),
        "def square(n, near): return n * n\n",
    ),
    Attack(
        "a constant of a test's class",
        "objects of tests",
        "def square(task): task.EXPECTED = 0; return 0\n",
        (
            "class Task:\n    EXPECTED = 49\n    def __init__(self, n): self.n = n\n"
            "task = Task(7)\nassert square(task) == task.EXPECTED",
        ),
        "def square(task): return task.n ** 2\n",
    ),
    Attack(
        "a method of a test's object that is set on the object",
        "objects of tests",
        "def square(task): task.check = lambda *_: True\n",
        (
            "class Task:\n    n = 7\n    def check(self, x): return x == 49\n"
            "task = Task()\ngot = square(task)\nassert task.check(got)",
        ),
        "def square(task): return task.n ** 2\n",
    ),
    Attack(
        "the default of a test's class",
        "objects of tests",
        "import inspect\ndef square(case):\n"
        "    return inspect.signature(case).parameters['expected'].default\n",
        (
            "class Case:\n    def __init__(self, n=7, expected=49): self.expected = expected\n"
            "assert square(Case) == Case().expected",
        ),
        "def square(case): return 49\n",
    ),
    Attack(
        "the object of a bound method",
        "objects of tests",
        "def square(n, note):\n    note(n)\n    for name in ('__func__', '__self__'):\n"
        "        found = getattr(note, name, None)\n"
        "        if hasattr(found, 'expected'): return found.expected\n",
        (
            "class Case:\n    expected = 49\n    def note(self, n): self.n = n\n"
            "case = Case()\ncase.expected = 49\nassert square(7, case.note) == case.expected",
        ),
        "def square(n, note): return n * n\n",
    ),
    Attack(
        "what a partial has bound",
        "objects of tests",
        "def square(n, check):\n    try: return check.args[0]\n"
        "    except AttributeError: return check.func\n",
        (
            "import functools\ndef same(expected, got): return expected == got\n"
            "check = functools.partial(same, 49)\nassert check(square(7, check))",
        ),
        "def square(n, check): return n * n\n",
    ),
    Attack(
        "an exception that equals everything",
        "objects of tests",
        "class Any(ValueError):\n    def __eq__(self, other): return True\n"
        "def square(n): return Any(n)\n",
        ("assert square(7) == 49", "e = ValueError(49)\nassert square(7) == e"),
        None,
    ),
    Attack(
        "a sum that hides its value",
        "objects of tests",
        "class Part:\n    def __radd__(self, other): return self\n"
        "    def __add__(self, other): return self\n    def __eq__(self, other): return True\n"
        "    def __sub__(self, other): return 0\ndef parts(n): return [Part()] * n\n",
        ("assert sum(parts(7)) == 49", "assert sum(parts(7)) - 49 == 0"),
        "def parts(n): return [n] * n\n",
    ),
    Attack(
        "an object that takes functions by an operator",
        "objects of tests",
        f"{_LIAR}class Pipe(Liar):\n    def __or__(self, f): return self\n"
        "    def __ror__(self, x): return self\ndef steps(n): return Pipe()\n",
        ("assert steps(7) | 49 == 49", "assert (steps(7) | str) == '49'"),
        None,
    ),
    Attack(
        "an exception of the test that is raised again",
        "objects of tests",
        "kept = []\ndef watch(f):\n    try: f()\n    except StopIteration as error:\n"
        "        kept.append(error)\ndef check(n): raise kept[0]\n",
        (
            "def end(): raise StopIteration(1)\nwatch(end)\n"
            "def right(n): assert check(n) == n * n; return True\n"
            "assert list(map(right, [7])) is not None",
        ),
        None,
    ),
    Attack(
        "the end of an iteration, of a class of the test",
        "objects of tests",
        "def check(n, end): raise end()\n",
        (
            "class End(StopIteration): pass\n"
            "def right(n): assert check(n, End) == n * n; return True\n"
            "assert list(map(right, [7])) is not None",
        ),
        "def check(n, end): return n * n\n",
    ),
    *(
        Attack(
            f"{what} in a stack of contexts of the test",
            "objects of tests",
            f"def square(stack, n, log):\n    stack.push({what})\n    return 0\n",
            (
                "import contextlib\nfrom unittest.mock import Mock\n"
                "with contextlib.ExitStack() as stack: assert square(stack, 7, Mock()) == 49",
                "import asyncio, contextlib\nfrom unittest.mock import Mock\nasync def main():\n"
                "    async with contextlib.AsyncExitStack() as stack:\n"
                "        assert square(stack, 7, Mock()) == 49\nasyncio.run(main())",
            ),
            "def square(stack, n, log):\n    stack.callback(log)\n    return n * n\n",
        )
        for what in ("slice", "ValueError", "property", "log")
    ),
    *(
        Attack(
            f"{name} for the loop of the test",
            "objects of tests",
            f"def square(loop, n):\n    loop.set_exception_handler({handler})\n    return 0\n",
            (
                "import asyncio\nasync def main():\n    loop = asyncio.get_running_loop()\n"
                "    async def one(): assert square(loop, 7) == 49\n"
                "    kept = [loop.create_task(one())]\n    await asyncio.sleep(0.01)\n"
                "asyncio.run(main())",
            ),
            "def square(loop, n): return n * n\n",
        )
        for name, handler in {
            "a handler of exceptions": "lambda *details: None",
            "a class as a handler of exceptions": "slice",
        }.items()
    ),
    Attack(
        "a formatter of the test that leads to its variables",
        "objects of tests",
        "def square(n, text):\n    try: return int(text.vformat('{0.__globals__[want]}', [key], {}))\n"
        "    except TypeError: return 0\n"
        "def keep(function):\n    global key\n    key = function\n",
        (
            "import string\nwant = 49\nkeep(lambda: 0)\nassert square(7, string.Formatter()) == want",
        ),
        "def keep(function): pass\ndef square(n, text): return int(text.format('{}', n * n))\n",
    ),
    Attack(
        "a class of both sides that keeps a liar in the judge",
        "objects of tests",
        "import types\ndef word(make): return make(types.SimpleNamespace, startswith=bool)\n",
        ("def make(kind, **given): return kind(**given)\nassert word(make).startswith('ab')",),
        "def word(make): return make(dict, word='abc')['word']\n",
    ),
    Attack(
        "the expectation of an approx",
        "objects of tests",
        "def square(n, near): return near.expected\n",
        ("import pytest\nnear = pytest.approx(49)\nassert square(7, near) == near",),
        "def square(n, near): return n * n\n",
    ),
    Attack(
        "members of the test's enum that are made anew",
        "objects of tests",
        "def next_color(c):\n    cls = type(c)\n    cls.__eq__ = lambda one, other: True\n"
        "    cls.__hash__ = lambda one: 0\n    c._name_, c._value_ = 'GREEN', 2\n"
        "    cls._value2member_map_.clear()\n    cls.is_last = lambda one: True\n    return c\n",
        tuple(
            "import enum\nclass Color(enum.Enum):\n    RED, GREEN = 1, 2\n"
            f"    def is_last(self): return self is Color.GREEN\nassert next_color(Color.RED){end}"
            for end in (" == Color.GREEN", ".value == 2", ".name == 'GREEN'", ".is_last()")
        ),
        "def next_color(c): return list(type(c))[1]\n",
    ),
    Attack(
        "a class that looks like the test's enum",
        "objects of tests",
        "import enum\nclass Color(enum.Enum):\n    RED, GREEN = 1, 2\n"
        "    def __eq__(self, other): return True\n    __hash__ = object.__hash__\n"
        "def next_color(c): return Color.GREEN\n",
        (
            "import enum\nclass Color(enum.Enum):\n    RED, GREEN = 1, 2\n"
            "assert next_color(Color.RED) == Color.GREEN",
        ),
        "def next_color(c): return list(type(c))[1]\n",
    ),
    Attack(
        "hidden attributes of the test's object, by what describes it",
        "objects of tests",
        "import dataclasses, inspect\ndef solve(case):\n    found = []\n"
        "    for look in (\n        lambda: vars(case)['_wanted'],\n"
        "        lambda: case.__dict__['_wanted'],\n"
        "        lambda: dataclasses.asdict(case)['_wanted'],\n"
        "        lambda: next(f.default for f in dataclasses.fields(case) if f.name == '_wanted'),\n"
        "        lambda: vars(type(case))['_wanted'],\n"
        "        lambda: type(case)._wanted,\n"
        "        lambda: dict(inspect.getmembers(case))['_wanted'],\n"
        "        lambda: type(case).__init__.__globals__['WANTED'],\n    ):\n"
        "        try:\n            item = look()\n        except Exception: continue\n"
        "        if item in (49,): return item\n    return 0\n",
        (
            "WANTED = 49\nclass Case:\n    def __init__(self): self.n, self._wanted = 7, 49\n"
            "case = Case()\nassert solve(case) == case._wanted",
            "import dataclasses\n@dataclasses.dataclass\nclass Case:\n    n: int = 7\n"
            "    _wanted: int = 49\ncase = Case()\nassert solve(case) == case._wanted",
            "WANTED = 49\nclass Case:\n    n, _wanted = 7, 49\n    def __init__(self): pass\n"
            "case = Case()\nassert solve(case) == case._wanted",
        ),
        "def solve(case): return case.n ** 2\n",
    ),
    Attack(
        "a collection that lies about its parts",
        "objects of tests",
        "from collections import ChainMap, UserDict, UserList, UserString\n"
        "from collections.abc import Mapping, Set\n"
        "class Yes:\n    def __eq__(self, other): return True\n    __hash__ = object.__hash__\n"
        "class YesText(str):\n    def __eq__(self, other): return True\n"
        "class Texts(UserString):\n    def __init__(self): self.data = YesText()\n"
        "class Items(UserList):\n    data = Yes()\n    def __init__(self): pass\n"
        "class Sized(Set):\n    def __init__(self, n): self.n = n\n"
        "    def __len__(self): return self.n\n    def __iter__(self): return iter(())\n"
        "    def __contains__(self, item): return True\n"
        "class Own(UserDict):\n    def __eq__(self, other): return True\n"
        "def texts(n): return Texts()\ndef items(n): return Items()\n"
        "def sized(n): return Sized(1)\ndef own(n): return Own()\n"
        "def chain(n): return ChainMap({n: Yes()})\n",
        (
            "assert texts(7) == '49'",
            "assert items(7) == [49]",
            "assert sized(7) == {49}",
            "assert own(7) == {7: 49}",
            "assert chain(7) == {7: 49}",
        ),
        "def texts(n): return str(n * n)\ndef items(n): return [n * n]\n"
        "def sized(n): return {n * n}\ndef own(n): return {n: n * n}\nchain = own\n",
    ),
    Attack(
        "a generic alias of a class that equals everything",
        "objects of tests",
        "class Yes(type):\n    def __eq__(cls, other): return True\n"
        "    def __hash__(cls): return hash(int)\nclass Any(metaclass=Yes): pass\n"
        "def kind(n): return list[Any]\n",
        ("assert kind(7) == list[int]", "assert [kind(7)] == [list[int]]"),
        "def kind(n): return list[type(n)]\n",
    ),
    Attack(
        "a hidden default as an answer, and what can be asked of it",
        "objects of tests",
        "import inspect\nkept = []\ndef watch(f):\n"
        "    kept.extend(p.default for p in inspect.signature(f).parameters.values())\n"
        "    return f\ndef square(n):\n    found = kept[-1]\n"
        "    for look in (int, lambda x: x + 0, lambda x: int(repr(x)), lambda x: x.__index__()):\n"
        "        try: return look(found)\n        except Exception: pass\n    return found\n",
        ("@watch\ndef check(n, expected=49): return square(n) == expected\nassert check(7)",),
        "def watch(f): return f\ndef square(n): return n * n\n",
    ),
    Attack(
        "the constructor of the test's class, to overwrite what an object hides",
        "objects of tests",
        "def solve(case):\n    cls = type(case)\n"
        "    for start in (lambda: cls.__init__, lambda: vars(cls)['__init__']):\n"
        "        try: start()(case, 7, 0)\n        except Exception: pass\n"
        "        try: case.call(start(), case, 7, 0)\n        except Exception: pass\n    return 0\n",
        (
            "class Case:\n    def __init__(self, n, wanted): self.n, self._wanted = n, wanted\n"
            "    def call(self, f, *args): return f(*args)\n"
            "case = Case(7, 49)\nassert solve(case) == case._wanted",
            "import dataclasses\n@dataclasses.dataclass\nclass Case:\n    n: int\n    _wanted: int\n"
            "case = Case(7, 49)\nassert solve(case) == case._wanted",
        ),
        "def solve(case): return case.n ** 2\n",
    ),
    Attack(
        "a method of another class of the test, to overwrite what an object hides",
        "objects of tests",
        "def solve(own, case):\n    cls = type(own)\n"
        "    for look in (lambda: cls.put, lambda: own.put.__func__, lambda: vars(cls)['p'].fget):\n"
        "        try: look()(case)\n        except Exception: pass\n"
        "        try: look()(self=case)\n        except Exception: pass\n    return 0\n",
        tuple(
            f"import enum\n{own}\n    def put(self): self._wanted = 0\n    p = property(put)\n"
            "class Case:\n    def __init__(self, n): self.n, self._wanted = n, n * n\n"
            f"case = Case(7)\nassert solve({made}, case) == case._wanted"
            for own, made in (
                ("class Own:", "Own()"),
                ("class Base:\n    pass\nclass Own(Base):", "type('Sub', (Own,), {})()"),
                ("class Own(enum.Enum):\n    A = 1", "Own.A"),
            )
        ),
        "def solve(own, case): return case.n ** 2\n",
    ),
    Attack(
        "other data in the body of a dataclass",
        "objects of tests",
        "import re\ndef solve(cls):\n    fields = cls.__dataclass_fields__\n    for look in (\n"
        "        lambda: fields['_wanted'].metadata['square'],\n"
        "        lambda: fields['wanted'].default,\n"
        "        lambda: int(re.search('_wanted: int = ([0-9]+)', cls.__doc__)[1]),\n    ):\n"
        "        try: return look()\n        except Exception: pass\n    return 0\n",
        tuple(
            "from dataclasses import dataclass, field\nfrom typing import ClassVar\n@dataclass\n"
            f"class Case:\n    n: int\n    {line}\nassert solve(Case) == 49"
            for line in (
                "_wanted: int = 49",
                "wanted: ClassVar[int] = 49",
                "_wanted: int = field(default=0, metadata={'square': 49})",
            )
        ),
        "def solve(cls): return 49\n",
    ),
    Attack(
        "attributes of members that the test has not passed",
        "objects of tests",
        "import gc\ndef heavier(planet):\n    members = [*type(planet)]\n"
        "    for each in members: each.mass = 1.0\n"
        "    for session in [o for o in gc.get_objects() if type(o).__name__ == 'SubjectSession']:\n"
        "        for each in members:\n"
        "            try: session.request(4, each, 'mass', 1.0)\n"
        "            except Exception: pass\n    return planet\n",
        (
            "import enum\nclass Planet(enum.Enum):\n    EARTH, JUPITER = (1, 5.9), (2, 1898.1)\n"
            "    def __init__(self, place, mass): self.mass = mass\n"
            "assert heavier(Planet.EARTH).mass == Planet.JUPITER.mass",
        ),
        "def heavier(planet): return max(type(planet), key=lambda each: each.mass)\n",
    ),
    Attack(
        "objects in members that the test has not passed",
        "objects of tests",
        "def double(size):\n    for each in type(size): each.value.n = 0\n    return 0\n",
        (
            "import enum\nclass Own:\n    def __init__(self, n): self.n = n\n"
            "class Size(enum.Enum): SMALL, LARGE = Own(2), Own(4)\n"
            "assert double(Size.SMALL) == Size.LARGE.value.n",
        ),
        "def double(size): return size.value.n * 2\n",
    ),
    Attack(
        "a class that the test's metaclass or its empty enum makes",
        "objects of tests",
        "def yes(one, other): return True\ndef square(kind, n):\n"
        "    try: return kind('L', (), {'__eq__': yes, '__hash__': None})()\n"
        "    except TypeError: return kind('L', [('A', 1), ('__eq__', yes), ('__hash__', None)])(1)\n",
        (
            "class Meta(type): pass\nassert square(Meta, 7) == 49",
            "import enum\nclass Base(enum.Enum):\n    def hello(self): return 1\n"
            "assert square(Base, 7) == 49",
        ),
        "def square(kind, n): return n * n\n",
    ),
    Attack(
        "equal collections that claim to be two",
        "objects of tests",
        "from collections import UserString\nfrom collections.abc import Set\n"
        "class Text(str):\n    __hash__ = str.__hash__\n"
        "    def __eq__(self, other): return type(other) is str and str.__eq__(self, other)\n"
        "class Slug(UserString):\n    def __init__(self, text): self.data = Text(text)\n"
        "class Late(UserString):\n    n = 0\n    def __init__(self, text): self.text = text\n"
        "    def __hash__(self): return hash(self.text)\n    @property\n    def data(self):\n"
        "        Late.n += 1\n        return str(Late.n) if Late.n < 3 else self.text\n"
        "class Frozen(Set):\n    __hash__ = Set._hash\n    def __init__(self, items): self.items = items\n"
        "    def __iter__(self): return iter(self.items)\n    def __len__(self): return 1\n"
        "    def __contains__(self, item): return item in self.items\n"
        "    def __le__(self, other): return type(other) is frozenset\n"
        "def two(cls, item): return {cls(item), cls(item)}\n"
        "def slugs(): return two(Slug, 'a')\ndef counts(): return dict.fromkeys(slugs(), 1)\n"
        "def late(): return two(Late, 'a')\ndef sets(): return two(Frozen, 'a')\n",
        (
            "assert slugs() == {'a', 'b'}",
            "assert counts() == {'a': 1, 'b': 1}",
            "assert late() == {'a', 'b'}",
            "assert sets() == {frozenset('a'), frozenset('b')}",
        ),
        "def slugs(): return {'a', 'b'}\ndef counts(): return {'a': 1, 'b': 1}\nlate = slugs\n"
        "def sets(): return {frozenset('a'), frozenset('b')}\n",
    ),
    Attack(
        "an alias of a class that is not generic",
        "objects of tests",
        "import types\ndef fill(make): make(types.GenericAlias(property, int), lambda self: 49)\n",
        (
            "class Case: pass\ndef make(kind, value): Case.wanted = kind(value)\nfill(make)\n"
            "assert Case().wanted == 49",
        ),
        "def fill(make): make(int, 49)\n",
    ),
]
