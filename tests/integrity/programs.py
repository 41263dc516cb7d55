"""What the integrity suites consist of: honest programs, and attacks."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, TypeVar

#: Seconds per test: ample, for what is asked is whether a program passes, not how fast the machine
#: is. One reference solution of MBPP needs four on an idle one.
AMPLE_S = 20.0

Tests = tuple[Any, ...]

_Program = TypeVar("_Program")


class Honest(NamedTuple):
    """A solution, its tests, the setup of both, and the classes that the task asks for."""

    code: str
    tests: tuple[str, ...]
    setup: str = ""
    classes: tuple[str, ...] = ()


class Attack(NamedTuple):
    """A solution that did not solve its task and wants to pass all the same.

    Attributes:
        name: What it tries.
        family: What it abuses.
        code: The dishonest solution.
        tests: What it would like to pass.
        reference: An honest solution of the same task, so that a refusal cannot pass for a defence.
        control: Whether a harness without any separation is fooled by it, or why not.
        setup: Setup code of the request.
    """

    name: str
    family: str
    code: str
    tests: Tests
    reference: str | None = None
    control: bool | str = True
    setup: str = ""


def merged(parts: Iterable[Mapping[str, _Program]]) -> dict[str, _Program]:
    """Join named programs; a name that comes twice would hide a program."""
    found: dict[str, _Program] = {}
    for part in parts:
        if twice := found.keys() & part.keys():
            raise ValueError(f"two programs have one name: {sorted(twice)}")
        found.update(part)
    return found
