"""``pytest.fixture``: values that a test gets by the names of its parameters, and their scopes."""

import contextlib
import functools
import inspect
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from . import builtin_fixtures

#: The attribute in which the decorator keeps its arguments.
_KEPT = "@fixture"

#: From the shortest-lived on; there is one module, so the last three end together.
SCOPES = ("function", "class", "module", "package", "session")


class FixtureMark(NamedTuple):
    """The arguments of ``fixture`` for a function."""

    scope: str
    params: tuple[Any, ...] | None
    autouse: bool
    ids: Any
    name: str | None


def fixture(
    fixture_function: Any = None,
    *,
    scope: Any = "function",
    params: Iterable[Any] | None = None,
    autouse: bool = False,
    ids: Any = None,
    name: str | None = None,
) -> Any:
    """Make a fixture of a function."""
    if scope not in SCOPES:
        raise ValueError(f"a fixture has the unknown scope {scope!r}: use one of {SCOPES}")
    mark = FixtureMark(scope, None if params is None else tuple(params), autouse, ids, name)

    def decorate(function: Any) -> Any:
        setattr(function, _KEPT, mark)
        return function

    return decorate if fixture_function is None else decorate(fixture_function)


class Fixture(NamedTuple):
    """One fixture.

    Attributes:
        name: By which tests ask for it.
        function: Returns or yields its value.
        mark: Scope and parameters.
        owner: The class in which it is defined, if it is.
        hidden: The fixture of the same name that it overrides.
    """

    name: str
    function: Callable[..., Any]
    mark: FixtureMark
    owner: type | None
    hidden: "Fixture | None"

    @property
    def needs(self) -> list[str]:
        """The names of what it asks for."""
        return arguments_of(self.function, is_method=self.owner is not None)


def fixtures_in(
    space: Mapping[str, Any], owner: type | None, outer: Mapping[str, Fixture]
) -> dict[str, Fixture]:
    """Return the fixtures that can be asked for in a module or class, by name."""
    found = dict(outer)
    for attribute, item in space.items():
        # The type is checked first: an attribute of a proxy would ask the solution.
        function = item.__func__ if type(item) in (staticmethod, classmethod) else item
        if is_fixture(function):
            mark: FixtureMark = vars(function)[_KEPT]
            name = mark.name or attribute
            found[name] = Fixture(name, function, mark, owner, found.get(name))
    return found


def is_fixture(function: Any) -> bool:
    """Return True for the function of a fixture, which is no test, whatever its name."""
    return type(function) is types.FunctionType and _KEPT in vars(function)


def builtins() -> dict[str, Fixture]:
    """Return the fixtures that every test can ask for."""
    every = builtin_fixtures.FIXTURES.items()
    return {
        name: Fixture(name, make, FixtureMark(scope, None, False, None, None), None, None)
        for name, (make, scope) in every
    }


def arguments_of(function: Any, *, is_method: bool) -> list[str]:
    """Return the names of the parameters of a function that it must be given."""
    parameters = [
        each
        for each in inspect.signature(function, follow_wrapped=True).parameters.values()
        if each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)
        and each.default is each.empty
    ]
    # ``mock.patch`` passes its mocks before anything else.
    patched = sum(
        getattr(each, "new", None) is _default_of_patch() and not each.attribute_name
        for each in getattr(function, "patchings", ())
    )
    return [each.name for each in parameters[is_method + patched :]]


@functools.cache
def _default_of_patch() -> Any:
    from unittest import mock  # most suites patch nothing

    return mock.DEFAULT


def closure(names: Iterable[str], available: Mapping[str, Fixture]) -> list[Fixture]:
    """Return all fixtures that are needed for some of them, in the order of first mention."""
    found: dict[int, Fixture] = {}
    todo = [available.get(name) for name in names]
    for each in todo:  # which grows meanwhile
        if each is not None and id(each.function) not in found:
            found[id(each.function)] = each
            todo += [_seen_from(each, name, available) for name in each.needs]
    return [*found.values()]


def _seen_from(fixture_: Fixture, name: str, available: Mapping[str, Fixture]) -> Fixture | None:
    return fixture_.hidden if name == fixture_.name else available.get(name)


class Scope:
    """Values with the same lifetime; they end in the reverse order of their creation."""

    def __init__(self) -> None:
        self.values: dict[Any, Any] = {}
        self._ends: list[tuple[Any, Callable[[], Any]]] = []

    def at_end(self, end: Callable[[], Any], key: Any = None) -> None:
        """Call a function at the end."""
        self._ends.append((key, end))

    def close(self, until: Any = None) -> None:
        """End everything, or one fixture and everything that began after it."""
        errors: list[BaseException] = []
        while self._ends:
            key, end = self._ends.pop()
            try:
                end()
            except BaseException as error:  # the others must end, too
                errors.append(error)
            if key is not None:
                self.values.pop(key, None)
            if until is not None and key == until:
                break
        if until is None:
            self.values.clear()
        if errors:
            raise errors[0]


