"""Classes and functions of the solution, looked at; their text is never run on this side."""

import dataclasses
import doctest
import functools
import inspect
import threading
import typing
from collections.abc import Callable
from typing import Any

import pytest

from runner.worker.boundary import introspection, special_methods
from tests.worker.sides import sides

introspection.install()

_FIRED: list[int] = []
_TEXT = "_FIRED.append(threading.get_ident()) or int"


def _made() -> dict[str, Any]:
    """Return a function and a class with annotations that are text, and with examples."""
    space: dict[str, Any] = {"_FIRED": _FIRED, "threading": threading, "__name__": __name__}
    source = (
        f"def f(x: {_TEXT!r}) -> {_TEXT!r}:\n    '''\n    >>> {_TEXT}\n    '''\n"
        f"class A:\n    '''\n    >>> {_TEXT}\n    '''\n    x: {_TEXT!r} = 3\n"
        f"    def m(self, x: {_TEXT!r}) -> {_TEXT!r}: return x\n"
        "def made(): return A()\n"
    )
    exec(source, space)
    return {name: space[name] for name in ("f", "A", "made")}


def _wrapped(f: Any, _a: Any) -> Any:
    @functools.wraps(f, assigned=["__annotations__"])
    def own(x: int) -> Any:
        return f(x)

    del own.__wrapped__
    return typing.get_type_hints(own, {"_FIRED": _FIRED, "threading": threading})


def _examples(obj: Any) -> None:
    scope = {"_FIRED": _FIRED, "threading": threading}
    doctest.run_docstring_examples(obj, scope, name="example", verbose=False)


_LOOKS: dict[str, Callable[[Any, Any], Any]] = {
    "hints of a function": lambda f, _: typing.get_type_hints(f),
    "hints of a class": lambda _, a: typing.get_type_hints(a),
    "hints of a method": lambda _, a: typing.get_type_hints(a.m),
    "hints of what wraps it": _wrapped,
    "annotations of a function": lambda f, _: inspect.get_annotations(
        f, eval_str=True, globals={"_FIRED": _FIRED, "threading": threading}
    ),
    "annotations of a class": lambda _, a: inspect.get_annotations(
        a, eval_str=True, globals={"_FIRED": _FIRED, "threading": threading}
    ),
    "signature": lambda f, _: inspect.signature(f, eval_str=True),
    "registration": lambda f, _: functools.singledispatch(lambda x: x).register(f),
    "data class": lambda _, a: dataclasses.fields(dataclasses.dataclass(a)),
    "examples of a function": lambda f, _: _examples(f),
    "examples of a class": lambda _, a: _examples(a),
}


@pytest.mark.parametrize("look", _LOOKS.values(), ids=_LOOKS)
def test_text_of_the_solution_is_not_run_here(look: Callable[[Any, Any], Any]) -> None:
    _FIRED.clear()
    with sides(**_made()) as (_, fetch):
        look(fetch("f"), fetch("A"))
        assert threading.get_ident() not in _FIRED


@pytest.mark.parametrize(
    "name", sorted(_LOOKS.keys() - {"signature", "registration", "data class"})
)
def test_without_a_boundary_it_would_be(name: str) -> None:
    """The control: the same look at objects of this side runs their text."""
    made = _made()
    _FIRED.clear()
    _LOOKS[name](made["f"], made["A"])
    assert threading.get_ident() in _FIRED


def test_annotations_that_are_text_equal_it() -> None:
    with sides(**_made()) as (_, fetch):
        found = fetch("f").__annotations__
        assert found == {"x": _TEXT, "return": _TEXT}
        assert repr(found["x"]) == repr(_TEXT)
        assert str(found["x"]) == _TEXT
        assert not isinstance(found["x"], str)
        assert {found["x"], _TEXT} == {_TEXT}


def test_annotations_are_names_and_a_dictionary() -> None:
    """A data class is compiled from the names."""
    one, other = type("One", (), {}), type("Other", (), {})
    one.__annotations__ = {"x = 1): pass #": int}
    other.__annotations__ = 5  # type: ignore[assignment]
    with sides(One=one, Other=other) as (_, fetch):
        for name in ("One", "Other"):
            with pytest.raises(TypeError, match="__annotations__"):
                dataclasses.dataclass(fetch(name))


