"""Liars that are of a library's class, or say so: that answers no comparison for them."""

from tests.integrity.programs import Attack

_LIAR = """
import abc, argparse, decimal, io, ipaddress, logging, queue, statistics, string, sys, threading, types
class Liar:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __lt__(self, other): return True
    __gt__ = __le__ = __ge__ = __contains__ = __lt__
    def __hash__(self): return 49
    def __sub__(self, other): return 0
    def __round__(self, *_): return self
    def __abs__(self): return 0
    def __copy__(self): return self
    def __deepcopy__(self, _): return self
"""
_IMPORTS = "import argparse, decimal, io, logging, queue, statistics, string, threading\n"
_REFERENCE = "def square(n): return n * n\n"

#: What an attack asks before it compares, of an object that is a square or of a library's class.
_ASKS = {
    "isinstance": "x = square(7)\nassert isinstance(x, (int, {0}))\n",
    "assertIsInstance": (
        "import unittest\nx = square(7)\nunittest.TestCase().assertIsInstance(x, (int, {0}))\n"
    ),
    "match": "x = square(7)\nmatch x:\n    case int() | {0}(): pass\n    case _: assert False\n",
}
_COMPARES = {
    "==": "assert x == 49",
    "assertEqual": "import unittest\nunittest.TestCase().assertEqual(x, 49)",
    "assertAlmostEqual": "import unittest\nunittest.TestCase().assertAlmostEqual(x, 49)",
    "a copy": "import copy\nassert copy.deepcopy(x) == 49 and copy.copy(x) == 49",
    "membership": "assert x in [49]",
}
_CLASSES = (
    *("threading.Event", "statistics.NormalDist", "argparse.Namespace", "queue.Queue"),
    *("decimal.Context", "string.Template", "io.StringIO"),
)

_DERIVED = [
    Attack(
        f"a liar of {cls}, by {asks} and {compares}",
        "library classes",
        f"{_LIAR}class Both(Liar, {cls}): pass\ndef square(n): return Both.__new__(Both)\n",
        (_IMPORTS + _ASKS[asks].format(cls) + _COMPARES[compares],),
        _REFERENCE,
    )
    for cls, asks, compares in (
        *((cls, "isinstance", "==") for cls in _CLASSES),
        *(("threading.Event", asks, "==") for asks in ("assertIsInstance", "match")),
        *(("statistics.NormalDist", "isinstance", compares) for compares in [*_COMPARES][1:]),
    )
]

_ZONE = (
    "from datetime import datetime, timedelta, tzinfo\nheard = []\n"
    "def hear(moment): heard.append(moment)\n"
    "class Zone(tzinfo):\n    n = 0\n    def dst(self, moment): return timedelta(0)\n"
    "    def utcoffset(self, moment):\n        self.n += 1\n        {}\n"
    "def noon(day): return datetime(2024, 1, day, tzinfo=Zone())\n"
)
_NOON = (
    "from datetime import datetime, timezone\ndef hear(moment): pass\n"
    "def noon(day): return datetime(2024, 1, day, 12, tzinfo=timezone.utc)\n"
)
_MOMENT = "from datetime import datetime, timezone\nutc = timezone.utc\n"
_ZONES = [
    Attack(
        "a time zone that says less each time",
        "library classes",
        _ZONE.format("return timedelta(hours=-23 if self.n < 3 else 23)"),
        (
            f"{_MOMENT}low, high = (datetime(2024, 1, 1, hour, tzinfo=utc) for hour in (11, 13))\n"
            "assert low < (found := noon(1)) and found < high",
        ),
        _NOON,
    ),
    Attack(
        "a time zone that raises until it has heard the expected moment",
        "library classes",
        _ZONE.format("return moment.replace(tzinfo=None) - heard[-1].replace(tzinfo=None)"),
        (
            f"{_MOMENT}found, right = noon(1), datetime(2024, 1, 1, 12, tzinfo=utc)\n"
            "hear(right)\nassert found == right",
        ),
        _NOON,
    ),
    Attack(
        "a time zone that raises where the end of an iteration is not seen",
        "library classes",
        _ZONE.format("raise StopIteration"),
        (
            f"{_MOMENT}def right(day): return datetime(2024, 1, day, 12, tzinfo=utc)\n"
            "assert all(map(lambda day: noon(day) == right(day), [1, 2]))",
        ),
        _NOON,
    ),
    Attack(
        "a time zone that waits for the expected moment",
        "library classes",
        _ZONE.format(
            "if heard: return moment.replace(tzinfo=None) - heard[-1].replace(tzinfo=None)\n"
            "        return timedelta(0)"
        ),
        (
            f"{_MOMENT}found, right = noon(1), datetime(2024, 1, 1, 12, tzinfo=utc)\n"
            "hear(right)\nassert found == right",
        ),
        _NOON,
    ),
]

