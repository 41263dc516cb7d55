"""A solution that fails a test in one process does not pass it here: differences that once did."""

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
    except (Exception, pytest.fail.Exception):  # noqa: BLE001 - whatever is raised
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


_BLOCKS = """
class Own:
    def __enter__(self): return self
    def __exit__(self, kind, error, trace): {body}
    async def __aenter__(self): return self
    async def __aexit__(self, kind, error, trace): {body}
"""
_STOPPED = (
    (
        "try:\n    with Own():\n        {}['a']\n        x = 1\n"
        "except KeyError: pass\nelse: assert False"
    ),
    "import pytest\nwith pytest.raises(KeyError):\n    with Own():\n        {}['a']\n        x = 1",
    (
        "import asyncio\nasync def main():\n    async with Own():\n        {}['a']\n        x = 1\n"
        "try: asyncio.run(main())\nexcept KeyError: pass\nelse: assert False"
    ),
)


@pytest.mark.parametrize("test", _STOPPED)
@pytest.mark.parametrize("body", ["return True", "return 'yes'", "raise RuntimeError", "1 / 0"])
def test_a_block_that_stops_or_replaces_an_exception_fails_the_test(
    pool: runner.Pool, test: str, body: str
) -> None:
    """The exception still leaves the block, but in one process it would not."""
    code = _BLOCKS.format(body=body)
    assert not _passes_in_one_process(code, test)
    assert pool.execute(code, [test]).status == "some_failed"


@pytest.mark.parametrize("test", _STOPPED)
@pytest.mark.parametrize("body", ["return False", "pass", "raise error", "return 0"])
def test_a_block_that_lets_an_exception_out_passes(pool: runner.Pool, test: str, body: str) -> None:
    code = _BLOCKS.format(body=body)
    assert _passes_in_one_process(code, test)
    assert pool.execute(code, [test]).status == "all_passed"


def test_the_end_of_a_generator_may_be_stopped(pool: runner.Pool) -> None:
    test = "def f():\n    with Own():\n        yield 1\n        yield 2\nassert next(f()) == 1"
    code = _BLOCKS.format(body="return True")
    assert pool.execute(code, [test]).status == "all_passed"


_ERRORS = """
from dataclasses import dataclass
class Coded(Exception):
    def __init__(self, code):
        super().__init__("no")
        self._code = code
    @property
    def code(self): return self._code
    @code.setter
    def code(self, code):
        if code < 0: raise ValueError(code)
        self._code = code
    def double(self): return 2 * self.code
    def __eq__(self, other): return isinstance(other, Coded) and self.code == other.code
    def __hash__(self): return hash(self.code)
    def __repr__(self): return f"Coded({self.code})"
@dataclass(frozen=True)
class Frozen(Exception):
    code: int
class Unhashable(Exception):
    def __eq__(self, other): return self is other
def fail(): raise Coded(4)
"""
_OF_ERRORS = (
    "e = Coded(1)\ne.code = 5\nassert (e.code, e.double()) == (5, 10)",
    "e = Coded(1)\ntry: e.code = -5\nexcept ValueError: assert e.code == 1\nelse: assert False",
    "e = Coded(1)\ne.more = 2\ndel e.more\nassert not hasattr(e, 'more')",
    "assert len({Coded(1), Coded(1), Coded(2)}) == 2 and {Coded(1): 'a'}[Coded(1)] == 'a'",
    "try: fail()\nexcept Coded as e: assert repr(e) == 'Coded(4)' and hash(e) == hash(4)",
    "try: fail()\nexcept Coded as e:\n    e.retries = 2\n    kept = e\nassert kept.retries == 2",
    "e = Frozen(1)\ntry: e.code = 2\nexcept AttributeError: pass\nassert e.code == 1",
    "assert Frozen(1) == Frozen(1) and hash(Frozen(1)) == hash(Frozen(1))",
    "assert repr(Frozen(1)) == 'Frozen(code=1)'",
    "try: {Unhashable()}\nexcept TypeError: pass\nelse: assert False",
    "e = Coded(1)\ne.add_note('n')\nassert e.__notes__ == ['n'] and e.args == ('no',)",
)


@pytest.mark.parametrize("test", _OF_ERRORS)
def test_attributes_hash_and_text_of_an_exception_are_its_class(
    pool: runner.Pool, test: str
) -> None:
    assert _passes_in_one_process(_ERRORS, test)
    result = pool.execute(_ERRORS, [test])
    assert result.status == "all_passed", result.tests


_PAIRS = """
class Whole:
    def __init__(self, n): self.n = n
    def __divmod__(self, k): return {pair}
def whole(n): return Whole(n)
"""


@pytest.mark.parametrize("make", ["Whole", "whole"])
def test_a_division_with_rest_makes_two_objects(pool: runner.Pool, make: str) -> None:
    """Plain parts could judge what they are compared with, and so could their number."""
    test = f"q, r = divmod({make}(7), 3)\nassert (q.n, r.n) == (2, 1)"
    honest = _PAIRS.format(pair="Whole(self.n // k), Whole(self.n % k)")
    assert pool.execute(honest, [test]).status == "all_passed"
    for pair in ("(2, 1)", "()", "(Whole(2), 1)", "(Whole(2),)"):
        found = pool.execute(_PAIRS.format(pair=pair), [f"divmod({make}(7), 3)"])
        assert found.tests[0].status != "passed"


_TEXTS = """
class Text(str):
    def __eq__(self, other): return True
    __hash__ = str.__hash__
class Own:
    def __str__(self): return Text("a")
    def __repr__(self): return Text("b")
    def __format__(self, spec): return Text("c")
"""


def test_a_text_of_a_subclass_is_its_plain_value(pool: runner.Pool) -> None:
    tests = [
        "assert (str(Own()), repr(Own()), f'{Own():x}') == ('a', 'b', 'c')",
        "assert str(Own()) == 'x'",
        "assert repr(Own()) == 'x'",
        "assert f'{Own():x}' == 'x'",
    ]
    found = pool.execute(_TEXTS, tests).tests
    assert [test.passed for test in found] == [True, False, False, False]


_MEMBERS = """
class Own:
    def __init__(self, items): self.items = items
    def __contains__(self, item): {body}
{more}
def own(): return Own([1, "a"])
"""
_ITEMS = "    def __iter__(self): return iter(self.items)\n"
_BY_INDEX = "    def __getitem__(self, at): return self.items[at]\n"
_OF_MEMBERS = (
    "assert 1 in own()",
    "assert 'a' in own() and 'b' not in own() and None not in own()",
    "assert 3 not in own()",
    "try: 3 in own()\nexcept TypeError: pass\nelse: assert False",
    "try: [3] in own()\nexcept TypeError: pass\nelse: assert False",
)


@pytest.mark.parametrize("more", [_ITEMS, _BY_INDEX, ""])
@pytest.mark.parametrize(
    "body",
    [
        *("return item in self.items", "return item in dict.fromkeys(self.items)"),
        *("return True", "return False", "return None", "raise KeyError(item)", "return 'yes'"),
    ],
)
def test_a_member_is_one_of_the_items_and_for_the_object_itself(
    pool: runner.Pool, body: str, more: str
) -> None:
    code = _MEMBERS.format(body=body, more=more)
    found = pool.execute(code, _OF_MEMBERS).tests
    plain = [_passes_in_one_process(code, test) for test in _OF_MEMBERS]
    assert all(own for test, own in zip(found, plain, strict=True) if test.passed)
    if more and "item in" in body:
        assert [test.passed for test in found] == plain
