"""Long literals of tests mean what they mean to the compiler, and do not reach it."""

import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.worker.judge.namespace import REWRITTEN
from runner.worker.judge.source import literals, test_code

_PAD = "#" + "x" * literals._TEXT_MIN + "\n"


def _value_of(text: str, **names: Any) -> tuple[Any, bool]:
    """Return what a statement gives ``v``, and whether a literal was cut out."""
    unit = test_code.compile_test(text, "<test>")
    space: dict[str, Any] = {**REWRITTEN, **names}
    exec(unit.code, space)
    return space["v"], literals.LITERAL in unit.code.co_names


_ITEMS = st.recursive(
    st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text("abc [],é{}:#"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab"), inner, max_size=3),
    max_leaves=6,
)


@given(_ITEMS)
def test_a_long_literal_is_what_it_was(item: Any) -> None:
    """Whatever is in it, with the types and the order that Python gives it."""
    value = [item] * (literals._LITERAL_MIN // 2)
    found, _ = _value_of(f"{_PAD}v = {value!r}")
    assert repr(found) == repr(value)


_NUMBERS = ", ".join(map(str, range(literals._LITERAL_MIN)))

_ALIKE = {
    "numbers": f"v = [{_NUMBERS}]",
    "in lines": "v = [\n" + _NUMBERS.replace(", ", ",\n") + "]",
    "pairs": f"v = [{', '.join(f'[{n}, -{n}]' for n in range(literals._LITERAL_MIN))}]",
    "single quotes": "v = [" + ", ".join(f"'{n}'" for n in range(literals._LITERAL_MIN)) + "]",
    "an argument": f"v = len([{_NUMBERS}])",
    "in a function": f"def f():\n    return len( [{_NUMBERS}] )\nv = f()",
    "two": f"v = ([{_NUMBERS}], [{_NUMBERS}, 1])",
}
_ALIKE["in a template"] = f"v = f'{{len([{_NUMBERS}])}}'"
_APART = {
    "a comma at the end": f"v = [{_NUMBERS},]",
    "a tuple": f"v = ({_NUMBERS})",
    "in a string": f"v = '([{_NUMBERS}])'",
    "in a comment": f"v = 1  # ([{_NUMBERS}])",
    "a subscript": f"class A:\n    def __getitem__(s, k): return len(k)\nv = (A() [{_NUMBERS}])",
    "numbers of JSON": f"NaN, v = 7, 0\nv = [{_NUMBERS}, NaN]",
    "names of JSON": f"true = false = null = 7\nv = [{_NUMBERS}, true, false, null]",
    "escapes": f'v = [{_NUMBERS}, "\\u0041"]',
    "grouped digits": f"v = [{_NUMBERS}, 1_0]",
}


@pytest.mark.parametrize("name", [*_ALIKE, *_APART])
def test_code_means_the_same_with_and_without_long_literals(name: str) -> None:
    """What is no literal of its own is left to the compiler."""
    text = (_ALIKE | _APART)[name]
    space: dict[str, Any] = {}
    exec(compile(text, "<plain>", "exec"), space)
    found, was_cut = _value_of(_PAD + text)
    assert found == space["v"]
    assert was_cut or name not in ("numbers", "in lines", "pairs", "single quotes", "an argument")
    assert name not in _APART or not was_cut


def test_each_evaluation_makes_a_new_object() -> None:
    """A test may change what it has written."""
    text = (
        f"{_PAD}v = []\nfor _ in range(2):\n    x = [{_NUMBERS}]\n    v.append(len(x))\n    x.pop()"
    )
    assert _value_of(text) == ([literals._LITERAL_MIN] * 2, True)


def test_lines_are_those_of_the_text() -> None:
    """An assert behind a literal of many lines fails in its own line."""
    text = f"{_PAD}v = [\n{_NUMBERS}\n\n]\nassert v == 1"
    with pytest.raises(AssertionError) as info:
        _value_of(text)
    trace = info.tb
    while trace.tb_next is not None:
        trace = trace.tb_next
    assert trace.tb_lineno == text.count("\n") + 1


def _peak_bytes(action: Callable[[], Any]) -> int:
    tracemalloc.start()
    try:
        action()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_literal_of_a_megabyte_takes_little_memory() -> None:
    """The compiler alone takes more than a judge has."""
    numbers = ", ".join(map(str, range(150_000)))
    text = f"def check(f):\n    assert f([{numbers}]) == [{numbers}]"
    ours = _peak_bytes(lambda: test_code.compile_test(text, "<test>"))
    assert ours < _peak_bytes(lambda: compile(text, "<plain>", "exec")) / 5
