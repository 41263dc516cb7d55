"""``type`` as the solution hands it out: it returns the class of an object, and makes no class.

A class that is made in the judge may lie: each instance of ``type("L", (), {"__eq__": bool})``
equals everything. The solution cannot call ``type`` here, but a test may call what it is given
(``bus.emit(name, *args)``, ``executor.submit(function, *args)``).
"""

from typing import Any


class _Equal(type):
    def __eq__(cls, other: object) -> bool:
        return other is cls or other is type

    def __hash__(cls) -> int:
        return hash(type)


class Kind(type, metaclass=_Equal):
    """Stands for ``type``."""

    def __new__(mcs, obj: Any, /) -> Any:
        """Return the class of an object."""
        return type(obj)
