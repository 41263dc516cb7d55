"""A pickle of the solution makes values in the judge, and runs nothing beside the test."""

import io
import pickle  # noqa: TID251 - the control
from typing import Any

import pytest

import runner

_IMPORTS = "import _pickle, fractions, io, pickle, unittest.mock\n"
_SETUP = """\
import enum, functools
class Point:
    SCALE = 4
    count = 0
    @functools.cached_property
    def area(self): return self.x ** 2
    def count_up(self):
        self.count += 1
        return self
    def __init__(self, x): self.x = x
    def __eq__(self, other): return self.x == other.x
    def __hash__(self): return self.x
    def is_valid(self): return self.x > 0
class Color(enum.Enum):
    RED = 1
class Named(enum.Enum):
    def show(self): return self.name.lower()
class Meta(type): pass
"""

#: How a test unpickles.
_WAYS = (
    *("pickle.loads(f(X))", "pickle._loads(f(X))", "_pickle.loads(f(X))"),
    *("pickle.load(io.BytesIO(f(X)))", "pickle.Unpickler(io.BytesIO(f(X))).load()"),
    "type('U', (pickle.Unpickler,), {})(io.BytesIO(f(X))).load()",
)

_LIAR = b"cbuiltins\ntype\n(S'X'\n(t(dS'__eq__'\ncbuiltins\nbool\nstR)R."
_FORGED = {
    "an object that equals everything": (b"cunittest.mock\nANY\n.", "[1]"),
    "an object by a path": (b"\x80\x04\x8c\x08unittest\x8c\x08mock.ANY\x93.", "[1]"),
    "a class that lies": (_LIAR, "[1]"),
    "code": (b"cbuiltins\neval\n(S'__import__(\"unittest\").mock.ANY'\ntR.", "[1]"),
    "an attribute": (b"cbuiltins\ngetattr\n(ctests\nPoint\nS'__init__'\ntR.", "Point"),
    "globals": (b"\x80\x04\x8c\x05tests\x8c\x1aPoint.__init__.__globals__\x93.", "Point(3)"),
    "a method of a library's class": (
        b"\x80\x04cfractions\nFraction\nN}\x8c\x06__eq__cbuiltins\nbool\ns\x86b0K\x01.",
        "fractions.Fraction(1, 3)",
    ),
    "a method of the test's class": (
        b"\x80\x04ctests\nPoint\nN}\x8c\x06__eq__cbuiltins\nbool\ns\x86b0K\x01.",
        "Point(3)",
    ),
    "the same, by another mapping": (
        b"\x80\x04ctests\nPoint\nNccollections\nOrderedDict\n)R\x8c\x06__eq__cbuiltins\nbool\ns\x86b0K\x01.",
        "Point(3)",
    ),
    "a method of an instance": (
        b"\x80\x04ctests\nPoint\n)\x81}(\x8c\x01xK\x03\x8c\x08is_validcbuiltins\nobject\nub.",
        "Point(3)",
    ),
    "a class by a metaclass": (b"ctests\nMeta\n(S'X'\n(t}S'__eq__'\ncbuiltins\nbool\nstR(tR.", "3"),
    "the same, by another code": (
        b"((S'X'\n(t}S'__eq__'\ncbuiltins\nbool\nsitests\nMeta\n(tR.",
        "3",
    ),
    "an enum": (
        b"cbuiltins\ngetattr\n(ctests\nNamed\n(S'X'\n}(S'a'\nI1\nS'__eq__'\ncbuiltins\nbool\nutRS'a'\ntR.",
        "3",
    ),
    "a constant of the class": (
        b"\x80\x04ctests\nPoint\n)\x81}(\x8c\x01xK\x03\x8c\x05SCALEK\x09ub.",
        "Point(3)",
    ),
    "a cached property": (
        b"\x80\x04ctests\nPoint\n)\x81}(\x8c\x01xK\x00\x8c\x04areaK\x09ub.",
        "Point(3)",
    ),
}
#: What the test asks, of attacks that an equality does not show.
_CALLED = {
    "a method of an instance": "is_valid()",
    "a constant of the class": "SCALE == 9",
    "a cached property": "area == 9",
}


def _test(way: str, expected: str, asked: str | None) -> str:
    read = way.replace("X", expected)
    if asked is not None:
        return f"{_IMPORTS}assert {read}.{asked}"
    return f"{_IMPORTS}assert {read} == {expected}"


