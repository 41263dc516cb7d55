"""The one rule of trust: what a test may ask of an object of the solution, and what that is worth.

``may`` decides about every operation, by the tables below and the states of both operands. No other
module decides: proxies, sessions and tests ask here. What a table does not list is refused.

An object of the solution is in one of these states:

* *named*: the test's own text names it, a function or a class;
* *bound*: the test's own text names it, and it is neither a function nor a class;
* *built*: the test called a named class, and the object is new. It becomes *returned*, for good,
  as soon as the solution hands it out again, unless a statement of the test drops the result;
* *declared*: built, from a class that the request declares;
* *computed*: the result of arithmetic of a built object with a value of the test;
* *combined*: the result of arithmetic between a returned object and a value of the test. It may be
  what is left of a difference, so what judges that (its truth, its length, its items, and the
  names by which value types do: ``days``, ``any``) is refused. What is made of it is combined, too;
* *stream*: an exact iterator, generator or coroutine. Consuming it yields answers, each of which
  counts for itself;
* *kin*: not built itself, but of a class that the request declares, or of which the test has passed
  or compared a built object; also of a class that the test has derived from one that it names;
* *found*: what ``find`` of a library's object has returned (``root.find("a")``). Its truth and its
  length could judge the operand, as the answer of a text's ``find`` does, so they are refused;
* *returned*: everything else.

Everything else is a *value*: an object of the judge, rebuilt from exact base types.
An answer that is a value is worth ``values``: it can be recorded and replayed. An answer that only
an object of the solution gives is worth ``objects``.
"""

import collections
import datetime
import enum
import types
from typing import Any, NamedTuple

from ...boundary.special_methods import BINARY


class State(enum.Enum):
    """What an operand is to the test."""

    __hash__ = object.__hash__  # each operation is looked up by it

    VALUE = enum.auto()
    SINGLE = enum.auto()  # None, and objects of the test that compare by identity
    TEST = enum.auto()  # another object of the test
    NAMED = enum.auto()
    BOUND = enum.auto()
    DECLARED = enum.auto()
    BUILT = enum.auto()
    COMPUTED = enum.auto()
    COMBINED = enum.auto()
    STREAM = enum.auto()
    KIN = enum.auto()
    RETURNED = enum.auto()
    FOUND = enum.auto()


class Operation(enum.Enum):
    """What a test does with an object of the solution."""

    __hash__ = object.__hash__

    CALL = enum.auto()
    ATTRIBUTE = enum.auto()  # read, set or delete one; call a method
    CONSUME = enum.auto()  # iter, next, await, send, throw, close
    PROTOCOL = enum.auto()  # items, str, hash, copies ...
    NUMBER = enum.auto()  # conversion to a number or a bool: abs, int, float, bool, len
    UNARY = enum.auto()  # arithmetic without an operand: -x, +x, ~x
    FEED = enum.auto()  # an operator with what no value computes with: [1] | pipe, event += handler
    ORACLE = enum.auto()  # a method of value types that judges its operand: startswith, index ...
    FIND = enum.auto()  # the same, if objects of libraries have it, too: find
    CONTEXT = enum.auto()  # with
    CLASS = enum.auto()  # isinstance with a class of a library, if the answer is yes
    OVERRIDE = enum.auto()  # a method that a subclass of a builtin has in place of the builtin's
    OVERRIDE_TEXT = enum.auto()  # the same, for repr and str
    OVERRIDE_COMPARE = enum.auto()  # the same, for what judges its operand
    OVERRIDE_COMPUTE = enum.auto()  # the same, for what computes with its operand
    EQUALITY = enum.auto()
    ORDER = enum.auto()
    CONTAINS = enum.auto()
    ARITHMETIC = enum.auto()


class Permission(enum.Enum):
    """The decision about an operation."""

    FORWARD = enum.auto()  # the solution's object answers
    OBJECT = enum.auto()  # the same, and the answer must be an object
    LIBRARY = enum.auto()  # the same, or None; the object's class must be a library's
    EXAMINE = enum.auto()  # it answers for decoys as well
    DENY = enum.auto()  # the same, and it must say "not equal" or raise; else the test fails
    PICK = enum.auto()  # the same, and it must make an object or raise; else the test fails
    PARTS = enum.auto()  # the judge compares the parts, if a library's class does so; else DENY
    IDENTITY = enum.auto()  # the judge answers by identity
    BASE = enum.auto()  # the judge answers by the object's plain value, or by its items
    REFUSE = enum.auto()  # the test fails


class Ruling(NamedTuple):
    """The permission for an operation, and whether its answer is worth ``objects``."""

    permission: Permission
    objects: bool = False


