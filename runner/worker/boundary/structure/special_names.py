"""Special names of the solution's objects as a test reads them: what the original has.

Python finds the special methods of a proxy in its class, where no request is possible. So a proxy
has some that its original lacks. A test that reads such a name (``C.__eq__``, ``hasattr``,
``inspect``) is told here what the original has: the other side is asked. The answer is

* the other side's attribute, or its absence;
* for a special method of a builtin type from which both derive (``object.__eq__``): this one;
* for another function: the function, which if called performs the proxy's own operation. So an
  operation that is spelled as a call obeys the same rules.
"""

import collections.abc
import copy
import sys
import types
from collections.abc import Callable
from typing import Any

from ...codec.format import Export
from ..opcodes import ANCHOR
from ..proxy_methods import (
    CLASSLESS_PROXIES,
    COPIES,
    ProxyMeta,
    address_of,
    anchor,
    await_proxy,
    call_proxy,
    delete_attribute,
    equals_only_itself,
    forwarding_methods,
    get_attribute,
    identity_hash,
    is_proxy,
    keep_if_referenced,
    set_attribute,
)
from ..session import Session
from ..special_methods import OPERATIONS

_get = object.__getattribute__

#: Names that the description of an object has, and those that the other side has no answer for.
DESCRIBED = frozenset(
    f"__{name}__"
    for name in "class dict module name qualname signature text_signature cause context notes"
    " suppress_context traceback array array_function array_interface array_priority array_struct"
    " array_ufunc array_wrap".split()
)
#: Names of the bases of a class: some are no bases of its proxy.
_BASES = frozenset({"__base__", "__bases__", "__mro__"})
#: Attribute of a proxy class: whether it or a base lacks a base of its original.
HIDES_BASES = "@hides"

#: Types of functions in C: those of builtin types.
_IN_C = frozenset(
    {
        *(types.BuiltinFunctionType, types.MethodWrapperType, types.WrapperDescriptorType),
        *(types.MethodDescriptorType, types.ClassMethodDescriptorType),
    }
)


def read_special(one: Any, name: str, own: Callable[[Any, str], Any]) -> Any:
    """Return what the original of a proxy has under a special name.

    Args:
        one: The proxy.
        name: The special name.
        own: Reads an attribute of the proxy itself.

    Raises:
        AttributeError: The original has no such attribute.
    """
    session, number = own(one, ANCHOR)
    if session.silent or not (number and session.keeps_expectations) or _copies(name):
        return own(one, name)
    try:
        found = get_attribute(one, name)
    except AttributeError as error:
        session.absence = one, name, error
        raise
    return performing(one, name, found, own)


def _copies(name: str) -> bool:
    """Return True if a library reads a name to copy an object, which the other side does."""
    return name in COPIES and sys._getframe(3).f_globals.get("__name__") == copy.__name__


def performing(one: Any, name: str, found: Any, own: Callable[[Any, str], Any]) -> Any:
    """Return an attribute of an original; a function performs the operation of its proxy.

    Args:
        one: The proxy.
        name: The name of the attribute.
        found: What the other side has sent.
        own: Reads an attribute of the proxy itself.
    """
    if type(found) is not FunctionProxy:
        # An object that is called in place of a function is no way around the operation.
        return own(one, name) if name in OPERATIONS and is_proxy(found) else found
    if isinstance(one, ProxyMeta) and found.__class__ in _IN_C:
        place = _get(found, "__qualname__")
        for base in type.__getattribute__(one, "__mro__"):
            if not isinstance(base, ProxyMeta) and place == f"{base.__qualname__}.{name}":
                return getattr(base, name)
    perform = _operation(one, name, own, in_c=found.__class__ in _IN_C)
    if perform is None or type(perform) is FunctionProxy:
        return found
    session, number = anchor(found)
    known = session.special_methods.get((number, name))
    if known is None:
        known = session.special_methods[number, name] = SpecialMethod(found, perform)
    return known


def _operation(one: Any, name: str, own: Callable[[Any, str], Any], *, in_c: bool) -> Any:
    """Return what performs an operation of a proxy, also one that its description has left out."""
    try:
        perform = own(one, name)
    except AttributeError:
        perform = None
    if in_c or not (perform is None or type(perform) in _IN_C):
        return perform
    made = forwarding_methods(name).get(name)
    if made is None or isinstance(one, ProxyMeta):
        return made or perform
    return types.MethodType(made, one)


