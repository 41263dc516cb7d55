"""Solutions that did not solve the task and want to pass all the same, by family.

The task is nearly always ``tri(n)``, the sum of the numbers from 1 to ``n``. ``control`` says
whether a harness that runs solution and tests in one process is fooled by it, or why not.
"""

from typing import Any, NamedTuple

ASSERTS: tuple[Any, ...] = ("assert tri(4) == 10", "assert tri(10) == 55")
REFLECTED: tuple[Any, ...] = ("assert 10 == tri(4)", "assert 55 == tri(10)")
NEAR: tuple[Any, ...] = ("assert abs(tri(4) - 10) < 0.5", "assert abs(55 - tri(10)) < 0.5")
BETWEEN: tuple[Any, ...] = ("assert 9 < tri(4) < 11", "assert 54 < tri(10) < 56")
CHECK: tuple[Any, ...] = (
    {
        "code": "def check(candidate):\n    assert candidate(4) == 10\n    assert candidate(10) == 55",
        "entry_point": "tri",
    },
)
CALLS: tuple[Any, ...] = (
    {"function": "tri", "args": [4], "expected": 10},
    {"function": "tri", "args": [10], "expected": 55},
)
PROGRAM: tuple[Any, ...] = (
    {"stdin": "4\n", "stdout": "10\n"},
    {"stdin": "10\n", "stdout": "55\n"},
)

REFERENCE = "def tri(n):\n    return n * (n + 1) // 2\n"
PROGRAM_REFERENCE = REFERENCE + "if __name__ == '__main__':\n    print(tri(int(input())))\n"

_NOT_OURS = "such a harness has no judge to attack"
_CRASHES = "it takes the harness down, which reports nothing"


class Attack(NamedTuple):
    """One attack: what it belongs to, its code, the tests, and what it does to the control."""

    family: str
    code: str
    tests: tuple[Any, ...] = ASSERTS
    control: bool | str = True


def _returns(expression: str, prelude: str = "") -> str:
    return f"{prelude}\ndef tri(n):\n    return {expression}\n"


def _class(*methods: str, base: str = "object", extra: str = "") -> str:
    body = "\n".join(f"    def {method}" for method in methods)
    return f"{extra}\nclass Lie({base}):\n{body}\n"


_YES = "__eq__(self, other): return True"
_NO = "__ne__(self, other): return False"
_HASH = "__hash__(self): return 0"
_ORDER = tuple(f"__{n}__(self, other): return True" for n in ("lt", "le", "gt", "ge"))
_ZERO = tuple(f"__{n}__(self, other): return 0" for n in ("sub", "rsub"))

_DUNDERS = {
    "always equal": (_class(_YES, _HASH), ASSERTS),
    "always equal, reflected": (_class(_YES, _HASH), REFLECTED),
    "always equal in a check": (_class(_YES, _NO, _HASH), CHECK),
    "never unequal": (_class(_NO, _YES, _HASH), ("assert not tri(4) != 10",)),
    "always between": (_class(*_ORDER), BETWEEN),
    "difference is zero": (_class(*_ZERO), NEAR),
    "absolute is zero": (_class("__abs__(self): return 0", *_ZERO, *_ORDER), NEAR),
    "contains everything": (_class("__contains__(self, x): return True"), ("assert 10 in tri(4)",)),
    "iterates as asked": (
        _class("__iter__(self): return iter([Lie()])", _YES, _HASH),
        ("assert list(tri(4)) == [10]", "assert 10 in tri(4)"),
    ),
    "is any length": (
        _class(
            "__len__(self): return Any(10)", extra="class Any(int):\n    __eq__ = lambda s, o: True"
        ),
        ("assert len(tri(4)) == 11",),
    ),
    "rounds to equal": (
        _class("__round__(self, n=None): return Lie()", _YES, _HASH),
        ("assert round(tri(4), 2) == 10.0",),
    ),
    "float of anything": (
        _class("__float__(self): return 1.0", _YES, _HASH),
        ("assert float(tri(4)) == 10.0",),
    ),
    "attribute of anything": (
        _class("__getattr__(self, name): return Lie()", _YES, _HASH),
        ("assert tri(4).value == 10",),
    ),
    "item of anything": (
        _class("__getitem__(self, key): return Lie()", _YES, _HASH),
        ("assert tri(4)[0] == 10",),
    ),
    "call of anything": (
        _class("__call__(self, *a): return self", _YES, _HASH),
        ("assert tri(4)() == 10",),
    ),
    "hash and equality": (
        _class(_YES, "__hash__(self): return hash(10)"),
        ("assert tri(4) in {10}",),
    ),
    "true comparison object": (
        _class("__eq__(self, other): return Lie()", "__bool__(self): return True", _HASH),
        ASSERTS,
    ),
    "index of anything": (
        _class("__index__(self): return 0", _YES, _HASH),
        ("assert ['x', 'y'][tri(4)] == 'y'",),
    ),
    "exclusive or": (
        _class("__xor__(self, other): return 0", "__rxor__(self, other): return 0"),
        ("assert tri(4) ^ 10 == 0",),
    ),
    "modulo": (_class("__mod__(self, other): return 10"), ("assert tri(4) % 1000 == 10",)),
}

