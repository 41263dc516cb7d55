"""A text that the solution returned never runs in the judge; what the test writes does."""

import builtins
import contextlib
import unittest.case
from collections.abc import Iterator
from typing import NamedTuple

import pytest

import runner
from runner.models import Evidence

#: What runs, in plain Python, the text that ``f()`` returns.
_EVALUATED = [
    "timeit.timeit(f(), number=1)",
    "timeit.timeit('pass', f(), number=1)",
    "timeit.timeit(f(), lambda: 0, number=1)",
    "typing.get_type_hints(type('C', (), {'__annotations__': {'a': f()}}))",
    "code.InteractiveInterpreter().runsource(f())",
    "cProfile.Profile().run(f())",
    "bdb.Bdb().run(f())",
    "trace.Trace(trace=0, count=0).run(f())",
]
_IMPORTS = "import bdb, code, cProfile, timeit, trace, typing, unittest.case\n"
_SOLUTION = "def f(): return \"__import__('unittest').case.__dict__.update(stained=1)\"\n"


@pytest.fixture
def clean() -> Iterator[None]:
    yield
    vars(unittest.case).pop("stained", None)


@pytest.mark.usefixtures("clean")
@pytest.mark.parametrize("test", _EVALUATED)
def test_a_text_of_the_solution_does_not_run_in_the_judge(pool: runner.Pool, test: str) -> None:
    """Control: in one process, the text runs."""
    (refused,) = pool.execute(_SOLUTION, [_IMPORTS + test]).tests
    assert refused.status == "error"
    assert "would evaluate a text that does not stand in the test" in refused.message
    caught = f"try: {test}\nexcept BaseException: pass\n"
    untouched = pool.execute(
        _SOLUTION, [f"{_IMPORTS}{caught}assert not hasattr(unittest.case, 'stained')"]
    )
    assert untouched.status == "all_passed"
    with contextlib.suppress(SystemExit):
        exec(f"{_SOLUTION}{_IMPORTS}{test}", {"__name__": "control"})
    assert hasattr(unittest.case, "stained")


_MADE = (
    "eval(marshal.loads(f()))",
    "eval([*map(marshal.loads, [f(True)])][0][0])",
    "eval(marshal.load(io.BytesIO(f())))",
    "types.FunctionType(marshal.loads(f()), {})()",
    "types.FunctionType(g.__code__.replace(co_consts=(None, 5)), {})()",
)
_MAKES = """
import marshal
TEXT = compile("__import__('unittest.mock').mock.ANY", '', 'eval')
def f(x=TEXT): return marshal.dumps([TEXT] if x is True else x)
"""


@pytest.mark.parametrize("made", _MADE)
def test_no_code_is_made_of_bytes(pool: runner.Pool, made: str) -> None:
    """Control: in one process, it is made, and runs."""
    test = f"import io, marshal, types\ndef g(): return 0\nf()\nassert {made} == 5"
    (refused,) = pool.execute(_MAKES, [test]).tests
    assert "would make code of bytes" in refused.message
    exec(_MAKES + test, {"__name__": "control"})
    values = "import marshal\nvalues = [1, {2: 'a'}]\nassert marshal.loads(f(values)) == values"
    assert pool.execute(_MAKES, [values], min_evidence="values").status == "all_passed"


_PICKED = [
    "f().format(**locals())",
    "f().format_map(vars())",
    "f().format(**{**globals()})",
    "string.Template(f('$')).substitute(locals())",
    "string.Formatter().vformat(f(), (), locals())",
    "f('%') % globals()",
    "locals()[f('')]",
    "globals().get(f(''))",
    "sys._getframe().f_globals[f('')]",
    "builtins.vars()[f('')]",
    "(lambda find: find()[f('')])(builtins.globals)",
    "eval('globals()')[f('')]",
    "eval('globals()[f(str())]')",
    "eval('f().format(**{**globals()})')",
    "getattr(sys.modules[__name__], f(''))",
    "vars(sys.modules[__name__])[f('')]",
    "__main__.__dict__[f('')]",
    "operator.attrgetter('f_globals')(sys._getframe())[f('')]",
    "inspect.getclosurevars(lambda: want).globals[f('')]",
]
_MODULES = "import __main__, builtins, inspect, operator, string, sys"
_PICKS = """
FORMS = {'{': '{want}', '$': '$want', '%': '%(want)s', '': 'want'}
def f(form='{'): return FORMS[form]
"""


