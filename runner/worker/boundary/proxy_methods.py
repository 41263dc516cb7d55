"""Methods of proxies: each asks its session, which decides whether a request is sent."""

import types
import weakref
from collections.abc import Callable
from typing import Any

from ..codec.value_types import SCALARS, base_of
from .annotations import as_data, signature
from .coroutines import awaiting
from .opcodes import ANCHOR, Absent, Op
from .session import Session
from .special_methods import BINARY, EXACT, LACKED, LACKS, UNARY

_get = object.__getattribute__


class ProxyMeta(type):
    """Base class of the metaclasses of proxies."""


#: The proxies that have no class of their own on the other side.
CLASSLESS_PROXIES: set[type] = set()


def anchor(obj: Any) -> tuple[Session, int]:
    """Return session and number of a proxy."""
    found: tuple[Session, int] = _get(obj, ANCHOR)
    return found


def is_proxy(obj: Any) -> bool:
    """Return True if an object (not a class) stands for one of the other side."""
    kind = type(obj)
    return kind in CLASSLESS_PROXIES or isinstance(kind, ProxyMeta)


def number_in(session: Session, obj: Any) -> int | None:
    """Return the number of a proxy of this session, None for anything else.

    None also for the proxy class of a class that both sides have, which has no number.
    """
    kind = type(obj)
    if kind in CLASSLESS_PROXIES or isinstance(kind, ProxyMeta):
        owner, number = _get(obj, ANCHOR)
    elif issubclass(kind, ProxyMeta):  # by the real type, not by ``__class__``
        owner, number = type.__getattribute__(obj, ANCHOR)
    else:
        return None
    return (number or None) if owner is session else None


def _unary(name: str) -> Callable[..., Any]:
    exact = EXACT.get(name)

    def method(self: Any, *operands: Any) -> Any:
        session, _ = anchor(self)
        result = session.protocol(name, self, *operands)
        if exact is None or type(result) is exact:
            return result
        if exact not in SCALARS or base_of(type(result)) is not exact:
            raise TypeError(f"{name} did not return {exact.__name__}")
        return SCALARS[exact](result)  # an instance of a subclass stands for its plain value

    method.__name__ = name
    return method


def _binary(name: str) -> Callable[..., Any]:
    def method(self: Any, other: Any, *modulus: Any) -> Any:
        return anchor(self)[0].operate(name, self, other, *modulus)

    method.__name__ = name
    return method


def _exit(self: Any, kind: Any, error: Any, trace: Any) -> Any:
    session, _ = anchor(self)
    final = session.is_final(error, trace)
    try:
        # without the traceback: it leads to the variables of this side
        stop = session.protocol("__exit__", self, kind, error, None)
    except BaseException as other:
        if final:
            session.note_kept(error, other)
            return False
        raise
    return _stops(session, error, stop) if final else stop


async def _aexit(self: Any, kind: Any, error: Any, trace: Any) -> Any:
    session, _ = anchor(self)
    final = session.is_final(error, trace)
    try:
        stop = await session.protocol("__aexit__", self, kind, error, None)
    except BaseException as other:
        if final:
            session.note_kept(error, other)
            return False
        raise
    return _stops(session, error, stop) if final else stop


def _stops(session: Session, error: Any, stop: Any) -> bool:
    """Return False for an exception that must leave a block of the other side."""
    if stop:
        session.note_kept(error)
    return False


def _contains(self: Any, item: Any) -> bool:
    return anchor(self)[0].contains(self, item)


def call_proxy(self: Any, /, *args: Any, **kwargs: Any) -> Any:
    """Have the other side call its object."""
    return _get(self, ANCHOR)[0].call(self, args, kwargs)


class Method:
    """A method that a test looks up and calls at once: one message can carry both."""

    __slots__ = ("__weakref__", "found", "name", "one", "session")

    def __init__(self, session: Any, one: Any, name: str) -> None:
        self.session = session
        self.one = one
        self.name = name
        #: The method, if it had to be looked up before the call.
        self.found: Any = Absent.ABSENT

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """Have the other side look the method up and call it."""
        return self.session.call_method(self, args, kwargs)