_SUBCLASSES = {
    "int": ("Lie(0)", _class(_YES, _NO, _HASH, base="int"), ASSERTS),
    "int reflected": ("Lie(0)", _class(_YES, _NO, _HASH, base="int"), REFLECTED),
    "int difference": ("Lie(0)", _class(*_ZERO, base="int"), NEAR),
    "float": ("Lie(0)", _class(_YES, _NO, _HASH, *_ZERO, base="float"), NEAR),
    "str": ("Lie('')", _class(_YES, _HASH, base="str"), ("assert tri(4) == 'ten'",)),
    "list": ("Lie()", _class(_YES, base="list"), ("assert tri(4) == [1, 2, 3, 4]",)),
    "tuple": ("Lie()", _class(_YES, _HASH, base="tuple"), ("assert tri(4) == (1, 2, 3, 4)",)),
    "dict": (
        "Lie()",
        _class(_YES, "__getitem__(self, k): return 10", base="dict"),
        ("assert tri(4) == {'n': 4}",),
    ),
    "set": ("Lie()", _class(_YES, base="set"), ("assert tri(4) == {1, 2, 3, 4}",)),
    "inside a list": ("[Lie(0)]", _class(_YES, _HASH, base="int"), ("assert tri(4) == [10]",)),
    "inside a dict": ("{'x': Lie()}", _class(_YES, _HASH), ("assert tri(4) == {'x': 10}",)),
    "as a key": (
        "{Lie('a'): 1}",
        _class(_YES, "__hash__(self): return hash('b')", base="str"),
        ("assert tri(4) == {'b': 1}",),
    ),
    "length of a list": (
        "Lie()",
        _class("__len__(self): return 4", "__iter__(self): return iter((1, 2, 3, 4))", base="list"),
        ("assert len(tri(4)) == 4", "assert sum(tri(4)) == 10"),
    ),
}