#: How an object of no such class seems to be an Event; the last name is what ``square`` returns.
_DISGUISES = {
    "__class__": "class Fake(Liar):\n    __class__ = threading.Event\n",
    "a metaclass": (
        "class Meta(type):\n"
        "    def __instancecheck__(cls, obj): return True\n"
        "    def __subclasscheck__(cls, obj): return True\n"
        "    def __eq__(cls, other): return True\n"
        "    def __hash__(cls): return 1\n"
        "class Fake(Liar, metaclass=Meta):\n    __class__ = threading.Event\n"
    ),
    "a name": (
        "class Event(Liar):\n    __module__, __qualname__ = 'threading', 'Event'\n"
        "    __class__ = threading.Event\nFake = Event\n"
    ),
    "another module": (
        "class Event(Liar):\n    __module__, __qualname__ = 'threading', 'Event'\n"
        "fake = types.ModuleType('threading')\nfake.Event = Event\n"
        "sys.modules['threading'] = fake\nFake = Event\n"
    ),
}
_DISGUISED = [
    Attack(
        f"a liar that seems to be an Event by {how}",
        "library classes",
        f"{_LIAR}{code}def square(n): return Fake()\n",
        (
            "import threading\nx = square(7)\n"
            "assert isinstance(x, int) or isinstance(x, threading.Event) and x == 49",
        ),
        _REFERENCE,
    )
    for how, code in _DISGUISES.items()
]

#: How a library's class answers a method that texts have, too, as the test would like.
_ANSWERS = {
    "patched": (
        "import collections\ncollections.UserString.{0} = lambda *_: Liar()\n"
        "def label(n): return collections.UserString('')\n"
    ),
    "patched to yield a number": (
        "import collections\ncollections.UserString.{0} = lambda *_: 2\n"
        "def label(n): return collections.UserString('')\n"
    ),
    "of its instance": (
        "import collections\ndef label(n):\n    made = collections.UserString('')\n"
        "    made.{0} = lambda *_: Liar()\n    return made\n"
    ),
    "of a class of its name": (
        "class UserString:\n    __module__, __qualname__ = 'collections', 'UserString'\n"
        "    def {0}(self, *_): return Liar()\ndef label(n): return UserString()\n"
    ),
    "of a class that is put in its place": (
        "import collections\nclass UserString:\n    __module__ = 'collections'\n"
        "    def {0}(self, *_): return Liar()\ncollections.UserString = UserString\n"
        "def label(n): return UserString()\n"
    ),
}
_JUDGING = {
    "startswith": "assert label(7).startswith('se')",
    "endswith": "assert label(7).endswith('en') is not None and label(7).endswith('en')",
    "find": "assert label(7).find('ven') == 2",
    "count": "assert label(7).count('e') >= 2",
    "index": "assert [0, 1, 2][label(7).index('v') and 2] == 2",
}
_FOUND = [
    Attack(
        f"a text's {name} {how}",
        "library classes",
        f"{_LIAR}{code.format(name)}",
        (f"import collections\n{test}",),
        "def label(n): return 'seven'\n",
    )
    for how, code in _ANSWERS.items()
    for name, test in _JUDGING.items()
]

ATTACKS = (
    *_DERIVED,
    *_DISGUISED,
    *_FOUND,
    *_ZONES,
    Attack(
        "an Event where a library dispatches by class",
        "library classes",
        f"{_LIAR}class Both(Liar, threading.Event): pass\ndef square(n): return Both()\n",
        (
            "import functools, threading\n"
            "@functools.singledispatch\ndef value(x): return x\n"
            "@value.register\ndef _(x: threading.Event): return 49\n"
            "assert value(square(7)) == 49",
        ),
        _REFERENCE,
    ),
    Attack(
        "a NormalDist where a library computes by class",
        "library classes",
        "import statistics\nclass Both(statistics.NormalDist):\n"
        "    def __init__(self): super().__init__(49, 1)\n"
        "    def __rsub__(self, other): return self\n    def __eq__(self, other): return True\n"
        "    __hash__ = None\ndef square(n): return Both()\n",
        (
            "import statistics\nx = square(7)\nassert isinstance(x, (int, statistics.NormalDist))\n"
            "assert statistics.NormalDist(98, 1) - x == statistics.NormalDist(49, 1)",
        ),
        _REFERENCE,
    ),
)
