"""What a proxy stands for is out of reach of the object's content."""

import contextlib
import types
from typing import Any

import pytest

from runner.worker.boundary import proxy_methods
from runner.worker.boundary.opcodes import ANCHOR
from runner.worker.codec import value_types
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
