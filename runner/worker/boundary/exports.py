"""Exports: descriptions of objects that do not cross as values, and the proxies made from them."""

import dataclasses
import itertools
import types
from collections.abc import AsyncIterator, Callable
from typing import Any

from ..codec import value_types
from ..codec.format import Export, MalformedError
from .library_classes import hidden_fields
from .opcodes import ANCHOR, OTHER_SIDE, ExportKind
from .proxies import (
    ProxyType,
    attributes_of,
    make_class,
    make_instance,
    make_stream,
    make_value,
)
from .session import Session
from .special_methods import of_metaclass, overrides, special_methods
from .structure.special_names import CoroutineProxy, FunctionProxy


def import_export(session: Session, export: Export) -> Any:
    """Return the proxy for an object that the other side exported."""
    if export.kind == ExportKind.CLASS:
        return _import_class(session, export)
    if export.kind in (ExportKind.ENUM, ExportKind.MEMBER):
        return session.enums.import_export(export)
    for known in (session.objects.proxy(export.number), session.values.get(export.number)):
        if known is not None:
            return known
    if export.kind not in _MAKERS:
        raise MalformedError("an unknown kind of object")
    if export.kind == ExportKind.EXCEPTION:
        return _import_exception(session, export)
    made = _MAKERS[export.kind](session, export)
    if export.kind in (ExportKind.FUNCTION, ExportKind.COROUTINE):
        session.bare.add(type(made))
    kept = export.kind != ExportKind.SCALAR
    return session.objects.keep_proxy(export.number, made) if kept else made


def _import_exception(session: Session, export: Export) -> Any:
    """Return an exception, the same one each time; a message that raises one has a new number."""
    made = _make_exception(session, export)
    known = session.objects.exception(export.number)
    if known is None or type(known) is not type(made):
        known = made
    known.__dict__.update(made.__dict__)  # the other side may have set attributes since
    session.objects.keep_exception(export.number, known)
    return known


def _make_exception(session: Session, export: Export) -> Any:
    """Return an exception to raise here, of the class that the other side raised."""
    cls, args, *details = export.parts
    cls = session.unaliased(cls)
    if not (isinstance(cls, type) and issubclass(cls, BaseException)) or type(args) is not tuple:
        raise MalformedError("an exception whose class is not an exception class")
    own = not isinstance(cls, ProxyType)
    base: Any = next(each for each in cls.__mro__ if not isinstance(each, ProxyType))
    if session.setup_classes.get(cls.__name__) is cls:
        obj = _without_constructor(cls, *args)  # its constructor may take other arguments
    else:
        obj = _raisable(cls, base, args)
    place, *details = details or [None]
    BaseException.__setattr__(obj, OTHER_SIDE, place if type(place) is str else None)
    if not own:
        BaseException.__setattr__(obj, ANCHOR, (session, export.number))
    if details:
        _add_details(obj, *details, own=own)
    if own:
        session.note_attributes(obj, vars(obj))
    return obj


def _raisable(cls: Any, base: Any, args: tuple[Any, ...]) -> Any:
    try:
        obj = base.__new__(cls, *args)
        base.__init__(obj, *args)
    except Exception:  # the constructor takes other arguments: skip it
        obj = _without_constructor(cls, *args)
        obj.args = args
    return obj


def _without_constructor(cls: Any, *args: Any) -> Any:
    """Return an exception that no constructor of its class has seen."""
    builtin: Any = next(each for each in cls.__mro__ if each.__module__ == "builtins")
    return builtin.__new__(cls, *args)


def _add_details(
    obj: Any, cause: Any, context: Any, hidden: Any, *attributes: Any, own: bool
) -> None:
    if isinstance(cause, BaseException):
        obj.__cause__ = cause
    if isinstance(context, BaseException):
        obj.__context__ = context
    obj.__suppress_context__ = hidden is True
    for name, value in zip(attributes[::2], attributes[1::2], strict=True):
        if type(name) is not str or (name[:2] == "__" and name != "__notes__"):
            raise MalformedError("an attribute that may not be set")
        # Looked up here: asked in the middle of a message, the other side would raise the next one.
        if hasattr(BaseException, name) or any(_is_method(c, name) for c in type(obj).__mro__):
            continue
        if own or name == "__notes__":
            BaseException.__setattr__(obj, name, value)


def _is_method(cls: type, name: str) -> bool:
    found = attributes_of(cls).get(name)
    return callable(found) or isinstance(found, classmethod)


def _make_instance(session: Session, export: Export) -> Any:
    (cls,) = export.parts
    return make_instance(session, cls, export.number)


_MAKERS: dict[int, Callable[[Session, Export], Any]] = {
    ExportKind.INSTANCE: _make_instance,
    ExportKind.STREAM: make_stream,
    ExportKind.FUNCTION: FunctionProxy,
    ExportKind.COROUTINE: CoroutineProxy,
    ExportKind.EXCEPTION: _make_exception,
    ExportKind.SCALAR: make_value,
}


def _import_class(session: Session, export: Export) -> Any:
    """Return the proxy class of a number; a class is described once a session."""
    if export.number not in session.classes:
        session.classes[export.number] = make_class(session, export)
    return session.classes[export.number]


def represent_object(session: Session, obj: Any) -> Export | int:
    """Return the export of an object that has no value, or the number of the other side's."""
    return session.enums.form_of(obj) or _export_of(session, obj)


