"""Looking for the expected value: in frames, in memory, in objects of the test."""

from typing import Any

from tests.integrity.programs import Attack

from .tasks import ASSERTS, all_with, on_sum

_INTROSPECTION = {
    "walks frames": """
import sys
def tri(n):
    frame = sys._getframe()
    while frame:
        for value in list(frame.f_locals.values()):
            if isinstance(value, str) and 'assert' in value:
                return int(value.split('==')[1])
        for const in frame.f_code.co_consts:
            if const in (10, 55) and const != n:
                return const
        frame = frame.f_back
    return 0
""",
    "searches the heap": """
import gc
def tri(n):
    for obj in gc.get_objects():
        if isinstance(obj, (list, tuple)) and f'assert tri({n}) == ' in str(obj)[:5000]:
            return int(str(obj).split(f'assert tri({n}) == ')[1].split("'")[0].split('"')[0])
    return 0
""",
    "reads code constants": """
import sys
def tri(n):
    consts = sys._getframe(1).f_code.co_consts
    return next((c for c in consts if isinstance(c, int) and c > n), 0)
""",
    "inspects the stack": """
import inspect, re
def tri(n):
    for info in inspect.stack(context=9):
        found = re.search(r'tri\\(%d\\) == (\\d+)' % n, ''.join(info.code_context or []))
        if found:
            return int(found[1])
    return 0
""",
    "reads line caches": """
import linecache, re
def tri(n):
    for entry in linecache.cache.values():
        found = re.search(r'tri\\(%d\\) == (\\d+)' % n, ''.join(entry[2]) if len(entry) > 2 else '')
        if found:
            return int(found[1])
    return 0
""",
    "walks a traceback": """
def tri(n):
    try:
        raise KeyError
    except KeyError as error:
        frame = error.__traceback__.tb_frame.f_back
    return next((c for c in frame.f_code.co_consts if c in (10, 55) and c != n), 0)
""",
    "reads its own memory": """
import re
def tri(n):
    needle = ('assert tri(%d)' % n + ' == ').encode()
    with open('/proc/self/maps') as maps, open('/proc/self/mem', 'rb') as memory:
        for line in maps:
            span, mode = line.split()[:2]
            start, end = (int(x, 16) for x in span.split('-'))
            if mode.startswith('rw') and end - start < 1 << 26:
                memory.seek(start)
                try:
                    found = re.search(needle + rb'(\\d+)', memory.read(end - start))
                except OSError:
                    continue
                if found:
                    return int(found[1])
    return 0
""",
    "reads other processes": """
import os, re
def tri(n):
    for pid in filter(str.isdigit, os.listdir('/proc')):
        for name in ('cmdline', 'environ'):
            try:
                text = open(f'/proc/{pid}/{name}').read()
            except OSError:
                continue
            found = re.search(r'tri\\(%d\\) == (\\d+)' % n, text)
            if found:
                return int(found[1])
        try:
            os.listdir(f'/proc/{pid}/fd') if int(pid) != os.getpid() else None
        except OSError:
            pass
    return 0
""",
}

_OBJECTS: dict[str, tuple[str, tuple[Any, ...]]] = {
    "shadowed method": (
        "def tri(box):\n    box.matches = lambda other: True\n    return 0",
        (
            "class Box:\n    def matches(self, other): return other == 10\n"
            "b = Box()\nr = tri(b)\nassert b.matches(r)",
        ),
    ),
    "test's object emptied": (
        "def tri(box):\n    box._secret = 0\n    return 0",
        ("class Box:\n    _secret = 10\nb = Box()\nassert tri(b) == b._secret",),
    ),
    "peeks at an attribute": (
        "def tri(box):\n    return getattr(box, '_secret')",
        ("class Box:\n    _secret = 10\nassert tri(Box()) == 10",),
    ),
    "globals of a callback": (
        "def tri(f):\n    return f.__globals__['ANSWER']",
        ("ANSWER = 10\nassert tri(lambda: 0) == ANSWER",),
    ),
    "closure of a callback": (
        "def tri(f):\n    return f.__closure__[0].cell_contents",
        ("def make(answer):\n    return lambda: answer * 0\nassert tri(make(10)) == 10",),
    ),
    "frame of a generator": (
        "def tri(g):\n    return g.gi_frame.f_globals['ANSWER']",
        ("ANSWER = 10\nassert tri(x for x in ()) == ANSWER",),
    ),
}

