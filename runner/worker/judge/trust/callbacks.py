"""What the solution may do with objects that the test has passed to it."""

import contextlib
import enum
import functools
import re
import string
import types
from collections.abc import Callable
from typing import Any
from unittest import mock

from ...boundary import setup_objects, special_methods
from ...boundary.object_table import ObjectTable
from ...boundary.opcodes import Op
from ...boundary.proxy_methods import is_proxy
from ...boundary.shared_globals import library_name_of
from .. import suite
from ..excerpts import excerpt
from ..source import class_facts, function_facts

#: Types of objects that the solution may only call; of a function it may know some facts.
_CALL_ONLY = (
    type,
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodType,
    types.MethodWrapperType,
    functools.partial,  # its attributes are the arguments that the test has bound
)


def target_of(op: Any, items: list[Any], objects: ObjectTable) -> Any:
    """Return the object that the solution wants to use, if the test itself has passed it.

    Any other object would give access to the judge's own library: ``type`` makes classes that lie,
    ``str.format`` reads globals. A class of the test can be called and described, and its class
    methods can be called; a function can be called, described and marked.

    Raises:
        TypeError: The solution may not do this.
        AttributeError: The solution may not do this, and the operation reads an attribute.
    """
    known = op in OPERATIONS and bool(items)
    target = items[1] if op == Op.APPLY and len(items) > 1 else items[0] if items else None
    if not known or not objects.is_exported(target) or not _allows(op, target, items[0]):
        kind = AttributeError if op == Op.GET else TypeError
        raise kind(
            f"the solution cannot do this ({_name(op)}) with an object of the test: classes, bound"
            " methods and partials can only be called"
        )
    return target


def _name(op: Any) -> str:
    return Op(op).name.lower() if op in list(Op) else "unknown"


def _allows(op: Any, target: Any, first: Any) -> bool:
    if op == Op.CALL and (class_facts.is_constructor(target) or _makes_classes(target)):
        return False
    if type(target) is types.FunctionType:
        return op in _ON_FUNCTIONS or (op == Op.APPLY and first == _HINTS)
    if isinstance(target, type):
        return op in (Op.CALL, Op.GET, Op.SIGNATURE) or (op == Op.APPLY and first in _ON_CLASSES)
    if op == Op.GET and type(target) in _INNER:
        return True
    if op == Op.CALL:
        return not _steers(target, "__call__")
    if op == Op.APPLY and not (first in special_methods.OPERATIONS or first == _HINTS):
        return False  # how a class is described, and ``super``, pass by what an object hides
    return op != Op.SIGNATURE and not isinstance(target, _CALL_ONLY)


def _makes_classes(target: Any) -> bool:
    """Return True for a metaclass and an enum without members: the classes that they make lie."""
    if not isinstance(target, type):
        return False
    return issubclass(target, type) or (issubclass(target, enum.Enum) and not target.__members__)


#: Where ``inspect`` finds the function in a callable: whether it is a coroutine function.
_INNER = {types.MethodType: "__func__", functools.partial: "func"}

_ON_FUNCTIONS = frozenset({Op.CALL, Op.SIGNATURE, Op.GET, Op.SET})


def _call(target: Any, count: int, *rest: Any) -> Any:
    owner = getattr(target, "__self__", None)
    of_text = isinstance(owner, str | string.Formatter)
    of_text = of_text or getattr(target, "__objclass__", None) is str
    if of_text and not _are_plain(rest):
        raise TypeError("a method of a string can be called with plain values only")
    if not all(class_facts.fits(target, first) for first in (rest[:1] if count else rest)):
        raise TypeError("a method of a class of the test takes objects of this class")
    if any(map(class_facts.is_constructor, rest)):
        raise TypeError("a constructor can be described only: call the class")
    if not _CARRIERS.isdisjoint(map(id, rest)):
        raise TypeError("a class whose objects answer by what they are given cannot be passed")
    if isinstance(owner, _STACKS) and _is_push(target) and not all(map(is_proxy, rest)):
        raise TypeError("the solution can push objects of its own only, which skip no assertion")
    if function_facts.HiddenDefault not in map(type, rest):
        return special_methods.call(target, count, *rest)

    def call(*args: Any, **named: Any) -> Any:
        args, named = function_facts.with_defaults(target, args, named)
        return target(*args, **named)

    return special_methods.call(call, count, *rest)


#: Classes of both sides, by ``id``, whose objects in the judge would call what they are given.
_CARRIERS = frozenset(map(id, (types.SimpleNamespace, property, classmethod, staticmethod)))

