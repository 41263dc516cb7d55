"""Stand-ins: what one side sees of an object that lives on the other.

For every class of the other side there is a class here, with the same name, the matching bases and
exactly those special methods that the original defines, so that ``isinstance``, ``except``,
``callable``, ``len`` or ``with`` do what they would do with the original. Each special method
forwards. Which binary operations may be forwarded is the session's decision (``may_combine``):
the judge's own values never meet a lying ``__eq__``.
"""

import collections.abc
import inspect
import types
from collections.abc import Callable
from typing import Any

from . import kinds
from .boundary import Session
from .families import fresh
from .operations import BINARY, COMPARISONS, EXACT, UNARY, special_methods
from .ops import ExportKind, Op
from .wire import Export, MalformedError

_ANCHOR = "_stand_in_anchor"
_get = object.__getattribute__


def anchor(obj: Any) -> tuple[Session, int]:
    """Return session and number of a stand-in."""
    found: tuple[Session, int] = _get(obj, _ANCHOR)
    return found


def is_stand_in(obj: Any) -> bool:
    """Tell whether an object (not a class) stands for one of the other side."""
    return isinstance(type(obj), StandInType) or type(obj) in _PLAIN_STAND_INS


def number_in(session: Session, obj: Any) -> int | None:
    """Return the number of a stand-in of this session, None for anything else."""
    if isinstance(obj, StandInType):
        owner, number = type.__getattribute__(obj, _ANCHOR)
    elif is_stand_in(obj):
        owner, number = anchor(obj)
    else:
        return None
    return number if owner is session else None


def _unary(name: str) -> Callable[..., Any]:
    exact = EXACT.get(name)

    def method(self: Any, *operands: Any) -> Any:
        session, _ = anchor(self)
        result = session.compute(name, self, *operands)
        if exact is not None and type(result) is not exact:
            raise TypeError(f"{name} returned no {exact.__name__}")
        return result

    method.__name__ = name
    return method


def _binary(name: str) -> Callable[..., Any]:
    def method(self: Any, other: Any) -> Any:
        session, _ = anchor(self)
        compares = name in COMPARISONS
        allowed = session.may_combine if compares else session.may_compute
        if not allowed(self, other):
            return NotImplemented
        if compares and session.is_plain(other):
            return session.examine(name, self, other)
        return session.compute(name, self, other)

    method.__name__ = name
    return method


def _exit(self: Any, kind: Any, error: Any, trace: Any) -> Any:
    session, _ = anchor(self)
    final = session.is_final(error, trace)
    try:
        # without the traceback: it leads to the variables of this side
        stop = session.compute("__exit__", self, kind, error, None)
    except BaseException:
        if final:
            return False
        raise
    return stop and not final


async def _aexit(self: Any, kind: Any, error: Any, trace: Any) -> Any:
    session, _ = anchor(self)
    final = session.is_final(error, trace)
    try:
        stop = await session.compute("__aexit__", self, kind, error, None)
    except BaseException:
        if final:
            return False
        raise
    return stop and not final


def _contains(self: Any, item: Any) -> bool:
    session, _ = anchor(self)
    if session.may_compute(self, item):
        return bool(session.request(Op.APPLY, "__contains__", self, fresh(item)))
    return any(item is each or item == each for each in self)


def _call(self: Any, /, *args: Any, **kwargs: Any) -> Any:
    session, _ = anchor(self)
    return session.call(self, args, kwargs)


def _getattr(self: Any, name: str) -> Any:
    if name.startswith("__array"):
        # numpy would let it compute with the test's arrays: __array_ufunc__, __array_function__
        raise AttributeError(name)
    session, _ = anchor(self)
    return session.request(Op.GET, self, name)


def _setattr(self: Any, name: str, value: Any) -> None:
    session, _ = anchor(self)
    session.request(Op.SET, self, name, value)


def _delattr(self: Any, name: str) -> None:
    session, _ = anchor(self)
    session.request(Op.DELETE, self, name)


def _repr(self: Any) -> str:
    return f"<{type(self).__name__} object of the other side>"


def _identity_hash(self: Any) -> int:
    return anchor(self)[1]


def _equals_only_itself(self: Any, other: Any) -> Any:
    session, number = anchor(self)
    return number_in(session, other) == number or NotImplemented


def _send(self: Any, _value: Any) -> Any:
    session, _ = anchor(self)
    raise StopIteration(session.request(Op.AWAIT, self))


def _await(self: Any) -> Any:
    session, _ = anchor(self)
    return session.request(Op.AWAIT, self)
    yield


def _throw(_self: Any, kind: Any, value: Any = None, _traceback: Any = None) -> Any:
    raise kind if value is None else value


