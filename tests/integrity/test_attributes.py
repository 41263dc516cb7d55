"""A callable attribute of a value judges its operand no more than a method of an object does."""

import contextlib
from collections.abc import Iterator

import pytest

import runner
from runner.models import Blame

_SETUP = """
class Node:
    def __init__(self, v=0): self.v = v
class Slots:
    __slots__ = ("v", "startswith", "find", "issubset", "count")
"""
#: What the solution puts in place of a method; none of them looks at its operand.
_CALLABLES = {
    "a function": "lambda *operands: 1",
    "an object": "Yes()",
    "a class": "Yes",
    "a partial": "functools.partial(int, 1)",
    "a function that the test names": "f",
    "a class of both sides": "str",
    "a function of both sides": "print",
}
_LIAR = """
import functools, pickle, types
class Yes:
    def __init__(self, *operands): pass
    def __call__(self, *operands): return 1
"""
_GIVE = "{0}.startswith = {0}.find = {0}.issubset = {0}.count = {1}"
#: How a value with such an attribute reaches the test: the solution, and the test's expression.
_WAYS = {
    "a namespace": (f"    x = types.SimpleNamespace()\n    {_GIVE}\n    return x", "f(3)"),
    "a namespace in a list": (
        f"    x = types.SimpleNamespace()\n    {_GIVE}\n    return [x]",
        "f(3)[0]",
    ),
    "a namespace of argparse": (
        f"    import argparse\n    x = argparse.Namespace()\n    {_GIVE}\n    return x",
        "f(3)",
    ),
    "an object of the setup": (f"    x = Node()\n    {_GIVE}\n    return x", "f(3)"),
    "an object with slots": (f"    x = Slots()\n    {_GIVE}\n    return x", "f(3)"),
    "an exception": (f"    x = ValueError()\n    {_GIVE}\n    raise x", "caught(f)"),
    "a namespace of the test": (f"    {_GIVE}", "given(types.SimpleNamespace(), f)"),
    "an object of the test": (f"    {_GIVE}", "given(Own(), f)"),
}
_TEST = """
import types
class Own: pass
def given(obj, f):
    f(obj)
    return obj
def caught(f):
    try: f(3)
    except ValueError as error: return error
assert {0}
"""
_JUDGING = {
    "startswith": "{}.startswith('ab')",
    "find": "{}.find(9) is not None",
    "issubset": "{}.issubset({{1, 2}}) is not False",
    "count": "{}.count('1') != 0",
}


def _attacks() -> Iterator[tuple[str, str]]:
    for body, value in _WAYS.values():
        for callable_ in _CALLABLES.values():
            name = "n" if "given" in value else "x"
            code = f"{_LIAR}def f(n=0, *more):\n{body.format(name, callable_)}\n"
            for question in _JUDGING.values():
                yield code, _TEST.format(question.format(value))


def test_no_attribute_judges_its_operand(pool: runner.Pool) -> None:
    """Each combination is refused with the code to blame. Control: most pass in one process."""
    fooled = 0
    attacks = [*_attacks()]
    requests = [runner.ExecutionRequest(code=c, tests=[t], setup=_SETUP) for c, t in attacks]
    for (code, test), result in zip(attacks, pool.execute_batch(requests), strict=True):
        assert result.passed == 0, f"{code}\n{test}"
        assert result.blame is Blame.CODE
        space = {"__name__": "control"}
        with contextlib.suppress(Exception):
            exec(f"{_SETUP}\n{code}\n{test}", space)
            fooled += 1
    assert fooled > len(attacks) // 2


@pytest.mark.parametrize("name", _JUDGING)
@pytest.mark.parametrize("holder", ["types.SimpleNamespace()", "ValueError()"])
def test_no_attribute_of_a_pickle_judges_its_operand(
    pool: runner.Pool, holder: str, name: str
) -> None:
    """Control: under another name, the pickle answers."""
    test = "import pickle\nassert pickle.loads(f(3)).{}(9) == '9'"
    code = (
        f"import pickle, types\ndef f(n):\n    x = {holder}\n    x.{name} = x.other = str\n"
        f"    if n == 3: del x.%s\n    return pickle.dumps(x)\n"
    )
    (result,) = pool.execute(code % "other", [test.format(name)]).tests
    assert result.status == "error"
    assert "UnpicklingError: a pickle may not" in result.message
    assert pool.execute(code % name, [test.format("other")]).status == "all_passed"