def get_attribute(self: Any, name: str) -> Any:
    """Have the other side read an attribute."""
    if name.startswith("__array"):
        # numpy would let it compute with the test's arrays: __array_ufunc__, __array_function__
        raise AttributeError(name)
    session, _ = anchor(self)
    absence, session.absence = session.absence, None
    if absence is not None and absence[0] is self and absence[1] == name:
        raise absence[2]  # Python asks again, after ``__getattribute__``
    if name == "__signature__" and callable(self):
        return signature(*session.request(Op.SIGNATURE, self))
    return as_data(name, session.get(self, name))


def set_attribute(self: Any, name: str, value: Any) -> None:
    """Have the other side set an attribute."""
    session, _ = anchor(self)
    session.set(self, name, value)


def delete_attribute(self: Any, name: str) -> None:
    """Have the other side delete an attribute."""
    session, _ = anchor(self)
    session.delete(self, name)


def describe(self: Any) -> str:
    """Return the text that Python has for an object, without asking the other side."""
    cls = type(self)
    module = "" if cls.__module__ == "builtins" else f"{cls.__module__}."
    return f"<{module}{cls.__qualname__} object at {address_of(self)}>"


def address_of(self: Any) -> str:
    """Return what stands for the address of an object: its number."""
    return f"0x7f{anchor(self)[1]:010x}"


def identity_hash(self: Any) -> int:
    """Return the object's number as its hash; such objects compare by identity."""
    return anchor(self)[1]


def equals_only_itself(self: Any, other: Any) -> Any:
    """Compare by identity."""
    session, number = anchor(self)
    return number_in(session, other) == number or NotImplemented


def equals_of_own_side(self: Any, other: Any) -> Any:
    """Compare an exception with another of the same side by its class."""
    session, _ = anchor(self)
    if number_in(session, other) is None:
        return NotImplemented
    return session.operate("__eq__", self, other)


def keep_if_referenced(self: Any) -> None:
    """Keep a proxy that is no longer used and has a weak reference, beside the table's own.

    The other side may still use the object: an observer is in a ``WeakSet`` of the solution.
    """
    session, _ = anchor(self)
    if session.keeps_weakly_referenced and weakref.getweakrefcount(self) > 1:
        session.objects.kept.append(self)


def truth(self: Any) -> bool:
    """Return the truth value of an object whose class defines none."""
    return anchor(self)[0].truth(self)


def has_items(self: Any) -> bool:
    """Return the truth value of an object with a length."""
    return len(self) > 0


def await_proxy(self: Any) -> Any:
    """Await an object of the other side."""
    return awaiting(anchor(self)[0], self)


_LACKING = {LACKS + name: name for name in LACKED}


def forwarding_methods(names: str) -> dict[str, Any]:
    """Return the special methods of these names, and the methods for attributes."""
    made: dict[str, Any] = {
        "__getattr__": get_attribute,
        "__setattr__": set_attribute,
        "__delattr__": delete_attribute,
    }
    for name in names.split():
        if name in _LACKING:
            made[_LACKING[name]] = None
        elif name in _SPECIAL:
            made[name] = _SPECIAL[name]
        elif name in UNARY:
            made[name] = _unary(name)
        elif name in BINARY:
            made[name] = _binary(name)
    if "__call__" in names.split():
        made["__call__"] = call_proxy
    if "__await__" in names.split():
        made["__await__"] = await_proxy
    return made


def _deepcopy(self: Any, _memo: Any = None) -> Any:
    return anchor(self)[0].protocol("__deepcopy__", self)


def _copy(self: Any) -> Any:
    return anchor(self)[0].protocol("__copy__", self)


def _reduce(self: Any, _protocol: Any) -> Any:
    """Pickle the number of a copy that is kept here, since the object itself cannot cross."""
    _pickled.append(_deepcopy(self))
    return _unpickled, (len(_pickled) - 1,)


def _unpickled(number: int) -> Any:
    return _deepcopy(_pickled[number])


_pickled: list[Any] = []

