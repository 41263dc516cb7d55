"""No solution makes a class in the judge, by whatever the test calls for it."""

import contextlib
from typing import Any

import pytest

import runner
from runner.models import Blame

#: Callables of a test that call what they are given.
_CALLERS = {
    "a function": "def apply(function, *args): return function(*args)",
    "an object": "class Apply:\n    def __call__(self, function, *args): return function(*args)\n"
    "apply = Apply()",
    "a partial": "import functools\n"
    "def apply(function, *args): return functools.partial(function, *args)()",
    "a mock": "from unittest.mock import Mock\n"
    "apply = Mock(side_effect=lambda function, *args: function(*args))",
    "a class": "class Task:\n    def __init__(self, function, *args):\n"
    "        self.function, self.args = function, args\n"
    "    def run(self): return self.function(*self.args)\n"
    "def apply(*args): return Task(*args).run()",
    "events": "class Bus:\n    def __init__(self): self.heard = {}\n"
    "    def on(self, name, function): self.heard[name] = function\n"
    "    def emit(self, name, *args): return self.heard[name](*args)\nbus = Bus()\n"
    "def apply(function, *args):\n    bus.on('a', function)\n    return bus.emit('a', *args)",
}
_LIAR = """
def f(apply, x):
    made = apply(MAKER, 'Liar', (), {'__eq__': bool, '__ne__': lambda *_: False})
    return apply(made)
"""
_MAKERS = ("type", "type(int)", "type(type)", "[].__class__.__class__")
_CHECKS = "assert f(apply, 3) == 9", "assert [9] == [f(apply, 3)]", "assert not f(apply, 3) != 9"


@pytest.mark.parametrize("caller", _CALLERS.values(), ids=_CALLERS)
@pytest.mark.parametrize("maker", _MAKERS)
def test_a_class_that_lies_is_not_made(pool: runner.Pool, caller: str, maker: str) -> None:
    """Control: in one process, the liar equals everything."""
    code = _LIAR.replace("MAKER", maker)
    for check in _CHECKS:
        result = pool.execute(code, [f"{caller}\n{check}"])
        assert result.passed == 0
        assert result.blame is Blame.CODE
        space: dict[str, Any] = {}
        with contextlib.redirect_stdout(None):
            exec(f"{code}{caller}\n{check}", space)


@pytest.mark.parametrize("caller", _CALLERS.values(), ids=_CALLERS)
def test_functions_and_classes_reach_what_calls_them(pool: runner.Pool, caller: str) -> None:
    code = "def f(apply, x): return apply(pow, x, 2), apply(int, str(x)), apply(type, x)"
    result = pool.execute(code, [f"{caller}\nassert f(apply, 3) == (9, 3, int)"])
    assert result.status == "all_passed", result.tests


def test_type_means_what_it_does(pool: runner.Pool) -> None:
    code = "def kind(x): return type(x)\nmaker = kind(int)\nclass Meta(type): pass\n"
    code += "class Made(metaclass=Meta): pass\ndef same(x): return x\n"
    tests = [
        "assert kind(3) is int and kind(int) == type and type == kind(int)",
        "assert maker(3) is int and same({type: 1}) == {type: 1}",
        "assert isinstance(Meta, type) and type(Made()) is Made",
    ]
    result = pool.execute(code, tests)
    assert result.status == "all_passed", result.tests
