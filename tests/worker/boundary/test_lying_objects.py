"""What a proxy stands for, and what compares in its place, is out of reach of the object."""

import collections
import contextlib
import functools
import types
from typing import Any

import pytest

from runner.worker.boundary import proxy_methods
from runner.worker.boundary.opcodes import ANCHOR
from runner.worker.codec import value_types
from runner.worker.judge.trust.exceptions import comes_from_solution
from runner.worker.judge.trust.permissions import OPERATORS, ORACLES
from tests.worker.sides import sides

_TYPES = (
    *(object, ValueError, types.SimpleNamespace, *value_types.SCALARS),
    *(*value_types.CONTAINER_CODES, *value_types.COMPOUND_CODES),
)
_ARGUMENTS: dict[str, tuple[Any, ...]] = {"array": ("i",), "range": (1,), "slice": (1,)}
_OPERATIONS = ("operate", "overrides", "request", "protocol", "get", "call", "contains", "truth")


def _yes(*_: Any, **__: Any) -> bool:
    return True


def _liar(base: Any) -> Any:
    """Return an object that claims to be a proxy of another session, or None."""
    space = dict.fromkeys(("__eq__", "__contains__", "__len__", "__bool__"), _yes)
    try:
        cls = type("Liar", (base,), {**space, "__hash__": lambda _: 9})
        obj = cls(*_ARGUMENTS.get(base.__name__, ()))
        vars(obj)[ANCHOR] = types.SimpleNamespace(**dict.fromkeys(_OPERATIONS, _yes)), 1
    except TypeError:
        return None  # it has no subclasses, or other arguments
    return obj


@pytest.mark.parametrize("base", dict.fromkeys(_TYPES), ids=lambda each: each.__name__)
def test_no_content_replaces_the_session_of_a_proxy(base: Any) -> None:
    """Control: ``_liar`` equals the value in one process."""
    liar = _liar(base)
    if liar is None:
        return
    assert liar == 9
    with sides(f=lambda: liar) as (judge, fetch):
        found = fetch("f")()
        if proxy_methods.is_proxy(found):
            assert proxy_methods.anchor(found)[0] is judge
        for one, other in ((found, 9), (9, found), ([found], [9])):
            with contextlib.suppress(TypeError):
                assert (one == other) is False
        with contextlib.suppress(TypeError):
            assert found != 9


_METHODS: tuple[str, ...] = (
    "__eq__",
    "__lt__",
    "__le__",
    "__gt__",
    "__ge__",
    "__contains__",
    "__sub__",
    "__rsub__",
)
_METHODS += ("startswith", "endswith", "issubset", "issuperset", "isdisjoint", "index", "count")

#: How a class has a function that is no method of its own.
_WAYS = {
    "staticmethod": staticmethod,
    "property": lambda function: property(lambda _: function),
    "itself": lambda function: function,
    "partial": functools.partial,
}

_EXPECTED: dict[Any, list[Any]] = {
    int: [9, 0.5],
    float: [9.5, 9],
    str: ["ab"],
    bytes: [b"ab"],
    list: [[1, 2]],
    tuple: [(1, 2)],
    dict: [{"a": 1}],
    set: [{1, 2}],
    frozenset: [frozenset({1})],
    object: [9, "ab", [1]],
}


@pytest.mark.parametrize("function", [bool, object, complex, str, list, print, _yes])
@pytest.mark.parametrize("way", _WAYS.values(), ids=_WAYS)
@pytest.mark.parametrize("base", _EXPECTED, ids=lambda each: each.__name__)
def test_no_function_of_the_judge_compares_in_place_of_a_method(
    base: Any, way: Any, function: Any
) -> None:
    """Control: ``staticmethod(bool)`` equals in one process whatever is true."""
    space = {name: way(function) for name in _METHODS} | {"__ne__": staticmethod(lambda *_: False)}
    liar = type("Liar", (base,), {**space, "__hash__": lambda _: 9})()
    with sides(f=lambda: liar) as (_, fetch):
        found = fetch("f")()
        for expected in _EXPECTED[base]:
            for one, other in ((found, expected), (expected, found), ([found], [expected])):
                with contextlib.suppress(TypeError, ValueError):
                    assert (one == other) in (False, None)
                with contextlib.suppress(TypeError, ValueError):
                    assert one != other
        if isinstance(found, str):
            with contextlib.suppress(TypeError):
                assert not found.startswith("ab")
        if isinstance(found, set):
            assert not found >= {1, 2}
            with contextlib.suppress(TypeError):
                assert not found.issuperset({1, 2})


@pytest.mark.parametrize("name", sorted(ORACLES - {"__eq__", "__ne__", "__contains__"}))
@pytest.mark.parametrize("answer", [bool, str, object, print, type("Own", (), {})])
def test_no_class_answers_for_a_method_that_judges_its_operand(name: str, answer: Any) -> None:
    """An attribute of a returned object, which would take what the test expects."""
    liar = type("Liar", (), {name: answer})()
    with sides(f=lambda: liar) as (judge, fetch):
        found, fails = fetch("f")(), False
        try:
            getattr(found, name)("expected")
        except TypeError as error:
            fails = name in OPERATORS and comes_from_solution(error)
        assert judge.ledger.refused or fails


def test_a_field_of_a_named_tuple_may_have_the_name_of_a_method() -> None:
    cls: Any = collections.namedtuple("cls", "count index")  # noqa: PYI024
    counted = cls(3, "a")
    with sides(f=lambda: counted) as (judge, fetch):
        found = fetch("f")()
        assert (found.count, found.index) == (3, "a")
        assert judge.ledger.refused is None