#: What ends a block of the test calls what has been pushed, and may stop a failed assertion.
_STACKS = (contextlib.ExitStack, contextlib.AsyncExitStack)


def _is_push(target: Any) -> bool:
    return getattr(target, "__name__", None) in ("push", "push_async_exit")


def _are_plain(values: tuple[Any, ...]) -> bool:
    """Return True if a format string can reach no other object from these values."""
    return all(type(value) in _PLAIN for value in values)


_PLAIN = frozenset({type(None), bool, int, float, str})


def _get(target: Any, name: Any) -> Any:
    if type(target) is types.FunctionType:
        return function_facts.fact(target, name)
    if type(target) in _INNER:
        return _inner_function(target, name)
    own = _own_description(target, name)
    if own is not None:
        return own
    if not is_public(name):
        raise AttributeError(f"{excerpt(name)} is not accessible")
    if (_is_mock(target) and name in _CONFIGURES) or _steers(target, name):
        raise AttributeError(f"{name} is not accessible")
    if isinstance(target, type) and not _is_of_class(target, name):
        raise AttributeError(f"only methods of the test's classes are accessible, not {name}")
    found = _read(target, name)
    own = type(found) is types.MethodType and not hasattr(str, name)
    if isinstance(getattr(found, "__self__", None), str) and not own:
        raise AttributeError(f"{name} is not accessible")  # str.format reaches any object
    return _copied(found) if _is_mock(target) else found


def _read(target: Any, name: str) -> Any:
    found = getattr(target, name)
    if isinstance(target, type) and any(vars(cls).get(name) is found for cls in target.__mro__):
        class_facts.note_method(found, target)
    return found


def _is_of_class(cls: type, name: str) -> bool:
    """Return True for methods that the test has defined, and for class and static methods."""
    owner = next((base for base in cls.__mro__ if name in vars(base)), object)
    if library_name_of(owner) is None and not _is_frameworks(cls):
        return isinstance(vars(owner).get(name), class_facts.METHODS)
    return isinstance(vars(owner).get(name), classmethod | staticmethod)


def _inner_function(target: Any, name: str) -> Any:
    found = getattr(target, name) if name == _INNER[type(target)] else None
    if type(found) not in (types.FunctionType, *_INNER):
        raise AttributeError(f"{excerpt(name)} is not accessible")
    owner = getattr(target, "__self__", None)
    if owner is not None:
        class_facts.note_method(found, owner if isinstance(owner, type) else type(owner))
    return found


#: What ``asyncio.iscoroutinefunction`` looks for in an object that is no function.
_COROUTINE_MARK = "_is_coroutine"

#: What a decorator reads of an object that it wraps, if the object has such an attribute itself.
_NAMES = frozenset({"__doc__", "__module__", "__name__", "__qualname__"})

#: Types of what has the names of its function.
_RUNNING = (types.GeneratorType, types.CoroutineType, types.AsyncGeneratorType)


def _own_description(target: Any, name: Any) -> Any:
    """Return what the test itself has said about an object: ``Mock(__name__="load")``, or None."""
    if class_facts.is_known(target, name) and not _is_frameworks(target):
        return class_facts.fact(target, name)
    found = _own_attributes(target).get(name)
    if name in _NAMES:
        found = getattr(target, name, None) if type(target) in _RUNNING else found
        return found if type(found) is str else None
    return found if name == _COROUTINE_MARK and isinstance(target, mock.AsyncMock) else None


def _own_attributes(target: Any) -> Any:
    return {} if isinstance(target, type) else getattr(target, "__dict__", {})


#: What a mock keeps of its calls, and of one.
_CALLS, _ONE_CALL = vars(mock)["_CallList"], type(mock.call)


def _copied(record: Any) -> Any:
    """Return a copy of what a mock keeps of its calls: the solution must not change that."""
    if type(record) is _CALLS:
        return [*map(_copied, record)]
    if type(record) is not _ONE_CALL:
        return record
    parts = [{**part} if type(part) is dict else part for part in record]
    copy = tuple.__new__(_ONE_CALL, parts)
    vars(copy).update(vars(record))
    return copy


#: Methods of a mock that change what the test will find in it.
_CONFIGURES = frozenset({"attach_mock", "configure_mock", "mock_add_spec", "reset_mock"})


def _is_mock(target: Any) -> bool:
    return isinstance(target, mock.NonCallableMock)


#: Modules whose objects decide what a test is and whether it passes: test cases and fixtures.
_STEERING = re.compile(rf"unittest\.(?!mock\b)|{re.escape(suite.__name__)}\.")


