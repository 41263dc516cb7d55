"""Texts become values, whatever the length of their integers."""

import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.datasets.values import arguments, decimal_text, from_json, from_text, integer
from runner.models import CallTest, brief, canonical_json

_LONG = "7" * 5000


def _sevens(digits: int) -> int:
    return int(7 * (10**digits - 1) // 9)


@given(st.integers(0, 9000), st.integers(-(10**30), 10**30))
def test_integers_of_any_length_are_read_and_written(digits: int, tail: int) -> None:
    """Against Python's own conversion with its limit lifted, which only a test may do."""
    number = 10**digits + tail
    before = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        text = str(number)
    finally:
        sys.set_int_max_str_digits(before)
    assert integer(text) == number
    assert decimal_text(number) == text


def test_the_limit_of_the_process_stays_as_it_is() -> None:
    """Control: Python's own functions refuse the text, before and after."""
    before = sys.get_int_max_str_digits()
    for _ in range(2):
        with pytest.raises(ValueError, match="Exceeds the limit"):
            json.loads(_LONG)
        assert from_json(f"[{_LONG}, -{_LONG}]") == [_sevens(5000), -_sevens(5000)]
    assert sys.get_int_max_str_digits() == before


@pytest.mark.parametrize("text", ["1x", "--1", "", "0x10", "1" * 5000 + "x", "-" + "-1" * 3000])
def test_what_is_not_an_integer_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        integer(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[1, null]", [1, None]),
        ("(1, 'a')", (1, "a")),
        ("{1: True}", {1: True}),
        (f"({_LONG}, -{_LONG}, '{_LONG}')", (_sevens(5000), -_sevens(5000), _LONG)),
        (f" [\n 1, {_LONG[:2500]}_{_LONG[2500:]},\n 'ä', {_LONG}]", [1, _sevens(5000), "ä"]),
    ],
    ids=lambda value: str(value)[:20] if isinstance(value, str) else "",
)
def test_a_text_is_json_or_a_literal(text: str, value: object) -> None:
    found = from_text(text)
    if isinstance(value, list) and len(value) == 3:
        value = [*value, _sevens(5000)]
    assert found == value


@pytest.mark.parametrize(
    "text", ["x", "f(1)", "1 +", "[1", "__import__('os')", f"[{_LONG}", "{[]: 1}"]
)
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        from_text(text)


@pytest.mark.parametrize(
    ("text", "args", "kwargs"),
    [
        ("[1, 2]\n3", [[1, 2], 3], {}),
        ("[3, 3], 6", [[3, 3], 6], {}),
        ("nums = [3,3], target = 6", [], {"nums": [3, 3], "target": 6}),
        ("(1, 2)\n'a'\n", [(1, 2), "a"], {}),
        ('"a\\nb"', ["a\nb"], {}),
        (f"n = {_LONG}", [], {"n": _sevens(5000)}),
    ],
    ids=range(6),
)
def test_arguments_come_by_lines_or_as_in_a_call(
    text: str, args: list[object], kwargs: dict[str, object]
) -> None:
    assert arguments(text) == (args, kwargs)


@pytest.mark.parametrize("text", ["x", "*[1]", "**{'a': 1}", "1)+(2", "a = 1, a = 2", "f(1)", "("])
def test_what_is_no_list_of_arguments_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"line 1 column 1|Extra data"):
        arguments(text)


def test_long_integers_have_a_digest_and_a_short_text() -> None:
    """Integers that Python writes in decimal keep the digests that they had."""
    one, other = _sevens(5000), _sevens(5000) + 1
    assert canonical_json([one]) != canonical_json([other])
    assert canonical_json([_sevens(4300)]) == "[" + "7" * 4300 + "]"
    assert canonical_json(True) == "true"
    assert brief([one, "x"], 60) == f"[<integer of {one.bit_length()} bits>, 'x']"
    assert brief("y" * 100, 10) == "'yyyyyy..."
    assert CallTest(function="f", args=[one], expected=other).args == [one]
