"""Which names of a test mean the solution; decided from the request alone.

The names that the tests read and that nothing else provides are the solution's: the entry point,
the declared classes, and whatever neither the test, nor the setup, nor Python defines. If there is
none of these, one name that Python also has may be the solution's (``gcd``, ``sum``), or several
builtins if the tests only call them and compare the results. All other builtins, and the vocabulary
of tests (``math``, ``Counter``, ``isclose``), are the judge's own, whatever the solution binds. A
name of the vocabulary that the tests use as nothing that it could be (``array[0]``, ``time(5)``,
``string.upper()``) is none of it; one of a module that they only pass on may be a plain value,
and ``datetime(2020, 1, 1)`` the class that the solution has imported.
Other names of the standard library (``merge``, ``median``) are the solution's; a pass that rests on
them has the evidence ``objects``.
"""

import builtins
import functools
import importlib.util
import sys
import types
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from .source.name_uses import AS_VALUE, CALLED

#: Modules that the judge lends to a test that forgot to import them. ``unittest.mock`` is not among
#: them, because it has an object that equals everything.
LENDABLE = frozenset(
    "abc array asyncio base64 bisect calendar cmath collections contextlib copy dataclasses"
    " datetime decimal enum fractions functools hashlib heapq inspect io itertools json keyword"
    " math numbers operator os random re statistics string sys textwrap threading time types typing"
    " unicodedata uuid zoneinfo numpy".split()
)

#: Names that tests use without an import, and where they are: attributes of modules.
_VOCABULARY = {
    "collections": "Counter OrderedDict defaultdict deque namedtuple",
    "copy": "copy deepcopy",
    "dataclasses": "dataclass",
    "datetime": "timedelta",
    "decimal": "Decimal",
    "fractions": "Fraction",
    "functools": "lru_cache partial reduce",
    "math": "inf isclose isinf isnan nan pi",
    "numpy": "allclose array_equal array_equiv",
    "numpy.testing": "assert_allclose assert_almost_equal assert_approx_equal"
    " assert_array_almost_equal assert_array_almost_equal_nulp assert_array_equal assert_array_less"
    " assert_array_max_ulp assert_equal assert_raises assert_string_equal",
    "pandas.testing": "assert_extension_array_equal assert_frame_equal assert_index_equal"
    " assert_series_equal",
    "pathlib": "Path",
    "pytest": "approx raises",
    "typing": "Any Callable Deque Dict FrozenSet Iterable Iterator List Optional Sequence Set"
    " Tuple Type Union",
    "unittest": "TestCase",
    "unittest.mock": "MagicMock Mock patch",
}
#: Packages by the names that they are usually given.
_PACKAGES = {"np": "numpy", "numpy": "numpy", "pd": "pandas", "pandas": "pandas"}
_PACKAGES |= {"pytest": "pytest", "unittest": "unittest", "mock": "unittest.mock"}
_PACKAGES |= {"npt": "numpy.testing"}

#: Packages whose objects stay with the solution; where they are absent, no solution has any.
_THEIRS = "hypothesis networkx scipy sklearn sympy tensorflow torch".split()
_PACKAGES |= {name: name for name in _THEIRS if importlib.util.find_spec(name) is None}

#: What only the methods of a test case have.
_OF_TEST_CASES = "self cls " + " ".join(
    f"assert{what}"
    for what in "AlmostEqual CountEqual DictEqual Equal False Greater GreaterEqual In IsInstance Is"
    " IsNone IsNot IsNotNone Less LessEqual ListEqual Logs MultiLineEqual NotAlmostEqual NotEqual"
    " NotIn NotIsInstance NotRegex Raises RaisesRegex Regex SequenceEqual SetEqual True TupleEqual"
    " Warns WarnsRegex".split()
)

#: Names of what annotations are made of: a test that calls one, or reads an attribute of it, means
#: a class of the solution (``Deque()``, ``Type.CAT``).
_OF_TYPING = frozenset(_VOCABULARY["typing"].split())

VOCABULARY: Mapping[str, tuple[str, str | None]] = (
    {name: (name, None) for name in LENDABLE}
    | {alias: (module, None) for alias, module in _PACKAGES.items()}
    | {name: (module, name) for module, names in _VOCABULARY.items() for name in names.split()}
    | dict.fromkeys(_OF_TEST_CASES.split(), ("", None))
)


