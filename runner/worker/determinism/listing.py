"""Lists of directories, sorted by name because kernels differ: for tests and solutions."""

import glob
from collections.abc import Callable, Iterable
from typing import Any, Generic, Self, TypeVar

Entry = TypeVar("Entry")


class Scan(Generic[Entry]):
    """What ``os.scandir`` returns: entries, as an iterator that can be closed."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._entries = iter(entries)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Entry:
        return next(self._entries)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Forget what is left."""
        self._entries = iter(())


def replace_in_glob(name: str, there: Any, new: Callable[..., Any]) -> None:
    """Replace a function of ``os`` in ``glob`` too, where Python 3.13 keeps a reference."""
    globber: Any = getattr(glob, "_StringGlobber", None)
    if globber is not None and getattr(globber, name, None) is there:
        setattr(globber, name, staticmethod(new))
