"""Attributes of the other side, as data: the library would evaluate or compile their text."""

import dataclasses
import inspect
from collections.abc import Callable
from typing import Any


class SourceText:
    """An annotation that is text: equal to it, and no ``str`` that the library would evaluate."""

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
    """Return an annotation that nothing evaluates."""
    return SourceText(str.__str__(annotation)) if isinstance(annotation, str) else annotation


def inert_all(annotations: Any) -> dict[str, Any]:
    """Return annotations by name that nothing evaluates; ``dataclass`` compiles the names.

    Raises:
        TypeError: They are none.
    """
    by_name = _by_name("__annotations__", annotations)
    return {name: inert(annotation) for name, annotation in by_name.items()}


def _by_name(what: str, found: Any) -> dict[str, Any]:
    if type(found) is not dict:
        raise TypeError(f"{what} is no dictionary")
    if not all(type(name) is str and name.isidentifier() for name in found):
        raise TypeError(f"{what} has a key that is no name")
    return found


def _inert_fields(fields: Any) -> dict[str, Any]:
    """Return fields of a data class that belong to this side; ``dataclass`` compiles their names.

    Raises:
        TypeError: They are none.
    """
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
    raise AttributeError("text that describes parameters is not read here")


_AS_DATA: dict[str, Callable[[Any], Any]] = {
    "__annotations__": inert_all,
    "__dataclass_fields__": _inert_fields,
    "__text_signature__": _absent,
}


def as_data(name: str, found: Any) -> Any:
    """Return the value of an attribute as something that the library may read.

    Raises:
        TypeError: It is not what an attribute of this name has to be.
        AttributeError: It is nothing but text that the library would evaluate.
    """
    read = _AS_DATA.get(name)
    return found if read is None else read(found)
