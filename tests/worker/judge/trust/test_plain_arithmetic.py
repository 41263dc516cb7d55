"""A plain result of arithmetic is believed only if the object computes as one plain value does."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.worker.boundary.special_methods import BINARY, ON_COPY
from runner.worker.judge.trust.examination.cross_examination import OrderingRecord
from runner.worker.judge.trust.examination.plain_arithmetic import compute, showing

Answer = Callable[[Any], Any]


def _compute(name: str, other: Any, answer: Answer, record: OrderingRecord | None = None) -> Any:
    def ask(names: Any, operands: list[Any]) -> list[Any]:
        assert [*names] == [ON_COPY + name]
        return [_caught(answer, operand) for operand in operands]

    return compute(name, other, ask, record or OrderingRecord())


def _caught(answer: Answer, operand: Any) -> Any:
    try:
        return answer(operand)
    except ArithmeticError as error:
        return error


_NUMERIC = "add radd sub rsub mul rmul truediv rtruediv pow floordiv divmod mod and or xor lshift"


@pytest.mark.parametrize("name", [f"__{name}__" for name in _NUMERIC.split()])
@pytest.mark.parametrize("operand", [1, 3, 12, 255])
def test_a_number_is_believed(name: str, operand: int) -> None:
    assert _compute(name, operand, lambda other: BINARY[name](7, other)) == (
        BINARY[name](7, operand),
        True,
    )


@pytest.mark.parametrize(
    ("name", "value", "operand"),
    [
        *(("__add__", "ab", "c"), ("__radd__", "ab", "c"), ("__add__", [1], [2])),
        *(("__or__", {1}, {2}), ("__sub__", {1, 2}, {2}), ("__rpow__", 4 / 3, 8)),
        *(("__add__", 2.5, 100000), ("__sub__", 99999, 100000), ("__sub__", 3, -100000)),
        *(("__sub__", 0.1, 0.3), ("__or__", {"a": 1}, {"b": 2})),
        *(("__sub__", 10**18 + 1, 10**18), ("__add__", 3, -(7**900))),
    ],
)
def test_other_values_are_believed(name: str, value: Any, operand: Any) -> None:
    found, is_believed = _compute(name, operand, lambda other: BINARY[name](value, other))
    assert is_believed
    assert found == BINARY[name](value, operand)


@settings(deadline=None)
@given(
    st.sampled_from(["__add__", "__sub__", "__rsub__", "__mul__", "__xor__", "__mod__"]),
    st.integers(-(10**6), 10**6),
    st.one_of(
        st.integers(-3, 3).map(lambda n: lambda _: n),
        st.integers(1, 3).map(lambda n: lambda other: other * n * 1e-9),
        st.integers(2, 5).map(lambda n: lambda other: other % n),
        st.sampled_from([lambda other: -other, lambda other: other * other, bool, str]),
    ),
)
def test_what_is_believed_is_what_one_value_computes(name: str, operand: int, lie: Answer) -> None:
    """So the answer to the test's operand follows from the answer to the one that tells nothing."""
    found, is_believed = _compute(name, operand, lie)
    if is_believed:
        shown = lie(showing(name, operand))
        value = -shown if name == "__rsub__" else shown
        assert found == pytest.approx(BINARY[name](value, operand))


def test_one_object_computes_as_one_value() -> None:
    """Until something else is asked of it."""
    record = OrderingRecord()
    assert _compute("__add__", 3, lambda other: 5 + other, record) == (8, True)
    assert _compute("__sub__", 3, lambda other: 5 - other, record) == (2, True)
    assert _compute("__sub__", 3, lambda other: 6 - other, record) == (3, False)


@pytest.mark.parametrize("operand", [True, {1, "a"}, [True]])
def test_nothing_is_believed_among_few_decoys(operand: Any) -> None:
    name = "__add__" if type(operand) is list else "__sub__"
    if showing(name, operand) is not None:
        assert not _compute(name, operand, lambda _: operand)[1]


@pytest.mark.parametrize("nothing", [[], (), [[]], [1, []]])
def test_a_sequence_without_a_number_is_not_believed(nothing: Any) -> None:
    assert not _compute("__sub__", 9, lambda _: nothing)[1]


@pytest.mark.parametrize("operand", [90_000, 4 * 10**18, -(10**30)])
def test_the_operands_do_not_tell_nearly_which_is_the_tests(operand: int) -> None:
    def ask(_: Any, operands: list[Any]) -> list[Any]:
        middle = sorted(operands[1:])[len(operands) // 2]
        return [middle - each for each in operands]

    assert abs(compute("__sub__", operand, ask, OrderingRecord())[0]) > abs(operand) // 100
