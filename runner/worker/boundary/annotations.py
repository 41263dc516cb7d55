"""Annotations of the other side, as data: the library would evaluate those that are text."""

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
    if type(annotations) is not dict:
        raise TypeError("__annotations__ is no dictionary")
    if not all(type(name) is str and name.isidentifier() for name in annotations):
        raise TypeError("__annotations__ has a key that is no name")
    return {name: inert(annotation) for name, annotation in annotations.items()}
