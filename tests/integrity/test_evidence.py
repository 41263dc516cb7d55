"""What a pass rests on, and that a pass on values replays in plain Python."""

import contextlib
import copy
import io
import types
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import runner
from runner.models import Evidence, ExecutionStatus, TestStatus

_POINT = """
import threading
class Point:
    origin = (0, 0)
    def __init__(self, x): self.x = x
    def double(self): return 2 * self.x
    def get(self, key): return self.x
    def moved(self): return Point(self.x + 1)
    def __eq__(self, other): return self.x == getattr(other, 'x', other)
    def __len__(self): return self.x
    def __add__(self, k): return Point(self.x + k)
class Never:
    def __init__(self, function): pass
    def __call__(self, *args): return None
def point(x): return Point(x)
def numbers(n): yield from range(n)
async def later(x): return x
def fail(x): raise ValueError(x)
def adder(n): return lambda k: k + n
def put(name, value):
    import os
    os.environ[name] = value
TABLE = {'a': 1}
EVENT = threading.Event()
def until_woken(): return EVENT.wait()
def wake(): EVENT.set()
"""

_WAITING = """\
import threading
found = []
thread = threading.Thread(target=lambda: found.append(until_woken()), daemon=True)
thread.start()
"""

_VALUES = [
    "assert TABLE['a'] == 1",
    "assert list(numbers(3)) == [0, 1, 2]",
    "assert next(numbers(1)) == 0",
    "import asyncio\nassert asyncio.run(later(3)) == 3",
    "assert Point(3).double() == 6",
    "p = Point(3)\np.x = 4\nassert p.double() == 8",
    "assert Point(3).x == 3 and Point.origin == (0, 0)",
    "try:\n    fail(1)\n    assert False\nexcept ValueError as e:\n    assert e.args == (1,)",
    "assert isinstance(Point(3), Point)",
    "assert Point(3) is not None",
    "import threading\nassert not isinstance(Point(3), threading.Event) and Point(3).x == 3",
    _WAITING + "wake()\nthread.join()\nassert found == [True]",
]
_OBJECTS = [
    "import os\nput('A', '1')\nassert os.environ['A'] == '1'",
    "import os\nput('A', '1')\nassert os.environ.get('A', '2') == '1'",
    "import os\nput('A', '1')\nos.environ['A'] = '2'\nput('A', '3')\nassert os.environ['A'] == '3'",
    "import os\nos.environ['A'] = '1'\nput('A', '2')\nassert os.environ['A'] == '2'",
    "assert Point(3) == Point(3)",
    "assert Point(3) == 3",
    "assert len(Point(3)) == 3",
    "assert Point(3).get('x') == 3",
    "assert (Point(3) + 1).x == 4",
    "assert point(3).double() == 6",
    "assert point(3) is not None",
    "assert Point(3) != None",
    "assert Point(3).moved().x == 4",
    "assert adder(1)(2) == 3",
    "@Never\ndef check(): assert point(3).x == 4\ncheck()",
    "def check(): assert point(3).x == 4\nassert Never(function=check)() is None",
    "assert not hasattr(Point(3), 'y')",
    "import threading\nassert isinstance(EVENT, threading.Event)",
    _WAITING + "assert Point(3).x == 3",
    "import threading\nassert type(EVENT) is threading.Event and EVENT.__class__ == threading.Event",
]
_NONE = ["pass", "assert True", "x = 1", "assert len([1]) == 1"]


@pytest.mark.parametrize("test", _VALUES)
def test_values(pool: runner.Pool, test: str) -> None:
    assert _evidence(pool, test) is Evidence.VALUES


@pytest.mark.parametrize("test", _OBJECTS)
def test_objects(pool: runner.Pool, test: str) -> None:
    assert _evidence(pool, test) is Evidence.OBJECTS


@pytest.mark.parametrize("test", _NONE)
def test_a_test_that_never_touches_the_solution(pool: runner.Pool, test: str) -> None:
    assert _evidence(pool, test) is Evidence.NONE


