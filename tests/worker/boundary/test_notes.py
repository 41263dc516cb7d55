"""What comes beside an answer is checked before the test gets any of it."""

import io
from typing import Any

import pytest

from runner.worker.boundary.ambient_state import JudgeAmbientState
from runner.worker.codec.format import MalformedError

_RECORD = ["a", 40, "x", None, {}]
_MALFORMED: dict[str, tuple[Any, ...]] = {
    "text": (3, [], [], {}),
    "warnings": ("", None, [], {}),
    "a warning": ("", [ValueError()], [], {}),
    "records": ("", [], None, {}),
    "a record": ("", [], [3], {}),
    "a short record": ("", [], [_RECORD[:3]], {}),
    "a long record": ("", [], [[*_RECORD, 1]], {}),
    "a level": ("", [], [["a", "40", "x", None, {}]], {}),
    "attributes": ("", [], [["a", 40, "x", None, None]], {}),
    "a null byte": ("", [], [], {"A": "\0"}),
    "a lone surrogate": ("", [], [], {"A": "\ud800"}),
}


@pytest.mark.parametrize("notes", _MALFORMED.values(), ids=_MALFORMED)
def test_malformed_notes(notes: tuple[Any, ...]) -> None:
    state = JudgeAmbientState(io.StringIO(), frozenset(), frozenset({"A"}))
    with pytest.raises(MalformedError), state.restored():
        state.deliver(*notes)


def test_only_a_variable_counts_as_one_of_the_solution() -> None:
    state = JudgeAmbientState(io.StringIO(), frozenset(), frozenset({"A"}))
    with state.restored():
        assert not state.deliver("", [], [_RECORD], {"B": "1"})
        assert state.deliver("", [], [], {"A": "1"})
        assert not state.deliver("", [], [], {"A": "1"})
        assert state.deliver("", [], [], {"A": None})
