"""The operations that can be forwarded: special method to the function that performs it."""

import builtins
import copy
import datetime
import inspect
import operator
import types
import typing
from collections.abc import Callable
from typing import Any

from ..codec import value_types
from .opcodes import SUPER


def _special(name: str) -> Callable[..., Any]:
    """Return a function that looks up a special method in the class, binds it and calls it."""

    def perform(obj: Any, *details: Any) -> Any:
        found = next(vars(cls)[name] for cls in type(obj).__mro__ if name in vars(cls))
        bind = getattr(type(found), "__get__", None)
        return (found if bind is None else bind(found, obj, type(obj)))(*details)

    return perform


#: Special method to the function that performs it on the owner's side.
UNARY: dict[str, Callable[..., Any]] = {
    "__len__": len,
    "__bool__": bool,
    "__iter__": iter,
    "__next__": next,
    "__int__": int,
    "__float__": float,
    "__complex__": complex,
    "__index__": operator.index,
    "__round__": round,
    "__trunc__": lambda obj: obj.__trunc__(),
    "__floor__": lambda obj: obj.__floor__(),
    "__ceil__": lambda obj: obj.__ceil__(),
    "__abs__": abs,
    "__neg__": operator.neg,
    "__pos__": operator.pos,
    "__invert__": operator.invert,
    "__str__": str,
    "__repr__": repr,
    "__hash__": hash,
    "__bytes__": bytes,
    "__format__": format,
    "__reversed__": reversed,
    "__enter__": _special("__enter__"),
    "__exit__": _special("__exit__"),
    "__getitem__": operator.getitem,
    "__setitem__": operator.setitem,
    "__delitem__": operator.delitem,
    "__aiter__": builtins.aiter,
    "__anext__": _special("__anext__"),
    "__aenter__": _special("__aenter__"),
    "__aexit__": _special("__aexit__"),
    "__deepcopy__": copy.deepcopy,
    "__copy__": copy.copy,
}

#: Exact result types of operations without an operand.
EXACT: dict[str, type] = {
    "__len__": int,
    "__bool__": bool,
    "__int__": int,
    "__float__": float,
    "__complex__": complex,
    "__index__": int,
    "__str__": str,
    "__repr__": str,
    "__hash__": int,
    "__bytes__": bytes,
    "__format__": str,
}

COMPARISONS = ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__")
_ARITHMETIC = (
    *("add", "sub", "mul", "matmul", "truediv", "floordiv", "mod", "pow"),
    *("lshift", "rshift", "and", "xor", "or"),
)


def _binary_table() -> dict[str, Callable[..., Any]]:
    table: dict[str, Callable[..., Any]] = {"__contains__": operator.contains}
    for name in COMPARISONS:
        table[name] = getattr(operator, name)
    for name in _ARITHMETIC:
        function = getattr(operator, f"__{name}__")
        table[f"__{name}__"] = function
        table[f"__r{name}__"] = lambda a, b, f=function: f(b, a)
        table[f"__i{name}__"] = getattr(operator, f"__i{name}__")
    table["__pow__"] = pow
    table["__divmod__"] = divmod
    table["__rdivmod__"] = lambda a, b: divmod(b, a)
    return table


BINARY = _binary_table()
#: Those that may change their object.
IN_PLACE = frozenset(f"__i{name}__" for name in _ARITHMETIC)
OPERATIONS = UNARY | BINARY

#: Stands before the name of an operator that is to be performed on a copy of the object.
ON_COPY = "copy:"

#: What lets an object govern an attribute of a class whose body it stands in.
DESCRIPTORS = frozenset({"__get__", "__set__", "__delete__", "__set_name__"})