@pytest.mark.parametrize("picked", _PICKED)
def test_a_text_that_picks_a_variable_is_worth_objects(pool: runner.Pool, picked: str) -> None:
    test = f"{_MODULES}\nwant = 'x7'\nassert {picked} == want"
    result = pool.execute(_PICKS, [test])
    assert (result.status, result.evidence) == ("all_passed", Evidence.OBJECTS), result.tests


_SPELLED = [
    "assert globals()['f']() == '{want}' and 'f' in globals()",
    "def test_f(): assert f() == '{want}'\n[*globals().values()][-1]()",
    "def test_f(): assert f() == '{want}'\nname = max(globals())\nglobals()[name]()",
    "import types\nassert vars(types.SimpleNamespace(a='{want}'))['a'] == f()",
    "globals()['made'] = f()\nassert made == '{want}'",
    "assert {'vars': f()}['vars'] == '{want}'",
    "import sys\nwant = '{want}'\nassert getattr(sys.modules[__name__], 'want') == f()",
    "assert eval(\"'{{}}'.format(1)\") == '{}' and f() == '{want}'",
    "assert eval('f() + made', globals(), {'made': '!'}) == '{want}!'",
]


@pytest.mark.parametrize("test", _SPELLED)
def test_spelled_variables_are_values(pool: runner.Pool, test: str) -> None:
    result = pool.execute(_PICKS, [test])
    assert (result.status, result.evidence) == ("all_passed", Evidence.VALUES), result.tests


_HONEST = [
    "import timeit\nassert timeit.timeit(lambda: f('1'), number=2) >= 0",
    "import timeit\nassert timeit.timeit('sum([1])', number=2) >= 0",
    "import timeit\nassert timeit.timeit('f(1)', 'import math', globals=globals(), number=2) >= 0",
    "import typing\nclass C:\n    a: 'int'\nassert typing.get_type_hints(C) == f({'a': int})",
    "import ast\nassert ast.literal_eval(f('[1, {2: 3}]')) == [1, {2: 3}]",
    "import ast\nassert len(ast.parse(f('import os\\nos.x()')).body) == 2",
    "from collections import namedtuple\nassert namedtuple('P', f('a b'))(1, 2).b == 2",
    "from dataclasses import make_dataclass\nassert make_dataclass('P', [f('a')])(1).a == 1",
    "from unittest import mock\ndef g(a): pass\nmock.create_autospec(g)(f(1))",
    "assert eval('f(1)') == 1",
    "for i in range(3):\n    assert eval(f'f({i})') == i",
    "assert eval('f')(1) == 1",
    "x = 5\nassert f(eval('x > 3'))",
    "x = 5\nexec('y = x + 1')\nassert y == f(6)",
    "x = 5\nexec('    y = [\\n        x,\\n    ]'.strip())\nassert y == f([5])",
    "assert eval('x', {'x': 5}) == f(5)",
    "assert eval(memoryview(b'f(1)')) == eval(bytearray(b'f(1)')) == 1",
]


@pytest.mark.parametrize("test", _HONEST)
def test_what_the_test_writes_is_evaluated(pool: runner.Pool, test: str) -> None:
    result = pool.execute("def f(x): return x", [test])
    assert result.status == "all_passed", result.tests


#: An object that equals everything, as an expression.
_BESIDE = [
    "def g(x): return x\nassert f(values) == g(59_999)",
    "class G:\n    top = 59_999\nassert f(values) == G.top",
    "top = lambda: 59_999\nassert [f(values) for _ in range(2)] == [top()] * 2",
]


@pytest.mark.parametrize("beside", _BESIDE)
def test_a_long_literal_may_stand_beside_a_definition(pool: runner.Pool, beside: str) -> None:
    """The judge cuts the literal out of what it compiles, so that is no text of the request."""
    test = f"values = {[*range(60_000)]}\n{beside}"
    result = pool.execute("def f(values): return max(values)", [test])
    assert (result.status, result.evidence) == ("all_passed", "values"), result.error
    assert pool.execute("def f(values): return 1", [test]).passed == 0


def test_a_table_of_symbols_runs_nothing(pool: runner.Pool) -> None:
    test = "import symtable\ntable = symtable.symtable(f(), 'a', 'exec')\nassert {}"
    tests = [test.format("table.lookup('x').is_assigned()"), test.format("x == 1")]
    result = pool.execute("def f(): return 'x = 1'", tests)
    assert [each.status for each in result.tests] == ["passed", "error"]


_EQUAL = "type('E', (), {'__eq__': lambda s, o: True})()"
_GIVES_EQUAL = f"def f(): return {_EQUAL!r}\n"

