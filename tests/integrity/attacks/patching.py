"""What a solution patches in the library."""

from typing import Any

from .tasks import on_sum

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
    "the time zone": """
import os, time
def tri(n):
    os.environ['TZ'] = 'ABC-9'
    time.tzset()
    return 9
""",
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
    "the time zone": ("import os, time\nassert tri(4) == time.localtime(0).tm_hour",),
}

ATTACKS = on_sum(
    "monkeypatching", {name: (code, _PATCH_TESTS[name]) for name, code in _PATCHES.items()}
)
