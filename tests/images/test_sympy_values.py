"""Expressions of sympy cross as values, in both directions."""

from collections.abc import Iterator

import pytest

import runner
from runner import images
from runner.models import ExecutionResult

pytestmark = [pytest.mark.engine, pytest.mark.slow]


@pytest.fixture(scope="module")
def data() -> Iterator[runner.Pool]:
    """A pool of its own."""
    images.build(variant="data")
    with runner.Pool(name="sympy", workers=1, spares=0, image="data") as pool:
        yield pool


# The pool above lives longer than a test, which the check for leftovers must know.
@pytest.fixture
def pool(data: runner.Pool) -> runner.Pool:
    return data


_IMPORTS = (
    "import sympy\nfrom sympy import *\nx, y = symbols('x y')\nn = Symbol('n', integer=True)\n"
)
_VALUES = [
    *("Integer(-3)", "Rational(1, 3)", "Float('1.25', 30)", "Integer(7)**50", "pi", "-oo", "zoo"),
    *("S.true", "S.EmptySet", "x", "n", "x**2 - 2*x*y + 1", "sin(x)*exp(-x)", "sqrt(2)", "2*x/y"),
    *("Eq(x, 1)", "x < 2", "And(x > 1, Ne(y, 2))", "Tuple(x, y)", "FiniteSet(1, x)", "Max(x, y)"),
    *("Union(Interval(0, 1), Interval.open(2, oo))", "Derivative(sin(x), x)", "Integral(x, x)"),
    *("Matrix([[1, x], [y, 2]])", "ImmutableMatrix([[1, 2]])", "log(x, 10)"),
    *("Lambda(x, x**2)", "Mul(2, 3, evaluate=False)", "[x, {y: (1, pi)}]", "Abs(x + n)"),
]


def _run(pool: runner.Pool, code: str, test: str, **options: str) -> ExecutionResult:
    return pool.execute(_IMPORTS + code, [_IMPORTS + test], timeout=20.0, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", _VALUES)
def test_expressions_are_values(pool: runner.Pool, value: str) -> None:
    code = (
        f"def f(): return {value}\ndef same(v): return type(v) is type({value}) and v == ({value})"
    )
    test = f"v = {value}\nassert f() == v and v == f() and type(f()) is type(v) and same(v)"
    result = _run(pool, code, test)
    assert (result.status, result.evidence) == ("all_passed", "values"), result.error
    wrong = _run(pool, code.replace(f"return {value}", "return x**3 + 5", 1), test)
    assert wrong.status != "all_passed"


_COMPUTES = """\
def zeros_of(e, s): return solve(e, s)
def slope(e, s): return diff(e, s)
"""


def test_a_solution_computes_with_the_expressions_of_a_test(pool: runner.Pool) -> None:
    test = (
        "assert zeros_of(x**2 - 4, x) == [-2, 2]\n"
        "assert zeros_of(x**2 - 2, x) == [-sqrt(2), sqrt(2)]\n"
        "assert slope(x**3 * sin(y), x) == 3 * x**2 * sin(y)\n"
        "assert simplify(slope(sin(x)**2, x) - sin(2 * x)) == 0"
    )
    result = _run(pool, _COMPUTES, test, min_evidence="values")
    assert result.status == "all_passed", result.error


_LIARS = [
    (
        "class Q(Symbol):\n    __eq__ = lambda *_: True\n    __hash__ = Symbol.__hash__\n"
        "Q.__module__ = 'sympy'\ndef f(): return Q('x')"
    ),
    (
        "class Q(Expr):\n    __eq__ = lambda *_: True\n    __hash__ = lambda _: 1\n"
        "def f(): return Q(x)"
    ),
    "Expr.__eq__ = Basic.__eq__ = lambda *_: True\ndef f(): return x + 9",
    "def f():\n    e = x + 9\n    e._args = (1, 2)\n    return e",
]


@pytest.mark.parametrize("code", _LIARS)
def test_no_object_passes_for_an_expression(pool: runner.Pool, code: str) -> None:
    for test in ("assert f() == x + 1", "assert f() == 5", "assert f() in [x + 1]"):
        assert _run(pool, code, test).status != "all_passed", test


def test_a_number_that_is_close_to_each_is_refused(pool: runner.Pool) -> None:
    """Control: in one process, what it minus any number is, is smaller than any other."""
    test = "assert abs(f() - Float('3.14')) < 1e-6"
    liar = "def f(): return Float._new((0, 0, -5, 1), 53)"
    assert _run(pool, liar, test).status != "all_passed"
    assert _run(pool, "def f(): return Float('3.14')", test).status == "all_passed"
    assert _run(pool, f"{liar}\ndef g():\n    {test}\n    return True", "assert g()").passed == 1
