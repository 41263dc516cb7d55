"""Attributes of the other side as data: the standard library would evaluate their text."""

import dataclasses
import inspect
from collections.abc import Callable
from typing import Any


class SourceText:
    """A text annotation: equal to its ``str``, but not a ``str``, which would be evaluated."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __eq__(self, other: object) -> Any:
        if isinstance(other, SourceText):
            return self._text == other._text
        return self._text == other if type(other) is str else NotImplemented

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return repr(self._text)

    def __str__(self) -> str:
        return self._text


def inert(annotation: Any) -> Any:
    """Return an annotation in a form that is never evaluated."""
    return SourceText(str.__str__(annotation)) if isinstance(annotation, str) else annotation


def inert_all(annotations: Any) -> dict[str, Any]:
    """Return inert annotations by name; names are checked, since ``dataclass`` compiles them.

    Raises:
        TypeError: The value is not a dict of identifiers.
    """
    by_name = _by_name("__annotations__", annotations)
    return {name: inert(annotation) for name, annotation in by_name.items()}


def _by_name(what: str, found: Any) -> dict[str, Any]:
    if type(found) is not dict:
        raise TypeError(f"{what} is not a dict")
    if not all(type(name) is str and name.isidentifier() for name in found):
        raise TypeError(f"{what} has a key that is not an identifier")
    return found


def _inert_fields(fields: Any) -> dict[str, Any]:
    """Return copies of a data class's fields; names are checked as in ``inert_all``."""
    return {
        name: _field(name, field)
        for name, field in _by_name("__dataclass_fields__", fields).items()
    }


def _field(name: str, theirs: Any) -> Any:
    made: Any = dataclasses.field()
    for attribute in made.__slots__:
        setattr(made, attribute, getattr(theirs, attribute))
    made.name, made.type = name, inert(made.type)
    return made


def signature(returned: Any, *parameters: Any) -> inspect.Signature:
    """Return a signature; each parameter is its name, kind, default and annotation."""
    made = [
        inspect.Parameter(
            name, inspect._ParameterKind(kind), default=default, annotation=inert(annotation)
        )
        for name, kind, default, annotation in parameters
    ]
    return inspect.Signature(made, return_annotation=inert(returned))


def _absent(_: Any) -> Any:
    raise AttributeError("__text_signature__ of the other side is not available")


_AS_DATA: dict[str, Callable[[Any], Any]] = {
    "__annotations__": inert_all,
    "__dataclass_fields__": _inert_fields,
    "__text_signature__": _absent,
}


def as_data(name: str, found: Any) -> Any:
    """Return the value of an attribute in a form that the standard library may read.

    Raises:
        TypeError: The value has the wrong type for this attribute.
        AttributeError: The attribute is text that the standard library would evaluate.
    """
    read = _AS_DATA.get(name)
    return found if read is None else read(found)
