"""Proxies: what one side sees of an object that lives on the other.

For every class of the other side there is a class here, with the same name, the matching bases and
exactly those special methods that the original defines, so that ``isinstance``, ``except``,
``callable``, ``len`` or ``with`` do what they would do with the original.
"""

import abc
import datetime
import enum
import functools
import types
from collections.abc import Callable, Iterable
from typing import Any

from ..codec import value_types
from ..codec.format import Export, MalformedError
from . import introspection
from .deriving.class_bodies import derive, is_class_statement
from .library_classes import exception_of_library, rebuilt
from .opcodes import ANCHOR, ExportKind
from .proxy_methods import (
    COPIES,
    OF_ZONES,
    ProxyMeta,
    anchor,
    call_proxy,
    delete_attribute,
    describe,
    equals_of_own_side,
    equals_only_itself,
    forwarded_read,
    forwarding_methods,
    get_attribute,
    has_items,
    identity_hash,
    keep_if_referenced,
    number_in,
    overriding,
    set_attribute,
    truth,
)
from .session import Session
from .special_methods import (
    DESCRIPTORS,
    OF_METACLASSES,
    blank,
    overrides,
    special_methods,
)
from .structure import special_names

_get = object.__getattribute__


class ProxyType(ProxyMeta):
    """Metaclass of the proxies for classes of the other side."""

    def __new__(  # noqa: D102 - see the comment
        mcs, name: str, bases: tuple[type, ...], space: dict[str, Any], /, **options: Any
    ) -> Any:
        # A class statement derives from a proxy: the other side makes the class, and calls back
        # what the body defines here.
        session, _ = next(anchor(base) for base in bases if isinstance(base, ProxyType))
        return derive(session, name, bases, space, options)

    def __init__(cls, *_: Any, **__: Any) -> None:
        pass

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        """Let the other side build an instance; one of a metaclass may be a class statement's."""
        if is_class_statement(args):
            name, bases, space = args
            return derive(anchor(cls)[0], name, bases, space, {"metaclass": cls, **kwargs})
        return call_proxy(cls, *args, **kwargs)

    __getattribute__ = special_names.of_class

    def __getattr__(cls, name: str) -> Any:
        return get_attribute(cls, name)

    def __setattr__(cls, name: str, value: Any) -> None:
        set_attribute(cls, name, value)

    def __delattr__(cls, name: str) -> None:
        delete_attribute(cls, name)

    __dir__ = introspection.names_of

    def __subclasses__(cls) -> list[Any]:
        found = get_attribute(cls, "__subclasses__")()
        return [*found] if type(found) is list else []

    __annotations__ = property(lambda cls: get_attribute(cls, "__annotations__"))
    __flags__ = property(lambda cls: get_attribute(cls, "__flags__"))
    __dict__ = property(introspection.namespace_of)  # type: ignore[misc]

    def __instancecheck__(cls, obj: Any) -> bool:
        """Ask the other side if the class has its own ``isinstance`` check."""
        return type.__instancecheck__(cls, obj) or _asked(cls, "__instancecheck__", obj)

    def __subclasscheck__(cls, other: Any) -> bool:
        """Ask the other side if the class has its own ``issubclass`` check."""
        return type.__subclasscheck__(cls, other) or _asked(cls, "__subclasscheck__", other)

    def __getitem__(cls, key: Any) -> Any:
        return anchor(cls)[0].protocol("__getitem__", cls, key)


def _iterate(cls: Any) -> Any:
    return anchor(cls)[0].protocol("__iter__", cls)


def _length(cls: Any) -> int:
    return int(anchor(cls)[0].protocol("__len__", cls))


def _contains(cls: Any, item: Any) -> bool:
    return any(item is each or item == each for each in cls)


_WITH_ITEMS = dict(zip(OF_METACLASSES, (_iterate, _length, _contains), strict=True))


@functools.cache
def _metaclass(methods: frozenset[str]) -> Any:
    """Return the metaclass for classes whose own metaclass has some of these methods."""
    space = {name.removeprefix("type."): _WITH_ITEMS[name] for name in methods}
    return type("ProxyType", (ProxyType,), space) if methods else ProxyType


def _hides_bases(session: Session, bases: Iterable[Any]) -> bool:
    """Return True if a class or one of its bases has a base that its proxy lacks."""
    return any(
        type.__getattribute__(base, special_names.HIDES_BASES)
        if isinstance(base, ProxyType)
        else base is not object and not _can_be_base(session, base)
        for base in bases
    )


def _asked(cls: Any, name: str, obj: Any) -> bool:
    session, _ = anchor(cls)
    foreign = name == "__subclasscheck__" and number_in(session, obj) is None
    if foreign or session.silent or not type.__getattribute__(cls, "@asks"):
        return False
    return session.decides_instances(name, cls, obj)