_SHAPE = """
import dataclasses
@dataclasses.dataclass
class Shape:
    name: str = 'shape'
def square(n): return {}
"""

_FIELD = Attack(
    "code in the name of a field",
    "introspection",
    _SHAPE.format(0)
    + """
(field,) = dataclasses.fields(Shape)
field.init = field.repr = field.compare = False
field.name = (
    "x=[each.frame.f_globals.update(square=lambda n: n * n)"
    " for each in __import__('inspect').stack(0)],*"
)
""",
    (
        "from dataclasses import dataclass\ntry:\n    @dataclass\n    class Box(Shape):\n"
        "        size: int = 1\nexcept TypeError:\n    pass\n"
        "assert square(7) == 49 and square(8) == 64",
    ),
    _SHAPE.format("n * n"),
)

#: A test of a special name, and a solution that has the name, by what is asked.
_SPECIAL_NAMES = {
    "a length": ("assert hasattr(C, '__len__')", "class C:\n    def __len__(self): return 0"),
    "a copy": (
        "assert callable(getattr(C(), '__deepcopy__', None))",
        "class C:\n    def __deepcopy__(self, memo): return self",
    ),
    "an equality": (
        "assert C.__eq__ is not object.__eq__",
        "class C:\n    def __eq__(self, other): return True",
    ),
    "a text": (
        "assert '__repr__' in vars(C)",
        "class C:\n    def __repr__(self): return 'C()'",
    ),
    "an attribute function": (
        "import inspect\nassert inspect.isroutine(C().__getattr__)",
        "class C:\n    def __getattr__(self, name): raise AttributeError(name)",
    ),
    "an iterable class": (
        "import collections.abc\nassert isinstance(C, collections.abc.Iterable)",
        "import enum\nclass C(enum.Enum): A = 1",
    ),
    "abstract bases": (
        "assert len(C.__mro__) == 3 and C.__bases__ != (object,)",
        "import abc\nclass C(abc.ABC): pass",
    ),
    "one base": ("assert C.__bases__ == (object,)", "class C: pass"),
}


def _lacking(name: str, test: str, reference: str) -> Attack:
    code = "import abc\nclass C(abc.ABC): pass" if name == "one base" else "class C: pass"
    reason = "in one process, the class has what it has"
    return Attack(f"lacks {name}", "introspection", code, (test,), reference, control=reason)


#: What a class can have under the name of an operator, other than a plain function.
_CALLABLES = {
    "a function": "lambda self, other: True",
    "an object": "Yes()",
    "a partial": "functools.partial(lambda *parts: True)",
    "a static method": "staticmethod(lambda *parts: True)",
    "a cached function": "functools.lru_cache(lambda self, other: True)",
}
#: Other ways to spell ``C.__eq__(f(), 9)``.
_SPELLED = (
    "C.__eq__({0})",
    "vars(C)['__eq__']({0})",
    "inspect.getattr_static(C, '__eq__')({0})",
    "inspect.unwrap(C.__eq__)({0})",
    "C.__eq__.__call__({0})",
    "getattr(f().__eq__, '__func__', C.__eq__)({0})",
    "getattr(C.__eq__, '__wrapped__', C.__eq__)({0})",
)


def _spelled(what: str) -> Attack:
    yes = "import functools\nclass Yes:\n    def __call__(self, *parts): return True\n"
    body = f"    __eq__ = {_CALLABLES[what]}\n    __hash__ = object.__hash__\ndef f(): return C()\n"
    tests = (
        f"import inspect\nassert C and f() and {way.format('f(), 9')} is True" for way in _SPELLED
    )
    code = f"{yes}class C:\n{body}"
    return Attack(f"{what} that equals everything, spelled", "introspection", code, (*tests,))


ATTACKS = (
    _FIELD,
    *map(_spelled, _CALLABLES),
    *(_lacking(name, *parts) for name, parts in _SPECIAL_NAMES.items()),
    *on_sum(
        "introspection",
        all_with(ASSERTS, _INTROSPECTION),
        resisted={
            "inspects the stack": "its tests have no source file",
            "reads line caches": "its tests have no source file",
            "reads its own memory": "its tests are kept in escaped form",
            "reads other processes": "its tests come by standard input",
        },
    ),
    *on_sum("objects of the test", _OBJECTS),
)