#: Methods by which ``copy`` and ``pickle`` copy a proxy.
COPIES = {"__deepcopy__": _deepcopy, "__copy__": _copy, "__reduce_ex__": _reduce}


def _asking_zone(name: str) -> Callable[..., Any]:
    """Return a method of a time zone: what it has said of a moment, it has said for good.

    Python asks whenever it compares or prints a moment. A zone that gave another answer each time
    could move the moment to where the test expects it. So could one that raises until it knows.
    """

    def ask(self: Any, moment: Any) -> Any:
        session, number = anchor(self)
        when = None if moment is None else (moment.replace(tzinfo=None), moment.fold)
        key = number, name, when
        told = session.told_by_zones
        if told.get(key, Absent.ABSENT) is Absent.ABSENT:
            try:
                found = session.call(get_attribute(self, name), (moment,), {})
            except Exception:  # a method of the other side may raise anything
                told.setdefault(key, Absent.ABSENT)
                raise
            if told.setdefault(key, found) is Absent.ABSENT:
                raise TypeError(f"{name} of a time zone has raised an exception before")
        return told[key]

    ask.__name__ = name
    return ask


#: Methods of the proxies of time zones.
OF_ZONES = {name: _asking_zone(name) for name in ("utcoffset", "dst", "tzname", "fromutc")}

_SPECIAL: dict[str, Any] = {
    "__contains__": _contains,
    "__exit__": _exit,
    "__aexit__": _aexit,
    "__deepcopy__": _deepcopy,
    "__copy__": _copy,
}


# -- subclasses of builtins -----------------------------------------------------------------------


def overriding(base: type, names: list[str]) -> dict[str, Any]:
    """Return the attributes by which a subclass of a builtin overrides the builtin's own.

    The session decides for each call: it forwards the call, or the builtin's method answers, as if
    the object were a plain value.
    """
    made: dict[str, Any] = {}
    for name in names:
        if name != "__missing__" and not hasattr(base, name.removesuffix("=")):
            # Not an override: it is forwarded like a method of any other object.
            made[name.removesuffix("=")] = _forwarding(name)
        elif name.endswith("="):
            made[name[:-1]] = forwarded_read(name[:-1], getattr(base, name[:-1]))
        elif name not in _NEVER:
            made[name] = _override(name, getattr(base, name, None))
    if "__eq__" in made:
        made.setdefault("__hash__", base.__hash__)
    return made


class forwarded_read:  # noqa: N801 - a descriptor, used like property
    """An attribute in place of the builtin's: of an instance, or of the class (``today``).

    In place of a method of instances, a function is one as well: otherwise the solution could give
    any function of the judge's own (``__eq__ = staticmethod(bool)``). A field is no function
    (``count`` of a named tuple).
    """

    def __init__(self, name: str, original: Any = None) -> None:
        self._name = name
        of_class = isinstance(getattr(original, "__self__", None), type)
        self._method = _override(name, original) if callable(original) and not of_class else None

    def __get__(self, one: Any, owner: Any = None) -> Any:
        if one is None or self._method is None:
            return get_attribute(owner if one is None else one, self._name)
        method = types.MethodType(self._method, one)
        if self._name[:2] == "__":
            return method
        found = get_attribute(one, self._name)
        return method if callable(found) else found

    def __set__(self, one: Any, value: Any) -> None:
        raise AttributeError(f"{self._name} cannot be set")


_NEVER = frozenset({"__exit__", "__aexit__"})


def _override(name: str, original: Any) -> Callable[..., Any]:
    own = _forwarding(name)

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        session, _ = anchor(self)
        if name == "__missing__":
            return session.protocol("__getitem__", self, *args)
        if session.overrides(self, name, args):
            return own(self, *args, **kwargs)
        return NotImplemented if original is None else original(self, *args, **kwargs)

    method.__name__ = name
    return method


def _forwarding(name: str) -> Callable[..., Any]:
    if name in _SPECIAL:
        found: Callable[..., Any] = _SPECIAL[name]
        return found
    if name in UNARY:
        return _unary(name)
    if name in BINARY:
        return _binary(name)

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        session, _ = anchor(self)
        return session.call(get_attribute(self, name), args, kwargs)

    return method