def make_class(session: Session, export: Export, **claimed: Any) -> Any:
    """Return the proxy class for an exported class.

    Args:
        session: This side's session.
        export: The other side's description of the class.
        claimed: Attributes that override all others: ``__class__``, which ``isinstance`` reads.
    """
    name, qualname, module, doc, methods, overrides, *bases = export.parts
    if not all(type(text) is str for text in (name, qualname, module, methods, overrides)):
        raise MalformedError("a class without a name")
    # A test that expects a library's error names the judge's class, so that class is the base.
    known = exception_of_library(module, qualname)
    bases = [known] if known else [session.unaliased(base) for base in bases]
    real = tuple(base for base in bases if _can_be_base(session, base))
    own = COPIES | {
        "__module__": module,
        "__qualname__": qualname,
        "__doc__": _Documentation(doc if type(doc) is str else None),
        "__dir__": introspection.names_of,
        "__getattribute__": special_names.of_object,
        "@asks": "__instancecheck__" in methods.split(),
        "@describes": not DESCRIPTORS.isdisjoint(methods.split()),
        special_names.HIDES_BASES: _hides_bases(session, bases),
        ANCHOR: (session, export.number),
    }
    space = _space(real, methods, overrides) | _end(session) | own | claimed
    for base in real:
        if session.setup_classes.get(base.__name__) is base:
            space = {key: _forwarded(key) for key in dir(base) if key[:2] != "__"} | space
    meta = _metaclass(frozenset(methods.split()).intersection(_WITH_ITEMS))
    try:
        made = type.__new__(meta, name, real or (object,), space)
    except TypeError:
        made = type.__new__(meta, name, (object,), space)
    if value_types.base_of(made) is None and not issubclass(made, BaseException):
        session.bare.add(made)
    for base in bases:
        if isinstance(base, abc.ABCMeta):
            base.register(made)
    return made


def _end(session: Session) -> dict[str, Any]:
    return {"__del__": keep_if_referenced} if session.keeps_weakly_referenced else {}


class _Documentation:
    """``__doc__`` of a proxy class: an instance may have its own (``update_wrapper``)."""

    def __init__(self, text: str | None) -> None:
        self._text = text

    def __get__(self, one: Any, owner: Any = None) -> Any:
        return self._text if one is None else get_attribute(one, "__doc__")


def _space(real: tuple[type, ...], methods: str, overrides: str) -> dict[str, Any]:
    """Return the methods of a proxy class."""
    space = forwarding_methods(methods)
    value = next((base for base in map(value_types.base_of, real) if base is not None), None)
    if value is not None:
        own = {name for cls in value.__mro__ for name in vars(cls)}  # its metaclass has others
        own -= {"__setattr__", "__delattr__"}
        more = {key: item for key, item in space.items() if key not in own}
        return more | overriding(value, overrides.split())
    if any(issubclass(base, BaseException) for base in real):
        equality = {"__eq__": equals_of_own_side} if "__eq__" in space else {}
        return space | _ON_EXCEPTIONS | equality
    space.setdefault("__eq__", equals_only_itself)
    # Set in each class: a derived class may have a length although its base has none.
    space.setdefault("__bool__", has_items if "__len__" in space else truth)
    space.setdefault("__hash__", identity_hash)
    space.setdefault("__repr__", describe)
    # ``Base.__init__(self)``: an instance is made by the other side, never by this attribute.
    space["__init__"] = forwarded_read("__init__")
    if any(issubclass(base, datetime.tzinfo) for base in real):
        space |= OF_ZONES
    return space | {"__dict__": property(lambda self: get_attribute(self, "__dict__"))}


def _forwarded(name: str) -> property:
    return property(
        lambda self: get_attribute(self, name), lambda self, new: set_attribute(self, name, new)
    )


def _stays_here(one: Any, name: str) -> bool:
    """Return True for an attribute that Python or this side gives an exception."""
    cls: Any = next(each for each in type(one).__mro__ if not isinstance(each, ProxyType))
    return name[:2] == "__" or hasattr(cls, name) or not anchor(one)[0].keeps_expectations


def _set_of_exception(self: Any, name: str, value: Any) -> None:
    if _stays_here(self, name):
        BaseException.__setattr__(self, name, value)
    else:
        set_attribute(self, name, value)


def _delete_of_exception(self: Any, name: str) -> None:
    if _stays_here(self, name):
        BaseException.__delattr__(self, name)
    else:
        delete_attribute(self, name)


_ON_EXCEPTIONS = {"__setattr__": _set_of_exception, "__delattr__": _delete_of_exception}


