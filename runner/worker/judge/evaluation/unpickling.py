"""Pickles in the judge make values, and objects of the test's own classes.

A pickle can name any object of any module, call it, and set its attributes. So a pickle that the
solution returned would run as code beside the test. In the judge, ``pickle`` is this module's
``Unpickler``. It knows the classes of plain values and those that the test defines, and it changes
no class, no method and no constant. Any other way to unpickle works for builtin values only.
"""

import enum
import io
import pickle  # noqa: TID251 - restricted by this module
import sys
import types
from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from collections.abc import Mapping
from typing import Any, ClassVar

from ...boundary.proxy_methods import COPIES, ProxyMeta
from ...boundary.setup_objects import hides
from ...boundary.shared_globals import found_at
from ..namespace import MODULE
from ..trust.permissions import ORACLES

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
    COPIES["__reduce_ex__"].__module__: "_unpickled",
}
_NAMES = frozenset((module, name) for module, names in _VALUES.items() for name in names.split())
#: Types of the attributes of an instance without ``__setstate__``.
_STATES = (dict, type(None))
#: A protocol from which on the names of Python 2 have no meaning.
_NAMES_OF_PYTHON_3 = 3


#: The attributes that the test itself sets, also where its classes have constants.
_stored: frozenset[str] | None = None


def expect(stored: frozenset[str] | None) -> None:
    """Note which attributes the code of the next test sets; any if None, without a solution."""
    global _stored
    _stored = stored


#: The unpickler in Python; the one in C can be told no rules.
_Python: Any = pickle._Unpickler


class Unpickler(_Python):  # type: ignore[misc] # it has no type
    """Reads a pickle; see the module."""

    dispatch: ClassVar[dict[int, Any]] = {**_Python.dispatch}

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
        if (module, name) in _NAMES or _is_of_test(found) or _is_exception(module, found):
            return found
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
        """Call a function or a class; a namespace gets its attributes by ``load_build`` alone."""
        *_, function, args = self.stack
        if function is types.SimpleNamespace and args:
            raise refusal("types", "SimpleNamespace with arguments")
        super().load_reduce()

    dispatch[pickle.REDUCE[0]] = load_reduce


def _member(cls: Any, name: Any) -> Any:
    """Return a member of an enum, as which Python before 3.11.4 pickles it, by ``getattr``."""
    if issubclass(type(cls), enum.EnumMeta):
        return enum.EnumMeta.__getitem__(cls, name)
    raise refusal("builtins", "getattr")


def _is_of_test(found: Any) -> bool:
    kind = type(found)  # not ``__class__``, which an object of the solution may claim
    is_class = issubclass(kind, type) and not issubclass(kind, ProxyMeta)
    return is_class and found.__module__ == MODULE


def _is_exception(module: str, found: Any) -> bool:
    return module == "builtins" and isinstance(found, type) and issubclass(found, BaseException)


def _is_used(obj: Any, name: Any, value: Any) -> bool:
    special = type(name) is not str or name[:2] == "__"
    return special or hides(obj, name, _stored) or (name in ORACLES and callable(value))


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


def install() -> None:
    """Let tests unpickle by these functions."""
    vars(pickle).update(load=_load, loads=_loads, Unpickler=Unpickler)
