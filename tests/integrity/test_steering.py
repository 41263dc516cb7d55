"""The solution gets no hold of a test's framework by a test case or a fixture that it is passed."""

import re

import pytest

import runner
from runner.models import Blame

_CASE = """
import unittest
from solution import f
class Square(unittest.TestCase):
    limit = 8
    def setUp(self): self.seen = []
    def on_event(self, x): self.seen.append(x)
    def test_square(self):
        self.assertEqual(f(self, 3), 9)
"""
_FIXTURE = """
from solution import f
def test_square(monkeypatch):
    result = f(monkeypatch, 3)
    assert isinstance(result, str) or result == 9
"""
_TAKEN = {
    "the equality of a type": (_CASE, "t.addTypeEqualityFunc(int, lambda *values, msg=None: None)"),
    "another run": (_CASE, "t()"),
    "the end of the test": (_CASE, "t.skipTest('over')"),
    "a patch of the judge": (_FIXTURE, "t.setattr('builtins.isinstance', lambda *values: True)"),
}


@pytest.mark.parametrize("guarded", [False, True])
@pytest.mark.parametrize(("suite", "taken"), _TAKEN.values(), ids=_TAKEN)
def test_a_framework_is_not_steered(
    pool: runner.Pool, suite: str, taken: str, guarded: bool
) -> None:
    """Also if the solution goes on after the refusal."""
    caught = "Exception" if guarded else "ZeroDivisionError"
    code = f"def f(t, n):\n    try: {taken}\n    except {caught}: pass\n    return 0\n"
    result = pool.execute(code, [runner.SuiteTest(code=suite)])
    assert (result.passed, result.total, result.blame) == (0, 1, Blame.CODE)
    honest = re.sub("return 0", "return n * n", code)
    if guarded:
        result = pool.execute(honest, [runner.SuiteTest(code=suite)])
        assert result.status == "all_passed", result.tests


_STACK = """
import contextlib
with contextlib.ExitStack() as stack:
    {}
    assert f(stack) == 9
"""
_PUSHED = (
    ("def f(_): return 8\ndef g(): return slice", "stack.push(g())"),
    ("def f(_): return 8\ndef g(): return ValueError", "stack.push(g())"),
    ("def f(_): return 8\ndef g(push): push(slice)", "g(lambda each: stack.push(each))"),
    ("def f(_): return 8\nclass E:\n    def __init__(*_): pass", "stack.push(E)"),
)


@pytest.mark.parametrize(("code", "pushed"), _PUSHED)
def test_no_class_ends_a_block(pool: runner.Pool, code: str, pushed: str) -> None:
    result = pool.execute(code, [_STACK.format(pushed)])
    assert (result.passed, result.blame) == (0, Blame.CODE)
    honest = "def f(stack):\n    stack.push(lambda *_: 0)\n    stack.callback(list)\n    return 9"
    assert pool.execute(honest, [_STACK.format("pass")]).status == "all_passed"


def test_what_the_test_defines_is_there(pool: runner.Pool) -> None:
    """A test case is often its own listener, and lends its assertions."""
    suite = _CASE.replace(
        "f(self, 3), 9)", "f(self), 8)\n        self.assertEqual(self.seen, [3, 4])"
    )
    code = "def f(t):\n    t.on_event(3)\n    t.seen.append(4)\n    return t.limit\n"
    assert pool.execute(code, [runner.SuiteTest(code=suite)]).status == "all_passed"
    suite = _CASE.replace("self.assertEqual(f(self, 3), 9)", "f(self.assertEqual, 9)")
    for value, status in ((9, "all_passed"), (8, "some_failed")):
        code = f"def f(equal, n): equal({value}, n)\n"
        assert pool.execute(code, [runner.SuiteTest(code=suite)]).status == status


_CONFIG = """
def f(x):
    made = {MADE}
    return {'version': 1, 'formatters': {'a': made}, 'root': {'level': 'INFO'}}
"""
_CONFIGURED = {
    "a variable": (
        "{'()': 'typing.cast', 'typ': 0, 'val': 'ext://tests', '.': {'want': 8}}",
        "want = 9",
        "want == 8",
    ),
    "a method": (
        "{'()': lambda: x, '.': {'is_right': bool}}",
        "class Want:\n    def is_right(self, x): return False\nwant = Want()",
        "want.is_right(8)",
    ),
    "a call": (
        "{'()': 'tests.change', 'to': 8}",
        "def change(to):\n    global want\n    want = to\nwant = 9",
        "want == 8",
    ),
}


