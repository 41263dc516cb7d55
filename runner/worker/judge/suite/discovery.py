"""Finds the tests of a suite in its module, after that has been executed.

Test cases of ``unittest``, functions and classes whose names begin with ``test`` and ``Test``, and
examples in docstrings. Only what the suite itself defines is a test: a name that it imports, from
the solution for one, never is.
"""

import inspect
import itertools
import types
import unittest
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from ...boundary.proxy_methods import ProxyMeta
from ...protocol.cases import MOST_CASES, NAME_MAX
from ..outcomes import TestsError
from . import doctests
from .fixtures import Fixture, arguments_of, builtins, closure, fixtures_in, is_fixture
from .marks import (
    ExpectedFailure,
    Mark,
    Parameters,
    ParameterSet,
    marks_of,
    parameters_of,
    parameters_of_fixture,
    skip_of,
    xfail_of,
)


class SuiteCase(NamedTuple):
    """One test of a suite.

    Attributes:
        name: As it is reported.
        function: What to call; the name of a method where there is a class.
        cls: The class in which it is defined, if it is.
        arguments: The names of the fixtures and parameters that it asks for.
        available: The fixtures that it can ask for.
        autouse: The fixtures that it gets without asking.
        given: The values of its own parameters.
        params: Place and value of the parameters of its fixtures.
        xfail: What the mark says if the test is expected to fail.
    """

    name: str
    function: Any
    cls: type | None = None
    arguments: tuple[str, ...] = ()
    available: Mapping[str, Fixture] = types.MappingProxyType({})
    autouse: tuple[str, ...] = ()
    given: Mapping[str, Any] = types.MappingProxyType({})
    params: Mapping[str, tuple[int, Any]] = types.MappingProxyType({})
    xfail: ExpectedFailure | None = None


class Discovered(NamedTuple):
    """What is in a suite.

    Attributes:
        cases: Its tests, in the order in which they run.
        skipped: Why others are left out.
    """

    cases: dict[str, SuiteCase]
    skipped: list[str]


def discover(space: dict[str, Any], text: str, *, doctest: bool) -> Discovered:
    """Return the tests in a module.

    Args:
        space: The names of the module.
        text: Its source.
        doctest: Whether examples in its docstrings are tests.

    Raises:
        TestsError: The tests cannot be listed.
    """
    found = Discovered({}, [])
    module = _Module(space, found)
    try:
        for case in module.cases():
            _add(found, case)
    except TestsError:
        raise
    except Exception as error:
        raise TestsError(f"the tests cannot be listed: {type(error).__name__}: {error}") from error
    for name, examples in doctests.examples_in(text) if doctest else ():
        _add(found, SuiteCase(name, examples))
    return found


def _add(found: Discovered, case: SuiteCase) -> None:
    name = case.name[:NAME_MAX].encode("ascii", "backslashreplace").decode()[:NAME_MAX]
    if name in found.cases:
        name = next(
            other
            for number in itertools.count(2)
            if (other := f"{name[: NAME_MAX - 8]} ({number})") not in found.cases
        )
    if len(found.cases) == MOST_CASES:
        raise TestsError(f"the suite has more than {MOST_CASES} tests")
    found.cases[name] = case._replace(name=name)


class _Module:
    """A module in which tests are looked for."""

    def __init__(self, space: dict[str, Any], found: Discovered) -> None:
        self._space, self._found = space, found
        self._name = space["__name__"]
        self._owner = types.SimpleNamespace(pytestmark=space.get("pytestmark", []))
        self._fixtures = fixtures_in(space, None, builtins())

    def cases(self) -> Iterator[SuiteCase]:
        for name, item in [*self._space.items()]:
            # The type is checked first: an attribute of a proxy would ask the solution.
            if not (_is_function(item) or _is_class(item)) or item.__module__ != self._name:
                continue
            if _is_function(item):
                if name.startswith("test"):
                    yield from self._of_function(item, name, None, self._fixtures)
            elif issubclass(item, unittest.TestCase):
                yield from self._of_test_case(item)
            elif name.startswith("Test"):
                yield from self._of_class(item, name)

    def _of_test_case(self, cls: Any) -> Iterator[SuiteCase]:
        fixtures = fixtures_in(_members(cls), cls, self._fixtures)
        for name in unittest.defaultTestLoader.getTestCaseNames(cls):
            method = getattr(cls, name)
            whole = f"{cls.__qualname__}.{name}"
            marks = marks_of(method, cls, self._owner)
            is_test = getattr(method, "__test__", True)
            if is_test and not self._is_skipped(whole, marks, method, cls):
                _check_runs(whole, method, cls)
                autouse = _autouse(fixtures, marks)
                yield SuiteCase(whole, name, cls, available=fixtures, autouse=tuple(autouse))

    def _is_skipped(self, name: str, marks: Iterable[Mark], *owners: Any) -> bool:
        reason = skip_of(marks, self._space)
        reasons = [] if reason is None else [reason]
        reasons += [
            getattr(each, "__unittest_skip_why__", "")
            for each in owners
            if getattr(each, "__unittest_skip__", False)
        ]
        self._found.skipped.extend(f"{name}: {each}" for each in reasons[:1])
        return bool(reasons)

    def _of_class(
        self, cls: type, name: str, outer: Mapping[str, Fixture] | None = None
    ) -> Iterator[SuiteCase]:
        own = [name for name in ("__init__", "__new__") if getattr(cls, name) is not _PLAIN[name]]
        if own or not getattr(cls, "__test__", True):
            return
        space = _members(cls)
        fixtures = fixtures_in(space, cls, self._fixtures if outer is None else outer)
        for attribute, item in space.items():
            function = item.__func__ if isinstance(item, staticmethod | classmethod) else item
            if _is_class(item) and attribute.startswith("Test"):
                yield from self._of_class(item, f"{name}.{attribute}", fixtures)
            elif attribute.startswith("test") and _is_function(function):
                yield from self._of_function(
                    function, f"{name}.{attribute}", cls, fixtures, attribute=attribute
                )

    def _of_function(
        self,
        function: Any,
        name: str,
        cls: type | None,
        fixtures: Mapping[str, Fixture],
        *,
        attribute: str | None = None,
    ) -> Iterator[SuiteCase]:
        if not getattr(function, "__test__", True) or is_fixture(function):
            return
        owners = [self._owner] if cls is None else [cls, self._owner]
        marks = marks_of(function, *owners)
        is_method = cls is not None and not isinstance(
            inspect.getattr_static(cls, attribute or ""), staticmethod
        )
        arguments = arguments_of(function, is_method=is_method)
        autouse = _autouse(fixtures, marks)
        for call in _calls(arguments, autouse, fixtures, marks):
            whole = f"{name}[{'-'.join(call.ids)}]" if call.ids else name
            every = [*call.marks, *marks]
            if call.is_empty:
                self._found.skipped.append(f"{whole}: no values")
            elif not self._is_skipped(whole, every, function, *filter(None, [cls])):
                _check_runs(whole, function, None)
                yield SuiteCase(
                    name=whole,
                    function=attribute or function,
                    cls=cls,
                    arguments=tuple(arguments),
                    available=fixtures,
                    autouse=tuple(autouse),
                    given=call.given,
                    params=call.params,
                    xfail=xfail_of(every, self._space),
                )