def _can_be_base(session: Session, base: Any) -> bool:
    """Return True if a proxy may derive from a class; others would add methods to the proxy."""
    if not isinstance(base, type) or isinstance(base, abc.ABCMeta):
        return False
    if session.setup_classes.get(base.__name__) is base:
        return not issubclass(base, enum.Enum)
    is_value = value_types.base_of(base) is base or base in (types.SimpleNamespace, datetime.tzinfo)
    return isinstance(base, ProxyType) or is_value or issubclass(base, BaseException)


def _mirror_of(session: Session, cls: type, *base: type) -> Any:
    """Return the proxy class for a class of both sides (``object``); of values, with their type."""
    key = (cls, *base)
    if key not in session.mirrors:
        texts = (cls.__name__, cls.__qualname__, cls.__module__, None, special_methods(cls))
        parts = (*texts, overrides(cls) if base else "", *base)
        is_value = value_types.base_of(cls) is not None or issubclass(cls, BaseException)
        # Of a value's class, the test shows only a default that it hides.
        claims = not (is_value and session.keeps_expectations)
        claimed = {_MIRRORED: cls} | ({"__class__": property(lambda _: cls)} if claims else {})
        session.mirrors[key] = make_class(session, Export(ExportKind.CLASS, 0, parts), **claimed)
    return session.mirrors[key]


#: Attribute of the proxy class of a class of both sides: that class.
_MIRRORED = "@mirrored"


def original(obj: Any) -> Any:
    """Return the class of both sides that a proxy class stands for, anything else as it is."""
    if not issubclass(type(obj), ProxyType):  # by the real type, not by ``__class__``
        return obj
    return attributes_of(obj).get(_MIRRORED, obj)


#: Returns the attributes that a class has here, also if its metaclass answers for the other side.
attributes_of: Callable[[type], Any] = type.__dict__["__dict__"].__get__


def make_instance(session: Session, cls: Any, number: int) -> Any:
    """Return the proxy for an instance."""
    if not isinstance(cls, type):
        raise MalformedError("an instance without a class")
    if not isinstance(cls, ProxyType):
        cls = _mirror_of(session, cls)
    obj = blank(cls)
    object.__setattr__(obj, ANCHOR, (session, number))
    return obj


def make_stream(session: Session, export: Export) -> Any:
    """Return the proxy of an exact iterator or generator."""
    cls, kind = export.parts
    if not isinstance(cls, ProxyType) or kind not in _GENERATORS:
        return make_instance(session, cls, export.number)
    real = _GENERATORS[kind]
    if real not in session.mirrors:
        # A generator type cannot be a base class, so ``__class__`` claims it.
        space = {ANCHOR: anchor(cls), "@asks": False, "__class__": property(lambda _: real)}
        space["__module__"] = cls.__module__
        session.mirrors[real] = type.__new__(ProxyType, cls.__name__, (cls,), space)
    return make_instance(session, session.mirrors[real], export.number)


#: Types that tests check by ``isinstance`` and that cannot be base classes.
_GENERATORS: dict[Any, type] = {
    "generator": types.GeneratorType,
    "async_generator": types.AsyncGeneratorType,
}


def make_value(session: Session, export: Export) -> Any:
    """Return the proxy for an instance of a builtin's subclass: a value with attributes."""
    cls, value = export.parts
    base: type[Any] = type(value)
    if not isinstance(cls, type) or value_types.base_of(base) is not base:
        raise MalformedError("a value without a class")
    if not issubclass(cls, base):
        return value
    if not session.keeps_expectations and (own := rebuilt(cls, value)) is not None:
        return own
    cls = _class_here(session, cls, base)
    if cls is None:
        return value
    try:
        obj = base.__new__(cls, value)
    except TypeError:  # the constructor takes other arguments (dates): return the plain value
        return value
    if isinstance(cls, ProxyType):
        object.__setattr__(obj, ANCHOR, (session, export.number))
        session.values[export.number] = obj
    return obj


def make_container(session: Session, cls: Any, number: int) -> Any:
    """Return the empty proxy for an instance of a builtin container's subclass."""
    base: Any = value_types.base_of(cls) if isinstance(cls, type) else None
    cls = base and _class_here(session, cls, base)
    if cls is None:
        raise MalformedError("a container without a class")
    obj = base.__new__(cls)
    if isinstance(cls, ProxyType):
        object.__setattr__(obj, ANCHOR, (session, number))
    return obj


def _class_here(session: Session, cls: type, base: type) -> Any:
    """Return the class that an instance of a builtin's subclass has on this side.

    None for a library's class of the solution: its objects are plain values in the test.
    """
    if isinstance(cls, ProxyType) or session.setup_classes.get(cls.__name__) is cls:
        return cls
    return None if session.keeps_expectations else _mirror_of(session, cls, base)