@pytest.mark.parametrize("helper", [True, False])
@pytest.mark.parametrize("name", _CONFIGURED)
def test_no_configuration_changes_the_test(pool: runner.Pool, name: str, helper: bool) -> None:
    made, before, check = _CONFIGURED[name]
    setup = "import logging.config\ndef configure(x): logging.config.dictConfig(x)\n"
    use = "try: configure(f(want))\nexcept ValueError: pass\n"
    code = _CONFIG.replace("{MADE}", made)
    test = f"{before}\n{use}assert {check}"
    judge_setup, test = (setup, test) if helper else ("", setup + test)
    result = pool.execute(code, [test], judge_setup=judge_setup)
    assert (result.passed, result.blame) == (0, Blame.CODE)


_HONEST_CONFIG = """
def f(): return {
    'version': 1,
    'formatters': {'a': {'format': '%(message)s'}},
    'filters': {'a': {'()': 'logging.Filter', 'name': 'a'}},
    'handlers': {'a': {'class': 'logging.StreamHandler', 'stream': 'ext://sys.stdout',
                       'formatter': 'a', 'filters': ['a']}},
    'loggers': {'a': {'level': 'INFO', 'handlers': ['a']}}}
"""


def test_what_a_solution_configures_logs(pool: runner.Pool) -> None:
    test = "import contextlib, io, logging.config\nfile = io.StringIO()\n"
    test += "with contextlib.redirect_stdout(file):\n    logging.config.dictConfig(f())\n"
    test += "    logging.getLogger('a').info('b')\nassert file.getvalue() == 'b\\n'"
    result = pool.execute(_HONEST_CONFIG, [test], min_evidence="values")
    assert result.status == "all_passed", result.tests


_LINES = (
    "[loggers] keys=root [handlers] keys=h [formatters] keys=f [logger_root] level=INFO handlers=h"
    " [formatter_f] {formatter} [handler_h] formatter=f {handler}"
)
_SPACE = "StreamHandler.__init__.__globals__['sys'].modules['tests'].__dict__"
#: Lines of the handler, and one of the formatter.
_CODE_IN_FILES = {
    "code as an argument": (f"class=StreamHandler args=({_SPACE}.update(want=20),)", ""),
    "code by a keyword": (
        f"class=StreamHandler args=() kwargs={{'stream':{_SPACE}.update(want=20)}}",
        "",
    ),
    "code as a class": (f"class=[{_SPACE}.update(want=20),StreamHandler][1] args=()", ""),
    "a function of the test": ("class=tests.__dict__.update args=({'want':20},)", ""),
    "a function as a formatter": ("class=StreamHandler args=()", "class=tests.change"),
}


def _returns_file(handler: str, formatter: str = "style=%") -> str:
    """Return a solution that returns such a configuration."""
    lines = _LINES.format(handler=handler, formatter=formatter).split()
    return f"def f(x): return '\\n'.join({lines!r})"


@pytest.mark.parametrize("name", _CODE_IN_FILES)
def test_no_file_of_a_configuration_changes_the_test(pool: runner.Pool, name: str) -> None:
    test = (
        "import io, logging, logging.config\nwant = 10\n"
        "def change(*_):\n    global want\n    want = 20\n    return logging.Formatter()\n"
        "try: logging.config.fileConfig(io.StringIO(f(1)))\n"
        "except (TypeError, ValueError): pass\nassert logging.getLogger().level == want"
    )
    result = pool.execute(_returns_file(*_CODE_IN_FILES[name]), [test])
    assert (result.passed, result.blame) == (0, Blame.CODE), result.tests


@pytest.mark.parametrize(
    "handler",
    [
        "class=StreamHandler args=()",
        "class=StreamHandler args=(sys.stdout,)",
        "class=StreamHandler args=() kwargs={'stream':sys.stderr}",
        "class=handlers.MemoryHandler args=(10,'ERROR')",
        "class=logging.NullHandler args=()",
    ],
)
def test_a_file_of_a_configuration_configures(pool: runner.Pool, handler: str) -> None:
    test = "import io, logging.config, logging.handlers\n"
    test += "logging.config.fileConfig(io.StringIO(f(1)))\n"
    test += "assert logging.getLogger().level == logging.INFO"
    result = pool.execute(_returns_file(handler), [test])
    assert result.status == "all_passed", result.tests
