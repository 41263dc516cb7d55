"""What a value is made of, however deep."""

import collections
from collections.abc import Callable, Iterable, Iterator
from typing import Any

_SEQUENCES = (list, tuple, set, frozenset, collections.deque)


def items_of(part: Any) -> list[Any]:
    """Return keys, values and items of a container of a builtin type; nothing for any other."""
    if isinstance(part, dict):
        return [*dict.keys(part), *dict.values(part)]
    return [*part] if isinstance(part, _SEQUENCES) else []


def parts_of(made: Any, items: Callable[[Any], Iterable[Any]] = items_of) -> Iterator[Any]:
    """Yield a value and all its parts, each object once.

    Args:
        made: The value.
        items: Returns what an object directly holds.
    """
    todo, seen = [made], set[int]()
    while todo:
        part = todo.pop()
        if id(part) not in seen:
            seen.add(id(part))
            yield part
            todo += items(part)
