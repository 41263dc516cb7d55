"""Bodies of classes that a test derives from the solution's, and attributes that it sets in one.

A property, class method, static method, cached property or partial method crosses as its kind and
its functions: the other side makes one of its own, so that it works there as Python's.
"""

from collections.abc import Mapping
from typing import Any

from ...codec import value_types
from ...codec.format import MalformedError
from ..opcodes import Op
from ..proxy_methods import (
    ProxyMeta,
    describe,
    equals_only_itself,
    forwarding_methods,
    has_items,
    identity_hash,
    overriding,
    truth,
)
from ..special_methods import OPERATIONS
from .attribute_kinds import PARTS, kind_and_functions, of_kind

#: What stands for a special method that a class of the other side does not define.
_DEFAULTS = (None, equals_only_itself, has_items, truth, identity_hash, describe)


def is_class_statement(args: tuple[Any, ...]) -> bool:
    """Return True if the arguments are those with which a class statement calls a metaclass."""
    is_alike = tuple(map(type, args)) == (str, tuple, dict)
    return is_alike and {"__module__", "__qualname__"} <= args[2].keys()


def derive(
    session: Any, name: str, bases: tuple[Any, ...], space: dict[str, Any], options: dict[str, Any]
) -> Any:
    """Have the other side make the class of a statement; it calls back what the body defines.

    Raises:
        MalformedError: It has made something else.
    """
    cell = space.pop("__classcell__", None)
    looked_into = space.pop("__classdictcell__", None)  # by annotations and type parameters
    made, _ = session.request(Op.DERIVE, name, bases, *taken_apart(space), options)
    if not issubclass(type(made), ProxyMeta):
        raise MalformedError("a class that does not derive from the other side's")
    ask_for(made, space)
    session.note_derived(made, space, bases)
    if cell is not None:
        cell.cell_contents = made
    if looked_into is not None:
        looked_into.cell_contents = space
    return made


def taken_apart(body: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what crosses as it is, and kind and functions of the rest, by name."""
    rest = {name: parts for name, item in body.items() if (parts := kind_and_functions(item))}
    return {name: item for name, item in body.items() if name not in rest}, rest


def put_together(body: Mapping[str, Any], rest: Mapping[str, Any]) -> dict[str, Any]:
    """Return a class body of what ``taken_apart`` has returned."""
    return {**body, **{name: of_kind(*parts) for name, parts in rest.items()}}


def parts_of_attribute(item: Any) -> tuple[Any, ...]:
    """Return kind and functions of what a test sets in a class, or nothing if it crosses as it is.

    A data descriptor of the test, such as a ``PropertyMock``, governs the attribute as a property.
    """
    cls: Any = type(item)
    if cls in PARTS or not (hasattr(cls, "__get__") and hasattr(cls, "__set__")):
        return kind_and_functions(item)
    return (
        property.__name__,
        lambda one: cls.__get__(item, one, None),
        lambda one, value: cls.__set__(item, one, value),
        None,
    )


def set_attribute(owner: Any, name: str, value: Any, *parts: Any) -> None:
    """Set an attribute to a value, or to what has these parts."""
    setattr(owner, name, of_kind(*parts) if parts else value)


def ask_for(cls: Any, body: Mapping[str, Any]) -> None:
    """Have the other side asked for each special method in the body of a class that it has made.

    It may have deleted one, and a default of this side would answer in its place.
    """
    if issubclass(cls, BaseException):
        return
    own = type.__dict__["__dict__"].__get__(cls)
    names = {name for name in body.keys() & OPERATIONS.keys() if callable(body[name])}
    absent = [name for name in names if any(own.get(name) is each for each in _DEFAULTS)]
    value = value_types.base_of(cls)
    made = forwarding_methods(" ".join(absent)) if value is None else overriding(value, absent)
    for name in made.keys() & {*absent}:
        type.__setattr__(cls, name, made[name])
    if "__len__" in absent and own.get("__bool__") is truth:
        type.__setattr__(cls, "__bool__", has_items)
