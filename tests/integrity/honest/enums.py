"""Enums that a test defines and passes to the solution."""

from tests.integrity.programs import Honest

_SOLUTION = """\
import enum, json
def is_enum(x): return isinstance(x, enum.Enum)
def names(cls):
    assert issubclass(cls, enum.Enum) and len(cls) == len(list(cls))
    return [each.name for each in cls]
def named(cls, name): return cls[name] if name in cls.__members__ else None
def valued(cls, value): return cls(value)
def following(x):
    found = list(type(x))
    return found[(found.index(x) + 1) % len(found)]
def same(x): return x
def either(a, b): return a | b
def plain(x): return json.dumps(x, default=lambda each: each.value)
def count(xs):
    found = {}
    for x in xs: found[x] = found.get(x, 0) + 1
    return found
def texts(x): return str(x), repr(x), f'{x}'
class Machine:
    def __init__(self, states, first, table):
        if not isinstance(first, states): raise TypeError(first)
        self.state, self.table = first, table
        self.missing = [each for each in states if each not in table]
    def send(self, event):
        if event not in self.table[self.state]: raise ValueError(f'{self.state.name}: {event.name}')
        self.state = self.table[self.state][event]
        return self.state
"""

HONEST: dict[str, Honest] = {
    "enums of the test": Honest(
        _SOLUTION,
        (
            """\
import enum
class Color(enum.Enum):
    RED = 1
    GREEN = 2
    CRIMSON = 1
assert is_enum(Color.RED) and not is_enum(3)
assert names(Color) == ['RED', 'GREEN'] and named(Color, 'CRIMSON') is Color.RED
assert named(Color, 'PINK') is None and valued(Color, 2) is Color.GREEN
assert following(Color.GREEN) is Color.RED and same(Color) is Color
assert same([Color.RED, {Color.GREEN}]) == [Color.RED, {Color.GREEN}]
assert plain({'a': Color.RED}) == '{"a": 1}' and same({Color.RED: 1}) == {Color.RED: 1}
assert count([Color.RED, Color.RED, Color.GREEN]) == {Color.RED: 2, Color.GREEN: 1}
assert texts(Color.RED) == ('Color.RED', '<Color.RED: 1>', 'Color.RED')
try:
    valued(Color, 3)
    assert False
except ValueError as error:
    assert 'Color' in str(error)""",
            """\
import enum
class Level(enum.IntEnum):
    LOW, HIGH = 1, 5
class Name(str, enum.Enum):
    A, B = 'a', 'b'
class Text(enum.StrEnum):
    A = enum.auto()
assert following(Level.LOW) is Level.HIGH and valued(Level, 5) is Level.HIGH
assert plain([Level.LOW, Name.B, Text.A]) == '[1, "b", "a"]'
assert same(Name.A) is Name.A and texts(Text.A)[0] == 'a' and names(Name) == ['A', 'B']""",
            """\
import enum
class Right(enum.Flag):
    R = enum.auto()
    W = enum.auto()
    X = enum.auto()
    RW = R | W
assert either(Right.R, Right.W) is Right.RW and either(Right.R, Right.X) == Right.R | Right.X
assert same(Right.W | Right.X) is Right.W | Right.X and same(Right(0)) is Right(0)
class Mode(enum.IntFlag):
    A, B = 1, 2
assert either(Mode.A, Mode.B) == 3 and same(Mode.A | Mode.B) is Mode.A | Mode.B""",
            """\
from enum import Enum, auto
Light = Enum('Light', 'RED GREEN')
class Event(Enum):
    TICK = auto()
    RESET = auto()
table = {Light.RED: {Event.TICK: Light.GREEN}, Light.GREEN: {Event.TICK: Light.RED}}
machine = Machine(Light, Light.RED, table)
assert machine.missing == [] and machine.send(Event.TICK) is Light.GREEN is machine.state
try:
    machine.send(Event.RESET)
    assert False
except ValueError as error:
    assert str(error) == 'GREEN: RESET'""",
        ),
    ),
    "methods and attributes of a test's enum": Honest(
        "def gravity(planet): return round(planet.mass / planet.radius, 1), planet.is_large\n"
        "def run(op, a, b): return op(a, b), op.label()\n"
        "def largest(xs): return max(xs)\ndef find(cls, text): return cls(text)\n"
        "def first(cls): return cls.first(), [each.label for each in cls]\n",
        (
            """\
from enum import Enum
import functools
class Labelled(Enum):
    def label(self): return self.name.title()
class Op(Labelled):
    ADD, MUL = '+', '*'
    def __call__(self, a, b): return a + b if self is Op.ADD else a * b
    @classmethod
    def _missing_(cls, value): return cls.ADD if value == 'plus' else None
assert run(Op.MUL, 2, 3) == (6, 'Mul') and find(Op, 'plus') is Op.ADD
class Planet(Enum):
    EARTH, MOON = (10, 2), (1, 1)
    def __init__(self, mass, radius): self.mass, self.radius = mass, radius
    @property
    def is_large(self): return self.mass > 5
assert gravity(Planet.EARTH) == (5.0, True) and gravity(Planet.MOON) == (1.0, False)
@functools.total_ordering
class Size(Enum):
    S, M, L = 1, 2, 3
    def __lt__(self, other): return self.value < other.value
assert largest([Size.S, Size.L, Size.M]) is Size.L""",
            """\
from enum import Enum
class Kind(Enum):
    A = [1]
    B = []
assert [each.label for each in (Kind.A,) if hasattr(each, 'label')] == []
class Code(Enum):
    A, B = (1, 'one'), (2, 'two')
    def __new__(cls, number, label):
        made = object.__new__(cls)
        made._value_, made.label = number, label
        return made
    @classmethod
    def first(cls): return cls(1)
assert first(Code) == (Code.A, ['one', 'two'])""",
        ),
    ),
}
