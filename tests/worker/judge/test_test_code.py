"""Which names in a test mean the solution."""

import math
from collections.abc import Sequence
from typing import Any

import pytest

from runner.worker.judge.test_code import bind, compile_test

_F, _G = object(), object()


def _bound(
    test: str, found: Sequence[tuple[str, str | None, Any]], entry: str | None = None, **setup: Any
) -> dict[str, Any]:
    space = dict(setup)
    bind(space, list(found), compile_test(test, "<test>").names, entry)
    return space


def test_names_of_the_solution_are_bound_when_the_test_uses_them() -> None:
    """And only then: the rest of the solution is of no interest."""
    assert _bound("f(1)", [("f", None, _F), ("g", None, _G)]) == {"f": _F}


def test_names_of_the_setup_win() -> None:
    """A solution cannot replace what the trusted setup defines."""
    assert _bound("poly(f())", [("f", None, _F), ("poly", None, _G)], poly=1) == {
        "f": _F,
        "poly": 1,
    }


@pytest.mark.parametrize("builtin", ["abs", "len", "sorted", "isinstance"])
def test_builtins_win_beside_another_name(builtin: str) -> None:
    """``abs(f(x) - 5) < 1e-6`` is computed by the real ``abs``."""
    space = _bound(f"{builtin}(f(1))", [("f", None, _F), (builtin, None, _G)])
    assert space == {"f": _F}


def test_a_builtins_name_is_the_solution_if_nothing_else_is() -> None:
    """A task may ask for a function that is called ``sum``."""
    assert _bound("sum(1, 2)", [("sum", None, _F)]) == {"sum": _F}


def test_a_builtins_name_is_the_solution_if_it_is_the_entry_point() -> None:
    """The declared entry point is always the solution's."""
    found = [("f", None, _F), ("sum", None, _G)]
    assert _bound("sum(f())", found, "sum") == {"f": _F, "sum": _G}


def test_an_imported_module_is_the_judges_own() -> None:
    """The solution's ``import math`` lends the name, not the object."""
    space = _bound("math.isclose(f(), 1)", [("math", "math:", object()), ("f", None, _F)])
    assert space == {"math": math, "f": _F}


def test_an_imported_function_is_the_judges_own() -> None:
    """The same for ``from math import sqrt``."""
    assert _bound("sqrt(f())", [("sqrt", "math:sqrt", _G), ("f", None, _F)])["sqrt"] is math.sqrt


@pytest.mark.parametrize("builtin", ["len", "sorted", "all"])
def test_an_imported_function_is_no_builtin(builtin: str) -> None:
    """``from math import trunc as len`` does not choose what a test calls."""
    found = [("f", None, _F), (builtin, "math:trunc", _G)]
    assert _bound(f"{builtin}(f(1))", found) == {"f": _F}


def test_an_imported_function_under_another_name_stays_with_the_solution() -> None:
    """The test means a function of the solution; the judge would run what that has chosen."""
    found = [("f", None, _F), ("decode", "typing:get_type_hints", _G)]
    assert _bound("decode(f(1))", found) == {"f": _F, "decode": _G}


def test_a_module_under_another_modules_name_is_not_lent() -> None:
    """The real one is."""
    assert _bound("math.floor(f())", [("math", "operator:", _G), ("f", None, _F)])["math"] is math


def test_a_module_under_a_short_name_is_lent() -> None:
    """As in ``import numpy as np``."""
    assert _bound("m.floor(f())", [("m", "math:", _G), ("f", None, _F)])["m"] is math


def test_a_fake_module_is_replaced_by_the_real_one() -> None:
    """A solution that calls its own object ``math`` gains nothing."""
    space = _bound("math.isclose(f(), 1)", [("math", None, _G), ("f", None, _F)])
    assert space["math"] is math


def test_mock_is_never_lent() -> None:
    """An object that equals everything comes only as a stand-in."""
    found = [("f", "unittest.mock:ANY", _F)]
    assert _bound("f == 1", found) == {"f": _F}
