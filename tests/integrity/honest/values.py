"""Values of the standard library's types, and how they are written."""

from tests.integrity.programs import Honest

HONEST: dict[str, Honest] = {
    "re": Honest(
        """\
import re

def f(s):
    return re.compile(s)

def m(s):
    return re.search('b+', s)""",
        (
            "assert f('a+').match('aa').group() == 'aa'",
            "assert m('abbc').span() == (1, 3) and m('abbc')[0] == 'bb'",
            "assert m('x') is None",
            "assert bool(m('b'))",
        ),
    ),
    "a pattern is a value": Honest(
        """\
import re

def f(words):
    return re.compile('|'.join(map(re.escape, words)), re.I)

def words(pattern, text):
    return pattern.findall(text)

def raw():
    return re.compile(b'a+')""",
        (
            "import re\nassert f(['a', 'b']) == re.compile('a|b', re.I)",
            "import re\nassert isinstance(f(['a']), re.Pattern) and f(['a']).flags & re.I",
            "import re\nassert re.findall(f(['a']), 'aA') == ['a', 'A'] and raw().sub(b'', b'ab') == b'b'",
            "import re\nassert words(re.compile('[a-z]+'), 'x 1 yz') == ['x', 'yz']",
            "assert f(['a']) is f(['a']) and f(['a']).fullmatch('aa') is None",
        ),
    ),
    "re.Match": Honest(
        """\
import re

def f(s):
    return re.match('(\\\\d+)-(?P<x>\\\\w+)', s)""",
        (
            """\
m = f('12-ab')
assert m and m[1] == '12' and (m.groupdict() == {'x': 'ab'}) and (m.groups() == ('12', 'ab'))""",
        ),
    ),
    "bytes etc": Honest(
        """\
def f(b):
    return b[::-1]

def g(b):
    b.reverse()
    return b

def m(b):
    return memoryview(b)""",
        (
            "assert f(b'ab') == b'ba'",
            """\
b = bytearray(b'ab')
assert g(b) is b and b == bytearray(b'ba')""",
            "assert bytes(m(b'ab')) == b'ab'",
        ),
    ),
    "json of result": Honest(
        """\
def f():
    return {'a': [1, None, True]}""",
        (
            """\
import json
assert json.loads(json.dumps(f())) == f()""",
        ),
    ),
    "uuid path": Honest(
        """\
import uuid, pathlib

def f():
    return uuid.UUID(int=5)

def p():
    return pathlib.PurePosixPath('/a/b')""",
        (
            """\
import uuid
assert f() == uuid.UUID(int=5)""",
            "assert str(p()) == '/a/b' and p().name == 'b'",
            """\
import pathlib
assert p() == pathlib.PurePosixPath('/a/b')""",
        ),
    ),
    "addresses and members": Honest(
        """\
import http, ipaddress, signal, statistics

def hosts(network):
    return [*ipaddress.ip_network(network).hosts()]

def status(number):
    return http.HTTPStatus(number)

def stop():
    return signal.SIGTERM

def fit(values):
    return statistics.NormalDist.from_samples(values)""",
        (
            """\
import ipaddress
assert hosts('10.0.0.0/30') == [ipaddress.ip_address(f'10.0.0.{i}') for i in (1, 2)]
assert hosts(ipaddress.ip_network('10.0.0.0/30'))[0] in ipaddress.ip_network('10.0.0.0/24')""",
            """\
from http import HTTPStatus
assert status(404) is HTTPStatus.NOT_FOUND and status(200).phrase == 'OK'""",
            """\
import signal
assert stop() is signal.SIGTERM""",
            """\
from statistics import NormalDist
assert fit([1, 2, 3]) == NormalDist(2, 1)""",
        ),
    ),
    "uuid/secrets": Honest(
        """\
import uuid, secrets

def f():
    return str(uuid.uuid4())""",
        ("assert len(f()) == 36 and f() != f()",),
    ),
    "doctest": Honest(
        """\
def f(x):
    \"\"\"
    >>> f(1)
    2
    \"\"\"
    return x + 1""",
        ("assert '>>> f(1)' in f.__doc__",),
    ),
    "time": Honest(
        """\
import time

def f():
    t = time.perf_counter()
    time.sleep(0.01)
    return time.perf_counter() - t""",
        ("assert f() >= 0.01",),
    ),
    "long str": Honest(
        """\
def f():
    return 'x' * 10 ** 6""",
        ("assert len(f()) == 10 ** 6",),
    ),
    "surrogate": Honest(
        """\
def f(s):
    return s[::-1]""",
        ("assert f('a\\ud800b') == 'b\\ud800a' and f('\\x00') == '\\x00'",),
    ),
    "enum": Honest(
        """\
import enum

class C(enum.Enum):
    R = 1
    G = 2

def f():
    return C.R""",
        (
            "assert f() is C.R",
            "assert f() == C.R and f() != C.G",
            "assert C.R.value == 1 and C['G'].name == 'G'",
            "assert [c.name for c in C] == ['R', 'G']",
            "assert isinstance(f(), C)",
            "assert C(1) is C.R",
            "assert {C.R: 1}[f()] == 1",
            "assert len(C) == 2",
        ),
    ),
    "intenum": Honest(
        """\
import enum

class C(enum.IntEnum):
    R = 1

def f():
    return C.R""",
        (
            "assert f() == 1 and f().name == 'R' and (f() == C.R)",
            "assert C.R + 1 == 2",
        ),
    ),
    "enum flag": Honest(
        """\
import enum

class F(enum.Flag):
    A = 1
    B = 2""",
        ("assert (F.A | F.B) & F.A == F.A and F.B in F.A | F.B and ((F.A | F.B).value == 3)",),
    ),
    "strenum auto": Honest(
        """\
import enum

class S(enum.StrEnum):
    RED = enum.auto()

def f():
    return S.RED""",
        ("assert f() == 'red' and f() is S.RED and (S('red') is S.RED)",),
    ),
    "intenum is": Honest(
        """\
import enum

class P(enum.IntEnum):
    LOW = 1
    HIGH = 2

def f():
    return P.LOW""",
        (
            "assert f() is P.LOW",
            """\
assert f().name == 'LOW' and P(1) is P.LOW and (P.LOW < P.HIGH) and (max(P).name == 'HIGH')""",
        ),
    ),
    "future line": Honest(
        """\
from __future__ import annotations
from dataclasses import dataclass

@dataclass
class N:
    v: int
    n: N | None = None""",
        ("assert N(1, N(2)).n.v == 2 and N.__annotations__['n'] == 'N | None'",),
        "import math",
    ),
    "time zones of the solution and of the test": Honest(
        """\
from datetime import datetime, time, timedelta, tzinfo
class Fixed(tzinfo):
    def __init__(self, hours): self.hours = hours
    def utcoffset(self, moment): return timedelta(hours=self.hours)
    def dst(self, moment): return timedelta(0)
    def tzname(self, moment): return f'UTC{self.hours:+d}'
class Summer(Fixed):
    def dst(self, moment): return timedelta(hours=1 if moment and 4 <= moment.month <= 9 else 0)
    def utcoffset(self, moment): return super().utcoffset(moment) + self.dst(moment)
EAST = Summer(2)
START = datetime(2024, 1, 1, tzinfo=EAST)
def at(*parts): return datetime(*parts, tzinfo=EAST)
def moved(moment, hours): return moment.astimezone(Fixed(hours))
def noon(): return time(12, tzinfo=Fixed(1))
def offset(moment): return moment.utcoffset(), moment.tzname()
def later(moment): return moment + timedelta(hours=1)""",
        (
            """\
from datetime import datetime, timedelta, timezone
assert at(2024, 1, 1, 12) == datetime(2024, 1, 1, 10, tzinfo=timezone.utc) and START < at(2024, 1, 2)
assert at(2024, 7, 1).utcoffset() == timedelta(hours=3) and at(2024, 7, 1).dst() == timedelta(hours=1)
assert at(2024, 1, 1).tzinfo is EAST and isinstance(START.tzinfo, Summer)
found = moved(datetime(2024, 1, 1, tzinfo=timezone.utc), 5)
assert (found.hour, found.tzname(), str(found)) == (5, 'UTC+5', '2024-01-01 05:00:00+05:00')
assert noon().utcoffset() == timedelta(hours=1) and EAST.utcoffset(None) == timedelta(hours=2)
assert START.astimezone(timezone.utc).hour == 22 and at(2024, 1, 2) - START == timedelta(1)
assert datetime(2024, 1, 1, 12, tzinfo=Fixed(3)).astimezone(timezone.utc).hour == 9
assert {START: 1}[START] == 1 and {START} == {datetime(2023, 12, 31, 22, tzinfo=timezone.utc)}""",
            """\
from datetime import datetime, timedelta, timezone, tzinfo
class Mine(tzinfo):
    def utcoffset(self, moment): return timedelta(hours=3)
    def dst(self, moment): return None
    def tzname(self, moment): return 'mine'
mine = Mine()
assert offset(datetime(2024, 1, 1, tzinfo=mine)) == (timedelta(hours=3), 'mine')
found = later(datetime(2024, 1, 1, tzinfo=mine))
assert found == datetime(2024, 1, 1, 1, tzinfo=mine) and found.tzinfo is mine
assert found == datetime(2023, 12, 31, 22, tzinfo=timezone.utc)""",
        ),
    ),
    "generic aliases and unions": Honest(
        """\
import typing
from typing import Any, Callable, Dict, Generic, List, Literal, NewType, Optional, Tuple, TypeVar, Union
U = NewType('U', int)
class Node: pass
T = TypeVar('T')
class Stack(Generic[T]): pass
def f(x: Optional[int] = None, n: 'Node' = None) -> Union[int, str]: return U(3)
def aliases(): return list[int], int | None, Dict[str, List[int]], Callable[[int], str], Tuple[int, ...]
def more(): return Literal['a', 1], Optional[Node], Any, Callable[..., Any], dict[str, list[int]]
def stack(): return Stack[int]
def fits(value, kind):
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if kind is Any: return True
    if origin is Union: return any(fits(value, each) for each in args)
    if origin is Literal: return value in args
    if origin is list: return isinstance(value, list) and all(fits(each, args[0]) for each in value)
    return isinstance(value, kind)
def hints(x): return typing.get_type_hints(x)""",
        (
            """\
import typing
from typing import Any, Callable, Dict, List, Literal, Optional, Tuple, Union
assert f() == 3 and typing.get_type_hints(f)['return'] == typing.Union[int, str]
assert f.__annotations__['x'] == Optional[int] != Optional[str]
assert aliases() == (list[int], int | None, Dict[str, List[int]], Callable[[int], str], Tuple[int, ...])
assert more() == (Literal['a', 1], Optional[Node], Any, Callable[..., Any], dict[str, list[int]])
assert more()[0] != Literal['b', 1] and aliases()[0] != list[str]
assert stack() is not None""",
            """\
from typing import Any, List, Literal, Optional, Union
assert fits(1, Optional[int]) and fits(None, Optional[int]) and not fits('a', Union[int, float])
assert fits([1, None], List[Optional[int]]) and not fits(['a'], list[int]) and fits('a', Any)
assert fits('a', Literal['a', 'b']) and not fits('c', Literal['a', 'b']) and fits(1, int | str)
def own(a: Optional[int], b: List[str], c: 'dict[str, int]') -> None: ...
assert hints(own) == {'a': Optional[int], 'b': List[str], 'c': dict[str, int], 'return': type(None)}""",
        ),
    ),
    "aliases of what is no value": Honest(
        """\
from typing import Any, Callable, Dict, Generic, List, Match, Optional, Tuple, TypeVar, Union

T = TypeVar('T')
class Box(Generic[T]): pass
Json = Union[None, int, List['Json'], Dict[str, 'Json']]
Boxes = Optional[List[Box[int]]]
Several = Callable[[List[T]], Tuple[T, ...]]
Replace = Callable[[Callable[[Match[str]], str], str], str]
def count(value: Json, boxes: Boxes = None, several: Several = tuple, replace: Replace = None):
    return 1 + sum(map(count, value)) if isinstance(value, list) else 1""",
        (
            "assert count([1, [2, 3]]) == 5",
            "from typing import Callable, Match\n"
            "assert Replace == Callable[[Callable[[Match[str]], str], str], str]",
            "import solution\nfrom solution import *\nassert solution.count(Json) == 1",
        ),
    ),
    "old names of time zones": Honest(
        """\
from datetime import datetime
from zoneinfo import ZoneInfo
def hour(name): return datetime(2024, 7, 1, 12, tzinfo=ZoneInfo(name)).astimezone(ZoneInfo('UTC')).hour
def when(zone): return datetime(2024, 7, 1, tzinfo=zone)""",
        (
            "from zoneinfo import ZoneInfo\nassert hour('US/Eastern') == 16 and hour('Japan') == 3\n"
            "assert when(ZoneInfo('US/Pacific')).utcoffset().total_seconds() == -7 * 3600",
        ),
    ),
}