_RULINGS = {
    "values": Ruling(Permission.FORWARD),
    "objects": Ruling(Permission.FORWARD, objects=True),
    "object": Ruling(Permission.OBJECT, objects=True),
    "library": Ruling(Permission.LIBRARY, objects=True),
    "examine": Ruling(Permission.EXAMINE, objects=True),
    "pick": Ruling(Permission.PICK, objects=True),
    "deny": Ruling(Permission.DENY, objects=True),
    "parts": Ruling(Permission.PARTS, objects=True),
    "identity": Ruling(Permission.IDENTITY),
    "base": Ruling(Permission.BASE),
    "-": Ruling(Permission.REFUSE),
}

_STATES = (
    *(State.NAMED, State.BOUND, State.DECLARED, State.BUILT),
    *(State.COMPUTED, State.COMBINED, State.STREAM, State.KIN, State.RETURNED, State.FOUND),
)

#: Operations without an operand that could be an expected value.
_ASKED = """
                 named   bound   declared built   computed combined stream  kin     returned found
CALL             values  values  values   values  objects  objects  objects objects objects  objects
ATTRIBUTE        values  objects values   values  objects  objects  objects objects objects  objects
CONSUME          values  objects values   objects objects  -        values  objects objects  objects
PROTOCOL         values  objects values   objects objects  objects  objects objects objects  objects
NUMBER           values  objects values   objects -        -        objects objects objects  -
UNARY            values  objects values   objects object   object   objects objects objects  -
FEED             objects objects objects  objects objects  objects  objects objects objects  -
ORACLE           values  -       values   objects objects  -        -       objects -        -
FIND             values  library values   objects objects  -        -       objects library  library
CONTEXT          objects objects objects  objects objects  objects  objects objects objects  objects
CLASS            objects objects objects  objects objects  objects  objects objects objects  objects
OVERRIDE         -       base    values   objects objects  -        -       objects base     -
OVERRIDE_TEXT    -       objects values   objects objects  -        -       objects objects  -
OVERRIDE_COMPARE -       base    objects  objects objects  -        -       base    base     -
OVERRIDE_COMPUTE -       base    objects  objects objects  -        -       -       base     -
"""

#: Operations with an operand of the test, which may be an expected value.
_AGAINST_VALUE = """
                 named    bound  declared built   computed combined stream kin     returned found
EQUALITY         identity parts  examine  examine examine  -        -      examine parts    -
ORDER            -        deny   examine  examine examine  -        -      examine deny     -
CONTAINS         base     base   objects  objects objects  -        base   base    base     base
ARITHMETIC       -        pick   objects  object  object   pick     -      pick    pick     -
"""


def _parsed(table: str) -> dict[tuple[Operation, State], Ruling]:
    _, *rows = table.strip().splitlines()
    found = {}
    for row in rows:
        name, *cells = row.split()
        for state, cell in zip(_STATES, cells, strict=True):
            found[Operation[name], state] = _RULINGS[cell]
    return found


_RULES = _parsed(_ASKED)
_RULES_AGAINST_VALUE = _parsed(_AGAINST_VALUE)
_WITH_OPERAND = frozenset(operation for operation, _ in _RULES_AGAINST_VALUE)


def may(operation: Operation, one: State, other: State | None = None) -> Ruling:
    """Return the decision about an operation.

    Args:
        operation: What the test does.
        one: State of the object that is to answer.
        other: State of the operand that may be an expected value; None if there is none.
    """
    if other is None:
        return _RULES.get((operation, one), _RULINGS["-"])
    if other in _STATES:
        # Both operands are the solution's: it is asked about itself.
        return _RULINGS["objects" if operation in _WITH_OPERAND else "-"]
    ruling = _RULES_AGAINST_VALUE.get((operation, one), _RULINGS["-"])
    if operation is Operation.EQUALITY and other is State.SINGLE:
        return ruling if ruling.permission is Permission.IDENTITY else _RULINGS["deny"]
    if other is State.VALUE or operation is Operation.CONTAINS:
        return ruling
    if other is State.SINGLE and ruling.permission is not Permission.REFUSE:
        return _RULINGS["deny"]
    # An object of the test does not cross, but its parts can be compared.
    by_parts = ruling.permission in (Permission.EXAMINE, Permission.PARTS)
    return _RULINGS["parts" if operation is Operation.EQUALITY and by_parts else "-"]


#: Methods of value types that judge their operand. A test that calls one on a result passes its
#: expected value to the solution, as with ``==``.
ORACLES = frozenset(
    "startswith endswith find rfind index rindex count issubset issuperset isdisjoint equals"
    " difference intersection symmetric_difference removeprefix removesuffix replace"
    " __eq__ __ne__ __lt__ __le__ __gt__ __ge__ __contains__".split()
)

#: Those that find an object in objects of libraries: elements of XML and HTML.
FINDERS = frozenset({"find"})

#: What consumes a stream, beside ``for`` and ``await``.
CONSUMERS = frozenset("send throw close asend athrow aclose __next__ __anext__ __iter__".split())

