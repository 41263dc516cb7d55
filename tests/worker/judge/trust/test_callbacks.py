"""What the solution may set on objects of the test: data, and nothing that a test relies on."""

from typing import Any
from unittest import mock

import pytest

from runner.worker.boundary.opcodes import Op
from runner.worker.judge.trust.callbacks import OPERATIONS

_set = OPERATIONS[Op.SET]
_MOCKS = (mock.Mock, mock.MagicMock, mock.AsyncMock, mock.NonCallableMock)


@pytest.mark.parametrize("kind", _MOCKS)
def test_no_attribute_that_a_mock_has_is_set(kind: Any) -> None:
    """They hold what the test configured, and what it asserts afterwards."""
    one = kind(total=1)
    one.save.return_value = 3
    names = {*dir(kind), *vars(one), *one._mock_children, "save"} - {"total"}
    for name in names:
        values: list[Any] = [1, [], None, one]
        for value in values:
            with pytest.raises(AttributeError):
                _set(one, name, value)


@pytest.mark.parametrize("value", [object(), len, mock.Mock(), [object()], {"a": (len,)}])
def test_nothing_that_could_answer_is_set_on_a_mock(value: Any) -> None:
    one = mock.Mock()
    with pytest.raises(AttributeError):
        _set(one, "saved", value)
    _set(one, "saved", [1, {"a": None}])
    assert one.saved == [1, {"a": None}]


class _Task:
    LIMIT = 3
    title = ""
    __slots__ = ("__dict__", "slot")

    def __init__(self) -> None:
        self.title = "a"

    def check(self) -> bool:
        return True

    @property
    def fixed(self) -> int:
        return 1

    @property
    def changing(self) -> int:
        return self._changing

    @changing.setter
    def changing(self, new: int) -> None:
        self._changing = new


@pytest.mark.parametrize("name", ["LIMIT", "check", "fixed", "_changing", "__class__", "__dict__"])
def test_what_would_hide_a_part_of_the_class_is_not_set(name: str) -> None:
    with pytest.raises(AttributeError):
        _set(_Task(), name, 1)


@pytest.mark.parametrize("name", ["title", "slot", "changing", "new"])
def test_data_is_set(name: str) -> None:
    task = _Task()
    _set(task, name, 5)
    assert getattr(task, name) == 5
