"""Pickles in the judge make values, and objects of the test's own classes.

A pickle can name any object of any module, call it, and set its attributes. So a pickle that the
solution returned would run as code beside the test. In the judge, ``pickle`` is this module's
``Unpickler``. It knows the classes of plain values and those that the test defines, and it changes
no class, no method and no constant. Any other way to unpickle works for builtin values only.

A pickle that names anything else is read in the solution's process: a table, a model, an object of
the solution's classes. What it makes is an answer of the solution, and a pass rests on ``objects``.
"""

import enum
import io
import pickle  # noqa: TID251 - restricted by this module
import sys
import types
from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from collections.abc import Mapping
from typing import Any, ClassVar

from ...boundary.proxy_methods import ProxyMeta, is_proxy
from ...boundary.setup_objects import attributes, hides
from ...boundary.shared_globals import found_at
from ..namespace import MODULE
from ..trust.guard import GuardedSession
from ..trust.permissions import ORACLES
from .elsewhere import evaluate
from .parts import items_of, parts_of

#: Functions and classes that only make values, by module.
_VALUES = {
    "_codecs": "encode",
    "array": "_array_reconstructor array",
    "builtins": "object bool bytearray bytes complex dict float frozenset int list range set slice"
    " str tuple",
    "collections": "Counter OrderedDict UserDict UserList UserString deque defaultdict",
    "copyreg": "__newobj__ _reconstructor",
    "datetime": "date datetime time timedelta timezone",
    "decimal": "Decimal",
    "fractions": "Fraction",
    "ipaddress": "IPv4Address IPv4Network IPv6Address IPv6Network",
    "pathlib": "PosixPath PurePosixPath",
    "pathlib._local": "PosixPath PurePosixPath",  # in Python 3.13
    "re": "_compile",
    "types": "SimpleNamespace",
    "uuid": "SafeUUID UUID",
    #: What stands for an object of the solution.
    ProxyMeta.__module__: "_unpickled",
}
_NAMES = frozenset((module, name) for module, names in _VALUES.items() for name in names.split())
#: Types of the attributes of an instance without ``__setstate__``.
_STATES = (dict, type(None))
#: A protocol from which on the names of Python 2 have no meaning.
_NAMES_OF_PYTHON_3 = 3


#: Leads to the solution of the test that runs; None without a solution.
_session: GuardedSession | None = None


def begin(session: GuardedSession | None) -> None:
    """Note the session of the next test, or that there is no solution yet."""
    global _session  # tests call functions of a module
    _session = session


#: The unpickler in Python; the one in C can be told no rules.
_Python: Any = pickle._Unpickler


class Unpickler(_Python):  # type: ignore[misc] # it has no type
    """Reads a pickle; see the module."""

    dispatch: ClassVar[dict[int, Any]] = {**_Python.dispatch}

    def __init__(self, file: Any, **options: Any) -> None:
        super().__init__(file, **options)
        self._file = file
        self._is_foreign = False
        #: What it has named, by ``id``: classes and functions of the judge.
        self._named: set[int] = set()

    def load(self) -> Any:
        """Return what the pickle makes.

        Raises:
            UnpicklingError: It may not be read here, and cannot be read in the solution's process.
        """
        start = self._file.tell() if hasattr(self._file, "tell") else None
        try:
            found = super().load()
        except pickle.UnpicklingError:
            if not self._is_foreign or type(self) is not Unpickler:
                raise
            if _session is None or start is None:
                raise
            self._file.seek(start)
            found, length = _read_elsewhere(_session, self._file.read())
            self._file.seek(start + length)
            return found
        if self._named and _session is not None and _holds(found, self._named):
            _session.note_callable()
        return found

    def find_class(self, module: str, name: str) -> Any:
        """Return what a pickle names.

        Raises:
            UnpicklingError: It is no class of the test, and makes more than values.
        """
        if self.proto < _NAMES_OF_PYTHON_3 and self.fix_imports:
            renamed = IMPORT_MAPPING.get(module, module), name
            module, name = NAME_MAPPING.get((module, name), renamed)
        if (module, name) == ("builtins", "getattr"):
            return _member
        found = found_at(sys.modules.get(module), name)
        if (module, name) in _NAMES or _is_exception(module, found):
            self._named.add(id(found))
            return found
        if _is_of_test(found):
            return found
        self._is_foreign = module != MODULE
        raise refusal(module, name)

    def load_build(self) -> None:
        """Set the attributes of an instance.

        Raises:
            UnpicklingError: The state would change a class, or hide a method.
        """
        *_, obj, state = self.stack
        parts = state if type(state) is tuple else (state,)
        is_plain = hasattr(obj, "__setstate__") or all(type(part) in _STATES for part in parts)
        items = [item for part in parts if isinstance(part, Mapping) for item in part.items()]
        shared = isinstance(obj, type | enum.Enum)
        if shared or not is_plain or any(_is_used(obj, *item) for item in items):
            raise pickle.UnpicklingError(
                "a pickle may not change a class or a member of an enum, or hide a method or a"
                " constant"
            )
        super().load_build()

    dispatch[pickle.BUILD[0]] = load_build

    def load_reduce(self) -> None:
        """Call a function or a class."""
        _check_call(*self.stack[-2:])
        super().load_reduce()

    dispatch[pickle.REDUCE[0]] = load_reduce

    def _instantiate(self, cls: Any, args: Any) -> None:
        _check_call(cls, args)
        super()._instantiate(cls, args)


