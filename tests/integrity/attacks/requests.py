"""What the subject may ask of the judge."""

from tests.integrity.programs import Attack

from .tasks import NO_BOUNDARY, SQUARE, SQUARE_CHECK, on_squares

#: Gets hold of the subject's own end of the boundary; nothing in a process can be hidden from it.
_SESSION = """
import sys
CALL, GET, SET, APPLY = 2, 3, 4, 6
def session():
    frame = sys._getframe()
    while frame is not None:
        for value in list(frame.f_locals.values()):
            if type(value).__name__ == "SubjectSession":
                return value
        frame = frame.f_back
    raise LookupError
def ask(op, *items):
    return session().request(op, *items)
"""

#: The test keeps an object of its own, and asserts what the solution has told it.
_SPY_CHECK = (
    "class Spy:\n"
    "    def __init__(self): self._log = []\n"
    "    def record(self, item): self._log.append(item)\n"
    "    def complete(self): return self._log == [1, 2]\n"
    "spy = Spy()\nvisit([1, 2], spy)\nassert spy.complete()"
)
_SPY_HONEST = "def visit(items, spy):\n    for item in items:\n        spy.record(item)\n"

_FAMILY = "requests to the judge"
_REQUESTS = [
    on_squares(
        "make a lying class in the judge",
        _FAMILY,
        _SESSION
        + """
def square(n):
    space = {"__eq__": lambda a, b: True, "__hash__": lambda a: 0}
    return ask(CALL, ask(CALL, type, 3, "Lie", (int,), space), 0)
""",
        NO_BOUNDARY,
    ),
    on_squares(
        "make a lying class, from object",
        _FAMILY,
        _SESSION
        + """
def square(n):
    return ask(CALL, ask(CALL, type, 3, "Lie", (), {"__eq__": lambda a, b: True}), 0)
""",
        NO_BOUNDARY,
    ),
    Attack(
        "make a class with a lying difference",
        _FAMILY,
        _SESSION
        + """
def root(n):
    space = {"__sub__": lambda a, b: 0.0, "__rsub__": lambda a, b: 0.0}
    return ask(CALL, ask(CALL, type, 3, "Lie", (float,), space), 0)
""",
        ("assert abs(root(2) - 1.41421356) < 1e-6",),
        "def root(n):\n    return n ** 0.5\n",
        NO_BOUNDARY,
    ),
    Attack(
        "read the check's constants by a format string",
        _FAMILY,
        _SESSION
        + """
import re
def square(n):
    path = "{0.__call__.__globals__[inspect].sys.modules[tests].check.__code__.co_consts}"
    consts = ask(CALL, ask(GET, path, "format"), 1, square)
    found = [int(text) for text in re.findall(r"[0-9]+", consts)]
    return found[found.index(n) + 1]
""",
        SQUARE_CHECK,
        SQUARE,
        NO_BOUNDARY,
    ),
    Attack(
        "read a callback's globals by a format string",
        _FAMILY,
        _SESSION
        + """
def apply(callback, x):
    path = "{0.__globals__[ANSWERS][" + str(x) + "]}"
    for name in ("format", "format_map"):
        try:
            return int(ask(CALL, ask(GET, path, name), 1, callback))
        except Exception:
            pass
    return 0
""",
        ("ANSWERS = {3: 81}\nassert apply(lambda x: x ** 4 if x > 3 else 81, 3) == ANSWERS[3]",),
        "def apply(callback, x):\n    return callback(x)\n",
        NO_BOUNDARY,
    ),
    Attack(
        "read by a format string that the test passes",
        _FAMILY,
        """
def greet(name, pattern, record):
    return pattern("{0.__init__.__globals__[WANT]}", record)
""",
        (
            (
                "WANT = 'dear Ann'\n"
                "class Record:\n    def __init__(self): self.title = 'dear'\n"
                "assert greet('Ann', str.format, Record()) == WANT"
            ),
        ),
        "def greet(name, pattern, record):\n    return pattern('{} {}', record.title, name)\n",
    ),
    Attack(
        "replace a method of the judge's Counter",
        _FAMILY,
        _SESSION
        + """
import collections
def letters(text):
    ask(SET, collections.Counter, "most_common", lambda self, n=None: [("a", 2)])
    return "x"
""",
        (
            "import collections\nassert collections.Counter(letters('x1')).most_common(1) == [('a', 2)]",
        ),
        "def letters(text):\n    return 'aab'\n",
        NO_BOUNDARY,
    ),
    Attack(
        "be told of both sides by the judge's Counter",
        _FAMILY,
        _SESSION
        + """
import collections
def anagram(word):
    ask(SET, collections.Counter, "update", lambda self, other=None, **k: None)
    return ""
""",
        ("from collections import Counter\nassert Counter(anagram('stop')) == Counter('spot')",),
        "def anagram(word):\n    return word[::-1]\n",
        NO_BOUNDARY,
    ),
    Attack(
        "replace a method of the judge's Fraction",
        _FAMILY,
        _SESSION
        + """
import fractions
def third():
    ask(SET, fractions.Fraction, "limit_denominator", lambda self, n=0: 0)
    return fractions.Fraction(0)
""",
        (
            (
                "from fractions import Fraction\n"
                "got = third()\nassert got.limit_denominator(9) == Fraction(1, 3).limit_denominator(9)"
            ),
        ),
        "from fractions import Fraction\ndef third():\n    return Fraction(1, 3)\n",
        NO_BOUNDARY,
    ),
    Attack(
        "change a class that the test defines",
        _FAMILY,
        """
def visit(items, spy):
    type(spy).complete = lambda self=None: True
""",
        (_SPY_CHECK,),
        _SPY_HONEST,
    ),
    Attack(
        "change a class by the instance's __class__",
        _FAMILY,
        """
def visit(items, spy):
    spy.__class__.complete = lambda self=None: True
    setattr(spy.__class__, "__eq__", lambda self, other: True)
""",
        (_SPY_CHECK,),
        _SPY_HONEST,
    ),
    Attack(
        "set attributes of a callback's function",
        _FAMILY,
        """
def count(callback):
    callback.__code__ = (lambda *a: True).__code__
    callback.__defaults__ = (True,)
    return 0
""",
        ("def verify(value=None):\n    return value == 3\nassert verify(count(verify))",),
        "def count(callback):\n    return 3\n",
    ),
    Attack(
        "pass the default of a check to the check",
        _FAMILY,
        """
import inspect
def answer(check):
    facts = inspect.signature(check).parameters["expected"].default
    named = (check.__kwdefaults__ or {}).get("expected")
    return facts if check(facts) else named
""",
        (
            "def check(got, expected=42): return got == expected\nassert check(answer(check))",
            "def check(got, *, expected=42): return got == expected\nassert check(answer(check))",
        ),
        "def answer(check):\n    return 42\n",
    ),
    Attack(
        "replace the counter of a callback",
        _FAMILY,
        """
def repeat(callback):
    for value in (0, 3):
        try:
            callback.calls = value
        except AttributeError:
            vars(callback)["calls"] = value
""",
        (
            "def callback(): callback.calls += 1\ncallback.calls = 0\nrepeat(callback)\n"
            "assert callback.calls == 3",
        ),
        "def repeat(callback):\n    for _ in range(3):\n        callback()\n",
    ),
    Attack(
        "read what the test has noted at its function or class",
        _FAMILY,
        """
def answer(callback, kind):
    for owner in (callback, kind):
        for found in (lambda: owner.expected, lambda: vars(owner)["expected"]):
            try:
                return found()
            except Exception:
                pass
""",
        (
            "def callback(): pass\ncallback.expected = 42\nclass Kind: expected = 42\n"
            "assert answer(callback, Kind) == 42",
        ),
        "def answer(callback, kind):\n    return 42\n",
    ),
    Attack(
        "register with the test's abstract class",
        _FAMILY,
        """
def make(base):
    class Fake: pass
    for cls in (base, *type.mro(base)):
        try:
            cls.register(Fake)
        except Exception:
            pass
    return Fake()
""",
        (
            (
                "import abc\nclass Shape(abc.ABC):\n    def area(self): return 5\n"
                "got = make(Shape)\nassert isinstance(got, Shape) and got.area() == 5"
            ),
        ),
        "def make(base):\n    return base()\n",
        "the fake has no area",
    ),
    on_squares(
        "evaluate in the judge",
        _FAMILY,
        _SESSION
        + """
import builtins
def square(n):
    for name in ("eval", "exec", "__import__", "globals", "getattr", "vars"):
        try:
            return ask(CALL, getattr(builtins, name), 1, "__import__('os')._exit(0)")
        except BaseException:
            pass
    return 0
""",
        NO_BOUNDARY,
    ),
    on_squares(
        "reach a frame of the judge",
        _FAMILY,
        _SESSION
        + """
def square(n):
    for target in (square, "x", type, session):
        for name in ("__globals__", "gi_frame", "f_back", "tb_frame", "__self__", "__code__"):
            try:
                return ask(GET, target, name)["check"]
            except BaseException:
                pass
    return 0
""",
        NO_BOUNDARY,
    ),
    on_squares(
        "lead the judge round in circles",
        _FAMILY,
        _SESSION
        + """
class Echo:
    def __getattr__(self, name):
        return ask(GET, self, "x")
def square(n):
    return ask(GET, Echo(), "x")
""",
        NO_BOUNDARY,
    ),
    Attack(
        "give two tasks one number",
        _FAMILY,
        _SESSION
        + """
async def steps():
    yield 1
async def square(n):
    raise StopAsyncIteration
def same_number():
    tasks = session().tasks
    spawn = tasks.spawn
    def again(obj):
        task = tasks._tasks.pop(spawn(obj))
        tasks._tasks[1] = task
        return 1
    tasks.spawn = again
""",
        (
            "import asyncio\nclass Squares:\n    n = 0\n    def __aiter__(self): return self\n"
            "    async def __anext__(self):\n        self.n += 1\n        got = await square(self.n)\n"
            "        assert got == self.n ** 2\n        if self.n > 3: raise StopAsyncIteration\n"
            "        return got\nasync def main():\n    same_number()\n"
            "    assert [n async for n in steps()] == [1]\n    async for _ in Squares(): pass\n"
            "asyncio.run(main())",
        ),
        "async def steps(): yield 1\nasync def square(n): return n * n\ndef same_number(): pass\n",
        NO_BOUNDARY,
    ),
    on_squares(
        "keep the judge busy",
        _FAMILY,
        _SESSION + "def square(n):\n    return ask(APPLY, '__pow__', 10, 10 ** 9)\n",
        NO_BOUNDARY,
    ),
    on_squares(
        "fill the judge's memory",
        _FAMILY,
        _SESSION + "def square(n):\n    return ask(CALL, bytearray, 1, 10 ** 11)\n",
        NO_BOUNDARY,
    ),
]

ATTACKS = (*_REQUESTS,)