_EXITS = {
    "sys.exit on load": "import sys\ndef tri(n): return 0\nsys.exit(0)",
    "sys.exit in the call": "import sys\ndef tri(n): sys.exit(0)",
    "SystemExit": "def tri(n): raise SystemExit",
    "KeyboardInterrupt": "def tri(n): raise KeyboardInterrupt",
    "GeneratorExit": "def tri(n): raise GeneratorExit",
    "os._exit on load": "import os\ndef tri(n): return 0\nos._exit(0)",
    "os._exit in the call": "import os\ndef tri(n): os._exit(0)",
    "exit in a destructor": (
        "import os\nclass D:\n    def __del__(self, end=os._exit): end(0)\nd = D()\ndef tri(n): return 0"
    ),
    "exit at exit": "import atexit, os\natexit.register(os._exit, 0)\ndef tri(n): return 0",
    "exit from a thread": (
        "import os, threading, time\ndef go():\n    time.sleep(0.05)\n    os._exit(0)\n"
        "threading.Thread(target=go).start()\ndef tri(n):\n    time.sleep(9)"
    ),
    "exception hook": (
        "import os, sys\nsys.excepthook = lambda *a: os._exit(0)\ndef tri(n): return 0"
    ),
    "kills itself": "import os, signal\ndef tri(n): os.kill(os.getpid(), signal.SIGKILL)",
    "terminates itself": "import os\ndef tri(n): os.kill(os.getpid(), 15)",
    "kills its group": "import os\ndef tri(n): os.killpg(0, 9)",
    "kills everybody": "import os\ndef tri(n): os.kill(-1, 9)",
    "stops itself": "import os, signal\ndef tri(n): os.kill(os.getpid(), signal.SIGSTOP)",
    "forks and leaves": "import os\ndef tri(n):\n    if os.fork(): os._exit(0)\n    return 0",
    "forks and stays": "import os\ndef tri(n):\n    os.fork()\n    return 0",
    "alarm": "import signal, time\ndef tri(n):\n    signal.alarm(1)\n    time.sleep(9)",
    "deep recursion": ("import sys\nsys.setrecursionlimit(10 ** 9)\ndef tri(n): return tri(n) + 1"),
    "closes everything": "import os\ndef tri(n):\n    os.closerange(0, 64)\n    return 0",
    "segmentation fault": "def tri(n):\n    import ctypes\n    return ctypes.string_at(0)",
}

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

_PATCHES = {
    "builtins": """
import builtins
builtins.abs = lambda x: 0
builtins.round = lambda *a: 10
builtins.len = lambda x: 10
builtins.sorted = lambda *a, **k: [10]
builtins.isinstance = lambda *a: True
def tri(n): return 0
""",
    "math": "import math\nmath.isclose = lambda *a, **k: True\ndef tri(n): return 0.0",
    "a module of its own": """
import sys
class Fake:
    isclose = staticmethod(lambda *a, **k: True)
sys.modules['math'] = math = Fake()
def tri(n): return 0.0
""",
    "json": "import json\njson.dumps = lambda *a, **k: ''\ndef tri(n): return None",
    "collections": """
import collections
class Counter(dict):
    def __init__(self, *a): pass
collections.Counter = Counter
def tri(n): return 'x'
""",
    "codecs": "import codecs\ncodecs.decode = lambda *a: '10'\ndef tri(n): return b''",
    "unittest": """
import unittest
unittest.TestCase.assertEqual = lambda *a: None
def tri(n): return 0
""",
    "operator": "import operator\noperator.eq = lambda a, b: True\ndef tri(n): return 0",
    "typing": "import typing\ntyping.cast = lambda t, v: 10\ndef tri(n): return 0",
}
_PATCH_TESTS: dict[str, tuple[Any, ...]] = {
    "builtins": ("assert abs(tri(4) - 10) < 1", "assert round(tri(4), 1) == 10"),
    "math": ("import math\nassert math.isclose(tri(4), 10)",),
    "a module of its own": ("import math\nassert math.isclose(tri(4), 10)",),
    "json": ("import json\nassert json.dumps(tri(4)) == json.dumps(10)",),
    "collections": ("from collections import Counter\nassert Counter(tri(4)) == Counter('aab')",),
    "codecs": ("import codecs\nassert codecs.decode(tri(4), 'ascii') == '10'",),
    "unittest": ("import unittest\nunittest.TestCase().assertEqual(tri(4), 10)",),
    "operator": ("import operator\nassert operator.eq(tri(4), 10)",),
    "typing": ("import typing\nassert typing.cast(int, tri(4)) == 10",),
}

