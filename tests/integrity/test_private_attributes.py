"""No operation leads the solution past what an object of the test hides."""

import pytest

import runner
from runner.models import Blame
from runner.worker.boundary import special_methods

#: Asks the judge directly, as the solution's process can.
_ASKS = """
def ask(one, name, *more):
    session = object.__getattribute__(one, '@anchor')[0]
    return session.protocol(name, one, *more)
"""
_GAME = """\
class Game:
    def __init__(self, secret): self._secret, self.turns = secret, 0
    def guess(self, number):
        self.turns += 1
        return (number > self._secret) - (number < self._secret)
game = Game(37)
assert play(game) == 37 and game.turns < 9
"""
_HONEST = """
def play(game):
    low, high = 0, 127
    while low < high:
        middle = (low + high) // 2
        if game.guess(middle) < 0:
            low = middle + 1
        else:
            high = middle
    return low
"""


@pytest.mark.parametrize("name", sorted({*special_methods._OF_CLASSES} - {"__hints__"}))
def test_an_object_is_not_described_as_a_class(pool: runner.Pool, name: str) -> None:
    code = f"{_ASKS}def play(game):\n    ask(game, {name!r}, '_secret')"
    (refused,) = pool.execute(code, [_GAME]).tests
    assert "the solution cannot do this (apply)" in refused.message


def test_a_secret_is_found_by_its_methods_only(pool: runner.Pool) -> None:
    assert pool.execute(_HONEST, [_GAME], min_evidence="values").status == "all_passed"
    liar = f"{_ASKS}def play(game): return ask(game, '__member__', '_secret')"
    result = pool.execute(liar, [_GAME])
    assert (result.passed, result.blame) == (0, Blame.CODE)
    exec(f"def play(game): return vars(game)['_secret']\n{_GAME}", {})  # the control


_MOCKED = {
    "configure_mock(assert_called_once_with=mock.any)": "mock.assert_called_once_with(3)",
    "reset_mock()": "mock.assert_not_called()",
}


@pytest.mark.parametrize("change", _MOCKED)
def test_no_super_object_changes_a_mock(pool: runner.Pool, change: str) -> None:
    test = f"from unittest.mock import Mock\nmock = Mock()\nf(mock)\n{_MOCKED[change]}"
    change = change.replace("mock.any", "session.get(mock, 'any')")
    code = f"""{_ASKS}
def f(mock):
    mock(4)
    session = object.__getattribute__(mock, '@anchor')[0]
    ask(mock, 'super', ask(mock, '__class__')).{change}
"""
    result = pool.execute(code, [test])
    assert (result.passed, result.blame) == (0, Blame.CODE), result.tests
