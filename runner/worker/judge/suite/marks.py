"""``pytest.mark``: what decorators say of a test, and the parameters of tests."""

import enum
import re
import types
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

#: Where marks are kept, at functions, classes and modules.
_KEPT = "pytestmark"


class Mark(NamedTuple):
    """One mark with its arguments."""

    name: str
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = {}  # noqa: RUF012  # never changed


class MarkDecorator:
    """A mark that can be put on a function or class, or be given arguments first."""

    def __init__(self, mark: Mark) -> None:
        self.mark = mark
        self.name, self.args, self.kwargs = mark

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Mark a function or class; return the mark with arguments for any others."""
        if len(args) == 1 and not kwargs and isinstance(args[0], types.FunctionType | type):
            _put(args[0], self.mark)
            return args[0]
        return self.with_args(*args, **kwargs)

    def with_args(self, *args: Any, **kwargs: Any) -> "MarkDecorator":
        """Return the same mark with arguments, also with a function as the only one."""
        merged = {**self.kwargs, **kwargs}
        return MarkDecorator(Mark(self.name, (*self.args, *args), merged))


class Marks:
    """``pytest.mark``: any name is a mark."""

    def __getattr__(self, name: str) -> MarkDecorator:
        if name[:1] == "_":
            raise AttributeError(name)
        return MarkDecorator(Mark(name))


class ParameterSet(NamedTuple):
    """The values of one call of a parametrized test: ``pytest.param``."""

    values: tuple[Any, ...]
    marks: tuple[Mark, ...] = ()
    id: str | None = None


def param(*values: Any, marks: Any = (), id: str | None = None) -> ParameterSet:
    """Return the values of one call, with marks or a name of its own."""
    return ParameterSet(values, tuple(_marks(marks)), id)


def _put(target: Any, mark: Mark) -> None:
    own = vars(target).get(_KEPT, [])
    setattr(target, _KEPT, [*_marks(own), mark])


def _marks(found: Any) -> list[Mark]:
    if not isinstance(found, list | tuple) or isinstance(found, Mark):
        found = [found]
    return [each.mark if isinstance(each, MarkDecorator) else each for each in found]


def marks_of(*owners: Any) -> list[Mark]:
    """Return the marks of a function and of what it stands in, the closest first."""
    return [mark for owner in owners for mark in _own_marks(owner)]


def _own_marks(owner: Any) -> Iterable[Mark]:
    classes = owner.__mro__ if isinstance(owner, type) else [owner]
    for each in classes:
        yield from _marks(vars(each).get(_KEPT, []))


def skip_of(marks: Iterable[Mark], space: dict[str, Any]) -> str | None:
    """Return why marks skip a test, or None."""
    for mark in marks:
        if mark.name == "skip":
            return str(mark.kwargs.get("reason") or (*mark.args, "")[0])
        if mark.name == "skipif" and _holds(mark, space):
            return str(mark.kwargs.get("reason", ""))
    return None


class ExpectedFailure(NamedTuple):
    """What a mark says of a test that is to fail."""

    reason: str
    raises: Any
    strict: bool
    run: bool


def xfail_of(marks: Iterable[Mark], space: dict[str, Any]) -> ExpectedFailure | None:
    """Return what marks say of a test that is to fail, or None."""
    for mark in marks:
        if mark.name == "xfail" and _holds(mark, space):
            given = mark.kwargs
            strict, run = bool(given.get("strict")), bool(given.get("run", True))
            return ExpectedFailure(str(given.get("reason", "")), given.get("raises"), strict, run)
    return None


def _holds(mark: Mark, space: dict[str, Any]) -> bool:
    conditions = mark.args or ([mark.kwargs["condition"]] if "condition" in mark.kwargs else [])
    if not conditions:
        return mark.name == "xfail"
    return any(_is_true(each, space) for each in conditions)


def _is_true(condition: Any, space: dict[str, Any]) -> bool:
    found = eval(condition, space) if isinstance(condition, str) else condition  # noqa: S307  # a test's
    return bool(found)


# -- parametrize --------------------------------------------------------------------------------


class Parameters(NamedTuple):
    """What one ``parametrize`` says.

    Attributes:
        names: Of the arguments.
        sets: Their values, call by call.
        indirect: Those that go to a fixture of that name.
        ids: What each call is called.
    """

    names: tuple[str, ...]
    sets: tuple[ParameterSet, ...]
    indirect: frozenset[str]
    ids: tuple[str, ...]


def parameters_of(mark: Mark) -> Parameters:
    """Return what a ``parametrize`` says; raises ValueError if it is invalid."""
    return parametrized(*mark.args, **mark.kwargs)


def parametrized(
    argnames: str | Sequence[str],
    argvalues: Iterable[Any] = (),
    indirect: bool | Sequence[str] = False,
    ids: Any = None,
    scope: str | None = None,
) -> Parameters:
    """Return the calls of a parametrized test.

    Raises:
        ValueError: The number of values differs from that of names, or that of ids from sets.
    """
    if isinstance(argnames, str):
        names = tuple(name.strip() for name in argnames.split(",") if name.strip())
        single = "," not in argnames
    else:
        names, single = tuple(argnames), False
    sets = tuple(_set(values, single=single) for values in argvalues)
    for each in sets:
        if len(each.values) != len(names):
            raise ValueError(f"parametrize has {len(names)} names and the values {each.values!r}")
    chosen = names if indirect is True else indirect or ()
    return Parameters(names, sets, frozenset(chosen), _ids(names, sets, ids))


def parameters_of_fixture(name: str, params: Sequence[Any], ids: Any) -> Parameters:
    """Return the calls that a fixture with parameters makes of a test."""
    sets = tuple(
        each if isinstance(each, ParameterSet) else ParameterSet((each,)) for each in params
    )
    return Parameters((name,), sets, frozenset({name}), _ids((name,), sets, ids))


def _set(values: Any, *, single: bool) -> ParameterSet:
    if isinstance(values, ParameterSet):
        return values
    return ParameterSet((values,) if single else tuple(values))


def _ids(names: tuple[str, ...], sets: tuple[ParameterSet, ...], ids: Any) -> tuple[str, ...]:
    if ids is not None and not callable(ids):
        ids = [*ids]
        if len(ids) != len(sets):
            raise ValueError(f"parametrize has {len(sets)} sets of values and {len(ids)} ids")
    found = []
    for at, each in enumerate(sets):
        if each.id is not None:
            found.append(str(each.id))
        elif isinstance(ids, list) and ids[at] is not None:
            found.append(_escaped(str(ids[at])))
        else:
            named = zip(names, each.values, strict=True)
            function = ids if callable(ids) else None
            found.append("-".join(_id(name, value, at, function) for name, value in named))
    return tuple(_told_apart(found))


def _id(name: str, value: Any, at: int, function: Any) -> str:
    said = function(value) if function is not None else None
    if said is not None:
        value = said
    if isinstance(value, str):
        return _escaped(value)
    if isinstance(value, bytes):
        return value.decode("ascii", "backslashreplace")
    if value is None or isinstance(value, bool | int | float | complex):
        return str(value)
    if isinstance(value, re.Pattern):
        return _escaped(str(value.pattern))
    if isinstance(value, enum.Enum):
        return str(value)
    own = getattr(value, "__name__", None)
    return own if isinstance(own, str) else f"{name}{at}"


def _escaped(text: str) -> str:
    return text.encode("unicode_escape").decode("ascii")


def _told_apart(ids: Sequence[str]) -> Iterator[str]:
    """Yield unique ids: equal ones get a number."""
    counts: dict[str, int] = {}
    taken = {each for each, count in Counter(ids).items() if count == 1}
    for each in ids:
        if each in taken:
            yield each
            continue
        separator = "_" if each[-1:].isdigit() else ""
        while (numbered := f"{each}{separator}{counts.get(each, 0)}") in taken:
            counts[each] = counts.get(each, 0) + 1
        counts[each] = counts.get(each, 0) + 1
        taken.add(numbered)
        yield numbered