def _evidence(pool: runner.Pool, test: str) -> Evidence:
    result = pool.execute(_POINT, [test])
    assert result.status is ExecutionStatus.ALL_PASSED, result.error
    assert result.evidence is result.tests[0].evidence
    return result.evidence


def test_a_result_has_the_weakest_evidence_of_its_passed_tests(pool: runner.Pool) -> None:
    tests = [_VALUES[0], _OBJECTS[0], "assert TABLE['a'] == 2"]
    assert pool.execute(_POINT, tests).evidence is Evidence.OBJECTS
    assert pool.execute(_POINT, tests[::2]).evidence is Evidence.VALUES
    assert pool.execute(_POINT, tests[2:]).evidence is Evidence.NONE


def test_what_instances_of_a_declared_class_answer_are_values(pool: runner.Pool) -> None:
    tests = ["assert Point(3).get('x') == 3 and len(Point(3)) == 3", "assert Point(3) == 3"]
    result = pool.execute(_POINT, tests, classes=["Point"])
    assert [test.evidence for test in result.tests] == [Evidence.VALUES, Evidence.OBJECTS]


def test_programs_and_calls_rest_on_values(pool: runner.Pool) -> None:
    tests = [
        runner.StdioTest(stdin="2", stdout="2\n"),
        runner.CallTest(function="f", args=[1], expected=1),
        runner.CallTest(function="Solution.f", args=[1], expected=1),
        runner.CheckTest(code="def check(c):\n    assert c(1) == 1", entry_point="f"),
    ]
    code = "def f(x): return x\nclass Solution:\n    def f(self, x): return x\n"
    program = "\nif __name__ == '__main__':\n    print(input())"
    result = pool.execute(code + program, tests)
    assert result.status is ExecutionStatus.ALL_PASSED, result.error
    assert result.evidence is Evidence.VALUES


@pytest.mark.parametrize("least", Evidence)
def test_a_pass_on_less_than_is_wanted_is_a_failure(pool: runner.Pool, least: Evidence) -> None:
    result = pool.execute(_POINT, [_VALUES[0], _OBJECTS[0], _NONE[0]], min_evidence=least)
    found = (Evidence.VALUES, Evidence.OBJECTS, Evidence.NONE)
    assert [test.passed for test in result.tests] == [each.rank >= least.rank for each in found]
    for test in result.tests:
        if not test.passed:
            assert test.status is TestStatus.FAILED
            assert "min_evidence" in test.message


# -- replay ---------------------------------------------------------------------------------------


class _Unrecordable(Exception):
    """What a function has returned is no value."""


_EXACT: tuple[Any, ...] = (int, float, complex, str, bytes)
_CONTAINERS = (list, tuple, set, frozenset)
_STREAMS: tuple[type[Any], ...] = (types.GeneratorType, type(iter([])))


def _exact(obj: Any) -> Any:
    """Return a value rebuilt from exact base types."""
    if isinstance(obj, _STREAMS):
        return iter([_exact(item) for item in obj])
    for base in _CONTAINERS:
        if isinstance(obj, base):
            return base(_exact(item) for item in obj)
    if isinstance(obj, dict):
        return {_exact(key): _exact(item) for key, item in obj.items()}
    if obj is None or isinstance(obj, bool):
        return obj
    for kind in _EXACT:
        if isinstance(obj, kind):
            return kind(obj)
    raise _Unrecordable


def _recorded(function: Callable[..., Any], tape: list[Any]) -> Callable[..., Any]:
    def record(*args: Any, **kwargs: Any) -> Any:
        printed = io.StringIO()
        try:
            with contextlib.redirect_stdout(printed):
                result = function(*args, **kwargs)
        except Exception as error:
            tape.append((copy.deepcopy(args), printed.getvalue(), None, error))
            raise
        found = _exact(result)
        if isinstance(found, _STREAMS):
            items = [*found]
            tape.append((copy.deepcopy(args), printed.getvalue(), iter(items), None))
            return iter(items)
        tape.append((copy.deepcopy(args), printed.getvalue(), found, None))
        return result

    return record


