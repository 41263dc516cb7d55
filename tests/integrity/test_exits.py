"""A library that ends the program does not end the test: only the test's own exit is one."""

import contextlib
import io

import pytest

import runner
from runner.models import Blame, SuiteTest

_PARSER = (
    "import argparse\nparser = argparse.ArgumentParser()\nparser.add_argument('--n', type=int)\n"
)
_OPTIONS = "import optparse\nparser = optparse.OptionParser()\nparser.add_option('--n', type=int)\n"
_TESTS = {
    "argparse": f"{_PARSER}assert parser.parse_args(f(3)).n == 3",
    "optparse": f"{_OPTIONS}assert parser.parse_args(f(3))[0].n == 3",
    "a function": f"{_PARSER}def go():\n    assert parser.parse_args(f(3)).n == 3\ngo()",
    "a coroutine": (
        f"import asyncio\n{_PARSER}async def go():\n    assert parser.parse_args(f(3)).n == 3\n"
        "asyncio.run(go())"
    ),
    "a finally": f"{_PARSER}try:\n    assert parser.parse_args(f(3)).n == 3\nfinally:\n    n = 1",
    "an option": (
        "import argparse\nparser = argparse.ArgumentParser()\nadd(parser)\n"
        "assert parser.parse_args(['--n', '3']).n == 3"
    ),
}
_LEAVES = {
    "help": (
        "def f(n): return ['--help']\ndef add(parser): parser.add_argument('--n', action='help')"
    ),
    "the same at the end": (
        "def f(n): return ['--n', '4', '-h']\n"
        "def add(parser): parser.add_argument('--n', action='version', version='1')"
    ),
}
_HONEST = (
    "def f(n): return ['--n', str(n)]\ndef add(parser): parser.add_argument('--n', type=int)\n"
)


@pytest.mark.parametrize("leaves", _LEAVES)
@pytest.mark.parametrize("name", _TESTS)
def test_a_library_ends_no_test(pool: runner.Pool, name: str, leaves: str) -> None:
    """Control: in one process, the program ends with status 0, so a harness takes it as passed."""
    result = pool.execute(_LEAVES[leaves], [_TESTS[name]])
    assert (result.passed, result.blame) == (0, Blame.CODE), result.tests
    with pytest.raises(SystemExit) as ended, contextlib.redirect_stdout(io.StringIO()):
        exec(f"{_LEAVES[leaves]}\n{_TESTS[name]}", {"__name__": "control"})
    assert not ended.value.code


@pytest.mark.parametrize("name", _TESTS)
def test_a_parser_of_the_test_parses(pool: runner.Pool, name: str) -> None:
    result = pool.execute(_HONEST, [_TESTS[name]])
    assert result.status == "all_passed", result.tests


def test_a_script_is_ended_by_no_library(pool: runner.Pool) -> None:
    suite = SuiteTest(code=_TESTS["argparse"])
    assert pool.execute(_LEAVES["help"], [suite]).passed == 0
    assert pool.execute(_HONEST, [suite]).status == "all_passed"


_OWN = [
    "import sys\nassert f(1) == ['--n', '1']\nsys.exit(0)",
    "assert f(1) == ['--n', '1']\nexit()",
    "import sys\ndef main():\n    assert f(1)\n    sys.exit()\nmain()",
    "import asyncio, sys\nasync def main():\n    assert f(1)\n    sys.exit(0)\nasyncio.run(main())",
    "assert f(1)\nraise SystemExit",
    (
        "import unittest\nclass T(unittest.TestCase):\n    def test_f(self): assert f(1)\n"
        "if f(1): unittest.main()"
    ),
]


@pytest.mark.parametrize("test", _OWN)
def test_a_test_may_end_itself(pool: runner.Pool, test: str) -> None:
    assert pool.execute(_HONEST, [test]).status == "all_passed"
