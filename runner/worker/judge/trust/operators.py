"""Operators of the solution's objects, with values of the test and with each other."""

from collections.abc import Sequence
from typing import Any

from ...boundary import proxy_methods
from ...boundary.channel import Channel
from ...boundary.opcodes import Op
from ...boundary.session import Session
from ...codec.format import Bounds
from .class_checks import equal_by_parts
from .examination import cross_examination, plain_arithmetic
from .examination.cross_examination import UNTRUSTED, OrderingRecord
from .exceptions import comes_from_solution
from .ledger import Ledger, is_function, is_object
from .open_exceptions import OpenExceptions
from .permissions import (
    OPERATORS,
    Operation,
    Permission,
    State,
    feeds,
    may,
    moves,
    state_of_result,
)

#: Arithmetic that gives two results.
_OF_PAIRS, _PAIR = frozenset({"__divmod__", "__rdivmod__"}), 2


class OperatingSession(Session):
    """The judge's side of the boundary, as far as tests compare and compute.

    Attributes:
        ledger: The state of each object, and the evidence for a pass.
        open_exceptions: The solution's exceptions that are not handled yet.
    """

    def __init__(self, channel: Channel, bounds: Bounds) -> None:
        super().__init__(channel, bounds)
        self.ledger = Ledger()
        self.open_exceptions = OpenExceptions()
        self._records: dict[int, OrderingRecord] = {}
        #: Whether the operator of a class gives plain values, by class, name and type of operand.
        self._plain: dict[tuple[type, str, type], bool] = {}

    def _refused(self, what: str) -> TypeError:
        reason = (
            f"{what} is refused, since only the solution could answer: compare its attributes, or"
            " build the object in the test (runner/SECURITY.md)"
        )
        self.ledger.refuse(reason)
        return TypeError(reason)

    def _ask(self, op: Op, *items: Any) -> Any:
        self.ledger.settle()
        return self.request(op, *items)

    def _rule_operator(self, name: str, one: Any, other: Any) -> tuple[Permission, State | None]:
        """Decide about an operator; return also the state of a new object that it makes."""
        operation = OPERATORS.get(name, Operation.ARITHMETIC)
        states = [self.ledger.state(self, each) for each in (one, other)]
        permission, objects = may(operation, *states)
        if name == "__radd__" and type(other) is int and other == 0:  # ``sum`` begins with it
            states.pop()
            permission, objects = may(Operation.UNARY, *states)
        elif operation is Operation.ARITHMETIC and self._feeds(name, states[0], other):
            states[1] = State.SINGLE  # what it makes is an answer, and nothing that is left
            permission, objects = may(Operation.FEED, states[0])
        self.ledger.objects |= objects
        return permission, state_of_result(states)

    def operate(self, name: str, one: Any, other: Any, *modulus: Any) -> Any:
        """Compare or compute; returns NotImplemented if the judge's own rules decide."""
        permission, made = self._rule_operator(name, one, other)
        if (equal := equal_by_parts(permission, name, one, other)) is not None:
            return equal
        match permission:
            case Permission.FORWARD:
                return self._compute(made, name, one, other, *modulus)
            case Permission.OBJECT | Permission.PICK:
                return self._calculate(permission, made, name, one, other, *modulus)
            case _:
                told = self._told(permission, name, one, other)
        if told is UNTRUSTED:
            self._refused(f"{name} of an object of the solution with a value")
        return NotImplemented if told is UNTRUSTED else told

    def _told(self, permission: Permission, name: str, one: Any, other: Any) -> Any:
        """Return the answer to a comparison with a value as far as it can be trusted."""
        if permission is Permission.EXAMINE:
            self.ledger.hand_over(proxy_methods.number_in(self, one) or 0, type(one))
            return self.examine(name, one, other)
        if permission is Permission.IDENTITY:
            return NotImplemented
        crosses = self.ledger.state(self, other) is not State.TEST
        asks = crosses and permission in (Permission.DENY, Permission.PARTS)
        return self.examine(name, one, other, cross_examination.denies) if asks else UNTRUSTED

    def _feeds(self, name: str, state: State, other: Any) -> bool:
        is_made = state in (State.COMPUTED, State.COMBINED)
        return is_function(other) or (not is_made and feeds(name, type(other)))

    def _gives_plain(self, name: str, one: Any, other: Any) -> bool:
        """Return True if an operator gives a plain value to an operand that tells nothing.

        Only then does the test's operand never cross alone.
        """
        shown = plain_arithmetic.showing(name, other)
        if shown is None or self.ledger.state(self, one) is not State.BUILT:
            return False
        key = type(one), name, type(other)
        if key not in self._plain:
            (answer,) = self._answers(one, [plain_arithmetic.on_copy(name)], [shown])
            self._plain[key] = plain_arithmetic.is_plain(answer)
        return self._plain[key]

    def _calculate(
        self, permission: Permission, made: State | None, name: str, one: Any, *details: Any
    ) -> Any:
        """Return the result of arithmetic: an object, or a value that cannot judge the operand."""
        other, *modulus = details
        if permission is Permission.PICK:
            if modulus:
                raise self._refused(f"{name} of an object that the solution returned with a value")
            result = self._picked(name, one, other)
        elif not modulus and self._gives_plain(name, one, other):
            result, is_believed = self.examine(name, one, other, plain_arithmetic.compute)
            if is_believed:
                return result
        else:
            result = self._compute(made, name, one, *details)
        is_made = self.ledger.state(self, one) in (State.COMPUTED, State.COMBINED)
        if moves(name, other, result) and not is_made:
            return result
        return self._object(made, name, result)

    def _picked(self, name: str, one: Any, other: Any) -> Any:
        found, is_same = self.examine(name, one, other, cross_examination.pick)
        if is_same and found is one:  # it may have changed with each of the decoys
            raise self._refused(f"{name} of a returned object, which returns itself")
        return found

    def _compute(self, made: State | None, name: str, one: Any, *details: Any) -> Any:
        """Request an operator's result; ``made`` is the state of a new object."""
        self.ledger.settle()
        mark = self.ledger.mark()
        result = self.request(Op.APPLY, name, one, *details)
        number = proxy_methods.number_in(self, result)
        in_place = name.startswith("__i") and result is one
        if number is not None and made and (in_place or self.ledger.is_new(number, mark)):
            self.ledger.enter(number, made)
        return result

    def _object(self, made: State | None, name: str, result: Any) -> Any:
        """Return the result of arithmetic on an object, which must not have a plain value."""
        if result is NotImplemented:
            return result
        if name in _OF_PAIRS and type(result) is tuple and len(result) == _PAIR:
            return tuple(self._object(made, "a part", each) for each in result)
        if not is_object(self, result):
            raise self._refused(f"a plain result of {name} on an object")
        number = proxy_methods.number_in(self, result) or 0
        is_named = self.ledger.state_of_number(number) in (State.NAMED, State.BOUND)
        is_combined = is_named or made is State.COMBINED
        self.ledger.enter(number, State.COMBINED if is_combined else State.COMPUTED)
        return result

    def examine(
        self, name: str, one: Any, other: Any, decide: Any = cross_examination.examine
    ) -> Any:
        """Have the solution compare its object, or compute, with a value of the test and decoys."""

        def ask(names: Sequence[str], operands: list[Any]) -> list[Any]:
            return self._answers(one, names, operands)

        record = self._records.setdefault(proxy_methods.anchor(one)[1], OrderingRecord())
        try:
            return decide(name, other, ask, record)
        except BaseException as error:
            if comes_from_solution(error):
                self.open_exceptions.note(error)
            raise

    def _answers(self, one: Any, names: Sequence[str], operands: list[Any]) -> list[Any]:
        """Request the answers of an object to operators with several operands, in one message."""
        answers = self._ask(Op.ASK, one, " ".join(names), *operands)
        if type(answers) is not tuple or len(answers) != len(names) * len(operands):
            raise TypeError("the solution's process sent invalid answers to a comparison")
        return [*answers]
