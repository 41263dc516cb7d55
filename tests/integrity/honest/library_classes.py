"""Tests that ask for a class of a library: by name, in all the ways in which Python does."""

from tests.integrity.programs import Honest

_MODULES = (
    "argparse asyncio collections contextvars datetime decimal enum functools io ipaddress logging"
    " pathlib queue random re statistics string threading types zipfile"
).split()
_IMPORTS = f"import {', '.join(_MODULES)}\n"

#: What makes an object, and classes of which it is.
_OBJECTS = {
    "threading.Event()": "threading.Event",
    "decimal.Context(prec=3)": "decimal.Context",
    "argparse.Namespace(a=1)": "argparse.Namespace",
    "argparse.ArgumentParser()": "argparse.ArgumentParser",
    "collections.OrderedDict(a=1)": "collections.OrderedDict",
    "collections.ChainMap({'a': 1})": "collections.ChainMap",
    "re.compile('a')": "re.Pattern",
    "re.match('a', 'a')": "re.Match",
    "ipaddress.ip_address('10.0.0.1')": "ipaddress.IPv4Address",
    "ipaddress.ip_network('10.0.0.0/8')": "ipaddress.IPv4Network",
    "pathlib.PurePosixPath('a/b')": "pathlib.PurePath",
    "logging.getLogger('a')": "logging.Logger",
    "queue.PriorityQueue()": "queue.Queue",
    "asyncio.Queue()": "asyncio.Queue",
    "string.Template('$a')": "string.Template",
    "io.StringIO('a')": "io.StringIO",
    "io.BytesIO(b'a')": "io.IOBase",
    "functools.partial(int, '3')": "functools.partial",
    "random.Random(1)": "random.Random",
    "statistics.NormalDist(1, 2)": "statistics.NormalDist",
    "contextvars.ContextVar('a')": "contextvars.ContextVar",
}

_DERIVED = """\
import collections, enum, queue, threading
class Signal(threading.Event):
    def __init__(self, name):
        super().__init__()
        self.name = name
class Colour(enum.Enum):
    RED = 1
class Jobs(queue.Queue): pass
def signal(name): return Signal(name)
def event(): return threading.Event()
def jobs(): return [Jobs(), Jobs()]
def colour(): return Colour.RED
"""

_TYPES = (
    "assert type(event()) is threading.Event",
    "assert type(event()) == threading.Event and not type(event()) != threading.Event",
    "assert event().__class__ is threading.Event",
    "assert threading.Event is type(event())",
    "assert type(event()) in (queue.Queue, threading.Event)",
    "assert type(event()) not in [queue.Queue, int]",
    "assert type(signal('a')) is not threading.Event and type(signal('a')) is Signal",
    "kinds = [type(each) is queue.Queue for each in jobs()]\nassert kinds == [False, False]",
)

_MATCHES = (
    "match signal('a'):\n    case queue.Queue(): assert False\n"
    "    case threading.Event(name='b'): assert False\n"
    "    case threading.Event(name=name): assert name == 'a'\n    case _: assert False",
    "def kind(x):\n    match x:\n        case [queue.Queue(), *rest]: return len(rest)\n"
    "        case int(n): return n\n        case threading.Event() | str(): return 'other'\n"
    "assert [kind(jobs()), kind(5), kind(event()), kind('a')] == [1, 5, 'other', 'other']",
    "from dataclasses import dataclass\n@dataclass\nclass Pair:\n    one: object\n"
    "    other: object\nmatch Pair(event(), 2):\n    case Pair(threading.Event(), n): assert n == 2\n"
    "    case _: assert False",
    "match 3:\n    case int(): pass\n    case absent.Thing(): assert False\nassert jobs()",
)

HONEST: dict[str, Honest] = {
    **{
        f"isinstance of {cls}, by {made}": Honest(
            f"{_IMPORTS}def f(): return {made}\n",
            (
                f"{_IMPORTS}assert isinstance(f(), {cls})",
                f"{_IMPORTS}assert not isinstance(f(), (int, zipfile.ZipFile))",
            ),
        )
        for made, cls in _OBJECTS.items()
    },
    "class that derives from a library's": Honest(
        _DERIVED,
        (
            "import threading\nassert isinstance(signal('a'), threading.Event)",
            "import threading\nassert isinstance(Signal('a'), threading.Event | int)",
            "import threading\nassert issubclass(Signal, threading.Event)",
            "import threading\nassert issubclass(type(signal('a')), (int, threading.Event))",
            "import enum\nassert isinstance(colour(), enum.Enum) and issubclass(Colour, enum.Enum)",
            "import queue\nassert all(isinstance(each, queue.Queue) for each in jobs())",
            "import functools, queue\nis_queue = lambda x: isinstance(x, queue.Queue)\n"
            "assert len([*filter(is_queue, jobs())]) == 2",
            "class Signal2: pass\nassert not isinstance(signal('a'), Signal2)",
        ),
    ),
    "class of a test under a library's name": Honest(
        _DERIVED,
        (
            "class Event: pass\nEvent.__module__ = 'threading'\n"
            "assert not isinstance(event(), Event) and isinstance(Event(), Event)",
        ),
    ),
    "type of an object of a library": Honest(
        _DERIVED, tuple(f"import queue, threading\n{each}" for each in _TYPES)
    ),
    "class of a library in a pattern": Honest(
        _DERIVED, tuple(f"import queue, threading\n{each}" for each in _MATCHES)
    ),
    "assertIsInstance with a class of a library": Honest(
        _DERIVED,
        (
            "import queue, threading, unittest\n"
            "class TestKinds(unittest.TestCase):\n"
            "    def test_is(self):\n        self.assertIsInstance(event(), threading.Event)\n"
            "    def test_is_not(self):\n        self.assertNotIsInstance(event(), queue.Queue)\n"
            "    def test_fails(self):\n"
            "        with self.assertRaises(AssertionError):\n"
            "            self.assertNotIsInstance(event(), threading.Event)\n",
            "import queue, threading\n"
            "def test_kinds():\n    assert isinstance(event(), threading.Event)\n",
        ),
    ),
    "what an object of a library finds": Honest(
        "import xml.etree.ElementTree as ET\ndef f(text): return ET.fromstring(text)\n",
        tuple(
            f"import xml.etree.ElementTree as ET\nroot = f('<r><i k=\"1\">a</i><j><i/></j></r>')\n{each}"
            for each in (
                "assert root.find('i').text == 'a' and root.find('i').get('k') == '1'",
                "assert root.find('x') is None and root.find('i') is not None",
                "assert root.find('j').find('i').attrib == {} and root.find('i') is root[0]",
                "assert isinstance(root.find('i'), ET.Element) and root.findtext('i') == 'a'",
            )
        ),
    ),
    "isinstance in the setup": Honest(
        _DERIVED,
        ("assert is_event(event()) and not is_event(jobs()[0])",),
        "import threading\ndef is_event(x): return isinstance(x, threading.Event)\n",
    ),
}