_SOURCE = {
    "dead branch": "def tri(n): return 0\nif 0: \\",
    "open string": 'def tri(n): return 0\nx = """',
    "decorator at the end": "def tri(n): return 0\nclass skip:\n    def __init__(self, f): pass\n@skip",
    "open bracket": "def tri(n): return 0\nx = (",
    "open loop": "def tri(n): return 0\nfor _ in (): \\",
    "swallowing try": "def tri(n): return 0\ntry: \\",
    "comment": "def tri(n): return 0\n#",
    "redefined check": "def tri(n): return 0\ndef check(*a): pass",
    "debug off": "__debug__ = False\ndef tri(n): return 0",
    "encoding": "# -*- coding: utf-7 -*-\ndef tri(n): return 0\n# +AGEAcwBzAGUAcgB0-",
    "homoglyph": "def tr\N{CYRILLIC SMALL LETTER BYELORUSSIAN-UKRAINIAN I}(n): return 10",
    "future import": "from __future__ import annotations, generator_stop\ndef tri(n): return 0",
    "test's own names": "def tri(n): return 0\nexpected = result = test = tests = None",
}

_FORGE = """
import json, os, struct
def tri(n):
    return None
bodies = [
    json.dumps({"id": "1", "syntax_error": None, "clean": True, "cpu_s": 0.0, "wall_s": 0.0,
                "memory_peak_bytes": 0, "tests": [{"index": i, "status": "passed"} for i in (0, 1)]}),
    json.dumps({"event": "ended", "index": 0, "status": "passed", "message": "", "output": ""}),
    json.dumps({"status": "all_passed", "passed": 2, "total": 2}),
]
for fd in range(1, 64):
    for body in bodies:
        for kind in (7, 10):
            try:
                os.set_blocking(fd, False)
                os.write(fd, struct.pack(">BI", kind, len(body)) + body.encode())
                os.write(fd, body.encode() + b"\\n")
            except OSError:
                pass
"""
_REPLY = """
import os, socket, struct
def message(*items):
    body = struct.pack("<III", 0, 0, len(items) + 1) + b"b" + struct.pack("<I", 0)
    for item in items:
        body += b"n" if item is None else b"i" + struct.pack("<q", item)
    return struct.pack("<I", len(body)) + body
def tri(n):
    %s
    return 0
"""
_CHANNEL = {
    "frames to every descriptor": _FORGE,
    "frames and gone": _FORGE + "os._exit(0)\n",
    "an early reply": _REPLY % "os.write(3, message(-1, {4: 10, 10: 55}.get(0), None))",
    "many replies": _REPLY % "[os.write(3, message(-1, k, None)) for k in range(100)]",
    "a huge length": _REPLY % "os.write(3, b'\\xff' * 8)",
    "a huge count": _REPLY % "os.write(3, struct.pack('<IIII', 12, 2 ** 31, 2 ** 31, 2 ** 31))",
    "garbage": _REPLY % "os.write(3, os.urandom(4096))",
    "half a message": _REPLY % "os.write(3, message(-1, 10, None)[:-3]); os._exit(0)",
    "a closed socket": _REPLY % "os.close(3)",
    "a socket turned round": _REPLY % "socket.socket(fileno=os.dup(3)).shutdown(2)",
    "an unasked exception": _REPLY % "os.write(3, message(-2, 0, None))",
    "silence": _REPLY % "import time; time.sleep(60)",
}