_VALUE_TYPES = (
    *(str, bytes, bytearray, int, float, complex, list, tuple, dict, set, frozenset, range),
    *(collections.deque, collections.Counter, collections.OrderedDict),
)

#: Public attributes of value types. On an object that the test has built, a name from here counts
#: as ``objects``: the solution chooses whether the test's call makes an object or a value.
NAMES_OF_VALUES = frozenset(
    name for kind in _VALUE_TYPES for name in dir(kind) if not name.startswith("__")
)

#: Names by which value types, also those of packages, say how large something is: methods of
#: numbers, the parts of a duration, and what arrays reduce to.
_MEASURES = frozenset(
    name
    for kind in (int, float, complex, datetime.timedelta)
    for name, found in vars(kind).items()
    if not name.startswith("_") and (callable(found) or kind is datetime.timedelta)
).union("all any argmax argmin empty equals item max mean min nonzero std sum tolist var".split())

_NAMES = {
    Operation.CONTEXT: "__enter__ __exit__ __aenter__ __aexit__",
    Operation.CONSUME: "__iter__ __next__ __aiter__ __anext__ __await__ __reversed__",
    Operation.NUMBER: "__abs__ __int__ __float__ __complex__ __index__ __round__ __trunc__"
    " __floor__ __ceil__ __bool__ __len__",
    Operation.UNARY: "__neg__ __pos__ __invert__",
    Operation.ATTRIBUTE: "__dir__ __vars__ __member__",
}
PROTOCOLS = {name: operation for operation, names in _NAMES.items() for name in names.split()}

OPERATORS = {
    "__eq__": Operation.EQUALITY,
    "__ne__": Operation.EQUALITY,
    "__lt__": Operation.ORDER,
    "__le__": Operation.ORDER,
    "__gt__": Operation.ORDER,
    "__ge__": Operation.ORDER,
}

_ITERATORS: tuple[type, ...] = (type(iter([])), types.GeneratorType)
#: Operators, and types of operands with which no value computes so, or only a text does.
_FEEDS: dict[str, set[type]] = {
    "or ror lshift rlshift rshift rrshift": {str, bytes, list, tuple, float, range, *_ITERATORS},
    "truediv rtruediv": {str, bytes},
    "mod": {dict},
}
_FED_BY = {f"__{name}__": kinds for names, kinds in _FEEDS.items() for name in names.split()}
_MOVING = frozenset(f"__{name}__" for name in "add radd sub rsub".split())
_MOMENTS = (datetime.date, datetime.datetime)


def feeds(name: str, kind: type) -> bool:
    """Return True if an operand of a type is what an operator works on: ``[1, 2] | where(odd)``.

    Such an operator is a method of the solution's own name.
    """
    return kind in _FED_BY.get(name, set())


def moves(name: str, other: Any, answer: Any) -> bool:
    """Return True if an operator makes a moment of another one: ``date + Duration(months=1)``.

    It cannot judge its operand: what is left of two equal moments is no moment.
    """
    return name in _MOVING and type(other) in _MOMENTS and type(answer) is type(other)


_COMPARING = OPERATORS.keys() | {"__contains__"} | ORACLES


def override_of(name: str) -> Operation:
    """Return the operation of a method by which a subclass overrides a builtin's."""
    if name in _COMPARING:
        return Operation.OVERRIDE_COMPARE
    if name in BINARY:
        return Operation.OVERRIDE_COMPUTE
    return Operation.OVERRIDE_TEXT if name in ("__repr__", "__str__") else Operation.OVERRIDE


def operation_of(name: str, state: State, *, given: bool) -> Operation:
    """Return the operation of an attribute access or method call; ``given``: with arguments."""
    if given and name in ORACLES:
        return Operation.FIND if name in FINDERS else Operation.ORACLE
    if state is State.STREAM and name in CONSUMERS:
        return Operation.CONSUME
    if state is State.COMBINED and name in _MEASURES:
        return Operation.NUMBER
    if state is State.BUILT and name in NAMES_OF_VALUES:
        return Operation.PROTOCOL
    return Operation.ATTRIBUTE


#: States of objects that the test has made, directly or by an operation on such an object.
OF_TEST = frozenset({State.BUILT, State.DECLARED, State.COMPUTED})


def state_of_result(states: list[State]) -> State | None:
    """Return the state of an operator's result, by the states of its operands.

    Returns:
        None if the result is an answer as any other.
    """
    if OF_TEST.isdisjoint(states) or State.COMBINED in states:
        has_value = not {State.COMBINED, State.VALUE}.isdisjoint(states)
        return State.COMBINED if has_value else None
    if State.COMPUTED in states or State.VALUE in states or len(states) == 1:
        return State.DECLARED if State.DECLARED in states else State.COMPUTED
    return State.BUILT