def _check_call(function: Any, args: Any) -> None:
    """Refuse a call that makes a class, or a namespace with attributes: these ``load_build`` sets.

    Raises:
        UnpicklingError: It does.
    """
    if function is types.SimpleNamespace and args:
        raise refusal("types", "SimpleNamespace with arguments")
    if isinstance(function, enum.EnumMeta) and len(args) != 1:
        raise refusal(MODULE, "an enum with members of its own")


def _member(cls: Any, name: Any) -> Any:
    """Return a member of an enum, as which Python before 3.11.4 pickles it, by ``getattr``."""
    if issubclass(type(cls), enum.EnumMeta):
        return enum.EnumMeta.__getitem__(cls, name)
    raise refusal("builtins", "getattr")


def _is_of_test(found: Any) -> bool:
    kind = type(found)  # not ``__class__``, which an object of the solution may claim
    is_class = issubclass(kind, type) and not issubclass(kind, ProxyMeta)
    return is_class and not issubclass(found, type) and found.__module__ == MODULE


def _is_exception(module: str, found: Any) -> bool:
    return module == "builtins" and isinstance(found, type) and issubclass(found, BaseException)


def _holds(made: Any, named: set[int]) -> bool:
    """Return True if one of the judge's own classes is a part of what a pickle has made."""
    return any(id(part) in named for part in parts_of(made, _held_by))


def _held_by(part: Any) -> list[Any]:
    """Return what an object of the judge directly holds, also in attributes."""
    if is_proxy(part):
        return []
    held = items_of(part)
    if isinstance(part, BaseException):
        held += part.args
    elif isinstance(part, slice):
        held += part.start, part.stop, part.step
    return held + attributes(part, private=True)[1::2]


def _is_used(obj: Any, name: Any, value: Any) -> bool:
    special = type(name) is not str or name[:2] == "__"
    stored = None if _session is None else _session.shadowable
    return special or hides(obj, name, stored) or (name in ORACLES and callable(value))


def refusal(module: object, name: object) -> pickle.UnpicklingError:
    """Return the exception with which a pickle ends that names more than a value."""
    return pickle.UnpicklingError(
        f"a pickle names {module}.{name}: in the judge it makes values, and objects of the test's"
        " own classes"
    )


def _load(file: Any, **options: Any) -> Any:
    return Unpickler(file, **options).load()


def _loads(data: Any, /, **options: Any) -> Any:
    if isinstance(data, str):
        raise TypeError("a bytes-like object is required, not 'str'")
    return Unpickler(io.BytesIO(data), **options).load()


def _read_elsewhere(session: GuardedSession, data: bytes) -> tuple[Any, int]:
    """Return what the solution's process makes of a pickle, and the length of the pickle."""
    text = "(lambda file: (pickle.load(file), file.tell()))(io.BytesIO(data))"
    modules = {"io": "io", "pickle": "pickle"}
    answer = evaluate(session, text, modules, {"data": data})
    if type(answer) is tuple and len(answer) == 2 and type(answer[1]) is int:
        return answer[0], answer[1]
    raise pickle.UnpicklingError("the solution's process has not read the pickle")


def install() -> None:
    """Let tests unpickle by these functions."""
    vars(pickle).update(load=_load, loads=_loads, Unpickler=Unpickler)