@pytest.mark.parametrize("way", _WAYS)
@pytest.mark.parametrize("name", _FORGED)
def test_a_pickle_of_the_solution_forges_nothing(pool: runner.Pool, name: str, way: str) -> None:
    """Whatever the pickle names, it is refused, or makes an object of the solution's process."""
    data, expected = _FORGED[name]
    test = _test(way, expected, _CALLED.get(name))
    (result,) = pool.execute(f"def f(x): return {data!r}", [test], setup=_SETUP).tests
    assert result.status in {"error", "failed"}
    refusals = "UnpicklingError: a pickle", "__eq__ of an object of the solution"
    assert any(text in result.message for text in refusals), result.message


@pytest.mark.parametrize("name", _FORGED)
def test_the_control_loads_it(name: str) -> None:
    """Without the rule, each of these pickles is read."""
    data, _ = _FORGED[name]
    space: dict[str, Any] = {"__name__": "tests"}
    exec(_SETUP, space)
    assert _read_without_rule(data, space) is not None


def _read_without_rule(data: bytes, space: dict[str, Any]) -> Any:
    class Control(pickle._Unpickler):
        def find_class(self, module: str, name: str) -> Any:
            if module == "tests":
                found: Any = space[name.partition(".")[0]]
                return found if "." not in name else found.__init__.__globals__
            if (module, name) == ("fractions", "Fraction"):
                return type("Fraction", (), {})
            return super().find_class(module, name)

    return Control(io.BytesIO(data)).load()


_VALUES = (
    *("[1, 'a', None, {2: (3.5, b'b')}]", "{1, 2}", "frozenset({1})", "range(3)", "1 + 2j"),
    *("bytearray(b'a')", "decimal.Decimal('1.5')", "fractions.Fraction(1, 3)", "uuid.UUID(int=7)"),
    *("datetime.datetime(2020, 1, 2, tzinfo=datetime.timezone.utc)", "datetime.timedelta(1)"),
    *("collections.Counter('aab')", "collections.OrderedDict(a=1)", "collections.deque([1], 3)"),
    *("collections.defaultdict(int, a=1)", "array.array('i', [1])", "pathlib.PurePosixPath('a')"),
    *(
        "Point(3)",
        "Point(3).count_up()",
        "[Point(1), Point(2)]",
        "Color.RED",
        "{'a': Point}",
        "ValueError",
    ),
)


@pytest.mark.parametrize("value", _VALUES)
def test_values_and_objects_of_the_test_are_unpickled(pool: runner.Pool, value: str) -> None:
    """By each protocol, from a pickle of the test and from one that the solution returns."""
    test = f"""
import array, collections, datetime, decimal, fractions, io, pathlib, pickle, uuid
for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
    data = pickle.dumps({value}, protocol)
    assert pickle.loads(data) == pickle.load(io.BytesIO(f(data))) == {value}
"""
    result = pool.execute("def f(x): return x", [test], setup=_SETUP)
    assert result.status == "all_passed", result.tests


def test_what_a_solution_pickles_is_unpickled(pool: runner.Pool) -> None:
    code = "import pickle\ndef f(x): return pickle.dumps(x)"
    test = "import pickle\nfor x in ([1, {2: 'a'}], {3}, 1.5):\n    assert pickle.loads(f(x)) == x"
    result = pool.execute(code, [test], min_evidence="values")
    assert result.status == "all_passed", result.tests


_NODES = """
import pickle
class Node:
    def __init__(self, value): self.value = value
    def double(self): return Node(2 * self.value)
def dump(*values): return b''.join(pickle.dumps(Node(value)) for value in values)
"""
_READ = """
import io, pickle
file = io.BytesIO(dump(1, 2) + pickle.dumps([3]))
one, two = pickle.load(file), pickle.load(file)
assert (one.value, two.double().value) == (1, 4) and isinstance(one, Node)
assert pickle.load(file) == [3] and file.read() == b''
assert pickle.loads(dump(5)).value == 5
"""


def test_objects_of_the_solution_are_unpickled_in_its_process(pool: runner.Pool) -> None:
    result = pool.execute(_NODES, [_READ])
    assert (result.status, result.evidence) == ("all_passed", "objects"), result.tests
    assert pool.execute(_NODES, [_READ], min_evidence="values").status != "all_passed"
    wrong = _NODES.replace("2 * self", "3 * self")
    assert pool.execute(wrong, [_READ]).status != "all_passed"


def test_what_the_solutions_process_unpickles_does_not_judge(pool: runner.Pool) -> None:
    """Control: it may be read."""
    code = _NODES + "Node.__eq__ = lambda *_: True\n"
    test = "import pickle\nfound = pickle.loads(dump(1))\nassert {}"
    assert pool.execute(code, [test.format("found.value == 1")]).status == "all_passed"
    for check in ("found == 2", "found in [2]", "[found] == [2]", "not found != 2"):
        assert pool.execute(code, [test.format(check)]).status != "all_passed", check