class Request:
    """The fixture ``request``: the test or fixture that asks, and its parameter.

    Args:
        test: Gives the test its fixtures.
        fixture_: The fixture that asks; None for the test itself.
        param: The parameter of this call, if there is one.
    """

    def __init__(self, test: "Supply", fixture_: Fixture | None, param: tuple[Any, ...]) -> None:
        self._test, self._fixture = test, fixture_
        self.node = self.keywords = test.node
        self.fixturename = fixture_.name if fixture_ else None
        self.scope = fixture_.mark.scope if fixture_ else "function"
        self.function, self.cls, self.instance = test.function, test.cls, test.instance
        self.module = test.module
        self.config = test.config
        self.fixturenames = [*test.available]
        if param:
            self.param = param[0]

    def getfixturevalue(self, name: str) -> Any:
        """Return the value of a fixture."""
        return self._test.value(name, self._fixture)

    def addfinalizer(self, end: Callable[[], Any]) -> None:
        """Call a function at the end of the test or fixture that asks."""
        self._test.scope(self.scope).at_end(end)

    def applymarker(self, _: Any) -> None:
        """Do nothing: marks are applied before a test runs."""


class Supply:
    """Gives one test what it asks for.

    Args:
        available: The fixtures that it can ask for, by name.
        scopes: The scopes by name, down to the test's own.
        params: The parameters of fixtures in this call, with their place.
        given: The values of its own parameters.
        run: Runs a coroutine of the test to its end.
        shared: Returns a context manager for code that several tests share.
        facts: What ``request`` tells: node, function, cls, instance, module.
    """

    def __init__(
        self,
        available: Mapping[str, Fixture],
        scopes: Mapping[str, Scope],
        params: Mapping[str, tuple[int, Any]],
        given: Mapping[str, Any],
        run: Callable[[Any], Any],
        shared: Callable[[], Any],
        **facts: Any,
    ) -> None:
        self.available = available
        self.run = run
        self._shared = shared
        self._scopes, self._params, self._given = scopes, params, given
        self.node, self.function, self.cls = facts["node"], facts["function"], facts["cls"]
        self.instance, self.module, self.config = facts["instance"], facts["module"], None

    def scope(self, name: str) -> Scope:
        """Return the values of a scope."""
        return self._scopes[name]

    def arguments(self, names: Sequence[str]) -> dict[str, Any]:
        """Return what a test asks for by the names of its parameters."""
        return {
            name: self._given[name] if name in self._given else self.value(name, None)
            for name in names
        }

    def value(self, name: str, asking: Fixture | None) -> Any:
        """Return the value of a fixture.

        Args:
            name: The fixture.
            asking: The fixture that asks for it; None for the test.

        Raises:
            LookupError: There is none of this name.
        """
        if name == "request":
            return self._request(asking)
        if name in self._given:
            return self._given[name]
        wanted = self.available.get(name)
        if asking is not None and asking.name == name:
            wanted = asking.hidden
        if wanted is None:
            raise LookupError(f"fixture {name!r} not found")
        return self._value(wanted)

    def _request(self, asking: Fixture | None) -> Request:
        param = self._params.get(asking.name, ()) if asking else ()
        return Request(self, asking, param[1:])

    def _value(self, wanted: Fixture) -> Any:
        scope = self._scopes[wanted.mark.scope]
        at = self._params.get(wanted.name, (None, None))[0]
        kept = scope.values.get(wanted.function)
        if kept is not None:
            if kept[0] == at:
                return kept[1]
            scope.close(until=wanted.function)
        scope.at_end(_nothing, wanted.function)
        with contextlib.nullcontext() if wanted.mark.scope == "function" else self._shared():
            value = self._begin(wanted, scope)
        scope.values[wanted.function] = at, value
        return value

    def _begin(self, wanted: Fixture, scope: Scope) -> Any:
        given = {name: self.value(name, wanted) for name in wanted.needs}
        function = wanted.function
        if wanted.owner is not None:
            function = function.__get__(self.instance or wanted.owner())
        made = function(**given)
        if inspect.iscoroutine(made):
            return self.run(made)
        if inspect.isasyncgen(made):
            value = self.run(anext(made))
            scope.at_end(lambda: self.run(_finished_async(made)))
            return value
        if inspect.isgenerator(made):
            value = next(made)
            scope.at_end(functools.partial(_finish, made))
            return value
        return made


def _nothing() -> None:
    return


def _finish(made: Any) -> None:
    with contextlib.suppress(StopIteration):
        next(made)
        raise ValueError("a fixture yields more than once")


async def _finished_async(made: Any) -> None:
    with contextlib.suppress(StopAsyncIteration):
        await anext(made)
        raise ValueError("a fixture yields more than once")