def _methods(names: str) -> dict[str, Any]:
    made: dict[str, Any] = {
        "__getattr__": _getattr,
        "__setattr__": _setattr,
        "__delattr__": _delattr,
    }
    for name in names.split():
        if name in _SPECIAL:
            made[name] = _SPECIAL[name]
        elif name in UNARY:
            made[name] = _unary(name)
        elif name in BINARY:
            made[name] = _binary(name)
    if "__call__" in names.split():
        made["__call__"] = _call
    if "__await__" in names.split():
        made["__await__"] = _await
    return made


_SPECIAL: dict[str, Any] = {"__contains__": _contains, "__exit__": _exit, "__aexit__": _aexit}


# -- classes --------------------------------------------------------------------------------------


class StandInType(type):
    """The type of classes that stand for classes of the other side."""

    def __new__(  # noqa: D102 - see the comment
        mcs, name: str, bases: tuple[type, ...], space: dict[str, Any], **options: Any
    ) -> Any:
        # A class statement derives from a stand-in: the class is made where its base lives, and
        # what the body defines stays here, to be called back.
        session, _ = next(anchor(base) for base in bases if isinstance(base, StandInType))
        cell = space.pop("__classcell__", None)
        made = session.request(Op.DERIVE, name, bases, dict(space), options)
        if cell is not None:
            cell.cell_contents = made
        return made

    def __init__(cls, *_: Any, **__: Any) -> None:
        pass

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        """Let the other side build an instance."""
        return _call(cls, *args, **kwargs)

    def __getattr__(cls, name: str) -> Any:
        if name == "__signature__":
            return _signature(cls)
        return _getattr(cls, name)

    def __setattr__(cls, name: str, value: Any) -> None:
        _setattr(cls, name, value)

    def __getitem__(cls, key: Any) -> Any:
        return anchor(cls)[0].request(Op.APPLY, "__getitem__", cls, key)

    def __iter__(cls) -> Any:
        return anchor(cls)[0].request(Op.APPLY, "__iter__", cls)

    def __len__(cls) -> int:
        return int(anchor(cls)[0].request(Op.APPLY, "__len__", cls))

    def __contains__(cls, item: Any) -> bool:
        return any(item is each or item == each for each in cls)


_OWN_NAMES = {"__module__", "__qualname__", "__doc__", _ANCHOR}


def make_class(session: Session, export: Export) -> Any:
    """Return the class that stands for an exported one."""
    name, qualname, module, doc, methods, *bases = export.parts
    if not all(type(text) is str for text in (name, qualname, module, methods)):
        raise MalformedError("a class without a name")
    space = _methods(methods) | {
        "__module__": module,
        "__qualname__": qualname,
        "__doc__": doc if type(doc) is str else None,
        _ANCHOR: (session, export.number),
    }
    real = tuple(base for base in bases if _can_be_base(base))
    if _is_value_class(real):
        space = {key: space[key] for key in space if key in _OWN_NAMES} | {
            "__getattr__": _getattr,
            **{key: space[key] for key in ("__call__",) if key in space},
        }
    else:
        space.setdefault("__eq__", _equals_only_itself)
        hashable = "__eq__" not in methods.split()
        space.setdefault("__hash__", _identity_hash if hashable else None)
        space.setdefault("__repr__", _repr)
    if (module, qualname) in _KINDS_OF_GENERATOR:
        kind = _KINDS_OF_GENERATOR[module, qualname]
        space["__class__"] = property(lambda _: kind)
    if _is_exception_class(real):
        space = {key: item for key, item in space.items() if key not in _EXCEPTIONS_KEEP}
    try:
        return type.__new__(StandInType, name, real or (object,), space)
    except TypeError:
        return type.__new__(StandInType, name, (object,), space)


#: Types that tests ask for by ``isinstance`` and nobody can derive from.
_KINDS_OF_GENERATOR: dict[tuple[str, str], type] = {
    ("builtins", "generator"): types.GeneratorType,
    ("builtins", "async_generator"): types.AsyncGeneratorType,
}
_KINDS_OF_FUNCTION: dict[str | None, type] = {
    "function": types.FunctionType,
    "method": types.MethodType,
    "builtin_function_or_method": types.BuiltinFunctionType,
}

_EXCEPTIONS_KEEP = {"__setattr__", "__delattr__", "__eq__", "__hash__", "__repr__"}


def _can_be_base(base: Any) -> bool:
    """Tell whether a stand-in may derive from a class: others would bring methods of their own."""
    if not isinstance(base, type):
        return False
    is_value = kinds.base_of(base) is base
    return isinstance(base, StandInType) or is_value or issubclass(base, BaseException)


def _is_exception_class(bases: tuple[type, ...]) -> bool:
    return any(issubclass(base, BaseException) for base in bases)


def _is_value_class(bases: tuple[type, ...]) -> bool:
    return any(kinds.base_of(base) is not None for base in bases)