class Choice(NamedTuple):
    """What the names of a request's tests mean.

    Attributes:
        solution: Names that are the solution's.
        weak: Names that are the solution's if it defines them, with the evidence ``objects``.
        values: Those among them that it has to bind to a plain value.
    """

    solution: frozenset[str]
    weak: frozenset[str]
    values: frozenset[str] = frozenset()


def choose(
    free: Iterable[str],
    asked: Iterable[str],
    compared: Iterable[str] = (),
    used: Iterable[tuple[str, str]] = (),
) -> Choice:
    """Decide which names the solution may provide.

    Args:
        free: The names that tests and setup read and do not define.
        asked: The entry points and declared classes.
        compared: The names that they only call, comparing each answer with something.
        used: The names, each with a way in which they use them.
    """
    free, asked = frozenset(free), frozenset(asked)
    own = asked | {name for name in free if not is_lent(name)}
    library = {name for name in free - asked if is_lent(name) and not hasattr(builtins, name)}
    known = {name: {use for each, use in used if each == name} for name in library}
    values = frozenset(name for name in library if _may_be_passed_on(name, known[name]))
    weak = values | {name for name in library if not _is_of_vocabulary(name, known[name])}
    if own:
        return Choice(own, weak, values)
    if len(library) == 1:
        return Choice(frozenset(library), frozenset())
    python = free - library
    if not library and (len(python) == 1 or python <= {*compared}):
        return Choice(python, frozenset())
    return Choice(frozenset(), weak, values)


def _is_of_vocabulary(name: str, known: set[str]) -> bool:
    """Return True if a name means what the vocabulary has, so far as its uses tell."""
    if name not in VOCABULARY or (name in _OF_TYPING and known - {AS_VALUE}):
        return False
    try:
        found = lend(name) if name not in _PACKAGES else None
    except LookupError:
        found = None
    if found is None:
        return True
    if AS_VALUE in known and isinstance(found, _WITHOUT_ITEMS):
        return False
    fits = callable(found) or CALLED not in known
    return fits and all(hasattr(found, use) for use in known if use.isidentifier())


_WITHOUT_ITEMS = (types.ModuleType, types.FunctionType, types.BuiltinFunctionType)


def _may_be_passed_on(name: str, known: set[str]) -> bool:
    """Return True for a module that is only passed on, or meant as its class of the same name."""
    if name in _PACKAGES or VOCABULARY.get(name) != (name, None):
        return False
    return not known or isinstance(getattr(lend(name), name, None), type)


def is_lent(name: str) -> bool:
    """Return True if Python itself, or the vocabulary of tests, has a name."""
    return (
        hasattr(builtins, name)
        or name in VOCABULARY
        or name in sys.stdlib_module_names
        or name in _library_names()
    )


@functools.cache
def _library_names() -> frozenset[str]:
    """Return the public functions and classes of the modules that tests import."""
    found: set[str] = set()
    for module in map(importlib.import_module, sorted(LENDABLE - {"os", "sys", "io", "numpy"})):
        names = getattr(module, "__all__", None) or vars(module)
        found |= {name for name in names if name[:1] != "_" and callable(getattr(module, name))}
    return frozenset(found)


def lend(name: str) -> Any:
    """Return the judge's own object of a name of the vocabulary; raises LookupError."""
    module, attribute = VOCABULARY[name]
    try:
        found = importlib.import_module(module)
        return found if attribute is None else getattr(found, attribute)
    except (ImportError, AttributeError, ValueError):
        raise LookupError(name) from None


def borrowed(name: str, origin: str | None) -> Any:
    """Return the judge's own copy of what the solution has imported, or None.

    A function is lent under its own name only, a module also under a short one. So the solution
    cannot choose the meaning of a test's own name, a builtin's, or another module's.
    """
    module, _, attribute = (origin or "").partition(":")
    if module.partition(".")[0] not in LENDABLE or hasattr(builtins, name):
        return None
    if attribute:
        return getattr(importlib.import_module(module), name, None) if attribute == name else None
    return importlib.import_module(module) if name == module or not is_lent(name) else None


def borrowed_module(name: str, origin: str | None) -> Any:
    """Return the judge's own copy of a module that the solution has imported under a name."""
    return borrowed(name, origin) if origin is not None and origin.endswith(":") else None
