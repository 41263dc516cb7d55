"""What a test reads of the structure of the solution's objects is what these have, as in Python.

Proxies have special methods of their own. None of them may answer for a solution that lacks it.
"""

import sys
import types
from collections.abc import Iterator

import pytest

import runner
from runner.models import Blame

_PRELUDE = "import abc, collections.abc, inspect, operator, types, solution\n"

#: Special names, and how a class gets each; every proxy of a class or an instance has most of them.
_BODIES = {
    "__eq__": "def __eq__(self, other): return self is other",
    "__hash__": "def __hash__(self): return 1",
    "__repr__": "def __repr__(self): return 'C'",
    "__bool__": "def __bool__(self): return True",
    "__init__": "def __init__(self): self.n = 1",
    "__setattr__": "def __setattr__(self, *parts): object.__setattr__(self, *parts)",
    "__delattr__": "def __delattr__(self, *parts): object.__delattr__(self, *parts)",
    "__getattr__": "def __getattr__(self, name): raise AttributeError(name)",
    "__copy__": "def __copy__(self): return self",
    "__deepcopy__": "def __deepcopy__(self, memo): return self",
    "__len__": "def __len__(self): return 1",
    "__iter__": "def __iter__(self): return iter(())",
    "__contains__": "def __contains__(self, item): return False",
    "__getitem__": "def __getitem__(self, key): raise IndexError",
    "__call__": "def __call__(self): return 1",
    "__lt__": "def __lt__(self, other): return False",
    "__sizeof__": "def __sizeof__(self): return 1",
    "__init_subclass__": "def __init_subclass__(cls): pass",
    "__class_getitem__": "def __class_getitem__(cls, item): return cls",
    "__slots__": "__slots__ = ('n',)",
    "__match_args__": "__match_args__ = ('n',)",
    "__doc__": "'The text.'",
}
#: Ways to ask for a special name of a class or an instance.
_WAYS = (
    "hasattr({0}, {1!r})",
    "callable(getattr({0}, {1!r}, None))",
    "getattr({0}, {1!r}, None) is not None",
    "operator.attrgetter({1!r})({0})",
    "{1!r} in dir({0})",
    "{1!r} in dict(inspect.getmembers({0}))",
    "inspect.getattr_static({0}, {1!r}, None) is not None",
    "inspect.getattr_static({0}, {1!r}) is not object.{1}",
    "inspect.isfunction({0}.{1})",
    "inspect.ismethod({0}.{1})",
    "inspect.isroutine({0}.{1})",
    "isinstance({0}.{1}, types.FunctionType)",
    "{0}.{1}.__module__ == 'solution'",
    "{0}.{1}.__qualname__ == 'C.{1}'",
)
_WAYS_OF_CLASSES = (
    "{1!r} in vars(C)",
    "{1!r} in [*C.__dict__]",
    "vars(C).get({1!r}) is not None",
    "isinstance(vars(C)[{1!r}], types.FunctionType)",
    "C.{1} is not {2}.{1}",
    "C.{1} != {2}.{1}",
    "inspect.signature(C.{1}).parameters",
)


#: ``object.__init_subclass__`` has a signature from Python 3.13 on.
_BY_VERSION = frozenset({"inspect.signature(C.__init_subclass__).parameters"})
#: Of these bases, the proxies of instances have the value, or are exceptions of the judge.
_NAMES_BY_BASE = {
    "object": _BODIES.keys(),
    "list": ("__eq__", "__getattr__", "__deepcopy__", "__call__"),
    "Exception": ("__eq__", "__getattr__", "__deepcopy__", "__call__"),
}


def _questions(base: str) -> Iterator[tuple[str, str, str]]:
    """Yield a solution that has a special name, one that lacks it, and an expression."""
    lacks = f"class C({base}): pass\n"
    for name in _NAMES_BY_BASE[base]:
        has = f"class C({base}):\n    {_BODIES[name]}\n"
        asked = [way.format(one, name) for one in ("C", "C()") for way in _WAYS]
        for question in [*asked, *(way.format("C", name, base) for way in _WAYS_OF_CLASSES)]:
            if question not in _BY_VERSION:
                yield has, lacks, question


def _holds(code: str, test: str) -> bool:
    """Return True if a test passes in one process with the solution."""
    module = types.ModuleType("solution")
    exec(code, vars(module))
    sys.modules["solution"] = module
    space = {"C": vars(module).get("C"), "f": vars(module).get("f")}
    try:
        exec(test, space)
    except (AssertionError, AttributeError, KeyError, TypeError, ValueError):
        return False
    finally:
        del sys.modules["solution"]
    return True


def _differences(pool: runner.Pool, asked: Iterator[tuple[str, str, str]]) -> list[str]:
    """Return the questions that are answered otherwise than in one process."""
    tests: dict[str, list[str]] = {}
    for *codes, question in asked:
        for code in codes:
            for test in (f"assert {question}", f"assert not ({question})"):
                tests.setdefault(code, []).append(f"{_PRELUDE}{test}")
    found = []
    results = pool.execute_batch([*tests.items()])
    for (code, each), result in zip(tests.items(), results, strict=True):
        for test, seen in zip(each, result.tests, strict=True):
            if seen.passed is not _holds(code, test):
                found.append(f"{code}{test}: {seen.status} {seen.message}")
    return found


