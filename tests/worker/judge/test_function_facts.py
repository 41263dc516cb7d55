"""What the solution learns of a function of the test: everything but its defaults."""

import inspect
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.worker.judge.source import function_facts
from runner.worker.judge.source.function_facts import HiddenDefault

_SECRET = object()


def _function(required: int, optional: int, named: int) -> Any:
    """Return a function of some parameters, which returns its arguments in their order."""
    names = [f"r{n}" for n in range(required)]
    names += [f"o{n}=secret" for n in range(optional)]
    names += ["*", *(f"k{n}=secret" for n in range(named))] if named else []
    returned = ", ".join(name.partition("=")[0] for name in names if name != "*")
    space: dict[str, Any] = {"secret": _SECRET}
    exec(f"def f({', '.join(names)}): return [{returned}]", space)
    return space["f"]


_COUNTS = st.integers(0, 3)


@given(_COUNTS, _COUNTS, _COUNTS)
def test_no_fact_is_a_default(required: int, optional: int, named: int) -> None:
    function = _function(required, optional, named)
    _, *parameters = function_facts.parameters(function)
    assert [part[0] for part in parameters] == [*inspect.signature(function).parameters]
    found = [part[2] for part in parameters]
    found += function_facts.fact(function, "__defaults__") or ()
    found += (function_facts.fact(function, "__kwdefaults__") or {}).values()
    hidden = [each for each in found if each is not inspect.Parameter.empty]
    assert len(hidden) == 2 * (optional + named)
    assert all(type(each) is HiddenDefault for each in hidden)
    assert function_facts.fact(function, "__code__").co_argcount == required + optional


@given(_COUNTS, _COUNTS, _COUNTS)
def test_a_default_counts_in_its_own_place_only(required: int, optional: int, named: int) -> None:
    function = _function(required, optional, named)
    _, *parameters = function_facts.parameters(function)
    args = [part[2] if part[0][0] == "o" else 0 for part in parameters if part[0][0] != "k"]
    options = {part[0]: part[2] for part in parameters if part[0][0] == "k"}
    got = function_facts.with_defaults(function, tuple(args), options)
    assert function(*got[0], **got[1]) == [0] * required + [_SECRET] * (optional + named)
    for part in parameters:
        other = _function(3, 3, 3)
        if type(part[2]) is HiddenDefault:
            moved, _ = function_facts.with_defaults(other, (part[2],) * 3, {})
            assert _SECRET not in other(*moved)[:3]


def test_only_what_the_solution_has_set_can_be_read_and_replaced() -> None:
    def made() -> None: ...

    function: Any = made
    function.expected = 42
    for name in ("expected", "__globals__", "__closure__", "__wrapped__"):
        with pytest.raises(AttributeError):
            function_facts.fact(function, name)
    with pytest.raises(AttributeError, match="expected of a function"):
        function_facts.give(function, "expected", 3)
    function_facts.give(function, "path", "/")
    function_facts.give(function, "path", "/home")
    assert function_facts.fact(function, "path") == "/home"


def test_an_annotation_crosses_if_it_is_a_class_an_alias_a_text_or_none() -> None:
    def made(a: int, b: "str", c: list[int], d: None) -> bool: ...  # type: ignore[empty-body]

    function: Any = made
    function.__annotations__["e"] = _SECRET
    returned, *parameters = function_facts.parameters(function)
    assert returned is bool
    assert [part[3] for part in parameters] == [int, "str", list[int], None]
    assert [*function_facts.fact(function, "__annotations__")] == ["a", "b", "c", "d", "return"]
    function.__annotations__["a"] = _SECRET
    _, first, *_ = function_facts.parameters(function)
    assert first[3] is inspect.Parameter.empty