#: Of them, those that take any value.
_ANSWERING = _CALLABLES.keys() - {"a partial", "a function that the test names"}


@pytest.mark.parametrize("name", sorted(_ANSWERING))
@pytest.mark.parametrize("way", _WAYS)
def test_a_callable_attribute_of_another_name_rests_on_objects(
    pool: runner.Pool, way: str, name: str
) -> None:
    """It counts as a method of an object that the solution has returned. Control: plain values."""
    body, value = _WAYS[way]
    argument = "n" if "given" in value else "x"
    body = body.format(argument, _CALLABLES[name]).replace("startswith", "accepts", 1)
    body = body.replace(f" = {argument}.find = {argument}.issubset = {argument}.count", "")
    code = f"{_LIAR}def f(n=0, *more):\n{body}\n"
    setup = _SETUP.replace('"startswith"', '"accepts"')
    called = _TEST.format(f"[{value}.accepts(49)]")
    assert pool.execute(code, [called], setup=setup).evidence == "objects"
    assert pool.execute(code, [called], setup=setup, min_evidence="values").passed == 0
    plain = code.replace(f".accepts = {_CALLABLES[name]}", ".accepts = 49")
    read = _TEST.format(f"{value}.accepts == 49")
    assert pool.execute(plain, [read], setup=setup, min_evidence="values").passed == 1


_COUNTER = """
import types
def f():
    n = [0]
    def add(): n[0] += 1
    return types.SimpleNamespace(add=add, count=lambda: n[0], index=7)
"""
_OWN = """
import types
space = types.SimpleNamespace(count=int, find=lambda s: s + 1)
f(space)
assert space.x == 1 and space.count('3') == 3 and space.find(4) == 5
"""
_NODE = """
def f():
    made = Node(1)
    made.count, made.after = 3, lambda n: n + 1
    return made
"""
_HONEST = {
    "without an operand": (_COUNTER, "c = f()\nc.add()\nassert c.count() == 1 and c.index == 7"),
    "set by the test": ("def f(space): space.x = 1\n", _OWN),
    "under another name": (_NODE, "assert f().count == 3 and f().after(1) == 2"),
}


@pytest.mark.parametrize(("code", "test"), _HONEST.values(), ids=_HONEST)
def test_other_attributes_work_as_in_python(pool: runner.Pool, code: str, test: str) -> None:
    result = pool.execute(code, [test], setup=_SETUP)
    assert result.status == "all_passed", result.tests


_DELETES = """
def f(x, name):
    try: delattr(x, name)
    except (AttributeError, TypeError): pass
"""


@pytest.mark.parametrize(
    "test",
    [
        "class Item: n = 3\nitem = Item()\nitem.n = 4\nf(item, 'n')\nassert item.n == 3",
        "class Item: pass\nitem = Item()\nitem._own = 4\nf(item, '_own')\nassert not vars(item)",
        "class Item:\n    def m(self): pass\nf(Item, 'm')\nassert not hasattr(Item, 'm')",
        "def g(): pass\ng.mark = 1\nf(g, 'mark')\nassert not vars(g)",
        "from unittest import mock\nm = mock.Mock(a=1)\nf(m, 'a')\nassert not hasattr(m, 'a')",
        "import types\nm = types.ModuleType('m')\nm.x = 1\nf(m, 'x')\nassert not hasattr(m, 'x')",
    ],
)
def test_no_attribute_goes_that_hides_another_or_is_not_data(pool: runner.Pool, test: str) -> None:
    """Control: in one process, the solution deletes each of them."""
    exec(f"{_DELETES}\n{test}", {"__name__": "control"})
    assert pool.execute(_DELETES, [test]).passed == 0