#: The type that a function claims, by the name of its own; of any other, that of its proxy.
_TYPES: dict[str | None, type] = {
    None: types.FunctionType,
    "method": types.MethodType,
    "builtin_function_or_method": types.BuiltinFunctionType,
    "method-wrapper": types.MethodWrapperType,
    "wrapper_descriptor": types.WrapperDescriptorType,
    "method_descriptor": types.MethodDescriptorType,
    "classmethod_descriptor": types.ClassMethodDescriptorType,
}

#: What the description of a function has; all else is asked.
_OF_FUNCTIONS = frozenset({"__class__", "__name__", "__qualname__", "__self__"})


class FunctionProxy:
    """Proxy for a function or method: forwards calls and attributes."""

    def __init__(self, session: Session, export: Export) -> None:
        name, qualname, doc, kind = export.parts
        name = name if type(name) is str else None
        _get(self, "__dict__").update(
            {
                ANCHOR: (session, export.number),
                "@kind": _TYPES.get(kind, FunctionProxy),
                "__name__": name,
                "__qualname__": qualname if type(qualname) is str else name,
                "__doc__": doc if type(doc) is str else None,
            }
        )

    def __getattribute__(self, name: str) -> Any:
        if name[:2] == "__" == name[-2:] and name not in _OF_FUNCTIONS:
            return read_special(self, name, _get)
        return _get(self, name)

    __call__ = call_proxy
    __del__ = keep_if_referenced
    __getattr__ = get_attribute
    __delattr__ = delete_attribute
    __eq__ = equals_only_itself
    __hash__ = identity_hash

    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, _memo: Any) -> Any:
        return self

    def __setattr__(self, name: str, value: Any) -> None:
        set_attribute(self, name, value)

    def __repr__(self) -> str:
        return f"<function {_get(self, '__qualname__')} at {address_of(self)}>"

    __class__ = property(lambda self: _get(self, "@kind"))

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else types.MethodType(self, instance)


#: Attributes of functions that lead to another function with the same effect.
_INNER = frozenset({"__func__", "__wrapped__"})


class SpecialMethod(FunctionProxy):
    """A special method of the solution: described as its function, called as its operation."""

    def __init__(self, function: FunctionProxy, perform: Callable[..., Any]) -> None:
        own = _get(self, "__dict__")
        own.update(_get(function, "__dict__"))
        own |= {"@function": function, "@perform": perform}
        if type(perform) is types.MethodType:
            own["__self__"] = perform.__self__

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name not in _INNER or not is_proxy(found):
            return found
        perform = _get(self, "@perform")
        return SpecialMethod(_get(self, "@function"), getattr(perform, "__func__", perform))

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """Perform the operation."""
        return _get(self, "@perform")(*args, **kwargs)


class CoroutineProxy:
    """Proxy for a coroutine: awaiting it runs the coroutine on the other side."""

    def __init__(self, session: Session, export: Export) -> None:
        object.__setattr__(self, ANCHOR, (session, export.number))
        self._steps = await_proxy(self)

    __await__ = await_proxy
    __getattr__ = get_attribute
    # A coroutine type cannot be a base class.
    __class__ = property(lambda _: types.CoroutineType)

    def send(self, value: Any) -> Any:
        """Resume the coroutine; raises StopIteration with its result at the end."""
        return self._steps.send(value)

    def throw(self, kind: Any, value: Any = None, _traceback: Any = None) -> Any:
        """Raise an exception at the point where the coroutine waits."""
        return self._steps.throw(kind if value is None else value)

    def close(self) -> None:
        """Stop awaiting the coroutine; its owner drops it."""
        self._steps.close()


collections.abc.Coroutine.register(CoroutineProxy)

CLASSLESS_PROXIES.update({FunctionProxy, SpecialMethod, CoroutineProxy})


def of_class(cls: Any, name: str) -> Any:
    """Do what ``__getattribute__`` does for a proxy class."""
    if name[:2] != "__" or name[-2:] != "__" or name in DESCRIBED:
        return type.__getattribute__(cls, name)
    if name in _BASES and (_has_same_bases(cls) or is_of_program(sys._getframe(1))):
        return type.__getattribute__(cls, name)
    return read_special(cls, name, type.__getattribute__)


def _has_same_bases(cls: Any) -> bool:
    return type.__getattribute__(cls, HIDES_BASES) is False


def is_of_program(frame: types.FrameType) -> bool:
    """Return True for a frame of this program, not of a test, the solution or a library."""
    return str(frame.f_globals.get("__name__")).startswith(_PROGRAM)


_PROGRAM = __name__.partition(".boundary.")[0]


def of_object(one: Any, name: str) -> Any:
    """Do what ``__getattribute__`` does for the proxy of an instance."""
    if name[:2] == "__" == name[-2:] and name not in DESCRIBED:
        return read_special(one, name, _get)
    return _get(one, name)
