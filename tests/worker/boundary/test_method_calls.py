"""A method and its call are asked for in one message, and nothing can tell."""

from collections.abc import Callable
from typing import Any

import pytest

from runner.worker.codec.crossing import MESSAGE_NS
from tests.worker.sides import sides


class _Adder:
    """A class of the solution."""

    def __init__(self) -> None:
        self.log: list[str] = []

    def add(self, *numbers: int) -> int:
        """Return a sum."""
        self.log.append("add")
        return sum(numbers)

    def replace(self) -> int:
        """Have another function take the place of ``add``."""
        self.log.append("replace")
        self.add = lambda *_: -1  # type: ignore[method-assign]
        return 1

    def fails(self) -> None:
        """Raise what a look-up raises."""
        raise AttributeError("by the method")

    @property
    def callable_object(self) -> Any:
        """Return what is no function and can be called."""
        self.log.append("property")
        return _Adder.Doubler()

    class Doubler:
        """Can be called."""

        def __call__(self, number: int) -> int:
            """Return twice a number."""
            return 2 * number


def _messages(judge: Any, action: Callable[[], Any]) -> int:
    before = judge.crossing.ns
    action()
    return int((judge.crossing.ns - before) // MESSAGE_NS)


def test_a_method_call_is_one_message() -> None:
    """Looking it up alone is one, and calling what was found another."""
    with sides(Adder=_Adder) as (judge, fetch):
        adder = fetch("Adder")()
        assert adder.add(1, 2) == 3
        assert _messages(judge, lambda: adder.add(1, 2)) == 1
        found = adder.add
        assert _messages(judge, lambda: found(1, 2)) == 1


def test_what_is_looked_up_first_is_found_first() -> None:
    """An argument that asks the solution comes after the look-up, as in one process."""
    with sides(Adder=_Adder) as (_, fetch):
        adder = fetch("Adder")()
        assert adder.add(adder.replace(), 1) == 2
        assert adder.add(1) == -1
        plain: Any = _Adder()
        assert (plain.add(plain.replace(), 1), plain.add(1)) == (2, -1)


def test_what_is_no_method_is_looked_up_and_called() -> None:
    """An object that can be called is one that the solution returns."""
    with sides(Adder=_Adder) as (judge, fetch):
        adder = fetch("Adder")()
        assert judge.ledger.evidence() == "values"
        assert adder.callable_object(4) == 8
        assert judge.ledger.evidence() == "objects"


def test_absence_is_told_from_an_error_of_the_method() -> None:
    """Only the latter is an exception of the solution that the test has to handle."""
    with sides(Adder=_Adder) as (judge, fetch):
        adder = fetch("Adder")()
        with pytest.raises(AttributeError, match="nothing"):
            adder.nothing()
        assert judge.open_exceptions.first_open() is None
        with pytest.raises(AttributeError, match="by the method"):
            adder.fails()
        assert hasattr(adder, "add")
        assert not hasattr(adder, "nothing")


def test_a_method_that_is_never_called_is_not_asked_for() -> None:
    """The argument raises first; what is asked next is what the test asks next."""
    with sides(Adder=_Adder) as (_, fetch):
        adder = fetch("Adder")()
        with pytest.raises(ZeroDivisionError):
            adder.add(1 // 0)
        assert [*adder.log] == []
        assert adder.add(1) == 1