def test_fields_of_a_data_class_are_of_this_side() -> None:
    """Whatever they are called later, ``dataclass`` compiles the name that was checked."""

    @dataclasses.dataclass
    class A:
        x: "int" = 3

    (field,) = dataclasses.fields(A)
    with sides(A=A) as (_, fetch):
        (found,) = dataclasses.fields(fetch("A"))
        assert type(found) is dataclasses.Field
        assert (found.name, found.type, found.default) == ("x", "int", 3)
        assert type(found.type) is not str
        field.name = "x=_FIRED.append(threading.get_ident()),*"
        (found,) = dataclasses.fields(fetch("A"))
        assert found.name == "x"
        A.__dataclass_fields__ = {field.name: field}
        with pytest.raises(TypeError, match="not an identifier"):
            dataclasses.fields(fetch("A"))


def test_text_that_describes_parameters_is_not_evaluated() -> None:
    """The library would look names of such a text up in modules of this side."""

    class Called:
        __signature__ = __text_signature__ = "(x=sys.byteorder)"

        def __call__(self, x: int) -> int:
            return x

    def f(x: int) -> int:
        return x

    f.__text_signature__ = "(x=sys.byteorder)"  # type: ignore[attr-defined]
    with sides(f=f, called=Called()) as (_, fetch):
        assert not hasattr(fetch("f"), "__text_signature__")
        assert not hasattr(fetch("called"), "__text_signature__")
        with pytest.raises(TypeError, match="__signature__"):
            inspect.signature(fetch("called"))
        del Called.__signature__
        assert str(inspect.signature(fetch("called"))) == "(x: int) -> int"


def test_a_class_answers_for_its_names() -> None:
    class Liar(type):
        def __dir__(cls) -> Any:
            return [1, 2]

    class Odd(metaclass=Liar):
        pass

    with sides(Odd=Odd, A=_made()["A"]) as (_, fetch):
        with pytest.raises(TypeError, match="not return a list of names"):
            dir(fetch("Odd"))
        assert "m" in dir(fetch("A"))
        space = vars(fetch("A"))
        assert {"x", "m"} <= space.keys()
        assert space["x"] == 3
        with pytest.raises(KeyError):
            space["nope"]
        assert bool(fetch("A"))


def test_the_namespace_of_a_class_has_its_special_names() -> None:
    class Point:
        __slots__ = ("x",)

        def __init__(self) -> None:
            self.x = 1

    with sides(Point=Point) as (_, fetch):
        space = vars(fetch("Point"))
        assert {"__init__", "__slots__", "__module__", "x"} <= space.keys()
        assert space["__slots__"] == ("x",)
        assert not {"__call__", "__post_init__"} & space.keys()


def test_a_source_is_told_by_the_side_that_has_it() -> None:
    with sides(made=_made, look=inspect.getsource, Loud=threading.Thread) as (_, fetch):
        assert inspect.getsource(fetch("made")) == inspect.getsource(_made)
        assert inspect.getsourcelines(fetch("Loud")) == inspect.getsourcelines(threading.Thread)


def test_the_solution_cannot_read_the_source_of_a_test() -> None:
    """Control: on one side, it can."""

    class Case:
        def check(self) -> None: ...

    case = Case()
    with sides(look=inspect.getsource) as (_, fetch):
        for own in (_made, Case, Case.check, case.check, functools.partial(_made)):
            with pytest.raises(TypeError):
                fetch("look")(own)
    assert "def check" in inspect.getsource(Case.check)


def test_a_source_that_is_no_list_of_lines_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for lie in (["x", 3], ([1], 0), ("x", 0)):
        monkeypatch.setitem(special_methods._OF_CLASSES, "__source__", lambda _, lie=lie: lie)
        with sides(made=_made) as (_, fetch), pytest.raises(OSError, match="source"):
            inspect.getsource(fetch("made"))