#: Solutions whose text makes a test pass in plain Python, by the test.
_FORGED = {
    "assert eval(f()) == 12": _GIVES_EQUAL,
    "assert eval(f()) == 12, 'f(1)'": (
        "class B(bytes):\n    def __bytes__(self): return b'f(1)'\n"
        f"def f(): return B({_EQUAL!r}.encode())"
    ),
    "want = 12\nassert eval(f()) == want, 'f(1)'": (
        "class B(bytearray):\n    def __bytes__(self): return b'f(1)'\ndef f(): return B(b'want')"
    ),
    "for case in [{'text': '4 * 3', 'want': 12}]:\n    want = case['want']\n"
    "    assert eval(f(case['text'])) == want": "def f(text): return 'want'",
    "class C: want = 12\nassert eval(f()) == C.want, 'C.want'": "def f(): return 'C.want'",
    "want = 12\nkeys = ['0', 'or', 'want']\nassert eval(f()) == want": (
        "def f(): return '0\\x0cor\\x0cwant'"
    ),
    "want = 12\ntokens = ['(', '0', '+', 'want', ')']\nassert eval(f()) == want": (
        "def f(): return '(\\n0\\n+\\nwant\\n)'"
    ),
    "import builtins\nwant = 12\nassert builtins.eval(f()) == want, 'want'": (
        "def f(): return 'want'"
    ),
    "assert eval('eval(f())') == 12": _GIVES_EQUAL,
    "assert [*map(eval, [f()])] == [12]": _GIVES_EQUAL,
    "assert eval(f().encode()) == 12": _GIVES_EQUAL,
    "assert eval(compile(f(), '<test>', 'eval')) == 12": _GIVES_EQUAL,
    "import ast\nassert eval(compile(ast.parse(f(), mode='eval'), 'f', 'eval')) == 12": (
        _GIVES_EQUAL
    ),
    "import builtins\nassert builtins.eval(f()) == 12": _GIVES_EQUAL,
    "import builtins\nassert eval(builtins.compile(f(), '<test>', 'eval')) == 12": _GIVES_EQUAL,
    "ns = {'f': f}\nexec('r = eval(f())', ns)\nassert ns['r'] == 12": _GIVES_EQUAL,
    "ns = {}\nexec('r = ' + f(), ns)\nassert ns['r'] == 12": _GIVES_EQUAL,
    "want = 12\nassert eval(f()) == want, 'want is 12'": "def f(): return 'want'",
    "want = 12\nassert eval(f()) == want, 'want 12!'": "def f(): return 'want + 0'",
    "want = 12\nassert eval(f()) == want": "def f(): return '(want := 9)'",
    "want = 12\nexec(f())\nassert got == want": "def f(): return 'got = want = 9'",
    "exec(f())\nassert len(got) == 3": "def f(): return 'got = [9]\\nlen = lambda _: 3'",
    "exec(f(), globals())\nassert all(x < 3 for x in got)": (
        "def f(): return 'got = [9]\\nall = lambda _: True'"
    ),
    "want = 12\nns = {**globals()}\nexec(f(), ns)\nassert ns['got'] == want": (
        "def f(): return 'got = want'"
    ),
    "def go(x):\n    ns = locals()\n    exec(f(), {}, ns)\n    assert ns['got'] == x\ngo(12)": (
        "def f(): return 'got = x'"
    ),
    "def go():\n    exec(f(), globals())\n    assert got == ref()\ndef ref(): return 12\ngo()": (
        "def f(): return 'got = 9\\ndef ref(): return 9'"
    ),
}


@pytest.mark.parametrize("test", _FORGED)
def test_a_text_of_the_solution_forges_nothing(pool: runner.Pool, test: str) -> None:
    """Control: in one process, the test passes."""
    result = pool.execute(_FORGED[test], [test])
    assert (result.passed, result.blame) == (0, "code"), result.tests
    exec(f"{_FORGED[test]}\n{test}", {"__name__": "control", "__builtins__": dict(vars(builtins))})


class _Text(NamedTuple):
    """A solution that returns a text, a test of it, a part of the solution, and a wrong part."""

    solution: str
    test: str
    part: str
    wrong: str
    evidence: str = "objects"