def _replayed(tape: list[Any]) -> Callable[..., Any]:
    def replay(*args: Any, **_: Any) -> Any:
        after, printed, result, error = tape.pop(0)
        for arg, changed in zip(args, after, strict=True):
            if isinstance(arg, list):
                arg[:] = changed
        print(printed, end="")  # noqa: T201 - the recorded output
        if error is not None:
            raise error
        return result

    return replay


def _replays(code: str, test: str) -> bool:
    """Return True if a stub with the recorded answers of ``f`` passes the test."""
    space: dict[str, Any] = {}
    exec(code, space)
    tape: list[Any] = []
    with contextlib.suppress(AssertionError, TypeError):
        exec(test, {**space, "f": _recorded(space["f"], tape)})
    try:
        exec(test, {"f": _replayed(tape)})
    except (AssertionError, IndexError, TypeError):
        return False
    return True


_BODIES = [
    *("3", "x", "[x]", "None", "0", "[]", "''", "(x, 1)", "{x: 1}", "True", "2.5", "'ab'"),
    *("Liar()", "[Liar()]", "Number(3)", "Items([3])", "Text('ab')", "iter([3])", "Liar", "f"),
    *("(n for n in [3])", "print(3) or 3", "1 // 0", "{}['a']"),
]
_LIARS = """
class Liar:
    __hash__ = object.__hash__
    def __eq__(self, other): return True
    def __lt__(self, other): return True
    __le__ = __gt__ = __ge__ = __lt__
    def __sub__(self, other): return 0
    __rsub__ = __add__ = __sub__
    def __contains__(self, other): return True
    def __bool__(self): return True
    def startswith(self, other): return True
    def __abs__(self): return 0
class Number(int):
    __hash__ = int.__hash__
    def __eq__(self, other): return True
    def __sub__(self, other): return 0
class Items(list):
    def __eq__(self, other): return True
    def __contains__(self, other): return True
    def __len__(self): return 1
    def count(self, other): return 1
class Text(str):
    def startswith(self, other): return True
"""
_QUESTIONS = [
    *("assert f(3) == {0}", "assert f(3) != {0}", "assert f(3)", "assert not f(3)"),
    *("assert {0} in f(3)", "assert f(3) in ({0}, 7)", "assert f(3) < {0}", "assert f(3) >= {0}"),
    *("assert abs(f(3) - {0}) < 1", "assert f(3) is None", "assert len(f(3)) == 1"),
    *("assert list(f(3)) == [{0}]", "assert f(3)[0] == {0}", "assert f(3).count({0}) == 1"),
    *("assert f(3).startswith('a')", "assert isinstance(f(3), int)", "assert f(3) == f(3)"),
    *("assert sorted([f(3), 9])[0] == {0}", "assert str(f(3)) == str({0})", "assert f(3) and 1"),
    "try:\n    f(3)\n    assert False\nexcept ZeroDivisionError:\n    pass",
]
_EXPECTED = ["3", "[3]", "0", "9", "'ab'", "None", "True", "(3, 1)", "{3: 1}", "2.5", "[]"]


@settings(
    deadline=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.sampled_from(_BODIES),
    st.lists(st.sampled_from(_QUESTIONS), min_size=1, max_size=3),
    st.data(),
)
def test_a_pass_on_values_replays(
    pool: runner.Pool, body: str, questions: list[str], data: st.DataObject
) -> None:
    """A stub that returns the recorded answers passes the same test, without any object."""
    code = f"{_LIARS}\ndef f(x): return {body}\n"
    test = "\n".join(each.format(data.draw(st.sampled_from(_EXPECTED))) for each in questions)
    result = pool.execute(code, [test])
    assert result.blame is not runner.Blame.INFRASTRUCTURE
    if result.evidence is Evidence.VALUES:
        assert _replays(code, test), (body, test)


def test_a_pass_on_objects_need_not_replay() -> None:
    """The control of the property above: a liar's answers are no values."""
    liar = f"{_LIARS}\ndef f(x): return Liar()\n"
    with pytest.raises(_Unrecordable):
        _replays(liar, "assert f(3) == 9")