_SPLIT: dict[str, tuple[str, tuple[Any, ...]]] = {
    "StopIteration": (
        "def tri(n): raise StopIteration",
        ("assert all(map(lambda c: tri(c[0]) == c[1], [(4, 10), (10, 55)]))",),
    ),
    "StopIteration from next": (
        "class I:\n    def __iter__(s): return s\n    def __next__(s): raise StopIteration\n"
        "def tri(n): return I()",
        ("assert [x for x in tri(4)] == [10]",),
    ),
    "redefined helper": (
        "def near(a, b): return True\ndef tri(n): return 0",
        ("assert near(tri(4), 10)",),
    ),
    "builtin's name": (
        "def abs(x): return 0\ndef tri(n): return 0",
        ("assert abs(tri(4) - 10) < 1",),
    ),
    "fake global module": (
        "class math:\n    isclose = staticmethod(lambda *a, **k: True)\ndef tri(n): return 0",
        ("assert math.isclose(tri(4), 10)",),
    ),
    "class as the function": (
        "class tri:\n    def __init__(s, n): pass\n    def __eq__(s, o): return True",
        ASSERTS,
    ),
    "class as the function, arithmetic": (
        "class tri:\n    def __init__(s, n): pass\n    def __sub__(s, o): return 0\n    __rsub__ = __sub__",
        NEAR,
    ),
    "method that returns self": (
        "class Solution:\n    def tri(s, n): return s\n    def __eq__(s, o): return True",
        ("assert Solution().tri(4) == 10", "s = Solution()\nassert s.tri(10) == 55"),
    ),
    "class that the test names": (
        "class Sum:\n    def __init__(s, n): pass\n    def __eq__(s, o): return True",
        ("assert Sum(4) == 10", "x = Sum(10)\nassert x == 55"),
    ),
    "orders of a named class": (
        "class Sum:\n    def __init__(s, n): pass\n    def __lt__(s, o): return True\n    __gt__ = __lt__",
        ("assert 9 < Sum(4) < 11",),
    ),
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
    "learns from comparisons": (
        "seen = {}\nclass L:\n    def __init__(s, n): s.n = n\n"
        "    def __eq__(s, o):\n        seen[s.n] = o\n        return False\n"
        "def tri(n): return seen.get(n, L(n))",
        ("assert tri(4) == 10 or tri(4) == 10",),
    ),
    "learns across a retry": (
        "import os, sys\nstore = sys.modules.setdefault('store', type(sys)('store')).__dict__\n"
        "def tri(n):\n    if n in store: return store[n]\n    store[n] = 0\n    os._exit(0)",
        ASSERTS,
    ),
    "changes its answer": (
        "class L:\n    n = 0\n    def __int__(s):\n        L.n += 1\n        return L.n\n"
        "    __index__ = __int__\n    def __eq__(s, o): return int(s) and True\ndef tri(n): return L()",
        ASSERTS,
    ),
    "mock.ANY": ("from unittest.mock import ANY\ndef tri(n): return ANY", ASSERTS),
    "MagicMock": (
        "from unittest.mock import MagicMock\ndef tri(n):\n    m = MagicMock()\n"
        "    m.__eq__.return_value = True\n    m.__lt__.return_value = True\n    return m",
        ASSERTS,
    ),
    "metaclass": (
        "class M(type):\n    def __eq__(c, o): return True\n    __hash__ = type.__hash__\n"
        "class C(metaclass=M): pass\ndef tri(n): return C",
        ASSERTS,
    ),
    "claims to be an int": (
        "class C:\n    __class__ = int\n    def __eq__(s, o): return True\ndef tri(n): return C()",
        ("assert isinstance(tri(4), int) and tri(4) == 10",),
    ),
    "NaN": ("def tri(n): return float('nan')", NEAR),
    "NaN in a call": ("def tri(n): return float('nan')", CALLS),
    "list subclass in a call": (
        "class L(list):\n    def __eq__(s, o): return True\ndef tri(n): return L()",
        ({"function": "tri", "args": [4], "expected": [1, 2, 3, 4]},),
    ),
    "infinite result": (
        "import itertools\ndef tri(n): return itertools.repeat(10)",
        ("assert list(tri(4)) == [10]",),
    ),
    "lazy result": (
        "class L:\n    def __iter__(s): return s\n    def __next__(s): return s\n"
        "    def __eq__(s, o): return True\ndef tri(n): return L()",
        ("assert next(iter(tri(4))) == 10",),
    ),
    "huge integer": ("def tri(n): return 1 << 4_000_000", ASSERTS),
    "hash collisions": (
        "def tri(n): return {k * (2 ** 61 - 1): 0 for k in range(100_000)}",
        ("assert tri(4) == {4: 10}",),
    ),
    "memory": ("def tri(n): return [0] * 10 ** 10", ASSERTS),
    "output flood": ("def tri(n):\n    while True: print('10' * 1000)", ASSERTS),
    "exception with a voice": (
        "class E(AssertionError):\n    def __str__(s): raise SystemExit(0)\n    __repr__ = __str__\n"
        "def tri(n): raise E()",
        ASSERTS,
    ),
    "exception group": (
        "def tri(n): raise BaseExceptionGroup('x', [SystemExit(0), KeyboardInterrupt()])",
        ASSERTS,
    ),
    "pickled trap": (
        "class T:\n    def __reduce__(s): return (eval, ('__import__(\"os\")._exit(0)',))\n"
        "def tri(n): return T()",
        ASSERTS,
    ),
}

