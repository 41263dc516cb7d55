"""Which names in a test mean the solution: decided from the request alone."""

import math
import re

import pytest

from runner.worker.judge.names import VOCABULARY, borrowed, borrowed_module, choose, is_lent, lend
from runner.worker.judge.source.test_code import compile_test


def _choice(test: str, *asked: str) -> tuple[set[str], set[str]]:
    unit = compile_test(test, "<test>")
    choice = choose(unit.free, asked, used=unit.used)
    return set(choice.solution), set(choice.weak)


@pytest.mark.parametrize(
    ("test", "solution"),
    [
        ("assert f(1) == g(2)", {"f", "g"}),
        ("assert abs(f(1) - 5) < 1e-6", {"f"}),
        ("import math\nassert math.floor(f()) == 1", {"f"}),
        ("result = f(1)\nassert result == 2", {"f"}),
        ("def g(x):\n    return f(x)\nassert g(1) == 2", {"f"}),
        ("assert (lambda x: f(x))(1) == 1", {"f"}),
        ("assert [f(x) for x in (1, 2)] == [1, 2]", {"f"}),
        ("try:\n    f()\nexcept Empty as e:\n    assert str(e)", {"f", "Empty"}),
    ],
)
def test_free_names_that_nothing_lends_are_the_solutions(test: str, solution: set[str]) -> None:
    assert _choice(test) == (solution, set())


@pytest.mark.parametrize("name", ["gcd", "median", "encode", "sum", "max"])
def test_one_name_that_python_has_may_be_the_solutions_if_nothing_else_is(name: str) -> None:
    """A task may ask for a function that is called ``sum``."""
    assert _choice(f"assert {name}([1, 5]) == 5") == ({name}, set())


def test_a_builtin_is_never_the_solutions_beside_another_name() -> None:
    """Nor are two of them without one, nor one beside a name of the library."""
    assert _choice("assert max(f(1)) == 2") == ({"f"}, set())
    assert _choice("assert max([1]) == sum([1])") == (set(), set())
    assert _choice("assert isinstance(gcd(4, 6), int)") == ({"gcd"}, set())


def test_names_of_the_library_beside_the_solutions_are_weak() -> None:
    """They are the solution's, and what they answer is an object's word."""
    assert _choice("assert median(f(1)) == 2") == ({"f"}, {"median"})
    assert _choice("assert median([1]) == gcd(1, 1)") == (set(), {"median", "gcd"})


def test_the_vocabulary_of_tests_is_never_the_solutions_beside_its_name() -> None:
    """``isclose(f(3), 9)`` is no question to the solution about ``isclose``."""
    assert _choice("assert isclose(f(3), 9)") == ({"f"}, set())
    assert _choice("assert np.allclose(f(1), Counter())") == ({"f"}, set())


@pytest.mark.parametrize("use", ["Deque()", "Deque.EMPTY", "x = Deque() if f() else Deque"])
def test_a_name_of_typing_is_weak_if_the_test_uses_it_as_a_class(use: str) -> None:
    """A test that calls ``Deque`` means a class; in an annotation it is the judge's."""
    assert _choice(f"assert f({use}) == 1" if "=" not in use else use) == ({"f"}, {"Deque"})
    assert _choice("x: Deque[int] = f()\nassert isinstance(x, Deque)") == ({"f"}, set())


@pytest.mark.parametrize(
    "use",
    [
        *("array[0] == 1", "time(5) == 1", "string.upper() == 'A'", "random == 4", "4 in copy"),
        *("len([x for x in queue]) == 1", "operator['+'](1, 2) == 3", "math * 2 == 4"),
    ],
)
def test_a_name_that_is_used_as_no_module_could_be_means_none(use: str) -> None:
    """Such a use would fail in every test that means the module."""
    (name,) = {"array", "time", "string", "random", "copy", "queue", "operator", "math"} & set(
        re.findall(r"\w+", use)
    )
    assert _choice(f"assert {use} or f()") == ({"f"}, {name})


@pytest.mark.parametrize("use", ["math.floor(1)", "time.time()", "copy([1])", "nan", "pi * 2"])
def test_a_use_that_fits_leaves_a_name_in_the_vocabulary(use: str) -> None:
    assert _choice(f"assert f({use}) == 1") == ({"f"}, set())


def test_a_module_that_is_only_passed_on_has_to_be_a_value() -> None:
    unit = compile_test("assert f(time) == getattr(math, 'pi') and f(datetime(2020, 1, 1))", "x")
    choice = choose(unit.free, (), used=unit.used)
    assert choice.weak == choice.values == {"time", "math", "datetime"}


def test_what_the_request_declares_is_the_solutions_whatever_it_is_called() -> None:
    assert _choice("assert max([1, 5]) == 5", "max") == ({"max"}, set())
    assert _choice("assert Counter(f()) == 5", "Counter") == ({"Counter", "f"}, set())


@pytest.mark.parametrize("name", sorted({*VOCABULARY, "len", "heappush", "statistics"}))
def test_what_python_or_the_vocabulary_has_is_lent(name: str) -> None:
    assert is_lent(name)


def test_the_judge_lends_its_own_object() -> None:
    assert lend("isclose") is math.isclose
    assert lend("math") is math


def test_the_judge_cannot_lend_what_is_not_installed() -> None:
    """A test that forgot to import it is broken, whatever the solution binds."""
    with pytest.raises(LookupError):
        lend("pd")


def test_a_module_that_the_solution_imported_is_the_judges_own() -> None:
    assert borrowed_module("m", "math:") is math
    assert borrowed_module("math", "operator:") is None
    assert borrowed_module("f", None) is None


def test_a_function_is_borrowed_under_its_own_name_only() -> None:
    """What a test calls by a builtin's name or another is not for the solution to choose."""
    assert borrowed("sqrt", "math:sqrt") is math.sqrt
    assert borrowed("decode", "typing:get_type_hints") is None
    assert borrowed("len", "math:trunc") is None
    assert borrowed("f", "unittest.mock:ANY") is None
