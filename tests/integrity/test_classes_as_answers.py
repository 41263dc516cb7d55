"""A class of both sides that the solution hands out is no value: ``bool(expected)`` is True."""

import pytest

import runner
from runner.models import Evidence

_CODE = """
import collections, types
class Money(int): pass
class Lazy(collections.defaultdict): pass
def kind(): return bool
def body(): return {'__eq__': bool}
def numbers(): return collections.defaultdict(list, {1: [2]})
def lazy(): return Lazy(int, {1: bool})
def place(): return types.SimpleNamespace(ok={'a': bool})
def pairs(): return [(bool, n) for n in range(20)]
def mixed(): return int, Money(3)
def add(values): values.append(bool)
def stop(): raise ValueError(bool)
def steps(): yield bool
class Check:
    answer = bool
    def __init__(self): self.own = bool
TABLE = {'a': bool}
Text = str
class Empty(LookupError): pass
def empty(): raise Empty('none')
"""
_FORGED = [
    "Row = type('Row', (), body())\nassert Row() == 5",
    "import types\nassert types.new_class('Row', (), {}, lambda r: r.update(body()))() == 5",
    "class Row:\n    __eq__ = kind()\nassert Row() == 5",
    "class Row: pass\nsetattr(Row, '__eq__', kind())\nassert Row() == 5",
    "class Row: pass\nRow.__eq__ = kind()\nassert Row() == 5",
    "import dataclasses as d\nassert d.make_dataclass('Row', ['x'], namespace=body())(1) == 5",
    "Row = type('Row', (), {'__eq__': TABLE['a']})\nassert Row() == 5",
    "assert kind()(5) and all(map(kind(), [1, 2]))",
    "assert TABLE['a'](5)",
    "import solution\nassert solution.TABLE['a'](5)",
    "assert lazy()[1](5)",
    "assert place().ok['a'](5)",
    "assert pairs()[3][0](5)",
    "assert mixed()[0](5)",
    "values = []\nadd(values)\nassert values[0](5)",
    "values = []\nadd(values)\nassert len(values) == 1",
    "try: stop()\nexcept ValueError as error: assert error.args[0](5)",
    "assert next(steps())(5)",
    "assert Check.answer(5)",
    "assert Check().own(5)",
]
_HONEST = [
    "assert numbers() == {1: [2]}",
    "try: empty()\nexcept LookupError as error: assert error.args == ('none',)",
    "assert Text('a') == 'a' and Text is str",
]


@pytest.mark.parametrize("test", _FORGED)
def test_a_class_is_worth_objects(pool: runner.Pool, test: str) -> None:
    result = pool.execute(_CODE, [test])
    assert (result.status, result.evidence) == ("all_passed", Evidence.OBJECTS), result.tests
    assert pool.execute(_CODE, [test], min_evidence="values").status == "some_failed"


@pytest.mark.parametrize("test", _HONEST)
def test_factories_types_of_objects_and_named_classes_are_values(
    pool: runner.Pool, test: str
) -> None:
    result = pool.execute(_CODE, [test])
    assert (result.status, result.evidence) == ("all_passed", Evidence.VALUES), result.tests


_PICKLED = {
    "an attribute": ("types\nSimpleNamespace\n(tR}(S'ok'\ncbuiltins\nbool\nub.", ".ok"),
    "an item": ("builtins\nset\n(tR0}S'ok'\ncbuiltins\nbool\ns.", "['ok']"),
    "a class": ("builtins\nbool\n.", ""),
    "a class that made something": ("builtins\nbool\nq\x01(tR0h\x01.", ""),
    "an argument": ("builtins\nValueError\n(cbuiltins\nbool\ntR.", ".args[0]"),
    "a part of a slice": ("builtins\nslice\n(cbuiltins\nbool\nI1\nI2\ntR.", ".start"),
    "a slot": ("tests\nPoint\n)\x81N}(S'x'\ncbuiltins\nbool\nu\x86b.", ".x"),
}


@pytest.mark.parametrize(("data", "path"), _PICKLED.values(), ids=_PICKLED)
def test_a_class_in_a_pickle_is_worth_objects(pool: runner.Pool, data: str, path: str) -> None:
    code = f"def f(): return {'c' + data!r}.encode('latin-1')"
    test = f"import pickle\nclass Point: __slots__ = 'x'\nassert pickle.loads(f()){path}(5)"
    result = pool.execute(code, [test])
    assert (result.status, result.evidence) == ("all_passed", Evidence.OBJECTS), result.tests


def test_the_values_of_a_pickle_are_values(pool: runner.Pool) -> None:
    test = """
import collections, datetime, decimal, pickle
class Point:
    def __init__(self): self.x = [{1, 2}, range(3), slice(1)]
parts = decimal.Decimal(1), datetime.date(2020, 1, 2), collections.defaultdict(int), Point
for protocol in range(6):
    assert pickle.loads(f(pickle.dumps(parts, protocol))) == parts
    assert pickle.loads(f(pickle.dumps(Point(), protocol))).x == Point().x
"""
    result = pool.execute("def f(x): return x", [test], min_evidence="values")
    assert result.status == "all_passed", result.tests