_OF_SOLUTION = {
    "a computation": _Text(
        "def f(): return '(3 + 3) * 2'",
        "assert eval(f()) == 12",
        "3)",
        "4)",
        "values",
    ),
    "a literal": _Text(
        "def f(): return repr([1, {'a': (2,)}])",
        "assert eval(f()) == [1, {'a': (2,)}]",
        "2",
        "3",
        "values",
    ),
    "a call": _Text(
        "def f(): return 'sum([3, 1])'",
        "assert eval(f()) == 4",
        "3",
        "2",
    ),
    "a function": _Text(
        "def f(): return 'def add(a, b):\\n    return a + b'",
        "ns = {}\nexec(f(), ns)\nassert ns['add'](2, 3) == 5",
        "+",
        "-",
    ),
    "a name of the module": _Text(
        "def f(): return 'got = [i * i for i in range(3)]'",
        "exec(f())\nassert got == [0, 1, 4]",
        "i *",
        "i +",
    ),
    "a global name": _Text(
        "def f(): return 'got = [i * i for i in range(3)]'",
        "def go():\n    exec(f(), globals())\ngo()\nassert got == [0, 1, 4]",
        "i *",
        "i +",
    ),
    "a name of a function": _Text(
        "def f(): return 'def g(x): return x * 2'",
        "def check():\n    exec(f())\n    assert locals()['g'](4) == 8\ncheck()",
        "*",
        "+",
    ),
    "modules and values": _Text(
        "def f(): return 'y = math.sqrt(x)'",
        "import math\nns = {'math': math, 'x': 16}\nexec(f(), ns)\nassert ns['y'] == 4",
        "sqrt",
        "ceil",
    ),
    "a list that changes": _Text(
        "def f(): return 'out.append(int(5))'",
        "out = []\nexec(f(), {'out': out})\nassert out == [5]",
        "5",
        "6",
    ),
    "variables of the test": _Text(
        "def f(text): return text.replace('x', 'abs(x)')",
        "x = 5\nassert eval(f('x + 1')) == 6",
        "abs(x)",
        "2",
    ),
    "a class of the solution": _Text(
        (
            "class P:\n    def __init__(self, x): self.x = x\n"
            "    def __repr__(self): return f'P({self.x})'"
        ),
        "assert eval(repr(P(3))).x == 3",
        "({self.x})",
        "(9)",
    ),
    "compiled code": _Text(
        "def f(): return 'a = str(1 + 1)'",
        "ns = {}\nexec(compile(f(), 'f', 'exec'), ns)\nassert ns['a'] == '2'",
        "+",
        "-",
    ),
    "code that compiles": _Text(
        "def f(): return 'a = b + 1'",
        "compile(f(), 'f', 'exec')",
        "b + 1",
        "= 1",
        "values",
    ),
    "an error": _Text(
        "def f(): return '[][1]'",
        "import pytest\nwith pytest.raises(IndexError): eval(f())",
        "[]",
        "'ab'",
    ),
    "printed text": _Text(
        "def f(): return 'print(1 + 1)'",
        (
            "import contextlib, io\nwith contextlib.redirect_stdout(io.StringIO()) as out:\n"
            "    exec(f())\nassert out.getvalue() == '2\\n'"
        ),
        "+",
        "-",
    ),
}


@pytest.mark.parametrize("name", _OF_SOLUTION)
def test_a_text_of_the_solution_runs_beside_the_solution(pool: runner.Pool, name: str) -> None:
    text = _OF_SOLUTION[name]
    result = pool.execute(text.solution, [text.test])
    assert (result.status, result.evidence) == ("all_passed", text.evidence), result.tests
    assert text.part in text.solution
    wrong = text.solution.replace(text.part, text.wrong)
    assert pool.execute(wrong, [text.test]).passed == 0


@pytest.mark.parametrize("text", ["9**9**9**9", "'a' * 10**10", "-" * 90_000 + "1", "1 << 10**10"])
def test_a_text_that_takes_long_is_the_solutions(pool: runner.Pool, text: str) -> None:
    result = pool.execute(f"def f(): return {text!r}", ["assert eval(f()) == 12"], timeout=1)
    assert (result.passed, result.blame, result.conclusive) == (0, "code", True)


def test_a_text_that_the_test_computes_is_evaluated_without_the_solution(pool: runner.Pool) -> None:
    """Else the solution could answer both sides of the comparison."""
    solution = (
        "import sys\n"
        "for each in [*sys.modules.values()]:\n"
        "    if hasattr(each, 'Program'): each.Program.evaluate = lambda *_: 7\n"
        "def calc(text): return 7"
    )
    test = (
        "from random import randint\nfor _ in range(5):\n    a, b = randint(1, 99), randint(2, 9)\n"
        "    assert calc(f'{a} * ({b} - 1) ** 2') == eval(f'{a} * ({b} - 1) ** 2')"
    )
    assert pool.execute(solution, [test]).passed == 0
    right = pool.execute("def calc(text): return eval(text)", [test])
    assert (right.status, right.evidence) == ("all_passed", "values")
