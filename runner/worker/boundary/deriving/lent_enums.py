"""Enums of a test: the solution's process makes an enum of the same members.

The definition crosses with the first member, or with the class. From then on the class and its
members cross by number, and a combination of flags by its value. Methods stay in the judge.
"""

import enum
import types
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from ...codec.format import Export, MalformedError
from ..opcodes import ExportKind
from ..setup_objects import public_attributes
from ..shared_globals import library_name_of
from ..special_methods import OPERATIONS
from .attribute_kinds import kind_and_functions, of_kind

#: What an enum may define beside public methods.
_SPECIAL = OPERATIONS.keys() | {"__call__", "_missing_"}
_DEFINED = (types.FunctionType, property, classmethod, staticmethod)
_FUNCTION = ""


class Definition(NamedTuple):
    """What an enum consists of.

    Attributes:
        base: The class of the library from which it derives: ``Enum``, ``IntFlag`` ...
        kind: The type of its members, ``object`` if they have none.
        boundary: Of flags; empty for others.
        members: Name, number, value and attributes of each.
        body: Name, kind and functions of what it defines beside members.
    """

    name: str
    qualname: str
    module: str
    base: Any
    kind: Any
    boundary: str
    members: tuple[tuple[str, int, Any, tuple[Any, ...]], ...]
    body: tuple[tuple[Any, ...], ...]


class LentEnums:
    """The enums of one session that both sides have.

    Args:
        number_of: Returns the number under which the other side may name an object of this side.
        described: Marks a class as described; returns True if it was described before.
        lends: Whether this side lends its enums, which the test does.
    """

    def __init__(
        self, number_of: Callable[[Any], int], described: Callable[[int], bool], *, lends: bool
    ) -> None:
        self._number_of, self._described, self._lends = number_of, described, lends
        #: Called with each method of an enum that is lent, and the enum.
        self.note_method: Callable[[Any, type], None] = lambda _function, _cls: None
        self._lent: dict[type, Definition | None] = {}
        #: Classes and members of the other side by number, and their numbers by ``id``.
        self._received: dict[int, Any] = {}
        self._numbers: dict[int, int] = {}

    def form_of(self, obj: Any) -> Export | int | None:
        """Return how a member or a class crosses; None for what is not lent."""
        cls: Any = obj if isinstance(obj, type) else type(obj)
        if not issubclass(type(cls), enum.EnumMeta):
            return None
        if id(obj) in self._numbers:
            return self._numbers[id(obj)]
        if id(cls) in self._numbers:
            return Export(ExportKind.MEMBER, self._number_of(obj), (cls, obj._value_))
        if not self._lends or self._definition(cls) is None:
            return None
        number = self._number_of(obj)
        if cls is not obj:
            return Export(ExportKind.MEMBER, number, (cls, _combined(obj)))
        definition: Any = self._definition(cls)
        return Export(ExportKind.ENUM, number, () if self._described(number) else definition)

    def _definition(self, cls: Any) -> Definition | None:
        if cls not in self._lent:
            self._lent[cls] = None  # a member may refer to its own class
            made = self._lent[cls] = _definition_of(cls, self._number_of)
            for _, kind, *functions in made.body if made else ():
                for function in functions if kind != staticmethod.__name__ else ():
                    self.note_method(function, cls)
        return self._lent[cls]

    def import_export(self, export: Export) -> Any:
        """Return this side's class or member.

        Raises:
            MalformedError: There is none, or the other side may not make one.
        """
        if export.number in self._received and not self._lends:
            return self._received[export.number]
        if export.kind == ExportKind.MEMBER:
            return self._combination(export)
        if self._lends:
            raise MalformedError("an enum of the solution as one of the test")
        definition = Definition(*export.parts)
        made = _made_of(definition)
        self._keep(export.number, made)
        for name, number, *_ in definition.members:
            self._keep(number, made.__members__[name])
        return made

    def _combination(self, export: Export) -> Any:
        cls, value = export.parts
        is_known = self._lent.get(cls) is not None or id(cls) in self._numbers
        if not is_known or not issubclass(cls, enum.Flag) or type(value) is not int:
            raise MalformedError("neither a member of an enum nor a combination of flags")
        found = cls(value)
        if not self._lends:
            self._keep(export.number, found)
        return found

    def _keep(self, number: int, obj: Any) -> None:
        self._received[number] = obj
        self._numbers[id(obj)] = number