def _is_frameworks(target: Any) -> bool:
    """Return True for a mock, a test case, a fixture and their classes."""
    cls = target if isinstance(target, type) else type(target)
    places = [str(base.__module__) for base in cls.__mro__]
    return any(_STEERING.match(place) or place == mock.__name__ for place in places)


def _steers(target: Any, name: str) -> bool:
    """Return True for what an object has from a framework's class, not from one of the test.

    An ``approx`` or a fixture may also keep what the test expects.
    """
    found = next((base for base in type(target).__mro__ if name in vars(base)), None)
    if found is None:
        return str(type(target).__module__).startswith(f"{suite.__name__}.")
    return _STEERING.match(str(found.__module__)) is not None


def _set(target: Any, name: Any, value: Any) -> None:
    if name == "__signature__":
        return  # pyplot describes its functions when it is first used, also a patched one
    if type(target) is types.FunctionType and is_public(name):
        function_facts.give(target, name, value)
        return
    if not is_public(name) or not _is_settable(target, name, value):
        raise AttributeError(
            f"{excerpt(name)} cannot be set: the solution may set public attributes of a test's"
            " object that its class does not have, or that the object has itself, and plain values"
            " as attributes of a mock; let the test set them in __init__"
        )
    setattr(target, name, value)


def _delete(target: Any, name: Any) -> None:
    own = is_public(name) and name in _own_attributes(target) and not _is_mock(target)
    if not own or hasattr(type(target), name) or not _is_settable(target, name, None):
        raise AttributeError(
            f"{excerpt(name)} cannot be deleted: the solution may delete public attributes that"
            " an object of the test has itself and its class does not have"
        )
    delattr(target, name)


def _is_settable(target: Any, name: str, value: Any) -> bool:
    """Return True if an attribute is data, which hides nothing that the test relies on."""
    if _STEERING.match(str(type(target).__module__)):
        return False
    owner = next((cls for cls in type(target).__mro__ if name in vars(cls)), object)
    found = vars(owner).get(name)
    if _is_mock(target):
        is_data = _is_data_of_mock(target, name) and _is_plain(value)
        return is_data or isinstance(found, mock.PropertyMock)
    if isinstance(found, property):
        return found.fset is not None and library_name_of(owner) is None
    own = frozenset(_own_attributes(target))
    if isinstance(target, enum.Enum) and name in own:
        return False  # the solution knows all members, also those that the test has not passed
    return not setup_objects.hides(target, name, shadowable=own)


def _is_data_of_mock(target: Any, name: str) -> bool:
    """Return True if an attribute is not a mock's own, no mock in it, and only a plain value."""
    own = hasattr(type(target), name) or name == "method_calls" or name in target._mock_children
    return not own and _is_plain(vars(target).get(name))


def _is_plain(value: Any) -> bool:
    """Return True for a value that answers no assertion of a mock."""
    if type(value) in (list, tuple, set, frozenset):
        return all(map(_is_plain, value))
    if type(value) is dict:
        return all(map(_is_plain, (*value, *value.values())))
    return type(value) in _PLAIN


def _apply(name: str, target: Any, *operands: Any) -> Any:
    if isinstance(target, type) and _is_frameworks(target):
        return []
    if isinstance(target, type) or name == _HINTS:
        return _ON_CLASSES[name](target, *operands)
    return special_methods.apply(name, target, *operands)


_HINTS = "__hints__"
#: How a class is described; annotations also of a function.
_ON_CLASSES: dict[str, Callable[..., Any]] = {
    "__dir__": class_facts.all_names,
    _HINTS: class_facts.hints,
    "__member__": _get,
    "__vars__": class_facts.own_names,
}

#: Operations of the solution on an object that the test passes in.
OPERATIONS: dict[int, Callable[..., Any]] = {
    Op.CALL: _call,
    Op.APPLY: _apply,
    Op.GET: _get,
    Op.SET: _set,
    Op.DELETE: _delete,
    Op.SIGNATURE: function_facts.parameters,
    Op.SPAWN: special_methods.call,
}


def perform(op: Any, items: list[Any]) -> Any:
    """Do what the solution asks of an object that ``target_of`` has returned."""
    return OPERATIONS[op](*items)


def is_public(name: Any) -> bool:
    """Return True for the name of an attribute that the solution may read."""
    return type(name) is str and name[:1] != "_" and not name.startswith(_FRAME_PREFIXES)


#: Attributes of generators and coroutines that lead to their frames.
_FRAME_PREFIXES = ("gi_", "cr_", "ag_", "tb_", "f_")
