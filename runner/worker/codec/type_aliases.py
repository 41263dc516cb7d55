"""Generic aliases, unions and literals (``list[int]``, ``Optional[int]``) as values.

Their arguments are classes, which cross as objects do, None, ``...``, other aliases, and the plain
values of a literal.
"""

import types
import typing
from collections.abc import Callable
from typing import Any

from .format import LEAVES

_List, _Optional = typing.List[int], typing.Optional[int]  # noqa: UP006, UP045
_OfTyping, _OfUnions = type(_List), type(_Optional)
_OfCallables = type(typing.Callable[[], int])
_OfLiterals = type(typing.Literal[1])
#: Types of aliases.
ALIASES = (types.GenericAlias, types.UnionType, _OfTyping, _OfUnions, _OfCallables, _OfLiterals)


def described(obj: Any) -> tuple[Any, ...] | None:
    """Return module, function and arguments of an alias; None for any other object.

    An alias is a value if its arguments are, at any depth: ``List["Json"]`` and ``List[Box[int]]``
    of a class of the solution are objects.
    """
    kind = type(obj)
    if kind not in ALIASES:
        return None
    if kind is not _OfLiterals and not all(map(_is_value, obj.__args__)):
        return None
    if kind is types.GenericAlias:
        return "types", "GenericAlias", obj.__origin__, *obj.__args__
    if kind is types.UnionType:
        return "types", "UnionType", *obj.__args__
    if kind is _OfTyping and _origin_of(obj._name) is not obj.__origin__:
        return None  # of a generic class that is not the library's
    name = {_OfUnions: "Union", _OfLiterals: "Literal", _OfCallables: "Callable"}.get(kind)
    return "typing", name or str(obj._name), *obj.__args__


def _is_value(arg: Any) -> bool:
    return _is_argument(arg) and (type(arg) not in ALIASES or described(arg) is not None)


def _origin_of(name: Any) -> Any:
    return getattr(getattr(typing, str(name), None), "__origin__", None)


def _is_argument(arg: Any) -> bool:
    is_class = issubclass(type(arg), type)
    return is_class or arg is None or arg is ... or type(arg) in ALIASES


def _checked(args: tuple[Any, ...]) -> tuple[Any, ...]:
    if not args or not all(map(_is_argument, args)):
        raise ValueError("neither a class nor an alias")
    return args


def _generic(_: Any, *args: Any) -> Any:
    origin, *rest = _checked(args)
    if type(origin) is type and origin is not type and not hasattr(origin, "__class_getitem__"):
        raise ValueError("not generic")  # called, it would make objects of that class
    return types.GenericAlias(origin, tuple(rest))


def _union(_: Any, *args: Any) -> Any:
    made, *rest = _checked(args)
    for arg in rest:
        made = made | arg
    return made


def _literal(_: Any, *args: Any) -> Any:
    if not {type(arg) for arg in args} <= LEAVES:
        raise ValueError("a literal of an object")
    return typing.Literal[args]


def _callable(_: Any, *args: Any) -> Any:
    *given, returned = _checked(args)
    return typing.Callable[... if given == [...] else given, returned]


def _of_typing(name: str) -> Callable[..., Any]:
    return lambda module, *args: getattr(module, name)[_checked(args)]


#: ``List`` and the like; of ``typing.Union``, the type of aliases has another name.
_NAMES = [name for name in typing.__all__ if _origin_of(name) is not None and name != "Callable"]
#: Module and name to the function that makes an alias of the module and the arguments.
MAKERS: dict[tuple[str, str], Callable[..., Any]] = {
    ("types", "GenericAlias"): _generic,
    ("types", "UnionType"): _union,
    ("typing", "Callable"): _callable,
    ("typing", "Literal"): _literal,
    **{("typing", name): _of_typing(name) for name in (*_NAMES, "Union")},
}
