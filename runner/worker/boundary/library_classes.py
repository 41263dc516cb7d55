"""Library classes: each side has its own copy, so they cross by module and qualified name.

An object of the other side is not an instance of this side's class. Only the side that owns the
object can compare the object's class with its own class of that name.
"""

import operator
import sys
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from .proxy_methods import ProxyMeta
from .shared_globals import found_at, is_of_package, name_of

#: Questions about an object and a class, and how the object's owner answers: by the real type,
#: since ``__class__`` can claim another one.
QUESTIONS: Mapping[str, Callable[[Any, type], bool]] = {
    "isinstance": lambda obj, cls: issubclass(type(obj), cls),
    "issubclass": issubclass,
    "is": operator.is_,
    "equals as": lambda obj, cls: issubclass(type(obj), cls) and type(obj).__eq__ is cls.__eq__,
}

#: The modules of the zygote, also if a solution replaces entries of ``sys.modules``.
_modules: dict[str, ModuleType] = {}


def keep_modules() -> None:
    """Keep the modules that are loaded so far, by name."""
    _modules.update(sys.modules)


def library_class_name(cls: Any) -> str | None:
    """Return ``module:path`` of a class that a library has under its own name.

    None for classes with rules of their own: shared by name, of the other side, and exceptions.
    None also for a class that no import finds, such as one of a test.
    """
    if not isinstance(cls, type) or isinstance(cls, ProxyMeta) or issubclass(cls, BaseException):
        return None
    name = f"{cls.__module__}:{cls.__qualname__}"
    module = sys.modules.get(cls.__module__)
    is_library = getattr(module, "__spec__", None) is not None and name_of(cls) is None
    return name if is_library and found_at(module, cls.__qualname__) is cls else None


#: Modules whose exceptions decide what becomes of a test; ``builtins`` has names of its own.
_WITHOUT_EXCEPTIONS = frozenset({"bdb", "builtins", "doctest", "unittest"})


def exception_of_library(module: str, qualname: str) -> Any:
    """Return this side's exception class of a library; None for any other.

    None also for what is not loaded here, and for classes that cross by name.
    """
    top = module.partition(".")[0]
    is_standard = top in sys.stdlib_module_names and top not in _WITHOUT_EXCEPTIONS
    if not is_standard and not is_of_package(module):
        return None
    cls = found_at(sys.modules.get(module), qualname)
    is_exception = isinstance(cls, type) and issubclass(cls, Exception)
    return cls if is_exception and name_of(cls) is None else None


def says(question: str, obj: Any, *names: str) -> bool:
    """Return True if the answer to a question of ``QUESTIONS`` is yes for one of the classes.

    Args:
        question: A key of ``QUESTIONS``.
        obj: An object of this side.
        names: ``module:path`` of each class; the answer is no if the module is not loaded.
    """
    return any(_says(question, obj, name) for name in names)


def _says(question: str, obj: Any, name: str) -> bool:
    place, _, path = name.partition(":")
    try:
        cls = found_at(_modules.get(place) or sys.modules.get(place), path)
        return isinstance(cls, type) and QUESTIONS[question](obj, cls)
    except Exception:  # a ``__getattr__`` or ``__subclasscheck__`` may raise anything
        return False


def hidden_fields(obj: Any) -> tuple[Any, ...]:
    """Return what a structure of C (``time.struct_time``) has besides its items."""
    if not hasattr(type(obj), "n_sequence_fields"):
        return ()
    return tuple(obj.__reduce__()[1][1].values())


def rebuilt(cls: type, value: Any) -> Any:
    """Return an instance of a library's class whose content is all it has; None for any other.

    Args:
        cls: A class that derives from a builtin type.
        value: The content, of the builtin type.
    """
    if cls.__dictoffset__ or type(value) is not tuple:
        return None
    try:
        return cls(value) if hasattr(cls, "n_sequence_fields") else tuple.__new__(cls, value)
    except TypeError:
        return None