def _export_of(session: Session, obj: Any) -> Export:
    kind = kind_of(obj)
    is_raised = obj is session.objects.raising
    number = session.objects.number_to_raise(obj) if is_raised else session.export_number(obj)
    if kind is ExportKind.FUNCTION:
        return Export(kind, number, _description(obj))
    base = value_types.base_of(type(obj))
    if isinstance(obj, BaseExceptionGroup):
        # not ``args``: its list is still empty when the decoder builds the group
        return Export(kind, number, (type(obj), (obj.message, obj.exceptions)))
    if kind is ExportKind.EXCEPTION:
        return Export(kind, number, (type(obj), _arguments(obj), *session.details(obj)))
    if kind is ExportKind.CLASS:
        return Export(
            kind, number, () if session.objects.described(number) else _described(session, obj)
        )
    if kind is ExportKind.COROUTINE:
        return Export(kind, number, ())
    if kind is ExportKind.STREAM:
        return Export(kind, number, (type(obj), type(obj).__name__))
    if base is not None:
        more = hidden_fields(obj) if session.keeps_expectations else ()
        return Export(ExportKind.SCALAR, number, (type(obj), _base_value(base, obj, more)))
    return Export(kind, number, (type(obj),))


def _description(function: Any) -> tuple[str | None, ...]:
    """Return name, qualified name, documentation and type of a function.

    An item is None if it is the usual one: a qualified name equal to the name, a plain function.
    """
    if type(function) is types.FunctionType:
        qualname = function.__qualname__ if function.__qualname__ != function.__name__ else None
        return function.__name__, qualname, *_texts(function.__doc__), None
    name, doc = getattr(function, "__name__", None), getattr(function, "__doc__", None)
    return _texts(name, getattr(function, "__qualname__", name), doc, type(function).__name__)


def _arguments(error: BaseException) -> tuple[Any, ...]:
    """Return the constructor arguments of an exception."""
    if isinstance(error, OSError) and error.filename is not None and len(error.args) == _CUT:
        second = (None, error.filename2) if error.filename2 is not None else ()
        return (error.errno, error.strerror, error.filename, *second)
    return tuple(error.args)


#: How many arguments ``OSError`` keeps if one of them is the name of a file.
_CUT = 2


def _texts(*candidates: Any) -> tuple[str | None, ...]:
    return tuple(text if type(text) is str else None for text in candidates)


def _base_value(base: type, obj: Any, more: tuple[Any, ...]) -> Any:
    if base in value_types.SCALARS:
        return value_types.SCALARS[base](obj)
    compound = value_types.COMPOUNDS[value_types.COMPOUND_CODES[base]]
    return compound.build(*compound.parts(obj), *more)


def _described(session: Session, cls: type) -> tuple[Any, ...]:
    """Return the parts of an exported class."""
    hides = session.keeps_expectations and _has_made_text(cls)
    return (
        type.__dict__["__name__"].__get__(cls),
        type.__dict__["__qualname__"].__get__(cls),
        str(cls.__module__),
        cls.__doc__ if type(cls.__doc__) is str and not hides else None,
        special_methods(cls)
        + of_metaclass(cls)
        + (" __instancecheck__" if _asks_its_class(cls) else ""),
        overrides(cls),
        *cls.__bases__,
    )


def _has_made_text(cls: type) -> bool:
    """Return True if the documentation was made by ``dataclass``: it has the defaults in it."""
    return dataclasses.is_dataclass(cls) and str(cls.__doc__).startswith(f"{cls.__name__}(")


def _asks_its_class(cls: type) -> bool:
    """Return True if a class has its own ``isinstance`` check: protocols, ABCs, metaclasses.

    The other side knows no metaclass, so a metaclass answers for its classes.
    """
    meta: Any = type(cls)
    return meta.__instancecheck__ is not type.__instancecheck__ or issubclass(cls, type)


def kind_of(obj: Any) -> ExportKind:
    """Return the kind of an object that does not cross as a value."""
    if type(obj) is types.FunctionType:
        return ExportKind.FUNCTION
    if isinstance(obj, type):
        return ExportKind.CLASS
    if isinstance(obj, BaseException):
        return ExportKind.EXCEPTION
    if isinstance(obj, FUNCTIONS):
        return ExportKind.FUNCTION
    if isinstance(obj, types.CoroutineType) or type(obj) is _STEP:
        return ExportKind.COROUTINE
    if type(obj) in _STREAMS:
        return ExportKind.STREAM
    return ExportKind.INSTANCE


#: Types of objects that cross as functions.
FUNCTIONS = (
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodType,
    types.MethodWrapperType,
    types.WrapperDescriptorType,
    types.MethodDescriptorType,
    types.ClassMethodDescriptorType,
)


async def _none() -> AsyncIterator[None]:
    yield


def _type_of_step() -> type:
    """Return the type of what the ``__anext__`` of an asynchronous generator returns."""
    step = _none().__anext__()
    step.close()  # type: ignore[attr-defined]
    return type(step)


#: Its type is that of a coroutine in all but name: a task may drive it.
_STEP = _type_of_step()

#: Exact iterators: consuming them is their only operation.
_STREAMS = frozenset(
    {
        types.GeneratorType,
        types.AsyncGeneratorType,
        enumerate,
        filter,
        map,
        reversed,
        zip,
        *(type(iter(kind())) for kind in (list, tuple, dict, set, str, bytes, bytearray)),
        type(iter(range(0))),
        type(iter({}.values())),
        type(iter({}.items())),
        type(iter(int, 0)),
        *(item for item in vars(itertools).values() if isinstance(item, type)),
    }
)
