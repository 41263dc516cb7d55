"""What the solution may know of a function that the test has passed to it: decorators ask for it.

Names, kinds and annotations of the parameters cross. A default stays in the judge, since the test
may expect it (``def check(x, expected=42)``): the solution gets an object that stands for it in a
call of the same function, in place of the same parameter. Its type crosses if it is a builtin one.
"""

import functools
import inspect
import types
from collections.abc import Callable
from typing import Any

from ...codec.type_aliases import ALIASES

_EMPTY = inspect.Parameter.empty
_BY_POSITION = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
_BY_KEYWORD = inspect.Parameter.KEYWORD_ONLY


class HiddenDefault:
    """Stands for the default of one parameter of a function of the test."""

    __slots__ = ("__weakref__", "_parameter", "kind")

    def __init__(self, function: Any, name: str, kind: type) -> None:
        self._parameter = function, name
        #: The type of the default if it is a builtin one, which decorators check; else ``object``.
        self.kind = kind if kind.__module__ == "builtins" else object

    def __repr__(self) -> str:
        return "<a default of the test>"

    def is_of(self, function: Any, name: str) -> bool:
        """Return True if it stands for the default of this parameter of this function."""
        return self._parameter[0] is function and self._parameter[1] == name


@functools.cache
def _hidden(function: Any, name: str, kind: Any) -> HiddenDefault:
    return HiddenDefault(function, name, kind)


def parameters(function: Any) -> tuple[Any, ...]:
    """Return the annotation of the result, and name, kind, default, annotation of each parameter.

    An annotation that is neither a class, an alias, a text nor None is left out.
    """
    found = inspect.signature(function)
    return annotation(found.return_annotation), *(
        (item.name, int(item.kind), _default(function, item), annotation(item.annotation))
        for item in found.parameters.values()
    )


def _default(function: Any, parameter: inspect.Parameter) -> Any:
    secret = parameter.default is not _EMPTY and parameter.default is not None
    if not secret:
        return parameter.default
    kind: Any = type(parameter.default)
    return _hidden(function, parameter.name, kind)


def annotation(found: Any) -> Any:
    """Return an annotation that may cross; ``Parameter.empty`` for any other."""
    is_text = found is None or type(found) is str
    crosses = is_text or issubclass(type(found), type) or type(found) in ALIASES
    return found if crosses else _EMPTY


def with_defaults(
    function: Any, args: tuple[Any, ...], named: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the arguments of a call, with the defaults that the solution passes back.

    Raises:
        TypeError: The function does not take these arguments.
    """
    found = inspect.signature(function)
    bound = found.bind(*args, **named)
    for name, value in bound.arguments.items():
        if type(value) is HiddenDefault and value.is_of(function, name):
            bound.arguments[name] = found.parameters[name].default
    return bound.args, bound.kwargs


def _code(function: types.FunctionType) -> Any:
    code = function.__code__
    return types.SimpleNamespace(
        co_argcount=code.co_argcount,
        co_kwonlyargcount=code.co_kwonlyargcount,
        co_posonlyargcount=code.co_posonlyargcount,
        co_varnames=(*inspect.signature(function, follow_wrapped=False).parameters,),
        co_name=code.co_name,
        co_flags=code.co_flags,
    )


def _defaults(function: types.FunctionType) -> Any:
    found = inspect.signature(function, follow_wrapped=False).parameters.values()
    kept = [item for item in found if item.kind in _BY_POSITION and item.default is not _EMPTY]
    return tuple(_default(function, item) for item in kept) or None


def _named_defaults(function: types.FunctionType) -> Any:
    found = inspect.signature(function, follow_wrapped=False).parameters.values()
    kept = [item for item in found if item.kind is _BY_KEYWORD and item.default is not _EMPTY]
    return {item.name: _default(function, item) for item in kept} or None


def annotations(target: Any) -> dict[str, Any]:
    """Return the annotations that a function or class has itself, as far as they may cross."""
    found = {name: annotation(item) for name, item in inspect.get_annotations(target).items()}
    return {name: item for name, item in found.items() if item is not _EMPTY}


_FACTS: dict[str, Callable[[Any], Any]] = {
    "__annotations__": annotations,
    "__code__": _code,
    "__defaults__": _defaults,
    "__kwdefaults__": _named_defaults,
    "__isabstractmethod__": lambda function: function.__isabstractmethod__ is True,
    "__module__": lambda function: function.__module__,
}

#: Attributes that the solution itself has set, by function.
_given: dict[types.FunctionType, dict[str, Any]] = {}


def _is_given(function: types.FunctionType, name: str) -> bool:
    """Return True if the solution has set an attribute, and the test has not replaced it since."""
    given = _given.get(function, {})
    return name in given and vars(function).get(name, _EMPTY) is given[name]


def fact(function: types.FunctionType, name: str) -> Any:
    """Return an attribute that describes a function, or that the solution has set.

    Raises:
        AttributeError: The solution may not read this attribute.
    """
    if name in _FACTS:
        return _FACTS[name](function)
    if _is_given(function, name):
        return getattr(function, name)
    raise AttributeError(f"a function of the test has no attribute {name!r} for the solution")


def give(function: types.FunctionType, name: str, value: Any) -> None:
    """Set a new attribute of a function, or one that the solution has set before.

    Raises:
        AttributeError: The test has set it.
    """
    if hasattr(function, name) and not _is_given(function, name):
        raise AttributeError(f"{name} of a function of the test cannot be replaced")
    setattr(function, name, value)
    _given.setdefault(function, {})[name] = value