#: Operations on classes; ``__hints__`` and ``__source__`` also on functions.
_OF_CLASSES: dict[str, Callable[..., Any]] = {
    "__dir__": dir,
    "__hints__": typing.get_type_hints,
    "__vars__": lambda cls: [*vars(cls)],
    "__member__": lambda cls, name: vars(cls)[name],
    "__instancecheck__": lambda cls, obj: isinstance(obj, cls),
    "__subclasscheck__": lambda cls, other: issubclass(other, cls),
    "__class__": type,
    "__source__": inspect.getsourcelines,
    SUPER: lambda one, cls: super(cls, one),
}


def flat(kwargs: dict[str, Any]) -> list[Any]:
    """Return keyword arguments as names and values in turn, as they cross."""
    return [part for pair in kwargs.items() for part in pair]


def call(target: Any, count: int, *rest: Any) -> Any:
    """Call ``target``: ``count`` positional arguments, then keywords as ``flat`` gives them."""
    if len(rest) == count:
        return target(*rest)
    args, named = rest[:count], rest[count:]
    return target(*args, **dict(zip(named[::2], named[1::2], strict=True)))


def apply(name: str, *operands: Any) -> Any:
    """Perform the operation of a special method."""
    return (OPERATIONS.get(name) or _OF_CLASSES[name])(*operands)


#: Special methods that a class may set to None, so that its instances lack what others give.
LACKED = frozenset({"__hash__", "__iter__", "__contains__", "__reversed__"})
#: Stands before their names.
LACKS = "no:"


def special_methods(cls: type) -> str:
    """Return the names of the special methods that a class defines or lacks, as one string."""
    names = [*OPERATIONS, "__call__", "__await__", *DESCRIPTORS]
    found = [name for name in names if _defines(cls, name)]
    return " ".join([*found, *(LACKS + name for name in sorted(LACKED) if _lacks(cls, name))])


def _lacks(cls: type, name: str) -> bool:
    return next((vars(base)[name] for base in cls.__mro__ if name in vars(base)), True) is None


#: Special methods by which a metaclass lets its classes have items, as they stand among others.
OF_METACLASSES = ("type.__iter__", "type.__len__", "type.__contains__")


def of_metaclass(cls: type) -> str:
    """Return those of ``OF_METACLASSES`` that a class has."""
    meta: Any = type(cls)
    own = OF_METACLASSES if meta is not type else ()
    return "".join(f" {name}" for name in own if hasattr(meta, name.removeprefix("type.")))


def _defines(cls: type, name: str) -> bool:
    for base in cls.__mro__:
        if name in vars(base):
            # The ``repr`` of exceptions is the same on both sides, and reports use it.
            of_python = base is object or (base is BaseException and name == "__repr__")
            return not of_python and vars(base)[name] is not None
    return False


def fresh(value: Any) -> Any:
    """Return the same value in new containers that have no other reference."""
    code = value_types.CONTAINER_CODES.get(type(value))
    if code is not None:
        entry = value_types.CONTAINERS[code]
        made = entry.make(*entry.traits(value))
        entry.fill(made, [fresh(part) for part in entry.parts(value)])
        return made
    if type(value) in (tuple, frozenset):
        return type(value)(fresh(item) for item in value)
    return value


def blank(cls: type) -> Any:
    """Return an instance of a class without running a line of the class."""
    bases: tuple[Any, ...] = (types.SimpleNamespace, datetime.tzinfo, object)
    return next(base for base in bases if issubclass(cls, base)).__new__(cls)


def overrides(cls: type) -> str:
    """Return the builtin's attributes that a subclass overrides; ``=`` marks data attributes."""
    base = value_types.base_of(cls)
    if base is None or base is cls:
        return ""
    above = cls.__mro__[: cls.__mro__.index(base)]
    names = {name: item for each in reversed(above) for name, item in vars(each).items()}
    return " ".join(
        name if callable(item) and not isinstance(item, staticmethod) else f"{name}="
        for name, item in names.items()
        if (name in OPERATIONS and callable(item))
        or name == "__missing__"
        or (name[:1] != "_" and hasattr(base, name))
    )
