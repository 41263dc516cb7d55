"""Honest programs that pass in one process and fail here; ``runner/models/README.md`` says why."""

from tests.integrity.programs import Honest

LIMITS: dict[str, Honest] = {
    "memoryview in": Honest(
        """\
def f(m):
    m[0] = 65""",
        (
            """\
b = bytearray(b'abc')
f(memoryview(b))
assert b == b'Abc'""",
        ),
    ),
    "an equality that many neighbours satisfy": Honest(
        """\
class Mod:

    def __init__(s, v):
        s.v = v % 7

    def __eq__(s, o):
        return s.v == o % 7""",
        ("assert Mod(10) == 3",),
    ),
    "a type of a library in an assertion of unittest": Honest(
        "import threading\ndef f(): return threading.Event()\n",
        ("import threading, unittest\nunittest.TestCase().assertIs(type(f()), threading.Event)",),
    ),
    "a text that is only a name": Honest(
        "def f(): return 5",
        ("x = f()\nassert eval('x') == 5",),
    ),
    "a comparison that makes an object": Honest(
        """\
class Field:
    def __gt__(self, bound):
        return ('gt', bound)""",
        ("assert (Field() > 18) == ('gt', 18)",),
    ),
    "arithmetic that changes its object and returns it": Honest(
        """\
class Out:
    def __init__(self): self.parts = []
    def __lshift__(self, part):
        self.parts.append(part)
        return self
def out(): return Out()""",
        ("o = out()\no << 5\nassert o.parts == [5]",),
    ),
}
