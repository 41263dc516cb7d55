"""Classes of libraries in the text of tests: what is asked, and what an answer is worth."""

import argparse
import ast
import dataclasses
import functools
import io
import queue
import re
import threading
import typing
from collections import defaultdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.worker.boundary.library_classes import library_class_name, says
from runner.worker.judge.namespace import REWRITTEN
from runner.worker.judge.source.assertions import uses_of
from runner.worker.judge.trust.class_checks import compare_types, is_instance, is_subclass
from runner.worker.judge.trust.class_rewriting import rewrite_classes
from tests.worker.sides import sides


class Signal(threading.Event):
    """Derives from a library's class."""


class Disguised:
    """Says that it is an Event."""

    __class__ = threading.Event  # type: ignore[assignment]


class Named:
    """Has the name of the Event."""


Named.__module__, Named.__qualname__ = "threading", "Event"

_OBJECTS: dict[str, Any] = {
    "event": threading.Event,
    "signal": Signal,
    "disguised": Disguised,
    "named": Named,
}


@pytest.mark.parametrize("name", ["event", "signal"])
def test_the_solutions_side_answers_and_that_is_an_objects_word(name: str) -> None:
    with sides(
        make=_OBJECTS[name],
    ) as (judge, get):
        made = get("make")()
        judge.ledger.forget_arrivals()
        assert is_instance(made, threading.Event)
        assert judge.ledger.evidence() == "objects"
        assert not isinstance(made, threading.Event), "the builtin is what libraries ask"


@pytest.mark.parametrize("name", ["disguised", "named"])
def test_the_real_type_decides_and_no_is_what_was_known_before(name: str) -> None:
    with sides(make=_OBJECTS[name]) as (judge, get):
        made = get("make")()
        judge.ledger.forget_arrivals()
        assert not is_instance(made, threading.Event)
        assert not compare_types("is", type(made), threading.Event)
        assert judge.ledger.evidence() == "values"


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ((int, threading.Event), True),
        ((int, (str, threading.Event)), True),
        (threading.Event | int, True),
        (typing.Union[int, threading.Event], True),  # noqa: UP007 - another object
        ((int, queue.Queue), False),
        (queue.Queue | None, False),
    ],
)
def test_whatever_isinstance_takes_is_looked_through(spec: Any, expected: bool) -> None:
    with sides(make=Signal) as (_, get):
        assert is_instance(get("make")(), spec) is expected
        assert is_subclass(type(get("make")()), spec) is expected


@pytest.mark.parametrize(
    "cls",
    [int, list, dict, object, type, Exception, queue.Empty, typing.Sized, Signal, 3],
    ids=str,
)
def test_what_has_rules_of_its_own_is_not_asked(cls: Any) -> None:
    name = library_class_name(cls)
    assert name is None or name.startswith(__name__)


def test_a_class_is_known_by_its_own_name_only(monkeypatch: pytest.MonkeyPatch) -> None:
    assert library_class_name(threading.Event) == "threading:Event"
    assert library_class_name(Named) is None
    monkeypatch.setattr(threading, "Event", Named)
    assert library_class_name(threading.Condition) == "threading:Condition"


@pytest.mark.parametrize("name", ["absent:Event", "threading:absent", "threading:local.absent"])
def test_what_is_not_there_has_no_instances(name: str) -> None:
    assert not says("isinstance", threading.Event(), name)
    assert says("isinstance", threading.Event(), name, "threading:Event")


def test_errors_are_those_of_the_builtins() -> None:
    with sides(make=threading.Event) as (_, get):
        made = get("make")()
        for function, builtin in ((is_instance, isinstance), (is_subclass, issubclass)):
            with pytest.raises(TypeError) as expected:
                builtin(3, 4)  # type: ignore[arg-type]
            with pytest.raises(TypeError, match=re.escape(str(expected.value))):
                function(3, 4)
        with pytest.raises(TypeError):
            is_subclass(made, threading.Event)


_SYMBOLS = st.sampled_from(["is", "is not", "==", "!=", "in", "not in"])
_KINDS = st.sampled_from([int, bool, str, queue.Queue, threading.Event, Signal])


@given(_SYMBOLS, _KINDS, _KINDS, st.lists(_KINDS))
def test_types_of_the_tests_own_objects_compare_as_ever(
    symbol: str, one: type, other: type, others: list[type]
) -> None:
    operand = tuple(others) if symbol.endswith("in") else other
    names = {"one": one, "other": operand}
    assert compare_types(symbol, one, operand) is eval(f"one {symbol} other", names)


@given(_SYMBOLS, st.sampled_from([threading.Event, Signal]), st.lists(_KINDS, min_size=1))
def test_types_of_the_solutions_objects_compare_as_in_one_process(
    symbol: str, made: type, others: list[type]
) -> None:
    with sides(make=made) as (_, get):
        kind = type(get("make")())
        operand: Any = [each for each in others if each is not Signal]
        if not symbol.endswith("in"):
            operand = others[0] if others[0] is not Signal else int
        names = {"one": made, "other": operand}
        assert compare_types(symbol, kind, operand) is eval(f"one {symbol} other", names)


@dataclasses.dataclass
class Point:
    """Has positions for patterns."""

    x: Any
    y: Any


_VALUES = st.recursive(
    st.sampled_from([0, 1, "a", None, True, argparse.Namespace(a=1), io.StringIO()]),
    lambda inner: st.builds(Point, inner, inner) | st.lists(inner, max_size=2),
    max_leaves=4,
)
_PATTERNS = st.recursive(
    st.sampled_from(
        "int()|str(s)|Point()|Point(y=1)|Point(0, q)|argparse.Namespace()|io.StringIO()"
        "|argparse.Namespace(a=1)|absent()|1|None|_|[]".split("|")
    ),
    lambda inner: st.builds("[{}, *_]".format, inner) | st.builds("Point({}, _)".format, inner),
    max_leaves=3,
)


@given(_VALUES, st.lists(_PATTERNS, min_size=1, max_size=3), st.booleans())
def test_rewriting_changes_no_match(value: Any, patterns: list[str], in_function: bool) -> None:
    cases = [
        f"        case {each} if type(value) != bool: mark({at})"
        for at, each in enumerate(patterns)
    ]
    lines = ["    match value:", *cases, "    if type(value) is int or type(value) in (str,):"]
    head = "def f():" if in_function else "if True:"
    text = "\n".join([head, *lines, "        mark('type')", "f()" if in_function else ""])
    plain = ast.parse(text)
    rewritten = ast.parse(text)
    nodes: dict[type, list[Any]] = defaultdict(list)
    for node in ast.walk(rewritten):
        nodes[type(node)].append(node)
    rewrite_classes(rewritten, nodes, uses_of(nodes))
    assert ast.dump(plain) != ast.dump(rewritten)
    assert _marks(rewritten, value) == _marks(plain, value)


def _marks(tree: ast.Module, value: Any) -> list[Any]:
    marks: list[Any] = []
    names = {"argparse": argparse, "io": io, "Point": Point, "value": value, "mark": marks.append}
    try:
        exec(compile(tree, "<test>", "exec"), {**REWRITTEN, **names})
    except (NameError, TypeError) as error:
        marks.append(str(error))
    return marks


def test_a_function_of_the_test_is_asked_as_well() -> None:
    """``isinstance`` of a test is a function: it can be bound and handed on."""
    with sides(make=threading.Event) as (_, get):
        made = [get("make")(), get("make")()]
        is_event = functools.partial(lambda spec, obj: is_instance(obj, spec), threading.Event)
        assert [*map(is_event, made)] == [True, True]