def _mirror_of(session: Session, cls: type) -> Any:
    """Return a stand-in class for one that both sides have, such as ``object`` or ``StringIO``."""
    if cls not in session.mirrors:
        parts = (cls.__name__, cls.__qualname__, cls.__module__, None, special_methods(cls))
        session.mirrors[cls] = make_class(session, Export(ExportKind.CLASS, 0, parts))
    return session.mirrors[cls]


def make_instance(session: Session, cls: Any, number: int) -> Any:
    """Return the stand-in for an instance."""
    if not isinstance(cls, type):
        raise MalformedError("an instance without a class")
    if not isinstance(cls, StandInType):
        cls = _mirror_of(session, cls)
    new: Any = object.__new__
    obj = new(cls)
    object.__setattr__(obj, _ANCHOR, (session, number))
    return obj


def make_value(session: Session, export: Export) -> Any:
    """Return the stand-in for an instance of a builtin's subclass: a value with attributes."""
    cls, value = export.parts
    base: type[Any] = type(value)
    if not isinstance(cls, type) or kinds.base_of(base) is not base:
        raise MalformedError("a value without a class")
    if not issubclass(cls, base):
        return value
    if not isinstance(cls, StandInType):
        if session.setup_classes.get(cls.__name__) is not cls:
            raise MalformedError("a value of a class that is not its own")
        return base.__new__(cls, value)
    new: Any = base.__new__
    try:
        obj = new(cls, value)
    except TypeError:  # a constructor of another form (dates): then the value alone has to do
        return value
    object.__setattr__(obj, _ANCHOR, (session, export.number))
    return obj


def make_container(session: Session, cls: Any, number: int) -> Any:
    """Return the empty stand-in for an instance of a builtin container's subclass."""
    base: Any = kinds.base_of(cls) if isinstance(cls, StandInType) else None
    if base is None:
        raise MalformedError("a container without a class")
    obj = base.__new__(cls)
    object.__setattr__(obj, _ANCHOR, (session, number))
    return obj


def make_exception(session: Session, cls: Any, args: tuple[Any, ...], number: int) -> Any:
    """Return an exception to raise here, of the class that the other side raised."""
    if not (isinstance(cls, type) and issubclass(cls, BaseException)):
        raise MalformedError("an exception of no exception class")
    if not isinstance(cls, StandInType):
        try:
            return cls(*args)
        except Exception:  # an odd constructor; the class is what matters
            return BaseException.__new__(cls, *args)
    base: Any = next(each for each in cls.__mro__ if not isinstance(each, StandInType))
    new: Any = BaseException.__new__
    try:
        obj = base.__new__(cls, *args)
        base.__init__(obj, *args)
    except Exception:  # likewise
        obj = new(cls)
        obj.args = args
    BaseException.__setattr__(obj, _ANCHOR, (session, number))
    return obj


class FunctionStandIn:
    """Stands for a function or method: it can be called, asked for attributes, and described."""

    def __init__(self, session: Session, export: Export) -> None:
        name, qualname, doc, kind = export.parts
        object.__setattr__(self, _ANCHOR, (session, export.number))
        object.__setattr__(self, "_kind", _KINDS_OF_FUNCTION.get(kind, FunctionStandIn))
        for key, text in (("__name__", name), ("__qualname__", qualname), ("__doc__", doc)):
            object.__setattr__(self, key, text if type(text) is str else None)

    __call__ = _call
    __getattr__ = _getattr
    __delattr__ = _delattr
    __eq__ = _equals_only_itself
    __hash__ = _identity_hash

    def __setattr__(self, name: str, value: Any) -> None:
        _setattr(self, name, value)

    def __repr__(self) -> str:
        return f"<function {_get(self, '__qualname__')} of the other side>"

    __class__ = property(lambda self: _get(self, "_kind"))

    @property
    def __signature__(self) -> Any:
        return _signature(self)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else types.MethodType(self, instance)


class CoroutineStandIn:
    """Stands for a coroutine: awaiting it runs it to its end on the other side."""

    def __init__(self, session: Session, export: Export) -> None:
        object.__setattr__(self, _ANCHOR, (session, export.number))

    __await__ = _await
    send = _send
    throw = _throw
    __getattr__ = _getattr

    def close(self) -> None:
        """Do nothing: the coroutine's owner drops it."""


collections.abc.Coroutine.register(CoroutineStandIn)

_PLAIN_STAND_INS = frozenset({FunctionStandIn, CoroutineStandIn})


def _signature(obj: Any) -> Any:
    session, _ = anchor(obj)
    parameters = session.request(Op.SIGNATURE, obj)
    made = []
    for name, kind, *default in parameters:
        made.append(
            inspect.Parameter(
                name,
                inspect._ParameterKind(kind),
                default=default[0] if default else inspect._empty,
            )
        )
    return inspect.Signature(made)
