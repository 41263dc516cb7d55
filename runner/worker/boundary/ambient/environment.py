"""Environment variables that one side sets and the other reads.

The solution sees all variables of the test. The test sees those of the solution that one of its
strings names, so that the solution cannot change what a library of the judge looks up (``TZ``).
"""

import os
from collections.abc import Mapping
from typing import Any

from ...codec.format import MalformedError


def is_mapping(environment: Any) -> bool:
    """Return True if what stands for ``os.environ`` has variables: no mock does."""
    return issubclass(type(environment), Mapping)


def variables() -> dict[str, str]:
    """Return the variables of this side; none if a test has put a mock in place of them."""
    return dict(os.environ) if is_mapping(os.environ) else {}


class JudgeVariables:
    """The judge's side.

    Args:
        spelled: The strings of the test.
    """

    def __init__(self, spelled: frozenset[str]) -> None:
        self._spelled = spelled

    def accept(self, told: Any) -> bool:
        """Set what the solution has set, and delete what it has deleted.

        Returns:
            Whether a variable of the test has another value now. It may decide what the test
            expects: ``os.environ.get("LIMIT", "49")``.

        Raises:
            MalformedError: No variable can have such a value.
        """
        changed = False
        named = told if type(told) is dict and is_mapping(os.environ) else {}
        for name in self._spelled.intersection(named):
            value = named[name]
            if value == os.environ.get(name):
                continue
            changed = True
            if type(value) is str:
                _set(name, value)
            else:
                os.environ.pop(name, None)
        return changed


def _set(name: str, value: str) -> None:
    try:
        os.environ[name] = value
    except (ValueError, OSError) as error:
        raise MalformedError("no value of a variable") from error


class SubjectVariables:
    """The subject's side."""

    def __init__(self) -> None:
        #: What the test has set, all as the test knows it, and what it was told of.
        self._given: dict[str, str] = {}
        self._real = os.environ
        self._known = variables()
        self._told: set[str] = set()

    def set(self, values: dict[str, str]) -> None:
        """Set the test's variables; what it no longer has is deleted."""
        environment = os.environ if is_mapping(os.environ) else self._real
        for name in (self._given.keys() | self._told) - values.keys():
            environment.pop(name, None)
        environment.update(values)
        self._given = dict(values)
        self._known = dict(environment)

    def changed(self) -> dict[str, str | None]:
        """Return the variables that the solution has changed so far; None for deleted ones."""
        known = self._known
        now = variables() if is_mapping(os.environ) else known
        if now != known:
            names = now.keys() | known.keys()
            self._told |= {name for name in names if now.get(name) != known.get(name)}
        return {name: now.get(name) for name in self._told}
