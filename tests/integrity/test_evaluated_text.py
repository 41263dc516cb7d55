"""Libraries of a test run no text that the solution returned; what the test writes, they run."""

import contextlib
import unittest.case
from collections.abc import Iterator

import pytest

import runner

#: What runs, in plain Python, the text that ``f()`` returns.
_EVALUATED = [
    "timeit.timeit(f(), number=1)",
    "timeit.timeit('pass', f(), number=1)",
    "timeit.timeit(f(), lambda: 0, number=1)",
    "typing.get_type_hints(type('C', (), {'__annotations__': {'a': f()}}))",
    "code.InteractiveInterpreter().runsource(f())",
    "cProfile.Profile().run(f())",
    "bdb.Bdb().run(f())",
    "trace.Trace(trace=0, count=0).run(f())",
]
_IMPORTS = "import bdb, code, cProfile, timeit, trace, typing, unittest.case\n"
_SOLUTION = "def f(): return \"__import__('unittest').case.__dict__.update(stained=1)\"\n"


@pytest.fixture
def clean() -> Iterator[None]:
    yield
    vars(unittest.case).pop("stained", None)


@pytest.mark.usefixtures("clean")
@pytest.mark.parametrize("test", _EVALUATED)
def test_a_text_of_the_solution_does_not_run_in_the_judge(pool: runner.Pool, test: str) -> None:
    """Control: in one process, the text runs."""
    (refused,) = pool.execute(_SOLUTION, [_IMPORTS + test]).tests
    assert refused.status == "error"
    assert "would evaluate a text that does not stand in the test" in refused.message
    caught = f"try: {test}\nexcept BaseException: pass\n"
    untouched = pool.execute(
        _SOLUTION, [f"{_IMPORTS}{caught}assert not hasattr(unittest.case, 'stained')"]
    )
    assert untouched.status == "all_passed"
    with contextlib.suppress(SystemExit):
        exec(f"{_SOLUTION}{_IMPORTS}{test}", {"__name__": "control"})
    assert hasattr(unittest.case, "stained")


_HONEST = [
    "import timeit\nassert timeit.timeit(lambda: f('1'), number=2) >= 0",
    "import timeit\nassert timeit.timeit('sum([1])', number=2) >= 0",
    "import timeit\nassert timeit.timeit('f(1)', 'import math', globals=globals(), number=2) >= 0",
    "import typing\nclass C:\n    a: 'int'\nassert typing.get_type_hints(C) == f({'a': int})",
    "import ast\nassert ast.literal_eval(f('[1, {2: 3}]')) == [1, {2: 3}]",
    "import ast\nassert len(ast.parse(f('import os\\nos.x()')).body) == 2",
    "from collections import namedtuple\nassert namedtuple('P', f('a b'))(1, 2).b == 2",
    "from dataclasses import make_dataclass\nassert make_dataclass('P', [f('a')])(1).a == 1",
    "from unittest import mock\ndef g(a): pass\nmock.create_autospec(g)(f(1))",
    "assert eval('f(1)') == 1",
    "for i in range(3):\n    assert eval(f'f({i})') == i",
]


@pytest.mark.parametrize("test", _HONEST)
def test_what_the_test_writes_is_evaluated(pool: runner.Pool, test: str) -> None:
    result = pool.execute("def f(x): return x", [test])
    assert result.status == "all_passed", result.tests