def _combined(member: Any) -> int | None:
    """Return the value of a combination of flags, None for a member with a name of its own."""
    if not isinstance(member, enum.Flag):
        return None
    return int(member._value_)


def _definition_of(cls: Any, number_of: Callable[[Any], int]) -> Definition | None:
    """Return the definition of an enum of this side; None if it cannot be made anew."""
    if library_name_of(cls) or not (cls.__members__ and library_name_of(cls._member_type_)):
        return None
    above = [each for each in cls.__mro__ if library_name_of(each)]
    boundary = getattr(cls, "_boundary_", None)
    definition = Definition(
        cls.__name__,
        cls.__qualname__,
        str(cls.__module__),
        next(each for each in above if issubclass(each, enum.Enum)),
        cls._member_type_,
        "" if boundary is None else str(boundary.value),
        tuple(
            (name, number_of(member), member._value_, tuple(public_attributes(member)))
            for name, member in cls.__members__.items()
        ),
        tuple(_body(cls)),
    )
    return definition if _is_faithful(cls, definition) else None


def _body(cls: type) -> Iterator[tuple[Any, ...]]:
    own = [each for each in reversed(cls.__mro__) if not library_name_of(each)]
    found = {name: item for each in own for name, item in vars(each).items()}
    for name, item in found.items():
        is_public = name[:1] != "_" or name in _SPECIAL
        if is_public and type(item) in _DEFINED and getattr(item, "__module__", "") != "enum":
            yield name, *(kind_and_functions(item) or (_FUNCTION, item))


def _is_faithful(cls: Any, definition: Definition) -> bool:
    """Return True if an enum made of a definition has the same members."""
    try:
        made = _made_of(definition)
        is_constant = all(_is_constant(value) for _, _, value, _ in definition.members)
        return (
            is_constant
            and [*cls.__members__] == [*made.__members__]
            and all(
                type(one._value_) is type(other._value_) and bool(one._value_ == other._value_)
                for one, other in zip(
                    cls.__members__.values(), made.__members__.values(), strict=True
                )
            )
        )
    except Exception:  # what the test defines may raise anything
        return False


def _is_constant(value: Any) -> bool:
    """Return True for a value whose parts and attributes stay the same.

    Lists are still empty when the other side makes the enum. Attributes of an object of the test
    could be set in members that the test has not passed.
    """
    if type(value) in (tuple, frozenset):
        return all(map(_is_constant, value))
    hash(value)
    kind: Any = type(value)
    is_library = kind.__module__ == "builtins" or library_name_of(kind) is not None
    return is_library or kind.__hash__ is not object.__hash__


def _made_of(definition: Definition) -> Any:
    name, qualname, module, base, kind, boundary, members, body = definition

    def fill(space: Any) -> None:
        space["__module__"], space["__qualname__"] = module, qualname
        for each, _, value, _ in members:
            space[each] = value
        for each, of, *functions in body:
            space[each] = functions[0] if of == _FUNCTION else of_kind(of, *functions)

    bases = (base,) if issubclass(base, kind) else (kind, base)
    options = {"boundary": enum.FlagBoundary(boundary)} if boundary else {}
    made: Any = types.new_class(name, bases, options, fill)
    for each, _, _, attributes in members:
        for key, item in zip(attributes[::2], attributes[1::2], strict=True):
            setattr(made.__members__[each], key, item)
    return made