@pytest.mark.parametrize("base", _NAMES_BY_BASE)
def test_a_class_has_what_the_solution_defines(pool: runner.Pool, base: str) -> None:
    """For each question, and its opposite: the control is the answer in one process."""
    assert _differences(pool, _questions(base)) == []


_ABSTRACT = {
    "Sized": "def __len__(self): return 0",
    "Iterable": "def __iter__(self): return iter(())",
    "Container": "def __contains__(self, item): return False",
    "Callable": "def __call__(self): return 1",
    "Hashable": "__hash__ = None",
    "Awaitable": "def __await__(self): return iter(())",
    "Generator": (
        "def __iter__(self): return self\n    def __next__(self): raise StopIteration\n"
        "    def send(self, item): pass\n    def throw(self, *error): pass\n"
        "    def close(self): pass"
    ),
}


def _abstract_questions() -> Iterator[tuple[str, str, str]]:
    for name, body in _ABSTRACT.items():
        has = f"class C:\n    {body}\n"
        for asked in ("isinstance(C(), {})", "isinstance(C, {})", "issubclass(C, {})"):
            yield has, "class C: pass\n", asked.format(f"collections.abc.{name}")


def test_a_class_implements_what_the_solution_defines(pool: runner.Pool) -> None:
    assert _differences(pool, _abstract_questions()) == []


_DESCRIBED = (
    "'The text.'\n__all__ = ['f']\n__version__ = '1'\nn: int = 1\n"
    "def f(x: int = 1) -> int:\n    'What f does.'\n    return x\nf.mark = 4\n"
    "import abc\nclass C(abc.ABC):\n    'What C is.'\n    n: int = 1\n"
)
_BARE = "def f(x): return x\nclass C: pass\n"
_DESCRIPTIONS = (
    "solution.__doc__",
    "hasattr(solution, '__all__')",
    "solution.__annotations__",
    "hasattr(solution, '__version__')",
    "hasattr(solution, '__getattr__')",
    "f.__doc__",
    "f.__doc__ == 'What f does.'",
    "f.__annotations__",
    "f.__defaults__",
    "f.__module__ == 'solution'",
    "vars(f) == {'mark': 4}",
    "f.__dict__",
    "hasattr(f, '__wrapped__')",
    "hasattr(f, '__len__')",
    "inspect.getdoc(f)",
    "C.__doc__",
    "C.__doc__ == 'What C is.'",
    "vars(C)['__doc__']",
    "C.__annotations__",
    "C.__module__ == 'solution'",
    "C.__bases__ == (object,)",
    "len(C.__mro__) == 2",
    "C.__base__ is object",
    "C.__subclasses__() == []",
    "type(C) is type",
    "type(C) is abc.ABCMeta",
    "type(C).__name__ == 'type'",
    "C.__class__ is type",
    "C.__class__ is not type",
    "C.__class__.__name__ == 'ABCMeta'",
    "type(C()).__name__ == 'C'",
    "type(f).__name__ == 'function'",
    "hasattr(C, '_proxy_anchor') or hasattr(f, '_kind')",
)


def test_modules_and_functions_are_described_as_in_the_solution(pool: runner.Pool) -> None:
    asked = ((_DESCRIBED, _BARE, question) for question in _DESCRIPTIONS)
    assert _differences(pool, asked) == []


_HONEST = (
    "assert hasattr(C, '__len__') and C.__eq__ is not object.__eq__",
    "assert f.__doc__",
    "assert '__eq__' in vars(C)",
)


@pytest.mark.parametrize("test", _HONEST)
def test_structure_is_worth_values(pool: runner.Pool, test: str) -> None:
    code = (
        "class C:\n    def __len__(self): return 1\n    def __eq__(self, other): return True\n"
        "def f():\n    'What f does.'\n"
    )
    assert pool.execute(code, [test], min_evidence="values").passed == 1


_SPELLED = ("C.__eq__(f(), 9)", "f().__eq__(9)", "C.__lt__(f(), 9)", "C.__contains__(f(), 9)")


@pytest.mark.parametrize("test", _SPELLED)
def test_a_spelled_operator_obeys_the_rule_of_operators(pool: runner.Pool, test: str) -> None:
    """Control: in one process, the object says yes to everything."""
    yes = "(self, other): return True\n"
    code = f"class C:\n    def __eq__{yes}    def __lt__{yes}    def __contains__{yes}"
    code += "    def __iter__(self): return iter(())\ndef f(): return C()\n"
    exec(f"{code}assert {test}", {})
    result = pool.execute(code, [f"assert {test}"])
    assert (result.passed, result.blame) == (0, Blame.CODE)


def test_a_star_import_binds_nothing(pool: runner.Pool) -> None:
    """Also not what ``__all__`` names, which would change the meaning of a test's name."""
    code = "__all__ = ['sorted', 'f']\ndef sorted(xs): return [1, 2]\ndef f(): return [2, 1]"
    test = "from solution import *\nassert sorted(f()) == [1, 2] and sorted([3]) == [3]"
    assert pool.execute(code, [test]).passed == 1
