"""Attributes of libraries that a test replaces or deletes, by any of the usual ways.

``unittest.mock``, ``monkeypatch``, ``setattr`` and assignments in the text of a test call the
functions here, each of which notes the module or class before it changes the attribute. So the
other side learns of every such change, whatever the new value is and by whatever name the test has
the owner.
"""

import types
from typing import Any
from unittest import mock

from ..proxy_methods import ProxyMeta
from ..shared_globals import library_name_of

MISSING = object()


class Replacements:
    """The attributes that the functions below have changed since the last ``undo``."""

    def __init__(self) -> None:
        self._noted: dict[tuple[str, str], tuple[Any, Any]] = {}

    def note(self, owner: Any, name: str) -> None:
        """Keep an attribute of a module or class of a library, which is about to change."""
        kind = type(owner)  # not ``__class__``, which an object of the solution may claim
        own = issubclass(kind, types.ModuleType | type) and not issubclass(kind, ProxyMeta)
        place = library_name_of(owner) if own else None
        if place is not None:
            before = vars(owner).get(name, MISSING)
            self._noted.setdefault((place.removesuffix(":"), name), (owner, before))

    def present(self) -> dict[tuple[str, str], Any]:
        """Return the values that differ from the first ones, by place and name.

        A place is a module, or ``module:path`` of a class. A deleted attribute is ``MISSING``.
        """
        now = {
            where: (vars(owner).get(where[1], MISSING), before)
            for where, (owner, before) in self._noted.items()
        }
        return {where: value for where, (value, before) in now.items() if value is not before}

    def undo(self) -> None:
        """Restore the first values."""
        for where in self.present():
            owner, before = self._noted[where]
            put(owner, where[1], before)
        self._noted.clear()


def put(owner: Any, name: str, value: Any) -> None:
    """Set an attribute, or delete it if the value is ``MISSING``."""
    if value is not MISSING:
        setattr(owner, name, value)
    elif name in vars(owner):
        delattr(owner, name)


#: What the test that runs has replaced.
CURRENT = Replacements()


def set_attribute(owner: Any, name: str, value: Any, /) -> None:
    """Set an attribute, as ``setattr`` does."""
    CURRENT.note(owner, name)
    setattr(owner, name, value)


def delete_attribute(owner: Any, name: str, /) -> None:
    """Delete an attribute, as ``delattr`` does."""
    CURRENT.note(owner, name)
    delattr(owner, name)


#: Replacements of these builtins in the text of tests and in ``unittest.mock``.
BUILTINS = {"setattr": set_attribute, "delattr": delete_attribute}


def install() -> None:
    """Let the patches of ``unittest.mock`` use the replaced builtins."""
    vars(mock).update(BUILTINS)
