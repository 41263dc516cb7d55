"""What differs in one process differs here, and what is no answer there fails the test here."""

import pytest

import runner
from runner.models import Evidence

#: Bodies of ``__eq__`` and ``__lt__`` (of ``self`` and ``other``); most are mistakes.
_BODIES = (
    "return self.v == getattr(other, 'v', other)",
    "return isinstance(other, Own) and self.v == other.v",
    "return self.v == other.v",
    "return True",
    "return False",
    "return NotImplemented",
    "return None",
    "return 'yes'",
    "return ''",
    "return []",
    "return self",
    "return 1 if self.v == other else 0",
    "return self.v and self.v == other",
    "return other is None",
    "raise ValueError(other)",
)
_OPERANDS = ("5", "'x'", "[5]", "None", "object()", "len", "Other()")
_FORMS = (
    "assert {0} != {1}",
    "assert not {0} == {1}",
    "assert {1} != {0}",
    "assert ({0} == {1}) is False",
    "assert {0} not in [{1}]",
    "import unittest\nunittest.TestCase().assertNotEqual({0}, {1})",
)
_OF_ORDER = ("assert not {0} < {1}", "assert ({0} < {1}) is False", "assert not {1} > {0}")
_OBJECTS = ("Own(3)", "own(3)", "owns()[0]")
_CODE = """
class Own:
    def __init__(self, v): self.v = v
    def {name}(self, other): {body}
def own(v): return Own(v)
def owns(): return [Own(3)]
"""
_OTHER = "class Other: pass\n"


def _passes_in_one_process(code: str, test: str) -> bool:
    space = {"__name__": "control"}
    exec(code, space)
    try:
        exec(test, space)
    except Exception:  # noqa: BLE001 - whatever the solution or the assertion raises
        return False
    return True


@pytest.mark.parametrize("body", _BODIES)
@pytest.mark.parametrize(("name", "forms"), [("__eq__", _FORMS), ("__lt__", _OF_ORDER)])
def test_a_pass_is_one_in_one_process(
    pool: runner.Pool, name: str, forms: tuple[str, ...], body: str
) -> None:
    """And a comparison that answers False everywhere passes as there."""
    code = _CODE.format(name=name, body=body)
    tests = [
        _OTHER + form.format(one, other)
        for form in forms
        for one in _OBJECTS
        for other in _OPERANDS
    ]
    found = pool.execute(code, tests).tests
    plain = [_passes_in_one_process(code, test) for test in tests]
    wrong = [test for test, one, own in zip(tests, found, plain, strict=True) if one.passed > own]
    assert wrong == []
    if (name, body) == ("__eq__", "return False"):
        assert [one.passed for one in found] == plain


_SETS = """
from collections.abc import Set
class Own(Set):
    def __init__(self, items): self.items = items
    def __contains__(self, item): return item in self.items
    def __iter__(self): return iter(self.items)
    def __len__(self): return {length}
def own(*items): return Own(items)
"""


@pytest.mark.parametrize("length", ["None", "len(self.items) + 1", "0", "'2'", "len(self.items)"])
@pytest.mark.parametrize("test", ["assert own(1, 2) == {1, 2}", "assert {1, 2} == own(1, 2)"])
def test_a_set_with_another_length_is_not_equal(pool: runner.Pool, test: str, length: str) -> None:
    code = _SETS.format(length=length)
    passed = pool.execute(code, [test]).status == "all_passed"
    assert passed is _passes_in_one_process(code, test) is (length == "len(self.items)")


@pytest.mark.parametrize("factory", ["None", "False", "0", "'int'", "int", "len"])
def test_a_default_factory_is_the_solutions(pool: runner.Pool, factory: str) -> None:
    """Also if it cannot be called: then no key is added, and another error is raised."""
    code = (
        "from collections import defaultdict\ndef f(d):\n"
        f"    d.default_factory = {factory}\n    return d"
    )
    tests = [
        f"import collections as c\nassert f(c.defaultdict(list)).default_factory is {each}"
        for each in ("None", "int")
    ]
    tests.append(
        "from collections import defaultdict\ntry: f(defaultdict(list))['a']\nexcept KeyError: pass"
    )
    found = pool.execute(code, tests).tests
    assert [test.passed for test in found] == [_passes_in_one_process(code, t) for t in tests]


_FUNCTIONS = """
import functools, math, operator
KINDS = {"+": operator.add, "len": len, "root": math.sqrt}
def same(x): return x
def bound(f, *args): return functools.partial(f, *args)
class Bus:
    def __init__(self): self.handlers = []
    def on(self, handler): self.handlers.append(handler)
size = len
"""
_OF_FUNCTIONS = (
    "import operator\nassert KINDS['+'] is operator.add and KINDS['+'] != operator.sub",
    "import math\nassert KINDS['root'] == math.sqrt and KINDS['root'](9) == 3",
    "assert same(len) is len and same([max, min]) == [max, min] and {same(abs): 1}[abs] == 1",
    "assert bound(pow, 2).func is pow and bound(pow, 2)(3) == 8",
    "bus = Bus()\nbus.on(print)\nassert bus.handlers == [print] and print in bus.handlers",
)


@pytest.mark.parametrize("test", _OF_FUNCTIONS)
def test_a_function_of_both_sides_is_the_tests_own(pool: runner.Pool, test: str) -> None:
    """What calls it calls the judge's own, so it is worth as much as a class of both sides."""
    assert _passes_in_one_process(_FUNCTIONS, test)
    result = pool.execute(_FUNCTIONS, [test])
    assert (result.status, result.evidence) == ("all_passed", Evidence.OBJECTS), result.tests


def test_a_function_of_both_sides_under_a_name_of_the_solution_answers_values(
    pool: runner.Pool,
) -> None:
    result = pool.execute(_FUNCTIONS, ["assert size([1, 2]) == 2"])
    assert (result.status, result.evidence) == ("all_passed", Evidence.VALUES), result.tests


@pytest.mark.parametrize(
    "function",
    [
        *("eval", "exec", "compile", "getattr", "setattr", "vars", "globals", "open", "__import__"),
        *("operator.setitem", "operator.delitem", "operator.iadd", "os.system", "pickle.loads"),
    ],
)
def test_no_function_that_reads_text_or_changes_objects_is_the_judges(
    pool: runner.Pool, function: str
) -> None:
    """Control: in one process, the solution hands out the test's own."""
    code = f"import operator, os, pickle\ndef f(): return {function}"
    test = f"import operator, os, pickle\nassert f() is {function}"
    assert _passes_in_one_process(code, test)
    assert pool.execute(code, [test]).status == "some_failed"