def _autouse(fixtures: Mapping[str, Fixture], marks: Iterable[Mark]) -> list[str]:
    """Return the fixtures that a test gets without asking."""
    own = [each.name for each in fixtures.values() if each.mark.autouse]
    return own + [str(n) for mark in marks if mark.name == "usefixtures" for n in mark.args]


def _check_runs(name: str, function: Any, cls: type | None) -> None:
    """Refuse a test whose call runs nothing: every solution would pass it."""
    kind = "generator" if inspect.isgeneratorfunction(function) else ""
    kind = "generator" if inspect.isasyncgenfunction(function) else kind
    if cls is not None and not issubclass(cls, unittest.IsolatedAsyncioTestCase):
        is_async = inspect.iscoroutinefunction(function)
        kind = "coroutine of no IsolatedAsyncioTestCase" if is_async else kind
    if kind:
        raise TestsError(f"the test {name} is a {kind}: a call does not run it")


class _Call(NamedTuple):
    """One call of a parametrized test."""

    ids: tuple[str, ...] = ()
    given: Mapping[str, Any] = types.MappingProxyType({})
    params: Mapping[str, tuple[int, Any]] = types.MappingProxyType({})
    marks: tuple[Mark, ...] = ()
    is_empty: bool = False


def _calls(
    arguments: list[str],
    autouse: list[str],
    fixtures: Mapping[str, Fixture],
    marks: Iterable[Mark],
) -> list[_Call]:
    """Return the calls of a test: one for each combination of its parameters."""
    own = [parameters_of(mark) for mark in marks if mark.name == "parametrize"]
    named = {name for each in own for name in each.names}
    direct = {name for each in own for name in each.names if name not in each.indirect}
    needed = closure([*autouse, *(n for n in arguments if n not in direct)], fixtures)
    unknown = named - {*arguments, *autouse, *(n for each in needed for n in each.needs)}
    unknown -= {each.name for each in needed}
    if unknown:
        raise ValueError(f"a test is parametrized by {min(unknown)!r}, which is no argument of it")
    _check_needs(arguments, autouse, needed, fixtures, named)
    every = [
        parameters_of_fixture(each.name, each.mark.params, each.mark.ids)
        for each in needed
        if each.mark.params is not None and each.name not in named
    ]
    calls = [_Call()]
    for parameters in [*every, *own]:
        calls = [_with(call, parameters, at) for call in calls for at in _places(parameters)]
    return calls


def _check_needs(
    arguments: list[str],
    autouse: list[str],
    needed: list[Fixture],
    fixtures: Mapping[str, Fixture],
    named: set[str],
) -> None:
    asked = {*arguments, *autouse, *(name for each in needed for name in each.needs)}
    absent = asked - fixtures.keys() - named - {"request"}
    if absent:
        raise LookupError(f"fixture {min(absent)!r} not found")


def _places(parameters: Parameters) -> Iterable[int]:
    return range(len(parameters.sets)) or (-1,)


def _with(call: _Call, parameters: Parameters, at: int) -> _Call:
    """Return a call with one more set of parameters; -1 means that there are none."""
    if at < 0:
        return call._replace(ids=(*call.ids, "NOTSET"), is_empty=True)
    values: ParameterSet = parameters.sets[at]
    given, params = dict(call.given), dict(call.params)
    for name, value in zip(parameters.names, values.values, strict=True):
        if name in parameters.indirect:
            params[name] = at, value
        else:
            given[name] = value
    return _Call(
        (*call.ids, parameters.ids[at]), given, params, (*call.marks, *values.marks), call.is_empty
    )


#: A class with its own constructor holds no tests.
_PLAIN = {name: getattr(object, name) for name in ("__init__", "__new__")}


def _members(cls: type) -> dict[str, Any]:
    """Return the attributes of a class and its bases, those of the bases first."""
    found: dict[str, Any] = {}
    for each in reversed(cls.__mro__[:-1]):
        found.update(vars(each))
    return found


def _is_function(item: Any) -> bool:
    return type(item) is types.FunctionType


def _is_class(item: Any) -> bool:
    return issubclass(type(item), type) and not issubclass(type(item), ProxyMeta)