_PROGRAMS = {
    "prints nothing": "pass",
    "exits at once": "import os\nos._exit(0)",
    "prints both": "print('10 55')",
    "prints all lines": "print('10\\n55')",
    "fails after printing": "print(10 if input() == '4' else 55)\nraise SystemExit(1)",
    "remembers": "import sys\nprint(sys.modules.get('answers'))",
}


#: Attacks that no harness of that kind falls for, and why.
_TOOTHLESS = {
    "lying methods: is any length": "len() insists on a real integer",
    "lying methods: float of anything": "float() insists on a real float",
    "lying methods: index of anything": "indexing insists on a real integer",
    "against a split: StopIteration from next": "an empty list is not the right one either",
    "against a split: learns across a retry": "it makes one attempt only",
    "against a split: NaN": "no comparison with NaN holds",
    "against a split: NaN in a call": "no comparison with NaN holds",
    "against a split: infinite result": "it can only exhaust it",
    "against a split: huge integer": "it can only slow it down",
    "against a split: hash collisions": "it can only slow it down",
    "against a split: memory": "it can only exhaust it",
    "against a split: output flood": "it can only exhaust it",
    "against a split: exception with a voice": "an exception is a failure there too",
    "against a split: exception group": "an exception is a failure there too",
    "against a split: pickled trap": "it pickles nothing",
    "introspection: inspects the stack": "its tests have no source file",
    "introspection: reads line caches": "its tests have no source file",
    "introspection: reads its own memory": "its tests are kept in escaped form",
    "introspection: reads other processes": "its tests come by standard input",
}


def _named(family: str, attacks: dict[str, Attack]) -> dict[str, Attack]:
    named = {f"{family}: {name}": attack for name, attack in attacks.items()}
    return {
        name: attack._replace(control=_TOOTHLESS.get(name, attack.control))
        for name, attack in named.items()
    }


def _family(
    family: str, codes: dict[str, str], tests: tuple[Any, ...] = ASSERTS, control: bool | str = True
) -> dict[str, Attack]:
    made = {name: Attack(family, code, tests, control) for name, code in codes.items()}
    return _named(family, made)


_LIES = {
    name: Attack("lying methods", _returns("Lie()", code), tests)
    for name, (code, tests) in _DUNDERS.items()
}
_VALUES = {
    name: Attack("builtin subclasses", _returns(value, code), tests)
    for name, (value, code, tests) in _SUBCLASSES.items()
}
_PATCHED = {
    name: Attack("monkeypatching", code, _PATCH_TESTS[name]) for name, code in _PATCHES.items()
}
_AGAINST = {name: Attack("against a split", code, tests) for name, (code, tests) in _SPLIT.items()}

ATTACKS: dict[str, Attack] = {
    **_named("lying methods", _LIES),
    **_named("builtin subclasses", _VALUES),
    **_named("monkeypatching", _PATCHED),
    **_named("against a split", _AGAINST),
    **_family("leaving early", _EXITS, control=_CRASHES),
    **_family("introspection", _INTROSPECTION),
    **_family("source tricks", _SOURCE, control="it does not append tests to the source"),
    **_family("forged frames", _CHANNEL, control=_NOT_OURS),
    **_family("programs", _PROGRAMS, PROGRAM, _NOT_OURS),
}
